"""Aggregates over relations: one GROUP BY, joined by key.

Where the members are chosen by what they are alone, they are grouped by the reference. A condition that says
that something of the member equals something of the owner becomes a further key. Everything else that compares
a member with its owner is computed over the pairs of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine.columns import logic, tables
from policyengine.columns.domain import (
    FALSE,
    TRUE,
    Col,
    Day,
    Fixed,
    NotExact,
    Num,
    Truth,
    Word,
    both,
    either,
    needs_wide,
    opposite,
    quantity,
)  # fmt: skip
from policyengine.columns.frames import Frame, qualify
from policyengine.columns.interpret import Bound, always
from policyengine.columns.scope import Scope
from policyengine.lang import nodes as n

if TYPE_CHECKING:
    from policyengine.columns.names import Names


@dataclass(frozen=True, slots=True)
class _Rows:
    """Members of a relation: whether each counts, what it brings, and how many there can be."""

    counts: Truth
    item: Col | None
    most: int


def aggregate(names: Names, node: n.Aggregate, scope: Scope, bound: Bound) -> Col:
    """`function(item for variable in relation if where)` as columns of the scope's frame."""
    if scope.alias or bound:
        raise NotExact("合计里面还有合计 / an aggregate inside an aggregate")
    start = scope
    for step in node.relation.refs:
        start = names.follow(start, step)
    entity, back = _inverse(names, start.kind, node.relation.name)
    closed = names.closed(start, node.relation.name)
    owner = names.identity(start)
    if entity.name in names.empty:
        return _of_nothing(names, node, closed)
    if (
        start.path == (back.name,)
        and entity.name == scope.frame.name
        and f"{entity.name}.{back.name}" in names.single
    ):
        return _alone(names, node, scope, closed)
    found = _Over(names, node, scope, entity.name, back.name, back.most, owner, closed)
    return found.value()


def _inverse(names: Names, kind: str, relation: str) -> tuple[m.Entity, m.Reference]:
    """The entity that a relation leads to, and the reference on its other side."""
    return next((e, r) for name, e, r in tables.relations(names.policy, kind) if name == relation)


def _of_nothing(names: Names, node: n.Aggregate, closed: str) -> Col:
    """An aggregate over a kind of which there is no row."""
    if node.function in ("any", "all"):
        none = Truth(FALSE, None if closed == TRUE else closed)
        return none if node.function == "any" else logic.inverted(none)
    if node.type.kind == "date":
        raise NotExact("这种合计不能按列算 / this aggregate cannot be computed by column")
    fault = FALSE if node.function in ("count", "sum") else closed
    return replace(names.num.const(Fraction(0)), known=closed, fault=fault)


def _alone(names: Names, node: n.Aggregate, scope: Scope, closed: str) -> Col:
    """An aggregate whose only member is the row itself."""
    bound, num = {node.variable: scope}, names.num
    counts = Truth(TRUE) if node.where is None else names.run.truth(node.where, scope, bound)
    item: Col = (
        num.const(Fraction(1))
        if node.function == "count"
        else quantity(names.run.run(node.item, scope, bound))
    )
    if isinstance(item, Truth):
        found = logic.conjunction([counts, item if node.function == "any" else logic.inverted(item)])
        found = found if closed == TRUE else Truth(found.yes, both(closed, found.no), found.fault)
        return found if node.function == "any" else logic.inverted(found)
    if node.function not in ("count", "sum"):
        item = replace(item, fault=either(item.fault, both(counts.known, counts.no)))
        return replace(
            item, known=both(closed, counts.known, item.known), fault=either(counts.fault, item.fault)
        )
    total = logic.chosen(num, counts, item, num.const(Fraction(0)))
    assert not isinstance(total, Truth)
    return replace(total, known=both(closed, total.known))


