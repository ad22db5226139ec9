"""The tables of a page and what stands at its end: shares, facts, readings, notes, signatures, how to check it."""

from __future__ import annotations

from collections.abc import Iterable

from policyengine import clauses, wording
from policyengine.alternatives import Alternative
from policyengine.decision import Failure, ReadingUse, Result
from policyengine.explanation import Explanation, Input, Line, Provenance
from policyengine.marking import Passage, condition_passages
from policyengine.render import nearby
from policyengine.render.html import many
from policyengine.render.html.markup import Child, Markup, el, join
from policyengine.render.html.parts import Sheet, quotes, sign
from policyengine.render.html.words import Say
from policyengine.render.whatif import (
    MOST_PAIRS,
    by_papers,
    in_doubt,
    interaction_line,
    reading_gives,
    settled_line,
)
from policyengine.values import Unknown

MOST_KEPT = 12  # rows of a table that is not cut between two sheets of paper


def table(
    caption: str, head: Iterable[str], rows: Iterable[Child], kind: str = "", right: int = -1
) -> Markup:
    """A table with its caption, which is only read aloud where the table has a `kind` and stands under a heading
    that says the same; `right`: the column set flush right."""
    cells = [
        el("th", text, scope="col", class_="right" if i == right else None) for i, text in enumerate(head)
    ]
    title = el("caption", caption, class_="aloud" if kind else None)
    return el("table", title, el("thead", el("tr", cells)), join(rows), class_=kind or None)


# --- shares -----------------------------------------------------------------------------------


def shares(
    sheet: Sheet, title: str, results: Iterable[tuple[Sheet, Result]], total: str = ""
) -> Markup | None:
    """Who gets what, each named as on its own sheet; nothing where there is nothing to share."""
    say, found = sheet.say, [(s, r) for s, r in results if not isinstance(r.value, Unknown) and r.value != 0]
    if not found:
        return None
    several = len({r.name for _, r in found}) > 1
    rows = [
        el(
            "tr", el("th", own.who(r.subject.path, r.subject.label(say.lang)), scope="row"),
            el("td", r.label(say.lang)), el("td", wording.value(r.value, r.type, say.lang), class_="right"),
        )
        for own, r in found
    ]  # fmt: skip
    foot = None
    if total and not several and len(found) > 1:
        foot = el(
            "tfoot",
            el("tr", el("th", say("total"), scope="row", colspan="2"), el("td", total, class_="right")),
        )
    head = (say("whose"), say("what"), say("amount"))
    kind = "keep" if len(rows) <= MOST_KEPT else ""
    return sheet.section(
        title, "", table(title, head, [el("tbody", rows), foot], "shares", right=2), kind=kind
    )


def members(sheet: Sheet) -> Markup | None:
    """Whether each part of the application counts: what it does not meet, what is open, or that it meets all."""
    say, groups = sheet.say, sheet.e.members
    items, met = [], [group for group in groups if group.line.status == "met"]
    if len(met) > many.MOST_BESIDE:
        who = say.list(_name(sheet, group.line) for group in met)
        items.append(el("li", sign("met", say), el("span", met[0].line.label, " ", el("small", who))))
    for group in groups:
        if len(met) > many.MOST_BESIDE and group in met:
            continue
        line, said = group.line, []
        for status, key in (("failed", "members_failed"), ("unknown", "members_open")):
            names = [part.label for part in group.conditions if part.status == status]
            said += [say(key, say.list(names))] if names else []
        words = said or [say("members_met", len(group.conditions))]
        who = sheet.who(line.subject.path, line.subject.label(say.lang)) if line.subject else ""
        text = el(
            "span",
            el("b", who),
            " ",
            line.label,
            el("small", ("；" if say.lang == "zh" else "; ").join(words)),
        )
        items.append(el("li", sign(line.status, say), text))
    of = groups[0].line.subject.label(say.lang) if groups and groups[0].line.subject else ""
    return sheet.section(say("members", of), "", el("ul", items, class_="aside-list")) if items else None


def _name(sheet: Sheet, line: Line) -> str:
    return sheet.e.names.get(line.subject.path, line.subject.id) if line.subject else ""


def set_aside(sheet: Sheet, found: Iterable[Failure]) -> Markup | None:
    """Members that do not count, with the reason."""
    items = [
        el(
            "li", sign("failed", sheet.say),
            el("span", el("b", sheet.who(f.subject.path, f.subject.label(sheet.say.lang))), " ", f.message(sheet.say.lang)),
            quotes(failure_passages(sheet.e, f), sheet.say),
        )
        for f in found
    ]  # fmt: skip
    return sheet.section(sheet.say("set_aside"), "", el("ul", items, class_="aside-list")) if items else None


