"""`--engine`: whether long tables are decided by column, and written by the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from policyengine.cli import cluster
from policyengine.cli.common import CannotWrite

ENGINES = ("auto", "scalar", "columns", "spark")
LONG = {"xlsx": 1 << 18, "jsonl": 1 << 20, "parquet": 1 << 16}  # bytes from which columns are quicker
_LONG_TEXT = 1 << 19


def by_columns(asked: Any, engine: str) -> Any | None:
    """The decided `Bulk`; None where only the scalar way can do it."""
    from policyengine.bulk.deciding import NotByColumn, decide_bulk

    session = cluster.session() if engine == "spark" else None
    with _no_room():
        try:
            return decide_bulk(asked, _connect, session)
        except NotByColumn as why:
            if engine in ("columns", "spark"):
                raise click.UsageError(f"不能按列认定：{why}") from why
            return None


def linked_with(asked: Any, only: str | None, row: int | None) -> Any | None:
    """One application of a long table, with all that is linked with it, as a decided batch; None as of `by_columns`."""
    from policyengine.bulk.deciding import NotByColumn, decide_linked

    with _no_room():
        try:
            return decide_linked(asked, _connect, only, row)
        except NotByColumn:
            return None


def wanted(inputs: Iterable[Any], engine: str) -> bool:
    """Whether tables are to be decided by column: asked for, or quicker; UsageError where what it takes is missing."""
    if engine == "scalar" or (engine == "auto" and not _long(inputs)):
        return False
    if find_spec("duckdb") is None and engine in ("columns", "spark"):
        raise click.UsageError(
            f"--engine {engine} 要先装 policyengine-clauses[bulk] / needs the extra [bulk]"
        )
    return find_spec("duckdb") is not None


def _connect() -> Any:
    return Patient(import_module("duckdb").connect())


class Patient:
    """A connection that can be broken off in the middle of a statement: it runs in a thread of its own, since the database
    does not hear of Ctrl-C."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.thread = ThreadPoolExecutor(1)

    def execute(self, *statement: Any) -> Any:
        running = self.thread.submit(self.connection.execute, *statement)
        try:
            while not running.done():
                wait([running], timeout=0.2)  # not for ever: on Windows that would not hear of Ctrl-C either
        except KeyboardInterrupt:
            self.connection.interrupt()
            wait([running])
            raise
        return running.result()

    def close(self) -> None:
        self.connection.close()
        self.thread.shutdown()


@contextmanager
def _no_room() -> Iterator[None]:
    """Say so where the memory or the place for temporary files is too small."""
    import duckdb

    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise CannotWrite(
            f"内存或者临时文件的地方不够 / not enough memory or room for temporary files: {error}"
        ) from error


def _long(inputs: Iterable[Any]) -> bool:
    return any(len(item.data) >= LONG.get(item.format, _LONG_TEXT) for item in inputs)
