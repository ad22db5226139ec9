"""Expressions of the language drawn by lot, and facts for them: what each of its types, functions and operators can be part of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import strategies as st

from policyengine.lang.nodes import Compiled
from policyengine.values import FactRef, Value
from tests import mini

POLICY = """
entities:
  owner: {label: 企业}
  thing: {label: 项目, dated_by: declared_on, refs: {owner: {to: owner, inverse: things, label: 企业}}}
  item: {label: 分项, refs: {thing: {to: thing, inverse: items, label: 项目, max: 3}}}
facts:
  declared_on: {entity: thing, type: date, label: 日期, basis: 例}
  x: {entity: thing, type: money, unit: 元, range: [0元, 100元], label: 数, basis: 例}
  z: {entity: thing, type: money, unit: 元, range: [-50元, 50元], label: 数, basis: 例}
  w: {entity: thing, type: money, unit: 元, range: [1元, 9元], label: 数, basis: 例}
  q: {entity: thing, type: money, unit: 元, range: [0元, 20元], optional: true, label: 数, basis: 例}
  r: {entity: thing, type: rate, range: [0%, 100%], label: 率, basis: 例}
  p: {entity: thing, type: points, range: [0个百分点, 5个百分点], label: 点, basis: 例}
  n: {entity: thing, type: count, range: [0, 5], label: 个数, basis: 例}
  m: {entity: thing, type: count, range: [1, 5], label: 个数, basis: 例}
  k: {entity: thing, type: number, range: [-2, 3], label: 系数, basis: 例}
  t: {entity: thing, type: years, range: [0年, 5年], label: 年数, basis: 例}
  b: {entity: thing, type: bool, label: 是否, basis: 例}
  c: {entity: thing, type: bool, label: 是否, basis: 例}
  g: {entity: thing, type: enum, options: {A: 甲, B: 乙, C: 丙}, label: 级, basis: 例}
  o: {entity: thing, type: enum, options: {A: 甲, B: 乙}, optional: true, label: 级, basis: 例}
  e: {entity: thing, type: date, optional: true, label: 日, basis: 例}
  income: {entity: owner, type: money, unit: 元, range: [0元, 10元], label: 收入, basis: 例}
  small: {entity: owner, type: bool, label: 小, basis: 例}
  amount: {entity: item, type: money, unit: 元, range: [0元, 10元], label: 数额, basis: 例}
  ok: {entity: item, type: bool, label: 合格, basis: 例}
  mark: {entity: item, type: enum, options: {A: 甲, B: 乙}, label: 级, basis: 例}
parameters:
  least: {label: 线, value: 5元, basis: 例}
  fen: {label: 分, value: 0.01元, basis: 例}
  yuan: {label: 元, value: 1元, basis: 例}
  seven: {label: 七, value: 7元, basis: 例}
  one: {label: 率, value: 1.5%, basis: 例}
  steps: {label: 档, value: [{at_least: -100亿元, rate: 2%}, {above: 0元, rate: 3%}, {at_least: 20元, rate: 10%}], basis: 例}
  gapped: {label: 档, value: [{at_least: 3元, rate: 3%}, {at_least: 20元, rate: 10%}], basis: 例}
  prize: {label: 表, value: {A: 10元, B: 3元, C: 0元}, keys: g, basis: 例}
  gaps: {label: 表, value: {A: 10元, C: 1元}, keys: g, basis: 例}
  good: {label: 集, value: [A, C], keys: g, basis: 例}
