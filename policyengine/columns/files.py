"""Parquet and CSV files to staged tables, by the database itself: read as text, checked, cast to scaled integers.

Every row is staged or set aside with its place and reasons; nothing is rounded, defaulted or guessed. A blank is
unknown. What the scalar reader would refuse (out of range, another spelling of yes, a second row with an id, a
reference to nothing) is refused here by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine.columns import tables
from policyengine.columns.dialect import DUCKDB, literal
from policyengine.columns.domain import FALSE, TRUE, NotExact
from policyengine.facts import FALSE_WORDS, MAX_TEXT, NONE_WORDS, TRUE_WORDS
from policyengine.instances import Plans
from policyengine.values import Units

if TYPE_CHECKING:
    import duckdb

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_DECIMALS = 12  # of a number as it is written, in the unit of its column
_NUMBER = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?"


@dataclass(frozen=True, slots=True)
class FileColumn:
    """Where a staged column comes from: the header in the file, and the unit of bare numbers ("" where each cell
    says its own)."""

    header: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file of one kind of entity. `columns`: staged name (`id`, a reference, a fact) to the file's column."""

    path: Path
    columns: Mapping[str, FileColumn]

    @property
    def scan(self) -> str:
        """What reads the file: every cell of a CSV as text."""
        name = literal(str(self.path))
        if self.path.suffix.lower() == ".parquet":
            return f"SELECT *, file_row_number + 1 AS \"row number\" FROM read_parquet({name}, file_row_number = TRUE)"
        options = "all_varchar = TRUE, header = TRUE, strict_mode = TRUE, null_padding = FALSE"
        return f'SELECT *, row_number() OVER () AS "row number" FROM read_csv({name}, {options})'


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is not staged. `row`: its number below the header, from 1. `code`: a diagnostic's."""

    kind: str
    row: int
    id: str
    header: str
    code: str
    text: str


