"""Which way of applying gives most: every admissible choice of the applicants set side by side.

What an applicant chooses is what the policy marks so: the program of each project, and the order of the
projects of a year, which decides who has a slot and who uses a cap first. A program whose conditions a
project does not meet is barred and not combined. Projects that do not meet in any rank, cap or split are
weighed apart, so that numbers of combinations add instead of multiplying.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice, permutations, product
from math import factorial, prod

from policyengine import exact
from policyengine import model as m
from policyengine import plan as p
from policyengine.again import after, again
from policyengine.asked import reached
from policyengine.courses import Advice, Barred, Course, Group, Part, Pick, apart_of, least_of, most_of
from policyengine.deciding import Decided, title_of
from policyengine.decision import Subject
from policyengine.exact import Number
from policyengine.instances import Ent
from policyengine.lang import unknown
from policyengine.refusing import subject
from policyengine.values import FactRef, Known, Unknown, Value
from policyengine.world import World

MOST = 1024  # combinations that are all tried

Facts = Mapping[FactRef, Known]


def advise(decided: Decided, most: int = MOST) -> Advice:
    """Every admissible choice of a decided case. `most`: combinations of one group that are all tried."""
    world = decided.world
    adviser = _Adviser(world, most)
    groups = tuple(adviser.group(members) for members in adviser.groups())
    return Advice(decided.decision.name, groups)


class _Adviser:
    """Weighs the choices of one case."""

    def __init__(self, world: World, most: int) -> None:
        self.world = world
        self.most = most
        self.applications = list(world.entities[world.plans.last.application.entity].values())
        self.read = {
            id(plan): reached(plan, world.readings) for _, plan in world.plans.versions
        }  # names that matter under the readings in use

    def plan(self, ent: Ent) -> p.Plan:
        return self.world.plan(self.world.when(ent))

    # --- which applications bear on each other ---

    def groups(self) -> Iterator[list[Ent]]:
        """Applications joined by a rank, a cap or a split that they share."""
        left = list(self.applications)
        while left:
            group, open_ = [left[0]], [left.pop(0)]
            while open_:
                beside = self.beside(open_.pop())
                joined = [ent for ent in left if ent in beside]
                left = [ent for ent in left if ent not in beside]
                group += joined
                open_ += joined
            yield [ent for ent in self.applications if ent in group]

    def beside(self, ent: Ent) -> set[Ent]:
        """The applications of the same applicant, and those that share a member with this one."""
        found: set[Ent] = set()
        for one in ent.refs.values():
            if one is not None:
                found |= self.of(one)
        for members in ent.inverses.values():
            for member in members:
                for one in member.refs.values():
                    if one is not None and one is not ent:
                        found |= self.of(one)
        return found

    def of(self, ent: Ent) -> set[Ent]:
        """The applications that point to an entity, directly or through what points to it."""
        if ent.kind == self.applications[0].kind:
            return {ent}
        found: set[Ent] = set()
        for members in ent.inverses.values():
            for member in members:
                if member.kind == self.applications[0].kind:
                    found.add(member)
                else:
                    found |= {
                        one
                        for one in member.refs.values()
                        if one is not None and one.kind == self.applications[0].kind
                    }
        return found

    # --- what can be chosen ---

    def choices(self, ent: Ent) -> list[m.Fact]:
        """The questions that the applicant decides and that matter under the readings in use."""
        plan = self.plan(ent)
        return [
            fact
            for fact in plan.policy.facts.values()
            if fact.choice and fact.entity == ent.kind and fact.name in self.read[id(plan)]
        ]

    def order(self, ent: Ent) -> str:
        """The fact that puts an applicant's applications in order; "" where there is none."""
        plan = self.plan(ent)
        keys: set[str] = set()
        for node in plan.nodes.values():
            if isinstance(node, p.RankNode | p.AllocateNode):
                for key, _ in node.by:
                    keys |= {key, *p.reads(plan.nodes[key])}
        counted = (fact.name for fact in self.choices(ent) if fact.type.kind == "count")
        return next((name for name in counted if name in keys), "")

    def options(self, ent: Ent) -> list[Facts]:
        """Every combination of answers of one application, apart from its place in the order."""
        facts = [fact for fact in self.choices(ent) if fact.type.kind in ("bool", "enum")]
        answers: list[tuple[Known, ...]] = [
            tuple(fact.type.options) if fact.type.kind == "enum" else (False, True) for fact in facts
        ]
        refs = [FactRef(ent.kind, ent.id, fact.name) for fact in facts]
        return [dict(zip(refs, values, strict=True)) for values in product(*answers)]

    def admissible(self, ent: Ent) -> tuple[list[Facts], list[Barred]]:
        """The options that an application may choose, and those barred by its own conditions."""
        kept: list[Facts] = []
        barred: list[Barred] = []
        for option in self.options(ent):
            alone = after(again(self.world, {**self.aside(ent), **option}), ent)
            failures = alone.refusals if alone.outcome == "refused" else ()
            if alone.outcome is None or failures:
                pick = self.pick(ent, option)
                if pick is not None and all(b.pick.value != pick.value for b in barred):
                    barred.append(Barred(subject(self.world, ent), pick, failures))
            else:
                kept.append(option)
        chosen = {self.value(ent, option) for option in kept}
        return kept, [b for b in barred if b.pick.value not in chosen]

    def aside(self, ent: Ent) -> Facts:
        """The application as the first of its applicant, so that only its own conditions can bar it."""
        name = self.order(ent)
        if not name:
            return {}
        found: dict[FactRef, Known] = {}
        low = self.plan(ent).policy.facts[name].low or exact.ONE
        for other in self.applications:
            found[FactRef(other.kind, other.id, name)] = low if other is ent else exact.add(low, exact.ONE)
        return found

    def pick(self, ent: Ent, option: Facts) -> Pick | None:
        """What is applied for, of an option."""
        name = self.plan(ent).application.option
        ref = FactRef(ent.kind, ent.id, name)
        return Pick(ref, self.plan(ent).policy.facts[name], option[ref]) if ref in option else None

    def value(self, ent: Ent, option: Facts) -> Known | None:
        pick = self.pick(ent, option)
        return None if pick is None else pick.value

    # --- side by side ---

    def group(self, members: Sequence[Ent]) -> Group:
        kept: list[list[Facts]] = []
        barred: list[Barred] = []
        for ent in members:
            options, against = self.admissible(ent)
            kept.append(options or [self.own([ent])])
            barred += against
        orders = self.ordered(members)
        possible = prod(len(options) for options in kept) * (factorial(len(members)) if orders else 1)
        own = self.own(members)
        if possible <= self.most:
            tried = [
                self.joined(options, order) for options in product(*kept) for order in (orders or iter([{}]))
            ]
        else:
            tried = list(self.climbed(members, kept))
        found = {self.key(facts): facts for facts in [*tried, *([own] if own else [])]}
        courses = self.ranked([self.course(members, facts, own) for facts in found.values()])
        applicants = dict.fromkeys(
            subject(self.world, one)
            for ent in members
            for one in ent.refs.values()
            if one is not None and not self.world.policy.entities[one.kind].dated_by
        )
        apart = tuple(other for one in applicants if (other := apart_of(one, courses)) is not None)
        return Group(courses, tuple(barred), len(tried), possible, apart)

    def ordered(self, members: Sequence[Ent]) -> list[Facts] | None:
        """Every order of several applications; None where no order is theirs to choose."""
        names = [self.order(ent) for ent in members]
        if len(members) < 2 or not all(names):
            return None
        return [self.placed(members, line) for line in islice(permutations(members), self.most + 1)]

    def placed(self, members: Sequence[Ent], line: Iterable[Ent]) -> Facts:
        """An order as places, from the first on."""
        return {
            FactRef(ent.kind, ent.id, self.order(ent)): Decimal(place) for place, ent in enumerate(line, 1)
        }

    def joined(self, options: Iterable[Facts], order: Facts) -> Facts:
        return {ref: value for facts in (*options, order) for ref, value in facts.items()}

    def own(self, members: Sequence[Ent]) -> Facts:
        """What the case itself chooses, with its order of several; empty where some of it is left open."""
        found: dict[FactRef, Known] = {}
        for ent in members:
            order = self.order(ent) if len(members) > 1 else ""
            for fact in self.choices(ent):
                value = self.world.stated(ent, fact.name)
                if fact.type.kind not in ("bool", "enum") and fact.name != order:
                    continue
                if value is None:
                    return {}
                found[FactRef(ent.kind, ent.id, fact.name)] = value
        return found

    def key(self, facts: Facts) -> tuple[object, ...]:
        """What makes two choices the same: the answers, and of places only their order."""
        places = sorted((value, ref) for ref, value in facts.items() if isinstance(value, Decimal))
        ties = len({value for value, _ in places}) < len(places)
        line = tuple(places) if ties else tuple(ref for _, ref in places)
        return (*sorted((r, str(v)) for r, v in facts.items() if not isinstance(v, Decimal)), line)

    def climbed(self, members: Sequence[Ent], kept: list[list[Facts]]) -> Iterator[Facts]:
        """Where there are too many: from the best of each alone, one change at a time, as long as it gets better."""
        alone = {
            ent: max(
                (self.worth([ent], {**self.aside(ent), **option}), -i) for i, option in enumerate(options)
            )
            for ent, options in zip(members, kept, strict=True)
        }
        options = [each[-alone[ent][1]] for ent, each in zip(members, kept, strict=True)]
        line = sorted(members, key=lambda ent: -alone[ent][0])
        orders = all(self.order(ent) for ent in members)
        now = self.joined(options, self.placed(members, line) if orders else {})
        left, worth, better = self.most, self.worth(members, now), True
        yield now
        while better and left > 0:
            better = False
            for facts in islice(self.neighbours(members, kept, now, orders), left):
                left -= 1
                yield facts
                if (found := self.worth(members, facts)) > worth:
                    now, worth, better = facts, found, True
                    break

    def neighbours(
        self, members: Sequence[Ent], kept: list[list[Facts]], now: Facts, orders: bool
    ) -> Iterator[Facts]:
        """What differs in one application's answers, or in the place of two."""
        for options in kept:
            for option in options:
                if any(now.get(ref) != value for ref, value in option.items()):
                    yield {**now, **option}
        if orders:
            refs = [FactRef(ent.kind, ent.id, self.order(ent)) for ent in members]
            for i, one in enumerate(refs):
                for other in refs[i + 1 :]:
                    yield {**now, one: now[other], other: now[one]}

    def worth(self, members: Sequence[Ent], facts: Facts) -> Fraction:
        world = again(self.world, facts)
        return sum((least_of(after(world, ent).amount) for ent in members), Fraction(0))

    def course(self, members: Sequence[Ent], facts: Facts, own: Facts) -> Course:
        world = again(self.world, facts)
        parts = []
        total: Value = exact.ZERO
        for ent in members:
            gives = after(world, ent)
            picks = [
                Pick(ref, self.world.policy.facts[ref.name], value)
                for ref, value in facts.items()
                if (ref.entity, ref.id) == (ent.kind, ent.id)
            ]
            title = title_of(world, ent)
            parts.append(Part(subject(world, ent), title, tuple(picks), gives))
            total = unknown.add(total, gives.amount)
        received = tuple(self.received(world, members))
        same = bool(own) and self.key(facts) == self.key(own)
        return Course(tuple(parts), total, received, same, False, None)

    def received(self, world: World, members: Sequence[Ent]) -> Iterator[tuple[Subject, Value]]:
        """What the policy reports of the enterprises that stand behind the applications."""
        behind: dict[Ent, None] = {}
        for ent in members:
            for one in (ent, *(each for each_of in ent.inverses.values() for each in each_of)):
                behind |= dict.fromkeys(other for other in one.refs.values() if other is not None)
        for path, _ in world.policy.header.results:
            kind, _, name = path.partition(".")
            if world.policy.entities[kind].dated_by:
                continue
            for ent in behind:
                if ent.kind == kind:
                    yield subject(world, ent), world.value(ent, name)

    def ranked(self, courses: list[Course]) -> tuple[Course, ...]:
        """Best first, the case's own before what gives the same; what is behind says by how much."""
        line = sorted(
            courses,
            key=lambda c: (
                -least_of(c.total),
                -(most_of(c.total) or Fraction(0)),
                not c.own,
                self.changed(c),
                _yes(c),
                _said(c),
            ),
        )
        alike: dict[object, list[Course]] = {}
        for course in line:
            alike.setdefault(self.gist(course), []).append(course)
        top = line[0].total
        return tuple(
            replace(c, best=_same(c.total, top), behind=_behind(c.total, top), alike=len(others))
            for c, *others in alike.values()
        )

    def changed(self, course: Course) -> int:
        """How many answers differ from what the case states: what gives the same is left as it is."""
        picks = [pick for part in course.parts for pick in part.picks]
        stated = [
            self.world.stated(self.world.entities[pick.ref.entity][pick.ref.id], pick.ref.name)
            for pick in picks
        ]
        return sum(was is not None and was != pick.value for was, pick in zip(stated, picks, strict=True))

    def gist(self, course: Course) -> object:
        """What tells two courses apart for a reader: what is granted, and how much; not what a refused one applied for."""
        option = self.world.plans.last.application.option
        return tuple(
            (part.after.key, *(pick.value for pick in part.picks if pick.ref.name == option))
            if part.after.outcome != "refused"
            else part.after.key
            for part in course.parts
        )


def _yes(course: Course) -> int:
    """How many questions are answered with yes: of two ways that give the same, the plainer one is shown."""
    return sum(pick.value is True for part in course.parts for pick in part.picks)


def _said(course: Course) -> tuple[str, ...]:
    """An order that does not depend on how the courses were found."""
    return tuple(str(pick.value) for part in course.parts for pick in part.picks)


def _same(a: Value, b: Value) -> bool:
    return unknown.bounds(a) == unknown.bounds(b)


def _behind(value: Value, top: Value) -> Number | None:
    if isinstance(value, Unknown) or isinstance(top, Unknown):
        return None
    gap = unknown.subtract(top, value)
    assert isinstance(gap, Decimal | Fraction)
    return gap
