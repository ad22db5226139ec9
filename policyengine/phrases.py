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
from policyengine.claims import SIGNS, Claims, example
from policyengine.explanation import Term
from policyengine.instances import Ent, When
from policyengine.labels import MODES, options_for, quoted, short
from policyengine.lang import nodes as n
from policyengine.model import Label
from policyengine.passing import resolve, taken
from policyengine.refusing import words_of
from policyengine.values import T_MONEY, T_YEARS, Type, Unknown, Value
from policyengine.world import World

_STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6}
MOST_TERMS = 8

TO = Label("至", " to ")

PHRASES = {
    "min": Label("取较小值（{}）", "the smaller of ({})"),
    "max": Label("取较大值（{}）", "the larger of ({})"),
    "tier": Label("{1}在“{0}”里所属的一档", "the row of “{0}” that {1} falls in"),
    "marginal": Label("{1}按“{0}”分段累计", "{1} by the brackets of “{0}”"),
    "lookup": Label("按{1}在“{0}”里查得的数", "what “{0}” gives for {1}"),
    "years_between": Label("从{0}到{1}满几年", "full years from {0} to {1}"),
    "days_between": Label("从{0}到{1}的天数", "days from {0} to {1}"),
    "year": Label("{0}所在的年份", "the year of {0}"),
    "date": Label("{0}年{1}月{2}日", "the day {0}-{1}-{2}"),
    "sum": Label("{}各项“{}”之和", "the sum over {} of “{}”"),
    "count": Label("{}的个数", "the number of {}"),
    "least": Label("{}各项“{}”中最小的", "the least over {} of “{}”"),
    "greatest": Label("{}各项“{}”中最大的", "the greatest over {} of “{}”"),
}
ROUNDED = {
    "half_up": Label("{0}，四舍五入到{1}", "{0}, rounded to {1}"),
    "down": Label("{0}，不足{1}的零头舍去", "{0}, rounded down to {1}"),
    "up": Label("{0}，不足{1}的按{1}计", "{0}, rounded up to {1}"),
    "": Label("{0}，按{1}取整", "{0}, rounded to {1}"),
}


def reckoned(node: n.Node) -> bool:
    """Whether it compares quantities or days, so that both the names and the numbers are worth saying."""
    return isinstance(node, n.Comparison) and all(
        side.type.quantity or side.type.kind == "date" for side in node.operands
    )


_START, _NAME, _END = "\x02", "\x1f", "\x03"  # around a value and its name; no file may hold them


def pieces(text: str) -> tuple[Term, ...]:
    """A formula of marked values taken apart: each value with its name, and the signs between."""
    found = []
    for piece in text.split(_END):
        sign, _, inner = piece.partition(_START)
        value, _, label = inner.partition(_NAME)
        found += [Term(sign)] if sign else []
        found += [Term(value, label)] if value else []
    return tuple(found)


