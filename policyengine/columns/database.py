"""What running a query asks of a database, and DuckDB in process as one.

Everything is asked in the words that all dialects share, so that a run is written once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from policyengine.columns.dialect import DUCKDB, Dialect

if TYPE_CHECKING:
    import duckdb

Row = tuple[Any, ...]


class Database(Protocol):
    """Where the staged tables are, and where a query is run."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def by_stage(self) -> bool:
        """Whether it is given a query stage by stage, and not what a kept stage is made from at once."""

    def rows(self, sql: str) -> Iterator[Row]:
        """What a query gives, to be read before the next is asked; whole numbers as `int`, whatever their width."""

    def columns(self, name: str) -> frozenset[str]:
        """The columns of a table or view."""

    def keep(self, name: str, sql: str) -> None:
        """Compute a query now and keep what it gives as a table; an older one of that name, which it may read, goes."""

    def view(self, name: str, sql: str) -> None:
        """Call a query by a name; it is computed where it is read."""

    def drop(self, name: str) -> None:
        """Give up a kept table."""

    def put(self, name: str, types: Mapping[str, str], columns: Sequence[Sequence[Any]]) -> None:
        """Make a table of plain values. `types`: name to the type of a staged column; `columns`: the values of each."""


@dataclass(frozen=True, slots=True)
class Duck:
    """DuckDB in process."""

    connection: duckdb.DuckDBPyConnection

    @property
    def dialect(self) -> Dialect:
        return DUCKDB

    @property
    def by_stage(self) -> bool:
        return False

    def rows(self, sql: str) -> Iterator[Row]:
        cursor = self.connection.execute(sql)
        while found := cursor.fetchmany(10_000):
            yield from found

    def columns(self, name: str) -> frozenset[str]:
        return frozenset(row[0] for row in self.connection.execute(f'DESCRIBE "{name}"').fetchall())

    def keep(self, name: str, sql: str) -> None:
        self.connection.execute(DUCKDB.table.format(name=f'"{name}"', sql=sql))

    def view(self, name: str, sql: str) -> None:
        self.connection.execute(DUCKDB.view.format(name=f'"{name}"', sql=sql))

    def drop(self, name: str) -> None:
        self.connection.execute(f'DROP TABLE "{name}"')

    def put(self, name: str, types: Mapping[str, str], columns: Sequence[Sequence[Any]]) -> None:
        listed = ", ".join(f'"{column}" {DUCKDB.type(type_)}' for column, type_ in types.items())
        self.connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" ({listed})')
        if columns and columns[0]:
            cells = enumerate(types.values(), 1)
            unnested = ", ".join(f"CAST(unnest(${i}) AS {DUCKDB.type(type_)})" for i, type_ in cells)
            self.connection.execute(
                f'INSERT INTO "{name}" SELECT {unnested}', [list(each) for each in columns]
            )


def exists(database: Database, sql: str) -> bool:
    """Whether a query gives a row."""
    return next(database.rows(f"{sql} LIMIT 1"), None) is not None
