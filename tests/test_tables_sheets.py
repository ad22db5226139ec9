"""The workbook of results beyond its answers: explanations with links, findings, caps, Parquet, and how far a run is."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from policyengine.cli.progress import Bar
from policyengine.tables import told
from tests.test_tables_results import GOOD, HEAD, POLICY, SHEETS, run

A = GOOD.replace(",B,否,", ",A,是,")
ROWS = f"""{HEAD},发票号码
P1,甲公司,{GOOD},504.99,无,无,,F1、F2
P2,乙公司,{GOOD},9000,无,无,,F2
P3,丙公司,{A},505.01,无,无,,
P4,甲公司,{GOOD},499,无,无,,
P5,丁公司,{GOOD},800,无,无,,F7
P6,丁公司,{A},800,无,无,,F8
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table that has something of everything, and the command run there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "申报.csv").write_text(ROWS, "utf-8")
    return tmp_path


def book(*arguments: str) -> openpyxl.Workbook:
    result = run("evaluate", *(arguments or ("申报.csv",)), "-o", "结果.xlsx", *POLICY)
    assert result.exit_code == 0, result.output
    return openpyxl.load_workbook("结果.xlsx")


def test_every_row_leads_to_its_explanation_and_back(folder: Path) -> None:
    found = book()
    details, blocks = found["明细"], found["逐笔说明"]
    for row in range(2, details.max_row + 1):
        cell = details.cell(row, 2)
        sheet, _, at = cell.hyperlink.location.partition("!")
        head = blocks[at]
        assert sheet == "'逐笔说明'" and head.value == cell.value
        assert str(blocks.cell(head.row, 2).value).startswith(cell.value)
        assert head.hyperlink.location == f"'明细'!B{row}"
    assert details.max_row == 5


def test_an_explanation_says_what_explain_says(folder: Path) -> None:
    lines = [(row[1], row[2]) for row in book()["逐笔说明"].iter_rows(min_row=2, values_only=True) if row[1]]
    start = next(i for i, (text, _) in enumerate(lines) if text.startswith("P2："))
    own = lines[start : next(i for i, (t, _) in enumerate(lines) if t.startswith("P3："))]
    printed = run("explain", "申报.csv", "--id", "P2", "--depth", "steps", *POLICY).stdout
    assert own[0][0] == printed.splitlines()[0].strip()
    assert all(word in printed for text, _ in own for word in text.split("　") if text)
    assert ("设备投资额达到起点", "四、政策支持 > 1.装备升级奖补 第1句") in own


def test_beyond_the_limit_the_sheet_says_how_to_get_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "MOST", 2)
    found = book()
    note = found["逐笔说明"]["B2"].value
    assert "共4件，这里只写前2件" in note and "policyengine explain" in note and "--id" in note
    linked = [found["明细"].cell(row, 2).hyperlink is not None for row in range(2, 6)]
    assert linked == [True, True, False, False]


def findings(found: openpyxl.Workbook) -> list[tuple[str, str, str | None]]:
    """Of each finding its code, where it is, and its clause."""
    rows = list(found["核查提示"].iter_rows(min_row=2, values_only=True))
    found_: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        found_.setdefault(str(row[0]), []).append(row)
    assert all(row[1] == len(found_[str(row[0])]) for row in rows)
    return [
        (str(of[0][6]), "、".join(f"第{row[3]}行{row[4] or ''}" for row in of), str(of[0][5] or "") or None)
        for of in found_.values()
    ]


def test_what_to_look_at_has_rows_and_clauses(folder: Path) -> None:
    assert findings(book()) == [
        ("several-in-a-group", "第2行P1、第5行P4", "五、3.第1句"),
        ("same-number", "第2行P1、第3行P2", None),
        ("close-to-threshold", "第2行P1", "四、1.第1句"),
        ("bonus-without-evidence", "第4行P3", "四、4.第1句、四、4.第2句"),
        ("bonus-without-evidence", "第4行P3", "四、4.第1句"),
        ("rows-disagree", "第6行、第7行", None),
        ("rows-disagree", "第6行、第7行", None),
    ]
    told_ = run("evaluate", "申报.csv", *POLICY).stdout
    assert "核查  “发票号码”F2在2行里都有：第2行P1、第3行P2" in told_


