"""The common work that every engine is given: one application a row, and what must come of it.

A row is `program investment grade listed gate_1 … gate_6`, the investment in fen. Out comes whether it is
granted, which conditions failed, and the amount in fen. `reference` says it in plain integers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

PROGRAMS = ("equipment", "robot", "informatization")
LEAST = {"equipment": 500_000_000, "robot": 300_000_000, "informatization": 200_000_000}
RATE = {"equipment": 300, "robot": 500, "informatization": 1000}  # in hundredths of a percent
CAP = {"equipment": 100_000_000, "robot": 100_000_000, "informatization": 50_000_000}
BONUS = 100
GATES = tuple(f"gate_{i}" for i in range(1, 7))

Row = dict[str, object]


@dataclass(frozen=True)
class Answer:
    """`failed`: the conditions that are not met; `fen`: 0 where any is."""

    failed: frozenset[str]
    fen: int


def reference(row: Row) -> Answer:
    program, investment = str(row["program"]), int(row["investment"])  # type: ignore[call-overload]
    failed = {gate for gate in GATES if not row[gate]}
    if row["grade"] == "D":
        failed.add("not_d")
    if investment < LEAST[program]:
        failed.add("enough")
    if failed:
        return Answer(frozenset(failed), 0)
    rate = RATE[program] + (BONUS if row["grade"] == "A" or row["listed"] else 0)
    return Answer(frozenset(), min((investment * rate + 5000) // 10_000, CAP[program]))


def rows(count: int, seed: int = 1) -> list[Row]:
    """Random applications, many of them near a threshold or a half of a fen."""
    rng = random.Random(seed)
    made: list[Row] = []
    for _ in range(count):
        program = rng.choice(PROGRAMS)
        investment = rng.choice(
            (
                LEAST[program] + rng.randint(-1, 1),
                rng.randint(0, 3_000_000_000),
                rng.randint(0, 40_000_000) * 50 + 17,
            )
        )
        gates = {gate: rng.random() > 0.04 for gate in GATES}
        grade, listed = rng.choice("ABCD"), rng.random() < 0.3
        made.append({"program": program, "investment": investment, "grade": grade, "listed": listed, **gates})
    return made


def yuan(fen: int) -> str:
    """An amount as the document writes it, exact: `12345.67元`."""
    return f"{fen // 100}.{fen % 100:02d}元"
