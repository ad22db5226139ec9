"""How far a refused application is from what each failed condition asks for, and what reaching it would give.

The failing comparison is inverted for the one fact that moves: two points of the margin between its sides
give the step, and where the margin is no straight line the step is found by halving. What is suggested is
then confirmed: with it the condition holds, with one smallest unit less it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine import plan as p
from policyengine.again import After, after, again
from policyengine.decision import Decision, Failure, Subject
from policyengine.diagnostics import CaseError
from policyengine.exact import Number
from policyengine.inplay import InPlay, InPlayOf, Link, settled
from policyengine.instances import Ent, When
from policyengine.ladder import Ladder, distance_between, ladder
from policyengine.lang import nodes as n
from policyengine.model import Fact, Label
from policyengine.refusing import subject
from policyengine.values import ABSENT, FactRef, Known, Type, Value
from policyengine.world import World

MOST_CHOSEN = 40
MOST_JOINT = 8  # entities that stand against one condition together
FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Move:
    """One fact that would have to be other than it is.

    `needed`: of a quantity or day the nearest value that passes; of an option or truth every answer that
    passes and gives the same. `gap`: between given and needed, in base units or days; None for answers.
    `after`: what the application gets if only this moves. `opens`: the condition is then not refused any more, but
    still open.
    """

    ref: FactRef
    subject: Subject
    fact: Fact
    given: Value
    needed: tuple[Known, ...]
    gap: Number | None
    after: After
    opens: bool = False

    @property
    def alone(self) -> bool:
        """Whether this alone changes the outcome."""
        return self.after.outcome not in (None, "refused")


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a condition compares with a number that no fact moves: 共同体设备投资合计460万元, short by 40万元."""

    label: Label
    type: Type
    value: Number
    needed: Number
    gap: Number


@dataclass(frozen=True, slots=True)
class Named:
    """A fact in play, named where no single one settles the condition."""

    ref: FactRef
    subject: Subject
    label: Label


@dataclass(frozen=True, slots=True)
class Distance:
    """How far one failed condition is from being met.

    `moves`: each of them is enough (`together`: all of them at once). Where there is none, `in_play` names the
    facts that the condition depends on. `untried`: how many more facts were not tried one by one: nothing is said
    of what they could do. `shortfall`: the sum or count that falls short, where several make it up.
    `after`: what the application gets if all of `together` move.
    """

    failure: Failure
    moves: tuple[Move, ...]
    together: bool
    in_play: tuple[Named, ...]
    shortfall: Shortfall | None
    after: After | None = None
    untried: int = 0

    @property
    def unique(self) -> bool:
        """Whether exactly one fact settles the condition."""
        return len({move.ref for move in self.moves}) == 1 and not self.together and not self.untried


def distances(world: World, ent: Ent, decision: Decision) -> tuple[Distance, ...]:
    """The distance of every failed condition of an application, in the order of its refusals."""
    return tuple(measure(world, ent, failure) for failure in decision.refusals)


def measure(world: World, ent: Ent, failure: Failure) -> Distance:
    """The distance of one condition that does not hold in a world."""
    return _Measurer(world, ent, failure).distance()


def passes(world: World, ent: Ent, away: Distance) -> bool:
    """Whether a condition that failed holds in another world of the same case; open, where its ways open it only."""
    failure = away.failure
    subject_ = world.entities[failure.subject.kind][failure.subject.id]
    try:
        value = world.value(subject_, failure.condition, world.when(ent))
    except (CaseError, KeyError):  # the rule cannot be read, or another version does not have it
        return False
    return value is True or (value is not False and any(move.opens for move in away.moves))


