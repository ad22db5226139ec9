"""Ways of applying side by side: the best is the best of all, own and tied ways are marked, the rest says why."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from itertools import permutations, product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine import api
from policyengine.advising import advise
from policyengine.case import Case, Given
from policyengine.cli import cli
from policyengine.values import FactRef
from tests.oracle import population
from tests.support import NOWHERE, ROOT, case_of, yanzhou

FIRM = "{registered_in_yanzhou: 是, is_independent_legal_person: 是, sound_management: 是, good_credit: 是, last_major_violation_on: 无, on_cultivation_list: 否, earlier_awards: 无, output_grade: %s, is_sme: %s, is_chain_leader: %s}"  # fmt: skip
PROJECT = "{applicant: 甲, declared_on: 2021-03-01, program_applied: %s, declared_order: %s, approved_or_filed: 是, in_statistics_platform: 是, is_industrial_upgrade: 是, equipment_investment: %s, robot_investment: %s, software_hardware_investment: %s, system_kind: MES, supports: 无, participants: 无, quota_exception_approved: 否, project_code: %s}"  # fmt: skip
PROGRAMS = ("equipment", "robot", "informatization", "consortium")


def written(*projects: tuple[object, ...]) -> str:
    lines = ["policy: yanzhou-2020-14", "enterprise:", f"  甲: {FIRM % ('B', '否', '是')}", "project:"]
    lines += [f"  P{i}: {PROJECT % (*each, f'c{i}')}" for i, each in enumerate(projects, 1)]
    return "\n".join(lines) + "\n"


TWO = written(("equipment", 1, "800万元", "350万元", "0元"), ("informatization", 2, "1200万元", "0元", "260万元"))  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def case(text: str) -> Case:
    return api.read_case(yanzhou(), text).cases[0]


# --- the best is the best ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_no_other_choice_gives_more_than_the_best(seed: int) -> None:
    """Every program of every project in every order, decided from a case that says so."""
    rng = random.Random(seed)
    drawn = case_of(population.random_case(rng, projects=(1, 2)), yanzhou())
    readings = {"items_per_project": "one"}
    advice = api.advise(api.decide(yanzhou(), drawn, readings))
    best = sum((group.best[0].total for group in advice.groups), Decimal(0))  # type: ignore[misc]
    projects = list(drawn.entities["project"])
    for programs in product(PROGRAMS, repeat=len(projects)):
        for line in permutations(range(1, len(projects) + 1)):
            changed = drawn
            for id_, program, place in zip(projects, programs, line, strict=True):
                for name, value in (("program_applied", program), ("declared_order", Decimal(place))):
                    changed = changed.with_fact(FactRef("project", id_, name), Given(value, "", NOWHERE))
            decisions = api.decide(yanzhou(), changed, readings).decision.decisions
            barred = any(
                d.outcome == "refused" and any(f.condition != "within_quota" for f in d.refusals)
                for d in decisions
            )
            total = sum((d.amount for d in decisions), Decimal(0))  # type: ignore[misc]
            assert total <= best or barred  # a refused consortium may still give its lead a second slot


def test_programs_and_orders_are_weighed_and_the_own_choice_is_marked() -> None:
    [group] = api.advise(api.decide(yanzhou(), case(TWO))).groups
    assert group.exact and group.settled
    best, own = group.best[0], next(c for c in group.courses if c.own)
    chosen = [p.value for part in best.parts for p in part.picks if p.ref.name == "program_applied"]
    assert chosen == [
        "robot",
        "informatization",
    ]  # what a refused project applies for is left as it is stated
    assert best.total == 400_000 and own.total == 240_000 and own.behind == 160_000
    assert {p.after.outcome for p in best.parts} == {"granted", "refused"}  # one project a year
    assert ("consortium" in {b.pick.value for b in group.barred}) and all(b.failures for b in group.barred)


def test_nothing_is_marked_as_best_where_nothing_is_granted() -> None:
    shown = run("advise", str(ROOT / "examples/不予支持.yaml")).stdout
    assert "怎样报都得不到补助" in shown and "★" not in shown and "▲ 材料里所报的" in shown


def test_a_best_is_claimed_only_where_nothing_that_is_open_can_give_more() -> None:
    shown = run("advise", str(ROOT / "examples/共同体.yaml")).stdout
    assert "合计36.6667万元，是已知的里面最多的\n" in shown and "哪一种最好可能会变" in shown
    assert "★" not in shown and "至少" not in shown


def test_ways_that_give_the_same_are_shown_as_such() -> None:
    same = written(("equipment", 1, "1000万元", "600万元", "300万元"))
    [group] = api.advise(api.decide(yanzhou(), case(same))).groups
    totals = [c.total for c in group.courses]
    assert totals == sorted(totals, reverse=True)  # type: ignore[type-var]
    robots = written(("robot", 1, "600万元", "600万元", "300万元"))  # 5% of 600万元 and 10% of 300万元
    [group] = api.advise(api.decide(yanzhou(), case(robots))).groups
    assert len(group.best) == 2 and group.best[0].own


def test_beyond_the_limit_it_is_said_what_was_done() -> None:
    three = written(*[("equipment", i, f"{600 + i}万元", "400万元", "260万元") for i in (1, 2, 3)])
    decided = api.decide(yanzhou(), case(three))
    [whole], [climbed] = advise(decided).groups, advise(decided, most=40).groups
    assert whole.exact and whole.possible == 27 * 6
    assert not climbed.exact and climbed.tried < whole.possible
    assert climbed.best[0].total == whole.best[0].total


def test_a_missing_fact_leaves_open_which_is_best() -> None:
    [group] = api.advise(api.decide(yanzhou(), case(TWO))).groups
    assert group.settled
    open_ = TWO.replace("1200万元", "500万元").replace("system_kind: MES, ", "")
    [group] = api.advise(api.decide(yanzhou(), case(open_))).groups
    assert not group.settled


def test_applicants_that_share_nothing_are_weighed_apart() -> None:
    text = TWO.replace("  P2: {applicant: 甲", "  P2: {applicant: 乙").replace("project:", f"  乙: {FIRM % ('A', '是', '否')}\nproject:", 1)  # fmt: skip
    assert len(api.advise(api.decide(yanzhou(), case(text))).groups) == 2


# --- in words ----------------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "两个项目.yaml"
    path.write_text(TWO, "utf-8")
    return str(path)


def test_in_chinese_with_reasons_and_clauses(two: str) -> None:
    printed = run("advise", two).stdout
    assert "合计40万元" in printed and "材料里所报的少16万元" in printed
    assert "工业机器人投资额0元，没有达到300万元" in printed and "〔五、申报说明 > 3. 第1句〕" in printed
    assert "★ 最好的  ▲ 材料里所报的" in printed
    printed.encode("gbk")


def test_in_english_markdown_and_json(two: str) -> None:
    assert "The case as it stands gets 160,000.00 yuan less" in run("advise", two, "--lang", "en").stdout
    assert run("advise", two, "--format", "md").stdout.startswith("# 怎样报最好")
    data = json.loads(run("advise", two, "--format", "json").stdout)
    [group] = data["cases"][0]["groups"]
    assert group["exact"] and group["courses"][0]["best"]
    assert [c["behind"]["text"] for c in group["courses"] if c["own"]] == ["160000.00"]


@pytest.mark.parametrize("name", ["装备升级", "不予支持", "共同体", "待补材料", "两个项目"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_example_can_be_advised(name: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run("advise", f"examples/{name}.yaml", "--lang", lang)
    assert result.exit_code == 0 and "None" not in result.output


def test_where_the_whole_gets_most_but_its_applicant_does_not_both_are_said(tmp_path: Path) -> None:
    own = "\n    approved_or_filed: 是\n    in_statistics_platform: 是\n    is_industrial_upgrade: 是\n    equipment_investment: 900万元\n    robot_investment: 0元\n    software_hardware_investment: 0元\n    system_kind: unrelated\n"
    text = (
        (ROOT / "examples/共同体.yaml")
        .read_text("utf-8")
        .replace("    supports: 无\n", f"    supports: 无{own}", 1)
    )
    [group] = api.advise(api.decide(yanzhou(), case(text))).groups
    [apart] = group.apart
    assert apart.subject.id == "丁公司" and apart.gets == Decimal("122224.78") and apart.most == 360_000
    assert group.best[0].total == 366_667 and apart.course.total == 360_000
    path = tmp_path / "共同体.yaml"
    path.write_text(text, "utf-8")
    shown = run("advise", str(path)).stdout
    assert "合计最多（36.6667万元）时，丁公司自己得12.222478万元；" in shown
    assert "G1报装备升级（设备投资）的，丁公司自己得36万元，但合计只有36万元" in shown
    data = json.loads(run("advise", str(path), "--format", "json").stdout)
    [said] = data["cases"][0]["groups"][0]["apart"]
    assert said["at"] == "enterprise.丁公司" and said["most"]["text"] == "360000.00"
    assert run("advise", str(ROOT / "examples/两个项目.yaml")).stdout.count("不是同一种") == 0
