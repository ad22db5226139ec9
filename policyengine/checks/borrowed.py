"""A rule cites the words of every number it uses: a parameter of another clause is most often a slip.

The rate of the consortium written into the equipment award reads, types and decides; only its clause shows
that it is another program's. So every entry that computes with a parameter must cite a sentence that the
parameter rests on. Where a number is meant to serve elsewhere too, the parameter says for which entry and why:
`also_for`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks.common import Checked, entries, place
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.nearest import meant, nearest
from policyengine.source import Span


@dataclass(frozen=True, slots=True)
class _Use:
    """An entry that reads a parameter: its name, what people call it, and the place."""

    owner: str
    label: m.Label
    parameter: m.Parameter
    span: Span | None


def borrowed(checked: Checked) -> Iterator[Diagnostic]:
    """Parameters used by entries that do not cite their clause, and `also_for` that says nothing."""
    cited = _cited(checked.policy)
    used: set[tuple[str, str]] = set()
    for use in _uses(checked):
        if (use.parameter.name, use.owner) not in used:  # one entry may read it at several places
            yield from _judged(checked, use, cited.get(use.owner, ()))
        used.add((use.parameter.name, use.owner))
    if checked.whole:
        yield from _idle(checked, used)


def _cited(policy: m.Policy) -> dict[str, tuple[str, ...]]:
    """What each entry cites, with all that stands inside it (rows, exceptions, conditions of a program)."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries(policy):
        name = _entry(entry.owner)
        found[name] = (*found.get(name, ()), *entry.cited.cites)
    return found


def _entry(name: str) -> str:
    """The entry that something belongs to: `equipment` for `equipment.enough`."""
    return name.partition(".")[0]


def _uses(checked: Checked) -> Iterator[_Use]:
    for node in checked.plan.nodes.values():
        for compiled in p.expressions(node):
            yield from _read(checked, _entry(node.info.owner), compiled)
    for rule in checked.plan.rules:
        yield from _read(checked, rule.constraint.name, rule.test)


def _read(checked: Checked, owner: str, compiled: n.Compiled) -> Iterator[_Use]:
    for path in n.paths(compiled.node):
        parameter = checked.policy.parameters.get(path.name) if path.root == n.POLICY else None
        if parameter is not None:
            yield _Use(owner, checked.plan.label(owner), parameter, place(compiled, path.at))


def _judged(checked: Checked, use: _Use, cites: tuple[str, ...]) -> Iterator[Diagnostic]:
    text, parameter = checked.text, use.parameter
    own = [cite for cite in parameter.cited.cites if text.knows(cite)]
    known = [cite for cite in cites if text.knows(cite)]
    if not own or not known or use.owner in parameter.also_for:
        return  # what rests on something other than the text has no words to be held against
    there = {id_ for cite in known for id_ in text.of(cite)}
    if there.isdisjoint(id_ for cite in own for id_ in text.of(cite)):
        entry = _labels(checked.policy).get(use.owner, use.label)
        yield diagnostic(
            "parameter-of-another-clause", use.span, (("参数在这里", "the parameter"), parameter.span),
            name=parameter.label.zh, id=parameter.name, there="、".join(own), cite=own[0],
            rule=entry.zh, owner=use.owner, here="、".join(dict.fromkeys(known)),
        )  # fmt: skip


def _labels(policy: m.Policy) -> Mapping[str, m.Label]:
    return {entry.name: entry.label for entry in entries(policy)}


def _idle(checked: Checked, used: set[tuple[str, str]]) -> Iterator[Diagnostic]:
    """`also_for` that names an entry which does not use the parameter."""
    for parameter in checked.policy.parameters.values():
        users = sorted(owner for name, owner in used if name == parameter.name)
        for owner in parameter.also_for:
            if owner not in users:
                close = meant(nearest(owner, users))
                yield diagnostic("also-for-nothing", parameter.span, name=parameter.label.zh, owner=owner, **close)  # fmt: skip
