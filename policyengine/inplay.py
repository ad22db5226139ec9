"""Which facts stand behind a condition that is not met, and in which direction each would have to move.

A walk down the checked expression, along the branches that were taken: through *and* and *or*, through
comparisons into the sums, products and choices of both sides, to the facts. Only parts that are not as they
would have to be are entered, so that a met condition offers nothing to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from policyengine import plan as p
from policyengine import trace
from policyengine.diagnostics import CaseError
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.model import Fact
from policyengine.values import FactRef, Unknown, Value
from policyengine.world import World

MOST_MEASURED = 8  # facts of one comparison that are tried; more are only counted, as not tried
OPPOSITE = {">=": "<", "<=": ">", "<": ">=", ">": "<="}


@dataclass(frozen=True, slots=True)
class Link:
    """One comparison that does not come out as it should. `operator`: what would have to hold of the two sides."""

    compiled: n.Compiled
    ent: Ent
    when: When
    left: n.Node
    operator: str
    right: n.Node
    bound: dict[str, Any]

    def side(self, world: World, node: n.Node, when: When) -> Value:
        """One side in this or another world of the same case, seen from a day."""
        return world.evaluate(self.compiled, self.ent, world.when(self.ent, when), node, self.bound)


@dataclass(frozen=True, slots=True)
class InPlay:
    """A fact that could change a condition. `direction`: 1 or -1 for what is measured, 0 for what is chosen.

    `link`: the comparison that it stands in, if it is one, `left`: on its left side. `tried`: whether it is among
    the first of its comparison, which are tried one by one.
    """

    ent: Ent
    fact: Fact
    direction: int
    link: Link | None = None
    left: bool = True
    tried: bool = True

    @property
    def ref(self) -> FactRef:
        return FactRef(self.ent.kind, self.ent.id, self.fact.name)


@dataclass(frozen=True, slots=True)
class InPlayOf:
    """Finds the facts in play for one application."""

    world: World
    application: Ent

    def near(self, ent: Ent) -> bool:
        """Whether an entity's facts are this application's to change: not those of another application."""
        if ent.kind == self.application.kind:
            return ent is self.application
        entities = self.world.policy.entities
        own_day = entities[ent.kind].dated_by
        if own_day in entities[ent.kind].references:
            of = [ent.refs.get(own_day)]
        else:  # a record beside something that has a day (other support of a project)
            of = [other for other in ent.refs.values() if other is not None and entities[other.kind].dated_by]
        return all(other is None or self.near(other) for other in of)

    def name(self, ent: Ent, name: str, outer: When, want: bool) -> Iterator[InPlay]:
        """The facts that could make a yes-or-no value what is wanted; nothing where it is that already."""
        when = self.world.when(ent, outer)
        if self.world.value(ent, name, outer) is not (not want) or self.world.is_stipulated(ent, name):
            return
        plan = self.world.plan(when)
        node = plan.nodes[name]
        if isinstance(node, p.FactNode):
            yield InPlay(ent, node.fact, 0)
            return
        if name in plan.checks and not want:
            return  # nothing is gained by making another condition fail
        made = self.made(node, ent, when)
        if made is not None:
            yield from self.truth(made, made.node, ent, when, {}, want)

    def made(self, node: p.Node, ent: Ent, when: When) -> n.Compiled | None:
        """The expression that made a value; None where there is not just one."""
        match node:
            case p.FormulaNode():
                return node.formula
            case p.ReadingNode():
                return node.options[self.world.readings.get(node.info.name, node.interpretation.default)]
            case p.CasesNode():
                hits = [row.then for row in node.rows if self.world.evaluate(row.when, ent, when) is True]
                return hits[0] if hits else node.otherwise
        return None

    # --- truth ---

    def truth(
        self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When, bound: dict[str, Any], want: bool
    ) -> Iterator[InPlay]:
        """The facts that could make a part of an expression true (`want`) or false."""
        try:
            value = self.world.evaluate(compiled, ent, when, node, bound)
        except CaseError:
            return  # stands behind a guard that does not let it be read
        if value is not (not want):
            return
        match node:
            case n.Path():
                target = trace.target(self.world, node, ent, bound)
                if target is not None and target.stand_in is None:
                    yield from self.name(target, node.name, when, want)
            case n.Not():
                yield from self.truth(compiled, node.operand, ent, when, bound, not want)
            case n.Logic():
                for part in node.parts:
                    yield from self.truth(compiled, part, ent, when, bound, want)
            case n.Comparison(operators=("==" | "!=",)):
                for operand in node.operands:
                    yield from self.chosen(compiled, operand, ent, when, bound)
            case n.Comparison():
                yield from self.compared(compiled, node, ent, when, bound, want)
            case n.Membership():
                yield from self.chosen(compiled, node.operand, ent, when, bound)
            case n.Call(function="is_none"):
                yield from self.chosen(compiled, node.arguments[0], ent, when, bound)
            case n.Choice():
                branch = node.then if self.value(compiled, node.test, ent, when, bound) else node.otherwise
                yield from self.truth(compiled, branch, ent, when, bound, want)
            case n.Aggregate():
                yield from self.some(compiled, node, ent, when, bound, want)

    def value(self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When, bound: dict[str, Any]) -> Value:
        """A part's value; False where it is open, so that the walk goes on along one branch."""
        value = self.world.evaluate(compiled, ent, when, node, bound)
        return False if isinstance(value, Unknown) else value

    def chosen(
        self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When, bound: dict[str, Any]
    ) -> Iterator[InPlay]:
        """The fact behind one side of an equality: an option, a truth, or something that may be absent."""
        if not isinstance(node, n.Path) or node.root == n.POLICY:
            return
        target = trace.target(self.world, node, ent, bound)
        if target is None or target.stand_in is not None or node.type.kind in ("ref", "text"):
            return
        at = self.world.when(target, when)
        made = self.world.plan(at).nodes.get(node.name)
        if isinstance(made, p.FactNode):
            yield InPlay(target, made.fact, 0)
        elif made is not None and (inner := self.made(made, target, at)) is not None:
            yield from self.chosen(inner, inner.node, target, at, {})

    def some(
        self, compiled: n.Compiled, node: n.Aggregate, ent: Ent, when: When, bound: dict[str, Any], want: bool
    ) -> Iterator[InPlay]:
        """`any` and `all`: of each member that stands against it, its condition and its item."""
        every = node.function == "all"
        for member in trace.members(self.world, node, ent, bound):
            inner = {**bound, node.variable: member}
            if node.where is not None:
                yield from self.truth(compiled, node.where, ent, when, inner, want is not every)
            yield from self.truth(compiled, node.item, ent, when, inner, want)

    def compared(
        self,
        compiled: n.Compiled,
        node: n.Comparison,
        ent: Ent,
        when: When,
        bound: dict[str, Any],
        want: bool,
    ) -> Iterator[InPlay]:
        """The facts on both sides of each link that does not come out as wanted."""
        if not want and len(node.operators) > 1:
            return
        for i, written in enumerate(node.operators):
            left, right = node.operands[i], node.operands[i + 1]
            pair = replace(node, operators=(written,), operands=(left, right))
            if self.world.evaluate(compiled, ent, when, pair, bound) is not (not want):
                continue
            operator = written if want else OPPOSITE[written]
            link = Link(compiled, ent, when, left, operator, right, bound)
            up = 1 if operator in (">=", ">") else -1
            for side, direction, is_left in ((left, up, True), (right, -up, False)):
                for found in self.measured(compiled, side, ent, when, bound, direction):
                    yield replace(found, link=link, left=is_left)

    # --- what is measured ---

    def measured(
        self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When, bound: dict[str, Any], direction: int
    ) -> Iterator[InPlay]:
        """The facts that would move a quantity or day up (1) or down (-1)."""
        parts: list[tuple[n.Node, int]] = []
        match node:
            case n.Path(name=n.AS_OF):
                yield from self.application_day(when, direction)
            case n.Path():
                target = trace.target(self.world, node, ent, bound)
                if target is not None and target.stand_in is None:
                    yield from self.quantity(target, node.name, when, direction)
            case n.Negative():
                parts = [(node.operand, -direction)]
            case n.Binary(operator="+"):
                parts = [(node.left, direction), (node.right, direction)]
            case n.Binary(operator="-"):
                parts = [(node.left, direction), (node.right, -direction)]
            case n.Binary():
                left, right = (self.sign(compiled, x, ent, when, bound) for x in (node.left, node.right))
                over = -1 if node.operator == "/" else 1
                parts = [(node.left, direction * right), (node.right, direction * left * over)]
            case n.Choice():
                taken = node.then if self.value(compiled, node.test, ent, when, bound) else node.otherwise
                parts = [(taken, direction)]
            case n.Call():
                parts = [(x, direction * side) for x, side in _arguments(node)]
            case n.Aggregate():
                yield from self.over(compiled, node, ent, when, bound, direction)
        for part, side in parts:
            yield from self.measured(compiled, part, ent, when, bound, side)

    def sign(self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When, bound: dict[str, Any]) -> int:
        value = self.world.evaluate(compiled, ent, when, node, bound)
        known = not isinstance(value, Unknown | bool | str | tuple)
        return -1 if known and value < 0 else 1  # type: ignore[operator]

    def application_day(self, when: When, direction: int) -> Iterator[InPlay]:
        """The day of the application itself, where the rule is seen from it."""
        if self.world.when(self.application) == when:
            name = self.world.plan(when).application.date
            yield InPlay(self.application, self.world.policy.facts[name], direction)

    def quantity(self, ent: Ent, name: str, outer: When, direction: int) -> Iterator[InPlay]:
        """The facts behind a named quantity or day."""
        when = self.world.when(ent, outer)
        node = self.world.plan(when).nodes[name]
        if self.world.is_stipulated(ent, name):
            return
        match node:
            case p.FactNode():
                yield InPlay(ent, node.fact, direction)
            case p.RankNode():
                for key, descending in node.by:
                    yield from self.quantity(ent, key, when, -direction if descending else direction)
            case p.AllocateNode():
                for part in (node.of, node.limit, node.total):
                    if part:
                        yield from self.quantity(ent, part, when, direction)
            case _:
                made = self.made(node, ent, when)
                if made is not None:
                    yield from self.measured(made, made.node, ent, when, {}, direction)

    def over(
        self,
        compiled: n.Compiled,
        node: n.Aggregate,
        ent: Ent,
        when: When,
        bound: dict[str, Any],
        direction: int,
    ) -> Iterator[InPlay]:
        """A count by who is counted, any other aggregate by what its counted members bring."""
        for member in trace.members(self.world, node, ent, bound):
            inner = {**bound, node.variable: member}
            if node.function == "count":
                if node.where is not None:
                    yield from self.truth(compiled, node.where, ent, when, inner, direction > 0)
            elif node.where is None or self.value(compiled, node.where, ent, when, inner) is True:
                yield from self.measured(compiled, node.item, ent, when, inner, direction)


