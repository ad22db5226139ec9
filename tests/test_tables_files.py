"""What files may be like: encodings, workbooks of other writers, hostile ones, headers, and the workbook to fill in."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from policyengine import api
from policyengine.asked import asked
from policyengine.case import Case
from policyengine.diagnostics import CaseError
from policyengine.tables.book import write_book
from policyengine.tables.cells import Cell, letters, number_text
from policyengine.tables.form import NO, NONE, SOME, YES, FormSheet, form
from policyengine.tables.form_book import write_form
from policyengine.tables.headers import Names, Target, split_unit
from policyengine.tables.pages import Column, Page
from policyengine.tables.read import How, Input, read_how, read_tables
from policyengine.tables.rows import assemble
from policyengine.tables.sample import sample
from policyengine.tables.workbook import read_sheets, titles
from policyengine.values import ABSENT, Units
from tests.support import ROOT, yanzhou
from tests.test_tables import base, run
from tests.workbooks import workbook

ROWS = "编号,申报企业,投资额（万元）\nP1,甲公司,800\nP2,乙公司,900\n"


def notes(files: dict[str, bytes], how: How | None = None) -> list[str]:
    seen = run(base(), files, how)
    assert seen.batch is not None, seen.found
    return [label.zh for _, label in seen.batch.tables.notes]


# --- text ---


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (ROWS.encode(), "编码 UTF-8"),
        (ROWS.encode("utf-8-sig"), "编码 UTF-8（带BOM）"),
        (ROWS.encode("gb18030"), "编码 GB18030"),
        (ROWS.encode("utf-16"), "编码 UTF-16（带BOM）"),
        (ROWS.replace("\n", "\r\n").encode(), "编码 UTF-8"),
    ],
)
def test_the_encoding_is_found_and_said(data: bytes, told: str) -> None:
    seen = run(base(), {"项目.csv": data})
    assert seen.batch is not None and len(seen.batch.done) == 2
    assert told in notes({"项目.csv": data})


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode() + "丙公司".encode("gbk"),
        "id,nom\n1,société\n2,\u00ff\u00fe\n".encode("latin-1"),
        ROWS.encode("big5", "ignore"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_refused(data: bytes) -> None:
    seen = run(base(), {"项目.csv": data})
    assert [d.code for d in seen.found] == ["table-encoding"]


def test_a_cell_or_row_of_absurd_size_is_refused() -> None:
    for data in (ROWS + f"P3,{'长' * 40_000},1\n", ROWS + "P3," + "," * 2_000 + "\n"):
        assert [d.code for d in run(base(), {"项目.csv": data.encode()}).found] == ["table-too-big"]


def test_tsv_and_json_lines_say_the_same_as_csv() -> None:
    lines = '{"编号": "P1", "申报企业": "甲公司", "投资额（万元）": 800}\n\n{"编号": "P2", "申报企业": "乙公司", "投资额（万元）": 900}\n'
    made = [run(base(), files).batch for files in ({"项目.csv": ROWS.encode()}, {"项目.tsv": ROWS.replace(",", "\t").encode()}, {"项目.jsonl": lines.encode()})]  # fmt: skip
    answers = [
        [(d.decision.subject.id, d.decision.outcome, d.decision.amount) for d in b.done] for b in made if b
    ]
    assert len(answers) == 3 and answers[0] == answers[1] == answers[2]


# --- workbooks ---


def test_numbers_are_what_was_typed() -> None:
    assert number_text("1.1000000000000001") == "1.1"
    assert number_text("8.0000000000000004E-2") == "0.08"
    assert number_text("1E+3") == "1000"
    assert (
        number_text("0.30000000000000004") == "0.30000000000000004"
    )  # computed, not typed: too many decimals for money
    for wrong in ("1E400", "NaN", "1_0", "", "0x1F", "inf"):
        with pytest.raises(ValueError):
            number_text(wrong)


def test_every_kind_of_cell_is_read() -> None:
    data = workbook(
        {"表": '文|12|2021-06-01|#N/A|=A1|=A1 → 3|{0.03|0.00%}|{8|0.0"万"}|{44348.5|yyyy/m/d}|\'007'}
    )
    (sheet,) = read_sheets(data, "x.xlsx", ["表"])
    assert list(sheet.rows[0].cells.values()) == [
        Cell("text", "文"), Cell("number", "12"), Cell("date", "2021-06-01"), Cell("error", "#N/A"), Cell("formula", "（公式）", formula=True),
        Cell("number", "3", formula=True), Cell("number", "3%"), Cell("number", "8", "万"), Cell("date", "2021-06-01（带时刻）"), Cell("text", "007"),
    ]  # fmt: skip


def test_both_calendars_of_workbooks_are_honoured() -> None:
    for epoch, day in ((False, "2021-06-01"), (True, "2025-06-02")):
        (sheet,) = read_sheets(workbook({"表": "2021-06-01"}, epoch_1904=epoch), "x.xlsx", ["表"])
        assert sheet.rows[0].cells[1].text == day


def test_a_workbook_of_another_writer_reads_the_same() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "项目"
    for row in (
        ["编号", "申报企业", "申报日期", "投资额（万元）"],
        ["P1", "甲公司", date(2021, 6, 1), 1234.56],
        ["P2", "乙公司", None, 0.1],
        ["P3", "丙公司", None, True],
    ):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    out = io.BytesIO()
    book.save(out)
    seen = run(base(), {"汇总.xlsx": out.getvalue()})
    assert seen.batch is not None
    case = seen.batch.decided.world.case
    assert case.entities["project"]["P1"].facts["investment"].value == Decimal("12345600")
    assert case.entities["project"]["P1"].facts["declared_on"].value == date(2021, 6, 1)
    assert case.entities["project"]["P2"].facts["investment"].value == 1_000
    assert [d.code for d in seen.found] == ["not-a-quantity"]
    assert "隐藏的行也算在内：第3行" in notes({"汇总.xlsx": out.getvalue()})


def test_formulas_with_results_and_title_rows_are_said() -> None:
    told = notes(
        {
            "汇总.xlsx": workbook(
                {"项目": "2021年申报汇总表\n编号|申报企业|投资额（万元）\nP1|甲公司|=A1 → 800"}
            )
        }
    )
    assert any("1格是公式" in note for note in told) and any("表头在第2行" in note for note in told)


def cell_at_the_end() -> bytes:
    xml = '<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>编号</t></is></c><c r="B1" t="inlineStr"><is><t>申报企业</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    return workbook({"项目": "编号"}, {"xl/worksheets/sheet1.xml": xml})


def test_a_cell_at_the_end_of_a_sheet_costs_one_row() -> None:
    seen = run(base(), {"汇总.xlsx": cell_at_the_end()})
    assert [d.code for d in seen.found] == ["table-beyond-header"] and seen.batch is not None
    (account,) = seen.batch.accounts
    assert account.adds_up and (account.rows, account.rejected, account.blank) == (1_048_575, 1, 1_048_574)


def zip_bomb() -> bytes:
    text = "<worksheet><sheetData>" + "<row/>" * 8_000_000 + "</sheetData></worksheet>"
    return workbook({"项目": "编号"}, {"xl/worksheets/sheet1.xml": text})


def with_entities(kind: str) -> bytes:
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a {kind}>]>'
    return workbook({"项目": "编号"}, {"xl/worksheets/sheet1.xml": f"{head}<worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>"})  # fmt: skip


def twice_the_same_part() -> bytes:
    out = io.BytesIO(workbook({"项目": "编号"}))
    with pytest.warns(UserWarning), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


def wrong_checksum() -> bytes:
    data = bytearray(workbook({"项目": "编号|申报企业\nP1|甲"}))
    at = data.index(b"PK\x01\x02") + 16
    data[at : at + 4] = struct.pack("<I", 7)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (zip_bomb, "恶意"),
        (lambda: with_entities('"b"'), "实体"),
        (lambda: with_entities('SYSTEM "file:///etc/passwd"'), "实体"),
        (twice_the_same_part, "重名"),
        (wrong_checksum, "损坏"),
        (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "旧版"),
        (lambda: b"PK\x03\x04" + bytes(100), "损坏"),
        (lambda: workbook({"项目": "编号"}, {"xl/workbook.xml": "<workbook><sheets/>"}), "XML"),
        (lambda: workbook({"项目": "编号"}, {"xl/worksheets/sheet1.xml": f"<worksheet><sheetData><row><c t='inlineStr'><is><t>{'a' * 40_000}</t></is></c></row></sheetData></worksheet>"}), "太长"),
        (lambda: workbook({"项目": "编号"}, {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row r='2'/><row r='2'><c><v>1</v></c></row><row r='2'/></sheetData></worksheet>"}), "两次"),
    ],
)  # fmt: skip
def test_hostile_workbooks_are_refused_in_words(data: object, told: str) -> None:
    seen = run(base(), {"汇总.xlsx": data()})  # type: ignore[operator]
    assert [d.code for d in seen.found] == ["table-unreadable"], seen.found
    assert told in seen.found[0].message()


def test_more_cells_than_a_table_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyengine.tables.sheetxml.MAX_CELLS", 5)
    data = workbook({"项目": "编号|申报企业\nP1|甲\nP2|甲"})
    assert "太多" in run(base(), {"汇总.xlsx": data}).found[0].message()


def test_every_cell_is_what_another_reader_sees() -> None:
    plans = yanzhou()
    pages = sample(plans, asked(plans.last), 30, random.Random(7).randrange)
    data = write_book(pages, "x", {})
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in read_sheets(data, "x", [page.title for page in pages]):
        theirs = book[sheet.title]
        assert len(sheet.rows) == theirs.max_row
        for row in sheet.rows:
            for column in range(1, theirs.max_column + 1):
                value = theirs.cell(row.number, column).value
                cell = row.cells.get(column)
                assert (cell is None) == (value is None)
                if isinstance(value, datetime):
                    assert cell == Cell("date", value.date().isoformat())
                elif isinstance(value, int | float):
                    assert cell is not None and Decimal(cell.text) == Decimal(repr(value))
                elif cell is not None:
                    assert cell == Cell("text", str(value))


# --- headers ---


def test_units_of_headers() -> None:
    units = Units()
    for header, rest, unit in (
        ("投资额（万元）", "投资额", "万元"), ("投资额(元)", "投资额", "元"), ("投资额（价税合计，万元）", "投资额（价税合计）", "万元"),
        ("投资额（价税合计）", "投资额（价税合计）", ""), ("投资额（单位：万元）", "投资额", "万元"), ("投资额", "投资额", ""),
    ):  # fmt: skip
        found = split_unit(header, units)
        assert (found[0], found[1].name if found[1] else "") == (rest, unit)


def test_labels_names_and_qualified_names_mean_the_same() -> None:
    names = Names(yanzhou().policy, "project")
    wanted = (Target("fact", "enterprise", "is_sme", "applicant"),)
    for header in (
        "属于中小企业",
        "is_sme",
        "企业.属于中小企业",
        "enterprise.is_sme",
        "申报企业.is_sme",
        " 属于 中小企业*",
    ):
        assert names.find(header) == wanted, header
    assert names.find("申报企业") == names.find("企业编号") == (Target("reference", "project", "applicant"),)
    members = Names(yanzhou().policy, "participation")
    assert members.find("成员企业.属于中小企业") == (Target("fact", "enterprise", "is_sme", "member"),)


def test_with_and_without_tax_is_never_chosen() -> None:
    table = "统一社会信用代码,设备投资额（万元）\nC1,800\n"
    seen = run(yanzhou(), {"申报.csv": table.encode()})
    (d,) = seen.found
    assert d.code == "table-ambiguous-column"
    assert "设备投资额（价税合计）、设备投资额（不含税）" in d.message()
    assert "--map '设备投资额（万元）=设备投资额（价税合计）'" in d.help()
    how = How(columns=_said("设备投资额（万元）=设备投资额（价税合计）"))
    again = run(yanzhou(), {"申报.csv": table.encode()}, how)
    assert again.batch is not None
    (project,) = again.batch.decided.world.case.entities["project"].values()
    assert project.facts["equipment_investment"].value == 8_000_000


def _said(*texts: str) -> object:
    from policyengine.tables.headers import Said, said_by

    return Said(dict(said_by(texts)))


def test_near_headers_are_offered_and_other_columns_carried() -> None:
    told = notes({"项目.csv": "编号,申报企业,投资额度（万元）,备注\nP1,甲,1,好\n".encode()})
    assert any("“投资额度（万元）”没有对上" in note and "投资额" in note for note in told)
    assert any("照抄不算的列：投资额度（万元）、备注" in note for note in told)


# --- options ---


def project(files: dict[str, bytes], how: How, id_: str = "P1") -> object:
    seen = run(base(), files, how)
    assert seen.batch is not None, seen.found
    return seen.batch.decided.world.case.entities["project"][id_]


def test_a_mapping_file_and_the_command_say_what_columns_are() -> None:
    data = "汇总\n号,企业,金额,投资额（万元）\nP1,甲,800万元,5\n".encode()
    text = (
        "columns:\n  号: 编号\n  企业: 申报企业\n  金额: investment\n  投资额（万元）: 不用\nheader_row: 2\n"
    )
    how = read_how(text.encode(), "对应.yaml", How())
    assert project({"x.csv": data}, how).facts["investment"].value == 8_000_000  # type: ignore[attr-defined]
    other = read_how(text.encode(), "对应.yaml", How(columns=_said("投资额（万元）=investment", "金额=-")))
    assert project({"x.csv": data}, other).facts["investment"].value == 50_000  # type: ignore[attr-defined]


def test_a_sheet_may_be_named_and_said_what_it_holds() -> None:
    data = workbook(
        {"2022": "编号|申报企业\nP1|甲", "名单": "编号|中小企业\n甲|是", "草稿": "编号|申报企业\nP9|乙"}
    )
    how = How(sheets={"2022": "", "名单": "企业"})
    seen = run(base(), {"汇总.xlsx": data}, how)
    assert seen.batch is not None
    case = seen.batch.decided.world.case
    assert list(case.entities["project"]) == ["P1"]
    assert case.entities["enterprise"]["甲"].facts["is_sme"].value is True
    assert any("没有读的表：草稿" in label.zh for _, label in seen.batch.tables.notes)


def test_a_kind_that_is_complete_has_no_members_that_are_not_listed() -> None:
    data = {"项目.csv": b"id,applicant\nP1,A\n"}
    assert "members" not in project(data, How()).closed  # type: ignore[attr-defined]
    assert "members" in project(data, How(complete=("成员",))).closed  # type: ignore[attr-defined]
    assert [d.code for d in run(base(), data, How(complete=("会员",))).found] == ["unknown-kind"]


def test_references_may_name_a_code_instead_of_an_id() -> None:
    plans = yanzhou()
    files = {
        "企业.csv": "编号,统一社会信用代码\n甲,虚构001\n".encode(),
        "申报项目.csv": "编号,申报企业\nP1,虚构001\nP2,甲\n".encode(),
    }
    seen = run(plans, files)
    assert seen.batch is not None and seen.found == []
    projects = seen.batch.decided.world.case.entities["project"]
    assert {p.references["applicant"] for p in projects.values()} == {"甲"}


def test_one_firm_under_two_names_is_not_two_firms() -> None:
    table = "编号,申报企业,统一社会信用代码\nP1,甲公司,虚构001\nP2,甲有限公司,虚构001\nP3,乙公司,虚构002\n"
    seen = run(yanzhou(), {"申报.csv": table.encode()})
    assert [d.code for d in seen.found] == ["table-code-twice", "table-code-twice"]
    assert "甲公司、甲有限公司" in seen.found[0].message()
    assert seen.batch is not None and [d.decision.subject.id for d in seen.batch.done] == ["P3"]


# --- the workbook to fill in ---


def filled(sheets: tuple[FormSheet, ...], case: Case, blank: bytes) -> bytes:
    """The blank workbook with a case written into it, as a person would."""
    book = openpyxl.load_workbook(io.BytesIO(blank))
    policy = yanzhou().policy
    for made in sheets:
        sheet = book[made.title]
        for number, entity in enumerate(case.entities[made.kind].values(), 3):
            for column, c in enumerate(made.columns, 1):
                t = c.target
                value: object = None
                if t.use == "id":
                    value = entity.id.replace("/", "-")
                elif t.use == "reference":
                    value = (entity.references.get(t.name) or "").replace("/", "-") or None
                elif t.use == "relation" and t.name in entity.closed:
                    child, reference = next((e.name, r) for e in policy.entities.values() for r in e.references.values() if r.inverse == t.name and r.to == made.kind)  # fmt: skip
                    members = [
                        m
                        for m in case.entities[child].values()
                        if m.references.get(reference.name) == entity.id
                    ]
                    value = SOME if members else NONE
                elif t.use == "fact" and t.name in entity.facts:
                    value = written(entity.facts[t.name].value, t.name, c.unit)
                if value is not None:
                    sheet[f"{letters(column)}{number}"] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def written(value: object, name: str, unit: str) -> object:
    fact = yanzhou().policy.facts[name]
    if value is ABSENT:
        return NONE
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal):
        return value / 10_000 if unit == "万元" else value
    return fact.options[value].zh if isinstance(value, str) and value in fact.options else value


@pytest.mark.parametrize("name", ["装备升级", "共同体", "不予支持", "待补材料"])
def test_a_filled_workbook_is_the_same_case_as_yaml(name: str) -> None:
    plans = yanzhou()
    path = ROOT / "examples" / f"{name}.yaml"
    (case,) = api.read_case(plans, path.read_bytes(), path.name).cases
    sheets = form(plans.policy, asked(plans.last), everything=True)
    data = filled(sheets, case, write_form(plans.policy, sheets, "x"))
    tables = read_tables(plans.policy, [Input("表.xlsx", data, "xlsx")], How(), frozenset())
    made = assemble(plans.policy, tables.parts, tables.complete, {})
    assert made.rejected == {}
    for kind, members in case.entities.items():
        again = made.case.entities[kind]
        assert [e.id.replace("/", "-") for e in members.values()] == list(again)
        for one, other in zip(members.values(), again.values(), strict=True):
            known = {n: g.value for n, g in one.facts.items() if g.value is not None}
            assert known == {n: g.value for n, g in other.facts.items()}
            assert one.closed == other.closed, (kind, one.id)


def test_the_blank_workbook_guides_the_hand() -> None:
    plans = yanzhou()
    sheets = form(plans.policy, asked(plans.last))
    data = write_form(plans.policy, sheets, "x")
    assert data == write_form(plans.policy, sheets, "x")
    assert [title for title, hidden in titles(data, "x") if not hidden] == [
        "填写说明",
        "企业",
        "申报项目",
        "共同体成员",
        "其它财政资金",
        "以前已得奖补",
    ]
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["申报项目"]
    heads = {cell.value: cell for cell in sheet[1]}
    money = heads["设备投资额（价税合计，万元）"]
    assert money.comment is not None and "增值税发票" in money.comment.text and "四.1/1" in money.comment.text
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    applied = next(r for r in rules.values() if r.type == "list" and "装备升级" in str(r.formula1))
    assert "信息化提升" in str(applied.formula1)
    assert sheet.freeze_panes == "B2" and sheet["A2"].value == "示例（虚构）"
    dates = heads["申报受理日期"].column_letter
    assert sheet[f"{dates}2"].is_date
    for made in sheets:
        assert len({column.header for column in made.columns}) == len(made.columns)


def test_an_example_row_is_no_application() -> None:
    plans = yanzhou()
    sheets = form(plans.policy, asked(plans.last))
    seen = run(plans, {"表.xlsx": write_form(plans.policy, sheets, "x")})
    assert seen.found == [] and seen.batch is not None and seen.batch.done == ()
    assert all(account.adds_up and account.examples == 1 for account in seen.batch.accounts)


def test_a_page_too_long_for_excel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyengine.tables.book.MAX_ROWS", 3)
    page = Page("明细", (Column("编号"),), (("P1",), ("P2",), ("P3",)))
    with pytest.raises(CaseError) as caught:
        write_book([page], "结果.xlsx", {})
    assert [d.code for d in caught.value.diagnostics] == ["table-too-long-for-excel"]
    assert write_book([replace(page, rows=page.rows[:2])], "结果.xlsx", {})


def test_without_the_library_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("policyengine.tables.book.find_spec", lambda name: None)
    with pytest.raises(CaseError) as caught:
        write_form(yanzhou().policy, (), str(tmp_path / "x.xlsx"))
    (d,) = caught.value.diagnostics
    assert d.code == "table-needs-extra" and "pip install 'policyengine-clauses[office]'" in d.help()