@dataclass(slots=True)
class _Measurer:
    """Measures one failed condition."""

    world: World
    application: Ent
    failure: Failure
    ent: Ent = field(init=False)
    tried: dict[tuple[FactRef, Known], Value] = field(default_factory=dict)
    open_too: bool = False  # whether a condition that is then open counts as met

    def __post_init__(self) -> None:
        self.ent = self.world.entities[self.failure.subject.kind][self.failure.subject.id]

    def distance(self) -> Distance:
        when = self.world.when(self.application)
        walk = InPlayOf(self.world, self.application)
        found = [
            each for each in walk.name(self.ent, self.failure.condition, when, True) if walk.near(each.ent)
        ]
        shortfall = next((s for each in found if (s := self.shortfall(each, found))), None)
        found = list(settled(found, self.own_day(when)))
        chosen = [each for each in found if each.direction == 0]
        measured = [each for each in found if each.tried and each.direction]
        tried = [*measured, *chosen[:MOST_CHOSEN]]
        untried = len({each.ref for each in found} - {each.ref for each in tried})
        moves = self.moves(measured, chosen[:MOST_CHOSEN])
        if moves:
            return Distance(self.failure, tuple(moves), False, (), shortfall, untried=untried)
        together = self.together(found) or self.jointly()
        if together:
            facts = {move.ref: move.needed[0] for move in together}
            gives = after(again(self.world, facts), self.application)
            return Distance(self.failure, tuple(together), True, (), shortfall, gives)
        self.open_too = True
        moves = self.moves(measured, chosen[:MOST_CHOSEN])
        if moves:
            return Distance(self.failure, tuple(moves), False, (), shortfall, untried=untried)
        named = {each.ref: Named(each.ref, subject(self.world, each.ent), each.fact.label) for each in found}
        return Distance(self.failure, (), False, tuple(named.values()), shortfall, untried=untried)

    def moves(self, measured: list[InPlay], chosen: list[InPlay]) -> list[Move]:
        """Every single fact that is enough; a choice that changes nothing only where there is no other."""
        moves = [move for each in measured if (move := self.measured(each))]
        moves += [move for each in chosen for move in self.answers(each)]
        return [move for move in moves if move.alone or not move.fact.choice] or moves

    def own_day(self, when: When) -> FactRef:
        """The fact that dates the application."""
        return FactRef(self.application.kind, self.application.id, self.world.plan(when).application.date)

    # --- whether it holds ---

    def holds(self, facts: Mapping[FactRef, Known]) -> bool:
        """Whether the condition is met with some facts other than they are; open counts only if that is all there is."""
        value = self.truth(facts)
        return value is True or (self.open_too and value is not False)

    def truth(self, facts: Mapping[FactRef, Known]) -> Value:
        """The condition with some facts other than they are; False where it cannot be read then."""
        key = next(iter(facts.items())) if len(facts) == 1 else None
        if key is not None and key in self.tried:
            return self.tried[key]
        other = again(self.world, facts)
        try:
            value: Value = other.value(self.ent, self.failure.condition, other.when(self.application))
        except (CaseError, KeyError):  # the rule cannot be read, or another version does not have it
            value = False
        if key is not None:
            self.tried[key] = value
        return value

    # --- what is chosen ---

    def answers(self, each: InPlay) -> Iterator[Move]:
        """The answers that pass, those that give the same in one."""
        given = self.world.stated(each.ent, each.fact.name)
        if given is None:
            return
        groups: dict[object, tuple[list[Known], After]] = {}
        for answer in options(each.fact):
            if answer != given and self.holds({each.ref: answer}):
                gives = after(again(self.world, {each.ref: answer}), self.application)
                groups.setdefault(gives.key, ([], gives))[0].append(answer)
        for answers, gives in groups.values():
            who = subject(self.world, each.ent)
            yield Move(each.ref, who, each.fact, given, tuple(answers), None, gives, self.open_too)

    # --- what is measured ---

    def measured(self, each: InPlay) -> Move | None:
        """The nearest value of a quantity or day that passes."""
        if each.link is None or not each.direction:
            return None
        given = self.world.stated(each.ent, each.fact.name)
        steps = ladder(each.fact, self.world.policy.units, given, each.direction)
        if steps is None or given is None:
            return None
        count = steps.nearest(
            steps_to(self.world, self.application, each.link, each.ref, steps),
            lambda value: self.holds({each.ref: value}),
        )
        if count is None:
            return None
        needed = steps.at(count)
        gives = after(again(self.world, {each.ref: needed}), self.application)
        who = subject(self.world, each.ent)
        gap = distance_between(given, needed)
        return Move(each.ref, who, each.fact, given, (needed,), gap, gives, self.open_too)

    def shortfall(self, each: InPlay, found: list[InPlay]) -> Shortfall | None:
        """What a comparison's left side lacks, where it is a sum of facts and nothing moves the right side."""
        link = each.link
        if link is None or not isinstance(link.left, n.Path) or link.operator not in (">=", ">"):
            return None
        sums = {other.ref for other in found if other.link is link}
        if len(sums) == 1 or any(other.link is link and not other.left for other in found):
            return None
        node = self.world.plan(link.when).nodes.get(link.left.name)
        value, needed = (link.side(self.world, side, link.when) for side in (link.left, link.right))
        if node is None or isinstance(node, p.FactNode | p.ReadingNode):
            return None
        if not isinstance(value, Decimal | Fraction) or not isinstance(needed, Decimal | Fraction):
            return None
        if link.operator == ">":
            least = {"money": FEN, "count": exact.ONE}.get(node.info.type.kind)
            if least is None:
                return None
            needed = exact.add(needed, least)
        gap = exact.subtract(needed, value)
        return Shortfall(node.info.label, node.info.type, value, needed, gap)

    # --- several at once ---

    def together(self, found: list[InPlay]) -> list[Move]:
        """One move for each part of a condition that fails in several, where all of them together pass."""
        moves: list[Move] = []
        for each in found:
            if (
                each.link is None
                or not each.direction
                or not each.tried
                or any(m.ref == each.ref for m in moves)
            ):
                continue
            given = self.world.stated(each.ent, each.fact.name)
            steps = ladder(each.fact, self.world.policy.units, given, each.direction)
            if steps is None or given is None:
                continue
            count = steps_to(self.world, self.application, each.link, each.ref, steps)
            if steps.room is not None and count > steps.room:
                continue
            needed = steps.at(count)
            gives = after(again(self.world, {each.ref: needed}), self.application)
            who = subject(self.world, each.ent)
            moves.append(
                Move(each.ref, who, each.fact, given, (needed,), distance_between(given, needed), gives)
            )
        passes = len(moves) > 1 and self.holds({move.ref: move.needed[0] for move in moves})
        links = {id(each.link) for each in found if each.direction}
        return moves if passes and len(links) == len(moves) else []

    def jointly(self) -> list[Move]:
        """One answer of each entity that stands against a condition, where none of them alone is enough.

        Of several grants each bars alone: all of them together would have to be other than they are.
        """
        facts: dict[FactRef, Known] = {}
        moves: list[Move] = []
        while len(moves) < MOST_JOINT and (found := self.against(facts)):
            move = next((m for each in found if (m := self.clearing(each, found[0].ent, facts))), None)
            if move is None:
                return []
            moves.append(move)
            facts[move.ref] = move.needed[0]
        return moves if len(moves) > 1 and self.holds(facts) else []

    def against(self, facts: Mapping[FactRef, Known]) -> list[InPlay]:
        """The answers that stand against the condition with some facts other than they are."""
        world = again(self.world, facts)
        walk = InPlayOf(world, self.application)
        try:
            found = list(walk.name(self.ent, self.failure.condition, world.when(self.application), True))
        except (CaseError, KeyError):  # the rule cannot be read, or another version does not have it
            return []
        return [each for each in found if not each.direction and walk.near(each.ent)]

    def clearing(self, each: InPlay, ent: Ent, facts: Mapping[FactRef, Known]) -> Move | None:
        """The answers to one question after which its entity does not stand against the condition any more."""
        given = self.world.stated(ent, each.fact.name)
        if each.ent is not ent or given is None or each.ref in facts or each.fact.choice:
            return None
        cleared = [
            answer
            for answer in options(each.fact)
            if answer != given
            and all(one.ent is not ent for one in self.against({**facts, each.ref: answer}))
        ]
        if not cleared:
            return None
        gives = after(again(self.world, {each.ref: cleared[0]}), self.application)
        who = subject(self.world, ent)
        return Move(each.ref, who, each.fact, given, tuple(cleared), None, gives)


