"""What comes out of tables: the same whatever the order of rows, whole or not at all, safe to open, and explained again."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.asked import asked
from policyengine.cli import cli
from policyengine.tables.pages import Page
from policyengine.tables.sample import sample
from tests.support import ROOT, yanzhou
from tests.test_sample import decided

HEAD = "编号,申报企业,注册地在兖州区,是独立法人企业,管理是否规范,信用是否良好,最近重大违法违规的日期,亩产评价类别,在梯队企业培育名单上,申报受理日期,申报的奖补项目,核准或备案手续已办,已入固定资产投资直报平台,统计上属工业技改投资,设备投资额（价税合计，万元）,本项目的其它财政资金,本企业以前按本文件已得的奖补,备注"
GOOD = "是,是,是,是,无,B,否,2021-06-01,装备升级（设备投资）,是,是,是"
TABLE = f"""{HEAD}
P1,甲公司,{GOOD},1000,无,无,=HYPERLINK("http://x")
P2,乙公司,{GOOD},499.999999,无,无,@SUM(A1)
P3,丙公司,{GOOD},约800,无,无,-1
P4,丁公司,{GOOD},,无,无,
"""


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small table in it, and the command run there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "申报.csv").write_text(TABLE, "utf-8")
    return tmp_path


POLICY = ("--policy", str(ROOT / "policies" / "yanzhou-2020-14"))


# --- the command ---


def test_a_table_is_decided_and_accounted_for(table: Path) -> None:
    result = run("evaluate", "申报.csv", *POLICY)
    assert result.exit_code == 0, result.output
    assert "读取  申报.csv  4行＝认定3＋未处理1＋空白0" in result.stderr
    assert "未处理  O4：“约800”不是数" in result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["2", "P1", "装备升级（设备投资）", "予以补助", "30万元"] in lines
    assert ["3", "P2", "装备升级（设备投资）", "不予支持", "-"] in lines
    assert ["合计", "3", "1", "1", "1", "30.00"] in lines
    assert run("evaluate", "申报.csv", *POLICY, "--strict").exit_code == 3


def test_the_workbook_of_results(table: Path) -> None:
    result = run("evaluate", "申报.csv", "-o", "结果.xlsx", *POLICY, "--reading", "rate_bonus=stack")
    assert result.exit_code == 0, result.output
    book = openpyxl.load_workbook(table / "结果.xlsx")
    assert book.sheetnames == [
        "明细",
        "逐笔说明",
        "分项汇总",
        "分条款汇总",
        "核查提示",
        "未处理",
        "参数与口径",
        "版本",
    ]
    sheet = book["明细"]
    heads = {cell.value: cell.column - 1 for cell in sheet[1]}
    first = list(sheet[2])
    assert first[heads["金额（元）"]].value == 300_000 and first[heads["金额（万元）"]].value == 30
    assert first[heads["金额（元）"]].number_format == "#,##0.00"
    assert first[heads["受理日期"]].is_date
    remark = first[heads["备注"]]
    assert (remark.data_type, remark.value) == ("s", '=HYPERLINK("http://x")')
    assert sheet.freeze_panes is not None and sheet.auto_filter.ref is not None
    clauses = [[cell.value for cell in row] for row in book["分条款汇总"].iter_rows(min_row=2)]
    assert any(row[0] == "四、1.第1句" and row[2] == 1 and "P2" in row[4] for row in clauses)
    aside = [[cell.value for cell in row] for row in book["未处理"].iter_rows(min_row=2)]
    assert aside[0][1:3] == [4, "O4"] and "约800" in aside[0]
    versions = dict(row[:2] for row in book["版本"].iter_rows(min_row=2, values_only=True))
    assert len(versions["输入 申报.csv SHA-256"]) == 64 and "--reading rate_bonus=stack" in versions["命令"]
    assert versions["行数 申报.csv"].startswith("4行＝")
    terms = list(book["参数与口径"].iter_rows(min_row=2, values_only=True))
    assert any(row[0] == "口径（改选）" for row in terms) and any(row[2] == "500万元" for row in terms)


def test_the_same_input_gives_the_same_bytes(table: Path) -> None:
    for name in ("一.xlsx", "二.xlsx"):
        assert run("evaluate", "申报.csv", "-o", name, *POLICY).exit_code == 0
    assert (table / "一.xlsx").read_bytes() == (table / "二.xlsx").read_bytes()


def test_csv_is_safe_and_what_was_set_aside_stands_beside_it(table: Path) -> None:
    assert run("evaluate", "申报.csv", "-o", "结果.csv", *POLICY).exit_code == 0
    data = (table / "结果.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["备注"] for row in rows] == ['\'=HYPERLINK("http://x")', "'@SUM(A1)", ""]
    assert rows[0]["金额（元）"] == "300000" and rows[2]["最高（元）"] == "1000000"
    aside = list(csv.DictReader(io.StringIO((table / "结果.未处理.csv").read_text("utf-8-sig"))))
    assert [(row["位置"], row["代码"], row["备注"]) for row in aside] == [("O4", "not-a-quantity", "-1")]


def test_json_lines_hold_a_line_for_every_row(table: Path) -> None:
    result = run("evaluate", "申报.csv", "--format", "jsonl", *POLICY)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["row"], line["outcome"]) for line in lines] == [
        (2, "granted"),
        (3, "refused"),
        (5, "undetermined"),
        (4, "rejected"),
    ]
    assert lines[0]["amount"] == {"fen": 30_000_000, "text": "300000.00"}
    assert lines[3]["diagnostics"][0]["place"] == "申报.csv O4"


def test_standard_input_is_a_table_where_told(table: Path) -> None:
    result = run("evaluate", "-", "--from", "csv", *POLICY, stdin=TABLE)
    assert result.exit_code == 0 and "<stdin>  4行＝认定3" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("申报.csv", "x.yaml"), 2, "分开"),
        (("-", "--from", "xlsx"), 3, "读不了"),
        (("没有.csv",), 2, "读不了"),
        (("申报.csv", "-o", "没有/结果.xlsx"), 2, "写不了"),
        (("申报.csv", "--format", "md"), 2, "xlsx、csv"),
        (("申报.csv", "--explain", "full"), 2, "--explain 只用于YAML"),
        ((str(ROOT / "examples" / "装备升级.yaml"), "--map", "甲=乙"), 2, "--map 只用于表格"),
        (("申报.csv", "--report", "拟公示名单"), 2, "--report"),
        (("空.csv",), 3, "找不到"),
        (("只有表头.csv",), 2, "没有申报"),
        (("全错.csv",), 3, "认定0＋未处理1"),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_its_code(table: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    (table / "空.csv").write_text("", "utf-8")
    (table / "只有表头.csv").write_text("编号,申报企业\n", "utf-8")
    (table / "全错.csv").write_text("编号,申报企业,申报受理日期\nP1,甲,明天\n", "utf-8")
    result = run("evaluate", *arguments, *POLICY, stdin="")
    assert result.exit_code == code and told in result.output, result.output


def test_a_row_is_explained_like_a_case(table: Path) -> None:
    by_row = run("explain", "申报.csv", "--row", "2", *POLICY)
    by_id = run("explain", "申报.csv", "--id", "P1", *POLICY)
    assert by_row.exit_code == 0, by_row.output
    assert by_row.stdout == by_id.stdout
    assert (
        "予以补助 30万元" in by_row.stdout
        and "申报.csv O2" in run("explain", "申报.csv", "--row", "2", "--depth", "full", *POLICY).stdout
    )
    assert "约800" in run("explain", "申报.csv", "--row", "4", *POLICY).output
    assert run("explain", "申报.csv", *POLICY).exit_code == 2
    assert run("explain", "申报.csv", "--row", "40", *POLICY).exit_code == 2


# --- faults: what was there before stays ---


def limited(
    folder: Path, *arguments: str, before: Callable[[], None] | None = None, out: object = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "policyengine", *arguments, *POLICY], cwd=folder, preexec_fn=before, stdout=out, stderr=subprocess.PIPE,  # type: ignore[call-overload]
        encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"}, check=False,
    )  # fmt: skip


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))


@pytest.mark.parametrize("name", ["结果.xlsx", "结果.csv"])
def test_a_full_disk_leaves_the_old_result(table: Path, name: str) -> None:
    (table / name).write_text("旧的", "utf-8")
    if name.endswith("csv"):
        (table / "申报.csv").write_text(
            TABLE.replace("约800", "800") + "".join(f"Q{i},戊公司,{GOOD},900,无,无,\n" for i in range(30)),
            "utf-8",
        )
    done = limited(table, "evaluate", "申报.csv", "-o", name, before=small_files)
    assert done.returncode == 2 and "写不了" in done.stderr, done.stderr
    assert (table / name).read_text("utf-8") == "旧的"
    assert sorted(path.name for path in table.iterdir()) == sorted(["申报.csv", name])


def test_a_closed_pipe_is_no_error(table: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = limited(table, "evaluate", "申报.csv", out=closed)
    assert done.returncode == 0 and "Traceback" not in done.stderr


# --- synthetic applications, and what must not matter ---


@cache
def synthetic(seed: int, count: int = 24) -> tuple[Page, ...]:
    plans = yanzhou()
    return sample(plans, asked(plans.last), count, random.Random(seed).randrange, boundary=True)


def answers(pages: Iterable[Page]) -> dict[str, object]:
    batch = decided(yanzhou(), pages)
    assert batch.adds_up and batch.rejected == ()
    return {
        done.decision.subject.id: (done.decision.outcome, done.decision.amount, [f.condition for f in done.decision.refusals], {r.subject.id: r.value for r in done.decision.results})
        for done in batch.done
    }  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_changes_nothing(seed: int, rng: random.Random) -> None:
    pages = synthetic(seed)
    assert answers(shuffled(page, rng) for page in pages) == answers(pages)


def shuffled(page: Page, rng: random.Random) -> Page:
    order = list(range(len(page.columns)))
    rng.shuffle(order)
    rows = list(page.rows)
    rng.shuffle(rows)
    moved = tuple(tuple(row[i] for i in order) for row in rows)
    return Page(page.title, tuple(page.columns[i] for i in order), moved)


def test_a_file_split_by_firm_gives_the_same() -> None:
    """One flat row each; a firm's rows stay together, because quotas and caps look at all of them."""
    body = [
        f"P{i},企业{i % 7},{GOOD.replace('2021-06-01', f'2021-0{1 + i % 9}-01')},{400 + 37 * i},无,无,"
        for i in range(20)
    ]
    whole = run(
        "evaluate", "-", "--from", "csv", "--format", "jsonl", *POLICY, stdin="\n".join([HEAD, *body])
    )
    assert whole.exit_code == 0, whole.output
    parts = [run("evaluate", "-", "--from", "csv", "--format", "jsonl", *POLICY, stdin="\n".join([HEAD, *(r for i, r in enumerate(body) if i % 7 in firms)])) for firms in ({0, 3, 5}, {1, 2, 4, 6})]  # fmt: skip
    split = {
        a["application"]: answer(a)
        for part in parts
        for line in part.stdout.splitlines()
        for a in (json.loads(line),)
    }
    together = {
        a["application"]: answer(a) for line in whole.stdout.splitlines() for a in (json.loads(line),)
    }
    assert len(together) == 20 and split == together


