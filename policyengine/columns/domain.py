"""What a value is in columns: scaled integers with proved bounds, truths with two sides, days, words.

Nothing is ever left to SQL's NULL. A truth is two expressions, *surely yes* and *surely no*, so that Kleene
logic is plain `AND` and `OR`. Every other value has an expression that is never NULL and, apart from it, when
it is `known`; where it is not, the expression holds some value within the same bounds. `fault` says where
the scalar way might end in an error; such rows are given to it. Expressions are SQL text in which columns stand
in double quotes, so that what an expression reads can be seen from its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from policyengine.columns.dialect import NARROW_MOST, WIDE_MOST
from policyengine.values import Table, Tiers

TRUE, FALSE = "TRUE", "FALSE"


class NotExact(Exception):
    """Cannot be computed by column with proved bounds: the scalar way is needed. Says why."""


# --- truth expressions, folded ---


def both(*parts: str) -> str:
    """AND without constants and repetitions."""
    kept = [part for part in dict.fromkeys(parts) if part != TRUE]
    if FALSE in kept or any(opposite(part) in kept for part in kept):
        return FALSE
    return _join(" AND ", kept, TRUE)


def either(*parts: str) -> str:
    """OR without constants and repetitions."""
    kept = [part for part in dict.fromkeys(parts) if part != FALSE]
    if TRUE in kept:
        return TRUE
    return _join(" OR ", kept, FALSE)


def _join(word: str, parts: list[str], empty: str) -> str:
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else "(" + word.join(parts) + ")"


def opposite(part: str) -> str:
    """NOT"""
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    if part.startswith("(NOT ") and part.count("(") == 1:
        return part[5:-1]
    return f"(NOT {part})"


def when(test: str, then: str, otherwise: str) -> str:
    """CASE, folded."""
    if test == TRUE or then == otherwise:
        return then
    if test == FALSE:
        return otherwise
    if (then, otherwise) == (TRUE, FALSE):
        return test
    if (then, otherwise) == (FALSE, TRUE):
        return opposite(test)
    if then == FALSE:
        return both(opposite(test), otherwise)
    if otherwise == FALSE:
        return both(test, then)
    if then == TRUE:
        return either(test, otherwise)
    if otherwise == TRUE:
        return either(opposite(test), then)
    return f"(CASE WHEN {test} THEN {then} ELSE {otherwise} END)"


# --- values ---


@dataclass(frozen=True, slots=True)
class Truth:
    """Surely `yes`, surely `no`; None: no is simply not yes."""

    yes: str
    no_: str | None = None
    fault: str = FALSE

    @property
    def no(self) -> str:
        return opposite(self.yes) if self.no_ is None else self.no_

    @property
    def known(self) -> str:
        return TRUE if self.no_ is None else either(self.yes, self.no_)


@dataclass(frozen=True, slots=True)
class Num:
    """`raw × scale / den`, raw a whole number in [low, high]; `den` is a whole number > 0."""

    raw: str
    low: int
    high: int
    scale: Fraction
    known: str = TRUE
    fault: str = FALSE
    none: str = FALSE
    den: Whole | None = None

    @property
    def constant(self) -> Fraction | None:
        """The value, where it is the same for all rows."""
        if (
            self.low == self.high
            and self.den is None
            and (self.known, self.fault, self.none) == (TRUE, FALSE, FALSE)
        ):
            return self.low * self.scale
        return None

    @property
    def numerator(self) -> Whole:
        return Whole(self.raw, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number expression and its bounds."""

    sql: str
    low: int
    high: int

    @property
    def wide(self) -> bool:
        return needs_wide(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Day:
    sql: str
    low: date
    high: date
    known: str = TRUE
    fault: str = FALSE
    none: str = FALSE


@dataclass(frozen=True, slots=True)
class Word:
    """The id of an option or entity, or a text."""

    sql: str
    known: str = TRUE
    fault: str = FALSE
    none: str = FALSE


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tier table, table or set; several where it changes by date: (from which condition on, value), oldest first."""

    versions: tuple[tuple[str, Tiers | Table | tuple[str, ...]], ...]
    known: str = TRUE
    fault: str = FALSE


Quantity = Num | Day | Word
Col = Truth | Num | Day | Word | Fixed


def needs_wide(low: int, high: int) -> bool:
    """Whether whole numbers between the bounds need 128 bits; NotExact where these are not enough either."""
    most = max(abs(low), abs(high))
    if most > WIDE_MOST:
        raise NotExact(
            f"中间结果可能达到{len(str(most))}位整数，超过38位 / an intermediate result may have {len(str(most))} digits, more than 38"
        )
    return most > NARROW_MOST


def known_of(values: Iterable[Col]) -> str:
    return both(*(value.known for value in values))


def fault_of(values: Iterable[Col]) -> str:
    return either(*(value.fault for value in values))


def quantity(value: Col) -> Col:
    """A value that is reckoned with: that it is absent would be an error."""
    if isinstance(value, Truth | Fixed) or value.none == FALSE:
        return value
    return replace(value, fault=either(value.fault, both(value.known, value.none)), none=FALSE)
