"""rule-engine (Python): one rule a condition and a number, amounts as decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import rule_engine

from bench.work import BONUS, CAP, GATES, LEAST, RATE, Answer, Row

NAME = "rule-engine"


def prepare() -> Callable[[Row], Answer]:
    checks = {gate: rule_engine.Rule(gate) for gate in GATES}
    checks["not_d"] = rule_engine.Rule('grade != "D"')
    checks["enough"] = rule_engine.Rule("investment >= least")
    numbers = {
        name: rule_engine.Rule(
            f'program == "equipment" ? {n["equipment"]} : (program == "robot" ? {n["robot"]} : {n["informatization"]})'
        )
        for name, n in (("least", LEAST), ("rate", RATE), ("cap", CAP))
    }
    raw = rule_engine.Rule(f'investment * (rate + ((grade == "A" or listed) ? {BONUS} : 0)) / 10000')
    capped = rule_engine.Rule("rounded < cap ? rounded : cap")

    def decide(row: Row) -> Answer:
        known = dict(row)
        for name, rule in numbers.items():
            known[name] = rule.evaluate(known)
        failed = frozenset(name for name, rule in checks.items() if not rule.evaluate(known))
        if failed:
            return Answer(failed, 0)
        known["rounded"] = Decimal(raw.evaluate(known)).quantize(Decimal(1), ROUND_HALF_UP)
        return Answer(failed, int(capped.evaluate(known)))

    return decide