"""


@cache
def policy() -> mini.Mini:
    made = mini.mini(POLICY)
    assert not made.found, mini.shown(made.found)
    return made


def compiled(text: str) -> Compiled:
    made, found = policy().expression(text)
    assert not found, (text, mini.shown(found))
    assert made is not None
    return made


# --- expressions: each maker gives a text of its type ---

Draw = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes texts by type. `item`: the variable of the aggregate that one is inside, if any."""

    draw: Draw
    errors: bool
    item: str = ""

    def pick(self, *ways: Callable[[], str]) -> str:
        return self.draw(st.sampled_from(ways))()

    def one(self, *texts: str) -> str:
        return str(self.draw(st.sampled_from(texts)))

    def inside(self) -> Maker:
        return Maker(self.draw, self.errors, "j" if self.item == "i" else "i")

    def money(self, depth: int) -> str:
        own = (f"{self.item}.amount",) if self.item else ()
        leaves = ("x", "z", "w", "least", "owner.income", *own, *own)
        if depth <= 0:
            return self.one(*leaves)
        d = depth - 1
        ways: list[Callable[[], str]] = [
            lambda: self.one(*leaves),
            lambda: f"({self.money(d)} {self.one('+', '-')} {self.money(d)})",
            lambda: f"(-{self.money(d)})",
            lambda: f"({self.money(d)} * {self.rate(d)})",
            lambda: f"({self.count(d)} * {self.money(d)})",
            lambda: f"({self.money(d)} * k)",
            lambda: f"({self.money(d)} / {self.one('m', 'm', '(m * m)')})",
            lambda: f"({self.money(d)} / n if n > 0 else {self.money(d)})",
            lambda: f"({self.money(d)} / k if k != 0 else {self.money(d)})",
            lambda: f"{self.one('min', 'max')}({self.money(d)}, {self.money(d)})",
            lambda: f"({self.money(d)} if {self.bool(d)} else {self.money(d)})",
            lambda: f"({self.money(d)} if {self.bool(d)} else 0)",
            lambda: f"{self.rounding()}({self.money(d)}, {self.one('fen', 'yuan', 'seven')})",
            lambda: f"round_to({self.money(d)}, {self.one('fen', 'yuan', 'w')}, {self.mode()})",
            lambda: f"marginal(steps, {self.money(d)})",
            lambda: "lookup(prize, g)",
            lambda: f"(q if not is_none(q) else {self.money(d)})",
            lambda: f"(0 if q == none else q + {self.money(d)})",
        ]
        if not self.item:
            ways += [lambda: self.total(d), lambda: self.extreme(d)]
        if self.errors:
            ways += [lambda: f"({self.money(d)} * tier(gapped, {self.money(d)}))", lambda: "lookup(gaps, g)"]
        return self.pick(*ways)

    def rounding(self) -> str:
        return self.one("round_half_up", "round_down", "round_up")

    def mode(self) -> str:
        return self.one("'half_up'", "'down'", "'up'")

    def total(self, d: int) -> str:
        inner = self.inside()
        where = f" if {inner.bool(d)}" if self.draw(st.booleans()) else ""
        return f"sum({inner.money(d)} for {inner.item} in items{where})"

    def extreme(self, d: int) -> str:
        inner = self.inside()
        test, v = inner.bool(d), inner.item
        return (
            f"({self.one('min', 'max')}({inner.money(d)} for {v} in items if {test})"
            f" if any({test} for {v} in items) else {self.money(d)})"
        )

    def rate(self, depth: int) -> str:
        if depth <= 0:
            return self.one("r", "one")
        d = depth - 1
        return self.pick(
            lambda: self.one("r", "one"),
            lambda: f"({self.rate(d)} {self.one('+', '-')} {self.one('p', 'p * n')})",
            lambda: f"({self.rate(d)} + {self.rate(d)})",
            lambda: f"({self.rate(d)} * k)",
            lambda: f"tier(steps, {self.money(d)})",
            lambda: f"({self.rate(d)} if {self.bool(d)} else {self.rate(d)})",
            lambda: f"max({self.rate(d)}, {self.rate(d)})",
        )

    def count(self, depth: int) -> str:
        if depth <= 0:
            return self.one("n", "m")
        d = depth - 1
        ways: list[Callable[[], str]] = [
            lambda: self.one("n", "m"),
            lambda: f"({self.count(d)} {self.one('+', '-', '*')} {self.count(d)})",
            lambda: f"({self.count(d)} {self.one('+', '-')} 1)",
            lambda: f"({self.count(d)} if {self.bool(d)} else 0)",
        ]
        if not self.item:
            inner = self.inside()
            ways.append(lambda: f"count({inner.item} for {inner.item} in items if {inner.bool(d)})")
            ways.append(lambda: f"count({inner.item} for {inner.item} in items)")
        return self.pick(*ways)

    def day(self, depth: int) -> str:
        if depth <= 0:
            return self.one("declared_on", "as_of")
        d = depth - 1
        return self.pick(
            lambda: self.one("declared_on", "as_of"),
            lambda: f"add_years({self.day(d)}, {self.one('t', '-t')})",
            lambda: f"{self.one('min', 'max')}({self.day(d)}, {self.day(d)})",
            lambda: f"(e if not is_none(e) else {self.day(d)})",
            lambda: f"date(year({self.day(d)}), m, {self.one('28', '1', '15')})",
        )

    def option(self) -> str:
        own = (f"{self.item}.mark",) if self.item else ()
        return self.one("g", "g", "o", "('A' if b else g)", *own)

    def bool(self, depth: int) -> str:
        own = (f"{self.item}.ok", f"{self.item}.thing.b") if self.item else ()
        leaves = ("b", "c", "true", "false", "owner.small", "is_none(q)", "is_none(o)", *own, *own)
        if depth <= 0:
            return self.one(*leaves)
        d = depth - 1
        ways: list[Callable[[], str]] = [
            lambda: self.one(*leaves),
            lambda: f"({self.bool(d)} {self.one('and', 'or')} {self.bool(d)})",
            lambda: f"({self.bool(d)} {self.one('and', 'or')} {self.bool(d)} and {self.bool(d)})",
            lambda: f"(not {self.bool(d)})",
            lambda: f"({self.bool(d)} == {self.bool(d)})",
            lambda: f"({self.bool(d)} if {self.bool(d)} else {self.bool(d)})",
            lambda: f"({self.money(d)} {self.compare()} {self.money(d)})",
            lambda: f"({self.money(d)} <= {self.money(d)} < {self.money(d)})",
            lambda: f"({self.rate(d)} {self.compare()} {self.rate(d)})",
            lambda: f"({self.count(d)} {self.compare()} {self.one('0', '1', 'n')})",
            lambda: f"({self.day(d)} {self.compare()} {self.day(d)})",
            lambda: f"(years_between({self.day(d)}, {self.day(d)}) {self.compare()} t)",
            lambda: f"({self.option()} {self.one('==', '!=')} 'A')",
            lambda: f"(g == {self.one('o', 'g')})",
            lambda: f"({self.option()} {self.one('in', 'not in')} ['A', 'B'])",
            lambda: f"(g {self.one('in', 'not in')} good)",
            lambda: f"(is_none(q) or q {self.compare()} {self.money(d)})",
            lambda: f"(q != none and q {self.compare()} {self.money(d)})",
            lambda: f"(not is_none(e) and e {self.compare()} {self.day(d)})",
        ]
        if not self.item:
            inner = self.inside()
            ways.append(lambda: f"{self.one('any', 'all')}({inner.bool(d)} for {inner.item} in items)")
        return self.pick(*ways)

    def compare(self) -> str:
        return self.one("<", "<=", ">", ">=", "==", "!=")


