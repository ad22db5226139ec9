"""What 济兖政字〔2020〕14号 pays, in plain Python: the oracle the engine is tested against.

Each function stands for a clause and quotes it. Money is whole fen, rates are whole percent
(1个百分点 = 1), exact amounts are fractions of fen. It shares no code with the engine. Where text
and facts contract leave something open, the choice made is marked 取舍 at its place.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from . import NO_READINGS, Case, Readings, Row, chosen, rounded, share_out, three_years_before

Award = tuple[Fraction, int, dict[str, int]]  # raw, amount, shares
WAN = 1_000_000  # 1万元 in fen
PROJECT_FACTS = ("approved_or_filed", "in_statistics_platform", "is_industrial_upgrade")
MEMBER_FACTS = ("member_filed", "member_in_statistics_platform", "member_is_industrial_upgrade")
LISTED_SYSTEMS = ("ERP", "MES", "SCM", "WMS")
VALID_FROM, VALID_UNTIL = date(2020, 8, 15), date(2023, 8, 14)


class Item(NamedTuple):
    """One kind of award: the invested fact, the threshold, the rate in percent, the cap."""

    fact: str
    threshold: int
    rate: int
    cap: int


ITEMS = {  # 四.1 and 四.2
    "equipment": Item("equipment_investment", 500 * WAN, 3, 100 * WAN),
    "robot": Item("robot_investment", 300 * WAN, 5, 100 * WAN),
    "informatization": Item("software_hardware_investment", 200 * WAN, 10, 50 * WAN),
}
JOINT = Item("member_investment", 500 * WAN, 3, 100 * WAN)  # 四.3


@dataclass(frozen=True, slots=True)
class Verdict:
    """A project's result, every failed condition named, amounts in fen.

    `outcome` is granted or refused; `shares` has an entry for each participation of a consortium
    project (0 if it gets nothing); `raw` is a granted project's exact amount before any cap.
    """

    outcome: str
    amount_fen: int
    refusals: frozenset[str]
    shares: dict[str, int]
    raw: Fraction | None


class Docket:
    """A case under one set of readings, its relations looked up once."""

    def __init__(self, case: Case, readings: Readings) -> None:
        self.read = chosen(readings)
        self.firms, self.projects = case["enterprise"], case["project"]
        self.records, self.earlier = case["participation"], case["earlier_award"]
        repeated = [row for row in case["support"].values() if is_repeated(row, self.read)]
        self.supported = {row.get("project") for row in repeated}
        self.supported_members = {row.get("participation") for row in repeated}
        self.joint = {p for p, row in self.projects.items() if row["program_applied"] == "consortium"}
        self.members: dict[str, list[str]] = {pid: [] for pid in self.joint}
        for mid, row in self.records.items():
            if row["project"] in self.joint:
                self.members[row["project"]].append(mid)
        self.good = {p: [m for m in ms if is_good(self, m)] for p, ms in self.members.items()}


def decide(case: Case, readings: Readings = NO_READINGS) -> dict[str, Verdict]:
    """Decide every project; `readings` overrides the defaults (ValueError on an unknown one)."""
    docket = Docket(case, readings)
    refusals = {pid: failed_conditions(docket, pid) for pid in docket.projects}
    refusals |= beyond_quota(docket, {pid for pid, failed in refusals.items() if not failed})
    paid = item_awards(docket, [p for p, failed in refusals.items() if not failed and p not in docket.joint])
    verdicts = {}
    for pid, failed in refusals.items():
        nothing = dict.fromkeys(docket.members.get(pid, ()), 0)
        if failed:
            verdicts[pid] = Verdict("refused", 0, frozenset(failed), nothing, None)
        else:
            raw, amount, shares = paid[pid] if pid in paid else consortium_award(docket, pid)
            verdicts[pid] = Verdict("granted", amount, frozenset(), nothing | shares, raw)
    return verdicts


def totals(case: Case, verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    """Sum what each enterprise receives: its single projects and its consortium shares."""
    received = dict.fromkeys(case["enterprise"], 0)
    for pid, verdict in verdicts.items():
        if case["project"][pid]["program_applied"] != "consortium":
            received[case["project"][pid]["applicant"]] += verdict.amount_fen
        for mid, share in verdict.shares.items():
            received[case["participation"][mid]["member"]] += share
    return received


# --- 五 who may apply ---------------------------------------------------------------------------
def failed_conditions(docket: Docket, pid: str) -> list[str]:
    """List every condition the project fails, the quota aside."""
    project, read = docket.projects[pid], docket.read
    failed = [] if in_validity(project, read) else ["declared_in_validity"]
    failed += firm_failures(docket.firms[project["applicant"]], project["declared_on"], read)
    if pid in docket.joint:
        # 取舍: 五.2 speaks of 企业实施的技术改造项目, so it is asked of each member's part; 五.3 speaks of
        # 同一项目 whoever carries it out, so money for the consortium project as a whole refuses it.
        failed += failing(no_other_support=pid not in docket.supported)
        return failed + consortium_failures(docket, pid)
    failed += project_failures(project, PROJECT_FACTS, pid in docket.supported)
    by_item = [item_failures(project, item, read) for item in items_filed(project, read)]
    return failed + ([] if [] in by_item else [name for names in by_item for name in names])


def failing(**holds: bool) -> list[str]:
    """List the names of the conditions that do not hold."""
    return [name for name, held in holds.items() if not held]


def in_validity(project: Row, read: Readings) -> bool:
    """本意见有效期：2020年8月15日至2023年8月14日, both days included."""
    days = {"declared": ["declared_on"], "invoices": ["first_invoice_on", "last_invoice_on"]}
    return all(VALID_FROM <= project[day] <= VALID_UNTIL for day in days[read["validity_date"]])


def firm_failures(firm: Row, on: date, read: Readings) -> list[str]:
    """五.1 注册的独立法人企业，管理规范，信用良好，近三年内未发生重大违法违规; 四.4 D类不予支持."""
    last, window = firm["last_major_violation_on"], three_years_before(on)
    if read["violation_window"] == "calendar_years":
        window = date(on.year - 3, 1, 1)
    return failing(
        registered=firm["registered_in_yanzhou"],
        legal_person=firm["is_independent_legal_person"],
        sound_management=firm["sound_management"],
        good_credit=firm["good_credit"],
        no_recent_violation=last is None or last < window,
        not_grade_d=firm["output_grade"] != "D",
    )


def project_failures(row: Row, facts: tuple[str, str, str], supported: bool) -> list[str]:
    """五.2 办理核准或备案，纳入联网直报平台，属工业技改投资; 五.3 已获其它资金的不予重复奖补."""
    filed, listed, upgrade = (row[fact] for fact in facts)
    held = {"filed": filed, "in_statistics": listed, "is_upgrade": upgrade}
    return failing(**held, no_other_support=not supported)


def is_repeated(record: Row, read: Readings) -> bool:
    """五.3 同一项目已获其它财政资金支持: fiscal money received or approved, not tax law, equity."""
    return (
        record["support_kind"] in ("grant", "award", "interest_subsidy")
        and record["support_status"] in ("received", "approved")
        and (read["other_support"] == "any_level" or record["support_level"] == "district")
    )


def items_filed(project: Row, read: Readings) -> list[str]:
    """五.3 同一项目符合多项政策支持条件的，企业按照自愿原则申报: the items of a single project."""
    several, first = read["items_per_project"] == "several", project["program_applied"]
    return [item for item in ITEMS if item == first or (several and project[f"also_{item}"])]


def item_failures(project: Row, item: str, read: Readings) -> list[str]:
    """四.1 设备500万元及以上, 机器人达到300万元及以上; 四.2 系统集成应用, 软硬件200万元及以上."""
    accepted = LISTED_SYSTEMS + (("similar",) if read["listed_systems"] == "open" else ())
    right = item != "informatization" or project["system_kind"] in accepted
    enough = for_threshold(project, ITEMS[item], read) >= ITEMS[item].threshold
    return failing(right_system=right, **{f"{item}_enough": enough})


def for_threshold(row: Row, item: Item, read: Readings) -> int:
    """Return the amount a threshold is asked of (以购置增值税发票数额为准)."""
    return int(row[f"{item.fact}_net" if read["tax_basis"] == "excluded" else item.fact])


def for_award(row: Row, item: Item, read: Readings) -> int:
    """Return the amount an award is a percentage of."""
    return int(row[item.fact if read["tax_basis"] == "included" else f"{item.fact}_net"])


# --- 四.1, 四.2, 四.4 amounts -------------------------------------------------------------------
def bonus_points(firm: Row, read: Readings) -> int:
    """四.4 A类的企业、列入梯队企业培育名单的企业，补助比例提高1个百分点."""
    reasons = int(firm["output_grade"] == "A") + int(firm["on_cultivation_list"])
    return reasons if read["rate_bonus"] == "stack" else min(reasons, 1)


def cap_in_use(cap: int, scale: Fraction, outside: Fraction, read: Readings) -> Fraction:
    """最高X万元: as it stands, or grown with the rate, or with the points paid outside of it."""
    if read["bonus_cap"] == "scaled":
        return cap * scale
    return cap + outside if read["bonus_cap"] == "points_outside" else Fraction(cap)


def entitlement(item: Item, base: int, points: int, read: Readings) -> tuple[Fraction, Fraction]:
    """按投资额的X%给予补助，最高X万元: the exact amount before the cap, and the cap in use."""
    scale, outside = Fraction(item.rate + points, item.rate), Fraction(base * points, 100)
    return Fraction(base * (item.rate + points), 100), cap_in_use(item.cap, scale, outside, read)


def entitlements(docket: Docket, pid: str) -> dict[str, tuple[Fraction, Fraction]]:
    """四.1, 四.2: for each filed item that qualifies, its exact amount and its cap in use."""
    project, read = docket.projects[pid], docket.read
    points = bonus_points(docket.firms[project["applicant"]], read)
    earned = {}
    for name in items_filed(project, read):
        if not item_failures(project, name, read):
            whole = name == "robot" and read["robot_award_base"] == "whole_project"
            base = for_award(project, ITEMS["equipment" if whole else name], read)
            earned[name] = entitlement(ITEMS[name], base, points, read)
    return earned


def item_awards(docket: Docket, granted: Iterable[str]) -> dict[str, Award]:
    """单个企业最高X万元: walk the granted projects in their order, using up each enterprise's caps.

    取舍: the cap in use is rounded like an amount (`scaled` and `points_outside` can break a fen);
    what is left of it is not rounded again, so earlier awards with fen leave fen. Across years the
    walk is by declared_order alone (contract). An item that fails lends its project no cap.
    """
    read = docket.read
    awards: dict[str, Award] = {}
    used: dict[tuple[object, ...], int] = {}
    for row in docket.earlier.values():
        if row["award_item"] == "consortium":
            continue  # 四.3 has a cap of its own
        pool = cap_pool(row["applicant"], row["award_item"], row["award_filed_on"], read)
        used[pool] = used.get(pool, 0) + row["award_amount"]
    for pid in sorted(granted, key=lambda pid: declared_rank(docket, pid)):
        earned, amount = entitlements(docket, pid), 0
        own = {item: rounded(min(pair), read) for item, pair in earned.items()}
        most = {item: rounded(cap, read) for item, (_, cap) in earned.items()}
        if read["cap_scope"] == "enterprise_year":
            own, most = {"all": sum(own.values())}, {"all": max(most.values())}
        project = docket.projects[pid]
        for item, wanted in own.items():
            pool = cap_pool(project["applicant"], item, project["declared_on"], read)
            left = max(most[item] - used.get(pool, 0), 0)
            paid = wanted if read["cap_scope"] == "project" else min(wanted, left)
            used[pool] = used.get(pool, 0) + paid
            amount += paid
        awards[pid] = (sum((raw for raw, _ in earned.values()), Fraction()), amount, {})
    return awards


def cap_pool(firm: str, item: str, on: date, read: Readings) -> tuple[object, ...]:
    """Name the pool in which a cap is used up (scope `project` has none and does not ask)."""
    year = filing_year(on, read)
    pools = {"item_validity": (firm, item), "enterprise_year": (firm, year)}
    return pools.get(read["cap_scope"], (firm, item, year))


# --- 四.3 the consortium (技改共同体) -----------------------------------------------------------
def is_good(docket: Docket, mid: str) -> bool:
    """Ask 五.1, 四.4, 五.2 and 五.3 of a member, on the day its project was declared."""
    row = docket.records[mid]
    on, firm = docket.projects[row["project"]]["declared_on"], docket.firms[row["member"]]
    failed = project_failures(row, MEMBER_FACTS, mid in docket.supported_members)
    return not failed + firm_failures(firm, on, docket.read)


def consortium_failures(docket: Docket, pid: str) -> list[str]:
    """中小企业围绕“链主”和龙头企业共同开展; 设备投资额合计超过500万元; 中小企业投资占50%以上."""
    read, every, good = docket.read, docket.members[pid], docket.good[pid]
    # 取舍: under taints_all the total and the SME share are of the eligible members, too.
    counted = every if read["ineligible_member"] == "counts_for_threshold" else good
    firm = {mid: docket.firms[docket.records[mid]["member"]] for mid in every}
    invested = {mid: for_threshold(docket.records[mid], JOINT, read) for mid in counted}
    total = sum(invested.values())
    sme = sum(amount for mid, amount in invested.items() if firm[mid]["is_sme"])
    # 共同开展: whoever invests nothing does not carry out anything (but may be the one 围绕 whom).
    doing = [mid for mid in good if for_threshold(docket.records[mid], JOINT, read) > 0]
    reaches = total == JOINT.threshold and read["consortium_threshold"] == "inclusive"
    is_half = sme * 2 == total and read["sme_share"] == "inclusive"
    return failing(
        consortium_members=len(doing) >= 2,
        consortium_has_sme=any(firm[mid]["is_sme"] for mid in good),
        consortium_has_leader=any(firm[mid]["is_chain_leader"] for mid in good),
        consortium_enough=total > JOINT.threshold or reaches,
        consortium_sme_share=sme * 2 > total or is_half,
        no_tainted_member=read["ineligible_member"] != "taints_all" or good == every,
    )


def consortium_award(docket: Docket, pid: str) -> Award:
    """按设备投资额3%给予补助，最高100万元; 按各企业设备投资额度比例分配: raw, amount, shares."""
    read, good = docket.read, docket.good[pid]
    base = {mid: for_award(docket.records[mid], JOINT, read) for mid in good}
    firm = {mid: docket.firms[docket.records[mid]["member"]] for mid in good}
    points = {mid: bonus_points(firm[mid], read) for mid in good}  # 四.4
    if read["consortium_bonus"] == "all_members":
        points = dict.fromkeys(good, min(points.values()))
    elif read["consortium_bonus"] != "per_member":
        lead = bonus_points(docket.firms[docket.projects[pid]["applicant"]], read)
        points = dict.fromkeys(good, lead if read["consortium_bonus"] == "lead" else 0)
    earned = {mid: entitlement(JOINT, base[mid], points[mid], read) for mid in good}
    raw = sum((own for own, _ in earned.values()), Fraction())
    weights: Mapping[str, int | Fraction] = base
    if read["consortium_cap_scope"] == "each_member":
        weights = {mid: min(own, cap) for mid, (own, cap) in earned.items()}
        amount = rounded(Fraction(sum(weights.values())), read)
    else:
        at_rate = Fraction(sum(base.values()) * JOINT.rate, 100)
        scale = raw / at_rate if at_rate else Fraction(1)  # no base: nothing to cap
        amount = rounded(min(raw, cap_in_use(JOINT.cap, scale, raw - at_rate, read)), read)
        if read["consortium_split"] == "by_entitlement":
            weights = {mid: own for mid, (own, _) in earned.items()}
    keys = {mid: firm[mid]["credit_code"] for mid in good}
    return raw, amount, share_out(amount, weights, keys, read)


# --- 五.3 the yearly quota ----------------------------------------------------------------------
def filing_year(day: date, read: Readings) -> int:
    """每年: the calendar year, or the full years since 2020-08-15.

    取舍: the days before 2020-08-15 are policy years of their own (-1, …), not part of year 0.
    """
    if read["filing_year"] == "calendar":
        return day.year
    return day.year - 2020 - ((day.month, day.day) < (8, 15))


def declared_rank(docket: Docket, pid: str) -> tuple[int, str, str]:
    """Return the applicant's own order; ties by project code, then id."""
    project = docket.projects[pid]
    return project["declared_order"], project["project_code"], pid


