"""Case files: a tree of nodes to closed worlds of entities, every mistake with its place.

Entities and facts may be named by their names or their labels. Children may stand under the relation of
the entity that they belong to; their ids then carry its id (`P1/M1`).
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, field
from decimal import Decimal

from policyengine import model as m
from policyengine.called import derived, kinds, names, none_after_all
from policyengine.case import Case, CaseEntity, Given
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.facts import NONE_WORDS, Reader
from policyengine.nearest import meant, nearest
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.source import Span
from policyengine.values import FactRef, Type

HEADER = ("policy", "as_of", "readings", "set", "cases", "stipulate")
MAX_ENTITIES = 1_000


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a file says: the worlds in it, and what it asks for besides."""

    cases: tuple[Case, ...]
    policy: str
    as_of: Scalar | None
    readings: tuple[tuple[Scalar, Scalar], ...]
    sets: tuple[tuple[Scalar, Scalar], ...]


def header(tree: Mapping) -> CaseFile:
    """The part of a file that can be read before its policy is known."""
    policy, as_of = tree.get("policy"), tree.get("as_of")
    return CaseFile(
        (),
        policy.text if isinstance(policy, Scalar) else "",
        as_of if isinstance(as_of, Scalar) else None,
        tuple(_pairs(tree.get("readings"))),
        tuple(_pairs(tree.get("set"))),
    )


def _pairs(node: Node | None) -> Iterator[tuple[Scalar, Scalar]]:
    if isinstance(node, Mapping):
        for key, value in node.entries:
            if isinstance(value, Scalar):
                yield key, value


def read_cases(
    tree: Mapping, policy: m.Policy, types: dict[str, Type], name: str
) -> tuple[CaseFile, list[Diagnostic]]:
    """All worlds of a file. `types`: of every value, for `stipulate`."""
    found: list[Diagnostic] = []
    head = header(tree)
    worlds = tree.get("cases")
    bodies: list[tuple[str, Node]] = [(name, tree)]
    if isinstance(worlds, Mapping):
        bodies = list(worlds.items())
    cases = []
    for world, body in bodies:
        case, problems = read_case(body, policy, types, world)
        found += problems
        cases.append(case)
    return CaseFile(tuple(cases), head.policy, head.as_of, head.readings, head.sets), found


def read_case(
    node: Node, policy: m.Policy, types: dict[str, Type], name: str
) -> tuple[Case, list[Diagnostic]]:
    """One world."""
    reader = _CaseReader(policy, types)
    if isinstance(node, Mapping):
        reader.world(node)
    else:
        reader.found.append(diagnostic("not-a-case", node.span, name=name))
    reader.finish()
    entities = {kind: dict(members) for kind, members in reader.entities.items()}
    return Case(name, entities, reader.stipulated, node.span.source), reader.found


@dataclass(slots=True)
class _Draft:
    """An entity while it is being read."""

    kind: str
    id: str
    span: Span
    facts: dict[str, Given] = field(default_factory=dict)
    references: dict[str, str | None] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    spans: dict[str, Span] = field(default_factory=dict)
    misnamed: set[str] = field(default_factory=set)


