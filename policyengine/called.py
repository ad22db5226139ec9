"""By which words a case may speak of the policy: entities, facts, references, relations and computed values.

Each by its name, or by its Chinese label, which is what people write.
"""

from __future__ import annotations

from collections.abc import Mapping

from policyengine import model as m
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.source import Span
from policyengine.values import Type


def kinds(policy: m.Policy) -> dict[str, str]:
    """The kinds of entity by name and by label."""
    return {**{e.label.zh: e.name for e in policy.entities.values()}, **{e: e for e in policy.entities}}


def names(policy: m.Policy, kind: str) -> dict[str, tuple[str, str]]:
    """What may be said of an entity: `(fact|reference|relation, name)`, by name or label."""
    found: dict[str, tuple[str, str]] = {}
    for fact in policy.facts.values():
        if fact.entity == kind:
            found |= {fact.label.zh: ("fact", fact.name), fact.name: ("fact", fact.name)}
    for entity in policy.entities.values():
        for reference in entity.references.values():
            if entity.name == kind:
                found |= dict.fromkeys((reference.label.zh, reference.name), ("reference", reference.name))
            if reference.to == kind:
                relation = ("relation", reference.inverse)
                found |= dict.fromkeys((reference.inverse_label.zh, reference.inverse), relation)
    return found


def derived(policy: m.Policy, types: Mapping[str, Type], kind: str) -> dict[str, str]:
    """The values of an entity that are computed, by name; those of `values` and conditions by label too."""
    found: dict[str, str] = {}
    for name in types:
        entry = _entry(policy, name)
        if entry is not None and entry[0] == kind and kind:
            found[name] = name
            if entry[1] and entry[1] not in found:
                found[entry[1]] = name
    return found


def _entry(policy: m.Policy, name: str) -> tuple[str, str] | None:
    """Entity and label of the entry that makes a value; None for facts, parameters and values of the policy."""
    owner = name.partition(".")[0]
    for section in (
        policy.conditions, policy.values, policy.programs, policy.limits, policy.allocations,
        policy.interpretations,
    ):  # fmt: skip
        entry = section.get(owner)
        if entry is not None:
            return entry.entity, entry.label.zh if name == owner else ""
    return None


def none_after_all(
    entity: m.Entity, reference: m.Reference, id_: str, owner: str, place: Span, said: Span
) -> Diagnostic:
    """A relation said to be empty at `said`, and at `place` an entity that belongs to it."""
    related = (("这里写的是没有", "here there are said to be none"), said)
    return diagnostic(
        "none-after-all", place, related, kind=entity.label, id=id_, owner=owner, relation=reference.inverse_label
    )  # fmt: skip
