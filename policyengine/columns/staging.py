"""Cases to staged tables: rows of plain values, in the columns that a query expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policyengine import model as m
from policyengine.case import Case, CaseEntity, Given
from policyengine.columns.database import Database
from policyengine.columns.tables import FIRST_DAY, LAST_DAY, Field, grain, in_grains
from policyengine.exact import CONTEXT
from policyengine.source import Source
from policyengine.values import ABSENT, Absent, Known

NOWHERE = Source("(表)", "").whole()  # the place of a cell is known to the table that it came from

LUMP = 20_000  # rows that are read back at once

Cell = str | int | bool | date | None
Rows = dict[str, dict[str, list[Cell]]]


def rows(schema: Mapping[str, list[Field]], policy: m.Policy, cases: Iterable[tuple[str, Case]]) -> Rows:
    """Cases as columns by kind and name. Each case comes with a prefix that keeps its ids apart from the others'.

    A value that the columns cannot hold (a day out of reach, a number too fine) is left blank, so that its case
    goes the scalar way where it matters.
    """
    found: Rows = {kind: {f.name: [] for f in fields} for kind, fields in schema.items()}
    for prefix, case in cases:
        for kind, fields in schema.items():
            columns = found[kind]
            for ent in case.entities.get(kind, {}).values():
                for field in fields:
                    columns[field.name].append(_cell(field, ent, policy, prefix))
    return found


def _cell(field: Field, ent: CaseEntity, policy: m.Policy, prefix: str) -> Cell:
    match field.kind:
        case "id":
            return prefix + ent.id
        case "ref":
            id_ = ent.references.get(field.of)
            return None if id_ is None else prefix + id_
        case "closed":
            return field.of in ent.closed
    given = ent.facts.get(field.of)
    value = None if given is None else given.value
    if field.kind == "none":
        return isinstance(value, Absent)
    match value:
        case bool() | str():
            return value
        case date():
            return value if FIRST_DAY <= value <= LAST_DAY else None
        case Decimal() | Fraction():
            fact = policy.facts[field.of]
            count = in_grains(fact, value)
            within = fact.low is not None and fact.high is not None and fact.low <= value <= fact.high
            return count if within else None
    return None


class FromCases:
    """Staged rows that came from cases in memory, each under its prefix."""

    def __init__(self, cases: Iterable[tuple[str, Case]]) -> None:
        self._entities: dict[tuple[str, str], CaseEntity] = {}
        for prefix, case in cases:
            for kind, members in case.entities.items():
                for ent in members.values():
                    links = {
                        name: None if id_ is None else prefix + id_ for name, id_ in ent.references.items()
                    }
                    self._entities[kind, prefix + ent.id] = replace(ent, id=prefix + ent.id, references=links)

    def case(self, ids: Mapping[str, Sequence[str]]) -> Case:
        """The rows of these ids as one case."""
        return Case(
            "", {kind: {id_: self._entities[kind, id_] for id_ in members} for kind, members in ids.items()}
        )


@dataclass(slots=True)
class FromStaged:
    """Staged rows as cases, read back from the staged tables themselves.

    `order`: the rows of the cases in the order in which they will be asked for; a lump of them is read at once.
    """

    database: Database
    schema: Mapping[str, list[Field]]
    policy: m.Policy
    order: Sequence[Mapping[str, Sequence[str]]]
    _at: int = 0
    _there: dict[str, dict[str, CaseEntity]] = made(default_factory=dict)

    def case(self, ids: Mapping[str, Sequence[str]]) -> Case:
        """The rows of these ids as one case."""
        if not all(id_ in self._there.get(kind, ()) for kind, members in ids.items() for id_ in members):
            self._read()
        entities = {
            kind: {id_: self._there[kind][id_] for id_ in sorted(members)} for kind, members in ids.items()
        }
        return Case("", entities)

    def _read(self) -> None:
        """The next lump of cases."""
        keys: list[tuple[str, str]] = []
        while self._at < len(self.order) and len(keys) < LUMP:
            keys += [(kind, id_) for kind, members in self.order[self._at].items() for id_ in members]
            self._at += 1
        self.database.put("lump", {"kind": "text", "id": "text"}, list(zip(*keys, strict=True)))
        self._there = {kind: self._rows(kind) for kind in self.schema}

    def _rows(self, kind: str) -> dict[str, CaseEntity]:
        there = self.database.columns(kind)
        fields = [f for f in self.schema[kind] if f.name in there]
        names = ", ".join(f'e."{f.name}"' for f in fields)
        asked = f"EXISTS (SELECT 1 FROM lump l WHERE l.kind = '{kind}' AND l.id = e.id)"
        found = self.database.rows(f'SELECT {names} FROM "{kind}" e WHERE {asked}')
        rows = (dict(zip((f.name for f in fields), row, strict=True)) for row in found)
        return {row["id"]: self._entity(kind, row, fields) for row in rows}

    def _entity(self, kind: str, row: Mapping[str, Any], fields: list[Field]) -> CaseEntity:
        facts: dict[str, Given] = {}
        references: dict[str, str | None] = {}
        closed = set()
        for field in fields:
            value = row[field.name]
            if field.kind == "ref":
                references[field.of] = value
            elif field.kind == "closed" and value:
                closed.add(field.of)
            elif field.kind == "fact":
                known = ABSENT if row.get(f"{field.of}__none") else self._known(field.of, value)
                facts[field.of] = Given(known, "", NOWHERE)
        return CaseEntity(kind, row["id"], facts, references, frozenset(closed), NOWHERE)

    def _known(self, name: str, value: Cell) -> Known | None:
        fact = self.policy.facts[name]
        if value is None or not fact.type.quantity:
            return value  # type: ignore[return-value]
        unit = grain(fact)
        return CONTEXT.divide(Decimal(int(value) * unit.numerator), Decimal(unit.denominator))  # type: ignore[arg-type]
