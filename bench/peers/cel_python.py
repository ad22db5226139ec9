"""cel-python: the same expressions as for the Rust implementation."""

from __future__ import annotations

from collections.abc import Callable

import celpy

from bench.work import BONUS, CAP, GATES, LEAST, RATE, Answer, Row

NAME = "cel-python"


def prepare() -> Callable[[Row], Answer]:
    environment = celpy.Environment()

    def program(text: str) -> celpy.Runner:
        return environment.program(environment.compile(text))

    def by_program(n: dict[str, int]) -> celpy.Runner:
        equipment, robot, other = n.values()
        return program(f'program == "equipment" ? {equipment} : (program == "robot" ? {robot} : {other})')

    values = {name: by_program(n) for name, n in (("least", LEAST), ("rate", RATE), ("cap", CAP))}
    checks = {gate: program(gate) for gate in GATES}
    checks |= {"not_d": program('grade != "D"'), "enough": program("investment >= least")}
    points = program(f'(grade == "A" || listed) ? rate + {BONUS} : rate')
    raw = program("(investment * points + 5000) / 10000")
    capped = program("raw < cap ? raw : cap")

    def decide(row: Row) -> Answer:
        known = celpy.json_to_cel(row)
        for name, runner in values.items():
            known[name] = runner.evaluate(known)
        failed = frozenset(name for name, runner in checks.items() if not runner.evaluate(known))
        if failed:
            return Answer(failed, 0)
        known["points"] = points.evaluate(known)
        known["raw"] = raw.evaluate(known)
        return Answer(failed, int(capped.evaluate(known)))

    return decide
