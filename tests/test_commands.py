"""The commands as a person uses them: trial runs are marked everywhere, wrong options are refused, nothing is silent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine import api, clauses, schema
from policyengine.cli import cli
from policyengine.reading import read_json
from policyengine.source import Source
from tests.support import ROOT, yanzhou

CASE = "examples/装备升级.yaml"
OVERLAY = "yanzhou-2020-14+examples/修订方案.yaml"
TEXT = (ROOT / CASE).read_text("utf-8")
TRIALS = {
    "set": (["--set", "equipment_cap=120万元"], "假设“设备投资补助最高额”为120万元"),
    "as_of": (["--as-of", "2022-02-01"], "假设在2022年2月1日受理"),
    "fact": (["--fact", "企业.甲公司.亩产评价类别=B类"], "假设企业 甲公司“亩产评价类别”为B类"),
    "reading": (["--reading", "比例提高的百分点=两项相加"], "假设口径“比例提高的百分点”按“两项相加”理解"),
    "overlay": (["--policy", OVERLAY], "假设施行“关于修改装备升级奖补条款的通知（虚构）”"),
}
IN_FILE = {
    "set": ("set: {equipment_cap: 120万元}\n", "假设“设备投资补助最高额”为120万元"),
    "as_of": ("as_of: 2021-07-01\n", "假设在2021年7月1日受理"),
    "reading": ("readings: {rate_bonus: stack}\n", "假设口径“比例提高的百分点”按“两项相加”理解"),
    "stipulate": ("stipulate: {project.P1.award: 7万元}\n", "直接设定为7万元，没有按条文计算"),
}
FORMATS = [
    *(
        ["--format", f, "--explain", d]
        for f in ("text", "md", "json")
        for d in ("none", "summary", "steps", "full")
    ),
    ["--format", "jsonl", "--explain", "none"],
    ["--format", "csv"],
]


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin)


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def case_with(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A file with the example and something added to it."""

    def write(added: str, name: str = "案.yaml") -> str:
        path = tmp_path / name
        path.write_text(TEXT + added, "utf-8")
        return str(path)

    return write


# --- trial runs ---


@pytest.mark.parametrize("format_", FORMATS, ids=lambda f: "-".join(f[1::2]))
def test_every_trial_is_marked_in_every_format_and_depth(format_: list[str], case_with) -> None:  # type: ignore[no-untyped-def]
    words = [word for options, _ in TRIALS.values() for word in options]
    result = run("evaluate", CASE, *words, *format_)
    assert result.exit_code == 0, result.output
    assert [kind for kind, (_, said) in TRIALS.items() if said not in result.stdout] == []
    result = run("evaluate", case_with("".join(added for added, _ in IN_FILE.values())), *format_)
    assert result.exit_code == 0, result.output
    assert [kind for kind, (_, said) in IN_FILE.items() if said not in result.stdout] == []
    plain = run("evaluate", CASE, *format_).stdout
    assert "假设“" not in plain and "测算稿" not in plain


def test_a_trial_is_marked_in_the_headline_and_the_summary() -> None:
    result = run("evaluate", CASE, "examples/不予支持.yaml", "--as-of", "2021-07-01", "--explain", "none")
    head, _, table = result.stdout.partition("汇总")
    assert head.count("【测算稿】") == 2 and table.count("【测算稿】") == 2
    assert "测算稿，不是正式认定：假设在2021年7月1日受理。" in table
    english = run("evaluate", CASE, "--as-of", "2021-07-01", "--lang", "en", "--explain", "none").stdout
    assert "[trial run]" in english and "suppose it is accepted on 2021-07-01" in english


def test_an_overlay_that_is_not_yet_in_force_makes_no_trial() -> None:
    assert "测算稿" not in run("evaluate", CASE, "--policy", OVERLAY, "--explain", "none").stdout


def decided(text: str) -> dict[str, object]:
    result = run("evaluate", "-", "--format", "json", stdin=text)
    assert result.exit_code == 0, result.output
    [decision] = json.loads(result.stdout)["decisions"]
    return decision  # type: ignore[no-any-return]


