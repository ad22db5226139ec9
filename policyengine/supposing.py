"""What would follow: the amount if the open conditions are met, and what each open choice would come to.

Both decide the case again with something supposed. What is stated stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from policyengine import plan as p
from policyengine import trace
from policyengine.case import Given
from policyengine.decision import Decision
from policyengine.diagnostics import CaseError
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.values import FactRef, Unknown, Value
from policyengine.world import World

MOST_APPLICATIONS = 200  # in one case, beyond which each would take too long to decide again


def amount_if_granted(world: World, ent: Ent) -> Value | None:
    """What the amount may be if every open condition turns out to be met; None where nothing is open."""
    application = world.plans.last.application
    if not isinstance(world.value(ent, application.granted), Unknown) or _too_many(world):
        return None
    span = ent.given.span if ent.given else None
    if span is None:
        return None
    refs = set(_open(world, ent, application.granted, world.when(ent)))
    supposed = {ref: Given(True, "", span, "supposed") for ref in refs}
    case = replace(world.case, stipulated={**world.case.stipulated, **supposed})
    other = World(world.plans, case, world.readings)
    try:
        return other.value(other.entities[ent.kind][ent.id], application.amount)
    except CaseError:
        return None


def choices(world: World, ent: Ent, decision: Decision) -> Iterator[World]:
    """The world with each choice that is open of what is applied for; none where it is made."""
    application = world.plans.last.application
    if not application.option or ent.given is None or _too_many(world):
        return
    ref = FactRef(ent.kind, ent.id, application.option)
    value = world.value(ent, application.option)
    if not isinstance(value, Unknown) or ref not in {item.ref for item in decision.missing}:
        return
    fact = world.policy.facts[application.option]
    for option in fact.options:
        if value.options is None or option in value.options:
            given = Given(option, option, ent.given.span, "supposed")
            yield World(world.plans, world.case.with_fact(ref, given), world.readings)


def _too_many(world: World) -> bool:
    return len(world.entities[world.plans.last.application.entity]) > MOST_APPLICATIONS


def _open(world: World, ent: Ent, name: str, when: When) -> Iterator[FactRef]:
    """The conditions below a name that must be met for it to hold, and are not settled."""
    at = world.when(ent, when)
    node = world.plan(at).nodes.get(name)
    if not isinstance(world.value(ent, name, at), Unknown) or isinstance(node, p.FactNode):
        return
    yield FactRef(ent.kind, ent.id, name)
    if isinstance(node, p.FormulaNode):
        yield from _needed(world, node.formula, node.formula.node, ent, at)


def _needed(world: World, compiled: n.Compiled, node: n.Node, ent: Ent, when: When) -> Iterator[FactRef]:
    match node:
        case n.Path() if node.type.kind == "bool":
            other = trace.target(world, node, ent, {})
            if other is not None:
                yield from _open(world, other, node.name, when)
        case n.Logic():
            parts = [part for part in node.parts if world.evaluate(compiled, ent, when, part) is not False]
            if node.operator == "and" or len(parts) == 1:
                for part in parts:
                    yield from _needed(world, compiled, part, ent, when)
        case n.Choice():
            test = world.evaluate(compiled, ent, when, node.test)
            if not isinstance(test, Unknown):
                yield from _needed(world, compiled, node.then if test else node.otherwise, ent, when)
