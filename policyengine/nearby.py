"""What a granted application would get if its facts were otherwise, and where its amount would turn.

Three questions, each answered by deciding again: what another answer to a question gives; what the amount
would be without the caps that held it; and at which values of a quantity the result turns (a threshold
below, a tier or a cap above or below). A turn is found where two sides of a comparison of the document
meet, and stands only with both sides decided, one smallest unit apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Literal

from policyengine import exact, trace
from policyengine import plan as p
from policyengine.again import After, after, again
from policyengine.case import Given
from policyengine.decision import Decision, Subject
from policyengine.diagnostics import CaseError
from policyengine.distance import options, steps_to
from policyengine.exact import Number
from policyengine.inplay import MOST_MEASURED, OPPOSITE, InPlay, InPlayOf, Link
from policyengine.instances import Ent, When
from policyengine.ladder import ladder
from policyengine.lang import nodes as n
from policyengine.model import Fact
from policyengine.refusing import subject
from policyengine.trace import Read
from policyengine.values import FactRef, Known, Tiers, Value
from policyengine.world import World

MOST_TRIED = 60  # questions whose other answers are decided
MOST_SCALES = 12  # quantities whose turns are looked for
ENDLESS = Decimal(10) ** 15  # 元; more than any cap

Kind = Literal["threshold", "tier", "cap"]


@dataclass(frozen=True, slots=True)
class Other:
    """Answers to one question that give one other result."""

    answers: tuple[Known, ...]
    after: After


@dataclass(frozen=True, slots=True)
class OtherFact:
    """A question and what its other answers give; `same`: the answers that change nothing.

    `plain`: a condition asks for this very answer, so that another one simply fails it.
    """

    ref: FactRef
    subject: Subject
    fact: Fact
    given: Known
    others: tuple[Other, ...]
    same: tuple[Known, ...]
    plain: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Two neighbouring values of a quantity, one smallest unit apart, between which something turns.

    `low` and `high` are the values, `below` and `above` what the application gets with each.
    """

    kind: Kind
    low: Known
    high: Known
    below: After
    above: After


@dataclass(frozen=True, slots=True)
class Scale:
    """The turns of one quantity, from the smallest value up."""

    ref: FactRef
    subject: Subject
    fact: Fact
    given: Known
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Nearby:
    """All of it for one granted application.

    `uncapped`: the result without caps; `unpooled`: with its own cap, but with no limit that it shares with others.
    None where that changes nothing.
    """

    facts: tuple[OtherFact, ...] = ()
    scales: tuple[Scale, ...] = ()
    unpooled: After | None = None
    uncapped: After | None = None


NOTHING_NEARBY = Nearby()


def nearby(world: World, ent: Ent, decision: Decision) -> Nearby:
    """What is nearby of a granted application with a settled amount; nothing of any other."""
    if decision.outcome != "granted" or not isinstance(decision.amount, Decimal | Fraction):
        return NOTHING_NEARBY
    finder = _Finder(world, ent, decision)
    unpooled, uncapped = finder.freed()
    return Nearby(tuple(finder.facts()), tuple(finder.scales()), unpooled, uncapped)


