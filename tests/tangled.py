"""Tables as offices send them: synthetic applications with slips, written in any format, for holding two ways of deciding
against each other."""

from __future__ import annotations

import csv
import io
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from policyengine import exact
from policyengine.asked import asked
from policyengine.bulk import answers
from policyengine.bulk.deciding import Asked, NotByColumn, decide_bulk
from policyengine.bulk.writing import Writer
from policyengine.diagnostics import CaseError
from policyengine.instances import Plans
from policyengine.tables import book, findings, flat, pages, sample, told
from policyengine.tables.batch import Batch, decide_tables
from policyengine.tables.pages import Page, Shown
from policyengine.tables.read import How, Input, format_of, read_tables

Grid = list[list[str]]  # the header and the rows
CELLS = (
    "", "无", "有", "是", "否", "不知道", "-", "#N/A", "0", "-1", "1e3", "12,000", "５００", "500万元", "5000000元", "3%", "99999999999999999999", "1.23456789",
    "2021/6/1", "2021年6月1日", "2021-02-30", "2021-06-01", "1899-12-31", "2300-01-01", "ＡＢＣ", "a\u200bb", "合 计", "TOTAL", "示例1", " x ", "A", "A类", "true", "none",
)  # fmt: skip


def tables(plans: Plans, seed: int, count: int, boundary: bool = False) -> dict[str, Grid]:
    """Synthetic applications as texts, by title."""
    draw = random.Random(seed).randrange
    made = sample.sample(plans, asked(plans.last), count, draw, boundary)
    return {page.title: _grid(page) for page in made}


def _grid(page: Page) -> Grid:
    return [
        [column.header for column in page.columns],
        *([_text(value) for value in row] for row in page.rows),
    ]


def _text(value: Shown) -> str:
    return "" if value is None else exact.text(value) if hasattr(value, "as_tuple") else str(value)


# --- slips ---


def slip(grids: dict[str, Grid], rng: random.Random) -> None:
    """One thing that goes wrong in an office."""
    title = rng.choice(sorted(grids))
    grid = grids[title]
    if len(grid) < 3:
        return
    row, other = (rng.randrange(1, len(grid)) for _ in range(2))
    column = rng.randrange(len(grid[0]))
    match rng.randrange(12):
        case 0 | 1 | 2:
            grid[row][column] = rng.choice(CELLS)
        case 3:
            grid[row][column] = grid[other][column]
        case 4:
            grid[row] = list(grid[other])
        case 5:
            grid.insert(row, [""] * len(grid[0]))
        case 6:
            grid.insert(row, ["合计", *[""] * (len(grid[0]) - 1)])
        case 7:
            grid[row][column] = f" {grid[row][column]}　"
        case 8:
            del grid[row]
        case 9:
            for line in grid:
                del line[column]
        case 10:
            rest = grid[1:]
            rng.shuffle(rest)
            grid[1:] = rest
        case 11:
            _by_code(grids, rng)


def _by_code(grids: dict[str, Grid], rng: random.Random) -> None:
    """Some references written as codes instead of ids."""
    codes = {}
    for grid in grids.values():
        for i, header in enumerate(grid[0]):
            if "代码" in header and "编号" in grid[0]:
                codes |= {line[grid[0].index("编号")]: line[i] for line in grid[1:] if line[i]}
    for grid in grids.values():
        for line in grid[1:]:
            for i in range(1, len(line)):
                if line[i] in codes and rng.random() < 0.3:
                    line[i] = codes[line[i]]


def flat_sheet(grids: dict[str, Grid], main: str, of: str, by: str) -> None:
    """One sheet instead of two: the columns of `of` behind those of `main`, which refers to it by the column `by`."""
    if main not in grids or of not in grids or by not in grids[main][0]:
        return
    big, small = grids[main], grids.pop(of)
    rows = {line[0]: line for line in small[1:]}
    at = big[0].index(by)
    wanted = [i for i, header in enumerate(small[0]) if i and header not in big[0]]
    big[0] += [small[0][i] for i in wanted]
    for line in big[1:]:
        found = rows.get(line[at])
        line += [found[i] if found else "" for i in wanted]


# --- formats ---


