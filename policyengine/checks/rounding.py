"""Rounding units: nothing can be rounded to a multiple of 0, so no parameter that is a unit may be 0 or less."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from policyengine import plan as p
from policyengine.checks.common import Checked
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n

_ROUNDING = ("round_half_up", "round_down", "round_up", "round_to")


def rounding_units(checked: Checked) -> Iterator[Diagnostic]:
    """Every value of a parameter that something is rounded to and that is not above 0."""
    nodes = checked.plan.nodes
    open_ = list(_units(checked.plan))
    seen: set[str] = set()
    while open_:
        name = open_.pop()
        node = nodes.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if isinstance(node, p.ParamNode):
            yield from _judged(node)
        else:  # a name that passes on one of several: `rounding_unit` is `fen_unit` or `yuan_unit`
            open_ += [path for compiled in p.expressions(node) for path in _results(compiled.node)]


def _judged(node: p.ParamNode) -> Iterator[Diagnostic]:
    for dated in node.parameter.values:
        if isinstance(dated.value, Decimal) and dated.value <= 0:
            yield diagnostic("rounded-to-nothing", dated.span, name=node.parameter.label, text=dated.text)


def _results(node: n.Node) -> Iterator[str]:
    """The names that an expression may come to, as they are."""
    if isinstance(node, n.Choice):
        yield from _results(node.then)
        yield from _results(node.otherwise)
    elif isinstance(node, n.Path):
        yield node.name


def _units(plan: p.Plan) -> Iterator[str]:
    """The names of what amounts are rounded to."""
    for node in plan.nodes.values():
        if isinstance(node, p.AllocateNode) and node.round_to:
            yield node.round_to
        for compiled in p.expressions(node):
            for part in n.walk(compiled.node):
                if isinstance(part, n.Call) and part.function in _ROUNDING:
                    yield from _results(part.arguments[1])
