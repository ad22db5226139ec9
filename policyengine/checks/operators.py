"""The comparison of a rule agrees with the boundary word beside the number: `及以上` is `>=`, `超过` is `>`.

Looked at are comparisons of something with a parameter in conditions, exceptions and values. What only
another than the default reading uses contradicts the words by design and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks import edges
from policyengine.checks.common import Checked, conditions, place
from policyengine.checks.edges import COMPLEMENT, FLIPPED, Edge
from policyengine.checks.figures import words
from policyengine.checks.numerals import days, said, saying
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.lang.nodes import Compiled

# Where these stand, a rule may state the opposite: 低于500万元的不予支持 is tested as `>= 500万元`.
REFUSING = re.compile(
    "不予|不得|不能|不再|不享受|不计|不算|不适用|不纳入|不列入|不支持|不兑现|不拨|除外|取消|停止|暂停|追回|退回|扣减|不符合|否决"
)
_ORDERS = frozenset((">", ">=", "<", "<="))


def operators(checked: Checked) -> Iterator[Diagnostic]:
    """Comparisons that treat the number itself otherwise than the words do."""
    for test in _tests(checked):
        for use in _uses(checked, test.compiled.node, False):
            yield from _judge(checked, test, use)


@dataclass(frozen=True, slots=True)
class _Test:
    """An expression with what its rule quotes. `requires`: it says what must hold, so that the direction of a
    comparison counts; a value may as well pick out the other side (`low_rate if x < edge else high_rate`)."""

    compiled: Compiled
    cited: m.Cited
    requires: bool


def _tests(checked: Checked) -> Iterator[_Test]:
    """Every test of a rule."""
    nodes = checked.plan.nodes
    for c in conditions(checked.policy):
        for name in (c.name, f"{c.name}.test"):
            node = nodes.get(name)
            if c.test is not None and isinstance(node, p.FormulaNode) and node.formula.expr is c.test:
                yield _Test(node.formula, c.cited, True)
    owners: list[m.Condition | m.Limit] = [*conditions(checked.policy), *checked.policy.limits.values()]
    for owner in owners:
        for u in owner.unless:
            node = nodes.get(f"{owner.name}.{u.name}")
            if isinstance(node, p.FormulaNode):
                yield _Test(node.formula, u.cited, False)
    for value in checked.policy.values.values():
        node = nodes.get(value.name)
        if isinstance(node, p.FormulaNode):
            yield _Test(node.formula, value.cited, False)
        elif isinstance(node, p.CasesNode):
            yield from (_Test(row.when, row.cited, False) for row in node.rows)


# --- comparisons with a parameter --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Use:
    """A comparison: what holds of a quantity against the parameter where the test is true.

    `written` is how the operator stands there; `flipped` and `negated` say how it became `relation`.
    `alone`: no other parameter stands on that side.
    """

    parameter: str
    alone: bool
    relation: str
    written: str
    flipped: bool
    negated: bool
    at: n.At


def _uses(checked: Checked, node: n.Node, negated: bool) -> Iterator[_Use]:
    match node:
        case n.Not():
            yield from _uses(checked, node.operand, not negated)
        case n.Logic():
            stop = node.operator == "or"
            if any(by_default(checked.plan, part) is stop for part in node.parts):
                return  # decided by the default readings alone: the comparisons serve another reading
            for part in node.parts:
                yield from _uses(checked, part, negated)
        case n.Choice():
            taken = by_default(checked.plan, node.test)
            branches = (
                (node.then, node.otherwise) if taken is None else (node.then if taken else node.otherwise,)
            )
            for part in branches:
                yield from _uses(checked, part, negated)
            yield from _uses(checked, node.test, negated) if taken is None else ()
        case n.Comparison():
            for i, operator in enumerate(node.operators):
                yield from _compared(checked, node, i, operator, negated)
        case _:
            for child in n.children(node):
                yield from _uses(checked, child, negated)


def by_default(plan: p.Plan, node: n.Node) -> bool | None:
    """What a test is under the default readings; None where they do not decide it."""
    match node:
        case n.Not():
            inner = by_default(plan, node.operand)
            return None if inner is None else not inner
        case n.Logic():
            parts = [by_default(plan, part) for part in node.parts]
            stop = node.operator == "or"
            if stop in parts:
                return stop
            return None if None in parts else not stop
        case n.Comparison(operators=("==" | "!=",)):
            sides = [_default(plan, side) for side in node.operands]
            if None in sides:
                return None
            return (sides[0] == sides[1]) is (node.operators[0] == "==")
        case n.Membership(members=tuple() as members):
            chosen = _default(plan, node.operand)
            return None if chosen is None else (chosen in members) is not node.negated
        case n.Path(root=n.POLICY):
            derived = plan.nodes.get(node.name)
            if isinstance(derived, p.FormulaNode) and node.type.kind == "bool":
                return by_default(plan, derived.formula.node)
    return None


def _default(plan: p.Plan, node: n.Node) -> str | None:
    """The option of a switch by default, or a literal option."""
    if isinstance(node, n.Literal):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, n.Path):
        reading = plan.nodes.get(node.name)
        if isinstance(reading, p.ReadingNode) and reading.interpretation.switch:
            return reading.interpretation.default
    return None


def _compared(checked: Checked, node: n.Comparison, i: int, operator: str, negated: bool) -> Iterator[_Use]:
    if operator not in _ORDERS:
        return
    left, right = node.operands[i], node.operands[i + 1]
    on_left, on_right = _parameters(checked, left), _parameters(checked, right)
    if bool(on_left) == bool(on_right):
        return  # no parameter, or one on each side: the words can not be held against it
    relation = FLIPPED[operator] if on_left else operator
    for name in on_left or on_right:
        held = COMPLEMENT[relation] if negated else relation
        alone = len(on_left or on_right) == 1
        yield _Use(name, alone, held, operator, bool(on_left), negated, node.at)


def _parameters(checked: Checked, node: n.Node) -> list[str]:
    """The parameters that a side rises with: alone, in a sum, or as a factor."""
    match node:
        case n.Path(root=n.POLICY) if node.name in checked.policy.parameters:
            return [node.name]
        case n.Binary(operator="+" | "*"):
            return [*_parameters(checked, node.left), *_parameters(checked, node.right)]
        case n.Binary():
            return _parameters(checked, node.left)
    return []


# --- against the words -------------------------------------------------------------------------


def _judge(checked: Checked, test: _Test, use: _Use) -> Iterator[Diagnostic]:
    parameter = checked.policy.parameters[use.parameter]
    agreed = _edges(checked, parameter, test, use)
    if not agreed:
        return
    other_way = not test.requires or any(map(REFUSING.search, _sentences(checked, parameter, test.cited)))
    meant = {edge.relation for edge in agreed}
    if use.relation in meant or (other_way and COMPLEMENT[use.relation] in meant):
        return
    edge = agreed[0]
    only_direction = edge.included_above == (use.relation in (">=", "<"))
    code = "operator-disagrees-with-quote" if edge.plain or only_direction else "operator-doubtful"
    wanted = edge.relation
    if other_way and wanted[0] != use.relation[0]:
        wanted = COMPLEMENT[wanted]
    spans = [*parameter.cited.quote_spans, *test.cited.quote_spans]
    related = [(("引文在这里", "the quote"), spans[-1])] if spans else []
    yield diagnostic(
        code, place(test.compiled, use.at), *related, word=edge.word, name=parameter.label.zh,
        operator=use.written, wanted=_as_written(wanted, use),
    )  # fmt: skip


def _as_written(relation: str, use: _Use) -> str:
    """The operator to write for a relation, where the parameter or a `not` stands as it does."""
    held = COMPLEMENT[relation] if use.negated else relation
    return FLIPPED[held] if use.flipped else held


def _edges(checked: Checked, parameter: m.Parameter, test: _Test, use: _Use) -> tuple[Edge, ...]:
    """The words that speak of the number's edge, in the rule's own quotes or else the parameter's.

    Beside another parameter (`total * share`) only the rule's own quotes tell which one the words are about.
    """
    units = checked.policy.units
    for cited in (test.cited, parameter.cited) if use.alone else (test.cited,):
        quoted = words(checked, cited) if cited.cites and cited.quotes else ""
        values = [dated.value for dated in parameter.values]
        found = [edge for one in days(quoted) if one.day in values for edge in edges.at_day(quoted, one)]
        numbers = said(quoted, units)
        for value in values:
            if isinstance(value, Decimal | Fraction):
                for one in saying(quoted, numbers, value, parameter.type, units):
                    found += edges.at(quoted, one)
        agreed = edges.agreed(found)
        if agreed:
            return agreed
    return ()


def _sentences(checked: Checked, parameter: m.Parameter, cited: m.Cited) -> Iterator[str]:
    for cite in (*parameter.cited.cites, *cited.cites):
        yield from (checked.text.squeezed[id_].text for id_ in checked.text.of(cite))
