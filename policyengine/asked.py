"""Which facts an application must state, and under which reading of the text: seen from the rules alone.

A reading that is not in use switches off what only it needs. The walk starts at what decides an
application and follows names, leaving out every branch that the readings in use close.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policyengine import plan as p
from policyengine.lang import nodes as n

Fixed = bool | str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts asked for under the default readings, and what each other reading adds.

    `under`: per fact that is not asked for by default, the readings (`id`, `option`) that ask for it.
    `together`: facts that no single change asks for, but several changed at once may. `keys`: facts that
    order what ranks equal.
    """

    default: frozenset[str]
    under: Mapping[str, tuple[tuple[str, str], ...]]
    together: frozenset[str]
    keys: frozenset[str]


def asked(plan: p.Plan) -> Asked:
    """What the applications of a policy are asked, one change of reading at a time."""
    default = reached(plan, {}) & frozenset(plan.policy.facts)
    under: dict[str, list[tuple[str, str]]] = {name: [] for name in plan.policy.facts if name not in default}
    for interpretation in plan.policy.interpretations.values():
        for option in interpretation.options:
            if option != interpretation.default:
                there = reached(plan, {interpretation.name: option})
                for name, found in under.items():
                    if name in there:
                        found.append((interpretation.name, option))
    keys = frozenset(entity.key.rpartition(".")[2] for entity in plan.policy.entities.values() if entity.key)
    alone = {name: tuple(found) for name, found in under.items() if found}
    together = reached(plan, None) & frozenset(plan.policy.facts) - default - alone.keys()
    return Asked(default, alone, together, keys)


def reached(plan: p.Plan, readings: Mapping[str, str] | None) -> frozenset[str]:
    """Every name that outcome and amount of an application may depend on.

    `readings`: those not default; None: whatever readings are in use.
    """
    walk = _Walk(plan, readings)
    application = plan.application
    walk.names((application.granted, application.amount, application.date))
    return frozenset(walk.seen)


@dataclass(slots=True)
class _Walk:
    plan: p.Plan
    readings: Mapping[str, str] | None
    seen: set[str] = field(default_factory=set)
    fixed: dict[str, Fixed] = field(default_factory=dict)

    def names(self, names: Iterable[str]) -> None:
        open_ = list(names)
        while open_:
            name = open_.pop()
            if name and name not in self.seen:
                self.seen.add(name)
                node = self.plan.nodes.get(name)
                if node is not None and self.of_name(name) is None:
                    open_ += self.parts(node)

    def parts(self, node: p.Node) -> list[str]:
        """The names that a node reads under the readings in use."""
        found: list[str] = []
        match node:
            case p.FormulaNode():
                self.read(node.formula.node, found)
            case p.ReadingNode():
                for option in self.chosen(node):
                    if (formula := node.options[option]) is not None:
                        self.read(formula.node, found)
            case p.CasesNode():
                for row in node.rows:
                    held = self.value(row.when.node)
                    if held is not False:
                        self.read(row.when.node, found)
                        self.read(row.then.node, found)
                    if held is True:
                        return found
                self.read(node.otherwise.node, found)
            case _:
                found += p.reads(node)
        return found

    def chosen(self, node: p.ReadingNode) -> list[str]:
        """The options that may be in use."""
        if self.readings is None:
            return list(node.options)
        return [node.chosen(self.readings)]

    def read(self, node: n.Node, found: list[str]) -> None:
        """Collect the names of an expression, without the parts that the readings close."""
        if self.value(node) is not None:
            return
        if isinstance(node, n.Choice):
            test = self.value(node.test)
            if test is not None:
                self.read(node.then if test is True else node.otherwise, found)
                return
        if isinstance(node, n.Path):
            found += (*node.refs, node.name)
        for child in n.children(node):
            self.read(child, found)

    # --- what the readings alone settle ---

    def of_name(self, name: str) -> Fixed:
        """The value of a name that depends on readings only; None for every other."""
        if name not in self.fixed:
            self.fixed[name] = None
            node = self.plan.nodes.get(name)
            if isinstance(node, p.FormulaNode):
                self.fixed[name] = self.value(node.formula.node)
            elif isinstance(node, p.ReadingNode) and node.interpretation.switch:
                chosen = self.chosen(node)
                self.fixed[name] = chosen[0] if len(chosen) == 1 else None
        return self.fixed[name]

    def value(self, node: n.Node) -> Fixed:
        match node:
            case n.Literal():
                return node.value if isinstance(node.value, bool | str) else None
            case n.Path():
                return None if node.refs else self.of_name(node.name)
            case n.Not():
                held = self.value(node.operand)
                return None if held is None else not held
            case n.Logic():
                return self.logic(node)
            case n.Comparison(operators=("==",)) | n.Comparison(operators=("!=",)):
                left, right = (self.value(operand) for operand in node.operands)
                known = left is not None and right is not None
                return ((left == right) is (node.operators[0] == "==")) if known else None
            case n.Choice():
                test = self.value(node.test)
                return None if test is None else self.value(node.then if test else node.otherwise)
        return None

    def logic(self, node: n.Logic) -> Fixed:
        held = [self.value(part) for part in node.parts]
        decides = node.operator == "or"
        if decides in held:
            return decides
        return None if None in held else not decides
