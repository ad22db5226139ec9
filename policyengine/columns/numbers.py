"""Exact arithmetic on scaled integers: every result with its bounds, and so with the width that it needs.

A number is `raw × scale / den`. Multiplying or dividing by a constant only changes the scale; dividing by a
column keeps numerator and denominator apart, and comparisons multiply across. Nothing is rounded except by
`rounded`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

from policyengine.columns.dialect import WIDE_MOST, Dialect
from policyengine.columns.domain import (
    FALSE,
    TRUE,
    NotExact,
    Num,
    Truth,
    Whole,
    Word,
    both,
    either,
    fault_of,
    known_of,
    needs_wide,
    opposite,
    when,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wholes:
    """Whole number expressions of a database."""

    d: Dialect

    def const(self, value: int) -> Whole:
        return Whole(self.d.integer(value, needs_wide(value, value)), value, value)

    def _as(self, a: Whole, wide: bool) -> str:
        if a.low == a.high:
            return self.d.integer(a.low, wide)
        return a.sql if a.wide == wide else self.d.cast(a.sql, wide)

    def _of(self, form: str, low: int, high: int, *parts: Whole) -> Whole:
        """A result computed as wide as its widest part or the result itself needs."""
        if low == high:
            return self.const(low)
        wide = needs_wide(low, high) or any(part.wide for part in parts)
        sql = form.format(*(self._as(part, wide) for part in parts))
        return Whole(self.d.cast(sql, False) if wide and not needs_wide(low, high) else sql, low, high)

    def plus(self, a: Whole, b: Whole) -> Whole:
        if a.low == a.high == 0:
            return b
        if b.low == b.high == 0:
            return a
        return self._of("({} + {})", a.low + b.low, a.high + b.high, a, b)

    def minus(self, a: Whole, b: Whole) -> Whole:
        if b.low == b.high == 0:
            return a
        return self._of("({} - {})", a.low - b.high, a.high - b.low, a, b)

    def negated(self, a: Whole) -> Whole:
        """0 − a, since a database's own sign may round what has more than 34 digits."""
        return self.minus(self.const(0), a)

    def times(self, a: Whole, b: Whole) -> Whole:
        if a.low == a.high == 1:
            return b
        if b.low == b.high == 1:
            return a
        ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return self._of("({} * {})", min(ends), max(ends), a, b)

    def least(self, a: Whole, b: Whole) -> Whole:
        if a.high <= b.low:
            return a
        if b.high <= a.low:
            return b
        return self._of("LEAST({}, {})", min(a.low, b.low), min(a.high, b.high), a, b)

    def greatest(self, a: Whole, b: Whole) -> Whole:
        if a.low >= b.high:
            return a
        if b.low >= a.high:
            return b
        return self._of("GREATEST({}, {})", max(a.low, b.low), max(a.high, b.high), a, b)

    def chosen(self, test: str, a: Whole, b: Whole) -> Whole:
        if test == TRUE:
            return a
        if test == FALSE:
            return b
        form = "(CASE WHEN " + test.replace("{", "{{").replace("}", "}}") + " THEN {} ELSE {} END)"
        return self._of(form, min(a.low, b.low), max(a.high, b.high), a, b)

    def compare(self, operator: str, a: Whole, b: Whole) -> str:
        """The truth expression of `a operator b`; operator one of < <= = ."""
        if operator == "=":
            if a.high < b.low or a.low > b.high:
                return FALSE
            if a.low == a.high == b.low == b.high:
                return TRUE
        elif a.high < b.low or (operator == "<=" and a.high == b.low):
            return TRUE
        elif a.low > b.high or (operator == "<" and a.low == b.high):
            return FALSE
        wide = a.wide or b.wide
        return f"({self._as(a, wide)} {operator} {self._as(b, wide)})"

    def floor_div(self, a: Whole, b: Whole, most: int = WIDE_MOST) -> Whole:
        """a ÷ b rounded down, for a ≥ 0 and b > 0: this, and no other, is whole division in every database.

        `most`: what the quotient never exceeds, where more is known than the bounds of a and b say.
        """
        if a.low < 0 or b.low <= 0:
            raise NotExact("相除的数可能是负数 / a number to divide may be negative")
        if b.high == 1:
            return a
        low, high = a.low // b.high, min(a.high // b.low, most)
        if high > self.d.quotient_most:
            raise NotExact(
                f"商可能超过{len(str(self.d.quotient_most))}位整数 / a quotient may have more than {len(str(self.d.quotient_most))} digits"
            )
        form = self.d.wide_quotient if a.wide or b.wide else self.d.quotient
        return self._of(form.format(a="{0}", b="{1}"), low, high, a, b)

    def remainder(self, a: Whole, b: Whole) -> Whole:
        if a.low < 0 or b.low <= 0:
            raise NotExact("相除的数可能是负数 / a number to divide may be negative")
        return self._of("({} % {})", 0, min(a.high, b.high - 1), a, b)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Numbers of columns."""

    w: Wholes

    def const(self, value: Fraction) -> Num:
        whole = self.w.const(value.numerator)
        return Num(whole.sql, whole.low, whole.high, Fraction(1, value.denominator))

    def _num(self, whole: Whole, scale: Fraction, *parts: Num, den: Whole | None = None) -> Num:
        return Num(whole.sql, whole.low, whole.high, scale, known_of(parts), fault_of(parts), FALSE, den)

    def at_scale(self, a: Num, scale: Fraction) -> Whole:
        """The numerator in units of `scale`, of which the own scale must be a multiple."""
        factor = a.scale / scale
        assert factor.denominator == 1
        return self.w.times(a.numerator, self.w.const(factor.numerator))

    def plain(self, a: Num) -> Num:
        """The same number with one over a whole number as its scale, as it is shown in a column."""
        if a.scale.numerator == 1:
            return a
        whole = self.at_scale(a, Fraction(1, a.scale.denominator))
        return replace(
            a, raw=whole.sql, low=whole.low, high=whole.high, scale=Fraction(1, a.scale.denominator)
        )

    def aligned(self, a: Num, b: Num) -> tuple[Whole, Whole, Fraction]:
        scale = _common(a.scale, b.scale)
        return self.at_scale(a, scale), self.at_scale(b, scale), scale

    def across(self, a: Num, b: Num) -> tuple[Whole, Whole]:
        """Two whole numbers that compare as a and b do."""
        x, y, _ = self.aligned(a, b)
        if a.den == b.den:
            return x, y
        if a.den is not None:
            y = self.w.times(y, a.den)
        if b.den is not None:
            x = self.w.times(x, b.den)
        return x, y

    def _dens(self, a: Num, b: Num) -> Whole | None:
        """The denominator of what `across` gives."""
        if a.den is None or b.den is None or a.den == b.den:
            return a.den or b.den
        return self.w.times(a.den, b.den)

    def add(self, a: Num, b: Num) -> Num:
        if a.low == a.high == 0 and a.den is None:
            return replace(b, known=known_of((a, b)), fault=fault_of((a, b)))
        if b.low == b.high == 0 and b.den is None:
            return replace(a, known=known_of((a, b)), fault=fault_of((a, b)))
        _, _, scale = self.aligned(a, b)
        x, y = self.across(a, b)
        return self._num(self.w.plus(x, y), scale, a, b, den=self._dens(a, b))

    def negate(self, a: Num) -> Num:
        whole = self.w.negated(a.numerator)
        return self._num(whole, a.scale, a, den=a.den)

    def subtract(self, a: Num, b: Num) -> Num:
        _, _, scale = self.aligned(a, b)
        x, y = self.across(a, b)
        return self._num(self.w.minus(x, y), scale, a, b, den=self._dens(a, b))

    def multiply(self, a: Num, b: Num) -> Num:
        for one, other in ((a, b), (b, a)):
            factor = one.constant
            if factor is not None:
                if factor == 0:
                    return replace(self.const(Fraction(0)), known=other.known, fault=other.fault)
                if factor > 0:
                    return replace(other, scale=other.scale * factor, none=FALSE)
        den = self.w.times(a.den, b.den) if a.den is not None and b.den is not None else a.den or b.den
        return self._num(self.w.times(a.numerator, b.numerator), a.scale * b.scale, a, b, den=den)

    def divide(self, a: Num, b: Num) -> Num:
        factor = b.constant
        if factor is not None and factor > 0:
            return replace(a, scale=a.scale / factor, none=FALSE)
        if b.high <= 0 and b.low < 0:
            return self.divide(self.negate(a), self.negate(b))
        zero = self.w.compare("=", b.numerator, self.w.const(0))
        if b.low < 0:  # the sign goes to the numerator
            minus = self.w.compare("<", b.numerator, self.w.const(0))
            a = replace(self.chosen(minus, self.negate(a), a), known=a.known, fault=a.fault)
            size = self.w.chosen(minus, self.w.negated(b.numerator), b.numerator)
            b = replace(b, raw=size.sql, low=0, high=max(-b.low, b.high))
        below = self.w.greatest(b.numerator, self.w.const(1))
        top = a.numerator if b.den is None else self.w.times(a.numerator, b.den)
        below = below if a.den is None else self.w.times(below, a.den)
        result = self._num(top, a.scale / b.scale, a, b, den=below)
        return replace(result, fault=either(result.fault, both(b.known, zero)))

    def compare(self, operator: str, a: Num, b: Num) -> Truth:
        """`a operator b` for < <= > >= = ."""
        if operator in (">", ">="):
            return self.compare({">": "<", ">=": "<="}[operator], b, a)
        return asked(self.w.compare(operator, *self.across(a, b)), known_of((a, b)), fault_of((a, b)))

    def pick(self, a: Num, b: Num, least: bool) -> Num:
        """The lesser or greater."""
        _, _, scale = self.aligned(a, b)
        x, y = self.across(a, b)
        return self._num(
            (self.w.least if least else self.w.greatest)(x, y), scale, a, b, den=self._dens(a, b)
        )

    def chosen(self, test: str, a: Num, b: Num) -> Num:
        """One of two numbers, masks included."""
        x, y, scale = self.aligned(a, b)
        den = a.den
        if a.den != b.den:
            one = self.w.const(1)
            den = self.w.chosen(test, a.den or one, b.den or one)
        whole = self.w.chosen(test, x, y)
        known, fault = when(test, a.known, b.known), when(test, a.fault, b.fault)
        return Num(whole.sql, whole.low, whole.high, scale, known, fault, when(test, a.none, b.none), den)

    def steps(self, a: Num, unit: Num) -> tuple[Whole, Whole]:
        """a ÷ unit as two whole numbers, the second > 0."""
        if unit.low < 0 or unit.den is not None:
            raise NotExact("取整单位可能是负数或分数 / a rounding unit may be negative or a fraction")
        ratio = a.scale / unit.scale
        below = self.w.greatest(unit.numerator, self.w.const(1))
        top = self.w.times(a.numerator, self.w.const(ratio.numerator))
        below = self.w.times(below, self.w.const(ratio.denominator))
        return top, below if a.den is None else self.w.times(below, a.den)

    def rounded(self, a: Num, unit: Num, mode: str) -> Num:
        """A whole multiple of the unit: half_up away from zero at the half, down and up by size."""
        top, below = self.steps(a, unit)
        if below.high == 1:
            count = top
        elif top.low >= 0:
            count = self._units(top, below, mode)
        elif top.high <= 0:
            count = self.w.negated(self._units(self.w.negated(top), below, mode))
        else:
            zero = self.w.const(0)
            up = self._units(self.w.greatest(top, zero), below, mode)
            down = self._units(self.w.greatest(self.w.negated(top), zero), below, mode)
            count = self.w.minus(up, down)
        result = self._num(self.w.times(count, unit.numerator), unit.scale, a, unit)
        zero_unit = both(unit.known, self.w.compare("=", unit.numerator, self.w.const(0)))
        return replace(result, fault=either(result.fault, zero_unit))

    def _units(self, top: Whole, below: Whole, mode: str) -> Whole:
        if mode == "down":
            return self.w.floor_div(top, below)
        if mode == "up":
            return self.w.floor_div(self.w.plus(top, self.w.minus(below, self.w.const(1))), below)
        if below.low == below.high:
            return self.w.floor_div(self.w.plus(top, self.w.const(below.low // 2)), below)
        two = self.w.const(2)
        return self.w.floor_div(self.w.plus(self.w.times(top, two), below), self.w.times(below, two))

    def by_mode(self, a: Num, unit: Num, mode: Word) -> Num:
        """Rounding in a mode that may differ by row."""
        if mode.sql.startswith("'"):
            return self._masked(self.rounded(a, unit, mode.sql.strip("'")), mode)
        down, up = (self.rounded(a, unit, name) for name in ("down", "up"))
        half = self.rounded(a, unit, "half_up")
        chosen = self.chosen(
            f"({mode.sql} = 'half_up')", half, self.chosen(f"({mode.sql} = 'down')", down, up)
        )
        return self._masked(chosen, mode)

    def _masked(self, a: Num, by: Word) -> Num:
        return replace(a, known=known_of((a, by)), fault=fault_of((a, by)))


def asked(yes: str, known: str, fault: str) -> Truth:
    """A truth that is only known where `known` is."""
    if known == TRUE:
        return Truth(yes, None, fault)
    return Truth(both(known, yes), both(known, opposite(yes)), fault)


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The greatest number of which both are whole multiples."""
    return Fraction(
        gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator
    )
