"""Values in the words of a document: `500万元`, `3%`, `1个百分点`, `A类`, `2021年6月1日`.

Nothing is rounded for display. Amounts from 10,000元 on are in 万元 where that is exact and short;
inside formulas they stay in 元 with two decimals, so that a reader can check them with a calculator.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine.exact import CONTEXT, Number
from policyengine.model import Label
from policyengine.values import Absent, Table, Tiers, Type, Unit, Unknown, Value

WAN = Decimal(10_000)
UNKNOWN = Label("待补", "to be given")
ABSENT_WORD = Label("无", "none")
YES, NO = Label("是", "yes"), Label("否", "no")


def grouped(number: Number, decimals: int | None = None) -> str:
    """`5,000,000.00`; with `decimals` at least that many; a fraction as `1,000/3`."""
    if isinstance(number, Fraction):
        return f"{number.numerator:,}/{number.denominator:,}"
    spelled = exact.text(number)
    sign, spelled = ("-", spelled[1:]) if spelled.startswith("-") else ("", spelled)
    whole, _, part = spelled.partition(".")
    if decimals is not None:
        part = part.ljust(decimals, "0")
    return f"{sign}{int(whole):,}" + (f".{part}" if part else "")


def money(amount: Number, lang: str = "zh") -> str:
    """`15万元`, `499.999999万元`, `9,999.50元`; in English `150,000.00 yuan`."""
    if isinstance(amount, Fraction):
        return f"{grouped(amount)}{_yuan(lang)}"
    if lang == "en":
        return f"{grouped(amount, 2)} yuan"
    if abs(amount) >= WAN:
        return f"{grouped(CONTEXT.divide(amount, WAN))}万元"
    return f"{grouped(amount, None if amount == amount.to_integral_value() else 2)}元"


def _yuan(lang: str) -> str:
    return "元" if lang == "zh" else " yuan"


def percent(rate: Number) -> str:
    """`3%`, `3.5%`; a rate without a finite decimal as a fraction of 100."""
    hundred = exact.multiply(rate, Decimal(100))
    return f"{grouped(hundred)}%"


def day(value: date, lang: str = "zh") -> str:
    """`2021年6月1日`; in English `2021-06-01`."""
    return f"{value.year}年{value.month}月{value.day}日" if lang == "zh" else value.isoformat()


def value(
    v: Value, type_: Type, lang: str = "zh", options: Mapping[str, Label] | None = None, unit: Unit | str = ""
) -> str:
    """A value for people, with its unit and the labels of its options."""
    if isinstance(v, Unknown):
        return span(v, type_, lang, options, unit)
    if isinstance(v, Absent):
        return ABSENT_WORD(lang)
    if isinstance(v, bool):
        return (YES if v else NO)(lang)
    if isinstance(v, date):
        return day(v, lang)
    if isinstance(v, str):
        return option(v, lang, options)
    if isinstance(v, tuple):
        return ("、" if lang == "zh" else ", ").join(option(item, lang, options) for item in v)
    if isinstance(v, Tiers | Table):
        return table(v, type_, lang, options)
    return quantity(v, type_, lang, unit)


def option(name: str, lang: str, options: Mapping[str, Label] | None) -> str:
    """The label of an option."""
    return options[name](lang) if options and name in options else name


def quantity(number: Number, type_: Type, lang: str = "zh", unit: Unit | str = "") -> str:
    """A number by its type. `unit`: of a number, whose value is then said in that unit; or just a word."""
    if isinstance(unit, Unit):
        number, unit = exact.divide(number, unit.scale), unit.name
    match type_.kind:
        case "money":
            return money(number, lang)
        case "rate":
            return percent(number)
        case "points":
            hundred = grouped(exact.multiply(number, Decimal(100)))
            if lang == "zh":
                return f"{hundred}个百分点"
            return f"{hundred} percentage point{'' if hundred == '1' else 's'}"
        case "count" | "years":
            return f"{exact.text(number)}{unit}"
    return f"{grouped(number)}{unit}"


def in_formula(number: Number, type_: Type, lang: str = "zh") -> str:
    """A number as it stands inside a formula: money in 元 with two decimals, without the unit."""
    if type_.kind == "money":
        return grouped(number, 2)
    return quantity(number, type_, lang)


def span(
    v: Unknown,
    type_: Type,
    lang: str = "zh",
    options: Mapping[str, Label] | None = None,
    unit: Unit | str = "",
) -> str:
    """What an unknown value may still be: `0元至40万元`, `待补`."""
    if isinstance(v.low, Decimal | Fraction) and isinstance(v.high, Decimal | Fraction):
        low, high = (quantity(end, type_, lang, unit) for end in (v.low, v.high))
        return f"{low}至{high}" if lang == "zh" else f"{low} to {high}"
    return UNKNOWN(lang)


def table(t: Tiers | Table, type_: Type, lang: str, options: Mapping[str, Label] | None) -> str:
    """A tier table or lookup table on one line."""
    item = type_.item or type_
    colon = "：" if lang == "zh" else ": "
    if isinstance(t, Tiers):
        bound = Type(type_.options[0], type_.dim) if type_.options else Type("money")  # type: ignore[arg-type]
        words = ("{}以上（不含）", "{}及以上") if lang == "zh" else ("above {}", "from {}")
        rows = [
            f"{words[0 if row.strict else 1].format(quantity(row.bound, bound, lang))}{colon}{quantity(row.value, item, lang)}"
            for row in t.rows
        ]
    else:
        rows = [f"{option(key, lang, options)}{colon}{value(cell, item, lang)}" for key, cell in t.cells]
    return ("；" if lang == "zh" else "; ").join(rows)
