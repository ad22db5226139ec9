"""Files read by the database itself: exact money from text, every row staged or set aside with its reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from policyengine.columns import engine, files
from policyengine.columns.files import FileColumn, FileSource, SetAside
from tests import mini
from tests.columns import connection
from tests.support import yanzhou
from tests.test_columns_traps import AWARD, POLICY

UNITS = {"money": "万元"}


def source(path: Path, kind: str, headers: list[str], units: dict[str, str] = UNITS) -> FileSource:
    """A file whose headers are the staged names."""
    facts = yanzhou().policy.facts
    columns = {h: FileColumn(h, units.get(facts[h].type.kind, "") if h in facts else "") for h in headers}
    return FileSource(path, columns)


def csv(folder: Path, kind: str, text: str, units: dict[str, str] = UNITS) -> FileSource:
    path = folder / f"{kind}.csv"
    lines = [line.strip() for line in text.strip().splitlines()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return source(path, kind, lines[0].split(","), units)


ENTERPRISE = """id,credit_code,registered_in_yanzhou,is_independent_legal_person,sound_management,good_credit,last_major_violation_on,output_grade,on_cultivation_list
    E1,A1,是,是,是,true,无,A类,否
    E2,A2,是,是,是,是,2021-05-01,D,false
"""
PROJECT = "id,applicant,project_code,declared_on,program_applied,declared_order,quota_exception_approved,approved_or_filed,in_statistics_platform,is_industrial_upgrade,equipment_investment,equipment_investment_net,robot_investment,robot_investment_net,software_hardware_investment,software_hardware_investment_net,first_invoice_on,last_invoice_on"
GOOD = "2021-06-01,{program},1,否,是,是,是,{cost},1,0,0,0,0,2021-01-01,2021-02-01"


def project(id_: str, cost: str, applicant: str = "E1", program: str = "equipment") -> str:
    return f"{id_},{applicant},C-{id_}," + GOOD.format(cost=cost, program=program)


def decided(folder: Path, *rows: str, empty: bool = True) -> tuple[dict[str, int | None], list[SetAside]]:
    """What comes of project rows; the other kinds have no row."""
    sources = {
        "enterprise": csv(folder, "enterprise", ENTERPRISE),
        "project": csv(folder, "project", "\n".join([PROJECT, *rows])),
    }
    for kind, header in (
        ("participation", "id,project,member"), ("support", "id,project,participation"), ("earlier_award", "id,applicant"),
    ) if empty else ():  # fmt: skip
        sources[kind] = csv(folder, kind, header)
    batch = engine.decide_files(yanzhou(), sources)
    return {line.id: line.amount for line in batch.lines()}, list(files.set_aside(batch.connection))


def test_one_project_under_two_ids_is_set_aside_and_a_blank_code_is_no_duplicate(tmp_path: Path) -> None:
    rows = [project(id_, "800万元", "E1") for id_ in ("P1", "P2", "P3", "P4")]
    rows[1] = rows[1].replace("C-P2", "C-P1")
    rows[2], rows[3] = rows[2].replace("C-P3", ""), rows[3].replace("C-P4", "").replace("E1", "E2")
    amounts, aside = decided(tmp_path, *rows)
    assert {(a.row, a.id, a.code, a.text) for a in aside} == {
        (1, "P1", "not-unique", "C-P1"),
        (2, "P2", "not-unique", "C-P1"),
    }
    assert set(amounts) == {"P3", "P4"}


@pytest.mark.parametrize(
    ("cell", "fen"),
    [("1000", 31_500_000 - 1_500_000 + 10_000_000), ("500", 20_000_000), ("500.0050", 20_000_200), ("1234.567899", 49_382_716), ("600万元", 24_000_000), ("6000000元", 24_000_000)],
)  # fmt: skip
def test_money_is_read_as_text_to_the_fen(tmp_path: Path, cell: str, fen: int) -> None:
    found, aside = decided(tmp_path, project("P1", cell))
    assert aside == []
    assert found == {"P1": fen}


@pytest.mark.parametrize("cents", range(0, 100, 7))
def test_every_hundredth_survives(tmp_path: Path, cents: int) -> None:
    """`int(x * 100)` of a float loses one of a hundred in 6 % of these."""
    database = connection()
    rows = [f"T{i},2021-06-01,{n // 100}.{n % 100:02d}" for i, n in enumerate(range(cents, 10**6, 9973))]
    path = tmp_path / "thing.csv"
    path.write_text("\n".join(["id,declared_on,paid", *rows]), "utf-8")
    made = mini.mini(POLICY, AWARD.format(formula="paid"))
    columns = {
        "id": FileColumn("id"),
        "declared_on": FileColumn("declared_on"),
        "paid": FileColumn("paid", "元"),
    }
    assert files.stage(database, made.plans, {"thing": FileSource(path, columns)}) == 0
    got = [paid for (paid,) in database.execute('SELECT paid FROM thing ORDER BY "id"').fetchall()]
    assert sorted(got) == list(range(cents, 10**6, 9973))


BAD = [
    ("500.0000001", "too-many-decimals"), ("1e3", "not-a-quantity"), ("１０００", "not-a-quantity"), ("1,000", "not-a-quantity"),
    ("1000001", "fact-out-of-range"), ("-1", "fact-out-of-range"), ("无", "none-not-allowed"), ("五百", "not-a-quantity"), ("+5", "not-a-quantity"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "code"), BAD)
def test_a_bad_cell_sets_its_row_aside_and_no_other(tmp_path: Path, cell: str, code: str) -> None:
    found, aside = decided(tmp_path, project("P1", "1000", applicant="E2"), project("P2", f'"{cell}"'))
    assert [(a.kind, a.row, a.id, a.header, a.code) for a in aside] == [
        ("project", 2, "P2", "equipment_investment", code)
    ]
    assert aside[0].text == cell
    assert list(found) == ["P1"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (project("P2", "1000", applicant="E9"), "unknown-reference"), (project("P2", "1000", applicant=""), "reference-missing"),
        (project("P2", "1000", program="robots"), "unknown-choice"), (project("P2", "1000").replace("2021-06-01", "2021-6-1"), "not-a-date"),
        (project("P2", "1000").replace("2021-06-01", "2021-02-30"), "not-a-date"), (project("P2", "1000").replace(",否,", ",no,"), "not-yes-or-no"),
        (project("", "1000"), "bad-id"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_has_its_code(tmp_path: Path, row: str, code: str) -> None:
    found, aside = decided(tmp_path, project("P1", "1000", applicant="E2"), row)
    assert [a.code for a in aside] == [code]
    assert list(found) == ["P1"]


def test_all_copies_of_an_id_are_set_aside_and_what_refers_to_them(tmp_path: Path) -> None:
    found, aside = decided(tmp_path, project("P1", "1000"), project("P1", "900"), project("P3", "800"))
    assert [(a.row, a.code) for a in aside] == [(1, "duplicate-entity"), (2, "duplicate-entity")]
    assert list(found) == ["P3"]


def test_a_blank_is_unknown_and_a_missing_file_leaves_its_relations_open(tmp_path: Path) -> None:
    found, aside = decided(tmp_path, project("P1", ""), project("P2", "1000", applicant="E2"))
    assert (found, aside) == ({"P1": None, "P2": 0}, [])
    found, _ = decided(tmp_path, project("P1", "1000"), empty=False)
    assert found == {"P1": None}


def test_parquet_with_its_own_types_is_the_same(tmp_path: Path) -> None:
    wanted, _ = decided(tmp_path, project("P1", "1234.567899"), project("P2", "800", applicant="E2"))
    database = connection()
    for kind in ("enterprise", "project"):
        database.execute(
            f"CREATE TABLE {kind} AS SELECT * FROM read_csv('{tmp_path / kind}.csv', all_varchar = TRUE)"
        )
    database.execute("ALTER TABLE project ALTER equipment_investment TYPE DECIMAL(18, 6)")
    database.execute("ALTER TABLE project ALTER declared_on TYPE DATE")
    database.execute("ALTER TABLE project ALTER robot_investment TYPE INTEGER")
    sources = {}
    for kind in ("enterprise", "project"):
        database.execute(f"COPY {kind} TO '{tmp_path / kind}.parquet'")
        names = [row[0] for row in database.execute(f"DESCRIBE {kind}").fetchall()]
        sources[kind] = source(tmp_path / f"{kind}.parquet", kind, names)
    for kind, header in (
        ("participation", "id,project,member"),
        ("support", "id,project"),
        ("earlier_award", "id,applicant"),
    ):
        sources[kind] = csv(tmp_path, kind, header)
    batch = engine.decide_files(yanzhou(), sources)
    assert {line.id: line.amount for line in batch.lines()} == wanted
    engine.write(batch, str(tmp_path / "decided.parquet"))
    assert database.execute(f"SELECT count(*) FROM '{tmp_path / 'decided.parquet'}'").fetchall() == [(2,)]
    assert batch.values("enterprise.total_received") == {"E1": Decimal("493827.16"), "E2": Decimal(0)}
