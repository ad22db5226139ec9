"""How fast a whole policy is decided by column: Parquet to Parquet and CSV to CSV, beside DuckDB's own scan-and-copy of the same files.

    python -m bench.bulk [ROWS ...]      (default 10000 1000000 10000000)

Prints, for each size and each of two populations (every project by itself; several projects a firm, consortia, earlier
awards and other support), the medians of runs taken in turn, rows a second, the ratio of the two, and the peak memory of
the process, which does nothing else. The database may take 8 GB.
"""

from __future__ import annotations

import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import duckdb

from policyengine import api
from policyengine.bulk.deciding import Asked, decide_bulk
from policyengine.bulk.writing import Writer
from policyengine.columns import compile_query
from policyengine.columns.compiling import Query
from policyengine.columns.tables import Field
from policyengine.instances import Plans
from policyengine.tables.read import How, Input

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 1_000_000, 10_000_000)
HEAD = (
    "rows",
    "population",
    "files",
    "decide s",
    "copy s",
    "× copy",
    "× CPU",
    "rows/s",
    "one by one",
    "peak MB",
)


def lines(sizes: Iterable[int] = SIZES) -> list[list[str]]:
    """The figures, a line each, every one measured by a process of its own."""
    return [
        subprocess.run(
            [sys.executable, "-m", "bench.bulk", "--one", str(rows), population, form],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split()
        for rows in sizes for population in ("alone", "groups") for form in ("parquet", "csv")
    ]  # fmt: skip


def one(rows: int, population: str, form: str) -> None:
    """Measure and print one line."""
    plans = api.compile(api.load(ROOT / "policies" / "yanzhou-2020-14"))
    with tempfile.TemporaryDirectory() as name:
        make(Path(name), compile_query(plans), rows, population == "groups", form)
        measure(Path(name), plans, rows, population, form)


def measure(folder: Path, plans: Plans, rows: int, population: str, form: str) -> None:
    taken, copied, left = [], [], 0
    for _ in range(5 if rows < 10**6 else 3 if rows < 10**7 else 1):
        start = clocks()
        left = decide(plans, folder, form)
        middle = clocks()
        copy(folder, form)
        end = clocks()
        taken.append([b - a for a, b in zip(start, middle, strict=True)])
        copied.append([b - a for a, b in zip(middle, end, strict=True)])
    (ours, our_cpu), (theirs, their_cpu) = (
        [statistics.median(each) for each in zip(*both, strict=True)] for both in (taken, copied)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    shown = [f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.1f}", f"{our_cpu / their_cpu:.1f}", f"{rows / ours:,.0f}", str(left), str(peak)]  # fmt: skip
    print(str(rows), population, form, *shown)


def clocks() -> tuple[float, float]:
    """Time on the wall, and of all cores: the second is the fairer one on a machine that does other things too."""
    return time.perf_counter(), time.process_time()


def decide(plans: Plans, folder: Path, form: str) -> int:
    """All applications of the folder's files read, decided and written; how many columns leave to the scalar way."""
    inputs = [Input(str(path), path.read_bytes(), form) for path in sorted(folder.glob(f"*.{form}"))]
    how = How(complete=tuple(plans.policy.entities))
    with tempfile.TemporaryDirectory() as name:
        bulk = decide_bulk(Asked(plans, tuple(inputs), how, frozenset(), {}, Path(name)), connect)
        assert bulk.adds_up
        Writer(bulk, "zh", Path(name)).write(folder / "decided.out", form)
        bulk.connection.close()
    return len(bulk.scalar.done)


def connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"memory_limit": "8GB"})


def copy(folder: Path, form: str) -> None:
    """The same files read and written by the database alone."""
    connection = connect()
    for path in sorted(folder.glob(f"*.{form}")):
        options = "FORMAT parquet, COMPRESSION zstd" if form == "parquet" else "FORMAT csv, HEADER"
        scan = f"read_csv('{path}', all_varchar = TRUE)" if form == "csv" else f"'{path}'"
        connection.execute(f"COPY (SELECT * FROM {scan}) TO '{folder}/copy.out' ({options})")


# --- a population ---


def make(folder: Path, query: Query, rows: int, groups: bool, form: str) -> None:
    """The files of a synthetic population."""
    connection = duckdb.connect()
    for kind, sql in tables(rows, groups).items():
        connection.execute(f"CREATE TEMP TABLE made AS {drawn(sql, 'i * 10 + m' if 's(m)' in sql else 'i')}")
        made = {row[0] for row in connection.execute("DESCRIBE made").fetchall()}
        shown = [
            _as_written(query, field, made)
            for field in query.schema[kind]
            if field.kind in ("id", "ref", "fact")
        ]
        options = "FORMAT parquet, COMPRESSION zstd" if form == "parquet" else "FORMAT csv, HEADER"
        connection.execute(
            f"COPY (SELECT {', '.join(shown)} FROM made) TO '{folder / kind}.{form}' ({options})"
        )
        connection.execute("DROP TABLE made")


