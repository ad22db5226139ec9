"""The sentences of `text.yaml` are the official text, word for word.

Titles and sentences are laid end to end and followed through the original, both without white space.
Nothing else is evened out: the text is stored as published. After a difference the next sentence that
stands in one place only is looked up again, so that every difference is reported and not only the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policyengine import model as m
from policyengine.checks.common import Checked
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.source import Source, Span

BEFORE, AFTER = 8, 14  # how many characters around a difference are shown
ANCHOR = 8  # so many characters tell where a sentence begins that reads otherwise


@dataclass(frozen=True, slots=True)
class _Piece:
    """A title or sentence without white space; `at[i]` is where its character `i` stands in `raw`."""

    text: str
    raw: str
    at: tuple[int, ...]
    span: Span


def official_text(checked: Checked) -> Iterator[Diagnostic]:
    """Where titles and sentences, joined, are not the original text."""
    policy = checked.policy
    if policy.overlays or not policy.clauses:
        return  # an amended version has no original of its own; the base is checked
    if policy.original is None:
        yield diagnostic("no-original-text", next(iter(policy.clauses.values())).span)
        return
    yield from _Follow(policy.original).all(list(_pieces(policy)))


def _pieces(policy: m.Policy) -> Iterator[_Piece]:
    for clause in policy.clauses.values():
        for text, span in ((clause.title, clause.span), *((s.text, s.span) for s in clause.sentences)):
            if text.strip():
                yield _piece(text, span)


def _piece(raw: str, span: Span) -> _Piece:
    at = tuple(i for i, char in enumerate(raw) if not char.isspace())
    return _Piece("".join(raw[i] for i in at), raw, at, span)


class _Follow:
    """Follows the pieces through the original. `here`: how far it has come."""

    def __init__(self, original: Source) -> None:
        self.source = original
        self.at = tuple(i for i, char in enumerate(original.text) if not char.isspace())
        self.text = "".join(original.text[i] for i in self.at)
        self.here = 0
        self.lost = False

    def all(self, pieces: list[_Piece]) -> Iterator[Diagnostic]:
        for piece in pieces:
            yield from self.one(piece)
        if not self.lost and self.here < len(self.text):
            yield self.missing(pieces[-1].span, len(self.text))

    def one(self, piece: _Piece) -> Iterator[Diagnostic]:
        if self.text.startswith(piece.text, self.here):
            self.here += len(piece.text)
            self.lost = False
            return
        found = self.text.find(piece.text, self.here)
        if found >= 0 and self.text.find(piece.text, found + 1) < 0:
            if not self.lost:
                yield self.missing(piece.span, found)
            self.here = found + len(piece.text)
            self.lost = False
        elif not self.lost or found < 0:
            yield self.differs(piece)
            self.lost = True

    def missing(self, span: Span, until: int) -> Diagnostic:
        """Words of the original that stand between two pieces, or after the last."""
        there = self.source.text[self.at[self.here] : self.at[until - 1] + 1]
        return diagnostic("text-missing", span, self.related(self.here), there=there)

    def differs(self, piece: _Piece) -> Diagnostic:
        """A piece that reads otherwise, shown from a little before the first other character."""
        start = self.here
        if self.lost:  # what stands before is off as well: find where this one begins
            start = max(self.text.find(piece.text[:ANCHOR], self.here), self.here)
        i = 0
        while i < len(piece.text) and self.text[start + i : start + i + 1] == piece.text[i]:
            i += 1
        there_at = min(start + i, len(self.text))
        return diagnostic(
            "text-differs", _inside(piece, i), self.related(there_at),
            here=_around(piece.raw, piece.at, i), there=_around(self.source.text, self.at, there_at),
        )  # fmt: skip

    def related(self, index: int) -> tuple[tuple[str, str], Span]:
        start = self.at[index] if index < len(self.at) else len(self.source.text)
        return ("原文在这里", "the original, here"), self.source.span(start, start + 1)


def _inside(piece: _Piece, index: int) -> Span:
    """The place of one character, where the file holds the text as it is."""
    if piece.span.text != piece.raw or not piece.at:
        return piece.span
    start = piece.at[min(index, len(piece.at) - 1)]
    return piece.span.sub(start, start + 1)


def _around(raw: str, at: tuple[int, ...], index: int) -> str:
    """The words around a character, on one line; `…` where they go on."""
    if not at:
        return ""
    low, high = max(0, index - BEFORE), min(len(at), index + AFTER)
    words = "".join(raw[i] for i in at[low:high])
    return f"{'…' if low else ''}{words}{'…' if high < len(at) else ''}"
