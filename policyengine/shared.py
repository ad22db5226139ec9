"""Who stands in several files of one command: files are separate worlds, which do not see each other.

A quota, a shared cap or a split is computed inside one world, so an enterprise whose projects are in two files
would have its limit twice. That is for a person to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine import model as m
from policyengine.case import Case, CaseEntity
from policyengine.instances import Plans

Input = tuple[str, Plans, Iterable[Case]]  # a file's name, its policy, its worlds
MOST = 5  # of one kind that are named one by one


def shared(inputs: Iterable[Input]) -> list[tuple[str, str]]:
    """Notes in Chinese and English: the same key, or the same application of the same applicant, in several files."""
    seen: dict[tuple[m.Label, str], dict[str, None]] = {}
    for file, plans, cases in inputs:
        for case in cases:
            for found in _identities(plans, case):
                seen.setdefault(found, {})[file] = None
    twice: dict[m.Label, dict[str, list[str]]] = {}
    for (label, value), files in seen.items():
        if len(files) > 1:
            twice.setdefault(label, {})[value] = list(files)
    return [_note(label, found) for label, found in twice.items()]


def _identities(plans: Plans, case: Case) -> Iterator[tuple[m.Label, str]]:
    """What tells the entities of a case from all others: keys that are given, and applications by whose they are."""
    application = plans.last.application.entity
    for kind, members in case.entities.items():
        entity = plans.policy.entities[kind]
        for member in members.values():
            key = _key(plans.policy, entity, member)
            if key is not None:
                yield key
            if kind == application and any(member.references.values()):
                # `P1` stands in many files; of the same applicant it is the same application
                owners = " ".join(id_ for id_ in member.references.values() if id_)
                yield entity.label, f"{owners} {member.id}"


def _key(policy: m.Policy, entity: m.Entity, member: CaseEntity) -> tuple[m.Label, str] | None:
    """An entity's own stable key, where it is given; keys of what it refers to are that one's."""
    given = member.facts.get(entity.key)
    if given is None or not isinstance(given.value, str):
        return None
    return policy.facts[entity.key].label, given.value


def _note(label: m.Label, found: dict[str, list[str]]) -> tuple[str, str]:
    values = list(found)
    files = list(dict.fromkeys(file for names in found.values() for file in names))
    more = len(values) > MOST
    zh = "、".join(values[:MOST]) + (f"等{len(values)}个" if more else "")
    en = ", ".join(values[:MOST]) + (f" and {len(values) - MOST} more" if more else "")
    return (
        f"注意：{label.zh} {zh} 在几个文件里都有（{'、'.join(files)}）。各文件分开认定，互不相见：限额、封顶、排序没有合在一起算；要合在一起，写进一个文件",
        f"note: {label('en')} {en} stands in several files ({', '.join(files)}). Files are decided apart: quotas, caps and ranks were not computed together; to do so, write one file",
    )
