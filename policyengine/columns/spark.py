"""Running a query with Spark: the same text as on one machine, over staged tables that a cluster reads and keeps.

Every run has a session of its own, set so that the text means what it says: names in double quotes, and an error
where a number does not fit. What DuckDB keeps as a table is a checkpoint here, so that no plan grows with the stages before
it: in the memory of the executors, or in the cluster's checkpoint folder where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from policyengine.columns import engine, staged, tables
from policyengine.columns.compiling import Query
from policyengine.columns.database import Row
from policyengine.columns.dialect import SPARK, Dialect
from policyengine.columns.staged import Fault
from policyengine.diagnostics import CaseError, diagnostic
from policyengine.instances import Plans
from policyengine.source import Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# What the parser remembers of long queries grows by hundreds of megabytes; it is thrown away above some 100.
_PARSER = {
    "spark.sql.parser.manageParserCaches": "true",
    "spark.sql.parser.parserDfaCacheFlushThreshold": "10000",
}
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_TYPES = {
    "text": ("string",),
    "bool": ("boolean",),
    "date": ("date",),
    "narrow": _WHOLE,
    "wide": (*_WHOLE, "decimal(38,0)"),
}


@dataclass(frozen=True, slots=True)
class Spark:
    """A session whose settings are those of the dialect; made by `of`."""

    session: SparkSession

    @classmethod
    def of(cls, session: SparkSession) -> Spark:
        """A session beside a given one, which stays as it is set; tables and views are not seen from there."""
        own = session.newSession()
        for name, value in {**SPARK.settings, **_PARSER}.items():
            own.conf.set(name, value)
        return cls(own)

    @property
    def dialect(self) -> Dialect:
        return SPARK

    @property
    def by_stage(self) -> bool:
        return True  # on one long text with many brackets its parser needs gigabytes

    def rows(self, sql: str) -> Iterator[Row]:
        for row in self.session.sql(sql).collect():
            yield tuple(int(cell) if isinstance(cell, Decimal) else cell for cell in row)

    def columns(self, name: str) -> frozenset[str]:
        return frozenset(self.session.sql(f'SELECT * FROM "{name}"').columns)

    def keep(self, name: str, sql: str) -> None:
        self._keep(name, self.session.sql(sql))

    def _keep(self, name: str, frame: DataFrame) -> None:
        lasting = self.session.sparkContext.getCheckpointDir() is not None
        self.add(name, frame.checkpoint() if lasting else frame.localCheckpoint())

    def view(self, name: str, sql: str) -> None:
        self.add(name, self.session.sql(sql))

    def drop(self, name: str) -> None:
        self.session.catalog.dropTempView(name)

    def put(self, name: str, types: Mapping[str, str], columns: Sequence[Sequence[Any]]) -> None:
        from pyspark.sql import types as t

        made = {"text": t.StringType(), "bool": t.BooleanType(), "date": t.DateType()}
        numbers = {"narrow": t.LongType(), "wide": t.DecimalType(38, 0)}
        fields = [t.StructField(column, (made | numbers)[of]) for column, of in types.items()]
        wide = [of == "wide" for of in types.values()]
        rows = [
            tuple(Decimal(v) if w and v is not None else v for v, w in zip(row, wide, strict=True))
            for row in zip(*columns, strict=True)
        ]
        self._keep(name, self.session.createDataFrame(rows, t.StructType(fields)))

    def add(self, name: str, frame: DataFrame) -> None:
        """Call a frame of this session by a name."""
        frame.createOrReplaceTempView(f'"{name}"')


def decide_staged(
    session: SparkSession, plans: Plans, folder: str, readings: Mapping[str, str] | None = None
) -> engine.Batch:
    """Decide the applications of staged tables, `KIND.parquet` of every kind in a folder that the cluster can read.

    A kind without a file has no row, a fact without a column is blank, and a relation without one may have more members.
    CaseError where a file cannot be read or its rows are not as staged tables are. Open rows are decided one by one in
    the process that calls; all else is done by the cluster.
    """
    database = _opened(session, plans, folder)
    return engine.run(database, engine.fitted(database, plans, readings))


def answer_staged(
    session: SparkSession, plans: Plans, folder: str, readings: Mapping[str, str] | None, out: str
) -> Query:
    """The answers of the query alone, each output as a folder of Parquet files in `out`; open rows are left open.

    The query names conditions by number and tells what their words name, as of `compile_query`. CaseError as of
    `decide_staged`.
    """
    database = _opened(session, plans, folder)
    query = engine.fitted(database, plans, readings, words=True)
    engine.compute(database, query)
    for name in query.kinds:
        database.session.sql(f'SELECT * FROM "out_{name}"').write.parquet(f"{out.rstrip('/')}/{name}")
    return query


def _opened(session: SparkSession, plans: Plans, folder: str) -> Spark:
    """A session in which the staged tables stand, held against their ranges."""
    database = Spark.of(session)
    schema = tables.schema(plans)
    staged.must_hold([f for kind, fields in schema.items() for f in _read(database, kind, fields, folder)])
    staged.must_hold(staged.faults(database, plans))
    return database


def write(batch: engine.Batch, folder: str) -> None:
    """The decided applications as Parquet, in a folder that is not there yet."""
    database = batch.database
    assert isinstance(database, Spark)
    database.session.sql("SELECT * FROM decided").write.parquet(folder)


def _read(database: Spark, kind: str, fields: list[tables.Field], folder: str) -> Iterator[Fault]:
    """Call one staged table by its kind, with a column for every field; the columns that are of another type or unknown."""
    path = f"{folder.rstrip('/')}/{kind}.parquet"
    types = _types(database.session, path)
    if types is None:
        database.put(kind, {field.name: field.type for field in fields}, [])
        return
    known = {field.name: field.type for field in fields}
    for name, type_ in types.items():
        if type_ not in _TYPES.get(known.get(name, ""), ()):
            yield Fault(kind, name, 0)
    for field in fields:
        if field.name not in types and field.kind == "id":
            yield Fault(kind, field.name, 0)
    shown = ", ".join(
        f"CAST({_quoted(f.name) if f.name in types else 'NULL'} AS {SPARK.type(f.type)}) AS {_quoted(f.name)}"
        for f in fields
    )
    database.add("staged_file", database.session.read.parquet(path))
    database.view(kind, f"SELECT {shown} FROM staged_file")


def _types(session: SparkSession, path: str) -> dict[str, str] | None:
    """The columns of a Parquet file and their types; None where there is no such file."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import AnalysisException

    try:
        return dict(session.read.parquet(path).dtypes)
    except (AnalysisException, Py4JJavaError) as error:
        if isinstance(error, AnalysisException) and error.getCondition() == "PATH_NOT_FOUND":
            return None
        zh, en = "不是 Parquet 文件，或者已损坏", "it is no Parquet file, or a damaged one"
        place = Source(path, "").whole()
        raise CaseError([diagnostic("table-unreadable", place, name=path, zh=zh, en=en)]) from error


def _quoted(name: str) -> str:
    return f'"{name}"'
