"""Random and boundary-heavy cases of 济兖政字〔2020〕14号, and their plain text form.

Amounts stand at, one fen below and one fen above each threshold and each point where a cap
begins to bite; dates at the edges of the validity, of the three years, of calendar and policy
years. The gates fail rarely, so that about half of the projects get behind them.
"""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from . import READINGS, three_years_before

Rows = dict[str, dict[str, Any]]
RandomCase = dict[str, Rows]

WAN = 1_000_000  # 1万元 in fen
MOST = 1_000_000 * WAN  # 100亿元, the largest amount the facts allow
# kind of amount: threshold, cap, base rate in percent; joint is the consortium's total
SHAPES = {
    "equipment": (500 * WAN, 100 * WAN, 3),
    "robot": (300 * WAN, 100 * WAN, 5),
    "informatization": (200 * WAN, 50 * WAN, 10),
    "joint": (500 * WAN, 100 * WAN, 3),
}
PROGRAMS = ("equipment", "robot", "informatization", "consortium")
SYSTEMS = ("ERP", "MES", "SCM", "WMS", "similar", "unrelated")
TOWNS = ("颜店镇", "新兖镇", "新驿镇", "大安镇", "漕河镇", "小孟镇", "鼓楼街道", "龙桥街道")
VALID_FROM, VALID_UNTIL = date(2020, 8, 15), date(2023, 8, 14)
EDGES = [
    *(date(year, 8, day) for year in (2020, 2021, 2022, 2023) for day in (14, 15)),
    *(date(year, *day) for year in (2020, 2021, 2022) for day in ((12, 31), (1, 1))),
    *(date(*day) for day in ((2020, 2, 29), (2023, 2, 28), (2023, 3, 1), (2024, 2, 29))),
]


def random_readings(rng: random.Random) -> dict[str, str]:
    """Draw readings to put over the defaults: none, one, or each by chance."""
    draw = rng.random()
    if draw < 0.15:
        return {}
    names = [rng.choice(list(READINGS))] if draw < 0.4 else list(READINGS)
    chance = 1.0 if draw < 0.4 else rng.choice((0.2, 0.5, 1.0))
    return {name: rng.choice(READINGS[name]) for name in names if rng.random() < chance}


def random_case(
    rng: random.Random, *, projects: tuple[int, int] = (1, 4), boundary: bool = True
) -> RandomCase:
    """Draw a case with that many projects; with `boundary` false, without the edge values."""
    case: RandomCase = {
        "enterprise": _enterprises(rng),
        "project": {},
        "participation": {},
        "support": {},
        "earlier_award": {},
    }
    home = _day_in(rng, VALID_FROM, VALID_UNTIL)
    crowd = rng.choice((0.3, 0.5, 1.0))  # how often E1 is the applicant
    for number in range(1, rng.randint(*projects) + 1):
        pid = f"P{number}"
        project = case["project"][pid] = _project(rng, case, home, boundary)
        project["applicant"] = "E1" if rng.random() < crowd else rng.choice(list(case["enterprise"]))
        if project["program_applied"] == "consortium" or rng.random() < 0.03:
            _add_participations(rng, case, pid, boundary)
        _agree_on_filing(case, pid)
    _set_orders(rng, case["project"])
    for pid in case["project"]:
        _add_support(rng, case, {"project": pid, "participation": None})
    for mid in case["participation"]:
        _add_support(rng, case, {"project": None, "participation": mid})
    for eid, firm in case["enterprise"].items():
        days = _days_of(case, eid)
        firm["last_major_violation_on"] = _violation(rng, days, boundary)
        if rng.random() < 0.4:
            _add_earlier_awards(rng, case, eid, days, boundary)
    return case


# --- amounts ------------------------------------------------------------------------------------


