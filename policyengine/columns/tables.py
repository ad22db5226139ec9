"""The staged tables: what a query expects to find, one table an entity kind.

`id` and every reference are texts (a reference that is known to be none is NULL). A fact is one column, NULL
where it was not given; quantities are whole numbers of the fact's grain; an `optional` fact has a second
column that says *known to be none*. A relation has a column that says that all its members are listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from policyengine import model as m
from policyengine.instances import Plans

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)  # other days go the scalar way
MOST_ROWS = 10**9  # what sums over all rows are proved for
_FINE = 6  # decimals of rates and plain numbers; a value with more goes the scalar way


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `kind`: id, ref, fact, none (of an optional fact) or closed (of a relation); `of`: whose."""

    name: str
    kind: str
    of: str
    type: str


def grain(fact: m.Fact) -> Fraction:
    """The unit in which the quantities of a fact are whole numbers: the fen for money."""
    if fact.type.kind == "money":
        return Fraction(1, 10**fact.decimals)
    return Fraction(1, 1 if fact.type.kind in ("count", "years") else 10**_FINE)


def limits(fact: m.Fact) -> tuple[int, int] | None:
    """The declared range in grains; None where none is declared."""
    if fact.low is None or fact.high is None:
        return None
    unit = grain(fact)
    return ceil(Fraction(fact.low) / unit), floor(Fraction(fact.high) / unit)


def in_grains(fact: m.Fact, value: Decimal | Fraction) -> int | None:
    """A value as a whole number of grains; None where it is finer."""
    count = Fraction(value) / grain(fact)
    return count.numerator if count.denominator == 1 else None


def relations(policy: m.Policy, kind: str) -> list[tuple[str, m.Entity, m.Reference]]:
    """What refers to a kind: relation, entity that refers, its reference."""
    return [
        (reference.inverse, entity, reference)
        for entity in policy.entities.values()
        for reference in entity.references.values()
        if reference.to == kind
    ]


def fields(policy: m.Policy, kind: str) -> list[Field]:
    """The columns of a kind's table."""
    found = [Field("id", "id", "", "text")]
    found += [Field(name, "ref", name, "text") for name in policy.entities[kind].references]
    for fact in policy.facts.values():
        if fact.entity == kind:
            found.append(Field(fact.name, "fact", fact.name, width(fact)))
            if fact.type.optional:
                found.append(Field(f"{fact.name}__none", "none", fact.name, "bool"))
    found += [Field(f"{name}__closed", "closed", name, "bool") for name, _, _ in relations(policy, kind)]
    return found


def width(fact: m.Fact) -> str:
    """The type of a fact's column."""
    if fact.type.kind in ("bool", "date"):
        return fact.type.kind
    if not fact.type.quantity:
        return "text"
    reach = limits(fact)
    return "wide" if reach is None or max(map(abs, reach)) >= 2**63 else "narrow"


def schema(plans: Plans) -> dict[str, list[Field]]:
    """All staged tables of a policy."""
    return {kind: fields(plans.policy, kind) for kind in plans.policy.entities}
