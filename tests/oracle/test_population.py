"""The oracle against a second computation, and properties of it over random cases.

The second computation is written from the definitions (each award asks for all that come before
it, each place counts those ranked higher, shares are found by trying every choice of who gets a
unit more), not as the walk the oracle makes.
"""

import copy
import random
from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import READINGS, chosen, rounded, share_out, three_years_before
from .population import RandomCase, contradictions, money_text, random_case, random_readings, to_case_text
from .yanzhou import (
    ITEMS,
    JOINT,
    Docket,
    Verdict,
    bonus_points,
    decide,
    filing_year,
    for_award,
    item_failures,
    totals,
)

WAN = 1_000_000
UNITS = {"fen_half_up": 1, "yuan_down": 100, "hundred_yuan": 10_000}
Draw = tuple[RandomCase, dict[str, str]]


def drawn(seed: int) -> Draw:
    rng = random.Random(seed)
    return random_case(rng, boundary=rng.random() < 0.9), random_readings(rng)


draws = st.integers(min_value=0, max_value=2**48).map(drawn)
many = settings(max_examples=400, deadline=None)


# --- the second computation ---------------------------------------------------------------------


def own_and_cap(docket: Docket, pid: str) -> dict[str, tuple[int, int]]:
    """Return each qualifying item's own rounded amount and its rounded cap in use."""
    row, read = docket.projects[pid], docket.read
    points = bonus_points(docket.firms[row["applicant"]], read)
    found = {}
    for name, item in ITEMS.items():
        wanted = row["program_applied"] == name
        wanted |= read["items_per_project"] == "several" and row[f"also_{name}"]
        if not wanted or item_failures(row, name, read):
            continue
        base = for_award(row, item, read)
        if name == "robot" and read["robot_award_base"] == "whole_project":
            base = for_award(row, ITEMS["equipment"], read)
        plain, extra = Fraction(base * item.rate, 100), Fraction(base * points, 100)
        exact, cap = {
            "fixed": (min(plain + extra, Fraction(item.cap)), Fraction(item.cap)),
            "scaled": (
                min(plain + extra, item.cap + Fraction(item.cap * points, item.rate)),
                item.cap + Fraction(item.cap * points, item.rate),
            ),
            "points_outside": (min(plain, Fraction(item.cap)) + extra, item.cap + extra),
        }[read["bonus_cap"]]
        found[name] = (rounded(exact, read), rounded(cap, read))
    return found


def award_by_definition(docket: Docket, granted: list[str], pid: str) -> dict[str, int]:
    """Return each item's award: what it earns, less what every earlier project and record took."""
    row, read, scope = docket.projects[pid], docket.read, docket.read["cap_scope"]
    own = own_and_cap(docket, pid)
    if scope == "project":
        return {item: amount for item, (amount, _) in own.items()}

    def shares_a_cap(item: str, other: str, day: date) -> bool:
        same_item = scope == "enterprise_year" or item == other
        same_year = filing_year(day, read) == filing_year(row["declared_on"], read)
        return same_item and (scope == "item_validity" or same_year)

    def used(item: str) -> int:
        own = [r for r in docket.earlier.values() if r["applicant"] == row["applicant"]]
        records = [r for r in own if r["award_item"] != "consortium"]
        total = 0
        for past in records:
            shared = shares_a_cap(item, past["award_item"], past["award_filed_on"])
            total += int(past["award_amount"]) if shared else 0
        rank = (row["declared_order"], row["project_code"])
        for other in granted:
            past = docket.projects[other]
            if past["applicant"] != row["applicant"]:
                continue
            if (past["declared_order"], past["project_code"]) < rank:
                for name, amount in award_by_definition(docket, granted, other).items():
                    total += amount if shares_a_cap(item, name, past["declared_on"]) else 0
        return total

    if scope == "enterprise_year":
        first = next(iter(own))
        most = max(cap for _, cap in own.values()) - used(first)
        return {first: min(sum(amount for amount, _ in own.values()), max(most, 0))}
    return {item: min(amount, max(cap - used(item), 0)) for item, (amount, cap) in own.items()}


