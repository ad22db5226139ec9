"""Where a value came from: names that only pass another value on, and the part of an expression that made it.

An explanation speaks of what was computed. Choices that were not taken, rounding that changed nothing and
zeros that were added or taken off fall away here, once for formulas and steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from policyengine import plan as p
from policyengine import trace
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.values import Unknown, Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Final:
    """What a name comes down to after passing on: of which entity, which name."""

    ent: Ent | None
    name: str


def resolve(world: World, ent: Ent | None, name: str, outer: When) -> Final:
    """Follow names whose value is just another's, along the branches that were taken."""
    while (after := hop(world, ent, name, outer)) is not None:
        outer = world.when(ent, outer)
        ent, name = after.ent, after.name
    return Final(ent, name)


def hop(world: World, ent: Ent | None, name: str, outer: When) -> Final | None:
    """The name that a name merely passes on; None where it makes its value itself."""
    when = world.when(ent, outer)
    node = world.plan(when).nodes.get(name)
    if ent is not None and world.is_stipulated(ent, name):
        return None
    if isinstance(node, p.AllocateNode):
        passes = node.of and world.value(ent, name, when) == world.value(ent, node.of, when)
        return Final(ent, node.of) if passes else None
    compiled = _passing(world, node, ent, when)
    if compiled is None:
        return None
    inner = taken(world, compiled, compiled.node, ent, when, {})
    if not isinstance(inner, n.Path) or inner.type.kind == "ref" or inner.name in (n.AS_OF, n.SELF):
        return None
    whole = world.value(ent, name, when)
    if isinstance(whole, Unknown) and not _alike(whole, world.evaluate(compiled, ent, when, inner)):
        return None  # an open condition stands before it: that is a step of its own
    target = trace.target(world, inner, ent, {})
    return None if target is None and inner.root != n.POLICY else Final(target, inner.name)


def _alike(one: Unknown, other: Value) -> bool:
    """Whether two values that are not known may come to the same."""
    return isinstance(other, Unknown) and (one.low, one.high, one.options) == (
        other.low,
        other.high,
        other.options,
    )


def opened(
    world: World, compiled: n.Compiled, ent: Ent | None, when: When, bound: dict[str, Any] | None = None
) -> n.Node | None:
    """The test that a value still waits for: met, it is computed; not met, it is 0. None where there is none."""
    node = compiled.node
    while isinstance(node, n.Choice):
        test = world.evaluate(compiled, ent, when, node.test, bound)
        if isinstance(test, Unknown):
            return node.test if _nothing(node.otherwise) else None
        node = node.then if test else node.otherwise
    return None


def _passing(world: World, node: p.Node | None, ent: Ent | None, when: When) -> n.Compiled | None:
    """The expression of a node, or of the row that applied; None where there is not just one."""
    if isinstance(node, p.FormulaNode):
        return node.formula
    if isinstance(node, p.ReadingNode):
        return node.options[node.chosen(world.readings)]
    if isinstance(node, p.CasesNode):
        held = [world.evaluate(row.when, ent, when) for row in node.rows]
        if any(isinstance(value, Unknown) for value in held):
            return None
        hits = [row for row, value in zip(node.rows, held, strict=True) if value is True]
        return hits[0].then if len(hits) == 1 else None if hits else node.otherwise
    return None


def taken(
    world: World, compiled: n.Compiled, node: n.Node, ent: Ent | None, when: When, bound: dict[str, Any]
) -> n.Node:
    """The part of an expression that made its value; see the module."""
    while (inner := _inner(world, compiled, node, ent, when, bound)) is not None:
        node = inner
    return node


def _inner(
    world: World, compiled: n.Compiled, node: n.Node, ent: Ent | None, when: When, bound: dict[str, Any]
) -> n.Node | None:
    """The part that a node comes down to; None where it makes its value itself."""
    match node:
        case n.Choice():
            test = world.evaluate(compiled, ent, when, node.test, bound)
            if not isinstance(test, Unknown):
                return node.then if test else node.otherwise
            # what it comes to if the open question is answered well
            return node.then if _nothing(node.otherwise) else None
        case n.Binary(operator="+"):
            left, right = (taken(world, compiled, side, ent, when, bound) for side in (node.left, node.right))
            return right if _nothing(left) else left if _nothing(right) else None
        case n.Binary(operator="-"):
            after = world.evaluate(compiled, ent, when, node.right, bound)
            return node.left if isinstance(after, Decimal) and after == 0 else None
        case n.Call(function="round_to"):
            before = world.evaluate(compiled, ent, when, node.arguments[0], bound)
            after = world.evaluate(compiled, ent, when, node, bound)
            same = _alike(before, after) if isinstance(before, Unknown) else before == after
            return node.arguments[0] if same else None
    return None


def _nothing(node: n.Node) -> bool:
    """A written 0, the other branch of a choice: adding it changes nothing."""
    return isinstance(node, n.Literal) and isinstance(node.value, Decimal) and node.value == 0