def answer(a: dict[str, object]) -> tuple[object, ...]:
    return a["outcome"], json.dumps(a["amount"]), json.dumps(a["refusals"])


# --- the tables that offices pass on, and explaining later ---

SHEETS = (
    "企业.csv", "编号,企业名称,统一社会信用代码,注册地在兖州区,是独立法人企业,管理是否规范,信用是否良好,最近重大违法违规的日期,亩产评价类别,在梯队企业培育名单上,属于中小企业,是“链主”或集群龙头企业,本企业以前按本文件已得的奖补\n"
    "甲,甲公司,虚构001,是,是,是,是,2015-05-06,A类,否,否,是,无\n乙,乙公司,虚构002,是,是,是,是,无,B类,否,是,否,无\n丙,丙公司,虚构003,是,是,是,否,无,B类,否,是,否,无\n",
    "申报项目.csv", "编号,申报企业,项目名称,申报受理日期,申报的奖补项目,核准或备案手续已办,已入固定资产投资直报平台,统计上属工业技改投资,设备投资额（价税合计，万元）,共同体成员名录,本项目的其它财政资金\n"
    "G1,甲,链条改造,2021-09-10,强链条壮集群（共同体）,,,,,有,无\nP2,丙,包装线,2021-06-01,装备升级（设备投资）,是,是,是,800,无,无\n",
    "共同体成员.csv", "编号,所在共同体项目,成员企业,成员设备投资额（价税合计，万元）,成员的核准或备案手续已办,成员的投资已入直报平台,成员的投资属工业技改投资,该成员投资的其它财政资金\n"
    "M1,G1,甲,333.33,是,是,是,无\nM2,G1,乙,333.34,是,是,是,无\n",
)  # fmt: skip


