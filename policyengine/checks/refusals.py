"""Conditions that can never hold, and refusals that speak of something else than what was tested.

A range that ends below the threshold refuses every application; a message copied from another condition names
an amount that had no part in the test.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyengine import plan as p
from policyengine.checks.common import Checked, conditions
from policyengine.checks.results import blank_case, evaluable, made_from
from policyengine.diagnostics import CaseError, Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.world import World


def refusals(checked: Checked) -> Iterator[Diagnostic]:
    """What is wrong with conditions and the words of their failure."""
    yield from _messages(checked)
    if evaluable(checked):
        yield from _never(checked)


def _messages(checked: Checked) -> Iterator[Diagnostic]:
    for check in checked.plan.checks.values():
        read = made_from(checked.plan, check.condition)
        for message in (check.zh, check.en):
            yield from _strange(checked, check.condition, check.label.zh, message, read)
    for rule in checked.plan.rules:
        names = {path.name for path in n.paths(rule.test.node)}
        read = names.union(*(made_from(checked.plan, name) for name in names))
        for message in (rule.zh, rule.en):
            yield from _strange(checked, rule.constraint.name, rule.constraint.fail.zh, message, read)


def _strange(
    checked: Checked, name: str, label: str, message: p.Message | None, read: set[str]
) -> Iterator[Diagnostic]:
    for part in message.parts if message else ():
        if isinstance(part, str):
            continue
        for path in n.paths(part.node):
            named = checked.plan.nodes.get(path.name)
            if named is not None and not _tested(checked, path.name, read):
                yield diagnostic(
                    "message-of-other-values", part.expr.span, name=label, condition=name,
                    value=path.name, label=named.info.label.zh,
                )  # fmt: skip


def _tested(checked: Checked, name: str, read: set[str]) -> bool:
    """Whether a test reads a value, or everything that it is made from; the day of an application it always does."""
    inner = made_from(checked.plan, name) - {name}
    return name in read or name == checked.plan.application.date or (bool(inner) and inner <= read)


def _never(checked: Checked) -> Iterator[Diagnostic]:
    """Conditions that fail whatever is stated, under the default readings."""
    world = World(checked.plans, blank_case(checked.policy))
    for condition in conditions(checked.policy):
        ones = world.entities.get(condition.entity, {})
        if condition.test is None or condition.name not in checked.plan.nodes or not ones:
            continue
        try:
            value = world.value(next(iter(ones.values())), condition.name)
        except CaseError:
            continue  # an error of the blank case
        if value is False:
            yield diagnostic("condition-never-holds", condition.span, name=condition.label.zh)
