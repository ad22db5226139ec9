"""Spark gives what the oracle and the scalar way give, on the shipped policy and on every mechanic; `make test-spark`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from policyengine import api
from policyengine.bulk import answers
from policyengine.bulk.deciding import Asked, decide_bulk, stage_plain
from policyengine.columns import compile_query, engine, spark, tables
from policyengine.columns.database import Duck
from policyengine.columns.dialect import SPARK
from policyengine.columns.listing import script
from policyengine.columns.spark import Spark
from policyengine.diagnostics import CaseError
from policyengine.tables.read import How, Input
from tests import tangled
from tests.columns import _oracle_rows, against_oracle, against_scalar, connection, differences, run
from tests.oracle import population
from tests.support import yanzhou
from tests.test_columns import read, specs
from tests.test_mechanics import FOLDERS, ids


@pytest.mark.parametrize("seed", range(500, 504))
def test_spark_agrees_with_the_oracle(database: Spark, seed: int) -> None:
    found, rows = against_oracle(yanzhou(), seed, 1_000, database)
    assert found == []
    assert rows > 2_000  # 10,000 in all


@pytest.mark.parametrize("seed", range(500, 504))
def test_spark_agrees_with_the_scalar_way_where_facts_are_blank(database: Spark, seed: int) -> None:
    found, batch = against_scalar(yanzhou(), seed, 250, database)
    assert found == []
    assert batch.by_columns > 0


@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_every_mechanic_agrees_with_the_scalar_way(folder: Path, database: Spark) -> None:
    by_columns = 0
    for spec, home in specs(folder):
        plans = api.compile(api.load(spec))
        query = compile_query(plans, dialect=SPARK)
        assert query.lost == {}
        for readings, cases in read(plans, home).items():
            # a group over the whole case must not mix scenarios
            for i, batch in enumerate([[case] for case in cases] if query.cohort else [cases]):
                done = run(plans, batch, dict(readings), i % 2 == 0, database)
                assert list(differences(plans, batch, dict(readings), done)) == []
                by_columns += done.by_columns
    assert by_columns > 0


def test_the_printed_script_runs_as_it_is(session: Any) -> None:
    """Set by its own first lines alone, as an auditor would run it."""
    plain, plans = session.newSession(), yanzhou()
    query = compile_query(plans, dialect=SPARK)
    for kind, fields in query.schema.items():
        columns = ", ".join(f"CAST(NULL AS {SPARK.type(f.type)}) AS `{f.name}`" for f in fields)
        plain.sql(f"SELECT {columns} WHERE FALSE").createOrReplaceTempView(kind)
    statements = "\n".join(
        line for line in script(query, "zh", SPARK).splitlines() if not line.startswith("--")
    )
    results = [found for sql in statements.split(";\n") if sql.strip() and (found := plain.sql(sql)).columns]
    assert any("refusals" in found.columns for found in results)


# --- staged files ---


def staged(folder: Path, count: int = 150) -> list[tuple[str, Any]]:
    """Random cases of the shipped policy as staged Parquet files."""
    import random

    rng = random.Random(9)
    cases = [(f"c{i:06d}/", population.random_case(rng)) for i in range(count)]
    for prefix, case in cases:  # no two firms or projects of the file have one code
        for kind, key in (("enterprise", "credit_code"), ("project", "project_code")):
            for id_, row in case[kind].items():
                row[key] = f"{prefix}{row[key]}/{id_}"
    duck, schema = Duck(connection()), tables.schema(yanzhou())
    engine.stage(duck, schema, _oracle_rows(schema, yanzhou(), cases))
    for kind in schema:
        duck.connection.execute(f"COPY {kind} TO '{folder / kind}.parquet'")
    return cases


def test_staged_files_are_decided_and_written_as_on_one_machine(session: Any, tmp_path: Path) -> None:
    staged(tmp_path)
    duck = Duck(connection())
    for kind in tables.schema(yanzhou()):
        duck.view(kind, f"SELECT * FROM '{tmp_path / kind}.parquet'")
    wanted = engine.run(duck, engine.fitted(duck, yanzhou()))
    batch = spark.decide_staged(session, yanzhou(), str(tmp_path))
    assert sorted(map(repr, batch.lines())) == sorted(map(repr, wanted.lines()))
    spark.write(batch, str(tmp_path / "decided"))
    columns = ", ".join(f'"{name}"' for name in (*batch.query.columns, "by_scalar"))
    written = f"SELECT {columns} FROM '{tmp_path}/decided/*.parquet' ORDER BY id"
    assert list(duck.rows(written)) == list(duck.rows(f"SELECT {columns} FROM decided ORDER BY id"))


def test_open_rows_of_staged_files_are_read_back_and_decided_one_by_one(session: Any, tmp_path: Path) -> None:
    staged(tmp_path, 60)
    duck = Duck(connection())
    duck.connection.execute(
        f"COPY (SELECT * REPLACE (CASE WHEN hash(id) % 5 > 0 THEN equipment_investment END AS equipment_investment) FROM '{tmp_path}/project.parquet') TO '{tmp_path}/blank.parquet'"
    )
    (tmp_path / "blank.parquet").replace(tmp_path / "project.parquet")
    for kind in tables.schema(yanzhou()):
        duck.view(kind, f"SELECT * FROM '{tmp_path / kind}.parquet'")
    wanted = engine.run(duck, engine.fitted(duck, yanzhou()))
    batch = spark.decide_staged(session, yanzhou(), str(tmp_path))
    assert len(batch.scalar) == len(wanted.scalar) > 0
    assert sorted(map(repr, batch.lines())) == sorted(map(repr, wanted.lines()))


BROKEN = [
    ("project", "declared_order", "21", "declared_order"),
    ("project", "equipment_investment", "-1", "equipment_investment"),
    ("project", "program_applied", "'robots'", "program_applied"),
    ("project", "applicant", "'nobody'", "applicant"),
    ("project", "id", "'same'", "id"),
    ("project", "equipment_investment", "CAST(5 AS DOUBLE)", "equipment_investment"),
]


@pytest.mark.parametrize(("kind", "column", "sql", "named"), BROKEN)
def test_staged_rows_that_break_a_promise_are_refused(
    session: Any, tmp_path: Path, kind: str, column: str, sql: str, named: str
) -> None:
    staged(tmp_path, 5)
    path = tmp_path / f"{kind}.parquet"
    connection().execute(
        f"COPY (SELECT * REPLACE ({sql} AS {column}) FROM '{path}') TO '{path}.new' (FORMAT parquet)"
    )
    Path(f"{path}.new").replace(path)
    with pytest.raises(CaseError) as caught:
        spark.decide_staged(session, yanzhou(), str(tmp_path))
    assert named in [dict(d.words)["column"] for d in caught.value.diagnostics]


def test_a_file_that_is_no_parquet_is_refused(session: Any, tmp_path: Path) -> None:
    (tmp_path / "project.parquet").write_text("id,applicant\n")
    with pytest.raises(CaseError) as caught:
        spark.decide_staged(session, yanzhou(), str(tmp_path))
    assert [d.code for d in caught.value.diagnostics] == ["table-unreadable"]


def test_files_staged_on_one_machine_are_read_by_the_cluster(session: Any, tmp_path: Path) -> None:
    from tests.test_bulk_files import COMPLETE, ENTERPRISE, PROJECT, project

    rows = [project("P1", "1000"), project("P2", "x"), project("P3", "800", applicant="E2")]
    texts = {"enterprise": ENTERPRISE, "project": "\n".join([PROJECT, *rows]) + "\n"}
    inputs = tuple(Input(f"{kind}.csv", text.encode(), "csv") for kind, text in texts.items())
    (work := tmp_path / "work").mkdir()
    (out := tmp_path / "staged").mkdir()
    asked = Asked(yanzhou(), inputs, How(complete=COMPLETE), frozenset(), {}, work)
    rest = stage_plain(asked, duckdb.connect, out)
    batch = spark.decide_staged(session, yanzhou(), str(out))
    here = {line.id: line.amount for line in batch.lines()}
    there = {done.decision.subject.id for done in rest.done}
    assert here.keys() | there == {"P1", "P3"} and not here.keys() & there
    assert here.get("P3") == 0


def test_a_table_decided_by_spark_says_the_same_on_every_page(session: Any, tmp_path: Path) -> None:
    grids = tangled.tables(yanzhou(), 11, 40, True)
    inputs = []
    for title, grid in grids.items():
        path = tmp_path / f"{title}.csv"
        path.write_text("\n".join(",".join(line) for line in grid) + "\n", "utf-8")
        inputs.append(Input(str(path), path.read_bytes(), "csv"))
    batches = []
    for name, engine_ in (("one", None), ("other", session)):
        work = tmp_path / name
        work.mkdir()
        asked = Asked(yanzhou(), tuple(inputs), How(), frozenset(), {}, work)
        batches.append(answers.batch(decide_bulk(asked, duckdb.connect, engine_)))
    assert list(tangled.differ(*batches)) == []
    assert batches[1].by_columns > 20


# --- traps ---


def test_a_session_stays_as_it_was_set(session: Any) -> None:
    before = session.conf.get("spark.sql.ansi.doubleQuotedIdentifiers")
    Spark.of(session).put("t", {"id": "text"}, [["a"]])
    assert session.conf.get("spark.sql.ansi.doubleQuotedIdentifiers") == before
    assert not session.catalog.tableExists("t")


def test_plain_values_come_back_as_they_were(database: Spark) -> None:
    types = {"a.b": "text", "wide": "wide", "narrow": "narrow"}
    database.put("t", types, [["it's\\n", None], [-(10**37), 10**38 - 1], [2**63 - 1, -(2**63)]])
    assert sorted(database.rows('SELECT "a.b", wide, narrow FROM t'), key=repr) == sorted(
        [("it's\\n", -(10**37), 2**63 - 1), (None, 10**38 - 1, -(2**63))], key=repr
    )
    assert list(
        database.rows(f'SELECT wide FROM t WHERE "a.b" = {SPARK.word("it" + chr(39) + "s" + chr(92) + "n")}')
    ) == [(-(10**37),)]
