"""The cells of a table of cases: its tests over finitely many values of what they read.

A test is cut into atoms (`x >= 2000万元`, `grade == 'A'`, `is_lead`) joined by *and*, *or*, *not*. What the
atoms read are the variables; names computed from others are opened up, what cannot be opened (an aggregate,
a product of two facts) is a variable of its own. A quantity needs only the values at which some atom turns:
each constant it is compared with, and one smallest unit to both sides. So the variables span a finite
number of cells, and every application falls into one of them or behaves like one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine import plan as p
from policyengine.diagnostics import CaseError
from policyengine.instances import Ent
from policyengine.lang import guards, unknown
from policyengine.lang import nodes as n
from policyengine.values import ABSENT, Known, Type, Unknown, Value
from policyengine.world import World

LARGEST = 2_000  # atoms and connectives of one table; a larger one is left alone
Key = tuple[object, ...]
NOTHING: Known = ABSENT  # the right side of an atom that has only a left one
Prefix = tuple[str, ...]  # references walked from the table's entity to where a formula is read


class GivenUp(Exception):
    """The table is too large or too intricate to be examined. Never leaves the checks."""


@dataclass(slots=True)
class Variable:
    """Something that the tests read.

    `facts`: the names it is made from; `range`: between what it lies; `turns`: constants it is compared with;
    `linked`: variables it is compared with.
    """

    key: Key
    name: str
    type: Type
    words: str
    facts: frozenset[str]
    range: tuple[unknown.Bound, unknown.Bound]
    turns: set[Known] = field(default_factory=set)
    linked: set[Key] = field(default_factory=set)


Side = Variable | Known


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison of two sides, membership of the left in the right, or `""`: a bool by itself."""

    operator: str
    left: Side
    right: Side

    def holds(self, values: dict[Key, Known]) -> bool | None:
        """Whether it does under an assignment; None where it would be an error (a value that is absent)."""
        left = values[self.left.key] if isinstance(self.left, Variable) else self.left
        right = values[self.right.key] if isinstance(self.right, Variable) else self.right
        result: object
        match self.operator:
            case "":
                result = left if isinstance(left, bool) else None
            case "is_none":
                result = left is ABSENT
            case "in":
                result = left in right if isinstance(right, tuple) else None
            case "==" | "!=":
                result = unknown.equal(left, right) is (self.operator == "==")
            case _:
                if left is ABSENT or right is ABSENT:
                    return None
                result = unknown.compare(self.operator, left, right)
        return result if isinstance(result, bool) else None


@dataclass(frozen=True, slots=True)
class Join:
    """`and`, `or`, `not`, or `if` with test, then and otherwise."""

    operator: str
    parts: tuple[Test, ...]


Test = Atom | Join | bool


def holds(test: Test, values: dict[Key, Known]) -> bool | None:
    """Three values, read left to right as rules are: None is an error that no guard kept away."""
    if isinstance(test, bool):
        return test
    if isinstance(test, Atom):
        return test.holds(values)
    if test.operator == "not":
        inner = holds(test.parts[0], values)
        return None if inner is None else not inner
    if test.operator == "if":
        condition = holds(test.parts[0], values)
        return None if condition is None else holds(test.parts[1 if condition else 2], values)
    stop = test.operator == "or"
    for part in test.parts:
        result = holds(part, values)
        if result is not (not stop):
            return result
    return not stop


def variables(test: Test) -> Iterator[Variable]:
    """The variables of a test, with repetitions."""
    if isinstance(test, Atom):
        yield from (side for side in (test.left, test.right) if isinstance(side, Variable))
    elif isinstance(test, Join):
        for part in test.parts:
            yield from variables(part)


