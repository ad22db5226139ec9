"""Exact numbers: decimals as long as they are exact, fractions where a division is not.

Every sum of money, rate and count is a `Decimal` read from text. Addition and multiplication stay
decimal while the result is exact; a quotient without a finite decimal (or a result longer than the
context) becomes a `Fraction`. Nothing is ever rounded except by `round_to`, and no float is let in.
"""

from __future__ import annotations

from decimal import (
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)
from fractions import Fraction

Number = Decimal | Fraction

# INVARIANT: a result that the context would have to round raises Inexact, and is then computed as a fraction.
# Methods of this object are called, never operators, because threads do not inherit a context.
CONTEXT = Context(
    prec=60,
    Emax=999,
    Emin=-999,
    traps=[InvalidOperation, DivisionByZero, Overflow, Underflow, Inexact, FloatOperation],
)
_LOST = (Inexact, Overflow, Underflow, InvalidOperation)

ZERO = Decimal(0)
ONE = Decimal(1)


def number(value: int | Decimal | Fraction) -> Number:
    """The number as this module keeps it; a float or bool is a TypeError."""
    if isinstance(value, Decimal | Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not an exact number: {value!r}")
    return Decimal(value)


def add(a: Number, b: Number) -> Number:
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        try:
            return CONTEXT.add(a, b)
        except _LOST:
            pass
    return _settle(Fraction(a) + Fraction(b))


def subtract(a: Number, b: Number) -> Number:
    return add(a, negate(b))


def multiply(a: Number, b: Number) -> Number:
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        try:
            return CONTEXT.multiply(a, b)
        except _LOST:
            pass
    return _settle(Fraction(a) * Fraction(b))


def divide(a: Number, b: Number) -> Number:
    """The exact quotient; ZeroDivisionError where `b` is 0."""
    if b == 0:
        raise ZeroDivisionError
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        try:
            return CONTEXT.divide(a, b)
        except _LOST:
            pass
    return _settle(Fraction(a) / Fraction(b))


def negate(a: Number) -> Number:
    return a.copy_negate() if isinstance(a, Decimal) and a else -a


def compare(a: Number, b: Number) -> int:
    """-1, 0 or 1 as a is less than, equal to or greater than b."""
    if type(a) is not type(b):
        a, b = Fraction(a), Fraction(b)
    return (a > b) - (a < b)


def smallest(a: Number, b: Number) -> Number:
    return b if compare(b, a) < 0 else a


def largest(a: Number, b: Number) -> Number:
    return b if compare(b, a) > 0 else a


def floor(a: Number, unit: Number) -> int:
    """How many whole units fit into `a`, downwards."""
    return Fraction(a) // Fraction(unit)


MODES = ("half_up", "down", "up")


def round_to(a: Number, unit: Number, mode: str = "half_up") -> Decimal:
    """`a` as a whole multiple of `unit`: half_up away from zero at the half, down and up by size."""
    ratio = Fraction(a) / Fraction(unit)
    size = abs(ratio)
    if mode == "half_up":
        steps = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    elif mode == "down":
        steps = size.numerator // size.denominator
    elif mode == "up":
        steps = -(-size.numerator // size.denominator)
    else:
        raise ValueError(f"no rounding mode {mode!r}")
    result = multiply(Decimal(steps if ratio >= 0 else -steps), unit)
    if not isinstance(result, Decimal):
        raise ValueError("a rounding unit is a decimal")
    return result


def text(a: Number) -> str:
    """The shortest exact spelling: `150000`, `0.03`, `1000/3`."""
    if isinstance(a, Fraction):
        return f"{a.numerator}/{a.denominator}"
    spelled = format(a, "f")
    if "." in spelled:
        spelled = spelled.rstrip("0").rstrip(".")
    return "0" if spelled in ("-0", "") else spelled


def _settle(a: Fraction) -> Number:
    """Back to a decimal where the fraction has a finite and short one."""
    denominator = a.denominator
    if denominator.bit_length() > 200 or a.numerator.bit_length() > 190:
        return a
    for factor in (2, 5):
        while denominator % factor == 0:
            denominator //= factor
    if denominator != 1:
        return a
    try:
        return CONTEXT.divide(Decimal(a.numerator), Decimal(a.denominator))
    except _LOST:
        return a
