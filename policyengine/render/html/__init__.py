"""Decisions as one self-contained HTML file that prints on A4: a page each, a summary before several."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

from policyengine.explanation import CaseExplanation
from policyengine.render.html.markup import Markup, el
from policyengine.render.html.page import page
from policyengine.render.html.parts import Sheet
from policyengine.render.html.summary import summary
from policyengine.render.html.words import TITLES, Say
from policyengine.render.said import outcome


def draw(cases: Iterable[CaseExplanation], lang: str) -> str:
    """The whole file. What the cases hold decides how much is on a page; nothing is loaded from elsewhere."""
    cases, say = list(cases), Say(lang)
    explanations = [e for case in cases for e in case.explanations]
    several = len(explanations) > 1
    sheets = [Sheet(e, say, 2 if several else 1) for e in explanations]
    papers = [page(sheet, f"p{i}") for i, sheet in enumerate(sheets, 1)]
    first = explanations[0].decision
    title = (
        say("summary")
        if several
        else f"{say.label(TITLES[first.outcome]).format(outcome(explanations[0], lang))} {first.subject.id} {first.title}".strip()
    )
    head = el(
        "head", el("meta", charset="utf-8"), el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title), el("style", _style(say)),
    )  # fmt: skip
    body = el("body", el("main", summary(cases, sheets, say) if several else None, papers))
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='zh-CN' if lang == 'zh' else 'en')}\n"


def _style(say: Say) -> Markup:
    """The style sheet, and the words that are printed in the margin of every sheet of paper."""
    css = (resources.files("policyengine") / "render" / "html" / "style.css").read_text("utf-8")
    number = '"' + say("page", '" counter(page) "', '" counter(pages) "') + '"'
    margins = "".join(
        f'@page {kind}-{say.lang} {{ @top-left {{ content: "{say(word)}"; }} @bottom-right {{ content: {number}; }} }}\n'
        for kind, word in (("draft", "draft"), ("what-if", "what_if"))
    )
    return Markup(f"\n{css}{margins}")


__all__ = ["draw"]
