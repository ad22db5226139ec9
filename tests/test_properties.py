"""What must hold of every case: ranges, questions, caps, shares, order, determinism.

Cases come from the oracle's population; facts are blanked and relations left open at random.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyengine import api
from policyengine.case import Case, Given
from policyengine.deciding import decide
from policyengine.decision import Decision
from policyengine.lang import unknown
from policyengine.values import FactRef, Unknown
from tests.oracle import population
from tests.support import NOWHERE, ROOT, case_of, yanzhou

OPENABLE = {
    "project": ("supports", "participants"),
    "participation": ("supports",),
    "enterprise": ("earlier_awards",),
}
CHILDREN = {"supports": "support", "participants": "participation", "earlier_awards": "earlier_award"}
MANY = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**40)


def blanked(rng: random.Random, case: Case, share: float) -> Case:
    """The case with some facts left blank and some relations not stated."""
    entities: dict[str, dict[str, Any]] = {}
    for kind, members in case.entities.items():
        entities[kind] = {}
        for id_, entity in members.items():
            facts = {k: v for k, v in entity.facts.items() if rng.random() > share}
            entities[kind][id_] = replace(entity, facts=facts)
    smaller = replace(case, entities=entities)
    for kind, relations in OPENABLE.items():
        for id_ in list(smaller.entities.get(kind, {})):
            for relation in relations:
                if rng.random() < share / 2:
                    smaller = opened(smaller, kind, id_, relation)
    return smaller


def opened(case: Case, kind: str, id_: str, relation: str) -> Case:
    """The case without the members of one relation, which is then unknown."""
    child = CHILDREN[relation]
    back = {"project": "project", "participation": "participation", "enterprise": "applicant"}[kind]
    gone = {i for i, e in case.entities[child].items() if e.references.get(back) == id_}
    if child == "participation":
        gone_supports = {
            i for i, e in case.entities["support"].items() if e.references.get("participation") in gone
        }
        case = without(case, "support", gone_supports)
    case = without(case, child, gone)
    if id_ not in case.entities[kind]:
        return case
    entity = case.entities[kind][id_]
    changed = {**case.entities[kind], id_: replace(entity, closed=entity.closed - {relation})}
    return replace(case, entities={**case.entities, kind: changed})


def without(case: Case, kind: str, gone: set[str]) -> Case:
    kept = {i: e for i, e in case.entities[kind].items() if i not in gone}
    return replace(case, entities={**case.entities, kind: kept})


def filled(partial: Case, full: Case, needs: list[FactRef]) -> Case:
    """The partial case with what was asked for taken from the full one."""
    for ref in needs:
        if ref.name in CHILDREN:
            partial = closed(partial, full, ref)
            continue
        given_ = full.entities[ref.entity][ref.id].facts.get(ref.name, Given(None, "", NOWHERE))
        partial = partial.with_fact(ref, given_)
    return partial


def closed(partial: Case, full: Case, ref: FactRef) -> Case:
    """One relation restored: its members with all that the full case says of them."""
    child = CHILDREN[ref.name]
    back = {"project": "project", "participation": "participation", "enterprise": "applicant"}[ref.entity]
    members = {i: e for i, e in full.entities[child].items() if e.references.get(back) == ref.id}
    merged = {
        **partial.entities[child],
        **{i: e for i, e in members.items() if i not in partial.entities[child]},
    }
    entities = {**partial.entities, child: merged}
    if child == "participation":
        supports = {
            i: e for i, e in full.entities["support"].items() if e.references.get("participation") in members
        }
        entities["support"] = {**entities["support"], **supports}
    owner = entities[ref.entity][ref.id]
    entities[ref.entity] = {**entities[ref.entity], ref.id: replace(owner, closed=owner.closed | {ref.name})}
    return replace(partial, entities=entities)


def drawn(seed: int) -> tuple[random.Random, Case, dict[str, str]]:
    rng = random.Random(seed)
    return rng, case_of(population.random_case(rng), yanzhou()), population.random_readings(rng)


def by_id(case: Case, readings: dict[str, str]) -> dict[str, Decision]:
    return {d.subject.id: d for d in decide(yanzhou(), case, readings, reasons=False).decision.decisions}


def inside(value: Any, wider: Any) -> bool:
    """Whether a known value lies in what was predicted."""
    if not isinstance(wider, Unknown):
        return unknown.same(value, wider)
    low_ok = wider.low is None or unknown.order(wider.low, value) <= 0
    return low_ok and (wider.high is None or unknown.order(value, wider.high) <= 0)


@MANY
@given(seeds, st.sampled_from([0.05, 0.2, 0.6]))
def test_the_predicted_range_contains_the_outcome(seed: int, share: float) -> None:
    rng, full, readings = drawn(seed)
    before, after = by_id(blanked(rng, full, share), readings), by_id(full, readings)
    for id_, d in before.items():
        final = after[id_]
        assert inside(final.amount, d.amount)
        assert final.outcome in d.may_be
        if d.outcome in ("granted", "refused"):  # a settled answer is never contradicted by a new fact
            assert (d.outcome, d.amount) == (final.outcome, final.amount)


@MANY
@given(seeds, st.sampled_from([0.1, 0.4, 0.9]))
def test_filling_only_what_is_asked_for_settles_it(seed: int, share: float) -> None:
    rng, full, readings = drawn(seed)
    partial, after = blanked(rng, full, share), by_id(full, readings)
    for _ in range(6):  # relations first, then what their members are asked
        needs = [item.ref for d in by_id(partial, readings).values() for item in d.missing]
        if not needs:
            break
        partial = filled(partial, full, needs)
    for id_, d in by_id(partial, readings).items():
        assert (d.outcome, d.amount) == (after[id_].outcome, after[id_].amount)


@MANY
@given(seeds)
def test_an_unsettled_answer_always_asks_for_something(seed: int) -> None:
    rng, full, readings = drawn(seed)
    for d in by_id(blanked(rng, full, 0.3), readings).values():
        assert bool(d.missing) == (d.outcome not in ("granted", "refused"))


@MANY
@given(seeds)
def test_amounts_stay_within_caps_and_shares_add_up(seed: int) -> None:
    _, full, _ = drawn(seed)
    caps = {"equipment": 1_000_000, "robot": 1_000_000, "informatization": 500_000, "consortium": 1_000_000}
    for d in decide(yanzhou(), full, {}, reasons=False).decision.decisions:
        assert isinstance(d.amount, Decimal) and Decimal(0) <= d.amount <= caps[d.option]
        shares = [r.value for r in d.results if r.name == "share"]
        if d.option == "consortium":
            assert sum(shares, Decimal(0)) == d.amount
        assert all(isinstance(share, Decimal) and share >= 0 for share in shares)


@MANY
@given(seeds)
def test_the_order_of_entities_and_facts_does_not_matter(seed: int) -> None:
    rng, full, readings = drawn(seed)
    partial = blanked(rng, full, rng.choice([0.0, 0.2]))
    entities = {}
    for kind in rng.sample(list(partial.entities), len(partial.entities)):
        members = list(partial.entities[kind].items())
        rng.shuffle(members)
        entities[kind] = dict(members)
    shuffled = by_id(replace(partial, entities=entities), readings)
    for id_, d in by_id(partial, readings).items():
        other = shuffled[id_]
        assert (d.outcome, d.amount) == (other.outcome, other.amount)
        assert [f.condition for f in d.refusals] == [f.condition for f in other.refusals]
        assert [item.ref for item in d.missing] == [item.ref for item in other.missing]


@MANY
@given(seeds)
def test_renaming_ids_in_their_order_changes_nothing_else(seed: int) -> None:
    _, full, readings = drawn(seed)

    def new(id_: str | None) -> str | None:
        return None if id_ is None else f"x-{id_}"

    entities = {
        kind: {
            f"x-{i}": replace(e, id=f"x-{i}", references={k: new(v) for k, v in e.references.items()})
            for i, e in members.items()
        }
        for kind, members in full.entities.items()
    }
    renamed = by_id(replace(full, entities=entities), readings)
    for id_, d in by_id(full, readings).items():
        assert (d.outcome, d.amount) == (renamed[f"x-{id_}"].outcome, renamed[f"x-{id_}"].amount)


@pytest.mark.parametrize("setting", [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "12345", "TZ": "America/New_York", "LC_ALL": "C"},
])  # fmt: skip
def test_decisions_are_the_same_bytes_everywhere(setting: dict[str, str]) -> None:
    command = [sys.executable, "-m", "policyengine", "evaluate", "--format", "json", "--explain", "full"]
    files = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "examples").glob("*.yaml"))
        if "修订" not in path.name
    ]
    environment = {**os.environ, **setting, "PYTHONUTF8": "1"}
    runs = [
        subprocess.run(
            [*command, *files], cwd=ROOT, env={**environment, **extra}, capture_output=True, check=True
        ).stdout
        for extra in ({}, {"PYTHONHASHSEED": "77", "TZ": "UTC"})
    ]
    assert runs[0] == runs[1]
    assert json.loads(runs[0])["version"] == "1"


def test_types_of_all_values_are_known() -> None:
    assert all(type_.kind != "any" for type_ in api.types(yanzhou()).values())
