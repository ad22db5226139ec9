"""The conditions below a name that have words of their own, met or not, as far as they apply.

A condition that the readings in use switch off is not listed. Of alternatives (one of several programs)
those that did not come true are no failed conditions, so they are left out as long as another may hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policyengine import plan as p
from policyengine import trace
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.trace import Read
from policyengine.values import Unknown, Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of one entity, seen from a day, with its value."""

    check: p.Check
    ent: Ent
    when: When
    value: Value

    @property
    def key(self) -> tuple[str, Ent]:
        return self.check.condition, self.ent


def gates(world: World, ent: Ent, name: str, when: When, sure: bool = False) -> Iterator[Gate]:
    """Every condition below a name, each once. `sure`: without those of alternatives that are still open."""
    seen = set()
    for gate in _Walk(world, sure).name(ent, name, when):
        if gate.key not in seen:
            seen.add(gate.key)
            yield gate


def open_gates(world: World, compiled: n.Compiled, node: n.Node, ent: Ent, when: When) -> list[Gate]:
    """The conditions below an expression that are not settled."""
    found = {gate.key: gate for gate in _Walk(world, False).below(compiled, node, ent, when)}
    return [gate for gate in found.values() if isinstance(gate.value, Unknown)]


def applies(world: World, ent: Ent, name: str, when: When) -> bool:
    """Whether a condition looks at anything of the case: not where the readings alone settle it."""
    if world.is_stipulated(ent, name):
        return True
    read = list(trace.direct(world, Read(ent, name, when)))
    own = [item for item in read if item.ent is not None]
    switches = [item for item in read if item.name in world.policy.interpretations]
    return bool(own) or not switches


@dataclass(frozen=True, slots=True)
class _Walk:
    world: World
    sure: bool

    def name(self, ent: Ent, name: str, when: When) -> Iterator[Gate]:
        at = self.world.when(ent, when)
        plan = self.world.plan(at)
        check, node = plan.checks.get(name), plan.nodes.get(name)
        if check is not None and check.zh is not None:
            if applies(self.world, ent, name, at):
                yield Gate(check, ent, at, self.world.value(ent, name, at))
        elif isinstance(node, p.FormulaNode) and not self.world.is_stipulated(ent, name):
            yield from self.below(node.formula, node.formula.node, ent, at)

    def below(self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When) -> Iterator[Gate]:
        match node:
            case n.Path() if node.type.kind == "bool":
                other = trace.target(self.world, node, ent, {})
                if other is not None:
                    yield from self.name(other, node.name, when)
            case n.Logic():
                yield from self.parts(compiled, node, ent, when)
            case n.Choice():
                test = self.world.evaluate(compiled, ent, when, node.test)
                for branch, side in ((node.then, True), (node.otherwise, False)):
                    if isinstance(test, Unknown) or test is side:
                        yield from self.below(compiled, branch, ent, when)

    def parts(self, compiled: n.Compiled, node: n.Logic, ent: Ent, when: When) -> Iterator[Gate]:
        either = node.operator == "or"
        values = list(self.values(compiled, node, ent, when))
        if self.sure and either and sum(isinstance(value, Unknown) for value in values) > 1:
            return
        lost = not either or all(value is False for value in values)
        for part, value in zip(node.parts, values, strict=False):
            found = list(self.below(compiled, part, ent, when))
            if value is not False or lost:
                yield from found
            if not found and value is either:
                return  # a plain fact decides: what stands right of it does not apply

    def values(self, compiled: n.Compiled, node: n.Logic, ent: Ent, when: When) -> Iterator[Value]:
        """The parts' values; past a test that guards what stands right of it, none."""
        for part in node.parts:
            value = self.world.evaluate(compiled, ent, when, part)
            yield value
            if value is (node.operator == "or") and not list(self.below(compiled, part, ent, when)):
                return
