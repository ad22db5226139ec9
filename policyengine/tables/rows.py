"""Rows to one closed world: entities put together, what cannot stand set aside, until what is left fits.

A row is set aside with its reasons and nothing of it is used. What it would have told is then not known rather than
absent: a relation that one of its members fell out of is open again, and who shares a firm with it is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policyengine import model as m
from policyengine.case import Case, CaseEntity
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.tables.cells import Placed
from policyengine.tables.drafts import Aside, Draft, Key, Name
from policyengine.tables.entries import Entry
from policyengine.tables.headers import Layout
from policyengine.tables.relations import Lost, Relations


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet, read: its entries by row number; totals and examples are no entries."""

    placed: Placed
    layout: Layout
    entries: Mapping[int, Entry]
    totals: tuple[int, ...]
    examples: tuple[int, ...]
    blank: int


Rejections = dict[Key, list[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What rows that are not at hand say of relations: references of which a row set aside `lost` where it led, and kinds
    that something under which they are listed leaves `unsettled`."""

    lost: Lost = frozenset()
    unsettled: frozenset[str] = frozenset()


@dataclass(slots=True)
class Assembly:
    """A case and what did not get into it.

    `applications`: the row of each application by id. `beside`: of each application, rows set aside that share a firm,
    a project or a member with it. `open_`: relations said to have members of which none is listed. `here`: what these
    rows would be elsewhere.
    """

    case: Case
    rejected: Rejections
    applications: dict[str, Key]
    beside: dict[str, tuple[Key, ...]]
    open_: tuple[tuple[Name, str], ...]
    here: Elsewhere


def assemble(
    policy: m.Policy, parts: tuple[Part, ...], complete: frozenset[str], rejected: Mapping[Key, Iterable[Diagnostic]],
    elsewhere: Elsewhere | None = None,
) -> Assembly:  # fmt: skip
    """The case that the rows make, without those already `rejected`. `complete`: kinds of which every member is listed.

    `elsewhere`: of the rows of the same tables that are decided apart from these.
    """
    found = {key: list(why) for key, why in rejected.items()}
    work = _Work(policy, parts, complete, found, elsewhere or Elsewhere())
    work.settle()
    return work.assembly()


class _Work:
    def __init__(
        self,
        policy: m.Policy,
        parts: tuple[Part, ...],
        complete: frozenset[str],
        rejected: Rejections,
        elsewhere: Elsewhere,
    ) -> None:
        self.policy, self.parts, self.complete, self.rejected = policy, parts, complete, rejected
        self.elsewhere = elsewhere
        self.listed = {part.layout.kind for part in parts}
        self.drafts: dict[Name, Draft] = {}
        self.keys: dict[Name, str] = {}
        self.entries = {
            Key(i, number): entry for i, part in enumerate(parts) for number, entry in part.entries.items()
        }
        for key, entry in self.entries.items():
            if entry.problems:
                self.rejected.setdefault(key, list(entry.problems))

    def settle(self) -> None:
        """Set rows aside until all that is left fits together."""
        while True:
            new: Rejections = defaultdict(list)
            self.collect(new)
            if not new:
                self.links(new)
            if not new:
                self.together(new)
            if not new:
                return
            self.rejected.update(new)

    def live(self) -> Iterator[tuple[Key, Entry]]:
        return ((key, entry) for key, entry in self.entries.items() if key not in self.rejected)

    def kind(self, key: Key) -> str:
        return self.parts[key.sheet].layout.kind

    # --- entities ---

    def collect(self, new: Rejections) -> None:
        """Put the entities together; rows with the same id, or that contradict each other, are set aside."""
        self.drafts, self.keys = {}, {}
        own: dict[Name, list[Key]] = defaultdict(list)
        for key, entry in self.live():
            own[self.kind(key), self.id_of(key, entry)].append(key)
        self.twins(own, new)
        self.index()
        for (kind, id_), keys in own.items():
            if len(keys) == 1 and keys[0] not in new:
                self.add(kind, id_, keys[0], "", new, own=True)
        for key, entry in self.live():
            if key not in new:
                for reference in self.vias(key, entry):
                    target = self.target(key, entry, reference)
                    if target is not None and (target[0] not in self.listed or target in self.drafts):
                        self.add(*target, key, reference.name, new)

    def twins(self, own: Mapping[Name, list[Key]], new: Rejections) -> None:
        """All copies of an id are set aside, and of a code that only one entity can have."""
        codes: dict[Name, list[Key]] = defaultdict(list)
        for (kind, _), keys in own.items():
            name = self.policy.entities[kind].key
            if kind != self.policy.header.application.entity and name in self.policy.facts:
                for key in keys:
                    given = self.entries[key].facts.get(("", name))
                    if given is not None and given.value is not None:
                        codes[kind, str(given.value)].append(key)
        for (kind, id_), keys in [*own.items(), *codes.items()]:
            if len(keys) > 1:
                for key in keys:
                    other = next(k for k in keys if k != key)
                    related = (("另一行在这里", "another row is here"), self.entries[other].id_span)
                    label = self.policy.entities[kind].label.zh
                    new[key].append(
                        diagnostic("table-id-twice", self.entries[key].id_span, related, kind=label, id=id_)
                    )

    def index(self) -> None:
        """The ids of listed entities by their codes, so that others may refer to them by either."""
        for key, entry in self.live():
            kind = self.kind(key)
            given = entry.facts.get(("", self.policy.entities[kind].key))
            if given is not None and isinstance(given.value, str):
                self.keys[kind, given.value] = self.id_of(key, entry)

    def id_of(self, key: Key, entry: Entry) -> str:
        """The id of a row's entity: as written, else its code, else what it connects, else its row."""
        if entry.id is not None:
            return entry.id
        entity = self.policy.entities[self.kind(key)]
        given = entry.facts.get(("", entity.key))
        if given is not None and isinstance(given.value, str):
            return given.value
        linked = [entry.references[name][0] for name in entity.unique if name in entry.references]
        if linked and len(linked) == len(entity.unique) and all(linked):
            return "/".join(str(id_) for id_ in linked)
        return f"{self.parts[key.sheet].placed.sheet.title}第{key.row}行"

    def vias(self, key: Key, entry: Entry) -> Iterator[m.Reference]:
        """The references through which a row tells of other entities."""
        told = {via for via, _ in (*entry.facts, *entry.relations)}
        for reference in self.policy.entities[self.kind(key)].references.values():
            if reference.name in told or (
                reference.name in entry.references and reference.to not in self.listed
            ):
                yield reference

    def target(self, key: Key, entry: Entry, reference: m.Reference) -> Name | None:
        """What a row's reference leads to: by id or code, or by the code that the row itself tells."""
        written = entry.references.get(reference.name)
        if written is not None:
            return None if written[0] is None else (reference.to, self.keys.get((reference.to, written[0]), written[0]))  # fmt: skip
        given = entry.facts.get((reference.name, self.policy.entities[reference.to].key))
        if given is not None and isinstance(given.value, str):
            return reference.to, self.keys.get((reference.to, given.value), given.value)
        return None

    def add(self, kind: str, id_: str, key: Key, via: str, new: Rejections, own: bool = False) -> None:
        """What a row tells of an entity, held against what other rows told."""
        entry = self.entries[key]
        draft = self.drafts.setdefault((kind, id_), Draft(kind, id_, entry.span))
        draft.own |= own
        if own:
            draft.span = entry.id_span
        for (through, name), given in entry.facts.items():
            if through != via or given.value is None:
                continue
            first = draft.facts.setdefault(name, given)
            if first.value != given.value:
                label = self.policy.facts[name].label.zh
                related = (("另一处写的是" + first.text, "the other says " + first.text), first.span)
                for row in (*draft.rows, key):
                    new[row].append(diagnostic("table-rows-disagree", given.span, related, kind=self.policy.entities[kind].label.zh, id=id_, name=label))  # fmt: skip
        for (through, name), said in entry.relations.items():
            if through == via:
                first_said = draft.relations.setdefault(name, said)
                if first_said[0] != said[0]:
                    related = (("另一处在这里", "the other is here"), first_said[1])
                    for row in (*draft.rows, key):
                        new[row].append(diagnostic("table-rows-disagree", said[1], related, kind=self.policy.entities[kind].label.zh, id=id_, name=self.relation_label(kind, name)))  # fmt: skip
        draft.rows.append(key)

    def relation_label(self, kind: str, name: str) -> str:
        return next(r.inverse_label.zh for _, r in self.onto(kind) if r.inverse == name)

    def onto(self, kind: str) -> Iterator[tuple[m.Entity, m.Reference]]:
        """The references that lead to a kind."""
        for entity in self.policy.entities.values():
            for reference in entity.references.values():
                if reference.to == kind:
                    yield entity, reference

    # --- references ---

    def links(self, new: Rejections) -> None:
        """Resolve the references; a row that leads nowhere, or to a row set aside, is set aside."""
        gone = {row.name for row in self.aside()}
        for draft in [d for d in self.drafts.values() if d.own]:
            key = draft.rows[0]
            entry = self.entries[key]
            for reference in self.policy.entities[draft.kind].references.values():
                label = self.policy.entities[reference.to].label.zh
                target = self.target(key, entry, reference)
                span = entry.references.get(reference.name, (None, entry.span))[1]
                if target is None:
                    if not reference.optional:
                        new[key].append(diagnostic("reference-missing", span, name=reference.label.zh, id=draft.id, kind=label))  # fmt: skip
                    draft.references[reference.name] = None
                elif target not in self.drafts:
                    code = "table-refers-to-rejected" if target in gone else "unknown-reference"
                    new[key].append(diagnostic(code, span, name=reference.label.zh, id=target[1], kind=label))
                else:
                    draft.references[reference.name] = target[1]

    def together(self, new: Rejections) -> None:
        """What was said to be none, what no two may share, and what may not be too many."""
        filled = self.relations().filled()
        for draft in self.drafts.values():
            for name, (some, span) in draft.relations.items():
                if not some and (draft.kind, draft.id, name) in filled:
                    for row in draft.rows:
                        new[row].append(diagnostic("table-none-but-rows", span, name=self.relation_label(draft.kind, name), id=draft.id))  # fmt: skip
        self.shared(new)
        counts: Counter[tuple[str, str, str]] = Counter()
        for draft in self.drafts.values():
            entity = self.policy.entities[draft.kind]
            for reference in entity.references.values():
                target = draft.references.get(reference.name)
                if target is None:
                    continue
                counts[draft.kind, reference.name, target] += 1
                if counts[draft.kind, reference.name, target] > reference.most:
                    new[draft.rows[0]].append(diagnostic("too-many-entities", draft.span, kind=entity.label.zh, limit=reference.most))  # fmt: skip

    def shared(self, new: Rejections) -> None:
        """A thing written as two would file twice as much: what tells entities of a kind apart is had by one alone."""
        same: dict[tuple[bool, str, tuple[str, ...]], list[Draft]] = defaultdict(list)
        for coded in (True, False):
            for draft in self.drafts.values():
                if (told := self.told_apart_by(draft, coded)) is not None:
                    same[coded, draft.kind, told].append(draft)
        for (coded, kind, told), drafts in same.items():
            label = self.policy.entities[kind].label.zh
            names = "、".join(draft.id for draft in drafts)
            for draft in drafts if len(drafts) > 1 else ():
                other = next(d for d in drafts if d is not draft)
                if coded:
                    related = (("另一处在这里", "the other is here"), other.span)
                    for row in draft.rows:
                        new[row].append(diagnostic("table-code-twice", draft.span, related, kind=label, code_=told[0], names=names))  # fmt: skip
                else:
                    related = (("另一行在这里", "another row is here"), other.span)
                    new[draft.rows[0]].append(
                        diagnostic("not-unique", draft.span, related, kind=label, id=draft.id)
                    )

    def told_apart_by(self, draft: Draft, coded: bool) -> tuple[str, ...] | None:
        """What no other entity of its kind may have: its code, or whatever else; None where it is not all given.

        Codes of applications are no codes of things: two applications may be of one project, unless the policy says not.
        """
        entity = self.policy.entities[draft.kind]
        code = (entity.key,) if draft.kind != self.policy.header.application.entity else ()
        names = code if coded else entity.unique if entity.unique != code else ()
        told = [
            draft.references.get(name) or (str(draft.facts[name].value) if name in draft.facts else None)
            for name in names
        ]
        found = tuple(one for one in told if one is not None)
        return found if found and len(found) == len(told) else None

    # --- the whole ---

    def relations(self) -> Relations:
        return Relations(self.policy, self.complete, frozenset(self.listed), self.drafts, tuple(self.aside()))

    def aside(self) -> Iterator[Aside]:
        """The rows set aside."""
        for key in self.rejected:
            entry = self.entries.get(key)
            if entry is None:
                continue
            references = self.policy.entities[self.kind(key)].references.values()
            leads = {reference.name: self.target(key, entry, reference) for reference in references}
            none = frozenset(name for name, (written, _) in entry.references.items() if written is None)
            yield Aside(key, (self.kind(key), self.id_of(key, entry)), leads, none)

    def assembly(self) -> Assembly:
        relations = self.relations()
        here = Elsewhere(relations.lost(), relations.unsettled())
        closed, open_ = relations.closed(
            here.lost | self.elsewhere.lost, here.unsettled | self.elsewhere.unsettled
        )
        entities: dict[str, dict[str, CaseEntity]] = {kind: {} for kind in self.policy.entities}
        for (kind, id_), draft in self.drafts.items():
            entities[kind][id_] = CaseEntity(
                kind, id_, draft.facts, draft.references, frozenset(closed[kind, id_]), draft.span
            )
        application = self.policy.header.application.entity
        rows = {draft.id: draft.rows[0] for draft in self.drafts.values() if draft.kind == application}
        return Assembly(Case("table", entities), self.rejected, rows, self.beside(), tuple(open_), here)

    def beside(self) -> dict[str, tuple[Key, ...]]:
        """Of each application the rows set aside that touch what it touches."""
        touched: dict[Name, list[Key]] = defaultdict(list)
        for row in self.aside():
            for target in row.leads.values():
                if target is not None:
                    touched[target].append(row.key)
        found: dict[str, tuple[Key, ...]] = {}
        application = self.policy.entities[self.policy.header.application.entity]
        for draft in self.drafts.values() if touched else ():
            if draft.kind == application.name:
                names = [(draft.kind, draft.id)]
                for reference in application.references.values():
                    target_id = draft.references.get(reference.name)
                    if target_id is not None:
                        names.append((reference.to, target_id))
                keys = dict.fromkeys(key for name in names for key in touched.get(name, ()))
                if keys:
                    found[draft.id] = tuple(keys)
        return found
