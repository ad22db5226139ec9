"""What would follow: the amount if the open conditions are met, and what each open choice would come to.

Both decide the case again with something supposed. What is stated stays as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from policyengine import exact, trace
from policyengine import plan as p
from policyengine.case import Given
from policyengine.decision import Decision
from policyengine.diagnostics import CaseError
from policyengine.exact import Number
from policyengine.instances import Ent, When
from policyengine.ladder import smallest_unit
from policyengine.lang import nodes as n
from policyengine.model import Fact
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
    try:
        value = _other(world, supposed, {}).value(ent, application.amount)
        within = _within(world, ent, value)
        return _other(world, supposed, within).value(ent, application.amount) if within else value
    except CaseError:
        return None


def _other(
    world: World, supposed: Mapping[FactRef, Given], within: Mapping[FactRef, tuple[Number, Number]]
) -> World:
    """The same case with conditions that are supposed to hold, and facts that are supposed to lie in a range."""
    case = replace(world.case, stipulated={**world.case.stipulated, **supposed})
    return World(world.plans, case, world.readings, entities=world.entities, moved=world.moved, within=within)


def _within(world: World, ent: Ent, amount: Value) -> dict[FactRef, tuple[Number, Number]]:
    """The ranges of open quantities outside which the application is certainly not granted.

    A number of the document is where a range begins if everything below it refuses: shown by deciding with the
    fact left anywhere below.
    """
    found: dict[FactRef, tuple[Number, Number]] = {}
    for ref in sorted(amount.needs) if isinstance(amount, Unknown) else ():
        fact = world.policy.facts.get(ref.name)
        if (
            fact is None
            or not fact.type.quantity
            or fact.type.optional
            or ref.id not in world.entities[ref.entity]
        ):
            continue
        low, high = fact.low, fact.high
        if not isinstance(low, Decimal | Fraction) or not isinstance(high, Decimal | Fraction):
            continue
        unit = smallest_unit(fact, low, world.policy.units)
        numbers = {value for number in _numbers(world, fact) for value in (number, exact.add(number, unit))}
        starts = sorted(value for value in numbers if low < value <= high)

        def open_below(start: Number, ref: FactRef = ref, low: Number = low, unit: Number = unit) -> bool:
            below = {ref: (low, exact.subtract(start, unit))}
            return _other(world, {}, below).value(ent, world.plans.last.application.granted) is not False

        # a wider range refuses no more than one within it; mostly the fact does not matter, and the narrowest tells
        if starts and not open_below(starts[0]):
            refused = bisect_left(starts, True, lo=1, key=open_below)
            found[ref] = (starts[refused - 1], high)
    return found


def _numbers(world: World, fact: Fact) -> Iterator[Number]:
    """The document's numbers of the kind of a fact."""
    for parameter in world.policy.parameters.values():
        if (parameter.type.kind, parameter.type.dim) == (fact.type.kind, fact.type.dim):
            for dated in parameter.values:
                if isinstance(dated.value, Decimal | Fraction):
                    yield dated.value


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
