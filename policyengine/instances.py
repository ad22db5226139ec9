"""What a world is made of at run time: versions of the plan, entities with their references resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policyengine import model as m
from policyengine import plan as p
from policyengine.case import CaseEntity
from policyengine.values import BOTH, FactRef, Type, Unknown, Value

When = date | Unknown | None


@dataclass(frozen=True, slots=True)
class Plans:
    """The compiled versions of a timeline, oldest first."""

    timeline: m.Timeline
    versions: tuple[tuple[date | None, p.Plan], ...]

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


def anything(
    type_: Type, needs: frozenset[FactRef], low: Any = None, high: Any = None
) -> Value:
    """All that a fact of a type may turn out to be."""
    if type_.kind == "bool":
        return Unknown(needs, options=BOTH, absent=type_.optional)
    if type_.kind == "enum":
        return Unknown(needs, options=frozenset(type_.options), absent=type_.optional)
    if type_.quantity:
        return Unknown(needs, low, high, absent=type_.optional)
    return Unknown(needs, absent=type_.optional)
