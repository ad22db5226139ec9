"""What an explanation tells: who took a pool, what is waited for, members, open choices, validity, shares."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest

from policyengine import api
from policyengine.asked import asked
from policyengine.capitals import capital
from policyengine.diagnostics import width
from policyengine.explanation import CaseExplanation, Explanation
from policyengine.instances import Plans
from policyengine.render import blocks, markdown, text
from policyengine.render import csv as table
from policyengine.values import Unknown
from tests.mini import mini
from tests.support import ROOT, yanzhou

EXAMPLES = ("装备升级", "不予支持", "待补材料", "共同体")
GOOD = "registered_in_yanzhou: 是, is_independent_legal_person: 是, sound_management: 是, good_credit: 是, last_major_violation_on: 无, on_cultivation_list: 否"
READY = "applicant: 甲, approved_or_filed: 是, in_statistics_platform: 是, is_industrial_upgrade: 是, supports: 无, robot_investment: 0元"


def explained(
    case: str, depth: str = "steps", lang: str = "zh", plans: Plans | None = None
) -> CaseExplanation:
    plans = plans or yanzhou()
    file = api.read_case(plans, f"policy: yanzhou-2020-14\n{case}", "case.yaml")
    return api.explain(api.decide(plans, file.cases[0]), lang, depth=depth)


def drawn(case: CaseExplanation, depth: str = "steps", lang: str = "zh") -> str:
    return text.draw(list(blocks.case_blocks(case, depth, lang)))


def example(name: str) -> str:
    return (ROOT / "examples" / f"{name}.yaml").read_text("utf-8").replace("policy: yanzhou-2020-14\n", "")


def firm(grade: str = "B", awards: str = "无") -> str:
    return f"enterprise:\n  甲: {{{GOOD}, output_grade: {grade}, earlier_awards: {awards}}}\nproject:\n"


def project(id_: str, order: int, more: str) -> str:
    return f"  {id_}: {{{READY}, declared_on: 2021-06-01, declared_order: {order}, {more}}}\n"


EQUIPMENT = "program_applied: equipment, quota_exception_approved: 是, equipment_investment: "
EARLIER = "{以前: {award_item: equipment, award_filed_on: 2021-02-01, award_amount: 30万元}}"


@pytest.fixture(scope="module")
def pool() -> CaseExplanation:
    case = firm(awards=EARLIER) + project("一", 1, EQUIPMENT + "1500万元")
    case += project("二", 2, EQUIPMENT + "2000万元") + project("三", 3, EQUIPMENT + "2000万元")
    return explained(case)


def by_id(case: CaseExplanation, id_: str) -> Explanation:
    return next(e for e in case.explanations if e.decision.subject.id == id_)


# --- pools ---


def test_a_pool_shows_the_arithmetic_with_what_those_before_took_and_who(pool: CaseExplanation) -> None:
    [line] = [line for line in by_id(pool, "二").steps if line.name == "equipment_pool"]
    assert line.formula.endswith("设备投资补助最高额 - 以前已得的设备投资补助 - 次序在前的已得数额）")
    assert line.numbers == "取较小值（600,000.00，1,000,000.00 - 300,000.00 - 450,000.00）"
    assert line.value == "250,000.00元"
    assert line.note == "次序在前的已得：申报项目 一 45万元"
    [before] = [line for line in by_id(pool, "二").steps if line.name == "equipment_used_before"]
    assert before.value == "300,000.00元"


def test_a_cap_that_is_used_up_is_said_in_the_conclusion(pool: CaseExplanation) -> None:
    shown = drawn(pool, "summary")
    assert shown.count("最高额已经用完") == 1
    assert "三：予以补助 0元" in shown


def test_another_award_of_nothing_is_not_put_down_to_the_cap() -> None:
    case = explained(firm() + project("一", 1, "program_applied: equipment, equipment_investment: 500万元"))
    assert not by_id(case, "一").decision.notes
    nothing = example("装备升级").replace("equipment_investment: 4200万元", "equipment_investment: 500万元")
    plans = api.compile(api.load(ROOT / "policies" / "yanzhou-2020-14", sets=["equipment_cap=0元"]))
    [e] = explained(nothing, plans=plans).explanations
    assert e.decision.outcome == "granted" and e.decision.amount == 0
    assert not e.decision.notes


# --- what is open ---


def test_an_open_amount_names_the_condition_it_waits_for_and_never_counts_a_refusal_as_nothing() -> None:
    [e] = explained(example("待补材料")).explanations
    assert isinstance(e.if_granted, Unknown)
    assert (e.if_granted.low, e.if_granted.high) == (300_000, 400_000)
    shown = drawn(explained(example("待补材料")))
    assert shown.splitlines()[0].endswith("待补材料（予以补助的，金额为30万元至40万元；也可能不予支持）")
    assert "30万元至40万元，或0元" in shown
    assert "要等企业 丙公司“不是D类企业”认定；不满足的，这一项为0" in shown


@pytest.mark.parametrize(
    ("blank", "expected"),
    [
        ("    equipment_investment: 4200万元\n", "金额为20万元至100万元"),
        ("    equipment_investment: 4200万元\n|    output_grade: A\n", "金额为15万元至100万元"),
    ],
)
def test_a_range_begins_at_the_least_that_a_granted_one_can_get(blank: str, expected: str) -> None:
    text = example("装备升级")
    for line in blank.split("|"):
        text = text.replace(line, "")
    [e] = explained(text, "summary").explanations
    assert f"（予以补助的，{expected}；也可能不予支持）" in drawn(explained(text, "summary"))
    assert isinstance(e.if_granted, Unknown) and e.if_granted.low


def test_a_range_whose_least_cannot_be_told_says_only_the_most() -> None:
    text = example("共同体")
    for i in (1, 2, 3):
        text = text.replace("333.34万元" if i == 1 else "333.33万元", "")
    shown = drawn(explained(text.replace("member_investment: ,", ""), "summary"))
    assert "（予以补助的，金额不超过100万元；也可能不予支持）" in shown


def test_an_open_choice_shows_what_each_would_come_to_and_counts_none_as_failed() -> None:
    [e] = explained(example("装备升级").replace("    program_applied: equipment\n", "")).explanations
    assert {c.decision.option: c.decision.outcome for c in e.candidates} == {
        "equipment": "granted",
        "robot": "refused",
        "informatization": "undetermined",
        "consortium": "undetermined",
    }
    assert not [line for line in e.conditions if line.status != "met"] and not e.steps
    shown = drawn(explained(example("装备升级").replace("    program_applied: equipment\n", "")), "summary")
    assert "√ 装备升级（设备投资）：予以补助 100万元" in shown
    assert "× 装备升级（工业机器人）：不予支持\n    工业机器人投资额0元，没有达到300万元" in shown
    assert "至" not in shown.splitlines()[0]


def test_a_choice_that_is_made_has_no_candidates() -> None:
    assert not explained(example("待补材料")).explanations[0].candidates


# --- consortium ---


def test_a_condition_that_the_reading_switches_off_is_not_listed() -> None:
    [e] = explained(example("共同体")).explanations
    assert "consortium.no_tainted_member" not in {line.name for line in e.conditions}
    plans, raw = yanzhou(), f"policy: yanzhou-2020-14\n{example('共同体')}"
    case = api.read_case(plans, raw, "case.yaml").cases[0]
    [other] = api.explain(api.decide(plans, case, {"ineligible_member": "taints_all"})).explanations
    assert {x.name: x.status for x in other.conditions}["consortium.no_tainted_member"] == "failed"


def test_the_gates_of_every_member_are_listed() -> None:
    [e] = explained(example("共同体")).explanations
    status = {g.line.subject.id: (g.line.status, len(g.conditions)) for g in e.members if g.line.subject}
    assert status == {
        "G1/M1": ("met", 10),
        "G1/M2": ("met", 10),
        "G1/M3": ("met", 10),
        "G1/M4": ("failed", 10),
    }
    assert "不满足：不是D类企业" in drawn(explained(example("共同体")))


def test_shares_and_members_left_out_stand_in_the_default_text_and_in_the_table() -> None:
    case = explained(example("共同体"), "summary")
    shown = drawn(case, "summary")
    assert "共同体成员 G1/M1（丁公司）  12.222478万元" in shown
    assert "共同体成员 G1/M4（庚公司）  不计入" in shown
    assert "× 企业 庚公司：企业的亩产效益评价是D类" in shown
    [row] = csv.DictReader(io.StringIO(table.draw([case], "zh")))
    assert row["各成员分得（元）"].startswith("共同体成员 G1/M1（丁公司）：122224.78；")
    assert row["未计入的对象和理由"] == "企业 庚公司：企业的亩产效益评价是D类"


def test_a_filtered_count_says_its_filter() -> None:
    case = explained(example("共同体"), "full")
    [line] = [x for x in case.explanations[0].everything if x.name == "qualified_member_count"]
    assert line.formula == "“共同体成员名录”里符合“成员合格”且“成员设备投资额（价税合计） > 0”的个数"
    [sme] = [x for x in case.explanations[0].everything if x.name == "consortium_sme_total"]
    assert sme.formula.startswith("“共同体成员名录”里符合“属于中小企业”的各项“")


# --- validity ---


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2024-01-01", "最后有效的版本是济兖政字〔2020〕14号，有效期到2023年8月14日为止"),
        ("2020-01-01", "接下来生效的版本是济兖政字〔2020〕14号，自2020年8月15日起有效"),
    ],
)
def test_outside_the_validity_the_version_last_or_next_in_force_is_named(day: str, said: str) -> None:
    [e] = explained(example("装备升级").replace("2021-06-01", day)).explanations
    assert e.decision.outcome == "refused"
    assert [note.zh for note in e.decision.notes] == [said]


# --- words ---


def test_the_title_is_the_first_text_fact_that_the_policy_lists() -> None:
    case = example("装备升级").replace(
        "project_name: 智能产线改造", "project_code: X9\n    project_name: 智能产线改造"
    )
    assert explained(case).explanations[0].decision.title == "智能产线改造"


def test_a_policy_names_its_own_outcomes() -> None:
    folder = ROOT / "tests" / "mechanics" / "income_tax"
    plans = api.compile(api.load(folder))
    header = plans.last.policy.header
    assert header.outcomes["granted"].zh == "应当纳税" and header.outcomes["undetermined"].zh == "待补材料"


def test_amounts_in_capitals_only_where_they_are_whole_fen() -> None:
    assert capital(Decimal("0.01")) == "壹分"
    assert capital(Decimal("0.001")) == capital(Decimal("-1")) == ""


def test_a_fact_that_only_two_readings_together_ask_for_is_not_called_useless() -> None:
    made = mini("""