@st.composite
def texts(draw: Draw, errors: bool = False) -> str:
    maker = Maker(draw, errors)
    depth = draw(st.integers(1, 3))
    return str(draw(st.sampled_from((maker.money, maker.bool, maker.rate, maker.count, maker.day)))(depth))


# --- facts ---


@dataclass(frozen=True, slots=True)
class Facts:
    """Every fact of a case: as written, and as the oracle takes it. `members`: the ids of the items."""

    written: dict[FactRef, str]
    meant: dict[FactRef, Any]
    members: tuple[str, ...]


def _money(low: int, high: int) -> st.SearchStrategy[tuple[str, Fraction]]:
    edges = st.sampled_from([low * 100, high * 100, 500, 700, 0])
    fen = st.one_of(edges.filter(lambda v: low * 100 <= v <= high * 100), st.integers(low * 100, high * 100))
    return fen.map(lambda v: (f"{'-' if v < 0 else ''}{abs(v) // 100}.{abs(v) % 100:02}元", Fraction(v, 100)))


def _days() -> st.SearchStrategy[tuple[str, date]]:
    leap = st.sampled_from([date(2020, 2, 29), date(2021, 2, 28), date(2024, 2, 29)])
    days = st.one_of(leap, st.dates(date(2018, 1, 1), date(2026, 1, 1)))
    return days.map(lambda day: (day.isoformat(), day))


