"""The XML parts of a workbook, read as a stream: cells with formulas, errors, dates, hidden rows and merged ranges.

One pass sees all that matters, at a bounded depth and memory: bytes are counted as they are inflated, entity
declarations are refused, and what the file says of its own size is not believed.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any
from xml.parsers import expat

from policyengine.tables.cells import MAX_CELL, MAX_COLUMNS, Cell, Merge, Row, number_text, percent
from policyengine.tables.plainrows import Cells, others, unescaped

CHUNK = 1 << 16
MAX_INFLATED = 1 << 29  # bytes of one part
MAX_RATIO = 250  # inflated to stored, for what is large
LARGE = 1 << 24
MAX_STRINGS = 1 << 26  # characters of the shared texts
MAX_CELLS = 4_000_000  # filled ones of a sheet
_ALIKE = 100_000  # different cells that are kept once however often they stand
_ODD = Cell("error", "")  # stands for a cell that is not plain
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_DATE_IDS = {14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58}
_PERCENT_IDS = {9, 10}


class Refused(ValueError):
    """Why a part is not read, as a pair of words."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def inflated(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The bytes of a part, counted."""
    info = archive.getinfo(name)
    total = 0
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if total > MAX_INFLATED or (total > LARGE and total > MAX_RATIO * max(info.compress_size, 1)):
                    raise Refused(
                        "展开以后大得不正常（可能是恶意文件）",
                        "it inflates to an abnormal size (a zip bomb?)",
                    )
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Refused("文件已损坏或加了密", "the file is damaged or encrypted") from error