@dataclass(frozen=True, slots=True)
class _Over:
    names: Names
    node: n.Aggregate
    scope: Scope
    kind: str
    reference: str
    most: int
    owner: Word
    closed: str

    def value(self) -> Col:
        conditions = self._conditions()
        alone = [c for c in conditions if not self._looks_out(c)]
        item_alone = self.node.function == "count" or not self._looks_out(self.node.item)
        if len(alone) == len(conditions) and item_alone:
            return self._grouped(conditions, None)
        keys = [(c, pair) for c in conditions if (pair := self._equation(c)) is not None]
        if item_alone and keys and len(alone) == len(conditions) - 1:
            keyed = self._keyed(alone, keys[0][1])
            if keyed is not None:
                return keyed
        return self._paired(conditions)

    # --- the condition, part by part ---

    def _conditions(self) -> list[n.Node]:
        """The parts of the *and* that a member must meet, without those that a reading settles."""
        where = self.node.where
        if where is None:
            return []
        flat = where.parts if isinstance(where, n.Logic) and where.operator == "and" else (where,)
        kept = []
        for part in flat:
            small = self._reduced(part)
            if self._settled(small) is not True:
                kept.append(small)
        return kept

    def _reduced(self, node: n.Node) -> n.Node:
        """An *or* without the parts that a reading makes false."""
        if not (isinstance(node, n.Logic) and node.operator == "or"):
            return node
        parts = [part for part in node.parts if self._settled(part) is not False]
        if any(self._settled(part) is True for part in parts):
            return next(part for part in parts if self._settled(part) is True)
        return parts[0] if len(parts) == 1 else replace(node, parts=tuple(parts))

    def _settled(self, node: n.Node) -> bool | None:
        if any(path.root != n.POLICY for path in n.paths(node)):
            return None
        return always(self.names.run.truth(node, self.scope, {}))

    def _looks_out(self, node: n.Node) -> bool:
        """Whether a part looks at anything but the member: the owner, or the day it is seen from."""
        names = self.names
        dated = names.is_dated(self.kind)
        for path in n.paths(node):
            if path.root == self.node.variable:
                if path.type.kind == "ref" or path.name == n.SELF or not path.entity:
                    continue
                if (
                    not dated
                    and not names.is_dated(path.entity)
                    and names.depends_on_day(path.entity, path.name)
                ):
                    return True
            elif path.root != n.POLICY or names.depends_on_day("", path.name):
                return True
        return False

    def _equation(self, node: n.Node) -> tuple[n.Node, n.Node] | None:
        """A part `member's == owner's`: what the member brings, and what the owner does."""
        if not (isinstance(node, n.Comparison) and node.operators == ("==",)):
            return None
        for mine, yours in (node.operands, node.operands[::-1]):
            inside = [path for path in n.paths(mine) if path.root != n.POLICY]
            outside = [path.root == n.OWN for path in n.paths(yours) if path.root != n.POLICY]
            if inside and all(outside) and not self._looks_out(mine) and outside:
                return mine, yours
        return None

    # --- three ways ---

    def _element(self, alias: str = "e", paired: bool = False) -> Scope:
        own = self.names.own(self.kind)
        if self.names.is_dated(self.kind):
            day = (
                None
                if own.day is None
                else replace(own.day, sql=qualify(own.day.sql, alias), known=qualify(own.day.known, alias))
            )
        else:
            outer = self.scope.day if paired else None
            day = (
                None
                if outer is None
                else replace(outer, sql=qualify(outer.sql, "o"), known=qualify(outer.known, "o"))
            )
        return Scope(own.frame, (), self.kind, day, alias)

    def _rows(self, conditions: list[n.Node], scope: Scope, element: Scope) -> _Rows:
        bound = {self.node.variable: element}
        run = self.names.run
        counts = logic.conjunction([run.truth(c, scope, bound) for c in conditions])
        item = None if self.node.function == "count" else quantity(run.run(self.node.item, scope, bound))
        return _Rows(counts, item, self.most)

    def _key(self) -> str:
        self.names.identity(self.names.follow(self.names.own(self.kind), self.reference))
        return f'e."{self.reference}"'

    def _grouped(self, conditions: list[n.Node], _: None) -> Col:
        element = self._element()
        rows = self._rows(conditions, element, element)
        return self._result(rows, {"e": element.frame}, "", (self._key(),), (self.owner.sql,), TRUE)

    def _keyed(self, conditions: list[n.Node], pair: tuple[n.Node, n.Node]) -> Col | None:
        element = self._element()
        mine = self.names.run.run(pair[0], element, {self.node.variable: element})
        yours = self.names.hold(self.scope, self.names.run.run(pair[1], self.scope, {}))
        rows = self._rows(conditions, element, element)
        keys = _matching(mine, yours)
        plain = keys is not None and mine.known == TRUE and _never(mine, rows.counts)
        if not plain or keys is None:
            return None
        match = (self.owner.sql, keys[1])
        value = self._result(rows, {"e": element.frame}, "", (self._key(), keys[0]), match, yours.known)
        return replace(value, fault=either(value.fault, yours.fault))

    def _paired(self, conditions: list[n.Node]) -> Col:
        outer = replace(self.scope, alias="o")
        if outer.day is not None:
            outer = replace(
                outer,
                day=replace(outer.day, sql=qualify(outer.day.sql, "o"), known=qualify(outer.day.known, "o")),
            )
        element = self._element(paired=True)
        rows = self._rows(conditions, outer, element)
        on = f"{self._key()} = {qualify(self.owner.sql, 'o')}"
        return self._result(rows, {"o": outer.frame, "e": element.frame}, on, ('o."id"',), ('"id"',), TRUE)

    # --- the aggregates themselves ---

    def _result(
        self, rows: _Rows, sources: dict[str, Frame], on: str, keys: tuple[str, ...], match: tuple[str, ...], known: str
    ) -> Col:  # fmt: skip
        counts, item = rows.counts, rows.item
        settled, fault = counts.known, counts.fault
        if item is not None:
            settled = both(settled, either(counts.no, item.known))
            fault = either(fault, both(opposite(counts.no), item.fault))
        wanted = _Wanted(f"{self.scope.frame.name}.{self.node.relation.name}")
        all_known = wanted.column("known", "bool_and({})", settled, TRUE)
        any_fault = wanted.column("fault", "bool_or({})", fault, FALSE)

        def joined() -> tuple[str, str]:
            wanted.found = self.scope.frame.join(sources, on, keys, match, wanted.outputs, True)
            return both(known, self.closed, wanted.got(all_known)), wanted.got(any_fault)

        if isinstance(item, Truth):
            return self._truth(counts, item, wanted, joined, known)
        if item is not None and not isinstance(item, Num):
            raise NotExact("这种合计不能按列算 / this aggregate cannot be computed by column")
        if item is None:
            number = "count(*)" if counts.yes == TRUE else f"count(CASE WHEN {counts.yes} THEN 1 END)"
            value = wanted.name("count", number, "0")
            masks = joined()
            return Num(wanted.got(value), 0, self.most, Fraction(1), *masks)
        item = self.names.num.plain(item)
        if item.den is not None:
            raise NotExact("把每行各自的商加起来 / quotients that differ by row are added up")
        return (
            self._sum(counts, item, wanted, joined)
            if self.node.function == "sum"
            else self._extreme(counts, item, wanted, joined)
        )

    def _truth(self, counts: Truth, item: Truth, wanted: _Wanted, joined: _Joined, known: str) -> Truth:
        any_ = self.node.function == "any"
        hit = logic.conjunction([counts, item if any_ else logic.inverted(item)])
        yes = wanted.column("any", "bool_or({})", hit.yes, FALSE)
        no = None if hit.no_ is None else wanted.column("none", "bool_and({})", hit.no, TRUE)
        _, fault = joined()
        certain = both(known, self.closed)
        found = both(known, wanted.got(yes))
        if no is None and certain == TRUE:
            truth = Truth(found, None, fault)
        else:
            truth = Truth(
                found, both(certain, opposite(wanted.got(yes)) if no is None else wanted.got(no)), fault
            )
        return truth if any_ else logic.inverted(truth)

    def _sum(self, counts: Truth, item: Num, wanted: _Wanted, joined: _Joined) -> Num:
        w, d = self.names.num.w, self.names.dialect
        low, high = min(0, item.low * self.most), max(0, item.high * self.most)
        wide = needs_wide(low, high)
        each = w.chosen(counts.yes, item.numerator, w.const(0))
        value = wanted.name("sum", d.cast(d.sum(each.sql, wide), wide), d.integer(0, wide))
        masks = joined()
        return Num(wanted.got(value), low, high, item.scale, *masks)

    def _extreme(self, counts: Truth, item: Num, wanted: _Wanted, joined: _Joined) -> Num:
        """The least or greatest; that there is none is an error."""
        function = self.node.function
        there = wanted.name(
            "there", f"bool_or({counts.yes})" if counts.yes != TRUE else "count(*) > 0", FALSE
        )
        filler = self.names.dialect.integer(item.low, item.numerator.wide)
        inner = item.raw if counts.yes == TRUE else f"CASE WHEN {counts.yes} THEN {item.raw} END"
        value = wanted.name(function, f"COALESCE({function}({inner}), {filler})", filler)
        known, fault = joined()
        nothing = both(known, opposite(wanted.got(there)))
        return Num(wanted.got(value), item.low, item.high, item.scale, known, either(fault, nothing))


