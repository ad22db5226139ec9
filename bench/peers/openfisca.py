"""OpenFisca-core (NumPy, single precision): a variable a value, all rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from bench.work import BONUS, CAP, GATES, LEAST, PROGRAMS, RATE, Answer, Row

NAME = "OpenFisca-core (NumPy)"
PERIOD = "2021"


def _system() -> TaxBenefitSystem:
    person = build_entity("project", "projects", "", is_person=True)
    system = TaxBenefitSystem([person])

    def variable(name: str, kind: type, formula: object = None) -> None:
        body = {"value_type": kind, "entity": person, "definition_period": DateUnit.YEAR, "label": name}
        if formula:
            body["formula"] = formula
        system.add_variable(type(name, (Variable,), body))

    for gate in GATES:
        variable(gate, bool)
    variable("listed", bool)
    variable("grade", str)
    variable("program", int)
    variable("investment", float)

    def pick(numbers: dict[str, int]) -> Callable[..., object]:
        values = np.array([numbers[p] for p in PROGRAMS])
        return lambda project, period: values[project("program", period)]

    for name, numbers in (("least", LEAST), ("rate", RATE), ("cap", CAP)):
        variable(name, float, pick(numbers))
    variable("not_d", bool, lambda p, t: p("grade", t) != "D")
    variable("enough", bool, lambda p, t: p("investment", t) >= p("least", t))
    variable("points", float, lambda p, t: p("rate", t) + BONUS * ((p("grade", t) == "A") | p("listed", t)))
    names = (*GATES, "not_d", "enough")
    variable("eligible", bool, lambda p, t: np.logical_and.reduce([p(name, t) for name in names]))

    def fen(p: Callable[..., np.ndarray], t: object) -> np.ndarray:
        raw = np.floor((p("investment", t) * p("points", t) + 5000) / 10000)
        return np.where(p("eligible", t), np.minimum(raw, p("cap", t)), 0)

    variable("fen", float, fen)
    return system


def _arrays(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    made = {name: np.array([row[name] for row in rows]) for name in (*GATES, "listed", "grade", "investment")}
    return made | {"program": np.array([PROGRAMS.index(str(row["program"])) for row in rows])}


def _computed(system: TaxBenefitSystem, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    simulation = SimulationBuilder().build_default_simulation(system, count=len(arrays["program"]))
    for name, array in arrays.items():
        simulation.set_input(name, PERIOD, array)
    return {name: simulation.calculate(name, PERIOD) for name in ("fen", *GATES, "not_d", "enough")}


def prepare_columns() -> Callable[[Sequence[Row]], list[Answer]]:
    """All rows at once, from Python's objects and back."""
    system = _system()
    names = (*GATES, "not_d", "enough")

    def decide(rows: Sequence[Row]) -> list[Answer]:
        found = _computed(system, _arrays(rows))
        return [
            Answer(frozenset(name for name in names if not found[name][i]), int(found["fen"][i]))
            for i in range(len(rows))
        ]

    return decide


def prepare_staged(rows: Sequence[Row]) -> Callable[[], object]:
    """The same from arrays to arrays."""
    system, arrays = _system(), _arrays(rows)
    return lambda: _computed(system, arrays)
