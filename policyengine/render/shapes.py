"""What a page is made of, whatever the format: headings, paragraphs, items with lines below them, pairs and tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of the law, with where they stand, in brackets."""

    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Item:
    """A line with a mark (√ × ? or a number), and lines below it."""

    mark: str
    text: str
    below: tuple[str | Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two columns: a name, and what is said of it."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A head and rows; `right`: columns set flush right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


Block = Heading | Paragraph | Item | Pairs | Table