def _arguments(call: n.Call) -> list[tuple[n.Node, int]]:
    """The arguments that a function's value follows, each with whether it follows or opposes it."""
    arguments = call.arguments
    match call.function:
        case "min" | "max":
            return [(argument, 1) for argument in arguments]
        case "marginal" | "tier":
            return [(arguments[1], 1)]
        case "years_between":
            return [(arguments[0], -1), (arguments[1], 1)]
        case "lookup" | "date":
            return []
    return [(arguments[0], 1)]


# --- which of the facts in play move ---


def settled(found: Iterable[InPlay], own_day: FactRef) -> Iterator[InPlay]:
    """The facts in play that are the ones to move.

    Of a comparison of days with the application's own day, that day moves. Of a share, its numerator: what
    stands on both sides, in the direction of the side that holds nothing else. A day or quantity that may be none
    moves too where it is compared besides (none, or long ago): that there were none is no answer to look for.
    """
    items = list(found)
    links = {id(each.link): each.link for each in items if each.direction}
    kept: dict[tuple[FactRef, int], InPlay] = {}
    for key in links:
        for each in _movers([each for each in items if id(each.link) == key and each.direction], own_day):
            kept.setdefault((each.ref, each.direction), each)
    for each in items:
        if each.direction:
            continue
        compared = [one for one in items if one.ref == each.ref and one.direction]
        if compared and each.fact.type.kind not in ("bool", "enum"):
            kept.setdefault((each.ref, compared[0].direction), compared[0])
        else:
            kept.setdefault((each.ref, 0), each)
    yield from kept.values()


def _movers(found: list[InPlay], own_day: FactRef) -> list[InPlay]:
    days = [each for each in found if each.ref == own_day]
    if days:
        return days
    left = {each.ref for each in found if each.left}
    right = {each.ref for each in found if not each.left}
    both = left & right
    if both and left != right and both in (left, right):
        found = [each for each in found if each.left is (both == left)]
    tried = list(dict.fromkeys(each.ref for each in found))[:MOST_MEASURED]
    return [replace(each, tried=each.ref in tried) for each in found]
