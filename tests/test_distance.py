"""How far a refusal is from being met: confirmed over random refusals, and in words for the kinds of condition."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from policyengine import api, distance, explaining, reaching
from policyengine.again import After
from policyengine.case import Case, Given
from policyengine.deciding import decide
from policyengine.decision import Decision, Failure
from policyengine.distance import Distance, Move, distances
from policyengine.explanation import Explanation
from policyengine.ladder import smallest_unit
from policyengine.render import whatif
from policyengine.values import FactRef, Known, Type, Unknown
from policyengine.world import World
from tests.oracle import population
from tests.support import NOWHERE, case_of, yanzhou

CHUNKS, REFUSALS = 8, 1_250
FIRM = {
    "registered_in_yanzhou": True, "is_independent_legal_person": True, "sound_management": True, "good_credit": True,
    "last_major_violation_on": None, "output_grade": "B", "on_cultivation_list": False, "is_sme": True,
    "is_chain_leader": True,
}  # fmt: skip
PROJECT = {
    "applicant": "E1", "declared_on": date(2021, 6, 1), "program_applied": "equipment", "declared_order": 1,
    "approved_or_filed": True, "in_statistics_platform": True, "is_industrial_upgrade": True,
    "equipment_investment": 0, "robot_investment": 0, "quota_exception_approved": False,
}  # fmt: skip
MEMBER = {
    "project": "P1", "member_filed": True, "member_in_statistics_platform": True, "member_is_industrial_upgrade": True,
}  # fmt: skip
WAN = 1_000_000  # fen


def rows(**changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """One firm with one project of 460万元, with changes by kind and id; None takes an entity away."""
    base: dict[str, dict[str, dict[str, Any]]] = {
        "enterprise": {"E1": {**FIRM}}, "project": {"P1": {**PROJECT, "equipment_investment": 460 * WAN}},
        "participation": {}, "support": {}, "earlier_award": {},
    }  # fmt: skip
    for kind, members in changes.items():
        for id_, facts in members.items():
            start = {"enterprise": FIRM, "project": PROJECT, "participation": MEMBER}.get(kind, {})
            base[kind][id_] = {**base[kind].get(id_, start), **facts}
    return base


def explained(case: Case, readings: dict[str, str] | None = None, lang: str = "zh") -> Explanation:
    e, *_ = api.explain(api.decide(yanzhou(), case, readings), lang, depth="summary").explanations
    return e


def lines(readings: dict[str, str] | None = None, **changes: dict[str, dict[str, Any]]) -> list[str]:
    e = explained(case_of(rows(**changes), yanzhou()), readings)
    found = [line for i in range(len(e.distances)) for line in whatif.distance_lines(e, i)]
    return found + ([whatif.reached_line(e)] if e.reached else [])


# --- the suggested value passes, one smallest unit less does not ------------------------------------------


def refusals(chunk: int) -> Iterator[tuple[World, Case, dict[str, str], Decision]]:
    seed, found = chunk * 10**6, 0
    while found < REFUSALS:
        rng = random.Random(seed)
        seed += 1
        case = case_of(population.random_case(rng, projects=(1, 3)), yanzhou())
        readings = population.random_readings(rng)
        decided = decide(yanzhou(), case, readings, reasons=False)
        for d in decided.decision.decisions:
            if d.refusals:
                found += len(d.refusals)
                yield decided.world, case, readings, d


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_is_suggested_passes_and_one_unit_less_does_not(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would be worth is left out here: that costs the most and is tested below."""
    nothing = After("refused", Decimal(0), (), (), ())
    monkeypatch.setattr(distance, "after", lambda world, ent: nothing)
    suggested = 0
    for world, case, readings, d in refusals(chunk):
        ent = world.entities["project"][d.subject.id]
        for away in distances(world, ent, d):
            assert away.moves or away.in_play or not away.unique
            if away.together:
                moved = {move.ref: move.needed[0] for move in away.moves}
                assert holds(case, readings, d, away.failure, moved)
                continue
            for move in away.moves:
                suggested += 1
                assert all(holds(case, readings, d, away.failure, {move.ref: v}) for v in move.needed)
                if move.gap is not None:
                    assert not holds(case, readings, d, away.failure, {move.ref: one_less(move)})
                else:
                    others = {*distance.options(move.fact)} - passing(away, move.ref) - {move.given}
                    assert not any(holds(case, readings, d, away.failure, {move.ref: v}) for v in others)
    assert suggested > REFUSALS  # many refusals have several ways


def passing(away: Distance, ref: FactRef) -> set[Known]:
    return {value for move in away.moves if move.ref == ref for value in move.needed}


