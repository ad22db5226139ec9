"""The oracle against results worked out by hand from 济兖政字〔2020〕14号.

An example is a small case and what comes of it, for the open questions under each answer: a
whole number of fen (granted), a set of refusal names (refused), or shares (a consortium).
"""

from datetime import date

import pytest

from . import READINGS, Case
from .build import (
    LEADER,
    YEARS,
    A,
    Expected,
    W,
    case,
    check,
    earlier,
    equipment,
    joint,
    project,
    record,
    robot,
    second,
    software,
    solo,
    support,
    violated,
)
from .yanzhou import decide, totals

BY_TEXT: list[tuple[str, Case, Expected]] = [
    # 四.1 设备500万元及以上, 3%, 最高100万元
    ("at 500万元", case(equipment(500 * W)), 15 * W),
    ("a fen below", case(equipment(500 * W - 1)), {"equipment_enough"}),
    ("a fen above, 0.03 fen more", case(equipment(500 * W + 1)), 15 * W),
    ("half a fen goes up: 15000001.5", case(equipment(500 * W + 50)), 15_000_002),
    ("under the cap: 99999999.00", case(equipment(3_333_333_300)), 99_999_999),
    ("rounds up to the cap: 99999999.99", case(equipment(3_333_333_333)), 100 * W),
    ("far over the cap", case(equipment(20_000 * W)), 100 * W),
    # 四.1 工业机器人达到300万元及以上, 设备投资额的5%
    ("robots at 300万元", case(robot(1000 * W, 300 * W)), 50 * W),
    ("robots a fen below", case(robot(1000 * W, 300 * W - 1)), {"robot_enough"}),
    ("nothing but robots, under 500万元", case(robot(300 * W, 300 * W)), 15 * W),
    ("robots at the cap, 2000万元", case(robot(2000 * W, 300 * W)), 100 * W),
    ("robots over the cap", case(robot(2000 * W + 100, 300 * W)), 100 * W),
    # 四.2 软硬件200万元及以上, 10%, 最高50万元
    ("software at 200万元", case(software(200 * W)), 20 * W),
    ("software a fen below", case(software(200 * W - 1)), {"informatization_enough"}),
    ("software under the cap", case(software(500 * W - 10)), 50 * W - 1),
    ("software over the cap", case(software(500 * W + 10)), 50 * W),
    ("WMS", case(software(200 * W, system_kind="WMS")), 20 * W),
    ("another kind of system", case(software(300 * W, system_kind="unrelated")), {"right_system"}),
    (
        "both conditions are named",
        case(software(1, system_kind="unrelated")),
        {"right_system", "informatization_enough"},
    ),
    # 四.4 A类, 梯队企业提高1个百分点; D类不予支持
    ("grade A, 4%", case(equipment(1000 * W), firms={"E1": A}), 40 * W),
    ("listed, 4%", case(equipment(1000 * W), firms={"E1": {"on_cultivation_list": True}}), 40 * W),
    ("grade A, cap at 2500万元", case(equipment(2500 * W), firms={"E1": A}), 100 * W),
    ("grade A software, 11%", case(software(200 * W), firms={"E1": A}), 22 * W),
    ("grade A robots, 6%", case(robot(1000 * W, 300 * W), firms={"E1": A}), 60 * W),
    ("grade C is neutral", solo({"output_grade": "C"}), 15 * W),
    ("no grade is neutral", solo({"output_grade": None}), 15 * W),
    ("grade D, though listed", solo({"output_grade": "D", "on_cultivation_list": True}), {"not_grade_d"}),
    # 五.1, 五.2
    ("elsewhere", solo({"registered_in_yanzhou": False}), {"registered"}),
    ("a branch", solo({"is_independent_legal_person": False}), {"legal_person"}),
    ("management", solo({"sound_management": False}), {"sound_management"}),
    ("credit", solo({"good_credit": False}), {"good_credit"}),
    ("not filed", solo({}, approved_or_filed=False), {"filed"}),
    ("not in the platform", solo({}, in_statistics_platform=False), {"in_statistics"}),
    ("not an upgrade", solo({}, is_industrial_upgrade=False), {"is_upgrade"}),
    # 有效期
    ("first day", solo({}, declared_on=date(2020, 8, 15)), 15 * W),
    ("day before", solo({}, declared_on=date(2020, 8, 14)), {"declared_in_validity"}),
    ("last day", solo({}, declared_on=date(2023, 8, 14)), 15 * W),
    ("day after", solo({}, declared_on=date(2023, 8, 15)), {"declared_in_validity"}),
    (
        "every failed condition is named",
        case(equipment(1, declared_on=date(2024, 1, 1), approved_or_filed=False),
             firms={"E1": {"good_credit": False, "output_grade": "D"}}),
        {"declared_in_validity", "good_credit", "not_grade_d", "filed", "equipment_enough"},
    ),
    # 四.3
    ("consortium", joint((300 * W, LEADER), (300 * W, {})), {"M1": 9 * W, "M2": 9 * W}),
    ("three to one", joint((200 * W, LEADER), (600 * W, {})), {"M1": 6 * W, "M2": 18 * W}),
    ("a leader investing nothing, two others", joint((0, LEADER), (300 * W, {}), (300 * W, {})),
     {"M1": 0, "M2": 9 * W, "M3": 9 * W}),
    ("a leader investing nothing, one other", joint((0, LEADER), (600 * W, {})), {"consortium_members"}),
    ("a leader investing a fen", joint((1, LEADER), (600 * W, {})), {"M1": 0, "M2": 18 * W}),
    ("two fen above", joint((250 * W + 1, LEADER), (250 * W + 1, {})), {"M1": 7_500_000, "M2": 7_500_000}),
    (
        "18000000.99 in three: the first credit code gets the odd fen",
        joint((200 * W + 11, LEADER), (200 * W + 11, {"credit_code": "K0"}), (200 * W + 11, {})),
        {"M1": 6_000_000, "M2": 6_000_001, "M3": 6_000_000},
    ),
    ("no leader", joint((300 * W, {}), (300 * W, {})), {"consortium_has_leader"}),
    (
        "no SME",
        joint((300 * W, LEADER), (300 * W, LEADER)),
        {"consortium_has_sme", "consortium_sme_share"},
    ),
    ("one member", joint((600 * W, {"is_chain_leader": True})), {"consortium_members"}),
    (
        "nobody",
        case(project("consortium")),
        {"consortium_members", "consortium_has_sme", "consortium_has_leader", "consortium_enough"},
    ),
    ("SMEs a fen short of half", joint((300 * W + 1, LEADER), (300 * W, {})), {"consortium_sme_share"}),
    (
        "the applicant's own gates, though it has no record",
        case(project("consortium", "E4"), firms={"E1": LEADER, "E4": {"output_grade": "D"}},
             participation=[record("P1", "E1", 300 * W), record("P1", "E2", 300 * W)]),
        {"not_grade_d"},
    ),
    (
        "support for a member's part",
        joint((300 * W, LEADER), (300 * W, {}), (300 * W, {}),
              support=[support("grant", "received", "city", participation="M3")]),
        {"M1": 9 * W, "M2": 9 * W, "M3": 0},
    ),
    (
        "a member that is not filed",
        case(project("consortium"), firms={"E1": LEADER}, participation=[
            record("P1", "E1", 300 * W), record("P1", "E2", 400 * W, member_filed=False)]),
        {"consortium_members", "consortium_has_sme", "consortium_enough", "consortium_sme_share"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subject", "expected"), BY_TEXT, ids=[row[0] for row in BY_TEXT])
def test_the_text_by_default(name: str, subject: Case, expected: Expected) -> None:
    check(subject, {}, {"P1": expected})


NET = {"equipment_investment_net": 880 * W, "robot_investment_net": 265 * W}
SPLIT_BONUS = joint((400 * W, {**LEADER, **A}), (400 * W, {}))
BIG_BONUS = joint((2000 * W, {**LEADER, **A}), (2000 * W, {}))
UNEVEN = joint((200 * W, LEADER), (600 * W, A))
UNFIT = joint((300 * W, LEADER), (200 * W, {}), (300 * W, {"good_credit": False}))
LEAP = date(2020, 2, 29)
GRANT = [support("award", "approved", level, project="P1") for level in ("province", "district")]
APPROVED = {"quota_exception_approved": True}
AGAIN = equipment(2000 * W, **APPROVED)
TWO_YEARS = case(equipment(2000 * W), second(equipment(2000 * W, declared_on=YEARS[2022])))
BOTH = equipment(4000 * W, also_informatization=True, software_hardware_investment=600 * W)
SMALL = equipment(400 * W, also_informatization=True, software_hardware_investment=500 * W)
SEVERAL, LATE = {"items_per_project": "several"}, {"within_quota"}
LEAD = project("consortium", "E1", project_code="C0")
SEATS = [record("P1", "E1", 300 * W), record("P1", "E2", 300 * W)]
JOINED = case(LEAD, equipment(500 * W, applicant="E2"), participation=SEATS, firms={"E1": LEADER})
WEAK_LEAD = case(LEAD, equipment(500 * W), second(equipment(600 * W)))

# name, case, other readings, question, then what each answer gives (P1, P2, …)
BY_READING: list[tuple[str, Case, dict[str, str], str, dict[str, tuple[Expected, ...]]]] = [
    ("net 442万元", solo({}, equipment_investment_net=442 * W), {}, "tax_basis", {
        "included": (15 * W,), "excluded": ({"equipment_enough"},),
        "threshold_included_base_excluded": (13_260_000,)}),
    ("robots, net", case(robot(1000 * W, 300 * W, **NET)), {}, "tax_basis", {
        "included": (50 * W,), "excluded": ({"robot_enough"},),
        "threshold_included_base_excluded": (44 * W,)}),
    ("robots, net 300万元", case(robot(1000 * W, 339 * W, robot_investment_net=300 * W)),
     {"robot_award_base": "robots_only"}, "tax_basis", {
        "included": (16_950_000,), "excluded": (15 * W,),
        "threshold_included_base_excluded": (15 * W,)}),
    ("exactly 500万元", joint((250 * W, LEADER), (250 * W, {})), {}, "consortium_threshold", {
        "exclusive": ({"consortium_enough"},), "inclusive": (15 * W,)}),
    ("exactly half", joint((300 * W, LEADER), (300 * W, {})), {}, "sme_share", {
        "inclusive": (18 * W,), "exclusive": ({"consortium_sme_share"},)}),
    ("nothing invested", joint((0, LEADER), (0, {})), {}, "sme_share", {
        "inclusive": ({"consortium_members", "consortium_enough"},),
        "exclusive": ({"consortium_members", "consortium_enough", "consortium_sme_share"},)}),
    ("robots of 300万元", case(robot(1000 * W, 300 * W)), {}, "robot_award_base", {
        "whole_project": (50 * W,), "robots_only": (15 * W,)}),
    ("120万元 and 60万元", case(BOTH), {}, "items_per_project", {
        "one": (100 * W,), "several": (150 * W,)}),
    ("the first item fails", case(SMALL), {}, "items_per_project", {
        "one": ({"equipment_enough"},), "several": (50 * W,)}),
    ("all items fail", case(software(1, also_robot=True)), {}, "items_per_project", {
        "one": ({"informatization_enough"},), "several": ({"informatization_enough", "robot_enough"},)}),
    ("A and listed", solo(A | {"on_cultivation_list": True}), {}, "rate_bonus", {
        "once": (20 * W,), "stack": (25 * W,)}),
    ("160万元", case(equipment(4000 * W), firms={"E1": A}), {}, "bonus_cap", {
        "fixed": (100 * W,), "scaled": (133_333_333,), "points_outside": (140 * W,)}),
    ("200万元", case(equipment(4000 * W), firms={"E1": A | {"on_cultivation_list": True}}),
     {"rate_bonus": "stack"}, "bonus_cap", {
        "fixed": (100 * W,), "scaled": (166_666_667,), "points_outside": (180 * W,)}),
    ("software, 66万元", case(software(600 * W), firms={"E1": A}), {}, "bonus_cap", {
        "fixed": (50 * W,), "scaled": (55 * W,), "points_outside": (56 * W,)}),
    ("consortium, 140万元", BIG_BONUS, {}, "bonus_cap", {
        "fixed": ({"M1": 50 * W, "M2": 50 * W},),
        "scaled": ({"M1": 58_333_334, "M2": 58_333_333},), "points_outside": (120 * W,)}),
    ("members, 160 and 120万元", joint((4000 * W, {**LEADER, **A}), (4000 * W, {})),
     {"consortium_cap_scope": "each_member"}, "bonus_cap", {
        "fixed": ({"M1": 100 * W, "M2": 100 * W},), "scaled": ({"M1": 133_333_333, "M2": 100 * W},),
        "points_outside": ({"M1": 140 * W, "M2": 100 * W},)}),
    ("70万元 before", case(AGAIN, earlier_award=[earlier("equipment", 70 * W)]), {},
     "cap_scope", {"item_year": (30 * W,), "project": (60 * W,), "item_validity": (30 * W,),
                   "enterprise_year": (30 * W,)}),
    ("70万元 for robots", case(AGAIN, earlier_award=[earlier("robot", 70 * W)]), {},
     "cap_scope", {"item_year": (60 * W,), "project": (60 * W,), "item_validity": (60 * W,),
                   "enterprise_year": (30 * W,)}),
    ("two years", TWO_YEARS, {}, "cap_scope", {
        "item_year": (60 * W, 60 * W), "project": (60 * W, 60 * W),
        "item_validity": (60 * W, 40 * W), "enterprise_year": (60 * W, 60 * W)}),
    ("50万元, then 120万元", case(software(500 * W),
        second(equipment(4000 * W), quota_exception_approved=True)), {},
     "cap_scope", {"item_year": (50 * W, 100 * W), "enterprise_year": (50 * W, 50 * W)}),
    ("120万元, then 50万元", case(equipment(4000 * W),
        second(software(500 * W), quota_exception_approved=True)), {},
     "cap_scope", {"project": (100 * W, 50 * W), "enterprise_year": (100 * W, 0)}),
    ("several items, largest cap", case(BOTH), SEVERAL, "cap_scope", {
        "item_year": (150 * W,), "enterprise_year": (100 * W,)}),
    ("a failed item lends no cap", case(SMALL | APPROVED, earlier_award=[earlier("robot", 60 * W)]), SEVERAL,
     "cap_scope", {"item_year": (50 * W,), "enterprise_year": (0,)}),
    ("used up", case(AGAIN, earlier_award=[earlier("equipment", 101 * W)]), {},
     "cap_scope", {"item_year": (0,)}),
    ("90 and 120万元", joint((3000 * W, LEADER), (4000 * W, {})), {}, "consortium_cap_scope", {
        "whole": ({"M1": 42_857_143, "M2": 57_142_857},), "each_member": ({"M1": 90 * W, "M2": 100 * W},)}),
    ("the lead is A", SPLIT_BONUS, {}, "consortium_bonus", {
        "per_member": ({"M1": 14 * W, "M2": 14 * W},), "none": (24 * W,), "all_members": (24 * W,),
        "lead": (32 * W,)}),
    ("the other is A", UNEVEN, {}, "consortium_bonus", {
        "per_member": (30 * W,), "none": (24 * W,), "all_members": (24 * W,), "lead": (24 * W,)}),
    ("by money or by claim", UNEVEN, {}, "consortium_split", {
        "by_investment": ({"M1": 7_500_000, "M2": 22_500_000},),
        "by_entitlement": ({"M1": 6 * W, "M2": 24 * W},)}),
    ("an unfit SME", UNFIT, {}, "ineligible_member", {
        "excluded": ({"consortium_enough", "consortium_sme_share"},),
        "counts_for_threshold": ({"M1": 9 * W, "M2": 6 * W, "M3": 0},),
        "taints_all": ({"consortium_enough", "consortium_sme_share", "no_tainted_member"},)}),
    ("a weak consortium", WEAK_LEAD, {}, "lead_quota", {
        "any_two": ({"consortium_members", "consortium_has_sme", "consortium_has_leader",
                     "consortium_enough"}, 15 * W, 18 * W),
        "consortium_plus_one": (set(decide(WEAK_LEAD)["P1"].refusals), 15 * W, LATE)}),
    ("own project and a seat", JOINED, {}, "member_slot", {
        "free": (18 * W, 15 * W), "used": (18 * W, LATE)}),
    ("a seat in one's own consortium", case(LEAD, equipment(500 * W), participation=SEATS,
        firms={"E1": LEADER}), {}, "member_slot", {"used": (18 * W, 15 * W)}),
    ("an award of the year", case(equipment(500 * W), earlier_award=[earlier("robot", W)]), {},
     "earlier_slot", {"counted": (LATE,), "free": (15 * W,)}),
    ("an award of the year before", case(equipment(500 * W), earlier_award=[
        earlier("robot", W, date(2020, 12, 31))]), {}, "earlier_slot", {"counted": (15 * W,)}),
    ("a consortium of the year", case(equipment(500 * W), second(equipment(600 * W)), earlier_award=[
        earlier("consortium", 90 * W)]), {}, "earlier_slot", {
        "counted": (15 * W, LATE), "free": (15 * W, LATE)}),
    ("two items, perhaps one project", case(LEAD, equipment(500 * W), participation=SEATS, firms={"E1": LEADER},
        earlier_award=[earlier("robot", W), earlier("informatization", W)]), SEVERAL,
     "earlier_slot", {"counted": (18 * W, LATE), "free": (18 * W, 15 * W)}),
    ("two items, two projects", case(LEAD, participation=SEATS, firms={"E1": LEADER},
        earlier_award=[earlier("robot", W), earlier("informatization", W)]), {},
     "earlier_slot", {"counted": (LATE,), "free": (18 * W,)}),
    ("one of each kind, the consortium paid", case(LEAD, equipment(500 * W), participation=SEATS,
        firms={"E1": LEADER}, earlier_award=[earlier("consortium", 90 * W)]),
     {"lead_quota": "consortium_plus_one"}, "earlier_slot", {
        "counted": (LATE, 15 * W), "free": (18 * W, 15 * W)}),
    ("a day more than three years", violated(date(2018, 5, 31)), {}, "violation_window", {
        "rolling": (15 * W,), "calendar_years": ({"no_recent_violation"},)}),
    ("three years to the day", violated(date(2018, 6, 1)), {}, "violation_window", {
        "rolling": ({"no_recent_violation"},), "calendar_years": ({"no_recent_violation"},)}),
    ("the fourth year back", violated(date(2017, 12, 31)), {}, "violation_window", {
        "rolling": (15 * W,), "calendar_years": (15 * W,)}),
    ("leap day, 28 February", violated(LEAP, date(2023, 2, 28)), {},
     "violation_window", {"rolling": ({"no_recent_violation"},)}),
    ("leap day, 1 March", violated(LEAP, date(2023, 3, 1)), {}, "violation_window", {
        "rolling": (15 * W,), "calendar_years": ({"no_recent_violation"},)}),
    ("province", case(equipment(500 * W), support=GRANT[:1]), {}, "other_support", {
        "any_level": ({"no_other_support"},), "district_only": (15 * W,)}),
    ("district", case(equipment(500 * W), support=GRANT[1:]), {}, "other_support", {
        "any_level": ({"no_other_support"},), "district_only": ({"no_other_support"},)}),
    ("across 15 August", case(equipment(500 * W, declared_on=date(2021, 8, 14)),
        second(equipment(500 * W, declared_on=date(2021, 8, 15)))), {}, "filing_year", {
        "calendar": (15 * W, LATE), "policy_year": (15 * W, 15 * W)}),
    ("across New Year", case(equipment(500 * W, declared_on=date(2020, 12, 31)),
        second(equipment(500 * W, declared_on=date(2021, 1, 1)))), {}, "filing_year", {
        "calendar": (15 * W, 15 * W), "policy_year": (15 * W, LATE)}),
    ("the award of another policy year", case(equipment(2000 * W, declared_on=date(2021, 9, 1)),
        earlier_award=[earlier("equipment", 70 * W)]), {}, "filing_year", {
        "calendar": (LATE,), "policy_year": (60 * W,)}),
    ("filed after, bought before", solo({}, declared_on=date(2023, 9, 1)), {}, "validity_date", {
        "declared": ({"declared_in_validity"},), "invoices": (15 * W,)}),
    ("an invoice too early", solo({}, first_invoice_on=date(2020, 8, 14)), {}, "validity_date", {
        "declared": (15 * W,), "invoices": ({"declared_in_validity"},)}),
    ("153703.68元", case(equipment(512_345_600)), {}, "rounding", {
        "fen_half_up": (15_370_368,), "yuan_down": (15_370_300,), "hundred_yuan": (15_370_000,)}),
    ("1801 hundreds in three", joint(*[(200_113_400, LEADER), (200_113_400, {}), (200_113_400, {})]), {},
     "rounding", {"hundred_yuan": ({"M1": 6_010_000, "M2": 6_000_000, "M3": 6_000_000},)}),
    ("similar", case(software(200 * W, system_kind="similar")), {}, "listed_systems", {
        "open": (20 * W,), "closed": ({"right_system"},)}),
]  # fmt: skip
ANSWERS = [
    pytest.param(subject, {**others, question: option}, gives, id=f"{name}: {question}={option}")
    for name, subject, others, question, options in BY_READING
    for option, gives in options.items()
]


@pytest.mark.parametrize(("subject", "readings", "gives"), ANSWERS)
def test_each_answer(subject: Case, readings: dict[str, str], gives: tuple[Expected, ...]) -> None:
    check(subject, readings, {f"P{n}": value for n, value in enumerate(gives, start=1)})


def test_every_answer_of_every_question_has_an_example() -> None:
    shown = {(question, option) for *_, question, options in BY_READING for option in options}
    assert shown == {(name, option) for name, options in READINGS.items() for option in options}


QUOTA: list[tuple[str, Case, tuple[Expected, ...]]] = [
    ("one a year", case(equipment(500 * W), second(equipment(600 * W))), (15 * W, LATE)),
    ("the applicant's order", case(equipment(500 * W, declared_order=3), second(equipment(600 * W))), (
        LATE, 18 * W)),
    ("a tie: the smaller project code", case(equipment(500 * W, project_code="C9"),
        equipment(600 * W, project_code="C10")), (LATE, 18 * W)),
    ("one that fails takes no place", case(equipment(1), second(equipment(600 * W))), (
        {"equipment_enough"}, 18 * W)),
    ("the next year", TWO_YEARS, (60 * W, 60 * W)),
    ("an exception", case(equipment(500 * W), second(equipment(600 * W), quota_exception_approved=True)), (
        15 * W, 18 * W)),
    ("an exception in the first place frees none", case(equipment(500 * W, quota_exception_approved=True),
        second(equipment(600 * W))), (15 * W, LATE)),
    ("a lead has two", case(LEAD, equipment(500 * W), second(equipment(600 * W)), participation=SEATS,
        firms={"E1": LEADER}), (18 * W, 15 * W, LATE)),
    ("exceptions share the caps in order", case(equipment(2000 * W),
        second(equipment(2000 * W), quota_exception_approved=True),
        second(equipment(2000 * W), declared_order=3, quota_exception_approved=True)), (
        60 * W, 40 * W, 0)),
    ("a tied order shares the cap by code", case(
        equipment(2000 * W, project_code="C3", quota_exception_approved=True),
        equipment(3000 * W, project_code="C2")), (10 * W, 90 * W)),
    ("the consortium's cap is its own", case({**LEAD, "quota_exception_approved": True},
        equipment(4000 * W), firms={"E1": LEADER},
        participation=[record("P1", "E1", 2000 * W), record("P1", "E2", 2000 * W)]), (
        {"M1": 50 * W, "M2": 50 * W}, 100 * W)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subject", "gives"), QUOTA, ids=[row[0] for row in QUOTA])
def test_places_and_shared_caps(name: str, subject: Case, gives: tuple[Expected, ...]) -> None:
    check(subject, {}, {f"P{n}": value for n, value in enumerate(gives, start=1)})


@pytest.mark.parametrize(
    ("kind", "status", "repeated"),
    [
        ("grant", "received", True),
        ("award", "approved", True),
        ("interest_subsidy", "received", True),
        ("grant", "pending", False),
        ("award", "rejected", False),
        ("tax_preference", "received", False),
        ("fund_equity", "received", False),
    ],
)
def test_which_support_is_repeated(kind: str, status: str, repeated: bool) -> None:
    given = support(kind, status, "national", project="P1")
    expected: Expected = {"no_other_support"} if repeated else 15 * W
    check(case(equipment(500 * W), support=[given]), {}, {"P1": expected})


def test_a_place_used_as_a_member_leaves_a_lead_one() -> None:
    other = project("consortium", "E2", project_code="C7")
    seats = [*SEATS, record("P3", "E1", 300 * W), record("P3", "E2", 300 * W)]
    subject = case(LEAD, equipment(500 * W), other, participation=seats, firms={"E1": LEADER})
    check(subject, {"member_slot": "free"}, {"P1": 18 * W, "P2": 15 * W, "P3": 18 * W})
    for quota in READINGS["lead_quota"]:  # C0 comes before C1
        readings = {"member_slot": "used", "lead_quota": quota}
        check(subject, readings, {"P1": 18 * W, "P2": LATE, "P3": 18 * W})


def test_support_for_the_consortium_project_itself_refuses_it() -> None:
    given = [support("grant", "received", "city", project="P1")]
    check(joint((300 * W, LEADER), (300 * W, {}), support=given), {}, {"P1": {"no_other_support"}})


def test_what_the_consortium_project_says_of_its_own_filing_is_not_asked() -> None:
    unfiled = dict.fromkeys(("approved_or_filed", "in_statistics_platform", "is_industrial_upgrade"), False)
    subject = case({**LEAD, **unfiled}, participation=SEATS, firms={"E1": LEADER})
    check(subject, {}, {"P1": 18 * W})


def test_a_consortium_is_never_combined_with_items() -> None:
    lead = {**LEAD, "also_equipment": True, "equipment_investment": 900 * W}
    subject = case(lead, participation=SEATS, firms={"E1": LEADER})
    check(subject, SEVERAL, {"P1": 18 * W})


def test_a_part_of_the_cap_left_in_fen_is_not_rounded_again() -> None:
    spent = [earlier("equipment", 100 * W - 150)]
    check(case(AGAIN, earlier_award=spent), {"rounding": "yuan_down"}, {"P1": 150})


def test_the_total_of_an_enterprise() -> None:
    verdicts = decide(JOINED)
    assert totals(JOINED, verdicts) == {"E1": 9 * W, "E2": 9 * W + 15 * W, "E3": 0, "E4": 0}


def test_raw_is_before_the_cap() -> None:
    assert decide(case(equipment(4000 * W)))["P1"].raw == 120 * W
    assert decide(BIG_BONUS)["P1"].raw == 140 * W
    assert decide(case(equipment(1)))["P1"].raw is None


def test_an_unknown_reading_is_an_error() -> None:
    with pytest.raises(ValueError, match="rounding=up"):
        decide(case(equipment(500 * W)), {"rounding": "up"})
