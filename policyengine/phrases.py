"""Expressions in words: the same formula with names (`设备投资额 × 补助比例`) and with values (`5,000,000.00 × 3%`).

Only what was computed is shown: of a choice the branch that was taken, and a name that merely passes
another value on is replaced by that other name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policyengine import plan as p
from policyengine import trace, wording
from policyengine.deciding import words_of
from policyengine.explanation import Term
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.model import Label
from policyengine.values import T_MONEY, FactRef, Type, Unknown, Value
from policyengine.world import World

SIGNS = {
    "*": "×",
    "/": "÷",
    "+": "+",
    "-": "-",
    ">=": "≥",
    "<=": "≤",
    "==": "=",
    "!=": "≠",
    "<": "<",
    ">": ">",
}
OPPOSITE = {">=": "<", "<=": ">", "==": "!=", "!=": "==", "<": ">=", ">": "<="}
_STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6}
MOST_TERMS = 8
_NOBODY = FactRef("", "?", "")  # a placeholder for labels only; nothing is asked of it

TO = Label("至", " to ")

PHRASES = {
    "min": Label("取较小值（{}）", "the smaller of ({})"),
    "max": Label("取较大值（{}）", "the larger of ({})"),
    "round_half_up": Label("四舍五入（{}）", "rounded ({})"),
    "round_down": Label("舍去尾数（{}）", "rounded down ({})"),
    "round_up": Label("进一（{}）", "rounded up ({})"),
    "round_to": Label("取整（{}）", "rounded ({})"),
    "tier": Label("按档次（{}）", "by tier ({})"),
    "marginal": Label("分段累计（{}）", "by bracket ({})"),
    "lookup": Label("查表（{}）", "looked up ({})"),
    "years_between": Label("整年数（{}）", "full years ({})"),
    "add_years": Label("推算日期（{}）", "date shifted ({})"),
    "year": Label("{}的年份", "year of {}"),
    "date": Label("日期（{}）", "date ({})"),
    "is_none": Label("没有{}", "no {}"),
    "sum": Label("各{}的{}合计", "sum over {}: {}"),
    "count": Label("{}的个数{}", "number of {}{}"),
    "any": Label("{}中至少有一个满足：{}", "at least one of {}: {}"),
    "all": Label("{}全部满足：{}", "all of {}: {}"),
    "least": Label("各{}的{}中最小的", "least over {}: {}"),
    "greatest": Label("各{}的{}中最大的", "greatest over {}: {}"),
}


_START, _NAME, _END = "\x02", "\x1f", "\x03"  # around a value and its name; no file may hold them


def marked(text: str, label: str) -> str:
    """A value inside a formula that is taken apart again, with its name."""
    return f"{_START}{text}{_NAME}{label}{_END}"


@dataclass(slots=True)
class Phrases:
    """Words for the expressions of one entity's rule, seen from a day."""

    world: World
    ent: Ent | None
    when: When
    lang: str = "zh"

    def labels(self, compiled: n.Compiled) -> str:
        """The formula with the names of things."""
        return _Words(self, compiled, self._label).node(compiled.node, {}, 0)

    def numbers(self, compiled: n.Compiled) -> str:
        """The formula with the values that things had."""
        return _Words(self, compiled, self._value).node(compiled.node, {}, 0)

    def terms(self, compiled: n.Compiled) -> tuple[Term, ...]:
        """The formula with the values that things had, in pieces: each value with its name."""
        found = []
        for piece in _Words(self, compiled, self._marked).node(compiled.node, {}, 0).split(_END):
            sign, _, inner = piece.partition(_START)
            text, _, label = inner.partition(_NAME)
            found += [Term(sign)] if sign else []
            found += [Term(text, label)] if text else []
        return tuple(found)

    def _marked(self, compiled: n.Compiled, path: n.Path, bound: dict[str, Any]) -> str:
        return marked(self._value(compiled, path, bound), self._label(compiled, path, bound))

    def _label(self, compiled: n.Compiled, path: n.Path, bound: dict[str, Any]) -> str:
        if path.name == n.SELF or path.type.kind == "ref":
            return self.world.plans.last.label(path.name)(self.lang)
        if path.name == n.AS_OF:
            return self.world.plans.last.label(self.world.plans.last.application.date)(self.lang)
        ent = trace.target(self.world, path, self.ent, bound)
        final = resolve(self.world, ent, path.name, self.when)
        plan = self.world.plan(self.world.when(ent, self.when))
        return plan.label(final.name)(self.lang)

    def _value(self, compiled: n.Compiled, path: n.Path, bound: dict[str, Any]) -> str:
        value = self.world.evaluate(compiled, self.ent, self.when, path, bound)
        if path.type.kind == "ref":
            return str(value)
        return self.value(value, path.type, path)

    def value(self, value: Value, type_: Type, node: n.Node) -> str:
        """A value inside a formula."""
        if isinstance(value, Unknown) and type_.kind == "money":
            low, high = value.low, value.high
            if isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction):
                return f"{wording.in_formula(low, T_MONEY)}{TO(self.lang)}{wording.in_formula(high, T_MONEY)}"
        if isinstance(value, Decimal | Fraction):
            if type_.kind == "number":
                _, unit = words_of(self.world, node)
                return wording.quantity(value, type_, self.lang, unit)
            return wording.in_formula(value, type_, self.lang)
        options, unit = words_of(self.world, node)
        return wording.value(value, type_, self.lang, options, unit)