def one_less(move: Move) -> Known:
    """The value one smallest unit nearer to what is given."""
    [needed], given = move.needed, move.given
    if isinstance(needed, date) and isinstance(given, date):
        return needed - timedelta(days=1 if needed > given else -1)
    assert isinstance(needed, Decimal) and isinstance(given, Decimal)
    unit = smallest_unit(move.fact, given, yanzhou().policy.units)
    return needed - unit if needed > given else needed + unit


def holds(
    case: Case, readings: dict[str, str], d: Decision, failure: Failure, facts: dict[FactRef, Known]
) -> bool:
    """Decided again from a case that says so, without the engine's own what-if."""
    for ref, value in facts.items():
        case = case.with_fact(ref, Given(value, "", NOWHERE))
    world = World(yanzhou(), case, readings)
    ent = world.entities[failure.subject.kind][failure.subject.id]
    value = world.value(ent, failure.condition, world.when(world.entities["project"][d.subject.id]))
    return value is True


# --- in words ----------------------------------------------------------------------------------------------


def test_a_single_threshold_says_the_gap_and_what_reaching_it_gives() -> None:
    assert lines() == ["设备投资额（价税合计）460万元，差40万元；达到后可得15万元"]


def test_grants_that_bar_together_are_named_together() -> None:
    grant = {"project": "P1", "support_level": "city", "support_kind": "grant", "support_status": "received"}
    found = lines(
        project={"P1": {"equipment_investment": 500 * WAN}}, support={"S1": {**grant}, "S2": {**grant}}
    )
    assert len(found) == 2 and found[0].startswith("下面几项要同时符合：其它财政资金 S1")
    assert "；其它财政资金 S2" in found[0] and found[1] == "这样可得15万元"


def test_in_english() -> None:
    e = explained(case_of(rows(), yanzhou()), lang="en")
    [line] = whatif.distance_lines(e, 0)
    assert line.endswith(
        "4,600,000.00 yuan, short by 400,000.00 yuan; once reached, 150,000.00 yuan would be granted"
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"good_credit": False}, "“信用是否良好”材料上为“否”，为“是”的才符合；这样可得15万元"),
        ({"output_grade": "D"}, "“亩产评价类别”材料上为“D类”，为“A类”的才符合；这样可得20万元"),
        (
            {"last_major_violation_on": date(2019, 3, 15)},
            "申报受理日期2021年6月1日，从2022年3月16日起才符合（差288天）；达到后可得15万元",
        ),
    ],
)
def test_truths_options_and_first_days(facts: dict[str, Any], expected: str) -> None:
    found = lines(enterprise={"E1": facts}, project={"P1": {"equipment_investment": 500 * WAN}})
    assert found[0] == expected


def test_of_a_day_that_may_be_none_the_nearest_day_is_said_and_not_that_there_should_be_none() -> None:
    found = lines(
        enterprise={"E1": {"last_major_violation_on": date(2019, 3, 15)}},
        project={"P1": {"equipment_investment": 500 * WAN}},
    )
    assert found[1] == (
        "或者，最近重大违法违规的日期2019年3月15日，不晚于2018年5月31日的才符合（晚了288天）；达到后可得15万元"
    )
    assert not any("无" in line for line in found)


def test_answers_that_give_different_amounts_are_told_apart() -> None:
    found = lines(
        enterprise={"E1": {"output_grade": "D"}}, project={"P1": {"equipment_investment": 500 * WAN}}
    )
    assert found[1] == "或者，“亩产评价类别”材料上为“D类”，为“B类”、“C类”或“无”的才符合；这样可得15万元"


def test_the_last_day_that_passes() -> None:
    late = {"declared_on": date(2023, 8, 16), "equipment_investment": 500 * WAN}
    assert lines(project={"P1": late}) == [
        "申报受理日期2023年8月16日，不晚于2023年8月14日的才符合（晚了2天）；达到后可得15万元"
    ]


CONSORTIUM = {"program_applied": "consortium", "equipment_investment": 0}
SEATS = {
    "M1": {"member": "E1", "member_investment": 200 * WAN},
    "M2": {"member": "E2", "member_investment": 300 * WAN},
}


def test_a_strict_bound_takes_one_fen_and_several_facts_have_no_single_answer() -> None:
    found = lines(enterprise={"E2": {}}, project={"P1": CONSORTIUM}, participation=SEATS)
    assert found[0] == "共同体设备投资合计500万元，差0.01元；下面几项，哪一项补足都可以，没有唯一的答案"
    assert found[1] == "共同体成员 M1（E1） 成员设备投资额（价税合计）200万元，差0.01元；达到后可得15万元"
    assert found[2].startswith("或者，共同体成员 M2（E2） ")


