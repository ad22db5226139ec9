"""The cells of one row to facts, references and statements about relations, each mistake with its cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from policyengine import literals
from policyengine import model as m
from policyengine.case import Given
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.facts import NONE_WORDS, Reader
from policyengine.reading.decode import REFUSED, code_of, names
from policyengine.reading.node import Scalar
from policyengine.source import Span
from policyengine.tables.cells import BARE, Cell, Placed, Row
from policyengine.tables.headers import Column, Layout, unit_of
from policyengine.values import Known

SOME_WORDS = ("有", "some")
TOTALS = ("合计", "小计", "总计", "累计", "总计数", "total", "subtotal")
EXAMPLE = "示例"  # how the id of an example row of our own template begins
_EXPONENT = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
MAX_WHOLE = 15  # digits that a spreadsheet keeps
_MOST_KNOWN = 100_000  # cells whose value is kept


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says. Keys are `(reference, name)`, the reference "" for the row's own entity.

    `id`: as written, None where the row has none. `relations`: True where it says that there are some, False for none.
    """

    row: Row
    span: Span
    id: str | None
    id_span: Span
    facts: Mapping[tuple[str, str], Given]
    references: Mapping[str, tuple[str | None, Span]]
    relations: Mapping[tuple[str, str], tuple[bool, Span]]
    problems: tuple[Diagnostic, ...]