def parse(
    chunks: Iterator[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Drive handlers over a part; names come without their prefix. Raises Refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK

    def doctype(*_: Any) -> None:
        raise Refused(
            "含有实体声明（DOCTYPE），表格文件里不该有",
            "it declares entities (DOCTYPE), which no workbook needs",
        )

    def first(name: str, attributes: dict[str, str]) -> None:
        """Most files have no prefixes: then the handlers are called as they are, which is quicker."""
        parser.StartElementHandler, parser.EndElementHandler = start, end
        if ":" in name:
            parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
            parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
        start(name.rpartition(":")[2], attributes)

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = first
    parser.CharacterDataHandler = text
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except Refused:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:  # of numbers and encodings that are none
        raise Refused("内部的XML不完整", "its XML is broken") from error


def shared_strings(chunks: Iterator[bytes]) -> list[str]:
    """The texts that cells refer to by number; phonetic hints are left out."""
    found: list[str] = []
    pieces: list[str] = []
    state = {"reading": False, "phonetic": 0, "total": 0}

    def start(name: str, _: dict[str, str]) -> None:
        if name == "si":
            pieces.clear()
        elif name == "rPh":
            state["phonetic"] += 1
        elif name == "t":
            state["reading"] = not state["phonetic"]

    def end(name: str) -> None:
        if name == "si":
            found.append("".join(pieces))
        elif name == "rPh":
            state["phonetic"] -= 1
        elif name == "t":
            state["reading"] = False

    def text(piece: str) -> None:
        if state["reading"]:
            state["total"] += len(piece)
            if state["total"] > MAX_STRINGS:
                raise Refused("文字太多", "it holds too much text")
            pieces.append(piece)

    parse(chunks, start, end, text)
    return found


@dataclass(frozen=True, slots=True)
class Styles:
    """What the number format of each style means: `date`, `percent`, a unit it shows, or ""."""

    kinds: tuple[str, ...] = ()

    def of(self, style: str) -> str:
        index = int(style) if style.isascii() and style.isdigit() else 0
        return self.kinds[index] if index < len(self.kinds) else ""


def styles(chunks: Iterator[bytes]) -> Styles:
    """The styles part."""
    codes: dict[str, str] = {}
    formats: list[str] = []
    state = {"cells": False}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            state["cells"] = True
        elif name == "xf" and state["cells"]:
            formats.append(attributes.get("numFmtId", "0"))

    def end(name: str) -> None:
        if name == "cellXfs":
            state["cells"] = False

    parse(chunks, start, end, lambda _: None)
    return Styles(tuple(_format(id_, codes.get(id_)) for id_ in formats))


def _format(id_: str, code: str | None) -> str:
    number = int(id_) if id_.isascii() and id_.isdigit() else 0
    if code is None:
        return "date" if number in _DATE_IDS else "percent" if number in _PERCENT_IDS else ""
    first = code.split(";")[0]
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", first)
    if re.search(r"[yYdD]", bare) or (re.search(r"[mM]", bare) and re.search(r"[年月日]", first)):
        return "date"
    if "%" in bare:
        return "percent"
    if re.search(r"[0#?]\s*,+(\.|$|\s|[^0#?,.])", bare):
        return "千"  # a comma behind the digits divides by a thousand
    return next((word for word in ("亿", "万") if word in first), "")


@dataclass(slots=True)
class SheetReader:
    """Handlers that collect one sheet."""

    strings: list[str]
    styles: Styles
    epoch: date
    rows: dict[int, Row] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    formulas: int = 0
    _alike: dict[Cell, Cell] = field(default_factory=dict)
    _plain: dict[str | tuple[str, str, str], Cell | None] = field(default_factory=dict)
    _count: int = 0
    _row: int = 0
    _cells: dict[int, Cell] = field(default_factory=dict)
    _hidden: bool = False
    _column: int = 0
    _attributes: Mapping[str, str] = field(default_factory=dict)
    _value: list[str] = field(default_factory=list)
    _length: int = 0
    _formula: bool = False
    _stored: bool = False
    _into: str = ""

    def read(self, chunks: Iterator[bytes]) -> None:
        parse(others(chunks, self.take), self.start, self.end, self.text)

    def take(self, number: int, hidden: bool, cells: Cells) -> bool:
        """A row in plain spelling; False where one of its cells has to be looked at as XML."""
        made: dict[int, Cell] = {}
        count, plain = 0, self._plain
        for name, style, kind, stored, text in cells:
            if not name:
                return False
            value = stored or text
            key = value if kind == "inlineStr" else (kind, style, value)
            cell = plain.get(key, _ODD)
            if cell is _ODD:
                cell = self.plain(kind, style, value)
                if cell is _ODD:
                    return False
                if len(plain) < _ALIKE:
                    plain[key] = cell
            if cell is not None:
                column = _known_column(name)
                if column > MAX_COLUMNS:
                    return False
                made[column] = cell
                count += 1
        self._row, self._cells, self._hidden = number, made, hidden
        self.counted(count)
        self.end("row")
        return True

    def plain(self, kind: str, style: str, value: str) -> Cell | None:
        """What a cell without a formula holds, whatever its place; `_ODD` where its text is not plain."""
        found = value if "&" not in value else unescaped(value)
        if found is None or len(found) > MAX_CELL:
            return _ODD
        if kind == "inlineStr":
            return Cell("text", found) if found.strip() else None
        self._attributes, self._column = {"t": kind or "n", "s": style or "0"}, 0
        self._formula, self._stored = False, True
        return self.cell(found)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._column = self.column(attributes.get("r", ""))
            self._attributes, self._value, self._length = attributes, [], 0
            self._formula = self._stored = False
        elif name in ("v", "t"):
            self._into, self._stored = name, True
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isascii() and number.isdigit() else self._row + 1
            self._cells, self._column = {}, 0
            self._hidden = attributes.get("hidden") in ("1", "true")
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._into = ""
        elif name == "mergeCell":
            self.merge(attributes.get("ref", ""))
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            self.hidden_columns.append((int(attributes.get("min", "0")), int(attributes.get("max", "0"))))

    def text(self, piece: str) -> None:
        if self._into:
            self._length += len(piece)
            if self._length > MAX_CELL:
                raise Refused(
                    f"第{self._row}行有一格文字太长", f"a cell of row {self._row} holds too much text"
                )
            self._value.append(piece)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._into = ""
        elif name == "c":
            cell = self.cell("".join(self._value))
            if cell is not None:
                self._cells[self._column] = self.once(cell)
        elif name == "row":
            if self._row in self.rows:
                raise Refused(f"第{self._row}行写了两次", f"row {self._row} is written twice")
            if self._cells:
                self.rows[self._row] = Row(self._row, self._cells, self._hidden)

    def once(self, cell: Cell) -> Cell:
        """The cell, or one like it that is there already; Refused where a sheet holds too many."""
        self.counted(1)
        if len(self._alike) < _ALIKE:
            return self._alike.setdefault(cell, cell)
        return self._alike.get(cell, cell)

    def counted(self, cells: int) -> None:
        self._count += cells
        if self._count > MAX_CELLS:
            raise Refused("一张表里的格子太多，请存成 CSV", "a sheet holds too many cells; save it as CSV")

    def column(self, reference: str) -> int:
        """The column of a cell; cells without a reference follow one another."""
        name = reference.rstrip("0123456789")
        return _known_column(name) if name else self._column + 1

    def merge(self, reference: str) -> None:
        corners = [_REFERENCE.fullmatch(part) for part in reference.split(":")]
        if len(corners) == 2 and corners[0] and corners[1]:
            (left, top), (right, bottom) = (
                (column_number(c[1]), int(c[2])) for c in corners if c is not None
            )
            self.merges.append(Merge(top, left, bottom, right))

    def cell(self, value: str) -> Cell | None:
        """What the cell that has just ended holds; None where it is blank."""
        kind = self._attributes.get("t", "n")
        self.formulas += self._formula
        if self._formula and (not self._stored or (value == "" and kind != "str")):
            return Cell("formula", "（公式）", formula=True)
        if kind == "s":
            if not (value.isascii() and value.isdigit() and int(value) < len(self.strings)):
                raise Refused("内部的文字表缺了一块", "a part of its texts is missing")
            value, kind = self.strings[int(value)], "str"
        if value == "" or (kind in ("str", "inlineStr") and not value.strip()):
            return None
        if self._column > MAX_COLUMNS:
            return Cell("text", value, formula=self._formula)
        match kind:
            case "str" | "inlineStr":
                return Cell("text", value, formula=self._formula)
            case "b":
                return Cell("bool", "true" if value == "1" else "false", formula=self._formula)
            case "e":
                return Cell("error", value, formula=self._formula)
            case "d":
                return Cell("date", value.removesuffix("T00:00:00"), formula=self._formula)
        return self.number(value)

    def number(self, value: str) -> Cell:
        try:
            digits = number_text(value)
        except ValueError:
            return Cell("error", value, formula=self._formula)
        meaning = self.styles.of(self._attributes.get("s", "0"))
        if meaning == "date":
            return Cell("date", self.day(digits), formula=self._formula)
        if meaning == "percent":
            return Cell("number", percent(digits), formula=self._formula)
        return Cell("number", digits, meaning, self._formula)

    def day(self, serial: str) -> str:
        """The day of a serial number; with a time of day where it has a part of a day."""
        whole, _, part = serial.partition(".")
        days = int(whole)
        first = self.epoch == FIRST_1900
        if days < (61 if first else 0) or days > 2_958_465:
            return serial  # before 1 March 1900 spreadsheets miscount
        day = self.epoch + timedelta(days=days)
        return day.isoformat() if not part else f"{day.isoformat()}（带时刻）"


FIRST_1900 = date(1899, 12, 30)
FIRST_1904 = date(1904, 1, 1)


@cache
def _known_column(name: str) -> int:
    if not re.fullmatch(r"[A-Z]{1,3}", name):
        raise Refused("有一格的位置看不懂", "the place of a cell is not understood")
    return column_number(name)


def column_number(name: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for char in name:
        number = number * 26 + ord(char) - 64
    return number
