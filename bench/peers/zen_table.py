"""GoRules ZEN (Rust): a decision table for the program's numbers, expressions for the rest."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import zen

from bench.work import BONUS, CAP, GATES, LEAST, PROGRAMS, RATE, Answer, Row

NAME = "GoRules ZEN, decision table"


def _graph() -> str:
    table = {
        "id": "numbers", "type": "decisionTableNode", "name": "numbers",
        "content": {
            "hitPolicy": "first", "passThrough": True, "inputs": [{"id": "i", "name": "program", "field": "program"}],
            "outputs": [{"id": name, "name": name, "field": name} for name in ("least", "rate", "cap")],
            "rules": [
                {"_id": p, "i": f'"{p}"', "least": str(LEAST[p]), "rate": str(RATE[p]), "cap": str(CAP[p])} for p in PROGRAMS
            ],
        },
    }  # fmt: skip
    parts = {gate: gate for gate in GATES}
    parts |= {"not_d": 'grade != "D"', "enough": "investment >= least"}
    parts["eligible"] = " and ".join(f"$.{name}" for name in parts)
    parts["fen"] = (
        f"$.eligible ? min([floor((investment * (rate + ((grade == 'A' or listed) ? {BONUS} : 0)) + 5000) / 10000), cap]) : 0"
    )
    rest = {
        "id": "rest", "type": "expressionNode", "name": "rest",
        "content": {"expressions": [{"id": k, "key": k, "value": v} for k, v in parts.items()]},
    }  # fmt: skip
    ends = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    way = ["in", "numbers", "rest", "out"]
    edges = [
        {"id": f"e{i}", "sourceId": a, "targetId": b} for i, (a, b) in enumerate(itertools.pairwise(way))
    ]
    return json.dumps({"nodes": [*ends, table, rest], "edges": edges})


def prepare() -> Callable[[Row], Answer]:
    decision = zen.ZenEngine().create_decision(_graph())

    def decide(row: Row) -> Answer:
        result = decision.evaluate(row)["result"]
        failed = frozenset(name for name in (*GATES, "not_d", "enough") if not result[name])
        return Answer(failed, int(result["fen"]))

    return decide
