"""Which caps bound: awards that were computed higher than their cap, or asked for more than their pool had left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine.deciding import pools
from policyengine.decision import Decision
from policyengine.instances import Ent
from policyengine.model import Cited, Label
from policyengine.passing import resolve
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap that made an award smaller: what is capped, and by which clause."""

    label: Label
    cited: Cited


Capped = Callable[[Decision], tuple[Cap, ...] | None]
"""The caps that bound in a decision; None where that is not known."""


def capped_in(world: World) -> Capped:
    """The caps of decisions that were made in a world; None of those that are not in it."""
    members = world.entities[world.plans.last.application.entity]

    def of(d: Decision) -> tuple[Cap, ...] | None:
        ent = members.get(d.subject.id)
        if ent is None:
            return None
        return tuple(caps(world, ent)) if d.outcome == "granted" else ()

    return of


def caps(world: World, ent: Ent) -> Iterator[Cap]:
    """The caps that bound for an application that is granted: of its programs, then of the pools it is paid from."""
    when = world.when(ent)
    plan = world.plan(when)
    for node in plan.nodes.values():
        if (
            node.info.role != "capped"
            or node.info.entity != ent.kind
            or f"{node.info.owner}.cap" not in plan.nodes
        ):
            continue
        owner = node.info.owner
        if world.value(ent, f"{owner}.eligible", when) is True and _less(
            world, ent, f"{owner}.cap", f"{owner}.computed"
        ):
            end = resolve(world, ent, f"{owner}.cap", when).name
            of = plan.nodes.get(end, node).info.cited
            yield Cap(plan.policy.programs[owner].label, of if of.cites else node.info.cited)
    for name, pool in pools(plan, ent.kind):
        inside = not pool.where or world.value(ent, pool.where, when) is True
        if inside and _less(world, ent, name, pool.of):
            yield Cap(pool.info.label, pool.info.cited)


def _less(world: World, ent: Ent, one: str, other: str) -> bool:
    """Whether both values are known and the first is less."""
    low, high = (world.value(ent, name, world.when(ent)) for name in (one, other))
    return isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction) and low < high
