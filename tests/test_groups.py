"""Splits over groups as properties: never more than there is, never more than was asked for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine import groups
from policyengine.lang import unknown
from policyengine.values import FactRef, Unknown, Value

UNITS = ("0.01", "1", "100", "7", "10000")
amounts = st.integers(0, 10**9).map(lambda fen: Decimal(fen).scaleb(-2))
asks = st.lists(st.sampled_from([Decimal(0), Decimal(60), Decimal(200)]) | amounts, min_size=1, max_size=6)
units = st.sampled_from(UNITS).map(Decimal)


def members(count: int) -> list[groups.Member]:
    return [groups.Member(f"M{i}", True, tuple, ()) for i in range(count)]


@given(asks, amounts, units)
@settings(max_examples=300, deadline=None)
def test_pro_rata_never_pays_more_than_the_limit_or_than_was_asked_for(
    of: list[Decimal], limit: Decimal, unit: Decimal
) -> None:
    paid = [Fraction(part) for part in groups.pro_rata(members(len(of)), of, limit, unit)]  # type: ignore[arg-type]
    assert sum(paid) <= limit
    assert all(0 <= part <= ask for part, ask in zip(paid, of, strict=True))
    if sum(of) <= limit:
        assert paid == of
    elif all(ask % unit == 0 for ask in of):  # claims in whole units leave less than a unit unpaid
        assert sum(paid) == limit // unit * unit
        assert all((part / Fraction(unit)).denominator == 1 for part in paid)


@given(asks, amounts, amounts, units, st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_not_known_may_become_whatever_comes_of_it(
    of: list[Decimal], low: Decimal, wide: Decimal, unit: Decimal, data: st.DataObject
) -> None:
    """The ranges that a limit or a claim that is not known gives hold what every completion gives."""
    open_limit = Unknown(frozenset((FactRef("thing", "T", "limit"),)), low, low + wide)
    open_ask = Unknown(frozenset((FactRef("thing", "T", "ask"),)), Decimal(0), of[0])
    limit = low + data.draw(st.decimals(0, wide, places=2))
    ask = data.draw(st.decimals(0, of[0], places=2))
    rows = members(len(of))
    for asked, most, full_asked, full_most in (
        (of, open_limit, of, limit),
        ([open_ask, *of[1:]], low, [ask, *of[1:]], low),
        ([open_ask, *of[1:]], open_limit, [ask, *of[1:]], limit),
    ):
        ranges = groups.pro_rata(rows, asked, most, unit)  # type: ignore[arg-type]
        known = groups.pro_rata(rows, full_asked, full_most, unit)  # type: ignore[arg-type]
        for reach, value in zip(ranges, known, strict=True):
            assert _within(reach, value)


def _within(reach: Value, value: Value) -> bool:
    least, most = unknown.bounds(reach)
    assert isinstance(value, Decimal | Fraction)
    above = least is None or unknown.order(least, value) <= 0
    return above and (most is None or unknown.order(value, most) <= 0)
