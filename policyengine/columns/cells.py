"""Cells of a file to staged values, as SQL: what is plainly written is cast exactly, everything else comes out NULL.

Only what `facts.Reader` and `tables.EntryReader` would read in the same way is plain: a row with any other cell is *odd*,
and is read by them. Nothing is rounded, defaulted or guessed here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import model as m
from policyengine.columns import tables
from policyengine.columns.dialect import DUCKDB, literal
from policyengine.columns.domain import FALSE, TRUE, NotExact, both, opposite
from policyengine.exact import CONTEXT
from policyengine.facts import FALSE_WORDS, MAX_TEXT, NONE_WORDS, TRUE_WORDS
from policyengine.values import Units

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
_DIGITS = 18  # of a number that a reader takes
_STRANGE = r"[\p{C}\p{Zl}\p{Zp}]"  # what the reader of facts refuses or folds
SPACES = " \t　"  # what is taken off around a text
_SPACE = r"[\p{Z}\s]"
_POWER = r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+"  # a code that went through a number
_ID = r"[0-9A-Za-z_\-\x{4E00}-\x{9FA5}]{1,100}"  # what compatibility forms leave alone
TYPES = {"text": DUCKDB.text, "bool": "BOOLEAN", "date": "DATE", "narrow": DUCKDB.narrow, "wide": DUCKDB.wide}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cell in three steps, each a column that the next reads.

    `text`: the cell without outer white space, "" where it is read by its type. `said`: the value that it says, NULL where
    it says none. `within`: what holds of a value in range, which is then of a `type`. `blank`, `none`: whether it says
    nothing, or *none*.
    """

    text: str
    said: str
    within: str = ""
    type: str = ""
    blank: str = FALSE
    none: str = FALSE

    def value(self, name: str) -> str:
        """The value, where it is in range; `name`: the column that holds `said`."""
        if not self.within:
            return name
        shown = f"CAST({name} AS {self.type})" if self.type else name
        return f"CASE WHEN {name} {self.within} THEN {shown} END"

    def odd(self, name: str) -> str:
        """Whether the cell says something and no value comes of it."""
        there = both(opposite(self.blank), opposite(self.none))
        return f"(({self.value(name)}) IS NULL AND {there})"


@dataclass(frozen=True, slots=True)
class Cells:
    """Reads the cells of a policy's tables. `typed`: the type of a column is asked of the database, `VARCHAR` for text."""

    units: Units

    def word(self, text: str, type_: str, here: str, optional: bool = False) -> Parsed:
        """An id or a reference. `text`: the cell without outer white space; `here`: the column that holds it."""
        plain = f"regexp_full_match({here}, '{_ID}') AND NOT regexp_full_match({here}, '{_POWER}')"
        none = _is_none(here) if optional else FALSE
        said = f"CASE WHEN {plain} THEN {here} END" if not _is_number(type_) else "CAST(NULL AS VARCHAR)"
        return Parsed(text, said, blank=f"({here} = '')", none=none)

    def fact(self, fact: m.Fact, cell: str, text: str, type_: str, here: str, unit: str) -> Parsed:
        """A fact in a column whose header states a `unit`, or none. `text` and `here`: as of `word`."""
        text = "" if type_ in ("BOOLEAN", "DATE") or _is_number(type_) else text
        at = here if text else cell
        blank = f"({here} = '')" if text else f"({cell} IS NULL)"
        none = _is_none(here) if text and fact.type.optional else FALSE
        said, within, cast = self._said(fact, at, type_, unit)
        return Parsed(text, said, within, cast, blank, none)

    def _said(self, fact: m.Fact, cell: str, type_: str, unit: str) -> tuple[str, str, str]:
        match fact.type.kind:
            case "bool":
                words = {**dict.fromkeys(TRUE_WORDS, TRUE), **dict.fromkeys(FALSE_WORDS, FALSE)}
                return (cell if type_ == "BOOLEAN" else by_word(cell, words)), "", ""
            case "enum":
                options = {option: literal(option) for option in fact.type.options}
                labels = {word: literal(o) for o in fact.type.options for word in _words(fact, o)}
                return by_word(cell, {**labels, **options}), "", ""
            case "date":
                ours = f"regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
                said = cell if type_ == "DATE" else f"CASE WHEN {ours} THEN TRY_CAST({cell} AS DATE) END"
                return said, f"BETWEEN {DUCKDB.day(tables.FIRST_DAY)} AND {DUCKDB.day(tables.LAST_DAY)}", ""
            case "text":
                if type_ != "VARCHAR":
                    return "CAST(NULL AS VARCHAR)", "", ""
                odd = f"length({cell}) > {MAX_TEXT} OR regexp_matches({cell}, '{_STRANGE}|^{_SPACE}|{_SPACE}$') OR {_is_none(cell)}"
                return (
                    f"CASE WHEN {cell} <> '' AND NOT ({odd} OR regexp_full_match({cell}, '{_POWER}')) THEN {cell} END",
                    "",
                    "",
                )
        return self._quantity(fact, cell, type_, unit)

    def _quantity(self, fact: m.Fact, cell: str, type_: str, unit: str) -> tuple[str, str, str]:
        """A number in grains: exact, in range, and of a unit that fits."""
        reach, units = tables.limits(fact), self.units
        if reach is None:
            raise NotExact(f"{fact.label.zh}没有给出范围 / no declared range")
        bare = _factor(fact, unit, units) if unit or not needs_unit(fact) else None
        cast = TYPES[tables.width(fact)]
        within = f"BETWEEN {reach[0]} AND {reach[1]}"
        if _is_number(type_):
            if bare is None:
                return "CAST(NULL AS BIGINT)", within, ""
            if (quick := _quick(cell, type_, bare, reach)) is not None:
                return quick, "", ""
            most = 10 ** min(16, _DIGITS - _scale(type_))
            far = f"({cell} NOT BETWEEN -{most} AND {most})"  # beyond every declared range, or of too many digits
            return f"CASE WHEN NOT {far} THEN {_grains(cell, bare, _scale(type_))} END", within, cast
        names = [unit] if unit else [name for name in units.names() if _fits(fact, name, units)]
        forms = [("", bare)] if bare is not None else []
        forms += [(name, factor) for name in names if (factor := _factor(fact, name, units)) is not None]
        if not forms:
            return "CAST(NULL AS BIGINT)", within, cast
        return f"CASE{''.join(_written(cell, name, factor) for name, factor in forms)} END", within, cast


