"""A case under a policy: every value of every entity, computed once, when it is first asked for.

A value depends on the day from which it is seen: an application's own date chooses the version of the
policy and is what rules read as `as_of`. An entity without a date of its own (an enterprise) is seen
with the date of the entity it was reached from. A world belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policyengine import model as m
from policyengine import plan as p
from policyengine.case import Case
from policyengine.decision import Supposed
from policyengine.diagnostics import CaseError, diagnostic
from policyengine.grouping import Groups
from policyengine.instances import Ent, Found, Plans, When, anything, most_members
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.lang.evaluate import MAX_STEPS, Evaluator
from policyengine.room import make_room
from policyengine.values import ABSENT, FactRef, Known, Unknown, Value

_NOT_YET = object()


@dataclass(slots=True)
class World:
    """See the module. `readings` maps interpretations to the options chosen instead of the default.

    `ties`: of each rule, the pairs that only the stable key or the id told apart. `grouped`, `indexes`: what `Groups` knows.
    `moved`: facts that are other than stated; `within`: ranges of blank ones. `entities` may be another world's of the case.
    """

    plans: Plans
    case: Case
    readings: Mapping[str, str] = field(default_factory=dict)
    entities: dict[str, dict[str, Ent]] = field(default_factory=dict)
    moved: Mapping[FactRef, Known] = field(default_factory=dict)
    within: Mapping[FactRef, tuple[unknown.Bound, unknown.Bound]] = field(default_factory=dict)
    assumed: dict[FactRef, Value] = field(default_factory=dict)
    ties: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    supposed: tuple[Supposed, ...] | None = None
    _dated: dict[str, str] = field(default_factory=dict)
    _whens: dict[Ent, When] = field(default_factory=dict)
    _memo: dict[tuple[str, Ent | None, When], Value] = field(default_factory=dict)
    grouped: dict[tuple[str, When], dict[Ent, Value]] = field(default_factory=dict)
    indexes: dict[tuple[str, When], dict[tuple[Value, ...], list[Ent]] | None] = field(default_factory=dict)
    stand_ins: dict[tuple[Ent, str], Ent] = field(default_factory=dict)
    _nodes: dict[int, Mapping[str, p.Node]] = field(default_factory=dict)
    _versions: int = field(init=False)
    _last: p.Plan = field(init=False)
    _evaluator: Evaluator = field(default_factory=Evaluator)

    def __post_init__(self) -> None:
        make_room()
        self._versions, self._last = len(self.plans.versions), self.plans.last
        for (_, plan), nodes in zip(self.plans.versions, self.plans.folded(self.readings), strict=True):
            # A value that is set from outside may stand in the place of what is the same for every case.
            self._nodes[id(plan)] = plan.nodes if self.case.stipulated else nodes
        self._dated = {entity.name: entity.dated_by for entity in self.policy.entities.values()}
        if not self.entities:
            for kind, members in self.case.entities.items():
                self.entities[kind] = {id_: Ent(kind, id_, given) for id_, given in members.items()}
            self.entities |= {kind: {} for kind in self.policy.entities if kind not in self.entities}
            for entity in self.policy.entities.values():
                for reference in entity.references.values():
                    self._connect(entity, reference)
        self._evaluator.most = MAX_STEPS * max(1, sum(map(len, self.entities.values())))

    @property
    def policy(self) -> m.Policy:
        return self.plans.policy

    def _connect(self, entity: m.Entity, reference: m.Reference) -> None:
        """Resolve one reference of all entities of a kind, and the relation on its other side."""
        for target in self.entities[reference.to].values():
            target.inverses[reference.inverse] = []
            given = target.given
            if given is not None and reference.inverse not in given.closed:
                target.open[reference.inverse] = FactRef(target.kind, target.id, reference.inverse)
        for ent in self.entities[entity.name].values():
            id_ = ent.given.references.get(reference.name) if ent.given else None
            target_ent = self.entities[reference.to].get(id_) if id_ is not None else None
            ent.refs[reference.name] = target_ent
            if target_ent is not None:
                target_ent.inverses[reference.inverse].append(ent)

    # --- dates and versions ---

    def when(self, ent: Ent | None, outer: When = None) -> When:
        """The day from which an entity is seen when it is reached from `outer`."""
        if ent is None or not self._dated[ent.kind]:
            return outer
        if ent not in self._whens:
            self._whens[ent] = self._own_day(ent)
        return self._whens[ent]

    def _own_day(self, ent: Ent) -> When:
        dated_by = self._dated[ent.kind]
        if dated_by in self.policy.entities[ent.kind].references:
            return self.when(self.follow(ent, dated_by))
        value = self.fact(ent, dated_by)
        return value if isinstance(value, date | Unknown) else None

    def plan(self, when: When) -> p.Plan:
        """The version in force on a day; the last one where no day is known."""
        return self.plans.on(when) if self._versions > 1 and isinstance(when, date) else self._last

    # --- values ---

    def value(self, ent: Ent | None, name: str, outer: When = None) -> Value:
        """The value of a name on an entity (None: of the policy), seen from the day `outer`.

        Raises CaseError where the case makes a rule impossible to compute.
        """
        when = outer if ent is None or not self._dated[ent.kind] else self.when(ent)
        key = (name, ent, when)
        held = self._memo.get(key, _NOT_YET)
        if held is not _NOT_YET:
            return held  # type: ignore[return-value]
        if self._versions > 1 and isinstance(when, Unknown):
            candidates = [
                self._compute(ent, name, when, plan) for _, plan in self.plans.versions if name in plan.nodes
            ]
            result = unknown.hull(when.needs, candidates)
        else:
            result = self._compute(ent, name, when, self.plan(when))
        self._memo[key] = result
        return result

    def _compute(self, ent: Ent | None, name: str, when: When, plan: p.Plan) -> Value:
        if ent is not None:
            if self.case.stipulated:
                given = self.case.stipulated.get(FactRef(ent.kind, ent.id, name))
                if given is not None and given.value is not None:
                    return given.value
        node = self._nodes[id(plan)][name]
        match node:
            case p.FormulaNode():
                return self.evaluate(node.formula, ent, when)
            case p.FactNode():
                assert ent is not None
                return self.fact(ent, name, plan)
            case p.ParamNode():
                return self._parameter(node, when)
            case p.CasesNode():
                return self._cases(node, ent, when)
            case p.ReadingNode():
                return self._reading(node, ent, when)
            case p.RankNode() | p.AllocateNode():
                assert ent is not None
                return Groups(self).value(node, ent, when)

    def evaluate(
        self, compiled: n.Compiled, ent: Ent | None, when: When, node: n.Node | None = None,
        bound: dict[str, Any] | None = None,
    ) -> Value:  # fmt: skip
        """The value of an expression (or a part of it) for an entity."""
        return self._evaluator.run(compiled, _Scope(self, ent, when), node, bound)

    def _parameter(self, node: p.ParamNode, when: When) -> Value:
        values = node.parameter.values
        if len(values) == 1 or when is None:
            return values[-1].value
        if isinstance(when, Unknown):
            return unknown.hull(when.needs, [dated.value for dated in values])
        held = values[0].value
        for dated in values:
            if dated.start is None or dated.start <= when:
                held = dated.value
        return held

    def fact(self, ent: Ent, name: str, plan: p.Plan | None = None) -> Value:
        """What is stated of a fact, or assumed, or what it may be."""
        fact = (plan.policy if plan else self.policy).facts[name]
        stated = self.stated(ent, name)
        if stated is not None:
            return stated
        ref = ent.stand_in or FactRef(ent.kind, ent.id, name)
        if fact.assume is not None and ent.stand_in is None:
            self.assumed[ref] = fact.assume
            return fact.assume
        return anything(fact.type, frozenset((ref,)), *self.within.get(ref, (fact.low, fact.high)))

    def stated(self, ent: Ent, name: str) -> Known | None:
        """What is said of a fact; None where it was left blank."""
        if self.moved and ent.stand_in is None:
            moved = self.moved.get(FactRef(ent.kind, ent.id, name))
            if moved is not None:
                return moved
        given = ent.given.facts.get(name) if ent.given else None
        return None if given is None else given.value

    def _reading(self, node: p.ReadingNode, ent: Ent | None, when: When) -> Value:
        option = node.chosen(self.readings)
        formula = node.options[option]
        return option if formula is None else self.evaluate(formula, ent, when)

    def _cases(self, node: p.CasesNode, ent: Ent | None, when: When) -> Value:
        """One hit only, among rows whose condition holds and which no other hit overrides."""
        held = {row.name: self.evaluate(row.when, ent, when) for row in node.rows}
        sure = {name for name, value in held.items() if value is True}
        overridden = {o for row in node.rows if row.name in sure for o in row.overrides}
        live = [row for row in node.rows if held[row.name] is not False and row.name not in overridden]
        hits = [row for row in live if row.name in sure]
        values = [self._then(row, held[row.name], ent, when) for row in live]
        found = [value for row, value in zip(live, values, strict=True) if row in hits]
        if len(hits) > 1:
            settled = [value for value in found if not isinstance(value, Unknown)]
            if any(not unknown.same(settled[0], value) for value in settled[1:]):
                raise CaseError([
                    diagnostic("cases-conflict", node.info.span, name=node.info.label, rows=m.listed(r.label for r in hits))
                ])  # fmt: skip
        open_rows = [row for row in live if row.name not in sure]
        if not open_rows:
            return unknown.hull(unknown.NOTHING, found) if hits else self.evaluate(node.otherwise, ent, when)
        if not hits and not node.complete:
            values.append(self.evaluate(node.otherwise, ent, when))
        return unknown.hull(unknown.needs(held[row.name] for row in open_rows), values)

    def is_stipulated(self, ent: Ent, name: str) -> bool:
        """Whether a derived value was set from outside."""
        return FactRef(ent.kind, ent.id, name) in self.case.stipulated

    def _then(self, row: p.CaseRow, held: Value, ent: Ent | None, when: When) -> Value:
        """What a row gives; an error in one that may turn out not to hold is put off."""
        try:
            return self.evaluate(row.then, ent, when)
        except CaseError:
            if not isinstance(held, Unknown):
                raise
            return Unknown(held.needs)

    # --- references ---

    def follow(self, ent: Ent, reference: str) -> Ent | None:
        """What a reference points to; for a stand-in, another stand-in."""
        if ent.stand_in is not None and reference not in ent.refs:
            to = self.policy.entities[ent.kind].references[reference].to
            ent.refs[reference] = self.stand_in(to, ent.stand_in)
        return ent.refs.get(reference)

    def stand_in(self, kind: str, needs: FactRef) -> Ent:
        """A placeholder for an entity that is not known yet."""
        ent = Ent(kind, "?", None, stand_in=needs)
        for entity in self.policy.entities.values():
            for reference in entity.references.values():
                if reference.to == kind:
                    ent.inverses[reference.inverse] = []
                    ent.open[reference.inverse] = needs
        return ent


@dataclass(slots=True)
class _Scope:
    """What names mean inside one rule on one entity."""

    world: World
    ent: Ent | None
    when: When

    def _start(self, start: Ent | None, path: n.Path) -> Ent | None:
        if not path.refs and start is None and path.root != n.POLICY:
            return self.ent
        ent = start if start is not None else None if path.root == n.POLICY else self.ent
        for reference in path.refs:
            if ent is None:
                return None
            ent = self.world.follow(ent, reference)
        return ent

    def value(self, start: Ent | None, path: n.Path) -> Value:
        if path.plain and start is None and self.ent is not None:
            return self.world.value(self.ent, path.name, self.when)
        if path.name == n.AS_OF and path.root == n.OWN:
            return self._as_of()
        if path.root == n.POLICY:
            return self.world.value(None, path.name, self.when)
        ent = self._start(start, path)
        if ent is None:
            return ABSENT
        if path.name == n.SELF:
            return ent.id if ent.stand_in is None else Unknown(frozenset((ent.stand_in,)))
        if path.type.kind == "ref":
            target = self.world.follow(ent, path.name)
            if target is None:
                return ABSENT
            return target.id if target.stand_in is None else Unknown(frozenset((target.stand_in,)))
        return self.world.value(ent, path.name, self.when)

    def _as_of(self) -> Value:
        when = self.when
        return Unknown(frozenset()) if when is None else when

    def members(self, start: Ent | None, path: n.Path) -> Found:
        ent = self._start(start, path)
        if ent is None:
            return Found((), frozenset(), 0)
        most = 0
        needs: frozenset[FactRef] = frozenset()
        if path.name in ent.open:
            needs = frozenset((ent.open[path.name],))
            most = most_members(self.world.policy, ent.kind, path.name)
        return Found(ent.inverses.get(path.name, []), needs, most)

    def element(self, start: Ent | None, relation: n.Path) -> Ent:
        """A member that is not known yet: all that is known of it is what it belongs to."""
        ent = self._start(start, relation)
        assert ent is not None  # a relation of nothing is closed
        kind = relation.type.entity
        known = self.world.stand_ins.get((ent, relation.name))
        if known is not None:
            return known
        member = self.world.stand_ins[ent, relation.name] = self.world.stand_in(kind, ent.open[relation.name])
        for reference in self.world.policy.entities[kind].references.values():
            if reference.to == ent.kind and reference.inverse == relation.name:
                member.refs[reference.name] = ent
        return member
