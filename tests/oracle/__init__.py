"""The independent oracle of 济兖政字〔2020〕14号: plain integers and fractions, no engine code.

Here are the questions the text leaves open (the first option of each is the default) and the
arithmetic that no clause is about. yanzhou.py is the document itself, build.py and test_oracle.py
are examples worked by hand, population.py draws cases, test_population.py checks the oracle on them.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Case = Mapping[str, Mapping[str, Row]]
Readings = Mapping[str, str]

READINGS: dict[str, tuple[str, ...]] = {
    "tax_basis": ("included", "excluded", "threshold_included_base_excluded"),
    "consortium_threshold": ("exclusive", "inclusive"),
    "sme_share": ("inclusive", "exclusive"),
    "robot_award_base": ("whole_project", "robots_only"),
    "items_per_project": ("one", "several"),
    "rate_bonus": ("once", "stack"),
    "bonus_cap": ("fixed", "scaled", "points_outside"),
    "cap_scope": ("item_year", "project", "item_validity", "enterprise_year"),
    "consortium_cap_scope": ("whole", "each_member"),
    "consortium_bonus": ("per_member", "none", "all_members", "lead"),
    "ineligible_member": ("excluded", "counts_for_threshold", "taints_all"),
    "consortium_split": ("by_investment", "by_entitlement"),
    "lead_quota": ("any_two", "consortium_plus_one"),
    "member_slot": ("free", "used"),
    "earlier_slot": ("counted", "free"),
    "violation_window": ("rolling", "calendar_years"),
    "other_support": ("any_level", "district_only"),
    "filing_year": ("calendar", "policy_year"),
    "validity_date": ("declared", "invoices"),
    "rounding": ("fen_half_up", "yuan_down", "hundred_yuan"),
    "listed_systems": ("open", "closed"),
}
DEFAULTS = {name: options[0] for name, options in READINGS.items()}
NO_READINGS: Readings = MappingProxyType({})
UNIT = {"fen_half_up": 1, "yuan_down": 100, "hundred_yuan": 10_000}


def chosen(readings: Readings) -> dict[str, str]:
    """Return the defaults with `readings` put over them; ValueError on an unknown one."""
    for name, option in readings.items():
        if option not in READINGS.get(name, ()):
            raise ValueError(f"no such reading: {name}={option}")
    return {**DEFAULTS, **readings}


def three_years_before(day: date) -> date:
    """Return the same day three years before.

    取舍: 29 February gives 28 February (民法典第二百零二条: 没有对应日的，月末日为期间的最后一日).
    """
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 3, day=28 if is_leap_day else day.day)


def rounded(exact: Fraction, read: Readings) -> int:
    """Round an exact amount once, as the reading says."""
    if read["rounding"] == "fen_half_up":
        return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return int(exact // UNIT[read["rounding"]]) * UNIT[read["rounding"]]


def share_out(
    amount: int, weights: Mapping[str, int | Fraction], keys: Mapping[str, str], read: Readings
) -> dict[str, int]:
    """Split by largest remainder; ties: larger weight, then the key, then the id."""
    units, unit = amount // UNIT[read["rounding"]], UNIT[read["rounding"]]
    total = sum(weights.values()) or 1  # no weight: nothing to split
    share = {mid: int(units * weight // total) for mid, weight in weights.items()}
    left = {mid: units * weight - share[mid] * total for mid, weight in weights.items()}
    turn = sorted(weights, key=lambda mid: (-left[mid], -weights[mid], keys[mid], mid))
    for mid in turn[: units - sum(share.values())]:
        share[mid] += 1
    return {mid: count * unit for mid, count in share.items()}