def _is_none(text: str) -> str:
    return f"({text} IN ({', '.join(map(literal, NONE_WORDS))}))"


def _written(cell: str, unit: str, factor: int) -> str:
    """The branch of a CASE for a number with a unit: as many decimals as the grain allows, and no more."""
    digits = len(str(factor)) - 1
    power = factor == 10**digits
    decimals = digits if power else _DECIMALS
    shape = f"-?(0|[1-9][0-9]{{0,{17 - decimals}}})" + (
        rf"(\.[0-9]{{1,{decimals}}}0*)?" if decimals else r"(\.0+)?"
    )
    number = cell if not unit else f"regexp_extract({cell}, '^[-0-9.]+')"
    test = f"length({cell}) <= {_DIGITS} AND regexp_full_match({cell}, '{shape} ?{unit}')"
    value = _grains(f"CAST({number} AS DECIMAL(18, {decimals}))", factor, decimals)
    return f" WHEN {test} THEN {value}"


def _grains(number: str, factor: int, scale: int) -> str:
    """A decimal as a whole number of grains (128 bits: it may lie far out of range); NULL where it is finer."""
    exact = f"(CAST({number} AS DECIMAL(38, {scale})) * CAST({factor} AS DECIMAL({len(str(factor))}, 0)))"
    whole = f"CAST({exact} AS {DUCKDB.wide})"
    return whole if factor % 10**scale == 0 else f"CASE WHEN {exact} = trunc({exact}) THEN {whole} END"


def _quick(cell: str, type_: str, factor: int, reach: tuple[int, int]) -> str | None:
    """A typed decimal whose range and product fit into 64 bits, in grains; NULL out of its range."""
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
    return f"CASE WHEN {cell} BETWEEN {low} AND {high} THEN {value} END"


def _is_number(type_: str) -> bool:
    return type_ in _WHOLE or type_.startswith("DECIMAL")


def _scale(type_: str) -> int:
    return int(type_.rstrip(")").rpartition(",")[2]) if type_.startswith("DECIMAL") else 0


def _words(fact: m.Fact, option: str) -> Iterator[str]:
    """What an option may be called; people type brackets in both widths."""
    label = fact.options.get(option)
    for word in (label.zh, label.en) if label else ():
        yield from dict.fromkeys((word, unicodedata.normalize("NFKC", word))) if word.strip() else ()


def needs_unit(fact: m.Fact) -> bool:
    """Whether a bare number says nothing."""
    return fact.type.kind != "count" and (fact.type.kind != "number" or bool(fact.type.dim))


def _fits(fact: m.Fact, name: str, units: Units) -> bool:
    unit = units.get(name)
    return unit is not None and (unit.kind, unit.dim) == (fact.type.kind, fact.type.dim)


def _factor(fact: m.Fact, unit: str, units: Units) -> int | None:
    """How many grains one of a unit is; None where the unit is finer."""
    found = units.get(unit)
    factor = Fraction(found.scale if found else 1) / tables.grain(fact)
    return factor.numerator if factor.denominator == 1 else None


def as_text(cell: str, type_: str, padded: bool = True) -> str:
    """The cell as text without outer white space, if it may be `padded` with it; never NULL."""
    text = f"COALESCE({cell if type_ == 'VARCHAR' else f'CAST({cell} AS VARCHAR)'}, '')"
    return f"trim({text}, '{SPACES}')" if padded else text


def padded(cell: str) -> str:
    """Whether a text has outer white space."""
    signs = ", ".join(str(ord(sign)) for sign in SPACES)
    return f"(ascii({cell}) IN ({signs}) OR ascii(right({cell}, 1)) IN ({signs}))"


def spaced(cells: Iterable[str]) -> str:
    """Whether any of some texts has white space anywhere, which is quicker to ask."""
    texts = f"concat_ws('', {', '.join(cells)})"
    return " OR ".join(f"contains({texts}, chr({ord(sign)}))" for sign in SPACES)


def by_word(text: str, words: Mapping[str, str]) -> str:
    cases = "".join(f" WHEN {literal(word)} THEN {value}" for word, value in words.items())
    return f"CASE {text}{cases} END"
