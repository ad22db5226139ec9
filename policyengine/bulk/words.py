"""What columns decided, in the words of the scalar way: reasons, clauses and remarks.

Words are made by the same functions that make them for one case, once for each combination that occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from policyengine import model as m
from policyengine import plan as p
from policyengine import validity, wording
from policyengine.case import Case
from policyengine.columns.compiling import Named, Query
from policyengine.columns.refusals import Where
from policyengine.deciding import USED_UP
from policyengine.decision import Failure, Subject, Supposed
from policyengine.diagnostics import Lang
from policyengine.exact import CONTEXT
from policyengine.lang import nodes as n
from policyengine.refusing import words_of
from policyengine.supposed import supposed
from policyengine.tables import pages
from policyengine.values import Known, Type, Unit
from policyengine.world import World

_LANGS: tuple[Lang, Lang] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class _Blank:
    """A place in a text for a value that differs from row to row."""

    item: Named
    type: Type
    options: Mapping[str, m.Label] | None
    unit: Unit | str


@dataclass(slots=True)
class Words:
    """The words of a query's answers."""

    query: Query
    _reasons: dict[tuple[int, str, str], tuple[list[str | _Blank], str]] = field(default_factory=dict)
    _said: dict[tuple[int, Where, Lang], list[str | _Blank]] = field(default_factory=dict)
    _orders: dict[int, dict[Where, int]] = field(default_factory=dict)
    _supposed: dict[int, tuple[Supposed, ...]] = field(default_factory=dict)

    def failures(self, version: int, listed: str, named: Mapping[str, Any]) -> tuple[Failure, ...]:
        """The conditions that were not met, in the order in which the policy names them.

        `listed`: their numbers as `applications.refusals` has them; `named`: what their words name, by column; `id`, and by path the ids of whose they are.
        """
        return tuple(self._failure(version, where, named) for where in self._wheres(version, listed))

    def reason(self, version: int, listed: str, named: Mapping[str, Any], lang: Lang) -> tuple[str, str]:
        """The reasons of a refusal and the clauses, each as one text; as `failures`, but quick."""
        key = version, listed, lang
        if key not in self._reasons:
            self._reasons[key] = self._reason(version, listed, lang)
        pieces, cites = self._reasons[key]
        return self._filled(pieces, named, lang), cites

    def _reason(self, version: int, listed: str, lang: Lang) -> tuple[list[str | _Blank], str]:
        """The text with blanks for what differs, and the clauses."""
        plan = self.query.plans.versions[version][1]
        pieces: list[str | _Blank] = []
        cites: dict[str, None] = {}
        for where in self._wheres(version, listed):
            pieces += [pages.stop(lang)] if pieces else []
            pieces += self._pieces(version, where, lang)
            cites |= dict.fromkeys(plan.checks[where[1]].cited.cites)
        return pieces, "、".join(cites)

    def _pieces(self, version: int, where: Where, lang: Lang) -> list[str | _Blank]:
        """What a condition says where it is not met, with blanks."""
        key = version, where, lang
        if key not in self._said:
            check = self.query.plans.versions[version][1].checks[where[1]]
            message = check.zh if lang == "zh" else check.en
            assert message is not None
            items = {item.node: item for item in self.query.worded[where]}
            self._said[key] = [
                part
                if isinstance(part, str)
                else _Blank(items[part.node], part.type, *words_of(self.query.plans.policy, part.node))
                for part in message.parts
            ]
        return self._said[key]

    def _filled(self, pieces: list[str | _Blank], named: Mapping[str, Any], lang: Lang) -> str:
        """A text with its blanks filled in."""
        shown = [
            piece if isinstance(piece, str) else wording.value(self._value(piece.item, named[piece.item.column]), piece.type, lang, piece.options, piece.unit)
            for piece in pieces
        ]  # fmt: skip
        return "".join(shown)

    def _wheres(self, version: int, listed: str) -> list[Where]:
        """The conditions of these numbers, in the order in which the policy names them."""
        wheres, order = list(self.query.worded), self._order(version)
        return sorted(
            (wheres[int(number)] for number in listed.split("、") if number), key=lambda where: order[where]
        )

    def cited(self, version: int, cite: str) -> set[str]:
        """The numbers of the conditions that rest on a clause."""
        checks = self.query.plans.versions[version][1].checks
        return {
            str(i)
            for i, (_, name) in enumerate(self.query.worded)
            if name in checks and cite in checks[name].cited.cites
        }

    def notes(
        self, version: int, day: date | None, failures: tuple[Failure, ...], used_up: bool = False
    ) -> tuple[m.Label, ...]:
        """What must be said with an answer."""
        plan = self.query.plans.versions[version][1]
        return (*validity.notes(self.query.plans, plan, day, failures), *([USED_UP] if used_up else []))

    def supposed(self, version: int) -> tuple[Supposed, ...]:
        """What makes this a trial run."""
        if version not in self._supposed:
            plans = self.query.plans
            world = World(plans, Case("", {}), dict(self.query.readings))
            self._supposed[version] = supposed(world, plans.versions[version][1])
        return self._supposed[version]

    def _failure(self, version: int, where: Where, named: Mapping[str, Any]) -> Failure:
        path, name = where
        check = self.query.plans.versions[version][1].checks[name]
        zh, en = (self._filled(self._pieces(version, where, lang), named, lang) for lang in _LANGS)
        return Failure(name, self._subject(path, named), check.label, m.Label(zh, en), check.cited)

    def _subject(self, path: tuple[str, ...], named: Mapping[str, Any]) -> Subject:
        """Whose a condition is: the application's, or of what it refers to."""
        entities = self.query.plans.policy.entities
        entity = entities[self.query.plans.last.application.entity]
        for reference in path:
            entity = entities[entity.references[reference].to]
        id_, *of = named["/".join(path)] if path else [named["id"]]
        return Subject(entity.name, id_, entity.label, tuple(other for other in of if other is not None))

    def _value(self, item: Named, stored: Any) -> Known:
        if isinstance(stored, bool | str | date):
            return stored
        return CONTEXT.divide(Decimal(stored * item.scale.numerator), Decimal(item.scale.denominator))

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
