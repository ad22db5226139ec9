"""Expressions in words without a case: every branch, with the names of things instead of their values.

`phrases.py` says what was computed for one application; this module says what a rule computes for any.
A parameter carries its value in brackets where it has only one, so that a reader sees the number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from policyengine import model as m
from policyengine import plan as p
from policyengine import wording
from policyengine.claims import SIGNS
from policyengine.labels import MODES, Options, options_of, parameter_value, quoted, short
from policyengine.lang import nodes as n

_STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6}
_CALLS = {
    "min": m.Label("取较小的（{0}）", "the smaller of ({0})"),
    "max": m.Label("取较大的（{0}）", "the larger of ({0})"),
    "round_half_up": m.Label("四舍五入到{2}（{1}）", "{1} rounded to {2}, halves up"),
    "round_down": m.Label("舍去不足{2}的零头（{1}）", "{1} rounded down to {2}"),
    "round_up": m.Label("进到整{2}（{1}）", "{1} rounded up to {2}"),
    "round_to": m.Label("取整（{1}；单位：{2}；办法：{3}）", "{1} rounded to {2} ({3})"),
    "tier": m.Label("{2}在“{1}”里所属一档", "the row of “{1}” that {2} falls in"),
    "marginal": m.Label("{2}按“{1}”分段累计", "{2} by the brackets of “{1}”"),
    "lookup": m.Label("按{2}在“{1}”里查得的数", "what “{1}” gives for {2}"),
    "years_between": m.Label("从{1}到{2}满几年", "full years from {1} to {2}"),
    "days_between": m.Label("从{1}到{2}有几天", "days from {1} to {2}"),
    "year": m.Label("{1}所在的年份", "the year of {1}"),
    "date": m.Label("{1}年{2}月{3}日", "the day {1}-{2}-{3}"),
    "is_none": m.Label("没有{1}", "there is no {1}"),
}
_OVER = {
    "sum": m.Label("{0}，各取{1}，加起来", "the sum over {0} of {1}"),
    "count": m.Label("{0}，数一数有几个", "the number of {0}"),
    "any": m.Label("{0}，至少有一个：{1}", "at least one of {0}: {1}"),
    "all": m.Label("{0}，每一个都：{1}", "all of {0}: {1}"),
    "none": m.Label("{0}，没有一个：{1}", "none of {0}: {1}"),
    "min": m.Label("{0}，各取{1}，取其中最小的", "the least over {0} of {1}"),
    "max": m.Label("{0}，各取{1}，取其中最大的", "the greatest over {0} of {1}"),
}
_DAYS = {
    "<": m.Label("早于", "before"),
    "<=": m.Label("不晚于", "not after"),
    ">": m.Label("晚于", "after"),
    ">=": m.Label("不早于", "not before"),
}


@dataclass(frozen=True, slots=True)
class Formulas:
    """Words for the expressions of one version of a policy."""

    plan: p.Plan
    lang: str = "zh"
    inside: bool = False  # of a generator

    @property
    def zh(self) -> bool:
        return self.lang == "zh"

    def text(self, compiled: n.Compiled, options: Options | None = None) -> str:
        """An expression on one line; `options`: labels of an option that is its value."""
        return self.node(compiled.node, 0, options or {})

    def lines(self, compiled: n.Compiled, options: Options | None = None) -> list[str]:
        """An expression with its alternatives and its parts on lines of their own."""
        return list(self._lines(compiled.node, options or {}))

    def label(self, name: str) -> str:
        """The label of a node, reference or relation, as it stands inside a sentence."""
        return self.lower(self.plan.label(name)(self.lang))

    def lower(self, text: str) -> str:
        """English labels begin with a capital; inside a sentence they do not."""
        small = not self.zh and len(text) > 1 and text[1].islower()
        return text[0].lower() + text[1:] if small else text

    def _lines(self, node: n.Node, options: Options) -> Iterator[str]:
        match node:
            case n.Choice():
                yield self._alternative(node, options)
                while isinstance(node.otherwise, n.Choice):
                    node = node.otherwise
                    yield self._alternative(node, options)
                otherwise = self.node(node.otherwise, 0, options)
                yield f"其余情形：{otherwise}" if self.zh else f"otherwise: {otherwise}"
            case n.Logic():
                every = node.operator == "and"
                if self.zh:
                    yield "以下各条都要满足：" if every else "以下满足一条即可："
                else:
                    yield "all of these:" if every else "one of these:"
                yield from (f"- {self.node(part, 0, options)}" for part in node.parts)
            case n.Call(function="min" | "max") if not all(
                isinstance(x, n.Path | n.Literal) for x in node.arguments
            ):
                yield from self._listed(node, options)
            case _:
                yield self.node(node, 0, options)

    def _alternative(self, node: n.Choice, options: Options) -> str:
        test, then = self.node(node.test, 0, {}), self.node(node.then, 0, options)
        return f"若{test}，则{then}" if self.zh else f"if {test}, then {then}"

    def _listed(self, node: n.Call, options: Options) -> Iterator[str]:
        larger = node.function == "max"
        if self.zh:
            yield f"取下面几个数中{'最大' if larger else '最小'}的："
        else:
            yield f"the {'largest' if larger else 'smallest'} of these:"
        yield from (f"- {self.node(part, 0, options)}" for part in node.arguments)

    def node(self, node: n.Node, outer: int, options: Options) -> str:
        """A part of an expression; `outer`: how strongly what stands around it binds."""
        match node:
            case n.Literal():
                return self._literal(node, options)
            case n.Path():
                return self.path(node)
            case n.Binary():
                strength = _STRENGTH[node.operator]
                left = self.node(node.left, strength, options)
                right = self.node(node.right, strength + (node.operator in "-/"), options)
                return self._wrap(f"{left} {SIGNS[node.operator]} {right}", strength, outer)
            case n.Negative():
                return self._wrap(f"-{self.node(node.operand, 7, options)}", 5, outer)
            case n.Not():
                return self._not(node, outer)
            case n.Logic():
                return self._logic(node, outer)
            case n.Comparison():
                return self._wrap(self._comparison(node), _STRENGTH["compare"], outer)
            case n.Membership():
                return self._wrap(self._membership(node), _STRENGTH["compare"], outer)
            case n.Choice():
                return self._choice(node, options)
            case n.Call():
                return self._call(node)
            case n.Aggregate():
                return self._wrap(self._aggregate(node, node.function), 0, outer)

    def _wrap(self, text: str, strength: int, outer: int) -> str:
        if strength >= outer:
            return text
        return f"（{text}）" if self.zh else f"({text})"

    def _literal(self, node: n.Literal, options: Options) -> str:
        if isinstance(node.value, str) and node.value in {**MODES, **options}:
            return {**MODES, **options}[node.value](self.lang)
        if isinstance(node.value, Decimal) and node.value == 0:
            return "0"
        return wording.value(node.value, node.type, self.lang)

    # --- names ---

    def path(self, node: n.Path) -> str:
        """A name: of a parameter with its value, of something else's with whose it is."""
        if node.name == n.AS_OF:
            return self.label(self.plan.application.date)
        if node.name == n.SELF:
            entity = self.plan.policy.entities.get(node.type.entity)
            this = entity.label(self.lang) if entity else ""
            return f"本{this}" if self.zh else f"this {self.lower(this)}"
        label = self.lower(self.plan.label(node.name, node.entity)(self.lang))
        text = short(label) if node.type.kind == "ref" else label
        parameter = self.plan.policy.parameters.get(node.name)
        if parameter is not None and len(parameter.values) == 1 and node.type.kind not in ("tiers", "table"):
            value = parameter_value(self.plan.policy, parameter, parameter.values[0], self.lang)
            text += f"（{value}）" if self.zh else f" ({value})"
        return self._answer(node, self._whose(node, text))

    def _whose(self, node: n.Path, text: str) -> str:
        """The name with whose it is; inside a generator, what is the rule's own is said to be."""
        if node.refs:
            whose = short(self.lower(self._reference(node).label(self.lang)))
        elif self.inside and node.root == n.OWN and node.entity:
            entity = self.plan.policy.entities[node.entity].label(self.lang)
            whose = f"本{entity}" if self.zh else f"this {self.lower(entity)}"
        else:
            return text
        if node.type.kind == "bool":
            return f"{whose}{quoted(text)}" if self.zh else f"{whose}: {quoted(text)}"
        article = "" if whose.startswith("this ") else "the "
        return f"{whose}的{text}" if self.zh else f"{text} of {article}{whose}"

    def _reference(self, node: n.Path) -> m.Reference:
        """The last reference that a path walks."""
        found = [
            entity.references[node.refs[-1]]
            for entity in self.plan.policy.entities.values()
            if node.refs[-1] in entity.references
        ]
        return next((r for r in found if r.to == node.entity), found[0])

    def _answer(self, node: n.Path, text: str) -> str:
        """A yes-or-no question of the application, as a statement."""
        if node.type.kind == "bool" and node.name in self.plan.policy.facts:
            said = text if text.endswith("”") and text != self.label(node.name) else quoted(text)
            return f"{said}答“是”" if self.zh else f"{said} is answered yes"
        return text

    # --- truth ---

    def _not(self, node: n.Not, outer: int) -> str:
        operand = node.operand
        if isinstance(operand, n.Aggregate) and operand.function == "any":
            return self._wrap(self._aggregate(operand, "none"), 0, outer)
        if isinstance(operand, n.Path) and operand.name in self.plan.policy.facts:
            text = self.path(operand)
            return f"{text.removesuffix('答“是”')}答“否”" if self.zh else f"{text.removesuffix('yes')}no"
        fact = self._maybe_absent(operand)
        if fact is not None:
            return f"{fact}填的不是“无”" if self.zh else f"{fact} is not none"
        text = quoted(self.node(operand, 3, {}))
        return self._wrap(f"不满足{text}" if self.zh else f"not {text}", 3, outer)

    def _maybe_absent(self, node: n.Node) -> str | None:
        """The fact of an `is_none`, in quotes; None for every other expression."""
        if not isinstance(node, n.Call) or node.function != "is_none":
            return None
        [what] = node.arguments
        known = isinstance(what, n.Path) and what.name in self.plan.policy.facts
        return quoted(self.node(what, 0, {})) if known else None

    def _logic(self, node: n.Logic, outer: int) -> str:
        word = {"and": "，且" if self.zh else " and ", "or": "，或" if self.zh else " or "}[node.operator]
        strength = _STRENGTH[node.operator]
        return self._wrap(
            word.join(self.node(part, strength + 1, {}) for part in node.parts), strength, outer
        )

    def _comparison(self, node: n.Comparison) -> str:
        if len(node.operands) == 2 and node.operators[0] in ("==", "!="):
            return self._equality(node)
        words = [self.node(operand, 5, {}) for operand in node.operands]
        text = words[0]
        days = all(operand.type.kind == "date" for operand in node.operands) and len(words) == 2
        for operator, word in zip(node.operators, words[1:], strict=True):
            sign = _DAYS[operator](self.lang) if days else SIGNS[operator]
            text += f" {sign} {word}"
        return text

    def _equality(self, node: n.Comparison) -> str:
        left, right = node.operands
        if isinstance(left, n.Literal) and not isinstance(right, n.Literal):
            left, right = right, left
        same = node.operators[0] == "=="
        if isinstance(left, n.Path) and left.name in self.plan.policy.interpretations and _option(right):
            return self._chosen(left, self.option(left, right), same)
        a = self.node(left, 5, {})
        b = self.option(left, right) if _option(right) else self.node(right, 5, {})
        if left.type.kind == "bool":
            return self._both(a, b, same)
        return f"{a} {SIGNS[node.operators[0]]} {b}"

    def _both(self, a: str, b: str, same: bool) -> str:
        if self.zh:
            return f"“{a}”和“{b}”{'同时成立或同时不成立' if same else '只有一个成立'}"
        return f"{'both or neither' if same else 'exactly one'} of “{a}” and “{b}”"

    def _chosen(self, left: n.Path, option: str, same: bool) -> str:
        """Which reading of an open question is in use."""
        label = self.label(left.name)
        if self.zh:
            return f"口径{quoted(label)}{'选' if same else '不选'}{quoted(option)}"
        return f"the reading {quoted(label)} is {'' if same else 'not '}{quoted(option)}"

    def option(self, left: n.Node, right: n.Node) -> str:
        """A written option by the label that the other side gives it."""
        text = str(right.value) if isinstance(right, n.Literal) else ""
        options = options_of(self.plan.policy, left.name) if isinstance(left, n.Path) else {}
        return wording.option(text, self.lang, options or MODES)

    def _membership(self, node: n.Membership) -> str:
        operand = self.node(node.operand, 5, {})
        if isinstance(node.members, n.Path):
            listed = self.path(node.members)
        else:
            options = (
                options_of(self.plan.policy, node.operand.name) if isinstance(node.operand, n.Path) else {}
            )
            names = [wording.option(member, self.lang, options) for member in node.members]
            listed = ("、" if self.zh else ", ").join(names)
        if self.zh:
            return f"{operand}{'不属于' if node.negated else '属于'}：{listed}"
        return f"{operand} is {'none' if node.negated else 'one'} of: {listed}"

    # --- what is computed ---

    def _choice(self, node: n.Choice, options: Options) -> str:
        test = self.node(node.test, 0, {})
        then, otherwise = (self.node(part, 0, options) for part in (node.then, node.otherwise))
        if self.zh:
            return f"（若{test}，则{then}；否则{otherwise}）"
        return f"({then} if {test}, otherwise {otherwise})"

    def _call(self, node: n.Call) -> str:
        if node.function in ("add_years", "add_days"):
            return self._shifted(node)
        fact = self._maybe_absent(node)
        if fact is not None:
            return f"{fact}填“无”" if self.zh else f"{fact} is none"
        words = [self.node(argument, 0, MODES) for argument in node.arguments]
        everything = ("，" if self.zh else ", ").join(words)
        return _CALLS[node.function](self.lang).format(everything, *words)

    def _shifted(self, node: n.Call) -> str:
        """A day some years or days on, or back."""
        day, years = node.arguments
        back = isinstance(years, n.Negative)
        by = self.node(years.operand if isinstance(years, n.Negative) else years, 0, {})
        start = self.node(day, 5, {})
        if self.zh:
            return f"{start}往{'前' if back else '后'}推“{by}”的那一天"
        return f"the day {by} {'before' if back else 'after'} {start}"

    def _aggregate(self, node: n.Aggregate, function: str) -> str:
        within = replace(self, inside=True)
        over = quoted(self.lower(self.plan.label(node.relation.name, node.relation.entity)(self.lang)))
        if node.where is not None:
            where = within.node(node.where, 0, {})
            over += f"中，凡{where}的" if self.zh else f" where {where}"
        elif function == "count":
            return f"{over}的个数" if self.zh else f"the number of {over}"
        elif self.zh:
            over += "中"
        item = "" if function == "count" else within.node(node.item, 0, {})
        return _OVER[function](self.lang).format(over, item)


def _option(node: n.Node) -> bool:
    return isinstance(node, n.Literal) and isinstance(node.value, str)
