"""Strict JSON: an object, keys once, exact numbers, no exponents; the same tree as YAML's.

Differences to `json.loads`: every node knows its place, numbers keep what was written, and what
JSON forbids but writers try (comments, trailing commas, single quotes) is named as such.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NoReturn

from policyengine.diagnostics import Diagnostic, sort
from policyengine.reading.common import (
    DEPTH,
    NODES,
    TEXT,
    Findings,
    Keys,
    Refusal,
    Stop,
    ascii_of,
    full_width,
)
from policyengine.reading.decode import REFUSED, code_of, names, scan
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.scalars import Value, number_or_date
from policyengine.source import Source

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"')
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")
_WORD = re.compile(r"[^\s,:\[\]{}\"'#/＂＇“”‘’，：][^\s,:\[\]{}\"“”，：]*")
_ESCAPED = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
_SPELLED = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}
_NUMBER_CODES = ("ambiguous-number", "number-too-long")


def read_json(source: Source, nodes: int = NODES) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a JSON text of at most `nodes` values, and what is wrong with it.

    As with `read_yaml`, the tree is None where the text could not be read to its end.
    """
    reader = _Reader(source, nodes)
    try:
        root = reader.document()
    except Stop:
        root = None
    return root, sort(reader.findings.found)


class _Reader:
    """Recursive descent; `at` is the offset of what is read next."""

    def __init__(self, source: Source, nodes: int) -> None:
        self.source = source
        self.text = REFUSED.sub("\ufffd", source.text)  # `scan` reports them
        self.findings = Findings(source)
        self.at = 0
        self.limit = self.left = nodes

    def document(self) -> Node | None:
        """The one object of the text. Raises `Stop` after a syntax error."""
        scan(self.findings)
        self._space()
        if self.at == len(self.text):
            self.findings.add("empty-document", 0, 0)
            return None
        start = self.at
        root = self._value(1)
        self._space()
        if self.at < len(self.text):
            self._fail("文件结尾", "the end of the file")
        if not isinstance(root, Mapping):
            self.findings.add("root-not-mapping", start, start + 1)
            return None
        return root

    def _value(self, depth: int) -> Node:
        self.left -= 1
        if self.left < 0:
            self._stop("too-many-nodes", self.at, self.at, limit=self.limit)
        char = self.text[self.at : self.at + 1]
        if char == '"':
            return self._string()
        if char in ("{", "["):
            if depth > DEPTH:
                self._stop("too-deep", self.at, self.at + 1, limit=DEPTH)
            return self._object(depth) if char == "{" else self._array(depth)
        return self._bare()

    def _object(self, depth: int) -> Mapping:
        start, keys = self.at, Keys(self.findings)
        entries: list[tuple[Scalar, Node]] = []
        while self._more(start, "}", first=self.at == start):
            if self.text[self.at] != '"':
                self._fail("双引号括起的键", "a key in double quotes")
            key = self._string()
            self._space()
            if self.text[self.at : self.at + 1] != ":":
                self._fail("冒号“:”", "a colon")
            self.at += 1
            self._space()
            node = self._value(depth + 1)
            if keys.admit(key):
                entries.append((key, node))
        return Mapping(tuple(entries), self.source.span(start, self.at))

    def _array(self, depth: int) -> Sequence:
        start = self.at
        items: list[Node] = []
        while self._more(start, "]", first=self.at == start):
            items.append(self._value(depth + 1))
        return Sequence(tuple(items), self.source.span(start, self.at))

    def _more(self, start: int, close: str, first: bool) -> bool:
        """Step to the next entry of the collection begun at `start`, or over its end."""
        if first:
            self.at += 1
        self._space()
        char = self.text[self.at : self.at + 1]
        if char == close:
            self.at += 1
            return False
        if char == "":
            self._unclosed(start, close)
        if first:
            return True
        if char != ",":
            self._no_comma(start, close, char)
        comma = self.at
        self.at += 1
        self._space()
        char = self.text[self.at : self.at + 1]
        if char == close:
            self.findings.add("trailing-comma", comma, comma + 1, close=close)
            self.at += 1
            return False
        if char == "":
            self._unclosed(start, close)
        return True

    def _string(self) -> Scalar:
        match = _STRING.match(self.text, self.at)
        if match is None:
            self._stop("unclosed-quote", self.at, self.at + 1, quote='"')
        raw, (start, end) = match[1], match.span(1)
        self.at = match.end()
        tab = raw.find("\t")
        if tab >= 0:
            self.findings.add("odd-space", start + tab, start + tab + 1, **names("\t"))
        text = raw if "\\" not in raw else _ESCAPE.sub(lambda escape: self._unescape(escape, start), raw)
        if len(text) > TEXT:
            self.findings.add("text-too-long", start, end, length=len(text), limit=TEXT)
        span = self.source.span(start, end)
        return Scalar(text, text, span, quoted=True, exact=text == span.text)

    def _unescape(self, match: re.Match[str], offset: int) -> str:
        escape = match.group()
        start, end = offset + match.start(), offset + match.end()
        if len(escape) > 2:
            units = [int(unit, 16) for unit in escape.split("\\u")[1:]]
            high, low = units[0], units[-1]
            pair = 0x10000 + ((high - 0xD800) << 10) + low - 0xDC00
            char = chr(high if len(units) == 1 else pair)
        else:
            char = _ESCAPED.get(escape[1], "")
        if not char:
            self.findings.add("bad-escape", start, end, escape=escape)
        elif REFUSED.match(char):
            self.findings.add(code_of(char), start, end, **names(char))
            return "\ufffd"
        return char

    def _bare(self) -> Scalar:
        """A number, `true`, `false` or `null`; other words are refused and stand in as text."""
        match = _WORD.match(self.text, self.at)
        if match is None:
            self._fail("一个值", "a value")
        word, (start, end) = match.group(), match.span()
        self.at = end
        value = _WORDS.get(word, word)
        if value is word:
            number = number_or_date(word)
            if isinstance(number, int | Decimal):
                value = number
            elif isinstance(number, Refusal) and number.code in _NUMBER_CODES:
                words = {**number.words, "quoted": f'"{word}"'}
                self.findings.refuse(Refusal(number.code, words), start, end)
            else:
                write = _SPELLED.get(word, f'"{word}"')
                self.findings.add("unquoted-text", start, end, text=word, write=write)
        span = self.source.span(start, end)
        return Scalar(word, value, span, exact=word == span.text)

    def _space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    # Endings

    def _no_comma(self, start: int, close: str, char: str) -> NoReturn:
        """Something else than a comma or the closing bracket follows an entry."""
        if char in "]}":
            self._unclosed(start, close)
        if char == '"' or char in "{[" or char.isalnum():
            self._stop("missing-comma", self.at, self.at + 1)
        self._fail(f"逗号或“{close}”", f"a comma or `{close}`")

    def _unclosed(self, start: int, close: str) -> NoReturn:
        self._stop("unclosed-bracket", start, start + 1, opened=self.text[start], due=close)

    def _fail(self, chinese: str, english: str) -> NoReturn:
        """Give up at a character that cannot stand here; say so if it is a full-width one."""
        char = self.text[self.at : self.at + 1]
        if char.isspace():
            self._stop("odd-space", self.at, self.at + 1, **names(char))
        if ascii_of(char) != char:
            self.findings.refuse(full_width(char, 0, 1), self.at, self.at + 1)
            raise Stop
        comment = char == "#" or self.text.startswith(("//", "/*"), self.at)
        found = "注释" if comment else char, "a comment" if comment else char
        self._stop(
            "json-syntax",
            self.at,
            self.at + 1,
            due_zh=chinese,
            due_en=english,
            found_zh=found[0] or "文件结尾",
            found_en=found[1] or "end of file",
        )

    def _stop(self, code: str, start: int, end: int, **words: object) -> NoReturn:
        self.findings.add(code, start, end, **words)
        raise Stop
