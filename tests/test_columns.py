"""Deciding by column gives what the scalar way and the oracle give: every mechanic of `tests/mechanics`, and cases of the
shipped policy as the scalar way is tested with, decided as whole batches. `tests/test_crowd.py` decides very many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyengine import api, casefile, scenarios
from policyengine.columns import compile_query
from policyengine.diagnostics import errors
from policyengine.instances import Plans
from tests.columns import against_oracle, against_scalar, differences, run
from tests.support import yanzhou
from tests.test_mechanics import FOLDERS, ids

BATCHES = 4  # each draws its own readings
NOT_BY_COLUMN: dict[str, set[str]] = {}  # values of a mechanic that columns leave to the scalar way


@pytest.mark.parametrize("seed", range(BATCHES))
def test_columns_agree_with_the_scalar_way(seed: int) -> None:
    found, batch = against_scalar(yanzhou(), seed, 250)
    assert found == []
    assert batch.query.lost == {}
    assert batch.by_columns > 0


@pytest.mark.parametrize("seed", range(BATCHES))
def test_columns_agree_with_the_oracle(seed: int) -> None:
    found, rows = against_oracle(yanzhou(), seed, 1_000)
    assert found == []
    assert rows > 1_000


@pytest.mark.parametrize("name", sorted(yanzhou().policy.interpretations))
def test_every_option_of_every_reading_is_decided_by_column(name: str) -> None:
    for option in yanzhou().policy.interpretations[name].options:
        assert compile_query(yanzhou(), {name: option}).lost == {}


def specs(folder: Path) -> list[tuple[str, Path]]:
    """A mechanic by itself and with its overlays, each with the folder of its scenarios."""
    overlays = sorted((folder / "overlays").glob("*.yaml"))
    found = [(str(folder), folder)]
    return [*found, ("+".join(map(str, [folder, *overlays])), folder / "overlays")] if overlays else found


def read(plans: Plans, folder: Path) -> dict[tuple[tuple[str, str], ...], list[tuple[str, casefile.Case]]]:
    """The scenarios of a folder that can be read as cases, by their readings."""
    types, found = api.types(plans), {}
    for i, scenario in enumerate(scenarios.read_scenarios(scenarios.files(folder))):
        case, problems = casefile.read_case(scenario.case, plans.policy, types, scenario.name)
        if not errors(problems) and not case.stipulated:
            found.setdefault(tuple(sorted(scenario.readings.items())), []).append((f"s{i:03d}/", case))
    return found


@pytest.mark.parametrize("fitted", [False, True], ids=["general", "fitted"])
@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_every_mechanic_agrees_with_the_scalar_way(folder: Path, fitted: bool) -> None:
    for spec, home in specs(folder):
        plans = api.compile(api.load(spec))
        query = compile_query(plans)
        assert set(query.lost) == NOT_BY_COLUMN.get(folder.name, set())
        by_columns = 0
        for readings, cases in read(plans, home).items():
            # a group over the whole case must not mix scenarios
            for batch in [[case] for case in cases] if query.cohort else [cases]:
                done = run(plans, batch, dict(readings), fitted)
                assert list(differences(plans, batch, dict(readings), done)) == []
                by_columns += done.by_columns
        assert by_columns > 0
