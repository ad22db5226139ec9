"""What `policy.yaml` names: the application, the results, the validity, how entities are dated and told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks.common import Checked
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.lang.typing import describe
from policyengine.nearest import meant, nearest
from policyengine.source import Span
from policyengine.values import Type

SHOWN = 8  # how many of the names that would do a message lists
# what each key of `application` names: the kind of its value, and whether it must be a fact
_APPLICATION = (
    ("date", "date", True),
    ("granted", "bool", False),
    ("amount", "money", False),
    ("option", "enum", True),
)


def header(checked: Checked) -> Iterator[Diagnostic]:
    """Names in the header that are not there, or are not what they must be."""
    yield from _application(checked)
    yield from _results(checked)
    yield from _validity(checked)


def _application(checked: Checked) -> Iterator[Diagnostic]:
    application, other = checked.policy.header.application, checked.policy.header.span
    entity = checked.policy.entities.get(application.entity)
    if entity is None:
        span = application.spans.get("entity", other)
        yield from _missing(
            checked, span, "policy.application.entity", application.entity, checked.policy.entities
        )
        return
    for key, kind, fact in _APPLICATION:
        name: str = getattr(application, key)
        if name:
            span = application.spans.get(key, other)
            yield from _needed(checked, span, f"policy.application.{key}", name, entity.name, kind, fact)
    if entity.dated_by != application.date and application.date in checked.policy.facts:
        span = application.spans.get("date", other)
        yield diagnostic("application-not-dated", span, name=application.date, entity=entity.name)


def _needed(
    checked: Checked, span: Span, where: str, name: str, entity: str, kind: str, fact: bool
) -> Iterator[Diagnostic]:
    """Complain unless `name` is a value (or fact) of that kind on the entity ("" for a parameter)."""
    node = checked.plan.nodes.get(name)
    if node is None or node.info.entity != entity:
        fitting = [
            k for k, v in checked.plan.nodes.items() if v.info.entity == entity and v.info.type.kind == kind
        ]
        yield from _missing(checked, span, where, name, fitting)
    elif node.info.type.kind not in (kind, "any") or (fact and not isinstance(node, p.FactNode)):
        what = ("事实", "fact") if isinstance(node, p.FactNode) else ("值", "value")
        yield diagnostic(
            "named-but-unfit", span, where=where, name=name,
            got_zh=f"“{describe(node.info.type)}”类型的{what[0]}", got_en=f"a {what[1]} of type {describe(node.info.type, 'en')}",
            want_zh=f"“{describe(Type(kind))}”类型的{'事实' if fact else '值'}",  # type: ignore[arg-type]
            want_en=f"a {'fact' if fact else 'value'} of type {describe(Type(kind), 'en')}",  # type: ignore[arg-type]
        )  # fmt: skip


def _missing(
    checked: Checked, span: Span, where: str, name: str, fitting: Iterable[str]
) -> Iterator[Diagnostic]:
    if checked.broken(name):
        return
    known = list(fitting)
    close = nearest(name, known)
    there = checked.plan.nodes.get(name)
    yield diagnostic(
        "named-but-not-there", span, where=where, name=name,
        **meant(close), owner=there.info.entity if there else "",
        known="" if close else "、".join(known[:SHOWN]),
    )  # fmt: skip


# --- results -----------------------------------------------------------------------------------


def _results(checked: Checked) -> Iterator[Diagnostic]:
    entities = checked.policy.entities
    for path, span in checked.policy.header.results:
        kind, _, name = path.partition(".")
        if kind not in entities:
            yield from _missing(checked, span, "policy.results", kind, entities)
            continue
        node = checked.plan.nodes.get(name)
        if node is None or node.info.entity != kind:
            on_it = [k for k, v in checked.plan.nodes.items() if v.info.entity == kind]
            yield from _missing(checked, span, "policy.results", name, on_it)
        elif not _dated(checked, kind) and (through := _dateless(checked, name)):
            yield diagnostic(
                "result-without-date", span, path=path, label=node.info.label.zh,
                entity=entities[kind].label.zh, through=through,
            )  # fmt: skip


def _dated(checked: Checked, kind: str) -> bool:
    entity = checked.policy.entities.get(kind)
    return entity is not None and bool(entity.dated_by)


def _dateless(checked: Checked, name: str) -> str:
    """What of a value on an entity without a date depends on one: `as_of`, or a parameter that changes."""
    seen: set[str] = set()
    queue = [name]
    while queue:
        name = queue.pop()
        node = checked.plan.nodes.get(name)
        if name in seen or node is None:
            continue
        seen.add(name)
        if isinstance(node, p.ParamNode) and len(node.parameter.values) > 1:
            return name
        for compiled in p.expressions(node):
            for path in n.paths(compiled.node):
                if path.name == n.AS_OF:
                    return n.AS_OF
                if not path.relation and (not path.entity or not _dated(checked, path.entity)):
                    queue.append(path.name)
        if isinstance(node, p.RankNode | p.AllocateNode):
            queue += p.reads(node)
    return ""


# --- validity ----------------------------------------------------------------------------------


def _validity(checked: Checked) -> Iterator[Diagnostic]:
    head = checked.policy.header
    for key, name in (("from", head.valid_from), ("to", head.valid_to)):
        if name:
            yield from _needed(checked, head.span, f"policy.valid.{key}", name, "", "date", False)
    first, last = start(checked.policy, head.valid_from), start(checked.policy, head.valid_to)
    if first is not None and last is not None and first > last:
        span = checked.policy.parameters[head.valid_to].values[0].span
        related = (
            ("起始日期在这里", "the first day"),
            checked.policy.parameters[head.valid_from].values[0].span,
        )
        yield diagnostic("validity-backwards", span, related, start=first.isoformat(), end=last.isoformat())


def start(policy: m.Policy, name: str) -> date | None:
    """The day that a date parameter says (the earliest one, where it changes)."""
    parameter = policy.parameters.get(name)
    value = parameter.values[0].value if parameter else None
    return value if isinstance(value, date) else None


# --- entities ----------------------------------------------------------------------------------


def entities(checked: Checked) -> Iterator[Diagnostic]:
    """How entities are dated, told apart and kept from repeating."""
    facts = checked.policy.facts
    for entity in checked.policy.entities.values():
        where = f"entities.{entity.name}"
        if entity.key:
            yield from _key(checked, entity, f"{where}.key")
        if entity.dated_by and entity.dated_by not in entity.references:
            yield from _needed(
                checked, entity.span, f"{where}.dated_by", entity.dated_by, entity.name, "date", True
            )
        known = [*entity.references, *(name for name, fact in facts.items() if fact.entity == entity.name)]
        for name in entity.unique:
            if name not in known:
                yield from _missing(checked, entity.span, f"{where}.unique", name, known)
    yield from _dating(checked)


def _key(checked: Checked, entity: m.Entity, where: str) -> Iterator[Diagnostic]:
    """A key is a text fact of the entity, or of what it refers to: `member.credit_code`."""
    *references, name = entity.key.split(".")
    holder = entity
    for reference in references:
        if reference not in holder.references:
            yield from _missing(checked, entity.span, where, reference, holder.references)
            return
        holder = checked.policy.entities.get(holder.references[reference].to, holder)
    yield from _needed(checked, entity.span, where, name, holder.name, "text", True)


def _dating(checked: Checked) -> Iterator[Diagnostic]:
    """References that take their date from each other, or from something without a date."""
    every = checked.policy.entities
    told: set[str] = set()
    for entity in every.values():
        chain = [entity.name]
        here = entity
        while here.dated_by in here.references:
            here = every.get(here.references[here.dated_by].to, here)
            chain.append(here.name)
            if len(set(chain)) < len(chain):
                if not told & set(chain):
                    yield diagnostic("dated-in-a-circle", entity.span, chain=" → ".join(chain))
                told |= set(chain)
                break
        else:
            if len(chain) > 1 and not here.dated_by:
                yield diagnostic("dated-by-undated", entity.span, name=entity.name, other=here.name)
