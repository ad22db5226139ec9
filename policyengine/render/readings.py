"""The register of open questions of a text, in every format; for a case with what each option gives."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policyengine import clauses, wording
from policyengine.again import After
from policyengine.alternatives import Alternatives
from policyengine.deciding import Decided
from policyengine.decision import Decision
from policyengine.model import Interpretation, Policy
from policyengine.render import json
from policyengine.render.blocks import quotes_of
from policyengine.render.csv import safe
from policyengine.render.shapes import Block, Heading, Item, Paragraph, Quote
from policyengine.render.whatif import reading_gives

_HEAD = {
    "zh": ("口径", "名称", "条款", "原话", "问题", "选项", "选项名称", "理由", "默认", "由谁定", "何时定的", "凭什么文件"),
    "en": (
        "reading", "label", "clause", "quote", "question", "option", "option label", "reason", "default", "who decides",
        "decided on", "document",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Priced:
    """What every option gives one application; `gives` holds nothing for a question that it does not rest on."""

    case: str
    decision: Decision
    gives: Mapping[tuple[str, str], After]

    @property
    def name(self) -> str:
        return f"{self.decision.subject.id} {self.decision.title}".strip()


def priced(decided: Decided) -> Iterator[Priced]:
    """What every option of every question gives each application of a case."""
    others, kind = Alternatives(decided.world), decided.world.plans.last.application.entity
    for decision in decided.decision.decisions:
        ent = decided.world.entities[kind][decision.subject.id]
        yield Priced(decided.decision.name, decision, others.every(ent, decision))


def blocks(policy: Policy, cases: Iterable[Priced], lang: str) -> Iterator[Block]:
    """The register, one part a question."""
    zh, found = lang == "zh", list(cases)
    questions = list(policy.interpretations.values())
    open_ = sum(i.decided_on is None for i in questions)
    title = policy.header.title(lang)
    yield Heading(1, f"口径登记表：{title}" if zh else f"Register of readings: {title}")
    yield Paragraph(
        f"共{len(questions)}项，{open_}项尚未明确，现按默认读法算"
        if open_
        else f"共{len(questions)}项，都已明确"
        if zh
        else f"{len(questions)} in all, {open_} not yet settled and read by default"
        if open_
        else f"{len(questions)} in all, all settled"
    )
    for number, i in enumerate(questions, 1):
        yield Heading(2, f"{number} {i.label(lang)}  {i.name}")
        yield Paragraph(i.question(lang))
        words = quotes_of(policy, i.cited, lang)
        if words:
            yield Item("·", "有疑问的原文" if zh else "The words in question", words)
        for option in i.options.values():
            mark = "★" if option.name == i.default else "·"
            yield Item(
                mark,
                f"{option.label(lang)}  {option.name}",
                tuple(_option(policy, i, option.name, found, lang)),
            )
        yield Paragraph(settled(i, lang))
    yield Paragraph("★ 默认的读法" if zh else "★ the default reading")


def _option(
    policy: Policy, i: Interpretation, option: str, cases: list[Priced], lang: str
) -> Iterator[str | Quote]:
    zh = lang == "zh"
    why = i.options[option].why(lang)
    if why:
        yield f"理由：{why}" if zh else f"reason: {why}"
    for case in cases:
        result = case.gives.get((i.name, option))
        colon = "：" if zh else ": "
        if result is not None:
            yield f"{case.name}{colon}{reading_gives(policy, result, lang)}"
        elif option == i.default:
            yield f"{case.name}{colon}{'这一项不影响' if zh else 'does not rest on this'}"


def settled(i: Interpretation, lang: str) -> str:
    """Who decides a question, or when and by what paper it was decided."""
    zh = lang == "zh"
    if i.decided_on is not None:
        day, by = wording.day(i.decided_on, lang), i.document
        if zh:
            return f"{i.decided_by}于{day}明确" + (f"（{by}）" if by else "")
        return f"settled by {i.decided_by} on {day}" + (f" ({by})" if by else "")
    if zh:
        return f"由{i.decided_by}解释，尚未明确" if i.decided_by else "尚未明确"
    return f"for {i.decided_by} to settle, open" if i.decided_by else "open"


def table(policy: Policy, cases: Iterable[Priced], lang: str) -> str:
    """The register as CSV, one row an option; a column for each application."""
    found = list(cases)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_HEAD[lang], *(safe(case.name) for case in found)])
    for i in policy.interpretations.values():
        places = [clauses.short(policy, cite, lang) for cite in i.cited.cites]
        for option in i.options.values():
            default = ("是" if lang == "zh" else "yes") if option.name == i.default else ""
            day = i.decided_on.isoformat() if i.decided_on else ""
            row = [
                i.name, i.label(lang), "、".join(places), "；".join(i.cited.quotes), i.question(lang), option.name,
                option.label(lang), option.why(lang), default, i.decided_by, day, i.document,
            ]  # fmt: skip
            row += [
                reading_gives(policy, result, lang)
                if (result := case.gives.get((i.name, option.name)))
                else ""
                for case in found
            ]
            writer.writerow([safe(cell) for cell in row])
    return out.getvalue()


def document(policy: Policy, cases: Iterable[Priced]) -> dict[str, object]:
    """The register as JSON."""
    found = list(cases)
    return {
        "version": json.VERSION,
        "policy": json.short_policy(policy),
        "readings": [_entry(i, found) for i in policy.interpretations.values()],
    }


def _entry(i: Interpretation, cases: list[Priced]) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": i.name, "label": json.label(i.label), "question": json.label(i.question), "default": i.default,
        **json.cited(i.cited), "decided_by": i.decided_by,
    }  # fmt: skip
    if i.decided_on is not None:
        entry |= {"decided_on": i.decided_on.isoformat(), "document": i.document}
    options = []
    for option in i.options.values():
        shown: dict[str, object] = {
            "id": option.name,
            "label": json.label(option.label),
            "why": json.label(option.why),
        }
        gives = [
            {"case": case.case, "application": case.decision.subject.path, **json.after(result)}
            for case in cases
            if (result := case.gives.get((i.name, option.name))) is not None
        ]
        options.append(shown | ({"gives": gives} if gives else {}))
    return entry | {"options": options}
