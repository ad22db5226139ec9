"""Questions in the best order: only what matters is asked, answering it settles, the answers come back as a case."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine import api
from policyengine.again import again
from policyengine.asking import _Asker, questions
from policyengine.case import Case, Given
from policyengine.casetext import case_text, with_members
from policyengine.cli import cli
from policyengine.deciding import Decided
from policyengine.decision import CaseDecision
from policyengine.diagnostics import CaseError
from policyengine.lang import unknown
from policyengine.values import FactRef, Known, Value
from policyengine.world import World
from tests.oracle import population
from tests.support import NOWHERE, ROOT, case_of, yanzhou
from tests.test_properties import CHILDREN, blanked, filled

GRADED = "examples/待补材料.yaml"


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=typed)


# --- over random cases -------------------------------------------------------------------------------------


def drawn(seed: int, share: float) -> tuple[Case, Case, dict[str, str]]:
    """A case with something blanked, the same case in full, and readings."""
    rng = random.Random(seed)
    full = case_of(population.random_case(rng, projects=(1, 1)), yanzhou())
    return blanked(rng, full, share), full, population.random_readings(rng)


@pytest.mark.parametrize("share", [0.2, 0.5])
@pytest.mark.parametrize("seed", range(6))
def test_answering_only_what_is_asked_settles_it_and_nothing_asked_was_irrelevant(
    seed: int, share: float
) -> None:
    partial, full, readings = drawn(seed, share)
    rng = random.Random(seed)
    decided = api.decide(yanzhou(), partial, readings)
    asked: set[FactRef] = set()
    while found := questions(decided):
        ref = found[0].missing.ref
        assert ref not in asked
        asked.add(ref)
        assert any(differs(decided, full, ref, rng) for _ in range(TRIES)), ref
        partial = filled(partial, full, [ref])
        decided = api.decide(yanzhou(), partial, readings)
    known = {d.subject.id: d for d in api.decide(yanzhou(), full, readings).decision.decisions}
    for d in decided.decision.decisions:
        assert (d.outcome, d.amount) == (known[d.subject.id].outcome, known[d.subject.id].amount)


TRIES = 60  # ways of knowing all the rest, in one of which at least the fact has to make a difference


def differs(decided: Decided, full: Case, ref: FactRef, rng: random.Random) -> bool:
    """Whether, with all the rest known in some way, two answers to one question give different results.

    A relation is taken to matter: of what may stand in it only the full case's, a grant, or two earlier awards are tried.
    """
    if ref.name in CHILDREN:
        return True
    case, readings = decided.world.case, decided.world.readings
    while relations := [r for r in wanted(World(yanzhou(), case, readings)) if r.name in CHILDREN]:
        for relation in relations:
            more = {"supports": supported, "earlier_awards": awarded}.get(relation.name)
            case = more(case, relation) if more and rng.random() < 0.4 else filled(case, full, [relation])
    base = World(yanzhou(), case, readings)
    rest: dict[FactRef, Known] = {}
    results = set()
    for answer in answers(base, ref):
        try:
            results.add(result(base, {ref: answer}, rest, full, rng))
        except CaseError:
            continue  # a division by nothing, a row that is not there
    return len(results) > 1


def awarded(case: Case, ref: FactRef) -> Case:
    """The case with two awards in a relation of earlier ones, of which everything is still to be asked."""
    return with_members(yanzhou().policy, case, ref, {"one": {}, "other": {}})


def supported(case: Case, ref: FactRef) -> Case:
    """The case with a grant in a relation of other support."""
    case = with_members(yanzhou().policy, case, ref, {"grant": {}})
    facts = {"support_level": "district", "support_kind": "grant", "support_status": "received"}
    for name, value in facts.items():
        case = case.with_fact(FactRef("support", f"{ref.id}/grant", name), Given(value, "", NOWHERE))
    return case


def wanted(world: World) -> list[FactRef]:
    """What the results of a world still wait for."""
    return sorted(unknown.needs(results(world)))


def results(world: World) -> list[Value]:
    application = world.plans.last.application
    names = (application.granted, application.amount)
    return [world.value(ent, name) for ent in world.entities[application.entity].values() for name in names]


def result(
    base: World, facts: dict[FactRef, Known], rest: dict[FactRef, Known], full: Case, rng: random.Random
) -> str:
    """What comes out once everything else that is asked is answered, alike for all answers.

    Mostly as the full case has it or so that the application still may pass, else at random: where a dozen
    facts are open, only few of the ways to answer them let one of them matter.
    """
    while needs := wanted(world := again(base, facts)):
        for need in needs:
            if need not in rest:
                rest[need] = chosen(base, facts, need, full, rng)
            facts[need] = rest[need]
    return repr(results(world))


def chosen(base: World, facts: dict[FactRef, Known], need: FactRef, full: Case, rng: random.Random) -> Known:
    """An answer to one of the other questions."""
    some = answers(again(base, facts), need)
    there = full.entities[need.entity].get(need.id)
    true = there.facts.get(need.name) if there is not None else None
    if true is not None and true.value is not None and rng.random() < 0.3:
        return true.value
    if rng.random() < 0.9:
        for answer in rng.sample(some, len(some)):
            world = again(base, {**facts, need: answer})
            if all(value is not False for value in results(world)):
                return answer
    return rng.choice(some)


def answers(world: World, ref: FactRef) -> list[Known]:
    """What one question may be answered with; a text by one of two, a day also by that of an application."""
    asker = _Asker(Decided(world, CaseDecision("", (), ())))
    fact = world.policy.facts[ref.name]
    application = world.policy.header.application.entity
    own = [world.when(ent) for ent in world.entities[application].values()]
    days = [day for day in own if isinstance(day, date)] if fact.not_after else []
    return [*asker.answers(fact, ref), *days] or ["a", "b"]


@pytest.mark.parametrize("seed", range(60))
def test_a_case_comes_back_from_its_own_text(seed: int) -> None:
    rng = random.Random(seed)
    case = case_of(population.random_case(rng), yanzhou())
    [back] = api.read_case(yanzhou(), case_text(yanzhou().policy, case, rng.choice(["zh", "en"]))).cases
    assert content(back) == content(case)


@pytest.mark.parametrize("path", sorted(p.name for p in (ROOT / "examples").glob("*.yaml") if "修订" not in p.name))  # fmt: skip
def test_an_example_comes_back_from_its_own_text(path: str) -> None:
    [case] = api.read_case(yanzhou(), (ROOT / "examples" / path).read_bytes(), path).cases
    [back] = api.read_case(yanzhou(), case_text(yanzhou().policy, case)).cases
    assert content(back) == content(case)


def content(case: Case) -> object:
    """What a case says, wherever it says it."""
    return {
        (kind, id_): (
            {n: g.value for n, g in ent.facts.items() if g.value is not None},
            dict(ent.references),
            ent.closed,
        )
        for kind, members in case.entities.items()
        for id_, ent in members.items()
    }


# --- the order ---------------------------------------------------------------------------------------------


def test_after_grade_d_nothing_else_is_asked() -> None:
    text = "policy: yanzhou-2020-14\n企业:\n  甲: {亩产评价类别: D类}\n申报项目:\n  P1: {applicant: 甲}\n"
    [case] = api.read_case(yanzhou(), text).cases
    assert questions(api.decide(yanzhou(), case)) == ()


def test_the_question_that_leaves_least_comes_first() -> None:
    text = "policy: yanzhou-2020-14\n企业:\n  甲: {}\n申报项目:\n  P1: {applicant: 甲}\n"
    [case] = api.read_case(yanzhou(), text).cases
    found = questions(api.decide(yanzhou(), case))
    left = [q.remaining for q in found]
    assert left == sorted(left) and left[0] < 1
    assert {d.outcome for q in found[:1] for d in q.settles} == {"refused"}


def test_the_list_says_who_answers_with_what_and_what_settles_it() -> None:
    printed = run("ask", GRADED).stdout
    assert "由区工业和信息化局填报" in printed and "证明材料：亩产效益评价结果文件" in printed
    assert "答D类就定：不予支持" in printed
    data = json.loads(run("ask", GRADED, "--format", "json").stdout)
    [question] = data["questions"]
    assert question["remaining"] == "0" and {"answer": "D", "outcome": "refused"} in question["settles"]
    assert run("ask", "examples/装备升级.yaml").stdout.endswith("结论已定，不用再问\n")
    assert "nothing more to ask" in run("ask", "examples/装备升级.yaml", "--lang", "en").stdout


# --- a conversation ----------------------------------------------------------------------------------------


def test_a_conversation_settles_as_soon_as_it_can_and_keeps_the_answers(tmp_path: Path) -> None:
    out = tmp_path / "申报.yaml"
    result = run("ask", "--policy", "yanzhou-2020-14", "--interactive", "-o", str(out), typed="是\n否\n")
    assert result.exit_code == 0, result.output
    assert "申报项目1：不予支持" in result.stdout and result.stdout.count("是或否 > ") == 2
    again = run("evaluate", str(out), "--explain", "none")
    assert again.exit_code == 0 and "不予支持" in again.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["申报.yaml"]


def test_choices_are_numbered_and_a_file_is_taken_up_where_it_stands(tmp_path: Path) -> None:
    out = tmp_path / "申报.yaml"
    result = run("ask", GRADED, "--interactive", "-o", str(out), typed="2\n")
    assert "  2 B类" in result.stdout and "予以补助 30万元" in result.stdout
    assert "亩产评价类别: B类" in out.read_text("utf-8")
    assert "30万元" in run("evaluate", str(out), "--explain", "none").stdout


def test_an_answer_is_checked_like_a_case_file_and_asked_again() -> None:
    result = run("ask", GRADED, "--interactive", typed="E\nA\n")
    assert "unknown-choice" in result.stderr and "予以补助 40万元" in result.stdout


def test_an_answer_is_the_applicants_own_and_a_wrong_one_is_quoted_without_names_of_the_engine() -> None:
    result = run("ask", GRADED, "--interactive", typed="E\nA\n")
    assert "假设" not in result.stdout and "测算稿" not in result.stdout
    assert "output_grade" not in result.stderr and "回答:1:1" in result.stderr


def test_a_day_and_values_supposed_are_kept_as_such_beside_what_was_stated(tmp_path: Path) -> None:
    out = tmp_path / "申报.yaml"
    options = ["--as-of", "2021-08-02", "--set", "equipment_cap=80万元", "--reading", "tax_basis=excluded"]
    result = run("ask", GRADED, *options, "--interactive", "-o", str(out), typed="停\n")
    assert result.exit_code == 0, result.output
    saved = out.read_text("utf-8")
    assert (
        "as_of: 2021-08-02" in saved
        and "  equipment_cap: 80万元" in saved
        and "  tax_basis: excluded" in saved
    )
    assert "申报受理日期: 2022-03-10" in saved
    again = run("evaluate", str(out))
    assert "假设在2021年8月2日受理" in again.stdout and "为80万元" in again.stdout


def test_what_is_not_known_is_passed_over() -> None:
    result = run("ask", GRADED, "--interactive", typed="\n")
    assert result.exit_code == 0 and "待补材料" in result.stdout


def test_members_are_added_by_name_with_what_they_refer_to(tmp_path: Path) -> None:
    start, out = tmp_path / "a.yaml", tmp_path / "b.yaml"
    text = (ROOT / "examples/共同体.yaml").read_text("utf-8")
    start.write_text(text[: text.index("    participants:")], "utf-8")
    result = run("ask", str(start), "--interactive", "-o", str(out), typed="M1、M2\n丁公司\n新公司\n停\n")
    assert result.exit_code == 0, result.output
    saved = out.read_text("utf-8")
    assert "成员企业: 新公司" in saved and "新公司: {}" in saved
    assert run("ask", str(out), "--list").exit_code == 0


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "申报.yaml"
    out.write_text("policy: yanzhou-2020-14\n", "utf-8")
    assert run("ask", GRADED, "--interactive", "-o", str(out), typed="A\n").exit_code == 2
    assert out.read_text("utf-8") == "policy: yanzhou-2020-14\n"


def test_two_worlds_are_too_many(tmp_path: Path) -> None:
    two = tmp_path / "two.yaml"
    two.write_text(
        "policy: yanzhou-2020-14\ncases: {甲: {enterprise: none}, 乙: {enterprise: none}}\n", "utf-8"
    )
    assert run("ask", str(two)).exit_code == 2


def test_readings_and_stipulated_values_are_kept(tmp_path: Path) -> None:
    [case] = api.read_case(yanzhou(), (ROOT / GRADED).read_bytes(), GRADED).cases
    stipulated = api.read_case(
        yanzhou(), (ROOT / GRADED).read_text("utf-8") + "\nstipulate: {project.P1.award: 10万元}\n"
    ).cases[0].stipulated  # fmt: skip
    text = case_text(
        yanzhou().policy, replace(case, stipulated=stipulated), head={"readings": {"rate_bonus": "stack"}}
    )
    file = api.read_case(yanzhou(), text)
    assert {k.text: v.text for k, v in file.readings} == {"rate_bonus": "stack"}
    assert list(file.cases[0].stipulated) == [FactRef("project", "P1", "award")]


def test_two_grants_of_which_each_bars_are_both_asked_until_one_does(tmp_path: Path) -> None:
    grant = "support_level: city, support_kind: grant, support_amount: 1万元"
    text = Path("examples/装备升级.yaml").read_text("utf-8")
    text = text.replace("    supports: 无", f"    supports: {{一笔: {{{grant}}}, 二笔: {{{grant}}}}}")
    path = tmp_path / "两笔.yaml"
    path.write_text(text, "utf-8")
    both = run("ask", str(path)).stdout
    assert "还要问2项" in both and both.index("P1/一笔：这笔资金办到哪一步") < both.index(
        "P1/二笔：这笔资金办到哪一步"
    )
    one = run("ask", str(path), "--fact", "support.P1/一笔.support_status=pending").stdout
    assert "还要问1项" in one and "P1/二笔：这笔资金办到哪一步" in one
    assert "结论已定" in run("ask", str(path), "--fact", "support.P1/一笔.support_status=received").stdout
    barred = run("evaluate", str(path), *(w for who in ("一笔", "二笔") for w in ("--fact", f"support.P1/{who}.support_status=received"))).stdout  # fmt: skip
    assert "下面几项要同时符合：其它财政资金 P1/一笔" in barred and "；其它财政资金 P1/二笔" in barred
