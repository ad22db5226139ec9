"""A case as the text of a case file that people can read and `read_case` reads back.

Everything is written under its label; what nothing is known of is left out, so that it stays unknown, and a
relation that is known to hold nothing is written as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from policyengine import exact
from policyengine import model as m
from policyengine.case import Case, CaseEntity, Given
from policyengine.naming import Names, under, yaml_key
from policyengine.values import Absent, FactRef

_PLAIN = re.compile(r"[\w（）“”、，。《》〔〕·/.%+-]+(?: [\w（）“”、，。《》〔〕·/.%+-]+)*")
NONE_WORD, YES, NO = "无", "是", "否"


Head = Mapping[str, Mapping[str, str]]


def case_text(
    policy: m.Policy, case: Case, lang: str = "zh", head: Head | None = None, as_of: str = ""
) -> str:
    """A case file. `head`, `as_of`: the `readings`, what-if values (`set`) and day that it is to be decided with."""
    lines = _Writer(policy, case, Names(policy, lang)).lines(head or {}, as_of)
    return "\n".join(lines).rstrip("\n") + "\n"


def as_stated(case: Case, stated: Case) -> Case:
    """The case without the day that all its applications were put on: theirs are again as they were stated."""
    for members in case.entities.values():
        for ent in members.values():
            for name, given in ent.facts.items():
                if given.origin == "as-of":
                    was = stated.entity(ent.kind, ent.id)
                    blank_ = replace(given, value=None, text="", origin="file")
                    own = was.facts.get(name, blank_) if was else blank_
                    case = case.with_fact(FactRef(ent.kind, ent.id, name), own)
    return case


def with_members(
    policy: m.Policy, case: Case, ref: FactRef, members: Mapping[str, Mapping[str, str]]
) -> Case:
    """The case with a relation answered: its members by their own ids, each with what else it refers to.

    What is referred to and not there yet is added, with nothing known of it. Nothing is checked: the text of the
    result is what is read and checked again.
    """
    [(child, back)] = [
        (entity.name, r.name)
        for entity in policy.entities.values()
        for r in entity.references.values()
        if r.to == ref.entity and r.inverse == ref.name
    ]
    entities = {kind: dict(there) for kind, there in case.entities.items()}
    span = case.entities[ref.entity][ref.id].span
    for own_id, others in members.items():
        references: dict[str, str | None] = {back: ref.id, **others}
        for name, target in others.items():
            kind = policy.entities[child].references[name].to
            entities[kind].setdefault(target, CaseEntity(kind, target, {}, {}, frozenset(), span))
        id_ = f"{ref.id}/{own_id}"
        entities[child][id_] = CaseEntity(child, id_, {}, references, frozenset(), span)
    return replace(case, entities=entities).with_closed(ref)


def further_references(policy: m.Policy, ref: FactRef) -> list[m.Reference]:
    """What the members of a relation must refer to besides its owner."""
    return [
        other
        for entity in policy.entities.values()
        for r in entity.references.values()
        if r.to == ref.entity and r.inverse == ref.name
        for other in entity.references.values()
        if other is not r and not other.optional
    ]


def blank(policy: m.Policy, lang: str = "zh") -> str:
    """A case of one application of which nothing is known, as text."""
    names = Names(policy, lang)
    lines = [f"policy: {policy.id}"]
    for kind in names.top():
        entity = policy.entities[kind]
        references = [
            f"{names.key(entity, r.name, r.label)}: {names.id_of(policy.entities[r.to])}"
            for r in entity.references.values()
            if not r.optional
        ]
        lines += [f"{names.entity_key(entity)}:", f"  {names.id_of(entity)}: {{{', '.join(references)}}}"]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """A text as YAML reads it back."""
    return (
        text
        if _PLAIN.fullmatch(text) and not text.startswith(("-", "%"))
        else "'" + text.replace("'", "''") + "'"
    )


def answer(policy: m.Policy, fact: m.Fact, given: Given) -> str:
    """A stated value as it is written: as it was, or spelled from the value."""
    if given.text.strip():
        return scalar(" ".join(given.text.split()))
    value = given.value
    match value:
        case None:
            return ""
        case Absent():
            return NONE_WORD
        case bool():
            return YES if value else NO
        case date():
            return value.isoformat()
        case Decimal():
            return _quantity(policy, fact, value)
    return scalar(fact.options[value].zh if isinstance(value, str) and value in fact.options else str(value))


def _quantity(policy: m.Policy, fact: m.Fact, value: Decimal) -> str:
    name = {"money": fact.unit or "元", "rate": "%", "points": "个百分点", "years": "年"}.get(
        fact.type.kind, fact.unit
    )
    unit = policy.units.get(name)
    return f"{exact.text(exact.divide(value, unit.scale) if unit else value)}{name}"


@dataclass(frozen=True, slots=True)
class _Writer:
    policy: m.Policy
    case: Case
    names: Names

    def lines(self, head: Head, as_of: str) -> Iterator[str]:
        yield f"policy: {self.policy.id}"
        if as_of:
            yield f"as_of: {scalar(as_of)}"
        stipulated = {str(ref): given.text for ref, given in self.case.stipulated.items()}
        for key, pairs in {**head, "stipulate": stipulated}.items():
            if pairs:
                yield f"{key}:"
                yield from (f"  {name}: {scalar(value)}" for name, value in pairs.items())
        top = self.names.top()
        for kind in [*top, *(kind for kind in self.policy.entities if kind not in top)]:
            entity = self.policy.entities[kind]
            members = [ent for ent in self.case.entities.get(kind, {}).values() if "/" not in ent.id]
            if not members:
                continue
            yield ""
            yield f"{self.names.entity_key(entity)}:"
            for ent in members:
                yield from (f"  {line}" for line in self.entity(ent, ent.id, None))

    def entity(self, ent: CaseEntity, own_id: str, through: m.Reference | None) -> Iterator[str]:
        """One entity under its own id; `through`: the reference that its place gives it."""
        body = list(self.body(ent, through))
        yield f"{yaml_key(own_id) if not own_id.isalnum() else own_id}:{'' if body else ' {}'}"
        yield from (f"  {line}" for line in body)

    def body(self, ent: CaseEntity, through: m.Reference | None) -> Iterator[str]:
        entity = self.policy.entities[ent.kind]
        for reference in entity.references.values():
            target = ent.references.get(reference.name)
            if target is not None and reference is not through:
                yield f"{self.names.key(entity, reference.name, reference.label)}: {scalar(target)}"
        for fact in self.policy.facts.values():
            given = ent.facts.get(fact.name)
            if fact.entity == ent.kind and given is not None and given.value is not None:
                yield f"{self.names.key(entity, fact.name, fact.label)}: {answer(self.policy, fact, given)}"
        for child in self.policy.entities.values():
            for reference in child.references.values():
                if reference.to == ent.kind and reference.inverse in ent.closed:
                    yield from self.relation(ent, child, reference)

    def relation(self, ent: CaseEntity, child: m.Entity, reference: m.Reference) -> Iterator[str]:
        """A relation that is complete: its members, or that there are none."""
        if child.name == self.policy.header.application.entity:
            return  # always complete
        key = self.names.key(self.policy.entities[ent.kind], reference.inverse, reference.inverse_label)
        members = [
            other
            for other in self.case.entities.get(child.name, {}).values()
            if other.references.get(reference.name) == ent.id
        ]
        nested = [
            other for other in members if other.id.startswith(f"{ent.id}/") and reference in under(child)
        ]
        if nested:
            yield f"{key}:"
            for other in nested:
                own_id = other.id.removeprefix(f"{ent.id}/")
                yield from (f"  {line}" for line in self.entity(other, own_id, reference))
        elif not members:
            yield f"{key}: {NONE_WORD}"
