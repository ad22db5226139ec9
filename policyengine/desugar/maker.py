"""The workshop of desugaring: names made known, expressions checked once all names are.

A `Maker` belongs to one compilation of one policy. The modules beside it turn entries into calls of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from policyengine import model as m
from policyengine.desugar.roles import ROLES
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang.check import check
from policyengine.lang.names import Binding, Universe
from policyengine.lang.nodes import Compiled
from policyengine.lang.syntax import Expr, parse
from policyengine.plan import Check, FormulaNode, Info, Node, Rule
from policyengine.source import Source, Span
from policyengine.values import T_ANY, Type

Owner = m.Program | m.Limit | m.Allocation | m.Condition | m.Derived


@dataclass(slots=True)
class _Pending:
    """A node whose expression waits until all names are known."""

    info: Info
    expr: Expr
    expected: Type | None


@dataclass(slots=True)
class Maker:
    policy: m.Policy
    broken: set[str]
    found: list[Diagnostic] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    entities: dict[str, dict[str, Binding]] = field(default_factory=dict)
    shared: dict[str, Binding] = field(default_factory=dict)
    pending: list[_Pending] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)

    @property
    def universe(self) -> Universe:
        return Universe(self.entities, self.shared, self.labels())

    def labels(self) -> dict[str, str]:
        p = self.policy
        entries: list[m.Fact | m.Parameter | m.Derived] = [
            *p.facts.values(), *p.parameters.values(), *p.values.values(),
        ]  # fmt: skip
        return {entry.label.zh: entry.name for entry in entries}

    def references(self) -> None:
        for entity in self.policy.entities.values():
            names = self.entities.setdefault(entity.name, {})
            for reference in entity.references.values():
                if reference.to not in self.policy.entities:
                    self.no_entity(reference.to, reference.span)
                    self.shared[reference.name] = Binding("value", T_ANY, nonzero=True)
                    continue
                target = Type("ref", entity=reference.to, optional=reference.optional)
                names[reference.name] = Binding("reference", target, reference.to)
                there = self.entities.setdefault(reference.to, {})
                if reference.inverse in there:
                    self.found.append(diagnostic("duplicate-id", reference.span, name=reference.inverse))
                there[reference.inverse] = Binding("relation", Type("ref", entity=entity.name), entity.name)
        for name in self.broken:
            self.shared[name] = Binding("value", T_ANY, nonzero=True)

    def info(
        self, name: str, entity: str, type_: Type, label: m.Label, cited: m.Cited, owner: str = "", role: str = "",
        span: Span | None = None,
    ) -> Info:  # fmt: skip
        return Info(name, entity, type_, label, cited, owner or name, role, span)

    def part(self, owner: Owner, role: str, type_: Type, number: int = 0) -> Info:
        """The info of a part of an entry: `equipment.rate`."""
        suffix = f"{role}_{number}" if number else role
        words = ROLES[role]
        label = m.Label(words.zh.format(owner.label.zh), words.en.format(owner.label("en")))
        return Info(
            f"{owner.name}.{suffix}", owner.entity, type_, label, owner.cited, owner.name, role, owner.span
        )

    def declare(self, info: Info, nonzero: bool = False) -> bool:
        """Make a name known; False (and a diagnostic) where it is taken or its entity is not there."""
        if info.entity and info.entity not in self.policy.entities:
            self.no_entity(info.entity, info.span)
            self.shared[info.name] = Binding("value", T_ANY, nonzero=True)
            return False
        first = self.spans.get(info.name)
        if first is not None:
            related = (("第一次在这里", "first here"), first)
            self.found.append(diagnostic("duplicate-id", info.span, related, name=info.name))
            return False
        if info.span is not None:
            self.spans[info.name] = info.span
        names = self.entities.setdefault(info.entity, {}) if info.entity else self.shared
        if info.name in names and names[info.name].kind != "value":
            return False  # a reference or relation of that name: said by `sections.py`
        names[info.name] = Binding("value", info.type, nonzero=nonzero)
        return True

    def no_entity(self, name: str, span: Span | None) -> None:
        if name not in self.broken:
            self.found.append(
                diagnostic("unknown-entity", span, name=name, known="、".join(self.policy.entities))
            )

    def put(self, node: Node, nonzero: bool = False) -> None:
        if self.declare(node.info, nonzero):
            self.nodes[node.info.name] = node

    def formula(self, info: Info, expr: Expr, expected: Type | None) -> str:
        """Declare a name whose expression is checked once all names are known."""
        if self.declare(info):
            self.pending.append(_Pending(info, expr, expected))
        return info.name

    def glue(self, info: Info, text: str) -> str:
        """An expression that the engine adds between named parts."""
        source = Source(f"({info.name})", text)
        expr, found = parse(text, source.span(0, len(text)), roomy=True)
        assert expr is not None, found
        return self.formula(info, expr, info.type)

    def flush(self) -> None:
        for item in self.pending:
            compiled = self.compiled(item.expr, item.info.entity, item.expected)
            info = item.info
            if info.type.kind == "any":
                info = Info(
                    info.name,
                    info.entity,
                    compiled.type,
                    info.label,
                    info.cited,
                    info.owner,
                    info.role,
                    info.span,
                )
            self.nodes[info.name] = FormulaNode(info, compiled)
        self.pending.clear()

    def compiled(self, expr: Expr, entity: str, expected: Type | None) -> Compiled:
        compiled, found = check(expr, self.universe, entity, expected)
        self.found += found
        return compiled

    def added(self, name: str, text: str, entity: str, expected: Type) -> Compiled:
        expr, _ = parse(text, Source(f"({name})", text).span(0, len(text)))
        assert expr is not None
        return self.compiled(expr, entity, expected)