@pytest.fixture
def consortium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The names of three tables joined by ids, in a folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    for name, text in zip(SHEETS[::2], SHEETS[1::2], strict=True):
        (tmp_path / name).write_text(text, "utf-8")
    return SHEETS[::2]


def test_tables_joined_by_ids_share_an_award(consortium: tuple[str, ...]) -> None:
    result = run("evaluate", *consortium, *POLICY, "--format", "jsonl")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["outcome"], second["outcome"]) == ("granted", "refused"), result.output
    assert first["amount"]["text"] == "233334.00"  # 3,333,300 × 4% + 3,333,400 × 3%


def test_a_member_set_aside_leaves_its_consortium_open(consortium: tuple[str, ...]) -> None:
    path = Path("共同体成员.csv")
    path.write_text(path.read_text("utf-8").replace("333.34", "三百万"), "utf-8")
    result = run("evaluate", *consortium, *POLICY, "--format", "jsonl")
    first = json.loads(result.stdout.splitlines()[0])
    assert first["outcome"] == "undetermined" and "没有处理" in first["remarks"][0]
    assert any("participants" in item["fact"] for item in first["missing"])


def test_the_tables_that_offices_pass_on(consortium: tuple[str, ...]) -> None:
    names = ["申报汇总表", "审核意见表", "拟公示名单", "资金拨付表", "未通过清单", "共同体分配表"]
    result = run(
        "evaluate", *consortium, *POLICY, "-o", "表.xlsx", *(w for name in names for w in ("--report", name))
    )
    assert result.exit_code == 0, result.output
    book = openpyxl.load_workbook("表.xlsx")
    assert book.sheetnames == [*names, "未处理", "版本"]
    pages = {name: list(book[name].iter_rows(values_only=True)) for name in names}
    paid = [(row[1], row[-2], row[-1]) for row in pages["资金拨付表"][1:]]
    assert paid[0][0] == "甲" and paid[1][0] == "乙" and paid[0][2].endswith(("整", "分"))
    shares = [row[-2] for row in pages["共同体分配表"][1:]]
    assert [amount for _, amount, _ in paid] == shares
    assert sum(Decimal(str(share)) for share in shares) == 233_334
    refused = pages["未通过清单"][1]
    assert "信用" in refused[-3] and "信用良好" in refused[-1]
    marks = {row[-1] for row in pages["审核意见表"][1:]}
    assert {"符合", "不符合"} <= marks


