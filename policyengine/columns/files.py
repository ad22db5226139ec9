"""Parquet and CSV files to staged tables, by the database itself: read as text, checked, cast to scaled integers.

Every row is staged or set aside with its place and reasons; nothing is rounded, defaulted or guessed. A blank is
unknown. What the scalar reader would refuse (out of range, another spelling of yes, a second row with an id, a
reference to nothing) is refused here by the same code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine.columns import tables
from policyengine.columns.dialect import DUCKDB, literal
from policyengine.columns.domain import FALSE, TRUE, NotExact, both, either, opposite
from policyengine.exact import CONTEXT
from policyengine.facts import FALSE_WORDS, MAX_TEXT, NONE_WORDS, TRUE_WORDS
from policyengine.instances import Plans
from policyengine.values import Units

if TYPE_CHECKING:
    import duckdb

_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
)
_DECIMALS = 12  # of a number as it is written, in the unit of its column
_UNSEEN = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"  # as facts.Reader has it
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
            return f'SELECT *, file_row_number + 1 AS "row number" FROM read_parquet({name}, file_row_number = TRUE)'
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


def stage(
    connection: duckdb.DuckDBPyConnection,
    plans: Plans,
    sources: Mapping[str, FileSource],
    needed: Collection[str] = (),
) -> int:
    """Make the staged tables of a policy from files; how many rows were set aside (`set_aside` tells which).

    `needed`: the columns to keep, all if none is named; the others are only looked through. Kinds without a file are
    empty, and what is related through them unknown.
    """
    if needed:  # by what no two may share they are told apart, whether a rule reads it or not
        entities = plans.policy.entities.values()
        needed = {*needed, *(f"{entity.name}.{name}" for entity in entities for name in entity.unique)}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE set_aside (kind VARCHAR, row BIGINT, id VARCHAR, header VARCHAR, code VARCHAR, text VARCHAR)"
    )
    for kind in plans.policy.entities:
        _Stage(connection, plans, kind, sources.get(kind), frozenset(sources), frozenset(needed)).read()
    while sum(_unlinked(connection, plans, kind) for kind in plans.policy.entities):
        pass
    for kind in plans.policy.entities:
        names = ", ".join(f'"{f.name}"' for f in tables.fields(plans.policy, kind) if _kept(f, kind, needed))
        gone = f"id NOT IN (SELECT id FROM set_aside WHERE kind = '{kind}' AND id IS NOT NULL)"
        rows = f"\"row number\" NOT IN (SELECT row FROM set_aside WHERE kind = '{kind}')"
        any_ = connection.execute("SELECT count(*) FROM set_aside WHERE kind = $1", [kind]).fetchall()[0][0]
        where = f" WHERE {rows} AND {gone}" if any_ else ""
        connection.execute(
            f'CREATE OR REPLACE TEMP VIEW "{kind}" AS SELECT {names} FROM "read {kind}"{where}'
        )
    return int(connection.execute("SELECT count(DISTINCT (kind, row)) FROM set_aside").fetchall()[0][0])


def set_aside(connection: duckdb.DuckDBPyConnection) -> Iterator[SetAside]:
    """Every reason for which a row was set aside."""
    sql = "SELECT kind, row, id, header, code, text FROM set_aside ORDER BY kind, row, header, code"
    for kind, row, id_, header, code, text in connection.execute(sql).fetchall():
        yield SetAside(kind, row, id_ or "", header or "", code, text or "")


def _unlinked(connection: duckdb.DuckDBPyConnection, plans: Plans, kind: str) -> int:
    """Set aside the rows that refer to nothing, or to a row set aside, or to one too many refer to; how many."""
    found = 0
    if not connection.execute(f'SELECT 1 FROM "read {kind}" LIMIT 1').fetchall():
        return 0
    for reference in plans.policy.entities[kind].references.values():
        ref = f'"{reference.name}"'
        there = f"SELECT id FROM \"read {reference.to}\" WHERE id NOT IN (SELECT id FROM set_aside WHERE kind = '{reference.to}' AND id IS NOT NULL)"
        many = f'SELECT {ref} FROM "read {kind}" WHERE {ref} IS NOT NULL GROUP BY {ref} HAVING count(*) > {reference.most}'
        for code, wrong in (
            ("unknown-reference", f"{ref} IS NOT NULL AND {ref} NOT IN ({there})"),
            ("too-many-entities", f"{ref} IN ({many})"),
        ):
            sql = f"""INSERT INTO set_aside SELECT '{kind}', "row number", id, {literal(reference.label.zh)}, '{code}', {ref}
                FROM "read {kind}" WHERE {wrong} AND "row number" NOT IN (SELECT row FROM set_aside WHERE kind = '{kind}')"""
            found += connection.execute(sql).fetchall()[0][0]
    return found


@dataclass(frozen=True, slots=True)
class _Cell:
    """A staged column from a file, in the three steps of `_Stage.read`.

    `text`: the cell as text without outer white space, "" where it is read by its type. `parsed`: the value that it says,
    NULL where it says none. `within`: what holds of a value in range, which is then of a `type`. `blank`, `none`: whether it says nothing, or *none*.
    `why`: (code, condition) of what may be wrong, asked only of the rows where something is.
    """

    text: str
    parsed: str
    within: str = ""
    type: str = ""
    blank: str = FALSE
    none: str = FALSE
    why: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Stage:
    connection: duckdb.DuckDBPyConnection
    plans: Plans
    kind: str
    source: FileSource | None
    given: frozenset[str]
    needed: frozenset[str]

    def read(self) -> None:
        """Make `read KIND` with all rows that can be read, and note those that cannot.

        First the text of each cell, then what it says, then whether that is in range: each step only once.
        """
        fields = tables.fields(self.plans.policy, self.kind)
        if self.source is None:
            kept_ = [f for f in fields if _kept(f, self.kind, self.needed)]
            empty = ", ".join(f'CAST(NULL AS {TYPES[f.type]}) AS "{f.name}"' for f in kept_)
            row = 'CAST(0 AS BIGINT) AS "row number"'
            self._make("TABLE", "read", f"SELECT {empty}, {row} WHERE FALSE")
            return
        self._make("VIEW", "raw", self.source.scan)
        described = self.connection.execute(f'DESCRIBE "raw {self.kind}"').fetchall()
        types = {row[0]: row[1] for row in described}
        cells = {f.name: self._cell(f, types) for f in fields}
        texts = "".join(f', {cell.text} AS "t:{name}"' for name, cell in cells.items() if cell.text)
        parsed = "".join(f', {cell.parsed} AS "x:{name}"' for name, cell in cells.items())
        kept = [f.name for f in fields if _kept(f, self.kind, self.needed)]
        shown = ", ".join(f'{_ranged(name, cells[name])} AS "{name}"' for name in kept)
        wrong = " OR ".join(_wrong(name, cell) for name, cell in cells.items() if cell.why) or FALSE
        self._make("VIEW", "text", f'SELECT *{texts} FROM "raw {self.kind}"')
        self._make("VIEW", "said", f'SELECT *{parsed} FROM "text {self.kind}"')
        self._make(
            "TABLE", "read", f'SELECT {shown}, "row number", ({wrong}) AS wrong FROM "said {self.kind}"'
        )
        self._note(cells)
        self._twice()

    def _make(self, what: str, name: str, sql: str) -> None:
        self.connection.execute(f'CREATE OR REPLACE TEMP {what} "{name} {self.kind}" AS {sql}')

    def _note(self, cells: Mapping[str, _Cell]) -> None:
        """Say of the rows in which something is wrong what it is."""
        assert self.source is not None
        if not self.connection.execute(f'SELECT bool_or(wrong) FROM "read {self.kind}"').fetchall()[0][0]:
            return
        rows = f'SELECT "row number" FROM "read {self.kind}" WHERE wrong'
        for name, cell in cells.items():
            column = self.source.columns.get(name)
            text = "NULL" if column is None else f"CAST({_quoted(column.header)} AS VARCHAR)"
            for code, test in cell.why:
                header = literal(column.header if column else name)
                self.connection.execute(
                    f"""INSERT INTO set_aside SELECT '{self.kind}', "row number", "x:id", {header}, '{code}', {text}
                    FROM "said {self.kind}" WHERE "row number" IN ({rows}) AND {_wrong(name, cell)} AND {test}"""
                )

    def _twice(self) -> None:
        """All rows with the same id are set aside, and all that share what no two of their kind may share."""
        unique = self.plans.policy.entities[self.kind].unique
        for names, code in ((("id",), "duplicate-entity"), (unique, "not-unique")):
            if not names:
                continue
            key = ", ".join(f'"{name}"' for name in names)
            given = " AND ".join(f'"{name}" IS NOT NULL' for name in names)  # a blank is no duplicate
            given += f" AND \"row number\" NOT IN (SELECT row FROM set_aside WHERE kind = '{self.kind}' AND code = 'duplicate-entity')"
            twice = f'SELECT {key} FROM "read {self.kind}" WHERE {given} GROUP BY {key} HAVING count(*) > 1'
            shown = f"concat_ws('，', {key})"
            self.connection.execute(
                f"""INSERT INTO set_aside SELECT '{self.kind}', "row number", id, {literal("，".join(names))}, '{code}', {shown}
                FROM "read {self.kind}" WHERE {given} AND ({key}) IN ({twice})"""
            )

    # --- one column ---

    def _cell(self, field: tables.Field, types: Mapping[str, str]) -> _Cell:
        assert self.source is not None
        if field.kind == "closed":
            return _Cell("", self._closed(field.of))
        reference = (
            self.plans.policy.entities[self.kind].references.get(field.of) if field.kind == "ref" else None
        )
        column = self.source.columns.get(field.of or field.name)
        if column is None:
            needed = field.kind == "id" or (reference is not None and not reference.optional)
            why = (("reference-missing", TRUE),) if needed else ()
            return _Cell("", FALSE if field.kind == "none" else f"CAST(NULL AS {TYPES[field.type]})", why=why)
        cell, type_ = _quoted(column.header), types[column.header]
        typed = type_ in ("BOOLEAN", "DATE") or _is_number(type_)
        text = "" if typed else _trimmed(cell, type_)
        here = f'"t:{field.name}"'
        none = FALSE if typed else f"({here} IN ({', '.join(map(literal, NONE_WORDS))}))"
        blank = f"({cell} IS NULL)" if typed else f"({here} = '')"
        if field.kind == "id":
            return _Cell(_trimmed(cell, type_), f"nullif({here}, '')", why=(("bad-id", TRUE),))
        if reference is not None:
            said = (
                f"CASE WHEN {here} = '' OR {none} THEN NULL ELSE {here} END"
                if not typed
                else f"CAST({cell} AS VARCHAR)"
            )
            return _Cell(text, said, why=() if reference.optional else (("reference-missing", TRUE),))
        if field.kind == "none":
            return _Cell(text, none)
        fact = self.plans.policy.facts[field.of]
        found = self._fact(fact, cell if typed else here, type_, column)
        if not fact.type.optional:
            return replace(found, text=text, blank=blank, why=(*found.why, ("none-not-allowed", none)))
        return replace(found, text=text, blank=blank, none=none)

    def _closed(self, relation: str) -> str:
        """A file lists all there is of a kind; applications are always all listed."""
        of = next(
            entity.name
            for name, entity, _ in tables.relations(self.plans.policy, self.kind)
            if name == relation
        )
        return str(of in self.given or of == self.plans.last.application.entity).upper()

    def _fact(self, fact: m.Fact, cell: str, type_: str, column: FileColumn) -> _Cell:
        match fact.type.kind:
            case "bool":
                words = {**dict.fromkeys(TRUE_WORDS, TRUE), **dict.fromkeys(FALSE_WORDS, FALSE)}
                said = cell if type_ == "BOOLEAN" else _by_word(cell, words)
                return _Cell("", said, why=(("not-yes-or-no", _no_none(cell, type_)),))
            case "enum":
                options = {option: literal(option) for option in fact.type.options}
                labels = {word: literal(o) for o in fact.type.options for word in _words(fact, o)}
                return _Cell(
                    "",
                    _by_word(cell, {**labels, **options}),
                    why=(("unknown-choice", _no_none(cell, type_)),),
                )
            case "date":
                ours = f"regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
                said = cell if type_ == "DATE" else f"CASE WHEN {ours} THEN TRY_CAST({cell} AS DATE) END"
                within = f"BETWEEN {DUCKDB.day(tables.FIRST_DAY)} AND {DUCKDB.day(tables.LAST_DAY)}"
                late = f'("x:{fact.name}" IS NOT NULL)'
                shape = both(opposite(late), _no_none(cell, type_))
                return _Cell("", said, within, why=(("fact-out-of-range", late), ("not-a-date", shape)))
            case "text":
                long = f"(length({cell}) > {MAX_TEXT})"
                odd = f"regexp_matches({cell}, '{_UNSEEN}')"
                fits = f"CASE WHEN {cell} <> '' AND {_no_none(cell, type_)} AND NOT {long} AND NOT {odd} THEN {cell} END"
                return _Cell(
                    "", fits, why=(("fact-too-long", long), ("fact-not-one-line", both(odd, opposite(long))))
                )
        return self._quantity(fact, cell, type_, column)

    def _quantity(self, fact: m.Fact, cell: str, type_: str, column: FileColumn) -> _Cell:
        """A number in grains: exact, in range, and of a unit that fits."""
        reach, units = tables.limits(fact), self.plans.policy.units
        if reach is None:
            raise NotExact(f"{fact.label.zh}没有给出范围 / no declared range")
        bare = _factor(fact, column.unit, units) if column.unit or not _needs_unit(fact) else None
        cell_type = TYPES[tables.width(fact)]
        within, said_it = f"BETWEEN {reach[0]} AND {reach[1]}", f'("x:{fact.name}" IS NOT NULL)'
        if _is_number(type_):
            if bare is None:
                return _Cell("", "CAST(NULL AS BIGINT)", within, why=(("unit-missing", TRUE),))
            if (quick := _quick(cell, type_, bare, reach)) is not None:
                why = (
                    ("fact-out-of-range", f"({cell} NOT BETWEEN {quick[1]})"),
                    ("too-many-decimals", f"({cell} BETWEEN {quick[1]})"),
                )
                return _Cell("", quick[0], why=why)
            far = f"({cell} NOT BETWEEN -1{'0' * 16} AND 1{'0' * 16})"  # beyond every declared range
            said = f"CASE WHEN NOT {far} THEN {_grains(cell, bare, _scale(type_))} END"
            outside = f"({said_it} OR {far})"
            why = (("fact-out-of-range", outside), ("too-many-decimals", f"(NOT {outside})"))
            return _Cell("", said, within, cell_type, why=why)
        names = [name for name in units.names() if _fits(fact, name, units)]
        forms = [
            *([("", bare)] if bare is not None else []),
            *((name, _factor(fact, name, units)) for name in names),
        ]
        said = f"CASE{''.join(_written(cell, name, factor) for name, factor in forms)} END"
        shape = f"regexp_full_match({cell}, '{_NUMBER} ?({'|'.join(names)})?')"
        bare_number = FALSE if bare is not None else f"regexp_full_match({cell}, '{_NUMBER}')"
        outside = either(said_it, both(shape, opposite(bare_number), f"(NOT contains({cell}, '.'))"))
        fine = "not-whole" if fact.type.kind in ("count", "years") else "too-many-decimals"
        return _Cell(
            "", said, within, cell_type, why=(
                ("fact-out-of-range", outside), ("unit-missing", bare_number),
                (fine, both(shape, opposite(bare_number), opposite(outside))),
                ("not-a-quantity", both(f"(NOT {shape})", _no_none(cell, type_))),
            )
        )  # fmt: skip


TYPES = {"text": DUCKDB.text, "bool": "BOOLEAN", "date": "DATE", "narrow": DUCKDB.narrow, "wide": DUCKDB.wide}


def _kept(field: tables.Field, kind: str, needed: Collection[str]) -> bool:
    return (
        field.kind in ("id", "ref")
        or not needed
        or f"{kind}.{field.of}" in needed
        or f"{kind}.{field.name}" in needed
    )


def _ranged(name: str, cell: _Cell) -> str:
    """The value, where it is in range."""
    if not cell.within:
        return f'"x:{name}"'
    shown = f'CAST("x:{name}" AS {cell.type})' if cell.type else f'"x:{name}"'
    return f'CASE WHEN "x:{name}" {cell.within} THEN {shown} END'


def _wrong(name: str, cell: _Cell) -> str:
    """Whether a cell says something and no value comes of it."""
    there = both(opposite(cell.blank), opposite(cell.none))
    return f"(({_ranged(name, cell)}) IS NULL AND COALESCE({there}, FALSE))"


def _written(cell: str, unit: str, factor: int) -> str:
    """The branch of a CASE for a number with a unit: as many decimals as the grain allows, and no more."""
    digits = len(str(factor)) - 1
    power = factor == 10**digits
    decimals = digits if power else _DECIMALS
    shape = f"-?(0|[1-9][0-9]{{0,{17 - decimals}}})" + (
        rf"(\.[0-9]{{1,{decimals}}}0*)?" if decimals else r"(\.0+)?"
    )
    number = cell if not unit else f"regexp_extract({cell}, '^[-0-9.]+')"
    test = f"regexp_full_match({cell}, '{shape} ?{unit}')"
    value = _grains(f"CAST({number} AS DECIMAL(18, {decimals}))", factor, decimals)
    return f" WHEN {test} THEN {value}"


def _grains(number: str, factor: int, scale: int) -> str:
    """A decimal as a whole number of grains (128 bits: it may lie far out of range); NULL where it is finer."""
    exact = f"(CAST({number} AS DECIMAL(38, {scale})) * CAST({factor} AS DECIMAL({len(str(factor))}, 0)))"
    whole = f"CAST({exact} AS {DUCKDB.wide})"
    return whole if factor % 10**scale == 0 else f"CASE WHEN {exact} = trunc({exact}) THEN {whole} END"


def _quick(cell: str, type_: str, factor: int, reach: tuple[int, int]) -> tuple[str, str] | None:
    """A typed decimal whose range and product fit into 64 bits: its grains, and its range as it is written."""
    scale, digits = _scale(type_), len(str(factor)) - 1
    most = max(map(abs, reach))
    wide = type_ in ("HUGEINT", "UBIGINT") or (
        type_.startswith("DECIMAL") and int(type_[8:].split(",")[0]) > 18
    )
    if wide or factor != 10**digits or scale > digits or most * 10**scale >= 10**18:
        return None
    low, high = (f"{CONTEXT.scaleb(Decimal(end), Decimal(-digits)):f}" for end in reach)
    number = cell if type_.startswith("DECIMAL") else f"CAST({cell} AS DECIMAL(18, 0))"
    value = f"CAST({number} * CAST({factor} AS DECIMAL({digits + 1}, 0)) AS {DUCKDB.narrow})"
    return f"CASE WHEN {cell} BETWEEN {low} AND {high} THEN {value} END", f"{low} AND {high}"


def _is_number(type_: str) -> bool:
    return type_ in _WHOLE or type_.startswith("DECIMAL")


def _scale(type_: str) -> int:
    return int(type_.rstrip(")").rpartition(",")[2]) if type_.startswith("DECIMAL") else 0


def _no_none(cell: str, type_: str) -> str:
    """Whether a cell says something else than *none*, which has a code of its own."""
    return (
        TRUE if type_ in ("BOOLEAN", "DATE") else f"({cell} NOT IN ({', '.join(map(literal, NONE_WORDS))}))"
    )


def _words(fact: m.Fact, option: str) -> Iterator[str]:
    label = fact.options.get(option)
    if label is not None:
        yield from (word for word in (label.zh, label.en) if word)


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
    """The cell as text without outer white space; never NULL."""
    text = cell if type_ == "VARCHAR" else f"CAST({cell} AS VARCHAR)"
    return f"trim(COALESCE({text}, ''), ' \t　')"


def _by_word(text: str, words: Mapping[str, str]) -> str:
    cases = "".join(f" WHEN {literal(word)} THEN {value}" for word, value in words.items())
    return f"CASE {text}{cases} END"
