"""What a decision would be under the other readings of the open questions that it rests on.

One reading is changed at a time, from those in use, and only where the result differs is it said. Two
readings may bear on each other (two ways to raise the same capped amount): then what both give together is
not what each gives alone, and that is said too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from policyengine import plan as p
from policyengine import trace
from policyengine.again import After, after, again
from policyengine.decision import Decision
from policyengine.instances import Ent
from policyengine.lang import nodes as n
from policyengine.model import Interpretation, Option
from policyengine.trace import Read
from policyengine.values import Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Reading:
    """One option of one open question."""

    interpretation: Interpretation
    option: str

    @property
    def chosen(self) -> Option:
        return self.interpretation.options[self.option]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A reading that is not in use and what it would give instead."""

    reading: Reading
    after: After


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two readings that together do not give what each of them gives alone, added up."""

    first: Reading
    second: Reading
    after: After


@dataclass(slots=True)
class Alternatives:
    """The worlds of the other readings of one case, each made once for all its applications."""

    world: World
    _worlds: dict[tuple[tuple[str, str], ...], World] = field(default_factory=dict)

    def under(self, readings: Mapping[str, str]) -> World:
        """The case under other readings."""
        key = tuple(sorted(readings.items()))
        if key not in self._worlds:
            self._worlds[key] = again(self.world, readings=readings)
        return self._worlds[key]

    def of(self, ent: Ent, decision: Decision) -> tuple[Alternative, ...]:
        """Every reading that would change the result of an application, with what it would give."""
        return tuple(
            Alternative(reading, gives)
            for reading in _others(decision)
            if (gives := self.gives(ent, reading)).key != _now(decision).key
        )

    def every(self, ent: Ent, decision: Decision) -> dict[tuple[str, str], After]:
        """What an application gets under every option of every question that its decision rests on."""
        now = {(use.interpretation.name, use.option): _now(decision) for use in decision.readings}
        return now | {_id(reading): self.gives(ent, reading) for reading in _others(decision)}

    def gives(self, ent: Ent, *readings: Reading) -> After:
        """What an application gets under some readings instead of those in use."""
        return after(self.under({r.interpretation.name: r.option for r in readings}), ent)

    def interactions(
        self, ent: Ent, decision: Decision, found: tuple[Alternative, ...]
    ) -> tuple[Interaction, ...]:
        """Pairs of readings, at least one of which changes the result, that bear on each other."""
        now, alone = _now(decision), {_id(a.reading): a.after for a in found}
        pairs: list[Interaction] = []
        seen: set[frozenset[tuple[str, str]]] = set()
        for first in (a.reading for a in found):
            for second in _others(decision):
                pair = frozenset((_id(first), _id(second)))
                if first.interpretation.name == second.interpretation.name or pair in seen:
                    continue
                seen.add(pair)
                both = self.gives(ent, first, second)
                if not self.adds_up(
                    ent, (first, second), now, alone[_id(first)], alone.get(_id(second), now), both
                ):
                    pairs.append(Interaction(first, second, both))
        return tuple(pairs)

    def adds_up(
        self, ent: Ent, pair: tuple[Reading, Reading], now: After, one: After, other: After, both: After
    ) -> bool:
        """Whether two changes together do what each does alone; a pair that is open is not judged.

        Of two of which one alone already refuses, nothing more is to be said; nor of a difference that is only
        that of amounts rounded in other places.
        """
        if "refused" in (one.outcome, other.outcome) and both.outcome == "refused":
            return True
        amounts = [_amount(each) for each in (now, one, other, both)]
        start, first, second, together = amounts
        if start is None or first is None or second is None or together is None:
            return True
        gap = abs(together + start - first - second)
        if not gap:
            return True
        ways: list[dict[str, str]] = [{}, *({r.interpretation.name: r.option} for r in pair)]
        ways.append({r.interpretation.name: r.option for r in pair})
        # each of the four is off by less than it rounds by, two of them upwards and two downwards
        return gap < 2 * max(_rounding(self.under(way), ent) for way in ways)


def _rounding(world: World, ent: Ent) -> Fraction:
    """By how much the roundings on the way to an amount may change it together, in 元."""
    when = world.when(ent)
    amount = Read(ent, world.plan(when).application.amount, when)
    found = Fraction(0)
    for read in trace.reached(world, [amount]):
        node = world.plan(read.when).nodes.get(read.name)
        if read.ent is ent and isinstance(node, p.FormulaNode):
            for part in n.walk(node.formula.node):
                if isinstance(part, n.Call) and part.function.startswith("round_"):
                    unit = world.evaluate(node.formula, ent, read.when, part.arguments[1])
                    found += Fraction(unit) if isinstance(unit, Decimal | Fraction) else 0
    return found


def _id(reading: Reading) -> tuple[str, str]:
    return reading.interpretation.name, reading.option


def _others(decision: Decision) -> Iterator[Reading]:
    """The options that are not in use of the questions that a decision rests on."""
    for use in decision.readings:
        for option in use.interpretation.options:
            if option != use.option:
                yield Reading(use.interpretation, option)


def _now(d: Decision) -> After:
    return After(d.outcome, d.amount, d.may_be, d.refusals, d.missing)


def _amount(gives: After) -> Fraction | None:
    value: Value = gives.amount
    settled = gives.outcome in ("granted", "refused") and isinstance(value, Decimal | Fraction)
    return Fraction(value) if settled and isinstance(value, Decimal | Fraction) else None
