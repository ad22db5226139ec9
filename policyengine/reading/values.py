"""From the event of a YAML value to a `Scalar` with its exact place.

Besides what the value means, this sees to values that YAML accepts and a reader of the file
would misread: lines merged into one text, a list split by the wrong comma, hidden characters
written as escapes.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from yaml.events import NodeEvent, ScalarEvent

from policyengine.reading.common import TEXT, Findings, Refusal, quoted
from policyengine.reading.decode import REFUSED, code_of, names
from policyengine.reading.events import kind, place
from policyengine.reading.mistakes import in_braces, in_list, slip
from policyengine.reading.node import Scalar
from policyengine.reading.scalars import plain
from policyengine.reading.syntax import Reached, leaves, unclosed

# White space at the start of a line other than spaces.
_ODD_INDENT = re.compile(r"^ *([\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+)", re.MULTILINE)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^xuU])", re.DOTALL)
_ESCAPED = {
    "0": "\0", "a": "\a", "b": "\b", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_COLON = re.compile(r"[ \t]*:(?:\s|$)")
_THOUSANDS_BEFORE = re.compile(r"(?<![0-9,])[0-9]{1,3}(?:,[0-9]{3})*,$")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")


class Values:
    """Reads the values of one text, in order; `reached` follows how far reading came."""

    def __init__(self, text: str, findings: Findings, reached: Reached) -> None:
        self.text = text
        self.findings = findings
        self.reached = reached
        self.swallowed = -1  # the end of the last text whose lines were merged
        self._odd = [match.span(1) for match in _ODD_INDENT.finditer(text)]
        # Texts whose lines may be indented in any way, and where lines begin oddly: both in order.
        self._prose: list[tuple[int, int]] = []

    def scalar(self, event: ScalarEvent, flow: bool = False, item: bool = False) -> Scalar:
        """The value of an event; `flow` and `item` tell whether it stands within brackets, and
        in a list."""
        self.properties(event)
        text = self.content(event)
        if event.style is not None or len(text.text) > TEXT:
            return text
        start, end = text.span.start, text.span.end
        if "\n" in text.span.text:
            self._merged(start, end, flow)
            return text
        value = plain(text.text)
        if isinstance(value, str):
            refusal = in_list(value, flow) if item else in_braces(value) if flow else None
        elif isinstance(value, Refusal):
            refusal = value
        else:
            return Scalar(text.text, value, text.span, exact=text.exact)
        if refusal is not None:
            self._refuse(refusal, start, end, flow)
        return text

    def content(self, event: ScalarEvent) -> Scalar:
        """The text of a key or value, before anything is made of it."""
        start, end = place(event)
        sort = kind(event)
        self.reached.note(sort, start, end)
        if sort != "plain":
            if sort == "quoted":
                start, end = self.text.index(event.style or "", start) + 1, end - 1
            if "\n" in self.text[start:end]:
                self._prose.append((start, end))
            if sort == "block":
                start, end = self._inside(start, end)
        elif event.value and (event.tag or event.anchor):
            start = max(start, end - len(event.value))
        text = event.value
        span = self.findings.source.span(start, end)
        exact = span.text == text
        if len(text) > TEXT:
            self.findings.add("text-too-long", start, end, length=len(text), limit=TEXT)
        elif event.style == '"' and not exact:
            self._escapes(start, end)
            text = REFUSED.sub("\ufffd", text)
        return Scalar(text, text, span, quoted=sort != "plain", exact=exact)

    def properties(self, event: NodeEvent) -> None:
        """Refuse an anchor or a tag in front of a value or collection."""
        start, end = place(event)
        tag = getattr(event, "tag", None)
        if event.anchor is None and tag is None:
            return
        code = "anchor-refused" if self.text[start] == "&" else "tag-refused"
        line = self.text[start:end].split("\n")[0]
        word = line.split(" ")[0]
        advice = quoted(line) if isinstance(event, ScalarEvent) else ""
        self.findings.add(code, start, start + len(word), mark=word, quoted=advice)

    def indentation(self, end: int) -> bool:
        """Report the lines up to `end` that begin with other than spaces; whether there are any."""
        odd = [span for span in self._odd if span[0] <= end and not self._in_prose(span[0])]
        for start, stop in odd:
            self.findings.add("bad-indentation", start, stop, **names(self.text[start]))
        return bool(odd)

    def oddly_indented(self, start: int, end: int) -> bool:
        """Whether a line of the text at `[start, end]` begins with other than spaces."""
        if not self._odd:
            return False
        start = self.text.rfind("\n", 0, start) + 1
        first = bisect_left(self._odd, (start, 0))
        return first < len(self._odd) and self._odd[first][0] <= end

    def _in_prose(self, offset: int) -> bool:
        before = bisect_right(self._prose, (offset, 0)) - 1
        return before >= 0 and self._prose[before][0] < offset < self._prose[before][1]

    def _refuse(self, refusal: Refusal, start: int, end: int, flow: bool) -> None:
        """Note a refusal; what follows a comma within brackets may be a group of thousands."""
        if flow and re.fullmatch(r"[0-9]{3}", self.text[start:end]):
            before = _THOUSANDS_BEFORE.search(self.text, max(0, start - 24), start)
            whole = before and _THOUSANDS.match(self.text, before.start())
            if whole:
                grouped = plain(whole.group())
                if isinstance(grouped, Refusal):
                    refusal, start, end = grouped, *whole.span()
        self.findings.refuse(refusal, start, end)

    def _merged(self, start: int, end: int, flow: bool) -> None:
        """A text without quotes over several lines: say what its writer most likely meant."""
        self.swallowed = end
        if self.oddly_indented(start, end):
            return  # `indentation` reports it
        lines = _lines(self.text, start, end)
        key_follows = _COLON.match(self.text, end)
        for at, line in lines[:-1] if key_follows else lines:
            found = slip(line)
            if found:
                self.findings.refuse(found, at, at + len(line))
                return
        first, (last_at, last) = lines[0], lines[-1]
        if not key_follows:
            self.findings.add("plain-text-over-lines", start, start + len(first[1]), line=last)
        elif not flow:
            self.findings.add("uneven-indentation", last_at, end, line=self._rest_of_line(last_at))
        elif leaves(self.text, opened := self.reached.brackets[-1], last_at):
            self.findings.refuse(unclosed(self.text, opened), 0, 0)
        else:
            self.findings.add("missing-comma", last_at, end)

    def _rest_of_line(self, offset: int) -> str:
        end = self.text.find("\n", offset)
        return self.text[offset : end if end >= 0 else None].rstrip()

    def _inside(self, start: int, end: int) -> tuple[int, int]:
        """The content of a block text, without its `|` line and the white space around."""
        head = self.text.find("\n", start, end)
        body = self.text[head:end] if head >= 0 else ""
        if not body.strip():
            return start, start + 1
        return head + len(body) - len(body.lstrip()), head + len(body.rstrip())

    def _escapes(self, start: int, end: int) -> None:
        """Refuse hidden characters that an escape in double quotes would bring in."""
        for match in _ESCAPE.finditer(self.text, start, end):
            digits = match[1][1:]
            char = chr(int(digits, 16)) if digits else _ESCAPED.get(match[1], " ")
            if REFUSED.match(char):
                self.findings.add(code_of(char), match.start(), match.end(), **names(char))


def _lines(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """The non-blank lines of `[start, end)`, without outer white space, each with its offset."""
    found = []
    for match in re.compile(r"[^\n]+").finditer(text, start, end):
        line = match.group().strip()
        if line:
            found.append((match.start() + match.group().index(line[0]), line))
    return found
