"""The traps of exact money in columns, each sprung: rounding, overflow, width of literals, NULL, whole division, remainders."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest

from policyengine.case import Case, CaseEntity, Given
from policyengine.columns import compile_query
from policyengine.columns.dialect import DUCKDB, NARROW_MOST, WIDE_MOST
from policyengine.columns.domain import NotExact, Whole
from policyengine.columns.numbers import Arithmetic, Wholes
from policyengine.exact import round_to
from policyengine.values import ABSENT, Known
from tests import mini
from tests.columns import connection, differences, run
from tests.support import NOWHERE

W = Wholes(DUCKDB)
NUM = Arithmetic(W)
POLICY = """
entities:
  thing: {label: 事项, dated_by: declared_on, key: code}
units:
  吨: {dimension: t, label: 吨}
  元/吨: {dimension: money/t}
parameters:
  valid_from: {label: 起, value: 2020-01-01, basis: 测试}
  rate: {label: 比例, value: 3.15%, basis: 测试}
  fen: {label: 分, value: 0.01元, basis: 测试}
  hundred: {label: 百元, value: 100元, basis: 测试}
  price: {label: 单价, value: 200元/吨, basis: 测试}
  budget: {label: 总额, value: 3000000001元, basis: 测试}
facts:
  declared_on: {entity: thing, type: date, label: 日期, ask: 日期, basis: 测试}
  code: {entity: thing, type: text, label: 编码, ask: 编码, basis: 测试}
  order: {entity: thing, type: count, range: [1, 9], label: 次序, ask: 次序, basis: 测试}
  kind: {entity: thing, type: enum, options: {A: 甲, B: 乙}, optional: true, label: 类别, ask: 类别, basis: 测试}
  cost: {entity: thing, type: money, unit: 元, range: [-100亿元, 100亿元], label: 投资, ask: 投资, basis: 测试}
  paid: {entity: thing, type: money, unit: 元, range: [0元, 100亿元], label: 已付, ask: 已付, basis: 测试}
  weight: {entity: thing, type: number, unit: 吨, range: [0吨, 999999999吨], label: 重量, ask: 重量, basis: 测试}
conditions:
  granted: {entity: thing, label: 予以补助, basis: 测试}
  old_enough: {entity: thing, part_of: granted, label: 日期, test: declared_on >= valid_from, basis: 测试, fail: 太早}
  right_kind: {entity: thing, part_of: granted, label: 类别, test: "kind != 'B'", basis: 测试, fail: 类别不对}
"""
AWARD = """
values:
  award: {{entity: thing, type: money, label: 金额, basis: 测试, formula: "{formula}"}}
"""
POOL = """
limits:
  award:
    kind: pool
    entity: thing
    type: money
    label: 金额
    where: granted
    of: paid
    limit: budget
    method: {method}
    basis: 测试
