"""Tables of cases: two at once, cases that never hold, an `otherwise` never reached, choices and options left out.

Every cell of a table (`cells.py`) is tried. A table of more than 20,000 cells, or one whose tests cannot
be cut into atoms, is left alone: nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from policyengine import model as m
from policyengine import plan as p
from policyengine import wording
from policyengine.checks.cells import Cutter, GivenUp, Key, Test, Variable, domain, holds, variables
from policyengine.checks.common import Checked
from policyengine.checks.results import blank_case, evaluable
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import guards
from policyengine.lang import nodes as n
from policyengine.source import Span
from policyengine.values import Known
from policyengine.world import World

CELLS = 20_000


def tables(checked: Checked) -> Iterator[Diagnostic]:
    """What is wrong with tables of cases, each with an example in words."""
    if not evaluable(checked):
        return
    world = World(checked.plans, blank_case(checked.policy))
    for value in checked.policy.values.values():
        node = checked.plan.nodes.get(value.name)
        if value.choose_by is not None:
            yield from _left_out(checked, value)
        elif isinstance(node, p.CasesNode):
            try:
                yield from _Table(checked.plan, world, node).findings()
            except GivenUp:
                continue


def _left_out(checked: Checked, value: m.Derived) -> Iterator[Diagnostic]:
    """Options of a `choose` that lead to no program, and so to nothing."""
    by = checked.plan.nodes.get(f"{value.name}.option")
    left = [option for option in by.info.type.options if option not in value.choose_among] if by else []
    if left:
        yield diagnostic("choice-left-out", value.span, name=value.label.zh, options="、".join(left))


@dataclass(frozen=True, slots=True)
class _Overlap:
    first: p.CaseRow
    second: p.CaseRow
    cell: dict[Key, Known]


class _Table:
    """One table, cut into tests over its variables."""

    def __init__(self, plan: p.Plan, world: World, node: p.CasesNode) -> None:
        self.plan, self.node = plan, node
        ones = world.entities.get(node.info.entity, {})
        self.cutter = Cutter(plan, world, next(iter(ones.values()), None))
        self.tests: dict[str, Test] = {
            row.name: self.cutter.test(row.when, row.when.node) for row in node.rows
        }
        self.variables = dict(self.cutter.variables)
        self.option = next((v for v in self.variables.values() if v.name == plan.application.option), None)
        self.named = {option for option in self.option.turns if option} if self.option else set()
        self.forgotten: set[Known] = set()  # options that no case names, seen to fall to `otherwise`
        self.constraints = list(self.relevant())
        self.reached: set[str] = set()
        self.otherwise = False
        self.overlaps: dict[tuple[str, str], _Overlap] = {}

    def relevant(self) -> Iterator[Test]:
        """The constraints of cases that speak of nothing but the table's variables."""
        for rule in self.plan.rules:
            if rule.constraint.entity == self.node.info.entity:
                test = self.cutter.test(rule.test, rule.test.node)
                if all(variable.key in self.variables for variable in variables(test)):
                    yield test

    def findings(self) -> Iterator[Diagnostic]:
        self.run()
        if not self.correlated():
            yield from (self.overlap(found) for found in self.overlaps.values())
        info = self.node.info
        for row in self.node.rows:
            if row.name not in self.reached:
                yield diagnostic(
                    "case-never-holds", row.when.expr.span, case=row.label.zh, name=info.label.zh
                )
        yield from self.options_left_out()
        if not self.otherwise and not self.guarded():
            span = self.node.otherwise.expr.span
            yield diagnostic("otherwise-never-reached", span, name=info.label.zh)

    def options_left_out(self) -> Iterator[Diagnostic]:
        """What can be applied for, has no case where others have one, and so comes to nothing."""
        if self.named and self.forgotten and self.nothing():
            labels = self.labels()
            left = [
                labels.get(str(option), m.Label(str(option))) for option in sorted(map(str, self.forgotten))
            ]
            yield diagnostic(
                "option-left-out", self.node.info.span, name=self.node.info.label.zh,
                options="、".join(label.zh for label in left), options_en=", ".join(label("en") for label in left),
            )  # fmt: skip

    def nothing(self) -> bool:
        otherwise = self.node.otherwise.node
        return isinstance(otherwise, n.Literal) and otherwise.value == 0

    def guarded(self) -> bool:
        """Whether every option has its case and `otherwise` waits with nothing for those yet to come."""
        return self.option is not None and self.named >= set(self.option.type.options) and self.nothing()

    def labels(self) -> dict[str, m.Label]:
        fact = self.plan.policy.facts.get(self.plan.application.option)
        return dict(fact.options) if fact else {}

    def run(self) -> None:
        """Try every cell."""
        domains = {key: domain(v, self.variables, self.plan) for key, v in self.variables.items()}
        if prod(len(values) for values in domains.values()) > CELLS:
            raise GivenUp
        for values in product(*domains.values()):
            cell = dict(zip(domains, values, strict=True))
            if all(holds(test, cell) is not False for test in self.constraints):
                self.look(cell)

    def look(self, cell: dict[Key, Known]) -> None:
        results = {name: holds(test, cell) for name, test in self.tests.items()}
        if None in results.values():
            return  # an error of the case, not of the table
        hits = [row for row in self.node.rows if results[row.name]]
        overridden = {name for row in hits for name in row.overrides}
        live = [row for row in hits if row.name not in overridden]
        self.reached |= {row.name for row in live}
        self.otherwise = self.otherwise or not live
        if not live and self.option is not None and isinstance(cell[self.option.key], str):
            self.forgotten |= {cell[self.option.key]} - self.named
        for first, second in combinations(live, 2):
            if (first.name, second.name) not in self.overlaps and not _same(first, second):
                self.overlaps[first.name, second.name] = _Overlap(first, second, cell)

    def correlated(self) -> bool:
        """Whether two variables hang together, so that some cells may be impossible."""
        return any(a.facts & b.facts for a, b in combinations(self.variables.values(), 2))

    def overlap(self, found: _Overlap) -> Diagnostic:
        keys = {
            variable.key: variable
            for row in (found.first, found.second)
            for variable in variables(self.tests[row.name])
        }
        when = [(v, found.cell[key]) for key, v in keys.items()]
        zh = "、".join(self.words(variable, value, "zh") for variable, value in when)
        en = ", ".join(self.words(variable, value, "en") for variable, value in when)
        first: tuple[tuple[str, str], Span] = (
            ("另一种情形在这里", "the other case"),
            found.first.when.expr.span,
        )
        return diagnostic(
            "cases-overlap", found.second.when.expr.span, first, name=self.node.info.label.zh,
            one=found.first.label.zh, other=found.second.label.zh, row=found.second.name,
            over=found.first.name, when_zh=zh, when_en=en,
        )  # fmt: skip

    def words(self, variable: Variable, value: Known, lang: str) -> str:
        """`设备投资额=2000万元`"""
        node = self.plan.nodes.get(variable.name)
        if node is None:
            return f"{variable.words}={wording.value(value, variable.type, lang)}"
        unit = node.fact.unit if isinstance(node, p.FactNode) and node.fact.type.kind == "number" else ""
        return (
            f"{node.info.label(lang)}={wording.value(value, variable.type, lang, self.options(node), unit)}"
        )

    def options(self, node: p.Node) -> dict[str, m.Label]:
        match node:
            case p.FactNode():
                return dict(node.fact.options)
            case p.ReadingNode():
                return {name: option.label for name, option in node.interpretation.options.items()}
        derived = self.plan.policy.values.get(node.info.name)
        return dict(derived.options) if derived else {}


def _same(first: p.CaseRow, second: p.CaseRow) -> bool:
    """Whether two cases give the same by what they say."""
    return guards.key(first.then.node) == guards.key(second.then.node)
