"""Decisions as a CSV table, safe to open in a spreadsheet: no cell can turn into a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine.decision import Decision
from policyengine.explanation import CaseExplanation, Explanation
from policyengine.render import said
from policyengine.values import Unknown

HEAD = {
    "zh": (
        "案件",
        "编号",
        "名称",
        "申报项目",
        "受理日期",
        "结果",
        "金额（元）",
        "金额下限（元）",
        "金额上限（元）",
        "不予支持的理由",
        "条款",
        "待补材料",
        "依据版本",
        "各成员分得（元）",
        "未计入的对象和理由",
        "测算假设",
    ),
    "en": (
        "case",
        "id",
        "title",
        "applied for",
        "accepted on",
        "outcome",
        "amount (yuan)",
        "lowest",
        "highest",
        "refusals",
        "clauses",
        "missing",
        "version",
        "shares (yuan)",
        "left out, and why",
        "supposed",
    ),
}
RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def draw(cases: Iterable[CaseExplanation], lang: str) -> str:
    """The table as text, one row a decision. Amounts are plain numbers in 元."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD[lang])
    for case in cases:
        for e in case.explanations:
            writer.writerow(_row(e, case.decision.name, lang))
    return out.getvalue()


def safe(text: str) -> str:
    """Text that a spreadsheet takes for text."""
    return f"'{text}" if text.startswith(RISKY) else text


def _row(e: Explanation, case: str, lang: str) -> list[str]:
    d = e.decision
    stop = "；" if lang == "zh" else "; "
    known, low, high = _amounts(d)
    return [
        safe(case), safe(d.subject.id), safe(d.title), safe(d.option_label(lang)),
        d.declared_on.isoformat() if d.declared_on else "", said.outcome(e, lang) + said.trial(e, lang), known, low, high,
        safe(stop.join(f.message(lang) for f in d.refusals)),
        stop.join(dict.fromkeys(cite for f in d.refusals for cite in f.cited.cites)),
        safe(stop.join(f"{item.subject.id} {item.label(lang)}" for item in d.missing)), d.version,
        safe(stop.join(_shares(d, lang))), safe(stop.join(said.of(said.named(f.subject, lang), f.message(lang), lang) for f in d.set_aside)),
        safe(stop.join(item.says(lang) for item in d.supposed)),
    ]  # fmt: skip


def _shares(d: Decision, lang: str) -> list[str]:
    """What each part of the application gets, as plain numbers; of a refused application nothing."""
    if d.outcome == "refused":
        return []
    found = []
    for r in d.results:
        low, high = (
            (_number(end) for end in (r.value.low, r.value.high))
            if isinstance(r.value, Unknown)
            else ("", "")
        )
        shown = f"{low}-{high}" if isinstance(r.value, Unknown) else _number(r.value)
        found.append(said.of(said.named(r.subject, lang), shown, lang))
    return found


def _amounts(d: Decision) -> tuple[str, str, str]:
    """The amount where it is known; of a refused application none; else the range."""
    if d.outcome == "refused":
        return "", "", ""
    if isinstance(d.amount, Unknown):
        return "", _number(d.amount.low), _number(d.amount.high)
    return _number(d.amount), "", ""


def _number(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == value.quantize(Decimal("0.01")) else exact.text(value)
    return exact.text(value) if isinstance(value, Fraction) else ""
