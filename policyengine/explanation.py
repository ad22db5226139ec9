"""What an explanation says, in words of one language: records that renderers draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from policyengine import model as m
from policyengine.alternatives import Alternative, Interaction
from policyengine.asking import Question
from policyengine.clauses import Citation
from policyengine.decision import CaseDecision, Decision, Subject
from policyengine.distance import Distance
from policyengine.exact import Number
from policyengine.nearby import NOTHING_NEARBY, Nearby
from policyengine.reaching import Reached
from policyengine.values import Known, Type, Value


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of a formula with values: what stands there, and what a value is called ("" for signs)."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """Something that a step or condition reckoned with. `value` of a number of the document; None for the rest.

    `supposed`: the number was set for a what-if, so that the document does not say it.
    """

    label: str
    type: Type
    value: Known | None = None
    supposed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One condition or one step.

    `status`: met, failed or unknown for conditions, "" for steps. `formula` with names, `numbers` with
    values (both "" where the value is plain), `value` in words. `because`: which case of a rule applied.
    `note`: an exception that applied, or what to know besides. `owner`: what it is a part of, for a part.
    `open`: the value waits for facts. `terms` are `numbers` in pieces, each value with its name; `used` is what
    was reckoned with, to find its words in the quotes.
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
    owner: str = ""
    open: bool = False
    terms: tuple[Term, ...] = ()
    used: tuple[Used, ...] = ()


def told_apart(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines in which no two of one entity read alike: parts of several programs are said with their program."""
    lines = tuple(lines)
    owners: dict[tuple[str, str], set[str]] = {}
    for line in lines:
        owners.setdefault((line.label, line.subject.path if line.subject else ""), set()).add(line.owner)
    return tuple(
        replace(line, label=f"{line.owner} > {line.label}")
        if line.owner and len(owners[line.label, line.subject.path if line.subject else ""]) > 1
        else line
        for line in lines
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A condition of something that belongs to the application (a member qualifies), with its parts."""

    line: Line
    conditions: tuple[Line, ...]


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
class Capped:
    """An award held against its cap, in 元: what was computed, the cap in use, and what both are called."""

    label: str
    computed: Number
    cap: Number
    computed_label: str
    cap_label: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it takes to get the same answer again. Hashes are SHA-256, hexadecimal.

    `policy_hash`: of all that was loaded and laid over it, without comments and layout; `overlays`: of each
    overlay file, by its id; `files`: of every file of the policy.
    """

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
    overlays: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a reader of one decision may want to see, in words of one language.

    `if_granted`: what the amount may be should it be granted, where that is open; else None. `candidates`:
    where it is not chosen what is applied for, what each choice would come to. `distances`: how far each refusal
    is from being met, `reached`: what all of them reached would give. `alternatives`: readings that would change
    the result, `interactions`: pairs that bear on each other.
    `caps`: what was held against a cap on the way to the amount. `names`: what people call the entities of
    the case, by path (`enterprise.E1`). `parties`: what the application refers to, in words (企业, its name).
    `questions`: what is still to be asked, the most telling first, where that was worked out. `nearby`: of a granted
    application, what other facts would give and where its amount would turn.
    """

    lang: str
    policy: m.Policy
    decision: Decision
    conditions: tuple[Line, ...]
    steps: tuple[Line, ...]
    everything: tuple[Line, ...]
    inputs: tuple[Input, ...]
    provenance: Provenance | None = None
    members: tuple[Group, ...] = ()
    if_granted: Value | None = None
    candidates: tuple[Explanation, ...] = ()
    caps: tuple[Capped, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    parties: tuple[tuple[str, str], ...] = ()
    distances: tuple[Distance, ...] = ()
    reached: Reached | None = None
    alternatives: tuple[Alternative, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    questions: tuple[Question, ...] = ()
    nearby: Nearby = NOTHING_NEARBY


@dataclass(frozen=True, slots=True)
class CaseExplanation:
    """The explanations of one world."""

    decision: CaseDecision
    explanations: tuple[Explanation, ...]
    provenance: Provenance | None = None