class Cutter:
    """Cuts tests into atoms over shared variables. `ent`: an entity of the table's kind with nothing known."""

    def __init__(self, plan: p.Plan, world: World, ent: Ent | None) -> None:
        self.plan, self.world, self.ent = plan, world, ent
        self.when = world.when(ent)
        self.variables: dict[Key, Variable] = {}
        self.facts: dict[str, frozenset[str]] = {}
        self.size = 0

    def test(self, compiled: n.Compiled, node: n.Node, prefix: Prefix = ()) -> Test:
        """The test that a bool expression says."""
        self.size += 1
        if self.size > LARGEST:
            raise GivenUp
        match node:
            case n.Literal():
                return node.value is True
            case n.Not():
                return Join("not", (self.test(compiled, node.operand, prefix),))
            case n.Logic():
                return Join(node.operator, tuple(self.test(compiled, part, prefix) for part in node.parts))
            case n.Choice():
                parts = (node.test, node.then, node.otherwise)
                return Join("if", tuple(self.test(compiled, part, prefix) for part in parts))
            case n.Comparison():
                return self.comparison(compiled, node, prefix)
            case n.Membership():
                return self.membership(compiled, node, prefix)
            case n.Call(function="is_none"):
                return Atom("is_none", self.side(compiled, node.arguments[0], prefix), NOTHING)
            case n.Path():
                return self.name(compiled, node, prefix)
        return Atom("", self.side(compiled, node, prefix), NOTHING)

    def name(self, compiled: n.Compiled, path: n.Path, prefix: Prefix) -> Test:
        """A bool by name: what it is computed from, where it can be opened up."""
        node = self.plan.nodes.get(path.name)
        if isinstance(node, p.FormulaNode) and path.root in (n.OWN, n.POLICY):
            inner = () if path.root == n.POLICY else (*prefix, *path.refs)
            return self.test(node.formula, node.formula.node, inner)
        return Atom("", self.side(compiled, path, prefix), NOTHING)

    def comparison(self, compiled: n.Compiled, node: n.Comparison, prefix: Prefix) -> Test:
        if node.operands[0].type.kind in ("text", "ref"):
            return Atom("", self.variable(compiled, node, prefix), NOTHING)
        sides = [self.side(compiled, operand, prefix) for operand in node.operands]
        atoms = []
        for i, operator in enumerate(node.operators):
            self.meet(sides[i], sides[i + 1])
            atoms.append(Atom(operator, sides[i], sides[i + 1]))
        return atoms[0] if len(atoms) == 1 else Join("and", tuple(atoms))

    def membership(self, compiled: n.Compiled, node: n.Membership, prefix: Prefix) -> Test:
        members = node.members
        listed = self.constant(compiled, members) if isinstance(members, n.Path) else members
        if not isinstance(listed, tuple):
            raise GivenUp
        inside = Atom("in", self.side(compiled, node.operand, prefix), listed)
        return Join("not", (inside,)) if node.negated else inside

    def side(self, compiled: n.Compiled, node: n.Node, prefix: Prefix) -> Side:
        constant = self.constant(compiled, node)
        return self.variable(compiled, node, prefix) if constant is None else constant

    def constant(self, compiled: n.Compiled, node: n.Node) -> Known | None:
        """The value of what is computed from parameters only; None for everything else."""
        if self.made_from(node):
            return None
        value = self.evaluated(compiled, node)
        return None if isinstance(value, Unknown) else value

    def evaluated(self, compiled: n.Compiled, node: n.Node) -> Value:
        try:
            return self.world.evaluate(compiled, self.ent, self.when, node)
        except CaseError:
            raise GivenUp from None

    def variable(self, compiled: n.Compiled, node: n.Node, prefix: Prefix) -> Variable:
        """The variable of a name or of a part that is not opened up."""
        refs = () if isinstance(node, n.Path) and node.root == n.POLICY else prefix
        key: Key = (refs, guards.key(node))
        if isinstance(node, n.Path) and node.root == n.OWN:
            key = ((), ("path", n.OWN, *prefix, *node.refs, node.name))
        if key not in self.variables:
            name = node.name if isinstance(node, n.Path) else ""
            words = compiled.expr.text[node.at[0] : node.at[1]]
            between = (None, None) if prefix else unknown.bounds(self.evaluated(compiled, node))
            self.variables[key] = Variable(key, name, node.type, words, self.made_from(node), between)
        return self.variables[key]

    def meet(self, left: Side, right: Side) -> None:
        """Note that two sides are compared: constants at which a variable turns, variables that meet."""
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Variable):
                if isinstance(other, Variable):
                    one.linked.add(other.key)
                else:
                    one.turns.add(other)

    def made_from(self, node: n.Node) -> frozenset[str]:
        """The facts, readings and relations that a part is computed from, through all names."""
        return frozenset().union(*(self.origins(path.name) for path in n.paths(node)))

    def origins(self, name: str) -> frozenset[str]:
        if name not in self.facts:
            node = self.plan.nodes.get(name)
            if node is None or isinstance(node, p.FactNode):
                self.facts[name] = frozenset((name,))  # a fact, a reference, a relation, the day
                return self.facts[name]
            own = frozenset((name,)) if isinstance(node, p.ReadingNode) else frozenset()
            relations = (path.name for c in p.expressions(node) for path in n.paths(c.node) if path.relation)
            inner = (self.origins(read) for read in p.reads(node))
            self.facts[name] = own.union(relations, *inner)
        return self.facts[name]


