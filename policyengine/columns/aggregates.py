"""Aggregates over relations: one GROUP BY, joined by key.

Where the members are chosen by what they are alone, they are grouped by the reference. A condition that says
that something of the member equals something of the owner becomes a further key. Everything else that compares
a member with its owner is computed over the pairs of the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine.columns import logic
from policyengine.columns.domain import FALSE, TRUE, Col, Day, NotExact, Num, Truth, Word, both, either, needs_wide, opposite, quantity, when
from policyengine.columns.frames import qualify
from policyengine.columns.interpret import Bound, always
from policyengine.columns.numbers import asked
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
    for reference in node.relation.refs:
        start = names.follow(start, reference)
    entity, reference = _inverse(names, start.kind, node.relation.name)
    closed = names.closed(start, node.relation.name)
    owner = names.identity(start)
    found = _Over(names, node, scope, entity, reference.name, reference.most, owner, closed)
    return found.value()


def _inverse(names: Names, kind: str, relation: str):  # type: ignore[no-untyped-def]
    for entity in names.policy.entities.values():
        for reference in entity.references.values():
            if reference.to == kind and reference.inverse == relation:
                return entity.name, reference
    raise KeyError(relation)


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
                if not dated and not names.is_dated(path.entity) and names.depends_on_day(path.entity, path.name):
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
            day = None if own.day is None else replace(own.day, sql=qualify(own.day.sql, alias), known=qualify(own.day.known, alias))
        else:
            outer = self.scope.day if paired else None
            day = None if outer is None else replace(outer, sql=qualify(outer.sql, "o"), known=qualify(outer.known, "o"))
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
            outer = replace(outer, day=replace(outer.day, sql=qualify(outer.day.sql, "o"), known=qualify(outer.day.known, "o")))
        element = self._element(paired=True)
        rows = self._rows(conditions, outer, element)
        on = f"{self._key()} = {qualify(self.owner.sql, 'o')}"
        return self._result(rows, {"o": outer.frame, "e": element.frame}, on, ('o."id"',), ('"id"',), TRUE)

    # --- the aggregates themselves ---

    def _result(
        self, rows: _Rows, sources: dict[str, object], on: str, keys: tuple[str, ...], match: tuple[str, ...], known: str
    ) -> Col:
        counts, item = rows.counts, rows.item
        settled = both(counts.known, either(counts.no, item.known)) if item is not None else counts.known
        fault = either(counts.fault, both(opposite(counts.no), item.fault)) if item is not None else counts.fault
        outputs: dict[str, tuple[str, str]] = {}
        name = f"{self.scope.frame.name}.{self.node.relation.name}"
        frame = self.scope.frame

        def column(suffix: str, sql: str, missing: str) -> str:
            text = f"{name}.{suffix}"
            outputs[text] = (sql, missing)
            return text

        all_known = TRUE if settled == TRUE else column("known", f"bool_and({settled})", TRUE)
        any_fault = FALSE if fault == FALSE else column("fault", f"bool_or({fault})", FALSE)
        function = self.node.function
        if function in ("any", "all"):
            assert isinstance(item, Truth)
            wanted = item if function == "any" else logic.inverted(item)
            hit = logic.conjunction([counts, wanted])
            yes = column("any", f"bool_or({hit.yes})", FALSE) if hit.yes != FALSE else FALSE
            no = None if hit.no_ is None else column("none", f"bool_and({hit.no})", TRUE)
            found = frame.join(sources, on, keys, match, outputs, True)  # type: ignore[arg-type]
            got = lambda text: found.get(text, text)  # noqa: E731
            certain = both(known, self.closed)
            yes_ = both(known, got(yes))
            if no is None and certain == TRUE:
                truth = Truth(yes_, None, got(any_fault))
            else:
                truth = Truth(yes_, both(certain, opposite(got(yes)) if no is None else got(no)), got(any_fault))
            return truth if function == "any" else logic.inverted(truth)
        if function == "count":
            value = column("count", f"count(CASE WHEN {counts.yes} THEN 1 END)" if counts.yes != TRUE else "count(*)", "0")
            found = frame.join(sources, on, keys, match, outputs, True)  # type: ignore[arg-type]
            masks = both(known, self.closed, found.get(all_known, all_known))
            return Num(found[value], 0, self.most, Fraction(1), masks, found.get(any_fault, any_fault))
        if isinstance(item, Num):
            return self._number(item, counts, outputs, column, sources, on, keys, match, known, all_known, any_fault)
        raise NotExact("这种合计不能按列算 / this aggregate cannot be computed by column")

    def _number(self, item, counts, outputs, column, sources, on, keys, match, known, all_known, any_fault) -> Num:  # type: ignore[no-untyped-def]
        names, function = self.names, self.node.function
        item = names.num.plain(item)
        if item.den is not None:
            raise NotExact("把每行各自的商加起来 / quotients that differ by row are added up")
        frame = self.scope.frame
        if function == "sum":
            low, high = min(0, item.low * self.most), max(0, item.high * self.most)
            each = names.num.w.chosen(counts.yes, item.numerator, names.num.w.const(0))
            total = f"sum({each.sql})"
            value = column("sum", names.dialect.cast(total, needs_wide(low, high)), names.dialect.integer(0, needs_wide(low, high)))
            found = frame.join(sources, on, keys, match, outputs, True)
            masks = both(known, self.closed, found.get(all_known, all_known))
            return Num(found[value], low, high, item.scale, masks, found.get(any_fault, any_fault))
        there = column("there", f"bool_or({counts.yes})" if counts.yes != TRUE else "count(*) > 0", FALSE)
        filler = names.dialect.integer(item.low, item.numerator.wide)
        inner = item.raw if counts.yes == TRUE else f"CASE WHEN {counts.yes} THEN {item.raw} END"
        value = column(function, f"COALESCE({function}({inner}), {filler})", filler)
        found = frame.join(sources, on, keys, match, outputs, True)
        masks = both(known, self.closed, found.get(all_known, all_known))
        fault = either(found.get(any_fault, any_fault), both(masks, opposite(found[there])))
        return Num(found[value], item.low, item.high, item.scale, masks, fault)


def _never(mine: Col, counts: Truth) -> bool:
    """Whether neither the key nor the condition can end in an error."""
    return mine.fault == FALSE and counts.fault == FALSE and (isinstance(mine, Truth) or mine.none == FALSE)


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
            plain = mine.den is None and yours.den is None and mine.scale == yours.scale and yours.none == FALSE
            return (mine.raw, yours.raw) if plain else None
    return None


__all__ = ["aggregate", "asked", "when"]
