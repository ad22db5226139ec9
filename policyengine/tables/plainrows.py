"""Rows of a sheet in the spelling that programs write, taken out of its XML before a parser sees it.

Of a long sheet nearly all rows look like `<row r="2"><c r="A2" s="1" t="s"><v>7</v></c>…</row>`, and one pattern reads
such a row many times faster than a parser tells of its parts. Whatever is spelt otherwise goes to the parser, with
all around the rows. A plain row is whole in itself, so that what is left is XML if, and only if, it was before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MOST_HEAD = 1 << 16  # bytes before the rows
_MOST_ROW = 1 << 20  # bytes of one row
_UTF_8 = re.compile(
    rb"(\xef\xbb\xbf)?(<\?xml([^>](?!encoding))*( encoding=[\"'](?i:utf-8)[\"'][^>]*)?\?>)?\s*(?=<\w)"
)
_DATA = re.compile(rb"<sheetData(\s[^<>]*)?(?<!/)>")
_END = b"</row>"
_VALUE = r"[^<>\x00-\x08\x0b-\x1f\ufffe\uffff]*"
_NAMED = r'(?: [A-Za-z][A-Za-z0-9:]*="[^<>&"\x00-\x1f\ufffe\uffff]*")'
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9:]+)="([^"]*)"')
_ROW = re.compile(rf'<row r="([0-9]{{1,7}})"({_NAMED}*)>')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,6})")?(?: t="([A-Za-z]+)")?'
    rf'(?:/>|>(?:<v>({_VALUE})</v>|<is><t(?: xml:space="preserve")?>({_VALUE})</t></is>)?</c>)|(?s:.)'
)
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos);)?")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

Cells = list[tuple[str, str, str, str, str]]
"""Of each cell of a row: letters of the column, style, type, `v`, `t`; each "" where it is not there."""


def others(chunks: Iterator[bytes], take: Callable[[int, bool, Cells], bool]) -> Iterator[bytes]:
    """What of a sheet a parser must see, in pieces that must be parsed one by one.

    `take` is given the number, the cells, and whether it is hidden, of each plain row in its turn; it says False where the
    row must go to the parser all the same.
    """
    held = b""
    for chunk in chunks:
        held += chunk
        found = _DATA.search(held)
        if found or len(held) > _MOST_HEAD:
            break
    else:
        found = _DATA.search(held)
    if found is None or not _plain_head(held[: found.start()]):
        yield held
        yield from chunks
        return
    yield held[: found.end()]
    yield from _rows(held[found.end() :], chunks, take)


def _plain_head(head: bytes) -> bool:
    """Whether what stands before the rows is UTF-8, and holds nothing in which rows would be none."""
    begun = _UTF_8.match(head)
    return begun is not None and b"<!" not in head and b"<?" not in head[begun.end() :]


def _rows(held: bytes, chunks: Iterator[bytes], take: Callable[[int, bool, Cells], bool]) -> Iterator[bytes]:
    """What is no plain row, from where the rows begin."""
    while True:
        end = held.rfind(_END)
        block = held[: end + len(_END)] if end >= 0 else b""
        held = held[len(block) :]
        try:
            rows = block.decode().split("</row>")[:-1]
        except UnicodeDecodeError:
            held = block + held
            break
        for i, row in enumerate(rows):
            if not _taken(row, take):
                yield f"{row}</row>".encode()
                if "<!" in row or "<?" in row:  # in which what looks like a row is none
                    yield "".join(f"{row}</row>" for row in rows[i + 1 :]).encode() + held
                    yield from chunks
                    return
        chunk = next(chunks, b"")
        if not chunk or len(held) > _MOST_ROW:
            held += chunk
            break
        held += chunk
    yield held
    yield from chunks


def _taken(row: str, take: Callable[[int, bool, Cells], bool]) -> bool:
    head = _ROW.match(row)
    if head is None:
        return False
    hidden = False
    if head[2]:
        attributes = _ATTRIBUTE.findall(head[2])
        names = {name for name, _ in attributes}
        if len(names) < len(attributes) or "r" in names:
            return False
        hidden = ("hidden", "1") in attributes or ("hidden", "true") in attributes
    return take(int(head[1]), hidden, _CELL.findall(row, head.end()))


def unescaped(value: str) -> str | None:
    """A text without the entities that every document may use; None where there are others."""
    if any(not found[1] for found in _ENTITY.finditer(value)):
        return None
    return _ENTITY.sub(lambda found: _SIGNS[found[1]], value)
