"""What a world is made of at run time: versions of the plan, entities with their references resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from policyengine import folding
from policyengine import model as m
from policyengine import plan as p
from policyengine.case import CaseEntity
from policyengine.values import BOTH, FactRef, Type, Unknown, Value

When = date | Unknown | None


@dataclass(frozen=True, slots=True)
class Plans:
    """The compiled versions of a timeline, oldest first.

    `policy`: what a case may speak of. It is the last version, with what an amendment took out of the
    earlier ones: an application of an earlier day still states it.
    """

    timeline: m.Timeline
    versions: tuple[tuple[date | None, p.Plan], ...]
    policy: m.Policy = field(init=False)
    _folded: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, p.Node], ...]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        policies = [plan.policy for _, plan in self.versions]
        object.__setattr__(self, "policy", _together(policies) if len(policies) > 1 else policies[0])

    @property
    def base(self) -> p.Plan:
        return self.versions[0][1]

    @property
    def last(self) -> p.Plan:
        return self.versions[-1][1]

    def on(self, day: date) -> p.Plan:
        """The version in force on a day."""
        held = self.versions[0][1]
        for start, plan in self.versions:
            if start is None or start <= day:
                held = plan
        return held

    def folded(self, readings: Mapping[str, str]) -> tuple[Mapping[str, p.Node], ...]:
        """Every version's nodes as deciding uses them under the readings chosen, worked out once."""
        key = tuple(sorted(readings.items()))
        if key not in self._folded:
            self._folded[key] = tuple(folding.folded(plan, readings) for _, plan in self.versions)
        return self._folded[key]


def _together(policies: Sequence[m.Policy]) -> m.Policy:
    """The last version with the facts, entities and readings that only earlier ones have."""
    last = policies[-1]
    facts, entities, readings = dict(last.facts), dict(last.entities), dict(last.interpretations)
    for earlier in reversed(policies[:-1]):
        facts = {**earlier.facts, **facts}
        entities = {**earlier.entities, **entities}
        readings = {**earlier.interpretations, **readings}
    return replace(last, facts=facts, entities=entities, interpretations=readings)


@dataclass(eq=False, slots=True)
class Ent:
    """An entity at run time: its references and relations resolved.

    `stand_in`: not a member of the case but a placeholder for one that is not known yet.
    """

    kind: str
    id: str
    given: CaseEntity | None
    refs: dict[str, Ent | None] = field(default_factory=dict)
    inverses: dict[str, list[Ent]] = field(default_factory=dict)
    open: dict[str, FactRef] = field(default_factory=dict)
    stand_in: FactRef | None = None

    @property
    def path(self) -> str:
        return f"{self.kind}.{self.id}"


@dataclass(frozen=True, slots=True)
class Found:
    """Members of a relation, as the evaluator wants them."""

    known: Sequence[Ent]
    needs: frozenset[FactRef]
    most: int


def anything(type_: Type, needs: frozenset[FactRef], low: Any = None, high: Any = None) -> Value:
    """All that a fact of a type may turn out to be."""
    if type_.kind == "bool":
        return Unknown(needs, options=BOTH, absent=type_.optional)
    if type_.kind == "enum":
        return Unknown(needs, options=frozenset(type_.options), absent=type_.optional)
    if type_.quantity:
        return Unknown(needs, low, high, absent=type_.optional)
    return Unknown(needs, absent=type_.optional)
