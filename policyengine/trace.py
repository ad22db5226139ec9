"""What a value was actually made from: the names that were read to compute it, in order.

Nothing is recorded while a case is decided. Since a world keeps every value and expressions have no
side effects, the way to a value can be walked again afterwards, along the branches that were taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policyengine import plan as p
from policyengine.grouping import Groups
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.values import Unknown
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Read:
    """A name that was read: of which entity (None: of the policy), seen from which day."""

    ent: Ent | None
    name: str
    when: When


def target(world: World, path: n.Path, ent: Ent | None, bound: dict[str, Any]) -> Ent | None:
    """The entity whose value a path reads."""
    if path.root == n.POLICY:
        return None
    start: Ent | None = bound.get(path.root, ent) if path.root != n.OWN else ent
    for reference in path.refs:
        if start is None:
            return None
        start = world.follow(start, reference)
    return start


def reads(
    world: World, compiled: n.Compiled, ent: Ent | None, when: When, all_parts: bool = False
) -> Iterator[Read]:
    """The names that an expression read. `all_parts`: of an *and*, also those after the first false one."""
    yield from _Walk(world, compiled, ent, when, all_parts).node(compiled.node, {})


@dataclass(slots=True)
class _Walk:
    world: World
    compiled: n.Compiled
    ent: Ent | None
    when: When
    all_parts: bool

    def value(self, node: n.Node, bound: dict[str, Any]) -> Any:
        return self.world.evaluate(self.compiled, self.ent, self.when, node, bound)

    def node(self, node: n.Node, bound: dict[str, Any]) -> Iterator[Read]:
        match node:
            case n.Path():
                if not node.relation and node.type.kind != "ref" and node.name != n.AS_OF:
                    ent = target(self.world, node, self.ent, bound)
                    if ent is not None or node.root == n.POLICY:
                        yield Read(ent, node.name, self.world.when(ent, self.when))
            case n.Choice():
                yield from self.node(node.test, bound)
                test = self.value(node.test, bound)
                for branch, taken in ((node.then, True), (node.otherwise, False)):
                    if isinstance(test, Unknown) or test is taken:
                        yield from self.node(branch, bound)
            case n.Logic():
                stop = node.operator == "or"
                for part in node.parts:
                    yield from self.node(part, bound)
                    if not self.all_parts and self.value(part, bound) is stop:
                        break
            case n.Aggregate():
                yield from self.aggregate(node, bound)
            case _:
                for child in n.children(node):
                    yield from self.node(child, bound)

    def aggregate(self, node: n.Aggregate, bound: dict[str, Any]) -> Iterator[Read]:
        for member in members(self.world, node, self.ent, bound):
            inner = {**bound, node.variable: member}
            if node.where is not None:
                yield from self.node(node.where, inner)
                if self.value(node.where, inner) is False:
                    continue
            if node.function != "count":
                yield from self.node(node.item, inner)


def members(world: World, node: n.Aggregate, ent: Ent | None, bound: dict[str, Any]) -> list[Ent]:
    """The entities that an aggregate ranges over."""
    start = bound.get(node.relation.root, ent) if node.relation.root != n.OWN else ent
    for reference in node.relation.refs:
        if start is None:
            return []
        start = world.follow(start, reference)
    return [] if start is None else start.inverses.get(node.relation.name, [])


def direct(world: World, read: Read) -> Iterator[Read]:
    """What the value of one name was made from, one level down."""
    plan = world.plan(read.when)
    node = plan.nodes.get(read.name)
    if node is None or (read.ent is not None and world.is_stipulated(read.ent, read.name)):
        return
    match node:
        case p.FormulaNode():
            entry = plan.policy.conditions.get(read.name)
            group = entry is not None and entry.test is None
            whole = group or node.info.role in ("eligible", "qualifies")
            yield from reads(world, node.formula, read.ent, read.when, whole)
        case p.CasesNode():
            yield from _cases(world, node, read)
        case p.ReadingNode():
            option = node.chosen(world.readings)
            formula = node.options[option]
            if formula is not None:
                yield from reads(world, formula, read.ent, read.when)
        case p.RankNode():
            yield from (Read(read.ent, name, read.when) for name in node.per)
            yield from _group(world, node, [node.where], _sort_keys(node), read)
        case p.AllocateNode():
            own = [name for name in (node.limit, node.total, node.round_to) if name]
            for name in own:
                yield Read(read.ent, name, read.when)
            parts = [name for name in (node.where, node.of, node.weight) if name]
            yield from _group(world, node, parts, _sort_keys(node), read)


def _cases(world: World, node: p.CasesNode, read: Read) -> Iterator[Read]:
    held = {row.name: world.evaluate(row.when, read.ent, read.when) for row in node.rows}
    hit = False
    for row in node.rows:
        yield from reads(world, row.when, read.ent, read.when)
        if held[row.name] is not False:
            hit = hit or held[row.name] is True
            yield from reads(world, row.then, read.ent, read.when)
    if not hit:
        yield from reads(world, node.otherwise, read.ent, read.when)


def _sort_keys(node: p.RankNode | p.AllocateNode) -> list[str]:
    return [key for key, _ in node.by]


def _group(
    world: World, node: p.RankNode | p.AllocateNode, names: list[str], keys: list[str], read: Read
) -> Iterator[Read]:
    """What was read of each member of the group: past `where` only of counted ones, keys only of several."""
    assert read.ent is not None
    counted = []
    for member in Groups(world).of(node, read.ent, read.when):
        when = world.when(member, read.when)
        yield Read(member, node.where, when)
        if world.value(member, node.where, read.when) is not False:
            counted.append(member)
            yield from (Read(member, name, when) for name in names if name != node.where)
    if len(counted) > 1:
        for member in counted:
            yield from (Read(member, key, world.when(member, read.when)) for key in keys)


def reached(world: World, starts: list[Read]) -> Iterator[Read]:
    """Everything that the given names were made from, themselves first, each once."""
    seen: set[tuple[Ent | None, str, When]] = set()
    stack = list(reversed(starts))
    while stack:
        read = stack.pop()
        key = (read.ent, read.name, read.when)
        if key in seen:
            continue
        seen.add(key)
        yield read
        stack.extend(reversed(list(direct(world, read))))
