"""What strict reading makes of a YAML or JSON text: a tree in which every node knows its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policyengine.source import Span


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` is what was written (unescaped), `value` what it means:

    plain `true`/`false` → bool, plain digits → int, plain decimals → Decimal, plain `YYYY-MM-DD` → date,
    blank → None, everything else and all that is quoted → str. `span` covers the content, without quotes.
    `exact` is true where characters of `text` and of the span correspond one to one, so that a column
    inside the text is a column in the file.
    """

    text: str
    value: bool | int | Decimal | date | str | None
    span: Span
    quoted: bool = False
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys (always text, `key.text`) and their nodes, in written order, without duplicates."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The node under a key, or None."""
        for name, node in self.entries:
            if name.text == key:
                return node
        return None

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its place."""
        for name, _ in self.entries:
            if name.text == key:
                return name
        return None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Key texts and nodes."""
        for name, node in self.entries:
            yield name.text, node


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> object:
    """The tree as plain Python data: dict, list, str, int, Decimal, bool, date, None."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {name.text: plain(item) for name, item in node.entries}


def trailing_comment(scalar: Scalar) -> Span | None:
    """The comment behind a plain YAML value on its line, if any: `a >= b # and c` is `a >= b`."""
    if scalar.quoted or not scalar.exact:
        return None
    text, end = scalar.span.source.text, scalar.span.end
    stop = text.find("\n", end)
    rest = text[end : stop if stop >= 0 else len(text)]
    if not rest.lstrip(" ").startswith("#"):
        return None
    start = end + rest.index("#")
    return scalar.span.source.span(start, start + len(rest[rest.index("#") :].rstrip()))
