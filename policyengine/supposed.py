"""What a decision takes for granted that neither the policy nor the application says: the one place that collects it.

A what-if value, a day, a fact or a reading given besides, a draft amendment, a value set instead of computed.
Each becomes a sentence that every format shows, so that no trial run can be taken for a decision.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyengine import model as m
from policyengine import plan as p
from policyengine import wording
from policyengine.case import Given
from policyengine.decision import Supposed
from policyengine.values import T_TEXT, FactRef, Type
from policyengine.world import World


def supposed(world: World, plan: p.Plan) -> tuple[Supposed, ...]:
    """All of it for a decision under one version: of the whole case, since its entities share quotas and pools."""
    if world.supposed is None:  # the same for all applications of a case
        world.supposed = (*_readings(world), *_facts(world), *_stipulated(world))
    return (*_overlays(plan), *world.supposed)


def _overlays(plan: p.Plan) -> Iterator[Supposed]:
    for overlay in plan.policy.overlays:
        place = overlay.span.place
        if overlay.parameter:
            parameter = plan.policy.parameters[overlay.parameter]
            value = parameter.values[0]
            words = m.Label(
                f"假设“{parameter.label.zh}”为{value.text}",
                f"suppose “{parameter.label('en')}” is {wording.value(value.value, parameter.type, 'en')}",
            )
            yield Supposed("set", parameter.name, value.text, words, place)
        elif overlay.hypothetical:
            words = m.Label(
                f"假设施行“{overlay.title.zh}”", f"suppose “{overlay.title('en')}” is in force"
            )  # a draft or an example, no document that was issued
            yield Supposed("overlay", overlay.id, overlay.number, words, place)


def _readings(world: World) -> Iterator[Supposed]:
    for name, option in world.readings.items():
        i = world.policy.interpretations.get(name)
        if i is None or option == i.default:
            continue
        chosen, default = i.options[option].label, i.options[i.default].label
        by = ("已经明确的", "as settled it is") if i.decided_on is not None else ("默认", "by default")
        words = m.Label(
            f"假设口径“{i.label.zh}”按“{chosen.zh}”理解（{by[0]}是“{default.zh}”）",
            f"suppose “{i.label('en')}” is read as “{chosen('en')}” ({by[1]} “{default('en')}”)",
        )
        yield Supposed("reading", name, option, words, "")


def _facts(world: World) -> Iterator[Supposed]:
    """A day for all applications is said once; facts one by one."""
    said = False
    for members in world.case.entities.values():
        for entity in members.values():
            for name, given in {**entity.facts, **entity.relations}.items():
                ref = FactRef(entity.kind, entity.id, name)
                if given.origin == "as-of" and not said:
                    said = True
                    yield _day(given)
                elif given.origin == "fact":
                    yield _fact(world, ref, given)


def _day(given: Given) -> Supposed:
    day = wording.value(given.value, T_TEXT) if given.value is not None else given.text
    words = m.Label(f"假设在{day}受理", f"suppose it is accepted on {given.text}")
    return Supposed("as_of", "as_of", given.text, words, given.span.place)


def _fact(world: World, ref: FactRef, given: Given) -> Supposed:
    fact = world.policy.facts.get(ref.name)
    label = fact.label if fact else world.plans.last.label(ref.name, ref.entity)
    who = world.policy.entities[ref.entity].label
    zh, en = (_shown(world, fact, given, lang) for lang in ("zh", "en"))
    words = m.Label(
        f"假设{who.zh} {ref.id}“{label.zh}”为{zh}",
        f"suppose “{label('en')}” of {who('en')} {ref.id} is {en}",
    )
    return Supposed("fact", str(ref), given.text, words, given.span.place)


def _shown(world: World, fact: m.Fact | None, given: Given, lang: str) -> str:
    if fact is None or given.value is None:
        return given.text or wording.UNKNOWN(lang)
    unit = world.policy.units.get(fact.unit) or fact.unit if fact.type.kind == "number" else ""
    return wording.value(given.value, fact.type, lang, fact.options, unit)


def _stipulated(world: World) -> Iterator[Supposed]:
    for ref, given in world.case.stipulated.items():
        label = world.plans.last.label(ref.name, ref.entity)
        who = world.policy.entities[ref.entity].label
        zh, en = (stipulated_value(world, ref, given, lang) for lang in ("zh", "en"))
        words = m.Label(
            f"{who.zh} {ref.id}“{label.zh}”直接设定为{zh}，没有按条文计算",
            f"“{label('en')}” of {who('en')} {ref.id} is set to {en}, not computed from the clauses",
        )
        yield Supposed("stipulate", str(ref), given.text, words, given.span.place)


def stipulated_value(world: World, ref: FactRef, given: Given, lang: str) -> str:
    """A value that was set instead of computed, in words."""
    node = world.plans.last.nodes.get(ref.name)
    derived = world.policy.values.get(ref.name)
    type_: Type = node.info.type if node is not None else T_TEXT
    if given.value is None:
        return given.text
    return wording.value(given.value, type_, lang, derived.options if derived else None)
