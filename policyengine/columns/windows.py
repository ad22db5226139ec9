"""Group rules as windows over columns: rank, a pool in order, pro rata, shares to the last unit.

A group is the rows with equal keys; only those that count are ordered, by the rule's keys, then the stable
key, then the id. Where a key or the membership of a row is not known, its whole case goes the scalar way
(`fault`), so that no group is decided in which a place is open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine.columns import tables
from policyengine.columns.domain import (
    FALSE,
    TRUE,
    Col,
    Day,
    Fixed,
    NotExact,
    Num,
    Truth,
    Whole,
    Word,
    both,
    either,
    needs_wide,
    opposite,
)
from policyengine.columns.frames import qualify
from policyengine.columns.scope import Scope
from policyengine.lang.nodes import Path
from policyengine.plan import AllocateNode, FormulaNode, RankNode

if TYPE_CHECKING:
    from policyengine.columns.names import Names

MOST_FOLDED = 1_000  # members of a group whose limits differ, which are taken one after the other
BEFORE = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"


def group(names: Names, node: RankNode | AllocateNode, scope: Scope) -> Col:
    """The value of a group rule on the rows of a frame."""
    if scope.path or scope.alias or not names.is_dated(scope.kind):
        raise NotExact("没有日期的对象之间的排序或分配 / a rank or split among entities without a day")
    found = _Group.of(names, node, scope)
    if isinstance(node, RankNode):
        return found.rank()
    return {"in_order": found.in_order, "pro_rata": found.pro_rata, "shares": found.shares}[node.method]()


@dataclass(frozen=True, slots=True)
class _Group:
    names: Names
    node: RankNode | AllocateNode
    scope: Scope
    per: tuple[str, ...]
    counts: str
    order: str
    most: int
    fault: str
    several: str

    @classmethod
    def of(cls, names: Names, node: RankNode | AllocateNode, scope: Scope) -> _Group:
        per: list[str] = []
        fault, most = FALSE, tables.MOST_ROWS
        for name in node.per:
            key = names.read(scope, name)
            per += _equal_on(key)
            fault = either(fault, opposite(key.known), key.fault)
            most = min(most, _most(names, scope.kind, name))
        where = names.read(scope, node.where)
        assert isinstance(where, Truth)
        fault = either(fault, opposite(where.known), where.fault)
        nodes = names.plans.last.nodes
        few = any(nodes[name].info.type.kind == "ref" for name in node.per if name in nodes)
        if not few:
            names.cohort.add(node.info.name)
        references = {_reference(names, scope.kind, name) for name in node.per}
        if any(f"{scope.kind}.{reference}" in names.single for reference in references):
            several = FALSE
        else:
            several = _several(scope, tuple(per)) if few else ""
        return cls(names, node, scope, tuple(per), where.yes, "", most, fault, several).ordered()

    def ordered(self) -> _Group:
        """With the order among those that count; a key that is not known is a fault where the order depends on it."""
        names, scope = self.names, self.scope
        order: list[str] = []
        open_key = FALSE
        for name, descending in self.node.by:
            key = names.read(scope, name)
            order += _ordered_by(key, descending)
            open_key = either(open_key, opposite(key.known), key.fault)
        faults = [self.fault]
        if open_key != FALSE:
            count = self.window("several", "count(*)", self.counted, alone="1")
            faults.append(both(self.counts, open_key, f"({count} > 1)"))
        stable = _stable_key(names, scope)
        if stable is not None:
            rule_keys = (part.removesuffix(" DESC") for part in order)
            if stable.known != TRUE:
                count = self.window("tied", "count(*)", (*self.counted, *rule_keys), alone="1")
                faults.append(both(self.counts, opposite(stable.known), f"({count} > 1)"))
            order += _ordered_by(stable, False)
        return replace(self, order=", ".join([*order, '"id"']), fault=either(*faults))

    # --- parts ---

    @property
    def counted(self) -> tuple[str, ...]:
        return (*self.per, self.counts)

    def hold(self, suffix: str, sql: str) -> str:
        return self.scope.frame.define(f"{self.node.info.name}.{suffix}", sql)

    def window(
        self, suffix: str, function: str, per: tuple[str, ...], order: str = "", rows: str = "", alone: str = "0",
        form: str = "{}", where: str = "",
    ) -> str:  # fmt: skip
        """A window as a column; `alone`: what it is for the only row of its group. `form`: what is made of it."""
        if self.several == FALSE:
            return alone or "NULL"
        sql = form.format(_over(function, per, order, rows))
        if not self.several:
            return self.hold(suffix, f"CASE WHEN {where} THEN {sql} END" if where else sql)
        name = f"{self.node.info.name}.{suffix}"
        return self.scope.frame.beside(name, sql, where or self.several, alone)

    def place(self, suffix: str, order: str) -> str:
        """The place of a member among those that count, as a column."""
        form = self.names.dialect.cast("{}", False)
        return self.window(suffix, "row_number()", self.counted, order, alone="1", form=form)

    def part(self, name: str) -> Num:
        value = self.names.read(self.scope, name)
        assert isinstance(value, Num)
        if value.den is not None:
            raise NotExact("没有取整的商参加排序或分配 / a quotient that is not rounded is ranked or split")
        return self.names.num.plain(value)

    def _open(self, value: Num, counted: bool = True) -> str:
        """Where a value is not known and matters."""
        unknown = either(opposite(value.known), value.fault)
        return both(self.counts, unknown) if counted else unknown

    def total(self, value: Whole) -> Whole:
        """The sum over the members that count."""
        low, high = min(0, value.low * self.most), max(0, value.high * self.most)
        return self.summed("sum", value, low, high)

    def summed(self, suffix: str, value: Whole, low: int, high: int) -> Whole:
        """The sum over the members that count, which is known to lie between the bounds."""
        d, wide = self.names.dialect, needs_wide(low, high)
        alone = d.cast(value.sql, True) if wide else value.sql
        sql = self.window(suffix, d.sum(value.sql, wide), self.counted, alone=alone, form=d.cast("{}", wide))
        return Whole(sql, low, high)

    def held(self, suffix: str, value: Whole) -> Whole:
        return Whole(self.hold(suffix, value.sql), value.low, value.high)

    def result(self, value: Whole, scale: Fraction, *faults: str) -> Num:
        paid = self.names.num.w.chosen(self.counts, value, self.names.num.w.const(0))
        return Num(paid.sql, paid.low, paid.high, scale, TRUE, either(self.fault, *faults))

    # --- the rules ---

    def rank(self) -> Num:
        place = self.place("place", self.order)
        most = self.names.policy.entities[self.scope.kind].most
        return self.result(Whole(place, 1, max(most, self.most)), Fraction(1))

    def in_order(self) -> Num:
        assert isinstance(self.node, AllocateNode)
        w, num = self.names.num.w, self.names.num
        of, limit = self.part(self.node.of), self.part(self.node.limit)
        ask, cap, scale = num.aligned(of, limit)
        below = both(self.counts, w.compare("<", ask, w.const(0)))
        ask, cap = self.held("ask", w.greatest(ask, w.const(0))), self.held("cap", cap)
        before = self._before(ask)
        plain = w.least(ask, w.greatest(w.minus(cap, before), w.const(0)))
        faults = self._open(of), self._open(limit), below
        if self.several == FALSE or self.scope.frame.same_within(cap.sql, self.per):
            return self.result(plain, scale, *faults)
        least, greatest = (
            self.window(f, f"{f}({cap.sql})", self.counted, alone=cap.sql) for f in ("min", "max")
        )
        differ = self.hold("differ", both(self.counts, f"({least} <> {greatest})"))
        used = self._folded(ask, cap, differ)
        left = w.least(ask, w.greatest(w.minus(cap, used), w.const(0)))
        count = self.window("count", "count(*)", self.counted, alone="1", where=differ)
        return self.result(
            w.chosen(differ, left, plain), scale, *faults, both(differ, f"({count} > {MOST_FOLDED})")
        )

    def _before(self, ask: Whole) -> Whole:
        """What those before a member ask for."""
        high = ask.high * self.most
        wide = needs_wide(0, high)
        zero = self.names.dialect.integer(0, wide)
        form = self.names.dialect.cast(f"COALESCE({{}}, {zero})", wide)
        return Whole(
            self.window(
                "before", self.names.dialect.sum(ask.sql, wide), self.counted, self.order, BEFORE, zero, form
            ),
            0,
            high,
        )

    def _folded(self, ask: Whole, cap: Whole, differ: str) -> Whole:
        """What those before a member have used up, where each has its own limit."""
        d = self.names.dialect
        high = ask.high * self.most
        wide = needs_wide(0, max(high, cap.high, -cap.low))
        listed = d.collected.format(ask=d.cast(ask.sql, wide), cap=d.cast(cap.sql, wide), where=differ)
        zero = d.integer(0, wide)
        before = self.window("those_before", listed, self.counted, self.order, BEFORE, alone="", where=differ)
        sql = f"COALESCE({d.fold.format(list=before, zero=zero)}, {zero})"
        return Whole(self.hold("used", d.cast(sql, needs_wide(0, high))), 0, high)

    def _same_for_all(self, value: Whole, suffix: str) -> str:
        """Where a value that should be the same for a group differs within it."""
        if self.scope.frame.same_within(value.sql, self.per):
            return FALSE
        least, greatest = (
            self.window(f"{suffix}_{f}", f"{f}({value.sql})", self.per, alone=value.sql)
            for f in ("min", "max")
        )
        return f"({least} <> {greatest})"

    def pro_rata(self) -> Num:
        assert isinstance(self.node, AllocateNode)
        w, num = self.names.num.w, self.names.num
        of, limit, unit = self.part(self.node.of), self.part(self.node.limit), self.part(self.node.round_to)
        ask, cap, scale = num.aligned(of, limit)
        below = both(self.counts, w.compare("<", ask, w.const(0)))
        ask = self.held("ask", w.greatest(ask, w.const(0)))
        cap = self.held("cap", w.greatest(cap, w.const(0)))
        sum_ = self.total(w.chosen(self.counts, ask, w.const(0)))
        split, step, splits_fault = self.split(
            cap, scale, replace(of, raw=ask.sql, low=ask.low, high=ask.high), unit, sum_, odd=False
        )
        mine = w.times(ask, w.const((scale / step).numerator))
        split = w.least(split, mine)  # nobody gets more than it asks for
        fits = w.compare("<=", sum_, cap)
        faults = (
            self._open(of),
            self._open(limit, False),
            self._open(unit, False),
            self._same_for_all(cap, "cap"),
            below,
        )
        return self.result(w.chosen(fits, mine, split), step, *faults, both(opposite(fits), splits_fault))

    def shares(self) -> Num:
        assert isinstance(self.node, AllocateNode)
        w = self.names.num.w
        total, unit, weight = (
            self.part(self.node.total),
            self.part(self.node.round_to),
            self.part(self.node.weight),
        )
        below = (
            w.compare("<", total.numerator, w.const(0)),
            both(self.counts, w.compare("<", weight.numerator, w.const(0))),
        )
        whole = self.held("total", w.greatest(total.numerator, w.const(0)))
        heavy = self.held("weight", w.greatest(weight.numerator, w.const(0)))
        sum_ = self.total(w.chosen(self.counts, heavy, w.const(0)))
        parts, step, fault = self.split(
            whole, total.scale, replace(weight, raw=heavy.sql, low=heavy.low), unit, sum_
        )
        any_ = opposite(w.compare("=", whole, w.const(0)))
        nothing = both(self.counts, any_, w.compare("=", sum_, w.const(0)))
        lonely = self._nobody(any_)
        faults = both(any_, self._open(weight)), self._open(total, False), self._open(unit, False)
        return self.result(
            parts, step, *faults, *below, self._same_for_all(whole, "total"), nothing, lonely, fault
        )

    def _nobody(self, any_: str) -> str:
        """Where there is something to share and no member of the group counts."""
        if any_ == FALSE or self.counts == TRUE:
            return FALSE
        there = self.window("somebody", f"bool_or({self.counts})", self.per, alone=self.counts)
        return both(any_, opposite(there))

    def split(
        self, total: Whole, scale: Fraction, weight: Num, unit: Num, sum_: Whole, odd: bool = True
    ) -> tuple[Whole, Fraction, str]:
        """A total by largest remainder: the part of each, its scale, and where that is not certain.

        Each gets its share rounded down to whole units; what is left goes out unit by unit to the largest remainder,
        then the larger weight, then the stable key; what is less than a unit to the first, or to nobody (`odd` False).
        """
        w = self.names.num.w
        if unit.low < 0:
            raise NotExact("取整单位可能是负数 / a rounding unit may be negative")
        ratio = scale / unit.scale
        step = unit.scale / ratio.denominator if ratio.denominator != 1 else unit.scale
        whole = w.times(total, w.const((scale / step).numerator))
        each = w.greatest(w.times(unit.numerator, w.const((unit.scale / step).numerator)), w.const(1))
        if not odd:
            whole = w.times(w.floor_div(whole, each), each)
        claim = w.times(whole, w.chosen(self.counts, weight.numerator, w.const(0)))
        below = w.times(w.greatest(sum_, w.const(1)), each)
        cap = whole.high // each.low
        units = self.held("units", w.floor_div(claim, below, cap))  # a weight is a part of the sum of all
        rest = self.held("rest", w.remainder(claim, below))
        given = self.summed("given", units, 0, max(cap, 1))
        order = f"{rest.sql} DESC, {weight.raw} DESC, {self.order}"
        place = Whole(self.place("turn", order), 1, self.most)
        left = w.minus(w.floor_div(whole, each), given)
        got = w.chosen(w.compare("<=", place, left), w.plus(units, w.const(1)), units)
        bit = w.chosen(w.compare("=", place, w.const(1)), w.remainder(whole, each), w.const(0))
        part = w.plus(w.times(got, each), bit if odd else w.const(0))
        nothing = either(w.compare("=", whole, w.const(0)), w.compare("=", sum_, w.const(0)))
        part = w.chosen(nothing, w.const(0), Whole(part.sql, 0, max(whole.high, 0)))
        return part, step, both(self.counts, w.compare("=", unit.numerator, w.const(0)))


def _several(scope: Scope, per: tuple[str, ...]) -> str:
    """Whether there are other rows with the same keys: only these need a window."""
    keys = tuple(qualify(key, "e") for key in per)
    found = scope.frame.join({"e": scope.frame}, "", keys, per, {"rows": ("count(*)", "")}, True)
    return scope.frame.define("several", f"({found['rows']} > 1)")


def _over(sql: str, per: tuple[str, ...], order: str = "", rows: str = "") -> str:
    keys = ", ".join(dict.fromkeys(part for part in per if part not in (TRUE, FALSE)))
    inside = " ".join(
        [
            *([f"PARTITION BY {keys}"] if keys else []),
            *([f"ORDER BY {order}"] if order else []),
            *([rows] if rows else []),
        ]
    )
    return f"{sql} OVER ({inside})"


def _equal_on(key: Col) -> list[str]:
    """Expressions that are all equal where two values of a key are."""
    match key:
        case Truth():
            return [key.yes]
        case Num():
            if key.den is not None:
                raise NotExact("按商分组 / grouped by a quotient")
            return [key.raw, *([key.none] if key.none != FALSE else [])]
        case Day() | Word():
            return [key.sql, *([key.none] if key.none != FALSE else [])]
        case Fixed():
            raise NotExact("按表分组 / grouped by a table")


def _ordered_by(key: Col, descending: bool) -> list[str]:
    """A sort key; absent stands last in either direction."""
    (*_,) = parts = _equal_on(key)
    order = f"{parts[0]} DESC" if descending else parts[0]
    return [*parts[1:], order]


def _reference(names: Names, kind: str, name: str) -> str:
    """The own reference that a key of a group is; "" where it is something else."""
    node = names.plans.last.nodes.get(name)
    if isinstance(node, FormulaNode) and isinstance(node.formula.node, Path):
        path = node.formula.node
        if not path.refs and path.name in names.policy.entities[kind].references:
            return path.name
    return ""


def _most(names: Names, kind: str, name: str) -> int:
    """How many members a group by this key may have: as many as a reference allows."""
    reference = _reference(names, kind, name)
    return names.policy.entities[kind].references[reference].most if reference else tables.MOST_ROWS


def _stable_key(names: Names, scope: Scope) -> Col | None:
    key = names.policy.entities[scope.kind].key
    if not key:
        return None
    *refs, name = key.split(".")
    holder = scope
    for reference in refs:
        holder = names.follow(holder, reference)
    return names.fact(holder, names.policy.facts[name])
