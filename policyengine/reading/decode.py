"""Bytes to a source text: strict UTF-8, without characters that hide something.

A character that editors do not show, or that only some programs take for a line break, could
make a file mean something else than what its readers see. Such characters are refused, with
their place, before anything is parsed.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

from policyengine.diagnostics import Diagnostic, diagnostic, sort
from policyengine.reading.common import BYTES, Findings, Stop
from policyengine.source import Source

_BREAKS = r"\x0b\x0c\x85\u2028\u2029"
# Controls, format characters (Cf), surrogates, and fillers that are drawn as nothing.
_INVISIBLE = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    r"\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
REFUSED = re.compile(rf"[{_BREAKS}{_INVISIBLE}\ufffd]|\r(?!\n)")
_BREAK = re.compile(rf"[{_BREAKS}\r]")
_NAMES = {
    "\0": ("空字符", "null"),
    "\t": ("制表符（Tab）", "a tab"),
    "\xa0": ("不换行空格", "a no-break space"),
    "\u3000": ("全角空格", "an ideographic space"),
    "\u00ad": ("软连字符", "soft hyphen"),
    "\u200b": ("零宽空格", "zero width space"),
    "\u200c": ("零宽非连接符", "zero width non-joiner"),
    "\u200d": ("零宽连接符", "zero width joiner"),
    "\u2060": ("零宽不换行符", "word joiner"),
    "\ufeff": ("字节序标记", "byte order mark"),
    "\r": ("单独的回车", "a carriage return without line feed"),
    "\u0085": ("NEL 换行", "next line"),
    "\u2028": ("行分隔符", "line separator"),
    "\u2029": ("段分隔符", "paragraph separator"),
}
_CATEGORIES = {
    "Cc": ("控制字符", "a control character"),
    "Cs": ("半个代理对", "half a surrogate pair"),
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # the marks of UTF-32 begin or end alike


def decode(data: bytes, name: str, limit: int = BYTES) -> tuple[Source | None, list[Diagnostic]]:
    """The text of a file of at most `limit` bytes, or None and the findings that forbid reading it.

    A byte order mark at the start is dropped; every other hidden character is refused.
    """
    source, found = undecoded(data, name, limit)
    if source is not None:
        found = hidden(source)
    return (None if found else source), found


def undecoded(data: bytes, name: str, limit: int = BYTES) -> tuple[Source | None, list[Diagnostic]]:
    """As `decode`, but without the search for hidden characters, which the readers repeat."""
    if len(data) > limit:
        return _refused("too-large", Source(name, ""), 0, size=len(data), limit=limit)
    if data[:2] in _UTF16 or data.count(0) > len(data) // 8 + 1:
        return _refused("looks-like-utf16", Source(name, ""), 0)
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return Source(name, data.decode("utf-8")), []
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        if not any(c >= "\u3000" for c in before) and (text := _gbk(data)) is not None:
            first = next(i for i, c in enumerate(text) if c > "\x7f")
            return _refused("looks-like-gbk", Source(name, text), first)
        shown = Source(name, data.decode("utf-8", "replace"))
        byte = f"0x{data[error.start]:02X}"
        return _refused("not-utf8", shown, len(before), byte=byte)


def hidden(source: Source) -> list[Diagnostic]:
    """A finding for each character that has no place in any file of ours."""
    findings = Findings(source)
    with suppress(Stop):
        scan(findings)
    return sort(findings.found)


def scan(findings: Findings) -> None:
    """Note each character that has no place in a file. Raises `Stop` if there are too many."""
    for match in REFUSED.finditer(findings.source.text):
        char = match.group()
        findings.add(code_of(char), match.start(), match.end(), **names(char))


def code_of(char: str) -> str:
    """The code for a refused character."""
    if char == "\ufffd":
        return "replacement-character"
    return "odd-line-break" if _BREAK.match(char) else "hidden-character"


def names(char: str) -> dict[str, str]:
    """How messages call a refused character."""
    category = unicodedata.category(char)
    other = _CATEGORIES.get(category, ("", unicodedata.name(char, "unassigned").lower()))
    chinese, english = _NAMES.get(char, other)
    return {"char": f"U+{ord(char):04X}", "name_zh": chinese or english, "name_en": english}


def _gbk(data: bytes) -> str | None:
    """The text, if the bytes are most likely GBK: nearly all of it in common use (GB 2312)."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [c for c in text if c > "\x7f"]
    common = "".join(foreign).encode("gb2312", "ignore").decode("gb2312")
    return text if foreign and len(common) >= 0.9 * len(foreign) else None


def _refused(code: str, source: Source, at: int, **words: object) -> tuple[None, list[Diagnostic]]:
    return None, [diagnostic(code, source.span(at, at), **words)]
