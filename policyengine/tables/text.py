"""CSV and TSV to rows: the encoding found and said, broken quotes refused, every record with the number that a spreadsheet shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from policyengine.diagnostics import CaseError, diagnostic
from policyengine.model import Label
from policyengine.tables.cells import MAX_CELL, MAX_COLUMNS, Cell, Row, Sheet, address, whole_file

ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "utf-16": "utf-16"}  # fmt: skip
_SHOWN = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}
_COMMON = 9, 10  # how much of a GB18030 text is in everyday use, if it is one


def read_text(
    data: bytes, name: str, title: str, encoding: str = "auto", delimiter: str = ",", most: int = 0
) -> Sheet:
    """The table of a CSV file. `encoding`: auto or a key of `ENCODINGS`; `most`: how many rows are enough, 0 for all.

    Raises CaseError.
    """
    text, found, mark = decode(data, name, encoding)
    if most:  # the first lines hold them, unless cells go over several
        text = text[: _end(text, most)]
    rows = tuple(islice(_records(text, name, delimiter), most or None))
    words = _SHOWN[found] + ("（带BOM）" if mark else "")
    english = _SHOWN[found] + (" with BOM" if mark else "")
    told = encoding != "auto"
    notes = [
        Label(
            f"编码 {words}{'（按 --encoding）' if told else ''}",
            f"encoding {english}{' as told' if told else ''}",
        )
    ]
    broken = [address(row.number, c) for row in rows for c, cell in row.cells.items() if "\n" in cell.text]
    if broken:
        shown = "、".join(broken[:5]) + ("……" if len(broken) > 5 else "")
        notes.append(
            Label(
                f"{len(broken)}格里有换行（{shown}），请看看引号是不是配对",
                f"{len(broken)} cells hold line breaks ({shown}); see whether quotes are paired",
            )
        )
    return Sheet(name, title, rows, notes=tuple(notes))


def _end(text: str, lines: int) -> int:
    """Where some lines end."""
    at = 0
    for _ in range(lines):
        at = text.find("\n", at) + 1
        if not at:
            return len(text)
    return at


def decode(data: bytes, name: str, encoding: str) -> tuple[str, str, bool]:
    """The text, its encoding, and whether it began with a mark. UTF-8 and GB18030 are told apart, others refused."""
    mark = data.startswith(b"\xef\xbb\xbf")
    if encoding != "auto":
        codec = ENCODINGS[encoding]
        try:
            return data.decode("utf-8-sig" if codec == "utf-8" else codec), codec, mark
        except UnicodeDecodeError as error:
            raise _undecodable(data, name, error.start) from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), "utf-16", True
        except UnicodeDecodeError as error:
            raise _undecodable(data, name, error.start) from error
    try:
        return data.decode("utf-8-sig"), "utf-8", mark
    except UnicodeDecodeError as error:
        text = None if mark else _gb18030(data)
        if text is None:
            raise _undecodable(data, name, error.start) from error
        return text, "gb18030", False


def _gb18030(data: bytes) -> str | None:
    """The text, if nearly all of it is in everyday use; bytes of other encodings come out as rare characters."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [c for c in text if c > "\x7f"]
    common = sum(1 for c in foreign if _in_gb2312(c))
    return text if foreign and common * _COMMON[1] >= len(foreign) * _COMMON[0] else None


def _in_gb2312(char: str) -> bool:
    return bool(char.encode("gb2312", "ignore"))


def _undecodable(data: bytes, name: str, at: int) -> CaseError:
    line = data.count(b"\n", 0, at) + 1
    return CaseError([diagnostic("table-encoding", whole_file(name), name=name, line=line)])


def _records(text: str, name: str, delimiter: str) -> Iterator[Row]:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CaseError([diagnostic("table-broken-text", whole_file(name), name=name, line=line)])
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, 1):
            cells = {c: Cell("text", t) for c, t in enumerate(record, 1) if t.strip()}
            if len(record) > MAX_COLUMNS or any(len(cell.text) > MAX_CELL for cell in cells.values()):
                raise too_big(name, number)
            yield Row(number, cells)
    except csv.Error as error:
        raise CaseError(
            [diagnostic("table-broken-text", whole_file(name), name=name, line=reader.line_num or 1)]
        ) from error


def too_big(name: str, row: int) -> CaseError:
    """A row that no table of applications has."""
    return CaseError(
        [diagnostic("table-too-big", whole_file(name), name=name, zh=f"第{row}行太宽或者太长", en=f"row {row} is too wide or too long")]
    )  # fmt: skip
