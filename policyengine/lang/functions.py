"""The built-in functions: one row of `FUNCTIONS` is one function, its signature and what it does.

`sum count any all` and `min`/`max` over a generator are aggregates, evaluated in `evaluate.py`.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from policyengine import exact
from policyengine.exact import Number
from policyengine.lang import unknown
from policyengine.values import Absent, Table, Tiers, Unknown, Value


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters`: kinds of the arguments, for the checker and the reference; `zh`, `en`: what it answers."""

    name: str
    parameters: tuple[str, ...]
    result: str
    zh: str
    en: str
    do: Callable[..., Value]


def _round(mode: str) -> Callable[[Value, Value], Value]:
    def do(x: Value, unit: Value) -> Value:
        return round_to(x, unit, mode)

    return do


def round_to(x: Value, unit: Value, mode: Value) -> Value:
    """`x` as a whole multiple of `unit`; for an unknown unit or mode, all that it may come to."""
    if isinstance(mode, Unknown):
        options = sorted(str(m) for m in mode.options or exact.MODES)
        return unknown.hull(mode.needs, [round_to(x, unit, m) for m in options])
    if isinstance(unit, Unknown):
        return _by_unknown_unit(x, unit)
    wanted, step = str(mode), unit
    assert isinstance(step, Decimal | Fraction)

    def do(n: Number) -> Number:
        return exact.multiply(exact.round_to(exact.divide(n, step), exact.ONE, wanted), step)

    return unknown.monotone(do, x)


def _by_unknown_unit(x: Value, unit: Unknown) -> Value:
    """A rounded number lies less than a unit from the number itself, and on the same side of 0."""
    reach = unknown.largest([unit, unknown.negate(unit)])
    low, _ = unknown.bounds(unknown.subtract(x, reach))
    _, high = unknown.bounds(unknown.add(x, reach))
    least, most = unknown.bounds(x)
    if least is not None and unknown.order(least, exact.ZERO) >= 0:
        low = exact.ZERO
    if most is not None and unknown.order(most, exact.ZERO) <= 0:
        high = exact.ZERO
    return Unknown(unknown.needs((x, unit)), low, high)


def _each(tables: Unknown, do: Callable[[Value], Value]) -> Value:
    """What comes of a table that changes by date, on a day that is not known: all that any of its versions gives."""
    found: list[Value] = []
    failed: KeyError | None = None
    for table in tables.options or ():
        try:
            found.append(do(table))
        except KeyError as error:  # this version has no such row; another may be in force
            failed = error
    if failed is not None and not found:
        raise failed
    return unknown.hull(tables.needs, found)


def tier(tiers: Value, x: Value) -> Value:
    """The value of the row that `x` falls in; KeyError where it lies below the first."""
    if isinstance(tiers, Unknown):
        return _each(tiers, lambda table: tier(table, x))
    assert isinstance(tiers, Tiers)
    low, high = unknown.bounds(x)
    possible = [row.value for i, row in enumerate(tiers.rows) if _may_fall(tiers, i, low, high)]
    if not possible:
        raise KeyError(exact.text(x) if isinstance(x, Decimal | Fraction) else "")
    return unknown.hull(unknown.needs((x,)), possible)


def _may_fall(tiers: Tiers, i: int, low: unknown.Bound, high: unknown.Bound) -> bool:
    row = tiers.rows[i]
    if high is not None:
        side = unknown.order(high, row.bound)
        if side < 0 or (side == 0 and row.strict):
            return False
    if i + 1 < len(tiers.rows) and low is not None:
        after = tiers.rows[i + 1]
        side = unknown.order(low, after.bound)
        if side > 0 or (side == 0 and not after.strict):
            return False
    return True


