"""The first page of several applications: all results in one table, totals, and where each page is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from policyengine.decision import Result
from policyengine.explanation import CaseExplanation
from policyengine.model import OUTCOMES
from policyengine.render.html import tables
from policyengine.render.html.markup import Markup, el
from policyengine.render.html.parts import Sheet, big, in_words
from policyengine.render.html.words import Say
from policyengine.render.said import cell, outcome, trial


def summary(cases: list[CaseExplanation], sheets: list[Sheet], say: Say) -> Markup:
    """An article with a row for each application."""
    supposed = any(tables.what_if(sheet.e) for sheet in sheets)
    first = Sheet(sheets[0].e, say, 1)
    names = [case.decision.name for case in cases for _ in case.explanations]
    granted = [s.e.decision.amount for s in sheets if s.e.decision.outcome == "granted"]
    total = sum((amount for amount in granted if isinstance(amount, Decimal)), Decimal(0))
    counts = Counter(
        outcome(s.e, say.lang)
        for s in sorted(sheets, key=lambda s: list(OUTCOMES).index(s.e.decision.outcome))
    )
    said = say.list(say("counted", word, n) for word, n in counts.items())
    word = sheets[0].e.policy.header.outcomes["granted"](say.lang)
    head = ("case", "id", "title", "applied", "outcome", "amount")
    rows = [
        _row(name, f"p{i}", sheet, say) for i, (name, sheet) in enumerate(zip(names, sheets, strict=True), 1)
    ]
    words = in_words(total, say)
    return el(
        "article",
        el("header", el("p", say("what_if" if supposed else "draft"), class_="mark-draft"), el("h1", say("summary"))),
        el(
            "section", el("h2", say("conclusion")),
            el("p", say("in_all", len(sheets), said, say.money(total), word), class_="sentence"),
            el("div", el("p", word), el("p", big(say.money(total)), class_="figure"), el("p", words) if words else None, class_="amount"),
            class_="lead",
        ),
        el("section", el("h2", say("outcome")), tables.table(say("summary"), map(say, head), [el("tbody", rows)], "summary", right=5)),
        tables.shares(first, say("results"), _results(cases, say)),
        tables.signatures(first),
        class_=f"paper {'what-if' if supposed else 'draft'}-{say.lang}",
    )  # fmt: skip


def _row(case: str, anchor: str, sheet: Sheet, say: Say) -> Markup:
    d = sheet.e.decision
    amount = cell(sheet.e, say.lang)
    return el(
        "tr", el("th", case, scope="row"), el("td", el("a", d.subject.id, href=f"#{anchor}")), el("td", d.title),
        el("td", say.label(d.option_label)), el("td", outcome(sheet.e, say.lang) + trial(sheet.e, say.lang)), el("td", amount, class_="right"),
    )  # fmt: skip


def _results(cases: list[CaseExplanation], say: Say) -> Iterator[tuple[Sheet, Result]]:
    """What each enterprise gets in all, of every case."""
    for case in cases:
        for result in case.decision.results:
            yield Sheet(case.explanations[0], say), result
