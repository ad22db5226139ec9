"""What names mean in columns: facts, parameters, formulas, tables of cases, readings, by version and by date.

Every value of the policy that is asked for becomes a column (with its masks) of the frame of its entity, once.
Values of an undated entity are computed where it is looked at from, since they may depend on the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from policyengine import model as m
from policyengine import plan as p
from policyengine.columns import aggregates, cases, functions, logic, tables, windows
from policyengine.columns.dialect import Dialect
from policyengine.columns.domain import (
    FALSE,
    TRUE,
    Col,
    Day,
    Fixed,
    NotExact,
    Truth,
    Word,
    both,
    either,
)
from policyengine.columns.facts import StagedFact
from policyengine.columns.frames import ALONG, Frame, alias_of, mapped, parts, read_from, store
from policyengine.columns.interpret import Bound, Interpreter
from policyengine.columns.numbers import Arithmetic, Wholes
from policyengine.columns.scope import Scope
from policyengine.columns.versions import alike
from policyengine.instances import Plans
from policyengine.lang import nodes as n
from policyengine.values import Type

Versions = list[tuple[date | None, p.Node | None]]


@dataclass(slots=True)
class Names:
    """The names of a policy under chosen readings.

    `full`: staged columns without a blank (`project.cost`). `single`: references by which nothing is referred to
    twice (`project.applicant`), so that a group by them is one row. `empty`: kinds of which there is no row.
    """

    plans: Plans
    readings: Mapping[str, str]
    dialect: Dialect
    full: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    frames: dict[str, Frame] = field(default_factory=dict)
    num: Arithmetic = field(init=False)
    run: Interpreter = field(init=False)
    scalar: dict[str, str] = field(default_factory=dict)
    cohort: set[str] = field(default_factory=set)
    _values: dict[tuple[str, tuple[str, ...], str], Col] = field(default_factory=dict)
    _dated: dict[str, bool] = field(default_factory=dict)
    _own: dict[str, Scope] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.num = Arithmetic(Wholes(self.dialect))
        self.run = Interpreter(self)

    @property
    def policy(self) -> m.Policy:
        return self.plans.policy

    # --- scopes ---

    def frame(self, kind: str) -> Frame:
        if kind not in self.frames:
            self.frames[kind] = Frame(kind)
            self.frames[kind].base("id", f'{alias_of(())}."id"')
        return self.frames[kind]

    def own(self, kind: str) -> Scope:
        """The rows of a kind, each seen from its own day."""
        if kind not in self._own:
            self._own[kind] = self._seen_by_itself(kind)
        return self._own[kind]

    def _seen_by_itself(self, kind: str) -> Scope:
        scope = Scope(self.frame(kind), (), kind, None)
        dated_by = self.policy.entities[kind].dated_by
        if not dated_by:
            return scope
        if dated_by in self.policy.entities[kind].references:
            to = self.follow(scope, dated_by)
            day = self.read(to, self.policy.entities[to.kind].dated_by)
        else:
            day = self.fact(scope, self.policy.facts[dated_by])
        assert isinstance(day, Day)
        return replace(scope, day=day)

    def follow(self, scope: Scope, reference: str) -> Scope:
        to = self.policy.entities[scope.kind].references[reference].to
        return replace(scope, path=(*scope.path, reference), kind=to)

    def is_dated(self, kind: str) -> bool:
        return bool(self.policy.entities[kind].dated_by)

    def hold(self, scope: Scope, col: Col) -> Col:
        if scope.alias or isinstance(col, Fixed):
            return col
        return store(scope.frame, self.num, "part", col)

    # --- paths ---

    def path(self, node: n.Path, scope: Scope, bound: Bound) -> Col:
        if node.name == n.AS_OF and node.root == n.OWN:
            if scope.day is None:
                raise NotExact("没有日期的对象用到申报日期 / an entity without a day reads as_of")
            return scope.day
        if node.root == n.POLICY:
            return self.shared(node.name, scope)
        start = self.start(node.root, scope, bound)
        for reference in node.refs:
            start = self.follow(start, reference)
        if node.name == n.SELF:
            return self.identity(start)
        if node.type.kind == "ref":
            return self.identity(self.follow(start, node.name))
        return self.read(start, node.name)

    def start(self, root: str, scope: Scope, bound: Bound) -> Scope:
        return scope if root == n.OWN else bound[root]

    def identity(self, scope: Scope) -> Word:
        """The id of the entity at a scope."""
        if not scope.path:
            word = Word('"id"')
            return word if not scope.alias else Word(f'{scope.alias}."id"')
        *before, last = scope.path
        holder = Scope(scope.frame, (), scope.frame.name, scope.day, scope.alias)
        for reference in before:
            holder = self.follow(holder, reference)
        cut = self._dated_cut(holder)
        if cut is not None:
            found = self._imported(cut[0], cut[1], lambda inner: self.identity(self.follow(inner, last)))
        else:
            found = self._base_reference(replace(holder, alias=""), last)
        assert isinstance(found, Word)
        aliased = read_from(found, scope.alias) if scope.alias and cut is None else found
        assert isinstance(aliased, Word)
        return aliased

    def _base_reference(self, scope: Scope, reference: str) -> Word:
        alias, missing = self._row(scope)
        entity = self.policy.entities[scope.kind].references[reference]
        sql = f'{alias}."{reference}"'
        none = f"({sql} IS NULL)" if entity.optional or missing != FALSE else FALSE
        name, level = scope.name(reference), ALONG if scope.path else 0
        shown = scope.frame.base(name, f"COALESCE({sql}, '')" if none != FALSE else sql, level)
        return Word(shown, none=scope.frame.base(f"{name}__none", none, level) if none != FALSE else FALSE)

    def _row(self, scope: Scope) -> tuple[str, str]:
        """The alias of the staged row at a scope, and when there is none (along optional references)."""
        alias, missing, kind = alias_of(()), FALSE, scope.frame.name
        at = Scope(scope.frame, (), kind, None)
        for i, reference in enumerate(scope.path):
            entity = self.policy.entities[kind].references[reference]
            if i == 0:
                missing = either(missing, self._base_reference(at, reference).none)
            elif entity.optional or missing != FALSE:
                missing = either(missing, f'({alias}."{reference}" IS NULL)')
            kind, alias = entity.to, alias_of(scope.path[: i + 1])
            scope.frame.refs[scope.path[: i + 1]] = kind
        return alias, missing

    def _dated_cut(self, scope: Scope) -> tuple[Scope, tuple[str, ...]] | None:
        """Where a path leads through a dated entity, whose values are columns of its own frame: the scope of the
        last one, and the rest of the path."""
        at, cut = Scope(scope.frame, (), scope.frame.name, scope.day, scope.alias), None
        for i, reference in enumerate(scope.path):
            at = self.follow(at, reference)
            if self.is_dated(at.kind):
                cut = (at, scope.path[i + 1 :])
        return cut

    def _imported(self, at: Scope, rest: tuple[str, ...], read: Callable[[Scope], Col]) -> Col:
        """A value of another dated entity, joined into the frame that looks at it."""
        inner = self.own(at.kind)
        for reference in rest:
            inner = self.follow(inner, reference)
        value = read(inner)
        key = self.identity(replace(at, alias=""))
        there = self.own(at.kind).frame
        wanted = [(sql, missing) for sql, missing in parts(value) if sql.startswith('"')]
        optional = key.none != FALSE
        outputs = {
            at.name(sql.strip('"')): (f"e.{sql}", missing if optional else "") for sql, missing in wanted
        }
        found = at.frame.join({"e": there}, "", ('e."id"',), (key.sql,), outputs, grouped=False)
        change = dict(zip((sql for sql, _ in wanted), found.values(), strict=True))
        value = mapped(value, change)
        if optional and not isinstance(value, Truth | Fixed):
            value = replace(value, known=either(key.none, value.known), none=either(key.none, value.none))
        elif optional and isinstance(value, Truth):
            value = Truth(value.yes, value.no_, either(value.fault, key.none))
        return read_from(value, at.alias) if at.alias else value

    # --- values ---

    def read(self, scope: Scope, name: str) -> Col:
        """A value of an entity, as columns of the frame that looks at it."""
        cut = self._dated_cut(scope)
        if cut is not None:
            return self._imported(cut[0], cut[1], lambda inner: self.read(inner, name))
        if not scope.alias:
            return self._kept(scope, name)
        home = self.own(scope.frame.name)
        if not self.is_dated(scope.frame.name) and self.depends_on_day(scope.kind, name):
            return self._compute(scope, name)
        return read_from(self._kept(replace(home, path=scope.path, kind=scope.kind), name), scope.alias)

    def _kept(self, scope: Scope, name: str) -> Col:
        key = (scope.frame.name, scope.path, name)
        if key not in self._values:
            value = self._compute(scope, name)
            self._values[key] = value
        return self._values[key]

    def _compute(self, scope: Scope, name: str) -> Col:
        versions = self.versions(name, scope.day)
        type_ = next(node.info.type for _, node in versions if node is not None)
        try:
            value = self._by_version(versions, scope)
        except NotExact as why:
            self.scalar.setdefault(name, str(why))
            value = self.lost(type_)
        if scope.alias or isinstance(versions[-1][1], p.FactNode):
            return value
        return store(scope.frame, self.num, scope.name(name), value, self.comment(name))

    def comment(self, name: str) -> str:
        """Label and clauses of a value, for the reader of the query."""
        node = next(plan.nodes[name] for _, plan in reversed(self.plans.versions) if name in plan.nodes)
        info = node.info
        return " ".join(
            [info.label.zh, *([f"〔{'、'.join(info.cited.cites)}〕"] if info.cited.cites else [])]
        )

    def lost(self, type_: Type) -> Col:
        """A value that columns do not know."""
        if type_.kind == "bool":
            return Truth(FALSE, FALSE, TRUE)
        if type_.kind == "date":
            return Day(self.dialect.day(tables.FIRST_DAY), tables.FIRST_DAY, tables.FIRST_DAY, FALSE, TRUE)
        if type_.quantity:
            return replace(self.num.const(Fraction(0)), known=FALSE, fault=TRUE)
        return Word("''", FALSE, TRUE)

    def versions(self, name: str, day: Day | None) -> Versions:
        """The definitions of a name, oldest first, equal neighbours taken together."""
        found: Versions = []
        for start, plan in self.plans.versions if day is not None else self.plans.versions[-1:]:
            node = plan.nodes.get(name)
            if not found or not alike(found[-1][1], node):
                found.append((start, node))
        if all(node is None for _, node in found):  # only earlier versions know it, and no row reads it there
            last = [plan.nodes[name] for _, plan in self.plans.versions if name in plan.nodes][-1]
            return [(None, last)]
        return found

    def _by_version(self, versions: Versions, scope: Scope) -> Col:
        found = [(start, self._node(node, scope)) for start, node in versions if node is not None]
        return self.dated(found, scope)

    def dated(self, found: list[tuple[date | None, Col]], scope: Scope) -> Col:
        """The value that holds on the day of each row."""
        (_, result), *later = found
        if not later:
            return result
        day = scope.day
        assert day is not None
        if isinstance(result, Fixed):
            versions = list(result.versions)
            for start, value in later:
                assert isinstance(value, Fixed) and start is not None
                versions += [(self.since(day, start), each) for _, each in value.versions]
            return Fixed(tuple(versions), day.known, day.fault)
        for start, value in later:
            assert start is not None
            result = logic.chosen(self.num, Truth(self.since(day, start)), value, result)
        if isinstance(result, Truth):
            if day.known == TRUE:
                return result
            return Truth(both(day.known, result.yes), both(day.known, result.no), result.fault)
        return replace(result, known=both(day.known, result.known), fault=either(day.fault, result.fault))

    def since(self, day: Day, start: date) -> str:
        return f"({day.sql} >= {self.dialect.day(start)})"

    def _node(self, node: p.Node, scope: Scope) -> Col:
        match node:
            case p.ParamNode():
                return self._parameter(node, scope)
            case p.FactNode():
                return self.fact(scope, self.policy.facts.get(node.fact.name, node.fact))
            case p.FormulaNode():
                return self.run.run(node.formula.node, scope, {})
            case p.CasesNode():
                return cases.cases(self, node, scope)
            case p.ReadingNode():
                option = node.chosen(self.readings)
                formula = node.options[option]
                return (
                    functions.constant(self.num, option)
                    if formula is None
                    else self.run.run(formula.node, scope, {})
                )
            case p.RankNode() | p.AllocateNode():
                return windows.group(self, node, scope)

    def shared(self, name: str, scope: Scope) -> Col:
        """A parameter or a value of the policy as a whole, on the day of the scope."""
        try:
            value = self._by_version(self.versions(name, scope.day), scope)
        except NotExact as why:
            self.scalar.setdefault(name, str(why))
            return self.lost(self.plans.last.nodes[name].info.type)
        return value if scope.alias else store(scope.frame, self.num, name, value, self.comment(name))

    def _parameter(self, node: p.ParamNode, scope: Scope) -> Col:
        values = node.parameter.values
        if scope.day is None or len(values) == 1:
            return functions.constant(self.num, values[-1].value)
        return self.dated(
            [(dated.start, functions.constant(self.num, dated.value)) for dated in values], scope
        )

    # --- facts ---

    def fact(self, scope: Scope, fact: m.Fact) -> Col:
        """A fact of the entity at a scope, from its staged row."""
        if self.is_dated(scope.kind) and scope.path:
            return self.read(scope, fact.name)
        assumed = {v.facts[fact.name].assume for _, v in self._policies() if fact.name in v.facts}
        if len(assumed) > 1:
            raise NotExact("各版本假定的不一样 / versions assume different values")
        plain = replace(scope, alias="")
        alias, missing = self._row(plain)
        value = StagedFact(self, plain, fact, alias, missing).value()
        return read_from(value, scope.alias) if scope.alias else value

    def _policies(self) -> list[tuple[date | None, m.Policy]]:
        return [(start, plan.policy) for start, plan in self.plans.versions]

    def closed(self, scope: Scope, relation: str) -> str:
        """Whether all members of a relation are listed."""
        if f"{scope.kind}.{relation}__closed" in self.full:
            return TRUE
        cut = self._dated_cut(scope)
        if cut is not None:
            value = self._imported(cut[0], cut[1], lambda inner: Truth(self.closed(inner, relation)))
            assert isinstance(value, Truth)
            return value.yes
        alias, missing = self._row(replace(scope, alias=""))
        sql = either(missing, f'COALESCE({alias}."{relation}__closed", FALSE)')
        return scope.frame.base(scope.name(f"{relation}__closed"), sql, ALONG if scope.path else 0)

    # --- what depends on the day ---

    def aggregate(self, node: n.Aggregate, scope: Scope, bound: Bound) -> Col:
        return aggregates.aggregate(self, node, scope, bound)

    def depends_on_day(self, kind: str, name: str) -> bool:
        """Whether a value of an undated entity (or of the policy) may differ by the day it is seen from."""
        if name not in self._dated:
            self._dated[name] = False  # a cycle would have been refused
            nodes = [plan.nodes[name] for _, plan in self.plans.versions if name in plan.nodes]
            self._dated[name] = len(nodes) != len(self.plans.versions) or any(
                not alike(nodes[0], node) or self._reads_day(node) for node in nodes
            )
        return self._dated[name]

    def _reads_day(self, node: p.Node) -> bool:
        if isinstance(node, p.ParamNode):
            return len(node.parameter.values) > 1
        if isinstance(node, p.RankNode | p.AllocateNode):
            return not self.is_dated(node.info.entity)
        for path in self._read_paths(node):
            if path.name == n.AS_OF and path.root == n.OWN:
                return True
            if path.relation or path.type.kind == "ref" or path.name == n.SELF:
                continue
            if (not path.entity or not self.is_dated(path.entity)) and self.depends_on_day(
                path.entity, path.name
            ):
                return True
        return False

    def _read_paths(self, node: p.Node) -> Iterator[n.Path]:
        if isinstance(node, p.ReadingNode):
            option = node.options[node.chosen(self.readings)]
            yield from () if option is None else n.paths(option.node)
        else:
            for compiled in p.expressions(node):
                yield from n.paths(compiled.node)
