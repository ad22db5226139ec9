"""The values that a fact can take in one direction, one smallest unit after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine.exact import Number
from policyengine.model import Fact
from policyengine.values import Known, Units, Value

Passes = Callable[[Known], bool]
DAYS = 36_525  # how far a day is looked for
HUNDREDTH = Decimal("0.01")


def distance_between(a: Value, b: Value) -> Number:
    """How far two quantities or days lie apart; 0 for anything else."""
    if isinstance(a, date) and isinstance(b, date):
        return Decimal(abs((a - b).days))
    if isinstance(a, Decimal | Fraction) and isinstance(b, Decimal | Fraction):
        gap = exact.subtract(a, b)
        return exact.negate(gap) if gap < 0 else gap
    return exact.ZERO


def smallest_unit(fact: Fact, given: Number, units: Units) -> Decimal:
    """The least step of a fact: one fen, one count, one year.

    Of other numbers the last decimal that they are given with, at least two of their unit.
    """
    kind = fact.type.kind
    if kind in ("count", "years"):
        return exact.ONE
    step = Decimal(1).scaleb(-fact.decimals)
    if kind == "money":
        return step
    unit = units.get(fact.unit) if kind == "number" else None
    scaled = exact.multiply(
        HUNDREDTH if kind in ("rate", "points") else unit.scale if unit else exact.ONE, step
    )
    own = given.as_tuple().exponent if isinstance(given, Decimal) else 0
    assert isinstance(scaled, Decimal) and isinstance(own, int)
    return min(scaled, Decimal(1).scaleb(own))


def ladder(fact: Fact, units: Units, given: Known | None, direction: int) -> Ladder | None:
    """The steps of a fact from what is given; None for what is not measured or not given."""
    if isinstance(given, date):
        days = (given - date.min).days if direction < 0 else (date.max - given).days
        return Ladder(given, exact.ONE, direction, min(DAYS, days))
    if not isinstance(given, Decimal | Fraction):
        return None
    step = smallest_unit(fact, given, units)
    end = fact.high if direction > 0 else fact.low
    room = None if end is None else exact.floor(distance_between(given, end), step)
    return Ladder(given, step, direction, room)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A line of values from what is given, `room` steps long (None: without end)."""

    start: Number | date
    unit: Decimal
    direction: int
    room: int | None

    def at(self, count: int) -> Known:
        if isinstance(self.start, date):
            return self.start + timedelta(days=self.direction * count)
        return exact.add(self.start, exact.multiply(Decimal(self.direction * count), self.unit))

    def nearest(self, guess: int, passes: Passes) -> int | None:
        """The first step from which on it passes, looked for around a guess; None where there is none."""
        if self.room == 0:
            return None
        room = 10**18 if self.room is None else self.room
        low, high = 0, min(guess, room)
        while not passes(self.at(high)):
            if high >= room:
                return None
            low, high = high, min(high * 2, room)
        if high - low > 1 and not passes(self.at(high - 1)):
            return high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if passes(self.at(middle)) else (middle, high)
        return high
