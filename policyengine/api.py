"""The public functions, each one stage: load, check, compile, read a case, decide, explain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from policyengine import advising, asking, casefile, deciding, explaining, loader, schema
from policyengine import model as m
from policyengine.asking import Question
from policyengine.case import Case
from policyengine.checks import check_plan
from policyengine.courses import Advice
from policyengine.deciding import Decided
from policyengine.desugar import compile_policy
from policyengine.diagnostics import CaseError, Diagnostic, PolicyError, errors
from policyengine.explanation import CaseExplanation, Provenance
from policyengine.instances import Plans
from policyengine.options import with_as_of, with_fact, with_readings
from policyengine.reading import read as read_tree
from policyengine.reading import read_bytes
from policyengine.reading.node import Mapping as MappingNode
from policyengine.shared import shared
from policyengine.source import Source
from policyengine.values import Type


def load(
    spec: str | Path, overlays: Iterable[str | Path] = (), sets: Iterable[loader.Set] = ()
) -> m.Timeline:
    """The policy that `spec` names (a folder, an id, `+overlay.yaml` any number of times), read and built.

    `sets`: what-if values, `PARAMETER=VALUE`, the parameter by its name or label. Raises PolicyError with everything that is wrong in reading,
    form and structure.
    """
    return loader.load(spec, overlays, sets)


def check(timeline: m.Timeline) -> list[Diagnostic]:
    """Everything that can be found without a case: names, types, units, quotes, coverage, tables, bounds.

    Errors make the policy unusable; warnings are for its author to judge.
    """
    return _checked(timeline)[1]


def _checked(
    timeline: m.Timeline, broken: Iterable[str] = (), read: Iterable[Diagnostic] = ()
) -> tuple[Plans, list[Diagnostic]]:
    """Every version's plan, and all that is found; `read`: what reading found before."""
    plans, compiled = _plans(timeline, broken)
    found = [*read, *compiled]
    whole = not errors(found)
    for _, plan in plans.versions:
        found += check_plan(plan, plans, whole)
    return plans, found


def check_files(
    spec: str | Path, overlays: Iterable[str | Path] = ()
) -> tuple[Plans | None, list[Diagnostic]]:
    """Load, build and check in one go, collecting all findings instead of raising at the first stage."""
    loaded = loader.read(spec, overlays)
    if loaded.timeline is None:
        return None, loaded.found
    return _checked(loaded.timeline, loaded.broken, loaded.found)


def ready(spec: str | Path, sets: Iterable[loader.Set] = ()) -> Plans:
    """A policy to decide by: loaded, compiled and checked, once.

    Raises PolicyError with everything that is wrong with it, so that no money is decided by a policy that
    its own checks reject.
    """
    plans, found = _checked(loader.load(spec, sets=sets))
    wrong = errors(found)
    if wrong:
        raise PolicyError(wrong)
    return plans


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


def digest(*data: str | bytes) -> str:
    """SHA-256 of texts or bytes one after the other, hexadecimal."""
    made = hashlib.sha256()
    for part in data:
        made.update(part.encode() if isinstance(part, str) else part)
    return made.hexdigest()


__all__ = [
    "advise", "check", "check_files", "compile", "decide", "explain", "load", "questions", "read_case", "ready", "shared", "with_as_of",
    "with_fact", "with_readings",
]  # fmt: skip
