"""Every scenario beside every shipped policy, and the promise that they protect every number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import TypeVar

import pytest

from policyengine import api, scenarios
from policyengine import plan as p
from policyengine.checks import check_plan
from policyengine.desugar import compile_policy
from policyengine.diagnostics import CaseError, errors
from policyengine.exact import CONTEXT
from policyengine.instances import Plans
from policyengine.lang import nodes as n
from policyengine.values import Known
from tests.deletions import deletions
from tests.support import YANZHOU, yanzhou

T = TypeVar("T")
FLIPS = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "==": "!=", "!=": "=="}


@cache
def cases() -> list[scenarios.Scenario]:
    return scenarios.read_scenarios(scenarios.files(YANZHOU))


def test_every_scenario_comes_out_as_expected() -> None:
    failed = []
    for scenario in cases():
        outcome = scenarios.run(yanzhou(), api.types(yanzhou()), scenario)
        failed += [f"{scenario.name}: {d.what} {d.expected} / {d.got}" for d in outcome.differences]
    assert failed == []
    assert len(cases()) >= 120


def test_every_option_of_every_reading_has_a_scenario() -> None:
    used = {(id_, option) for s in cases() for id_, option in s.readings.items()}
    wanted = {
        (i.name, option)
        for i in yanzhou().base.policy.interpretations.values()
        for option in i.options
        if option != i.default
    }
    assert wanted - used == set()


# --- mutation -----------------------------------------------------------------------------------


def nudges(parameter: p.ParamNode) -> Iterator[tuple[str, Known]]:
    """The value moved by its last written digit, and by the smallest unit, up and down."""
    value = parameter.parameter.values[0].value
    text = parameter.parameter.values[0].text
    kind = parameter.info.type.kind
    if isinstance(value, Decimal):
        digits = "".join(c for c in text if c in "0123456789.")
        steps = {
            _step(value, digits),
            {"money": Decimal("0.01"), "count": Decimal(1), "years": Decimal(1)}.get(kind, Decimal("0.0001")),
        }
        for step in sorted(steps):
            for sign in (1, -1):
                yield f"{parameter.info.name} {sign * step:+}", value + sign * step
    elif hasattr(value, "toordinal"):
        for days in (1, -1):
            yield f"{parameter.info.name} {days:+} day", type(value).fromordinal(value.toordinal() + days)  # type: ignore[union-attr]
    elif isinstance(value, tuple):
        for item in value:
            yield f"{parameter.info.name} without {item}", tuple(x for x in value if x != item)


def _step(value: Decimal, digits: str) -> Decimal:
    """One unit of the last written digit, in the base unit."""
    written = Decimal(digits)
    exponent = written.as_tuple().exponent
    assert isinstance(exponent, int)
    return (
        CONTEXT.multiply(CONTEXT.divide(value, written), Decimal(1).scaleb(exponent))
        if written
        else Decimal(1)
    )


def comparisons(node: n.Node) -> Iterator[n.Comparison]:
    return (part for part in n.walk(node) if isinstance(part, n.Comparison))


def swapped(node: n.Node, target: n.Node, other: n.Node) -> n.Node:
    """The expression with one part of it put in place of another."""
    if node is target:
        return other

    def inside(part: n.Node) -> n.Node:
        return swapped(part, target, other)

    match node:
        case n.Not() | n.Negative() | n.Membership():
            return replace(node, operand=inside(node.operand))
        case n.Binary():
            return replace(node, left=inside(node.left), right=inside(node.right))
        case n.Logic():
            return replace(node, parts=tuple(inside(part) for part in node.parts))
        case n.Comparison():
            return replace(node, operands=tuple(inside(part) for part in node.operands))
        case n.Choice():
            then, otherwise = inside(node.then), inside(node.otherwise)
            return replace(node, test=inside(node.test), then=then, otherwise=otherwise)
        case n.Call():
            return replace(node, arguments=tuple(inside(part) for part in node.arguments))
        case n.Aggregate():
            where = None if node.where is None else inside(node.where)
            return replace(node, item=inside(node.item), where=where)
    return node


def flips(compiled: n.Compiled) -> Iterator[tuple[str, n.Compiled]]:
    """With one operator of one comparison flipped."""
    for target in comparisons(compiled.node):
        for index, operator in enumerate(target.operators):
            operators = (*target.operators[:index], FLIPS[operator], *target.operators[index + 1 :])
            text = f"{compiled.expr.text} [{operator} at {target.at[0]}]"
            other = replace(target, operators=operators)
            yield text, n.Compiled(compiled.expr, swapped(compiled.node, target, other))


def drops(compiled: n.Compiled) -> Iterator[tuple[str, n.Compiled]]:
    """Without one side of an *and* or *or*; without the `if` of an aggregate."""
    for target in n.walk(compiled.node):
        others: list[tuple[str, n.Node]] = []
        if isinstance(target, n.Logic):
            for i in range(len(target.parts)):
                left = (*target.parts[:i], *target.parts[i + 1 :])
                rest = left[0] if len(left) == 1 else replace(target, parts=left)
                others.append((f"{target.operator} without side {i + 1}", rest))
        elif isinstance(target, n.Aggregate) and target.where is not None:
            others.append((f"{target.function} without its if", replace(target, where=None)))
        for what, other in others:
            text = f"{compiled.expr.text} [{what} at {target.at[0]}]"
            yield text, n.Compiled(compiled.expr, swapped(compiled.node, target, other))


def changes(compiled: n.Compiled) -> Iterator[tuple[str, n.Compiled]]:
    yield from flips(compiled)
    yield from drops(compiled)


def mutants(plan: p.Plan) -> Iterator[tuple[str, p.Node]]:
    """Every policy that differs by one number, one comparison, or one side of an expression that is left out.

    Engine-made glue is not the author's.
    """
    for name, node in plan.nodes.items():
        match node:
            case p.ParamNode():
                for text, value in nudges(node):
                    dated = (replace(node.parameter.values[0], value=value),)
                    yield text, replace(node, parameter=replace(node.parameter, values=dated))
            case p.FormulaNode():
                if not node.formula.expr.span.source.name.startswith("("):
                    for text, compiled in changes(node.formula):
                        yield f"{name}: {text}", replace(node, formula=compiled)
            case p.CasesNode():
                for i, row in enumerate(node.rows):
                    if row.then.expr.text == node.otherwise.expr.text:
                        continue  # written for readers: without it the same would come of it
                    before, after = node.rows[:i], node.rows[i + 1 :]
                    for text, compiled in changes(row.when):
                        rows = (*before, replace(row, when=compiled), *after)
                        yield f"{name}.{row.name}: {text}", replace(node, rows=rows)
                    for text, compiled in drops(row.then):
                        rows = (*before, replace(row, then=compiled), *after)
                        yield f"{name}.{row.name}: {text}", replace(node, rows=rows)
                for text, compiled in drops(node.otherwise):
                    yield f"{name}: {text}", replace(node, otherwise=compiled)
            case p.ReadingNode():
                for option, formula in node.options.items():
                    for text, compiled in changes(formula) if formula is not None else ():
                        options = {**node.options, option: compiled}
                        yield f"{name}.{option}: {text}", replace(node, options=options)


ALL = list(mutants(yanzhou().base))
PARTS = 8
_WON: list[int] = []


def part_of(everything: list[tuple[str, T]], part: int) -> list[tuple[str, T]]:
    """A stretch of neighbours: what changes one rule is mostly noticed by the same few scenarios."""
    return everything[len(everything) * part // PARTS : len(everything) * (part + 1) // PARTS]


def noticed(plans: Plans) -> bool:
    """Whether some scenario no longer comes out; those that noticed the mutants before are tried first."""
    types = api.types(plans)
    for i in [*_WON[:20], *(i for i in range(len(cases())) if i not in _WON[:20])]:
        try:
            passed = scenarios.run(plans, types, cases()[i]).passed
        except CaseError:
            passed = False
        if not passed:
            _WON[:] = [i, *(other for other in _WON if other != i)]
            return True
    return False


@pytest.mark.parametrize("part", range(PARTS))
def test_every_number_and_every_comparison_is_protected_by_a_scenario(part: int) -> None:
    base = yanzhou().base
    survivors = []
    for text, node in part_of(ALL, part):
        plan = replace(base, nodes={**base.nodes, node.info.name: node})
        if not noticed(Plans(yanzhou().timeline, ((None, plan),))):
            survivors.append(text)
    assert survivors == []
    assert len(ALL) > 300


# --- deletions ----------------------------------------------------------------------------------

DELETIONS = list(deletions(yanzhou().base.policy))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_key_of_every_rule_is_protected_by_a_scenario_or_the_check(part: int) -> None:
    survivors = []
    for text, policy in part_of(DELETIONS, part):
        plan, found = compile_policy(policy)
        if errors(found):
            continue
        plans = Plans(replace(yanzhou().timeline, versions=((None, policy),)), ((None, plan),))
        if not noticed(plans) and not list(check_plan(plan, plans, True)):
            survivors.append(text)
    assert survivors == []
    assert len(DELETIONS) > 100
