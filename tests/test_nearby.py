"""What a granted application would get otherwise: confirmed from cases that say so, and told in plain words."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from click.testing import CliRunner

from policyengine import api
from policyengine.again import After
from policyengine.case import Case, Given
from policyengine.cli import cli
from policyengine.deciding import decide, decide_one
from policyengine.decision import Decision
from policyengine.explanation import Explanation
from policyengine.ladder import distance_between, smallest_unit
from policyengine.nearby import NOTHING_NEARBY, Nearby, nearby
from policyengine.render import nearby as words
from policyengine.values import FactRef, Known
from policyengine.world import World
from tests.mini import mini, tree
from tests.oracle import population
from tests.support import NOWHERE, ROOT, case_of, yanzhou

CHUNKS, GRANTED = 4, 60


def granted(chunk: int) -> Iterator[tuple[World, Case, dict[str, str], Decision]]:
    seed, found = chunk * 10**6, 0
    while found < GRANTED:
        rng = random.Random(seed)
        seed += 1
        drawn = case_of(population.random_case(rng, projects=(1, 3)), yanzhou())
        readings = population.random_readings(rng)
        decided = decide(yanzhou(), drawn, readings, reasons=False)
        for d in decided.decision.decisions:
            if d.outcome == "granted":
                found += 1
                yield decided.world, drawn, readings, d


def gives(
    drawn: Case, readings: dict[str, str], d: Decision, ref: FactRef, value: Known
) -> tuple[object, ...]:
    """Decided again from a case that says so, without the engine's own what-if."""
    changed = drawn.with_fact(ref, Given(value, "", NOWHERE))
    [again] = [o for o in decide(yanzhou(), changed, readings, reasons=False).decision.decisions if o.subject == d.subject]  # fmt: skip
    return again.outcome, again.amount


def said(after: After) -> tuple[object, ...]:
    return after.outcome, after.amount


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_everything_that_is_said_comes_out_so_when_the_case_says_so(chunk: int) -> None:
    kinds: dict[str, int] = {}
    for world, drawn, readings, d in granted(chunk):
        found = nearby(world, world.entities["project"][d.subject.id], d)
        for one in found.facts:
            for other in one.others:
                for answer in other.answers:
                    assert gives(drawn, readings, d, one.ref, answer) == said(other.after)
                    kinds["fact"] = kinds.get("fact", 0) + 1
            for answer in one.same:
                assert gives(drawn, readings, d, one.ref, answer) == (d.outcome, d.amount)
        for scale in found.scales:
            assert isinstance(scale.given, Decimal)
            unit = smallest_unit(scale.fact, scale.given, yanzhou().policy.units)
            for turn in scale.turns:
                kinds[turn.kind] = kinds.get(turn.kind, 0) + 1
                assert distance_between(turn.low, turn.high) == unit
                assert gives(drawn, readings, d, scale.ref, turn.low) == said(turn.below)
                assert gives(drawn, readings, d, scale.ref, turn.high) == said(turn.above)
                assert "granted" in (turn.below.outcome, turn.above.outcome)
        for freed in (found.unpooled, found.uncapped):
            assert freed is None or freed.amount > d.amount  # type: ignore[operator]
            kinds["freed"] = kinds.get("freed", 0) + (freed is not None)
    assert {"fact", "threshold", "cap", "freed"} <= kinds.keys() and all(kinds.values())


# --- the example -------------------------------------------------------------------------------------------


def of(example: str) -> Explanation:
    text = (ROOT / f"examples/{example}.yaml").read_text("utf-8")
    decided = api.decide(yanzhou(), api.read_case(yanzhou(), text).cases[0])
    return api.explain(decided, depth="steps").explanations[0]


def test_the_amount_without_its_cap_and_the_investment_at_which_the_cap_begins_to_bind() -> None:
    found = of("装备升级").nearby
    assert found.unpooled is None and found.uncapped is not None and found.uncapped.amount == 1_680_000
    [scale] = found.scales
    threshold, cap = scale.turns
    assert (threshold.low, threshold.high) == (Decimal("4999999.99"), 5_000_000)
    assert (cap.kind, cap.low, cap.high) == ("cap", Decimal("24999999.99"), 25_000_000)


def test_the_sentences_describe_and_are_the_same_in_every_format() -> None:
    e = of("装备升级")
    told = words.told(e)
    assert [each.sentence("zh") for each in told] == [
        "没有最高额限制的：可得168万元，比现在多68万元",
        "设备投资额（价税合计）（材料上为4,200万元）：不到500万元的，不予支持；正好500万元的，可得20万元，比现在少80万元；从2,500万元起，可得100万元，已到最高额",
        "企业 甲公司的“亩产评价类别”材料上为“A类”：为“D类”的，不予支持；为“B类”、“C类”或“无”的，结果不变",
        "由人认定的“管理是否规范”、“信用是否良好”：有一项认定相反的，不予支持",
    ]
    file, parts = (
        str(ROOT / "examples/装备升级.yaml"),
        [p for each in told for p in (each.head, *each.lines("zh"))],
    )
    for form in ("text", "md"):
        shown = CliRunner().invoke(cli, ["explain", file, "--format", form]).stdout
        assert all(part in shown for part in parts) and "事实以证明材料为准" in shown
    page = CliRunner().invoke(cli, ["evaluate", file, "--format", "html"]).stdout
    assert all(each.sentence("zh") in page for each in (*words.caps(e), *words.answers(e)))
    assert all(word in page for each in words.scales(e) for row in each.rows for word in row)


