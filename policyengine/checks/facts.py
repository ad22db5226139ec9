"""Facts, parameters and interpretations by themselves: assumptions, bounds, first days, who decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from policyengine import exact, wording
from policyengine import model as m
from policyengine.checks.common import Checked
from policyengine.checks.header import start
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang.nodes import AS_OF
from policyengine.source import Span
from policyengine.values import Absent, Known

KINDS = {"bool": bool, "date": date, "text": str}


def facts(checked: Checked) -> Iterator[Diagnostic]:
    """Assumptions that a fact can not be, and bounds that no application can state."""
    for fact in checked.policy.facts.values():
        span = fact.span or checked.policy.header.span
        if fact.assume is not None and not _may_be(fact, fact.assume):
            yield _unfit_assumption(fact, fact.assume, span)
        if fact.not_after not in ("", AS_OF):
            yield diagnostic("not-after-what", span, name=fact.label.zh, text=fact.not_after)
        yield from _too_fine(fact, span)


def _may_be(fact: m.Fact, value: Known) -> bool:
    """Whether a fact can have the value."""
    if isinstance(value, Absent):
        return fact.type.optional
    if fact.type.kind == "enum":
        return value in fact.type.options
    wanted = KINDS.get(fact.type.kind)
    if wanted is not None:
        return isinstance(value, wanted)
    if isinstance(value, bool) or not isinstance(value, Decimal):
        return False
    low, high = fact.low, fact.high
    return (low is None or value >= low) and (high is None or value <= high)


def _unfit_assumption(fact: m.Fact, value: Known, span: Span) -> Diagnostic:
    shown = wording.value(value, fact.type, "zh", fact.options, fact.unit)
    words = {"none": shown} if isinstance(value, Absent) else {"options": "、".join(fact.type.options)}
    if fact.low is not None and fact.high is not None and "none" not in words:
        words |= {"low": _shown(fact, fact.low), "high": _shown(fact, fact.high)}
    return diagnostic("assumption-unfit", span, name=fact.label.zh, value=shown, **words)


def _too_fine(fact: m.Fact, span: Span) -> Iterator[Diagnostic]:
    """Bounds of an amount with more decimals than the fact may have."""
    if fact.type.kind != "money":
        return
    for bound in (fact.low, fact.high, fact.assume):
        if isinstance(bound, Decimal) and exact.CONTEXT.multiply(bound, Decimal(10) ** fact.decimals) % 1:
            yield diagnostic(
                "finer-than-decimals",
                span,
                name=fact.label.zh,
                value=_shown(fact, bound),
                decimals=fact.decimals,
            )


def _shown(fact: m.Fact, bound: Decimal) -> str:
    return wording.value(bound, fact.type, "zh", None, fact.unit if fact.type.kind == "number" else "")


def first_days(checked: Checked) -> Iterator[Diagnostic]:
    """Values by date of which the first begins after the validity: there is none for the first days."""
    begins = start(checked.policy, checked.policy.header.valid_from)
    for parameter in checked.policy.parameters.values():
        first = parameter.values[0]
        if begins is not None and first.start is not None and first.start > begins:
            yield diagnostic(
                "values-begin-late", first.span, name=parameter.label.zh,
                start=first.start.isoformat(), begins=begins.isoformat(),
            )  # fmt: skip


def deciders(checked: Checked) -> Iterator[Diagnostic]:
    """Open questions that nobody is named to decide."""
    for i in checked.policy.interpretations.values():
        if not i.decided_by:
            body = checked.policy.header.interpreter
            words = {"body_zh": body or "有权解释的单位", "body_en": body or "the body that may interpret it"}
            yield diagnostic("nobody-decides", i.span, name=i.label.zh, **words)
