"""Truths and choices over values of any kind: Kleene logic, equality, one of two values by a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policyengine.columns.domain import (
    FALSE,
    TRUE,
    Col,
    Day,
    Fixed,
    NotExact,
    Num,
    Truth,
    Word,
    both,
    either,
    fault_of,
    known_of,
    opposite,
    when,
)  # fmt: skip
from policyengine.columns.numbers import Arithmetic, asked

NOTHING = Word("''", none=TRUE)


def conjunction(parts: Sequence[Truth]) -> Truth:
    """All; what stands right of a false one is not read, so that its errors do not count."""
    faults, decided = [], FALSE
    for part in parts:
        faults.append(both(opposite(decided), part.fault))
        decided = either(decided, part.no)
    certain = all(part.no_ is None for part in parts)
    yes = both(*(part.yes for part in parts))
    return Truth(yes, None if certain else either(*(part.no for part in parts)), either(*faults))


def disjunction(parts: Sequence[Truth]) -> Truth:
    """Any."""
    return inverted(conjunction([inverted(part) for part in parts]))


def inverted(a: Truth) -> Truth:
    if a.no_ is None:
        return Truth(opposite(a.yes), None, a.fault)
    return Truth(a.no_, a.yes, a.fault)


def equal(num: Arithmetic, a: Col, b: Col) -> Truth:
    """a == b; absent equals only absent."""
    known, fault = known_of((a, b)), fault_of((a, b))
    if isinstance(a, Truth) and isinstance(b, Truth):
        same = either(both(a.yes, b.yes), both(a.no, b.no))
        differ = either(both(a.yes, b.no), both(a.no, b.yes))
        return Truth(same, None if known == TRUE else differ, fault)
    if isinstance(a, Truth | Fixed) or isinstance(b, Truth | Fixed):
        raise NotExact("这两样不能按列比较 / these two cannot be compared by column")
    yes = FALSE if TRUE in (a.none, b.none) else _same(num, a, b)
    there = both(opposite(a.none), opposite(b.none), yes)
    return asked(either(there, both(a.none, b.none)), known, fault)


def _same(num: Arithmetic, a: Col, b: Col) -> str:
    if isinstance(a, Num) and isinstance(b, Num):
        return num.w.compare("=", *num.across(a, b))
    assert isinstance(a, Day | Word) and type(a) is type(b), (a, b)
    if a.sql == b.sql:
        return TRUE
    if a.sql.startswith("'") and b.sql.startswith("'"):
        return FALSE
    return f"({a.sql} = {b.sql})"


def compared(num: Arithmetic, operator: str, a: Col, b: Col) -> Truth:
    """`a < b` and the like for two numbers or days."""
    if isinstance(a, Num) and isinstance(b, Num):
        return num.compare(operator, a, b)
    assert isinstance(a, Day) and isinstance(b, Day)
    return asked(f"({a.sql} {operator} {b.sql})", known_of((a, b)), fault_of((a, b)))


def chosen(num: Arithmetic, test: Truth, a: Col, b: Col) -> Col:
    """`a if test else b`"""
    if test.yes == TRUE or test.no == TRUE:
        taken = a if test.yes == TRUE else b
        return replace(taken, fault=either(test.fault, taken.fault))
    fault = either(test.fault, both(opposite(test.no), a.fault), both(opposite(test.yes), b.fault))
    if isinstance(a, Truth) and isinstance(b, Truth):
        if test.no_ is None:
            no = None if a.no_ is None and b.no_ is None else when(test.yes, a.no, b.no)
            return Truth(when(test.yes, a.yes, b.yes), no, fault)
        yes = either(both(test.yes, a.yes), both(test.no, b.yes))
        return Truth(yes, either(both(test.yes, a.no), both(test.no, b.no)), fault)
    known = both(test.known, when(test.yes, a.known, b.known))
    a, b = _alike(num, a, b)
    if isinstance(a, Num) and isinstance(b, Num):
        return replace(num.chosen(test.yes, a, b), known=known, fault=fault)
    if isinstance(a, Day) and isinstance(b, Day):
        none = when(test.yes, a.none, b.none)
        return Day(when(test.yes, a.sql, b.sql), min(a.low, b.low), max(a.high, b.high), known, fault, none)
    if isinstance(a, Word) and isinstance(b, Word):
        return Word(when(test.yes, a.sql, b.sql), known, fault, when(test.yes, a.none, b.none))
    raise NotExact("按行选用不同的表 / a table chosen row by row")


def _alike(num: Arithmetic, a: Col, b: Col) -> tuple[Col, Col]:
    """`none` takes the kind of the other value."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Word) and one.none == TRUE and not isinstance(other, Word):
            if isinstance(other, Num):
                low = num.w.const(other.low)
                filler: Col = Num(low.sql, low.low, low.high, other.scale, one.known, one.fault, TRUE)
            elif isinstance(other, Day):
                filler = Day(num.w.d.day(other.low), other.low, other.low, one.known, one.fault, TRUE)
            else:
                break
            return (filler, b) if one is a else (a, filler)
    return a, b
