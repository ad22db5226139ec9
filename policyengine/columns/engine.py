"""Running a query with DuckDB in process: what columns decide, and which cases are left to the scalar way.

A case is left to the scalar way whole: everything that is linked with a row that columns leave open. (Where group
rules compare rows of the whole file, that is all of it.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from policyengine.case import Case
from policyengine.columns import components, tables
from policyengine.columns.cells import TYPES
from policyengine.columns.compiling import FEN, SEPARATOR, Query, compile_query
from policyengine.columns.dialect import literal
from policyengine.columns.staging import FromStaged, Rows
from policyengine.deciding import decide
from policyengine.decision import CaseDecision, Decision
from policyengine.diagnostics import CaseError
from policyengine.exact import CONTEXT
from policyengine.instances import Plans
from policyengine.values import Value

if TYPE_CHECKING:
    import duckdb

MOST_LINKED = 3_000  # rows of one case that the scalar way takes on


def driver() -> ModuleType:
    """DuckDB, which only this needs. ModuleNotFoundError where the extra `bulk` is not installed."""
    import duckdb

    return duckdb


class Origin(Protocol):
    """Where the staged rows came from, so that a case can be decided the scalar way."""

    def case(self, ids: Mapping[str, Sequence[str]]) -> Case:
        """The rows of these ids, by kind, as one case in which they keep these ids."""


@dataclass(frozen=True, slots=True)
class Line:
    """One application as it was decided. `amount` in fen; None while it is open.

    `refusals`: names of the failed conditions, in no order. `by_scalar`: decided one by one.
    """

    id: str
    outcome: str
    amount: int | None
    refusals: frozenset[str]
    by_scalar: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """Linked rows that contradict themselves or cannot be computed: no decision is made on any of them."""

    ids: Mapping[str, Sequence[str]]
    error: CaseError


@dataclass(slots=True)
class Batch:
    """What came of a run. The tables `decided` (a row an application) and `value` (headline values of other
    entities: output, id, number, text) are in the connection.

    `scalar`: applications decided one by one, with their decisions; `broken`: those that have none; `too_many`: ids
    by kind of linked rows that are left open and too many for one case, which have no decision either.
    """

    connection: duckdb.DuckDBPyConnection
    query: Query
    rows: int
    scalar: dict[str, Decision] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    too_many: list[Mapping[str, Sequence[str]]] = field(default_factory=list)

    @property
    def by_columns(self) -> int:
        without = [*(b.ids for b in self.broken), *self.too_many]
        gone = sum(len(ids.get(self.query.plans.last.application.entity, ())) for ids in without)
        return self.rows - len(self.scalar) - gone

    def lines(self) -> Iterator[Line]:
        """Every decided application."""
        cursor = self.connection.execute("SELECT id, outcome, amount, refusals, by_scalar FROM decided")
        while found := cursor.fetchmany(10_000):
            for id_, outcome, amount, refusals, by_scalar in found:
                yield Line(
                    id_,
                    outcome,
                    amount,
                    frozenset(refusals.split(SEPARATOR)) if refusals else frozenset(),
                    by_scalar,
                )

    def values(self, output: str) -> dict[str, Decimal | None]:
        """A headline value by entity id, in 元 or its own unit; None where it is open."""
        scale = self.query.scales[output]
        cursor = self.connection.execute("SELECT id, number FROM value WHERE output = $1", [output])
        return {
            id_: None
            if n is None
            else CONTEXT.divide(Decimal(n * scale.numerator), Decimal(scale.denominator))
            for id_, n in cursor.fetchall()
        }


def stage(
    connection: duckdb.DuckDBPyConnection, schema: Mapping[str, list[tables.Field]], rows: Rows
) -> None:
    """Make the staged tables from columns of plain values."""
    for kind, fields in schema.items():
        columns = ", ".join(f'"{f.name}" {TYPES[f.type]}' for f in fields)
        connection.execute(f'CREATE OR REPLACE TEMP TABLE "{kind}" ({columns})')
        cells = [rows[kind][f.name] for f in fields]
        if cells and cells[0]:
            unnested = ", ".join(f"CAST(unnest(${i}) AS {TYPES[f.type]})" for i, f in enumerate(fields, 1))
            connection.execute(f'INSERT INTO "{kind}" SELECT {unnested}', cells)


def full(connection: duckdb.DuckDBPyConnection, schema: Mapping[str, list[tables.Field]]) -> frozenset[str]:
    """The staged columns that have no blank, for which no masks need to be carried."""
    found: set[str] = set()
    for kind, fields in schema.items():
        there = {row[0] for row in connection.execute(f'DESCRIBE "{kind}"').fetchall()}
        asked = [f for f in fields if f.kind in ("fact", "closed") and f.name in there]
        if not asked:
            continue
        tests = ", ".join(f"bool_and({_filled(f, there)})" for f in asked)
        answers = connection.execute(f'SELECT {tests} FROM "{kind}"').fetchall()[0]
        found |= {f"{kind}.{f.name}" for f, yes in zip(asked, answers, strict=True) if yes is not False}
        found |= {f"{kind}.{f.name}" for f in fields if f.name not in there}
    return frozenset(found)


def _filled(field: tables.Field, there: set[str]) -> str:
    """Whether a staged cell says something; that there is none is something, too."""
    if field.kind == "closed":
        return f'COALESCE("{field.name}", FALSE)'
    none = f"{field.name}__none"
    said = f'"{field.name}" IS NOT NULL'
    return f'{said} OR COALESCE("{none}", FALSE)' if none in there else said


def single(connection: duckdb.DuckDBPyConnection, plans: Plans) -> frozenset[str]:
    """The references by which no two staged rows refer to the same."""
    found = set()
    for entity in plans.policy.entities.values():
        for reference in entity.references.values():
            ref = f'"{reference.name}"'
            twice = f'SELECT 1 FROM "{entity.name}" WHERE {ref} IS NOT NULL GROUP BY {ref} HAVING count(*) > 1 LIMIT 1'
            if not connection.execute(twice).fetchall():
                found.add(f"{entity.name}.{reference.name}")
    return frozenset(found)


def run(connection: duckdb.DuckDBPyConnection, query: Query, origin: Origin | None = None) -> Batch:
    """Decide everything that is staged: by column what can be, the linked rows of all else one case at a time.

    `origin`: where the cases of the scalar way come from, the staged tables themselves if it is not given.
    """
    origin = origin or FromStaged(connection, query.schema, query.plans.policy)
    compute(connection, query)
    application = query.plans.last.application.entity
    left = components.left(connection, query)
    _write(connection, query)
    count = connection.execute(f'SELECT count(*) FROM "{application}"').fetchall()[0][0]
    batch = Batch(connection, query, count)
    for ids in components.split(connection, query, left):
        if sum(map(len, ids.values())) > MOST_LINKED:
            batch.too_many.append(ids)
        else:
            _scalar(batch, origin, ids)
    return batch


def compute(connection: duckdb.DuckDBPyConnection, query: Query) -> None:
    """Make `out_NAME` of every output of the query."""
    for sql in query.written.steps:
        connection.execute(sql)
    for name, sql in query.written.finals.items():
        what = "TABLE" if sql.startswith("WITH") else "VIEW"  # a view where all the work is done
        connection.execute(f'CREATE OR REPLACE TEMP {what} "out_{name}" AS {sql}')
    for step in query.written.passing:
        connection.execute(f'DROP TABLE "{step}"')


def _write(connection: duckdb.DuckDBPyConnection, query: Query) -> None:
    """The results: what columns decided, without the rows left to the scalar way, and a table for those."""
    application = query.plans.last.application.entity
    for view in ("decided", "value"):
        connection.execute(f"DROP VIEW IF EXISTS {view}")
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE one_by_one AS SELECT *, TRUE AS by_scalar FROM "out_applications" LIMIT 0'
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE one_value (output VARCHAR, id VARCHAR, number HUGEINT, text VARCHAR)"
    )
    connection.execute(
        f"""CREATE TEMP VIEW decided AS SELECT *, FALSE AS by_scalar FROM "out_applications"
        WHERE id NOT IN (SELECT id FROM "left_{application}") UNION ALL SELECT * FROM one_by_one"""
    )
    parts = ["SELECT * FROM one_value"]
    for path, kind in query.kinds.items():
        if "." in path:
            shown = "CAST(value AS HUGEINT), NULL" if query.numbers[path] else "NULL, CAST(value AS VARCHAR)"
            parts.append(
                f'SELECT {literal(path)}, id, {shown} FROM "out_{path}" WHERE id NOT IN (SELECT id FROM "left_{kind}")'
            )
    connection.execute(f"CREATE TEMP VIEW value AS {' UNION ALL '.join(parts)}")


def _scalar(batch: Batch, origin: Origin, ids: Mapping[str, Sequence[str]]) -> None:
    query = batch.query
    try:
        decided = decide(query.plans, origin.case(ids), query.readings, reasons=False).decision
    except CaseError as error:
        batch.broken.append(Broken(ids, error))
        return
    columns = [row[0] for row in batch.connection.execute("DESCRIBE one_by_one").fetchall()]
    rows = []
    for decision in decided.decisions:
        batch.scalar[decision.subject.id] = decision
        amount = _count(decision.amount, FEN)
        listed = SEPARATOR.join(dict.fromkeys(failure.condition for failure in decision.refusals))
        known = {
            "id": decision.subject.id, "outcome": decision.outcome, "amount": amount, "refusals": listed,
            "option": decision.option or None, "by_scalar": True,
        }  # fmt: skip
        rows.append([known.get(column) for column in columns])
    if rows:
        places = ", ".join(f"${i}" for i in range(1, len(columns) + 1))
        batch.connection.executemany(f"INSERT INTO one_by_one VALUES ({places})", rows)
    _values(batch, decided)


def _values(batch: Batch, decided: CaseDecision) -> None:
    rows = []
    for result in (*decided.results, *(r for d in decided.decisions for r in d.results)):
        output = f"{result.subject.kind}.{result.name}"
        number = _count(result.value, batch.query.scales[output])
        known = number is None and isinstance(result.value, str | bool)
        rows.append([output, result.subject.id, number, str(result.value) if known else None])
    if rows:
        batch.connection.executemany("INSERT INTO one_value VALUES ($1, $2, $3, $4)", rows)


def _count(value: Value, unit: Fraction) -> int | None:
    """A known quantity as a whole number of units; None where it is open or finer."""
    if not isinstance(value, Decimal | Fraction):
        return None
    count = Fraction(value) / unit
    return count.numerator if count.denominator == 1 else None


def fitted(
    connection: duckdb.DuckDBPyConnection,
    plans: Plans,
    readings: Mapping[str, str] | None = None,
    words: bool = False,
) -> Query:
    """The query for what is staged, without masks and groups that these rows do not need. `words`: as of `compile_query`."""
    schema = tables.schema(plans)
    empty = {kind for kind in schema if not connection.execute(f'SELECT 1 FROM "{kind}" LIMIT 1').fetchall()}
    return compile_query(
        plans, readings, full(connection, schema), single(connection, plans), empty, words=words
    )
