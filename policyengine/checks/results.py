"""What an application can come to at all: one of everything, with nothing known.

A lower bound below zero or an open upper bound of an amount is a sign of a missing `max(…, 0)` or cap.
Ranges forget how two values hang together, so both are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import exact, room, wording
from policyengine import model as m
from policyengine import plan as p
from policyengine.case import Case, CaseEntity
from policyengine.checks.common import Checked, compiled
from policyengine.checks.facts import facts
from policyengine.checks.header import entities, header
from policyengine.diagnostics import CaseError, Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.source import Span
from policyengine.values import Value
from policyengine.world import World

MAX_COST = 200_000  # nodes of all expressions of a policy; the evaluator's own limit is never met below it


def blank_case(policy: m.Policy) -> Case:
    """One entity of every kind, each referring to the one of the other kind, and nothing else known.

    As in any case, all applications are known to be listed; there may be further entities of other kinds.
    """
    ones: dict[str, dict[str, CaseEntity]] = {}
    applications = policy.entities.get(policy.header.application.entity)
    listed = applications.references.values() if applications else ()
    for entity in policy.entities.values():
        references: dict[str, str | None] = {name: ref.to for name, ref in entity.references.items()}
        closed = frozenset(ref.inverse for ref in listed if ref.to == entity.name)
        one = CaseEntity(entity.name, entity.name, {}, references, closed, entity.span)
        ones[entity.name] = {entity.name: one}
    return Case("", ones)


@dataclass(frozen=True, slots=True)
class _Amount:
    entity: str
    name: str
    span: Span


def evaluable(checked: Checked) -> bool:
    """Whether values can be computed: nothing is wrong with names, dates, ranges and assumptions."""
    return checked.whole and not any(found for check in (header, entities, facts) for found in check(checked))


def bounds(checked: Checked) -> Iterator[Diagnostic]:
    """Amounts that may be negative or have no limit, under the default readings."""
    if not evaluable(checked):
        return
    blamed: set[str] = set()
    world = World(checked.plans, blank_case(checked.policy))
    for amount in _amounts(checked):
        value = None if blamed & made_from(checked.plan, amount.name) else _value(world, amount)
        if value is None:
            continue
        found = list(_judged(amount, checked.plan.nodes[amount.name].info.label, *unknown.bounds(value)))
        if found:
            blamed.add(amount.name)
        yield from found


def _judged(amount: _Amount, label: m.Label, low: unknown.Bound, high: unknown.Bound) -> Iterator[Diagnostic]:
    words = {"name": amount.name, "label": label.zh}
    if high is None:
        yield diagnostic("result-without-limit", amount.span, **words)
    elif low is None:
        yield diagnostic("result-may-be-negative", amount.span, **words)
    if low is not None and unknown.order(low, exact.ZERO) < 0:
        yield diagnostic("result-may-be-negative", amount.span, **words, low=_money(low))


def made_from(plan: p.Plan, name: str) -> set[str]:
    """All names that a value is computed from, directly or through others, itself included."""
    found: set[str] = set()
    queue = [name]
    while queue:
        name = queue.pop()
        if name not in found and name in plan.nodes:
            found.add(name)
            queue += p.reads(plan.nodes[name])
    return found


def _amounts(checked: Checked) -> Iterator[_Amount]:
    """The application's amount and every amount among the results."""
    header = checked.policy.header
    span = header.application.spans.get("amount", header.span)
    listed = [(header.application.entity, header.application.amount, span)]
    for path, place in header.results:
        kind, _, name = path.partition(".")
        listed.append((kind, name, place))
    seen: set[str] = set()
    for kind, name, place in listed:
        node = checked.plan.nodes.get(name)
        if node and node.info.type.kind == "money" and node.info.entity == kind and name not in seen:
            seen.add(name)
            yield _Amount(kind, name, place)


def _value(world: World, amount: _Amount) -> Value | None:
    ent = next(iter(world.entities[amount.entity].values()))
    try:
        return world.value(ent, amount.name)
    except CaseError:
        return None  # an error that some case may make; with one of everything it comes from the blank case


def _money(bound: unknown.Bound) -> str:
    return wording.money(bound) if isinstance(bound, Decimal | Fraction) else ""


def cost(checked: Checked) -> Iterator[Diagnostic]:
    """A policy whose expressions are too many to be evaluated in bounded time."""
    total = sum(1 for c in compiled(checked.plan) for _ in n.walk(c.node))
    if total > MAX_COST:
        yield diagnostic("policy-too-large", checked.policy.header.span, count=total, limit=MAX_COST)
    chains = room.depths(checked.plan)
    too_long = [name for name, depth in chains.items() if depth > room.LONGEST]
    if too_long:
        info = checked.plan.nodes[too_long[0]].info
        yield diagnostic("chain-too-long", info.span, name=info.name)
