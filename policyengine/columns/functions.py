"""The built-in functions over columns: rounding, tiers, tables, calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine.columns import logic
from policyengine.columns.domain import (
    FALSE,
    Col,
    Day,
    Fixed,
    NotExact,
    Num,
    Truth,
    Whole,
    Word,
    both,
    either,
    fault_of,
    known_of,
    opposite,
)
from policyengine.columns.numbers import Arithmetic, asked
from policyengine.values import ABSENT, Known, Table, Tiers

Hold = Callable[[Col], Col]
MONTHS = 12


def constant(num: Arithmetic, value: Known) -> Col:
    """A known value as a column's value."""
    if value is ABSENT:
        return logic.NOTHING
    if isinstance(value, bool):
        return Truth("TRUE" if value else FALSE)
    if isinstance(value, Decimal | Fraction):
        return num.const(Fraction(value))
    if isinstance(value, date):
        return Day(num.w.d.day(value), value, value)
    if isinstance(value, str):
        return Word(num.w.d.word(value))
    assert isinstance(value, Tiers | Table | tuple)
    return Fixed((("TRUE", value),))


def by_date(num: Arithmetic, table: Fixed, do: Callable[[object], Col], also: Col) -> Col:
    """What comes of a table that may change by date: that of the version in force."""
    (_, first), *later = table.versions
    result = do(first)
    for start, value in later:
        result = logic.chosen(num, Truth(start), do(value), result)
    return (
        replace(
            result, known=both(result.known, table.known), fault=either(result.fault, table.fault, also.fault)
        )
        if not isinstance(result, Truth)
        else _masked(result, table)
    )


def _masked(result: Truth, table: Fixed) -> Truth:
    if table.known == "TRUE":
        return replace(result, fault=either(result.fault, table.fault))
    return Truth(
        both(table.known, result.yes), both(table.known, result.no), either(result.fault, table.fault)
    )


def contains(num: Arithmetic, a: Col, table: Fixed) -> Truth:
    """`a in set`"""
    assert isinstance(a, Word)

    def inside(members: object) -> Col:
        assert isinstance(members, tuple)
        if not members:
            return Truth(FALSE)
        listed = ", ".join(num.w.d.word(member) for member in members)
        yes = (
            f"({a.sql} IN ({listed}))"
            if not a.sql.startswith("'")
            else str(a.sql in listed.split(", ")).upper()
        )
        return asked(both(opposite(a.none), yes), a.known, a.fault)

    result = by_date(num, table, inside, a)
    assert isinstance(result, Truth)
    return result


def lookup(num: Arithmetic, table: Fixed, key: Word) -> Col:
    def cell(cells: object) -> Col:
        assert isinstance(cells, Table)
        result: Col | None = None
        for name, value in reversed(cells.cells):
            this = constant(num, value)
            test = Truth(f"({key.sql} = {num.w.d.word(name)})")
            result = this if result is None else logic.chosen(num, test, this, result)
        if result is None or isinstance(result, Truth | Fixed):
            raise NotExact("这张表不能按列查 / this table cannot be looked up by column")
        listed = ", ".join(num.w.d.word(name) for name, _ in cells.cells)
        return replace(result, fault=f"({key.sql} NOT IN ({listed}))")

    result = by_date(num, table, cell, key)
    assert not isinstance(result, Truth)
    return replace(
        result, known=both(result.known, key.known), fault=either(key.fault, both(key.known, result.fault))
    )


def tier(num: Arithmetic, table: Fixed, x: Num) -> Col:
    def row(tiers: object) -> Col:
        assert isinstance(tiers, Tiers)
        tests = [
            num.compare(">" if r.strict else ">=", x, num.const(Fraction(r.bound))).yes for r in tiers.rows
        ]
        result: Col = num.const(Fraction(tiers.rows[0].value))
        for test, r in zip(tests[1:], tiers.rows[1:], strict=True):
            result = logic.chosen(num, Truth(test), num.const(Fraction(r.value)), result)
        return replace(result, fault=opposite(tests[0]))

    plain = replace(x, known="TRUE", fault=FALSE)
    x, whole = plain, x
    result = by_date(num, table, row, plain)
    assert isinstance(result, Num)
    return replace(
        result,
        known=both(result.known, whole.known),
        fault=either(whole.fault, both(whole.known, result.fault)),
    )