@dataclass(frozen=True, slots=True)
class Final:
    """What a name comes down to after passing on: of which entity, which name."""

    ent: Ent | None
    name: str


def resolve(world: World, ent: Ent | None, name: str, outer: When) -> Final:
    """Follow names whose value is just another's, along the branches that were taken."""
    while (after := hop(world, ent, name, outer)) is not None:
        outer = world.when(ent, outer)
        ent, name = after.ent, after.name
    return Final(ent, name)


def hop(world: World, ent: Ent | None, name: str, outer: When) -> Final | None:
    """The name that a name merely passes on; None where it makes its value itself."""
    when = world.when(ent, outer)
    node = world.plan(when).nodes.get(name)
    if ent is not None and world.is_stipulated(ent, name):
        return None
    if isinstance(node, p.AllocateNode):
        passes = node.method == "in_order" and world.value(ent, name, when) == world.value(ent, node.of, when)
        return Final(ent, node.of) if passes else None
    compiled = _passing(world, node, ent, when)
    if compiled is None:
        return None
    inner = taken(world, compiled, compiled.node, ent, when, {})
    if not isinstance(inner, n.Path) or inner.type.kind == "ref" or inner.name in (n.AS_OF, n.SELF):
        return None
    target = trace.target(world, inner, ent, {})
    return None if target is None and inner.root != n.POLICY else Final(target, inner.name)


def _passing(world: World, node: p.Node | None, ent: Ent | None, when: When) -> n.Compiled | None:
    """The expression of a node, or of the row that applied; None where there is not just one."""
    if isinstance(node, p.FormulaNode):
        return node.formula
    if isinstance(node, p.ReadingNode):
        return node.options[world.readings.get(node.info.name, node.interpretation.default)]
    if isinstance(node, p.CasesNode):
        held = [world.evaluate(row.when, ent, when) for row in node.rows]
        if any(isinstance(value, Unknown) for value in held):
            return None
        hits = [row for row, value in zip(node.rows, held, strict=True) if value is True]
        return hits[0].then if len(hits) == 1 else None if hits else node.otherwise
    return None


