"""Synthetic applications: of every policy, possible, the same for the same seed, and varied."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from policyengine import api
from policyengine.asked import asked
from policyengine.cli import cli
from policyengine.instances import Plans
from policyengine.tables.batch import Batch, decide_tables
from policyengine.tables.flat import csv_text
from policyengine.tables.form import title_of
from policyengine.tables.pages import Column, Page, Shown
from policyengine.tables.read import How, Input, read_tables
from policyengine.tables.sample import sample
from tests.mini import mini
from tests.support import ROOT, yanzhou
from tests.test_bad import base

AMENDED = f"{ROOT}/policies/yanzhou-2020-14+{ROOT}/examples/修订方案.yaml"
POLICIES = [ROOT / "policies" / "yanzhou-2020-14", *sorted(p for p in (ROOT / "tests" / "mechanics").iterdir() if p.is_dir())]  # fmt: skip


@cache
def plans_of(folder: str) -> Plans:
    return api.compile(api.load(folder))


def drawn(plans: Plans, count: int, seed: int, boundary: bool = False) -> tuple[Page, ...]:
    return sample(plans, asked(plans.last), count, random.Random(seed).randrange, boundary)


def decided(plans: Plans, pages: Iterable[Page]) -> Batch:
    """The pages decided as an office would, from their files."""
    inputs = [Input(f"{page.title}.csv", csv_text(page).encode("utf-8-sig"), "csv") for page in pages]
    return decide_tables(plans, read_tables(plans.policy, inputs, How(), frozenset()), {})


def set_aside(batch: Batch) -> list[str]:
    """What was not decided, and why."""
    return [
        f"{d.span.place if d.span else ''} {d.message('zh')}" for item in batch.rejected for d in item.why
    ]


def main(plans: Plans, pages: Iterable[Page]) -> Page:
    """The page of the applications."""
    title = title_of(plans.policy.entities[plans.policy.header.application.entity])
    return next(page for page in pages if page.title == title)


def said(pages: Iterable[Page], title: str, header: str) -> list[Shown]:
    """What the rows of a page say in a column; nothing where there is no such column."""
    page = next(page for page in pages if page.title == title)
    at = [column.header for column in page.columns].index(header)
    return [row[at] for row in page.rows]


# --- of every policy ---


@pytest.mark.parametrize("boundary", [False, True], ids=["plain", "boundary"])
@pytest.mark.parametrize("folder", POLICIES, ids=lambda folder: folder.name)
def test_every_row_of_every_policy_is_possible_and_marked(folder: Path, boundary: bool) -> None:
    plans = plans_of(str(folder))
    pages = drawn(plans, 60, 3, boundary)
    assert len(main(plans, pages).rows) == 60
    for page in pages:
        assert page.columns[-1] == Column("备注") and all(row[-1] == "合成数据" for row in page.rows)
        assert len({row[0] for row in page.rows}) == len(page.rows)
    batch = decided(plans, pages)
    assert set_aside(batch) == []
    assert len(batch.done) == 60 and batch.adds_up
    assert pages == drawn(plans, 60, 3, boundary)


@pytest.mark.parametrize("name", ["shipped", "bad"])
def test_an_application_says_what_the_version_of_its_day_knows(name: str) -> None:
    plans = plans_of(AMENDED) if name == "shipped" else base("amended.yaml")
    assert len(plans.versions) == 2
    pages = drawn(plans, 200, 1)
    days = {seen.decision.declared_on for seen in decided(plans, pages).done}
    start = plans.versions[1][0]
    assert start is not None and min(day for day in days if day) < start < max(day for day in days if day)
    assert set_aside(decided(plans, pages)) == []


# --- the same, and enough of everything ---


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    assert drawn(yanzhou(), 24, 3, True) == drawn(yanzhou(), 24, 3, True) != drawn(yanzhou(), 24, 4, True)


def test_more_applications_begin_with_the_same_ones() -> None:
    """They come in offices that nothing links, so that twice as many are twice the work."""
    few, many = (drawn(yanzhou(), count, 1) for count in (500, 620))
    for page, longer in zip(few, many, strict=True):
        assert longer.rows[: len(page.rows)] == page.rows
        there = {row[0] for row in page.rows}
        others = {cell for other in many for row in other.rows[len(next(p for p in few if p.title == other.title).rows) :] for cell in row}  # fmt: skip
        assert not there & others


def test_all_that_may_come_of_an_application_does() -> None:
    pages = drawn(yanzhou(), 300, 3)
    batch = decided(yanzhou(), pages)
    outcomes = [done.decision.outcome for done in batch.done]
    assert outcomes.count("granted") > 60 and outcomes.count("refused") > 120
    assert outcomes.count("undetermined") > 20
    options = yanzhou().policy.facts["program_applied"].options.values()
    assert {label.zh for label in options} <= set(said(pages, "申报项目", "申报的奖补项目"))
    assert {page.title for page in pages} == {entity.label.zh for entity in yanzhou().policy.entities.values()}  # fmt: skip
    firms = said(pages, "申报项目", "申报企业")
    assert len(set(firms)) < len(firms) and len(set(firms)) * 10 > len(firms) * 9


def test_a_boundary_sample_stands_on_thresholds() -> None:
    amounts = {value for page in drawn(yanzhou(), 24, 3, True) for row in page.rows for value in row if isinstance(value, Decimal)}  # fmt: skip
    assert {Decimal(500), Decimal("499.999999"), Decimal("500.000001")} & amounts


@pytest.mark.parametrize(
    ("folder", "title", "header"),
    [
        ("policies/yanzhou-2020-14", "以前已得奖补", "已得奖补的申报日期"),
        ("tests/mechanics/discretion", "批次", "本批比例（%）"),
        ("tests/mechanics/income_tax", "年度申报", "年度的最后一天"),
        ("tests/mechanics/categories", "申报项目", "设备投资（万元）"),
    ],
)
def test_what_a_constraint_binds_is_stated_all_the_same(folder: str, title: str, header: str) -> None:
    values = said(drawn(plans_of(str(ROOT / folder)), 300, 2), title, header)
    assert values.count(None) * 10 < len(values) and len(set(values)) > 2


def test_amounts_of_tables_are_amounts_of_the_policy() -> None:
    amounts = [v for v in said(drawn(plans_of(str(ROOT / "tests/mechanics/categories")), 100, 1), "申报项目", "总投资（万元）") if v]  # fmt: skip
    assert sum(Decimal(str(amount)) >= 200 for amount in amounts) * 2 > len(amounts)


# --- policies that are not usual ---

THING = """
entities:
  owner: {label: 主体, refs: {above: {to: owner, inverse: below, label: 上级, optional: true}}}
  thing:
    label: 申报 事项/甲
    dated_by: declared_on
    UNIQUE
    refs: {holder: {to: owner, inverse: things, label: 申报主体, max: MOST}}