entities:
  thing: {label: 件, dated_by: declared_on}
parameters:
  valid_from: {label: 起, value: 2020-01-01, basis: 测试}
facts:
  declared_on: {entity: thing, type: date, label: 日期}
  seldom: {entity: thing, type: bool, label: 少见}
  never: {entity: thing, type: bool, label: 从不}
interpretations:
  one: {label: 一, basis: 测试, question: 一？, default: a, options: {a: {label: 甲, why: 测试}, b: {label: 乙, why: 测试}}}
  two: {label: 二, basis: 测试, question: 二？, default: a, options: {a: {label: 甲, why: 测试}, b: {label: 乙, why: 测试}}}
conditions:
  granted: {entity: thing, label: 同意, basis: 测试, test: one == 'a' or two == 'a' or seldom, fail: 不}
values:
  award: {entity: thing, type: money, label: 金额, basis: 测试, formula: 0}
""")
    found = asked(made.plan)
    assert "seldom" in found.together and "seldom" not in found.under
    assert "never" not in found.together | found.default


# --- drawing ---


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(name: str, lang: str, golden: Callable[[str, str], None]) -> None:
    suffix = "" if lang == "zh" else "-en"
    golden(f"explain-{name}{suffix}.txt", drawn(explained(example(name), "steps", lang), "steps", lang))


def test_golden_pool_and_full_depth(pool: CaseExplanation, golden: Callable[[str, str], None]) -> None:
    golden("explain-pool.txt", drawn(pool))
    golden("explain-full.txt", drawn(explained(example("装备升级"), "full"), "full"))
    golden(
        "explain-full.md",
        markdown.draw(list(blocks.case_blocks(explained(example("共同体")), "steps", "zh"))),
    )
    open_ = example("装备升级").replace("    program_applied: equipment\n", "")
    golden("explain-open-choice.txt", drawn(explained(open_)))


def test_columns_line_up_under_chinese_width() -> None:
    lines = drawn(explained(example("共同体"))).splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip().startswith("对象  "))
    rule = lines[start + 1]
    columns = [i for i in range(2, len(rule)) if rule[i] == "-" and rule[i - 1] == " "][1:]
    body = [line for line in lines[start + 2 :] if "case.yaml:" in line]
    assert len(body) > 20
    for line in body:
        cells, starts = 0, set()
        for i, char in enumerate(line):
            if char != " " and line[i - 2 : i] == "  ":
                starts.add(cells)
            cells += width(char)
        assert set(columns) <= starts, line


WORDLESS = """
entities: {thing: {label: 事项, dated_by: declared_on}}
parameters: {valid_from: {label: 起, value: 2020-01-01, basis: 测试}}
facts:
  declared_on: {entity: thing, type: date, label: 日期, ask: 日期, basis: 测试}
  wanted: {entity: thing, type: bool, label: 有需要, ask: 日期, basis: 测试}
  asked: {entity: thing, type: bool, label: 已申请, ask: 日期, basis: 测试}
