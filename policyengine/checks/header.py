"""What `policy.yaml` names: the application, the results, the validity, and how entities are dated and told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks.common import Checked, compiled
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.lang.typing import describe
from policyengine.source import Span

# what each key of `application` names: the kind of its value, and whether it must be a fact
_APPLICATION = {
    "date": ("date", True),
    "granted": ("bool", False),
    "amount": ("money", False),
    "option": ("enum", True),
}


def header(checked: Checked) -> Iterator[Diagnostic]:
    """Names in the header that are not there, or are not what they must be."""
    yield from _application(checked)
    yield from _results(checked)
    yield from _validity(checked)


def _application(checked: Checked) -> Iterator[Diagnostic]:
    application = checked.policy.header.application
    spans, fallback = application.spans, checked.policy.header.span
    entity = checked.policy.entities.get(application.entity)
    if entity is None:
        where = "policy.application.entity"
        yield _missing(checked, spans.get("entity", fallback), where, application.entity, checked.policy.entities)
        return
    for key, (kind, must_be_fact) in _APPLICATION.items():
        name = getattr(application, key)
        if name:
            where = f"policy.application.{key}"
            span = spans.get(key, fallback)
            yield from _value_of(checked, span, where, entity.name, name, kind, must_be_fact)
    if entity.dated_by != application.date and application.date in checked.policy.facts:
        span = spans.get("date", fallback)
        yield diagnostic("application-not-dated", span, name=application.date, entity=entity.name)


def _value_of(
    checked: Checked, span: Span, where: str, entity: str, name: str, kind: str, must_be_fact: bool
) -> Iterator[Diagnostic]:
    """Complain unless `name` is a value of that kind on the entity."""
    node = checked.plan.nodes.get(name)
    if node is None or node.info.entity != entity:
        if not checked.broken(name):
            yield _missing(checked, span, where, name, _names(checked, entity, kind))
        return
    got = node.info.type
    if got.kind not in (kind, "any") or (must_be_fact and not isinstance(node, p.FactNode)):
        yield diagnostic(
            "not-what-is-needed", span, where=where, name=name, got_zh=_described(node), got_en=_described(node, "en"),
            want_zh=_wanted(kind, must_be_fact), want_en=_wanted(kind, must_be_fact, "en"),
        )  # fmt: skip


def _names(checked: Checked, entity: str, kind: str = "") -> list[str]:
    return [
        name
        for name, node in checked.plan.nodes.items()
        if node.info.entity == entity and node.info.type.kind in (kind, node.info.type.kind if not kind else kind)
    ]


def _missing(checked: Checked, span: Span, where: str, name: str, names: object) -> Diagnostic:
    known = list(names) if isinstance(names, list | dict) else []
    close = get_close_matches(name, known, 1, 0.5)
    owner = checked.plan.nodes[name].info.entity if name in checked.plan.nodes else ""
    return diagnostic(
        "named-but-not-there", span, where=where, name=name, suggestion=close[0] if close else "", owner=owner
    )
