"""How a share or a pooled amount came about: the arithmetic with what those before took, and who they are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from policyengine import plan as p
from policyengine import wording
from policyengine.grouping import Groups
from policyengine.instances import Ent
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.passing import resolve, taken
from policyengine.phrases import Phrases
from policyengine.trace import Read
from policyengine.values import T_MONEY, Unknown, Value
from policyengine.world import World

MOST_NAMED = 5


def working(world: World, node: p.AllocateNode, read: Read, phrases: Phrases) -> tuple[str, str]:
    """The formula with names and with numbers."""
    if node.method == "in_order":
        return _in_order(world, node, read, phrases)
    return _by_weight(world, node, read, phrases)


def served_before(world: World, node: p.AllocateNode, read: Read, lang: str) -> str:
    """Who took how much of a pool before; "" where nobody did."""
    if node.method != "in_order" or read.ent is None:
        return ""
    kind = world.policy.entities[read.ent.kind].label(lang)
    names = [
        f"{kind} {ent.id} {_words(value, lang)}" for ent, value in _before(world, node, read) if value != 0
    ]
    if not names:
        return ""
    more = len(names) - MOST_NAMED
    join = "、" if lang == "zh" else ", "
    said = join.join(names[:MOST_NAMED])
    if lang == "zh":
        return f"次序在前的已得：{said}" + (f"等{len(names)}项" if more > 0 else "")
    return f"taken by those before it: {said}" + (f" and {more} more" if more > 0 else "")


def _words(value: Value, lang: str) -> str:
    if isinstance(value, Unknown):
        return wording.span(value, T_MONEY, lang)
    return wording.money(value, lang) if isinstance(value, Decimal | Fraction) else ""


def _before(world: World, node: p.AllocateNode, read: Read) -> list[tuple[Ent, Value]]:
    assert read.ent is not None
    return [
        (ent, world.value(ent, node.info.name, read.when))
        for ent in Groups(world).before(node, read.ent, read.when)
    ]


def _in_order(world: World, node: p.AllocateNode, read: Read, phrases: Phrases) -> tuple[str, str]:
    """`min(asked, limit - what those before took)`, the limit written out as its own formula says."""
    plan = world.plan(read.when)
    zh = phrases.lang == "zh"
    limit = plan.nodes[node.limit]
    taken_before = [value for _, value in _before(world, node, read) if value != 0]
    name, number = _label(world, node.limit, read, phrases), _money(world, node.limit, read, phrases)
    if isinstance(limit, p.FormulaNode):
        inner = taken(world, limit.formula, limit.formula.node, read.ent, read.when, {})
        if not isinstance(inner, n.Path):
            name, number = phrases.labels(limit.formula, 1), phrases.numbers(limit.formula, 1)
    if taken_before:
        total: Value = Decimal(0)
        for value in taken_before:
            total = unknown.add(total, value)
        name += " - 次序在前的已得数额" if zh else " - what those before it got"
        shown = phrases.value(total, T_MONEY, n.Literal(False, T_MONEY, (0, 0)))
        shown = phrases.marked(shown, "次序在前的已得数额" if zh else "what those before it got")
        number += (
            f" - {shown}" if not isinstance(total, Unknown) else f" - （{shown}）" if zh else f" - ({shown})"
        )
    asked, claim = (
        _label(world, node.of, read, phrases),
        _money(world, node.of, read, phrases).strip("（）()"),
    )
    form = "取较小值（{}，{}）" if zh else "the smaller of ({}, {})"
    return form.format(asked, name), form.format(claim, number)


def _by_weight(world: World, node: p.AllocateNode, read: Read, phrases: Phrases) -> tuple[str, str]:
    """`total × own weight ÷ all weights`; a limit shared pro rata by what is asked for."""
    zh = phrases.lang == "zh"
    whole, part = (node.limit, node.of) if node.method == "pro_rata" else (node.total, node.weight)
    assert read.ent is not None
    total: Value = Decimal(0)
    for member in Groups(world).of(node, read.ent, read.when):
        if world.value(member, node.where, read.when) is True:
            total = unknown.add(total, world.value(member, part, read.when))
    type_ = world.plan(read.when).nodes[part].info.type
    shown = phrases.value(total, type_, n.Literal(False, type_, (0, 0)))
    name, what = (_label(world, each, read, phrases) for each in (part, whole))
    words = (
        f"{what} × {name} ÷ 各家“{name}”之和，取整后的尾差给余数最大的"
        if zh
        else f"{what} × {name} ÷ the sum of all, the odd units by largest remainder"
    )
    shown = phrases.marked(shown, "各家之和" if zh else "the sum of all")
    if isinstance(total, Unknown):
        shown = f"（{shown}）" if zh else f"({shown})"
    return words, f"{_money(world, whole, read, phrases)} × {_money(world, part, read, phrases)} ÷ {shown}"


def _label(world: World, name: str, read: Read, phrases: Phrases) -> str:
    final = resolve(world, read.ent, name, read.when)
    return phrases.of_owner(world.plan(read.when), final.name)


def _money(world: World, name: str, read: Read, phrases: Phrases) -> str:
    type_ = world.plan(read.when).nodes[name].info.type
    value = world.value(read.ent, name, read.when)
    shown = phrases.value(value, type_, n.Literal(False, type_, (0, 0)))
    shown = phrases.marked(shown, _label(world, name, read, phrases)) if phrases.marking else shown
    if isinstance(value, Unknown):
        return f"（{shown}）" if phrases.lang == "zh" else f"({shown})"
    return shown
