"""A table as its file holds it: cells with their kind, rows with their numbers, and places as a spreadsheet names them.

Whatever the format of the file, what comes after works on these records. A row or cell that is not there is blank.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from policyengine.exact import CONTEXT
from policyengine.model import Label
from policyengine.source import Source, Span

CellKind = Literal["text", "number", "date", "bool", "error", "formula"]
BARE = re.compile(r"-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?")  # a number without a unit
_STORED = re.compile(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]{1,3})?")
MAX_COLUMNS = 1_024
MAX_CELL = 32_767  # characters, as Excel has it


class Cell(NamedTuple):
    """What a cell holds. `text` is what it says: digits of a number, `2021-06-01` of a day, `true`, `#N/A`.

    `kind` formula: a formula whose result was not stored. `format`: a unit that the number format shows
    (万, 亿), "" for none. `formula`: the value is the stored result of a formula.
    """

    kind: CellKind
    text: str
    format: str = ""
    formula: bool = False


class Row(NamedTuple):
    """A row by its number in the file (from 1); `cells` by column (from 1), blank ones left out."""

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False


class Merge(NamedTuple):
    """A merged range, corners included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file. `title` is the sheet's name, or the file's where it holds one table only.

    `notes`: what a reader should know (the encoding found, hidden rows).
    """

    file: str
    title: str
    rows: tuple[Row, ...]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    workbook: bool = False
    notes: tuple[Label, ...] = ()

    @property
    def name(self) -> str:
        """How people refer to it: `申报汇总.xlsx > 2022`."""
        return f"{self.file} > {self.title}" if self.workbook else self.file


def number_text(stored: str) -> str:
    """The digits of a number as a spreadsheet stores it: `1.1000000000000001` was typed as 1.1.

    Spreadsheets keep binary numbers and write up to 17 digits of them; the shortest decimal that is the same
    binary number is what was typed. ValueError where it is no finite number.
    """
    if not _STORED.fullmatch(stored):
        raise ValueError(stored)
    typed = Decimal(repr(float(stored)))
    if not typed.is_finite():
        raise ValueError(stored)
    text = format(typed, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(digits: str) -> str:
    """A number that is shown as per cent: 0.03 is `3%`."""
    return f"{format(CONTEXT.multiply(Decimal(digits), Decimal(100)).normalize(), 'f')}%"


def letters(column: int) -> str:
    """The name of a column: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def address(row: int, column: int) -> str:
    """`C5`."""
    return f"{letters(column)}{row}"


@dataclass(frozen=True, slots=True)
class Grid(Source):
    """A sheet as a source of spans: the text of its rows, in which every cell has a place such as `表.xlsx > 项目!C5`.

    `numbers`: the row number of each line of the text; the cells of a line are divided by tabs.
    """

    numbers: tuple[int, ...] = ()
    offsets: tuple[int, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", self.offsets)

    def cell(self, offset: int) -> tuple[int, int]:
        """The row number and column of a character."""
        line = bisect_right(self.offsets, offset) - 1
        return self.numbers[line], self.text.count("\t", self.offsets[line], offset) + 1

    def position(self, offset: int) -> tuple[int, int]:
        """The row and the column of the table, which is what people see as its lines and columns."""
        return self.cell(offset) if self.numbers else (1, 1)

    def place(self, offset: int) -> str:
        if not self.numbers:
            return self.name
        return f"{self.name}{'!' if ' > ' in self.name else ' '}{address(*self.cell(offset))}"

    def shown(self, span: Span) -> tuple[str, str, int]:
        return "", self.text[span.start : span.end], 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A sheet with the grid that gives its cells their places."""

    sheet: Sheet
    grid: Grid
    lines: Mapping[int, int] = field(repr=False)

    def spans(self, row: Row) -> Iterator[tuple[int, Span]]:
        """The span of each cell of a row, by column."""
        offset = self.grid.offsets[self.lines[row.number]]
        for column in range(1, max(row.cells, default=0) + 1):
            cell = row.cells.get(column)
            length = len(cell.text) if cell else 0
            if cell:
                yield column, Span(self.grid, offset, offset + length)
            offset += length + 1

    def span(self, row: Row, column: int = 0) -> Span:
        """The place of one cell; of the row's first where it has none there."""
        spans = dict(self.spans(row))
        if column in spans:
            return spans[column]
        start = self.grid.offsets[self.lines[row.number]]
        return next(iter(spans.values()), Span(self.grid, start, start))

    def whole(self) -> Span:
        """The sheet as such."""
        return whole_file(self.sheet.name)


def whole_file(name: str) -> Span:
    """A file or sheet as such, whose place is its name."""
    return Grid(name, "").whole()


def placed(sheet: Sheet) -> Placed:
    """A sheet with places for its cells."""
    pieces: list[str] = []
    offsets: list[int] = []
    at = 0
    for row in sheet.rows:
        offsets.append(at)
        line = _line(row)
        pieces.append(line)
        at += len(line)
    numbers = tuple(row.number for row in sheet.rows)
    grid = Grid(sheet.name, "".join(pieces), numbers, tuple(offsets))
    return Placed(sheet, grid, {number: line for line, number in enumerate(numbers)})


def _line(row: Row) -> str:
    cells = row.cells
    texts = [cells[c].text if c in cells else "" for c in range(1, max(cells, default=0) + 1)]
    line = "\t".join(texts)
    if "\n" in line or "\r" in line or line.count("\t") >= max(1, len(texts)):
        line = "\t".join(map(_one_line, texts))
    return line + "\n"


def _one_line(text: str) -> str:
    """Of the same length, without what divides cells and rows."""
    return text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