def test_what_is_stipulated_is_not_settled_and_says_so() -> None:
    assert decided(TEXT)["settled"] is True
    granted = decided(TEXT + "stipulate: {project.P1.award: 7万元}\n")
    assert granted["settled"] is False and granted["amount"] == {"fen": 7000000, "text": "70000.00"}
    for name in ("supported", "equipment.enough"):
        refused = decided(TEXT + f"stipulate: {{申报项目.P1.{name}: 否}}\n")
        assert refused["outcome"] == "refused" and refused["settled"] is False
        reasons = [r["message"]["zh"] for r in refused["refusals"]]  # type: ignore[attr-defined]
        assert reasons and all("由人直接设定为“否”，没有按条文认定" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("project.P1.equipment_investment: 10万元", "stipulated-fact", "equipment_investment: 10万元"),
        ("project.P1.awrd: 10万元", "unknown-value", "project.P1.award"),
        ("project.P9.award: 10万元", "unknown-value", "project.P1.award"),
        ("enterprise.甲公司.award: 10万元", "unknown-value", "project.P1.award"),
        ("project.P1.equipment_cap: 10万元", "unknown-value", "project.P1."),
    ],
)
def test_only_derived_values_that_are_there_can_be_stipulated(entry: str, code: str, said: str) -> None:
    result = run("evaluate", "-", stdin=TEXT + f"stipulate: {{{entry}}}\n")
    assert result.exit_code == 3 and code in result.stderr and said in result.stderr, result.output


# --- provenance ---


def test_every_input_has_its_own_provenance() -> None:
    files = [CASE, "examples/不予支持.yaml", "examples/共同体.yaml"]
    data = json.loads(run("evaluate", *files, "--format", "json").stdout)
    hashes = {file: api.digest((ROOT / file).read_bytes()) for file in files}
    assert {p["input"]: p["input_sha256"] for p in data["provenance"]} == hashes
    for decision in data["decisions"]:
        source = decision["source"]
        assert source["sha256"] == hashes[source["input"]] and source["place"].startswith(
            source["input"] + ":"
        )
    text = run("evaluate", *files, "--explain", "steps").stdout
    for file, digest in hashes.items():
        assert f"sha256:{digest[:16]}" in text and file in text
    lines = [json.loads(line) for line in run("evaluate", *files, "--format", "jsonl").stdout.splitlines()]
    assert [line["provenance"]["input"] for line in lines] == [
        line["source"]["input"] for line in lines
    ] and len(lines) >= 3


def test_json_with_everything_supposed_keeps_to_its_schema(case_with) -> None:  # type: ignore[no-untyped-def]
    file = case_with("".join(added for added, _ in IN_FILE.values()))
    out = run(
        "evaluate", file, "--policy", OVERLAY, "--fact", "project.P1.supports=无", "--format", "json"
    ).stdout
    node, found = read_json(Source("out.json", out), 10**6)
    assert node is not None and found + schema.validate(node, "decision") == []


