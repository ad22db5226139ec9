"""A long table decided: columns first, the scalar way for all that is odd, open or contradictory, until both agree.

Relations look at the whole file — one row that does not say whose it is leaves all of its kind open — so each of the two
ways is told what the other one found, and both are done again until nothing new is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from policyengine.bulk import clean, raw
from policyengine.bulk.linked import Linked
from policyengine.columns import engine, tables
from policyengine.columns.compiling import Query, compile_query
from policyengine.columns.database import Duck
from policyengine.columns.dialect import literal
from policyengine.columns.domain import NotExact
from policyengine.deciding import Watch
from policyengine.diagnostics import CaseError
from policyengine.instances import Plans
from policyengine.tables.batch import Account, Batch, decide_tables
from policyengine.tables.cells import Row, placed
from policyengine.tables.entries import bare_number
from policyengine.tables.headers import unit_of
from policyengine.tables.journal import Journal
from policyengine.tables.read import How, Input, Opened, Tables, open_tables, read_part
from policyengine.tables.rows import Elsewhere, Part, assemble

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import SparkSession

Connect = Callable[[], "duckdb.DuckDBPyConnection"]
_HEAD = 64  # rows of a file in which the header is looked for


class NotByColumn(Exception):
    """The tables cannot be decided by column. Says why, in two languages."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """A long table decided.

    In the database: `out_applications` with the answers of columns, of which those with an id in `apart KIND` do not
    count, and `draft KIND` with what the rows say. `scalar`: what was decided the scalar way. `by_columns`: how many
    applications were not.
    """

    connection: duckdb.DuckDBPyConnection
    query: Query
    linked: Linked
    scalar: Batch
    accounts: tuple[Account, ...]
    by_columns: int

    @property
    def adds_up(self) -> bool:
        """Whether every row is accounted for, and every application's row has exactly one decision."""
        application = self.query.plans.last.application.entity
        used = sum(account.used for account in self.accounts if account.kind == application)
        return all(account.adds_up for account in self.accounts) and used == self.by_columns + len(
            self.scalar.done
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Tables to decide, and how.

    `wanted`: facts whose columns are missed. `folder`: an empty one, for temporary files. `watch` and `journal`: of what
    is decided the scalar way, as of `decide_tables`. `explained`: how many of the first are to be explained, and so decided
    one by one. `steps`: told how many steps of the work by column are done, of how many.
    """

    plans: Plans
    files: tuple[Input, ...]
    how: How
    wanted: frozenset[str]
    readings: Mapping[str, str]
    folder: Path
    watch: Watch | None = None
    journal: Journal | None = None
    explained: int = 0
    steps: Watch | None = None


def decide_bulk(asked: Asked, connect: Connect, spark: SparkSession | None = None) -> Bulk:
    """Every row decided or set aside, as `decide_tables` does it, in a new database.

    `spark`: the session that runs the query; without one the database does. The tables are staged and answered in
    `asked.folder`, which all of a cluster must be able to reach.

    Raises NotByColumn where only the scalar way can do it, and CaseError where that cannot either.
    """
    try:
        return replace(_opened(asked, connect), spark=spark).run()
    except NotExact as why:
        raise NotByColumn(str(why)) from why


def decide_linked(asked: Asked, connect: Connect, only: str | None, row: int | None) -> Batch:
    """One application and all that is linked with it, decided the scalar way; odd rows come with it.

    `only`: its id, or `row` its row. Raises as `decide_bulk`.
    """
    try:
        run = _opened(asked, connect)
        try:
            return run.linked_with(only, row)
        finally:
            run.connection.close()
    except NotExact as why:
        raise NotByColumn(str(why)) from why


def stage_plain(asked: Asked, connect: Connect, folder: Path) -> Batch:
    """The plain rows as staged tables, `KIND.parquet` in a folder, for another engine to decide; the rest is decided here.

    Raises as `decide_bulk`.
    """
    try:
        run = _opened(asked, connect)
        try:
            return run.stage(folder)
        finally:
            run.connection.close()
    except NotExact as why:
        raise NotByColumn(str(why)) from why


def _opened(asked: Asked, connect: Connect) -> _Run:
    try:
        opened = open_tables(asked.plans.policy, asked.files, asked.how, asked.wanted, _HEAD)
    except CaseError as wrong:  # seen whole, it may not be wrong
        raise NotByColumn(
            "表头要看过全表才能判断 / the whole tables are needed to say what is wrong"
        ) from wrong
    general = compile_query(asked.plans, asked.readings, words=True)
    if general.cohort:
        raise NotByColumn("有的规则要比较全部申报 / a rule compares all applications")
    steps = _Steps(
        asked.steps, 2 * len(opened.sheets) + 2 + len(general.written.steps) + len(general.written.finals)
    )
    connection = connect()
    connection.execute("SET enable_progress_bar = FALSE")
    connection.execute(f"SET temp_directory = {literal(str(asked.folder / 'beyond memory'))}")
    return _Run(asked, _load(connection, asked, opened, steps), opened, general, connection, steps)


@dataclass(slots=True)
class _Steps:
    """Counts the steps of the work by column, of `total`, and tells `watch` after each."""

    watch: Watch | None
    total: int
    done: int = 0

    def __call__(self) -> None:
        self.done = min(self.done + 1, self.total)
        if self.watch is not None:
            self.watch(self.done, self.total)


def _load(
    connection: duckdb.DuckDBPyConnection, asked: Asked, opened: Opened, steps: _Steps
) -> list[raw.Raw]:
    """All sheets in the database."""
    kinds = [layout.kind for _, layout in opened.sheets]
    if len(set(kinds)) < len(kinds):
        raise NotByColumn("同一类有几张表 / several tables of one kind")
    by_name = {file.name: file for file in asked.files}
    made = []
    for sheet, layout in opened.sheets:
        file = by_name[sheet.sheet.file]
        loaded = raw.load(connection, file, sheet, layout, asked.how.encoding, asked.folder)
        if loaded is None:
            if file.format in ("csv", "tsv"):  # an untidy file: all its rows are needed
                whole = open_tables(asked.plans.policy, asked.files, asked.how, asked.wanted)
                sheet, layout = next(pair for pair in whole.sheets if pair[1].kind == layout.kind)
            loaded = raw.hand_over(connection, asked.plans.policy, sheet, layout, asked.folder)
        loaded.look_for_padding(connection)
        _units(connection, asked.plans, loaded)
        made.append(loaded)
        steps()
    return made


def _units(connection: duckdb.DuckDBPyConnection, plans: Plans, sheet: raw.Raw) -> None:
    """Where most numbers of a column are bare, its header must state the unit; the scalar way says so."""
    for column in sheet.layout.columns:
        fact = plans.policy.facts.get(column.target.name) if column.target.use == "fact" else None
        if fact is None or column.unit or not fact.type.quantity or not unit_of(fact):
            continue
        cell = sheet.text(column.index)
        filled, bare = connection.execute(
            f"SELECT count(*), count(*) FILTER (regexp_full_match({cell}, '{bare_number()}')) FROM {sheet.view} WHERE {cell} <> ''"
        ).fetchall()[0]
        if bare * 2 > filled:
            raise NotByColumn("有一列没有写单位 / a column without a unit")


@dataclass(slots=True)
class _Run:
    asked: Asked
    raws: list[raw.Raw]
    opened: Opened
    general: Query
    connection: duckdb.DuckDBPyConnection
    steps: _Steps
    spark: SparkSession | None = None

    @property
    def plans(self) -> Plans:
        return self.asked.plans

    def _linked(self) -> Linked:
        """All rows put together, with what is odd, and all that is linked with it, apart."""
        policy = self.plans.policy
        cleans = {}
        for sheet in self.raws:
            cleans[sheet.kind] = clean.read(self.connection, policy, sheet)
            self.steps()
        linked = Linked(self.connection, policy, cleans, self.opened.complete)
        linked.put_together()
        self.steps()
        for sheet in self.raws:
            odd = [
                n
                for (n,) in self.connection.execute(
                    f'SELECT n FROM "cells {sheet.kind}" WHERE odd'
                ).fetchall()
            ]
            if odd:
                linked.touched(sheet.kind, self._part(sheet, odd).entries.values())
        linked.spread()
        return linked

    def linked_with(self, only: str | None, row: int | None) -> Batch:
        linked, application = self._linked(), self.plans.last.application.entity
        where = f"id = {literal(only)}" if only is not None else f"n = {int(row or 0)}"
        linked.set_apart(application, f'SELECT id FROM "draft {application}" WHERE {where}')
        linked.spread()
        known = self._known(linked, self._here(linked))
        rest = Tables(self._parts(linked), self.opened.complete, self.opened.notes)
        return decide_tables(self.plans, rest, self.asked.readings, elsewhere=known)

    def stage(self, folder: Path) -> Batch:
        linked = self._linked()
        known = self._known(linked, self._here(linked))
        linked.stage((), known)
        self._staged(folder)
        rest = Tables(self._parts(linked), self.opened.complete, self.opened.notes)
        return decide_tables(self.plans, rest, self.asked.readings, elsewhere=known)

    def _staged(self, folder: Path) -> None:
        """The staged tables as Parquet files."""
        for kind, fields in tables.schema(self.plans).items():
            # 128 bits have no type of their own in Parquet
            shown = ", ".join(
                f'CAST("{f.name}" AS DECIMAL(38, 0)) AS "{f.name}"' if f.type == "wide" else f'"{f.name}"'
                for f in fields
            )
            path = literal(str(folder / f"{kind}.parquet"))
            self.connection.execute(f'COPY (SELECT {shown} FROM "{kind}") TO {path} (FORMAT parquet)')

    def _here(self, linked: Linked) -> Elsewhere:
        """What the rows apart say of relations."""
        return assemble(self.plans.policy, self._parts(linked), self.opened.complete, {}).here

    def _known(self, linked: Linked, here: Elsewhere) -> Elsewhere:
        """What all rows say of relations."""
        return Elsewhere(here.lost, here.unsettled | linked.unsettled(here.lost))

    def run(self) -> Bulk:
        linked = self._linked()
        if self.asked.explained:
            linked.set_apart(self.plans.last.application.entity, self._first(self.asked.explained))
            linked.spread()
        here = self._here(linked)
        while True:
            known = self._known(linked, here)
            query = self._columns(linked, known)
            parts = self._parts(linked)
            rest = Tables(parts, self.opened.complete, self.opened.notes)
            scalar = decide_tables(
                self.plans,
                rest,
                self.asked.readings,
                elsewhere=known,
                watch=self.asked.watch,
                journal=self.asked.journal,
            )
            if self._known(linked, scalar.here) == known:
                break
            here = scalar.here
        accounts = tuple(
            self._account(sheet, part, scalar) for sheet, part in zip(self.raws, parts, strict=True)
        )
        application = self.plans.last.application.entity
        by_columns = self._count(
            f'SELECT count(*) FROM "out_applications" WHERE id NOT IN (SELECT id FROM "apart {application}")'
        )
        return Bulk(self.connection, query, linked, scalar, accounts, by_columns)

    def _first(self, number: int) -> str:
        """A query of the first applications: as many as are asked for that are not apart yet, and those among them that are."""
        draft = f'"draft {self.plans.last.application.entity}"'
        apart = f'"apart {self.plans.last.application.entity}"'
        last = f"SELECT max(n) FROM (SELECT n FROM {draft} WHERE id NOT IN (SELECT id FROM {apart}) ORDER BY n LIMIT {number})"
        return f"SELECT id FROM {draft} WHERE n <= ({last})"

    def _columns(self, linked: Linked, known: Elsewhere) -> Query:
        """Decide by column; what is left open goes apart with all that is linked with it."""
        for name, type_ in self.connection.execute("SELECT table_name, table_type FROM information_schema.tables WHERE starts_with(table_name, 'out_')").fetchall():  # fmt: skip
            self.connection.execute(f'DROP {"VIEW" if type_ == "VIEW" else "TABLE"} "{name}"')
        query = self._by_spark(linked, known) if self.spark else self._by_database(linked, known)
        for name, kind in query.kinds.items():
            linked.set_apart(kind, f'SELECT id FROM "out_{name}" WHERE scalar')
        linked.spread()
        return query

    def _by_database(self, linked: Linked, known: Elsewhere) -> Query:
        linked.stage(() if self.general.lost else self.general.needed, known)
        self.steps()
        database = Duck(self.connection)
        query = engine.fitted(database, self.plans, self.asked.readings, words=True)
        before = self.steps.done
        self.steps.total = before + len(query.written.steps) + len(query.written.finals)
        engine.compute(database, query, self.steps)
        self.steps.done = before - 1  # in case that it is all done once more
        return query

    def _by_spark(self, linked: Linked, known: Elsewhere) -> Query:
        from policyengine.columns import spark

        assert self.spark is not None
        linked.stage((), known)
        with TemporaryDirectory(dir=self.asked.folder) as name:
            staged, answers = Path(name, "staged"), Path(name, "answers")
            staged.mkdir()
            self._staged(staged)
            query = spark.answer_staged(
                self.spark, self.plans, str(staged), self.asked.readings, str(answers)
            )
            for output in query.kinds:
                found = literal(str(answers / output / "*.parquet"))
                self.connection.execute(
                    f'CREATE TEMP TABLE "out_{output}" AS SELECT * FROM read_parquet({found})'
                )
        return query

    def _parts(self, linked: Linked) -> tuple[Part, ...]:
        """The rows of the scalar way, sheet by sheet."""
        return tuple(self._part(sheet, linked.rows_apart(sheet.kind)) for sheet in self.raws)

    def _part(self, sheet: raw.Raw, numbers: list[int]) -> Part:
        head = [row for row in sheet.placed.sheet.rows if row.number <= sheet.layout.header_row]
        rows: list[Row] = [*head, *sheet.rows(self.connection, numbers)]
        return read_part(
            self.plans.policy, placed(replace(sheet.placed.sheet, rows=tuple(rows))), sheet.layout
        )

    def _count(self, sql: str) -> int:
        return int(self.connection.execute(sql).fetchall()[0][0] or 0)

    def _account(self, sheet: raw.Raw, part: Part, scalar: Batch) -> Account:
        """The rows of one sheet, counted in the database and by what the scalar way did with its own."""
        rest = next(a for a in scalar.accounts if a.kind == sheet.kind)
        last = self._count(f'SELECT max(n) FROM "cells {sheet.kind}"')
        filled = self._count(f'SELECT count(*) FROM "cells {sheet.kind}"')
        rows = max(0, last - sheet.layout.header_row)
        given = len(part.entries) + len(part.totals) + len(part.examples)
        apart = self._count(f'SELECT count(*) FROM "cells {sheet.kind}" WHERE odd OR n IN (SELECT n FROM "draft {sheet.kind}" WHERE id IN (SELECT id FROM "apart {sheet.kind}"))')  # fmt: skip
        used = self._count(
            f'SELECT count(*) FROM "{sheet.kind}" WHERE id NOT IN (SELECT id FROM "apart {sheet.kind}")'
        )
        blank = rows - filled + (apart - given)
        return Account(rest.name, sheet.kind, rows, used + rest.used, rest.rejected, blank, rest.examples)
