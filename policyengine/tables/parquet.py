"""Parquet to rows, by DuckDB where it is installed: every value as the text that stands for it, exactly."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from policyengine.diagnostics import CaseError, diagnostic
from policyengine.tables.cells import Cell, CellKind, Row, Sheet, whole_file

_KINDS: dict[str, CellKind] = {"DATE": "date", "BOOLEAN": "bool", "VARCHAR": "text"}


def kind_of(type_: str) -> CellKind:
    """What a column of a type holds."""
    return _KINDS.get(type_, "number")


def database(name: str) -> Any:
    """The library that reads and writes Parquet. Raises CaseError where it is not installed."""
    if find_spec("duckdb") is None:
        raise CaseError([diagnostic("table-needs-extra", whole_file(name), name="Parquet", extra="bulk")])
    return import_module("duckdb")


def read_parquet(path: str, title: str, most: int = 0) -> Sheet:
    """The table of a Parquet file; its first row is the header. `most`: how many rows are enough, 0 for all.

    Raises CaseError.
    """
    duckdb = database(path)
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