def test_overlays_of_one_name_are_told_apart(tmp_path: Path) -> None:
    text = (ROOT / "examples/修订方案.yaml").read_text("utf-8")
    for folder, changed in (("a", text), ("b", text.replace("expects:", "order: 2\n  expects:"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "facts.yaml").write_text(changed, "utf-8")
    found = []
    for folder in "ab":
        out = run(
            "evaluate",
            CASE,
            "--policy",
            f"yanzhou-2020-14+{tmp_path}/{folder}/facts.yaml",
            "--format",
            "json",
        )
        [p] = json.loads(out.stdout)["provenance"]
        found.append((p["policy_sha256"], p["overlays"]["fictitious-2022"], p["files"]["facts.yaml"]))
    assert found[0][0] != found[1][0] and found[0][1] != found[1][1] and found[0][2] == found[1][2]


def test_standard_input_is_named_and_its_command_reads_it_again() -> None:
    result = run("explain", "-", stdin=TEXT)
    assert "标准输入" in result.stdout and f"sha256:{api.digest(TEXT)[:16]}" in result.stdout
    assert "复核命令  policyengine explain -\n" in result.stdout


# --- input that contradicts itself ---


def test_none_and_a_record_of_it_is_an_error_with_both_places() -> None:
    text = TEXT + "support:\n  S1: {project: P1}\n"
    result = run("evaluate", "-", stdin=text)
    assert result.exit_code == 3 and "none-after-all" in result.stderr
    assert result.stderr.count("<stdin>:") == 2, result.stderr


def test_one_enterprise_or_id_in_two_files_is_said(tmp_path: Path) -> None:
    result = run("evaluate", CASE, "examples/测算.yaml", "--explain", "none")
    assert "注意：申报项目 甲公司 P1 在几个文件里都有" in result.stderr and "互不相见" in result.stderr
    assert "注意" not in run("evaluate", CASE, "examples/不予支持.yaml", "--explain", "none").stderr
    code = "91370800MA3C000000"
    for name, id_ in (("甲", "P7"), ("乙", "P8")):
        text = TEXT.replace("  P1:", f"  {id_}:").replace("  甲公司:", f"  甲公司:\n    credit_code: {code}")
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    result = run("evaluate", str(tmp_path / "甲.yaml"), str(tmp_path / "乙.yaml"))
    assert result.exit_code == 0 and code in result.stderr and "编号" not in result.stderr, result.output
    assert "注意" not in run("evaluate", str(tmp_path / "甲.yaml"), "examples/共同体.yaml").stderr


@pytest.mark.parametrize("blank", ["\\n", "\\t"])
def test_a_text_cannot_forge_lines_of_the_output(blank: str) -> None:
    text = TEXT.replace("智能产线改造", f'"甲{blank}P9 乙：予以补助 100万元"')
    result = run("evaluate", "-", stdin=text)
    assert result.exit_code == 3 and "fact-not-one-line" in result.stderr and result.stdout == ""


# --- options ---


@pytest.mark.parametrize(
    "options",
    [
        ["--as-of", ""], ["--policy", " "], ["--reading", "rate_bonus="], ["--set", "=1元"], ["--fact", "x"],
        ["--reading", "rate_bonus=once", "--reading", "rate_bonus=stack"],
        ["--set", "equipment_cap=1元", "--set", "equipment_cap=2元"],
        ["--fact", "project.P1.declared_on=2021-06-01", "--fact", "project.P1.declared_on=2021-06-02"],
        ["--as-of", "2021-13-01"], ["--as-of", "明天"], ["--reading", "rate_bonus=twice"], ["--reading", "x=y"],
        ["--set", "x=1元"], ["--set", "equipment_cap=abc"], ["--set", "equipment_cap=120"],
        ["--set", "equipment_cap=3%"], ["--set", "equipment_rate=3"], ["--set", "fen_unit=0元"],
        ["--fact", "project.P9.declared_on=2021-06-01"], ["--fact", "project.P1.equipment_investment=4200"],
        ["--fact", "project.P1.supports=S1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_option_is_wrong_use(options: list[str]) -> None:
    result = run("evaluate", CASE, *options)
    assert result.exit_code == 2 and result.stdout == "" and options[0] in result.stderr, result.output


def test_a_value_without_its_unit_says_so() -> None:
    result = run("evaluate", CASE, "--set", "equipment_cap=120")
    assert (
        "unit-missing" in result.stderr
        and "120万元" in result.stderr
        and "programs.yaml" not in result.stderr
    )
    assert "rounded-to-nothing" in run("evaluate", CASE, "--set", "fen_unit=0元").stderr


def test_an_overlay_gives_amounts_with_their_unit_and_says_when_it_holds(tmp_path: Path) -> None:
    overlay = tmp_path / "改.yaml"
    header = (
        "overlay: {id: x, title: 改, amends: yanzhou-2020-14%s}\nparameters: {equipment_cap: {value: %s}}\n"
    )
    overlay.write_text(header % (", effective_from: none", "120"), "utf-8")
    assert "unit-missing" in run("evaluate", CASE, "--policy", f"yanzhou-2020-14+{overlay}").stderr
    overlay.write_text(header % ("", "120万元"), "utf-8")
    result = run("check", f"yanzhou-2020-14+{overlay}")
    assert result.exit_code == 1 and "effective_from" in result.output and "none" in result.output


def test_what_a_case_file_asks_for_wrongly_is_its_own_mistake(case_with) -> None:  # type: ignore[no-untyped-def]
    for added in ("set: {equipment_cap: 120}\n", "set: {equipment_cp: 1元}\n", "readings: {rate_bonus: x}\n"):
        result = run("evaluate", case_with(added))
        assert result.exit_code == 3 and "案.yaml:" in result.stderr, (added, result.output)


def test_an_option_goes_before_what_the_file_asks_for(case_with) -> None:  # type: ignore[no-untyped-def]
    file = case_with("set: {equipment_cap: 120万元}\nreadings: {rate_bonus: stack}\nas_of: 2021-07-01\n")
    result = run(
        "evaluate", file, "--set", "equipment_cap=130万元", "--reading", "rate_bonus=once", "--as-of", "2021-08-01",
        "--explain", "none",
    )  # fmt: skip
    assert "130万元" in result.stdout and "2021年8月1日" in result.stdout
    assert "120万元" not in result.stdout and "7月" not in result.stdout and "口径" not in result.stdout


def test_facts_and_relations_by_label_and_name() -> None:
    open_ = (
        (ROOT / "examples/待补材料.yaml")
        .read_text("utf-8")
        .replace("supports: none", "")
        .replace("supports: 无", "")
    )
    for fact in ("project.P1.supports=无", "申报项目.P1.本项目的其它财政资金=无", "project.P1.supports=none"):
        result = run("evaluate", "-", "--fact", fact, "--explain", "none", stdin=open_)
        assert result.exit_code == 0 and "“本项目的其它财政资金”为" in result.stdout, result.output


# --- show, test, check, new ---


@pytest.mark.parametrize(
    "words",
    [
        "四、政策支持 > 1.装备升级奖补 第1句",
        "〔四、政策支持 > 1.装备升级奖补 第1句〕",
        "四、1. 第1句",
        "四、1.第1句",
        "四·1/1",
        "四.1 sentence 1",
    ],
)
def test_a_citation_is_found_as_it_is_printed(words: str) -> None:
    assert clauses.parse(yanzhou().last.policy, words) == "四.1/1"
    assert run("show", words).exit_code == 0


def test_every_printed_citation_leads_back() -> None:
    policy = yanzhou().last.policy
    for clause in policy.clauses.values():
        for cite in (clause.id, *(f"{clause.id}/{s.id}" for s in clause.sentences)):
            for lang in ("zh", "en"):
                assert clauses.parse(policy, clauses.crumbs(policy, cite, lang)) == cite
                assert clauses.parse(policy, clauses.short(policy, cite, lang)) == cite


def test_no_scenario_of_that_name_is_wrong_use() -> None:
    result = run("test", "yanzhou-2020-14", "-k", "没有这样的算例")
    assert result.exit_code == 2 and "没有这样的算例" in result.stderr and result.stdout == ""


def test_an_overlay_brings_its_own_scenarios_and_is_named() -> None:
    result = run("test", OVERLAY, "-k", "虚构修订")
    assert result.exit_code == 0 and result.stdout == "算例3个，0个不符\n", result.output
    assert run("test", "yanzhou-2020-14", "-k", "虚构修订").exit_code == 2
    checked = run("check", OVERLAY)
    assert checked.stdout.startswith("yanzhou-2020-14+fictitious-2022：没有问题") and checked.stderr == ""
    as_json = run("check", OVERLAY, "--format", "json")
    assert json.loads(as_json.stdout)["diagnostics"] == []


def test_commands_that_are_printed_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run("new", "我的 政策")
    assert made.exit_code == 0 and 'policyengine check "我的 政策"' in made.stderr
    monkeypatch.chdir(ROOT)
    form = run("new", "--case", OVERLAY).stdout
    assert f"policyengine evaluate 本文件 --policy {OVERLAY}" in form
    assert "--policy" not in run("new", "--case", "yanzhou-2020-14").stdout


def test_english_findings_use_english_words_and_ranges_are_short() -> None:
    english = run(
        "evaluate", CASE, "--fact", "project.P1.equipment_investment=200亿元", "--lang", "en"
    ).stderr
    fact = yanzhou().last.policy.facts["equipment_investment"]
    assert fact.label.en in english and fact.label.zh not in english and "10,000,000,000.00 yuan" in english
    chinese = run("evaluate", CASE, "--fact", "project.P1.equipment_investment=200亿元").stderr
    assert "不在0元到100亿元之间" in chinese


# --- consoles ---


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "utf-8"),
        ({"PYTHONIOENCODING": "ascii"}, "utf-8"),
        ({"PYTHONIOENCODING": "latin-1"}, "utf-8"),
        ({"PYTHONIOENCODING": "gbk"}, "gbk"),
        ({"PYTHONIOENCODING": "utf-8"}, "utf-8"),
    ],
    ids=lambda x: x if isinstance(x, str) else "-".join(x.values()),
)
def test_chinese_comes_out_on_every_console(
    environment: dict[str, str], encoding: str, tmp_path: Path
) -> None:
    (tmp_path / "case.yaml").write_text(TEXT, "utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LC_", "LANG"))}
    for command in (
        ["evaluate", str(tmp_path / "case.yaml")],
        ["evaluate", str(tmp_path / "no.yaml")],
        ["--help"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "policyengine", *command],
            env={**kept, **environment}, capture_output=True, check=False, cwd=ROOT,
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode(encoding)
        assert "??" not in said and any(word in said for word in ("予以补助", "读不了", "认定申报")), said


def test_a_file_that_cannot_be_opened_is_said_in_words_of_both_languages(tmp_path: Path) -> None:
    gone, folder = str(tmp_path / "no.yaml"), str(tmp_path)
    for arguments, zh, en in (
        (["evaluate", gone], "没有这个文件或文件夹", "there is no such file or folder"),
        (["evaluate", folder], "这是文件夹，不是文件", "it is a folder, not a file"),
        (
            ["evaluate", CASE, "--format", "csv", "-o", f"{gone}/x.csv"],
            "没有这个文件或文件夹",
            "no such file",
        ),
    ):
        done = run(*arguments)
        assert done.exit_code == 2 and zh in done.stderr and en in done.stderr, done.stderr
    for lang, words in (
        ("zh", "读不了：没有这个文件或文件夹"),
        ("en", "cannot be read: there is no such file"),
    ):
        done = run("check", f"yanzhou-2020-14+{gone}", "--lang", lang)
        assert done.exit_code == 1 and words in done.output and "No such file" not in done.output


def test_what_is_wrong_in_an_amendment_is_told_before_what_follows_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    header = "overlay: {id: x, title: {zh: 甲, en: X}, amends: yanzhou-2020-14, effective_from: none}\n"
    Path("改.yaml").write_text(header + "parameters: {equipment_rate: {value: 0.04}}\n", "utf-8")
    *lines, _ = run("check", "yanzhou-2020-14+改.yaml", "--format", "concise").output.splitlines()
    own = [line.startswith("改.yaml:") for line in lines]
    assert own == sorted(own, reverse=True) and set(own) == {True, False}, lines


# --- one enterprise, one file, one unit ---


def test_an_enterprise_written_under_two_ids_is_found_with_both_places(tmp_path: Path) -> None:
    code = "91370800MA3C000000"
    twin = TEXT.replace("  甲公司:", f"  乙公司: {{credit_code: {code}}}\n  甲公司:\n    credit_code: {code}")
    path = tmp_path / "twin.yaml"
    path.write_text(twin, "utf-8")
    result = run("evaluate", str(path))
    assert result.exit_code == 3 and "not-unique" in result.stderr and result.stderr.count("twin.yaml:") == 2


@pytest.mark.parametrize("written", ["null", ""])
def test_a_relation_left_open_is_not_taken_for_none(written: str) -> None:
    text = TEXT.replace("supports: 无", f"supports: {written}")
    assert "待补材料" in run("evaluate", "-", stdin=text).stdout


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT, "utf-8")
    overlay = "examples/修订方案.yaml"
    before = (ROOT / overlay).read_bytes()
    for command in (
        ["evaluate", str(path), "-o", str(path)],
        ["explain", str(path), "-o", str(path)],
        ["ask", str(path), "--list", "-o", str(path)],
        ["evaluate", str(path), "--policy", f"yanzhou-2020-14+{overlay}", "-o", overlay],
        ["graph", "yanzhou-2020-14", "-o", "policies/yanzhou-2020-14/limits.yaml"],
    ):
        result = run(*command)
        assert result.exit_code == 2 and "没有覆盖" in result.stderr, command
    assert path.read_text("utf-8") == TEXT and (ROOT / overlay).read_bytes() == before


def test_a_file_named_twice_is_not_counted_twice() -> None:
    result = run("evaluate", CASE, f"./{CASE}")
    assert result.exit_code == 2 and "写了两次" in result.stderr