def stage(connection: duckdb.DuckDBPyConnection, plans: Plans, sources: Mapping[str, FileSource]) -> int:
    """Make the staged tables of a policy from files; how many rows were set aside (`set_aside` tells which).

    Kinds without a file are empty, and what is related through them unknown.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE set_aside (kind VARCHAR, row BIGINT, id VARCHAR, header VARCHAR, code VARCHAR, text VARCHAR)")
    for kind in plans.policy.entities:
        _Stage(connection, plans, kind, sources.get(kind), frozenset(sources)).read()
    while any([_unlinked(connection, plans, kind) for kind in plans.policy.entities]):
        pass
    for kind in plans.policy.entities:
        names = ", ".join(f'"{f.name}"' for f in tables.fields(plans.policy, kind))
        gone = f"id NOT IN (SELECT id FROM set_aside WHERE kind = '{kind}' AND id IS NOT NULL)"
        rows = f"\"row number\" NOT IN (SELECT row FROM set_aside WHERE kind = '{kind}')"
        any_ = connection.execute("SELECT count(*) FROM set_aside WHERE kind = $1", [kind]).fetchall()[0][0]
        where = f" WHERE {rows} AND {gone}" if any_ else ""
        connection.execute(f'CREATE OR REPLACE TEMP VIEW "{kind}" AS SELECT {names} FROM "read {kind}"{where}')
    return int(connection.execute("SELECT count(DISTINCT (kind, row)) FROM set_aside").fetchall()[0][0])


def set_aside(connection: duckdb.DuckDBPyConnection) -> Iterator[SetAside]:
    """Every reason for which a row was set aside."""
    sql = "SELECT kind, row, id, header, code, text FROM set_aside ORDER BY kind, row, header, code"
    for kind, row, id_, header, code, text in connection.execute(sql).fetchall():
        yield SetAside(kind, row, id_ or "", header or "", code, text or "")


def _unlinked(connection: duckdb.DuckDBPyConnection, plans: Plans, kind: str) -> int:
    """Set aside the rows that refer to nothing, or to a row set aside, or to one too many refer to; how many."""
    found = 0
    for reference in plans.policy.entities[kind].references.values():
        ref = f'"{reference.name}"'
        there = f"SELECT id FROM \"read {reference.to}\" WHERE id NOT IN (SELECT id FROM set_aside WHERE kind = '{reference.to}' AND id IS NOT NULL)"
        many = f'SELECT {ref} FROM "read {kind}" WHERE {ref} IS NOT NULL GROUP BY {ref} HAVING count(*) > {reference.most}'
        for code, wrong in (("unknown-reference", f"{ref} IS NOT NULL AND {ref} NOT IN ({there})"), ("too-many-entities", f"{ref} IN ({many})")):
            sql = f"""INSERT INTO set_aside SELECT '{kind}', "row number", id, {literal(reference.label.zh)}, '{code}', {ref}
                FROM "read {kind}" WHERE {wrong} AND "row number" NOT IN (SELECT row FROM set_aside WHERE kind = '{kind}')"""
            found += connection.execute(sql).fetchall()[0][0]
    return found


@dataclass(frozen=True, slots=True)
class _Cell:
    """A staged column from a file: its expression, and (code, condition) of what may be wrong."""

    sql: str
    wrong: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Stage:
    connection: duckdb.DuckDBPyConnection
    plans: Plans
    kind: str
    source: FileSource | None
    given: frozenset[str]

    def read(self) -> None:
        """Make `read KIND` with all rows that can be read, and note those that cannot."""
        fields = tables.fields(self.plans.policy, self.kind)
        if self.source is None:
            empty = ", ".join(f'CAST(NULL AS {TYPES[f.type]}) AS "{f.name}"' for f in fields)
            self.connection.execute(f'CREATE OR REPLACE TEMP TABLE "read {self.kind}" AS SELECT {empty}, CAST(0 AS BIGINT) AS "row number" WHERE FALSE')
            return
        self.connection.execute(f'CREATE OR REPLACE TEMP VIEW "raw {self.kind}" AS {self.source.scan}')
        types = {name: type_ for name, type_, *_ in self.connection.execute(f'DESCRIBE "raw {self.kind}"').fetchall()}
        cells = {f.name: self._cell(f, types) for f in fields}
        shown = ", ".join(f'{cell.sql} AS "{name}"' for name, cell in cells.items())
        wrong = [(name, code, test) for name, cell in cells.items() for code, test in cell.wrong if test != FALSE]
        bad = " OR ".join(test for _, _, test in wrong) or FALSE
        self.connection.execute(f'CREATE OR REPLACE TEMP TABLE "read {self.kind}" AS SELECT {shown}, "row number", ({bad}) AS wrong FROM "raw {self.kind}"')
        self._note(wrong)
        self._twice()

    def _note(self, wrong: list[tuple[str, str, str]]) -> None:
        assert self.source is not None
        any_ = self.connection.execute(f'SELECT bool_or(wrong) FROM "read {self.kind}"').fetchall()[0][0]
        for name, code, test in wrong if any_ else ():
            column = self.source.columns.get(name.removesuffix("__none"))
            header = column.header if column else name
            text = f"CAST({_quoted(header)} AS VARCHAR)" if column else "NULL"
            id_ = self.source.columns.get("id")
            shown = f"CAST({_quoted(id_.header)} AS VARCHAR)" if id_ else "NULL"
            self.connection.execute(
                f"""INSERT INTO set_aside SELECT '{self.kind}', "row number", {shown}, {literal(header)}, '{code}', {text}
                FROM "raw {self.kind}" WHERE {test}"""
            )

    def _twice(self) -> None:
        """All rows with the same id are set aside."""
        twice = f'SELECT id FROM "read {self.kind}" GROUP BY id HAVING count(*) > 1'
        self.connection.execute(
            f"""INSERT INTO set_aside SELECT '{self.kind}', "row number", id, 'id', 'duplicate-entity', id
            FROM "read {self.kind}" WHERE id IN ({twice})"""
        )

    # --- one column ---

    def _cell(self, field: tables.Field, types: Mapping[str, str]) -> _Cell:
        assert self.source is not None
        if field.kind == "closed":
            return _Cell(self._closed(field.of))
        column = self.source.columns.get(field.of or field.name)
        if column is None:
            missing = (("reference-missing", TRUE),) if field.kind == "id" or self._mandatory(field) else ()
            return _Cell(FALSE if field.kind == "none" else f"CAST(NULL AS {TYPES[field.type]})", missing)
        cell, type_ = _quoted(column.header), types[column.header]
        text = _trimmed(cell, type_)
        none = f"COALESCE({text} IN ({', '.join(map(literal, NONE_WORDS))}), FALSE)"
        blank = f"(COALESCE({text}, '') = '')"
        if field.kind == "id":
            return _Cell(text, (("bad-id", blank),))
        if field.kind == "ref":
            optional = self.plans.policy.entities[self.kind].references[field.of].optional
            return _Cell(f"CASE WHEN {blank} OR {none} THEN NULL ELSE {text} END", () if optional else (("reference-missing", f"({blank} OR {none})"),))
        if field.kind == "none":
            return _Cell(none)
        fact = self.plans.policy.facts[field.of]
        value = self._fact(fact, cell, text, type_, column)
        there = f"NOT {blank} AND NOT {none}"
        wrong = [(code, f"({there} AND {test})") for code, test in value.wrong]
        if not fact.type.optional:
            wrong.append(("none-not-allowed", none))
        return _Cell(f"CASE WHEN {there} THEN {value.sql} END", tuple(wrong))

    def _mandatory(self, field: tables.Field) -> bool:
        return field.kind == "ref" and not self.plans.policy.entities[self.kind].references[field.of].optional

    def _closed(self, relation: str) -> str:
        """A file lists all there is of a kind; applications are always all listed."""
        owner = next(entity.name for name, entity, _ in tables.relations(self.plans.policy, self.kind) if name == relation)
        return str(owner in self.given or owner == self.plans.last.application.entity).upper()

    def _fact(self, fact: m.Fact, cell: str, text: str, type_: str, column: FileColumn) -> _Cell:
        match fact.type.kind:
            case "bool":
                if type_ == "BOOLEAN":
                    return _Cell(cell)
                words = {**dict.fromkeys(TRUE_WORDS, TRUE), **dict.fromkeys(FALSE_WORDS, FALSE)}
                return _Cell(_by_word(text, words), (("not-yes-or-no", _not_in(text, words)),))
            case "enum":
                options = {option: literal(option) for option in fact.type.options}
                labels = {label: literal(o) for o in fact.type.options if o in fact.options for label in (fact.options[o].zh, fact.options[o].en) if label}
                return _Cell(_by_word(text, {**labels, **options}), (("unknown-choice", _not_in(text, {**labels, **options})),))
            case "date":
                day = cell if type_ == "DATE" else f"TRY_CAST({text} AS DATE)"
                ours = f"regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
                low, high = DUCKDB.day(tables.FIRST_DAY), DUCKDB.day(tables.LAST_DAY)
                wrong = [] if type_ == "DATE" else [("not-a-date", f"(NOT {ours} OR {day} IS NULL)")]
                return _Cell(day, (*wrong, ("fact-out-of-range", f"COALESCE({day} NOT BETWEEN {low} AND {high}, FALSE)")))
            case "text":
                return _Cell(text, (("fact-too-long", f"(length({text}) > {MAX_TEXT})"),))
        return self._quantity(fact, cell, text, type_, column)

    def _quantity(self, fact: m.Fact, cell: str, text: str, type_: str, column: FileColumn) -> _Cell:
        """A number in grains: exact, in range, and of a unit that fits."""
        reach = tables.limits(fact)
        if reach is None:
            raise NotExact(f"{fact.label.zh}没有给出范围 / no declared range")
        units = self.plans.policy.units
        if type_ in _WHOLE or type_.startswith("DECIMAL"):
            number, unit_missing, shape = cell, FALSE, FALSE
            factor = str(_factor(fact, column.unit, units)) if column.unit or not _needs_unit(fact) else ""
            if not factor:
                return _Cell(f"CAST(NULL AS {DUCKDB.narrow})", (("unit-missing", TRUE),))
        else:
            bare = _factor(fact, column.unit, units) if column.unit or not _needs_unit(fact) else None
            names = [name for name in units.names() if _fits(fact, name, units)]
            words = "".join(f"|{name}" for name in sorted(names, key=len, reverse=True))
            shape = f"NOT regexp_full_match({text}, '{_NUMBER}({words[1:]})?')" if words else f"NOT regexp_full_match({text}, '{_NUMBER}')"
            number = f"regexp_extract({text}, '{_NUMBER}')" if words else text
            cases = "".join(f" WHEN {literal(n)} THEN {_factor(fact, n, units)}" for n in names)
            unit = f"regexp_extract({text}, '[^-0-9.].*')"
            factor = f"CASE {unit} WHEN '' THEN {bare if bare is not None else 'NULL'}{cases} END" if words else str(bare or 1)
            unit_missing = f"({unit} = '')" if bare is None else FALSE
        exact = f"(TRY_CAST({number} AS DECIMAL(28, {_DECIMALS})) * CAST({factor} AS DECIMAL(10, 0)))"
        whole = f"CAST({exact} AS {DUCKDB.wide})"
        low, high = reach
        fine = "not-whole" if fact.type.kind in ("count", "years") else "too-many-decimals"
        type_name = TYPES[tables._type(fact)]
        return _Cell(
            f"TRY_CAST({exact} AS {type_name})",
            (("not-a-quantity", shape), ("unit-missing", unit_missing), (fine, f"COALESCE({exact} <> trunc({exact}), FALSE)"),
             ("fact-out-of-range", f"COALESCE({whole} NOT BETWEEN {low} AND {high}, {shape} IS FALSE AND {exact} IS NULL)" if shape != FALSE else f"COALESCE({whole} NOT BETWEEN {low} AND {high}, TRUE)")),
        )  # fmt: skip


TYPES = {"text": DUCKDB.text, "bool": "BOOLEAN", "date": "DATE", "narrow": DUCKDB.narrow, "wide": DUCKDB.wide}


def _needs_unit(fact: m.Fact) -> bool:
    return fact.type.kind != "count" and (fact.type.kind != "number" or bool(fact.type.dim))


def _fits(fact: m.Fact, name: str, units: Units) -> bool:
    unit = units.get(name)
    return unit is not None and (unit.kind, unit.dim) == (fact.type.kind, fact.type.dim)


def _factor(fact: m.Fact, unit: str, units: Units) -> int:
    """How many grains one of a unit is."""
    found = units.get(unit)
    factor = Fraction(found.scale if found else 1) / tables.grain(fact)
    if factor.denominator != 1:
        raise NotExact(f"{fact.label.zh}的单位{unit}太细 / a unit finer than columns hold")
    return factor.numerator


def _quoted(header: str) -> str:
    return '"' + header.replace('"', '""') + '"'


def _trimmed(cell: str, type_: str) -> str:
    """The cell as text without outer white space, full-width digits and signs as plain ones."""
    text = cell if type_ == "VARCHAR" else f"CAST({cell} AS VARCHAR)"
    return f"trim({text}, ' \t　')"


def _by_word(text: str, words: Mapping[str, str]) -> str:
    cases = "".join(f" WHEN {literal(word)} THEN {value}" for word, value in words.items())
    return f"CASE {text}{cases} END"


def _not_in(text: str, words: Mapping[str, str]) -> str:
    return f"({text} NOT IN ({', '.join(map(literal, words))}))"
