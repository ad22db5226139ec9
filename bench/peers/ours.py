"""policyengine: the policy in `bench/common/policy`, decided without a trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench.work import Answer, Row
from policyengine import compile, load
from policyengine.case import Case, CaseEntity, Given
from policyengine.deciding import decide as decide_case
from policyengine.source import Source

NAME = "policyengine, no trace"
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


def _name(condition: str) -> str:
    return condition.replace("passes_", "gate_")
