"""The two computations that need a whole group: ranking, and splitting a sum to the last fen.

Pure functions over members whose values may be unknown. What is certain is computed exactly; where a
key, a member or an amount is open, the result is the range it can still take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cmp_to_key
from itertools import pairwise

from policyengine import exact
from policyengine.exact import Number
from policyengine.lang import unknown
from policyengine.lang.functions import round_to
from policyengine.values import Absent, FactRef, Unknown, Value


@dataclass(slots=True)
class Member:
    """One candidate of a group. `counts`: whether it is in the group and counted (may be unknown).

    `keys` gives its sort keys when asked: those of the rule, then the entity's stable key if it has one.
    The id breaks what ties are left.
    """

    id: str
    counts: Value
    keys: Callable[[], tuple[Value, ...]]
    descending: tuple[bool, ...]
    _keys: tuple[Value, ...] | None = field(default=None, repr=False)

    def sort_keys(self) -> tuple[Value, ...]:
        if self._keys is None:
            self._keys = self.keys()
        return self._keys


def _side(a: Value, b: Value) -> int | None:
    """-1, 0, 1 for two key values, None where it is open. Absent stands last."""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        if any(isinstance(v, Absent) or (isinstance(v, Unknown) and v.absent) for v in (a, b)):
            return None
        (al, ah), (bl, bh) = unknown.bounds(a), unknown.bounds(b)
        if ah is not None and bl is not None and unknown.order(ah, bl) < 0:
            return -1
        if al is not None and bh is not None and unknown.order(al, bh) > 0:
            return 1
        return None
    if isinstance(a, Absent) or isinstance(b, Absent):
        return (a is not b) * (1 if isinstance(a, Absent) else -1)
    if isinstance(a, Decimal | Fraction | date) and isinstance(b, Decimal | Fraction | date):
        return unknown.order(a, b)
    return (str(a) > str(b)) - (str(a) < str(b))


def before(a: Member, b: Member) -> bool | None:
    """Whether `a` stands before `b`; None where it is open."""
    for x, y, descending in zip(a.sort_keys(), b.sort_keys(), a.descending, strict=True):
        side = _side(x, y)
        if side is None:
            return None
        if side and (isinstance(x, Absent) or isinstance(y, Absent)):
            return isinstance(y, Absent)  # last in either direction
        if side:
            return (side > 0) == descending
    return a.id < b.id


def tied(a: Member, b: Member, keys: int) -> bool:
    """Whether the first `keys` sort keys, those of the rule itself, do not tell two members apart."""
    return all(_side(x, y) == 0 for x, y in zip(a.sort_keys()[:keys], b.sort_keys()[:keys], strict=True))


def _ordered(members: Sequence[Member]) -> list[Member] | None:
    """Members in their order, if it is certain; None where an open key leaves it open."""
    line = order(members)
    rule = max(0, len(line[0].descending) - 1) if line else 0
    if any(isinstance(key, Unknown) for member in members for key in member.sort_keys()[:rule]):
        if any(before(a, b) is None for a in members for b in members if a is not b):
            return None
        return line
    return line if all(before(a, b) for a, b in pairwise(line)) else None


def order(members: Sequence[Member]) -> list[Member]:
    """Members in their order. Open keys leave an order that depends on ties alone, not on input order."""

    def side(a: Member, b: Member) -> int:
        return -1 if before(a, b) else 1

    return sorted(sorted(members, key=lambda member: member.id), key=cmp_to_key(side))


def ranks(members: Sequence[Member]) -> list[Value]:
    """Each member's position among those that count; 0 for one that does not.

    Keys are only read where there are at least two to put in order.
    """
    counting = [member for member in members if member.counts is not False]
    if len(counting) == 1:
        return [_times(member.counts, exact.ONE) for member in members]
    line = _ordered(counting)
    if line is not None and all(member.counts is True for member in counting):
        position = {id(member): i for i, member in enumerate(line, 1)}
        return [Decimal(position.get(id(member), 0)) for member in members]
    return [
        exact.ZERO if member.counts is False else _times(member.counts, _rank(member, counting))
        for member in members
    ]


def _rank(member: Member, counting: Sequence[Member]) -> Value:
    least = most = 1
    wanted: frozenset[FactRef] = frozenset()
    for other in counting:
        if other is member:
            continue
        side = before(other, member)
        if side is False:
            continue
        most += 1
        if side is True and other.counts is True:
            least += 1
        else:
            wanted |= unknown.needs((other.counts,))
            if side is None:
                wanted |= unknown.needs((*other.sort_keys(), *member.sort_keys()))
    return unknown.ranged(wanted, Decimal(least), Decimal(most))


def in_order(members: Sequence[Member], of: Sequence[Value], limits: Sequence[Value]) -> list[Value]:
    """Each gets what it asks for, as far as its limit allows after those before it."""
    results: list[Value] = [exact.ZERO] * len(members)
    index = {id(member): i for i, member in enumerate(members)}
    possible = [member for member in members if member.counts is not False]
    line = possible if len(possible) == 1 else _ordered(possible)
    used: Value
    if line is not None:
        used = exact.ZERO
        for member in line:
            i = index[id(member)]
            results[i] = _within(member.counts, of[i], limits[i], used)
            used = unknown.add(used, results[i])
        return results
    done: set[int] = set()
    for member in order(possible):
        i = index[id(member)]
        used = exact.ZERO
        for other in possible:
            side = before(other, member) if other is not member else False
            if side is False:
                continue
            j = index[id(other)]
            share = results[j] if j in done else _reach(other.counts, of[j], limits[j])
            if side is None:
                open_keys = unknown.needs((*other.sort_keys(), *member.sort_keys()))
                share = unknown.hull(open_keys, [exact.ZERO, share])
            used = unknown.add(used, share)
        results[i] = _within(member.counts, of[i], limits[i], used)
        done.add(i)
    return results


def _reach(counts: Value, ask: Value, limit: Value) -> Value:
    """All that a member may take, whatever stands before it: from nothing to its limit."""
    most = unknown.largest([unknown.smallest([ask, limit]), exact.ZERO])
    _, high = unknown.bounds(most)
    return unknown.ranged(unknown.needs((counts, ask, limit)), exact.ZERO, high)


def _within(counts: Value, ask: Value, limit: Value, used: Value) -> Value:
    left = unknown.largest([unknown.subtract(limit, used), exact.ZERO])
    paid = unknown.smallest([ask, left])
    if counts is True:
        return paid
    if counts is False:
        return exact.ZERO
    return unknown.hull(unknown.needs((counts,)), [exact.ZERO, paid])


def shares(
    members: Sequence[Member], total: Value, weights: Sequence[Value], unit: Value
) -> list[Value] | None:
    """`total` split by weight in whole units, the parts adding up to it; None where no weight is there.

    Each gets its share rounded down; what is left goes out unit by unit to the largest remainder, then
    the larger weight, then the tie-breaking keys. A total of 0 gives everyone 0.
    """
    counted = [_times(member.counts, weight) for member, weight in zip(members, weights, strict=True)]
    if isinstance(total, Decimal | Fraction) and total == 0:
        return [exact.ZERO for _ in members]
    known = [weight for weight in counted if isinstance(weight, Decimal | Fraction)]
    if len(known) == len(counted) and not isinstance(total, Unknown) and not isinstance(unit, Unknown):
        assert isinstance(total, Decimal | Fraction) and isinstance(unit, Decimal | Fraction)
        if sum(Fraction(weight) for weight in known) == 0:
            return None
        return _split(total, known, unit, members)
    return [_share_range(i, total, counted, unit) for i in range(len(members))]


def _times(counts: Value, weight: Value) -> Value:
    if counts is True:
        return weight
    if counts is False:
        return exact.ZERO
    return unknown.hull(unknown.needs((counts,)), [exact.ZERO, weight])


def _split(total: Number, weights: Sequence[Number], unit: Number, members: Sequence[Member]) -> list[Value]:
    """The split among members; where an open key decides who gets an odd unit, the range of both."""
    line = order(members)
    places = {id(member): i for i, member in enumerate(line)}
    parts = largest_remainder(total, weights, unit, [places[id(member)] for member in members])
    result: list[Value] = list(parts)
    alike: dict[Number, list[int]] = {}
    for i, weight in enumerate(weights):
        alike.setdefault(weight, []).append(i)
    for same in alike.values():
        keys_open = any(isinstance(key, Unknown) for i in same for key in members[i].sort_keys())
        if keys_open and len({parts[i] for i in same}) > 1:
            _open_units(same, members, parts, result)
    return result


def _open_units(
    same: list[int], members: Sequence[Member], parts: Sequence[Number], result: list[Value]
) -> None:
    """Among members with equal weights, those whose odd unit depends on an open key get a range."""
    low, *_, high = sorted((parts[i] for i in same), key=lambda part: Fraction(part))
    for i in same:
        rivals = [j for j in same if parts[j] != parts[i] and before(members[i], members[j]) is None]
        if rivals:
            wanted = unknown.needs(key for j in (i, *rivals) for key in members[j].sort_keys())
            result[i] = Unknown(wanted, low, high)


def largest_remainder(
    total: Number, weights: Sequence[Number], unit: Number, places: Sequence[int]
) -> list[Number]:
    """The exact split. `places`: the order in which equal claims to an odd unit are served.

    INVARIANT: the parts add up to `total`, each a whole number of units.
    (If `total` is itself no whole number of units, the odd bit goes to the first in line.)
    """
    whole = Fraction(total)
    sum_ = sum((Fraction(weight) for weight in weights), Fraction(0))
    step = Fraction(unit)
    exact_shares = [whole * Fraction(weight) / sum_ / step for weight in weights]
    units = [share.numerator // share.denominator for share in exact_shares]
    line = sorted(
        (i for i in range(len(weights)) if weights[i] != 0),
        key=lambda i: (-(exact_shares[i] - units[i]), -Fraction(weights[i]), places[i]),
    )
    left = whole / step - sum(units)
    for i in line[: left.numerator // left.denominator]:
        units[i] += 1
    parts = [Fraction(n) * step for n in units]
    parts[line[0]] += whole - sum(parts)
    return [exact.add(exact.ZERO, part) for part in parts]


def _share_range(i: int, total: Value, weights: Sequence[Value], unit: Value) -> Value:
    """Between the share with the others at their most (rounded down) and at their least (and a unit)."""
    wanted = unknown.needs((total, unit, *weights))
    own_low, own_high = _bounds(weights[i])
    low_total, high_total = _bounds(total)
    _, step = _bounds(unit)
    if own_high is not None and own_high == 0:
        return exact.ZERO
    others = [_bounds(weight) for j, weight in enumerate(weights) if j != i]
    most_others = _sum([high for _, high in others])
    least_others = _sum([low for low, _ in others]) or exact.ZERO
    low: Number = exact.ZERO
    if isinstance(unit, Unknown):
        return Unknown(
            wanted, exact.ZERO, None if high_total is None or step is None else exact.add(high_total, step)
        )
    if None not in (low_total, own_low, most_others, step) and own_low:
        part = Fraction(low_total) * Fraction(own_low) / (Fraction(own_low) + Fraction(most_others))  # type: ignore[arg-type]
        low = exact.multiply(Decimal(part // Fraction(step)), exact.number(step))  # type: ignore[arg-type]
    high = high_total
    if (
        None not in (high_total, own_high, step)
        and own_high
        and Fraction(own_high) + Fraction(least_others) > 0
    ):
        part = Fraction(high_total) * Fraction(own_high) / (Fraction(own_high) + Fraction(least_others))  # type: ignore[arg-type]
        reach = exact.multiply(Decimal(part // Fraction(step) + 1), exact.number(step))  # type: ignore[arg-type]
        high = reach if high is None else exact.smallest(high, reach)
    return unknown.ranged(wanted, low, high)


def _bounds(value: Value) -> tuple[Number | None, Number | None]:
    low, high = unknown.bounds(value)
    return (
        low if isinstance(low, Decimal | Fraction) else None,
        high if isinstance(high, Decimal | Fraction) else None,
    )


def _sum(numbers: Sequence[Number | None]) -> Number | None:
    total: Number = exact.ZERO
    for number in numbers:
        if number is None:
            return None
        total = exact.add(total, number)
    return total


def pro_rata(members: Sequence[Member], of: Sequence[Value], limit: Value, unit: Value) -> list[Value]:
    """Each gets what it asks for, or its share of the limit (at least 0) where all together ask for more.

    INVARIANT: nobody gets more than it asks for, and all together no more than the limit. Shares are of
    the whole units in the limit, so what is no whole unit, or would go beyond a claim, is not paid.
    """
    limit = unknown.largest([limit, exact.ZERO])
    asked = [_times(member.counts, ask) for member, ask in zip(members, of, strict=True)]
    total: Value = exact.ZERO
    for ask in asked:
        total = unknown.add(total, ask)
    fits = unknown.compare("<=", total, limit)
    if fits is True:
        return asked
    parts = shares(members, round_to(limit, unit, "down"), of, unit) or asked
    split = [unknown.smallest([part, ask]) for part, ask in zip(parts, asked, strict=True)]
    if fits is False:
        return split
    wanted = unknown.needs((fits,))
    return [unknown.hull(wanted, [a, b]) for a, b in zip(asked, split, strict=True)]
