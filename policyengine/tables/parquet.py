"""Parquet to rows and a page to Parquet, by DuckDB where it is installed: every value exact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from policyengine.diagnostics import CaseError, diagnostic
from policyengine.tables.cells import Cell, CellKind, Row, Sheet, whole_file
from policyengine.tables.pages import Kind, Page, Shown

_KINDS: dict[str, CellKind] = {"DATE": "date", "BOOLEAN": "bool", "VARCHAR": "text"}


def kind_of(type_: str) -> CellKind:
    """What a column of a type holds."""
    return _KINDS.get(type_, "number")


TYPES: dict[Kind, str] = {
    "count": "BIGINT",
    "date": "DATE",
    "yuan": "DECIMAL(20, 2)",
    "wan": "DECIMAL(24, 6)",
}
"""The types of columns; what is not here is text."""


def _database(name: str) -> Any:
    if find_spec("duckdb") is None:
        raise CaseError([diagnostic("table-needs-extra", whole_file(name), name="Parquet", extra="bulk")])
    return import_module("duckdb")


def write_parquet(page: Page, path: str, name: str) -> None:
    """One page as a Parquet file at `path`, amounts as decimals, days as dates.

    `name`: what the file is called to people. Raises CaseError where the library is missing, OSError where there is no
    room.
    """
    duckdb = _database(name)
    names = [column.header.replace('"', '""') for column in page.columns]
    columns = ", ".join(
        f'"{name_}" {TYPES.get(column.kind, "VARCHAR")}'
        for name_, column in zip(names, page.columns, strict=True)
    )
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE page ({columns})")
        marks = ", ".join("?" for _ in page.columns)
        if page.rows:
            connection.executemany(
                f"INSERT INTO page VALUES ({marks})", [[_stored(v) for v in row] for row in page.rows]
            )
        quoted = path.replace("'", "''")
        connection.execute(f"COPY page TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def _stored(value: Shown) -> str | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)


def read_parquet(path: str, title: str, most: int = 0) -> Sheet:
    """The table of a Parquet file; its first row is the header. `most`: how many rows are enough, 0 for all.

    Raises CaseError.
    """
    duckdb = _database(path)
    connection = duckdb.connect(":memory:")
    try:
        relation = connection.read_parquet(path)
        relation = relation.limit(most) if most else relation
        kinds = [kind_of(str(type_)) for type_ in relation.types]
        texts = relation.project("COLUMNS(*)::VARCHAR").fetchall()
        columns = list(relation.columns)
    except duckdb.Error as error:
        raise CaseError(
            [diagnostic("table-unreadable", whole_file(path), name=path, zh="不是 Parquet 文件，或者已损坏", en="it is no Parquet file, or a damaged one")]
        ) from error  # fmt: skip
    finally:
        connection.close()
    header = Row(1, {i: Cell("text", name) for i, name in enumerate(columns, 1)})
    rows = (
        Row(
            number, {i: Cell(kinds[i - 1], text) for i, text in enumerate(record, 1) if text and text.strip()}
        )
        for number, record in enumerate(texts, 2)
    )
    return Sheet(path, title, (header, *rows))
