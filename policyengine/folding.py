"""A plan with everything worked out beforehand that no application can change.

Parameters without dates, the readings in use and what rests on them alone are the same for every case;
a formula is left with what its facts decide. Only deciding uses folded nodes: explanations walk the
plan as it was written. What cannot be computed here (a division by zero that a fact would have kept from
being read) is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from policyengine import plan as p
from policyengine.diagnostics import CaseError
from policyengine.lang import nodes as n
from policyengine.lang.evaluate import Evaluator
from policyengine.values import Known, Unknown


def folded(plan: p.Plan, readings: Mapping[str, str]) -> Mapping[str, p.Node]:
    """The nodes of a plan, by name, under the readings chosen (others: their default)."""
    fold = _Fold(readings)
    for name, node in plan.nodes.items():
        fold.nodes[name] = fold.node(node)
    return fold.nodes


class _Nothing:
    """The scope of a constant: it reads no names."""

    def value(self, start: Any, path: n.Path) -> NoReturn:
        raise AssertionError(path.text)

    members = element = value


@dataclass(slots=True)
class _Fold:
    readings: Mapping[str, str]
    nodes: dict[str, p.Node] = field(default_factory=dict)
    constants: dict[str, n.Literal] = field(default_factory=dict)
    _evaluator: Evaluator = field(default_factory=Evaluator)

    def node(self, node: p.Node) -> p.Node:
        """A node with its expressions folded; what comes to a constant is remembered."""
        match node:
            case p.ParamNode():
                if len(node.parameter.values) == 1:
                    self._is(node, node.parameter.values[0].value)
            case p.ReadingNode():
                return self._reading(node)
            case p.FormulaNode():
                return self._formula(node, node.formula)
            case p.CasesNode():
                return self._cases(node)
        return node

    def _is(self, node: p.Node, value: Known) -> None:
        self.constants[node.info.name] = n.Literal(value, node.info.type, (0, 0))

    def _formula(self, node: p.Node, formula: n.Compiled) -> p.FormulaNode:
        compiled = self._compiled(formula)
        if isinstance(compiled.node, n.Literal):
            self._is(node, compiled.node.value)
        return p.FormulaNode(node.info, compiled)

    def _reading(self, node: p.ReadingNode) -> p.Node:
        option = node.chosen(self.readings)
        formula = node.options[option]
        if formula is None:
            self._is(node, option)
            return node
        return self._formula(node, formula)

    def _cases(self, node: p.CasesNode) -> p.Node:
        rows = [
            replace(row, when=self._compiled(row.when), then=self._compiled(row.then)) for row in node.rows
        ]
        live = [row for row in rows if not _is(row.when.node, False)]
        if not live:
            return self._formula(node, node.otherwise)
        if len(live) == 1 and _is(live[0].when.node, True):
            return self._formula(node, live[0].then)
        return replace(node, rows=tuple(live), otherwise=self._compiled(node.otherwise))

    # --- expressions ---

    def _compiled(self, compiled: n.Compiled) -> n.Compiled:
        return n.Compiled(compiled.expr, self.expression(compiled, compiled.node))

    def expression(self, compiled: n.Compiled, node: n.Node) -> n.Node:
        """The node with constants in the place of names and of parts that only read constants."""
        match node:
            case n.Literal():
                return node
            case n.Path():
                return self._path(node)
            case n.Logic():
                parts = tuple(self.expression(compiled, part) for part in node.parts)
                return self._logic(replace(node, parts=parts))
            case n.Choice():
                test = self.expression(compiled, node.test)
                if _is(test, True) or _is(test, False):
                    return self.expression(compiled, node.then if _is(test, True) else node.otherwise)
        return self._worked_out(compiled, self._inside(compiled, node))

    def _path(self, node: n.Path) -> n.Node:
        """A name on the rule's own entity or of the policy: others may lie under another version."""
        if node.refs or node.root not in (n.OWN, n.POLICY) or node.relation:
            return node
        constant = self.constants.get(node.name)
        return replace(constant, at=node.at) if constant else node

    def _logic(self, node: n.Logic) -> n.Node:
        """Parts that decide nothing are left out; what stands right of a deciding one is never read."""
        stop = node.operator == "or"
        parts: list[n.Node] = []
        for part in node.parts:
            if _is(part, not stop):
                continue
            parts.append(part)
            if _is(part, stop):
                break
        if not parts:
            return n.Literal(not stop, node.type, node.at)
        return parts[0] if len(parts) == 1 else replace(node, parts=tuple(parts))

    def _inside(self, compiled: n.Compiled, node: n.Node) -> n.Node:
        """The node with its parts folded."""

        def fold(part: n.Node) -> n.Node:
            return self.expression(compiled, part)

        match node:
            case n.Not() | n.Negative():
                return replace(node, operand=fold(node.operand))
            case n.Binary():
                return replace(node, left=fold(node.left), right=fold(node.right))
            case n.Comparison():
                return replace(node, operands=tuple(fold(part) for part in node.operands))
            case n.Membership():
                members = fold(node.members) if isinstance(node.members, n.Path) else None
                listed = members.value if isinstance(members, n.Literal) else node.members
                assert isinstance(listed, tuple | n.Path)
                return replace(node, operand=fold(node.operand), members=listed)
            case n.Choice():
                return replace(
                    node, test=fold(node.test), then=fold(node.then), otherwise=fold(node.otherwise)
                )
            case n.Call():
                return replace(node, arguments=tuple(fold(part) for part in node.arguments))
            case n.Aggregate():
                where = None if node.where is None else fold(node.where)
                return replace(node, item=fold(node.item), where=where)
        return node

    def _worked_out(self, compiled: n.Compiled, node: n.Node) -> n.Node:
        if isinstance(node, n.Aggregate) or not all(isinstance(c, n.Literal) for c in n.children(node)):
            return node
        try:
            value = self._evaluator.run(compiled, _Nothing(), node)
        except CaseError:
            return node
        return node if isinstance(value, Unknown) else n.Literal(value, node.type, node.at)


def _is(node: n.Node, value: bool) -> bool:
    return isinstance(node, n.Literal) and node.value is value
