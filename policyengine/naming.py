"""How a case calls the parts of a policy: by their labels in Chinese, where no two share one, else by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policyengine import model as m

_PLAIN_KEY = re.compile(r"[^\W\d_][\w（）“”、，《》〔〕·/ -]*(?<! )")


@dataclass(frozen=True, slots=True)
class Names:
    """Keys of a case file of a policy, in one language."""

    policy: m.Policy
    lang: str

    def top(self) -> list[str]:
        """The application's entity and what it must refer to, each before what refers to it."""
        return list(_above(self.policy, self.policy.header.application.entity, set()))

    def entity_key(self, entity: m.Entity) -> str:
        """The key of a section of entities."""
        labels = [e.label.zh for e in self.policy.entities.values()]
        own = self.lang == "zh" and labels.count(entity.label.zh) == 1
        return yaml_key(entity.label.zh) if own else entity.name

    def id_of(self, entity: m.Entity) -> str:
        """An id to start with: `企业1`."""
        word = re.sub(r"\W", "", entity.label.zh) if self.lang == "zh" else entity.name
        return f"{word or entity.name}1"

    def key(self, entity: m.Entity, name: str, label: m.Label) -> str:
        """How a case calls something of an entity: by its label, where no other has the same."""
        own = self.lang == "zh" and self._labels(entity).count(label.zh) == 1
        return yaml_key(label.zh) if own else name

    def _labels(self, entity: m.Entity) -> list[str]:
        """All labels and names by which something of an entity may be called."""
        found: list[str] = []
        for fact in self.policy.facts.values():
            if fact.entity == entity.name:
                found += {fact.label.zh, fact.name}
        for other in self.policy.entities.values():
            for reference in other.references.values():
                if other is entity:
                    found += {reference.label.zh, reference.name}
                if reference.to == entity.name:
                    found += {reference.inverse_label.zh, reference.inverse}
        return found


def _above(policy: m.Policy, name: str, seen: set[str]) -> Iterator[str]:
    """What an entity refers to, each before what refers to it, and the entity itself."""
    if name in seen:
        return
    seen.add(name)
    for reference in policy.entities[name].references.values():
        if not reference.optional:
            yield from _above(policy, reference.to, seen)
    yield name


def under(entity: m.Entity) -> list[m.Reference]:
    """The references under whose other side an entity is nested: what dates it, or the first; else the optional."""
    required = [r for r in entity.references.values() if not r.optional]
    if required:
        return [next((r for r in required if r.name == entity.dated_by), required[0])]
    return list(entity.references.values())


def yaml_key(text: str) -> str:
    """A key as YAML reads it back."""
    return text if _PLAIN_KEY.fullmatch(text) else "'" + text.replace("'", "''") + "'"
