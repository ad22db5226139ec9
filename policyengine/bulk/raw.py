"""Sheets in the database as they are in their files: one view a kind, `n` the number of a row, `c1`, `c2` … its cells.

A tidy CSV or Parquet file is read by the database itself; every other is read as `tables` reads it and handed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from policyengine.columns.cells import as_text, padded, spaced
from policyengine.columns.dialect import literal
from policyengine.tables.cells import MAX_CELL, Cell, Placed, Row
from policyengine.tables.entries import EntryReader
from policyengine.tables.headers import Column, Layout
from policyengine.tables.parquet import kind_of
from policyengine.tables.read import Input
from policyengine.tables.text import decode, encoding_of

if TYPE_CHECKING:
    import duckdb

    from policyengine import model as m


@dataclass(slots=True)
class Raw:
    """A sheet in the database as the view `raw KIND`.

    `types`: of each column by number, as the database names them. `marked`: whether there is a column `odd`, true where a
    cell is not what it looks like (a formula without a result, a code that is a number). `held`: its rows, where they are
    in memory. `padded`: columns with white space around what is in them.
    """

    kind: str
    placed: Placed
    layout: Layout
    types: Mapping[int, str]
    marked: bool = False
    held: Mapping[int, Row] = field(default_factory=dict)
    padded: frozenset[int] = frozenset()

    @property
    def view(self) -> str:
        return f'"raw {self.kind}"'

    def text(self, column: int) -> str:
        """A cell as text without outer white space."""
        type_ = self.types.get(column, "VARCHAR")
        return as_text(f"c{column}", type_, column in self.padded)

    def look_for_padding(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Find out which columns need to have white space taken off."""
        texts = [i for i, type_ in self.types.items() if type_ == "VARCHAR"]
        cells = [f"c{i}" for i in texts]
        if texts and connection.execute(f"SELECT bool_or({spaced(cells)}) FROM {self.view}").fetchall()[0][0]:
            tests = ", ".join(f"bool_or({padded(f'c{i}')})" for i in texts)
            answers = connection.execute(f"SELECT {tests} FROM {self.view}").fetchall()[0]
            self.padded = frozenset(i for i, yes in zip(texts, answers, strict=True) if yes)

    def rows(self, connection: duckdb.DuckDBPyConnection, numbers: Iterable[int]) -> Iterator[Row]:
        """The rows of these numbers as their file has them, in order."""
        wanted = sorted(set(numbers))
        if self.held:
            yield from (self.held[number] for number in wanted)
            return
        connection.execute("CREATE OR REPLACE TEMP TABLE wanted (n BIGINT)")
        connection.execute("INSERT INTO wanted SELECT unnest($1)", [wanted])
        texts = ", ".join(f"CAST(c{i} AS VARCHAR)" for i in self.types)
        sql = f"SELECT n, {texts} FROM {self.view} SEMI JOIN wanted USING (n) ORDER BY n"
        kinds = {i: kind_of(type_) for i, type_ in self.types.items()}
        cursor = connection.execute(sql)
        while found := cursor.fetchmany(10_000):
            for number, *cells in found:
                yield Row(
                    number,
                    {
                        i: Cell(kinds[i], text)
                        for i, text in zip(kinds, cells, strict=True)
                        if text and text.strip()
                    },
                )


def load(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    placed: Placed,
    layout: Layout,
    encoding: str,
    folder: Path,
) -> Raw | None:
    """A file that the database can read by itself; None where it is not tidy enough.

    `encoding`: as it was asked for. `folder`: for temporary files.
    """
    if file.format == "parquet":
        return _parquet(connection, file, placed, layout)
    if file.format not in ("csv", "tsv"):
        return None
    found, mark = encoding_of(file.data, file.name, encoding)
    data = file.data if found == "utf-8" and not mark else decode(file.data, file.name, encoding)[0].encode()
    if not _tidy(data):
        return None
    path = Path(file.name)
    if data is not file.data or not path.is_file():
        path = folder / f"{layout.kind}.csv"
        path.write_bytes(data)
    width = max((max(row.cells, default=0) for row in placed.sheet.rows), default=0)
    delimiter = "," if file.format == "csv" else "\t"
    return _csv(connection, path, placed, layout, width, delimiter)