def failure_passages(e: Explanation, failure: Failure) -> list[Passage]:
    """The words of the document that a failed condition rests on."""
    cited = []
    for quote in failure.cited.quotes:
        cite = next((c for c in failure.cited.cites if clauses.holds(e.policy, c, quote)), None)
        if cite:
            cited.append(clauses.citation(e.policy, cite, quote, e.lang))
    cited = cited or [clauses.citation(e.policy, cite, "", e.lang) for cite in failure.cited.cites]
    return condition_passages(e.policy, cited)


# --- other facts ---


def otherwise(sheet: Sheet) -> Markup | None:
    """What the application would get if its facts were otherwise: quantities as tables, the rest in sentences."""
    say = sheet.say
    caps, answers = nearby.caps(sheet.e), nearby.answers(sheet.e)
    scales = [
        table(scale.head, (say("at"), say("would_get")), [el("tbody", (_turn(row) for row in scale.rows))])
        for scale in nearby.scales(sheet.e)
    ]
    if not (caps or answers or scales):
        return None
    return sheet.section(
        say("otherwise"), by_papers(say.lang),
        el("div", _sentences(sheet, caps), scales, _sentences(sheet, answers), class_="turns"),
    )  # fmt: skip


def _sentences(sheet: Sheet, told: Iterable[nearby.Told]) -> Markup | None:
    items = [el("li", each.sentence(sheet.say.lang)) for each in told]
    return el("ul", items, class_="notes") if items else None


def _turn(row: tuple[str, str]) -> Markup:
    return el("tr", el("th", row[0], scope="row"), el("td", row[1]))


# --- readings ---------------------------------------------------------------------------------


def readings(sheet: Sheet) -> Markup | None:
    """The readings that the answer rests on; first those where another would change the result, with what it gives."""
    e, say = sheet.e, sheet.say
    if not e.decision.readings:
        return None
    others: dict[str, list[Alternative]] = {}
    doubted, bearing = in_doubt(e)
    for other in doubted:
        others.setdefault(other.reading.interpretation.name, []).append(other)
    told = [use for use in e.decision.readings if use.interpretation.name in others or not use.default]
    settled = [use for use in e.decision.readings if use.settled]
    quiet = [use for use in e.decision.readings if use not in told and use not in settled]
    pairs = [interaction_line(e.policy, pair, say.lang) for pair in bearing[:MOST_PAIRS]]
    if len(bearing) > MOST_PAIRS:
        pairs.append(say("more_pairs", len(bearing) - MOST_PAIRS))
    return sheet.section(
        say("readings"), say("readings_note"),
        el("ul", (_told(sheet, use, others.get(use.interpretation.name, [])) for use in told), class_="readings told") if told else None,
        [el("p", say("together"), class_="aside"), el("ul", (el("li", pair) for pair in pairs), class_="notes")] if pairs else None,
        el("p", say("quiet"), class_="aside") if told and quiet and doubted else None,
        el("ul", (_quiet(sheet, use) for use in quiet), class_="readings") if quiet else None,
        el("p", say("settled"), class_="aside") if settled else None,
        el("ul", (_quiet(sheet, use) for use in settled), class_="readings") if settled else None,
    )  # fmt: skip


def _told(sheet: Sheet, use: ReadingUse, others: Iterable[Alternative]) -> Markup:
    """A reading in full: the question, how it was read, and what each other reading gives."""
    say, i = sheet.say, use.interpretation
    rows = [
        el(
            "div",
            el("dt", say("read_as", a.reading.chosen.label(say.lang))),
            el("dd", reading_gives(sheet.e.policy, a.after, say.lang)),
        )
        for a in others
    ]
    return el(
        "li",
        _head(sheet, use),
        el("p", i.question(say.lang)),
        el("dl", rows) if rows else None,
        _status(sheet, use),
    )


def _quiet(sheet: Sheet, use: ReadingUse) -> Markup:
    return el("li", _head(sheet, use), " ", _status(sheet, use))


def _head(sheet: Sheet, use: ReadingUse) -> Markup:
    lang, i = sheet.say.lang, use.interpretation
    key = "reading_changed" if i.decided_on is None else "reading_not_settled"
    changed = el("span", sheet.say(key), class_="state unknown") if not use.default else None
    return join(
        el("b", i.label(lang)), el("span", i.options[use.option].label(lang), class_="chosen"), changed
    )


def _status(sheet: Sheet, use: ReadingUse) -> Markup:
    """Which clause is read, and whether the body that interprets it has settled how."""
    say, i = sheet.say, use.interpretation
    place = say.list(clauses.short(sheet.e.policy, cite, say.lang) for cite in i.cited.cites)
    status = settled_line(use, say.lang) or (say("reading_open", i.decided_by) if i.decided_by else "")
    return el("small", place, " " if place and status else None, status)


def assumed(sheet: Sheet) -> Markup | None:
    """Facts that nobody stated and for which the policy assumes a value."""
    say = sheet.say
    items = [
        el("li", sheet.who(f"{a.ref.entity}.{a.ref.id}", ""), " ", a.label(say.lang), say("equals"),
           wording.value(a.value, a.fact.type, say.lang, a.fact.options))
        for a in sheet.e.decision.assumed
    ]  # fmt: skip
    return sheet.section(say("assumed"), say("assumed_note"), el("ul", items)) if items else None


