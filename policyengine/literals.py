"""Quantities as people and laws write them: `500万元`, `3%`, `1个百分点`, `200元/吨标准煤`.

Reading is exact: the digits become a decimal, the unit its scale. Nothing is guessed: a unit that is
missing, unknown, or of another kind is a `Problem`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policyengine.exact import CONTEXT
from policyengine.nearest import meant, nearest
from policyengine.values import Unit, Units

MAX_DIGITS = 18
_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(\.[0-9]+)?")
_GROUPED = re.compile(r"(-?)([1-9][0-9]{0,2})((?:,[0-9]{3})+)(\.[0-9]+)?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
MULTIPLIERS = {"万": 10**4, "亿": 10**8}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in the unit's base (元, a fraction, tce …). `step`: one unit of the last written digit."""

    value: Decimal
    unit: Unit | None
    step: Decimal


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is no quantity: a diagnostic code, and the words it needs."""

    code: str
    words: dict[str, str]


def quantity(text: str, units: Units) -> Quantity | Problem:
    """The quantity that a text says, with its unit (None: a bare number)."""
    stripped = text.strip()
    if stripped != unicodedata.normalize("NFKC", stripped).replace("，", ","):
        plain = unicodedata.normalize("NFKC", stripped)
        if plain != stripped and not _same_script(stripped, plain):
            return Problem("full-width-in-value", {"text": text, "ascii": plain})
    match = _GROUPED.match(stripped) or _NUMBER.match(stripped)
    if match is None:
        return Problem("not-a-quantity", {"text": text})
    digits = match.group().replace(",", "")
    if sum(c.isdigit() for c in digits) > MAX_DIGITS:
        return Problem("too-many-digits", {"text": text})
    number = Decimal(digits)
    rest = stripped[match.end() :].strip()
    if rest[:1] in tuple("0123456789.,+-~"):
        return Problem("not-a-quantity", {"text": text})
    unit = _unit(rest, units)
    if unit is None and rest:
        close = [f"{rest}元"] if units.get(f"{rest}元") else nearest(rest, units.names(), 40)
        return Problem("unknown-unit", {"text": text, "unit": rest, **meant(close)})
    scale = unit.scale if unit else Decimal(1)
    exponent = number.as_tuple().exponent
    step = CONTEXT.scaleb(Decimal(1), Decimal(exponent if isinstance(exponent, int) else 0))
    return Quantity(CONTEXT.multiply(number, scale), unit, CONTEXT.multiply(step, scale))


def _same_script(a: str, b: str) -> bool:
    """Whether normalising only changed compatibility forms inside a unit (㎡), not digits or signs."""
    return [c for c in a if c.isascii()] == [c for c in b if c.isascii()]


def _unit(text: str, units: Units) -> Unit | None:
    """The unit of that name; a 万 or 亿 before a known unit multiplies it."""
    if not text:
        return None
    found = units.get(text)
    if found is not None:
        return found
    multiplier = MULTIPLIERS.get(text[0])
    inner = units.get(text[1:]) if multiplier else None
    if inner is None or multiplier is None:
        return None
    return Unit(text, inner.kind, inner.dim, CONTEXT.multiply(inner.scale, Decimal(multiplier)))


def day(text: str) -> date | None:
    """The day that `2020-08-15` says; None where it is none."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def missing_unit(text: str, unit: str) -> dict[str, str]:
    """Words for `unit-missing`: the unit, or for money both that are likely, ten thousand times apart."""
    if unit in ("元", "万元", "亿元"):
        return {"text": text, "yuan": f"{text}元", "wan": f"{text}万元"}
    return {"text": text, "unit": unit}