@dataclass(slots=True)
class _Finder:
    """Looks around one granted application."""

    world: World
    ent: Ent
    decision: Decision
    walk: InPlayOf = field(init=False)
    when: When = field(init=False)
    read: list[Read] = field(init=False)
    now: Number = field(init=False)

    def __post_init__(self) -> None:
        self.walk = InPlayOf(self.world, self.ent)
        self.when = self.world.when(self.ent)
        application = self.world.plan(self.when).application
        names = (application.granted, application.amount)
        self.read = list(trace.reached(self.world, [Read(self.ent, name, self.when) for name in names]))
        amount = self.decision.amount
        assert isinstance(amount, Decimal | Fraction)
        self.now = amount

    def node(self, read: Read) -> p.Node | None:
        return self.world.plan(read.when).nodes.get(read.name)

    # --- other answers ---

    def facts(self) -> Iterator[OtherFact]:
        """The questions of which another answer would change the result, the greatest change of amount first."""
        found = [one for read in self.asked() if (one := self.other(*read)) is not None and one.others]
        yield from sorted(found, key=self.weight)

    def asked(self) -> list[tuple[Ent, Fact]]:
        """The questions with a few answers that were read, of this application and what belongs to it."""
        found: dict[tuple[Ent, str], Fact] = {}
        for read in self.read:
            node = self.node(read)
            if not isinstance(node, p.FactNode) or read.ent is None or not self.walk.near(read.ent):
                continue
            if node.fact.type.kind in ("bool", "enum") and not node.fact.choice:
                found[read.ent, read.name] = node.fact
        return [(ent, fact) for (ent, _), fact in found.items()][:MOST_TRIED]

    def other(self, ent: Ent, fact: Fact) -> OtherFact | None:
        given = self.world.stated(ent, fact.name)
        if given is None:
            return None
        ref = FactRef(ent.kind, ent.id, fact.name)
        plain = fact.name in self.plain()
        if plain and not fact.judged:
            return None
        groups: dict[object, tuple[list[Known], After]] = {}
        same: list[Known] = []
        for answer in options(fact):
            if answer == given:
                continue
            gives = after(again(self.world, {ref: answer}), self.ent)
            if gives.outcome is None:
                continue  # the other answer contradicts what is stated besides
            if gives.outcome == "granted" and gives.amount == self.decision.amount:
                same.append(answer)
            else:
                groups.setdefault(gives.key, ([], gives))[0].append(answer)
        others = tuple(Other(tuple(answers), gives) for answers, gives in groups.values())
        return OtherFact(ref, subject(self.world, ent), fact, given, others, tuple(same), plain)

    def plain(self) -> frozenset[str]:
        """The facts that a condition asks for as they stand."""
        plan = self.world.plan(self.when)
        found = set()
        for name in plan.checks:
            node = plan.nodes.get(f"{name}.test") or plan.nodes[name]
            tested = node.formula.node if isinstance(node, p.FormulaNode) else None
            tested = tested.operand if isinstance(tested, n.Not) else tested
            if isinstance(tested, n.Path):
                found.add(tested.name)
        return frozenset(found & set(plan.policy.facts))

    def weight(self, one: OtherFact) -> tuple[bool, bool, Fraction]:
        """What moves the amount before what only refuses, the greatest change first."""
        changes = [
            abs(Fraction(_amount(o.after)) - Fraction(self.now)) for o in one.others if _granted(o.after)
        ]
        return one.plain, not changes, -max(changes, default=Fraction(0))

    # --- without caps ---

    def freed(self) -> tuple[After | None, After | None]:
        """What is given without the limits shared with others, and without any cap."""
        pools, caps = list(self.pools()), list(self.caps())
        unpooled = self.without(pools) if pools else None
        uncapped = self.without([*pools, *caps]) if pools or caps else None
        kept = unpooled if unpooled is not None and _amount(unpooled) > self.now else None
        least = self.now if kept is None else _amount(kept)
        return kept, uncapped if uncapped is not None and _amount(uncapped) > least else None

    def pools(self) -> Iterator[str]:
        """The limits of the pools in order that the amount went through."""
        for read in self.read:
            node = self.node(read)
            if read.ent is self.ent and isinstance(node, p.AllocateNode) and node.method == "in_order":
                yield node.limit

    def caps(self) -> Iterator[str]:
        """The caps of the programs that the amount went through."""
        for read in self.read:
            node = self.node(read)
            if read.ent is self.ent and node is not None and node.info.role == "cap":
                yield read.name

    def without(self, limits: Iterable[str]) -> After | None:
        """What is given without some limits."""
        gives = after(self.lifted(limits), self.ent)
        return gives if _granted(gives) else None

    def lifted(self, names: Iterable[str]) -> World:
        """The case with some amounts of the application set far beyond any that there is."""
        given = self.ent.given
        assert given is not None
        endless = Given(ENDLESS, "", given.span, "supposed")
        lifted = {FactRef(self.ent.kind, self.ent.id, name): endless for name in names}
        case = replace(self.world.case, stipulated={**self.world.case.stipulated, **lifted})
        return World(
            self.world.plans, case, self.world.readings, entities=self.world.entities, moved=self.world.moved
        )

    # --- where it turns ---

    def scales(self) -> Iterator[Scale]:
        """The quantities on which the result turns, in the order in which they are read."""
        movers: dict[tuple[FactRef, int], list[tuple[InPlay, Kind]]] = {}
        for link, kind in self.links():
            found = {(each.ref, each.direction): each for each in self.movers(link)}
            for key, each in islice(found.items(), MOST_MEASURED):
                if self.walk.near(each.ent) and self.counts(each.fact):
                    movers.setdefault(key, []).append((each, kind))
        for ref in list(dict.fromkeys(ref for ref, _ in movers))[:MOST_SCALES]:
            mine = [pair for (own, _), pairs in movers.items() if own == ref for pair in pairs]
            turns = {turn.low: turn for each, kind in mine if (turn := self.turn(each, kind)) is not None}
            if turns:
                ent, fact = mine[0][0].ent, mine[0][0].fact
                given = self.world.stated(ent, fact.name)
                assert given is not None
                line = tuple(turns[low] for low in sorted(turns))  # type: ignore[type-var]
                yield Scale(ref, subject(self.world, ent), fact, given, line)

    def counts(self, fact: Fact) -> bool:
        """Whether a fact is a quantity that is not just chosen."""
        return fact.type.quantity and fact.type.kind != "date" and not fact.choice

    def links(self) -> Iterator[tuple[Link, Kind]]:
        """The comparisons on the way, caps and tiers among them, each as what would have to hold for it to turn."""
        for read in self.read:
            node = self.node(read)
            if read.ent is None or node is None or isinstance(node, p.FactNode | p.ParamNode):
                continue
            for compiled in self.expressions(node, read):
                for part in _open(compiled.node):
                    for left, operator, right, kind in self.sides(node, compiled, part, read):
                        link = Link(compiled, read.ent, read.when, left, operator, right, {})
                        now = self.held(self.world, link)
                        if now is not None:
                            yield (replace(link, operator=OPPOSITE[operator]) if now else link), kind

    def expressions(self, node: p.Node, read: Read) -> Iterator[n.Compiled]:
        assert read.ent is not None
        if isinstance(node, p.CasesNode):
            yield from (row.when for row in node.rows)
        made = self.walk.made(node, read.ent, read.when)
        if made is not None:
            yield made

    def sides(
        self, node: p.Node, compiled: n.Compiled, part: n.Node, read: Read
    ) -> Iterator[tuple[n.Node, str, n.Node, Kind]]:
        """What a part of an expression compares with what."""
        match part:
            case n.Comparison(operators=(operator,)) if operator in OPPOSITE:
                if part.operands[0].type.quantity:
                    yield part.operands[0], operator, part.operands[1], "threshold"
            case n.Call(function="min", arguments=(left, right)) if node.info.role == "capped":
                room = self.room(node.info.owner)
                cap = self.world.evaluate(compiled, read.ent, read.when, right)
                if room is not None and isinstance(cap, Decimal | Fraction) and room < cap:
                    right = n.Literal(room, right.type, part.at)
                yield left, ">=", right, "cap"
            case n.Call(function="tier" | "marginal", arguments=(table, left)):
                rows = self.world.evaluate(compiled, read.ent, read.when, table)
                for row in rows.rows if isinstance(rows, Tiers) else ():
                    operator = ">" if row.strict else ">="
                    yield left, operator, n.Literal(row.bound, left.type, part.at), "tier"

    def room(self, program: str) -> Number | None:
        """What the pool that a program's amount goes through would pay at most; None where there is none."""
        for read in self.read:
            node = self.node(read)
            if read.ent is self.ent and isinstance(node, p.AllocateNode) and node.method == "in_order":
                asked = self.world.plan(read.when).nodes[node.of]
                of = asked.formula.node if isinstance(asked, p.FormulaNode) else None
                if isinstance(of, n.Path) and of.name == f"{program}.amount":
                    value = self.lifted([node.of]).value(self.ent, read.name, read.when)
                    return value if isinstance(value, Decimal | Fraction) else None
        return None

    def held(self, world: World, link: Link) -> bool | None:
        """Whether the comparison of a link holds; None where a side is open or cannot be read."""
        try:
            left, right = (link.side(world, side, link.when) for side in (link.left, link.right))
        except CaseError:
            return None
        if not isinstance(left, Decimal | Fraction) or not isinstance(right, Decimal | Fraction):
            return None
        sign = exact.compare(left, right)
        return {">=": sign >= 0, ">": sign > 0, "<=": sign <= 0, "<": sign < 0}[link.operator]

    def movers(self, link: Link) -> Iterator[InPlay]:
        """The facts that would make the comparison of a link hold."""
        up = 1 if link.operator in (">=", ">") else -1
        for side, direction, left in ((link.left, up, True), (link.right, -up, False)):
            try:
                found = list(self.walk.measured(link.compiled, side, link.ent, link.when, {}, direction))
            except CaseError:
                continue
            yield from (replace(each, link=link, left=left) for each in found)

    def turn(self, each: InPlay, kind: Kind) -> Turn | None:
        """Where the comparison of one link turns as one fact moves; None where that leaves the result as it is."""
        link, given = each.link, self.world.stated(each.ent, each.fact.name)
        steps = ladder(each.fact, self.world.policy.units, given, each.direction)
        if link is None or steps is None:
            return None

        def turned(value: Known) -> bool:
            return self.held(again(self.world, {each.ref: value}), link) is True

        count = steps.nearest(steps_to(self.world, self.ent, link, each.ref, steps), turned)
        if count is None:
            return None
        values = [steps.at(count - 1), steps.at(count)]
        before, behind = (after(again(self.world, {each.ref: value}), self.ent) for value in values)
        if not _granted(before) or behind.outcome is None or (kind != "cap" and before.key == behind.key):
            return None
        if kind == "cap" and not _granted(behind):
            return None
        kind = "threshold" if behind.outcome != "granted" else "tier" if kind == "threshold" else kind
        near, far = (values[0], before), (values[1], behind)
        (low, below), (high, above) = (near, far) if each.direction > 0 else (far, near)
        return Turn(kind, low, high, below, above)


def _open(node: n.Node) -> Iterator[n.Node]:
    """A node and what stands below it, without what ranges over members."""
    yield node
    if not isinstance(node, n.Aggregate):
        for child in n.children(node):
            yield from _open(child)


def _granted(gives: After) -> bool:
    return gives.outcome == "granted" and isinstance(gives.amount, Decimal | Fraction)


def _amount(gives: After) -> Number:
    value: Value = gives.amount
    assert isinstance(value, Decimal | Fraction)
    return value
