"""What the options of a command change in a case: the day, single facts, and the readings in use.

Names may be those of the policy or its labels. What an option changes carries its origin, so that every
output can mark it.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyengine import called, literals
from policyengine import model as m
from policyengine.case import Case, Given
from policyengine.diagnostics import CaseError, Diagnostic, PolicyError, diagnostic
from policyengine.facts import NONE_WORDS, Reader
from policyengine.instances import Plans
from policyengine.nearest import meant, nearest
from policyengine.reading.node import Scalar
from policyengine.source import Source, Span
from policyengine.values import FactRef

Chosen = str | tuple[Scalar, Scalar]  # `ID=OPTION`, or both as they stand in a case file


def with_as_of(plans: Plans, case: Case, day: str, span: Span | None = None) -> Case:
    """The case as if every application had been declared on a day. `span`: where that is written.

    Raises CaseError where `day` is none.
    """
    span = span or Source("--as-of", day).span(0, len(day))
    value = literals.day(day)
    if value is None:
        raise CaseError([diagnostic("not-a-date", span, name="as_of", text=day)])
    application = plans.last.application
    for id_ in case.entities.get(application.entity, {}):
        ref = FactRef(application.entity, id_, application.date)
        case = case.with_fact(ref, Given(value, day.strip(), span, "as-of"))
    return case


def with_fact(plans: Plans, case: Case, text: str, where: str = "--fact", origin: str = "fact") -> Case:
    """The case with one fact set by `ENTITY.ID.NAME=VALUE`, or a relation said to be empty (`…supports=无`).

    `where`: what a finding names as its place. `origin`: `fact` is marked as supposed, `file` is stated, and
    a finding then quotes the value alone.
    Raises CaseError where there is no such fact, where the value is none of its, and where a relation that
    is said to be empty is not.
    """
    source = Source(where, text)
    path, equals, rest = text.partition("=")
    found = _named(plans.policy, case, path.strip())
    if not equals or found is None:
        words = meant(nearest(path.strip(), _all(plans.policy, case), 40))
        raise CaseError([diagnostic("bad-fact-option", source.span(0, len(text)), text=text, **words)])
    sort, ref = found
    at = source.span(len(path) + 1, len(text)) if origin == "fact" else Source(where, rest).span(0, len(rest))
    written = Scalar(rest.strip(), rest.strip(), at)
    if sort == "relation":
        return _with_none(plans.policy, case, ref, written, origin)
    value, wrong = Reader(plans.policy.units).fact(plans.policy.facts[ref.name], written)
    if wrong:
        raise CaseError(wrong)
    return case.with_fact(ref, Given(value, written.text, written.span, origin))


def _named(policy: m.Policy, case: Case, path: str) -> tuple[str, FactRef] | None:
    """What `ENTITY.ID.NAME` means: a fact or a relation, and whose; None where it is neither."""
    word, _, rest = path.partition(".")
    id_, _, name = rest.partition(".")
    kind = called.kinds(policy).get(word, "")
    sort, known = called.names(policy, kind).get(name.strip(), ("", ""))
    if sort not in ("fact", "relation") or case.entity(kind, id_) is None:
        return None
    return sort, FactRef(kind, id_, known)


def _all(policy: m.Policy, case: Case) -> list[str]:
    """Everything that may be stated of the entities of a case."""
    return [
        f"{word}.{id_}.{name}"
        for word, kind in called.kinds(policy).items()
        for id_ in case.entities.get(kind, {})
        for name, (sort, _) in called.names(policy, kind).items()
        if sort != "reference"
    ]


def _with_none(policy: m.Policy, case: Case, ref: FactRef, written: Scalar, origin: str) -> Case:
    """The case with a relation known to be empty, which it must be."""
    for entity in policy.entities.values():
        for reference in entity.references.values():
            if reference.to != ref.entity or reference.inverse != ref.name:
                continue
            label = reference.inverse_label
            if written.text not in NONE_WORDS:
                raise CaseError([diagnostic("only-none", written.span, name=label, text=written.text)])
            found = [
                called.none_after_all(entity, reference, member.id, ref.id, member.span, written.span)
                for member in case.entities.get(entity.name, {}).values()
                if member.references.get(reference.name) == ref.id
            ]
            if found:
                raise CaseError(found)
    return case.with_none(ref, Given(None, written.text, written.span, origin))


def with_readings(plans: Plans, asked: Iterable[Chosen]) -> dict[str, str]:
    """Readings chosen by `ID=OPTION`, each by name or label; a later one for the same replaces an earlier.

    Raises PolicyError where there is no such reading or option.
    """
    chosen: dict[str, str] = {}
    found: list[Diagnostic] = []
    for one in asked:
        key, value = _pair(one) if isinstance(one, str) else one
        known = plans.policy.interpretations
        name = _meant(key.text, {i.name: i.label for i in known.values()})
        if name is None:
            close = meant(nearest(key.text, [*known, *(i.label.zh for i in known.values())], 40))
            found.append(diagnostic("unknown-reading", key.span, name=key.text, **close))
            continue
        options = known[name].options
        option = _meant(value.text, {o.name: o.label for o in options.values()})
        if option is None:
            words = [*options, *(o.label.zh for o in options.values())]
            close = meant(nearest(value.text, words, 40))
            found.append(
                diagnostic(
                    "unknown-reading-option", value.span, name=name, option=value.text,
                    options="、".join(options), **close,
                )
            )  # fmt: skip
            continue
        chosen[name] = option
    if found:
        raise PolicyError(found)
    return chosen


def _pair(text: str) -> tuple[Scalar, Scalar]:
    """Both sides of `ID=OPTION`; the whole is their place, as it is short."""
    span = Source("--reading", text).span(0, len(text))
    id_, _, option = (part.strip() for part in text.partition("="))
    return Scalar(id_, id_, span), Scalar(option, option, span)


def _meant(word: str, labels: dict[str, m.Label]) -> str | None:
    """The name that a word is, or the only one that has it as its label."""
    if word in labels:
        return word
    found = [name for name, label in labels.items() if word and word in (label.zh, label.en)]
    return found[0] if len(found) == 1 else None
