"""What a decision says: frozen records that hold no engine state, only answers and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from policyengine.model import Cited, Fact, Interpretation, Label
from policyengine.values import FactRef, Known, Type, Value

Outcome = Literal["granted", "refused", "undetermined", "choice-open", "person-decides"]


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity of the case: its kind, id, and the words for its kind. `of`: the ids of what else it refers to."""

    kind: str
    id: str
    label: Label
    of: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"{self.kind}.{self.id}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition that is not met: whose, in what words, and by which clause."""

    condition: str
    subject: Subject
    label: Label
    message: Label
    cited: Cited


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact (or, where `fact` is None, a relation) that the answer still waits for."""

    ref: FactRef
    subject: Subject
    label: Label
    ask: Label
    fact: Fact | None
    cited: Cited


@dataclass(frozen=True, slots=True)
class ReadingUse:
    """A reading that the decision rests on, and the option that was in use."""

    interpretation: Interpretation
    option: str

    @property
    def default(self) -> bool:
        return self.option == self.interpretation.default

    @property
    def settled(self) -> bool:
        """Whether it is read as the body that interprets it has settled, so that nothing is in doubt."""
        return self.default and self.interpretation.decided_on is not None


@dataclass(frozen=True, slots=True)
class Result:
    """A headline value of an entity (`policy.results`)."""

    subject: Subject
    name: str
    label: Label
    type: Type
    value: Value


@dataclass(frozen=True, slots=True)
class Assumed:
    """A fact that was not given and for which the policy's assumption stood in."""

    ref: FactRef
    label: Label
    value: Known
    fact: Fact


@dataclass(frozen=True, slots=True)
class Supposed:
    """Something that the answer takes for granted although neither the policy nor the application says it.

    `kind`: `set` (a parameter), `as_of` (the day), `fact`, `reading`, `overlay` (a draft amendment) or
    `stipulate` (a value set instead of computed). `at` names it, `value` is as written, `says` a sentence
    for people, `place` where it was asked for ("" where it has none).
    """

    kind: Literal["set", "as_of", "fact", "reading", "overlay", "stipulate"]
    at: str
    value: str
    says: Label
    place: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one application.

    `amount` is in 元, exact; 0 for a refused one. It is `Unknown` with a range while facts are missing.
    `refusals`: every failed condition. `set_aside`: conditions that others fail (members that do not
    count). `settled` is False where an assumption was used, so that a new fact could change the answer, and
    where some value of the case was stipulated. `ties`: pairs of entities that only the tie-breaking keys
    put in order. `notes`: what must be said with the answer. `compared`: what quotas, pools and shares were
    compared with; "" where there were none. `supposed`: what makes this a trial run; every format marks it.
    `place`: where the application is written.
    """

    subject: Subject
    title: str
    declared_on: date | None
    outcome: Outcome
    amount: Value
    option: str
    option_label: Label
    refusals: tuple[Failure, ...]
    set_aside: tuple[Failure, ...]
    missing: tuple[Missing, ...]
    readings: tuple[ReadingUse, ...]
    results: tuple[Result, ...]
    assumed: tuple[Assumed, ...]
    ties: tuple[tuple[str, str, str], ...]
    version: str
    notes: tuple[Label, ...]
    compared: Label
    may_be: tuple[Outcome, ...]
    supposed: tuple[Supposed, ...] = ()
    place: str = ""

    @property
    def settled(self) -> bool:
        by_hand = any(item.kind == "stipulate" for item in self.supposed)
        return not self.assumed and not by_hand and self.outcome in ("granted", "refused")


@dataclass(frozen=True, slots=True)
class CaseDecision:
    """All decisions of one world, and the results of entities that are no applications."""

    name: str
    decisions: tuple[Decision, ...]
    results: tuple[Result, ...]
