"""The same steps and facts of many entities as tables: one row for each, so that a long list can be checked down its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policyengine.explanation import Input, Line, Term
from policyengine.render.html.markup import Child, Markup, el, join
from policyengine.render.html.words import Say

MOST_BESIDE = (
    6  # entities of one step that stand beside the words of the document; more become rows of a table
)


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above a column and in each of its rows, by the path of the entity."""

    label: str
    cells: dict[str, str]
    result: bool = False


def alike(lines: Sequence[Line]) -> bool:
    """Whether the formulas of all lines have the same shape, so that their values can stand in columns."""
    shapes = {tuple(None if term.label else term.text for term in line.terms) for line in lines}
    return len(shapes) == 1 and bool(lines[0].terms) and all(line.subject for line in lines)


def columns(lines: Sequence[Line]) -> list[Column]:
    """What differs from entity to entity in a formula, and what comes out."""
    found = [
        Column(_label(terms), {_path(line): term.text for line, term in zip(lines, terms, strict=True)})
        for terms in _positions(lines)
        if terms[0].label and _differs(terms)
    ]
    return [*found, Column(lines[0].label, {_path(line): line.value for line in lines}, True)]


def general(lines: Sequence[Line]) -> tuple[Term, ...]:
    """The formula of all lines: values that all share, and the names of those that are each one's own."""
    return tuple(
        Term(_label(terms), " ") if terms[0].label and _differs(terms) else terms[0]
        for terms in _positions(lines)
    )


def _positions(lines: Sequence[Line]) -> list[tuple[Term, ...]]:
    return list(zip(*(line.terms for line in lines), strict=True))


def _differs(terms: Iterable[Term]) -> bool:
    return len({term.text for term in terms}) > 1


def _label(terms: Iterable[Term]) -> str:
    """What most of the values are called, of two as many the later."""
    labels = [term.label for term in terms]
    return max(reversed(list(dict.fromkeys(labels))), key=labels.count)


def _path(line: Line) -> str:
    return line.subject.path if line.subject else ""


def rows(found: Iterable[Column], names: dict[str, str], head: str, caption: str) -> Markup:
    """The table of several columns; one that was there before is not repeated."""
    kept: list[Column] = []
    for column in found:
        if column not in kept:
            kept.append(column)
    top = [el("th", head, scope="col"), *(el("th", c.label, scope="col", class_="right") for c in kept)]
    body = [
        el("tr", el("th", name, scope="row"), [_cell(column, path) for column in kept])
        for path, name in names.items()
    ]
    return el(
        "table", el("caption", caption, class_="aloud"), el("thead", el("tr", top)), el("tbody", body),
        class_="many",
    )  # fmt: skip


def _cell(column: Column, path: str) -> Markup:
    text = column.cells.get(path, "")
    return el("td", el("b", text) if column.result else text, class_="right")


def facts(found: dict[str, list[Input]], names: dict[str, str], title: str, file: str, say: Say) -> Markup:
    """The facts of many entities of a kind: a column for each fact, and where those of a row were stated."""
    labels = {one.name: one for stated in found.values() for one in stated}
    top = [
        el("th", title, scope="col"),
        *(el("th", one.label, el("small", one.evidence) if one.evidence else None, scope="col") for one in labels.values()),
        el("th", say("place"), scope="col"),
    ]  # fmt: skip
    body = []
    for path, stated in found.items():
        by_name = {one.name: one for one in stated}
        cells: list[Child] = [_fact(by_name.get(name)) for name in labels]
        body.append(el("tr", el("th", names[path], scope="row"), cells, el("td", _places(stated, file, say))))
    return el(
        "table", el("caption", title), el("thead", el("tr", top)), el("tbody", body), class_="many facts-of-many"
    )  # fmt: skip


def _fact(one: Input | None) -> Markup:
    if one is None:
        return el("td")
    return el("td", one.value, class_=None if one.origin == "file" else "supposed")


def _places(stated: Iterable[Input], file: str, say: Say) -> str:
    """The lines where the facts of one entity stand, and what was given besides."""
    lines, others = list[int](), dict[str, None]()
    for one in stated:
        place = re.fullmatch(r"(.*):(\d+):\d+", one.place)
        if place is not None and place[1] == file:
            lines.append(int(place[2]))
        else:
            others[say.place(one.place, file)] = None
    first = ""
    if lines:
        span = str(min(lines)) if min(lines) == max(lines) else f"{min(lines)}–{max(lines)}"
        first = say("lines", span)
    return say.list([*([first] if first else []), *others])


def same(lines: Sequence[tuple[str, str, list[str]]], say: Say) -> Markup:
    """Values without a formula, each said once with all that have it. `lines`: name, value, notes."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, value, notes in lines:
        groups.setdefault((value, tuple(notes)), []).append(name)
    return join(
        el(
            "div", el("p", el("b", value)),
            el("p", ("；" if say.lang == "zh" else "; ").join(notes), class_="aside") if notes else None,
            el("p", say.list(names), class_="aside"),
            class_="row",
        )
        for (value, notes), names in groups.items()
    )  # fmt: skip


__all__ = ["MOST_BESIDE", "Column", "alike", "columns", "facts", "general", "rows", "same"]
