"""A plan and a case to decisions: outcome, amount, every failed condition, what is still missing.

The outcome comes from two names of the policy, `granted` and `amount`; reasons are found by walking down
from `granted` to the conditions that are false. No condition hides another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policyengine import exact, trace, validity
from policyengine import model as m
from policyengine import plan as p
from policyengine.case import Case
from policyengine.decision import (
    Assumed,
    CaseDecision,
    Decision,
    Failure,
    Missing,
    Outcome,
    ReadingUse,
    Result,
    Subject,
)  # fmt: skip
from policyengine.diagnostics import CaseError, Diagnostic, diagnostic
from policyengine.inforce import not_in_force, seen_from
from policyengine.instances import Ent, Plans, When
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.refusing import failures, message, subject, why
from policyengine.source import Span
from policyengine.supposed import supposed
from policyengine.trace import Read
from policyengine.values import FactRef, Unknown, Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions of a case together with the world that they were computed in, for explanations."""

    world: World
    decision: CaseDecision


def decide(
    plans: Plans, case: Case, readings: Mapping[str, str] | None = None, reasons: bool = True
) -> Decided:
    """Decide every application of a case.

    `readings`: interpretation to option, where not the default. `reasons` False leaves out what the answer
    rests on (readings, assumptions, ties, members set aside), notes and the words of refusals, which cost
    as much as the answer. Raises CaseError where the case
    contradicts itself or makes a rule impossible to compute, with all contradictions at once.
    """
    world = World(plans, case, dict(readings or {}))
    found = list(not_in_force(world)) or list(contradictions(world))
    if found:
        raise CaseError(found)
    application = plans.last.application
    decisions = tuple(decide_one(world, ent, reasons) for ent in world.entities[application.entity].values())
    shown = tuple(_results(world, _others(world)))
    return Decided(world, CaseDecision(case.name, decisions, shown))


Watch = Callable[[int, int], None]
"""Told how far a long work is: how many are done, of how many."""


def answered(world: World, ent: Ent) -> Decision:
    """The decision of one of many applications: with the words of refusals and notes, without what it rests on."""
    return decide_one(world, ent, reasons=False, words=True)


def decide_each(
    plans: Plans,
    case: Case,
    readings: Mapping[str, str] | None = None,
    watch: Watch | None = None,
    each: Callable[[World, Ent], Decision] = answered,
) -> tuple[Decided, list[tuple[str, Diagnostic]]]:
    """As `decide`, but what cannot be decided is told instead of raised, so that the rest can be.

    The findings come with the id of the application that they stop, "" for contradictions. While there are any, the
    decisions are not to be used: a group rule may look different without what is wrong. The results of entities that
    are no applications are left out where one of their relations is open, and so not known. `watch`: told of every
    application. `each`: decides one of them.
    """
    world = World(plans, case, dict(readings or {}))
    found = [("", d) for d in list(not_in_force(world)) or contradictions(world)]
    if found:
        return Decided(world, CaseDecision(case.name, (), ())), found
    decisions = []
    applications = world.entities[plans.last.application.entity].values()
    for i, ent in enumerate(applications, 1):
        if watch is not None:
            watch(i, len(applications))
        try:
            decisions.append(each(world, ent))
        except CaseError as error:
            found += [(ent.id, d) for d in error.diagnostics]
    shown = () if found else tuple(_results(world, (ent for ent in _others(world) if not ent.open)))
    return Decided(world, CaseDecision(case.name, tuple(decisions), shown)), found


# --- contradictions ---------------------------------------------------------------------------


def contradictions(world: World, among: Collection[Ent] | None = None) -> Iterator[Diagnostic]:
    """Constraints that are surely broken, and dates later than they may be; `among`: only of these entities."""
    everyone = [ent for members in world.entities.values() for ent in members.values()]
    for ent in everyone if among is None else among:
        when = world.when(ent)
        for rule in world.plan(when).rules:  # of the version in force on the entity's own day
            if rule.constraint.entity == ent.kind and world.evaluate(rule.test, ent, when) is False:
                words = message(world, rule.zh, ent, when, "zh"), message(world, rule.en, ent, when, "en")
                span = _first_given(world, rule.test, ent, when)
                yield diagnostic("contradiction", span, zh=words[0], en=words[1], id=ent.id)
    for fact in world.policy.facts.values():
        if fact.not_after:
            for ent in world.entities[fact.entity].values():
                if among is None or ent in among:
                    seen = too_late(world, fact, ent)
                    if seen is not None:
                        yield _later(world, fact, ent, seen)


def _first_given(world: World, compiled: n.Compiled, ent: Ent, when: When) -> Span | None:
    """The place of the first stated fact that an expression reads."""
    for read in trace.reads(world, compiled, ent, when):
        if read.ent is not None and read.ent.given is not None:
            given = read.ent.given.facts.get(read.name)
            if given is not None:
                return given.span
    return ent.given.span if ent.given else None


