"""The result of a decision in a sentence: headline, amount, range, what it is about. Shared by all formats."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from policyengine import wording
from policyengine.capitals import capital
from policyengine.decision import Subject
from policyengine.explanation import Explanation, Line
from policyengine.values import T_MONEY, Unknown, Value

_SAY = {
    "conditions": ("资格条件", "Conditions"),
    "set_aside": ("未计入的对象", "Left out of account"),
    "left_out": ("不计入", "left out"),
    "steps": ("计算过程", "Steps"),
    "missing": ("还需补充的材料", "Still needed"),
    "candidates": ("选定哪一项，结果如何", "What each choice would come to"),
    "otherwise": ("如果情况不同", "If things were different"),
    "readings": ("采用的口径", "Readings in use"),
    "assumed": ("假定", "Assumed"),
    "inputs": ("使用的材料", "Facts used"),
    "everything": ("全部过程", "Everything that was read"),
    "provenance": ("复核", "To check this again"),
    "notes": ("说明", "Notes"),
    "all": ("汇总", "Summary"),
}


def say(key: str, lang: str) -> str:
    """A heading or a fixed word."""
    return _SAY[key][0 if lang == "zh" else 1]


def of(what: str, words: str, lang: str) -> str:
    """`what: words`, with the language's colon."""
    return f"{what}：{words}" if lang == "zh" else f"{what}: {words}"


def named(subject: Subject, lang: str) -> str:
    """`共同体成员 G1/M1（丁公司）`"""
    others = ("、" if lang == "zh" else ", ").join(subject.of)
    name = f"{subject.label(lang)} {subject.id}"
    return name if not others else f"{name}（{others}）" if lang == "zh" else f"{name} ({others})"


def outcome(e: Explanation, lang: str) -> str:
    """The outcome in the policy's words."""
    return e.policy.header.outcomes[e.decision.outcome](lang)


def reasons(e: Explanation, lang: str) -> str:
    """The heading above the failed conditions."""
    word = e.policy.header.outcomes["refused"](lang)
    return f"{word}的理由" if lang == "zh" else f"Why it is {word}"


def trial(e: Explanation, lang: str) -> str:
    """The mark of a trial run: something was set that neither the policy nor the application says."""
    return trial_mark(lang) if e.decision.supposed else ""


def trial_mark(lang: str) -> str:
    """What stands behind the outcome of a trial run."""
    return "【测算稿】" if lang == "zh" else " [trial run]"


def headline(e: Explanation, lang: str) -> str:
    """`P1 智能产线项目：予以补助 15万元（人民币壹拾伍万元整）`"""
    d = e.decision
    return of(f"{d.subject.id} {d.title}".strip(), result(e, lang), lang)


def result(e: Explanation, lang: str) -> str:
    """The outcome with the amount, or with what it may still be."""
    d = e.decision
    word = outcome(e, lang)
    if d.outcome == "granted" and isinstance(d.amount, Decimal):
        words = capital(d.amount) if lang == "zh" else ""
        return f"{word} {wording.money(d.amount, lang)}" + (f"（人民币{words}）" if words else "")
    if d.outcome == "refused":
        return word
    return word + _open(e, lang)


def _open(e: Explanation, lang: str) -> str:
    """What is still possible: never a refusal counted as an amount of 0."""
    d, zh = e.decision, lang == "zh"
    granted, refused = (e.policy.header.outcomes[key](lang) for key in ("granted", "refused"))
    amount = possible(e)
    span = _span(amount, lang) if amount is not None and not e.candidates else ""
    if e.candidates:
        return (
            "（定下申报哪一项才能认定，各项结果见下）"
            if zh
            else " (open until one is chosen; see what each would come to)"
        )
    if len(d.may_be) < 2:
        return "" if not span else f"（金额{span}）" if zh else f" (amount {span})"
    verb = "为" if span[:1].isdigit() else ""
    if zh:
        return (
            f"（{granted}的，金额{verb}{span}；也可能{refused}）"
            if span
            else f"（可能{granted}，也可能{refused}）"
        )
    if span:
        return f" (if {granted}, the amount is {span}; it may also be {refused})"
    return f" (may be {granted} or {refused})"


def possible(e: Explanation) -> Value | None:
    """What the amount may be if it is granted; None where nothing can be said."""
    d = e.decision
    amount = d.amount if e.if_granted is None else e.if_granted
    return None if isinstance(amount, Unknown) and amount.high is None else amount


def _span(amount: Value, lang: str) -> str:
    """`30万元至40万元`; where nothing more than its most is sure, `不超过40万元`."""
    if isinstance(amount, Unknown):
        return span(amount, lang)
    return wording.money(amount, lang) if isinstance(amount, Decimal) else ""


def span(amount: Unknown, lang: str) -> str:
    """The range of an amount. A least of nothing says nothing: it is what a refused one gets, or cannot be told."""
    if amount.low == 0 and isinstance(amount.high, Decimal | Fraction):
        most = wording.money(amount.high, lang)
        return f"不超过{most}" if lang == "zh" else f"at most {most}"
    return wording.span(amount, T_MONEY, lang)


def cell(e: Explanation, lang: str) -> str:
    """The amount in a table: of a refused application none, of an open one what it may be if granted."""
    d = e.decision
    if d.outcome == "refused" or e.candidates:
        return "-"
    if not isinstance(d.amount, Unknown) and len(d.may_be) < 2:
        return _span(d.amount, lang)
    amount = possible(e)
    span = _span(amount, lang) if amount is not None else wording.UNKNOWN(lang)
    if len(d.may_be) < 2:
        return span
    granted = e.policy.header.outcomes["granted"](lang)
    return f"如{granted}，{span}" if lang == "zh" else f"if {granted}, {span}"


def equation(line: Line) -> str:
    """`3% + 1个百分点 = 4%`; where both sides read the same, one of them."""
    same = line.numbers in (line.value, line.value.removesuffix("元"), line.value.removesuffix(" yuan"))
    return line.value if same else f"{line.numbers} = {line.value}"


def about(e: Explanation, lang: str) -> str:
    """What was applied for, when, and under which version."""
    d, zh = e.decision, lang == "zh"
    parts = []
    if d.option_label.zh:
        parts.append((f"申报{d.option_label.zh}") if zh else f"applies for {d.option_label('en')}")
    if d.declared_on:
        day = wording.day(d.declared_on, lang)
        parts.append(f"{day}受理" if zh else f"accepted on {day}")
    header = e.policy.header
    title = f"{header.title(lang)}（{header.number}）" if zh else f"{header.title('en')} ({header.number})"
    for overlay in e.policy.overlays:
        if overlay.parameter:
            continue  # said with what else is supposed
        if zh:
            mark = "，叠加假设方案" if overlay.hypothetical else "，叠加修订"
        else:
            mark = ", with the what-if " if overlay.hypothetical else ", amended by "
        title += f"{mark}“{overlay.title(lang)}”"
    parts.append(f"依据{title}" if zh else f"under {title}")
    return ("，" if zh else ", ").join(parts) + ("。" if zh else ".")