conditions:
  granted: {entity: thing, label: 予以补助, basis: 测试, test: fits and asked}
  fits: {entity: thing, part_of: ready, label: 合乎对象, basis: 测试, test: (filed and needed) or needed}
  needed: {entity: thing, label: 确有需要, basis: 测试, test: wanted}
  ready: {entity: thing, label: 具备条件, basis: 测试}
values:
  filed: {entity: thing, type: bool, label: 申请过, formula: asked, basis: 测试}
  award: {entity: thing, type: money, label: 金额, formula: '0', basis: 测试}
"""


@pytest.mark.parametrize(
    "wanted, asked_for, condition, label",
    [
        ("否", "是", "needed", "确有需要"),
        ("否", "否", "needed", "确有需要"),
        ("是", "否", "granted", "予以补助"),
    ],
)
def test_a_refusal_whose_conditions_have_no_words_names_the_lowest_one(
    wanted: str, asked_for: str, condition: str, label: str
) -> None:
    made = mini(WORDLESS)
    assert made.found == []
    case = f"thing: {{T: {{declared_on: 2021-01-01, wanted: {wanted}, asked: {asked_for}}}}}"
    file = api.read_case(made.plans, case, "case.yaml")
    (decision,) = api.decide(made.plans, file.cases[0]).decision.decisions
    assert [(f.condition, f.message.zh) for f in decision.refusals] == [(condition, f"没有达到“{label}”")]
