"""核查提示: what a person should look at in a decided batch, found from the shape of the policy and not from its words.

A threshold is a comparison of money with numbers of the document; a share is a comparison with a product of a sum and
a rate; what is counted by firm and year are the keys of the policy's ranks; a bonus is a point that a program adds.
Each finding names its rows and its clause. Nothing here changes an answer. One pass over the rows for each kind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import clauses, trace
from policyengine import plan as p
from policyengine.diagnostics import Lang
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.lang.nodes import Compiled
from policyengine.model import Cited, Label
from policyengine.tables.batch import Batch, Done
from policyengine.tables.pages import Column, Page
from policyengine.trace import Read
from policyengine.values import Unknown
from policyengine.world import World

CLOSE = Fraction(1, 100)  # above a threshold, and beside a share: within one per cent, within one point
_NOTHING = Cited()
_NUMBERED = re.compile(
    "(发票|项目|合同|备案|核准|立项|订单|凭证).*(号|代码|编码|号码)$|invoice.*(no|number)", re.I
)
_SEVERAL = re.compile(r"[\s、,，;；/]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at: of what kind, in words, by which clause, in which rows (the sheet's title, row, id)."""

    code: str
    label: Label
    cited: Cited
    rows: tuple[tuple[str, int, str], ...]


def findings(batch: Batch) -> tuple[Finding, ...]:
    """All findings of a batch, of rows that were decided in its world and of rows set aside."""
    world = batch.decided.world
    members = world.entities[world.plans.last.application.entity]
    done = [
        (item, members[item.decision.subject.id])
        for item in batch.done
        if item.decision.subject.id in members
    ]
    return (
        *_together(world, done), *_same_number(batch.done), *_close(world, done), *_bonus(world, done), *_differ(batch),
        *([not_looked_at(batch.by_columns)] if batch.by_columns else []),
    )  # fmt: skip


def not_looked_at(number: int) -> Finding:
    """Said where applications were decided by column: their facts are not at hand."""
    label = Label(
        f"按列认定的{number}件没有看门槛、加分和同一企业的其它项目；要看就加 --engine scalar",
        f"of {number} decided by column no thresholds, bonuses and other projects of a firm were looked at; use --engine scalar",
    )
    return Finding("by-column", label, _NOTHING, ())


Pairs = list[tuple[Done, Ent]]


def _row(done: Done) -> tuple[str, int, str]:
    return done.part.placed.sheet.title, done.row.number, done.decision.subject.id


# --- several of one firm in a year ---


def _together(world: World, done: Pairs) -> Iterator[Finding]:
    """Applications that a rank of the policy holds against each other."""
    plan = world.plans.last
    ranks = [
        node
        for node in plan.nodes.values()
        if isinstance(node, p.RankNode) and node.info.entity == plan.application.entity
    ]
    fewest = min((len(node.per) for node in ranks), default=0)
    for node in (node for node in ranks if len(node.per) == fewest):
        same = [_named(plan, key, node.info.entity) for key in node.per]
        groups: dict[tuple[object, ...], list[Done]] = defaultdict(list)
        for item, ent in done:
            if node.info.name in world.plan(world.when(ent)).nodes:
                keys = tuple(world.value(ent, key) for key in node.per)
                if not any(isinstance(key, Unknown) for key in keys):
                    groups[keys].append(item)
        for members in groups.values():
            if len(members) > 1:
                yield Finding(
                    "several-in-a-group",
                    Label(
                        f"{'、'.join(label.zh for label in same)}相同的有{len(members)}件，要排先后、看个数",
                        f"{len(members)} of the same {', '.join(label('en') for label in same)}: their order and number matter",
                    ),
                    node.info.cited,
                    tuple(map(_row, members)),
                )


def _named(plan: p.Plan, key: str, entity: str) -> Label:
    """What the key of a group is called: that of which it is the value, where it is only that."""
    node = plan.nodes[key]
    path = node.formula.node if isinstance(node, p.FormulaNode) else None
    return plan.label(path.name, entity) if isinstance(path, n.Path) and not path.refs else node.info.label


# --- one document twice ---