# --- domains -----------------------------------------------------------------------------------


def domain(variable: Variable, every: dict[Key, Variable], plan: p.Plan) -> list[Known]:
    """The values to try, those at which something turns first."""
    absent: list[Known] = [ABSENT] if variable.type.optional else []
    if variable.type.kind == "bool":
        return [True, False, *absent]
    if variable.type.kind == "enum":
        return [*variable.type.options, *absent]
    turns = sorted(_turns(variable, every), key=_order)
    if any(not isinstance(turn, Decimal | Fraction | date) for turn in turns):
        raise GivenUp
    step = _step(variable, plan)
    if not turns:
        turns = [_start(variable)]
    more = len(_component(variable, every))  # so many values that linked variables can stand in any order
    around: list[Known] = []
    for turn in turns:
        around += [_shift(turn, step, i) for i in range(1, more + 1)]
    around.append(_shift(turns[0], step, -1))
    tried = list(dict.fromkeys([*turns, *around]))
    return [*(value for value in tried if _within(value, variable)), *absent] or turns[:1]


def _component(variable: Variable, every: dict[Key, Variable]) -> list[Variable]:
    """The variables that it is compared with, directly or by way of others, itself first."""
    found = {variable.key: variable}
    queue = [variable]
    while queue:
        for key in queue.pop().linked:
            if key not in found and key in every:
                found[key] = every[key]
                queue.append(every[key])
    return list(found.values())


def _turns(variable: Variable, every: dict[Key, Variable]) -> set[Known]:
    return set().union(*(other.turns for other in _component(variable, every)))


def _order(value: Known) -> tuple[int, Fraction]:
    if isinstance(value, date):
        return 1, Fraction(value.toordinal())
    return 0, Fraction(value) if isinstance(value, Decimal | Fraction) else Fraction(0)


def _step(variable: Variable, plan: p.Plan) -> Decimal:
    """The smallest difference that a value can have: a fen, one, a hundredth of a percent."""
    match variable.type.kind:
        case "money":
            node = plan.nodes.get(variable.name)
            return Decimal(1).scaleb(-node.fact.decimals) if isinstance(node, p.FactNode) else Decimal("0.01")
        case "count" | "years" | "date":
            return exact.ONE
    return Decimal("0.0001")


def _start(variable: Variable) -> Known:
    low = variable.range[0]
    if low is not None:
        return low
    return date(2021, 1, 1) if variable.type.kind == "date" else exact.ZERO


def _shift(value: Known, step: Decimal, times: int) -> Known:
    if isinstance(value, date):
        return value + timedelta(days=times)
    assert isinstance(value, Decimal | Fraction)
    return exact.add(value, exact.multiply(step, Decimal(times)))


def _within(value: Known, variable: Variable) -> bool:
    if not isinstance(value, Decimal | Fraction | date):
        return True
    low, high = variable.range
    return (low is None or unknown.order(value, low) >= 0) and (
        high is None or unknown.order(value, high) <= 0
    )