@dataclass(slots=True)
class Phrases:
    """Words for the expressions of one entity's rule, seen from a day.

    `owner`: the entry whose rule it is. `marking`: values are said with their names, for `pieces`.
    """

    world: World
    ent: Ent | None
    when: When
    lang: str = "zh"
    owner: str = ""
    marking: bool = False

    def labels(self, compiled: n.Compiled, outer: int = 0) -> str:
        """The formula with the names of things. `outer`: how strongly what it stands in binds."""
        return _Words(self, compiled, self._label).node(compiled.node, {}, outer)

    def numbers(self, compiled: n.Compiled, outer: int = 0) -> str:
        """The formula with the values that things had."""
        return _Words(self, compiled, self._value).node(compiled.node, {}, outer)

    def _label(self, compiled: n.Compiled, path: n.Path, bound: dict[str, Any]) -> str:
        if path.name == n.SELF or path.type.kind == "ref":
            return short(self.world.plans.last.label(path.name, path.entity)(self.lang))
        if path.name == n.AS_OF:
            return self.world.plans.last.label(self.world.plans.last.application.date)(self.lang)
        ent = trace.target(self.world, path, self.ent, bound)
        final = resolve(self.world, ent, path.name, self.when)
        plan = self.world.plan(self.world.when(ent, self.when))
        label = self.of_owner(plan, final.name)
        if (
            bound and path.root == n.OWN and path.entity
        ):  # inside a generator: the rule's own, not the member's
            kind = self.world.policy.entities[path.entity].label(self.lang)
            return f"本{kind}的{label}" if self.lang == "zh" else f"{label} of this {kind.lower()}"
        return label

    def of_owner(self, plan: p.Plan, name: str) -> str:
        """A label; of a part of another entry with the name of that entry."""
        label = plan.label(name)(self.lang)
        node = plan.nodes.get(name)
        whole = plan.policy.programs.get(node.info.owner) if node is not None and node.info.role else None
        if whole is None or not self.owner or whole.name == self.owner:
            return label
        of = whole.label(self.lang)
        return label if of in label else f"{of}{label}" if self.lang == "zh" else f"{of}: {label}"

    def _value(self, compiled: n.Compiled, path: n.Path, bound: dict[str, Any]) -> str:
        value = self.world.evaluate(compiled, self.ent, self.when, path, bound)
        if path.type.kind == "ref" and isinstance(value, str):
            return value
        shown = self.value(value, path.type, path)
        return self.marked(shown, self._label(compiled, path, bound)) if self.marking else shown

    def marked(self, text: str, label: str) -> str:
        """A value inside a formula, with its name where that is wanted."""
        return f"{_START}{text}{_NAME}{label}{_END}" if self.marking else text

    def value(self, value: Value, type_: Type, node: n.Node) -> str:
        """A value inside a formula."""
        if isinstance(value, Unknown) and type_.kind == "money":
            low, high = value.low, value.high
            if isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction):
                return f"{wording.in_formula(low, T_MONEY)}{TO(self.lang)}{wording.in_formula(high, T_MONEY)}"
        if isinstance(value, Decimal | Fraction):
            if type_.kind == "number":
                _, unit = words_of(self.world.policy, node)
                return wording.quantity(value, type_, self.lang, unit)
            return wording.in_formula(value, type_, self.lang)
        options, unit = words_of(self.world.policy, node)
        policy = self.world.plan(self.when).policy
        options = options or options_for(policy, node.name if isinstance(node, n.Path) else "", type_)
        return wording.value(value, type_, self.lang, options, unit)

    def claim(self, compiled: n.Compiled, node: n.Node | None = None) -> str:
        """A yes-or-no expression as a sentence that is true."""
        return _Words(self, compiled, self._value).claims().text(node or compiled.node, {})


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
            case n.Not() | n.Logic() | n.Comparison() | n.Membership():
                return self.truth(node, bound, outer)
            case n.Choice():
                return self.choice(node, bound)
            case n.Call():
                return self.call(node, bound, outer)
            case n.Aggregate():
                return self.aggregate(node, bound, outer)

    @property
    def numbers(self) -> bool:
        """Whether values are said, not names."""
        return self.name == self.phrases._value

    def wrap(self, text: str, strength: int, outer: int) -> str:
        if strength >= outer:
            return text
        return f"（{text}）" if self.zh else f"({text})"

    def claims(self) -> Claims:
        p_ = self.phrases
        numbers, labels = (_Words(p_, self.compiled, name) for name in (p_._value, p_._label))
        return Claims(p_.world, self.compiled, p_.ent, p_.when, p_.lang, numbers.node, labels.node)

    def truth(self, node: n.Node, bound: dict[str, Any], outer: int) -> str:
        """A test: with names what is asked, with values what is the case."""
        claims = self.claims()
        if self.numbers:
            return self.wrap(claims.text(node, bound), 0, outer)
        if isinstance(node, n.Comparison) and reckoned(node):
            words = [self.node(operand, bound, 5) for operand in node.operands]
            signs = [SIGNS[operator] for operator in node.operators]
            return self.wrap(
                words[0] + "".join(f" {sign} {word}" for sign, word in zip(signs, words[1:], strict=True)),
                _STRENGTH["compare"], outer,
            )  # fmt: skip
        return self.wrap(claims.wanted(node, bound), 0, outer)

    def choice(self, node: n.Choice, bound: dict[str, Any]) -> str:
        """An alternative that is still open."""
        then, otherwise = (self.node(part, bound, 0) for part in (node.then, node.otherwise))
        test = self.claims().wanted(node.test, bound)
        if self.zh:
            return f"（符合{test}的为{then}，否则为{otherwise}）"
        return f"({then} if {test}, else {otherwise})"

    def call(self, node: n.Call, bound: dict[str, Any], outer: int) -> str:
        if node.function in ("add_years", "add_days"):
            return self.shifted(node, bound)
        if node.function == "is_none":
            return self.truth_of_absence(node, bound)
        if node.function.startswith("round_"):
            return self.wrap(self.rounded(node, bound), 0, outer)
        words = [self.argument(argument, bound) for argument in node.arguments]
        form = PHRASES[node.function](self.phrases.lang)
        if len(words) > 2 and node.function in ("min", "max"):
            form = (
                form.replace("较小", "最小")
                .replace("较大", "最大")
                .replace("smaller", "smallest")
                .replace("larger", "largest")
            )
        return form.format(self.join(words)) if "{}" in form else form.format(*words)

    def argument(self, node: n.Node, bound: dict[str, Any]) -> str:
        """An argument; a table by its name, which is short, in numbers too."""
        if isinstance(node, n.Path) and node.type.kind in ("tiers", "table"):
            return self.phrases._label(self.compiled, node, bound)
        return self.node(node, bound, 1)

    def truth_of_absence(self, node: n.Call, bound: dict[str, Any]) -> str:
        if self.numbers:
            return self.claims().absence(node.arguments[0], bound)
        what = quoted(self.node(node.arguments[0], bound, 0))
        return f"没有{what}" if self.zh else f"there is no {what}"

    def rounded(self, node: n.Call, bound: dict[str, Any]) -> str:
        """A rounded value: the unit and the way, always by their values."""
        p_ = self.phrases
        unit = p_.world.evaluate(self.compiled, p_.ent, p_.when, node.arguments[1], bound)
        mode: Value = node.function.removeprefix("round_")
        if len(node.arguments) > 2:
            mode = p_.world.evaluate(self.compiled, p_.ent, p_.when, node.arguments[2], bound)
        how = ROUNDED[mode if isinstance(mode, str) and mode in MODES else ""]
        shown = wording.value(unit, node.arguments[1].type, p_.lang)
        return how(p_.lang).format(self.node(node.arguments[0], bound, 0), shown)

    def shifted(self, node: n.Call, bound: dict[str, Any]) -> str:
        """A day some years or days on, or back."""
        day, by_how_much = node.arguments
        back = isinstance(by_how_much, n.Negative)
        length = by_how_much.operand if isinstance(by_how_much, n.Negative) else by_how_much
        by = self.node(length, bound, 0)
        if self.numbers:
            p_ = self.phrases
            value = p_.world.evaluate(self.compiled, p_.ent, p_.when, length, bound)
            unit = Label("年", " years") if node.function == "add_years" else Label("天", " days")
            by = wording.value(value, T_YEARS, p_.lang, unit=unit(p_.lang))
        start = self.node(day, bound, 5)
        if self.zh:
            by = by if self.numbers else f"“{by}”"
            return f"{start}往{'前' if back else '后'}推{by}的那一天"
        return f"the day {by} {'before' if back else 'after'} {start}"

    def aggregate(self, node: n.Aggregate, bound: dict[str, Any], outer: int) -> str:
        """With names one sentence; with values, sums are written out as long as they are short."""
        if node.function in ("any", "all"):
            return self.claims().text(node, bound) if self.numbers else self.claims().sense(node, bound)
        if self.numbers:
            return self.written_out(node, bound, outer)
        world = self.phrases.world
        relation = quoted(world.plans.last.label(node.relation.name, node.relation.entity)(self.phrases.lang))
        inner = {**bound, node.variable: example(world, node, self.phrases.ent, bound)}
        if node.where is not None:
            where = self.claims().wanted(node.where, inner)
            of = "" if node.function == "count" else "的"
            relation = f"{relation}里符合{where}{of}" if self.zh else f"{relation} with {where}"
        elif self.zh and node.function != "count":
            relation += "里"
        item = "" if node.function == "count" else self.node(node.item, inner, 0)
        key = {"min": "least", "max": "greatest"}.get(node.function, node.function)
        return PHRASES[key](self.phrases.lang).format(relation, item)

    def written_out(self, node: n.Aggregate, bound: dict[str, Any], outer: int) -> str:
        world, ent, when = self.phrases.world, self.phrases.ent, self.phrases.when
        total = world.evaluate(self.compiled, ent, when, node, bound)
        whole = self.phrases.value(total, node.type, node)
        if self.phrases.marking:
            labels = _Words(self.phrases, self.compiled, self.phrases._label)
            whole = self.phrases.marked(whole, labels.node(node, bound, 0))
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
        return self.wrap(" + ".join(terms), 5 if len(terms) > 1 else outer, outer)