@dataclass(slots=True)
class _Wanted:
    """The outputs of a join while they are collected, and where they are found once it is made."""

    prefix: str
    outputs: dict[str, tuple[str, str]] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    def name(self, suffix: str, sql: str, missing: str) -> str:
        self.outputs[f"{self.prefix}.{suffix}"] = (sql, missing)
        return f"{self.prefix}.{suffix}"

    def column(self, suffix: str, form: str, truth: str, missing: str) -> str:
        """An output over a truth expression; a constant needs none."""
        return truth if truth in (TRUE, FALSE) else self.name(suffix, form.format(truth), missing)

    def got(self, name: str) -> str:
        return self.found.get(name, name)


_Joined = Callable[
    [], tuple[str, str]
]  # makes the join; whether all is known, and whether anything may be an error


def _never(mine: Col, counts: Truth) -> bool:
    """Whether neither the key nor the condition can end in an error."""
    certain = isinstance(mine, Truth | Fixed) or mine.none == FALSE
    return certain and mine.fault == FALSE and counts.fault == FALSE


def _matching(mine: Col, yours: Col) -> tuple[str, str] | None:
    """Two expressions that are equal where the values are."""
    match mine, yours:
        case Word(), Word():
            return (mine.sql, yours.sql) if yours.none == FALSE else None
        case Day(), Day():
            return (mine.sql, yours.sql) if yours.none == FALSE else None
        case Truth(), Truth():
            return (mine.yes, yours.yes)
        case Num(), Num():
            plain = (
                mine.den is None and yours.den is None and mine.scale == yours.scale and yours.none == FALSE
            )
            return (mine.raw, yours.raw) if plain else None
    return None
