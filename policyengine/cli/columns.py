"""`--engine`: whether long tables are decided by column, and written by the database."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

ENGINES = ("auto", "scalar", "columns")
LONG = {"xlsx": 1 << 18, "jsonl": 1 << 20, "parquet": 1 << 16}  # bytes from which columns are quicker
_LONG_TEXT = 1 << 19


def by_columns(
    plans: Any,
    inputs: list[Any],
    how: Any,
    asked: frozenset[str],
    readings: Mapping[str, str],
    engine: str,
    folder: Path,
) -> Any | None:
    """The decided `Bulk`; None where the scalar way is asked for, quicker, or the only one that can do it.

    `folder`: for temporary files, as long as the answer is used.
    """
    if engine == "scalar" or (engine == "auto" and not _long(inputs)):
        return None
    if find_spec("duckdb") is None:
        if engine == "columns":
            raise click.UsageError(
                "--engine columns 要先装 policyengine-clauses[bulk] / needs the extra [bulk]"
            )
        return None
    import duckdb

    from policyengine.bulk.deciding import NotByColumn, decide_bulk

    def connect() -> Any:
        return duckdb.connect(config={"temp_directory": str(folder)})

    try:
        return decide_bulk(plans, inputs, how, asked, readings, folder, connect)
    except NotByColumn as why:
        if engine == "columns":
            raise click.UsageError(f"不能按列认定：{why}") from why
        return None


def _long(inputs: list[Any]) -> bool:
    return any(len(item.data) >= LONG.get(item.format, _LONG_TEXT) for item in inputs)
