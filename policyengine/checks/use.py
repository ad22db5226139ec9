"""Entries that nothing uses: most often a rule was meant to read them and does not.

Something is used where another entry, a message, a constraint or the header reads it. A fact on a
`basis` of its own (a name, a code, a record) has said why it is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.checks.common import Checked, readers
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.source import Span
from policyengine.values import BUILTIN_UNITS


def unused(checked: Checked) -> Iterator[Diagnostic]:
    """A warning for every entry that nothing uses."""
    if not checked.whole:
        return
    used = _used(checked)
    for code, name, label, span in _entries(checked):
        if name not in used:
            yield diagnostic(code, span, name=name, label=label)
    yield from _unused_units(checked)


def _used(checked: Checked) -> set[str]:
    """The entries that another entry reads, itself or a part of it."""
    nodes = checked.plan.nodes
    used: set[str] = set()
    for reader, name in readers(checked.plan):
        owner = _entry_of(checked, name) if name in nodes else name
        node = nodes.get(reader)
        if owner and owner != (_entry_of(checked, reader) if node else reader):
            used.add(owner)
    return used


def _entry_of(checked: Checked, name: str) -> str:
    """The entry that a node belongs to: `equipment` for `equipment.enough` and `equipment.rate`."""
    owner = checked.plan.nodes[name].info.owner
    first = owner.partition(".")[0]
    return first if first in checked.policy.programs else owner


def _entries(checked: Checked) -> Iterator[tuple[str, str, str, Span]]:
    """What must be used: code, name, label, place."""
    policy = checked.policy
    for fact in policy.facts.values():
        if fact.type.kind != "text" and fact.cited.cites:
            yield "unused-fact", fact.name, fact.label.zh, fact.span or policy.header.span
    for parameter in policy.parameters.values():
        yield "unused-parameter", parameter.name, parameter.label.zh, parameter.span
    for condition in policy.conditions.values():
        if not condition.part_of:
            yield "unused-condition", condition.name, condition.label.zh, condition.span
    for value in policy.values.values():
        yield "unused-value", value.name, value.label.zh, value.span
    for allocation in policy.allocations.values():
        yield "unused-value", allocation.name, allocation.label.zh, allocation.span
    for program in policy.programs.values():
        yield "unused-program", program.name, program.label.zh, program.span
    for limit in policy.limits.values():
        yield "unused-limit", limit.name, limit.label.zh, limit.span
    for interpretation in policy.interpretations.values():
        yield "unused-interpretation", interpretation.name, interpretation.label.zh, interpretation.span


def _unused_units(checked: Checked) -> Iterator[Diagnostic]:
    policy = checked.policy
    written = [dated.span.text for parameter in policy.parameters.values() for dated in parameter.values]
    written += [f"{fact.unit} {fact.span.text if fact.span else ''}" for fact in policy.facts.values()]
    written += [value.span.text for value in policy.values.values()]
    written += [interpretation.span.text for interpretation in policy.interpretations.values()]
    for name in policy.units.own:
        if name not in BUILTIN_UNITS and not any(name in words for words in written):
            yield diagnostic("unused-unit", None, name=name)