"""


def policy(formula: str) -> mini.Mini:
    made = mini.mini(POLICY, AWARD.format(formula=formula))
    assert mini.shown(made.found) == []
    return made


def things(*rows: dict[str, Known | None]) -> Case:
    """A case of things; a fact given as None is blank."""
    found = {}
    for i, row in enumerate(rows):
        facts = {
            "declared_on": mini.date(2021, 6, 1),
            "code": f"C{i:04d}",
            "order": Decimal(1),
            "kind": ABSENT,
            **row,
        }
        given = {name: Given(value, "", NOWHERE) for name, value in facts.items()}
        found[f"T{i:04d}"] = CaseEntity("thing", f"T{i:04d}", given, {}, frozenset(), NOWHERE)
    return Case("", {"thing": found})


def agree(made: mini.Mini, *rows: dict[str, Known | None]) -> int:
    """All rows as cases of their own decided alike both ways; how many by column."""
    cases = [(f"{i}/", things(row)) for i, row in enumerate(rows)]
    batch = run(made.plans, cases, {}, True)
    assert list(differences(made.plans, cases, {}, batch)) == []
    return batch.by_columns


# --- rounding ---

HALVES = [
    Decimal(n).scaleb(-2)
    for n in (0, 1, 49, 50, 51, 99, 150, 1587301, 3174603, 33333333, 100000000, 999999999999)
]


@pytest.mark.parametrize("mode", ["half_up", "down", "up"])
def test_rounding_is_exact_on_both_sides_of_zero(mode: str) -> None:
    rng = random.Random(7)
    drawn = [Decimal(rng.randint(-(10**12), 10**12)).scaleb(-2) for _ in range(300)]
    rows = [{"cost": sign * value} for value in [*HALVES, *drawn] for sign in (1, -1)]
    assert agree(policy(f"round_to(cost * rate, fen, '{mode}')"), *rows) == len(rows)


@pytest.mark.parametrize("value", [-7, -6, -5, -1, 0, 1, 5, 6, 7, 149, 150, 151])
@pytest.mark.parametrize("mode", ["half_up", "down", "up"])
def test_whole_division_of_negative_numbers_rounds_as_stated(value: int, mode: str) -> None:
    number = NUM.const(Fraction(0))
    shown = Arithmetic(W).rounded(_column(number, value), NUM.const(Fraction(2)), mode)
    got = (
        connection()
        .execute(f"SELECT {shown.raw} FROM (SELECT CAST({value} AS BIGINT) AS x)")
        .fetchall()[0][0]
    )
    assert got * shown.scale == Fraction(round_to(Decimal(value), Decimal(2), mode))


def _column(like, value: int):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(like, raw='"x"', low=min(-200, value), high=200)


def test_a_quotient_that_never_ends_is_compared_and_rounded_exactly() -> None:
    made = policy("round_half_up(min(hundred * (paid / cost), paid), fen) if cost != 0 else 0")
    sizes = (1, 3, 7, 3333, 10000, 10001, 99999999, 10**12 - 1, 10**12)
    rows = [
        {"paid": Decimal(a).scaleb(-2), "cost": Decimal(b * s).scaleb(-2)}
        for a in (0, *sizes)
        for b in sizes
        for s in (1, -1)
    ]
    assert agree(made, *rows) == len(rows)


# --- bounds ---


def test_literals_are_never_32_bits() -> None:
    two = W.times(W.const(2_147_483_647), Whole('"x"', 0, 3))
    assert connection().execute(f"SELECT {two.sql} FROM (SELECT CAST(3 AS BIGINT) AS x)").fetchall() == [
        (6_442_450_941,)
    ]


@pytest.mark.parametrize(("most", "wide"), [(NARROW_MOST, False), (NARROW_MOST + 1, True), (WIDE_MOST, True)])
def test_the_width_is_what_the_bounds_need_and_holds_the_greatest(most: int, wide: bool) -> None:
    total = W.plus(Whole('"x"', 0, most - 1), Whole('"y"', 0, 1))
    assert total.wide is wide
    x = f"CAST('{most - 1}' AS {'HUGEINT' if Whole('', 0, most - 1).wide else 'BIGINT'})"
    got = (
        connection().execute(f"SELECT {total.sql} FROM (SELECT {x} AS x, CAST(1 AS BIGINT) AS y)").fetchall()
    )
    assert got == [(most,)]


def test_one_past_the_widest_is_not_proved() -> None:
    with pytest.raises(NotExact):
        W.plus(Whole('"x"', 0, WIDE_MOST), Whole('"y"', 0, 1))


def test_what_cannot_be_proved_goes_the_scalar_way_and_says_so() -> None:
    made = policy(
        "round_half_up(cost * (cost / fen) * (cost / fen) * (cost / fen) / (budget / fen) / (budget / fen) / (budget / fen), fen)"
    )
    assert list(compile_query(made.plans).lost) == ["award"]
    assert agree(made, {"cost": Decimal(100)}, {"cost": Decimal("9999999999.99")}) == 0


def test_products_wider_than_64_bits_are_exact() -> None:
    made = policy("round_half_up(cost * (paid / hundred) * order, fen)")
    top = {"cost": Decimal(10**10), "paid": Decimal(10**10), "order": Decimal(9)}
    assert compile_query(made.plans).lost == {}
    assert agree(made, top, {**top, "cost": Decimal("-9999999999.99")}, {**top, "paid": Decimal("0.01")}) == 3


def test_a_number_finer_than_columns_hold_goes_the_scalar_way() -> None:
    made = policy("round_half_up(weight * price, fen)")
    assert agree(made, {"weight": Decimal("0.000001")}, {"weight": Decimal("0.0000001")}) == 1


# --- blanks ---


def test_a_blank_is_never_skipped_by_least_or_lost_by_a_filter() -> None:
    made = policy("min(paid, hundred + cost)")
    rows: list[dict[str, Known | None]] = [
        {"paid": Decimal(5), "cost": None}, {"paid": None, "cost": Decimal(5)}, {"paid": Decimal(5), "cost": Decimal(7)},
        {"paid": Decimal(5), "cost": Decimal(7), "kind": None}, {"paid": Decimal(5), "cost": Decimal(7), "kind": "B"},
    ]  # fmt: skip
    assert agree(made, *rows) == 2


def test_a_division_by_zero_counts_only_where_it_is_read() -> None:
    made = policy("round_half_up(paid * cost / paid if paid > 0 else hundred, fen)")
    assert (
        agree(made, {"paid": Decimal(0), "cost": Decimal(1)}, {"paid": Decimal(3), "cost": Decimal(1)}) == 2
    )


# --- groups ---


def pool(method: str, *rows: dict[str, Known | None]) -> dict[str, int]:
    """What a pool pays, by column, after holding it against the scalar way."""
    made = mini.mini(POLICY, POOL.format(method=method))
    cases = [("", things(*rows))]
    batch = run(made.plans, cases, {}, True)
    assert list(differences(made.plans, cases, {}, batch)) == []
    assert batch.by_columns == len(rows)
    return {line.id: line.amount or 0 for line in batch.lines()}


def test_shares_of_real_sizes_add_up_to_the_fen() -> None:
    rng = random.Random(3)
    for members in (2, 3, 7, 41):
        rows = [{"paid": Decimal(rng.randint(10**11, 10**12)).scaleb(-2)} for _ in range(members)]
        asked = sum(int(Decimal(str(row["paid"])).scaleb(2)) for row in rows)
        paid = pool("pro_rata\n    round_to: fen", *rows)
        assert sum(paid.values()) == min(asked, 300_000_000_100)


def test_odd_fen_and_ties_go_by_the_stable_key() -> None:
    rows: list[dict[str, Known | None]] = [
        {"paid": Decimal(2_000_000_000), "code": code} for code in ("b", "c", "a", "é", "Z")
    ]
    assert sum(pool("pro_rata\n    round_to: fen", *rows).values()) == 300_000_000_100
    assert pool("in_order\n    by: [order]", *rows)["T0004"] == 200_000_000_000


def test_an_order_is_by_number_and_not_by_text() -> None:
    rows: list[dict[str, Known | None]] = [
        {"paid": Decimal(2_000_000_000 + n), "order": Decimal(order), "code": str(n)}
        for n, order in enumerate((9, 2, 1, 5))
    ]
    assert (
        pool("in_order\n    by: [{value: paid, order: descending}, order]", *rows)["T0003"] == 200_000_000_300
    )


def test_more_linked_rows_than_a_case_may_hold_are_named_and_not_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("policyengine.columns.engine.MOST_LINKED", 2)
    made = mini.mini(POLICY, POOL.format(method="in_order\n    by: [order]"))
    cases = [("", things({"paid": Decimal(5)}, {"paid": Decimal(5)}, {"paid": None}))]
    batch = run(made.plans, cases, {}, True)
    assert [sorted(ids["thing"]) for ids in batch.too_many] == [["T0000", "T0001", "T0002"]]
    assert (list(batch.lines()), batch.by_columns) == ([], 0)


def test_a_refusal_without_words_is_decided_one_by_one_and_names_its_condition() -> None:
    made = mini.mini(POLICY.replace(", fail: 类别不对", ""), AWARD.format(formula="cost"))
    rows: list[dict[str, Known | None]] = [{"cost": Decimal(1), "kind": kind} for kind in ("A", "B")]
    assert agree(made, *rows) == 1
