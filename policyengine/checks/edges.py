"""Boundary words: what `及以上`, `超过`, `不低于` beside a number say of the number itself.

`plain` words leave no doubt. 以上, 以下, 以内 and 达到 include the figure by 民法典第1259条 and by custom, but a
document may define them otherwise, so what rests on them alone is only a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policyengine.checks.numerals import Said, SaidDay

FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}  # the same seen from the other side
COMPLEMENT = {">": "<=", "<=": ">", ">=": "<", "<": ">="}  # what holds where it does not


@dataclass(frozen=True, slots=True)
class Edge:
    """What a word says of a quantity against the number beside it: `relation` as in `quantity >= number`."""

    word: str
    relation: str
    plain: bool

    @property
    def included_above(self) -> bool:
        """Whether the number itself belongs to what lies above it."""
        return self.relation in (">=", "<")


_NOT = "(?:不|未|不得|不能|不应|没有)"
_FILLER = "(?:人民币|金额|总额|在|为|到|至|了)?$"
# behind the number: the first that matches counts
_AFTER: tuple[tuple[str, str, bool], ...] = (
    (r"\(不含[^()]*\)及?以上", ">", True), (r"\(含[^()]*\)及?以上", ">=", True),
    (r"\(不含[^()]*\)及?以下", "<", True), (r"\(含[^()]*\)及?以下", "<=", True),
    (r"及?以上\(不含[^()]*\)", ">", True), (r"及?以上\(含[^()]*\)", ">=", True),
    (r"及?以下\(不含[^()]*\)", "<", True), (r"及?以下\(含[^()]*\)", "<=", True),
    (r"\(不含[^()]*\)(?=[-—–~～至到])", ">", True), (r"\(含[^()]*\)(?=[-—–~～至到])", ">=", True),
    (r"及其?以上", ">=", True), (r"及其?以下", "<=", True),
    (r"以上", ">=", False), (r"以下", "<=", False), (r"[以之]内", "<=", False),
)  # fmt: skip
# before the number: the first that matches counts, so the longer words come first
_BEFORE: tuple[tuple[str, str, bool], ...] = (
    (rf"{_NOT}(?:超过|高于|大于|多于|突破)", "<=", True), (rf"{_NOT}(?:低于|少于|小于|短于)", ">=", True),
    (rf"{_NOT}(?:达到|达|满)", "<", True), (r"不足", "<", True),
    (r"超过|高于|大于|多于|突破", ">", True), (r"低于|少于|小于|短于", "<", True),
    (r"至少", ">=", True), (r"至多", "<=", True), (r"逾", ">", False), (r"达到|达|满", ">=", False),
)  # fmt: skip
_UPPER_END = re.compile(r"[-—–~～至到]$")
_AFTER_RE = tuple((re.compile(pattern), relation, plain) for pattern, relation, plain in _AFTER)
_BEFORE_RE = tuple(
    (re.compile(f"(?:{pattern}){_FILLER}"), relation, plain) for pattern, relation, plain in _BEFORE
)


# days: 自…起 and …至 begin with the day itself, 至… and …止 end with it
_AFTER_DAY: tuple[tuple[str, str, bool], ...] = (
    (r"\(?含?当日?\)?起|起|开始|[-—–~～至到]", ">=", True), (r"止|截止|\(含\)以?前", "<=", True),
)  # fmt: skip
_BEFORE_DAY: tuple[tuple[str, str, bool], ...] = (
    (r"不[晚迟]于|[-—–~～至到]", "<=", True), (r"不早于|自|从", ">=", True), (r"[晚迟]于", ">", True), (r"早于", "<", True),
)  # fmt: skip
_AFTER_DAY_RE = tuple((re.compile(pattern), relation, plain) for pattern, relation, plain in _AFTER_DAY)
_BEFORE_DAY_RE = tuple((re.compile(f"(?:{p})$"), relation, plain) for p, relation, plain in _BEFORE_DAY)


def at_day(text: str, day: SaidDay) -> Iterator[Edge]:
    """The boundary words right before and right behind a day of a squeezed text."""
    before, after = text[max(0, day.start - 4) : day.start], text[day.end :]
    for pattern, relation, plain in _AFTER_DAY_RE:
        if match := pattern.match(after):
            yield Edge(match[0], relation, plain)
            break
    for pattern, relation, plain in _BEFORE_DAY_RE:
        if match := pattern.search(before):
            yield Edge(match[0], relation, plain)
            break


def at(text: str, number: Said) -> Iterator[Edge]:
    """The boundary words right before and right behind a number of a squeezed text."""
    before, after = text[max(0, number.start - 12) : number.start], text[number.end :]
    inner = re.search(r"\(不?含[^()]{0,8}\)", text[number.start : number.end])
    if inner:
        after = inner[0] + after  # 500(含)万元以上
    note = re.match(r"\((不?)含[^()]*\)", after)
    if note and _UPPER_END.search(before):
        yield Edge(note[0], "<" if note[1] else "<=", True)
        return
    for pattern, relation, plain in _AFTER_RE:
        if match := pattern.match(after):
            yield Edge(match[0], relation, plain)
            break
    for pattern, relation, plain in _BEFORE_RE:
        if match := pattern.search(before):
            yield Edge(match[0], relation, plain)
            break


def agreed(found: Sequence[Edge]) -> tuple[Edge, ...]:
    """The edges that count (plain ones, if there are any) where all put the number on one side; else none."""
    candidates = tuple(edge for edge in found if edge.plain) or tuple(found)
    sides = {edge.included_above for edge in candidates}
    return candidates if len(sides) == 1 else ()