def hand_over(
    connection: duckdb.DuckDBPyConnection, policy: m.Policy, placed: Placed, layout: Layout, folder: Path
) -> Raw:
    """A sheet whose rows are in memory, given to the database as a file."""
    rows = [row for row in placed.sheet.rows if row.number > layout.header_row]
    width = max((max(row.cells, default=0) for row in placed.sheet.rows), default=0)
    reader = EntryReader(policy, placed, layout)
    path = folder / f"{layout.kind}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for row in rows:
            texts = [row.cells[i].text if i in row.cells else "" for i in range(1, width + 1)]
            odd = row.number in reader.merged or any(_odd(c, reader.by_column.get(i), policy) for i, c in row.cells.items())  # fmt: skip
            writer.writerow([row.number, "1" if odd else "", *texts])
    names = ["n", "odd", *(f"c{i}" for i in range(1, width + 1))]
    options = _options(names, ",", False)
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW "raw {layout.kind}" AS SELECT * REPLACE (CAST(n AS BIGINT) AS n, COALESCE(odd, '') = '1' AS odd)
        FROM read_csv({literal(str(path))}, {options})"""
    )
    types = dict.fromkeys(range(1, width + 1), "VARCHAR")
    return Raw(layout.kind, placed, layout, types, True, {row.number: row for row in rows})


def _odd(cell: Cell, column: Column | None, policy: m.Policy) -> bool:
    """Whether the text of a cell does not say it all."""
    if cell.kind == "text":
        return False
    if column is None or cell.kind in ("error", "formula") or cell.format:
        return True
    fact = policy.facts.get(column.target.name) if column.target.use == "fact" else None
    if fact is None:
        return column.target.use != "carried"
    fits = {"bool": "bool", "date": "date"}
    return fact.type.kind != fits[cell.kind] if cell.kind in fits else not fact.type.quantity


def _tidy(data: bytes) -> bool:
    """Whether every line of a UTF-8 text is one record, so that lines and rows are the same."""
    end = len(data)
    while end and data[end - 1] in b"\r\n":
        end -= 1
    if data[:1] in b"\r\n" or any(data.find(sign, 0, end) >= 0 for sign in (b"\n\n", b"\n\r\n", b"\0")):
        return False  # an empty line, which the database would not count
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    at = 0
    while end - at > MAX_CELL:  # a line that is too long has no end within so many bytes
        at = data.rfind(b"\n", at, at + MAX_CELL + 1) + 1
        if not at:
            return False
    if b'"' not in data:
        return True
    try:
        records = sum(
            1 for _ in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), strict=True)
        )
    except csv.Error:
        return False
    return records == data.count(b"\n") + (not data.endswith(b"\n"))


def _options(names: Iterable[str], delimiter: str, ragged: bool) -> str:
    """How the database reads a text file. `ragged`: whether rows may be shorter than others; lines are rows then."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    return f"""columns = {{{columns}}}, auto_detect = FALSE, header = FALSE, delim = {literal(delimiter)}, quote = '"', escape = '"',
        null_padding = {ragged}, strict_mode = TRUE, max_line_size = 10000000"""


def _csv(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    placed: Placed,
    layout: Layout,
    width: int,
    delimiter: str,
) -> Raw | None:
    import duckdb as database

    scan = (
        f"read_csv({literal(str(path))}, {_options([f'c{i}' for i in range(1, width + 1)], delimiter, True)})"
    )
    try:
        connection.execute(f'CREATE OR REPLACE TEMP TABLE "file {layout.kind}" AS SELECT * FROM {scan}')
    except database.Error:  # a row that is longer than the first ones
        return None
    # a table keeps the order of the file, and counts its rows
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW "raw {layout.kind}" AS SELECT rowid + 1 AS n, * FROM "file {layout.kind}"
        WHERE rowid >= {layout.header_row}"""
    )
    return Raw(layout.kind, placed, layout, dict.fromkeys(range(1, width + 1), "VARCHAR"))


def _parquet(
    connection: duckdb.DuckDBPyConnection, file: Input, placed: Placed, layout: Layout
) -> Raw | None:
    scan = f"read_parquet({literal(file.name)}, file_row_number = TRUE)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    columns = [(name, type_) for name, type_, *_ in described if name != "file_row_number"]
    shown = ", ".join('"' + name.replace('"', '""') + f'" AS c{i}' for i, (name, _) in enumerate(columns, 1))
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW "raw {layout.kind}" AS
        SELECT CAST(file_row_number AS BIGINT) + 2 AS n, {shown} FROM {scan}"""
    )
    return Raw(layout.kind, placed, layout, {i: type_ for i, (_, type_) in enumerate(columns, 1)})