def consortium_by_definition(docket: Docket, pid: str) -> tuple[int, dict[str, Fraction]]:
    """Return a consortium's rounded award and the weight of each eligible member."""
    read, cap, rate = docket.read, Fraction(100 * WAN), Fraction(3, 100)
    base, bonus, firms = {}, {}, docket.firms
    lead = firms[docket.projects[pid]["applicant"]]
    for mid in docket.good[pid]:
        base[mid] = Fraction(for_award(docket.records[mid], JOINT, read))
        own = firms[docket.records[mid]["member"]]
        who = lead if read["consortium_bonus"] == "lead" else own
        bonus[mid] = Fraction(bonus_points(who, read), 100)
        if read["consortium_bonus"] == "none":
            bonus[mid] = Fraction()
    if read["consortium_bonus"] == "all_members":
        bonus = dict.fromkeys(bonus, min(bonus.values()))

    def under_cap(mids: list[str]) -> Fraction:
        plain = sum((base[mid] * rate for mid in mids), Fraction())
        extra = sum((base[mid] * bonus[mid] for mid in mids), Fraction())
        if read["bonus_cap"] == "points_outside":
            return min(plain, cap) + extra
        if read["bonus_cap"] == "scaled" and plain > cap:  # min(p + e, C(p + e)/p)
            return cap * (plain + extra) / plain
        return plain + extra if read["bonus_cap"] == "scaled" else min(plain + extra, cap)

    if read["consortium_cap_scope"] == "each_member":
        weights = {mid: under_cap([mid]) for mid in base}
        return rounded(sum(weights.values(), Fraction()), read), weights
    by_claim = read["consortium_split"] == "by_entitlement"
    weights = {mid: base[mid] * (rate + bonus[mid] if by_claim else 1) for mid in base}
    return rounded(under_cap(list(base)), read), weights


def has_place(docket: Docket, verdicts: dict[str, Verdict], pid: str) -> bool:
    """Count the eligible projects ranked before this one against the places of its applicant."""
    eligible = [p for p, v in verdicts.items() if v.refusals <= {"within_quota"}]
    row, read = docket.projects[pid], docket.read

    def year(project: str) -> int:
        return filing_year(docket.projects[project]["declared_on"], read)

    def rank(project: str) -> tuple[int, str]:
        return docket.projects[project]["declared_order"], docket.projects[project]["project_code"]

    of_firm = [p for p, r in docket.projects.items() if r["applicant"] == row["applicant"]]
    same_year = [p for p in of_firm if year(p) == year(pid)]
    past = [r["award_item"] for r in docket.earlier.values() if r["applicant"] == row["applicant"]
            and filing_year(r["award_filed_on"], read) == year(pid) and read["earlier_slot"] == "counted"]  # fmt: skip
    paid = [item == "consortium" for item in past]
    if read["items_per_project"] == "several":  # one project for each award of the most frequent item
        of_items = Counter(item for item in past if item != "consortium")
        paid = [kind for kind in paid if kind] + [False] * max(of_items.values(), default=0)
    leads = any(p in docket.joint for p in same_year) or True in paid
    before = [p for p in same_year if p in eligible and rank(p) < rank(pid)]
    if leads and read["lead_quota"] == "consortium_plus_one":
        mine = pid in docket.joint
        if mine in paid or any((p in docket.joint) == mine for p in before):
            return False
        before = [] if (not mine) in paid else before[:1]  # all of the other kind: one of them is kept
    seats = [
        p
        for p in eligible
        if p in docket.joint and p not in of_firm and year(p) == year(pid)
        if any(docket.records[m]["member"] == row["applicant"] for m in docket.good[p])
    ]
    places = (2 if leads else 1) - len(paid) - (len(seats) if read["member_slot"] == "used" else 0)
    return len(before) < places


