"""policyengine: the policy in `bench/common/policy`, decided without a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from bench.work import Answer, Row
from policyengine import compile, load
from policyengine.case import Case, CaseEntity, Given
from policyengine.columns import engine, tables
from policyengine.columns.database import Duck
from policyengine.deciding import decide as decide_case
from policyengine.instances import Plans
from policyengine.source import Source

NAME = "policyengine, no trace"
BY_COLUMN = "policyengine, by column"
POLICY = Path(__file__).parents[1] / "common" / "policy"


def prepare() -> Callable[[Row], Answer]:
    plans = compile(load(POLICY))
    span = Source("row", " ").span(0, 1)
    day = Given(date(2021, 1, 1), "", span, "case")

    def decide(row: Row) -> Answer:
        facts = {name: Given(value, "", span, "case") for name, value in row.items()}
        facts["program_applied"] = facts.pop("program")
        facts["investment"] = Given(Decimal(row["investment"]).scaleb(-2), "", span, "case")  # type: ignore[arg-type]
        facts["declared_on"] = day
        case = Case("row", {"project": {"P": CaseEntity("project", "P", facts, {}, frozenset(), span)}})
        [decision] = decide_case(plans, case, reasons=False).decision.decisions
        failed = frozenset(_name(f.condition) for f in decision.refusals)
        return Answer(failed, int(decision.amount * 100) if not failed else 0)  # type: ignore[operator]

    return decide


def prepare_columns() -> Callable[[Sequence[Row]], list[Answer]]:
    """All rows at once, from Python's objects and back."""
    plans = compile(load(POLICY))

    def decide(rows: Sequence[Row]) -> list[Answer]:
        database = _staged(plans, rows)
        batch = engine.run(database, engine.fitted(database, plans))
        assert not batch.scalar
        found = {
            line.id: Answer(frozenset(map(_name, line.refusals)), line.amount or 0) for line in batch.lines()
        }
        return [found[str(i)] for i, _ in enumerate(rows)]

    return decide


def prepare_staged(rows: Sequence[Row]) -> Callable[[], object]:
    """The same from tables of the database to tables."""
    plans = compile(load(POLICY))
    database = _staged(plans, rows)
    return lambda: engine.run(database, engine.fitted(database, plans))


def _staged(plans: Plans, rows: Sequence[Row]) -> Duck:
    given: dict[str, list[object]] = {
        **{name: [row[name] for row in rows] for name in rows[0]},
        "id": [str(i) for i, _ in enumerate(rows)],
        "program_applied": [row["program"] for row in rows],
        "declared_on": [date(2021, 1, 1)] * len(rows),
    }
    database, schema = Duck(duckdb.connect()), tables.schema(plans)
    staged = {f.name: given.get(f.name, [None] * len(rows)) for f in schema["project"]}
    engine.stage(database, schema, {"project": staged})  # type: ignore[dict-item]
    return database


def _name(condition: str) -> str:
    return condition.replace("passes_", "gate_")
