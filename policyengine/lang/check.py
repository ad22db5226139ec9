"""Names, types, units and guards of an expression: the syntax tree in, the checked nodes out.

Everything that can be wrong without knowing a case is found here, all of it in one pass: a broken part
gets the type `any` and the rest is checked on. The rules of arithmetic are in `typing.py`.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from decimal import Decimal

from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import calls, guards, names
from policyengine.lang import nodes as n
from policyengine.lang import typing as t
from policyengine.lang.functions import FUNCTIONS
from policyengine.lang.names import Universe
from policyengine.lang.syntax import AGGREGATES, Expr
from policyengine.nearest import meant, nearest
from policyengine.values import ABSENT, T_ANY, T_BOOL, T_COUNT, T_NONE, T_ZERO, Type

QUANTITY = Type("any")
OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<",
    ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


def check(
    expr: Expr, universe: Universe, entity: str, expected: Type | None = None
) -> tuple[n.Compiled, list[Diagnostic]]:
    """The checked expression of a rule on `entity` ("" for the policy), and what is wrong with it.

    `expected`: the type that its place asks for; `QUANTITY` for a number of any unit, None for anything.
    """
    checker = _Checker(expr, universe, entity)
    if expected is QUANTITY:
        return n.Compiled(expr, checker.quantity(expr.tree, guards.NONE)), checker.found
    node = checker.node(expr.tree, guards.NONE, expected)
    if expected is not None:
        node = checker.fit(node, expected)
    return n.Compiled(expr, node), checker.found


class _Checker:
    """One expression's walk; `found` collects the diagnostics."""

    def __init__(self, expr: Expr, universe: Universe, entity: str) -> None:
        self.expr = expr
        self.universe = universe
        self.entity = entity
        self.variables: dict[str, str] = {}
        self.found: list[Diagnostic] = []

    def at(self, tree: ast.AST) -> n.At:
        return getattr(tree, "col_offset", 0), getattr(tree, "end_col_offset", len(self.expr.text))

    def complain(self, code: str, at: n.At, **words: object) -> None:
        span = self.expr.span.sub(*at) if self.expr.exact else self.expr.span
        self.found.append(diagnostic(code, span, **words))

    def broken(self, tree: ast.AST) -> n.Node:
        return n.Literal(ABSENT, T_ANY, self.at(tree))

    # --- dispatch ---

    def node(self, tree: ast.expr, g: guards.Guards, expected: Type | None = None) -> n.Node:
        match tree:
            case ast.Constant():
                return self.constant(tree)
            case ast.Name() | ast.Attribute():
                return self.name(tree, g)
            case ast.UnaryOp(op=ast.Not()):
                return n.Not(self.truth(tree.operand, g), T_BOOL, self.at(tree))
            case ast.UnaryOp():
                operand = self.quantity(tree.operand, g)
                return n.Negative(operand, operand.type, self.at(tree))
            case ast.BinOp():
                return self.binary(tree, g)
            case ast.BoolOp():
                return self.logic(tree, g)
            case ast.Compare(ops=[ast.In() | ast.NotIn()]):
                return self.membership(tree, g)
            case ast.Compare():
                return self.comparison(tree, g)
            case ast.IfExp():
                return self.choice(tree, g, expected)
            case ast.Call():
                return self.call(tree, g)
        self.complain("misplaced", self.at(tree))
        return self.broken(tree)

    # --- leaves ---

    def constant(self, tree: ast.Constant) -> n.Node:
        if isinstance(tree.value, str):
            return n.Literal(tree.value, Type("literal"), self.at(tree))
        value = Decimal(self.expr.text[tree.col_offset : tree.end_col_offset])
        if value == 0:
            return n.Literal(value, T_ZERO, self.at(tree))
        return n.Literal(value, Type("number", (("bare", 1),)), self.at(tree))

    def name(self, tree: ast.Name | ast.Attribute, g: guards.Guards) -> n.Node:
        parts: list[str] = []
        inner: ast.expr = tree
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        assert isinstance(inner, ast.Name)
        parts.append(inner.id)
        parts.reverse()
        if len(parts) == 1 and parts[0] in ("true", "false"):
            return n.Literal(parts[0] == "true", T_BOOL, self.at(tree))
        if parts == ["none"]:
            return n.Literal(ABSENT, T_NONE, self.at(tree))
        return self.path(tree, parts, g)

    def path(self, tree: ast.expr, parts: list[str], g: guards.Guards, relation: bool = False) -> n.Node:
        """What a dotted name reads; where a guard has made sure of it, known not to be absent."""
        at = self.at(tree)
        found = names.resolve(self.universe, self.entity, self.variables, parts, at, relation)
        if isinstance(found, names.Wrong):
            if found.code:
                self.complain(found.code, at, **found.words)
            return self.broken(tree)
        path = found.path
        open_ = path.type.optional or not all(g.is_present(reference) for reference in found.through)
        return replace(path, type=replace(path.type, optional=open_ and not g.is_present(path)))

    # --- operators ---

    def binary(self, tree: ast.BinOp, g: guards.Guards) -> n.Node:
        operator = OPERATORS[type(tree.op)]
        left, right = self.quantity(tree.left, g), self.quantity(tree.right, g)
        if operator == "/" and not g.nonzero(right, self.universe.nonzero):
            self.complain("division-may-be-zero", right.at, divisor=self.text(right.at))
        result = t.arithmetic(operator, left.type, right.type)
        if isinstance(result, t.Clash):
            self.clash(result, self.at(tree), left, right, operator)
            return self.broken(tree)
        self.only_one(left, right)
        return n.Binary(operator, left, right, result, self.at(tree))

    def only_one(self, *nodes: n.Node) -> None:
        """Complain about numbers that stand in the text, other than a plain 1."""
        for node in nodes:
            if t.is_bare(node.type) and not (isinstance(node, n.Literal) and node.value == 1):
                self.complain("magic-number", node.at, number=self.text(node.at))

    def clash(self, clash: t.Clash, at: n.At, left: n.Node, right: n.Node, operator: str) -> None:
        for side in (left, right):
            if t.is_bare(side.type):
                self.complain("magic-number", side.at, number=self.text(side.at))
                return
        self.complain(
            clash.code, at, operator=operator, what=self.text(at),
            left=self.text(left.at), left_type=t.describe(left.type), left_type_en=t.describe(left.type, "en"),
            right=self.text(right.at), right_type=t.describe(right.type), right_type_en=t.describe(right.type, "en"),
        )  # fmt: skip

    def text(self, at: n.At) -> str:
        return self.expr.text[at[0] : at[1]]

    def logic(self, tree: ast.BoolOp, g: guards.Guards) -> n.Node:
        operator = "and" if isinstance(tree.op, ast.And) else "or"
        parts: list[n.Node] = []
        for value in tree.values:
            part = self.truth(value, g)
            parts.append(part)
            g = g.after(part, operator == "and")
        return n.Logic(operator, tuple(parts), T_BOOL, self.at(tree))

    def comparison(self, tree: ast.Compare, g: guards.Guards) -> n.Node:
        operators = tuple(OPERATORS[type(op)] for op in tree.ops)
        sides = (tree.left, *tree.comparators)
        asked = any(isinstance(side, ast.Name) and side.id == "none" for side in sides)
        # whether something is there may be asked again where it is known already
        operands = [
            self.node(side, guards.NONE if asked and isinstance(side, ast.Name | ast.Attribute) else g)
            for side in sides
        ]
        ordering = operators[0] not in ("==", "!=")
        for i, operator in enumerate(operators):
            left, right = operands[i], operands[i + 1]
            operands[i], operands[i + 1] = left, right = self.option(left, right), self.option(right, left)
            result = t.comparable(operator, left.type, right.type)
            if isinstance(result, t.Clash):
                self.clash(result, self.at(tree), left, right, operator)
                return self.broken(tree)
        self.only_one(*operands)
        if ordering:
            for operand in operands:
                self.present(operand, g)
        return n.Comparison(operators, tuple(operands), T_BOOL, self.at(tree))

    def option(self, node: n.Node, other: n.Node) -> n.Node:
        """An option written in quotes takes its type from the enum it is compared with."""
        return self.option_of(node, other.type)

    def option_of(self, node: n.Node, enum: Type | None) -> n.Node:
        if node.type.kind == "literal" and isinstance(node, n.Literal) and enum and enum.kind == "enum":
            self.known_option(str(node.value), enum, node.at)
            return n.Literal(node.value, enum.present(), node.at)
        return node

    def known_option(self, value: str, enum: Type, at: n.At) -> None:
        if value not in enum.options:
            close = meant(nearest(value, enum.options))
            self.complain("unknown-option", at, value=value, options="、".join(enum.options), **close)

    def membership(self, tree: ast.Compare, g: guards.Guards) -> n.Node:
        operand = self.node(tree.left, g)
        negated = isinstance(tree.ops[0], ast.NotIn)
        right = tree.comparators[0]
        if operand.type.kind not in ("enum", "any"):
            self.complain(
                "expected-enum",
                operand.at,
                got=t.describe(operand.type),
                got_en=t.describe(operand.type, "en"),
            )
            return self.broken(tree)
        if isinstance(right, ast.Tuple | ast.List):
            members = [item for item in right.elts if isinstance(item, ast.Constant)]
            for item in members:
                if operand.type.kind == "enum":
                    self.known_option(str(item.value), operand.type, self.at(item))
            listed = tuple(str(item.value) for item in members)
            return n.Membership(operand, listed, negated, T_BOOL, self.at(tree))
        members_path = self.node(right, g)
        kind = members_path.type.kind
        if not isinstance(members_path, n.Path) or kind != "set" or t.apart(operand.type, members_path.type):
            if kind != "any":
                self.complain("expected-set", self.at(right))
            return self.broken(tree)
        return n.Membership(operand, members_path, negated, T_BOOL, self.at(tree))

    def choice(self, tree: ast.IfExp, g: guards.Guards, expected: Type | None) -> n.Node:
        test = self.truth(tree.test, g)
        then = self.node(tree.body, g.after(test, True), expected)
        otherwise = self.node(tree.orelse, g.after(test, False), expected)
        then, otherwise = self.option_of(then, expected), self.option_of(otherwise, expected)
        then, otherwise = self.option(then, otherwise), self.option(otherwise, then)
        result = t.either(then.type, otherwise.type)
        if isinstance(result, t.Clash):
            self.clash(result, self.at(tree), then, otherwise, "else")
            return self.broken(tree)
        return n.Choice(test, then, otherwise, result, self.at(tree))

    # --- calls ---

    def call(self, tree: ast.Call, g: guards.Guards) -> n.Node:
        assert isinstance(tree.func, ast.Name)
        name = tree.func.id
        if tree.args and isinstance(tree.args[0], ast.GeneratorExp):
            return self.aggregate(tree, name, tree.args[0], g)
        function = FUNCTIONS.get(name)
        if function is None:
            if name in AGGREGATES:
                self.complain("generator-needed", self.at(tree), name=name)
            else:
                close = meant(nearest(name, [*FUNCTIONS, *AGGREGATES]))
                self.complain("unknown-function", self.at(tree.func), name=name, **close)
            return self.broken(tree)
        arguments = [self.node(argument, g) for argument in tree.args]
        if name == "date":
            arguments = [calls.as_count(argument) for argument in arguments]
        for i, enum in calls.wanted(name, arguments).items():
            arguments[i] = self.option_of(arguments[i], enum)
        if name != "is_none":
            for argument in arguments:
                self.present(argument, g)
        result = t.call(function, [argument.type for argument in arguments])
        refusal = calls.refusal(function, arguments, result, self.expr.text)
        if refusal is not None:
            at, wrong = refusal[0] or self.at(tree), refusal[1]
            self.complain(wrong.code, at, **{"what": self.text(at), **wrong.words})
            return self.broken(tree)
        assert isinstance(result, Type)
        return n.Call(name, tuple(arguments), result, self.at(tree))

    def aggregate(self, tree: ast.Call, name: str, generator: ast.GeneratorExp, g: guards.Guards) -> n.Node:
        loop = generator.generators[0]
        assert isinstance(loop.target, ast.Name)
        variable = loop.target.id
        relation = self.relation(loop.iter, g)
        if relation is None:
            return self.broken(tree)
        own = self.universe.entities.get(self.entity, {})
        if variable in own or variable in self.universe.policy or variable in self.variables:
            self.complain("variable-hides-name", self.at(loop.target), name=variable)
        shadowed = dict(self.variables)
        self.variables[variable] = relation.type.entity
        where = self.truth(loop.ifs[0], g) if loop.ifs else None
        inner = g.after(where, True) if where is not None else g
        item = self.item(name, generator.elt, inner)
        self.variables = shadowed
        if name in ("min", "max") and not g.some(relation, where, variable):
            self.complain(
                "aggregate-may-be-empty", self.at(tree), name=name, relation=self.text(self.at(loop.iter))
            )
        result = T_COUNT if name == "count" else T_BOOL if name in ("any", "all") else item.type
        return n.Aggregate(name, item, variable, relation, where, result, self.at(tree))

    def item(self, name: str, tree: ast.expr, g: guards.Guards) -> n.Node:
        if name == "count":
            return self.node(tree, g)
        if name in ("any", "all"):
            return self.truth(tree, g)
        node = self.quantity(tree, g, dates=name != "sum")
        if t.is_bare(node.type):
            self.complain("magic-number", node.at, number=self.text(node.at))
        return node

    def relation(self, tree: ast.expr, g: guards.Guards) -> n.Path | None:
        parts: list[str] = []
        inner = tree
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        assert isinstance(inner, ast.Name)
        node = self.path(tree, [inner.id, *parts], g, relation=True)
        return node if isinstance(node, n.Path) else None

    # --- what is expected ---

    def truth(self, tree: ast.expr, g: guards.Guards) -> n.Node:
        node = self.node(tree, g, T_BOOL)
        if node.type.kind not in ("bool", "any"):
            text = self.text(node.at)
            self.complain(
                "expected-bool", node.at, what=text, number=text if node.type.quantity else "",
                got=t.describe(node.type), got_en=t.describe(node.type, "en"),
            )  # fmt: skip
        elif node.type.optional:
            self.present(node, g)
        return node

    def quantity(self, tree: ast.expr, g: guards.Guards, dates: bool = False) -> n.Node:
        node = self.node(tree, g)
        if not node.type.quantity and node.type.kind != "any" and not (dates and node.type.kind == "date"):
            self.complain(
                "expected-quantity",
                node.at,
                what=self.text(node.at),
                got=t.describe(node.type),
                got_en=t.describe(node.type, "en"),
            )
            return n.Literal(ABSENT, T_ANY, node.at)
        self.present(node, g)
        return node

    def present(self, node: n.Node, g: guards.Guards) -> None:
        """Complain about a value that may be absent where one is needed."""
        if node.type.optional and not g.is_present(node):
            self.complain("may-be-absent", node.at, name=self.text(node.at))

    def fit(self, node: n.Node, expected: Type) -> n.Node:
        """The node, if its type is what the place asks for; else a complaint."""
        node = self.option_of(node, expected)
        got, text = node.type, self.text(node.at)
        if t.fits(got, expected):
            self.only_one(node)
        elif t.is_bare(got):
            self.complain("magic-number", node.at, number=text)
        elif got.optional and t.fits(got.present(), expected):
            self.complain("may-be-absent", node.at, name=text)
        elif {got.kind, expected.kind} == {"rate", "points"}:
            self.complain("points-misuse", node.at, what=text)
        else:
            self.complain(
                "unexpected-type", node.at, what=text, got=t.describe(got), got_en=t.describe(got, "en"),
                want=t.describe(expected), want_en=t.describe(expected, "en"),
            )  # fmt: skip
        return node
