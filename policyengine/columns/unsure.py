"""Where the scalar way may know more than columns: it reckons with ranges, columns only with known or not.

For yes-or-no facts, choices among options, days and plain comparisons of a fact with a constant both know the same; for
everything else that is not known the scalar way is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine import plan as p
from policyengine.columns.domain import FALSE, TRUE, Fixed, Num, Truth, both, either, opposite
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
                if (taken := self._taken(node, scope)) is not None:
                    return self._part(taken, scope)
                test = self.names.run.truth(node.test, scope, {})
                branches = (self._part(branch, scope) for branch in (node.then, node.otherwise))
                return either(opposite(test.known), *branches)
            case n.Comparison(operands=(one, other)):
                return both(self._compared(node, one, other, scope), self._compared(node, other, one, scope))
            case n.Call(function="is_none"):
                fact = self._fact(node.arguments[0], scope)
                return FALSE if fact is not None and fact.type.optional else opposite(truth.known)
            case n.Membership() if self._option(node.operand):
                options, members = set(node.operand.type.options), self._members(node.members, scope)
                return FALSE if options & members and options - members else opposite(truth.known)
        return opposite(truth.known)

    def _part(self, node: n.Node, scope: Scope) -> str:
        return self.truth(node, scope, self.names.run.truth(node, scope, {}))

    def _to(self, scope: Scope, node: n.Path) -> Scope:
        for reference in node.refs:
            scope = self.names.follow(scope, reference)
        return scope

    def _taken(self, node: n.Choice, scope: Scope) -> n.Node | None:
        """The branch that is taken whatever the case says."""
        test = self.names.run.truth(node.test, scope, {})
        return node.then if test.yes == TRUE else node.otherwise if test.no == TRUE else None

    def _members(self, members: tuple[str, ...] | n.Path, scope: Scope) -> set[str]:
        """The options of a list, or of a set that is the same on every day; none where it is not."""
        if isinstance(members, tuple):
            return set(members)
        match self.names.run.run(members, scope, {}):
            case Fixed(versions=((_, tuple() as only),)):
                return set(only)
        return set()

    def _option(self, node: n.Node) -> bool:
        """Whether an expression is a fact that is one of several options."""
        return (
            isinstance(node, n.Path)
            and isinstance(self.plan.nodes.get(node.name), p.FactNode)
            and node.type.kind == "enum"
        )

    def _compared(self, node: n.Comparison, one: n.Node, other: n.Node, scope: Scope) -> str:
        """When the scalar way may know what comes of a comparison of a fact with something else."""
        if node.operators[0] in ("==", "!="):
            choice = self._option(one) and isinstance(other, n.Literal) and len(one.type.options) > 1
            return FALSE if choice else TRUE
        fact = self._fact(one, scope)
        if fact is None:
            return TRUE
        if fact.type.kind == "date":  # a day that is not known may be any
            return self.names.run.run(one, scope, {}).known
        limit = self.names.run.run(other, scope, {})
        if isinstance(limit, Num) and limit.constant is not None and not fact.type.optional:
            return FALSE if _inside(limit.constant, fact.low, fact.high) else TRUE
        return TRUE

    def _fact(self, node: n.Node, scope: Scope) -> m.Fact | None:
        """The fact that an expression comes down to, whatever the case says; None where it is more than a fact."""
        match node:
            case n.Choice() if (taken := self._taken(node, scope)) is not None:
                return self._fact(taken, scope)
            case n.Path():
                target = self.plan.nodes.get(node.name)
                if isinstance(target, p.FactNode):
                    return target.fact
                if isinstance(target, p.FormulaNode) and node.root == n.OWN:
                    return self._fact(target.formula.node, self._to(scope, node))
        return None


def _inside(limit: Fraction, low: Known | None, high: Known | None) -> bool:
    """Whether a range goes from below a number to above it."""
    return (low is None or Fraction(low) < limit) and (high is None or Fraction(high) > limit)  # type: ignore[arg-type]
