"""Where every word came from: a source text, and a span of characters inside it.

Offsets, lines and columns count characters, never bytes, so a column is what an editor shows.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """A named text. `name` is how people refer to it: a path as given, or `<stdin>`.

    `first`: findings in it are told before those in other files, as in an amendment that somebody is writing.
    Two sources are equal when their name and text are.
    """

    name: str
    text: str
    first: bool = field(default=False, repr=False, compare=False, kw_only=True)
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        object.__setattr__(self, "_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        line = bisect_right(self._starts, offset) - 1
        return line + 1, offset - self._starts[line] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line break; empty past the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def span(self, start: int, end: int) -> Span:
        """The span from `start` up to, not including, `end`."""
        return Span(self, start, max(start, end))

    def place(self, offset: int) -> str:
        """`file:line:column`, as editors and terminals understand it; an option of a command by its name."""
        if self.name.startswith("--"):
            return self.name
        line, column = self.position(offset)
        return f"{self.name}:{line}:{column}"

    def shown(self, span: Span) -> tuple[str, str, int]:
        """What a message shows of a span: a label for its line, the line, and the span's column in it."""
        line, column = self.position(span.start)
        return str(line), self.line(line), column

    def whole(self) -> Span:
        """A span at the very beginning, for what concerns the file as such."""
        return Span(self, 0, 0)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of a source: `[start, end)`."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """Where it begins, as people find it again."""
        return self.source.place(self.start)

    def sub(self, start: int, end: int) -> Span:
        """The part of this span from its own offset `start` to `end`, kept inside the span."""
        low = min(self.start + start, self.end)
        return Span(self.source, low, min(max(self.start + end, low), self.end))
