"""Files read by the database itself: exact money from text and from typed columns, every row decided or set aside with its
reason, whatever is not plainly written left to the scalar reader."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from policyengine.bulk import answers
from policyengine.bulk.deciding import Asked, Bulk, NotByColumn, decide_bulk
from policyengine.bulk.writing import Writer
from policyengine.cli import cli
from policyengine.instances import Plans
from policyengine.tables.batch import Batch
from policyengine.tables.read import How, Input, format_of
from tests import mini
from tests.support import ROOT, yanzhou
from tests.test_columns_traps import AWARD, POLICY

ENTERPRISE = """id,credit_code,registered_in_yanzhou,is_independent_legal_person,sound_management,good_credit,last_major_violation_on,output_grade,on_cultivation_list
E1,A1,是,是,是,true,无,A类,否
E2,A2,是,是,是,是,2021-05-01,D,false
"""
PROJECT = "id,applicant,project_code,declared_on,program_applied,declared_order,quota_exception_approved,approved_or_filed,in_statistics_platform,is_industrial_upgrade,equipment_investment（万元）,equipment_investment_net（万元）,robot_investment（万元）,first_invoice_on,last_invoice_on"
GOOD = "2021-06-01,{program},1,否,是,是,是,{cost},1,0,2021-01-01,2021-02-01"
COMPLETE = ("participation", "support", "earlier_award")


def project(id_: str, cost: str, applicant: str = "E1", program: str = "equipment") -> str:
    return f"{id_},{applicant},C-{id_}," + GOOD.format(cost=cost, program=program)


def bulk(plans: Plans, folder: Path, complete: tuple[str, ...] = COMPLETE) -> Bulk:
    paths = sorted(folder.glob("*.*"))
    inputs = [Input(str(path), path.read_bytes(), format_of(path.name)) for path in paths]
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return decide_bulk(
        Asked(plans, tuple(inputs), How(complete=complete), frozenset(), {}, work), duckdb.connect
    )


def decided(folder: Path, *rows: str, complete: tuple[str, ...] = COMPLETE) -> Batch:
    (folder / "enterprise.csv").write_text(ENTERPRISE, "utf-8")
    (folder / "project.csv").write_text("\n".join([PROJECT, *rows]) + "\n", "utf-8")
    found = bulk(yanzhou(), folder, complete)
    batch = answers.batch(found)
    assert found.adds_up and batch.adds_up
    return batch


def amounts(batch: Batch) -> dict[str, object]:
    return {done.decision.subject.id: done.decision.amount for done in batch.done}


def aside(batch: Batch) -> list[tuple[str, int, str]]:
    return [(item.part.layout.kind, item.row.number, d.code) for item in batch.rejected for d in item.why]


@pytest.mark.parametrize(
    ("cell", "yuan", "plain"),
    [("1000", "400000", True), ("500", "200000", True), ("500.0050", "200002", True), ("1234.567899", "493827.16", True), ("600万元", "240000", True)],
)  # fmt: skip
def test_money_is_read_as_text_to_the_fen(tmp_path: Path, cell: str, yuan: str, plain: bool) -> None:
    batch = decided(tmp_path, project("P1", cell))
    assert amounts(batch) == {"P1": Decimal(yuan)}
    assert batch.by_columns == plain


@pytest.mark.parametrize("cents", range(0, 100, 7))
def test_every_hundredth_survives(tmp_path: Path, cents: int) -> None:
    """`int(x * 100)` of a float loses one of a hundred in 6 % of these."""
    wanted = list(range(cents, 10**6, 9973))
    rows = [f"T{i},2021-06-01,{n // 100}.{n % 100:02d}" for i, n in enumerate(wanted)]
    (tmp_path / "thing.csv").write_text("\n".join(["id,declared_on,paid（元）", *rows]), "utf-8")
    made = mini.mini(POLICY, AWARD.format(formula="paid"))
    found = bulk(made.plans, tmp_path, ())
    database = found.connection
    assert database.execute('SELECT count(*) FROM "cells thing" WHERE odd').fetchall() == [(0,)]
    assert sorted(paid for (paid,) in database.execute('SELECT paid FROM "draft thing"').fetchall()) == wanted


BAD = [
    ("500.0000001", "too-many-decimals"), ("1e3", "unknown-unit"), ("1000001", "fact-out-of-range"), ("-1", "fact-out-of-range"),
    ("无", "none-not-allowed"), ("五百", "not-a-quantity"), ("+5", "not-a-quantity"), ("600元", "table-unit-in-cell"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "code"), BAD)
def test_a_bad_cell_sets_its_row_aside_and_no_other(tmp_path: Path, cell: str, code: str) -> None:
    batch = decided(tmp_path, project("P1", "1000", applicant="E2"), project("P2", f'"{cell}"'))
    assert aside(batch) == [("project", 3, code)]
    assert list(amounts(batch)) == ["P1"]
    assert batch.by_columns == 1


@pytest.mark.parametrize("cell", ["１０００", '"1,000"', " 1000", "1000　", "1000\t", "　1000 "])
def test_what_is_written_in_another_way_is_read_by_the_scalar_reader_or_trimmed(
    tmp_path: Path, cell: str
) -> None:
    batch = decided(tmp_path, project("P1", "1000", applicant="E2"), project("P2", cell))
    assert (amounts(batch)["P2"], aside(batch)) == (Decimal(400000), [])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (project("P2", "1000", applicant="E9"), "unknown-reference"), (project("P2", "1000", applicant=""), "reference-missing"),
        (project("P2", "1000", program="robots"), "unknown-choice"), (project("P2", "1000").replace("2021-06-01", "2021-6-1"), "not-a-date"),
        (project("P2", "1000").replace("2021-06-01", "2021-02-30"), "not-a-date"), (project("P2", "1000").replace(",否,", ",no,"), "not-yes-or-no"),
        (project("P/2", "1000"), "bad-id"), (project("1.5E+17", "1000"), "table-number-as-text"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_has_its_code(tmp_path: Path, row: str, code: str) -> None:
    batch = decided(tmp_path, project("P1", "1000", applicant="E2"), row)
    assert [found for *_, found in aside(batch)] == [code]
    assert list(amounts(batch)) == ["P1"]


def test_all_copies_of_an_id_and_of_a_project_code_are_set_aside(tmp_path: Path) -> None:
    twice = project("P4", "700").replace("C-P4", "C-P3")
    batch = decided(
        tmp_path,
        project("P1", "1000"),
        project("P1", "900"),
        project("P3", "800"),
        twice,
        project("P5", "600", "E2"),
    )
    assert aside(batch) == [("project", row, code) for row, code in ((2, "table-id-twice"), (3, "table-id-twice"), (4, "not-unique"), (5, "not-unique"))]  # fmt: skip
    assert list(amounts(batch)) == ["P5"]


def test_a_blank_is_unknown_and_a_missing_file_leaves_its_relations_open(tmp_path: Path) -> None:
    batch = decided(tmp_path, project("P1", ""), project("P2", "1000", applicant="E2"))
    assert [done.decision.outcome for done in batch.done] == ["undetermined", "refused"]
    batch = decided(tmp_path, project("P1", "1000"), complete=())
    assert [done.decision.outcome for done in batch.done] == ["undetermined"]


def test_an_untidy_file_is_read_all_the_same(tmp_path: Path) -> None:
    rows = ["", project("P1", "1000"), "", f'{project("P2", "800", "E2")},"多出的\n一格"']
    batch = decided(tmp_path, *rows)
    assert (amounts(batch)["P1"], aside(batch)) == (Decimal(400000), [("project", 5, "table-beyond-header")])
    [account] = [a for a in batch.accounts if a.kind == "project"]
    assert (account.rows, account.used, account.rejected, account.blank) == (4, 1, 1, 2)


def test_parquet_with_its_own_types_is_the_same(tmp_path: Path) -> None:
    wanted = amounts(decided(tmp_path, project("P1", "1234.567899"), project("P2", "800", applicant="E2")))
    database = duckdb.connect()
    for kind in ("enterprise", "project"):
        path = tmp_path / f"{kind}.csv"
        database.execute(f"CREATE TABLE {kind} AS SELECT * FROM read_csv('{path}', all_varchar = TRUE)")
        path.unlink()
    database.execute('ALTER TABLE project ALTER "equipment_investment（万元）" TYPE DECIMAL(18, 6)')
    database.execute("ALTER TABLE project ALTER declared_on TYPE DATE")
    database.execute('ALTER TABLE project ALTER "robot_investment（万元）" TYPE INTEGER')
    for kind in ("enterprise", "project"):
        database.execute(f"COPY {kind} TO '{tmp_path / kind}.parquet'")
    found = bulk(yanzhou(), tmp_path)
    assert found.by_columns == 2
    assert amounts(answers.batch(found)) == wanted
    Writer(found, "zh", tmp_path / "work").write(tmp_path / "out.parquet", "parquet")
    out = database.execute(f"""SELECT "编号", "金额（元）" FROM '{tmp_path / "out.parquet"}'""").fetchall()
    assert out == [("P1", Decimal("493827.16")), ("P2", None)]


def test_what_only_the_whole_file_can_tell_is_left_to_the_scalar_way(tmp_path: Path) -> None:
    (tmp_path / "thing.csv").write_text(
        "id,declared_on,paid\nT1,2021-06-01,5\n", "utf-8"
    )  # no unit in the header
    made = mini.mini(POLICY, AWARD.format(formula="paid"))
    with pytest.raises(NotByColumn):
        bulk(made.plans, tmp_path, ())


def test_a_long_table_goes_to_the_terminal_as_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "enterprise.csv").write_text(ENTERPRISE, "utf-8")
    lines = [f"{PROJECT},备注", f"{project('P1', '1000')},  ", f"{project('P2', '800', 'E2')},=1+1"]
    (tmp_path / "project.csv").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    policy = str(ROOT / "policies" / "yanzhou-2020-14")
    asked = [
        "evaluate",
        "enterprise.csv",
        "project.csv",
        "--policy",
        policy,
        *(w for k in COMPLETE for w in ("--complete", k)),
    ]
    shown = CliRunner().invoke(cli, [*asked, "--engine", "columns", "--format", "csv"])
    alone = CliRunner().invoke(cli, [*asked, "--engine", "scalar", "--format", "csv"])
    assert (shown.exit_code, shown.stdout) == (0, alone.stdout)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["enterprise.csv", "project.csv"]
    for engine in ("columns", "scalar"):
        assert CliRunner().invoke(cli, [*asked, "--engine", engine, "-o", f"{engine}.csv"]).exit_code == 0
    one, other = (
        (tmp_path / f"{name}.csv").read_text("utf-8-sig").splitlines() for name in ("columns", "scalar")
    )
    assert one == other and "'=1+1" in one[2]


@pytest.mark.parametrize("more", [("--as-of", "2021-06-01"), ("--report", "未通过清单")])
def test_what_only_goes_one_by_one_is_not_silently_asked_of_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("enterprise.csv").write_text(ENTERPRISE, "utf-8")
    Path("project.csv").write_text("\n".join([PROJECT, project("P1", "1000")]) + "\n", "utf-8")
    asked = ["evaluate", "project.csv", "enterprise.csv", "--policy", str(ROOT / "policies" / "yanzhou-2020-14"), "-o", "结果.xlsx", *more]  # fmt: skip
    refused = CliRunner().invoke(cli, [*asked, "--engine", "columns"])
    assert refused.exit_code == 2 and "不能和 --report、--as-of、--fact 一起用" in refused.output
    assert CliRunner().invoke(cli, asked).exit_code == 0
