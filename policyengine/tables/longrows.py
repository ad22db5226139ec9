"""The rows of a long page as the XML of a sheet, put into a workbook that was made without them.

A writer of workbooks asks of every cell what it is; of a long page that is known by column. So the workbook is made with
one blank row in the place of all others, whose cells show the look of each column, and the rows take its place.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policyengine.tables.cells import letters
from policyengine.tables.pages import Page

MAX_TEXT = 32_767  # of a cell, in units of UTF-16
_FIRST = date(1899, 12, 31).toordinal()
_LEAP = 59  # spreadsheets count a 29 February 1900
_ESCAPE = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x|^\\s|\\s$")
_MOST_KNOWN = 100_000  # different texts whose XML is kept
MAX_PART = (1 << 31) - 1  # bytes of a sheet, as containers of the plain kind have it
_BLOCK = 1_000  # rows that are put together before they are compressed


@dataclass(frozen=True, slots=True)
class Long:
    """A page whose rows after the first `made` are not in the workbook yet; the blank row stands where the last one goes."""

    page: Page
    made: int


class TooLong(ValueError):
    """The rows of a page, `title`, take more room than a part of a workbook may."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.title = title


def filled(data: bytes, long: Mapping[str, Long]) -> bytes:
    """A workbook with the rows of long pages, by the name of the sheet's part. Raises TooLong."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            info = zipfile.ZipInfo(entry.filename, entry.date_time)
            info.compress_type, info.external_attr = entry.compress_type, entry.external_attr
            part = old.read(entry)
            if entry.filename in long:
                _fill(new, info, part, long[entry.filename])
            else:
                new.writestr(info, part)
    return out.getvalue()


def _fill(new: zipfile.ZipFile, info: zipfile.ZipInfo, part: bytes, long: Long) -> None:
    last = len(long.page.rows) + 1
    found = re.search(rb'<row r="%d"[^>]*>(.*?)</row>' % last, part)
    assert found is not None
    looks = [look.decode() for look in re.findall(rb' s="([0-9]+)"', found[1])]
    size = len(part)
    with new.open(info, "w") as stream, ThreadPoolExecutor(1) as beside:
        compressed = beside.submit(stream.write, part[: found.start()])
        for block in _blocks(_lines(long, looks)):
            size += len(block)
            compressed.result()  # one block is compressed while the next is put together
            if size > MAX_PART:
                raise TooLong(long.page.title)
            compressed = beside.submit(stream.write, block)
        compressed.result()
        stream.write(part[found.end() :])


def _blocks(lines: Iterator[str]) -> Iterator[bytes]:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == _BLOCK:
            yield "".join(block).encode()
            block.clear()
    yield "".join(block).encode()


def _lines(long: Long, looks: list[str]) -> Iterator[str]:
    """Each row as an element; the first `made` are left out. `looks`: the style of each column."""
    known: dict[str, str] = {}
    names = [f'<c r="{letters(i)}' for i, _ in enumerate(looks, 1)]
    styles = [f'" s="{look}"' for look in looks]
    for number, row in enumerate(long.page.rows[long.made :], long.made + 2):
        pieces = [f'<row r="{number}">']
        for name, style, value in zip(names, styles, row, strict=True):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                shown = known.get(value)
                if shown is None:
                    shown = _text(value)
                    if len(known) < _MOST_KNOWN:
                        known[value] = shown
            else:
                shown = _day(value) if isinstance(value, date) else _number(value)
            pieces.append(f"{name}{number}{style}{shown}")
        pieces.append("</row>")
        yield "".join(pieces)


def _text(text: str) -> str:
    """The rest of a cell that holds a text, which is never a formula."""
    text = text[:MAX_TEXT]
    if len(text) > MAX_TEXT // 2:
        text = _cut(text)
    space = ""
    if _SPECIAL.search(text):
        text = _CONTROL.sub(lambda sign: f"_x{ord(sign[0]):04X}_", _ESCAPE.sub("_x005F_", text))
        space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f' t="inlineStr"><is><t{space}>{text}</t></is></c>'


def _cut(text: str) -> str:
    """As much of a text as a cell may hold."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[: 2 * MAX_TEXT].decode("utf-16-le", "ignore") if len(units) > 2 * MAX_TEXT else text


def _number(number: Decimal | int) -> str:
    """The rest of a cell that holds a number, with as many digits as a spreadsheet keeps."""
    return f"><v>{Decimal(number):.16G}</v></c>"


def _day(day: date) -> str:
    days = day.toordinal() - _FIRST
    return f"><v>{days + (days > _LEAP)}</v></c>"
