"""The engine held against the oracle: outcome, amount, every refusal, every share, every total."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from policyengine.deciding import decide
from policyengine.decision import Decision
from policyengine.instances import Plans
from tests.oracle import population, yanzhou
from tests.support import case_of

NAMES = {
    "equipment.enough": "equipment_enough", "robot.enough": "robot_enough", "informatization.enough": "informatization_enough",
    "informatization.right_system": "right_system", "consortium.members": "consortium_members", "consortium.has_sme": "consortium_has_sme",
    "consortium.has_leader": "consortium_has_leader", "consortium.enough": "consortium_enough",
    "consortium.sme_share": "consortium_sme_share", "consortium.no_tainted_member": "no_tainted_member",
    "sound_management_ok": "sound_management", "good_credit_ok": "good_credit",
}  # fmt: skip


def fen(value: object) -> int:
    """An amount in 元 as whole fen; anything else is a failure."""
    assert isinstance(value, Decimal), value
    scaled = value.scaleb(2)
    assert scaled == scaled.to_integral_value(), value
    return int(scaled)


def said(d: Decision) -> tuple[str, int, frozenset[str], dict[str, int]]:
    """What the engine says of one application, in the oracle's terms."""
    refusals = frozenset(NAMES.get(f.condition, f.condition) for f in d.refusals)
    shares = {r.subject.id: fen(r.value) for r in d.results if r.name == "share" and fen(r.value)}
    return d.outcome, fen(d.amount), refusals, shares


def differences(plans: Plans, seed: int, count: int) -> Iterator[str]:
    """Decide `count` random, boundary-heavy cases twice and yield what differs."""
    rng = random.Random(seed)
    for number in range(count):
        case = population.random_case(rng)
        readings = population.random_readings(rng)
        decision = decide(plans, case_of(case, plans), readings, reasons=False).decision
        wanted = yanzhou.decide(case, readings)
        for d in decision.decisions:
            verdict = wanted[d.subject.id]
            shares = {id_: part for id_, part in verdict.shares.items() if part}
            expected = (verdict.outcome, verdict.amount_fen, frozenset(verdict.refusals), shares)
            if said(d) != expected:
                yield f"seed {seed} case {number} {d.subject.id} {readings}: {said(d)} instead of {expected}"
        totals = yanzhou.totals(case, wanted)
        for r in decision.results:
            if fen(r.value) != totals[r.subject.id]:
                yield f"seed {seed} case {number} {r.subject.id}: total {r.value} instead of {totals[r.subject.id]}"