def options(fact: Fact) -> list[Known]:
    """Every answer to a question that has a few."""
    answers: list[Known] = []
    if fact.type.kind == "bool":
        answers = [True, False]
    elif fact.type.kind == "enum":
        answers = list(fact.type.options)
    return [*answers, ABSENT] if fact.type.optional else answers


# --- how many steps it takes ---


def steps_to(world: World, application: Ent, link: Link, ref: FactRef, steps: Ladder) -> int:
    """How many steps of a fact close the margin of a link, if it is a straight line; 1 where that cannot be said."""
    start = _margin(world, application, link, {})
    next_one = _margin(world, application, link, {ref: steps.at(1)}) if steps.room != 0 else None
    if start is None or next_one is None:
        return 1
    slope = exact.subtract(next_one, start)
    sign = 1 if link.operator in (">", ">=") else -1
    lack, gain = -Fraction(start) * sign, Fraction(slope) * sign
    if gain <= 0 or lack < 0:
        return 1
    count = lack / gain
    whole = count.numerator // count.denominator
    exactly = count.denominator == 1
    return max(1, whole if exactly and link.operator in (">=", "<=") else whole + 1)


def _margin(world: World, application: Ent, link: Link, facts: Mapping[FactRef, Known]) -> Number | None:
    """Left side less right side of a link with some facts moved, days as numbers; None where a side is open."""
    other = again(world, facts) if facts else world
    when = other.when(application)
    try:
        left, right = (link.side(other, side, when) for side in (link.left, link.right))
    except (CaseError, KeyError):
        return None
    if isinstance(left, date) and isinstance(right, date):
        return Decimal((left - right).days)
    if isinstance(left, Decimal | Fraction) and isinstance(right, Decimal | Fraction):
        return exact.subtract(left, right)
    return None
