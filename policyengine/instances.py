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
    earlier ones (facts, options, wider ranges): an application of an earlier day still states it.
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
    """The last version with the facts, entities and readings that only earlier ones have.

    A fact or reading of several versions has the words of the newest and all that any of them allows for;
    what the version of an application's own day does not allow is seen to when it is decided (`inforce.py`).
    """
    last = policies[-1]
    facts, entities, readings = dict(last.facts), dict(last.entities), dict(last.interpretations)
    for earlier in reversed(policies[:-1]):
        facts |= {name: _wider(facts.get(name, fact), fact) for name, fact in earlier.facts.items()}
        entities = {**earlier.entities, **entities}
        for name, reading in earlier.interpretations.items():
            known = readings.get(name, reading)
            readings[name] = replace(known, options={**reading.options, **known.options})
    return replace(last, facts=facts, entities=entities, interpretations=readings)


def _wider(fact: m.Fact, earlier: m.Fact) -> m.Fact:
    """A fact with what an earlier version allowed for as well: options, range, decimals, absence."""
    if (fact.type.kind, fact.type.dim) != (earlier.type.kind, earlier.type.dim):
        return fact
    ids = tuple(dict.fromkeys((*fact.type.options, *earlier.type.options)))
    type_ = replace(fact.type, options=ids, optional=fact.type.optional or earlier.type.optional)
    low = None if fact.low is None or earlier.low is None else min(fact.low, earlier.low)
    high = None if fact.high is None or earlier.high is None else max(fact.high, earlier.high)
    return replace(
        fact, type=type_, low=low, high=high, decimals=max(fact.decimals, earlier.decimals),
        options={id_: fact.options.get(id_) or earlier.options[id_] for id_ in ids if fact.type.kind == "enum"},
    )  # fmt: skip


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


def most_members(policy: m.Policy, kind: str, inverse: str) -> int:
    """How many members a relation of an entity can have at the most."""
    for entity in policy.entities.values():
        for reference in entity.references.values():
            if reference.to == kind and reference.inverse == inverse:
                return reference.most
    return 0