def marginal(tiers: Value, x: Value) -> Value:
    """The sum over the rows of the part of `x` inside the row times the row's rate."""
    if isinstance(tiers, Unknown):
        return _each(tiers, lambda each: marginal(each, x))
    table = tiers
    assert isinstance(table, Tiers)
    if isinstance(x, Unknown) and any(exact.compare(row.value, exact.ZERO) < 0 for row in table.rows):
        return Unknown(x.needs)

    def do(amount: Number) -> Number:
        total: Number = exact.ZERO
        for i, row in enumerate(table.rows):
            upper = table.rows[i + 1].bound if i + 1 < len(table.rows) else amount
            part = exact.subtract(exact.smallest(amount, upper), row.bound)
            if exact.compare(part, exact.ZERO) > 0:
                total = exact.add(total, exact.multiply(part, row.value))
        return total

    return unknown.monotone(do, x)


def lookup(table: Value, key: Value) -> Value:
    """The table's cell for an option."""
    if isinstance(table, Unknown):
        return _each(table, lambda each: lookup(each, key))
    assert isinstance(table, Table)
    if isinstance(key, Unknown):
        options = sorted(str(k) for k in key.options or ())
        cells = [cell for k in options if (cell := table[k]) is not None]
        return unknown.hull(key.needs, cells) if cells else Unknown(key.needs)
    cell = table[str(key)]
    if cell is None:
        raise KeyError(str(key))
    return cell


def _day(year: int, month: int, day: int) -> date:
    if month == 2 and day == 29 and not isleap(year):
        day = 28
    return date(year, month, day)


def _months(n: Number) -> int:
    """Years as whole months; ValueError where they are none: 0.5年 is 6, and 0.3年 says no length of time."""
    months = Fraction(n) * 12
    if months.denominator != 1:
        raise ValueError(exact.text(n))
    return months.numerator