@many
@given(draws)
def test_awards_and_places_follow_their_definitions(draw: Draw) -> None:
    case, readings = draw
    verdicts, docket = decide(case, readings), Docket(case, readings)
    granted = [p for p, v in verdicts.items() if v.outcome == "granted" and p not in docket.joint]
    for pid, verdict in verdicts.items():
        if pid in docket.joint and verdict.outcome == "granted":
            amount, weights = consortium_by_definition(docket, pid)
            assert verdict.amount_fen == amount
            for mid, weight in weights.items():  # within a unit of its exact part
                exact = amount * weight / (sum(weights.values()) or 1)
                assert abs(verdict.shares[mid] - exact) < UNITS[docket.read["rounding"]]
    for pid in granted:
        assert verdicts[pid].amount_fen == sum(award_by_definition(docket, granted, pid).values())
    for pid, verdict in verdicts.items():
        if verdict.refusals <= {"within_quota"}:
            exempt = case["project"][pid]["quota_exception_approved"]
            assert (verdict.outcome == "granted") == (exempt or has_place(docket, verdicts, pid))


@many
@given(
    st.lists(st.integers(0, 12) | st.integers(0, 10**10), min_size=1, max_size=5),
    st.integers(0, 10**6),
    st.sampled_from(sorted(UNITS)),
    st.integers(1, 7),
)
def test_largest_remainder_by_trying_every_choice(
    weights: list[int], units: int, rounding: str, part: int
) -> None:
    exact = {f"M{n}": Fraction(weight, part) for n, weight in enumerate(weights)}
    keys = {mid: f"K{9 - n}" for n, mid in enumerate(exact)}
    total = sum(exact.values())
    if not total:
        units = 0
    unit, quota = UNITS[rounding], {mid: units * w / (total or 1) for mid, w in exact.items()}
    spare = units - sum(int(q) for q in quota.values())
    preference = {mid: (int(q) - q, -exact[mid], keys[mid]) for mid, q in quota.items()}
    lucky = min(
        combinations(sorted(exact, key=lambda mid: preference[mid]), spare),
        key=lambda chosen_ones: [preference[mid] for mid in chosen_ones],
    )
    expected = {mid: (int(q) + (mid in lucky)) * unit for mid, q in quota.items()}
    assert share_out(units * unit, exact, keys, {"rounding": rounding}) == expected


# --- properties ---------------------------------------------------------------------------------


def highest(program: str) -> int:
    """Return the most a project can get while the cap stands still."""
    return 50 * WAN if program == "informatization" else 100 * WAN


@many
@given(draws)
def test_amounts_shares_and_outcomes_agree(draw: Draw) -> None:
    case, readings = draw
    read, verdicts = chosen(readings), decide(case, readings)
    for pid, verdict in verdicts.items():
        row = case["project"][pid]
        granted = verdict.outcome == "granted"
        assert granted == (not verdict.refusals) == (verdict.raw is not None)
        assert granted or (verdict.amount_fen == 0 and not any(verdict.shares.values()))
        assert granted is False or case["enterprise"][row["applicant"]]["output_grade"] != "D"
        assert verdict.amount_fen >= 0
        unit = UNITS[read["rounding"]]
        if verdict.raw is not None:
            assert verdict.amount_fen <= verdict.raw + Fraction(3, 2)  # half a fen an item
        if row["program_applied"] == "consortium":
            assert verdict.amount_fen == sum(verdict.shares.values())
            assert all(share >= 0 and share % unit == 0 for share in verdict.shares.values())
            dull = [m for m in verdict.shares if member_grade(case, m) == "D"]
            assert not any(verdict.shares[m] for m in dull)
        else:
            assert not verdict.shares
        one_cap = read["items_per_project"] == "one" and read["consortium_cap_scope"] == "whole"
        if read["bonus_cap"] == "fixed" and one_cap:
            assert verdict.amount_fen <= highest(row["program_applied"])
    paid = sum(verdict.amount_fen for verdict in verdicts.values())
    assert sum(totals(case, verdicts).values()) == paid


