"""A merged tree of nodes to a `Policy`: every entry becomes its record, with places.

The schema has said what is wrong with the shape. An entry whose shape is wrong is left out here and
its name remembered as broken, so that the rest is still checked and no second error follows the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from policyengine import literals
from policyengine import model as m
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang.syntax import Expr, parse
from policyengine.nearest import meant, nearest
from policyengine.reading.node import Mapping, Node, Scalar, Sequence, trailing_comment
from policyengine.source import Source, Span
from policyengine.values import (
    MONEY,
    T_BOOL,
    T_DATE,
    T_TEXT,
    Dimension,
    Kind,
    Known,
    Table,
    TierRow,
    Tiers,
    Type,
    Unit,
    Units,
    dimension,
    whole,
)  # fmt: skip

T = TypeVar("T")
_SIMPLE: dict[str, Type] = {
    "money": Type("money", MONEY), "rate": Type("rate"), "points": Type("points"), "count": Type("count"),
    "bool": T_BOOL, "date": T_DATE, "years": Type("years"), "text": T_TEXT,
}  # fmt: skip
ROW_VALUES = {
    "rate": ("rate", "%"), "amount": ("money", "万元"), "points": ("points", "个百分点"), "number": ("number", ""),
}  # fmt: skip
UNIT_OF = {"money": "万元", "rate": "%", "points": "个百分点", "years": "年"}
NEVER_NEGATIVE = ("money", "rate", "count", "years")
PROGRAM_PARTS = ("base", "rate", "amount", "at_least", "cap", "pay_from", "round_to", "round_mode")


class Skip(Exception):
    """The shape of an entry is wrong; the schema has said so. Never leaves this module."""


@dataclass(slots=True)
class Built:
    """A policy and what was found on the way; `broken` are names of entries that were left out."""

    policy: m.Policy | None
    found: list[Diagnostic] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


class Entry:
    """Reads one mapping; every accessor raises Skip where the shape is not as the schema asks."""

    def __init__(self, builder: Builder, node: Node, name: str = "") -> None:
        if not isinstance(node, Mapping):
            raise Skip
        self.builder, self.node, self.name = builder, node, name

    def has(self, key: str) -> bool:
        return self.node.get(key) is not None

    def span(self, key: str) -> Span:
        found = self.node.key(key)
        return found.span if found else self.node.span

    def place(self, key: str) -> Span:
        """The place of what stands under a key."""
        found = self.node.get(key)
        return found.span if found else self.node.span

    def scalar(self, key: str) -> Scalar | None:
        node = self.node.get(key)
        if node is not None and not isinstance(node, Scalar):
            raise Skip
        return node

    def text(self, key: str, default: str | None = None) -> str:
        node = self.scalar(key)
        if node is None:
            if default is None:
                raise Skip
            return default
        return node.text

    def flag(self, key: str) -> bool:
        node = self.scalar(key)
        if node is None:
            return False
        if not isinstance(node.value, bool):
            raise Skip
        return node.value

    def whole(self, key: str, default: int) -> int:
        node = self.scalar(key)
        if node is None:
            return default
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            raise Skip
        return node.value

    def day(self, key: str) -> date | None:
        node = self.scalar(key)
        if node is None or node.value is None:
            return None
        if not isinstance(node.value, date):
            raise Skip
        return node.value

    def label(self, key: str, default: str | None = None) -> m.Label:
        node = self.node.get(key)
        if node is None:
            if default is None:
                raise Skip
            return m.Label(default)
        return label(node)

    def texts(self, key: str) -> tuple[Scalar, ...]:
        """A text or a list of texts."""
        node = self.node.get(key)
        items = node.items if isinstance(node, Sequence) else () if node is None else (node,)
        if not all(isinstance(item, Scalar) for item in items):
            raise Skip
        return tuple(item for item in items if isinstance(item, Scalar))

    def expr(self, key: str) -> Expr | None:
        node = self.node.get(key)
        return None if node is None else self.builder.expr(node)

    def must(self, key: str) -> Expr:
        expr = self.expr(key)
        if expr is None:
            raise Skip
        return expr

    def exprs(self, key: str) -> tuple[Expr, ...]:
        return tuple(self.builder.must(item) for item in self.texts(key))

    def children(self, key: str) -> Iterator[tuple[str, Entry]]:
        node = self.node.get(key)
        if node is None:
            return
        if not isinstance(node, Mapping):
            raise Skip
        for name, child in node.items():
            yield name, Entry(self.builder, child, name)

    def child(self, key: str) -> Entry:
        """The mapping under a key."""
        node = self.node.get(key)
        if node is None:
            raise Skip
        return Entry(self.builder, node, key)

    def cited(self, inherit: m.Cited | None = None) -> m.Cited:
        cites, quotes = self.texts("cite"), self.texts("quote")
        base = inherit or m.Cited()
        return m.Cited(
            tuple(c.text for c in cites) or base.cites,
            self.text("basis", base.basis if not cites else ""),
            tuple(q.text for q in quotes),
            tuple(c.span for c in cites) or base.cite_spans,
            tuple(q.span for q in quotes),
        )


def label(node: Node) -> m.Label:
    """A label node: a text, or a mapping with zh and en."""
    if isinstance(node, Scalar):
        return m.Label(node.text)
    if isinstance(node, Mapping):
        zh, en = node.get("zh"), node.get("en")
        if isinstance(zh, Scalar) and (en is None or isinstance(en, Scalar)):
            return m.Label(zh.text, en.text if en else "")
    raise Skip


class Builder:
    """Makes the records of one merged tree."""

    def __init__(self, tree: Mapping, original: Source | None) -> None:
        self.tree = tree
        self.original = original
        self.found: list[Diagnostic] = []
        self.broken: set[str] = set()
        self.units = Units()
        self.options: dict[str, tuple[str, ...]] = {}

    # --- pieces ---

    def expr(self, node: Node) -> Expr | None:
        if not isinstance(node, Scalar):
            raise Skip
        expr, found = parse(node.text, node.span, node.exact)
        self.found += found
        comment = trailing_comment(node)
        if comment is not None:
            self.found.append(diagnostic("comment-after-expression", comment, text=comment.text))
        if expr is None:
            raise Skip
        return expr

    def must(self, node: Node) -> Expr:
        expr = self.expr(node)
        assert expr is not None
        return expr

    def section(self, name: str, make: Callable[[Entry], T]) -> dict[str, T]:
        """Every entry of a section as its record; broken ones are remembered."""
        node = self.tree.get(name)
        made: dict[str, T] = {}
        if not isinstance(node, Mapping):
            return made
        for key, child in node.items():
            try:
                made[key] = make(Entry(self, child, key))
            except Skip:
                self.broken.add(key)
        return made

    def units_section(self) -> dict[str, m.Label]:
        own: dict[str, Unit] = {}
        labels: dict[str, m.Label] = {}

        def make(entry: Entry) -> None:
            dim = dimension(entry.text("dimension"))
            scale = entry.scalar("scale")
            factor = Decimal(1) if scale is None else Decimal(scale.text)
            if dim is None:
                raise Skip
            kind: Kind = "money" if dim == MONEY else "number"
            own[entry.name] = Unit(entry.name, kind, dim, factor)
            labels[entry.name] = entry.label("label", entry.name)

        self.section("units", make)
        self.units = Units(own)
        return labels

    def type(self, entry: Entry, default: str | None = None) -> Type:
        """The declared type of a fact, value or interpretation."""
        kind = entry.text("type", default)
        optional = entry.flag("optional")
        if kind == "enum":
            names = tuple(name for name, _ in self.option_nodes(entry))
            return Type("enum", options=names, optional=optional)
        if kind == "number":
            dim: Dimension = ()
            if entry.has("unit"):
                unit = self.units.get(entry.text("unit"))
                if unit is None:
                    name = entry.text("unit")
                    close = meant(nearest(name, self.units.names(), 40))
                    words = {"text": entry.name, "unit": name, **close}
                    self.found.append(diagnostic("unknown-unit", entry.place("unit"), **words))
                    raise Skip
                dim = unit.dim
            return Type("number", dim, optional=optional)
        if kind not in _SIMPLE:
            raise Skip
        plain = _SIMPLE[kind]
        return Type(plain.kind, plain.dim, optional=optional)

    def option_nodes(self, entry: Entry) -> list[tuple[str, Node]]:
        node = entry.node.get("options")
        if not isinstance(node, Mapping):
            raise Skip
        return list(node.items())

    # --- values written in the policy ---

    def literal(self, node: Node, keys: str = "") -> tuple[Known, Type]:
        """A parameter's value and the type it shows by how it is written."""
        if isinstance(node, Sequence):
            if node.items and isinstance(node.items[0], Mapping):
                return self.tiers(node)
            self.known_keys(keys, [item for item in node.items if isinstance(item, Scalar)])
            members = tuple(item.text for item in node.items if isinstance(item, Scalar))
            return members, Type("set", options=self.options.get(keys, members))
        if isinstance(node, Mapping):
            cells = [(key, *self.literal(child)) for key, child in node.items()]
            if not cells:
                raise Skip
            for key, _, type_ in cells:
                if (type_.kind, type_.dim) != (cells[0][2].kind, cells[0][2].dim):
                    place = node.key(key)
                    self.found.append(diagnostic("table-mixed", place.span if place else node.span, key=key))
                    raise Skip
            self.known_keys(keys, [key for key, _ in node.entries])
            table = Table(tuple((key, value) for key, value, _ in cells))
            return table, Type("table", options=self.options.get(keys, ()), item=cells[0][2])
        if isinstance(node.value, bool):
            return node.value, T_BOOL
        if isinstance(node.value, date):
            return node.value, T_DATE
        return self.number(node)

    def known_keys(self, keys: str, written: list[Scalar]) -> None:
        """The members of a set and the keys of a table are options of the fact that `keys` names."""
        options = self.options.get(keys)
        for key in written if options else ():
            if options and key.text not in options:
                close = meant(nearest(key.text, options))
                words = {"value": key.text, "options": "、".join(options), **close}
                self.found.append(diagnostic("unknown-option", key.span, **words))

    def number(self, node: Scalar, signed: bool = False) -> tuple[Known, Type]:
        """A number of the document; `signed`: one that may be below zero (where a tier of a growth begins)."""
        read = literals.quantity(node.text, self.units)
        if isinstance(read, literals.Problem):
            self.found.append(diagnostic(read.code, node.span, **read.words))
            raise Skip
        if read.unit is None:
            bare = "count" if whole("count", read.value) and "." not in node.text else "number"
            return read.value, Type(bare)  # type: ignore[arg-type]
        self.sensible(node, read.unit.kind, read.value, signed)
        return read.value, Type(read.unit.kind, read.unit.dim)

    def sensible(self, node: Scalar, kind: str, value: Decimal, signed: bool = False) -> None:
        """A number of the document is not below zero, a count whole, a length of time in whole months."""
        if value < 0 and kind in NEVER_NEGATIVE and not signed:
            self.found.append(diagnostic("negative-number", node.span, text=node.text))
        elif not whole(kind, value):
            unit = ("数", "things") if kind == "count" else ("月", "months")
            self.found.append(
                diagnostic("number-not-whole", node.span, text=node.text, unit_zh=unit[0], unit_en=unit[1])
            )

    def tiers(self, node: Sequence) -> tuple[Known, Type]:
        rows: list[TierRow] = []
        types: list[Type] = []
        edges: list[Type] = []
        for item in node.items:
            entry = Entry(self, item)
            bound = entry.node.get("at_least") or entry.node.get("above")
            kind, value = next(((k, v) for k in ROW_VALUES if (v := entry.node.get(k))), ("", None))
            if not isinstance(bound, Scalar) or not isinstance(value, Scalar):
                raise Skip
            edge, edge_type = self.number(bound, signed=True)
            worth, worth_type = self.number(value)
            self.same_kind(kind, value, worth_type)
            if not isinstance(edge, Decimal) or not isinstance(worth, Decimal):
                raise Skip
            if rows and edge <= Decimal(rows[-1].bound):  # type: ignore[arg-type]
                self.found.append(diagnostic("tiers-not-rising", bound.span, text=bound.text))
            rows.append(TierRow(edge, entry.has("above"), worth))
            types.append(worth_type)
            if edge or edge_type.kind != "count":
                edges.append(edge_type)
        for kinds, zh, en in ((types, "值", "values"), (edges, "界限", "bounds")):
            if any((one.kind, one.dim) != (kinds[0].kind, kinds[0].dim) for one in kinds):
                self.found.append(diagnostic("tiers-mixed", node.span, part_zh=zh, part_en=en))
                raise Skip
        of = edges[0] if edges else None
        return Tiers(tuple(rows)), Type(
            "tiers", of.dim if of else (), (of.kind,) if of else (), item=types[0]
        )

    def same_kind(self, key: str, node: Scalar, type_: Type) -> None:
        """`rate: 3%` and `points: 1个百分点`, not the other way round."""
        want, unit = ROW_VALUES[key]
        if type_.kind == want or (want == "number" and type_.kind == "count"):
            return
        if type_.kind in ("number", "count") and not type_.dim:
            self.found.append(
                diagnostic("unit-missing", node.span, name=key, **literals.missing_unit(node.text, unit))
            )
        else:
            written = node.text.lstrip("-0123456789.,")
            self.found.append(
                diagnostic("wrong-unit", node.span, name=key, text=node.text, unit=written, want=unit)
            )
        raise Skip

    def bound(self, node: Node, type_: Type, unit: str, name: str) -> Decimal:
        """One end of a fact's range, or its assumed value."""
        if not isinstance(node, Scalar):
            raise Skip
        read = literals.quantity(node.text, self.units)
        if isinstance(read, literals.Problem):
            self.found.append(diagnostic(read.code, node.span, **read.words))
            raise Skip
        want = unit or UNIT_OF.get(type_.kind, "")
        if read.unit is None and type_.kind not in ("count", "number") and read.value != 0:
            self.found.append(
                diagnostic("unit-missing", node.span, name=name, **literals.missing_unit(node.text, want))
            )
            raise Skip
        if read.unit is not None and (read.unit.kind, read.unit.dim) != (type_.kind, type_.dim):
            words = {"name": name, "text": node.text, "unit": read.unit.name, "want": want}
            self.found.append(diagnostic("wrong-unit", node.span, **words))
            raise Skip
        if read.unit is None and type_.kind == "number" and unit:
            own = self.units.get(unit)
            return read.value * own.scale if own else read.value
        return read.value