def _add_months(day: date, months: int) -> date:
    """The same day of another month; the last one of a month that is too short (民法典第203条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    year = min(max(year, 1), 9999)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: Value, n: Value) -> Value:
    """The same day `n` years later, half years and months too; 29 February becomes the 28th where there is none."""
    if isinstance(day, date) and isinstance(n, Decimal | Fraction):
        return _add_months(day, _months(n))
    (low, high), (fewest, most) = unknown.bounds(day), unknown.bounds(n)
    return unknown.ranged(unknown.needs((day, n)), _shift(low, fewest, floor), _shift(high, most, ceil))


def _shift(day: unknown.Bound, n: unknown.Bound, whole: Callable[[Fraction], int]) -> date | None:
    if isinstance(day, date) and isinstance(n, Decimal | Fraction):
        return _add_months(day, whole(Fraction(n) * 12))
    return None


def years_between(start: Value, end: Value) -> Value:
    """How many full years have gone by from one day to another, rounded down: before `start` it is below 0."""
    if isinstance(start, date) and isinstance(end, date):
        return Decimal(_full_years(start, end))
    (s_low, s_high), (e_low, e_high) = unknown.bounds(start), unknown.bounds(end)
    return unknown.ranged(unknown.needs((start, end)), _years(s_high, e_low), _years(s_low, e_high))


def _full_years(start: date, end: date) -> int:
    years = end.year - start.year
    return years - (_add_months(start, years * 12) > end)


def _years(start: unknown.Bound, end: unknown.Bound) -> Decimal | None:
    if isinstance(start, date) and isinstance(end, date):
        return Decimal(_full_years(start, end))
    return None


def days_between(start: Value, end: Value) -> Value:
    """How many days there are from one day to another, the first not counted: below 0 where `end` comes first."""
    if isinstance(start, date) and isinstance(end, date):
        return Decimal((end - start).days)
    (s_low, s_high), (e_low, e_high) = unknown.bounds(start), unknown.bounds(end)
    return unknown.ranged(unknown.needs((start, end)), _days(s_high, e_low), _days(s_low, e_high))


def _days(start: unknown.Bound, end: unknown.Bound) -> Decimal | None:
    if isinstance(start, date) and isinstance(end, date):
        return Decimal((end - start).days)
    return None


def add_days(day: Value, n: Value) -> Value:
    """The day `n` days later; the first and the last day of the calendar where it would lie beyond them."""
    if isinstance(day, date) and isinstance(n, Decimal | Fraction):
        return _clamped(day, n)
    (low, high), (fewest, most) = unknown.bounds(day), unknown.bounds(n)
    return unknown.ranged(unknown.needs((day, n)), _later(low, fewest), _later(high, most))


def _later(day: unknown.Bound, n: unknown.Bound) -> date | None:
    return _clamped(day, n) if isinstance(day, date) and isinstance(n, Decimal | Fraction) else None


def _clamped(day: date, n: Number) -> date:
    return date.fromordinal(min(max(day.toordinal() + floor(n), 1), date.max.toordinal()))


def year(day: Value) -> Value:
    """The calendar year of a day."""
    if isinstance(day, date):
        return Decimal(day.year)
    low, high = unknown.bounds(day)
    return unknown.ranged(
        unknown.needs((day,)),
        Decimal(low.year) if isinstance(low, date) else None,
        Decimal(high.year) if isinstance(high, date) else None,
    )


def day_of(y: Value, month: Value, day: Value) -> Value:
    """The day of a calendar year, month and day; 29 February clamps. ValueError where there is none."""
    if isinstance(y, Decimal) and isinstance(month, Decimal) and isinstance(day, Decimal):
        return _day(int(y), int(month), int(day))
    if isinstance(month, Decimal) and isinstance(day, Decimal):
        first, last = (
            _day(min(max(int(end), 1), 9999), int(month), int(day)) if isinstance(end, Decimal) else None
            for end in unknown.bounds(y)
        )
        return unknown.ranged(unknown.needs((y,)), first, last)
    return Unknown(unknown.needs((y, month, day)))


def smallest(*values: Value) -> Value:
    return unknown.smallest(values)


def largest(*values: Value) -> Value:
    return unknown.largest(values)


def present(value: Value) -> bool:
    """Whether a value can be reckoned with: known, and not absent."""
    return not isinstance(value, Unknown | Absent)


def quantity(value: Value) -> bool:
    return isinstance(value, Decimal | Fraction)


FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("min", ("quantity", "..."), "same", "各数中最小的", "the least", smallest),
        Function("max", ("quantity", "..."), "same", "各数中最大的", "the greatest", largest),
        Function("round_half_up", ("quantity", "unit"), "same", "按单位四舍五入", "rounded to a multiple of the unit, halves up", _round("half_up")),
        Function("round_down", ("quantity", "unit"), "same", "按单位舍去尾数", "rounded down to a multiple of the unit", _round("down")),
        Function("round_up", ("quantity", "unit"), "same", "按单位进一", "rounded up to a multiple of the unit", _round("up")),
        Function("round_to", ("quantity", "unit", "mode"), "same", "按单位和方式取整（half_up、down、up）", "rounded to a multiple of the unit in the mode half_up, down or up", round_to),
        Function("tier", ("tiers", "quantity"), "item", "所在档次对应的值", "the value of the row that the number falls in", tier),
        Function("marginal", ("tiers", "quantity"), "product", "各档次分段计算后相加", "each bracket's part times its rate, summed", marginal),
        Function("lookup", ("table", "key"), "item", "表中对应的值", "the table's cell for the key", lookup),
        Function("years_between", ("date", "date"), "years", "两个日期之间的整年数", "full years between two days", years_between),
        Function("add_years", ("date", "years"), "date", "若干年后的同一天", "the same day some years on", add_years),
        Function("days_between", ("date", "date"), "count", "从一天到另一天的天数（头一天不算）", "days from one day to another", days_between),
        Function("add_days", ("date", "count"), "date", "若干天后的那一天", "the day some days on", add_days),
        Function("year", ("date",), "count", "日期的年份", "the calendar year of a day", year),
        Function("date", ("count", "count", "count"), "date", "由年、月、日得到日期", "the day of a year, month and day", day_of),
        Function("is_none", ("any",), "bool", "是否确知没有", "whether it is known to be absent", unknown.is_absent),
    )
}  # fmt: skip
