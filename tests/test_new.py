"""`policyengine new`: templates pass their own checks, and a blank application reads as not known yet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine import api
from policyengine.asked import asked
from policyengine.template import TEMPLATES, case_text
from tests.support import YANZHOU, yanzhou

Golden = Callable[[str, str], None]


def run(*words: str) -> Result:
    from policyengine.cli import cli

    return CliRunner().invoke(cli, [*words])


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_policy_passes_as_it_is(template: str, tmp_path: Path) -> None:
    folder = tmp_path / "my-policy"
    made = run("new", str(folder), "--template", template)
    assert made.exit_code == 0, made.output
    assert "虚构" in made.stderr
    checked = run("check", "--strict", str(folder))
    assert checked.exit_code == 0, checked.output
    tested = run("test", str(folder))
    assert tested.exit_code == 0 and re.search(r"算例\d+个，0个不符", tested.stdout), tested.output
    assert api.load(folder).base.id == "my-policy"


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_say_what_they_are_and_name_their_schema(template: str, tmp_path: Path) -> None:
    folder = tmp_path / "my-policy"
    run("new", str(folder), "--template", template)
    assert "虚构" in (folder / "policy.yaml").read_text("utf-8")
    for path in folder.rglob("*.yaml"):
        first, second, *_ = path.read_text("utf-8").splitlines()
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert match and (path.parent / match[1]).is_file(), path
        assert second.startswith("# ") and re.search("[\u4e00-\u9fff]", second), path
    settings = json.loads((folder / ".vscode" / "settings.json").read_text("utf-8"))
    assert "my-policy/*.yaml" in settings["yaml.schemas"]["./.vscode/schemas/policy.schema.json"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "policy.yaml").write_text("mine", "utf-8")
    result = run("new", str(tmp_path / "there"))
    assert result.exit_code == 2 and "已经有了" in result.stderr
    assert [p.name for p in tmp_path.rglob("*")] == ["there", "policy.yaml"]
    (tmp_path / "case.yaml").write_text("mine", "utf-8")
    result = run("new", "--case", str(YANZHOU), "-o", str(tmp_path / "case.yaml"))
    assert result.exit_code == 2
    assert (tmp_path / "case.yaml").read_text("utf-8") == "mine"


def test_a_folder_may_have_a_chinese_name(tmp_path: Path) -> None:
    result = run("new", str(tmp_path / "我的政策"))
    assert result.exit_code == 0 and "new-policy" in result.stderr
    assert run("check", str(tmp_path / "我的政策")).exit_code == 0


@pytest.mark.parametrize("words", [["new"], ["new", "x", "--case", "y"], ["new", "x", "-o", "y"]])
def test_one_thing_at_a_time(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_golden_case(golden: Golden) -> None:
    result = run("new", "--case", str(YANZHOU))
    assert result.exit_code == 0, result.output
    golden("new-case.yaml", result.stdout)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_blank_case_waits_for_everything(lang: str) -> None:
    plans = yanzhou()
    text = case_text(plans, asked(plans.last), lang)
    file = api.read_case(plans, text)
    assert file.policy == "yanzhou-2020-14"
    [case] = file.cases
    assert all(
        given.value is None for e in case.entities.values() for x in e.values() for given in x.facts.values()
    )
    [decision] = api.decide(plans, case).decision.decisions
    assert decision.outcome == "undetermined"
    named = {item.ref.name for item in decision.missing}
    assert {"earlier_awards", "participants", "supports", "equipment_investment", "declared_on"} <= named
    needed = asked(plans.last).default & {
        f.name for f in plans.last.policy.facts.values() if f.entity == "enterprise"
    }
    assert named & set(plans.last.policy.facts) >= needed - {
        "is_sme",
        "is_chain_leader",
    }  # asked of members only


def test_every_fact_is_asked_with_how_to_answer() -> None:
    plans = yanzhou()
    text = case_text(plans, asked(plans.last))
    for fact in plans.last.policy.facts.values():
        assert f"# {fact.ask.zh}" in text and f"{fact.label.zh}:" in text, fact.name
        if fact.evidence.zh:
            assert f"凭{fact.evidence.zh}" in text
        for option in fact.options.values():
            assert option.zh in text


def test_the_file_is_evaluated_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "申报.yaml"
    assert run("new", "--case", "yanzhou-2020-14", "-o", str(path)).exit_code == 0
    result = run("evaluate", str(path))
    assert result.exit_code == 0, result.output
    assert "待补材料" in result.stdout and "还需补充的材料" in result.stdout


def test_what_stands_below_is_read_once_it_is_uncommented() -> None:
    """The lines of a relation, without their leading `# `, are entities of the case."""
    plans = yanzhou()
    text = case_text(plans, asked(plans.last))
    for _ in range(2):  # a member's other support is commented out twice
        text = re.sub(r"^( +)#   \S+1:$(?:\n\1#.*)*", uncommented, text, flags=re.M)
    [case] = api.read_case(plans, text).cases
    assert set(case.entities["participation"]) == {"申报项目1/共同体成员1"}
    assert len(case.entities["support"]) == 2 and len(case.entities["earlier_award"]) == 1
    [decision] = api.decide(plans, case).decision.decisions
    assert decision.outcome == "undetermined"


def uncommented(found: re.Match[str]) -> str:
    return re.sub(rf"^{found[1]}# ", found[1], found[0], flags=re.M)


def test_an_unknown_policy() -> None:
    result = run("new", "--case", "nowhere-1")
    assert result.exit_code == 1 and "no-such-policy" in result.stderr