def _amount(rng: random.Random, kind: str, boundary: bool) -> int:
    threshold, cap, rate = SHAPES[kind]
    draw = rng.random()
    if boundary and draw < 0.3:
        return threshold + rng.choice((0, 0, 0, 1, 1, 50, WAN, -1, -1))
    if boundary and draw < 0.6:
        crossing = cap * 100 // (rate + rng.choice((0, 1, 2)))
        return crossing + rng.choice((0, 0, 1, 2, -1, -2, 50, -50, WAN))
    grain = rng.choice((1, 1, 50, 100, 10_000, WAN))
    lowest = threshold * (10 if kind == "joint" else 9) // 10
    amount = rng.randint(lowest, threshold * rng.choice((2, 2, 8, 20)))
    return min(amount // grain * grain, MOST)


def _tax_of(rng: random.Random) -> str:
    return rng.choices(("gross", "net", "same", "zero"), (60, 24, 14, 2))[0]


def _gross_and_net(amount: int, tax: str) -> tuple[int, int]:
    """Take the drawn amount for the gross or for the net one; 13% VAT gives the other."""
    if tax == "net":
        return min(amount * 113 // 100, MOST), amount
    return amount, {"gross": amount * 100 // 113, "same": amount, "zero": 0}[tax]


def _investments(rng: random.Random, program: str, boundary: bool) -> dict[str, int]:
    tax = _tax_of(rng)
    leading = "robot" if program == "robot" and rng.random() < 0.6 else "equipment"
    equipment, equipment_net = _gross_and_net(_amount(rng, leading, boundary), tax)
    robot, robot_net = _gross_and_net(_amount(rng, "robot", boundary), tax)
    if program == "robot":  # robots are part of the equipment
        equipment, equipment_net = max(equipment, robot), max(equipment_net, robot_net)
    elif rng.random() < 0.3:
        robot = robot_net = 0
    elif robot > equipment or robot_net > equipment_net:
        robot, robot_net = equipment, equipment_net
    soft, soft_net = _gross_and_net(_amount(rng, "informatization", boundary), tax)
    return {
        "equipment_investment": equipment,
        "equipment_investment_net": equipment_net,
        "robot_investment": robot,
        "robot_investment_net": robot_net,
        "software_hardware_investment": soft,
        "software_hardware_investment_net": soft_net,
    }


def _split(rng: random.Random, amount: int, parts: int) -> list[int]:
    """Cut an amount into random parts, now and then equal ones (tied remainders) or zeros."""
    draw = rng.random()
    if parts > 1 and draw < 0.08:
        return [0, *_split(rng, amount, parts - 1)]
    if parts and draw < 0.3:
        return [amount // parts + (number < amount % parts) for number in range(parts)]
    cuts = sorted(rng.randint(0, amount) for _ in range(parts - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, amount], strict=True)][:parts]


# --- days ---------------------------------------------------------------------------------------


def _day_in(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, (last - first).days))


def _declared_on(rng: random.Random, home: date, boundary: bool) -> date:
    """Draw a day: mostly near the others of the case, some on an edge, few out of validity."""
    draw = rng.random()
    if boundary and draw < 0.25:
        inside = [day for day in EDGES if VALID_FROM <= day <= VALID_UNTIL]
        return rng.choice(EDGES if draw < 0.12 else inside)
    if draw < 0.7:
        first = max(date(home.year, 1, 1), VALID_FROM)
        return _day_in(rng, first, min(date(home.year, 12, 31), VALID_UNTIL))
    if draw < 0.97:
        return _day_in(rng, VALID_FROM, VALID_UNTIL)
    return _day_in(rng, date(2019, 1, 1), date(2025, 12, 31))


def _invoice_days(rng: random.Random, declared_on: date, boundary: bool) -> tuple[date, date]:
    earliest, latest = VALID_FROM, min(VALID_UNTIL, declared_on)
    if latest < earliest or rng.random() < 0.08:
        earliest, latest = date(2019, 6, 1), max(declared_on, date(2019, 6, 1))
    first = earliest if boundary and rng.random() < 0.3 else _day_in(rng, earliest, latest)
    last = latest if boundary and rng.random() < 0.3 else _day_in(rng, first, latest)
    if boundary and rng.random() < 0.05:
        first -= timedelta(days=1)
    if boundary and rng.random() < 0.05:
        last += timedelta(days=1)
    return min(first, declared_on), min(last, declared_on)


def _violation(rng: random.Random, days: list[date], boundary: bool) -> date | None:
    """Draw the last violation around the edges of a three-year window; never after a filing."""
    if not days or rng.random() < 0.8:
        return None
    filed = rng.choice(days)
    rolling, calendar = three_years_before(filed), date(filed.year - 3, 1, 1)
    near = [rolling + timedelta(days=shift) for shift in (-1, -1, -1, 0, 1)]
    near += [calendar - timedelta(days=1)] * 4 + [calendar, date(2020, 2, 29)]
    far = [date(2012, 2, 29), _day_in(rng, date(2014, 1, 1), min(days))]
    picked = rng.choice(near if boundary and rng.random() < 0.7 else far)
    return picked if picked <= min(days) else None


def _days_of(case: RandomCase, eid: str) -> list[date]:
    """Return the filing days of the projects an enterprise leads or takes part in."""
    own = [row["declared_on"] for row in case["project"].values() if row["applicant"] == eid]
    joined = [row["project"] for row in case["participation"].values() if row["member"] == eid]
    return own + [case["project"][pid]["declared_on"] for pid in joined]


# --- records ------------------------------------------------------------------------------------


def _enterprises(rng: random.Random) -> Rows:
    firms: Rows = {}
    codes = rng.sample(range(10**6), rng.randint(3, 7))
    for number, code in enumerate(codes, start=1):
        firms[f"E{number}"] = {
            "name": f"兖州第{number}机械有限公司",
            "credit_code": f"91370812MA3{code:06d}X",
            "town": rng.choice(TOWNS),
            "registered_in_yanzhou": rng.random() > 0.015,
            "is_independent_legal_person": rng.random() > 0.015,
            "sound_management": rng.random() > 0.015,
            "good_credit": rng.random() > 0.015,
            "output_grade": rng.choices(("A", "B", "C", "D", None), (30, 25, 15, 4, 26))[0],
            "on_cultivation_list": rng.random() < 0.35,
            "is_sme": number != 1 and rng.random() < 0.75,
            "is_chain_leader": number == 1 or rng.random() < 0.2,
        }
    firms["E2"]["is_sme"] = True
    return firms


def _project(rng: random.Random, case: RandomCase, home: date, boundary: bool) -> dict[str, Any]:
    declared_on = _declared_on(rng, home, boundary)
    program = rng.choices(PROGRAMS, (29, 22, 20, 29))[0]
    first, last = _invoice_days(rng, declared_on, boundary)
    codes = {row["project_code"] for row in case["project"].values()}
    free = (f"{declared_on:%y%m}-370812-07-02-{rng.randrange(10**6):06d}" for _ in range(99))
    return {
        "project_name": f"第{len(codes) + 1}号技术改造项目",
        "project_code": next(code for code in free if code not in codes),
        "applicant": "E1",
        "declared_on": declared_on,
        "program_applied": program,
        "also_equipment": rng.random() < 0.35,
        "also_robot": rng.random() < 0.35,
        "also_informatization": rng.random() < 0.35,
        "declared_order": 1,
        "approved_or_filed": rng.random() > 0.02,
        "in_statistics_platform": rng.random() > 0.02,
        "is_industrial_upgrade": rng.random() > 0.02,
        **_investments(rng, program, boundary),
        "system_kind": rng.choices(SYSTEMS, (30, 25, 15, 10, 13, 7))[0],
        "quota_exception_approved": rng.random() < 0.25,
        "first_invoice_on": first,
        "last_invoice_on": last,
    }


def _set_orders(rng: random.Random, projects: Rows) -> None:
    orders = rng.sample(range(1, 21), len(projects))
    if rng.random() < 0.3:
        orders = [rng.choice((1, 1, 2, 20)) for _ in projects]
    elif rng.random() < 0.6:
        orders = [sorted(orders).index(order) + 1 for order in orders]
    for row, order in zip(projects.values(), orders, strict=True):
        row["declared_order"] = order


def _add_participations(rng: random.Random, case: RandomCase, pid: str, boundary: bool) -> None:
    """Give a project members; their amounts add up to a drawn total with a drawn SME share."""
    firms = case["enterprise"]
    if rng.random() < 0.01:
        return  # a consortium without a record
    members = rng.sample(list(firms), rng.randint(1 if rng.random() < 0.05 else 2, min(5, len(firms))))
    if rng.random() < 0.9:  # a chain leader that is no SME, and an SME
        members = list(dict.fromkeys(("E1", "E2", *members)))[: max(2, len(members))]
    total = _amount(rng, "joint", boundary) + rng.choice((0, 0, 1))
    if rng.random() < 0.02:
        total = 0
    half = (total + 1) // 2 + (rng.choice((0, 0, 0, 0, 1, -1)) if boundary else 0)
    share = rng.choice((half, total * rng.randint(50, 95) // 100, total * rng.randint(48, 60) // 100))
    small = [eid for eid in members if firms[eid]["is_sme"]]
    large = [eid for eid in members if not firms[eid]["is_sme"]]
    by_sme = 0 if not small else total if not large else min(max(share, 0), total)
    parts = _split(rng, by_sme, len(small)) + _split(rng, total - by_sme, len(large))
    tax = _tax_of(rng)
    for eid, part in rng.sample(list(zip(small + large, parts, strict=True)), len(parts)):
        gross, net = _gross_and_net(part, tax)
        case["participation"][f"M{len(case['participation']) + 1}"] = {
            "project": pid,
            "member": eid,
            "member_investment": gross,
            "member_investment_net": net,
            "member_filed": rng.random() > 0.012,
            "member_in_statistics_platform": rng.random() > 0.012,
            "member_is_industrial_upgrade": rng.random() > 0.012,
        }


FILED = {
    "approved_or_filed": "member_filed",
    "in_statistics_platform": "member_in_statistics_platform",
    "is_industrial_upgrade": "member_is_industrial_upgrade",
}


def _disagreeing(case: RandomCase, pid: str) -> list[str]:
    """What a consortium project denies of itself although no member denies it of its part."""
    project = case["project"][pid]
    members = [row for row in case["participation"].values() if row["project"] == pid]
    return [
        fact
        for fact, part in FILED.items()
        if project["program_applied"] == "consortium" and not project[fact]
        if all(row[part] for row in members)
    ]


def _agree_on_filing(case: RandomCase, pid: str) -> None:
    for fact in _disagreeing(case, pid):
        case["project"][pid][fact] = True


def _add_support(rng: random.Random, case: RandomCase, owner: dict[str, str | None]) -> None:
    """Give one owner no record, or one or two of any kind, level and status."""
    kinds = ("grant", "award", "interest_subsidy", "tax_preference", "fund_equity")
    while rng.random() < 0.13:
        case["support"][f"S{len(case['support']) + 1}"] = {
            **owner,
            "support_level": rng.choice(("national", "province", "city", "district")),
            "support_kind": rng.choices(kinds, (15, 10, 10, 40, 25))[0],
            "support_status": rng.choice(("received", "approved", "pending", "rejected")),
            "support_amount": rng.choice((0, 1, 10 * WAN, rng.randint(1, 300 * WAN))),
        }


def _add_earlier_awards(
    rng: random.Random, case: RandomCase, eid: str, days: list[date], boundary: bool
) -> None:
    """Give earlier awards filed within the validity and before every filing of the case.

    An award under this document cannot have been filed before 2020-08-15 (取舍).
    """
    last = min(days, default=VALID_UNTIL)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if last < VALID_FROM:
            return
        item = rng.choice(("equipment", "robot", "informatization", "equipment", "robot", "consortium"))
        cap = SHAPES["joint" if item == "consortium" else item][1]
        first = VALID_FROM if rng.random() < 0.5 else max(date(last.year, 1, 1), VALID_FROM)
        filed_on = _day_in(rng, first, last)
        if boundary and rng.random() < 0.5:
            filed_on = rng.choice([day for day in (*EDGES, last) if VALID_FROM <= day <= last])
        near = (cap, cap - 1, cap - 100, cap - 10_000, cap - WAN, cap // 2, cap // 3, WAN, 0)
        plain = rng.randint(0, cap) // 10_000 * 10_000
        case["earlier_award"][f"A{len(case['earlier_award']) + 1}"] = {
            "applicant": eid,
            "award_item": item,
            "award_filed_on": filed_on,
            "award_amount": rng.choice(near) if boundary and rng.random() < 0.7 else plain,
        }


# --- checks and text ----------------------------------------------------------------------------


def contradictions(case: RandomCase) -> list[str]:
    """Name the constraints of the facts contract that a case breaks; a drawn case breaks none."""
    broken = []
    for kind in ("project", "participation"):
        for row_id, row in case[kind].items():
            nets = [fact for fact in row if fact.endswith("_net")]
            broken += [f"{row_id}: {fact}" for fact in nets if row[fact] > row[fact[:-4]]]
    for pid, row in case["project"].items():
        if row["robot_investment"] > row["equipment_investment"]:
            broken.append(f"{pid}: robots above equipment")
        if not row["first_invoice_on"] <= row["last_invoice_on"] <= row["declared_on"]:
            broken.append(f"{pid}: invoice days")
        broken += [f"{pid}: {fact}" for fact in _disagreeing(case, pid)]
    for eid, row in case["enterprise"].items():
        dated = [a for a in case["earlier_award"].values() if a["applicant"] == eid]
        past = [row["last_major_violation_on"], *(award["award_filed_on"] for award in dated)]
        late = [day for day in past if day and any(day > filed for filed in _days_of(case, eid))]
        broken += [f"{eid}: {day} after a filing" for day in late]
    seats = [(row["project"], row["member"]) for row in case["participation"].values()]
    broken += ["a member twice"] * (len(seats) != len(set(seats)))
    for kind, key in (("enterprise", "credit_code"), ("project", "project_code")):
        keys = [row[key] for row in case[kind].values()]
        broken += [f"{key} twice"] * (len(keys) != len(set(keys)))
    return broken


def to_case_text(case: RandomCase, policy: str = "yanzhou-2020-14") -> dict[str, Any]:
    """Render a case as plain data of language.md section 6, ready for YAML or JSON.

    Every section is given, so every relation is closed; `None` (also of the reference that a
    support record does not have) is written `none`.
    """
    return {
        "policy": policy,
        **{
            kind: {row_id: _texts(row.items()) for row_id, row in rows.items()} for kind, rows in case.items()
        },
    }


def _texts(facts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {fact: _text(fact, value) for fact, value in facts}


def _text(fact: str, value: Any) -> Any:
    if value is None:
        return "none"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | str) or fact == "declared_order":
        return value
    return money_text(value)


def money_text(fen: int) -> str:
    """Write whole fen as 万元 where that is exact, else as 元 with fen: `500万元`, `0.01元`."""
    if fen and fen % WAN == 0:
        return f"{fen // WAN}万元"
    return f"{fen // 100}元" if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02d}元"