def _as_written(query: Query, field: Field, made: set[str]) -> str:
    """A column as a file has it: money in 元 with two decimals, *none* as a word."""
    fact = query.plans.policy.facts.get(field.of) if field.kind == "fact" else None
    money = fact is not None and fact.type.kind == "money"
    header = f"{field.name}（元）" if money else field.name
    if field.name not in made:
        return f'CAST(NULL AS VARCHAR) AS "{header}"'
    sql = f'"{field.name}"'
    if money:
        sql = f"CAST(CAST({sql} AS DECIMAL(20, 2)) * CAST(0.01 AS DECIMAL(4, 2)) AS DECIMAL(18, 2))"
    elif fact is not None and fact.type.optional:
        sql = f"COALESCE(CAST({sql} AS VARCHAR), '无')"
    return f'{sql} AS "{header}"'


def drawn(sql: str, by: str) -> str:
    """Each `random()` as a number that only depends on the row and the place, so that every run has the same population."""
    places = count()
    return re.sub(r"random\(\)", lambda _: f"(hash({by}, {next(places)}) % 1000000007 / 1000000007)", sql)


def tables(rows: int, groups: bool) -> dict[str, str]:
    firms = rows * 7 // 10 if groups else rows
    applicant = f"'E' || CAST(floor(random() * {firms}) AS INTEGER)" if groups else "'E' || i"
    members = "WHERE i % 10 = 0" if groups else "WHERE FALSE"
    chance = "random() < {}"
    passes = "(i % 10 = 0 OR random() < 0.98)"  # of a consortium its members are asked
    return {
        "enterprise": f"""
            SELECT 'E' || i AS id, '企业' || i AS name, '91370812MA3' || lpad(CAST(i AS VARCHAR), 7, '0') AS credit_code, '颜店镇' AS town,
                random() < 0.99 AS registered_in_yanzhou, random() < 0.99 AS is_independent_legal_person, random() < 0.99 AS sound_management,
                random() < 0.99 AS good_credit, CASE WHEN random() < 0.05 THEN DATE '2016-01-01' + CAST(random() * 1500 AS INTEGER) END AS last_major_violation_on,
                last_major_violation_on IS NULL AS last_major_violation_on__none,
                CASE WHEN random() < 0.7 THEN substr('ABCD', 1 + CAST(floor(random() * 4) AS INTEGER), 1) END AS output_grade, output_grade IS NULL AS output_grade__none,
                random() < 0.3 AS on_cultivation_list, random() < 0.8 AS is_sme, random() < 0.2 AS is_chain_leader
            FROM range({firms}) t(i)""",
        "project": f"""
            SELECT 'P' || i AS id, {applicant} AS applicant, '技改项目' || i AS project_name, '2101-370812-' || lpad(CAST(i AS VARCHAR), 8, '0') AS project_code,
                DATE '2020-08-15' + CAST(floor(random() * 1090) AS INTEGER) AS declared_on,
                CASE WHEN {'i % 10 = 0' if groups else 'FALSE'} THEN 'consortium' WHEN random() < 0.5 THEN 'equipment' WHEN random() < 0.5 THEN 'robot' ELSE 'informatization' END AS program_applied,
                FALSE AS also_equipment, FALSE AS also_robot, FALSE AS also_informatization, 1 + CAST(floor(random() * 20) AS INTEGER) AS declared_order,
                {chance.format(0.1)} AS quota_exception_approved, {passes} AS approved_or_filed, {passes} AS in_statistics_platform,
                {passes} AS is_industrial_upgrade, CAST(floor(random() * 5000000000) AS BIGINT) AS equipment_investment,
                equipment_investment * 100 // 113 AS equipment_investment_net, CAST(floor(random() * equipment_investment_net) AS BIGINT) AS robot_investment,
                robot_investment * 100 // 113 AS robot_investment_net, CAST(floor(random() * 2000000000) AS BIGINT) AS software_hardware_investment,
                software_hardware_investment * 100 // 113 AS software_hardware_investment_net,
                ['ERP', 'MES', 'SCM', 'WMS', 'similar', 'unrelated'][1 + CAST(floor(random() * 6) AS INTEGER)] AS system_kind,
                declared_on - 200 AS first_invoice_on, declared_on - 20 AS last_invoice_on
            FROM range({rows}) t(i)""",
        "participation": f"""
            SELECT 'P' || i || '-M' || m AS id, 'P' || i AS project, 'E' || CAST((i * 7 + m * 13) % {firms} AS BIGINT) AS member,
                CAST(floor(random() * 500000000) AS BIGINT) AS member_investment, member_investment * 100 // 113 AS member_investment_net,
                random() < 0.99 AS member_filed, random() < 0.99 AS member_in_statistics_platform, random() < 0.99 AS member_is_industrial_upgrade
            FROM range({rows}) t(i), range(4) s(m) {members}""",
        "support": f"""
            SELECT 'S' || i AS id, 'P' || i AS project, 'grant' AS support_kind, 'pending' AS support_status, 'city' AS support_level, 1000000 AS support_amount
            FROM range({rows}) t(i) {members}""",
        "earlier_award": f"""
            SELECT 'A' || i AS id, 'E' || CAST(i % {firms} AS BIGINT) AS applicant, 'equipment' AS award_item, DATE '2020-08-15' AS award_filed_on,
                CAST(floor(random() * 50000000) AS BIGINT) AS award_amount
            FROM range({rows}) t(i) {members}""",
    }  # fmt: skip


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--one"]:
        one(int(words[1]), words[2], words[3])
    else:
        print(*HEAD, sep="  ")
        for size in [int(word) for word in words] or SIZES:
            for line in lines([size]):
                print(*line, sep="  ", flush=True)