units: {套餐: {dimension: money, scale: 7}}
parameters:
  valid_from: {label: 起, value: 2020-01-01, basis: 试}
  valid_to: {label: 止, value: 2020-03-31, basis: 试}
  cap: {label: 最高, value: 30万元, basis: 试}
  most: {label: 名额, value: 30个, basis: 试}
facts:
  declared_on: {entity: thing, type: date, label: 日期, ask: 哪天, basis: 试}
  stage: {entity: thing, type: enum, options: {one: 一, two: 二}, label: 阶段, ask: 哪个, basis: 试}
  cost: {entity: thing, type: money, unit: UNIT, range: [0元, 100万元], decimals: DECIMALS, label: 费用, ask: 多少, basis: 试}
  parts: {entity: thing, type: count, range: [0个, 6个], label: 件数, ask: 几件, basis: 试}
values:
  granted: {entity: thing, type: bool, formula: "stage == 'one' and cost >= cap and parts >= 1", label: 予以, basis: 试}
  award: {entity: thing, type: money, formula: cost if granted else 0, label: 金额, basis: 试}
LIMITS
constraints: CONSTRAINTS
"""


def thing(
    unique: str = "", unit: str = "万元", decimals: int = 2, most: int = 5, limits: str = "", test: str = ""
) -> Plans:
    rule = f'{{odd: {{entity: thing, test: "{test}", basis: 试, fail: 不对}}}}' if test else "{}"
    text = (
        THING.replace("UNIQUE", f"unique: [{unique}]" if unique else "")
        .replace("UNIT", unit)
        .replace("MOST", str(most))
    )
    made = mini(
        text.replace("DECIMALS", str(decimals)).replace("LIMITS", limits).replace("CONSTRAINTS", rule)
    )
    assert [d for d in made.found if d.severity == "error"] == []
    return made.plans


@pytest.mark.parametrize(
    "plans",
    [
        pytest.param(lambda: thing(), id="a title that no id may hold"),
        pytest.param(lambda: thing(unit="元", decimals=0), id="whole yuan"),
        pytest.param(lambda: thing(most=1), id="no more than one of a holder"),
        pytest.param(lambda: thing(unique="holder"), id="none of the same holder"),
        pytest.param(lambda: thing(unit="套餐"), id="a unit that is no power of ten"),
        pytest.param(lambda: thing(unique="holder, stage"), id="two of a holder apart by an answer"),
        pytest.param(lambda: thing(unique="declared_on"), id="one a day"),
        pytest.param(lambda: thing(test="date(year(declared_on), parts, parts) <= declared_on"), id="impossible to compute"),
        pytest.param(lambda: thing(test="cost == cap * parts"), id="equal to what is reckoned"),
        pytest.param(lambda: thing(test="count(t for t in holder.things if t.stage == 'two') <= 1"), id="seen from all of a holder"),
        pytest.param(lambda: thing(test="within", limits="limits: {within: {entity: thing, kind: quota, per: [stage], by: [{value: cost, order: descending}], keep: most, label: 限额, basis: 试}}"), id="ranked among all"),
    ],
)  # fmt: skip
def test_what_is_drawn_fits(plans: object) -> None:
    made = plans()  # type: ignore[operator]
    pages = drawn(made, 70, 1)
    assert len(main(made, pages).rows) == 70
    batch = decided(made, pages)
    assert set_aside(batch) == []


# --- the command ---


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "XLSX"])
def test_the_files_are_read_back(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    policy = str(ROOT / "policies" / "yanzhou-2020-14")
    made = CliRunner().invoke(cli, ["sample", policy, "-n", "40", "--seed", "2", "-o", f"试算.{form}"])
    assert made.exit_code == 0, made.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert f"试算.{form}" in names and len(names) == (1 if form.lower() == "xlsx" else 5)
    seen = CliRunner().invoke(cli, ["evaluate", *names, "--policy", policy, "--format", "jsonl"])
    assert seen.exit_code == 0, seen.output
    lines = [json.loads(line) for line in seen.stdout.splitlines()]
    assert len(lines) == 40 and {line["outcome"] for line in lines} >= {"granted", "refused"}
    assert all(line["application"].startswith("project.合成") for line in lines)
