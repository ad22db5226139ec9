"""The public functions, each one stage: load, check, compile, read a case, decide, explain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from policyengine import advising, asking, casefile, deciding, explaining, literals, loader, schema
from policyengine import model as m
from policyengine.advising import Advice
from policyengine.asking import Question
from policyengine.case import Case, Given
from policyengine.checks import check_plan
from policyengine.deciding import Decided
from policyengine.desugar import compile_policy
from policyengine.diagnostics import CaseError, Diagnostic, PolicyError, diagnostic, errors
from policyengine.explanation import CaseExplanation, Provenance
from policyengine.facts import Reader
from policyengine.instances import Plans
from policyengine.nearest import meant, nearest
from policyengine.reading import read as read_tree
from policyengine.reading import read_bytes
from policyengine.reading.node import Mapping as MappingNode
from policyengine.reading.node import Scalar
from policyengine.source import Source
from policyengine.values import FactRef, Type


def load(spec: str | Path, overlays: Iterable[str | Path] = (), sets: Iterable[str] = ()) -> m.Timeline:
    """The policy that `spec` names (a folder, an id, `+overlay.yaml` any number of times), read and built.

    `sets`: what-if values, `PARAMETER=VALUE`. Raises PolicyError with everything that is wrong in reading,
    form and structure.
    """
    return loader.load(spec, overlays, sets)


def check(timeline: m.Timeline) -> list[Diagnostic]:
    """Everything that can be found without a case: names, types, units, quotes, coverage, tables, bounds.

    Errors make the policy unusable; warnings are for its author to judge.
    """
    plans, found = _plans(timeline)
    whole = not errors(found)
    for _, plan in plans.versions:
        found += check_plan(plan, plans, whole)
    return found


def check_files(
    spec: str | Path, overlays: Iterable[str | Path] = ()
) -> tuple[Plans | None, list[Diagnostic]]:
    """Load, build and check in one go, collecting all findings instead of raising at the first stage."""
    loaded = loader.read(spec, overlays)
    if loaded.timeline is None:
        return None, loaded.found
    plans, found = _plans(loaded.timeline, loaded.broken)
    found = loaded.found + found
    whole = not errors(found)
    for _, plan in plans.versions:
        found += check_plan(plan, plans, whole)
    return plans, found


def compile(timeline: m.Timeline) -> Plans:
    """What can be run: every version's plan. Raises PolicyError with all errors of names, types and cycles."""
    plans, found = _plans(timeline)
    wrong = errors(found)
    if wrong:
        raise PolicyError(wrong)
    return plans


def _plans(timeline: m.Timeline, broken: Iterable[str] = ()) -> tuple[Plans, list[Diagnostic]]:
    versions, found = [], []
    for start, policy in timeline.versions:
        plan, problems = compile_policy(policy, broken)
        versions.append((start, plan))
        found += problems
    return Plans(timeline, tuple(versions)), found


def types(plans: Plans) -> dict[str, Type]:
    """The type of every value of a policy, by name."""
    return {name: node.info.type for _, plan in plans.versions for name, node in plan.nodes.items()}


def read_case(plans: Plans, text: str | bytes, name: str = "<case>") -> casefile.CaseFile:
    """The worlds of a case file (YAML or JSON). Raises CaseError with every mistake and its place."""
    tree = parse_case(text, name)
    file, found = casefile.read_cases(tree, plans.policy, types(plans), _stem(name))
    if errors(found):
        raise CaseError(errors(found))
    return file


def parse_case(text: str | bytes, name: str) -> MappingNode:
    """The tree of a case file, before its policy is known."""
    if isinstance(text, bytes):
        _, node, found = read_bytes(text, name, limit=CASE_BYTES, nodes=CASE_NODES)
    else:
        node, found = read_tree(Source(name, text), CASE_NODES)
    if not errors(found) and isinstance(node, MappingNode):
        found = schema.validate(node, "case")
    if errors(found) or not isinstance(node, MappingNode):
        raise CaseError(errors(found))
    return node


CASE_BYTES = 8 * 1024 * 1024
CASE_NODES = 400_000


def _stem(name: str) -> str:
    return Path(name).stem if name not in ("<stdin>", "<case>") else "case"


