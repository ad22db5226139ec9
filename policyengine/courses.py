"""Ways of applying side by side: the records of an advice, best first, and what tells two ways apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import model as m
from policyengine.again import After
from policyengine.decision import Failure, Subject
from policyengine.exact import Number
from policyengine.lang import unknown
from policyengine.values import FactRef, Known, Value


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing chosen: a fact of an application and its value."""

    ref: FactRef
    fact: m.Fact
    value: Known


@dataclass(frozen=True, slots=True)
class Part:
    """What a choice gives one application."""

    subject: Subject
    title: str
    picks: tuple[Pick, ...]
    after: After


@dataclass(frozen=True, slots=True)
class Course:
    """One way of applying for a group of applications that bear on each other.

    `total`: of all their amounts. `received`: what each enterprise gets in all, where the policy reports it.
    `alike`: how many others differ from it only in what changes nothing. `own`: the case's own choice. `best`: nothing gives more; `behind`: how much less than the best (None where a
    range leaves that open).
    """

    parts: tuple[Part, ...]
    total: Value
    received: tuple[tuple[Subject, Value], ...]
    own: bool
    best: bool
    behind: Number | None
    alike: int = 0


@dataclass(frozen=True, slots=True)
class Barred:
    """A choice that one application cannot make, and every condition that bars it."""

    subject: Subject
    pick: Pick
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """An applicant for whom the way that gives all together most is not the one that gives it most itself.

    `gets`: what it gets at the most where all together get most; `course`: the way that gives it most, `most`: that.
    """

    subject: Subject
    gets: Value
    course: Course
    most: Value


@dataclass(frozen=True, slots=True)
class Group:
    """Applications that are weighed together, every course best first. `apart`: applicants whose own best is another.

    `tried` of `possible` combinations were computed; `exact`: all of them.
    """

    courses: tuple[Course, ...]
    barred: tuple[Barred, ...]
    tried: int
    possible: int
    apart: tuple[Apart, ...] = ()

    @property
    def exact(self) -> bool:
        return self.tried == self.possible

    @property
    def best(self) -> tuple[Course, ...]:
        return tuple(course for course in self.courses if course.best)

    @property
    def settled(self) -> bool:
        """Whether it is certain which is best: no missing fact can turn it."""
        lows = [least_of(course.total) for course in self.best]
        return all(
            course.best or ((high := most_of(course.total)) is not None and high <= min(lows))
            for course in self.courses
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What each admissible choice of a case gives."""

    name: str
    groups: tuple[Group, ...]


def least_of(value: Value) -> Fraction:
    """The least of an amount; 0 where that is open."""
    low, _ = unknown.bounds(value)
    return Fraction(low) if isinstance(low, Decimal | Fraction) else Fraction(0)


def most_of(value: Value) -> Fraction | None:
    """The most of an amount; None where that is open."""
    _, high = unknown.bounds(value)
    return Fraction(high) if isinstance(high, Decimal | Fraction) else None


def apart_of(applicant: Subject, courses: Sequence[Course]) -> Apart | None:
    """Whether an applicant certainly gets more by another way than by any that gives all together most."""
    got = [
        (course, value) for course in courses for one, value in course.received if one.path == applicant.path
    ]
    mine = [value for course, value in got if course.best]
    if not mine:
        return None
    gets = max(mine, key=least_of)
    course, most = max(got, key=lambda pair: least_of(pair[1]))
    high = most_of(gets)
    return Apart(applicant, gets, course, most) if high is not None and least_of(most) > high else None