def test_personal_facts_do_not_leave_the_office(consortium: tuple[str, ...]) -> None:
    for name in ("申报汇总表", "拟公示名单", "资金拨付表", "未通过清单", "共同体分配表"):
        result = run("evaluate", *consortium, *POLICY, "-o", "一张.csv", "--report", name)
        assert result.exit_code == 0, result.output
        text = Path("一张.csv").read_text("utf-8-sig")
        assert "违法违规的日期" not in text and "2015" not in text


def test_a_result_explains_its_rows_later(consortium: tuple[str, ...]) -> None:
    assert run("evaluate", *consortium, *POLICY, "-o", "结果.xlsx").exit_code == 0
    later = run("explain", "结果.xlsx", "--row", "2")
    assert later.exit_code == 0 and later.stdout == run("explain", *consortium, *POLICY, "--id", "G1").stdout
    path = Path("企业.csv")
    path.write_text(path.read_text("utf-8").replace("A类", "B类"), "utf-8")
    changed = run("explain", "结果.xlsx", "--row", "2")
    assert changed.exit_code == 3 and "企业.csv" in changed.stderr
    assert run("explain", "结果.xlsx", "--row", "9").exit_code == 2


def test_results_in_english(consortium: tuple[str, ...]) -> None:
    result = run("evaluate", *consortium, *POLICY, "-o", "result.xlsx", "--lang", "en")
    assert result.exit_code == 0 and "2 rows = 2 decided + 0 set aside + 0 blank" in result.stderr
    book = openpyxl.load_workbook("result.xlsx")
    assert book.sheetnames == [
        "decisions",
        "explanations",
        "results",
        "programs",
        "clauses",
        "findings",
        "set aside",
        "terms",
        "version",
    ]
    later = run("explain", "result.xlsx", "--row", "2", "--lang", "en")
    assert later.exit_code == 0 and "granted" in later.stdout


def test_parquet_says_the_same_as_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    duckdb.sql(
        f"COPY (SELECT 'P1' AS 编号, '甲公司' AS 申报企业, DATE '2021-06-01' AS 申报受理日期, 1234.56 AS \"设备投资额（价税合计，万元）\") TO '{tmp_path}/申报.parquet'"
    )
    result = run("evaluate", "申报.parquet", *POLICY, "--format", "jsonl")
    assert result.exit_code == 0, result.output
    (line,) = (json.loads(line) for line in result.stdout.splitlines())
    assert line["declared_on"] == "2021-06-01" and line["outcome"] == "undetermined"
    assert run("evaluate", "没有.parquet", *POLICY).exit_code == 2


def test_parquet_has_the_columns_of_csv_with_their_types(tmp_path: Path) -> None:
    database = pytest.importorskip("duckdb")
    for name in ("out.parquet", "out.csv"):
        done = run("evaluate", "examples/申报汇总.csv", "-o", str(tmp_path / name))
        assert done.exit_code == 0
    rows = database.sql(f"SELECT * FROM '{tmp_path / 'out.parquet'}'").fetchall()
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *texts = csv.reader(file)
    names = [
        row[0] for row in database.sql(f"DESCRIBE SELECT * FROM '{tmp_path / 'out.parquet'}'").fetchall()
    ]
    assert (names, len(rows)) == (head, len(texts))
    amount, day = head.index("金额（元）"), head.index("受理日期")
    assert [(row[amount], row[day]) for row in rows if row[amount]] == [
        (Decimal(text[amount]), date.fromisoformat(text[day])) for text in texts if text[amount]
    ]
