"""What each row says, as far as it is plainly written: a table `cells KIND` with typed values, and which rows are odd.

A row is odd where any cell might be read otherwise than by its plain look: odd rows are read by `tables.EntryReader`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine.bulk.raw import Raw
from policyengine.columns.cells import Cells, Parsed, by_word
from policyengine.columns.domain import FALSE, TRUE, either
from policyengine.facts import NONE_WORDS
from policyengine.tables.entries import SOME_WORDS
from policyengine.tables.headers import Column

if TYPE_CHECKING:
    import duckdb

# What may make a row a total or an example, in any cell; letters and signs that compatibility forms would change.
_SUSPECT = (
    r"合 *计|小 *计|总 *计|累 *计|(?i:t *o *t *a *l)|示 *例|[\x{2E80}-\x{2FDF}\x{F900}-\x{FAFF}Ａ-Ｚａ-ｚ]"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a column of `cells KIND` holds: of the row's own entity, or (`via`) of one that it refers to.

    `use`: id, reference, relation, or fact; an `optional` fact or reference has a second column `NAME__none`.
    """

    column: str
    use: str
    name: str
    via: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Clean:
    """The rows of one kind, read: `said` by column name. The table is `cells KIND`, with `n` and `odd` besides."""

    raw: Raw
    said: Mapping[str, Said]

    @property
    def kind(self) -> str:
        return self.raw.kind

    def find(self, use: str, name: str = "", via: str = "") -> str:
        """The column of a use, quoted; "" where there is none."""
        for said in self.said.values():
            if (said.use, said.via) == (use, via) and (not name or said.name == name):
                return f'"{said.column}"'
        return ""


def read(connection: duckdb.DuckDBPyConnection, policy: m.Policy, raw: Raw) -> Clean:
    """Read all rows of a sheet. Raises NotExact where a fact has no declared range."""
    made = list(_parsed(policy, raw))
    texts = [f'{p.text} AS "t:{s.column}"' for s, p in made if p.text]
    said = [f'{p.said} AS "x:{s.column}"' for s, p in made]
    shown, odd = [], _suspect(raw)
    for s, p in made:
        shown.append(f'{p.value(_x(s))} AS "{s.column}"')
        if s.optional:
            shown.append(f'{p.none} AS "{s.column}__none"')
        odd = either(odd, p.odd(_x(s)))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE "cells {raw.kind}" AS
        SELECT n, {odd} AS odd, {", ".join(shown)} FROM (
            SELECT *, {", ".join(said)} FROM (SELECT *, {", ".join(texts) or "1 AS none"} FROM {raw.view} WHERE NOT {_blank(raw)}))"""
    )
    return Clean(raw, {s.column: s for s, _ in made})


def _x(said: Said) -> str:
    return f'"x:{said.column}"'


def _blank(raw: Raw) -> str:
    """Whether a row says nothing at all."""
    tests = [
        f"({raw.text(i)} = '')" if type_ == "VARCHAR" else f"(c{i} IS NULL)" for i, type_ in raw.types.items()
    ]
    return f"({' AND '.join(tests)})"


def _suspect(raw: Raw) -> str:
    """Whether a row may be no application, or says something beyond the header."""
    texts = [f"c{i}" for i, type_ in raw.types.items() if type_ == "VARCHAR"]
    found = f"regexp_matches(concat_ws(chr(31), {', '.join(texts)}), '{_SUSPECT}')" if texts else FALSE
    headed = {column.index for column in raw.layout.columns}
    for i, type_ in raw.types.items():
        if i not in headed:
            found = either(found, f"({raw.text(i)} <> '')" if type_ == "VARCHAR" else f"(c{i} IS NOT NULL)")
    return either(found, "odd") if raw.marked else found


def _parsed(policy: m.Policy, raw: Raw) -> Iterator[tuple[Said, Parsed]]:
    cells = Cells(policy.units)
    entity = policy.entities[raw.kind]
    for column in raw.layout.columns:
        target = column.target
        if target.use == "carried":
            continue
        type_ = raw.types.get(column.index, "VARCHAR")
        cell, name = f"c{column.index}", _name(column)
        text = raw.text(column.index)
        here = f'"t:{name}"'
        match target.use:
            case "id":
                yield Said(name, "id", "id"), cells.word(text, type_, here)
            case "reference":
                optional = entity.references[target.name].optional
                yield (
                    Said(name, "reference", target.name, optional=optional),
                    cells.word(text, type_, here, optional),
                )
            case "relation":
                words = {**dict.fromkeys(SOME_WORDS, TRUE), **dict.fromkeys(NONE_WORDS, FALSE)}
                parsed = Parsed(text, by_word(here, words), blank=f"({here} = '')")
                yield Said(name, "relation", target.name, target.via), parsed
            case "fact":
                fact = policy.facts[target.name]
                said = Said(name, "fact", target.name, target.via, fact.type.optional)
                yield said, cells.fact(fact, cell, text, type_, here, column.unit)


def _name(column: Column) -> str:
    target = column.target
    if target.use == "id":
        return "id"
    prefix = {"reference": "ref.", "relation": "rel.", "fact": ""}[target.use]
    return f"{prefix}{target.via + '.' if target.via else ''}{target.name}"