def too_late(world: World, fact: m.Fact, ent: Ent) -> Ent | None:
    """The first application that looks at a stated day and is earlier; None where there is none."""
    stated = world.stated(ent, fact.name)
    if not isinstance(stated, date):
        return None
    for seen in seen_from(world, ent):
        day = world.when(seen)
        if isinstance(day, date) and stated > day:
            return seen
    return None


def _later(world: World, fact: m.Fact, ent: Ent, seen: Ent) -> Diagnostic:
    given, stated, day = (
        ent.given.facts.get(fact.name) if ent.given else None,
        world.stated(ent, fact.name),
        world.when(seen),
    )
    return diagnostic(
        "later-than-application",
        given.span if given else None,
        name=fact.label,
        text=given.text if given and given.value == stated else str(stated),
        day=str(day),
        id=seen.id,
    )


# --- one application --------------------------------------------------------------------------


def decide_one(world: World, ent: Ent, reasons: bool = True, words: bool = False) -> Decision:
    """The decision of one application. `reasons`: as of `decide`; `words`: of refusals and notes even so."""
    application = world.plans.last.application
    when = world.when(ent)
    plan = world.plan(when)
    granted = world.value(ent, application.granted)
    amount = world.value(ent, application.amount)
    if granted is False:
        amount = exact.ZERO
    starts = [Read(ent, application.granted, when), Read(ent, application.amount, when)]
    read = list(trace.reached(world, starts)) if reasons else []
    refusals = tuple(_unique(why(world, ent, application.granted, when, reasons or words)))
    missing = tuple(missing_facts(world, unknown.needs((granted, amount)), when))
    option = world.value(ent, application.option) if application.option else ""
    return Decision(
        subject=subject(world, ent), title=title_of(world, ent), declared_on=when if isinstance(when, date) else None,
        outcome=_outcome(granted, amount, missing), amount=amount,
        option=option if isinstance(option, str) else "", option_label=_option_label(world, option),
        refusals=refusals, set_aside=tuple(_set_aside(world, read, refusals, ent)), missing=missing,
        readings=tuple(_readings(world, plan, read)), results=tuple(_results(world, _belonging(world, ent))),
        assumed=tuple(_assumed(world, read)), ties=tuple(_ties(world, read)), version=version_of(plan),
        notes=(*validity.notes(world.plans, plan, when, refusals), *_used_up(world, ent, when, granted, amount)) if reasons or words else (),
        compared=_compared(world, ent, read), may_be=_may_be(granted),
        supposed=supposed(world, plan), place=ent.given.span.place if ent.given and reasons else "",
    )  # fmt: skip


def _outcome(granted: Value, amount: Value, missing: tuple[Missing, ...]) -> Outcome:
    if granted is False:
        return "refused"
    if granted is True and not isinstance(amount, Unknown):
        return "granted"
    facts = [item.fact for item in missing]
    if facts and all(fact is not None and fact.choice for fact in facts):
        return "choice-open"
    if facts and all(fact is not None and fact.discretion for fact in facts):
        return "person-decides"
    return "undetermined"


def _may_be(granted: Value) -> tuple[Outcome, ...]:
    if isinstance(granted, Unknown):
        return ("granted", "refused")
    return ("granted",) if granted else ("refused",)


def title_of(world: World, ent: Ent, but: str = "") -> str:
    """What people call an entity: the first text fact of its own that is given, `but` one; "" where there is none."""
    if ent.given is None:
        return ""
    for name, fact in world.policy.facts.items():
        given = ent.given.facts.get(name)
        if name != but and fact.type.kind == "text" and given is not None and isinstance(given.value, str):
            return " ".join(given.value.split())
    return ""


def _option_label(world: World, option: Value) -> m.Label:
    name = world.plans.last.application.option
    fact = world.policy.facts.get(name)
    if fact is None or not isinstance(option, str):
        return m.Label("")
    return fact.options.get(option, m.Label(option))


def version_of(plan: p.Plan) -> str:
    """The id of the policy with those of the amendments in force."""
    overlays = [overlay.id for overlay in plan.policy.overlays if not overlay.parameter]
    return "+".join([plan.policy.id, *overlays])


def _used_up(world: World, ent: Ent, when: When, granted: Value, amount: Value) -> Iterator[m.Label]:
    """Said where nothing is paid because a pool in which the application takes part has nothing left."""
    if granted is not True or not isinstance(amount, Decimal) or amount != 0:
        return
    for name, node in pools(world.plan(when), ent.kind):
        if node.where and world.value(ent, node.where, when) is not True:
            continue
        asked, got = world.value(ent, node.of, when), world.value(ent, name, when)
        if got == 0 and not isinstance(asked, Unknown) and asked != 0:
            yield USED_UP
            return


USED_UP = m.Label(
    "符合条件，但最高额已经用完，本次金额为0元",
    "The conditions are met, but the cap is used up: nothing is paid this time",
)


def pools(plan: p.Plan, kind: str) -> Iterator[tuple[str, p.AllocateNode]]:
    """The pools from which entities of a kind are paid in order."""
    for name, node in plan.nodes.items():
        if isinstance(node, p.AllocateNode) and node.method == "in_order" and node.info.entity == kind:
            yield name, node


