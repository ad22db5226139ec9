"""simpleeval by itself: the same formulas, parsed beforehand, on integers of fen."""

from __future__ import annotations

from collections.abc import Callable

from simpleeval import SimpleEval

from bench.work import BONUS, CAP, GATES, LEAST, RATE, Answer, Row

NAME = "simpleeval, parsed beforehand"


def prepare() -> Callable[[Row], Answer]:
    evaluator = SimpleEval(functions={"min": min})
    evaluator.operators = {**evaluator.operators}

    def parsed(text: str) -> tuple[str, object]:
        return text, SimpleEval.parse(text)

    def by_program(n: dict[str, int]) -> tuple[str, object]:
        return parsed(
            f"{n['equipment']} if program == 'equipment' else ({n['robot']} if program == 'robot' else {n['informatization']})"
        )

    numbers = {name: by_program(n) for name, n in (("least", LEAST), ("rate", RATE), ("cap", CAP))}
    checks = {gate: parsed(gate) for gate in GATES}
    checks |= {"not_d": parsed("grade != 'D'"), "enough": parsed("investment >= least")}
    points = parsed(f"rate + {BONUS} if grade == 'A' or listed else rate")
    raw = parsed("(investment * points + 5000) // 10000")
    capped = parsed("min(raw, cap)")

    def decide(row: Row) -> Answer:
        known = evaluator.names = dict(row)
        for name, (text, tree) in numbers.items():
            known[name] = evaluator.eval(text, tree)
        failed = frozenset(name for name, (text, tree) in checks.items() if not evaluator.eval(text, tree))
        if failed:
            return Answer(failed, 0)
        known["points"] = evaluator.eval(*points)
        known["raw"] = evaluator.eval(*raw)
        return Answer(failed, evaluator.eval(*capped))

    return decide