class _CaseReader:
    """Collects the entities of one world."""

    def __init__(self, policy: m.Policy, types: dict[str, Type]) -> None:
        self.policy = policy
        self.types = types
        self.reader = Reader(policy.units)
        self.found: list[Diagnostic] = []
        self.drafts: dict[tuple[str, str], _Draft] = {}
        self.entities: dict[str, dict[str, CaseEntity]] = {}
        self.flat: set[str] = set()
        self.stipulated: dict[FactRef, Given] = {}
        self.kinds = kinds(policy)
        self.names = {kind: names(policy, kind) for kind in policy.entities}
        self.stated: dict[FactRef, Span] = {}  # relations that were said to be empty, and where
        self.set_by_hand: list[tuple[Scalar, FactRef]] = []

    def label(self, kind: str) -> m.Label:
        entity = self.policy.entities.get(kind)
        return entity.label if entity else m.Label(kind)

    # --- reading ---

    def world(self, node: Mapping) -> None:
        for key, child in node.entries:
            if key.text in HEADER:
                if key.text == "stipulate":
                    self.stipulate(child)
                continue
            kind = self.kinds.get(key.text)
            if kind is None:
                known = m.listed(entity.label for entity in self.policy.entities.values())
                self.found.append(
                    diagnostic(
                        "unknown-kind",
                        key.span,
                        name=key.text,
                        **meant(nearest(key.text, self.kinds, 40)),
                        known=known,
                    )
                )
                continue
            self.flat.add(kind)
            self.section(kind, child, "", None)

    def section(self, kind: str, node: Node, prefix: str, parent: tuple[str, str] | None) -> None:
        """Entities of one kind by id; `parent` is the reference that nesting gives them."""
        if isinstance(node, Scalar) and (node.value is None or node.text in NONE_WORDS):
            return
        if isinstance(node, Sequence) and not node.items:
            return
        if not isinstance(node, Mapping):
            self.found.append(diagnostic("not-entities", node.span, kind=self.label(kind)))
            return
        for key, child in node.entries:
            self.entity(kind, f"{prefix}{key.text}", key, child, parent)

    def entity(self, kind: str, id_: str, key: Scalar, node: Node, parent: tuple[str, str] | None) -> None:
        label = self.label(kind)
        first = self.drafts.get((kind, id_))
        if first is not None:
            related = (("第一次在这里", "first here"), first.span)
            self.found.append(diagnostic("duplicate-entity", key.span, related, kind=label, id=id_))
            return
        if (
            not key.text
            or len(key.text) > 100
            or any(c in key.text for c in "./ ")
            or not key.text.isprintable()
        ):
            self.found.append(diagnostic("bad-id", key.span, id=key.text))
            return
        draft = _Draft(kind, id_, key.span)
        self.drafts[kind, id_] = draft
        if parent is not None:
            draft.references[parent[0]] = parent[1]
            draft.spans[parent[0]] = key.span
        if isinstance(node, Mapping):
            for name, child in node.entries:
                self.entry(draft, name, child)
        elif not (isinstance(node, Scalar) and node.value is None):
            self.found.append(diagnostic("not-facts", node.span, kind=label, id=id_))

    def entry(self, draft: _Draft, key: Scalar, node: Node) -> None:
        """One key of an entity: a fact, a reference, or a relation with its children."""
        meaning = self.names[draft.kind].get(key.text)
        if meaning is None:
            self.unknown(draft, key)
            return
        kind, name = meaning
        if name in draft.spans:
            related = (("第一次在这里", "first here"), draft.spans[name])
            self.found.append(diagnostic("fact-twice", key.span, related, name=key.text))
            return
        draft.spans[name] = key.span
        if kind == "fact":
            value, problems = self.reader.fact(self.policy.facts[name], node)
            self.found += problems
            text = node.text if isinstance(node, Scalar) else ""
            draft.facts[name] = Given(value, text, node.span)
        elif kind == "reference":
            self.reference(draft, name, node)
        else:
            self.relation(draft, name, node)

    def reference(self, draft: _Draft, name: str, node: Node) -> None:
        reference = self.policy.entities[draft.kind].references[name]
        if not isinstance(node, Scalar) or node.value is None:
            if not reference.optional:
                self.found.append(
                    diagnostic(
                        "reference-missing",
                        node.span,
                        name=reference.label,
                        id=draft.id,
                        kind=self.label(reference.to),
                    )
                )
            return
        if node.text in NONE_WORDS and reference.optional:
            draft.references[name] = None
        else:
            draft.references[name] = node.text
        draft.spans[name] = node.span

    def relation(self, draft: _Draft, name: str, node: Node) -> None:
        for entity in self.policy.entities.values():
            for reference in entity.references.values():
                if reference.to == draft.kind and reference.inverse == name:
                    if isinstance(node, Scalar) and node.value is None:
                        return  # left blank, or null: still unknown
                    draft.closed.add(name)
                    if _says_none(node):
                        self.stated[FactRef(draft.kind, draft.id, name)] = node.span
                    self.section(entity.name, node, f"{draft.id}/", (reference.name, draft.id))

    def unknown(self, draft: _Draft, key: Scalar) -> None:
        names = self.names[draft.kind]
        close = self.near(key.text, names)
        meanings = [names[word] for word in close]
        draft.misnamed.update(name for kind, name in meanings if kind == "reference")  # not missing besides
        elsewhere = m.listed(self.label(kind) for kind, there in self.names.items() if key.text in there)
        self.found.append(
            diagnostic(
                "unknown-fact", key.span, name=key.text, kind=self.label(draft.kind),
                **meant(close), elsewhere=elsewhere,
            )
        )  # fmt: skip

    def near(self, written: str, names: Mapping_[str, tuple[str, str]]) -> list[str]:
        """The names or labels that a key may stand for, each of what they name once; those in its own script first."""
        alike = [name for name in names if name.isascii() == written.isascii()]
        found = nearest(written, alike) or nearest(written, names)
        return list({names[name]: name for name in reversed(found)}.values())[::-1]

    def stipulate(self, node: Node) -> None:
        """Derived values set from outside: `project.P1.award: 10万元`."""
        if not isinstance(node, Mapping):
            self.found.append(diagnostic("not-facts", node.span, kind="stipulate", id=""))
            return
        for key, child in node.entries:
            word, _, rest = key.text.partition(".")
            id_, _, called = rest.partition(".")
            kind = self.kinds.get(word, "")
            name = derived(self.policy, self.types, kind).get(called, "")
            if not name:
                self.not_derived(key, child, kind, id_, called)
                continue
            ref = FactRef(kind, id_, name)
            entry = self.policy.values.get(name)
            label = entry.label if entry else m.Label(called)
            options = entry.options if entry else {}
            value, problems = self.reader.value(self.types[name], child, options, "", label)
            self.found += problems
            self.set_by_hand.append((key, ref))
            if (
                isinstance(value, Decimal)
                and value < 0
                and self.never_negative(f"{kind}.{name}", self.types[name])
            ):
                self.found.append(diagnostic("negative-number", child.span, text=_text(child)))
            elif isinstance(child, Scalar) and value is not None:
                self.stipulated[ref] = Given(value, child.text, child.span)

    def not_derived(self, key: Scalar, node: Node, kind: str, id_: str, called: str) -> None:
        """What was stipulated is a fact, or nothing that this entity has."""
        meaning = self.names.get(kind, {}).get(called)
        if meaning is not None:
            text = node.text if isinstance(node, Scalar) else "…"
            self.found.append(
                diagnostic("stipulated-fact", key.span, name=called, kind=self.label(kind), id=id_, text=text)
            )
            return
        there = [
            f"{kind_}.{i}.{name}"
            for (kind_, i) in self.drafts
            for name in derived(self.policy, self.types, kind_)
        ]
        self.found.append(
            diagnostic("unknown-value", key.span, name=key.text, **meant(nearest(key.text, there)))
        )

    def never_negative(self, path: str, type_: Type) -> bool:
        """Whether a value is one that cannot be below zero: an amount of an award, or a count."""
        header, name = self.policy.header, path.partition(".")[2]
        amounts = {
            f"{header.application.entity}.{header.application.amount}",
            *(p for p, _ in header.results),
        }
        award = path in amounts or name.partition(".")[0] in self.policy.programs
        return type_.kind in ("count", "years") or (type_.kind in ("money", "rate") and award)

    # --- the whole ---

    def finish(self) -> None:
        """Check references and uniqueness, and close the relations that are known to be complete."""
        application = self.policy.header.application.entity
        for kind in self.policy.entities:
            self.entities[kind] = {}
        complete = {kind for kind in self.policy.entities if kind in self.flat or self.complete(kind)} | {
            application
        }
        for (kind, id_), draft in self.drafts.items():
            entity = self.policy.entities[kind]
            for reference in entity.references.values():
                self.target(draft, reference)
            closed = set(draft.closed)
            for other in self.policy.entities.values():
                for reference in other.references.values():
                    if reference.to == kind and other.name in complete:
                        closed.add(reference.inverse)
            self.entities[kind][id_] = CaseEntity(
                kind, id_, draft.facts, draft.references, frozenset(closed), draft.span
            )
        self.counts()
        self.uniqueness()
        self.none_after_all()
        for key, ref in self.set_by_hand:
            if (ref.entity, ref.id) not in self.drafts:
                known = [f"{ref.entity}.{id_}.{ref.name}" for kind, id_ in self.drafts if kind == ref.entity]
                close = nearest(key.text, known) or known[:1]
                self.found.append(diagnostic("unknown-value", key.span, name=key.text, **meant(close)))

    def none_after_all(self) -> None:
        """A relation said to be empty, and an entity elsewhere that belongs to it."""
        for entity in self.policy.entities.values():
            for reference in entity.references.values():
                for member in self.entities[entity.name].values():
                    id_ = member.references.get(reference.name)
                    span = self.stated.get(FactRef(reference.to, id_ or "", reference.inverse))
                    if span is not None:
                        self.found.append(
                            none_after_all(entity, reference, member.id, id_ or "", member.span, span)
                        )

    def complete(self, kind: str) -> bool:
        """Whether every owner of a mandatory relation has stated its members, so that none can be missing."""
        for reference in self.policy.entities[kind].references.values():
            owners = [draft for draft in self.drafts.values() if draft.kind == reference.to]
            if not reference.optional and owners and all(reference.inverse in o.closed for o in owners):
                return True
        return False

    def target(self, draft: _Draft, reference: m.Reference) -> None:
        label = self.label(reference.to)
        if reference.name not in draft.references:
            if reference.optional:
                draft.references[reference.name] = None
            elif reference.name not in draft.spans and reference.name not in draft.misnamed:
                self.found.append(
                    diagnostic("reference-missing", draft.span, name=reference.label, id=draft.id, kind=label)
                )
            return
        id_ = draft.references[reference.name]
        if id_ is not None and (reference.to, id_) not in self.drafts:
            known = [key[1] for key in self.drafts if key[0] == reference.to]
            close = meant(nearest(id_, known))
            span = draft.spans.get(reference.name, draft.span)
            self.found.append(
                diagnostic("unknown-reference", span, name=reference.label, id=id_, kind=label, **close)
            )  # fmt: skip

    def counts(self) -> None:
        """No kind and no relation may hold more than the policy allows for."""
        for kind, members in self.entities.items():
            entity = self.policy.entities[kind]
            if len(members) > entity.most:
                last = list(members.values())[entity.most]
                self.found.append(
                    diagnostic("too-many-entities", last.span, kind=entity.label, limit=entity.most)
                )
            for reference in entity.references.values():
                counts: dict[str, int] = {}
                for member in members.values():
                    id_ = member.references.get(reference.name)
                    if id_ is None:
                        continue
                    counts[id_] = counts.get(id_, 0) + 1
                    if counts[id_] == reference.most + 1:
                        self.found.append(
                            diagnostic(
                                "too-many-entities", member.span, kind=entity.label, limit=reference.most
                            )
                        )

    def uniqueness(self) -> None:
        for kind, members in self.entities.items():
            unique = self.policy.entities[kind].unique
            if not unique:
                continue
            seen: dict[tuple[object, ...], CaseEntity] = {}
            for member in members.values():
                key = tuple(
                    member.references.get(name)
                    or (member.facts[name].value if name in member.facts else None)
                    for name in unique
                )
                if None in key:
                    continue
                first = seen.setdefault(key, member)
                if first is not member:
                    related = (("第一次在这里", "first here"), first.span)
                    label = self.label(kind)
                    self.found.append(
                        diagnostic("not-unique", member.span, related, kind=label, id=member.id)
                    )


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _says_none(node: Node) -> bool:
    """Whether a relation is said to be empty: `无`, `none`, `[]`, `{}`."""
    if isinstance(node, Scalar):
        return node.text in NONE_WORDS
    return not (node.items if isinstance(node, Sequence) else node.entries)
