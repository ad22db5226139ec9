"""The traps of exact money in Spark: the tests of `tests/test_columns_traps.py` on this engine, and those it alone has."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from policyengine.columns import engine
from policyengine.columns.dialect import NARROW_MOST, SPARK, WIDE_MOST
from policyengine.columns.domain import NotExact, Whole
from policyengine.columns.numbers import Arithmetic, Wholes
from policyengine.columns.spark import Spark
from policyengine.exact import round_to
from tests import columns, mini
from tests import test_columns_traps as traps

W = Wholes(SPARK)


def asked(database: Spark, value: Whole, **given: int) -> int:
    """An expression over columns x, y, as wide as their values need."""
    wide = {name: "wide" if abs(v) > NARROW_MOST else "narrow" for name, v in given.items()}
    database.put("given", wide, [[v] for v in given.values()])
    ((found,),) = database.rows(f"SELECT {value.sql} FROM given")
    assert isinstance(found, int)
    return found


@pytest.fixture
def here(database: Spark, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of the traps decide with Spark."""

    def run(*given: Any) -> engine.Batch:
        return columns.run(*given, database=database)

    monkeypatch.setattr(traps, "run", run)


@pytest.mark.parametrize("mode", ["half_up", "down", "up"])
def test_rounding_is_exact_on_both_sides_of_zero(here: None, mode: str) -> None:
    traps.test_rounding_is_exact_on_both_sides_of_zero(mode)


@pytest.mark.parametrize("value", [-151, -7, -6, -5, -1, 0, 1, 5, 6, 7, 149, 150])
@pytest.mark.parametrize("mode", ["half_up", "down", "up"])
def test_whole_division_of_negative_numbers_rounds_as_stated(database: Spark, value: int, mode: str) -> None:
    num = Arithmetic(W)
    x = traps._column(num.const(Fraction(0)), value)
    shown = num.rounded(x, num.const(Fraction(2)), mode)
    got = asked(database, shown.numerator, x=value)
    assert got * shown.scale == Fraction(round_to(Decimal(value), Decimal(2), mode))


@pytest.mark.parametrize(
    "test",
    [
        traps.test_a_quotient_that_never_ends_is_compared_and_rounded_exactly, traps.test_products_wider_than_64_bits_are_exact,
        traps.test_what_cannot_be_proved_goes_the_scalar_way_and_says_so, traps.test_a_number_finer_than_columns_hold_goes_the_scalar_way,
        traps.test_a_blank_is_never_skipped_by_least_or_lost_by_a_filter, traps.test_a_division_by_zero_counts_only_where_it_is_read,
        traps.test_shares_of_real_sizes_add_up_to_the_fen, traps.test_odd_fen_and_ties_go_by_the_stable_key, traps.test_an_order_is_by_number_and_not_by_text,
        traps.test_a_refusal_without_words_is_decided_one_by_one_and_names_its_condition,
    ],
    ids=lambda test: test.__name__.removeprefix("test_"),
)  # fmt: skip
def test_the_traps_of_one_machine(here: None, test: Any) -> None:
    test()


# --- bounds ---


def test_literals_are_never_32_bits(database: Spark) -> None:
    assert asked(database, W.times(W.const(2_147_483_647), Whole('"x"', 0, 3)), x=3) == 6_442_450_941


@pytest.mark.parametrize("most", [NARROW_MOST, NARROW_MOST + 1, WIDE_MOST])
def test_the_greatest_that_is_proved_is_held(database: Spark, most: int) -> None:
    total = W.plus(Whole('"x"', 0, most - 1), Whole('"y"', 0, 1))
    assert asked(database, total, x=most - 1, y=1) == most
    least = W.minus(W.negated(Whole('"x"', 0, most - 1)), Whole('"y"', 0, 1))
    assert asked(database, least, x=most - 1, y=1) == -most


@pytest.mark.parametrize("most", [NARROW_MOST, WIDE_MOST])
def test_one_past_what_was_proved_raises_and_never_wraps(database: Spark, most: int) -> None:
    """Where a promise about the rows does not hold, there is no answer instead of a wrong one."""
    from pyspark.errors import PySparkException

    total = W.plus(Whole('"x"', 0, most - 1), Whole('"y"', 0, 1))
    with pytest.raises(PySparkException):
        asked(database, total, x=most, y=1)


@pytest.mark.parametrize("factor", [10**19 - 1, 3 * 10**18, 1])
def test_products_of_38_digits_keep_every_digit(database: Spark, factor: int) -> None:
    other = WIDE_MOST // factor
    product = W.times(Whole('"x"', 0, factor), Whole('"y"', 0, other))
    assert asked(database, product, x=factor, y=other) == factor * other


@pytest.mark.parametrize("below", [3, 7, 10**6 + 3, 10**19 + 1])
@pytest.mark.parametrize("rest", [0, 1, -1])
def test_wide_quotients_are_exact_to_their_bound(database: Spark, below: int, rest: int) -> None:
    """The database's own `div` wraps around beyond 64 bits, and `/` rounds to six decimals."""
    most = min(SPARK.quotient_most, WIDE_MOST // below)
    top = most * below + (rest if rest <= 0 else below - 1)
    top = min(top, WIDE_MOST)
    a, b = (
        Whole('"x"', 0, most * below + below - 1 if most * below + below - 1 <= WIDE_MOST else WIDE_MOST),
        Whole('"y"', below, below + 1),
    )
    assert asked(database, W.floor_div(a, b), x=top, y=below) == top // below
    assert asked(database, W.remainder(a, b), x=top, y=below) == top % below


def test_a_quotient_one_past_its_bound_is_not_proved() -> None:
    top = SPARK.quotient_most
    assert W.floor_div(Whole('"x"', 0, 3 * top + 2), Whole('"y"', 3, 4)).high == top
    with pytest.raises(NotExact):
        W.floor_div(Whole('"x"', 0, 3 * top + 3), Whole('"y"', 3, 4))


def test_a_quotient_stays_whole_where_only_the_bounds_are_wide(database: Spark) -> None:
    """A division of 64-bit columns by `/` would be one of floats: 9007199254740993 / 1 loses 1."""
    found = W.floor_div(Whole('"x"', 0, 2 * NARROW_MOST), Whole('"y"', 1, 9))
    assert asked(database, found, x=9_007_199_254_740_993, y=1) == 9_007_199_254_740_993


def test_sums_of_64_bits_may_need_more(database: Spark) -> None:
    rows = [NARROW_MOST, NARROW_MOST, 5]
    database.put("given", {"x": "narrow"}, [rows])
    for over in ("", " OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"):
        found = list(database.rows(f"SELECT {SPARK.sum('x', True)}{over} FROM given"))
        assert {total for (total,) in found} == {sum(rows)}


def test_limits_that_differ_within_a_group_are_used_up_in_order(here: None, database: Spark) -> None:
    """A pool whose limit differs by row is a list that is folded: in the order of the window, whatever the partitions."""
    made = mini.mini(
        traps.POLICY,
        traps.POOL.format(method="in_order\n    by: [order]").replace("limit: budget", "limit: cost"),
    )
    rng = random.Random(5)
    rows = [
        {"paid": Decimal(rng.randint(0, 900)), "cost": Decimal(rng.randint(0, 2000)), "order": Decimal(rng.randint(1, 9))}
        for _ in range(60)
    ]  # fmt: skip
    cases = [("", traps.things(*rows))]
    batch = columns.run(made.plans, cases, {}, False, database)
    assert list(columns.differences(made.plans, cases, {}, batch)) == []
    assert batch.by_columns == len(rows)
    assert "aggregate(" in "".join(batch.query.written.views)