def test_the_json_has_all_of_it() -> None:
    shown = CliRunner().invoke(cli, ["explain", str(ROOT / "examples/装备升级.yaml"), "--format", "json"])
    [decision] = json.loads(shown.stdout)["decisions"]
    assert decision["nearby"]["without_cap"]["amount"]["text"] == "1680000.00"
    [scale] = decision["nearby"]["quantities"]
    assert [turn["high"]["text"] for turn in scale["turns"]] == ["5000000.00", "25000000.00"]
    assert {one["fact"].rpartition(".")[2]: one["judged"] for one in decision["nearby"]["facts"]} == {
        "output_grade": False, "sound_management": True, "good_credit": True,
    }  # fmt: skip


def test_what_moves_the_amount_stands_first_and_what_is_not_told_is_named() -> None:
    e = of("共同体")
    amounts = [
        max((abs(Fraction(o.after.amount) - Fraction(e.decision.amount)) for o in one.others if o.after.outcome == "granted"), default=Fraction(0))  # type: ignore[arg-type]
        for one in e.nearby.facts
    ]  # fmt: skip
    assert amounts == sorted(amounts, reverse=True)
    *_, last = words.told(e)
    assert last.head.endswith("变了结果也会不同") and "“属于中小企业”" in last.head
    assert "“是‘链主’或集群龙头企业”" in last.head
    heads = [each.head for each in words.told(e)]
    assert sum("亩产评价类别" in head or "培育名单" in head for head in heads) == words.MOST_FACTS


def test_a_cap_that_others_used_binds_from_what_is_left_of_it() -> None:
    firm = "{registered_in_yanzhou: 是, is_independent_legal_person: 是, sound_management: 是, good_credit: 是, last_major_violation_on: 无, on_cultivation_list: 否, output_grade: B, earlier_awards: {前: {award_item: equipment, award_filed_on: 2021-02-01, award_amount: 75万元}}}"  # fmt: skip
    project = "{applicant: 甲, approved_or_filed: 是, in_statistics_platform: 是, is_industrial_upgrade: 是, robot_investment: 0元, declared_on: 2021-06-01, quota_exception_approved: 是, program_applied: equipment, equipment_investment: 4200万元, supports: 无}"  # fmt: skip
    text = f"policy: yanzhou-2020-14\nenterprise:\n  甲: {firm}\nproject:\n  P: {project}\n"
    [e] = api.explain(api.decide(yanzhou(), api.read_case(yanzhou(), text).cases[0])).explanations
    assert e.decision.amount == 250_000
    assert e.nearby.unpooled is not None and e.nearby.unpooled.amount == 1_000_000
    assert e.nearby.uncapped is not None and e.nearby.uncapped.amount == 1_260_000
    [scale] = e.nearby.scales
    assert scale.turns[-1].high == Decimal("8333333.34")  # 3% of it is 25万元
    assert [each.sentence("zh") for each in words.caps(e)] == [
        "最高额没有被以前的或次序在前的占用的：可得100万元，比现在多75万元",
        "没有最高额限制的：可得126万元，比现在多101万元",
    ]


def test_nothing_is_said_of_what_is_not_granted_nor_in_a_summary() -> None:
    assert of("不予支持").nearby == NOTHING_NEARBY and of("待补材料").nearby == Nearby()
    decided = api.decide(yanzhou(), api.read_case(yanzhou(), (ROOT / "examples/装备升级.yaml").read_text("utf-8")).cases[0])  # fmt: skip
    [e] = api.explain(decided, depth="summary").explanations
    assert e.nearby == NOTHING_NEARBY and not words.told(replace(e, nearby=NOTHING_NEARBY))


TIERS = """
entities:
  thing: {label: 件, dated_by: declared_on}
parameters:
  valid_from: {label: 起, value: 2020-01-01, basis: 测试}
  rates: {label: 比例, type: rate, basis: 测试, value: [{at_least: 0元, rate: 1%}, {at_least: 1000万元, rate: 2%}, {above: 3000万元, rate: 3%}]}
facts:
  declared_on: {entity: thing, type: date, label: 日期}
  invested: {entity: thing, type: money, label: 投资额, range: [0元, 1亿元]}
conditions:
  granted: {entity: thing, label: 同意, basis: 测试, test: invested > 0, fail: 不}
values:
  award: {entity: thing, type: money, label: 金额, basis: 测试, formula: 'invested * tier(rates, invested)'}
"""


def test_the_tiers_above_and_below_are_told_with_what_reaching_them_gives() -> None:
    made = mini(TIERS)
    world, found = made.world(tree("thing: {T: {declared_on: 2021-01-01, invested: 2000万元}}"))
    assert not found
    ent = world.entities["thing"]["T"]
    [scale] = nearby(world, ent, decide_one(world, ent)).scales
    turns = [(turn.kind, turn.low, turn.high, turn.above.amount) for turn in scale.turns]
    assert turns == [
        ("threshold", Decimal(0), Decimal("0.01"), Decimal("0.0001")),
        ("tier", Decimal("9999999.99"), 10_000_000, 200_000),
        ("tier", 30_000_000, Decimal("30000000.01"), Decimal("900000.0003")),
    ]
