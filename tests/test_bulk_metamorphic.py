"""What must change nothing else in a decided table: the order of its rows, in how many files it comes, how its ids are spelt.

Tables of several sheets, with slips, in every format, decided by column and one by one.
"""

from __future__ import annotations

import copy
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import pytest

from policyengine.asked import asked
from policyengine.bulk import answers
from policyengine.bulk.deciding import Asked, decide_bulk
from policyengine.tables import pages
from policyengine.tables.batch import Batch, Done, Set, decide_tables
from policyengine.tables.findings import findings
from policyengine.tables.read import How, Input, read_tables
from tests import tangled
from tests.oracle import population
from tests.support import yanzhou
from tests.tangled import Grid

Grids = dict[str, Grid]
SEEDS = range(8)
FORMS = ("csv", "xlsx", "parquet", "tsv")  # in JSON Lines a sheet without a row has no header
_ROWS = re.compile(r"（[^（）]*第[0-9]+行[^（）]*）")  # where other rows stand, in a remark
_ID = re.compile(r"合成[^（）\s]+[0-9]+")


@dataclass(slots=True)
class Answers:
    """What a decided table says, without where its rows stand."""

    projects: dict[str, tuple[object, ...]] = field(default_factory=dict)
    values: Counter[tuple[object, ...]] = field(default_factory=Counter)
    aside: Counter[tuple[object, ...]] = field(default_factory=Counter)
    accounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[object, ...]] = field(default_factory=Counter)
    by_columns: int = 0

    def add(self, batch: Batch) -> None:
        assert batch.adds_up
        for done in batch.done:
            assert done.decision.subject.id not in self.projects
            self.projects[done.decision.subject.id] = _answer(done, batch)
        self.values.update(pages.results(batch, "zh").rows)
        for item in batch.rejected:
            codes = tuple(sorted(d.code for d in item.why))
            self.aside[item.part.layout.kind, _given(item), codes] += 1
        for account in batch.accounts:
            for name in ("rows", "used", "rejected", "blank", "examples"):
                self.accounts[account.kind, name] += getattr(account, name)
        for finding in findings(batch):
            if finding.code != "by-column":
                said = finding.code, finding.label.zh, finding.cited.cites
                self.found.update((*said, id_) for *_, id_ in finding.rows)
        self.by_columns += batch.by_columns


def _answer(done: Done, batch: Batch) -> tuple[object, ...]:
    """Outcome, amount, reasons, clauses, what is missing, remarks, and the row as it came in."""
    _, *said = pages.decided(done, batch.policy, "zh")
    failed = tuple((f.condition, f.subject.id, f.cited.cites) for f in done.decision.refusals)
    return *(_ROWS.sub("", cell) if isinstance(cell, str) else cell for cell in said), failed, _given(done)


def _given(row: Done | Set) -> tuple[tuple[str, str], ...]:
    """The filled cells of a row by their headers."""
    headers = {column.index: column.header for column in row.part.layout.columns}
    cells = ((headers.get(at, ""), cell.text) for at, cell in row.row.cells.items())
    return tuple(sorted(pair for pair in cells if pair[1]))


Decide = Callable[[list[Input], Mapping[str, str], Path], Batch]


def one_by_one(inputs: list[Input], readings: Mapping[str, str], folder: Path) -> Batch:
    plans = yanzhou()
    return decide_tables(plans, read_tables(plans.policy, inputs, How(), wanted()), readings)


def by_column(inputs: list[Input], readings: Mapping[str, str], folder: Path) -> Batch:
    job = Asked(yanzhou(), tuple(inputs), How(), wanted(), dict(readings), folder)
    return answers.batch(decide_bulk(job, duckdb.connect))


@cache
def wanted() -> frozenset[str]:
    return asked(yanzhou().last).default


