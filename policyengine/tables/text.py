"""CSV and TSV to rows: the encoding found and said, broken quotes refused, every record with the number that a spreadsheet shows."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from policyengine.diagnostics import CaseError, diagnostic
from policyengine.model import Label
from policyengine.tables.cells import MAX_CELL, MAX_COLUMNS, Cell, Row, Sheet, address, whole_file

ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "utf-16": "utf-16"}  # fmt: skip
_SHOWN = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}
_ASCII = re.compile(r"[\x00-\x7f]+")
_CHUNK = 1 << 24  # bytes decoded at a time
_COMMON = 9, 10  # how much of a GB18030 text is in everyday use, if it is one


def read_text(
    data: bytes, name: str, title: str, encoding: str = "auto", delimiter: str = ",", most: int = 0
) -> Sheet:
    """The table of a CSV file. `encoding`: auto or a key of `ENCODINGS`; `most`: how many rows are enough, 0 for all.

    Raises CaseError.
    """
    found, mark = encoding_of(data, name, encoding)
    if most and found != "utf-16":  # the first lines hold them, unless cells go over several
        data = data[: _end(data, most)]
    text = data.decode("utf-8-sig" if found == "utf-8" else found)
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


def _end(data: bytes, lines: int) -> int:
    """Where some lines end."""
    at = 0
    for _ in range(lines):
        at = data.find(b"\n", at) + 1
        if not at:
            return len(data)
    return at


def decode(data: bytes, name: str, encoding: str) -> tuple[str, str, bool]:
    """The text, its encoding, and whether it began with a mark. Raises CaseError as `encoding_of`."""
    codec, mark = encoding_of(data, name, encoding)
    return data.decode("utf-8-sig" if codec == "utf-8" else codec), codec, mark


def encoding_of(data: bytes, name: str, encoding: str) -> tuple[str, bool]:
    """The encoding of a file of any size, and whether it begins with a mark; UTF-8 and GB18030 are told apart.

    `encoding`: as of `read_text`. Raises CaseError where the bytes are not in the encoding that was told, or in none of these.
    """
    told = "" if encoding == "auto" else ENCODINGS[encoding]
    mark = data.startswith(b"\xef\xbb\xbf")
    wide = not told and data[:2] in (b"\xff\xfe", b"\xfe\xff")
    codec = told or ("utf-16" if wide else "utf-8")
    wrong = _undecodable_at(data, codec)
    if wrong is None:
        return codec, mark or wide
    if told or mark or wide or not _is_gb18030(data):
        raise _undecodable(data, name, wrong)
    return "gb18030", False


def _chunks(data: bytes, codec: str) -> Iterator[str]:
    """The text in parts, so that no second copy of a large file is made. Raises _Undecodable."""
    decoder = codecs.getincrementaldecoder(codec)()
    view = memoryview(data)
    for at in range(0, len(data), _CHUNK):
        held = len(decoder.getstate()[0])
        try:
            yield decoder.decode(view[at : at + _CHUNK], at + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            raise _Undecodable(at - held + error.start) from error


class _Undecodable(Exception):
    """Bytes that an encoding does not have; `args` holds their place."""


def _undecodable_at(data: bytes, codec: str) -> int | None:
    """Where a file is not in an encoding."""
    try:
        for _ in _chunks(data, codec):
            pass
    except _Undecodable as error:
        return int(error.args[0])
    return None


def _is_gb18030(data: bytes) -> bool:
    """Whether nearly all of the text is in everyday use; bytes of other encodings come out as rare characters."""
    foreign = common = 0
    try:
        for text in _chunks(data, "gb18030"):
            beyond = _ASCII.sub("", text)
            foreign += len(beyond)
            common += len(beyond.encode("gb2312", "ignore")) // 2
    except _Undecodable:
        return False
    return bool(foreign) and common * _COMMON[1] >= foreign * _COMMON[0]


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
