"""Pages to Parquet, by DuckDB where it is installed: every column with its type, amounts as exact decimals."""

from __future__ import annotations

from policyengine.tables.pages import Kind, Page
from policyengine.tables.parquet import database

TYPES: dict[Kind, str] = {
    "count": "BIGINT",
    "date": "DATE",
    "yuan": "DECIMAL(20, 2)",
    "wan": "DECIMAL(24, 6)",
}
_AT_ONCE = 10_000  # rows


def write_parquet(page: Page, path: str, name: str) -> None:
    """A page as a Parquet file, with the types of its columns. `name`: as people know the file.

    Raises CaseError where DuckDB is missing, and its IOException where the file cannot be written.
    """
    connection = database(name).connect(":memory:")
    names = [f"c{i}" for i in range(len(page.columns))]
    typed = ", ".join(
        f"{n} {TYPES.get(column.kind, 'VARCHAR')}" for n, column in zip(names, page.columns, strict=True)
    )
    shown = ", ".join(
        f"{n} AS {_quoted(column.header)}" for n, column in zip(names, page.columns, strict=True)
    )
    try:
        connection.execute(f"CREATE TABLE page ({typed})")
        for at in range(0, len(page.rows), _AT_ONCE):
            cells = list(zip(*page.rows[at : at + _AT_ONCE], strict=True))
            columns = [[None if value in (None, "") else str(value) for value in column] for column in cells]
            casts = ", ".join(
                f"CAST(unnest(${i}) AS {TYPES.get(c.kind, 'VARCHAR')})" for i, c in enumerate(page.columns, 1)
            )
            connection.execute(f"INSERT INTO page SELECT {casts}", columns)
        target = path.replace("'", "''")
        connection.execute(
            f"COPY (SELECT {shown} FROM page) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
