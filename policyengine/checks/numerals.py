"""The numbers that a Chinese text says, with their units, as exact numbers.

`500万元`, `3%`, `百分之三`, `一个`, `三年`, `300—1000万元` (the first takes its unit from the second),
`1个百分点`, `每吨标准煤200元`, `2020年8月15日`. Texts are squeezed (`common.squeeze`): no white space, ASCII
digits and signs.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from policyengine import exact
from policyengine.checks.common import squeeze
from policyengine.exact import Number
from policyengine.values import MONEY, Dimension, Type, Units

_ARABIC = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_HAN = r"[零〇一二两三四五六七八九十][零〇一二两三四五六七八九十百千万亿]*(?:点[零〇一二三四五六七八九]+)?"
_NUMBER = re.compile(
    rf"(?P<under>{_ARABIC}|{_HAN}|[百千万])分之(?P<over>{_ARABIC}|{_HAN})"
    rf"|(?P<half>一半|过半|半数)|(?P<arabic>{_ARABIC})|(?<![第0-9])(?P<han>{_HAN})"
)  # fmt: skip
_NOTE = r"\(不?含[^()]{0,8}\)"  # (含), (不含), (含本数)
_LINK = re.compile(rf"(?:{_NOTE}|及?以上)?[-—–~～至到](?:不?超过)?")
_MULTIPLIER = re.compile(r"[百千万亿]+")
_END_OF_MONEY = re.compile(r"$|[,。;:、()\-—~～至到以及的]")
_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_MEASURES = "个家项户台套名人次件种类条座辆笔"
_YEAR = r"[0-9]{4}|[零〇一二三四五六七八九]{4}"
_PART = r"[0-9]{1,2}|[一二三四五六七八九十]{1,3}"
_DAY = re.compile(
    rf"(?:(?P<year>{_YEAR})年)?(?P<month>{_PART})月(?:(?P<day>{_PART})日|(?P<month_end>[底末]))?"
    r"|(?P<iso>[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2})"
    rf"|(?P<only_year>{_YEAR})年(?P<year_end>[底末])?"
)


class Meaning(NamedTuple):
    """One way to take a number: its kind (as in `values.Type`, or `times`, `bare`), and its base value."""

    kind: str
    dim: Dimension
    value: Number


@dataclass(frozen=True, slots=True)
class Said:
    """A number of a text, from `start` up to `end` (behind its unit), and all that it may mean."""

    start: int
    end: int
    meanings: tuple[Meaning, ...]


class _Found(NamedTuple):
    start: int
    end: int
    value: Number
    kind: str  # "rate" for fractions in words, "han" for Chinese numerals, "" for digits


class _Tail(NamedTuple):
    """What follows a number: a multiplier (万), a unit ("" for none), and where both end."""

    times: int
    unit: str
    end: int


_PLAIN: dict[str, Meaning] = {
    "元": Meaning("money", MONEY, Decimal(1)),
    "%": Meaning("rate", (), Decimal("0.01")),
    "‰": Meaning("rate", (), Decimal("0.001")),
    "成": Meaning("rate", (), Decimal("0.1")),
    "个百分点": Meaning("points", (), Decimal("0.01")),
    "百分点": Meaning("points", (), Decimal("0.01")),
    "年": Meaning("years", (), Decimal(1)),
    "周年": Meaning("years", (), Decimal(1)),
    "周岁": Meaning("years", (), Decimal(1)),
    "岁": Meaning("years", (), Decimal(1)),
    "个月": Meaning("years", (), Fraction(1, 12)),
    "倍": Meaning("times", (), Decimal(1)),
    **{measure: Meaning("count", (), Decimal(1)) for measure in _MEASURES},
}
_FITS: dict[str, tuple[str, ...]] = {
    "rate": ("rate", "times"), "count": ("count", "bare", "years"),
    "number": ("number", "bare", "times", "rate", "count"),
}  # fmt: skip


def said(text: str, units: Units) -> list[Said]:
    """Every number of a squeezed text, in order."""
    known = _known(units)
    names = sorted(known, key=len, reverse=True)
    numbers = list(_numbers(text))
    tails = [_tails(text, number, names) for number in numbers]
    result = []
    for i, number in enumerate(numbers):
        link = _LINK.match(text, number.end)
        follows = link is not None and i + 1 < len(numbers) and numbers[i + 1].start == link.end()
        lent = [t for t in tails[i + 1] if t.unit] if follows else []
        own = tails[i]
        meanings = [_meaning(number, tail, known, text) for tail in (*own, *lent)]
        if number.kind == "han" and not any(tail.unit for tail in (*own, *lent)):
            continue  # a numeral inside a word, not a quantity: 统一, 一批
        end = max((t.end for t in own if t.unit), default=max(t.end for t in own))
        result.append(Said(number.start, end, tuple(m for m in meanings if m is not None)))
    return result


def _known(units: Units) -> dict[str, Meaning]:
    own = {
        squeeze(unit.name).text: Meaning("money" if unit.dim == MONEY else "number", unit.dim, unit.scale)
        for unit in units.own.values()
    }
    return {**_PLAIN, **own}


def _numbers(text: str) -> Iterator[_Found]:
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if match["half"]:
            yield _Found(start, end, Fraction(1, 2), "rate")
        elif match["over"]:
            under = _value(match["under"])
            if under:
                yield _Found(start, end, exact.divide(_value(match["over"]), under), "rate")
        else:
            word = match["arabic"] or match["han"]
            yield _Found(start, end, _value(word), "han" if match["han"] else "")


def _value(word: str) -> Number:
    if word[0].isdigit() and word[0].isascii():
        return Decimal(word.replace(",", ""))
    whole, _, part = word.partition("点")
    return Decimal(f"{_han(whole)}.{''.join(str(_DIGITS[char]) for char in part) or 0}")


def _han(word: str) -> int:
    """`三百五十万` → 3500000; a run of plain digits (二〇二〇) is read place by place."""
    if len(word) > 1 and all(char in _DIGITS for char in word):
        return int("".join(str(_DIGITS[char]) for char in word))
    total = section = digit = 0
    for char in word:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif _POWERS[char] >= 10**4:
            total += (section + digit or 1) * _POWERS[char]
            section = digit = 0
        else:
            section += (digit or 1) * _POWERS[char]
            digit = 0
    return total + section + digit


def _tails(text: str, number: _Found, names: list[str]) -> list[_Tail]:
    """The unit right behind a number, the one behind a multiplier, or none."""
    if number.kind == "rate":
        return [_Tail(1, "", number.end)]
    note = re.compile(_NOTE).match(text, number.end)
    pos = note.end() if note else number.end
    found = [_Tail(1, name, pos + len(name)) for name in names if text.startswith(name, pos)][:1]
    multiplier = _MULTIPLIER.match(text, pos)
    if multiplier and number.kind != "han":
        times = _han(f"一{multiplier[0]}") if multiplier[0][0] not in _DIGITS else 1
        note = re.compile(_NOTE).match(text, multiplier.end())
        after = note.end() if note else multiplier.end()
        name = next((name for name in names if text.startswith(name, after)), "")
        found.append(_Tail(times, name, after + len(name) if name else multiplier.end()))
    return found or [_Tail(1, "", number.end)]


def _meaning(number: _Found, tail: _Tail, known: dict[str, Meaning], text: str) -> Meaning | None:
    if number.kind == "rate":
        return Meaning("rate", (), number.value)
    value = exact.multiply(number.value, Decimal(tail.times))
    if tail.unit:
        kind, dim, scale = known[tail.unit]
        return Meaning(kind, dim, exact.multiply(value, scale))
    if tail.times > 1 and _END_OF_MONEY.match(text, tail.end):
        return Meaning("money", MONEY, value)  # 500万以上: 元 is often left out
    return Meaning("bare", (), value)


# --- finding a value ---------------------------------------------------------------------------


def saying(text: str, found: list[Said], value: Number, type_: Type | None, units: Units) -> list[Said]:
    """Those numbers of a text that mean the value; `type_` None: in whatever unit."""
    return [one for one in found if any(_means(text, m, value, type_, units) for m in one.meanings)]


def _means(text: str, m: Meaning, value: Number, type_: Type | None, units: Units) -> bool:
    if type_ is None:
        return exact.compare(m.value, value) == 0
    if type_.dim and m.dim != type_.dim:
        return _per(text, m, value, type_, units)
    return m.kind in _FITS.get(type_.kind, (type_.kind,)) and exact.compare(m.value, value) == 0


def _per(text: str, m: Meaning, value: Number, type_: Type, units: Units) -> bool:
    """`每吨标准煤200元` for a value in 元/吨标准煤: the amount, and what it is paid for anywhere beside it."""
    for unit in units.own.values():
        over, slash, under = unit.name.partition("/")
        amount = units.get(over)
        if unit.dim != type_.dim or not slash or amount is None or squeeze(under).text not in text:
            continue
        if m.dim == amount.dim and m.kind == amount.kind:
            base = exact.multiply(exact.divide(m.value, amount.scale), unit.scale)
            if exact.compare(base, value) == 0:
                return True
    return False


class SaidDay(NamedTuple):
    """A day of a text, from `start` up to `end`."""

    start: int
    end: int
    day: date


def days(text: str) -> list[SaidDay]:
    """The days that a text says; a day without a year takes that of the one before, `年底` is 31 December."""
    found: list[SaidDay] = []
    year = 0
    for match in _DAY.finditer(text):
        written = match["year"] or match["only_year"] or (match["iso"] or "")[:4]
        year = int(_value(written)) if written else year
        day = _day(match, year) if year else None
        if day is not None:
            found.append(SaidDay(match.start(), match.end(), day))
    return found


def _day(match: re.Match[str], year: int) -> date | None:
    if match["iso"]:
        _, month, day = (int(part) for part in re.split("[-./]", match["iso"]))
    elif match["only_year"]:
        month, day = (12, 31) if match["year_end"] else (1, 1)
    else:
        month, day = int(_value(match["month"])), int(_value(match["day"] or "1"))
    try:
        return date(year, month, monthrange(year, month)[1] if match["month_end"] else day)
    except (ValueError, IndexError):  # the 31st of a short month, a 13th month
        return None
