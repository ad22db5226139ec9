"""Cases to staged tables: rows of plain values, in the columns that a query expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from policyengine import model as m
from policyengine.case import Case, CaseEntity, Given
from policyengine.columns.tables import FIRST_DAY, LAST_DAY, Field, grain, in_grains
from policyengine.exact import CONTEXT
from policyengine.source import Source
from policyengine.values import ABSENT, Absent, Known

if TYPE_CHECKING:
    import duckdb

NOWHERE = Source("(表)", "").whole()  # the place of a cell is known to the table that it came from

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


@dataclass(frozen=True, slots=True)
class FromStaged:
    """Staged rows as cases, read back from the staged tables themselves."""

    connection: duckdb.DuckDBPyConnection
    schema: Mapping[str, list[Field]]
    policy: m.Policy

    def case(self, ids: Mapping[str, Sequence[str]]) -> Case:
        """The rows of these ids as one case."""
        entities = {}
        for kind, members in ids.items():
            there = {row[0] for row in self.connection.execute(f'DESCRIBE "{kind}"').fetchall()}
            fields = [field for field in self.schema[kind] if field.name in there]
            names = ", ".join(f'"{field.name}"' for field in fields)
            sql = f'SELECT {names} FROM "{kind}" WHERE id IN (SELECT unnest($1))'
            found = self.connection.execute(sql, [list(members)]).fetchall() if members else []
            made = [
                self._entity(kind, dict(zip((f.name for f in fields), row, strict=True)), fields)
                for row in found
            ]
            entities[kind] = {ent.id: ent for ent in sorted(made, key=lambda ent: ent.id)}
        return Case("", entities)

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
