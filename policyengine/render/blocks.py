"""An explanation as a short list of blocks: what is said, in which order, whatever the format.

`text.py` and `markdown.py` only draw blocks; `said.py` has the sentences on the result itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from policyengine import clauses, wording
from policyengine.alternatives import Interaction
from policyengine.clauses import Citation
from policyengine.decision import Decision, Failure, Missing, ReadingUse
from policyengine.explanation import CaseExplanation, Explanation, Group, Line, Provenance
from policyengine.model import OUTCOMES, Cited, Policy
from policyengine.render import nearby, said, whatif
from policyengine.render.said import say
from policyengine.render.shapes import Block, Heading, Item, Pairs, Paragraph, Quote, Table
from policyengine.values import Unknown

MARKS = {"met": "√", "failed": "×", "unknown": "?", "": "·"}
ANSWERED = {"granted": "√", "refused": "×"}


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
            (said.named(r.subject, lang), r.label(lang), wording.value(r.value, r.type, lang))
            for r in results
        ]
        heads = ("对象", "项目", "金额") if lang == "zh" else ("who", "what", "amount")
        yield Heading(2, say("all", lang))
        yield Table(heads, tuple(rows), right=(2,))


def summary(cases: list[CaseExplanation], lang: str) -> list[Block]:
    """All decisions of a run in one table, and their total; nothing where there is only one."""
    found = [(case.decision.name, e) for case in cases for e in case.explanations]
    if len(found) < 2:
        return []
    zh = lang == "zh"
    head = (
        ("案件", "编号", "名称", "申报", "结果", "金额")
        if zh
        else ("case", "id", "title", "applied for", "outcome", "amount")
    )
    rows = [
        (name, e.decision.subject.id, e.decision.title, e.decision.option_label(lang), said.outcome(e, lang) + said.trial(e, lang), said.cell(e, lang))
        for name, e in found
    ]  # fmt: skip
    table = Table((*head,), tuple(rows), right=(5,))
    if len(cases) == 1:
        table = Table(head[1:], tuple(row[1:] for row in rows), right=(4,))
    return [
        Heading(1, say("all", lang)),
        table,
        Paragraph(_total([e for _, e in found], lang)),
        *_supposed((e for _, e in found), lang),
    ]


def _total(found: list[Explanation], lang: str) -> str:
    """How many of each outcome, and what is granted in all."""
    zh = lang == "zh"
    granted = [e for e in found if e.decision.outcome == "granted"]
    total = sum((e.decision.amount for e in granted if isinstance(e.decision.amount, Decimal)), Decimal(0))
    words: dict[str, int] = {}
    for outcome in OUTCOMES:
        for e in found:
            if e.decision.outcome == outcome:
                words[said.outcome(e, lang)] = words.get(said.outcome(e, lang), 0) + 1
    counted = ("，" if zh else ", ").join(f"{w}{n}件" if zh else f"{n} {w}" for w, n in words.items())
    word = (granted[0] if granted else found[0]).policy.header.outcomes["granted"](lang)
    if zh:
        return f"共{len(found)}件：{counted}；{word}合计{wording.money(total, lang)}"
    return f"{len(found)} in all: {counted}; {word} in total {wording.money(total, lang)}"


def blocks(e: Explanation, depth: str, lang: str) -> Iterator[Block]:
    """All blocks of one decision."""
    d = e.decision
    yield Heading(1, said.headline(e, lang) + said.trial(e, lang))
    yield from _supposed((e,), lang)
    if depth == "none":
        return
    yield Paragraph(said.about(e, lang))
    yield from (Paragraph(note(lang) + ("。" if lang == "zh" else ".")) for note in d.notes)
    if d.refusals:
        yield Heading(2, said.reasons(e, lang))
        for i, failure in enumerate(d.refusals):
            item = _failure(e, failure, lang)
            if i < len(e.distances):
                item = replace(item, below=(*item.below, *whatif.distance_lines(e, i)))
            yield item
        if e.reached is not None:
            yield Paragraph(whatif.reached_line(e))
        if any(away.moves for away in e.distances):
            yield _by_papers(lang)
    if d.missing and d.outcome != "refused":
        yield from _missing(e, lang)
    yield from _candidates(e, lang)
    yield from _parts(d, lang)
    if depth == "summary":
        yield from _set_aside(e, lang)
        yield from _readings_in_short(e, lang)
        return
    if e.conditions:
        yield Heading(2, _counted(e.conditions, lang))
        yield from (_line(line, lang, whose=_other(e, line)) for line in e.conditions)
    yield from _members(e, lang)
    yield from _set_aside(e, lang)
    if e.steps:
        yield Heading(2, say("steps", lang))
        yield from (_line(line, lang, str(i), _other(e, line)) for i, line in enumerate(e.steps, 1))
    if otherwise := nearby.told(e):
        yield Heading(2, say("otherwise", lang))
        yield from (Item("·", each.head, each.lines(lang)) for each in otherwise)
        yield _by_papers(lang)
    yield from _readings(e, lang, full=depth == "full")
    yield from _assumed(d, lang)
    yield from _inputs(e, lang)
    if depth == "full" and e.everything:
        yield Heading(2, say("everything", lang))
        yield from (_line(line, lang, whose=True) for line in e.everything)
    notes = [*([d.compared(lang)] if d.compared.zh else []), *(_tie(tie, lang) for tie in d.ties)]
    if notes:
        yield Heading(2, say("notes", lang))
        yield from (Item("·", note) for note in notes)
    if e.provenance:
        yield Heading(2, say("provenance", lang))
        yield Pairs(provenance(e.provenance, lang, d.place))


def _by_papers(lang: str) -> Paragraph:
    return Paragraph(whatif.by_papers(lang).capitalize() + ("。" if lang == "zh" else "."))


def _supposed(found: Iterable[Explanation], lang: str) -> Iterator[Block]:
    """What a trial run takes for granted, at every depth."""
    sentences = dict.fromkeys(item.says(lang) for e in found for item in e.decision.supposed)
    words = ("；" if lang == "zh" else "; ").join(sentences)
    if words:
        zh = f"测算稿，不是正式认定：{words}。"
        yield Paragraph(zh if lang == "zh" else f"A trial run, no decision: {words}.")


def _other(e: Explanation, line: Line) -> bool:
    """Whether a line is about something other than the application and who applies."""
    return line.subject is not None and line.subject.path != e.decision.subject.path


def _quotes(citations: Iterable[Citation], lang: str) -> tuple[Quote, ...]:
    left, right = ("〔", "〕") if lang == "zh" else ("[", "] ")
    return tuple(Quote(f"{left}{c.crumbs or c.short}{right}", c.quote) for c in citations)


def quotes_of(policy: Policy, cited: Cited, lang: str) -> tuple[Quote, ...]:
    """The words that something rests on, each where it stands; the places alone where nothing is quoted."""
    found = []
    for quote in cited.quotes:
        cite = next((c for c in cited.cites if clauses.holds(policy, c, quote)), None)
        if cite:
            found.append(clauses.citation(policy, cite, quote, lang))
    return _quotes(found or [clauses.citation(policy, cite, "", lang) for cite in cited.cites], lang)


def _failure(e: Explanation, failure: Failure, lang: str, whose: bool = False) -> Item:
    text = failure.message(lang)
    if whose:
        text = said.of(said.named(failure.subject, lang), text, lang)
    return Item("×", text, quotes_of(e.policy, failure.cited, lang))


def _set_aside(e: Explanation, lang: str) -> Iterator[Block]:
    if e.decision.set_aside:
        yield Heading(2, say("set_aside", lang))
        yield from (_failure(e, failure, lang, whose=True) for failure in e.decision.set_aside)


def _missing(e: Explanation, lang: str) -> Iterator[Block]:
    yield Heading(2, say("missing", lang))
    for i, item in enumerate(e.decision.missing, 1):
        yield Item(str(i), question(item, lang), tuple(asked(item, lang)))


def question(item: Missing, lang: str) -> str:
    """Of whom what is asked."""
    return said.of(said.named(item.subject, lang), item.ask(lang) or item.label(lang), lang)


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


def _candidates(e: Explanation, lang: str) -> Iterator[Block]:
    """What each open choice would come to: its result, what bars it, what it needs besides, its working."""
    if not e.candidates:
        return
    yield Heading(2, say("candidates", lang))
    chosen = e.policy.header.application.option
    for other in e.candidates:
        d = other.decision
        below: list[str | Quote] = [failure.message(lang) for failure in d.refusals]
        needed = [item for item in d.missing if item.ref.name != chosen]
        if needed and d.outcome != "refused":
            names = ("、" if lang == "zh" else ", ").join(item.label(lang) for item in needed)
            below.append(f"还需补充：{names}" if lang == "zh" else f"still needed: {names}")
        below += [
            said.of(line.label, said.equation(line), lang)
            for line in other.steps
            if line.numbers and not line.open
        ]
        label = said.of(d.option_label(lang), said.result(other, lang), lang)
        yield Item(ANSWERED.get(d.outcome, "?"), label, tuple(below))


def _parts(d: Decision, lang: str) -> Iterator[Block]:
    """What the parts of the application get: the members' shares; of those left out, that they are."""
    if d.outcome == "refused":
        return
    aside = {failure.subject.id for failure in d.set_aside}
    for name in dict.fromkeys(r.name for r in d.results):
        rows = []
        for r in (r for r in d.results if r.name == name):
            out = r.value == 0 and bool({r.subject.id, *r.subject.of} & aside)
            shown = say("left_out", lang) if out else wording.value(r.value, r.type, lang)
            rows.append((said.named(r.subject, lang), shown))
        if rows:
            yield Heading(2, next(r.label(lang) for r in d.results if r.name == name))
            yield Pairs(tuple(rows))


