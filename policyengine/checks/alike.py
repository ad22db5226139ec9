"""Entries that a reader could not tell apart: the same label, the same question, the same refusal.

An application is filled in by labels, and a refusal read by its words. Two alike are most often a copy that
was not changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policyengine import model as m
from policyengine.checks.common import Checked, conditions, squeeze
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.source import Span

FIRST = ("第一次在这里", "first here")


@dataclass(frozen=True, slots=True)
class _Told:
    """Words for people, and what they belong to."""

    name: str
    words: m.Label
    span: Span


def alike(checked: Checked) -> Iterator[Diagnostic]:
    """Labels, questions and refusals that stand twice among what is read side by side."""
    policy = checked.policy
    for what, group in _labels(policy):
        yield from _twice("same-label", what, group)
    asked = [_Told(f.name, f.ask, f.span) for f in policy.facts.values() if f.ask.zh and f.span]
    asked += [_Told(i.name, i.question, i.span) for i in policy.interpretations.values()]
    yield from _twice("same-words", ("问句", "question"), asked)
    failing = [_Told(c.name, c.fail, c.span) for c in conditions(policy) if c.fail]
    failing += [_Told(limit.name, limit.fail, limit.span) for limit in policy.limits.values() if limit.fail]
    yield from _twice("same-words", ("不符合时的说法", "words of a refusal"), failing)


def _labels(policy: m.Policy) -> Iterator[tuple[tuple[str, str], list[_Told]]]:
    """What is told apart by its label, group by group."""
    for entity in policy.entities.values():
        facts = [
            _Told(f.name, f.label, f.span or entity.span)
            for f in policy.facts.values()
            if f.entity == entity.name
        ]
        refs = [_Told(r.name, r.label, r.span) for r in entity.references.values()]
        yield ("材料", "inputs"), [*facts, *refs]
        yield ("条件", "conditions"), [
            _Told(c.name, c.label, c.span) for c in conditions(policy) if c.entity == entity.name
        ]  # fmt: skip
        yield ("计算的值", "values"), [
            _Told(v.name, v.label, v.span) for v in policy.values.values() if v.entity == entity.name
        ]  # fmt: skip
    yield ("对象", "entities"), [_Told(e.name, e.label, e.span) for e in policy.entities.values()]
    yield ("参数", "parameters"), [_Told(e.name, e.label, e.span) for e in policy.parameters.values()]
    yield ("奖补项目", "programs"), [_Told(e.name, e.label, e.span) for e in policy.programs.values()]
    yield (
        ("口径", "interpretations"),
        [_Told(e.name, e.label, e.span) for e in policy.interpretations.values()],
    )
    yield from _options(policy)


def _options(policy: m.Policy) -> Iterator[tuple[tuple[str, str], list[_Told]]]:
    for fact in policy.facts.values():
        span = fact.span or policy.header.span
        yield ("选项", "options"), [_Told(name, label, span) for name, label in fact.options.items()]
    for value in policy.values.values():
        yield ("选项", "options"), [_Told(name, label, value.span) for name, label in value.options.items()]
        yield ("情形", "cases"), [_Told(row.name, row.label, row.span) for row in value.rows]
    for i in policy.interpretations.values():
        yield ("选项", "options"), [_Told(o.name, o.label, o.span) for o in i.options.values()]


def _twice(code: str, what: tuple[str, str], group: Iterable[_Told]) -> Iterator[Diagnostic]:
    """The second and later of those with the same Chinese words, or the same English ones."""
    seen: dict[tuple[str, str], _Told] = {}
    for one in group:
        for lang in ("zh", "en"):
            words = one.words.zh if lang == "zh" else one.words.en
            first = seen.setdefault((lang, squeeze(words).text.casefold()), one) if words else one
            if first is not one:
                related = [(FIRST, first.span)] if first.span != one.span else []
                yield diagnostic(
                    code,
                    one.span,
                    *related,
                    what_zh=what[0],
                    what_en=what[1],
                    words=words,
                    one=first.name,
                    other=one.name,
                )
                break
