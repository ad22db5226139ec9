"""One interpreter over checked expressions that yields values in columns.

The same nodes that the scalar evaluator runs; each is turned into an exact expression over the columns of a
scope. What a name means is left to the `Names` that the interpreter is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from policyengine.columns import functions, logic
from policyengine.columns.domain import Col, Day, Fixed, NotExact, Num, Truth, Word, both, fault_of, quantity
from policyengine.columns.numbers import Arithmetic, asked
from policyengine.columns.scope import Scope
from policyengine.lang import nodes as n

Bound = Mapping[str, Scope]


class Names(Protocol):
    """What paths and aggregates mean in a scope."""

    num: Arithmetic

    def path(self, node: n.Path, scope: Scope, bound: Bound) -> Col: ...
    def aggregate(self, node: n.Aggregate, scope: Scope, bound: Bound) -> Col: ...
    def hold(self, scope: Scope, col: Col) -> Col:
        """The value as a column of its own, where it would otherwise be written out several times."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    names: Names

    def run(self, node: n.Node, scope: Scope, bound: Bound) -> Col:
        """The value of an expression; NotExact where it cannot be proved exact in columns."""
        num = self.names.num
        match node:
            case n.Literal():
                return functions.constant(num, node.value)
            case n.Path():
                return self.names.path(node, scope, bound)
            case n.Not():
                return logic.inverted(self.truth(node.operand, scope, bound))
            case n.Negative():
                return num.negate(self.number(node.operand, scope, bound))
            case n.Binary():
                return self._binary(node, scope, bound)
            case n.Logic():
                return self._logic(node, scope, bound)
            case n.Comparison():
                return self._comparison(node, scope, bound)
            case n.Membership():
                return self._membership(node, scope, bound)
            case n.Choice():
                return self._choice(node, scope, bound)
            case n.Call():
                return self._call(node, scope, bound)
            case n.Aggregate():
                return self.names.aggregate(node, scope, bound)

    def truth(self, node: n.Node, scope: Scope, bound: Bound) -> Truth:
        value = self.run(node, scope, bound)
        assert isinstance(value, Truth), node
        return value

    def number(self, node: n.Node, scope: Scope, bound: Bound) -> Num:
        value = self.quantity(node, scope, bound)
        if not isinstance(value, Num):
            raise NotExact("不是数 / not a number")
        return value

    def quantity(self, node: n.Node, scope: Scope, bound: Bound) -> Col:
        return quantity(self.run(node, scope, bound))

    def _binary(self, node: n.Binary, scope: Scope, bound: Bound) -> Col:
        num = self.names.num
        left, right = (self.number(part, scope, bound) for part in (node.left, node.right))
        if node.operator in "/":
            left, right = self._held(scope, left), self._held(scope, right)
        do = {"+": num.add, "-": num.subtract, "*": num.multiply, "/": num.divide}[node.operator]
        return do(left, right)

    def _held(self, scope: Scope, value: Num) -> Num:
        held = self.names.hold(scope, value)
        assert isinstance(held, Num)
        return held

    def _logic(self, node: n.Logic, scope: Scope, bound: Bound) -> Truth:
        stop = node.operator == "or"
        parts: list[Truth] = []
        for part in node.parts:
            parts.append(self.truth(part, scope, bound))
            if always(parts[-1]) is stop:
                break  # what stands right of it is never read
        return logic.disjunction(parts) if stop else logic.conjunction(parts)

    def _comparison(self, node: n.Comparison, scope: Scope, bound: Bound) -> Truth:
        num = self.names.num
        if node.operators[0] in ("==", "!="):
            a, b = (self.run(operand, scope, bound) for operand in node.operands)
            result = logic.equal(num, a, b)
            return result if node.operators[0] == "==" else logic.inverted(result)
        values = [self.quantity(operand, scope, bound) for operand in node.operands]
        links = [logic.compared(num, o, values[i], values[i + 1]) for i, o in enumerate(node.operators)]
        if len(links) == 1:
            return links[0]
        chain = logic.conjunction(links)
        return Truth(chain.yes, chain.no_, fault_of(values))

    def _membership(self, node: n.Membership, scope: Scope, bound: Bound) -> Truth:
        members: Col = (
            Fixed((("TRUE", node.members),))
            if isinstance(node.members, tuple)
            else self.run(node.members, scope, bound)
        )
        assert isinstance(members, Fixed)
        inside = functions.contains(self.names.num, self.run(node.operand, scope, bound), members)
        return logic.inverted(inside) if node.negated else inside

    def _choice(self, node: n.Choice, scope: Scope, bound: Bound) -> Col:
        test = self.truth(node.test, scope, bound)
        if (
            test.yes == "TRUE" or test.no == "TRUE"
        ):  # settled by a reading: the other branch is never looked at
            return self._after(
                test, self.run(node.then if test.yes == "TRUE" else node.otherwise, scope, bound)
            )
        held = self.names.hold(scope, test)
        assert isinstance(held, Truth)
        then, otherwise = (self.run(branch, scope, bound) for branch in (node.then, node.otherwise))
        return logic.chosen(self.names.num, held, then, otherwise)

    def _after(self, test: Truth, value: Col) -> Col:
        return logic.chosen(self.names.num, Truth("TRUE", None, test.fault), value, value)

    def _call(self, node: n.Call, scope: Scope, bound: Bound) -> Col:
        num = self.names.num
        if node.function == "is_none":
            value = self.run(node.arguments[0], scope, bound)
            none = "FALSE" if isinstance(value, Truth | Fixed) else value.none
            return asked(none, value.known, value.fault)
        values = [
            self.names.hold(scope, self.quantity(argument, scope, bound)) for argument in node.arguments
        ]
        first = values[0]
        match node.function:
            case "min" | "max":
                return functions.pick(
                    num, values, node.function == "min", lambda col: self.names.hold(scope, col)
                )
            case "round_half_up" | "round_down" | "round_up" | "round_to":
                return functions.round_to(
                    num, values, node.function[6:] if node.function != "round_to" else ""
                )
        second = values[1] if len(values) > 1 else first
        match node.function, first, second:
            case "tier", Fixed(), Num():
                return functions.tier(num, first, second)
            case "marginal", Fixed(), Num():
                return functions.marginal(num, first, second)
            case "lookup", Fixed(), Word():
                return functions.lookup(num, first, second)
            case "years_between", Day(), Day():
                return functions.years_between(num, first, second)
            case "add_years", Day(), Num():
                return functions.add_years(num, first, second)
            case "year", Day(), _:
                return functions.year(num, first)
            case "date", Num(), Num():
                return functions.day_of(num, values)
        raise NotExact(f"函数{node.function}不能按列算 / no {node.function} by column")


def always(value: Truth) -> bool | None:
    """The truth, where it is the same for all rows."""
    if value.fault != "FALSE":
        return None
    return True if value.yes == "TRUE" else False if value.no == "TRUE" else None


__all__ = ["Interpreter", "Names", "always", "both"]
