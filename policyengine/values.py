"""Types, units and values: what a name may stand for, including the value that is not known.

A known value is an exact number, a bool, a day, a text (also the id of an enum option or of an
entity), a tuple (a set), a `Tiers` or `Table`, or `ABSENT` (known to be absent). `Unknown` stands for
what an application has not said: which facts it waits for, and what it may still turn out to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from policyengine.exact import Number, multiply

Kind = Literal[
    "money", "rate", "points", "number", "count", "bool", "enum", "date", "years",
    "tiers", "table", "set", "text", "ref", "literal", "none", "zero", "any",
]  # fmt: skip
Dimension = tuple[tuple[str, int], ...]
MONEY: Dimension = (("money", 1),)
QUANTITIES = ("money", "rate", "points", "number", "count", "years", "zero")


@dataclass(frozen=True, slots=True)
class Type:
    """What kind of value a name has.

    `dim` for quantities: base dimensions and powers, money being `(("money", 1),)`, rates and counts `()`.
    `options` for enums (and for the keys of sets and tables); `entity` for references;
    `item` for what a tier row or table cell holds; `optional`: may be absent.
    """

    kind: Kind
    dim: Dimension = ()
    options: tuple[str, ...] = ()
    entity: str = ""
    item: Type | None = None
    optional: bool = False

    @property
    def quantity(self) -> bool:
        return self.kind in QUANTITIES

    def present(self) -> Type:
        """The same type, known not to be absent."""
        return replace(self, optional=False) if self.optional else self


T_MONEY = Type("money", MONEY)
T_RATE = Type("rate")
T_POINTS = Type("points")
T_NUMBER = Type("number")
T_COUNT = Type("count")
T_BOOL = Type("bool")
T_DATE = Type("date")
T_YEARS = Type("years")
T_TEXT = Type("text")
T_ANY = Type("any")
T_NONE = Type("none", optional=True)
T_ZERO = Type("zero")


class FactRef(NamedTuple):
    """One fact (or relation) of one entity: the smallest thing that can be asked for."""

    entity: str
    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.entity}.{self.id}.{self.name}"


class Absent:
    """The single value `ABSENT`: the fact is known, and there is none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class TierRow:
    """From `bound` on (`strict`: only above it), `value` applies."""

    bound: Number
    strict: bool
    value: Number


@dataclass(frozen=True, slots=True)
class Tiers:
    """Rows by rising bound."""

    rows: tuple[TierRow, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A value for each option of an enum."""

    cells: tuple[tuple[str, Known], ...]

    def __getitem__(self, key: str) -> Known | None:
        return dict(self.cells).get(key)


Option = bool | str | tuple[str, ...] | Tiers | Table  # of which a value that is not known may be one
Known = Decimal | Number | date | Absent | Option


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that waits for facts.

    `needs`: the facts that settle it once all are given. `low`, `high`: the closed range of a quantity
    or day, None where open. `options`: everything it may be, for bools, enums and other finite kinds
    (tables and sets that change by date, too); None where not finite. `absent`: it may also turn out to be absent.
    """

    needs: frozenset[FactRef]
    low: Number | date | None = None
    high: Number | date | None = None
    options: frozenset[Option] | None = None
    absent: bool = False

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth")  # our bug, never a user's


Value = Known | Unknown
BOTH: frozenset[Option] = frozenset((True, False))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as people write it: how many of the base unit it is, and what it measures."""

    name: str
    kind: Kind
    dim: Dimension = ()
    scale: Decimal = Decimal(1)


def _builtin() -> dict[str, Unit]:
    money = [("元", 1), ("万元", 10**4), ("亿元", 10**8)]
    units = [Unit(name, "money", MONEY, Decimal(scale)) for name, scale in money]
    units += [Unit("%", "rate", (), Decimal("0.01")), Unit("‰", "rate", (), Decimal("0.001"))]
    units += [Unit("个百分点", "points", (), Decimal("0.01"))]
    units += [Unit(name, "count") for name in ("个", "项", "家", "户", "台", "套", "名", "人", "次")]
    units += [Unit("年", "years")]
    return {unit.name: unit for unit in units}


BUILTIN_UNITS: Mapping[str, Unit] = _builtin()


def whole(kind: str, value: Number) -> bool:
    """Whether a count is whole, and a length of time comes to whole months; anything else is."""
    if kind == "years":
        value = multiply(value, Decimal(12))
    return kind not in ("count", "years") or value == int(value)


@dataclass(frozen=True, slots=True)
class Units:
    """All units a policy may write: the built-in ones and its own."""

    own: Mapping[str, Unit] = field(default_factory=dict)

    def get(self, name: str) -> Unit | None:
        return self.own.get(name) or BUILTIN_UNITS.get(name)

    def names(self) -> list[str]:
        """Every unit's name, built-in ones first."""
        return [*BUILTIN_UNITS, *self.own]


def multiply_dimensions(a: Dimension, b: Dimension, sign: int = 1) -> Dimension:
    """The dimension of a product (`sign` 1) or quotient (-1)."""
    powers = dict(a)
    for base, power in b:
        powers[base] = powers.get(base, 0) + sign * power
    return tuple(sorted((base, power) for base, power in powers.items() if power))


def dimension(text: str) -> Dimension | None:
    """`money/tce`, `tce*a` as a dimension; None where it is not one."""
    result: Dimension = ()
    for position, part in enumerate(text.split("/")):
        for base in part.split("*"):
            name = base.strip()
            if not name.isidentifier():
                return None
            sign = 1 if position == 0 else -1
            result = multiply_dimensions(result, ((name, 1),), sign)
    return result
