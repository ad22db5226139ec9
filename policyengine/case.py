"""One closed world of entities with their facts: what an application says, and where it says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from policyengine.source import Source, Span
from policyengine.values import FactRef, Known


@dataclass(frozen=True, slots=True)
class Given:
    """A fact as stated. `value` None: the place was left blank, so it is unknown. `origin`: `file`,
    `as-of` or `fact` where an option of the command set it."""

    value: Known | None
    text: str
    span: Span
    origin: str = "file"


@dataclass(frozen=True, slots=True)
class CaseEntity:
    """`references` hold ids (None: known to have none). `closed` are its relations known to be complete,
    `relations` those of them that an option of the command said to be empty."""

    kind: str
    id: str
    facts: Mapping[str, Given]
    references: Mapping[str, str | None]
    closed: frozenset[str]
    span: Span
    relations: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """`entities` by kind and id, in written order. `stipulated`: derived values set from outside."""

    name: str
    entities: Mapping[str, Mapping[str, CaseEntity]]
    stipulated: Mapping[FactRef, Given] = field(default_factory=dict)
    source: Source | None = None

    def entity(self, kind: str, id_: str) -> CaseEntity | None:
        return self.entities.get(kind, {}).get(id_)

    def with_fact(self, ref: FactRef, given: Given) -> Case:
        """The same case with one fact set; the entity must be there."""
        old = self.entities[ref.entity][ref.id]
        return self._with(replace(old, facts={**old.facts, ref.name: given}))

    def with_none(self, ref: FactRef, given: Given) -> Case:
        """The same case with one relation known to be empty; the entity must be there."""
        old = self.entities[ref.entity][ref.id]
        relations = {**old.relations, ref.name: given}
        return self._with(replace(old, closed=old.closed | {ref.name}, relations=relations))

    def _with(self, new: CaseEntity) -> Case:
        kind = {**self.entities[new.kind], new.id: new}
        return replace(self, entities={**self.entities, new.kind: kind})

    def with_closed(self, ref: FactRef) -> Case:
        """The same case with one relation of an entity known to be complete as it stands."""
        old = self.entities[ref.entity][ref.id]
        return self._with(replace(old, closed=old.closed | {ref.name}))
