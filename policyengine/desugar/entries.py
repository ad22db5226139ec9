"""Parameters, interpretations, conditions and values as nodes."""

from __future__ import annotations

from collections.abc import Iterable

from policyengine import exact
from policyengine import model as m
from policyengine.desugar.maker import Maker
from policyengine.diagnostics import diagnostic
from policyengine.lang.typing import describe
from policyengine.nearest import meant, nearest
from policyengine.plan import CaseRow, CasesNode, FormulaNode, Info, ParamNode, ReadingNode
from policyengine.values import T_BOOL, Absent, Known, Table, Tiers


def parameter(mk: Maker, entry: m.Parameter) -> None:
    info = mk.info(entry.name, "", entry.type, entry.label, entry.cited, span=entry.span)
    amounts = [amount for dated in entry.values for amount in _amounts(dated.value)]
    mk.put(ParamNode(info, entry), bool(amounts) and all(amount != 0 for amount in amounts))


def _amounts(value: Known) -> tuple[Known, ...]:
    """What reading a parameter may give: itself, or any row or cell of a table."""
    match value:
        case Tiers():
            return tuple(row.value for row in value.rows)
        case Table():
            return tuple(cell for _, cell in value.cells)
        case tuple() | Absent():
            return (exact.ZERO,)  # no divisor at all, so nothing that is surely not 0
    return (value,)


def interpretation(mk: Maker, i: m.Interpretation) -> None:
    info = mk.info(i.name, i.entity, i.type, i.label, i.cited, span=i.span)
    if not mk.declare(info):
        return
    if i.default not in i.options:
        mk.found.append(
            diagnostic("unknown-default", i.default_span, name=i.default, options="、".join(i.options))
        )
    mk.nodes[i.name] = ReadingNode(info, i, dict.fromkeys(i.options))


def readings(mk: Maker) -> None:
    """The formulas of interpretations, checked once all names are known."""
    for i in mk.policy.interpretations.values():
        node = mk.nodes.get(i.name)
        if isinstance(node, ReadingNode) and not i.switch:
            options = {
                name: mk.compiled(option.formula, i.entity, i.type) if option.formula else None
                for name, option in i.options.items()
            }
            mk.nodes[i.name] = ReadingNode(node.info, i, options)


def condition(mk: Maker, c: m.Condition) -> None:
    cited = c.cited
    info = mk.info(c.name, c.entity, T_BOOL, c.label, cited, span=c.span)
    if c.test is None:
        return  # a group: its parts are known only when all conditions are
    if not c.unless:
        mk.formula(info, c.test, T_BOOL)
        return
    names = [mk.formula(mk.part(c, "test", T_BOOL), c.test, T_BOOL)]
    names += exceptions(mk, c, c.unless)
    mk.glue(info, " or ".join(names))


def exceptions(mk: Maker, owner: m.Condition | m.Limit, unless: Iterable[m.Exception_]) -> list[str]:
    names = []
    for u in unless:
        name = f"{owner.name}.{u.name}"
        info = Info(name, owner.entity, T_BOOL, u.label, u.cited, owner.name, "unless", u.span)
        names.append(mk.formula(info, u.when, T_BOOL))
    return names


def groups(mk: Maker) -> None:
    """Conditions without a test, as the *and* of the entries that are part of them."""
    parts: dict[str, list[str]] = {}
    for c in mk.policy.conditions.values():
        if c.part_of:
            if c.part_of not in mk.policy.conditions:
                mk.found.append(
                    diagnostic(
                        "unknown-group",
                        c.span,
                        name=c.part_of,
                        **meant(nearest(c.part_of, mk.policy.conditions, 60)),
                    )
                )
            elif mk.policy.conditions[c.part_of].test is not None:
                mk.found.append(diagnostic("group-with-test", c.span, name=c.part_of))
            elif mk.policy.conditions[c.part_of].entity != c.entity:
                mk.found.append(
                    diagnostic("group-of-another-entity", c.span, name=c.part_of, entity=c.entity)
                )
            else:
                parts.setdefault(c.part_of, []).append(c.name)
    for c in mk.policy.conditions.values():
        if c.test is None:
            members = [name for name in parts.get(c.name, []) if name not in mk.broken]
            if not members:
                mk.found.append(diagnostic("empty-group", c.span, name=c.name))
            info = mk.info(c.name, c.entity, T_BOOL, c.label, c.cited, span=c.span)
            mk.glue(info, " and ".join(members) if members else "true")


def value(mk: Maker, v: m.Derived) -> None:
    info = mk.info(v.name, v.entity, v.type, v.label, v.cited, span=v.span)
    if v.formula is not None:
        mk.formula(info, v.formula, v.type)
    elif mk.declare(info):
        pass  # cases and choose need every name: see `tables`


def tables(mk: Maker) -> None:
    """`cases` and `choose`, checked once all names are known."""
    for v in mk.policy.values.values():
        if v.formula is not None or v.name in mk.nodes:
            continue
        info = mk.info(v.name, v.entity, v.type, v.label, v.cited, span=v.span)
        if v.choose_by is not None:
            choose(mk, v, info)
        elif v.otherwise is not None:
            rows = tuple(
                CaseRow(
                    row.name, mk.compiled(row.when, v.entity, T_BOOL), mk.compiled(row.then, v.entity, v.type),
                    row.label, row.cited, row.overrides,
                )
                for row in v.rows
            )  # fmt: skip
            names = {row.name for row in rows}
            for row in v.rows:
                for other in row.overrides:
                    if other not in names:
                        mk.found.append(
                            diagnostic(
                                "unknown-case",
                                row.span,
                                name=other,
                                known="、".join(row.name for row in rows),
                            )
                        )
            mk.nodes[v.name] = CasesNode(info, rows, mk.compiled(v.otherwise, v.entity, v.type))


def choose(mk: Maker, v: m.Derived, info: Info) -> None:
    assert v.choose_by is not None
    by = mk.compiled(v.choose_by, v.entity, None)
    if by.type.kind not in ("enum", "any"):
        got, got_en = (describe(by.type, lang) for lang in ("zh", "en"))
        mk.found.append(diagnostic("choose-by-enum", v.choose_by.span, got=got, got_en=got_en))
        return
    by_info = mk.part(v, "option", by.type)
    if mk.declare(by_info):
        mk.nodes[by_info.name] = FormulaNode(by_info, by)
    rows = []
    for program in v.choose_among:
        p = mk.policy.programs.get(program)
        if p is None or program not in by.type.options:
            known = "、".join(name for name in by.type.options if name in mk.policy.programs)
            mk.found.append(diagnostic("unknown-program", v.span, name=program, known=known))
            continue
        when = mk.added(f"{v.name}.{program}", f"{by_info.name} == '{program}'", v.entity, T_BOOL)
        then = mk.added(f"{v.name}.{program}", f"{program}.amount", v.entity, v.type)
        rows.append(CaseRow(program, when, then, p.label, p.cited, ()))
    otherwise = mk.added(v.name, "0", v.entity, v.type)
    complete = not by.type.optional and {row.name for row in rows} == set(by.type.options)
    mk.nodes[v.name] = CasesNode(info, tuple(rows), otherwise, complete)
