"""What several tests share: the shipped policy compiled once, and cases made without a file."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from policyengine import api
from policyengine.case import Case, CaseEntity, Given
from policyengine.instances import Plans
from policyengine.source import Source
from policyengine.values import ABSENT, Known

ROOT = Path(__file__).resolve().parent.parent
YANZHOU = ROOT / "policies" / "yanzhou-2020-14"
NOWHERE = Source("test", "").whole()


@cache
def yanzhou() -> Plans:
    """The shipped policy, compiled."""
    return api.compile(api.load(YANZHOU))


def known(value: Any, money: bool) -> Known | None:
    """A value of an oracle's case as the engine keeps it: money in fen becomes 元."""
    if value is None:
        return ABSENT
    if isinstance(value, bool) or not isinstance(value, int):
        result: Known = value
        return result
    return Decimal(value).scaleb(-2) if money else Decimal(value)


def case_of(rows: dict[str, dict[str, dict[str, Any]]], plans: Plans) -> Case:
    """An oracle's case as a `Case`; all relations closed."""
    policy = plans.last.policy
    entities: dict[str, dict[str, CaseEntity]] = {}
    for kind, members in rows.items():
        references = policy.entities[kind].references
        closed = frozenset(
            r.inverse for e in policy.entities.values() for r in e.references.values() if r.to == kind
        )
        entities[kind] = {}
        for id_, row in members.items():
            facts = {
                name: Given(known(value, policy.facts[name].type.kind == "money"), "", NOWHERE)
                for name, value in row.items()
                if name not in references
            }
            links = {name: row.get(name) for name in references}
            entities[kind][id_] = CaseEntity(kind, id_, facts, links, closed, NOWHERE)
    return Case("case", entities)
