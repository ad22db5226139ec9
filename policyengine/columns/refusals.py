"""Which conditions are listed as reasons: the walk that `refusing.failures` does, done once for all rows.

For every condition with words that can be reached from a name, the expression that is true where it is listed.
A name is followed only where it is surely false; right of a false part that lists nothing, nothing is listed.
`open`: where columns cannot tell, since the scalar way reckons with ranges and may know more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from policyengine import plan as p
from policyengine.columns.domain import FALSE, TRUE, Col, NotExact, Truth, both, either, opposite
from policyengine.columns.scope import Scope
from policyengine.columns.unsure import Unsure
from policyengine.lang import nodes as n

if TYPE_CHECKING:
    from policyengine.columns.names import Names

Where = tuple[tuple[str, ...], str]  # path of references from the application, condition


@dataclass(slots=True)
class Refusals:
    names: Names
    listed: dict[Where, str] = field(default_factory=dict)
    words: dict[Where, dict[n.Node, tuple[Col, str]]] = field(default_factory=dict)
    fault: str = FALSE
    open: str = FALSE

    def walk(self, scope: Scope, name: str, active: str = TRUE) -> tuple[str, bool]:
        """Note what is listed under a name where `active`: when anything is, and whether that is whenever the name
        is false."""
        truth = self.names.read(scope, name)
        assert isinstance(truth, Truth)
        active = scope.frame.shortened("refusals.asked", active)
        for guard, plan in self.versions(scope):
            self._open(scope, Unsure(self.names, plan).name(scope, name), both(active, guard))
        if both(active, truth.no) == FALSE:
            return FALSE, True
        found, sure = FALSE, True
        for guard, plan in self.versions(scope):
            here, certain = self._in(plan, scope, name, both(active, guard), truth)
            found, sure = either(found, here), sure and certain
        return scope.frame.shortened("refusals.found", found), sure

    def _open(self, scope: Scope, unsure: str, active: str) -> None:
        """What columns leave open the scalar way may yet know to be false, and then lists it."""
        found = scope.frame.shortened("refusals.unsure", both(active, unsure))
        self.open = scope.frame.shortened("refusals.open", either(self.open, found))

    def versions(self, scope: Scope) -> list[tuple[str, p.Plan]]:
        """The versions of the plan, each with when it is in force."""
        versions = self.names.plans.versions
        day = scope.day
        if day is None or len(versions) == 1:
            return [(TRUE, versions[-1][1])]
        result = []
        for i, (start, plan) in enumerate(versions):
            end = versions[i + 1][0] if i + 1 < len(versions) else None
            parts = [] if i == 0 else [self._since(scope, start)]
            parts += [opposite(self._since(scope, end))] if end is not None else []
            result.append((both(day.known, *parts), plan))
        return result

    def _since(self, scope: Scope, start: date | None) -> str:
        assert start is not None and scope.day is not None
        return self.names.since(scope.day, start)

    def _in(self, plan: p.Plan, scope: Scope, name: str, active: str, truth: Truth) -> tuple[str, bool]:
        check, node = plan.checks.get(name), plan.nodes.get(name)
        cond = both(active, truth.no)
        if check is not None and check.zh is not None and check.en is not None:
            self.listed[scope.path, name] = either(self.listed.get((scope.path, name), FALSE), cond)
            for message in (check.zh, check.en):
                self._words(message, scope, name, cond)
            return cond, True
        if not isinstance(node, p.FormulaNode):
            return FALSE, False
        conjunction = isinstance(node.formula.node, n.Logic) and node.formula.node.operator == "and"
        return self._node(node.formula.node, scope, active if conjunction else cond, plan)

    def _words(self, message: p.Message, scope: Scope, name: str, cond: str) -> None:
        """What the words of a condition name; an error in it is an error of the case."""
        here = self.words.setdefault((scope.path, name), {})
        for part in message.parts:
            if not isinstance(part, str):
                try:
                    value = self.names.run.run(part.node, scope, {})
                except NotExact:
                    self.fault = either(self.fault, cond)
                    continue
                self.fault = either(self.fault, both(cond, value.fault))
                _, before = here.get(part.node, (value, FALSE))
                here[part.node] = value, either(before, cond)

    def _node(self, node: n.Node, scope: Scope, active: str, plan: p.Plan) -> tuple[str, bool]:
        match node:
            case n.Path():
                if node.root != n.OWN or node.type.kind != "bool":
                    return FALSE, False
                to = scope
                for reference in node.refs:
                    to = self.names.follow(to, reference)
                return self.walk(to, node.name, active)
            case n.Logic(operator="and"):
                return self._and(node, scope, active, plan)
            case n.Logic(operator="or"):
                either_, sure = FALSE, False
                for part in node.parts:
                    found, certain = self._node(part, scope, active, plan)
                    either_, sure = either(either_, found), sure or certain
                return either_, sure
            case n.Choice():
                test = self.names.run.truth(node.test, scope, {})
                self._open(scope, opposite(test.known), active)
                one, a = (
                    self._node(node.then, scope, both(active, test.yes), plan)
                    if test.yes != FALSE
                    else (FALSE, True)
                )
                other, b = (
                    self._node(node.otherwise, scope, both(active, test.no), plan)
                    if test.no != FALSE
                    else (FALSE, True)
                )
                return either(one, other), a and b and test.no_ is None
        return FALSE, False

    def _and(self, node: n.Logic, scope: Scope, active: str, plan: p.Plan) -> tuple[str, bool]:
        found, sure = FALSE, True
        for part in node.parts:
            truth = self.names.run.truth(part, scope, {})
            no = truth.no
            here, certain = self._node(
                part, scope, both(active, no) if not isinstance(part, n.Path) else active, plan
            )
            found = either(found, here)
            if not certain:  # a plain fact: what stands right of it does not apply
                sure = False
                self._open(scope, Unsure(self.names, plan).truth(part, scope, truth), active)
                active = scope.frame.shortened(
                    "refusals.asked", both(active, opposite(both(no, opposite(here))))
                )
        return found, sure
