"""Where the scalar way may know more than columns: it reckons with ranges, columns only with known or not.

For yes-or-no facts, choices among options and plain comparisons of a fact with a constant both know the same; for everything
else that is not known the scalar way is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine import plan as p
from policyengine.columns.domain import FALSE, Num, Truth, both, either, opposite
from policyengine.columns.scope import Scope
from policyengine.lang import nodes as n
from policyengine.values import Known

if TYPE_CHECKING:
    from policyengine.columns.names import Names


@dataclass(frozen=True, slots=True)
class Unsure:
    """Asked of a truth of one version of the policy."""

    names: Names
    plan: p.Plan

    def name(self, scope: Scope, name: str) -> str:
        """When the scalar way may know a named truth that columns do not."""
        truth = self.names.read(scope, name)
        assert isinstance(truth, Truth)
        found = both(opposite(truth.known), self._node(self.plan.nodes.get(name), scope, truth))
        return scope.frame.shortened(f"{scope.name(name)}__unsure", found)

    def truth(self, node: n.Node, scope: Scope, truth: Truth) -> str:
        """The same of an expression."""
        return both(opposite(truth.known), self._expression(node, scope, truth))

    def _node(self, node: p.Node | None, scope: Scope, truth: Truth) -> str:
        match node:
            case p.FactNode():
                return FALSE
            case p.FormulaNode():
                return self._expression(node.formula.node, scope, truth)
            case p.ReadingNode():
                formula = node.options[node.chosen(self.names.readings)]
                return FALSE if formula is None else self._expression(formula.node, scope, truth)
            case p.CasesNode():
                found = self._expression(node.otherwise.node, scope, truth)
                for row in node.rows:
                    test = self.names.run.truth(row.when.node, scope, {})
                    found = either(found, opposite(test.known), self._expression(row.then.node, scope, truth))
                return found
        return opposite(truth.known)

    def _expression(self, node: n.Node, scope: Scope, truth: Truth) -> str:
        match node:
            case n.Literal():
                return FALSE
            case n.Path() if node.root == n.OWN and node.type.kind == "bool":
                return self.name(self._to(scope, node), node.name)
            case n.Not():
                return self._part(node.operand, scope)
            case n.Logic():
                return either(*(self._part(part, scope) for part in node.parts))
            case n.Choice():
                test = self.names.run.truth(node.test, scope, {})
                branches = (self._part(branch, scope) for branch in (node.then, node.otherwise))
                return either(opposite(test.known), *branches)
            case n.Comparison() if self._plain(node, scope):
                return FALSE
            case n.Membership() if self._option(node.operand) and isinstance(node.members, tuple):
                options = set(node.operand.type.options)
                return (
                    FALSE
                    if options & set(node.members) and options - set(node.members)
                    else opposite(truth.known)
                )
        return opposite(truth.known)

    def _part(self, node: n.Node, scope: Scope) -> str:
        return self.truth(node, scope, self.names.run.truth(node, scope, {}))

    def _to(self, scope: Scope, node: n.Path) -> Scope:
        for reference in node.refs:
            scope = self.names.follow(scope, reference)
        return scope

    def _option(self, node: n.Node) -> bool:
        """Whether an expression is a fact that is one of several options."""
        return (
            isinstance(node, n.Path)
            and isinstance(self.plan.nodes.get(node.name), p.FactNode)
            and node.type.kind == "enum"
        )

    def _plain(self, node: n.Comparison, scope: Scope) -> bool:
        """Whether a fact is compared with one constant that its range reaches on both sides, or one option with a fact."""
        if len(node.operands) != 2:
            return False
        for one, other in (node.operands, node.operands[::-1]):
            if node.operators[0] in ("==", "!="):
                if self._option(one) and isinstance(other, n.Literal) and len(one.type.options) > 1:
                    return True
            elif isinstance(one, n.Path) and isinstance(fact := self.plan.nodes.get(one.name), p.FactNode):
                limit = self.names.run.run(other, scope, {})
                low, high = fact.fact.low, fact.fact.high
                if isinstance(limit, Num) and limit.constant is not None and not fact.fact.type.optional:
                    return _inside(limit.constant, low, high)
        return False


def _inside(limit: Fraction, low: Known | None, high: Known | None) -> bool:
    """Whether a range goes from below a number to above it."""
    return (low is None or Fraction(low) < limit) and (high is None or Fraction(high) > limit)  # type: ignore[arg-type]