def _or_none(given_: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(("none", None)), given_)


def _bools() -> st.SearchStrategy[tuple[str, bool]]:
    return st.booleans().map(lambda v: ("true" if v else "false", v))


def _of(*options: str) -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from(options).map(lambda v: (v, v))


def _counts(low: int, high: int, unit: str = "") -> st.SearchStrategy[tuple[str, Fraction]]:
    return st.integers(low, high).map(lambda v: (f"{v}{unit}", Fraction(v)))


THING: dict[str, st.SearchStrategy[Any]] = {
    "declared_on": _days(), "x": _money(0, 100), "z": _money(-50, 50), "w": _money(1, 9), "q": _or_none(_money(0, 20)),
    "r": st.integers(0, 1000).map(lambda v: (f"{v // 10}.{v % 10}%", Fraction(v, 1000))),
    "p": st.integers(0, 5).map(lambda v: (f"{v}个百分点", Fraction(v, 100))),
    "n": _counts(0, 5), "m": _counts(1, 5), "t": _counts(0, 5, "年"),
    "k": st.sampled_from(["-2", "-0.5", "0", "0.3", "1", "2.5", "3"]).map(lambda v: (v, Fraction(v))),
    "b": _bools(), "c": _bools(), "g": _of("A", "B", "C"), "o": _or_none(_of("A", "B")), "e": _or_none(_days()),
}  # fmt: skip


OWNER: dict[str, st.SearchStrategy[Any]] = {"income": _money(0, 10), "small": _bools()}


ITEM: dict[str, st.SearchStrategy[Any]] = {"amount": _money(0, 10), "ok": _bools(), "mark": _of("A", "B")}


@st.composite
def facts(draw: Draw) -> Facts:
    members = tuple("PQR"[: draw(st.integers(0, 3))])
    owners = [("thing", "T", THING), ("owner", "O", OWNER), *(("item", f"T/{id_}", ITEM) for id_ in members)]
    both = {
        FactRef(kind, id_, name): draw(strategy)
        for kind, id_, names in owners
        for name, strategy in names.items()
    }
    return Facts({ref: w for ref, (w, _) in both.items()}, {ref: v for ref, (_, v) in both.items()}, members)


ITEMS = FactRef("thing", "T", "items")


def evaluate(compiled: Compiled, all_facts: Facts, known: Iterable[FactRef]) -> Value:
    """The value where only the `known` facts are given (and the items, with theirs, if the relation is)."""
    given_ = set(known)
    own = {
        name: all_facts.written[ref]
        for ref in given_
        if ref.entity == "thing" and (name := ref.name) != "items"
    }
    owner = {ref.name: all_facts.written[ref] for ref in given_ if ref.entity == "owner"}
    thing: dict[str, object] = {**own, "owner": "O"}
    if ITEMS in given_:
        thing["items"] = {
            id_: {
                name: all_facts.written[ref]
                for name in ITEM
                if (ref := FactRef("item", f"T/{id_}", name)) in given_
            }
            for id_ in all_facts.members
        } or "none"
    world, wrong = policy().world(mini.made({"owner": {"O": owner}, "thing": {"T": thing}}))
    assert not wrong, mini.shown(wrong)
    ent = world.entities["thing"]["T"]
    return world.evaluate(compiled, ent, world.when(ent))


def everything(all_facts: Facts) -> set[FactRef]:
    return {*all_facts.written, ITEMS}


def filled(all_facts: Facts, needs: frozenset[FactRef]) -> set[FactRef]:
    """What is asked for; a relation comes with all that its members state."""
    more = {ref for ref in all_facts.written if ref.entity == "item"} if ITEMS in needs else set()
    return {*needs, *more}
