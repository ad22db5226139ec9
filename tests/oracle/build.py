"""Small cases for worked examples: everything passes unless an example says otherwise.

An expected value is a whole number of fen (granted), a set of refusal names (refused), or the
shares by participation (granted, a consortium).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from . import Case
from .yanzhou import ITEMS, decide

Expected = int | set[str] | dict[str, int]
W = 1_000_000  # 1万元 in fen
YEARS = {year: date(year, 6, 1) for year in (2021, 2022)}
GOOD_FIRM = {
    "registered_in_yanzhou": True,
    "is_independent_legal_person": True,
    "sound_management": True,
    "good_credit": True,
    "last_major_violation_on": None,
    "output_grade": "B",
    "on_cultivation_list": False,
    "is_sme": True,
    "is_chain_leader": False,
}
GOOD_PROJECT = {
    "declared_on": YEARS[2021],
    "also_equipment": False,
    "also_robot": False,
    "also_informatization": False,
    "declared_order": 1,
    "project_code": "C1",
    "system_kind": "ERP",
    "approved_or_filed": True,
    "in_statistics_platform": True,
    "is_industrial_upgrade": True,
    "first_invoice_on": date(2021, 1, 1),
    "last_invoice_on": date(2021, 5, 1),
    "quota_exception_approved": False,
}
A, LEADER = {"output_grade": "A"}, {"is_sme": False, "is_chain_leader": True}


def project(program: str = "equipment", applicant: str = "E1", **facts: Any) -> dict[str, Any]:
    """Describe a project that passes every gate; net amounts follow the gross ones given."""
    amounts = {item.fact: facts.get(item.fact, 0) for item in ITEMS.values()}
    return GOOD_PROJECT | {
        "applicant": applicant,
        "program_applied": program,
        **amounts,
        **{f"{fact}_net": amount for fact, amount in amounts.items()},
        **facts,
    }


def equipment(amount: int, **facts: Any) -> dict[str, Any]:
    """Describe a project filed under 四.1 as equipment."""
    return project("equipment", equipment_investment=amount, **facts)


def robot(whole: int, robots: int, **facts: Any) -> dict[str, Any]:
    """Describe a project filed under 四.1 for its robots, which are part of its equipment."""
    return project("robot", equipment_investment=whole, robot_investment=robots, **facts)


def software(amount: int, **facts: Any) -> dict[str, Any]:
    """Describe a project filed under 四.2."""
    return project("informatization", software_hardware_investment=amount, **facts)


def record(pid: str, eid: str, amount: int, **facts: Any) -> dict[str, Any]:
    """Describe an eligible participation."""
    good = ("member_filed", "member_in_statistics_platform", "member_is_industrial_upgrade")
    money = {"member_investment": amount, "member_investment_net": amount}
    return {"project": pid, "member": eid, **money, **dict.fromkeys(good, True), **facts}


def earlier(item: str, amount: int, on: date = date(2021, 3, 1)) -> dict[str, Any]:
    """Describe what E1 already received."""
    return {"applicant": "E1", "award_item": item, "award_filed_on": on, "award_amount": amount}


def support(kind: str, status: str, level: str, **owner: str) -> dict[str, Any]:
    """Describe a support record of `project="P1"` or `participation="M1"`."""
    owners = {"project": None, "participation": None, **owner}
    return {**owners, "support_kind": kind, "support_status": status, "support_level": level}


def case(*projects: dict[str, Any], firms: Mapping[str, Any] | None = None, **rows: Any) -> Case:
    """Build a case of projects P1, P2, …; `firms` overrides facts of E1 to E4."""
    facts = {f"E{n}": {**GOOD_FIRM, "credit_code": f"K{n}"} for n in range(1, 5)}
    numbered = {f"P{n}": row for n, row in enumerate(projects, start=1)}
    return {
        "enterprise": {eid: {**row, **(firms or {}).get(eid, {})} for eid, row in facts.items()},
        "project": numbered,
        **{
            kind: {f"{letter}{n}": row for n, row in enumerate(rows.get(kind, ()), start=1)}
            for kind, letter in (("participation", "M"), ("support", "S"), ("earlier_award", "A"))
        },
    }


def joint(*members: tuple[int, dict[str, Any]], **rows: Any) -> Case:
    """Build one consortium led by E1, whose members E1, E2, … invest and are as given."""
    records = [record("P1", f"E{n}", amount) for n, (amount, _) in enumerate(members, start=1)]
    firms = {f"E{n}": facts for n, (_, facts) in enumerate(members, start=1)}
    return case(project("consortium"), participation=records, firms=firms, **rows)


def solo(facts: dict[str, Any], **changed: Any) -> Case:
    """Build 500万元 of equipment with E1 as given and the project changed."""
    return case(equipment(500 * W, **changed), firms={"E1": facts})


def violated(last: date, filed: date = YEARS[2021]) -> Case:
    """Build 500万元 of equipment filed by an enterprise with a violation."""
    return solo({"last_major_violation_on": last}, declared_on=filed)


def second(row: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """Put a project second in its applicant's order."""
    return {**row, "declared_order": 2, "project_code": "C2", **facts}


def check(subject: Case, readings: Mapping[str, str], expected: Mapping[str, Expected]) -> None:
    """Assert what each project of a case gets under these readings."""
    verdicts = decide(subject, readings)
    for pid, wanted in expected.items():
        verdict = verdicts[pid]
        if isinstance(wanted, set):
            assert (verdict.outcome, verdict.amount_fen) == ("refused", 0)
            assert verdict.refusals == wanted
            continue
        assert (verdict.outcome, verdict.refusals) == ("granted", frozenset())
        if isinstance(wanted, dict):
            assert verdict.shares == wanted
        assert verdict.amount_fen == (sum(wanted.values()) if isinstance(wanted, dict) else wanted)