def _compared(world: World, ent: Ent, read: list[Read]) -> m.Label:
    """What quotas, pools and shares were compared with; no words where there were none."""
    nodes = (world.plan(item.when).nodes.get(item.name) for item in read)
    if not any(isinstance(node, p.RankNode | p.AllocateNode) for node in nodes):
        return m.Label("")
    kind = world.policy.entities[ent.kind].label
    return m.Label(
        f"个数、限额和分配只在本次申报所列的{kind.zh}之间比较",
        f"Quotas, pools and shares compare only the entries of this file ({kind('en')})",
    )


def _unique(found: Iterator[Failure]) -> Iterator[Failure]:
    seen: set[tuple[str, str]] = set()
    for failure in found:
        key = (failure.condition, failure.subject.path)
        if key not in seen:
            seen.add(key)
            yield failure


def _set_aside(world: World, read: list[Read], refusals: tuple[Failure, ...], own: Ent) -> Iterator[Failure]:
    """Failed conditions of other entities that were looked at and are no reason of refusal."""
    known = {(failure.condition, failure.subject.path) for failure in refusals}
    for item in read:
        if item.ent is None or item.ent is own or item.ent.kind == own.kind:
            continue
        check = world.plan(item.when).checks.get(item.name)
        if check is None or check.zh is None or world.value(item.ent, item.name, item.when) is not False:
            continue
        for failure in failures(world, item.ent, item.name, item.when):
            key = (failure.condition, failure.subject.path)
            if key not in known:
                known.add(key)
                yield failure


# --- what it rests on -------------------------------------------------------------------------


def _asked(world: World, ref: FactRef, day: When) -> m.Fact | None:
    """A fact as the version in force asks for it: of the entity's own day, or of the application's."""
    ent = world.entities.get(ref.entity, {}).get(ref.id)
    return world.plan(world.when(ent, day) if ent else day).policy.facts.get(ref.name)


def missing_facts(world: World, needs: frozenset[FactRef], day: When) -> Iterator[Missing]:
    """The facts asked for, in the order in which the policy lists them."""
    if not needs:
        return
    order = {name: i for i, name in enumerate(world.policy.facts)}
    for ref in sorted(needs, key=lambda r: (order.get(r.name, len(order)), r)):
        entity = world.policy.entities[ref.entity]
        who = Subject(ref.entity, ref.id, entity.label)
        fact = _asked(world, ref, day) or world.policy.facts.get(ref.name)
        if fact is not None:
            yield Missing(ref, who, fact.label, fact.ask, fact, fact.cited)
        else:
            label = world.plans.last.label(ref.name, ref.entity)
            ask = m.Label(
                f"“{label.zh}”有哪些？（没有的写“无”）",
                f"{label('en')}: which are there? (write none if there are none)",
            )
            yield Missing(ref, who, label, ask, None, m.Cited())


def _readings(world: World, plan: p.Plan, read: list[Read]) -> Iterator[ReadingUse]:
    names = dict.fromkeys(item.name for item in read)
    for name in names:
        interpretation = plan.policy.interpretations.get(name)
        if interpretation is not None:
            yield ReadingUse(interpretation, world.readings.get(name, interpretation.default))


def _assumed(world: World, read: list[Read]) -> Iterator[Assumed]:
    for item in read:
        if item.ent is None:
            continue
        ref = FactRef(item.ent.kind, item.ent.id, item.name)
        fact = world.policy.facts.get(item.name)
        if ref in world.assumed and fact is not None and fact.assume is not None:
            yield Assumed(ref, fact.label, fact.assume, fact)


def _ties(world: World, read: list[Read]) -> Iterator[tuple[str, str, str]]:
    names = {item.name for item in read}
    for name, pair in sorted(world.ties):
        if name in names:
            yield name, pair[0], pair[1]


def _results(world: World, ents: Iterable[Ent]) -> Iterator[Result]:
    """Headline values of entities, in the order in which the policy lists them."""
    found = list(ents)
    for path, _ in world.policy.header.results:
        kind, _, name = path.partition(".")
        for ent in (ent for ent in found if ent.kind == kind):
            node = world.plan(world.when(ent)).nodes[name]
            yield Result(subject(world, ent), name, node.info.label, node.info.type, world.value(ent, name))


def _others(world: World) -> Iterator[Ent]:
    """Entities that belong to no application, because they have no date."""
    for kind, members in world.entities.items():
        if not world.policy.entities[kind].dated_by:
            yield from members.values()


def _belonging(world: World, ent: Ent) -> Iterator[Ent]:
    """The entities that take their date from an application, directly or by a chain of references."""
    for child in world.policy.entities.values():
        reference = child.references.get(child.dated_by)
        if reference is not None and reference.to == ent.kind:
            for member in ent.inverses.get(reference.inverse, ()):
                if member.kind == child.name:
                    yield member
                    yield from _belonging(world, member)
