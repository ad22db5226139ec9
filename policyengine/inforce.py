"""What a case states, held against the version in force on the day of each application.

A case is read with what any version knows (`instances.Plans.policy`), because its days are not known until it
is read and may be replaced afterwards. What an amendment took out can still be stated for an application of
an earlier day, and what it brought in only from its own day on: that is seen to here, before anything is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from policyengine import model as m
from policyengine.case import Given
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.facts import fits, span_of
from policyengine.instances import Ent
from policyengine.source import Source
from policyengine.values import ABSENT
from policyengine.world import World


def not_in_force(world: World) -> Iterator[Diagnostic]:
    """Facts and readings that the version of an application's own day does not know in that way."""
    if len(world.plans.versions) == 1:
        return
    for ent in (ent for members in world.entities.values() for ent in members.values()):
        for name, given in ent.given.facts.items() if ent.given else ():
            yield from _fact(world, ent, name, given)
    yield from _readings(world)


def seen_from(world: World, ent: Ent) -> Iterator[Ent]:
    """The dated entities whose rules may look at an entity: itself, or those it is reached from.

    An undated record of an enterprise (an earlier award) is seen from that enterprise's applications.
    """
    entities = world.policy.entities
    if entities[ent.kind].dated_by:
        yield ent
        return
    for holder in (ent, *(target for target in ent.refs.values() if target is not None)):
        for members in holder.inverses.values():
            yield from (member for member in members if entities[member.kind].dated_by)


def not_known_then(world: World, ent: Ent, name: str, given: Given) -> Ent | None:
    """The first application for which a stated fact is not one that its version knows; None where there is none."""
    for seen in seen_from(world, ent):
        day = world.when(seen)
        if not isinstance(day, date) or given.value is None:
            continue
        fact = world.plan(day).policy.facts.get(name)
        if fact is not None and not _may_be(world, fact, given):
            return seen
    return None


def _fact(world: World, ent: Ent, name: str, given: Given) -> Iterator[Diagnostic]:
    seen = not_known_then(world, ent, name, given)
    if seen is not None:
        day = world.when(seen)
        policy = world.plan(day).policy
        fact = policy.facts[name]
        yield diagnostic(
            "fact-not-in-force", given.span, name=fact.label.zh, text=given.text, day=str(day), id=seen.id,
            version=version(policy), options=_options(fact), range=span_of(fact, policy.units),
        )  # fmt: skip


def _may_be(world: World, fact: m.Fact, given: Given) -> bool:
    """Whether a fact of one version may have a value that was read with what all versions allow for."""
    now = world.policy.facts[fact.name].type
    if given.value is ABSENT:
        return fact.type.optional
    if (fact.type.kind, fact.type.dim) != (now.kind, now.dim):
        return False
    if fact.type.kind == "enum":
        return given.value in fact.type.options
    return not isinstance(given.value, Decimal) or fits(fact, given.value)


def _options(fact: m.Fact) -> str:
    return "、".join(f"{label.zh}（{id_}）" for id_, label in fact.options.items())


def _readings(world: World) -> Iterator[Diagnostic]:
    """Options chosen for a reading that the version of some application does not have."""
    for name, option in world.readings.items():
        for ent in world.entities[world.plans.last.application.entity].values():
            day = world.when(ent)
            plans = [world.plan(day)] if isinstance(day, date) else [plan for _, plan in world.plans.versions]
            lacking = [plan.policy for plan in plans if not _has(plan.policy, name, option)]
            if lacking:
                reading = lacking[0].interpretations[name]
                yield diagnostic(
                    "reading-not-in-force", Source("--reading", f"{name}={option}").whole(), name=name, option=option,
                    day=day.isoformat() if isinstance(day, date) else "", id=ent.id, version=version(lacking[0]),
                    options="、".join(reading.options),
                )  # fmt: skip
                break


def _has(policy: m.Policy, name: str, option: str) -> bool:
    """Whether a version lets a reading be chosen so; one that it does not have cannot matter to it."""
    reading = policy.interpretations.get(name)
    return reading is None or option in reading.options


def version(policy: m.Policy) -> str:
    """A version as people call it: the document's number, with what has amended it."""
    names = [overlay.number or overlay.title.zh for overlay in policy.overlays if not overlay.parameter]
    number = policy.header.number
    return f"{number}，经{'、'.join(names)}修订" if names else number


__all__ = ["not_in_force", "not_known_then", "seen_from", "version"]