def files(grids: dict[str, Grid], rng: random.Random, folder: Path, form: str = "") -> list[Input]:
    """The tables in a format, if none is given in one drawn by lot."""
    form = form or rng.choice(("csv", "csv", "xlsx", "parquet", "jsonl", "tsv"))
    if form == "xlsx":
        made = (
            Page(title, tuple(pages.Column(h) for h in grid[0]), tuple(tuple(line) for line in grid[1:]))
            for title, grid in grids.items()
        )
        return [Input("申报.xlsx", book.write_book(made, "申报.xlsx", {}), "xlsx")]
    found = []
    for title, grid in grids.items():
        path = folder / f"{title}.{form}"
        if form == "jsonl":
            path.write_text(
                "".join(
                    json.dumps({h: v for h, v in zip(grid[0], line, strict=True) if v}, ensure_ascii=False)
                    + "\n"
                    for line in grid[1:]
                ),
                "utf-8",
            )
        elif form == "parquet":
            _parquet(grid, path)
        else:
            path.write_bytes(_csv(grid, rng, "," if form == "csv" else "\t"))
        found.append(Input(str(path), path.read_bytes(), format_of(path.name)))
    return found


def _csv(grid: Grid, rng: random.Random, delimiter: str) -> bytes:
    out = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(
        out, delimiter=delimiter, quoting=quoting, lineterminator=rng.choice(("\n", "\r\n"))
    ).writerows(grid)
    text = out.getvalue()
    return rng.choice((text.encode(), text.encode("utf-8-sig"), text.encode("gb18030")))


def _parquet(grid: Grid, path: Path) -> None:
    database = duckdb.connect()
    names = ", ".join(f'"{h}" VARCHAR' for h in grid[0])
    database.execute(f"CREATE TABLE t ({names})")
    for line in grid[1:]:
        database.execute(
            f"INSERT INTO t VALUES ({', '.join('?' * len(line))})", [cell or None for cell in line]
        )
    database.execute(f"COPY t TO '{path}' (FORMAT parquet)")


# --- the two ways ---


def differences(
    plans: Plans, inputs: list[Input], how: How, readings: dict[str, str], note: Callable[[str], None]
) -> Iterator[str]:
    """What the columns say otherwise than the scalar way of the same files."""
    wanted = asked(plans.last).default
    try:
        one: Batch | CaseError = decide_tables(
            plans, read_tables(plans.policy, inputs, how, wanted), readings
        )
    except CaseError as error:
        one = error
    with tempfile.TemporaryDirectory() as folder:
        try:
            bulk = decide_bulk(
                Asked(plans, tuple(inputs), how, wanted, readings, Path(folder), explained=2),
                duckdb.connect,
            )
            other: Batch | CaseError = answers.batch(bulk)
            written = Writer(bulk, "zh", Path(folder))
            looks, counted = written.findings(), (written.tallies(), written.stood())
            note(f"{bulk.by_columns} by column")
        except NotByColumn:
            note("not by column")
            return
        except CaseError as error:
            other = error
    if isinstance(one, CaseError) or isinstance(other, CaseError):
        if not (isinstance(one, CaseError) and isinstance(other, CaseError)):
            yield f"{one!r} and {other!r}"
        elif one.diagnostics != other.diagnostics:
            yield f"{one.diagnostics} and {other.diagnostics}"
        return
    yield from differ(one, other)
    yield from explained_otherwise(one, other)
    if looks != findings.findings(one):
        yield f"{looks} and {findings.findings(one)}"
    if counted != (pages.tallies(one), pages.stood(one)):
        yield f"{counted} and {pages.tallies(one)}, {pages.stood(one)}"


def explained_otherwise(one: Batch, other: Batch) -> Iterator[str]:
    """What the first explanations say otherwise."""
    there = told.at_hand(other)
    if len(there) < min(2, len(other.done)) and not other.rejected:
        yield f"{len(there)} explained"
    blocks = (
        [list(told.block(e, "zh")) for e in told.explained(batch, batch.done[: len(there)], "zh")]
        for batch in (one, other)
    )
    yield from (f"{a} and {b}" for a, b in zip(*blocks, strict=True) if a != b)


def differ(one: Batch, other: Batch) -> Iterator[str]:
    """What two decided tables say otherwise."""
    about = pages.About((), ())
    if one.accounts != other.accounts or not other.adds_up:
        yield f"{one.accounts} and {other.accounts}"
    for lang in ("zh", "en"):
        for a, b in zip(pages.pages(one, about, lang), pages.pages(other, about, lang), strict=False):
            if a.title not in ("版本", "version") and a != b:
                yield from (f"{a.title}: {x} and {y}" for x, y in zip(a.rows, b.rows, strict=False) if x != y)
                if len(a.rows) != len(b.rows):
                    yield f"{a.title}: {len(a.rows)} and {len(b.rows)} rows"
    for a, b in zip(findings.findings(one), findings.findings(other), strict=False):
        if a != b:
            yield f"{a} and {b}"
    if len(findings.findings(one)) != len(findings.findings(other)):
        yield "another number of findings"
    for x, y in zip(flat.json_lines(one, "zh"), flat.json_lines(other, "zh"), strict=True):
        if x != y:
            yield f"{x} and {y}"