def _same_number(done: Iterable[Done]) -> Iterator[Finding]:
    """Numbers of documents that stand in several rows, in columns that the policy does not ask for."""
    seen: dict[tuple[str, str], dict[tuple[str, int, str], None]] = defaultdict(dict)
    for item in done:
        for column in item.part.layout.columns:
            if column.target.use == "carried" and _NUMBERED.search(column.header):
                cell = item.row.cells.get(column.index)
                for number in _SEVERAL.split(cell.text) if cell else ():
                    if number:
                        seen[column.header, number][_row(item)] = None
    for (header, number), rows in seen.items():
        if len(rows) > 1:
            words = Label(
                f"“{header}”{number}在{len(rows)}行里都有", f"“{header}” {number} stands in {len(rows)} rows"
            )
            yield Finding("same-number", words, _NOTHING, tuple(rows))


# --- close to a limit ---


@dataclass(frozen=True, slots=True)
class _Limit:
    """A comparison with a limit: `over` the money held against it, `limit` it; of a share, `rate` and the `whole`."""

    node: p.FormulaNode
    over: n.Node
    limit: n.Node
    whole: n.Node | None = None


def _limits(plan: p.Plan) -> Iterator[_Limit]:
    """The comparisons of the policy that ask for at least so much money, or at least such a share."""
    for node in plan.nodes.values():
        if not isinstance(node, p.FormulaNode) or node.info.entity != plan.application.entity:
            continue
        for low, high in _ordered(node.formula.node):
            if high.type.kind == "money" and _of_document(plan, low):
                yield _Limit(node, high, low)
            elif isinstance(low, n.Binary) and low.operator == "*" and high.type.kind == "money":
                sides = ((low.left, low.right), (low.right, low.left))
                for rate, whole in sides:
                    if _of_document(plan, rate) and whole.type.kind == "money":
                        yield _Limit(node, high, rate, whole)


def _ordered(node: n.Node) -> Iterator[tuple[n.Node, n.Node]]:
    """The pairs of a smaller and a greater operand that an expression asks for."""
    match node:
        case n.Comparison():
            for operator, left, right in zip(node.operators, node.operands, node.operands[1:], strict=False):
                if operator in ("<", "<="):
                    yield left, right
                elif operator in (">", ">="):
                    yield right, left
        case n.Logic():
            for part in node.parts:
                yield from _ordered(part)
        case n.Choice():
            yield from _ordered(node.then)
            yield from _ordered(node.otherwise)


def _of_document(plan: p.Plan, node: n.Node) -> bool:
    """Whether a value is a number of the document."""
    return isinstance(node, n.Path) and isinstance(plan.nodes.get(node.name), p.ParamNode)


def _close(world: World, done: Pairs) -> Iterator[Finding]:
    """Rows that are just over a threshold or beside a share, where the answer rests on that comparison."""
    limits = {id(plan): tuple(_limits(plan)) for _, plan in world.plans.versions}
    found: dict[tuple[str, str], list[Done]] = defaultdict(list)
    about: dict[tuple[str, str], tuple[Label, p.FormulaNode]] = {}
    for item, ent in done:
        when = world.when(ent)
        near = {
            limit.node.info.name: limit
            for limit in limits[id(world.plan(when))]
            if _is_close(world, limit, ent, when)
        }
        for name in _rested_on(world, ent, when, near):
            code = "close-to-threshold" if near[name].whole is None else "close-to-share"
            found[code, name].append(item)
            about[code, name] = _said(near[name]), near[name].node
    for key, items in found.items():
        label, node = about[key]
        yield Finding(key[0], label, node.info.cited, tuple(map(_row, items)))


def _said(limit: _Limit) -> Label:
    label = limit.node.info.label
    if limit.whole is None:
        return Label(
            f"刚过起点，高出不到1%：{label.zh}", f"over the threshold by less than 1 %: {label('en')}"
        )
    return Label(f"占比离界线不到1个百分点：{label.zh}", f"within one point of the limit: {label('en')}")


def _is_close(world: World, limit: _Limit, ent: Ent, when: When) -> bool:
    compiled = limit.node.formula
    over, at = (
        _number(world, compiled, ent, when, limit.over),
        _number(world, compiled, ent, when, limit.limit),
    )
    if over is None or at is None:
        return False
    if limit.whole is None:
        return at <= over <= at * (1 + CLOSE)
    whole = _number(world, compiled, ent, when, limit.whole)
    return whole is not None and whole > 0 and abs(over / whole - at) <= CLOSE