@pytest.mark.parametrize(("share", "close"), [("333.34", True), ("346.92", True), ("347.00", False)])
def test_a_share_within_one_point_of_its_limit_is_said(folder: Path, share: str, close: bool) -> None:
    for name, text in zip(SHEETS[::2], SHEETS[1::2], strict=True):
        (folder / name).write_text(text.replace("333.34", share), "utf-8")
    found = findings(book(*SHEETS[::2]))
    assert (("close-to-share", "第2行G1", "四、3.第2句") in found) is close


def test_caps_that_bound_are_counted_by_program_and_by_clause(folder: Path) -> None:
    found = book()
    programs = list(found["分项汇总"].iter_rows(values_only=True))
    assert programs[0][9] == "其中封顶（件）" and programs[1][9] == 1
    capped = [row for row in found["分条款汇总"].iter_rows(values_only=True) if "封顶：" in str(row[1])]
    assert [(row[0], row[2], row[4]) for row in capped] == [("四、1.第1句", 1, "P2")]


def test_parquet_has_the_columns_of_csv_with_types(folder: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    for name in ("结果.csv", "结果.parquet"):
        assert run("evaluate", "申报.csv", "-o", name, *POLICY).exit_code == 0
    rows = list(csv.reader(io.StringIO((folder / "结果.csv").read_text("utf-8-sig"))))
    relation = duckdb.read_parquet(str(folder / "结果.parquet"))
    assert relation.columns == rows[0]
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert types["金额（元）"].startswith("DECIMAL") and types["金额（元）"].endswith("2)")
    assert (types["受理日期"], types["原表行号"]) == ("DATE", "BIGINT")
    first = dict(zip(relation.columns, relation.fetchall()[1], strict=True))
    assert (first["金额（元）"], first["受理日期"]) == (Decimal(1_000_000), date(2021, 6, 1))
    assert len(relation.fetchall()) == len(rows) - 1
    assert (folder / "结果.未处理.csv").exists()


def test_how_far_it_is_shows_speed_and_time_left_and_is_wiped_away() -> None:
    now = iter([0, 500, 2_000, 2_100, 4_000])
    out = io.StringIO()
    bar = Bar(out, "zh", lambda: next(now))
    for done in (10, 50, 60, 100):
        bar(done, 400)
    drawn = out.getvalue().split("\r")[1:]
    assert len(drawn) == 2  # not at once, and not at every row
    assert "50/400行  每秒26行  还要0:13" in drawn[0] and "100/400行  每秒25行  还要0:11" in drawn[1]
    bar.wipe()
    assert out.getvalue().endswith("\r\x1b[K")


def test_rows_decided_once_more_are_timed_from_their_beginning() -> None:
    now = iter([0, 60_000, 70_000, 80_000, 90_000])
    out = io.StringIO()
    bar = Bar(out, "zh", lambda: next(now))
    for done in (1, 101, 1, 201):
        bar(done, 401)
    drawn = out.getvalue().split("\r")[1:]
    assert len(drawn) == 2  # of a first row nothing follows
    assert "101/401行  每秒10行  还要0:30" in drawn[0] and "201/401行  每秒20行  还要0:10" in drawn[1]


def test_steps_by_column_are_counted() -> None:
    now = iter([0, 500, 2_000])
    out = io.StringIO()
    bar = Bar(out, "zh", lambda: next(now))
    bar.steps(1, 4)
    bar.steps(2, 4)
    assert out.getvalue().split("\r")[1:] == ["按列认定 ████████████············ 第2步，共4步\x1b[K"]


def test_nothing_is_drawn_where_there_is_no_terminal(folder: Path) -> None:
    assert "\r" not in run("evaluate", "申报.csv", *POLICY).stderr
