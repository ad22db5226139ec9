"""Synthetic applications: possible, varied, the same for the same seed, and made from the policy's data alone.

What an application needs to say under each choice is asked of the engine itself; amounts gather around the policy's own
amounts, and with `boundary` stand on them and the smallest unit beside them. Applications come in offices of some hundreds:
firms file again and share projects within one, and nothing links one with another, so that the work grows as the number does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from policyengine import model as m
from policyengine.asked import Asked
from policyengine.case import Case, CaseEntity, Given
from policyengine.deciding import answered
from policyengine.diagnostics import CaseError
from policyengine.instances import Plans
from policyengine.source import Source
from policyengine.tables.form import NONE, SOME, form
from policyengine.tables.lots import Draw, Kind, Lots, Record
from policyengine.tables.pages import Column, Page, Shown
from policyengine.tables.pages import Kind as Look
from policyengine.tables.possible import Possible
from policyengine.values import Known
from policyengine.world import World

MARK = "合成数据"
REMARK = "备注"
_AGAIN = 5  # of 100 firms, those that file again
_BLANK = 3  # of 100 answers, those left blank
_NOW_AND_THEN = 7  # of 100 entities, those below which another stands
_OFFICE = 500  # applications that may hang together
_LOOKS: dict[str, Look] = {"money": "wan", "date": "date", "count": "count"}
_UNFIT = re.compile(r"[./\s]")  # what no id may hold
_Row = tuple[Shown, ...]


def sample(plans: Plans, asked: Asked, count: int, draw: Draw, boundary: bool = False) -> tuple[Page, ...]:
    """The tables of `count` applications, one page a kind of entity; those without rows are left out."""
    policy = plans.policy
    lots = Lots(policy, draw, boundary)
    kinds = {sheet.kind: lots.kind(sheet) for sheet in form(policy, asked)}
    possible, needs = Possible(plans, kinds, draw), Needs(plans, lots)
    rows: dict[str, list[_Row]] = {kind: [] for kind in kinds}
    numbers: Counter[str] = Counter()
    together = count if possible.together else _OFFICE
    for start in range(0, count, together):
        office = _Office(policy, kinds, lots, needs, numbers)
        for _ in range(min(count - start, together)):
            office.apply()
        possible.settle(office.records)
        for kind, made in rows.items():
            made += office.rows(kind)
    return tuple(_page(kinds[kind], made) for kind, made in rows.items() if made)


class Needs:
    """The facts and relations that an application has to state, asked of the engine."""

    def __init__(self, plans: Plans, lots: Lots) -> None:
        self.plans, self.policy = plans, plans.policy
        self.application = plans.policy.header.application
        self.day = lots.bound(plans.policy.header.valid_from)
        self.known: dict[Known | None, frozenset[str] | None] = {}

    def under(self, option: Known | None) -> frozenset[str] | None:
        """Those of an application for one option; None for all that there are."""
        if option not in self.known:
            try:
                self.known[option] = frozenset(self.missing({self.application.date: self.day, self.application.option: option}))  # fmt: skip
            except CaseError:  # not to be decided without more
                self.known[option] = None
        return self.known[option]

    def missing(self, told: Mapping[str, Known | None]) -> Iterator[str]:
        """What the answer waits for where an application says no more than this."""
        nowhere, facts = Source("sample", "").whole(), self.policy.facts
        entities: dict[str, dict[str, CaseEntity]] = {}
        waiting = [self.application.entity]
        while waiting:
            kind = waiting.pop()
            required = [r for r in self.policy.entities[kind].references.values() if not r.optional]
            waiting += [r.to for r in required if r.to not in entities]
            given = {n: Given(v, "", nowhere) for n, v in told.items() if n in facts and facts[n].entity == kind}  # fmt: skip
            entities[kind] = {"1": CaseEntity(kind, "1", given, {r.name: "1" for r in required}, frozenset(), nowhere)}  # fmt: skip
        world = World(self.plans, Case("sample", entities))
        for ent in world.entities[self.application.entity].values():
            yield from (item.ref.name for item in answered(world, ent).missing)


class _Office:
    """Applications that may hang together, with all their entities. `numbers`: how many of each kind there are so far."""

    def __init__(self, policy: m.Policy, kinds: dict[str, Kind], lots: Lots, needs: Needs, numbers: Counter[str]) -> None:  # fmt: skip
        self.kinds, self.lots, self.draw, self.needs, self.numbers = kinds, lots, lots.draw, needs, numbers
        self.application = policy.header.application
        self.records: dict[str, list[Record]] = {kind: [] for kind in kinds}
        self.members: Counter[tuple[str, str, Shown]] = Counter()  # of a kind, by a reference, to an id
        self.told: set[tuple[str, tuple[Shown, ...]]] = set()  # what no other of the kind may say
        self.making: list[str] = []  # kinds of what is not finished yet

    def apply(self) -> None:
        """One application and what belongs to it."""
        record = self.new(self.application.entity, self.lots.day())
        option = None
        for question in record.kind.questions:
            if question.fact.name == self.application.option:
                record.cells[question.at] = question.say(record.day)
                option = question.means(record.cells[question.at])
        self.finish(record, self.needs.under(option))

    def new(self, kind: str, day: date) -> Record:
        self.numbers[kind] += 1
        found = self.kinds[kind]
        id_ = f"合成{_UNFIT.sub('', found.sheet.title)}{self.numbers[kind]}"
        record = Record(found, id_, day, [id_, *[None] * (len(found.sheet.columns) - 1)], {})
        self.records[kind].append(record)
        return record

    def finish(self, record: Record, needed: frozenset[str] | None = None) -> None:
        """Link a record, fill its row, and put others below it. `needed`: what it has to state, None for everything."""
        self.making.append(record.kind.name)
        if self.link(record):
            self.fill(record, needed)
            self.below(record, needed)
        else:
            self.records[record.kind.name].remove(record)
        self.making.pop()

    # --- what it refers to ---

    def link(self, record: Record) -> bool:
        """Give a record what it must refer to; False where there is one like it, and nothing tells them apart."""
        kind = record.kind
        for name, at in kind.references.items():
            reference = kind.entity.references[name]
            if record.cells[at] is None and not reference.optional:
                record.cells[at] = self.target(record, reference)
        if (told := record.apart()) is not None:
            if (kind.name, told) in self.told:
                return False
            self.told.add((kind.name, told))
        for name, at in kind.references.items():
            self.members[kind.name, name, record.cells[at]] += 1
        return True

    def target(self, record: Record, reference: m.Reference) -> str:
        """Mostly something new, at times something that is there."""
        there = self.records[reference.to]
        if reference.to in self.making:
            return there[self.draw(len(there))].id
        if there and self.draw(100) < _AGAIN:
            other = there[self.draw(len(there))]
            if self.free(record, reference, other):
                return other.id
        made = self.new(reference.to, record.day)
        self.finish(made)
        return made.id

    def free(self, record: Record, reference: m.Reference, other: Record) -> bool:
        """Whether a record may refer to another: not too many do, and none that says the same besides."""
        kind, at = record.kind, record.kind.references[reference.name]
        told = tuple(other.id if i == at else record.cells[i] for i in kind.apart)
        members = self.members[kind.name, reference.name, other.id]
        return members < reference.most and (kind.name, told) not in self.told

    # --- what it says, and what stands below it ---

    def fill(self, record: Record, needed: frozenset[str] | None) -> None:
        cells, draw, day = record.cells, self.draw, record.day
        for at, behind in record.kind.texts:
            cells[at] = f"{record.id}{behind}"
        for question in record.kind.questions:
            name, at = question.fact.name, question.at
            if name == self.application.date:
                cells[at] = day
            elif cells[at] is None and (needed is None or name in needed) and draw(100) >= _BLANK:
                cells[at] = question.say(day)

    def below(self, record: Record, needed: frozenset[str] | None) -> None:
        """Records that stand below one: shares where they are needed, others now and then."""
        for child in record.kind.children:
            wanted = needed is None or child.reference.inverse in needed
            if not wanted or child.kind in self.making:
                continue
            kind = self.kinds[child.kind]
            many = 2 + self.draw(4) if kind.shared else int(self.draw(100) < _NOW_AND_THEN)
            for _ in range(min(many, child.reference.most)):
                made = self.new(child.kind, record.day)
                made.cells[kind.references[child.reference.name]] = record.id
                self.finish(made)

    def rows(self, kind: str) -> Iterator[_Row]:
        """The rows of a kind, each saying below it whether there is anything."""
        children = self.kinds[kind].children
        for record in self.records[kind]:
            for child in children:
                some = self.members[child.kind, child.reference.name, record.id]
                record.cells[child.at] = SOME if some else NONE
            yield tuple(record.cells)


def _page(kind: Kind, rows: list[_Row]) -> Page:
    """Rows as a page, each marked as made up, without the columns in which nothing stands."""
    columns = kind.sheet.columns
    used = [i for i, _ in enumerate(columns) if any(row[i] is not None for row in rows)]
    looks = (Column(columns[i].header, _LOOKS.get(columns[i].kind, "wan" if columns[i].unit else "text")) for i in used)  # fmt: skip
    made = tuple((*[row[i] for i in used], MARK) for row in rows)
    return Page(kind.sheet.title, (*looks, Column(REMARK)), made)
