"""Every file of examples/ through the commands; what is printed survives a GBK console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine import schema
from policyengine.cli import cli
from policyengine.reading import read_json
from policyengine.source import Source
from tests.support import ROOT

CASES = [
    path for path in sorted((ROOT / "examples").glob("*.yaml")) if "overlay:" not in path.read_text("utf-8")
]
OVERLAYS = [path for path in sorted((ROOT / "examples").glob("*.yaml")) if path not in CASES]


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin)


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("format_", ["text", "md"])
def test_every_example_is_explained_in_full(path: Path, lang: str, format_: str) -> None:
    result = run(
        "explain", str(path.relative_to(ROOT)), "--depth", "全部", "--lang", lang, "--format", format_
    )
    assert result.exit_code == 0, result.output
    result.output.encode("gbk" if lang == "zh" else "utf-8")
    assert "None" not in result.output and "Unknown(" not in result.output


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda p: p.stem)
def test_every_overlay_passes_the_checks(path: Path) -> None:
    result = run("check", f"yanzhou-2020-14+{path.relative_to(ROOT)}", "--strict")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("depth", ["none", "summary", "steps", "full"])
def test_json_output_keeps_to_its_schema(depth: str) -> None:
    result = run("evaluate", *(str(p) for p in CASES), "--format", "json", "--explain", depth)
    assert result.exit_code == 0, result.output
    node, found = read_json(Source("out.json", result.stdout), 10**6)
    assert node is not None and found + schema.validate(node, "decision") == []


def test_json_lines_and_csv_hold_one_decision_each() -> None:
    lines = run("evaluate", *(str(p) for p in CASES), "--format", "jsonl").stdout.splitlines()
    outcomes = [(json.loads(line)["case"], json.loads(line)["outcome"]) for line in lines]
    assert outcomes == [
        ("不予支持", "refused"),
        ("两个项目", "granted"),
        ("两个项目", "refused"),
        ("共同体", "granted"),
        ("待补材料", "undetermined"),
        ("测算", "granted"),
        ("装备升级", "granted"),
    ]
    table = run("evaluate", *(str(p) for p in CASES), "--format", "csv").stdout
    assert len(table.splitlines()) == len(CASES) + 2 and "366667.00" in table


def test_standard_input_yaml_and_json_give_the_same_answer() -> None:
    path = ROOT / "examples" / "装备升级.yaml"
    from policyengine.reading import read_bytes
    from policyengine.reading.node import plain

    _, node, _ = read_bytes(path.read_bytes(), "x.yaml")
    assert node is not None
    as_json = json.dumps(plain(node), ensure_ascii=False, default=str)
    one = run("evaluate", "-", "--explain", "none", stdin=path.read_text("utf-8"))
    other = run("evaluate", "-", "--explain", "none", stdin=as_json)
    assert one.exit_code == other.exit_code == 0
    assert one.stdout == other.stdout and "100万元" in one.stdout


def test_a_bad_case_names_file_and_place_and_ends_with_3(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "装备升级.yaml").read_text("utf-8").replace("4200万元", "4200")
    bad = tmp_path / "错.yaml"
    bad.write_text(text, "utf-8")
    result = run("evaluate", str(bad))
    assert result.exit_code == 3 and result.stdout == ""
    assert "unit-missing" in result.stderr and f"{bad}:26:27" in result.stderr


def test_wrong_use_ends_with_2() -> None:
    assert run("evaluate", "没有这个文件.yaml").exit_code == 2
    assert run("evaluate").exit_code == 2
    assert run("evalute", "x").exit_code == 2


def test_an_unknown_policy_reading_parameter_or_fact_is_an_error_with_a_suggestion() -> None:
    case = "examples/装备升级.yaml"
    assert run("evaluate", case, "--policy", "yanzhou").exit_code == 1
    reading = run("evaluate", case, "--reading", "rate_bonu=stack")
    assert reading.exit_code == 2 and "rate_bonus" in reading.stderr
    parameter = run("evaluate", case, "--set", "equipment_cp=1元")
    assert parameter.exit_code == 2 and "equipment_cap" in parameter.stderr
    fact = run("evaluate", case, "--fact", "project.P1.equipment_invest=1元")
    assert fact.exit_code == 2 and "equipment_investment" in fact.stderr


def test_a_what_if_is_marked_in_every_format() -> None:
    arguments = ["evaluate", "examples/装备升级.yaml", "--set", "equipment_cap=120万元", "--explain", "steps"]
    for format_ in ("text", "md", "json"):
        assert "equipment_cap=120万元" in run(*arguments, "--format", format_).stdout


def test_writing_to_a_file_is_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "结果.csv"
    assert run("evaluate", "examples/装备升级.yaml", "--format", "csv", "-o", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf") and [p.name for p in tmp_path.iterdir()] == [
        "结果.csv"
    ]