def _members(e: Explanation, lang: str) -> Iterator[Block]:
    """Whether each part of the application counts, with all conditions looked at."""
    if not e.members:
        return
    subject = e.members[0].line.subject
    of = subject.label(lang) if subject else ""
    yield Heading(2, f"{of}的条件" if lang == "zh" else f"Conditions of each: {of}")
    yield from (_member(group, lang) for group in e.members)


def _member(group: Group, lang: str) -> Item:
    zh = lang == "zh"
    text = group.line.label
    if group.line.subject:
        text = said.of(said.named(group.line.subject, lang), text, lang)
    below = []
    words = {"failed": ("不满足", "not met"), "unknown": ("待补", "open"), "met": ("满足", "met")}
    for status, word in words.items():
        names = [line.label for line in group.conditions if line.status == status]
        if names:
            below.append(f"{word[0]}：{'、'.join(names)}" if zh else f"{word[1]}: {', '.join(names)}")
    return Item(MARKS[group.line.status], text, tuple(below))


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
    """A condition or step; of a value that is just another's, where it was taken from."""
    zh = lang == "zh"
    text = line.label
    if whose and line.subject:
        text = said.of(said.named(line.subject, lang), text, lang)
    below: list[str | Quote] = []
    if line.status:
        below += [part for part in (line.formula, line.numbers) if part]
    elif line.numbers:
        below += [line.formula, said.equation(line)]
    elif line.value:
        text += f" ＝ {line.value}" if zh else f" = {line.value}"
        if line.formula:
            below.append(f"取自“{line.formula}”" if zh else f"taken from “{line.formula}”")
    if line.because:
        below.append(f"适用：{line.because}" if zh else f"since {line.because}")
    if line.note:
        below.append(line.note)
    if line.evidence:
        below.append(f"材料：{line.evidence}" if zh else f"evidence: {line.evidence}")
    return Item(number or MARKS[line.status], text, (*below, *_quotes(line.citations, lang)))


