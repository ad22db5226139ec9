"""Reckoning with values that are not known: three-valued logic and ranges.

Each operation answers with a known value wherever the facts given already decide it, and otherwise
with an `Unknown` that needs what its parts need and may be all that they may be. Ranges forget how two
values hang together, so they may be wider than the truth, never narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine.exact import Number
from policyengine.values import ABSENT, BOTH, Absent, FactRef, Known, Option, Table, Tiers, Unknown, Value

Bound = Number | date | None
_NUMBER = (Decimal, Fraction)  # made once: a union of types is made anew wherever it stands
_QUANTITY = (Decimal, Fraction, date)
_CHOSEN = (bool, str, tuple, Tiers, Table)
NOTHING: frozenset[FactRef] = frozenset()


def needs(values: Iterable[Value]) -> frozenset[FactRef]:
    """All facts that any of the values waits for."""
    return NOTHING.union(*(v.needs for v in values if isinstance(v, Unknown)))


def bounds(value: Value) -> tuple[Bound, Bound]:
    """The least and greatest that a quantity or day can be; None where open."""
    if isinstance(value, Unknown):
        return value.low, value.high
    if isinstance(value, _QUANTITY):
        return value, value
    return None, None


def order(a: Number | date, b: Number | date) -> int:
    """-1, 0, 1 for two quantities or two days."""
    if isinstance(a, date) and isinstance(b, date):
        return (a > b) - (a < b)
    if isinstance(a, _NUMBER) and isinstance(b, _NUMBER):
        return exact.compare(a, b)
    raise TypeError(f"cannot order {a!r} and {b!r}")  # types are checked before: our bug


def ranged(needs: frozenset[FactRef], low: Bound, high: Bound, absent: bool = False) -> Value:
    """The value between two bounds: known where they meet."""
    if low is not None and high is not None and not absent and order(low, high) == 0:
        return low
    return Unknown(needs, low, high, absent=absent)


def chosen(needs: frozenset[FactRef], options: frozenset[Option], absent: bool = False) -> Value:
    """One of the options: known where only one is left."""
    if len(options) == 1 and not absent:
        return next(iter(options))
    if not options and absent:
        return ABSENT
    return Unknown(needs, options=options, absent=absent)


def truth(needs: frozenset[FactRef]) -> Unknown:
    """A bool that may be either."""
    return Unknown(needs, options=BOTH)


def hull(extra: frozenset[FactRef], values: Iterable[Value]) -> Value:
    """What one of several values may be, when `extra` decides which; known where all agree."""
    candidates = list(values)
    first = candidates[0]
    if not isinstance(first, Unknown) and all(same(first, v) for v in candidates[1:]):
        return first
    wanted = extra | needs(candidates)
    absent = any(v is ABSENT or (isinstance(v, Unknown) and v.absent) for v in candidates)
    present = [v for v in candidates if v is not ABSENT]
    finite = [_options(v) for v in present]
    if all(options is not None for options in finite):
        union: frozenset[Option] = frozenset().union(*(o for o in finite if o is not None))
        return chosen(wanted, union, absent)
    lows, highs = zip(*(bounds(v) for v in present), strict=True)
    return ranged(wanted, _extreme(lows, -1), _extreme(highs, 1), absent)


def same(a: Known, b: Value) -> bool:
    """Whether a known value is surely the same as another."""
    if isinstance(b, Unknown) or isinstance(a, Absent) or isinstance(b, Absent):
        return a is b
    if isinstance(a, _NUMBER) and isinstance(b, _NUMBER):
        return exact.compare(a, b) == 0
    return type(a) is type(b) and a == b


def _options(value: Value) -> frozenset[Option] | None:
    if isinstance(value, Unknown):
        return value.options
    return frozenset((value,)) if isinstance(value, _CHOSEN) else None


def _extreme(found: Iterable[Bound], sign: int) -> Bound:
    """The outermost of several bounds on one side; None as soon as one is open."""
    result: Bound = None
    for i, bound in enumerate(found):
        if bound is None:
            return None
        if i == 0 or order(bound, result) == sign:  # type: ignore[arg-type]
            result = bound
    return result


# --- arithmetic -----------------------------------------------------------------------------


def _number(bound: Bound) -> Number | None:
    return bound if isinstance(bound, _NUMBER) else None


def _range(value: Value) -> tuple[Number | None, Number | None]:
    low, high = bounds(value)
    return _number(low), _number(high)


def _both(a: Number | None, b: Number | None, do: Callable[[Number, Number], Number]) -> Number | None:
    return None if a is None or b is None else do(a, b)


def _known(a: Value, b: Value) -> tuple[Number, Number] | None:
    if isinstance(a, _NUMBER) and isinstance(b, _NUMBER):
        return a, b
    return None


def add(a: Value, b: Value) -> Value:
    """a + b"""
    if pair := _known(a, b):
        return exact.add(*pair)
    (al, ah), (bl, bh) = _range(a), _range(b)
    return ranged(needs((a, b)), _both(al, bl, exact.add), _both(ah, bh, exact.add))


def negate(a: Value) -> Value:
    """-a"""
    if isinstance(a, _NUMBER):
        return exact.negate(a)
    low, high = _range(a)
    return ranged(
        needs((a,)),
        None if high is None else exact.negate(high),
        None if low is None else exact.negate(low),
    )


def subtract(a: Value, b: Value) -> Value:
    """a - b"""
    return add(a, negate(b))


def multiply(a: Value, b: Value) -> Value:
    """a × b; nothing times anything is 0, also where the other is unknown."""
    if pair := _known(a, b):
        return exact.multiply(*pair)
    for one in (a, b):
        if isinstance(one, _NUMBER) and one == 0:
            return exact.ZERO
    products = [_corner(x, y) for x in _ends(a) for y in _ends(b)]
    low = _outer([p for p, s in products], [s for _, s in products], -1)
    high = _outer([p for p, s in products], [s for _, s in products], 1)
    return ranged(needs((a, b)), low, high)


def _ends(value: Value) -> list[tuple[Number | None, int]]:
    """Both ends of a range, each with the sign of infinity that an open end stands for."""
    low, high = _range(value)
    return [(low, -1), (high, 1)]


def _corner(x: tuple[Number | None, int], y: tuple[Number | None, int]) -> tuple[Number | None, int]:
    """The product of two ends: a number, or None and the sign of the infinity."""
    (a, a_open), (b, b_open) = x, y
    if a is not None and b is not None:
        return exact.multiply(a, b), 0
    if (a is not None and a == 0) or (b is not None and b == 0):
        return exact.ZERO, 0
    sign_a = a_open if a is None else exact.compare(a, exact.ZERO)
    sign_b = b_open if b is None else exact.compare(b, exact.ZERO)
    return None, sign_a * sign_b


def _outer(products: list[Number | None], infinite: list[int], side: int) -> Number | None:
    if side in infinite:
        return None
    finite = [p for p in products if p is not None]
    result = finite[0]
    for candidate in finite[1:]:
        if exact.compare(candidate, result) == side:
            result = candidate
    return result


def divide(a: Value, b: Value) -> Value:
    """a ÷ b; ZeroDivisionError where b is surely 0; open where b may be."""
    if pair := _known(a, b):
        return exact.divide(*pair)
    low, high = _range(b)
    if low is not None and high is not None and low == 0 and high == 0:
        raise ZeroDivisionError
    positive = low is not None and low > 0
    negative = high is not None and high < 0
    if not positive and not negative:
        return Unknown(needs((a, b)))
    reciprocal = ranged(
        needs((b,)),
        exact.divide(exact.ONE, high) if high is not None else (exact.ZERO if positive else None),
        exact.divide(exact.ONE, low) if low is not None else (exact.ZERO if negative else None),
    )
    return multiply(a, reciprocal)


def smallest(values: Iterable[Value]) -> Value:
    """The least of at least one quantity or day."""
    return _pick(list(values), -1)


def largest(values: Iterable[Value]) -> Value:
    """The greatest of at least one quantity or day."""
    return _pick(list(values), 1)


def _pick(values: list[Value], sign: int) -> Value:
    lows, highs = zip(*(bounds(v) for v in values), strict=True)
    # for the least: the low end is open as soon as one is, the high end is the least closed one
    near, far = (lows, highs) if sign < 0 else (highs, lows)
    outer = _extreme(near, sign)
    closed = [bound for bound in far if bound is not None]
    inner = _extreme(closed, sign) if closed else None
    relevant = [v for v in values if _reaches(v, inner, sign)]
    low, high = (outer, inner) if sign < 0 else (inner, outer)
    return ranged(needs(relevant), low, high)


def _reaches(value: Value, inner: Bound, sign: int) -> bool:
    """Whether a value can still be the one that is picked."""
    low, high = bounds(value)
    near = low if sign < 0 else high
    return inner is None or near is None or order(near, inner) * -sign <= 0


def monotone(do: Callable[[Number], Number], a: Value) -> Value:
    """A function that never falls, applied to a value or to both ends of its range."""
    if isinstance(a, _NUMBER):
        return do(a)
    low, high = _range(a)
    return ranged(needs((a,)), None if low is None else do(low), None if high is None else do(high))


# --- comparison and logic -------------------------------------------------------------------


def compare(operator: str, a: Value, b: Value) -> Value:
    """`a < b` and the like for two quantities or days."""
    if operator in (">", ">="):
        return compare({">": "<", ">=": "<="}[operator], b, a)
    strict = operator == "<"
    if isinstance(a, _QUANTITY) and isinstance(b, _QUANTITY):
        return order(a, b) < (0 if strict else 1)
    (al, ah), (bl, bh) = bounds(a), bounds(b)
    if ah is not None and bl is not None and order(ah, bl) <= (-1 if strict else 0):
        return True
    if al is not None and bh is not None and order(al, bh) >= (0 if strict else 1):
        return False
    return truth(needs((a, b)))


def equal(a: Value, b: Value) -> Value:
    """`a == b` for values of any one kind; absent equals only absent."""
    if not isinstance(a, Unknown) and not isinstance(b, Unknown):
        return same(a, b)
    if _apart(a, b):
        return False
    return truth(needs((a, b)))


def _apart(a: Value, b: Value) -> bool:
    """Whether two values, one of them unknown, surely differ."""
    if _may_be_absent(a) and _may_be_absent(b):
        return False
    one, other = _options(a), _options(b)
    if one is not None and other is not None:
        return not one & other
    if a is ABSENT or b is ABSENT:
        return True
    (al, ah), (bl, bh) = bounds(a), bounds(b)
    left = ah is not None and bl is not None and order(ah, bl) < 0
    right = al is not None and bh is not None and order(al, bh) > 0
    return left or right


def _may_be_absent(value: Value) -> bool:
    return value is ABSENT or (isinstance(value, Unknown) and value.absent)


def is_absent(a: Value) -> Value:
    """Whether a fact is known to be absent."""
    if isinstance(a, Unknown):
        return truth(a.needs) if a.absent else False
    return a is ABSENT


def contains(a: Value, members: Value) -> Value:
    """`a in members`"""
    if isinstance(members, Unknown):  # a set that changes by date
        return hull(members.needs, [contains(a, each) for each in members.options or ()])
    assert isinstance(members, tuple)
    if not isinstance(a, Unknown):
        return a in members if isinstance(a, str) else False
    if a.options is None:
        return truth(a.needs)
    inside = a.options & frozenset(members)
    if not inside:
        return False
    if inside == a.options and not a.absent:
        return True
    return truth(a.needs)


def invert(a: Value) -> Value:
    """not a"""
    return a if isinstance(a, Unknown) else not a


def both(a: Value, b: Value) -> Value:
    """a and b, of two truths"""
    if a is False or b is False:
        return False
    open_ones = [value for value in (a, b) if isinstance(value, Unknown)]
    return truth(needs(open_ones)) if open_ones else True
