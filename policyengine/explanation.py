"""What an explanation says, in words of one language: records that renderers draw."""

from __future__ import annotations

from dataclasses import dataclass

from policyengine import model as m
from policyengine.alternatives import Alternative, Interaction
from policyengine.clauses import Citation
from policyengine.decision import CaseDecision, Decision, Subject
from policyengine.distance import Distance, Reached


@dataclass(frozen=True, slots=True)
class Line:
    """One condition or one step.

    `status`: met, failed or unknown for conditions, "" for steps. `formula` with names, `numbers` with
    values (both "" where the value is plain), `value` in words. `because`: which case of a rule applied.
    `note`: an exception that applied, or what to know besides.
    """

    name: str
    subject: Subject | None
    label: str
    status: str
    value: str
    formula: str
    numbers: str
    because: str
    note: str
    citations: tuple[Citation, ...]
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A stated fact that was used: what, of whom, its value, and where it was stated."""

    subject: Subject
    name: str
    label: str
    value: str
    place: str
    evidence: str
    origin: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it takes to get the same answer again. Hashes are SHA-256, hexadecimal."""

    policy: str
    policy_hash: str
    text_hash: str
    engine: str
    input: str
    input_hash: str
    readings: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    command: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a reader of one decision may want to see, in words of one language.

    `distances`: how far each refusal is from being met, `reached`: what all of them reached would give.
    `alternatives`: readings that would change the result, `interactions`: pairs that bear on each other.
    """

    lang: str
    policy: m.Policy
    decision: Decision
    conditions: tuple[Line, ...]
    steps: tuple[Line, ...]
    everything: tuple[Line, ...]
    inputs: tuple[Input, ...]
    provenance: Provenance | None = None
    distances: tuple[Distance, ...] = ()
    reached: Reached | None = None
    alternatives: tuple[Alternative, ...] = ()
    interactions: tuple[Interaction, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseExplanation:
    """The explanations of one world."""

    decision: CaseDecision
    explanations: tuple[Explanation, ...]
    provenance: Provenance | None = None
