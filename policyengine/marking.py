"""Which words of the official text gave a number or a condition: marks inside the sentences that are quoted.

A number of the document is marked where the quote says it; a thing that was reckoned with, where the quote
names it; a quote without either is marked whole. What stands unmarked around a mark is kept to the next
comma or full stop, so that a reader sees it in its place; the rest of a long sentence is left out with ……
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policyengine import clauses
from policyengine import model as m
from policyengine.checks.common import Squeezed, squeeze
from policyengine.checks.numerals import days, said, saying
from policyengine.clauses import Citation
from policyengine.explanation import Used
from policyengine.labels import short
from policyengine.values import Table, Tiers

Range = tuple[int, int]
GAP = "……"
_STOPS = "。；;"
_OPEN, _CLOSE = "（(“〔《", "）)”〕》"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of verbatim words, marked or not; or `GAP`."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one sentence (or clause) of the official text, decisive ones marked. `pieces` may be empty."""

    cite: str
    place: str
    short: str
    pieces: tuple[Piece, ...]


def condition_passages(policy: m.Policy, citations: Iterable[Citation]) -> list[Passage]:
    """The sentences of conditions, each once, in order of first use, with every quote marked."""
    marks: dict[str, list[Range]] = {}
    first: dict[str, Citation] = {}
    for citation in citations:
        first.setdefault(citation.cite or citation.quote, citation)
        own = marks.setdefault(citation.cite or citation.quote, [])
        text = _text(policy, citation)
        if citation.quote != text:
            own += _within(squeeze(text), citation.quote)
    return [_passage(policy, citation, marks[key], marks[key]) for key, citation in first.items()]


def step_passages(policy: m.Policy, citations: Iterable[Citation], used: Iterable[Used]) -> list[Passage]:
    """The words that a step rests on, with those of its numbers and of what it reckoned with marked."""
    used = tuple(used)
    found = []
    for citation in citations:
        text = _text(policy, citation)
        squeezed = squeeze(text)
        whole = squeeze(citation.quote).text.rstrip(_STOPS) in ("", squeezed.text.rstrip(_STOPS))
        quotes = [(0, len(text))] if whole else _within(squeezed, citation.quote)
        marks = [mark for quote in quotes for mark in _decisive(policy, squeezed, quote, used)]
        if not marks and not whole and not any(one.supposed for one in used):
            marks = quotes
        found.append(_passage(policy, citation, marks, quotes if citation.quote else []))
    return found


def _text(policy: m.Policy, citation: Citation) -> str:
    return citation.sentence or (clauses.words(policy, citation.cite) if citation.cite else "")


def _passage(policy: m.Policy, citation: Citation, marks: list[Range], keep: list[Range]) -> Passage:
    """A citation with its marks; the whole sentence where nothing of it was quoted by itself."""
    text = _text(policy, citation)
    if not text:
        pieces: tuple[Piece, ...] = (Piece(citation.quote),) if citation.quote else ()
    else:
        kept = [part for part in _parts(text) if not keep or any(_meet(part, one) for one in keep)]
        pieces = tuple(_pieces(text, _joined(kept), _joined(marks)))
    return Passage(citation.cite, citation.crumbs or citation.short, citation.short, pieces)


def _within(squeezed: Squeezed, quote: str) -> list[Range]:
    """Where a text has a quote; nothing where it does not."""
    words = squeeze(quote).text
    start = squeezed.text.find(words) if words else -1
    return [_raw(squeezed, start, start + len(words))] if start >= 0 else []


def _raw(squeezed: Squeezed, start: int, end: int) -> Range:
    return squeezed.at[start], squeezed.at[end - 1] + 1


def _decisive(policy: m.Policy, squeezed: Squeezed, quote: Range, used: tuple[Used, ...]) -> Iterator[Range]:
    """The words inside a quote that say a number that was used, or name a thing."""
    numbers = said(squeezed.text, policy.units)
    for one in used:
        spans: list[Range] = []
        if one.value is None:
            spans = list(_named(squeezed.text, one.label))
        elif not isinstance(one.value, bool | str | tuple | Tiers | Table) and not one.supposed:
            spans = [(s.start, s.end) for s in days(squeezed.text) if s.day == one.value]
            if one.type.quantity:
                spans = [
                    (s.start, s.end)
                    for s in saying(squeezed.text, numbers, one.value, one.type, policy.units)  # type: ignore[arg-type]
                ]
        for start, end in spans:
            mark = _raw(squeezed, start, end)
            if quote[0] <= mark[0] and mark[1] <= quote[1]:
                yield mark


def _named(text: str, label: str) -> Iterator[Range]:
    """Where a text has the label of a thing word for word."""
    word = squeeze(short(label)).text
    start = text.find(word) if len(word) > 1 else -1
    while start >= 0:
        yield start, start + len(word)
        start = text.find(word, start + len(word))


# --- ranges -----------------------------------------------------------------------------------


def _parts(text: str) -> Iterator[Range]:
    """A sentence cut behind its commas and stops, not inside brackets and quotation marks."""
    depth = start = 0
    for i, char in enumerate(text):
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth <= 0 and char in "，；。：":
            yield start, i + 1
            start = i + 1
    if start < len(text):
        yield start, len(text)


def _meet(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, those that touch made one."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _pieces(text: str, kept: list[Range], marks: list[Range]) -> Iterator[Piece]:
    """The kept parts of a text, cut at the marks."""
    at = 0
    for start, end in kept:
        if start > at:
            yield Piece(GAP)
        at = start
        for low, high in marks:
            low, high = max(low, start), min(high, end)
            if low < high:
                if low > at:
                    yield Piece(text[at:low])
                yield Piece(text[low:high], True)
                at = high
        if at < end:
            yield Piece(text[at:end])
        at = end
    if at < len(text):
        yield Piece(GAP)