# --- facts ------------------------------------------------------------------------------------


def inputs(sheet: Sheet) -> Markup | None:
    """Every fact that was used, with where it was stated and what proves it; a table for each entity."""
    say, groups = sheet.say, dict[str, list[Input]]()
    for one in sheet.e.inputs:
        groups.setdefault(one.subject.path, []).append(one)
    if not groups:
        return None
    file = sheet.e.provenance.input if sheet.e.provenance else ""
    head = (say("what"), say("value"), say("place"))
    kinds: dict[str, dict[str, list[Input]]] = {}
    for path, rows in groups.items():
        kinds.setdefault(rows[0].subject.label(say.lang), {})[path] = rows
    few = [
        table(sheet.who(path, label), head, [el("tbody", (_input(x, say, file) for x in rows))])
        for label, found in kinds.items()
        if len(found) <= many.MOST_BESIDE
        for path, rows in found.items()
    ]
    wide = [
        many.facts(found, {path: sheet.e.names.get(path, path.partition(".")[2]) for path in found}, label, file, say)
        for label, found in kinds.items()
        if len(found) > many.MOST_BESIDE
    ]  # fmt: skip
    note = say("inputs_from", file) if file else ""
    return sheet.section(say("inputs"), note, el("div", few, class_="facts") if few else None, wide)


def _input(one: Input, say: Say, file: str) -> Markup:
    proof = el("small", one.evidence) if one.evidence else None
    return el(
        "tr", el("th", one.label, scope="row"), el("td", one.value, " " if proof else None, proof),
        el("td", say.place(one.place, file)), class_=None if one.origin == "file" else "given",
    )  # fmt: skip


def everything(sheet: Sheet) -> Markup | None:
    """All that was read on the way, one line each; only at the fullest depth."""
    say = sheet.say
    rows = [
        el(
            "tr",
            el("th", sheet.who(x.subject.path, x.subject.label(say.lang)) if x.subject else "", scope="row"),
            el("td", x.label), el("td", x.numbers if x.numbers != x.value else ""),
            el("td", say(x.status) if x.status else x.value),
        )
        for x in sheet.e.everything
    ]  # fmt: skip
    if not rows:
        return None
    head = (say("whose"), say("what"), say("steps"), say("value"))
    return sheet.section(
        say("everything"), "", table(say("everything"), head, [el("tbody", rows)], "everything")
    )


# --- what it is not ---------------------------------------------------------------------------


def what_if(e: Explanation) -> bool:
    """Whether the page supposes something that document and papers do not say."""
    return bool(e.decision.supposed)


def suppositions(sheet: Sheet) -> Markup | None:
    """What was set for the sake of this calculation, in words."""
    items = dict.fromkeys(item.says(sheet.say.lang) for item in sheet.e.decision.supposed)
    if not items:
        return None
    return el(
        "section", sheet.heading(1, sheet.say("if_title")), el("p", sheet.say("if_text")),
        el("ul", (el("li", item) for item in items)), class_="box what-if",
    )  # fmt: skip


def notes(sheet: Sheet) -> Markup | None:
    say, d = sheet.say, sheet.e.decision
    items = [d.compared(say.lang)] if d.compared.zh else []
    items += [say("tie", tie[1], tie[2]) for tie in d.ties]
    return (
        sheet.section(say("notes"), "", el("ul", (el("li", i) for i in items), class_="notes"))
        if items
        else None
    )


# --- the end of a page ------------------------------------------------------------------------


def signatures(sheet: Sheet) -> Markup:
    lines = (el("li", sheet.say(f"sign_{i}")) for i in (1, 2, 3, 4))
    return el(
        "section",
        sheet.heading(1, sheet.say("signatures"), class_="aloud"),
        el("ul", lines),
        class_="signatures",
    )


def provenance(sheet: Sheet, p: Provenance) -> Markup:
    """What it takes to get the same answer again."""
    say = sheet.say
    rows = [
        ("p_policy", p.policy, p.policy_hash), ("p_text", sheet.e.policy.header.number, p.text_hash),
        ("p_input", p.input, p.input_hash), ("p_engine", f"policyengine {p.engine}", ""),
        ("p_readings", "  ".join(f"{k}={v}" for k, v in p.readings), ""), ("p_changed", "  ".join(p.changed), ""),
        ("p_command", p.command, ""),
    ]  # fmt: skip
    pairs = [
        el("div", el("dt", say(key)), el("dd", text, el("small", f"sha256 {digest}") if digest else None))
        for key, text, digest in rows
        if text
    ]
    return el(
        "section", sheet.heading(1, say("provenance"), class_="aloud"), el("dl", pairs), class_="provenance"
    )