def _readings_in_short(e: Explanation, lang: str) -> Iterator[Block]:
    """How many default readings the answer rests on, which were changed, and which would change it."""
    d, zh = e.decision, lang == "zh"
    changed = [use for use in d.readings if not use.default]
    settled = sum(use.settled for use in d.readings)
    kept = len(d.readings) - len(changed) - settled
    if not d.readings:
        return
    text = f"用到{kept}项默认口径" if zh else f"Rests on {kept} default readings"
    if settled:
        text += f"、{settled}项已经明确的口径" if zh else f" and {settled} that are settled"
    for use in changed:
        option = use.interpretation.options[use.option].label(lang)
        text += (
            f"；改用口径“{use.interpretation.label(lang)}：{option}”"
            if zh
            else f"; changed: {use.interpretation.label(lang)}: {option}"
        )
    others = list(dict.fromkeys(a.reading.interpretation.label(lang) for a in whatif.in_doubt(e)[0]))
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
    doubted, pairs = whatif.in_doubt(e)
    for use in e.decision.readings:
        i = use.interpretation
        option = i.options[use.option]
        tail = "" if use.default else _changed(use, lang)
        if use.settled:
            line = whatif.settled_line(use, lang)
            tail = f"（{line}）" if lang == "zh" else f" ({line})"
        below = []
        if full:
            below.append(i.question(lang))
            if i.decided_by and not i.decided_on:
                below.append(
                    f"{i.decided_by}尚未明确" if lang == "zh" else f"not yet settled by {i.decided_by}"
                )
        others = [a for a in doubted if a.reading.interpretation.name == i.name]
        below += [whatif.alternative_line(e.policy, other, lang) for other in others]
        text = said.of(i.label(lang), option.label(lang), lang) + tail
        yield Item("·" if use.default else "▲", text, tuple(below))
    if pairs:
        yield from _interactions(e.policy, pairs, lang)