def member_grade(case: RandomCase, mid: str) -> str | None:
    grade: str | None = case["enterprise"][case["participation"][mid]["member"]]["output_grade"]
    return grade


@many
@given(draws, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(draw: Draw, rng: random.Random) -> None:
    case, readings = draw
    before = copy.deepcopy(case)
    mixed = {kind: dict(rng.sample(list(rows.items()), len(rows))) for kind, rows in case.items()}
    assert decide(mixed, readings) == decide(case, readings)
    assert case == before


@many
@given(draws)
def test_defaults_are_what_no_reading_gives(draw: Draw) -> None:
    case, _ = draw
    assert decide(case) == decide(case, {name: options[0] for name, options in READINGS.items()})


@many
@given(draws)
def test_drawn_cases_break_no_constraint_and_can_be_written(draw: Draw) -> None:
    case, _ = draw
    assert contradictions(case) == []
    text = to_case_text(case)
    assert text.pop("policy") == "yanzhou-2020-14"
    assert {kind: list(rows) for kind, rows in text.items()} == {k: list(v) for k, v in case.items()}
    for kind, rows in case.items():
        for row_id, row in rows.items():
            written = text[kind][row_id]
            assert {fact: read_back(written[fact], value) for fact, value in row.items()} == row


def read_back(written: object, like: object) -> object:
    """Read a written value as the kind of value `like` is."""
    if like is None:
        return None if written == "none" else written
    if isinstance(like, date):
        return date.fromisoformat(str(written))
    if not isinstance(written, str) or isinstance(like, str):
        return written
    number = Fraction(written.removesuffix("元").removesuffix("万"))
    return number * (WAN if written.endswith("万元") else 100)


# --- the population itself ----------------------------------------------------------------------


def test_about_half_get_behind_the_gates_and_every_refusal_occurs() -> None:
    rng, seen, eligible = random.Random(14), Counter[str](), Counter[bool]()
    for _ in range(3000):
        case, readings = random_case(rng), random_readings(rng)
        for verdict in decide(case, readings).values():
            seen.update(verdict.refusals)
            eligible[verdict.refusals <= {"within_quota"}] += 1
    assert 0.4 < eligible[True] / eligible.total() < 0.65
    assert len(seen) == 22
    assert min(seen.values()) >= 20


@pytest.mark.parametrize("name", READINGS)
def test_every_answer_matters_somewhere(name: str) -> None:
    rng = random.Random(2020)
    cases = [random_case(rng, projects=(3, 4)) for _ in range(400)]
    for option in READINGS[name][1:]:
        assert any(decide(case, {name: option}) != decide(case) for case in cases), option


def test_the_number_of_projects_is_as_asked() -> None:
    rng = random.Random(1)
    assert {len(random_case(rng, projects=(2, 3))["project"]) for _ in range(50)} == {2, 3}


def test_money_is_written_shortly_and_exactly() -> None:
    written = [money_text(fen) for fen in (0, 1, 100, 499_999_999, 500 * WAN, 500 * WAN + 50)]
    assert written == ["0元", "0.01元", "1元", "4999999.99元", "500万元", "5000000.50元"]


def test_years() -> None:
    policy = {"filing_year": "policy_year"}
    days = [date(2020, 8, 14), date(2020, 8, 15), date(2021, 8, 14), date(2021, 8, 15)]
    assert [filing_year(day, policy) for day in days] == [-1, 0, 0, 1]
    assert three_years_before(date(2024, 2, 29)) == date(2021, 2, 28)
    assert three_years_before(date(2023, 3, 1)) == date(2020, 3, 1)