def _number(world: World, compiled: Compiled, ent: Ent, when: When, node: n.Node) -> Fraction | None:
    value = world.evaluate(compiled, ent, when, node)
    return Fraction(value) if isinstance(value, Decimal | Fraction) else None


def _rested_on(world: World, ent: Ent, when: When, names: Iterable[str]) -> list[str]:
    """Those of some names that were read to decide an application."""
    wanted = list(names)
    if not wanted:
        return []
    read = {
        item.name for item in trace.reached(world, [Read(ent, world.plan(when).application.granted, when)])
    }
    return [name for name in wanted if name in read]


# --- points that were added ---


def _bonus(world: World, done: Pairs) -> Iterator[Finding]:
    """Awards with added points, by the facts that gave them and what proves those: the table does not hold the proof."""
    found: dict[str, list[Done]] = defaultdict(list)
    for item, ent in done:
        if item.decision.outcome == "granted":
            for name in _proving(world, ent):
                found[name].append(item)
    for name, items in found.items():
        fact = world.policy.facts[name]
        words = Label(
            f"比例提高了，凭据不在表里，要核对{fact.evidence.zh}：{fact.label.zh}",
            f"the rate was raised; the table holds no evidence, check {fact.evidence('en')}: {fact.label('en')}",
        )
        yield Finding("bonus-without-evidence", words, fact.cited, tuple(map(_row, items)))


def _proving(world: World, ent: Ent) -> Iterator[str]:
    """The facts with evidence that gave an application points; a yes, or a grade, but no `no`."""
    when = world.when(ent)
    plan = world.plan(when)
    seen = set()
    for name, node in plan.nodes.items():
        if node.info.role != "points" or node.info.entity != ent.kind:
            continue
        value = world.value(ent, f"{node.info.owner}.eligible", when)
        added = world.value(ent, name, when)
        if value is not True or isinstance(added, Unknown) or added == 0:
            continue
        for item in trace.reached(world, [Read(ent, name, when)]):
            fact = plan.policy.facts.get(item.name)
            if fact is None or item.ent is None or not fact.evidence.zh or item.name in seen:
                continue
            stated = world.value(item.ent, item.name, when)
            if stated is not False:
                seen.add(item.name)
                yield item.name


# --- one firm said to be two things ---


def _differ(batch: Batch) -> Iterator[Finding]:
    """Rows set aside because they say different things of one entity."""
    groups: dict[str, dict[tuple[str, int, str], Label]] = defaultdict(dict)
    for item in batch.rejected:
        for d in item.why:
            if d.code == "table-rows-disagree":
                place = (item.part.placed.sheet.title, item.row.number, "")
                groups[d.message("zh")][place] = Label(d.message("zh"), d.message("en"))
    for rows in groups.values():
        yield Finding("rows-disagree", next(iter(rows.values())), _NOTHING, tuple(rows))


# --- as a page ---


def page(batch: Batch, found: Iterable[Finding], lang: Lang) -> Page:
    """核查提示: one line a finding."""
    zh = lang == "zh"
    policy = batch.policy
    rows = tuple(
        (
            finding.label(lang), len(finding.rows), places(finding, lang),
            "、".join(clauses.short(policy, cite, lang) for cite in finding.cited.cites), finding.code,
        )
        for finding in found
    )  # fmt: skip
    columns = (
        Column("提示" if zh else "finding", "long"), Column("行数" if zh else "rows", "count"),
        Column("在哪几行" if zh else "where", "long"), Column("条款" if zh else "clause"), Column("代码" if zh else "code"),
    )  # fmt: skip
    return Page("核查提示" if zh else "findings", columns, rows)


def places(finding: Finding, lang: Lang, most: int = 0) -> str:
    """The rows of a finding, `第3行P2`; all of them, or the first `most`."""
    rows = finding.rows[:most] if most else finding.rows
    if lang == "zh":
        shown = "、".join(f"第{number}行{id_}" for _, number, id_ in rows)
    else:
        shown = ", ".join(f"row {number} {id_}".strip() for _, number, id_ in rows)
    return shown + ("……" if len(rows) < len(finding.rows) else "")