def _changed(use: ReadingUse, lang: str) -> str:
    """The mark of a reading that is not the one by default, or not the one that was settled."""
    if use.interpretation.decided_on is not None:
        return "（不是已经明确的读法）" if lang == "zh" else " (not as settled)"
    return "（非默认口径）" if lang == "zh" else " (not the default)"


def _interactions(policy: Policy, pairs: tuple[Interaction, ...], lang: str) -> Iterator[Block]:
    """Pairs of readings that bear on each other."""
    yield Paragraph("有的口径互相影响，一并改时：" if lang == "zh" else "Some readings bear on each other:")
    for pair in pairs[: whatif.MOST_PAIRS]:
        yield Item("·", whatif.interaction_line(policy, pair, lang))
    rest = len(pairs) - whatif.MOST_PAIRS
    if rest > 0:
        yield Item("·", f"另有{rest}对" if lang == "zh" else f"{rest} more pairs")


def _assumed(d: Decision, lang: str) -> Iterator[Block]:
    if not d.assumed:
        return
    yield Heading(2, say("assumed", lang))
    for item in d.assumed:
        shown = wording.value(item.value, item.fact.type, lang, item.fact.options)
        yield Item("▲", said.of(f"{item.ref.id} {item.label(lang)}", shown, lang))


def _inputs(e: Explanation, lang: str) -> Iterator[Block]:
    if e.inputs:
        yield Heading(2, say("inputs", lang))
        head = ("对象", "事项", "填写的内容", "出处") if lang == "zh" else ("who", "what", "stated", "place")
        rows = tuple((said.named(i.subject, lang), i.label, i.value, i.place) for i in e.inputs)
        yield Table(head, rows)


def _tie(tie: tuple[str, str, str], lang: str) -> str:
    one, other = (path.partition(".")[2] for path in tie[1:])
    if lang == "zh":
        return f"{one}与{other}次序相同，按固定标识先后排列"
    return f"{one} and {other} rank equal and were ordered by their stable keys"


def provenance(p: Provenance, lang: str, place: str = "") -> tuple[tuple[str, str], ...]:
    """What it takes to get the same answer again. `place`: where the application stands in its file."""
    zh = lang == "zh"
    stdin = "标准输入" if zh else "standard input"
    where = (place if place.startswith(f"{p.input}:") else p.input).replace("<stdin>", stdin)
    rows = [
        ("政策" if zh else "policy", f"{p.policy}  sha256:{p.policy_hash[:16]}"),
        *(("修订" if zh else "overlay", f"{id_}  sha256:{digest[:16]}") for id_, digest in p.overlays),
        ("原文" if zh else "official text", f"sha256:{p.text_hash[:16]}"),
        ("程序" if zh else "engine", f"policyengine {p.engine}"),
        ("材料" if zh else "input", f"{where}  sha256:{p.input_hash[:16]}" if p.input_hash else where),
    ]
    if p.readings:
        rows.append(("口径" if zh else "readings", "  ".join(f"{k}={v}" for k, v in p.readings)))
    if p.changed:
        rows.append(("另行设定" if zh else "set by hand", "  ".join(p.changed)))
    rows.append(("复核命令" if zh else "command", p.command))
    return tuple(rows)
