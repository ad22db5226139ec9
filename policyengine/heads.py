"""What the head of a page says of an application: who applies, what things are called, awards against their caps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from policyengine import model as m
from policyengine.deciding import title_of
from policyengine.explanation import Capped
from policyengine.instances import Ent, When
from policyengine.passing import resolve
from policyengine.trace import Read
from policyengine.world import World


def names(world: World) -> Mapping[str, str]:
    """What people call the entities of a case, by path (`enterprise.E1`)."""
    return {ent.path: _name(world, ent) for kind in world.entities.values() for ent in kind.values()}


def parties(world: World, ent: Ent, policy: m.Policy, lang: str) -> tuple[tuple[str, str], ...]:
    """What an application refers to: the words for it, and its name."""
    others = [other for other in ent.refs.values() if other is not None]
    return tuple((policy.entities[other.kind].label(lang), _name(world, other)) for other in others)


def _name(world: World, ent: Ent) -> str:
    """Its own name, else those of what it refers to, else its id."""
    kind = world.policy.entities[ent.kind]
    own = title_of(world, ent, but=kind.key)
    if own or ent.given is None or not kind.dated_by:
        return own or ent.id
    others = [_name(world, to) for role, to in ent.refs.items() if to is not None and role != kind.dated_by]
    return "、".join(others) or ent.id


def caps(world: World, ent: Ent, read: Iterable[Read], when: When, lang: str) -> Iterator[Capped]:
    """The awards of an application that were held against a cap, where all of it is known."""
    plan = world.plan(when)
    for item in read:
        node = plan.nodes.get(item.name)
        if item.ent is not ent or node is None or node.info.role != "capped":
            continue
        parts = {role: f"{node.info.owner}.{role}" for role in ("computed", "cap", "eligible")}
        if parts["cap"] not in plan.nodes or world.value(ent, parts["eligible"]) is not True:
            continue
        computed, cap = (world.value(ent, parts[role]) for role in ("computed", "cap"))
        if isinstance(computed, Decimal | Fraction) and isinstance(cap, Decimal | Fraction):
            end = resolve(world, ent, parts["cap"], when).name
            labels = plan.label(parts["computed"])(lang), plan.label(end)(lang)
            yield Capped(plan.policy.programs[node.info.owner].label(lang), computed, cap, *labels)