def taken(
    world: World, compiled: n.Compiled, node: n.Node, ent: Ent | None, when: When, bound: dict[str, Any]
) -> n.Node:
    """The part of an expression that made its value: choices and rounding that changed nothing fall away."""
    while True:
        if isinstance(node, n.Choice):
            test = world.evaluate(compiled, ent, when, node.test, bound)
            if not isinstance(test, Unknown):
                node = node.then if test else node.otherwise
            elif _nothing(node.otherwise):
                node = node.then  # what it comes to if the open question is answered well
            else:
                return node
        elif isinstance(node, n.Binary) and node.operator == "+":
            left, right = (taken(world, compiled, side, ent, when, bound) for side in (node.left, node.right))
            if _nothing(left):
                node = right
            elif _nothing(right):
                node = left
            else:
                return node
        elif isinstance(node, n.Call) and node.function == "round_to":
            before = world.evaluate(compiled, ent, when, node.arguments[0], bound)
            after = world.evaluate(compiled, ent, when, node, bound)
            if isinstance(before, Unknown) or isinstance(after, Unknown) or before != after:
                return node
            node = node.arguments[0]
        else:
            return node


def _nothing(node: n.Node) -> bool:
    """A written 0, the other branch of a choice: adding it changes nothing."""
    return isinstance(node, n.Literal) and isinstance(node.value, Decimal) and node.value == 0


