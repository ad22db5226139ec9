"""Staged tables that came from elsewhere, held against what the proofs of a query rest on before it is run.

`bulk` stages nothing that is out of range, twice, or refers to nothing. Tables that a cluster made itself promise no
such thing, and a bound that does not hold would make a wrong amount. So everything is counted once, in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policyengine import model as m
from policyengine.columns import tables
from policyengine.columns.database import Database
from policyengine.columns.dialect import literal
from policyengine.diagnostics import CaseError, diagnostic
from policyengine.instances import Plans
from policyengine.source import Source


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows of a column that are not as staged tables are; `rows` is 0 where the column as such is not."""

    kind: str
    column: str
    rows: int


def must_hold(faults: list[Fault]) -> None:
    """CaseError with all faults, if there are any."""
    found = []
    for fault in faults:
        words = {"kind": fault.kind, "column": fault.column}
        place = Source(fault.kind, "").whole()
        if fault.rows:
            found.append(diagnostic("staged-rows-wrong", place, rows=fault.rows, **words))
        else:
            found.append(diagnostic("staged-column-wrong", place, **words))
    if found:
        raise CaseError(found)


def faults(database: Database, plans: Plans) -> list[Fault]:
    """All rows of the staged tables that do not hold to their columns' types, ranges, keys and references."""
    return [
        fault for kind in plans.policy.entities for fault in _of(database, plans.policy, kind) if fault.rows
    ]


def _of(database: Database, policy: m.Policy, kind: str) -> Iterator[Fault]:
    there = database.columns(kind)
    asked = {name: test for name, test in _wrong(policy, kind, there).items() if test}
    counts = ", ".join(f"count(CASE WHEN {test} THEN 1 END)" for test in asked.values())
    for name, rows in zip(asked, next(database.rows(f'SELECT {counts} FROM "{kind}"')), strict=True):
        yield Fault(kind, name, rows)
    for names in (("id",), policy.entities[kind].unique):
        if names:
            yield Fault(kind, " + ".join(names), _count(database, _twice(kind, names)))
    for reference in policy.entities[kind].references.values():
        if reference.name in there:
            yield Fault(kind, reference.name, _count(database, _nowhere(kind, reference)))
            yield Fault(kind, reference.name, _count(database, _many(kind, reference)))


def _wrong(policy: m.Policy, kind: str, there: frozenset[str]) -> Mapping[str, str]:
    """By column, when a row of it alone is wrong."""
    found = {"id": '"id" IS NULL OR "id" = \'\''}
    for field in tables.fields(policy, kind):
        if field.name not in there:
            continue
        column = f'"{field.name}"'
        if field.kind == "ref" and not policy.entities[kind].references[field.of].optional:
            found[field.name] = f"{column} IS NULL"
        elif field.kind == "none":
            found[field.name] = f'{column} AND "{field.of}" IS NOT NULL'
        elif field.kind == "fact":
            found[field.name] = _outside(policy.facts[field.of], column)
    return found


def _outside(fact: m.Fact, column: str) -> str:
    """When a value is none that the fact may have; "" where every value of its type is one."""
    match fact.type.kind:
        case "enum":
            return f"{column} NOT IN ({', '.join(map(literal, fact.type.options))})"
        case "date":
            first, last = (f"DATE '{day.isoformat()}'" for day in (tables.FIRST_DAY, tables.LAST_DAY))
            return f"{column} NOT BETWEEN {first} AND {last}"
        case "bool" | "text":
            return ""
    reach = tables.limits(fact)
    return "" if reach is None else f"{column} NOT BETWEEN {reach[0]} AND {reach[1]}"


def _twice(kind: str, names: tuple[str, ...]) -> str:
    key = ", ".join(f'"{name}"' for name in names)
    given = " AND ".join(f'"{name}" IS NOT NULL' for name in names)  # a blank is no duplicate
    return f'SELECT {key} FROM "{kind}" WHERE {given} GROUP BY {key} HAVING count(*) > 1'


def _nowhere(kind: str, reference: m.Reference) -> str:
    ref = f'e."{reference.name}"'
    there = f'EXISTS (SELECT 1 FROM "{reference.to}" t WHERE t.id = {ref})'
    return f'SELECT {ref} FROM "{kind}" e WHERE {ref} IS NOT NULL AND NOT {there}'


def _many(kind: str, reference: m.Reference) -> str:
    ref = f'"{reference.name}"'
    return f'SELECT {ref} FROM "{kind}" WHERE {ref} IS NOT NULL GROUP BY {ref} HAVING count(*) > {reference.most}'


def _count(database: Database, sql: str) -> int:
    return int(next(database.rows(f"SELECT count(*) FROM ({sql}) f"))[0])
