"""Which question to ask next: only what can still change the result, what removes most of the range first.

Each open question is tried with the answers that it may get: every option, both ends of a range, and the
numbers and days of the document in between. What is then still open, of outcomes and of the amount, is
measured; the question that leaves least on average comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from policyengine.again import again
from policyengine.deciding import Decided
from policyengine.decision import Decision, Missing, Outcome
from policyengine.diagnostics import CaseError
from policyengine.instances import Ent
from policyengine.lang import unknown
from policyengine.model import Fact
from policyengine.values import ABSENT, FactRef, Known, Tiers, Unknown, Value
from policyengine.world import World

DECADE = timedelta(days=3_653)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Settles:
    """An answer after which an application is settled, and how."""

    answer: Known
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask.

    `remaining`: the share of what is open that is left on average once it is answered. `further`: how many facts
    are then still wanted, on average. `settles`: answers after which nothing is.
    """

    missing: Missing
    remaining: Fraction
    further: Fraction
    settles: tuple[Settles, ...]


def questions(decided: Decided) -> tuple[Question, ...]:
    """What the applications of a case still wait for, the most telling first; nothing where all is settled."""
    asker = _Asker(decided)
    wanted = {item.ref: item for d in decided.decision.decisions for item in d.missing}
    found = [asker.question(item) for item in wanted.values()]
    return tuple(
        sorted(found, key=lambda q: (q.remaining, q.further))
    )  # stable: then as the policy lists them


class _Asker:
    """Measures what the questions of one case are worth."""

    def __init__(self, decided: Decided) -> None:
        self.world = decided.world
        self.application = self.world.plans.last.application
        open_ = [d for d in decided.decision.decisions if d.missing]
        self.open: list[tuple[Ent, Decision]] = [
            (self.world.entities[self.application.entity][d.subject.id], d) for d in open_
        ]

    def question(self, item: Missing) -> Question:
        left: list[Fraction] = []
        further: list[int] = []
        settles: list[Settles] = []
        for answer, world in self.answered(item):
            try:
                states = [self.state(world, ent) for ent, _ in self.open]
            except CaseError:
                continue  # an answer that the rules cannot take with the other facts
            parts = [self.share(state, d) for state, (_, d) in zip(states, self.open, strict=True)]
            left.append(sum(parts, Fraction(0)) / len(parts))
            further.append(len(unknown.needs(value for state in states for value in state)))
            if len(self.open) == 1 and answer is not None and not isinstance(states[0][1], Unknown):
                if item.fact is not None and item.fact.type.kind in ("bool", "enum") and parts[0] == 0:
                    settles.append(Settles(answer, "granted" if states[0][0] is True else "refused"))
        if not left:
            return Question(item, Fraction(1), Fraction(len(self.open)), ())
        remaining = sum(left, Fraction(0)) / len(left)
        return Question(item, remaining, Fraction(sum(further), len(further)), tuple(settles))

    def answered(self, item: Missing) -> Iterator[tuple[Known | None, World]]:
        """The worlds in which a question is answered; of a relation: that there is nothing, and as it is."""
        if item.fact is None:
            world = self.world
            yield None, World(world.plans, world.case.with_closed(item.ref), world.readings)
            yield None, world
            return
        for answer in self.answers(item.fact, item.ref):
            yield answer, again(self.world, {item.ref: answer})

    def state(self, world: World, ent: Ent) -> tuple[Value, Value]:
        """Whether it is granted, and how much, in one world."""
        there = world.entities[ent.kind][ent.id]
        granted = world.value(there, self.application.granted)
        amount = Decimal(0) if granted is False else world.value(there, self.application.amount)
        return granted, amount

    def share(self, state: tuple[Value, Value], before: Decision) -> Fraction:
        """How much of what was open still is: of the outcomes and of the width of the amount, half each."""
        granted, amount = state
        outcome = Fraction(int(isinstance(granted, Unknown)))
        width, whole = _width(amount), _width(before.amount)
        part = Fraction(1) if width is None else Fraction(0)
        if width is not None and width:
            part = Fraction(1) if not whole else min(Fraction(1), width / whole)
        return (outcome + part) / 2 if len(before.may_be) > 1 else part

    # --- the answers that are tried ---

    def answers(self, fact: Fact, ref: FactRef) -> list[Known]:
        kind = fact.type.kind
        found: list[Known] = []
        if kind == "bool":
            found = [True, False]
        elif kind == "enum":
            found = list(fact.type.options)
        elif kind == "date":
            found = list(self.days(fact, ref))
        elif fact.type.quantity:
            found = list(self.numbers(fact))
        return [*found, ABSENT] if fact.type.optional else found

    def numbers(self, fact: Fact) -> Iterator[Known]:
        """Both ends of the range, and the document's numbers of the same kind in between."""
        seen = {bound for bound in (fact.low, fact.high) if bound is not None}
        for parameter in self.world.policy.parameters.values():
            for dated in parameter.values:
                rows = dated.value.rows if isinstance(dated.value, Tiers) else ()
                alike = (parameter.type.kind, parameter.type.dim) == (fact.type.kind, fact.type.dim)
                values = [row.bound for row in rows] if rows else [dated.value] if alike else []
                seen |= {value for value in values if isinstance(value, Decimal)}
        low, high = fact.low, fact.high
        inside = [x for x in seen if (low is None or x >= low) and (high is None or x <= high)]
        yield from sorted(inside)

    def days(self, fact: Fact, ref: FactRef) -> Iterator[Known]:
        """The document's days and the days beside them, the application's own day, and one long before."""
        found: set[date] = set()
        for parameter in self.world.policy.parameters.values():
            for dated in parameter.values:
                if isinstance(dated.value, date):
                    found |= {dated.value - DAY, dated.value, dated.value + DAY}
        own = [when for ent, _ in self.open if isinstance(when := self.world.when(ent), date)]
        if fact.not_after and own:
            found |= {own[0], own[0] - DECADE}
            found = {day for day in found if day <= own[0]}
        yield from sorted(found)


def _width(value: Value) -> Fraction | None:
    """How wide a range is; None where it has no end."""
    low, high = unknown.bounds(value)
    if isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction):
        return Fraction(high) - Fraction(low)
    return None