@dataclass(frozen=True, slots=True)
class Table:
    """Tables with slips, and how to decide them."""

    seed: int
    grids: Grids
    readings: Mapping[str, str]
    decide: Decide
    folder: Path

    def answers(self, *parts: Grids) -> Answers:
        """What is said of the parts, each decided by itself, in the format of the whole."""
        found = Answers()
        for part in parts:
            number = len(list(self.folder.iterdir()))
            (files := self.folder / f"files{number}").mkdir()
            (work := self.folder / f"work{number}").mkdir()
            inputs = tangled.files(part, random.Random(self.seed), files, FORMS[self.seed // 2])
            found.add(self.decide(inputs, self.readings, work))
        return found


@pytest.fixture(params=[one_by_one, by_column], ids=["scalar", "columns"], scope="module")
def decide(request: pytest.FixtureRequest) -> Decide:
    found: Decide = request.param
    return found


@pytest.fixture(params=SEEDS, scope="module")
def table(request: pytest.FixtureRequest, decide: Decide, tmp_path_factory: pytest.TempPathFactory) -> Table:
    seed: int = request.param
    rng = random.Random(1_000 + seed)
    grids = next(made for made in _drawn(rng, seed % 2 == 0) if "共同体成员" in made)
    for _ in range((0, 2, 5, 10)[seed % 4]):
        grids = slipped(grids, rng)
    readings = population.random_readings(rng) if seed % 3 == 0 else {}
    return Table(seed, grids, readings, decide, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def whole(table: Table) -> Answers:
    return table.answers(table.grids)


def _drawn(rng: random.Random, boundary: bool) -> Iterator[Grids]:
    while True:
        yield tangled.tables(yanzhou(), rng.randrange(10**6), rng.choice((20, 40)), boundary)


def slipped(grids: Grids, rng: random.Random) -> Grids:
    """One more slip, and all columns still there: without one of them, nothing may be left to decide by column."""
    while True:
        made = copy.deepcopy(grids)
        tangled.slip(made, rng)
        if all(made[title][0] == grid[0] for title, grid in grids.items()):
            return made


def same(one: Answers, other: Answers, decide: Decide) -> None:
    assert one.projects and one.projects == other.projects
    assert one.aside == other.aside
    assert (one.values, one.accounts, one.found) == (other.values, other.accounts, other.found)
    assert decide is one_by_one or one.by_columns == other.by_columns > 0


# --- the order of rows ---


def test_the_order_of_rows_changes_nothing_else(table: Table, whole: Answers) -> None:
    rng = random.Random(table.seed)
    mixed = {title: _mixed(grid, rng) for title, grid in table.grids.items()}
    same(whole, table.answers(mixed), table.decide)


def _mixed(grid: Grid, rng: random.Random) -> Grid:
    """The rows in another order; blank ones stay where they are."""
    filled = [line for line in grid[1:] if any(line)]
    rest = iter(rng.sample(filled, len(filled)))
    return [grid[0], *(next(rest) if any(line) else line for line in grid[1:])]


# --- several files ---


def test_parts_by_firm_say_what_the_whole_says(table: Table, whole: Answers) -> None:
    owned = _owned(table.grids)
    parts = split(owned, random.Random(table.seed))
    assert all(len(part["申报项目"]) > 4 for part in parts)
    one, other = whole if owned == table.grids else table.answers(owned), table.answers(*parts)
    same(one, other, table.decide)


def test_parts_put_together_again_say_what_the_whole_says(table: Table, whole: Answers) -> None:
    parts = split(table.grids, random.Random(table.seed + 1))
    again = {
        title: _ending(grid[0], (line for part in parts for line in part[title][1:]))
        for title, grid in table.grids.items()
    }
    same(whole, table.answers(again), table.decide)


def _owned(grids: Grids) -> Grids:
    """The tables without the rows that name no row of theirs: they may belong to any firm, and leave all of them open."""
    found, named = grids, set[str]()
    while True:
        before, named = (
            named,
            {
                cell.strip()
                for grid in found.values()
                for line in grid[1:]
                if not _left_out(line)
                for header, cell in zip(grid[0], line, strict=True)
                if header.endswith(("编号", "代码"))
            },
        )
        if before == named:
            return found
        found = {title: [grid[0], *_naming(grid, named)] for title, grid in found.items()}


def _left_out(line: list[str]) -> bool:
    """Whether a row is one of sums or an example, and so no row of what it names."""
    cells = [cell.replace(" ", "") for cell in line if cell.strip()]
    return bool({"合计", "TOTAL"} & set(cells)) or any(cell.startswith("示例") for cell in cells[:1])


def _naming(grid: Grid, named: set[str]) -> Iterator[list[str]]:
    """The rows that refer to as many rows as most others of the sheet do, and to no other."""
    links = [
        i for i, header in enumerate(grid[0])
        if not header.endswith(("编号", "代码")) and any(_ID.fullmatch(line[i]) for line in grid[1:])
    ]  # fmt: skip
    counts = Counter(sum(bool(line[i].strip()) for i in links) for line in grid[1:] if any(line))
    usual = counts.most_common(1)[0][0] if counts else 0
    for line in grid[1:]:
        cells = [line[i].strip() for i in links if line[i].strip()]
        if len(cells) == usual and named.issuperset(cells):
            yield line


def split(grids: Grids, rng: random.Random) -> list[Grids]:
    """Two parts with all sheets; rows that name each other, through whatever chain, are in the same."""
    parent: dict[object, object] = {}

    def root(key: object) -> object:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for title, grid in grids.items():
        for number, line in enumerate(grid[1:]):
            for header, cell in zip(grid[0], map(str.strip, line), strict=True):
                if cell and (_ID.fullmatch(cell) or header.endswith(("编号", "代码"))):
                    parent[root((title, number))] = root(cell)
    part_of: dict[object, int] = defaultdict(lambda: rng.randrange(2))
    parts: list[Grids] = [{title: [grid[0]] for title, grid in grids.items()} for _ in range(2)]
    for title, grid in grids.items():
        for number, line in enumerate(grid[1:]):
            parts[part_of[root((title, number))]][title].append(line)
    return [{title: _ending(grid[0], grid[1:]) for title, grid in part.items()} for part in parts]


def _ending(header: list[str], lines: Iterable[list[str]]) -> Grid:
    """A sheet with its blank rows first: those at its end are not counted."""
    return [header, *sorted(lines, key=any)]


# --- ids ---


def test_ids_spelt_otherwise_in_the_same_order_change_nothing_else(table: Table, whole: Answers) -> None:
    texts = (cell for grid in table.grids.values() for line in grid[1:] for cell in line)
    ids = sorted({cell.strip() for cell in texts if _ID.fullmatch(cell.strip())})
    spelt = {id_: f"丙{number:05d}" for number, id_ in enumerate(ids)}
    renamed = {
        title: [grid[0], *([_respelt(cell, spelt) for cell in line] for line in grid[1:])]
        for title, grid in table.grids.items()
    }
    assert len(ids) > 20 and renamed != table.grids
    back = {new: old for old, new in spelt.items()}
    same(whole, _read_back(table.answers(renamed), back), table.decide)


def _respelt(cell: str, spelt: Mapping[str, str]) -> str:
    return cell.replace(cell.strip(), spelt[cell.strip()]) if cell.strip() in spelt else cell


def _read_back(found: Answers, back: Mapping[str, str]) -> Answers:
    """The answers with the first spelling."""

    def old(value: object) -> object:
        if isinstance(value, str):
            return re.sub("丙[0-9]{5}", lambda match: back[match[0]], value)
        return type(value)(map(old, value)) if type(value) is tuple else value

    def counted(values: Iterable[tuple[tuple[object, ...], int]]) -> Counter[tuple[object, ...]]:
        return Counter({old(key): number for key, number in values})  # type: ignore[misc]

    projects = {str(old(id_)): tuple(map(old, answer)) for id_, answer in found.projects.items()}
    return Answers(
        projects, counted(found.values.items()), counted(found.aside.items()), found.accounts,
        counted(found.found.items()), found.by_columns,
    )  # fmt: skip
