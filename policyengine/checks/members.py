"""Options and lists against the words: a list that leaves a member out, a rule that asks for the wrong option.

The sentence says A类 and the rule tests for B; the sentence lists four systems and the set has three. Only
what the sentence names is looked at: an option that the policy added of its own (其他) is no slip.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks.common import Checked, entries, squeeze
from policyengine.checks.figures import words
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.loader import SET
from policyengine.source import Span

SHORTEST = 2  # a single character (区, 市) stands in a sentence by accident


def members(checked: Checked) -> Iterator[Diagnostic]:
    """Sets that lack an option which their quote names, and rules that ask for others than the cited ones."""
    yield from _left_out(checked)
    yield from _others(checked)


def _named(fact: m.Fact, text: str) -> set[str]:
    """The options that a squeezed text names, by label or by id."""
    found = set()
    for option, label in fact.options.items():
        spelled = (squeeze(word).text for word in (label.zh, option))
        if any(len(word) >= SHORTEST and word in text for word in spelled):
            found.add(option)
    return found


def _left_out(checked: Checked) -> Iterator[Diagnostic]:
    facts = [fact for fact in checked.policy.facts.values() if fact.options]
    for parameter in checked.policy.parameters.values():
        quoted = words(checked, parameter.cited) if parameter.cited.quotes else ""
        sets = [dated for dated in parameter.values if isinstance(dated.value, tuple)]
        fact = next((f for f in facts if f.type.options == parameter.type.options), None)
        if not sets or fact is None or sets[0].span.source.name == SET:
            continue
        listed = {member for dated in sets if isinstance(dated.value, tuple) for member in dated.value}
        missing = _named(fact, quoted) - listed
        if missing:
            shown = "、".join(fact.options[option].zh for option in fact.options if option in missing)
            yield diagnostic(
                "member-left-out", sets[0].span, name=parameter.label.zh, missing=shown,
                ids="、".join(sorted(missing)),
            )  # fmt: skip


# --- options that rules ask for --------------------------------------------------------------------


def _others(checked: Checked) -> Iterator[Diagnostic]:
    cited = {entry.name: entry for entry in entries(checked.policy)}
    for name, asked in _asked(checked).items():
        entry = cited.get(name)
        sentences = "|".join(
            checked.text.squeezed[id_].text
            for cite in (entry.cited.cites if entry else ())
            for id_ in checked.text.of(cite)
        )
        for fact_name, options in asked.items():
            fact = checked.policy.facts[fact_name]
            named = _named(fact, sentences)
            strange = [option for option in fact.options if option in options and option not in named]
            ignored = [option for option in fact.options if option in named and option not in options]
            if entry and strange and ignored:
                span: Span = entry.span
                yield diagnostic(
                    "option-of-other-words", span, name=entry.label.zh, cite="、".join(entry.cited.cites),
                    asked="、".join(fact.options[o].zh for o in strange), said="、".join(fact.options[o].zh for o in ignored),
                )  # fmt: skip


def _asked(checked: Checked) -> dict[str, dict[str, set[str]]]:
    """By entry: the facts whose options it asks for, and which."""
    found: dict[str, dict[str, set[str]]] = {}
    for node in checked.plan.nodes.values():
        for compiled in p.expressions(node):
            for part in n.walk(compiled.node):
                for fact, options in _tested(checked, part):
                    found.setdefault(node.info.owner, {}).setdefault(fact, set()).update(options)
    return found


def _tested(checked: Checked, node: n.Node) -> Iterator[tuple[str, set[str]]]:
    facts: list[str] = []
    options: set[str] = set()
    if isinstance(node, n.Comparison) and node.operators in (("==",), ("!=",)):
        facts = [side.name for side in node.operands if isinstance(side, n.Path)]
        literals = [side.value for side in node.operands if isinstance(side, n.Literal)]
        options = {value for value in literals if isinstance(value, str)}
    elif isinstance(node, n.Membership) and isinstance(node.operand, n.Path):
        facts = [node.operand.name]
        options = set(node.members) if isinstance(node.members, tuple) else _set(checked, node.members)
    if len(facts) == 1 and options and facts[0] in checked.policy.facts:
        yield facts[0], options


def _set(checked: Checked, path: n.Path) -> set[str]:
    parameter = checked.policy.parameters.get(path.name)
    values = [dated.value for dated in parameter.values] if parameter else []
    return {member for value in values if isinstance(value, tuple) for member in value}
