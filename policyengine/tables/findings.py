"""核查提示: what a person should look at in a decided batch, found from the shape of the policy and not from its words.

The signs of single applications (`signs`) gathered, and what shows only over several rows: more than one of a firm and
year, one document twice, rows that disagree. Each finding names its rows and its clause.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policyengine import clauses
from policyengine.diagnostics import Lang
from policyengine.model import Cited, Label, Policy
from policyengine.signs import Cap, Seen, Signs
from policyengine.tables.batch import Batch, Done, Set
from policyengine.tables.headers import Layout
from policyengine.tables.pages import Column, Page

_NOTHING = Cited()
_NUMBERED = re.compile(
    "(发票|项目|合同|备案|核准|立项|订单|凭证).*(号|代码|编码|号码)$|invoice.*(no|number)", re.I
)
_SEVERAL = re.compile(r"[\s、,，;；/]+")


Place = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Look:
    """One decided row as findings need it: where it stands, what there is to look at, and the numbers of documents in it,
    each with the header of its column."""

    place: Place
    seen: Seen
    numbers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at: of what kind, in words, by which clause, in which rows (the sheet's title, row, id)."""

    code: str
    label: Label
    cited: Cited
    rows: tuple[Place, ...]


def findings(batch: Batch) -> tuple[Finding, ...]:
    """All findings of a batch, of rows that were decided and of rows set aside."""
    return gathered(batch.signs, map(look, batch.done), batch.rejected)


def look(done: Done) -> Look:
    """A decided row as findings need it."""
    place = done.part.placed.sheet.title, done.row.number, done.decision.subject.id
    cells = ((header, done.row.cells.get(index)) for index, header in numbered(done.part.layout))
    return Look(place, done.seen, documents((header, cell.text if cell else None) for header, cell in cells))


def numbered(layout: Layout) -> list[tuple[int, str]]:
    """The columns with numbers of documents that the policy does not ask for, each with its header."""
    return [
        (column.index, column.header)
        for column in layout.columns
        if column.target.use == "carried" and _NUMBERED.search(column.header)
    ]


def documents(cells: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    """The numbers in cells, of which one may hold several, each with its header."""
    return tuple(
        (header, number) for header, text in cells for number in _SEVERAL.split(text or "") if number
    )


def gathered(signs: Signs, looks: Iterable[Look], rejected: Iterable[Set]) -> tuple[Finding, ...]:
    """The findings of rows, in the order of the rows."""
    groups: list[dict[str, list[Place]]] = [defaultdict(list) for _ in signs.together]
    documents: dict[tuple[str, str], dict[Place, None]] = defaultdict(dict)
    signed: dict[tuple[str, str], dict[Place, None]] = defaultdict(dict)
    words: dict[tuple[str, str], tuple[Label, Cited]] = {}
    for look in looks:
        for group, key in zip(groups, look.seen.groups, strict=True):
            if key is not None:
                group[key].append(look.place)
        for number in look.numbers:
            documents[number][look.place] = None
        for i in look.seen.signs:
            sign = signs.all[i]
            if not isinstance(sign, Cap):  # counted with the clauses
                signed[sign.code, sign.name][look.place] = None
                words[sign.code, sign.name] = sign.label, sign.cited
    found = [
        Finding(code, *words[code, name], tuple(signed[code, name]))
        for code, name in sorted(signed, key=lambda key: _ORDER.index(key[0]))
    ]
    return (*_several(signs, groups), *_twice(documents), *found, *_differ(rejected))


_ORDER = ("close-to-threshold", "close-to-share", "bonus-without-evidence")


def _several(signs: Signs, groups: list[dict[str, list[Place]]]) -> Iterator[Finding]:
    """Applications that a rank of the policy holds against each other."""
    for rank, group in zip(signs.together, groups, strict=True):
        for places in group.values():
            if len(places) > 1:
                label = Label(
                    f"{rank.label.zh}相同的有{len(places)}件，要排先后、看个数",
                    f"{len(places)} of the same {rank.label('en')}: their order and number matter",
                )
                yield Finding("several-in-a-group", label, rank.cited, tuple(places))


def _twice(documents: dict[tuple[str, str], dict[Place, None]]) -> Iterator[Finding]:
    """Numbers of documents that stand in several rows."""
    for (header, number), places in documents.items():
        if len(places) > 1:
            label = Label(
                f"“{header}”{number}在{len(places)}行里都有",
                f"“{header}” {number} stands in {len(places)} rows",
            )
            yield Finding("same-number", label, _NOTHING, tuple(places))


# --- one firm said to be two things ---


def _differ(rejected: Iterable[Set]) -> Iterator[Finding]:
    """Rows set aside because they say different things of one entity."""
    groups: dict[str, dict[Place, Label]] = defaultdict(dict)
    for item in rejected:
        for d in item.why:
            if d.code == "table-rows-disagree":
                place = (item.part.placed.sheet.title, item.row.number, "")
                groups[d.message("zh")][place] = Label(d.message("zh"), d.message("en"))
    for rows in groups.values():
        yield Finding("rows-disagree", next(iter(rows.values())), _NOTHING, tuple(rows))


# --- as a page ---


def page(policy: Policy, found: Iterable[Finding], lang: Lang) -> Page:
    """核查提示: every row of every finding, with how many rows the finding has."""
    zh = lang == "zh"
    rows = []
    for finding in found:
        cites = "、".join(clauses.short(policy, cite, lang) for cite in finding.cited.cites)
        head = finding.label(lang), len(finding.rows)
        rows += [(*head, title, number, id_, cites, finding.code) for title, number, id_ in finding.rows]
    columns = (
        Column("提示" if zh else "finding", "long"), Column("共几行" if zh else "rows in all", "count"), Column("表" if zh else "sheet"),
        Column("行号" if zh else "row", "count"), Column("编号" if zh else "id"), Column("条款" if zh else "clause"), Column("代码" if zh else "code"),
    )  # fmt: skip
    return Page("核查提示" if zh else "findings", columns, tuple(rows))


def places(finding: Finding, lang: Lang, most: int) -> str:
    """The first `most` rows of a finding, `第3行P2`."""
    rows = finding.rows[:most]
    if lang == "zh":
        shown = "、".join(f"第{number}行{id_}" for _, number, id_ in rows)
    else:
        shown = ", ".join(f"row {number} {id_}".strip() for _, number, id_ in rows)
    return shown + ("……" if len(rows) < len(finding.rows) else "")
