"""What columns decided, in the words of the scalar way: reasons, clauses and remarks.

Words are made by the same functions that make them for one case, once for each combination that occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policyengine import model as m
from policyengine import plan as p
from policyengine import validity, wording
from policyengine.case import Case
from policyengine.columns.compiling import Named, Query
from policyengine.columns.refusals import Where
from policyengine.deciding import USED_UP
from policyengine.decision import Failure, Subject, Supposed
from policyengine.exact import CONTEXT
from policyengine.lang import nodes as n
from policyengine.refusing import words_of
from policyengine.supposed import supposed
from policyengine.values import Known
from policyengine.world import World


@dataclass(slots=True)
class Words:
    """The words of a query's answers."""

    query: Query
    _orders: dict[int, dict[Where, int]] = field(default_factory=dict)

    def failures(self, version: int, listed: str, named: Mapping[str, Any]) -> tuple[Failure, ...]:
        """The conditions that were not met, in the order in which the policy names them.

        `listed`: their numbers as `applications.refusals` has them; `named`: what their words name, by column; `id`, and by path the ids of whose they are.
        """
        plan = self.query.plans.versions[version][1]
        wheres = list(self.query.worded)
        found = [wheres[int(number)] for number in listed.split("、") if number]
        order = self._order(version)
        return tuple(
            self._failure(plan, where, named) for where in sorted(found, key=lambda where: order[where])
        )

    def notes(
        self, version: int, day: date | None, failures: tuple[Failure, ...], used_up: bool = False
    ) -> tuple[m.Label, ...]:
        """What must be said with an answer."""
        plan = self.query.plans.versions[version][1]
        return (*validity.notes(self.query.plans, plan, day, failures), *([USED_UP] if used_up else []))

    def supposed(self, version: int) -> tuple[Supposed, ...]:
        """What makes this a trial run."""
        plans = self.query.plans
        return supposed(World(plans, Case("", {}), dict(self.query.readings)), plans.versions[version][1])

    def _failure(self, plan: p.Plan, where: Where, named: Mapping[str, Any]) -> Failure:
        path, name = where
        check = plan.checks[name]
        assert check.zh is not None and check.en is not None
        values = {item.node: self._value(item, named[item.column]) for item in self.query.worded[where]}
        said = m.Label(
            *(self._message(message, values, lang) for message, lang in ((check.zh, "zh"), (check.en, "en")))
        )
        return Failure(name, self._subject(path, named), check.label, said, check.cited)

    def _subject(self, path: tuple[str, ...], named: Mapping[str, Any]) -> Subject:
        """Whose a condition is: the application's, or of what it refers to."""
        entities = self.query.plans.policy.entities
        entity = entities[self.query.plans.last.application.entity]
        for reference in path:
            entity = entities[entity.references[reference].to]
        id_, *of = named["/".join(path)] if path else [named["id"]]
        return Subject(entity.name, id_, entity.label, tuple(other for other in of if other is not None))

    def _message(self, message: p.Message, values: Mapping[n.Node, Known], lang: str) -> str:
        pieces = []
        for part in message.parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                options, unit = words_of(self.query.plans.policy, part.node)
                pieces.append(wording.value(values[part.node], part.type, lang, options, unit))
        return "".join(pieces)

    def _value(self, item: Named, stored: Any) -> Known:
        if isinstance(stored, bool | str | date):
            return stored
        value = Fraction(stored) * item.scale
        return CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))

    def _order(self, version: int) -> Mapping[Where, int]:
        if version not in self._orders:
            plan = self.query.plans.versions[version][1]
            walk = dict.fromkeys(_walk(plan, (), self.query.plans.last.application.granted))
            rest = dict.fromkeys((*walk, *self.query.worded))
            self._orders[version] = {where: i for i, where in enumerate(rest)}
        return self._orders[version]


def _walk(plan: p.Plan, path: tuple[str, ...], name: str) -> Iterator[Where]:
    """The conditions below a name in the order in which `refusing.failures` meets them."""
    check, node = plan.checks.get(name), plan.nodes.get(name)
    if check is not None and check.zh is not None and check.en is not None:
        yield path, name
    elif isinstance(node, p.FormulaNode):
        yield from _below(plan, path, node.formula.node)


def _below(plan: p.Plan, path: tuple[str, ...], node: n.Node) -> Iterator[Where]:
    match node:
        case n.Path() if node.root == n.OWN and node.type.kind == "bool":
            yield from _walk(plan, (*path, *node.refs), node.name)
        case n.Logic():
            for part in node.parts:
                yield from _below(plan, path, part)
        case n.Choice():
            yield from _below(plan, path, node.then)
            yield from _below(plan, path, node.otherwise)