def marginal(num: Arithmetic, table: Fixed, x: Num) -> Col:
    zero = num.const(Fraction(0))

    def total(tiers: object) -> Col:
        assert isinstance(tiers, Tiers)
        result = zero
        for i, r in enumerate(tiers.rows):
            upper = (
                num.pick(x, num.const(Fraction(tiers.rows[i + 1].bound)), True)
                if i + 1 < len(tiers.rows)
                else x
            )
            part = num.pick(num.subtract(upper, num.const(Fraction(r.bound))), zero, False)
            result = num.add(result, num.multiply(part, num.const(Fraction(r.value))))
        return result

    return by_date(num, table, total, x)


def round_to(num: Arithmetic, values: list[Col], mode: str) -> Col:
    x, unit = values[0], values[1]
    assert isinstance(x, Num) and isinstance(unit, Num)
    if mode:
        return num.rounded(x, unit, mode)
    by = values[2]
    assert isinstance(by, Word)
    return num.by_mode(x, unit, by)


def pick(num: Arithmetic, values: list[Col], least: bool, hold: Hold) -> Col:
    result = values[0]
    for value in values[1:]:
        if isinstance(result, Num) and isinstance(value, Num):
            result = num.pick(result, value, least)
            if result.den is not None:
                held = hold(result)
                assert isinstance(held, Num)
                result = held
        else:
            assert isinstance(result, Day) and isinstance(value, Day)
            first, last = (min, min) if least else (max, max)
            sql = f"{'LEAST' if least else 'GREATEST'}({result.sql}, {value.sql})"
            both_ = (result, value)
            result = Day(
                sql,
                first(result.low, value.low),
                last(result.high, value.high),
                known_of(both_),
                fault_of(both_),
            )
    return result


# --- calendar ---


def year(num: Arithmetic, day: Day) -> Num:
    low, high = day.low.year, day.high.year
    if low == high:
        return replace(num.const(Fraction(low)), known=day.known, fault=day.fault)
    sql = num.w.d.cast(f"EXTRACT(YEAR FROM {day.sql})", False)
    return Num(sql, low, high, Fraction(1), day.known, day.fault)


def add_years(num: Arithmetic, day: Day, n: Num) -> Day:
    factor = n.scale * MONTHS
    if n.den is not None or factor.denominator != 1:
        raise NotExact("年数不是整月 / a length of time that is no whole months")
    months = num.w.times(n.numerator, num.w.const(factor.numerator))
    low, high = (_moved(day.low, months.low, False), _moved(day.high, months.high, True))
    sql = day.sql if months.low == months.high == 0 else _later(num, day.sql, months)
    return Day(sql, low, high, known_of((day, n)), fault_of((day, n)))


def _later(num: Arithmetic, day: str, months: Whole) -> str:
    return num.w.d.months_later.format(day=day, months=months.sql)


def _moved(day: date, months: int, end: bool) -> date:
    year_ = day.year + (months // MONTHS if not end else -(-months // MONTHS))
    if not 1 < year_ < 9999:
        raise NotExact("日期可能超出公历范围 / a day may lie outside the calendar")
    return date(year_, 12, 31) if end else date(year_, 1, 1)


def years_between(num: Arithmetic, start: Day, end: Day) -> Num:
    first, last = year(num, start), year(num, end)
    years = num.w.minus(last.numerator, first.numerator)
    months = num.w.times(years, num.w.const(MONTHS))
    sql = f"({years.sql} - CASE WHEN {_later(num, start.sql, months)} > {end.sql} THEN 1 ELSE 0 END)"
    return Num(sql, years.low - 1, years.high, Fraction(1), known_of((start, end)), fault_of((start, end)))


def day_of(num: Arithmetic, values: list[Col]) -> Day:
    """date(y, m, d) of a fixed month and day; 29 February clamps."""
    y, month, day = values
    assert isinstance(y, Num) and isinstance(month, Num) and isinstance(day, Num)
    m, d = month.constant, day.constant
    if m is None or d is None or y.scale != 1 or y.den is not None or not 1 <= y.low <= y.high <= 9999:
        raise NotExact("年月日不是固定的月和日 / a date without a fixed month and day")
    leap = m == 2 and d == 29
    try:
        low, high = (date(value, int(m), 28 if leap else int(d)) for value in (y.low, y.high))
    except ValueError:
        return Day(num.w.d.day(date(1900, 1, 1)), date(1900, 1, 1), date(1900, 1, 1), y.known, "TRUE")
    whole = f"CAST({y.raw} AS INTEGER)"
    sql = f"(make_date({whole}, 3, 1) - 1)" if leap else f"make_date({whole}, {int(m)}, {int(d)})"
    return Day(sql, low, high if not leap else date(high.year, 3, 1), y.known, y.fault)
