"""What has been made sure of to the left of a place in an expression.

`is_none(d) or d < x` only reads `d` where it is present; `a / b if b > 0 else 0` only divides where it
may. Guards are compared by what they say (the same path, the same relation and condition), not proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from policyengine.lang import nodes as n

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Guards:
    """Things known where an expression is read: paths present, parts not zero, relations not empty."""

    present: frozenset[Key] = frozenset()
    not_zero: frozenset[Key] = frozenset()
    not_empty: frozenset[Key] = frozenset()

    def after(self, test: n.Node, holds: bool) -> Guards:
        """What is known besides, where `test` is true (`holds`) or false."""
        match test:
            case n.Not():
                return self.after(test.operand, not holds)
            case n.Logic(operator="and") if holds:
                return self._all(test.parts, True)
            case n.Logic(operator="or") if not holds:
                return self._all(test.parts, False)
            case n.Call(function="is_none") if not holds:
                return replace(self, present=self.present | {key(test.arguments[0])})
            case n.Comparison(operators=("==" | "!=",)) if any(_none(side) for side in test.operands):
                asked = {key(side) for side in test.operands if not _none(side)}
                there = (test.operators[0] == "!=") is holds
                return replace(self, present=self.present | asked) if there else self
            case n.Comparison(operators=("==",)) if holds:
                return self._equal(test)
            case n.Comparison():
                return self._compared(test, holds)
            case n.Aggregate(function="any") if holds:
                return replace(
                    self, not_empty=self.not_empty | {_some(test.relation, test.item, test.variable)}
                )
        return self

    def _all(self, parts: tuple[n.Node, ...], holds: bool) -> Guards:
        guards = self
        for part in parts:
            guards = guards.after(part, holds)
        return guards

    def _equal(self, test: n.Comparison) -> Guards:
        """`grade == 'A'`: what equals something present is present itself."""
        sides = test.operands
        sure = [sides[i] for i in (0, 1) if not sides[1 - i].type.optional]
        return replace(self, present=self.present | {key(side) for side in sure})

    def _compared(self, test: n.Comparison, holds: bool) -> Guards:
        """`x > 0`, `0 < x`, `x != 0`, and `x == 0` where it does not hold."""
        if len(test.operators) != 1:
            return self
        operator = test.operators[0]
        left, right = test.operands
        if _zero(left):
            left, right = right, left
            operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
        if not _zero(right):
            return self
        if operator in ((">", "<", "!=") if holds else ("==", "<=", ">=")):
            guards = replace(self, not_zero=self.not_zero | {key(left)})
            if isinstance(left, n.Aggregate) and left.function == "count":
                some = _some(left.relation, left.where, left.variable)
                return replace(guards, not_empty=self.not_empty | {some})
            return guards
        return self

    def is_present(self, node: n.Node) -> bool:
        """Whether an optional value is surely there."""
        match node:
            case n.Choice():
                inner = (self.after(node.test, True), self.after(node.test, False))
                return all(
                    not part.type.optional or g.is_present(part)
                    for part, g in zip((node.then, node.otherwise), inner, strict=True)
                )
        return key(node) in self.present

    def nonzero(self, node: n.Node, is_constant: Callable[[n.Path], bool]) -> bool:
        """Whether a divisor is surely not 0."""
        if key(node) in self.not_zero:
            return True
        match node:
            case n.Literal():
                return node.value != 0
            case n.Path():
                return is_constant(node)
            case n.Call(function="tier" | "lookup", arguments=(n.Path() as table, *_)):
                return is_constant(table)
            case n.Negative():
                return self.nonzero(node.operand, is_constant)
            case n.Binary(operator="*" | "/"):
                return self.nonzero(node.left, is_constant) and self.nonzero(node.right, is_constant)
        return False

    def some(self, relation: n.Path, where: n.Node | None, variable: str) -> bool:
        """Whether an aggregate surely has something to range over."""
        return _some(relation, where, variable) in self.not_empty


NONE = Guards()


def _zero(node: n.Node) -> bool:
    return isinstance(node, n.Literal) and isinstance(node.value, Decimal) and node.value == 0


def _none(node: n.Node) -> bool:
    return isinstance(node, n.Literal) and node.type.kind == "none"


def _some(relation: n.Path, where: n.Node | None, variable: str) -> Key:
    if isinstance(where, n.Literal) and where.value is True:
        where = None
    condition = () if where is None else _renamed(key(where), variable)
    return (key(relation), condition)


def _renamed(found: Key, variable: str) -> Key:
    """The same key whatever the generator's variable is called."""
    return tuple(
        _renamed(part, variable)
        if isinstance(part, tuple)
        else "·"
        if part == variable and variable
        else part
        for part in found
    )


def key(node: n.Node) -> Key:
    """What a node says, without its place."""
    match node:
        case n.Literal():
            return ("literal", node.value)
        case n.Path():
            return ("path", node.root, *node.refs, node.name)
        case n.Binary():
            return (node.operator, key(node.left), key(node.right))
        case n.Logic():
            return (node.operator, *(key(part) for part in node.parts))
        case n.Comparison():
            return (*node.operators, *(key(part) for part in node.operands))
        case n.Membership():
            members = key(node.members) if isinstance(node.members, n.Path) else node.members
            return ("in", node.negated, key(node.operand), members)
        case n.Aggregate():
            inner = (key(node.item), () if node.where is None else key(node.where))
            return (node.function, key(node.relation), _renamed(inner, node.variable))
        case n.Call():
            return (node.function, *(key(part) for part in node.arguments))
        case n.Not() | n.Negative():
            return (type(node).__name__, key(node.operand))
        case n.Choice():
            return ("if", key(node.test), key(node.then), key(node.otherwise))
