"""An explanation as a short list of blocks: what is said, in which order, whatever the format.

`text.py` and `markdown.py` only draw blocks. All words that are not the policy's own are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from policyengine import clauses, wording
from policyengine.capitals import capital
from policyengine.clauses import Citation
from policyengine.decision import OUTCOMES, Decision, Failure, Missing
from policyengine.explanation import CaseExplanation, Explanation, Line, Provenance
from policyengine.model import Cited, Policy
from policyengine.render import whatif
from policyengine.values import T_MONEY, Unknown


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of the law, with where they stand."""

    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Item:
    """A line with a mark (√ × ? or a number), and lines below it."""

    mark: str
    text: str
    below: tuple[str | Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two columns: a name, and what is said of it."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A head and rows; `right`: columns set flush right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


Block = Heading | Paragraph | Item | Pairs | Table

_SAY = {
    "conditions": ("资格条件", "Conditions"),
    "refusals": ("不予支持的理由", "Why it is refused"),
    "set_aside": ("未计入的对象", "Left out of account"),
    "steps": ("计算过程", "Steps"),
    "missing": ("还需补充的材料", "Still needed"),
    "readings": ("采用的口径", "Readings in use"),
    "assumed": ("假定", "Assumed"),
    "inputs": ("使用的材料", "Facts used"),
    "everything": ("全部过程", "Everything that was read"),
    "provenance": ("复核", "To check this again"),
    "notes": ("说明", "Notes"),
    "all": ("汇总", "Summary"),
}
MARKS = {"met": "√", "failed": "×", "unknown": "?", "": "·"}


def say(key: str, lang: str) -> str:
    return _SAY[key][0 if lang == "zh" else 1]


def case_blocks(case: CaseExplanation, depth: str, lang: str) -> Iterator[Block]:
    """All blocks of one world; `depth`: none, summary, steps or full."""
    for explanation in case.explanations:
        yield from blocks(explanation, depth, lang)
    results = case.decision.results
    if (
        depth != "none"
        and any(not isinstance(r.value, Unknown) and r.value != 0 for r in results)
        and len(case.explanations) > 1
    ):
        rows = [
            (f"{r.subject.label(lang)} {r.subject.id}", r.label(lang), wording.value(r.value, r.type, lang))
            for r in results
        ]
        heads = ("对象", "项目", "金额") if lang == "zh" else ("who", "what", "amount")
        yield Heading(2, say("all", lang))
        yield Table(heads, tuple(rows), right=(2,))


def summary(cases: list[CaseExplanation], lang: str) -> list[Block]:
    """All decisions of a run in one table, and their total; nothing where there is only one."""
    decisions = [(case.decision.name, e.decision) for case in cases for e in case.explanations]
    if len(decisions) < 2:
        return []
    zh = lang == "zh"
    head = (
        ("案件", "编号", "名称", "申报", "结果", "金额")
        if zh
        else ("case", "id", "title", "applied for", "outcome", "amount")
    )
    rows = [
        (name, d.subject.id, d.title, d.option_label(lang), OUTCOMES[d.outcome](lang), _cell(d, lang))
        for name, d in decisions
    ]
    granted = [d for _, d in decisions if d.outcome == "granted"]
    total = sum((d.amount for d in granted if isinstance(d.amount, Decimal)), Decimal(0))
    counts = {o: sum(d.outcome == o for _, d in decisions) for o in OUTCOMES}
    said = ("，" if zh else ", ").join(
        f"{OUTCOMES[o](lang)}{n}件" if zh else f"{n} {OUTCOMES[o](lang)}" for o, n in counts.items() if n
    )
    words = (
        f"共{len(decisions)}件：{said}；予以补助合计{wording.money(total, lang)}"
        if zh
        else f"{len(decisions)} in all: {said}; granted in total {wording.money(total, lang)}"
    )
    table = Table((*head,), tuple(rows), right=(5,))
    if len(cases) == 1:
        table = Table(head[1:], tuple(row[1:] for row in rows), right=(4,))
    return [Heading(1, say("all", lang)), table, Paragraph(words)]


def _cell(d: Decision, lang: str) -> str:
    if d.outcome == "refused":
        return "-"
    return (
        wording.span(d.amount, T_MONEY, lang)
        if isinstance(d.amount, Unknown)
        else wording.money(_number(d), lang)
    )


def _number(d: Decision) -> Decimal:
    return d.amount if isinstance(d.amount, Decimal) else Decimal(0)


def blocks(e: Explanation, depth: str, lang: str) -> Iterator[Block]:
    """All blocks of one decision."""
    d = e.decision
    yield Heading(1, headline(d, lang))
    if depth == "none":
        return
    yield Paragraph(about(e, lang))
    if d.refusals:
        yield Heading(2, say("refusals", lang))
        for i, failure in enumerate(d.refusals):
            item = _failure(e, failure, lang)
            if i < len(e.distances):
                item = replace(item, below=(*item.below, *whatif.distance_lines(e, i)))
            yield item
        if e.reached is not None:
            yield Paragraph(whatif.reached_line(e))
    if d.missing and d.outcome != "refused":
        yield from _missing(e, lang)
    if depth == "summary":
        yield from _readings_in_short(e, lang)
        return
    if e.conditions:
        yield Heading(2, _counted(e.conditions, lang))
        yield from (_line(line, lang) for line in e.conditions)
    if d.set_aside:
        yield Heading(2, say("set_aside", lang))
        for failure in d.set_aside:
            yield _failure(e, failure, lang, whose=True)
    if e.steps:
        yield Heading(2, say("steps", lang))
        for i, line in enumerate(e.steps, 1):
            other = line.subject is not None and line.subject.path != d.subject.path
            yield _line(line, lang, str(i), whose=other)
    yield from _readings(e, lang, full=depth == "full")
    yield from _assumed(d, lang)
    if e.inputs:
        yield Heading(2, say("inputs", lang))
        rows = [
            (f"{i.subject.label(lang)} {i.subject.id} {i.label}", f"{i.value}   {i.place}") for i in e.inputs
        ]
        yield Pairs(tuple(rows))
    if depth == "full" and e.everything:
        yield Heading(2, say("everything", lang))
        yield from (_line(line, lang, whose=True) for line in e.everything)
    notes = [note(lang) for note in d.notes] + [_tie(e, tie, lang) for tie in d.ties]
    if notes:
        yield Heading(2, say("notes", lang))
        yield from (Item("·", note) for note in notes)
    if e.provenance:
        yield Heading(2, say("provenance", lang))
        yield Pairs(provenance(e.provenance, lang))


def headline(d: Decision, lang: str) -> str:
    """`P1 智能产线项目：予以补助 15万元（人民币壹拾伍万元整）`"""
    name = f"{d.subject.id} {d.title}".strip()
    outcome = OUTCOMES[d.outcome](lang)
    colon = "：" if lang == "zh" else ": "
    if d.outcome == "granted" and isinstance(d.amount, Decimal):
        amount = wording.money(d.amount, lang)
        words = capital(d.amount) if lang == "zh" else ""
        words = f"（人民币{words}）" if words else ""
        return f"{name}{colon}{outcome} {amount}{words}"
    if d.outcome == "refused":
        return f"{name}{colon}{outcome}"
    return f"{name}{colon}{outcome}{_range(d, lang)}"


def _range(d: Decision, lang: str) -> str:
    if not isinstance(d.amount, Unknown):
        return ""
    may = "、" if lang == "zh" else ", "
    outcomes = may.join(OUTCOMES[o](lang) for o in d.may_be)
    span = wording.span(d.amount, T_MONEY, lang)
    if lang == "zh":
        return f"（可能是{outcomes}；金额{span}）" if d.amount.high is not None else f"（可能是{outcomes}）"
    return f" (may be {outcomes}; amount {span})"


def about(e: Explanation, lang: str) -> str:
    """What was applied for, when, and under which version."""
    d = e.decision
    parts = []
    if d.option_label.zh:
        parts.append((f"申报{d.option_label.zh}") if lang == "zh" else f"applies for {d.option_label('en')}")
    if d.declared_on:
        day = wording.day(d.declared_on, lang)
        parts.append(f"{day}受理" if lang == "zh" else f"accepted on {day}")
    title = (
        f"{e.policy.header.title(lang)}（{e.policy.header.number}）"
        if lang == "zh"
        else f"{e.policy.header.title('en')} ({e.policy.header.number})"
    )
    for overlay in e.policy.overlays:
        mark = (
            ("，叠加假设方案" if overlay.hypothetical else "，叠加修订")
            if lang == "zh"
            else (", with the what-if " if overlay.hypothetical else ", amended by ")
        )
        title += f"{mark}“{overlay.title(lang)}”"
    parts.append(f"依据{title}" if lang == "zh" else f"under {title}")
    return ("，" if lang == "zh" else ", ").join(parts) + ("。" if lang == "zh" else ".")


def _quotes(citations: Iterable[Citation]) -> tuple[Quote, ...]:
    return tuple(Quote(c.crumbs or c.short, c.quote) for c in citations)


def quotes_of(policy: Policy, cited: Cited, lang: str) -> tuple[Quote, ...]:
    """The words that something rests on, each where it stands; the places alone where nothing is quoted."""
    found = []
    for quote in cited.quotes:
        cite = next((c for c in cited.cites if clauses.holds(policy, c, quote)), None)
        if cite:
            found.append(clauses.citation(policy, cite, quote, lang))
    return _quotes(found or [clauses.citation(policy, cite, "", lang) for cite in cited.cites])


def _failure(e: Explanation, failure: Failure, lang: str, whose: bool = False) -> Item:
    text = failure.message(lang)
    if whose:
        colon = "：" if lang == "zh" else ": "
        text = f"{failure.subject.label(lang)} {failure.subject.id}{colon}{text}"
    return Item("×", text, quotes_of(e.policy, failure.cited, lang))


def _missing(e: Explanation, lang: str) -> Iterator[Block]:
    yield Heading(2, say("missing", lang))
    for i, item in enumerate(e.decision.missing, 1):
        yield Item(str(i), question(item, lang), tuple(asked(item, lang)))


def question(item: Missing, lang: str) -> str:
    who = f"{item.subject.label(lang)} {item.subject.id}"
    ask = item.ask(lang) or item.label(lang)
    return f"{who}：{ask}" if lang == "zh" else f"{who}: {ask}"


def asked(item: Missing, lang: str) -> Iterator[str]:
    """Who answers a question, with what evidence, and what can be answered."""
    fact = item.fact
    if fact is None:
        return
    zh = lang == "zh"
    if fact.answered_by:
        yield f"由{fact.answered_by}填报" if zh else f"answered by {fact.answered_by}"
    if fact.evidence.zh:
        yield f"证明材料：{fact.evidence.zh}" if zh else f"evidence: {fact.evidence('en')}"
    if fact.options:
        options = ("、" if zh else ", ").join(label(lang) for label in fact.options.values())
        yield f"可选：{options}" if zh else f"options: {options}"


def _counted(lines: tuple[Line, ...], lang: str) -> str:
    failed = sum(line.status == "failed" for line in lines)
    unknown = sum(line.status == "unknown" for line in lines)
    if lang == "zh":
        rest = f"，{failed}项不满足" if failed else ""
        rest += f"，{unknown}项待补" if unknown else ""
        return f"{say('conditions', lang)}（{len(lines)}项{rest or '，全部满足'}）"
    rest = f", {failed} not met" if failed else ""
    rest += f", {unknown} open" if unknown else ""
    return f"{say('conditions', lang)} ({len(lines)}{rest or ', all met'})"


def _line(line: Line, lang: str, number: str = "", whose: bool = False) -> Item:
    mark = number or MARKS[line.status]
    zh = lang == "zh"
    text = line.label
    if whose and line.subject:
        text = f"{line.subject.label(lang)} {line.subject.id}{'：' if zh else ': '}{line.label}"
    below: list[str | Quote] = []
    if line.status in ("", "met", "failed") and line.value and not line.formula:
        text += f" ＝ {line.value}" if zh else f" = {line.value}"
    elif line.status == "" and line.formula:
        below.append(line.formula)
        same = line.numbers == line.value
        equation = line.value if same else f"{line.numbers} = {line.value}"
        below.append(equation)
    elif line.numbers:
        below.append(line.numbers)
    if line.because:
        below.append(f"适用：{line.because}" if zh else f"since {line.because}")
    if line.note:
        below.append(line.note)
    if line.evidence:
        below.append(f"材料：{line.evidence}" if zh else f"evidence: {line.evidence}")
    return Item(mark, text, (*below, *_quotes(line.citations)))


def _readings_in_short(e: Explanation, lang: str) -> Iterator[Block]:
    """How many default readings the answer rests on, which were changed, and which would change it."""
    d, zh = e.decision, lang == "zh"
    changed = [use for use in d.readings if not use.default]
    kept = len(d.readings) - len(changed)
    if not d.readings:
        return
    text = f"用到{kept}项默认口径" if zh else f"Rests on {kept} default readings"
    for use in changed:
        option = use.interpretation.options[use.option].label(lang)
        text += (
            f"；改用口径“{use.interpretation.label(lang)}：{option}”"
            if zh
            else f"; changed: {use.interpretation.label(lang)}: {option}"
        )
    others = list(dict.fromkeys(a.reading.interpretation.label(lang) for a in e.alternatives))
    if others:
        text += (
            f"；其中{len(others)}项换一种读法结果就不同：{'、'.join(others)}"
            if zh
            else f"; {len(others)} of them would change the result if read otherwise: {', '.join(others)}"
        )
    yield Paragraph(text + ("。" if zh else "."))


def _readings(e: Explanation, lang: str, full: bool = False) -> Iterator[Block]:
    """Each reading in use; below it what the others would give, where that is something else."""
    if not e.decision.readings:
        return
    yield Heading(2, say("readings", lang))
    for use in e.decision.readings:
        i = use.interpretation
        option = i.options[use.option]
        mark = "·" if use.default else "▲"
        tail = "" if use.default else ("（非默认口径）" if lang == "zh" else " (not the default)")
        text = (
            f"{i.label(lang)}：{option.label(lang)}{tail}"
            if lang == "zh"
            else f"{i.label(lang)}: {option.label(lang)}{tail}"
        )
        below = []
        if full:
            below.append(i.question(lang))
            if i.decided_by and not i.decided_on:
                below.append(
                    f"{i.decided_by}尚未明确" if lang == "zh" else f"not yet settled by {i.decided_by}"
                )
        others = [a for a in e.alternatives if a.reading.interpretation.name == i.name]
        below += [whatif.alternative_line(other, lang) for other in others]
        yield Item(mark, text, tuple(below))
    if e.interactions:
        yield from _interactions(e, lang)


def _interactions(e: Explanation, lang: str) -> Iterator[Block]:
    """Pairs of readings that bear on each other."""
    yield Paragraph("有的口径互相影响，一并改时：" if lang == "zh" else "Some readings bear on each other:")
    for pair in e.interactions[: whatif.MOST_PAIRS]:
        yield Item("·", whatif.interaction_line(pair, lang))
    rest = len(e.interactions) - whatif.MOST_PAIRS
    if rest > 0:
        yield Item("·", f"另有{rest}对" if lang == "zh" else f"{rest} more pairs")


def _assumed(d: Decision, lang: str) -> Iterator[Block]:
    if not d.assumed:
        return
    yield Heading(2, say("assumed", lang))
    for item in d.assumed:
        shown = wording.value(item.value, item.fact.type, lang, item.fact.options)
        yield Item("▲", f"{item.ref.entity} {item.ref.id} {item.label(lang)}：{shown}")


def _tie(e: Explanation, tie: tuple[str, str, str], lang: str) -> str:
    if lang == "zh":
        return f"{tie[1]}与{tie[2]}次序相同，按固定标识先后排列"
    return f"{tie[1]} and {tie[2]} rank equal and were ordered by their stable keys"


def provenance(p: Provenance, lang: str) -> tuple[tuple[str, str], ...]:
    """What it takes to get the same answer again."""
    zh = lang == "zh"
    rows = [
        ("政策" if zh else "policy", f"{p.policy}  sha256:{p.policy_hash[:16]}"),
        ("原文" if zh else "official text", f"sha256:{p.text_hash[:16]}"),
        ("程序" if zh else "engine", f"policyengine {p.engine}"),
        ("材料" if zh else "input", f"{p.input}  sha256:{p.input_hash[:16]}" if p.input_hash else p.input),
    ]
    if p.readings:
        rows.append(("口径" if zh else "readings", "  ".join(f"{k}={v}" for k, v in p.readings)))
    if p.changed:
        rows.append(("另行设定" if zh else "set by hand", "  ".join(p.changed)))
    rows.append(("复核命令" if zh else "command", p.command))
    return tuple(rows)
