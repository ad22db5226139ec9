"""Running a query: what columns decide, and which cases are left to the scalar way; files with DuckDB in process.

A case is left to the scalar way whole: everything that is linked with a row that columns leave open. (Where group
rules compare rows of the whole file, that is all of it.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from policyengine.case import Case
from policyengine.columns import components, tables
from policyengine.columns.compiling import FEN, SEPARATOR, Query, compile_query
from policyengine.columns.database import Database, Duck, exists
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
    entities: output, id, number, text) are in the database.

    `scalar`: applications decided one by one, with their decisions; `broken`: those that have none; `too_many`: ids
    by kind of linked rows that are left open and too many for one case, which have no decision either.
    """

    database: Database
    query: Query
    rows: int
    scalar: dict[str, Decision] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    too_many: list[Mapping[str, Sequence[str]]] = field(default_factory=list)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection of a batch that DuckDB decided."""
        assert isinstance(self.database, Duck)
        return self.database.connection

    @property
    def by_columns(self) -> int:
        without = [*(b.ids for b in self.broken), *self.too_many]
        gone = sum(len(ids.get(self.query.plans.last.application.entity, ())) for ids in without)
        return self.rows - len(self.scalar) - gone

    def lines(self) -> Iterator[Line]:
        """Every decided application."""
        sql = "SELECT id, outcome, amount, refusals, by_scalar FROM decided"
        for id_, outcome, amount, refusals, by_scalar in self.database.rows(sql):
            listed = frozenset(refusals.split(SEPARATOR)) if refusals else frozenset()
            yield Line(id_, outcome, amount, listed, by_scalar)

    def values(self, output: str) -> dict[str, Decimal | None]:
        """A headline value by entity id, in 元 or its own unit; None where it is open."""
        scale = self.query.scales[output]
        found = self.database.rows(f"SELECT id, number FROM value WHERE output = {literal(output)}")
        return {
            id_: None
            if n is None
            else CONTEXT.divide(Decimal(n * scale.numerator), Decimal(scale.denominator))
            for id_, n in found
        }


def stage(database: Database, schema: Mapping[str, list[tables.Field]], rows: Rows) -> None:
    """Make the staged tables from columns of plain values."""
    for kind, fields in schema.items():
        types = {f.name: f.type for f in fields}
        database.put(kind, types, [rows[kind][f.name] for f in fields])


def full(database: Database, schema: Mapping[str, list[tables.Field]]) -> frozenset[str]:
    """The staged columns that have no blank, for which no masks need to be carried."""
    found: set[str] = set()
    for kind, fields in schema.items():
        there = database.columns(kind)
        asked = [f for f in fields if f.kind in ("fact", "closed") and f.name in there]
        if not asked:
            continue
        tests = ", ".join(f"bool_and({_filled(f, there)})" for f in asked)
        answers = next(database.rows(f'SELECT {tests} FROM "{kind}"'))
        found |= {f"{kind}.{f.name}" for f, yes in zip(asked, answers, strict=True) if yes is not False}
        found |= {f"{kind}.{f.name}" for f in fields if f.name not in there}
    return frozenset(found)


def _filled(field: tables.Field, there: frozenset[str]) -> str:
    """Whether a staged cell says something; that there is none is something, too."""
    if field.kind == "closed":
        return f'COALESCE("{field.name}", FALSE)'
    none = f"{field.name}__none"
    said = f'"{field.name}" IS NOT NULL'
    return f'{said} OR COALESCE("{none}", FALSE)' if none in there else said


def single(database: Database, plans: Plans) -> frozenset[str]:
    """The references by which no two staged rows refer to the same."""
    found = set()
    for entity in plans.policy.entities.values():
        for reference in entity.references.values():
            ref = f'"{reference.name}"'
            twice = (
                f'SELECT 1 FROM "{entity.name}" WHERE {ref} IS NOT NULL GROUP BY {ref} HAVING count(*) > 1'
            )
            if not exists(database, twice):
                found.add(f"{entity.name}.{reference.name}")
    return frozenset(found)


def run(database: Database, query: Query, origin: Origin | None = None) -> Batch:
    """Decide everything that is staged: by column what can be, the linked rows of all else one case at a time.

    `origin`: where the cases of the scalar way come from, the staged tables themselves if it is not given.
    """
    compute(database, query)
    application = query.plans.last.application.entity
    any_left = components.left(database, query)
    batch = Batch(database, query, next(database.rows(f'SELECT count(*) FROM "{application}"'))[0])
    cases: list[Mapping[str, Sequence[str]]] = []
    for linked in components.split(database, query, any_left):
        (cases if sum(map(len, linked.values())) <= MOST_LINKED else batch.too_many).append(linked)
    found = _OneByOne(batch, origin or FromStaged(database, query.schema, query.plans.policy, cases))
    for ids in cases:
        found.decide(ids)
    found.write()
    return batch


def compute(database: Database, query: Query, told: Callable[[], None] = lambda: None) -> None:
    """Make `out_NAME` of every output of the query. `told` after every step (of a query that is not run stage by stage)."""
    written = query.written
    if database.by_stage:
        for name, (sql, kept) in written.stages.items():
            (database.keep if kept else database.view)(name, sql)
    else:
        for name, sql in written.steps.items():
            database.keep(name, sql)
            for read in written.passing[name]:
                database.drop(read)
            told()
    for name, sql in written.finals.items():
        make = database.keep if sql.startswith("WITH") else database.view  # a view where all the work is done
        make(f"out_{name}", written.outputs[name] if database.by_stage else sql)
        told()
    if database.by_stage:
        for step in (read for passed in written.passing.values() for read in passed):
            database.drop(step)


@dataclass(slots=True)
class _OneByOne:
    """What is decided the scalar way, while it is decided: rows of the tables that stand beside what columns give."""

    batch: Batch
    origin: Origin
    decided: list[Mapping[str, object]] = field(default_factory=list)
    values: list[tuple[object, ...]] = field(default_factory=list)

    def decide(self, ids: Mapping[str, Sequence[str]]) -> None:
        """Linked rows as one case."""
        query = self.batch.query
        try:
            found = decide(query.plans, self.origin.case(ids), query.readings, reasons=False).decision
        except CaseError as error:
            self.batch.broken.append(Broken(ids, error))
            return
        for decision in found.decisions:
            self.batch.scalar[decision.subject.id] = decision
            listed = SEPARATOR.join(dict.fromkeys(failure.condition for failure in decision.refusals))
            self.decided.append(
                {
                    "id": decision.subject.id, "outcome": decision.outcome, "amount": _count(decision.amount, FEN),
                    "refusals": listed, "option": decision.option or None,
                }
            )  # fmt: skip
        self._values(found)

    def _values(self, found: CaseDecision) -> None:
        for result in (*found.results, *(r for d in found.decisions for r in d.results)):
            output = f"{result.subject.kind}.{result.name}"
            number = _count(result.value, self.batch.query.scales[output])
            known = number is None and isinstance(result.value, str | bool)
            self.values.append((output, result.subject.id, number, str(result.value) if known else None))

    def write(self) -> None:
        """The results: what columns decided, without the rows left to the scalar way, and what was decided for those."""
        database, query = self.batch.database, self.batch.query
        application = query.plans.last.application.entity
        columns = query.columns
        made = [[row.get(name) for row in self.decided] for name in columns]
        database.put("one_by_one", columns, made)
        shown = ", ".join(
            f'CAST(o."{name}" AS {database.dialect.type(of)}) AS "{name}"' for name, of in columns.items()
        )
        kept = f"NOT {components.is_left(literal(application), 'o.id')}"
        database.view(
            "decided",
            f"""SELECT {shown}, FALSE AS by_scalar FROM "out_applications" o WHERE {kept}
            UNION ALL SELECT {shown}, TRUE AS by_scalar FROM one_by_one o""",
        )
        types = {"output": "text", "id": "text", "number": "wide", "text": "text"}
        database.put("one_value", types, list(zip(*self.values, strict=True)))
        parts = ["SELECT * FROM one_value"]
        for path, kind in query.kinds.items():
            if "." in path:
                parts.append(self._value(path, kind))
        database.view("value", " UNION ALL ".join(parts))

    def _value(self, path: str, kind: str) -> str:
        """A headline value as columns give it."""
        d = self.batch.database.dialect
        text = d.text
        shown = f"{d.cast('o.value', True)}, CAST(NULL AS {text})"
        if not self.batch.query.numbers[path]:
            shown = f"CAST(NULL AS {d.wide}), CAST(o.value AS {text})"
        kept = f"NOT {components.is_left(literal(kind), 'o.id')}"
        return f'SELECT {literal(path)}, o.id, {shown} FROM "out_{path}" o WHERE {kept}'


def _count(value: Value, unit: Fraction) -> int | None:
    """A known quantity as a whole number of units; None where it is open or finer."""
    if not isinstance(value, Decimal | Fraction):
        return None
    count = Fraction(value) / unit
    return count.numerator if count.denominator == 1 else None


def fitted(
    database: Database, plans: Plans, readings: Mapping[str, str] | None = None, words: bool = False
) -> Query:
    """The query for what is staged, without masks and groups that these rows do not need. `words`: as of `compile_query`."""
    schema = tables.schema(plans)
    empty = {kind for kind in schema if not exists(database, f'SELECT 1 FROM "{kind}"')}
    return compile_query(
        plans, readings, full(database, schema), single(database, plans), empty, database.dialect, words
    )
