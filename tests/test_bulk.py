"""Long tables by column held against one by one: every page, every row set aside, every account, on tables with slips."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from pathlib import Path

import duckdb
import pytest

from policyengine import api
from policyengine.asked import asked
from policyengine.bulk import answers
from policyengine.bulk.deciding import Asked, decide_bulk
from policyengine.instances import Plans
from policyengine.tables.read import How, Input, format_of
from tests import tangled
from tests.oracle import population
from tests.support import ROOT, yanzhou

SEEDS = range(48)


def mixed(seed: int, folder: Path) -> tuple[list[Input], How, dict[str, str]]:
    """Tables with slips in some format, what the command says of them, and readings."""
    rng = random.Random(seed)
    grids = tangled.tables(yanzhou(), seed, rng.choice((5, 20, 60)), seed % 2 == 0)
    if rng.random() < 0.3:
        tangled.flat_sheet(grids, "申报项目", "企业", "申报企业")
    if rng.random() < 0.2 and len(grids) > 1:
        del grids[rng.choice(sorted(grids.keys() - {"申报项目"}))]
    for _ in range(rng.choice((0, 1, 2, 5, 12))):
        tangled.slip(grids, rng)
    readings = population.random_readings(rng) if rng.random() < 0.3 else {}
    kinds = ("共同体成员", "其它财政资金", "以前已得奖补")
    how = How(complete=tuple(kind for kind in kinds if rng.random() < 0.2))
    return tangled.files(grids, rng, folder), how, readings


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_say_the_same_as_one_by_one(seed: int, tmp_path: Path) -> None:
    inputs, how, readings = mixed(seed, tmp_path)
    assert list(tangled.differences(yanzhou(), inputs, how, readings, lambda _: None)) == []


def test_most_of_a_plain_table_is_decided_by_column(tmp_path: Path) -> None:
    grids = tangled.tables(yanzhou(), 7, 200)
    notes: list[str] = []
    inputs = tangled.files(grids, random.Random(1), tmp_path)
    assert list(tangled.differences(yanzhou(), inputs, How(), {}, notes.append)) == []
    assert int(notes[0].split()[0]) > 120


SLIPS = {
    "a second row with an id": lambda grid: grid.append(list(grid[1])),
    "a project code twice": lambda grid: grid[2].__setitem__(
        grid[0].index("项目代码"), grid[1][grid[0].index("项目代码")]
    ),
    "a firm that is not listed": lambda grid: grid[1].__setitem__(grid[0].index("申报企业"), "某企业"),
    "a word that is no answer": lambda grid: grid[1].__setitem__(grid[0].index("已批准超个数申报"), "大概"),
    "a day in another form": lambda grid: grid[1].__setitem__(grid[0].index("申报受理日期"), "2021/6/1"),
    "a row of sums": lambda grid: grid.append(["合计", *[""] * (len(grid[0]) - 1)]),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_takes_only_what_is_linked_with_it_from_the_columns(name: str, tmp_path: Path) -> None:
    grids = tangled.tables(yanzhou(), 11, 60)
    before = by_column(yanzhou(), grids, tmp_path)
    SLIPS[name](grids["申报项目"])
    after = by_column(yanzhou(), grids, tmp_path)
    assert after["aside"] > before["aside"] == 0
    assert before["columns"] - 8 <= after["columns"] <= before["columns"]


@pytest.mark.parametrize("seed", range(6))
def test_versions_each_have_their_own_words(seed: int, tmp_path: Path) -> None:
    plans = overlaid()
    grids = tangled.tables(plans, seed, 60, True)
    inputs = tangled.files(grids, random.Random(seed), tmp_path)
    assert list(tangled.differences(plans, inputs, How(), {}, lambda _: None)) == []


@cache
def overlaid() -> Plans:
    """The shipped policy with a fictitious amendment, and a parameter supposed."""
    spec = ROOT / "policies" / "yanzhou-2020-14"
    return api.compile(api.load(spec, [ROOT / "examples" / "修订方案.yaml"], ["equipment_cap=120万元"]))


# --- what columns leave alone ---


def by_column(plans: Plans, grids: dict[str, tangled.Grid], folder: Path) -> Counter[str]:
    """How many applications went which way."""
    inputs = []
    for title, grid in grids.items():
        path = folder / f"{title}.csv"
        path.write_text("\n".join(",".join(line) for line in grid) + "\n", "utf-8")
        inputs.append(Input(str(path), path.read_bytes(), format_of(path.name)))
    bulk = decide_bulk(
        Asked(plans, tuple(inputs), How(), asked(plans.last).default, {}, folder), duckdb.connect
    )
    batch = answers.batch(bulk)
    assert batch.adds_up and bulk.adds_up
    return Counter(
        columns=batch.by_columns, scalar=len(batch.done) - batch.by_columns, aside=len(batch.rejected)
    )
