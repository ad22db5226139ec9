"""Other readings: what each would give, one at a time, pairs that bear on each other, and the register."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine import api
from policyengine.cli import cli
from tests.oracle import population
from tests.support import ROOT, case_of, yanzhou

CASE = "examples/装备升级.yaml"


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.parametrize("seed", range(30))
def test_an_alternative_is_what_deciding_under_it_gives_and_none_is_left_out(seed: int) -> None:
    rng = random.Random(seed)
    case, readings = case_of(population.random_case(rng), yanzhou()), population.random_readings(rng)
    decided = api.decide(yanzhou(), case, readings)
    explained = api.explain(decided, depth="summary").explanations
    said = {
        (e.decision.subject.id, a.reading.interpretation.name, a.reading.option): (
            a.after.outcome,
            a.after.amount,
        )
        for e in explained
        for a in e.alternatives
    }
    for interpretation in yanzhou().policy.interpretations.values():
        now = readings.get(interpretation.name, interpretation.default)
        for option in interpretation.options:
            if option == now:
                continue
            other = api.decide(yanzhou(), case, {**readings, interpretation.name: option}).decision.decisions
            for before, after in zip(decided.decision.decisions, other, strict=True):
                key = (before.subject.id, interpretation.name, option)
                changed = (before.outcome, before.amount) != (after.outcome, after.amount)
                assert (key in said) == changed, key
                assert not changed or said[key] == (after.outcome, after.amount)


def test_pairs_that_bear_on_each_other_do_not_add_up() -> None:
    # graded A and listed: with both points and a cap that rises with them the two readings bear on each other
    case = api.read_case(yanzhou(), Path(CASE).read_bytes(), CASE).cases[0]
    case = api.with_fact(yanzhou(), case, "enterprise.甲公司.on_cultivation_list=是")
    decided = api.decide(yanzhou(), case)
    [e] = api.explain(decided, depth="steps").explanations
    assert e.interactions
    for pair in e.interactions:
        readings = {r.interpretation.name: r.option for r in (pair.first, pair.second)}
        [d] = api.decide(yanzhou(), decided.world.case, readings).decision.decisions
        assert (d.outcome, d.amount) == (pair.after.outcome, pair.after.amount)
    assert api.explain(decided, depth="summary").explanations[0].interactions == ()


def test_each_reading_says_what_the_others_give_and_the_summary_how_many_matter() -> None:
    steps = run("explain", CASE).stdout
    assert "若读作“提高的部分不受最高额限制”：可得142万元" in steps
    assert "项换一种读法结果就不同" in run("evaluate", CASE).stdout
    data = json.loads(run("explain", CASE, "--format", "json").stdout)
    [decision] = data["decisions"]
    [cap] = [r for r in decision["readings"] if r["id"] == "bonus_cap"]
    assert [o["after"]["amount"]["text"] for o in cap["otherwise"]] == ["1333333.33", "1420000.00"]


def test_the_register_holds_every_question_option_and_who_decides() -> None:
    policy = yanzhou().policy
    printed = run("readings", "yanzhou-2020-14").stdout
    for i in policy.interpretations.values():
        assert i.question.zh in printed and all(option.label.zh in printed for option in i.options.values())
    assert "由区工业和信息化局解释，尚未明确" in printed
    rows = list(csv.DictReader(io.StringIO(run("readings", "yanzhou-2020-14", "--format", "csv").stdout.lstrip("\ufeff"))))  # fmt: skip
    assert len(rows) == sum(len(i.options) for i in policy.interpretations.values())
    assert sum(row["默认"] == "是" for row in rows) == len(policy.interpretations)
    data = json.loads(run("readings", "--format", "json").stdout)
    assert [r["id"] for r in data["readings"]] == list(policy.interpretations)
    assert run("readings", "--format", "md", "--lang", "en").stdout.startswith("# Register of readings")


def test_with_a_case_each_option_says_what_it_gives() -> None:
    printed = run("readings", CASE).stdout
    assert "P1 智能产线改造：可得142万元" in printed and "P1 智能产线改造：这一项不影响" in printed
    rows = list(csv.DictReader(io.StringIO(run("readings", CASE, "--format", "csv").stdout.lstrip("\ufeff"))))
    [stacked] = [row for row in rows if (row["口径"], row["选项"]) == ("bonus_cap", "points_outside")]
    assert stacked["P1 智能产线改造"] == "可得142万元"


def test_a_settled_question_says_when_and_by_what_paper(tmp_path: Path) -> None:
    overlay = tmp_path / "明确.yaml"
    overlay.write_text(
        "overlay: {id: settled, title: {zh: 口径明确}, amends: yanzhou-2020-14, number: 答复1号, effective_from: none, order: 1}\n"
        "interpretations: {rate_bonus: {decided_on: 2021-01-01, document: 区工信局复函〔2021〕3号}}\n",
        "utf-8",
    )
    printed = run("readings", f"yanzhou-2020-14+{overlay}").stdout
    assert "区工业和信息化局于2021年1月1日明确（区工信局复函〔2021〕3号）" in printed
    count = len(yanzhou().policy.interpretations)
    assert f"共{count}项，{count - 1}项尚未明确" in printed


def test_two_policies_are_too_many() -> None:
    assert run("readings", "yanzhou-2020-14", "--policy", "yanzhou-2020-14").exit_code == 2
