"""What each entry of a policy becomes: the one place that turns sugar into nodes.

User expressions keep their own places. What the engine adds between them (`min(computed, cap)`) is
itself an expression of the language over named parts, so that it is typed, traced and explained like
everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from policyengine import model as m
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang.check import QUANTITY, check
from policyengine.lang.names import Binding, Universe, translated
from policyengine.lang.nodes import Compiled
from policyengine.lang.syntax import Expr, parse
from policyengine.lang.typing import MODE, describe
from policyengine.plan import (
    AllocateNode,
    CaseRow,
    CasesNode,
    Check,
    FactNode,
    FormulaNode,
    Info,
    Message,
    Node,
    ParamNode,
    Plan,
    RankNode,
    ReadingNode,
    Rule,
    ordered,
)  # fmt: skip
from policyengine.source import Source, Span
from policyengine.values import T_ANY, T_BOOL, T_COUNT, T_MONEY, T_RATE, Absent, Table, Tiers, Type

ROLES: Mapping[str, m.Label] = {
    "eligible": m.Label("符合{}条件", "{}: conditions met"),
    "qualifies": m.Label("符合{}本身的条件", "{}: own conditions met"),
    "base": m.Label("计算基数", "Base"),
    "base_rate": m.Label("补助比例", "Rate"),
    "points": m.Label("提高的百分点", "Added points"),
    "multiplier": m.Label("倍数", "Multiplier"),
    "rate": m.Label("适用补助比例", "Applicable rate"),
    "computed": m.Label("按标准计算的金额", "Computed amount"),
    "at_least": m.Label("最低金额", "Lower bound"),
    "cap": m.Label("上限", "Cap"),
    "capped": m.Label("封顶后的金额", "Amount after the cap"),
    "rounded": m.Label("取整后的金额", "Rounded amount"),
    "pay_from": m.Label("起付金额", "Smallest amount paid"),
    "round_to": m.Label("取整单位", "Rounding unit"),
    "round_mode": m.Label("取整方式", "Rounding mode"),
    "amount": m.Label("{}金额", "{}: amount"),
    "requires": m.Label("前提条件", "Prerequisite"),
    "rank": m.Label("排序位次", "Rank"),
    "keep": m.Label("可保留个数", "How many are kept"),
    "within": m.Label("未超过限额", "Within the limit"),
    "where": m.Label("计入范围", "Counted"),
    "of": m.Label("应得金额", "Amount asked for"),
    "limit": m.Label("限额", "Limit"),
    "total": m.Label("分配总额", "Total to share"),
    "weight": m.Label("分配权重", "Weight"),
    "key": m.Label("分组", "Group"),
    "by": m.Label("排序依据", "Order"),
    "option": m.Label("选定的项目", "Program chosen"),
    "test": m.Label("要求", "Requirement"),
    "unless": m.Label("例外", "Exception"),
    "when": m.Label("适用情形", "Case"),
}


Owner = m.Program | m.Limit | m.Allocation | m.Condition | m.Derived


def compile_policy(policy: m.Policy, broken: Iterable[str] = ()) -> tuple[Plan, list[Diagnostic]]:
    """The plan of one policy version, and everything wrong with names, types and cycles."""
    maker = _Maker(policy, set(broken))
    maker.run()
    nodes, cycles = ordered(maker.nodes)
    for cycle in cycles:
        info = maker.nodes[cycle[0]].info
        maker.found.append(diagnostic("cycle", info.span, cycle=" → ".join(cycle)))
    plan = Plan(policy, nodes, maker.universe, maker.checks, tuple(maker.rules))
    return plan, maker.found


def _close(name: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, list(known), 1, 0.6)), "")


@dataclass(slots=True)
class _Pending:
    """A node whose expression waits until all names are known."""

    info: Info
    expr: Expr
    expected: Type | None


@dataclass(slots=True)
class _Maker:
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
        return Universe(self.entities, self.shared, self._labels())

    def _labels(self) -> dict[str, str]:
        p = self.policy
        entries: list[m.Fact | m.Parameter | m.Derived] = [
            *p.facts.values(), *p.parameters.values(), *p.values.values(),
        ]  # fmt: skip
        return {entry.label.zh: entry.name for entry in entries}

    def run(self) -> None:
        p = self.policy
        self.references()
        for parameter in p.parameters.values():
            self.parameter(parameter)
        for fact in p.facts.values():
            info = self.info(fact.name, fact.entity, fact.type, fact.label, fact.cited, span=fact.span)
            nonzero = fact.low is not None and fact.low > 0
            self.put(FactNode(info, fact), nonzero)
        for interpretation in p.interpretations.values():
            self.interpretation(interpretation)
        for condition in p.conditions.values():
            self.condition(condition)
        for value in p.values.values():
            self.value(value)
        for program in p.programs.values():
            self.program(program)
        for limit in p.limits.values():
            self.limit(limit)
        for allocation in p.allocations.values():
            self.allocation(allocation)
        self.groups()
        self.flush()
        self.messages()

    # --- names ---

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
            self.found.append(diagnostic("unknown-entity", span, name=name, known="、".join(self.policy.entities)))

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
                    info.name, info.entity, compiled.type, info.label, info.cited, info.owner, info.role, info.span
                )
            self.nodes[info.name] = FormulaNode(info, compiled)
        self.pending.clear()

    def compiled(self, expr: Expr, entity: str, expected: Type | None) -> Compiled:
        compiled, found = check(expr, self.universe, entity, expected)
        self.found += found
        return compiled

    # --- entries ---

    def parameter(self, parameter: m.Parameter) -> None:
        info = self.info(
            parameter.name, "", parameter.type, parameter.label, parameter.cited, span=parameter.span
        )
        plain = [d.value for d in parameter.values if not isinstance(d.value, Tiers | Table | tuple | Absent)]
        self.put(ParamNode(info, parameter), bool(plain) and all(value != 0 for value in plain))

    def interpretation(self, i: m.Interpretation) -> None:
        info = self.info(i.name, i.entity, i.type, i.label, i.cited, span=i.span)
        if not self.declare(info):
            return
        if i.default not in i.options:
            self.found.append(diagnostic("unknown-default", i.span, name=i.default, options="、".join(i.options)))
        self.nodes[i.name] = ReadingNode(info, i, dict.fromkeys(i.options))

    def readings(self) -> None:
        """The formulas of interpretations, checked once all names are known."""
        for i in self.policy.interpretations.values():
            node = self.nodes.get(i.name)
            if isinstance(node, ReadingNode) and not i.switch:
                options = {
                    name: self.compiled(option.formula, i.entity, i.type) if option.formula else None
                    for name, option in i.options.items()
                }
                self.nodes[i.name] = ReadingNode(node.info, i, options)

    def condition(self, c: m.Condition) -> None:
        cited = c.cited
        info = self.info(c.name, c.entity, T_BOOL, c.label, cited, span=c.span)
        if c.test is None:
            return  # a group: its parts are known only when all conditions are
        if not c.unless:
            self.formula(info, c.test, T_BOOL)
            return
        names = [self.formula(self.part(c, "test", T_BOOL), c.test, T_BOOL)]
        names += self.exceptions(c, c.unless)
        self.glue(info, " or ".join(names))

    def exceptions(self, owner: m.Condition | m.Limit, unless: Iterable[m.Exception_]) -> list[str]:
        names = []
        for u in unless:
            name = f"{owner.name}.{u.name}"
            info = Info(name, owner.entity, T_BOOL, u.label, u.cited, owner.name, "unless", u.span)
            names.append(self.formula(info, u.when, T_BOOL))
        return names

    def groups(self) -> None:
        """Conditions without a test, as the *and* of the entries that are part of them."""
        parts: dict[str, list[str]] = {}
        for c in self.policy.conditions.values():
            if c.part_of:
                if c.part_of not in self.policy.conditions:
                    self.found.append(diagnostic("unknown-group", c.span, name=c.part_of, suggestion=_close(c.part_of, self.policy.conditions)))
                elif self.policy.conditions[c.part_of].test is not None:
                    self.found.append(diagnostic("group-with-test", c.span, name=c.part_of))
                elif self.policy.conditions[c.part_of].entity != c.entity:
                    self.found.append(diagnostic("group-of-another-entity", c.span, name=c.part_of, entity=c.entity))
                else:
                    parts.setdefault(c.part_of, []).append(c.name)
        for c in self.policy.conditions.values():
            if c.test is None:
                members = [name for name in parts.get(c.name, []) if name not in self.broken]
                if not members:
                    self.found.append(diagnostic("empty-group", c.span, name=c.name))
                info = self.info(c.name, c.entity, T_BOOL, c.label, c.cited, span=c.span)
                self.glue(info, " and ".join(members) if members else "true")

    def value(self, v: m.Derived) -> None:
        info = self.info(v.name, v.entity, v.type, v.label, v.cited, span=v.span)
        if v.formula is not None:
            self.formula(info, v.formula, v.type)
        elif self.declare(info):
            pass  # cases and choose need every name: see `tables`

    def tables(self) -> None:
        """`cases` and `choose`, checked once all names are known."""
        for v in self.policy.values.values():
            if v.formula is not None or v.name in self.nodes:
                continue
            info = self.info(v.name, v.entity, v.type, v.label, v.cited, span=v.span)
            if v.choose_by is not None:
                self.choose(v, info)
            elif v.otherwise is not None:
                rows = tuple(
                    CaseRow(
                        row.name, self.compiled(row.when, v.entity, T_BOOL), self.compiled(row.then, v.entity, v.type),
                        row.label, row.cited, row.overrides,
                    )
                    for row in v.rows
                )  # fmt: skip
                names = {row.name for row in rows}
                for row in v.rows:
                    for other in row.overrides:
                        if other not in names:
                            self.found.append(diagnostic("unknown-case", row.span, name=other, known="、".join(row.name for row in rows)))
                self.nodes[v.name] = CasesNode(info, rows, self.compiled(v.otherwise, v.entity, v.type))

    def choose(self, v: m.Derived, info: Info) -> None:
        assert v.choose_by is not None
        by = self.compiled(v.choose_by, v.entity, None)
        if by.type.kind not in ("enum", "any"):
            got, got_en = (describe(by.type, lang) for lang in ("zh", "en"))
            self.found.append(diagnostic("choose-by-enum", v.choose_by.span, got=got, got_en=got_en))
            return
        by_info = self.part(v, "option", by.type)
        if self.declare(by_info):
            self.nodes[by_info.name] = FormulaNode(by_info, by)
        rows = []
        for program in v.choose_among:
            p = self.policy.programs.get(program)
            if p is None or program not in by.type.options:
                known = "、".join(name for name in by.type.options if name in self.policy.programs)
                self.found.append(diagnostic("unknown-program", v.span, name=program, known=known))
                continue
            when = self.added(f"{v.name}.{program}", f"{by_info.name} == '{program}'", v.entity, T_BOOL)
            then = self.added(f"{v.name}.{program}", f"{program}.amount", v.entity, v.type)
            rows.append(CaseRow(program, when, then, p.label, p.cited, ()))
        otherwise = self.added(v.name, "0", v.entity, v.type)
        complete = not by.type.optional and {row.name for row in rows} == set(by.type.options)
        self.nodes[v.name] = CasesNode(info, tuple(rows), otherwise, complete)

    def added(self, name: str, text: str, entity: str, expected: Type) -> Compiled:
        expr, _ = parse(text, Source(f"({name})", text).span(0, len(text)))
        assert expr is not None
        return self.compiled(expr, entity, expected)

    def program(self, p: m.Program) -> None:
        needed = [
            self.formula(self.part(p, "requires", T_BOOL, i), expr, T_BOOL)
            for i, expr in enumerate(p.requires, 1)
        ]
        for c in p.conditions:
            self.condition(c)
        own = " and ".join(c.name for c in p.conditions)
        needed.append(self.glue(self.part(p, "qualifies", T_BOOL), own or "true"))
        self.glue(self.part(p, "eligible", T_BOOL), " and ".join(needed))
        if "amount" in p.parts:
            self.formula(self.part(p, "computed", T_MONEY), p.parts["amount"], T_MONEY)
        else:
            self.rate(p)
        for role in ("at_least", "cap", "pay_from", "round_to"):
            if role in p.parts:
                self.formula(self.part(p, role, T_MONEY), p.parts[role], T_MONEY)
        if "round_mode" in p.parts:
            self.formula(self.part(p, "round_mode", MODE), p.parts["round_mode"], MODE)
        self.amount(p)

    def rate(self, p: m.Program) -> None:
        self.formula(self.part(p, "base", T_MONEY), p.parts["base"], T_MONEY)
        base_rate = self.formula(self.part(p, "base_rate", T_RATE), p.parts["rate"], T_RATE)
        points = [
            self.formula(self.part(p, "points", Type("points"), i), expr, Type("points"))
            for i, expr in enumerate(p.add_points, 1)
        ]
        times = [
            self.formula(self.part(p, "multiplier", Type("number"), i), expr, Type("number"))
            for i, expr in enumerate(p.multiply, 1)
        ]
        added = " + ".join([base_rate, *points])
        product = " * ".join([f"({added})" if points and times else added, *times])
        self.glue(self.part(p, "rate", T_RATE), product)
        self.glue(self.part(p, "computed", T_MONEY), f"{p.name}.base * {p.name}.rate")

    def amount(self, p: m.Program) -> None:
        text = f"{p.name}.computed"
        if "at_least" in p.parts:
            text = f"max({text}, {p.name}.at_least)"
        if "cap" in p.parts:
            text = f"min({text}, {p.name}.cap)"
        if text != f"{p.name}.computed":
            self.glue(self.part(p, "capped", T_MONEY), text)
            text = f"{p.name}.capped"
        mode = f"{p.name}.round_mode" if "round_mode" in p.parts else "'half_up'"
        text = f"round_to({text}, {p.name}.round_to, {mode})"
        if "pay_from" in p.parts:
            self.glue(self.part(p, "rounded", T_MONEY), text)
            text = f"({p.name}.rounded if {p.name}.rounded >= {p.name}.pay_from else 0)"
        self.glue(self.part(p, "amount", T_MONEY), f"{text} if {p.name}.eligible else 0")

    def group(self, g: m.Limit | m.Allocation) -> tuple[tuple[str, ...], str]:
        """The keys and the `where` of a group rule, as nodes."""
        per = tuple(self.formula(self.part(g, "key", T_ANY, i), expr, None) for i, expr in enumerate(g.per, 1))
        if g.where is not None:
            where = self.formula(self.part(g, "where", T_BOOL), g.where, T_BOOL)
        else:
            where = self.glue(self.part(g, "where", T_BOOL), "true")
        return per, where

    def sort_keys(self, limit: m.Limit) -> tuple[tuple[str, bool], ...]:
        return tuple(
            (self.formula(self.part(limit, "by", T_ANY, i), key.value, None), key.descending)
            for i, key in enumerate(limit.by, 1)
        )

    def limit(self, limit: m.Limit) -> None:
        per, where = self.group(limit)
        by = self.sort_keys(limit)
        if limit.kind == "quota":
            assert limit.keep is not None
            self.formula(self.part(limit, "keep", T_COUNT), limit.keep, T_COUNT)
            rank = self.part(limit, "rank", T_COUNT)
            self.put(RankNode(rank, per, where, by))
            within = f"not {where} or {rank.name} <= {limit.name}.keep"
            info = self.info(limit.name, limit.entity, T_BOOL, limit.label, limit.cited, span=limit.span)
            names = [self.glue(self.part(limit, "within", T_BOOL), within)]
            names += self.exceptions(limit, limit.unless)
            self.glue(info, " or ".join(names))
            return
        assert limit.of is not None and limit.limit is not None
        self.formula(self.part(limit, "of", T_MONEY), limit.of, T_MONEY)
        self.formula(self.part(limit, "limit", T_MONEY), limit.limit, T_MONEY)
        if limit.round_to is not None:
            self.formula(self.part(limit, "round_to", T_MONEY), limit.round_to, T_MONEY)
        info = self.info(limit.name, limit.entity, T_MONEY, limit.label, limit.cited, span=limit.span)
        unit = f"{limit.name}.round_to" if limit.round_to is not None else ""
        self.put(
            AllocateNode(
                info, limit.method, per, where, by, f"{limit.name}.of", f"{limit.name}.limit", "", "", unit
            )
        )

    def allocation(self, a: m.Allocation) -> None:
        per, where = self.group(a)
        self.formula(self.part(a, "total", T_MONEY), a.total, T_MONEY)
        self.formula(self.part(a, "weight", T_ANY), a.weight, QUANTITY)
        self.formula(self.part(a, "round_to", T_MONEY), a.round_to, T_MONEY)
        info = self.info(a.name, a.entity, T_MONEY, a.label, a.cited, span=a.span)
        n = a.name
        self.put(
            AllocateNode(info, "shares", per, where, (), "", "", f"{n}.total", f"{n}.weight", f"{n}.round_to")
        )

    # --- messages ---

    def messages(self) -> None:
        """Everything that needs all names: readings, tables, failure messages, constraints."""
        self.readings()
        self.tables()
        p = self.policy
        checked: list[m.Condition | m.Limit] = [*p.conditions.values(), *p.limits.values()]
        for program in p.programs.values():
            checked += program.conditions
        for c in checked:
            if isinstance(c, m.Limit) and c.kind != "quota":
                continue
            zh = self.message(c.fail.zh, c.entity, c.span) if c.fail else None
            en = self.message(c.fail("en"), c.entity, c.span) if c.fail else None
            self.checks[c.name] = Check(c.name, c.label, c.cited, zh, en)
        for k in p.constraints.values():
            test = self.compiled(k.test, k.entity, T_BOOL)
            zh_text, en_text = (self.message(k.fail(lang), k.entity, k.span) for lang in ("zh", "en"))
            self.rules.append(Rule(k, test, zh_text, en_text))

    def message(self, template: str, entity: str, span: Span) -> Message:
        parts: list[str | Compiled] = []
        for i, piece in enumerate(re.split(r"\{([^{}]*)\}", template)):
            if i % 2 == 0:
                if piece:
                    parts.append(piece)
                continue
            expr, found = parse(piece, span, exact=False)
            self.found += translated(found, self._labels())
            if expr is not None:
                parts.append(self.compiled(expr, entity, None))
        return Message(tuple(parts))
