"""A page to Parquet, by DuckDB: amounts as decimals, days as dates, counts as integers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from policyengine.tables.pages import Kind, Page, Shown
from policyengine.tables.parquet import database

TYPES: dict[Kind, str] = {
    "count": "BIGINT", "date": "DATE", "yuan": "DECIMAL(20, 2)", "wan": "DECIMAL(24, 6)",
}  # fmt: skip
"""The types of columns; what is not here is text."""
_AT_ONCE = 100  # rows that are handed over together


def write_parquet(page: Page, path: str, name: str) -> None:
    """One page as a Parquet file at `path`, amounts as decimals, days as dates.

    `name`: what the file is called to people. Raises CaseError where the library is missing, OSError where there is no
    room.
    """
    duckdb = database(name)
    names = [column.header.replace('"', '""') for column in page.columns]
    columns = ", ".join(
        f'"{name_}" {TYPES.get(column.kind, "VARCHAR")}'
        for name_, column in zip(names, page.columns, strict=True)
    )
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE page ({columns})")
        for start in range(0, len(page.rows), _AT_ONCE):
            rows = page.rows[start : start + _AT_ONCE]
            marks = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
            connection.execute(f"INSERT INTO page VALUES {marks}", [_stored(v) for row in rows for v in row])
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
