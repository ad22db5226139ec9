"""Cases to staged tables: rows of plain values, in the columns that a query expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import model as m
from policyengine.case import Case, CaseEntity
from policyengine.columns.tables import FIRST_DAY, LAST_DAY, Field, in_grains
from policyengine.values import Absent

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
                    links = {name: None if id_ is None else prefix + id_ for name, id_ in ent.references.items()}
                    self._entities[kind, prefix + ent.id] = replace(ent, id=prefix + ent.id, references=links)

    def case(self, ids: Mapping[str, Sequence[str]]) -> Case:
        """The rows of these ids as one case."""
        return Case("", {kind: {id_: self._entities[kind, id_] for id_ in members} for kind, members in ids.items()})