def with_as_of(plans: Plans, case: Case, day: str) -> Case:
    """The case as if every application had been declared on a day."""
    span = Source("--as-of", day).span(0, len(day))
    value = literals.day(day)
    if value is None:
        raise CaseError([diagnostic("not-a-date", span, name="--as-of", text=day)])
    application = plans.last.application
    for id_ in case.entities.get(application.entity, {}):
        ref = FactRef(application.entity, id_, application.date)
        case = case.with_fact(ref, Given(value, day, span, "as-of"))
    return case


def with_fact(plans: Plans, case: Case, text: str, where: str = "--fact") -> Case:
    """The case with one fact set by `ENTITY.ID.NAME=VALUE`. `where`: what a finding names as its place."""
    source = Source(where, text)
    path, equals, written = text.partition("=")
    kind, _, rest = path.strip().partition(".")
    id_, _, name = rest.rpartition(".")
    fact = plans.policy.facts.get(name)
    if not equals or fact is None or fact.entity != kind or case.entity(kind, id_) is None:
        there = [
            f"{k}.{i}.{f.name}"
            for k, ids in case.entities.items()
            for i in ids
            for f in plans.policy.facts.values()
            if f.entity == k
        ]
        span = source.span(0, len(text))
        words = meant(nearest(path.strip(), there, 40))
        raise CaseError([diagnostic("bad-fact-option", span, text=text, **words)])
    span = source.span(len(path) + 1, len(text))
    value, found = Reader(plans.policy.units).fact(fact, Scalar(written.strip(), written.strip(), span))
    if found:
        raise CaseError(found)
    return case.with_fact(FactRef(kind, id_, name), Given(value, written.strip(), span, "fact"))


def with_readings(plans: Plans, texts: Iterable[str]) -> dict[str, str]:
    """Readings chosen by `ID=OPTION`; a PolicyError where there is no such reading or option."""
    chosen: dict[str, str] = {}
    found = []
    known = plans.policy.interpretations
    for text in texts:
        span = Source("--reading", text).span(0, len(text))
        id_, _, option = (part.strip() for part in text.partition("="))
        if id_ not in known:
            close = get_close_matches(id_, known, 1, 0.4)
            found.append(diagnostic("unknown-reading", span, name=id_, suggestion=close[0] if close else ""))
        elif option not in known[id_].options:
            close = get_close_matches(option, known[id_].options, 1, 0.4)
            options = "、".join(known[id_].options)
            found.append(
                diagnostic(
                    "unknown-reading-option",
                    span,
                    name=id_,
                    option=option,
                    options=options,
                    suggestion=close[0] if close else "",
                )
            )
        else:
            chosen[id_] = option
    if found:
        raise PolicyError(found)
    return chosen


def decide(plans: Plans, case: Case, readings: Mapping[str, str] | None = None) -> Decided:
    """Every application of a case decided: outcome, amount, all failed conditions, facts still needed.

    Raises CaseError where the case contradicts itself or a rule cannot be computed for it.
    """
    return deciding.decide(plans, case, readings)


def explain(
    decided: Decided,
    lang: str = "zh",
    provenance: Provenance | None = None,
    depth: str = "full",
    whatif: bool = True,
    ask: bool = False,
) -> CaseExplanation:
    """The decisions of a case with conditions, steps and inputs, each tied to its clause and words.

    `whatif`: with the distance of each refusal and what other readings would give, which costs more than the rest.
    `ask`: with the missing facts in the order in which they are best asked for.
    """
    return explaining.explain(decided, lang, provenance, depth, whatif, ask)


def advise(decided: Decided) -> Advice:
    """Every admissible choice of the applicants of a decided case side by side, the best first."""
    return advising.advise(decided)


def questions(decided: Decided) -> tuple[Question, ...]:
    """What a decided case still waits for, the question that removes most of what is open first."""
    return asking.questions(decided)


def digest(data: str | bytes) -> str:
    """SHA-256 of a text or of bytes, hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


__all__ = [
    "advise", "check", "check_files", "compile", "decide", "explain", "load", "questions", "read_case", "with_as_of", "with_fact", "with_readings",
]  # fmt: skip