def test_of_a_share_the_numerator_moves_and_the_total_with_it() -> None:
    found = lines(
        enterprise={"E2": {"is_sme": False}},
        project={"P1": CONSORTIUM},
        participation={**SEATS, "M2": {"member": "E2", "member_investment": 400 * WAN}},
    )
    assert found == ["共同体成员 M1（E1） 成员设备投资额（价税合计）200万元，差200万元；达到后可得24万元"]


def test_days_that_both_have_to_move_are_said_together() -> None:
    days = {
        "first_invoice_on": date(2020, 8, 1), "last_invoice_on": date(2023, 8, 20), "declared_on": date(2023, 9, 1),
    }  # fmt: skip
    found = lines({"validity_date": "invoices"}, project={"P1": {**days, "equipment_investment": 500 * WAN}})
    assert found[0].startswith("下面几项要同时符合：最早一张发票的日期2020年8月1日，从2020年8月15日起才符合")
    assert found[1] == "达到后可得15万元"


def test_an_exception_is_a_way_too() -> None:
    second = {"declared_order": 2, "equipment_investment": 500 * WAN, "project_code": "2"}
    first = {"declared_order": 1, "equipment_investment": 600 * WAN, "project_code": "1"}
    case = case_of(
        rows(project={"P1": first, "P2": second}),
        yanzhou(),
    )
    _, e = api.explain(api.decide(yanzhou(), case)).explanations
    [away] = e.distances
    assert {str(move.ref) for move in away.moves} == {"project.P2.quota_exception_approved"}
    assert away.moves[0].after.amount == 150_000


def test_what_would_contradict_other_facts_is_said() -> None:
    robots = {
        "program_applied": "robot", "equipment_investment": 260 * WAN, "robot_investment": 250 * WAN,
    }  # fmt: skip
    [line] = lines(project={"P1": robots})
    assert line.startswith("工业机器人投资额（价税合计）250万元，差50万元，但与其他材料不符，要一并改：")


def test_several_failed_conditions_say_what_all_of_them_give() -> None:
    found = lines(enterprise={"E1": {"good_credit": False}})
    assert found == [
        "“信用是否良好”材料上为“否”，为“是”的才符合",
        "设备投资额（价税合计）460万元，差40万元",
        "只符合其中一条，仍不予支持；以上各条都符合，可得15万元",
    ]


def test_no_single_fact_is_said_with_the_facts_it_depends_on() -> None:
    seats = {
        "M1": {"member": "E1", "member_investment": 300 * WAN, "member_filed": False, "member_is_industrial_upgrade": False},
    }  # fmt: skip
    found = lines(project={"P1": CONSORTIUM}, participation=seats)
    assert any(
        "家数0，差2；没有哪一项单独改变就能满足，要几项一起看：共同体成员 M1（E1） " in line for line in found
    )


def test_of_many_members_the_first_are_tried_and_the_rest_said_not_to_be() -> None:
    seats = {f"M{i:02}": {"member": f"E{i}", "member_investment": 40 * WAN} for i in range(1, 13)}
    firms: dict[str, dict[str, Any]] = {f"E{i}": {} for i in range(2, 13)}
    found = lines(enterprise=firms, project={"P1": CONSORTIUM}, participation=seats)
    assert (
        found[1] == "共同体成员 M01（E1） 成员设备投资额（价税合计）40万元，差20.000001万元；达到后可得15万元"
    )
    assert "另有4种办法" in found
    assert "另有4项没有逐一试算" in found
    assert not any("没有哪一项单独" in line for line in found)


def test_one_fact_that_is_enough_for_all_conditions_is_said_to_be() -> None:
    seats = {
        "M1": {"member": "E1", "member_investment": 300 * WAN},
        "M2": {"member": "E2", "member_investment": 100 * WAN},
        "M3": {"member": "E3", "member_investment": 100 * WAN},
    }
    firms = {"E1": {"is_sme": False}, "E2": {}, "E3": {}}
    e = explained(case_of(rows(enterprise=firms, project={"P1": CONSORTIUM}, participation=seats), yanzhou()))
    assert len(e.distances) == 2
    assert e.reached is not None and e.reached.alone and e.reached.after is not None
    assert e.reached.after.outcome == "granted"
    assert whatif.reached_line(e) == "以上注明可得多少的，有一项是那样，各条就都符合"


