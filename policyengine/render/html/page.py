"""One application as a page: the award explained, the reasons of a refusal, or what is still needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from policyengine import exact, wording
from policyengine.asking import Question
from policyengine.clauses import Citation, citation
from policyengine.decision import Failure, Missing
from policyengine.explanation import Capped, Explanation, Line
from policyengine.marking import condition_passages
from policyengine.render.html import tables
from policyengine.render.html.markup import Child, Markup, el, join
from policyengine.render.html.parts import (
    Sheet,
    big,
    cap_bar,
    conditions,
    formula,
    in_words,
    quotes,
    range_bar,
    step,
    steps,
)  # fmt: skip
from policyengine.render.html.words import TITLES, Say
from policyengine.render.questions import settling
from policyengine.render.said import outcome, possible, reasons, result
from policyengine.render.whatif import by_papers, distance_lines, reached_line
from policyengine.values import Unknown


def page(sheet: Sheet, anchor: str) -> Markup:
    """The page of one decision, as an article."""
    d = sheet.e.decision
    body = {"granted": _granted, "refused": _refused}.get(d.outcome, _open)
    supposed = tables.what_if(sheet.e)
    kind = f"paper {d.outcome} {'what-if' if supposed else 'draft'}-{sheet.say.lang}"
    return el(
        "article", _head(sheet, supposed), tables.suppositions(sheet), _lead(sheet), _notices(sheet), body(sheet), _end(sheet),
        class_=kind, id=anchor,
    )  # fmt: skip


def _head(sheet: Sheet, supposed: bool) -> Markup:
    say, d, policy = sheet.say, sheet.e.decision, sheet.e.policy
    amended = [say("amended", o.title(say.lang)) for o in policy.overlays if not o.hypothetical]
    facts: list[tuple[str, str]] = [(say("id"), d.subject.id)]
    if d.declared_on:
        facts.append((say("declared"), wording.day(d.declared_on, say.lang)))
    if d.option_label.zh:
        facts.append((say("applied"), say.label(d.option_label)))
    title = say.list([f"{policy.header.title(say.lang)}（{policy.header.number}）" if say.lang == "zh" else
                      f"{policy.header.title('en')} ({policy.header.number})", *amended])  # fmt: skip
    return el(
        "header",
        el("p", say("what_if" if supposed else "draft"), class_="mark-draft"),
        sheet.heading(0, say.label(TITLES[d.outcome]).format(outcome(sheet.e, say.lang))),
        el("dl", (el("div", el("dt", k), el("dd", v)) for k, v in facts), class_="meta"),
        el("dl", el("div", el("dt", say("under")), el("dd", title)), class_="meta under"),
    )


# --- conclusion -------------------------------------------------------------------------------


def _lead(sheet: Sheet) -> Markup:
    """The conclusion in a sentence, and the amount."""
    say, d = sheet.say, sheet.e.decision
    word = outcome(sheet.e, say.lang)
    sentence: Child
    if d.outcome == "granted":
        sentence, label, figure = _said_granted(sheet), word, big(say.amount(d.amount))
    elif d.outcome == "refused":
        sentence, label, figure = _said_refused(sheet), say("outcome"), el("b", word, class_="word")
    else:
        sentence, label = _said_open(sheet), say("open_amount", _granting(sheet))
        figure = el("b", open_amount(sheet.e, say), class_="word")
    words = in_words(d.amount, say) if d.outcome == "granted" else ""
    return el(
        "section", sheet.heading(1, say("conclusion")), el("p", sentence, class_="sentence"),
        el("div", el("p", label), el("p", figure, class_="figure"), el("p", words) if words else None, class_="amount"),
        class_="lead",
    )  # fmt: skip


def _notices(sheet: Sheet) -> Markup:
    """What must be said with the answer (a cap that is used up)."""
    lang = sheet.say.lang
    return join(el("p", note(lang), class_="reached") for note in sheet.e.decision.notes)


def _who(sheet: Sheet) -> str:
    """Who applies for what, as every conclusion begins."""
    say, d = sheet.say, sheet.e.decision
    option = say.label(d.option_label)
    return say(
        "who",
        who=say("by", say.list(name for _, name in sheet.e.parties)) if sheet.e.parties else "",
        title=d.title or d.subject.id,
        option=say("for", option) if option else say("for_nothing"),
    )


def _said_granted(sheet: Sheet) -> Markup:
    say, d = sheet.say, sheet.e.decision
    return join(
        say("said_granted", who=_who(sheet)), el("strong", say("said_amount", outcome(sheet.e, say.lang), say.amount(d.amount))),
        (_said_cap(sheet, capped) for capped in sheet.e.caps),
    )  # fmt: skip


def _said_cap(sheet: Sheet, capped: Capped) -> Child:
    say = sheet.say
    if exact.compare(capped.computed, capped.cap) <= 0:
        return say("said_free", capped.computed_label, capped.cap_label, say.money(capped.cap))
    cut = say.money(exact.subtract(capped.computed, capped.cap))
    return say(
        "said_cut",
        capped.computed_label,
        say.money(capped.computed),
        capped.cap_label,
        say.money(capped.cap),
        cut,
    )


def _said_refused(sheet: Sheet) -> str:
    n = len(sheet.e.decision.refusals)
    return sheet.say("said_refused", who=_who(sheet), n=n, word=outcome(sheet.e, sheet.say.lang))


def _granting(sheet: Sheet) -> str:
    """The word for a good outcome, inside a sentence."""
    return sheet.e.policy.header.outcomes["granted"](sheet.say.lang)


def open_amount(e: Explanation, say: Say) -> str:
    """What the amount of an open application may be if it is granted."""
    if e.candidates:
        return say("as_chosen")
    amount = possible(e)
    return wording.UNKNOWN(say.lang) if amount is None else say.amount(amount)


def _said_open(sheet: Sheet) -> str:
    say, d = sheet.say, sheet.e.decision
    may = say("or").join(say("may_be", sheet.e.policy.header.outcomes[o](say.lang)) for o in d.may_be)
    text = say("said_open", who=_who(sheet), n=len(d.missing), may=may)
    amount, granting = None if sheet.e.candidates else possible(sheet.e), _granting(sheet)
    low, high = (amount.low, amount.high) if isinstance(amount, Unknown) else (None, None)
    if low == 0 and isinstance(high, Decimal | Fraction):
        text += say("amount_most", granting, say.money(high))
    elif isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction):
        text += say("amount_between", granting, say.money(low), say.money(high))
    elif isinstance(amount, Decimal | Fraction):
        text += say("amount_is", granting, say.money(amount))
    return text


# --- kinds of page ----------------------------------------------------------------------------


def _granted(sheet: Sheet) -> Markup:
    say, d = sheet.say, sheet.e.decision
    bars = [
        cap_bar(capped, say, say("cap_title") if len(sheet.e.caps) == 1 else capped.label)
        for capped in sheet.e.caps
    ]
    return join(
        bars, _worked(sheet, sheet.e.conditions, say("steps")),
        tables.shares(sheet, say("shares"), ((sheet, r) for r in d.results), say.amount(d.amount)),
        tables.members(sheet), tables.set_aside(sheet, d.set_aside), tables.otherwise(sheet),
    )  # fmt: skip


def _refused(sheet: Sheet) -> Markup:
    say, d = sheet.say, sheet.e.decision
    lines = {(line.name, line.subject.path if line.subject else ""): line for line in sheet.e.conditions}
    failed = {(f.condition, f.subject.path) for f in d.refusals}
    rest = [line for key, line in lines.items() if key not in failed]
    listed = [
        _reason(sheet, i, failure, lines.get((failure.condition, failure.subject.path)))
        for i, failure in enumerate(d.refusals, 1)
    ]
    return join(
        sheet.section(
            reasons(sheet.e, say.lang), say("reasons_note"), el("ol", listed, class_="steps"), kind="worked"
        ),
        el("p", el("b", say("otherwise")), reached, class_="reached")
        if (reached := reached_line(sheet.e))
        else None,
        el("p", by_papers(say.lang), class_="aside")
        if any(away.moves for away in sheet.e.distances)
        else None,
        _rest(sheet, rest),
        tables.members(sheet),
        tables.set_aside(sheet, d.set_aside),
    )


def _rest(sheet: Sheet, lines: list[Line]) -> Markup:
    """What else was looked at, the met apart from the open: no badge beside a refusal says that all is met."""
    say, parts = sheet.say, list[Markup]()
    for status, key in (
        ("unknown", "open_conditions"),
        ("met", "met_conditions"),
        ("failed", "other_conditions"),
    ):
        found = [line for line in lines if line.status == status]
        if found:
            item = conditions(sheet, found, "", "", count=False)
            parts.append(sheet.section(say(key), "", el("ol", item, class_="steps"), kind="worked"))
    return join(parts)


def _reason(sheet: Sheet, i: int, failure: Failure, line: Line | None) -> Markup:
    """One failed condition: what is wrong, the numbers, the papers that show it, and the words."""
    say = sheet.say
    left: list[Child] = (
        [el("p", text, class_="away") for text in distance_lines(sheet.e, i - 1)] if sheet.e.distances else []
    )
    if line is not None and line.terms:
        left.insert(0, formula(line.terms))
    who = sheet.who(failure.subject.path, failure.subject.label(say.lang))
    about = [f"{who} · {failure.label(say.lang)}"]
    about += (
        [f"{say('evidence')}{'：' if say.lang == 'zh' else ': '}{line.evidence}"]
        if line and line.evidence
        else []
    )
    left += [el("p", text, class_="aside") for text in about]
    law = quotes(tables.failure_passages(sheet.e, failure), say)
    return step(sheet, say.number(i), failure.message(say.lang), left, law)


def _open(sheet: Sheet) -> Markup:
    say, d = sheet.say, sheet.e.decision
    amount = None if sheet.e.candidates else possible(sheet.e)
    best = {question.missing.ref: question for question in sheet.e.questions}
    order = [*best, *(item.ref for item in d.missing if item.ref not in best)]
    missing = {item.ref: item for item in d.missing}
    asked = [_question(sheet, i, missing[ref], best.get(ref)) for i, ref in enumerate(order, 1)]
    return join(
        range_bar(amount, say, say("range_title", _granting(sheet))) if isinstance(amount, Unknown) else None,
        _candidates(sheet),
        sheet.section(
            say("questions"), say("questions_note"), el("ol", asked, class_="steps"), kind="worked"
        ),
        _worked(sheet, sheet.e.conditions, say("steps")),
        tables.members(sheet),
        tables.set_aside(sheet, d.set_aside),
    )


def _candidates(sheet: Sheet) -> Markup | None:
    """Where it is not chosen what is applied for: what each choice would come to, and what bars it."""
    say, lang = sheet.say, sheet.say.lang
    rows = [
        step(
            sheet, say.number(i), other.decision.option_label(lang),
            [el("p", result(other, lang)), (el("p", f.message(lang), class_="aside") for f in other.decision.refusals)],
            quotes([p for f in other.decision.refusals for p in tables.failure_passages(sheet.e, f)], say),
        )
        for i, other in enumerate(sheet.e.candidates, 1)
    ]  # fmt: skip
    return (
        sheet.section(say("candidates"), "", el("ol", rows, class_="steps"), kind="worked") if rows else None
    )


def _question(sheet: Sheet, i: int, item: Missing, asked: Question | None) -> Markup:
    """One fact to bring: the question, who answers it, what proves it, room for the answer, and what settles it."""
    say, fact = sheet.say, item.fact
    pairs = [(say("whose"), sheet.who(item.subject.path, item.subject.label(say.lang)))]
    if fact is not None and fact.answered_by:
        pairs.append((say("answered_by"), fact.answered_by))
    if fact is not None and fact.evidence.zh:
        pairs.append((say("evidence"), fact.evidence(say.lang)))
    answer = el("div", el("dt", say("answer")), el("dd", _answers(sheet, item), class_="answers"))
    left = el("dl", (el("div", el("dt", k), el("dd", v)) for k, v in pairs), answer, class_="ask")
    lines = (
        ("；" if say.lang == "zh" else "; ").join(settling(asked, sheet.e.policy, say.lang)) if asked else ""
    )
    settled = el("p", lines, class_="aside") if lines else None
    cited: list[Citation] = [citation(sheet.e.policy, c, "", say.lang) for c in item.cited.cites]
    law = quotes(condition_passages(sheet.e.policy, cited), say)
    box = el("span", class_="tick", aria_hidden="true")
    text = item.ask(say.lang) or item.label(say.lang)
    title = join(text[:-2], el("span", text[-2:], box, class_="asked"))
    return step(sheet, say.number(i), title, [left, settled], law)


def _answers(sheet: Sheet, item: Missing) -> Iterator[Child]:
    """Boxes for what can be ticked, a line for what is written."""
    say, fact = sheet.say, item.fact
    ticks: list[str] = []
    if fact is None:
        yield say("blank", "")
        return
    if fact.type.kind == "bool":
        ticks = [say("yes"), say("no")]
    elif fact.options:
        ticks = [label(say.lang) for label in fact.options.values()]
    elif fact.type.kind == "date":
        yield say("day_blank")
    else:
        yield say("blank", say("yuan") if fact.type.kind == "money" else fact.unit)
    ticks += [say("none")] if fact.type.optional else []
    for text in ticks:
        yield " "
        yield el("span", el("span", class_="tick small", aria_hidden="true"), text, class_="choice")


def _worked(sheet: Sheet, lines: Iterable[Line], title: str) -> Markup | None:
    """The conditions and the steps, with the words of the document beside each."""
    say, lines = sheet.say, list(lines)
    rows: list[Child] = []
    if lines:
        rows.append(conditions(sheet, lines, say.number(1), say("conditions")))
    rows += steps(sheet, 1 + bool(lines))
    if not rows:
        return None
    return sheet.section(title, say("steps_note"), el("ol", rows, class_="steps"), kind="worked")


def _end(sheet: Sheet) -> Markup:
    found = sheet.e.provenance
    return join(
        tables.readings(sheet), tables.assumed(sheet), tables.inputs(sheet), tables.everything(sheet), tables.notes(sheet),
        tables.signatures(sheet), tables.provenance(sheet, found) if found else None,
    )  # fmt: skip
