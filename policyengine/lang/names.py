"""What a dotted name in an expression means, and what was most likely meant where it means nothing.

A name starts at a generator's variable, at the rule's own entity, or at the policy as a whole, walks
references, and ends at a value. Everything is decided from the universe of names; nothing is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from keyword import kwlist
from typing import Literal as OneOf

from policyengine.diagnostics import Diagnostic
from policyengine.lang import nodes as n
from policyengine.nearest import closest, meant, nearest
from policyengine.values import T_DATE, Type

# Words of the language, and what Python's parser would not take as a name.
RESERVED = frozenset(("true", "false", "none", "self", "as_of", *kwlist))


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name is. `entity`: where a reference or relation leads. `nonzero`: surely not 0."""

    kind: OneOf["value", "reference", "relation"]
    type: Type
    entity: str = ""
    nonzero: bool = False


@dataclass(frozen=True, slots=True)
class Universe:
    """All names: of each entity kind, of the policy as a whole, and the labels people know them by.

    A name of the policy whose type is `any` stands for an entry that could not be read: nothing further
    is said about what reads it.
    """

    entities: Mapping[str, Mapping[str, Binding]]
    policy: Mapping[str, Binding]
    labels: Mapping[str, str] = field(default_factory=dict)

    def of(self, entity: str) -> Mapping[str, Binding]:
        """The names of one entity kind; none for the policy as a whole."""
        return self.entities.get(entity, {})

    def nonzero(self, path: n.Path) -> bool:
        """Whether what a path reads is surely not 0."""
        names = self.policy if path.root == n.POLICY else self.of(path.entity)
        binding = names.get(path.name)
        return binding is not None and binding.nonzero

    def broken(self, name: str) -> bool:
        """Whether a name is one of an entry that could not be read."""
        binding = self.policy.get(name)
        return binding is not None and binding.type.kind == "any"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a name means nothing: a diagnostic code and its words; no code where it was said before."""

    code: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The path that a name is; `through`: the optional references on the way, which may lead nowhere."""

    path: n.Path
    through: tuple[n.Path, ...] = ()


@dataclass(slots=True)
class _Walk:
    """How far a name has been followed: from `root` along `refs` to `entity`, with `rest` to go."""

    root: str
    entity: str
    rest: list[str]
    refs: list[str] = field(default_factory=list)
    through: list[n.Path] = field(default_factory=list)

    def path(self, name: str, type_: Type, at: n.At, relation: bool = False) -> n.Path:
        return n.Path(self.root, tuple(self.refs), name, self.entity, type_, at, relation)

    @property
    def walked(self) -> list[str]:
        return self.refs if self.root == n.OWN else [self.root, *self.refs]


def resolve(
    universe: Universe,
    entity: str,
    variables: Mapping[str, str],
    parts: list[str],
    at: n.At,
    relation: bool = False,
) -> Resolved | Wrong:
    """The path that `a.b.c` is for a rule on `entity`, where `relation` says that a relation is wanted."""
    walk = _Walk(n.OWN, entity, parts)
    if parts[0] in variables:
        walk = _Walk(parts[0], variables[parts[0]], parts[1:])
    if not walk.rest or (walk.rest == [n.SELF] and walk.entity):
        return Resolved(walk.path(n.SELF, Type("ref", entity=walk.entity), at))
    if walk.rest == [n.AS_OF] and walk.root == n.OWN:
        return Resolved(walk.path(n.AS_OF, T_DATE, at))
    while True:
        here = universe.of(walk.entity)
        whole = ".".join(walk.rest)
        binding = here.get(whole)
        if binding is not None:
            return _end(walk, whole, binding, at, relation)
        step = here.get(walk.rest[0])
        if step is None or step.kind != "reference" or len(walk.rest) == 1:
            break
        if step.type.optional:
            walk.through.append(walk.path(walk.rest[0], step.type, at))
        walk.refs.append(walk.rest[0])
        walk.entity, walk.rest = step.entity, walk.rest[1:]
    if walk.root == n.OWN and not walk.refs and not relation and whole in universe.policy:
        return Resolved(n.Path(n.POLICY, (), whole, "", universe.policy[whole].type, at))
    return _wrong(universe, walk, step)


def _end(walk: _Walk, name: str, binding: Binding, at: n.At, relation: bool) -> Resolved | Wrong:
    if (binding.kind == "relation") != relation:
        return Wrong("not-a-relation" if relation else "relation-alone", {"name": name})
    return Resolved(walk.path(name, binding.type, at, relation), tuple(walk.through))


def _wrong(universe: Universe, walk: _Walk, step: Binding | None) -> Wrong:
    """Which name is not there, and what was most likely meant."""
    name = ".".join(walk.rest)
    if universe.broken(walk.rest[0]):
        return Wrong("")
    if step is not None and step.kind == "relation":
        return Wrong("relation-alone", {"name": walk.rest[0]})
    here = universe.of(walk.entity)
    for reference, binding in here.items():
        if binding.kind == "reference" and name in universe.of(binding.entity):
            path = ".".join([*walk.walked, reference, name])
            return Wrong("wrong-entity", {"name": name, "meant": path})
    owners = sorted(kind for kind, names in universe.entities.items() if name in names)
    if owners:
        return Wrong("wrong-entity", {"name": name, "owner": "、".join(owners)})
    candidates = [*here, *([] if walk.walked else universe.policy)]
    plain = [
        known for known in candidates if "." not in known
    ]  # parts of entries are hardly meant by a plain name
    close = nearest(name, plain, 60) if "." not in name else []
    if not close and (one := closest(name, candidates, 60)):
        close = [one]
    shown = ".".join([*walk.walked, name])
    return Wrong("unknown-name", {"name": shown, **meant(close)})


def translated(found: Iterable[Diagnostic], labels: Mapping[str, str]) -> list[Diagnostic]:
    """Findings in which a Chinese name is told the English one that it is the label of."""
    return [_translated(d, labels) if d.code == "name-not-ascii" else d for d in found]


def _translated(d: Diagnostic, labels: Mapping[str, str]) -> Diagnostic:
    name = d.words.get("name", "")
    close = [name] if name in labels else nearest(name, labels, 60)
    called = {
        "called_zh": "，".join(f"“{label}”的名字是 {labels[label]}" for label in close),
        "called_en": ", ".join(f"`{label}` is called `{labels[label]}`" for label in close),
    }
    return replace(d, words={**d.words, **called})
