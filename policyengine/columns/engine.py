"""Running a query with DuckDB in process: what columns decide, and which cases are left to the scalar way.

A case is left to the scalar way whole: everything that is linked with a row that columns leave open. (Where group
rules compare rows of the whole file, that is all of it.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from policyengine.columns import tables
from policyengine.columns.compiling import SEPARATOR, Query, compile_query
from policyengine.columns.dialect import DUCKDB
from policyengine.columns.staging import Rows
from policyengine.instances import Plans

if TYPE_CHECKING:
    import duckdb

_TYPES = {"text": DUCKDB.text, "bool": "BOOLEAN", "date": "DATE", "narrow": DUCKDB.narrow, "wide": DUCKDB.wide}


def driver() -> ModuleType:
    """DuckDB, which only this needs. ModuleNotFoundError where the extra `bulk` is not installed."""
    import duckdb

    return duckdb


@dataclass(frozen=True, slots=True)
class Row:
    """One application as columns decide it. `amount` in fen."""

    id: str
    outcome: str
    amount: int
    refusals: frozenset[str]
    scalar: bool


def stage(connection: duckdb.DuckDBPyConnection, schema: Mapping[str, list[tables.Field]], rows: Rows) -> None:
    """Make the staged tables from columns of plain values."""
    for kind, fields in schema.items():
        columns = ", ".join(f'"{f.name}" {_TYPES[f.type]}' for f in fields)
        connection.execute(f'CREATE OR REPLACE TEMP TABLE "{kind}" ({columns})')
        cells = [rows[kind][f.name] for f in fields]
        if cells and cells[0]:
            unnested = ", ".join(f"CAST(unnest(${i}) AS {_TYPES[f.type]})" for i, f in enumerate(fields, 1))
            connection.execute(f'INSERT INTO "{kind}" SELECT {unnested}', cells)


def full(connection: duckdb.DuckDBPyConnection, schema: Mapping[str, list[tables.Field]]) -> frozenset[str]:
    """The staged columns that have no blank, for which no masks need to be carried."""
    found: set[str] = set()
    for kind, fields in schema.items():
        asked = [f for f in fields if f.kind in ("fact", "closed")]
        if not asked:
            continue
        tests = ", ".join(
            f'bool_and("{f.name}" IS NOT NULL)' if f.kind == "fact" else f'bool_and(COALESCE("{f.name}", FALSE))' for f in asked
        )
        answers = connection.execute(f'SELECT {tests} FROM "{kind}"').fetchall()[0]
        found |= {f"{kind}.{f.name}" for f, yes in zip(asked, answers, strict=True) if yes is not False}
    return frozenset(found)