@dataclass(slots=True)
class _Words:
    """One walk over an expression; `name` says a path by its label or by its value."""

    phrases: Phrases
    compiled: n.Compiled
    name: Callable[[n.Compiled, n.Path, dict[str, Any]], str]

    @property
    def zh(self) -> bool:
        return self.phrases.lang == "zh"

    def join(self, parts: list[str]) -> str:
        return ("，" if self.zh else ", ").join(parts)

    def node(self, node: n.Node, bound: dict[str, Any], outer: int) -> str:
        node = taken(self.phrases.world, self.compiled, node, self.phrases.ent, self.phrases.when, bound)
        match node:
            case n.Literal():
                return self.phrases.value(node.value, node.type, node)
            case n.Path():
                text = self.name(self.compiled, node, bound)
                ranged = self.numbers and TO(self.phrases.lang) in text.partition(_NAME)[0]
                return self.wrap(text, 1, outer) if ranged else text
            case n.Binary():
                strength = _STRENGTH[node.operator]
                left = self.node(node.left, bound, strength)
                right = self.node(node.right, bound, strength + (node.operator in "-/"))
                return self.wrap(f"{left} {SIGNS[node.operator]} {right}", strength, outer)
            case n.Negative():
                return self.wrap(f"-{self.node(node.operand, bound, 7)}", 5, outer)
            case n.Not():
                word = "不满足：" if self.zh else "not "
                return self.wrap(f"{word}{self.node(node.operand, bound, 3)}", 3, outer)
            case n.Logic():
                return self.logic(node, bound, outer)
            case n.Comparison():
                return self.comparison(node, bound, outer)
            case n.Membership():
                return self.membership(node, bound)
            case n.Choice():
                return self.choice(node, bound)
            case n.Call():
                return self.call(node, bound)
            case n.Aggregate():
                return self.aggregate(node, bound)

    @property
    def numbers(self) -> bool:
        """Whether values are said, not names."""
        return self.name != self.phrases._label

    def wrap(self, text: str, strength: int, outer: int) -> str:
        return f"（{text}）" if strength < outer else text

    def logic(self, node: n.Logic, bound: dict[str, Any], outer: int) -> str:
        """The parts that were read: what stands right of a deciding part need not even make sense."""
        word = {"and": "，且" if self.zh else " and ", "or": "，或" if self.zh else " or "}[node.operator]
        strength = _STRENGTH[node.operator]
        names_only = all(isinstance(part, n.Path) for part in node.parts)
        p_ = self.phrases
        parts = []
        for part in node.parts:
            parts.append(self.node(part, bound, strength + 1))
            decides = p_.world.evaluate(self.compiled, p_.ent, p_.when, part, bound) is (
                node.operator == "or"
            )
            if decides and not names_only:
                break
        return self.wrap(word.join(parts), strength if len(parts) > 1 else outer, outer)

    def comparison(self, node: n.Comparison, bound: dict[str, Any], outer: int) -> str:
        words = [self.operand(node, operand, bound) for operand in node.operands]
        operators = node.operators
        if self.numbers and len(operators) == 1:
            p_ = self.phrases
            if p_.world.evaluate(self.compiled, p_.ent, p_.when, node, bound) is False:
                operators = (OPPOSITE[operators[0]],)  # what is written is then true
        text = words[0]
        for operator, word in zip(operators, words[1:], strict=True):
            text += f" {SIGNS[operator]} {word}"
        return self.wrap(text, _STRENGTH["compare"], outer)

    def operand(self, node: n.Comparison, operand: n.Node, bound: dict[str, Any]) -> str:
        """One side of a comparison; a written option by the label that the other side's fact gives it."""
        if isinstance(operand, n.Literal) and isinstance(operand.value, str):
            for other in node.operands:
                options, _ = words_of(self.phrases.world, other)
                if options:
                    return wording.option(operand.value, self.phrases.lang, options)
        return self.node(operand, bound, 5)

    def membership(self, node: n.Membership, bound: dict[str, Any]) -> str:
        operand = self.node(node.operand, bound, 5)
        if isinstance(node.members, n.Path):
            listed = self.name(self.compiled, node.members, bound)
        else:
            options, _ = words_of(self.phrases.world, node.operand)
            listed = "、".join(wording.option(m, self.phrases.lang, options) for m in node.members)
        verb = ("不属于" if node.negated else "属于") if self.zh else ("not in" if node.negated else "in")
        return f"{operand} {verb} {listed}"

    def choice(self, node: n.Choice, bound: dict[str, Any]) -> str:
        test, then, otherwise = (self.node(part, bound, 0) for part in (node.test, node.then, node.otherwise))
        if self.zh:
            return f"（若{test}则{then}，否则{otherwise}）"
        return f"({then} if {test}, else {otherwise})"

    def call(self, node: n.Call, bound: dict[str, Any]) -> str:
        arguments = list(node.arguments)
        if node.function == "round_to":
            arguments = arguments[:1]
        parts = [self.node(argument, bound, 0) for argument in arguments]
        return PHRASES[node.function](self.phrases.lang).format(self.join(parts))

    def aggregate(self, node: n.Aggregate, bound: dict[str, Any]) -> str:
        """With names one sentence; with values, sums are written out as long as they are short."""
        world = self.phrases.world
        if self.numbers:
            return self.written_out(node, bound)
        relation = world.plans.last.label(node.relation.name)(self.phrases.lang)
        stand_in = {**bound, node.variable: self.example(node, bound)}
        item = "" if node.function == "count" else self.node(node.item, stand_in, 0)
        key = {"min": "least", "max": "greatest"}.get(node.function, node.function)
        return PHRASES[key](self.phrases.lang).format(relation, item)

    def example(self, node: n.Aggregate, bound: dict[str, Any]) -> Ent:
        """A member to take labels from: a real one, or a placeholder."""
        found = trace.members(self.phrases.world, node, self.phrases.ent, bound)
        return found[0] if found else self.phrases.world.stand_in(node.relation.type.entity, _NOBODY)

    def written_out(self, node: n.Aggregate, bound: dict[str, Any]) -> str:
        world, ent, when = self.phrases.world, self.phrases.ent, self.phrases.when
        total = world.evaluate(self.compiled, ent, when, node, bound)
        whole = self.phrases.value(total, node.type, node)
        if self.name == self.phrases._marked:
            whole = marked(
                whole, _Words(self.phrases, self.compiled, self.phrases._label).node(node, bound, 0)
            )
        if node.function != "sum":
            return whole
        terms = []
        for member in trace.members(world, node, ent, bound):
            inner = {**bound, node.variable: member}
            counts = (
                True if node.where is None else world.evaluate(self.compiled, ent, when, node.where, inner)
            )
            if counts is True:
                terms.append(self.node(node.item, inner, 5))
        if not 0 < len(terms) <= MOST_TERMS or isinstance(total, Unknown):
            return whole
        return f"（{' + '.join(terms)}）" if len(terms) > 1 else terms[0]
