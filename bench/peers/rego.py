"""Rego (regopy): one policy module, queried for the whole answer. Its `min` orders numbers as text, so it is not used."""

from __future__ import annotations

import json
from collections.abc import Callable

from regopy import Interpreter

from bench.work import BONUS, CAP, GATES, LEAST, RATE, Answer, Row

NAME = "Rego (regopy)"


def _module() -> str:
    gates = "\n".join(f'failed contains "{gate}" if not input.{gate}' for gate in GATES)
    return f"""package award
import rego.v1
least := {json.dumps(LEAST)}
rate := {json.dumps(RATE)}
cap := {json.dumps(CAP)}
{gates}
failed contains "not_d" if input.grade == "D"
failed contains "enough" if input.investment < least[input.program]
bonus := {BONUS} if input.grade == "A"
else := {BONUS} if input.listed
else := 0
raw := floor(((input.investment * (rate[input.program] + bonus)) + 5000) / 10000)
fen := 0 if count(failed) > 0
else := raw if raw < cap[input.program]
else := cap[input.program]
answer := {{"failed": failed, "fen": fen}}
"""


def prepare() -> Callable[[Row], Answer]:
    rego = Interpreter()
    rego.add_module("award", _module())

    def decide(row: Row) -> Answer:
        rego.set_input(row)
        answer = json.loads(str(rego.query("data.award.answer")))["expressions"][0]
        return Answer(frozenset(answer["failed"]), int(answer["fen"]))

    return decide