def test_ways_that_undo_each_other_are_not_added_up_but_others_are_looked_for() -> None:
    found = lines(
        enterprise={"E1": {"last_major_violation_on": date(2020, 10, 1)}},
        project={"P1": {"declared_on": date(2023, 8, 16), "equipment_investment": 500 * WAN}},
    )
    assert found[-1] == (
        "只符合其中一条，仍不予支持；以上各条都符合（申报受理日期：2023年8月14日；"
        "最近重大违法违规的日期：2020年8月13日），可得15万元"
    )


def test_where_no_way_reaches_all_at_once_only_that_none_was_found_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reaching, "MOST_COMBINED", 1)
    monkeypatch.setattr(reaching, "MOST_AGAIN", 0)
    found = lines(
        enterprise={"E1": {"last_major_violation_on": date(2020, 10, 1)}},
        project={"P1": {"declared_on": date(2023, 8, 16), "equipment_investment": 500 * WAN}},
    )
    assert found[-1] == "只符合其中一条，仍不予支持；没有找到同时符合以上各条的情形"


@pytest.mark.parametrize("chunk", range(4))
def test_with_what_reaches_all_every_condition_holds(chunk: int) -> None:
    told = 0
    for seed in range(chunk * 1000, chunk * 1000 + 120):
        rng = random.Random(seed)
        case = case_of(population.random_case(rng, projects=(1, 2)), yanzhou())
        readings = population.random_readings(rng)
        decided = decide(yanzhou(), case, readings, reasons=False)
        for d in decided.decision.decisions:
            ent = decided.world.entities["project"][d.subject.id]
            result = reaching.reached(decided.world, ent, distances(decided.world, ent, d))
            if result is None or result.after is None or result.after.outcome != "refused":
                continue
            told += 1
            failing = {(f.subject.path, f.condition) for f in result.after.refusals}
            assert not failing & {(f.subject.path, f.condition) for f in d.refusals}, seed
    assert told or chunk


def test_a_tie_is_no_way_out() -> None:
    first = {"declared_order": 1, "equipment_investment": 600 * WAN}
    second = {"declared_order": 2, "equipment_investment": 500 * WAN}
    _, e = api.explain(
        api.decide(yanzhou(), case_of(rows(project={"P1": first, "P2": second}), yanzhou()))
    ).explanations
    assert whatif.distance_lines(e, 0) == ("“已批准超个数申报”材料上为“否”，为“是”的才符合；这样可得15万元",)


def test_a_condition_that_is_only_opened_is_said_to_be_open() -> None:
    e = explained(case_of(rows(), yanzhou()))
    [away] = e.distances
    opened = replace(away, moves=tuple(replace(move, opens=True) for move in away.moves))
    [line] = whatif.distance_lines(replace(e, distances=(opened,)), 0)
    assert line == "设备投资额（价税合计）460万元，差40万元；那时是否符合还不能定"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 400_000, "待补材料（金额不超过40万元）"),
        (-59_999_000_000, 400_000, "待补材料"),
        (0, None, "待补材料"),
    ],
)
def test_a_range_that_says_nothing_is_left_out(low: int, high: int | None, said: str) -> None:
    amount = Unknown(frozenset(), Decimal(low), None if high is None else Decimal(high))
    result = After("undetermined", amount, (), (), ())
    assert whatif.gives(yanzhou().policy, result, "zh") == said


def test_between_rates_lie_percentage_points() -> None:
    e = explained(case_of(rows(), yanzhou()))
    [away] = e.distances
    [move] = away.moves
    fact = replace(move.fact, type=Type("rate"))
    rate = replace(move, fact=fact, given=Decimal("0.2"), needed=(Decimal("0.3"),), gap=Decimal("0.1"))
    [line] = whatif.distance_lines(replace(e, distances=(replace(away, moves=(rate,)),)), 0)
    assert line.startswith("设备投资额（价税合计）20%，差10个百分点；")


# --- only where it is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(("depth", "whatif_", "computed"), [("none", True, 0), ("summary", False, 0), ("summary", True, 1)])  # fmt: skip
def test_nothing_is_worked_out_that_is_not_shown(
    depth: str, whatif_: bool, computed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real = explaining.distances

    def counted(*arguments: Any) -> tuple[Distance, ...]:
        calls.append("distances")
        return real(*arguments)

    monkeypatch.setattr(explaining, "distances", counted)
    decided = api.decide(yanzhou(), case_of(rows(), yanzhou()))
    api.explain(decided, depth=depth, whatif=whatif_)
    assert len(calls) == computed


def test_the_answer_itself_is_left_as_it_was() -> None:
    decided = api.decide(yanzhou(), case_of(rows(), yanzhou()))
    before = repr(decided.decision)
    api.explain(decided)
    assert repr(decided.decision) == before
