"""CEL in Rust: one program a condition and a number, as a rule file would hold them."""

from __future__ import annotations

from collections.abc import Callable

import cel

from bench.work import BONUS, CAP, GATES, LEAST, RATE, Answer, Row

NAME = "CEL in Rust, an expression a value"


def prepare() -> Callable[[Row], Answer]:
    def by_program(numbers: dict[str, int]) -> str:
        equipment, robot, other = numbers.values()
        return f'program == "equipment" ? {equipment} : (program == "robot" ? {robot} : {other})'

    values = {
        name: cel.compile(by_program(n)) for name, n in (("least", LEAST), ("rate", RATE), ("cap", CAP))
    }
    checks = {gate: cel.compile(gate) for gate in GATES}
    checks |= {"not_d": cel.compile('grade != "D"'), "enough": cel.compile("investment >= least")}
    points = cel.compile(f'(grade == "A" || listed) ? rate + {BONUS} : rate')
    raw = cel.compile("(investment * points + 5000) / 10000")
    capped = cel.compile("raw < cap ? raw : cap")

    def decide(row: Row) -> Answer:
        known = dict(row)
        for name, program in values.items():
            known[name] = program.execute(known)
        failed = frozenset(name for name, program in checks.items() if not program.execute(known))
        if failed:
            return Answer(failed, 0)
        known["points"] = points.execute(known)
        known["raw"] = raw.execute(known)
        return Answer(failed, capped.execute(known))

    return decide
