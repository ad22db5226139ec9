"""The groups of a world: which entities are held against each other, in which order, and what comes of it for each.

Where all keys are known a group is the same for all its members, so that it is computed once. How a group is ranked and a
sum divided stands in `groups`, which knows nothing of worlds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from policyengine import exact, groups
from policyengine import model as m
from policyengine import plan as p
from policyengine.diagnostics import CaseError, diagnostic
from policyengine.instances import Ent, When
from policyengine.lang import unknown
from policyengine.values import ABSENT, Unknown, Value

if TYPE_CHECKING:
    from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Groups:
    """See the module. What is computed is kept by the world."""

    world: World

    def of(self, node: p.RankNode | p.AllocateNode, ent: Ent, when: When) -> list[Ent]:
        """The members of the entity's group, as far as they may be in it."""
        members, _ = self._members(node, ent, when)
        return [member for member, _ in members]

    def value(self, node: p.RankNode | p.AllocateNode, ent: Ent, when: When) -> Value:
        """What a group rule gives to an entity."""
        name = node.info.name
        if ent.stand_in is not None:
            return unknown.ranged(frozenset((ent.stand_in,)), exact.ZERO, self._most(node, ent, when))
        dated = self.world.policy.entities[ent.kind].dated_by
        cache = self.world.grouped.setdefault((name, None if dated else when), {})
        if ent not in cache:
            members, settled = self._members(node, ent, when)
            results = self._results(node, members, ent, when)
            for (member, _), value in zip(members, results, strict=True):
                if settled or member is ent:
                    cache[member] = value
        return cache[ent]

    def _most(self, node: p.RankNode | p.AllocateNode, ent: Ent, when: When) -> unknown.Bound:
        """The greatest that a group rule may give to an entity that is not known yet."""
        if isinstance(node, p.RankNode):
            most = self.world.policy.entities[ent.kind].most  # a table may hold more
            return exact.number(max(most, len(self.world.entities[ent.kind]) + 1))
        return unknown.bounds(self.world.value(ent, node.total or node.of, when))[1]

    def _members(
        self, node: p.RankNode | p.AllocateNode, ent: Ent, when: When
    ) -> tuple[list[tuple[Ent, Value]], bool]:
        """The members of the entity's group, each with whether it is surely in it.

        Where every key is known the group is the same for all its members, so that one computation
        serves them all (the second answer).
        """
        index = self._index(node, ent.kind, when)
        mine = tuple(self.world.value(ent, key, when) for key in node.per)
        if index is not None:
            return [(other, True) for other in index[mine]], True
        members: list[tuple[Ent, Value]] = []
        for other in self.world.entities[ent.kind].values():
            inside: Value = True
            for key, own in zip(node.per, mine, strict=True):
                inside = unknown.both(
                    inside, other is ent or unknown.equal(self.world.value(other, key, when), own)
                )
            if inside is not False:
                members.append((other, inside))
        return members, False

    def _index(
        self, node: p.RankNode | p.AllocateNode, kind: str, when: When
    ) -> dict[tuple[Value, ...], list[Ent]] | None:
        """All groups by their keys; None where some key is unknown."""
        name = node.info.name
        slot = (name, None if self.world.policy.entities[kind].dated_by else when)
        if slot not in self.world.indexes:
            index: dict[tuple[Value, ...], list[Ent]] | None = {}
            for other in self.world.entities[kind].values():
                keys = tuple(self.world.value(other, key, when) for key in node.per)
                if any(isinstance(key, Unknown) for key in keys):
                    index = None
                    break
                assert index is not None
                index.setdefault(keys, []).append(other)
            self.world.indexes[slot] = index
        return self.world.indexes[slot]

    def _results(
        self, node: p.RankNode | p.AllocateNode, members: list[tuple[Ent, Value]], ent: Ent, when: When
    ) -> list[Value]:
        rows = self._rows(node, members, when)
        if isinstance(node, p.RankNode):
            self._note_ties(node.info.name, rows, members, len(node.by))
            return groups.ranks(rows)
        if node.method == "in_order":
            return groups.in_order(
                rows, self._asked(node.of, rows, members, when), self._asked(node.limit, rows, members, when)
            )
        unit = self.world.value(ent, node.round_to, when)
        if not isinstance(unit, Unknown) and unit == 0:
            raise CaseError([
                diagnostic("division-by-zero", node.info.span, expression=node.info.label, facts=node.round_to)
            ])  # fmt: skip
        if node.method == "pro_rata":
            limit = self.world.value(ent, node.limit, when)
            return groups.pro_rata(rows, self._asked(node.of, rows, members, when), limit, unit)
        total = self.world.value(ent, node.total, when)
        weights: list[Value] = [exact.ZERO for _ in rows]
        if isinstance(total, Unknown) or total != 0:
            weights = self._asked(node.weight, rows, members, when)
        split = groups.shares(rows, total, weights, unit)
        if split is None:
            raise CaseError([diagnostic("nothing-to-share-by", node.info.span, name=node.info.label)])
        return split

    def _asked(
        self, name: str, rows: list[groups.Member], members: list[tuple[Ent, Value]], when: When
    ) -> list[Value]:
        """A value of each member; zero of one that does not count."""
        return [
            self.world.value(ent, name, when) if row.counts is not False else exact.ZERO
            for row, (ent, _) in zip(rows, members, strict=True)
        ]

    def _rows(
        self, node: p.RankNode | p.AllocateNode, members: list[tuple[Ent, Value]], when: When
    ) -> list[groups.Member]:
        """The members of a group as candidates, with how they are put in order."""
        by, rows = node.by, []
        for other, inside in members:
            entity = self.world.policy.entities[other.kind]
            counts = unknown.both(inside, self.world.value(other, node.where, when))
            rows.append(
                groups.Member(
                    other.id, counts,
                    lambda other=other, entity=entity: (*(self.world.value(other, key, when) for key, _ in by), *self._stable_key(other, entity)),  # type: ignore[misc]
                    (*(descending for _, descending in by), *([False] if entity.key else [])),
                )
            )  # fmt: skip
        return rows

    def before(self, node: p.AllocateNode, ent: Ent, when: When) -> list[Ent]:
        """The members that a pool in order serves before an entity, in their order."""
        members, _ = self._members(node, ent, when)
        rows = self._rows(node, members, when)
        ents = {id(row): other for row, (other, _) in zip(rows, members, strict=True)}
        line = groups.order([row for row in rows if row.counts is not False])
        return [ents[id(row)] for row in takewhile(lambda row: ents[id(row)] is not ent, line)]

    def _note_ties(
        self, name: str, rows: list[groups.Member], members: list[tuple[Ent, Value]], keys: int
    ) -> None:
        """Remember which members only the stable key or the id told apart."""
        counting = {id(row): ent for row, (ent, _) in zip(rows, members, strict=True) if row.counts is True}
        if len(counting) < 2:
            return
        line = groups.order([row for row in rows if id(row) in counting])
        for one, other in pairwise(line):
            if groups.tied(one, other, keys):
                self.world.ties.add((name, (counting[id(one)].path, counting[id(other)].path)))

    def _stable_key(self, ent: Ent, entity: m.Entity) -> tuple[Value, ...]:
        """The entity's declared key, a text fact of its own or of what it refers to (`member.credit_code`)."""
        if not entity.key:
            return ()
        *refs, name = entity.key.split(".")
        holder: Ent | None = ent
        for reference in refs:
            holder = self.world.follow(holder, reference) if holder else None
        return (ABSENT if holder is None else self.world.fact(holder, name),)
