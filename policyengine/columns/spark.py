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

from policyengine.columns.database import Row
from policyengine.columns.dialect import SPARK, Dialect

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class Spark:
    """A session whose settings are those of the dialect; made by `of`."""

    session: SparkSession

    @classmethod
    def of(cls, session: SparkSession) -> Spark:
        """A session beside a given one, which stays as it is set; tables and views are not seen from there."""
        own = session.newSession()
        for name, value in SPARK.settings.items():
            own.conf.set(name, value)
        return cls(own)

    @property
    def dialect(self) -> Dialect:
        return SPARK

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
