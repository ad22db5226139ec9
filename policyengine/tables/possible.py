"""Records drawn by lot to records that can be: what breaks a constraint of the policy is drawn again, until nothing does.

The constraints are read by the engine itself, and every record is looked at in one world with all that it hangs together
with. Of a broken constraint the nearest fact that it reads is drawn again, or takes the value that it is compared with; where
that does not help it is left blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from policyengine import plan as p
from policyengine.case import Case, CaseEntity, Given
from policyengine.deciding import too_late
from policyengine.diagnostics import CaseError
from policyengine.inforce import not_known_then
from policyengine.instances import Ent, Plans
from policyengine.lang import nodes as n
from policyengine.source import Source
from policyengine.tables.lots import Draw, Kind, Question, Record
from policyengine.tables.pages import Shown
from policyengine.world import World

_ROUNDS = 12
_BLANK = 3  # of these rounds, the last ones, in which what does not fit is left blank
_MOST_KNOWN = 10_000
_NOWHERE = Source("sample", "").whole()


class Rule(NamedTuple):
    """A constraint, and every name that it may read.

    `places`: the columns that it reads, where all that it reads stands in the entity's own row; then what came of it for the
    same cells is kept in `known`.
    """

    rule: p.Rule
    reads: frozenset[str]
    places: tuple[int, ...] | None
    known: dict[tuple[Shown, ...], bool]

    def fails(self, world: World, ent: Ent, cells: list[Shown]) -> bool:
        """Whether a constraint is surely broken, or cannot be computed."""
        if self.places is None:
            return _fails(world, self.rule, ent)
        key = tuple([cells[at] for at in self.places])
        found = self.known.get(key)
        if found is None:
            found = _fails(world, self.rule, ent)
            if len(self.known) < _MOST_KNOWN:
                self.known[key] = found
        return found


class Broken(NamedTuple):
    """What cannot be: an entity, the names of facts of which one has to change, and the constraint, where there is one."""

    ent: Ent
    names: frozenset[str]
    rule: p.Rule | None = None


class Possible:
    """What a policy lets be.

    `together`: whether every record may matter for every other, and not only linked ones: where a constraint reads a rank or a
    pool. Then looking at the records costs as much as deciding such a file does, which is more than twice for twice as many.
    """

    def __init__(self, plans: Plans, kinds: Mapping[str, Kind], draw: Draw) -> None:
        self.plans, self.kinds, self.draw = plans, kinds, draw
        self.several = len(plans.versions) > 1
        self.rules = {(id(plan), kind.name): list(_rules(plan, kind)) for _, plan in plans.versions for kind in kinds.values()}  # fmt: skip
        self.late = {kind: [f for f in plans.policy.facts.values() if f.entity == kind and f.not_after] for kind in kinds}  # fmt: skip
        self.unique = [kind for kind in kinds.values() if kind.apart and kind.apart != _links(kind)]
        read = {name for rules in self.rules.values() for rule in rules for name in rule.reads}
        nodes = (plan.nodes.get(name) for _, plan in plans.versions for name in read)
        alone = any(not _links(kind) for kind in self.unique)
        self.together = alone or any(isinstance(node, p.RankNode | p.AllocateNode) for node in nodes)
        self.told = {name: tuple(self.matter(kind, read)) for name, kind in kinds.items()}
        self.records: dict[tuple[str, str], Record] = {}

    def matter(self, kind: Kind, read: set[str]) -> Iterator[Question]:
        """The questions whose answers may keep something from being possible."""
        for question in kind.questions:
            name, entity = question.fact.name, kind.entity
            own = name in entity.unique or name == entity.dated_by or question.fact.not_after
            if own or name in read or self.several or self.together:
                yield question

    def settle(self, records: Mapping[str, Iterable[Record]]) -> None:
        """Change what cannot be among records that hang together with no others."""
        self.records = {record.name: record for members in records.values() for record in members}
        case = Case("sample", {kind: {r.id: self.entity(r) for r in members} for kind, members in records.items()})  # fmt: skip
        world = World(self.plans, case)
        everyone = [ent for members in world.entities.values() for ent in members.values()]
        open_ = everyone
        for left in range(_ROUNDS, 0, -1):
            found = [*self.broken(world, open_), *self.twins(world)]
            changed = [ent for broken in found for ent in self.change(world, broken, left)]
            if not changed:
                return
            open_ = everyone if self.together else _linked(changed)
            world = World(self.plans, case, entities=world.entities)

    def entity(self, record: Record) -> CaseEntity:
        """A record as the case states it: every relation is whole."""
        kind = record.kind
        for question in self.told[kind.name]:
            self.tell(record, question)
        references = {name: _id(record, at) for name, at in kind.references.items()}
        return CaseEntity(kind.name, record.id, record.told, references, kind.inverses, _NOWHERE)

    def tell(self, record: Record, question: Question) -> None:
        """Let the case say what the cell says."""
        value = question.means(record.cells[question.at])
        if value is None:
            record.told.pop(question.fact.name, None)
        else:
            record.told[question.fact.name] = Given(value, "", _NOWHERE)

    # --- what cannot be ---

    def broken(self, world: World, among: Iterable[Ent]) -> Iterator[Broken]:
        """What breaks a constraint, is later than it may be, or is not known to the version of its day."""
        for ent in among:
            record = self.records[ent.kind, ent.id]
            for rule in self.rules[id(world.plan(world.when(ent))), ent.kind]:
                if rule.fails(world, ent, record.cells):
                    yield Broken(ent, rule.reads, rule.rule)
            for fact in self.late[ent.kind]:
                if too_late(world, fact, ent) is not None:
                    yield Broken(ent, frozenset((fact.name,)))
            for name, given in record.told.items() if self.several else ():
                if not_known_then(world, ent, name, given) is not None:
                    yield Broken(ent, frozenset((name,)))

    def twins(self, world: World) -> Iterator[Broken]:
        """What says the same as another where no two may."""
        for kind in self.unique:
            seen: set[tuple[Shown, ...]] = set()
            for ent in world.entities[kind.name].values():
                told = self.records[kind.name, ent.id].apart()
                if told in seen:
                    yield Broken(ent, frozenset(kind.entity.unique))
                elif told is not None:
                    seen.add(told)

    # --- and what may be instead ---

    def change(self, world: World, broken: Broken, left: int) -> Iterator[Ent]:
        """Change a stated fact that may make it right, the nearest; there may be none."""
        for ring in _rings(broken.ent):
            near = [
                (ent, question)
                for ent in ring
                for question in self.told[ent.kind]
                if question.fact.name in broken.names and self.open(ent, question)
            ]
            if near:
                ent, question = near[self.draw(len(near))]
                record = self.records[ent.kind, ent.id]
                record.cells[question.at] = self.instead(world, broken, ent, question, left)
                self.tell(record, question)
                yield ent
                return

    def open(self, ent: Ent, question: Question) -> bool:
        """Whether a fact is stated, and not what is applied for: by that the rest was drawn."""
        stated = self.records[ent.kind, ent.id].cells[question.at] is not None
        return stated and question.fact.name != self.plans.last.application.option

    def instead(self, world: World, broken: Broken, ent: Ent, question: Question, left: int) -> Shown:
        """Another answer: by turns drawn, and what it is compared with; in the end none."""
        if left <= _BLANK:
            return None
        if left % 2 and broken.rule is not None and broken.ent is ent:
            for value in _compared(world, broken.rule, ent, question.fact.name):
                shown = question.shows(value)
                if shown is not None:
                    return shown
        return question.say(self.records[ent.kind, ent.id].day)


def _rules(plan: p.Plan, kind: Kind) -> Iterator[Rule]:
    """The constraints of a kind."""
    for rule in plan.rules:
        if rule.constraint.entity == kind.name:
            found: set[str] = set()
            expressions = [rule.test]
            waiting = [path.name for path in n.paths(rule.test.node)]
            while waiting:
                name = waiting.pop()
                if name not in found and name in plan.nodes:
                    waiting += p.reads(plan.nodes[name])
                    expressions += p.expressions(plan.nodes[name])
                found.add(name)
            own = all(_own(path) for each in expressions for path in n.paths(each.node))
            own = own and all(_always(plan.nodes[name]) for name in found if name in plan.nodes)
            places = tuple(question.at for question in kind.questions if question.fact.name in found)
            yield Rule(rule, frozenset(found), places if own else None, {})


def _own(path: n.Path) -> bool:
    """Whether a path stays with the entity, and does not depend on its day."""
    return not (path.refs or path.relation or path.type.kind == "ref" or path.name == n.AS_OF)


def _always(node: p.Node) -> bool:
    """Whether a value is the same on all days, and whatever else there is."""
    if isinstance(node, p.ParamNode):
        return len(node.parameter.values) == 1
    return not isinstance(node, p.RankNode | p.AllocateNode)


def _links(kind: Kind) -> tuple[int, ...]:
    """The references among the columns in which no two rows may say the same."""
    return tuple(at for at in kind.apart if at in kind.references.values())


def _id(record: Record, at: int) -> str | None:
    cell = record.cells[at]
    return cell if isinstance(cell, str) else None


def _fails(world: World, rule: p.Rule, ent: Ent) -> bool:
    """Whether a constraint is surely broken, or cannot be computed."""
    try:
        return world.evaluate(rule.test, ent, world.when(ent)) is False
    except CaseError:
        return True


def _compared(world: World, rule: p.Rule, ent: Ent, name: str) -> Iterator[object]:
    """What a fact of the entity's own is compared with."""
    for node in n.walk(rule.test.node):
        if isinstance(node, n.Comparison) and all(path.root in (n.OWN, n.POLICY) for path in n.paths(node)):
            for i, operand in enumerate(node.operands):
                if isinstance(operand, n.Path) and operand.name == name and not operand.refs:
                    for other in (*node.operands[max(i - 1, 0) : i], *node.operands[i + 1 : i + 2]):
                        try:
                            yield world.evaluate(rule.test, ent, world.when(ent), other)
                        except CaseError:
                            continue


def _rings(ent: Ent) -> Iterator[list[Ent]]:
    """An entity, what stands next to it, what stands next to that, and so on."""
    seen, ring = {ent}, [ent]
    while ring:
        yield ring
        ring = list(dict.fromkeys(other for one in ring for other in _next(one) if other not in seen))
        seen |= {*ring}


def _linked(ents: Iterable[Ent]) -> list[Ent]:
    """Entities with all that they hang together with, in an order that is always the same."""
    found = dict.fromkeys(ents)
    waiting = list(found)
    while waiting:
        new = [other for other in _next(waiting.pop()) if other not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)


def _next(ent: Ent) -> Iterator[Ent]:
    yield from (other for other in ent.refs.values() if other is not None)
    for members in ent.inverses.values():
        yield from members
