"""The page 逐笔说明: one block a decision, the lines that `explain` prints, with links to and from its row in 明细."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import takewhile

from policyengine import explaining
from policyengine.diagnostics import Lang
from policyengine.explanation import Explanation
from policyengine.render import blocks as b
from policyengine.tables.batch import Batch, Done
from policyengine.tables.pages import Column, Line, Page, Prose

MOST = 100  # decisions that are explained in the workbook; each costs about as much as deciding four


def at_hand(batch: Batch) -> tuple[Done, ...]:
    """The first decisions that can be explained in the world of a batch, `MOST` at most."""
    world = batch.decided.world
    there = world.entities[world.plans.last.application.entity]
    return tuple(takewhile(lambda item: item.decision.subject.id in there, batch.done[:MOST]))


def explained(batch: Batch, done: Collection[Done], lang: Lang) -> Iterator[Explanation]:
    """The explanations of some rows of a batch, in their order, with conditions and steps."""
    decisions = tuple(item.decision for item in done)
    part = replace(batch.decided, decision=replace(batch.decided.decision, decisions=decisions, results=()))
    found = explaining.explain(part, lang, None, "steps", whatif=False).explanations
    return (replace(e, if_granted=item.if_granted) for e, item in zip(found, done, strict=True))


def told(batch: Batch, details: Page, lang: Lang) -> tuple[Page, Prose]:
    """The page 明细 with links to the blocks, and the blocks with links back.

    Of more than `MOST` decisions the first are explained, and the page says how to get the others. What columns decided
    has no world to explain it in; whoever wants these explained has the first decided one by one.
    """
    zh = lang == "zh"
    title = "逐笔说明" if zh else "explanations"
    at = next(i for i, column in enumerate(details.columns) if column.header in ("编号", "id"))
    lines: list[Line] = []
    links: list[str] = []
    shown = at_hand(batch)
    if len(batch.done) > len(shown):
        lines.append(Line("note", "", _more(len(batch.done), len(shown), zh)))
    for i, explanation in enumerate(explained(batch, shown, lang)):
        links.append(f"'{title}'!A{len(lines) + 2}")
        back = f"'{details.title}'!{_letter(at)}{i + 2}"
        lines += block(explanation, lang, back)
        lines.append(Line("text", "", ""))
    columns = (
        Column("序（点编号回到明细）" if zh else "no. (an id leads back)"),
        Column("说明" if zh else "explanation", "long"),
        Column("条款" if zh else "clause", "long"),
    )
    return replace(details, links=tuple(links), link_column=at), Prose(title, columns, tuple(lines))


def _letter(column: int) -> str:
    return chr(65 + column)


def _more(number: int, shown: int, zh: bool) -> str:
    how = "policyengine explain 本文件.xlsx --id 编号" if zh else "policyengine explain THIS.xlsx --id ID"
    if not shown:
        return (
            f"共{number}件，太长，这里没有写。要看哪一件：{how}"
            if zh
            else f"{number} in all, too many to be explained here. Any one: {how}"
        )
    if zh:
        return f"共{number}件，这里只写前{shown}件。其余的一件一件看：{how}"
    return f"{number} in all; the first {shown} are explained here. Any other: {how}"


def block(e: Explanation, lang: Lang, back: str = "") -> Iterator[Line]:
    """The lines of one decision: its id and title, then what `explain` says, each with the place that it rests on."""
    between = "　" if lang == "zh" else "  "
    d = e.decision
    for item in b.blocks(e, "steps", lang):
        match item:
            case b.Heading(level=1, text=text):
                yield Line("title", d.subject.id, text, link=back)
            case b.Heading(text=text):
                yield Line("head", "", text)
            case b.Paragraph(text=text):
                yield Line("text", "", text)
            case b.Item():
                yield from _item(item)
            case b.Pairs(rows=rows):
                yield from (
                    Line("text", "", f"{name}{'：' if lang == 'zh' else ': '}{text}") for name, text in rows
                )
            case b.Table(head=head, rows=rows):
                yield from (Line("text", "", between.join(cells)) for cells in (head, *rows))


def _item(item: b.Item) -> Iterator[Line]:
    """A line with the places of the clauses beside it, and what is said besides below it."""
    places = dict.fromkeys(q.place.strip().strip("〔〕[]") for q in item.below if isinstance(q, b.Quote))
    yield Line("text", item.mark, item.text, "；".join(places))
    for below in item.below:
        if isinstance(below, str):
            yield Line("text", "", f"　{below}")
