"""Which relations of the entities of tables are complete: those of which nobody can have more than the rows tell.

A row set aside is no member of anything, but it is there: what it names is open, and where it may have named anything,
all of it. What it plainly does not touch stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policyengine import model as m
from policyengine.naming import under
from policyengine.tables.drafts import Aside, Draft, Name

Relation = tuple[str, str, str]  # kind and id of an entity, and what of it
Lost = frozenset[tuple[str, str]]  # references: kind and name


@dataclass(frozen=True, slots=True)
class Relations:
    """The relations of entities.

    `complete`: kinds of which every member is listed. `listed`: kinds that have a sheet. `aside`: the rows set aside.
    """

    policy: m.Policy
    complete: frozenset[str]
    listed: frozenset[str]
    drafts: Mapping[Name, Draft]
    aside: tuple[Aside, ...]

    def filled(self) -> set[Relation]:
        """The relations of which members are listed."""
        return {
            (reference.to, target, reference.inverse)
            for draft in self.drafts.values()
            for reference in self.policy.entities[draft.kind].references.values()
            if (target := draft.references.get(reference.name)) is not None
        }

    def closed(
        self, lost: Lost, unsettled: frozenset[str]
    ) -> tuple[dict[Name, set[str]], list[tuple[Name, str]]]:
        """Of each entity its complete relations, and those that are said to have members of which none is listed.

        `lost`, `unsettled`: what `self.lost()` and `self.unsettled()` say, and what they say of rows that are elsewhere.
        """
        closed: dict[Name, set[str]] = {name: set() for name in self.drafts}
        open_: list[tuple[Name, str]] = []
        filled, broken = self.filled(), self._broken()
        for child in self.policy.entities.values():
            first = under(child)
            for reference in (*first, *(r for r in child.references.values() if r not in first)):
                for owner in self._owners(reference):
                    relation = (*owner, reference.inverse)
                    said = self._said(owner, reference)
                    if child.name == self.policy.header.application.entity:
                        whole = True
                    elif relation in broken or (child.name, reference.name) in lost:
                        whole = False
                    elif said is not None:
                        whole = not said or relation in filled
                        if not whole:
                            open_.append((owner, reference.inverse))
                    elif child.name in self.complete:
                        whole = True
                    else:
                        whole = relation in filled if reference in first else child.name not in unsettled
                    if whole:
                        closed[owner].add(reference.inverse)
        return closed, open_

    def _owners(self, reference: m.Reference) -> Iterator[Name]:
        return (name for name in self.drafts if name[0] == reference.to)

    def _said(self, owner: Name, reference: m.Reference) -> bool | None:
        """Whether an entity says that something refers to it; None where it does not say."""
        return self.drafts[owner].relations.get(reference.inverse, (None, None))[0]

    def unsettled(self) -> frozenset[str]:
        """Kinds of which something under which they are listed may have more than all rows tell, so that whatever else
        they refer to may have more as well.

        A row set aside does not leave its kind unsettled: it is one of those that are told, and what it refers to is open
        or `lost` by itself.
        """
        told = self.filled() | self._broken()
        found: set[str] = set()
        for child in self.policy.entities.values():
            first = under(child)
            if child.name == self.policy.header.application.entity or len(first) == len(child.references):
                continue
            for reference in first:
                for owner in self._owners(reference):
                    said = self._said(owner, reference)
                    none = not said if said is not None else child.name in self.complete
                    if not none and (*owner, reference.inverse) not in told:
                        found.add(child.name)
        return frozenset(found)

    def _broken(self) -> set[Relation]:
        """Relations of which a member was set aside."""
        return {
            (*target, self.policy.entities[row.name[0]].references[name].inverse)
            for row in self.aside
            for name, target in row.leads.items()
            if target is not None
        }

    def lost(self) -> Lost:
        """References of rows set aside that may have led to anything."""
        gone = {row.name for row in self.aside}
        return frozenset(
            (row.name[0], reference.name) for row in self.aside for reference in self._lost(row, gone)
        )

    def _lost(self, row: Aside, gone: set[Name]) -> Iterable[m.Reference]:
        """The references of a row that are not written, or lead to something of which there is no row.

        Of a kind with optional references only, one that is written is enough. A row that is listed under something of
        which there is no row belongs to another table, and leads nowhere in this one.
        """
        entity = self.policy.entities[row.name[0]]
        references = entity.references.values()
        if all(reference.optional for reference in references):
            return () if any(row.leads.values()) else references
        above = row.leads[under(entity)[0].name]
        if above is not None and not self._at_hand(above, gone):
            return ()
        return [r for r in references if not self._plain(row.leads[r.name], r.name in row.none, gone)]

    def _plain(self, target: Name | None, none: bool, gone: set[Name]) -> bool:
        """Whether it is known where a reference led."""
        return none if target is None else self._at_hand(target, gone)

    def _at_hand(self, name: Name, gone: set[Name]) -> bool:
        """Whether there is a row about something, be it set aside, or its kind has no rows of its own."""
        return name in self.drafts or name in gone or name[0] not in self.listed
