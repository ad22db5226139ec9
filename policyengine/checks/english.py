"""Labels without English: not an error of a policy, but shipped policies are to have both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from policyengine import model as m
from policyengine.diagnostics import Diagnostic, diagnostic, sort
from policyengine.lang.syntax import Expr
from policyengine.loader import SET
from policyengine.source import Source, Span


def missing_english(policy: m.Policy) -> list[Diagnostic]:
    """Every label with Chinese words and no English ones, at the entry that holds it."""
    return sort(_labels(policy, policy.header.span))


def _labels(value: object, span: Span) -> Iterator[Diagnostic]:
    """Walk records; `span` is that of the nearest record that has a place."""
    match value:
        case m.OverlayHeader() if value.span.source.name == SET:
            return  # a what-if of the command line has no title
        case m.Label():
            if not value.en and not value.zh.isascii():
                yield diagnostic("english-missing", span, words=value.zh)
        case m.Target():
            labels = (value.label, value.indicator, value.period)
            spelled = (label for kind, label in value.aim if kind == "words")  # others are figures
            for label in (*labels, *spelled):
                yield from _labels(label, value.span)
        case Source() | Span() | Expr() | str():
            return
        case Mapping():
            for item in value.values():
                yield from _labels(item, span)
        case tuple():
            for item in value:
                yield from _labels(item, span)
        case _ if is_dataclass(value):
            own = getattr(value, "span", None)
            for field in fields(value):
                yield from _labels(getattr(value, field.name), own if isinstance(own, Span) else span)
