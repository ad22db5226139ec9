"""What Python makes of the text of an expression, over exact fractions: the oracle of the language."""

from __future__ import annotations

from calendar import isleap
from datetime import date
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from policyengine.values import ABSENT, FactRef, Unknown, Value
from tests.lang_drawn import ITEM, Facts


def oracle(text: str, all_facts: Facts) -> Any:
    """What Python makes of the same text, over fractions; raises where there is no value."""
    thing = SimpleNamespace()
    names = {ref.name: v for ref, v in all_facts.meant.items() if ref.entity == "thing"}
    owner = SimpleNamespace(**{ref.name: v for ref, v in all_facts.meant.items() if ref.entity == "owner"})
    items = [
        SimpleNamespace(
            thing=thing, **{name: all_facts.meant[FactRef("item", f"T/{id_}", name)] for name in ITEM}
        )
        for id_ in all_facts.members
    ]
    thing.__dict__.update(names)
    scope = {**FIXED, **names, "owner": owner, "items": items, "as_of": names["declared_on"]}
    digits = text.replace(" 0)", " ZERO)").replace("(0 if", "(ZERO if")
    return eval(digits, scope)


def rounded(x: Fraction, unit: Fraction, mode: str) -> Fraction:
    size = abs(x) / unit
    whole = size.numerator // size.denominator
    rest = size - whole
    up = rest > 0 if mode == "up" else rest >= Fraction(1, 2) if mode == "half_up" else False
    return (whole + up) * unit * (1 if x >= 0 else -1)


def tier(rows: list[tuple[Fraction, bool, Fraction]], x: Fraction) -> Fraction:
    held = [rate for bound, strict, rate in rows if (x > bound if strict else x >= bound)]
    return held[-1]  # IndexError below the first


def marginal(rows: list[tuple[Fraction, bool, Fraction]], x: Fraction) -> Fraction:
    ends = [bound for bound, _, _ in rows[1:]]
    total = Fraction(0)
    for (bound, _, rate), end in zip(rows, [*ends, max(x, rows[-1][0])], strict=True):
        total += max(min(x, end) - bound, Fraction(0)) * rate
    return total


def shifted(day: date, years: Fraction) -> date:
    year = day.year + int(years)
    return (
        date(year, 2, 28) if (day.month, day.day) == (2, 29) and not isleap(year) else day.replace(year=year)
    )


def years_between(a: date, b: date) -> int:
    """How often the day has come round, counted one year at a time."""
    years = 0
    while shifted(a, Fraction(years + 1)) <= b:
        years += 1
    while shifted(a, Fraction(years)) > b:
        years -= 1
    return years


STEPS = [
    (Fraction(-(10**10)), False, Fraction(2, 100)), (Fraction(0), True, Fraction(3, 100)),
    (Fraction(20), False, Fraction(10, 100)),
]  # fmt: skip


FIXED: dict[str, Any] = {
    "true": True, "false": False, "none": None, "ZERO": Fraction(0), "least": Fraction(5), "fen": Fraction(1, 100),
    "yuan": Fraction(1), "seven": Fraction(7), "one": Fraction(15, 1000), "steps": STEPS,
    "gapped": [(Fraction(3), False, Fraction(3, 100)), (Fraction(20), False, Fraction(10, 100))],
    "prize": {"A": Fraction(10), "B": Fraction(3), "C": Fraction(0)}, "gaps": {"A": Fraction(10), "C": Fraction(1)},
    "good": ("A", "C"), "tier": tier, "marginal": marginal, "lookup": lambda table, key: table[key],
    "round_to": rounded, "round_half_up": lambda x, u: rounded(x, u, "half_up"), "is_none": lambda v: v is None,
    "round_down": lambda x, u: rounded(x, u, "down"), "round_up": lambda x, u: rounded(x, u, "up"),
    "count": lambda rows: sum(1 for _ in rows), "add_years": shifted, "years_between": years_between,
    "year": lambda day: day.year, "date": lambda y, m, d: date(int(y), int(m), int(d)),
}  # fmt: skip


def agrees(value: Value, meant: Any) -> bool:
    if meant is None:
        return value is ABSENT
    if isinstance(meant, bool | str | date):
        return type(value) is type(meant) and value == meant
    return not isinstance(value, bool | str | date | Unknown) and Fraction(value) == Fraction(meant)  # type: ignore[arg-type]