def earlier_projects(docket: Docket, firm: str, year: int) -> dict[bool, int]:
    """每年只能申报一个: projects of the year that got their award before, consortia (True) and others.

    取舍: an award is a project. Where a project may file several items, awards of different items may
    be of one project, so that there are at least as many projects as awards of one item.
    """
    read = docket.read
    if read["earlier_slot"] == "free":
        return {True: 0, False: 0}
    rows = [row for row in docket.earlier.values() if row["applicant"] == firm]
    items = [row["award_item"] for row in rows if filing_year(row["award_filed_on"], read) == year]
    singles = [items.count(item) for item in ITEMS]
    several = read["items_per_project"] == "several"
    return {True: items.count("consortium"), False: max(singles) if several else sum(singles)}


def beyond_quota(docket: Docket, eligible: Collection[str]) -> dict[str, list[str]]:
    """除…牵头企业可申报两个项目外，每个独立法人企业原则上每年只能申报一个项目: those too many."""
    read, joint, beyond = docket.read, docket.joint, []
    filed: dict[tuple[str, int], list[str]] = {}
    year_of = {p: filing_year(row["declared_on"], read) for p, row in docket.projects.items()}
    for pid, project in docket.projects.items():
        filed.setdefault((project["applicant"], year_of[pid]), []).append(pid)
    for (firm, year), pids in filed.items():
        # 取舍: a consortium filed that year makes a lead, even refused or out of the validity.
        past = earlier_projects(docket, firm, year)
        leads = not joint.isdisjoint(pids) or past[True] > 0
        slots = (2 if leads else 1) - past[True] - past[False]
        if read["member_slot"] == "used":  # p not in pids: led by another enterprise
            others = [p for p in joint if p in eligible and year_of[p] == year and p not in pids]
            seats = [docket.records[m]["member"] for p in others for m in docket.good[p]]
            slots -= seats.count(firm)
        ranked = sorted(set(pids) & set(eligible), key=lambda pid: declared_rank(docket, pid))
        first = ranked
        if leads and read["lead_quota"] == "consortium_plus_one":
            # 取舍: the first of each kind; a slot used as a member takes the later of the two.
            kinds = [
                [p for p in ranked if (p in joint) == kind][: max(1 - past[kind], 0)]
                for kind in (True, False)
            ]
            first = [pid for pid in ranked if [pid] in kinds]
        late = [pid for pid in ranked if pid not in first[: max(slots, 0)]]
        beyond += [pid for pid in late if not docket.projects[pid]["quota_exception_approved"]]
    return {pid: ["within_quota"] for pid in beyond}
