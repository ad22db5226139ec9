"""A million projects decided by column are what the oracle says, and 50,000 what the scalar way says, blanks included."""

from __future__ import annotations

from collections import Counter

import pytest

from policyengine.columns.tables import schema
from tests import crowd
from tests.columns import connection
from tests.crowd import Blanks
from tests.oracle import READINGS
from tests.oracle.population import EDGES, MOST, SHAPES, VALID_FROM, VALID_UNTIL, contradictions
from tests.support import yanzhou

NONE = Blanks()
# How many neighbourhoods, and what is left open in them. Every batch has readings of its own.
ORACLE = [
    (9_100, NONE),
    (9_900, Blanks(60, one_of=4)),
    (9_100, NONE),
    (9_900, Blanks(200, one_of=8)),
    (9_100, NONE),
] * 8
SCALAR = [(920, NONE), (1_080, Blanks(20)), (1_250, Blanks(50)), (1_250, Blanks(200, one_of=3))] * 5
TAINTED = 9  # the readings of this batch know one more reason for refusal
EACH_ORACLE, EACH_SCALAR = 25_000, 2_500


@pytest.mark.parametrize("seed", range(len(ORACLE)))
def test_columns_agree_with_the_oracle(seed: int) -> None:
    neighbourhoods, open_ = ORACLE[seed]
    tally = crowd.against_oracle(yanzhou(), seed, neighbourhoods, open_)
    assert tally.found == []
    assert tally.decided >= EACH_ORACLE
    assert (tally.left == 0) == (open_ == NONE)
    assert open_ == NONE or min(tally.with_blanks, tally.refilled) > 200


@pytest.mark.parametrize("seed", range(len(SCALAR)))
def test_columns_agree_with_the_scalar_way(seed: int) -> None:
    neighbourhoods, open_ = SCALAR[seed]
    tally = crowd.against_scalar(yanzhou(), seed, neighbourhoods, open_)
    assert tally.found == []
    assert tally.decided >= EACH_SCALAR
    assert open_ == NONE or tally.with_blanks > 200


def test_together_they_are_a_million_and_fifty_thousand() -> None:
    assert len(ORACLE) * EACH_ORACLE >= 1_000_000
    assert len(SCALAR) * EACH_SCALAR >= 50_000


# --- what is drawn ---


def test_every_option_of_every_reading_is_drawn() -> None:
    seen = {name: Counter[str]() for name in READINGS}
    for seed in range(len(ORACLE)):
        for name, option in crowd.readings(seed).items():
            seen[name][option] += 1
    assert [
        (name, option) for name, options in READINGS.items() for option in options if not seen[name][option]
    ] == []


@pytest.fixture(scope="module")
def drawn() -> list[crowd.Case]:
    database, fields = connection(), schema(yanzhou())
    crowd.draw(database, fields, 14, 3_000)
    return list(crowd.cases(database, fields).values())


def test_what_is_drawn_breaks_no_constraint(drawn: list[crowd.Case]) -> None:
    assert [found for case in drawn for found in contradictions(case)] == []


def test_every_edge_is_drawn(drawn: list[crowd.Case]) -> None:
    projects = [row for case in drawn for row in case["project"].values()]
    for fact, kind in (
        ("equipment", "equipment"),
        ("robot", "robot"),
        ("software_hardware", "informatization"),
    ):
        threshold, cap, rate = SHAPES[kind]
        amounts = Counter(row[f"{fact}_investment"] for row in projects)
        capped = [cap * 100 // (rate + points) + fen for points in (0, 1, 2) for fen in (-1, 0, 1)]
        for amount in (threshold - 1, threshold, threshold + 1, *capped, 0, MOST):
            assert amounts[amount] >= 2, (fact, amount)
    days = Counter(row["declared_on"] for row in projects)
    assert all(days[day] >= 20 for day in EDGES)
    assert all(days[day] >= 20 for day in (VALID_FROM, VALID_UNTIL))


def test_the_parts_of_consortia_stand_at_their_edges(drawn: list[crowd.Case]) -> None:
    threshold = SHAPES["joint"][0]
    totals, halves = Counter[int](), Counter[int]()
    for case in drawn:
        for pid in case["project"]:
            rows = [row for row in case["participation"].values() if row["project"] == pid]
            total = sum(row["member_investment"] for row in rows)
            sme = sum(row["member_investment"] for row in rows if case["enterprise"][row["member"]]["is_sme"])
            totals[total - threshold] += 1
            halves[2 * sme - total] += total > 0
    assert min(totals[fen] for fen in (-1, 0, 1, 2)) >= 5
    assert min(halves[fen] for fen in (-2, -1, 0, 1, 2)) >= 5


def test_about_half_get_behind_the_gates_and_every_refusal_occurs() -> None:
    assert crowd.readings(TAINTED)["ineligible_member"] == "taints_all"
    tally = crowd.against_oracle(yanzhou(), TAINTED, 3_000, NONE)
    assert 0.35 < (tally.refusals[""] + tally.refusals["within_quota"]) / tally.decided < 0.65
    assert len(tally.refusals - Counter({"": tally.decided})) == 22
    assert min(tally.refusals.values()) >= 20


def test_a_neighbourhood_is_drawn_alike_again(drawn: list[crowd.Case]) -> None:
    database, fields = connection(), schema(yanzhou())
    crowd.draw(database, fields, 14, 30)
    assert list(crowd.cases(database, fields).values()) == drawn[:30]