@dataclass(slots=True)
class EntryReader:
    """Reads the rows of one sheet. What a cell says of a fact is found once for all cells of a column that hold the same."""

    policy: m.Policy
    placed: Placed
    layout: Layout
    reader: Reader = field(init=False)
    by_column: Mapping[int, Column] = field(init=False)
    merged: Mapping[int, tuple[int, int]] = field(init=False)
    known: dict[tuple[int, Cell], Known | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reader = Reader(self.policy.units)
        self.by_column = {column.index: column for column in self.layout.columns}
        self.merged = dict(self._merged())

    def _merged(self) -> dict[int, tuple[int, int]]:
        """Rows that a merged range leaves without a value of their own: the row and column where the value stands."""
        used = {c.index for c in self.layout.columns if c.target.use != "carried"}
        found: dict[int, tuple[int, int]] = {}
        numbers = [row.number for row in self.placed.sheet.rows]
        for merge in self.placed.sheet.merges:
            if not any(merge.left <= column <= merge.right for column in used):
                continue
            wide = merge.right > merge.left and sum(merge.left <= c <= merge.right for c in used) > 1
            for number in numbers:
                if max(merge.top + (not wide), self.layout.header_row + 1) <= number <= merge.bottom:
                    found[number] = (merge.top, merge.left)
        return found

    def kind_of_row(self, row: Row) -> str:
        """`blank`, `example`, `total` or `entry`."""
        used = [
            row.cells[i] for i, c in self.by_column.items() if i in row.cells and c.target.use != "carried"
        ]
        if not row.cells:
            return "blank"
        first = _plain(row.cells[min(row.cells)].text)
        if first.startswith(EXAMPLE):
            return "example"
        words = [_plain(cell.text) for cell in row.cells.values() if cell.kind == "text"]
        if any(word.replace(" ", "").rstrip(":：").casefold() in TOTALS for word in words):
            return "total"
        return "entry" if used or row.cells else "blank"

    def read(self, row: Row) -> Entry:
        """The row as an entry; what is wrong with it stands in `problems`."""
        problems: list[Diagnostic] = []
        facts: dict[tuple[str, str], Given] = {}
        references: dict[str, tuple[str | None, Span]] = {}
        relations: dict[tuple[str, str], tuple[bool, Span]] = {}
        id_: str | None = None
        spans = dict(self.placed.spans(row))
        start = id_span = next(iter(spans.values()))
        if row.number in self.merged:
            top, _ = self.merged[row.number]
            problems.append(diagnostic("table-merged", start, row=row.number, top=top))
        for index, cell in row.cells.items():
            column, span = self.by_column.get(index), spans[index]
            if column is not None and (index, cell) in self.known:
                value = self.known[index, cell]
                facts[column.target.via, column.target.name] = Given(value, cell.text.strip(), span)
                continue
            if column is None:
                problems.append(diagnostic("table-beyond-header", span, text=cell.text))
                continue
            target = column.target
            if target.use == "carried":
                continue
            wrong = self._cell(cell, column, span)
            if wrong is not None:
                problems.append(wrong)
            elif target.use == "fact":
                value, found = self._fact(self.policy.facts[target.name], cell, column, span)
                problems += found
                if not found:
                    facts[target.via, target.name] = Given(value, cell.text.strip(), span)
                    if len(self.known) < _MOST_KNOWN:
                        self.known[index, cell] = value
            elif target.use == "relation":
                said = _relation(cell.text)
                if said is None:
                    problems.append(
                        diagnostic("table-relation-word", span, name=column.header, text=cell.text)
                    )
                else:
                    relations[target.via, target.name] = (said, span)
            else:
                word, found = self._id(cell, column, span)
                problems += found
                if target.use == "id":
                    id_, id_span = word, span
                elif word is not None:
                    optional = self.policy.entities[target.entity].references[target.name].optional
                    references[target.name] = (None if optional and word in NONE_WORDS else word, span)
        return Entry(row, start, id_, id_span, facts, references, relations, tuple(problems))

    def _cell(self, cell: Cell, column: Column, span: Span) -> Diagnostic | None:
        """What makes a cell unreadable, whatever it should hold."""
        if cell.kind == "error":
            return diagnostic("table-error-cell", span, name=column.header, text=cell.text)
        if cell.kind == "formula":
            return diagnostic("table-formula-without-result", span, name=column.header)
        hidden = REFUSED.search(cell.text)
        if hidden is not None:
            return diagnostic(code_of(hidden.group()), span, **names(hidden.group()))
        return None

    def _fact(
        self, fact: m.Fact, cell: Cell, column: Column, span: Span
    ) -> tuple[Known | None, list[Diagnostic]]:
        text = _plain(cell.text)
        if fact.type.quantity and text:
            text, wrong = self._with_unit(fact, cell, column, text, span)
            if wrong is not None:
                return None, [wrong]
        elif fact.type.kind == "text" and self._lost(cell, text):
            return None, [diagnostic("table-number-as-text", span, name=column.header, text=cell.text)]
        elif fact.type.kind == "text":
            text = cell.text  # as written: names keep their full-width brackets
        return self.reader.fact(fact, Scalar(text, text, span))

    def _with_unit(
        self, fact: m.Fact, cell: Cell, column: Column, text: str, span: Span
    ) -> tuple[str, Diagnostic | None]:
        """A quantity with its unit, which the header or the cell states; where both do, they must agree."""
        unit = column.unit
        if cell.format and cell.format not in unit:
            return text, diagnostic("table-number-format", span, name=column.header, text=cell.text, format=cell.format)  # fmt: skip
        if BARE.fullmatch(text):
            needs = bool(unit_of(fact))
            return (f"{text}{unit}" if unit and needs else text), None
        if unit:
            read = literals.quantity(text, self.reader.units)
            if isinstance(read, literals.Quantity) and read.unit is not None and read.unit.name != unit:
                return text, diagnostic("table-unit-in-cell", span, name=column.header, text=text, unit=read.unit.name, want=unit)  # fmt: skip
        return text, None

    def _lost(self, cell: Cell, text: str) -> bool:
        """Whether a code has gone through a number, so that digits may be lost."""
        return cell.kind == "number" or _EXPONENT.fullmatch(text) is not None

    def _id(self, cell: Cell, column: Column, span: Span) -> tuple[str | None, list[Diagnostic]]:
        """An id as written; numbers only as far as a spreadsheet keeps every digit."""
        text = _plain(cell.text)
        whole = text.isdigit() and len(text) <= MAX_WHOLE
        if self._lost(cell, text) and not (cell.kind == "number" and whole):
            return None, [diagnostic("table-number-as-text", span, name=column.header, text=cell.text)]
        if len(text) > 100 or any(c in text for c in "./ \n") or not text.isprintable():
            return None, [diagnostic("bad-id", span, id=text)]
        return text or None, []


def _relation(text: str) -> bool | None:
    word = _plain(text)
    return False if word in NONE_WORDS else True if word in SOME_WORDS else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def bare_number() -> str:
    """What a number without a unit looks like, as a pattern."""
    return BARE.pattern


def bare_share(sheet_rows: tuple[Row, ...], layout: Layout, column: Column) -> tuple[int, int, Row | None]:
    """Of a column's filled cells: how many are bare numbers, how many there are, and the first bare one's row."""
    bare, filled, first = 0, 0, None
    for row in sheet_rows:
        if row.number > layout.header_row and column.index in row.cells:
            filled += 1
            if BARE.fullmatch(_plain(row.cells[column.index].text)):
                bare += 1
                first = first or row
    return bare, filled, first
