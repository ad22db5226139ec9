"""Answers as lines of text, so that a long run that was broken off need not decide them again.

A line holds some answers of one section: each time a whole table is decided is a section, counted from 1. Only records of
the kinds listed here are made from a line, and only where its sum is right: a torn or changed line ends the journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from policyengine import model as m
from policyengine.decision import Decision, Failure, Missing, Result, Subject, Supposed
from policyengine.instances import Plans
from policyengine.signs import Seen
from policyengine.values import ABSENT, FactRef, Table, TierRow, Tiers, Type, Unknown, Value

FORM = 1  # of the lines; another form is not read


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found of one application: the decision, what there is to look at, and what it may get if granted."""

    decision: Decision
    seen: Seen
    if_granted: Value | None


class Journal(Protocol):
    """Where answers are kept while a run is not finished."""

    def section(self) -> None:
        """A whole table is decided, or decided again."""

    def kept(self, id_: str) -> Answer | None:
        """The answer to an application in this section, from a run before."""

    def keep(self, answer: Answer) -> None:
        """Keep an answer of this section."""


_RECORDS: Mapping[str, type[Any]] = {
    each.__name__: each
    for each in (
        Answer, Decision, Failure, Missing, Result, Subject, Supposed, Seen, Unknown, Type, m.Label, m.Cited, Tiers, TierRow, Table,
    )
}  # fmt: skip
_SHARED = (m.Label, Type, Subject)  # written once a line
_SPANS = ("cite_spans", "quote_spans")  # places in the files of the policy, which results do not show
_PARTS = {each: tuple(f.name for f in fields(each) if f.name not in _SPANS) for each in _RECORDS.values()}


def line(plans: Plans, section: int, answers: Iterable[Answer]) -> str:
    """Answers of one section as a line."""
    writer = _Writer(plans)
    text = json.dumps([section, [writer.write(answer) for answer in answers]], ensure_ascii=False, separators=(",", ":"))  # fmt: skip
    return f"{_sum(text)} {text}\n"


def read(plans: Plans, text: str) -> tuple[int, list[Answer]] | None:
    """A section and its answers from a line; None where it is not whole."""
    found, _, body = text.partition(" ")
    if not text.endswith("\n") or found != _sum(body.removesuffix("\n")):
        return None
    section, answers = json.loads(body)
    reader = _Reader(plans)
    return section, [reader.read(answer) for answer in answers]


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class _Writer:
    plans: Plans
    shared: dict[Any, int] = field(default_factory=dict)

    def write(self, value: Any) -> Any:
        if type(value) in _PARTS:
            return self._record(value)
        match value:
            case None | bool() | str():
                return value
            case FactRef():
                return {"ref": list(value)}
            case tuple():
                return [self.write(item) for item in value]
            case int() | Decimal() | Fraction():
                return {type(value).__name__: str(value)}
            case date():
                return {"day": value.isoformat()}
            case frozenset():
                return {"set": sorted((self.write(item) for item in value), key=json.dumps)}
            case m.Fact():
                return {"fact": self._fact(value)}
        assert value is ABSENT, type(value)
        return {"absent": ""}

    def _record(self, value: Any) -> Any:
        if isinstance(value, _SHARED):
            if value in self.shared:
                return {"again": self.shared[value]}
            self.shared[value] = len(self.shared)
        parts = [self.write(getattr(value, name)) for name in _PARTS[type(value)]]
        return {"is": type(value).__name__, "of": parts}

    def _fact(self, fact: m.Fact) -> list[Any]:
        return next(
            [i, fact.name]
            for i, (_, plan) in enumerate(self.plans.versions)
            if plan.policy.facts.get(fact.name) == fact
        )


@dataclass(slots=True)
class _Reader:
    plans: Plans
    shared: list[Any] = field(default_factory=list)

    def read(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self.read(item) for item in value)
        if not isinstance(value, dict):
            return value
        if "is" in value:
            return self._record(value["is"], value["of"])
        ((kind, text),) = value.items()
        match kind:
            case "again":
                return self.shared[text]
            case "ref":
                return FactRef(*text)
            case "day":
                return date.fromisoformat(text)
            case "set":
                return frozenset(self.read(item) for item in text)
            case "fact":
                return self.plans.versions[text[0]][1].policy.facts[text[1]]
            case "absent":
                return ABSENT
        return {"int": int, "Decimal": Decimal, "Fraction": Fraction}[kind](text)

    def _record(self, name: str, parts: list[Any]) -> Any:
        at = len(self.shared)
        if _RECORDS[name] in _SHARED:
            self.shared.append(None)  # its place is taken before those of its parts
        made = _RECORDS[name](*(self.read(part) for part in parts))
        if isinstance(made, _SHARED):
            self.shared[at] = made
        return made
