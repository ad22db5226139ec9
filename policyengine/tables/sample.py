"""Synthetic applications: possible, varied, the same for the same seed, and made from the policy's data alone.

What an application needs to say under each choice is asked of the engine itself; amounts gather around the policy's own
amounts, and with `boundary` stand on them and one fen beside them. What would contradict a constraint is drawn again, smaller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from policyengine import model as m
from policyengine.asked import Asked
from policyengine.case import Case, CaseEntity, Given
from policyengine.deciding import contradictions, decide_each
from policyengine.exact import CONTEXT
from policyengine.instances import Plans
from policyengine.naming import under
from policyengine.source import Source
from policyengine.tables.cells import Cell, Grid, Row, Sheet
from policyengine.tables.form import NO, NONE, SOME, YES, FormColumn, FormSheet, form
from policyengine.tables.pages import Column, Kind, Page, Shown
from policyengine.tables.read import read_made
from policyengine.tables.rows import assemble
from policyengine.values import Known
from policyengine.world import World

Draw = Callable[[int], int]  # a whole number from 0 up to, not including, its argument
MARK = "合成数据"
REMARK = "备注"
_AGAIN = 5  # of 100 firms, those that file again
_BLANK = 3  # of 100 answers, those left blank
_OUTSIDE = 3  # of 100 days, those outside the policy's validity
_MOST_ROUNDS = 12
_FEN = Decimal("0.01")
_KINDS: dict[str, Kind] = {"money": "wan", "date": "date", "count": "count"}


@dataclass(slots=True)
class Record:
    """One entity: its id, and what its columns say."""

    kind: str
    id: str
    values: dict[str, Shown] = field(default_factory=dict)


Records = dict[str, list[Record]]


def sample(plans: Plans, asked: Asked, count: int, draw: Draw, boundary: bool = False) -> tuple[Page, ...]:
    """The tables of `count` applications, one page a kind of entity; those without rows are left out."""
    return _Sampler(plans, asked, draw, boundary).pages(count)


class _Sampler:
    def __init__(self, plans: Plans, asked: Asked, draw: Draw, boundary: bool) -> None:
        self.plans, self.policy, self.draw, self.boundary = plans, plans.policy, draw, boundary
        self.sheets = {sheet.kind: sheet for sheet in form(self.policy, asked)}
        self.records: Records = {kind: [] for kind in self.sheets}
        self.application = self.policy.header.application
        self.gates = dict(_gates(self.policy))
        self.shared = {allocation.entity for allocation in self.policy.allocations.values()}
        self.needed: dict[str, frozenset[str]] = {}
        amounts = sorted(
            {
                dated.value
                for parameter in self.policy.parameters.values()
                if parameter.type.kind == "money"
                for dated in parameter.values
                if isinstance(dated.value, Decimal)
            }
        )
        self.amounts = [
            amount for amount in amounts if amount * 1_000 > amounts[-1]
        ]  # units of rounding are none

    def pages(self, count: int) -> tuple[Page, ...]:
        for _ in range(count):
            self.apply()
        self.settle()
        return tuple(self.page(sheet, self.records[kind]) for kind, sheet in self.sheets.items() if self.records[kind])  # fmt: skip

    # --- one application and what belongs to it ---

    def apply(self) -> None:
        kind = self.application.entity
        record = self.new(kind)
        choices = {c.target.name: self.option(c) for c in self.facts(kind) if c.target.name == self.application.option}  # fmt: skip
        needed = self.needs("|".join(map(str, choices.values())), choices)
        self.link(record)
        day = self.day()
        self.fill(record, needed, day, choices)
        self.below(record, needed, day)

    def new(self, kind: str) -> Record:
        label = self.sheets[kind].title
        record = Record(kind, f"合成{label}{len(self.records[kind]) + 1}")
        self.records[kind].append(record)
        return record

    def link(self, record: Record) -> None:
        """Give a record what it must refer to: mostly something new, at times something that is there."""
        for reference in self.policy.entities[record.kind].references.values():
            column = self.column(record.kind, reference.name)
            if reference.optional or column is None or column.header in record.values:
                continue
            there = self.records[reference.to]
            if there and self.draw(100) < _AGAIN:
                target = there[self.draw(len(there))]
            else:
                target = self.new(reference.to)
                day = self.day()
                self.fill(target, None, day, {})
                self.below(target, None, day)
            record.values[column.header] = target.id

    def below(self, record: Record, needed: frozenset[str] | None, day: date) -> None:
        """Records that stand below one: shares where they are needed, others now and then."""
        for child in self.policy.entities.values():
            if child.name == self.application.entity:
                continue
            for reference in under(child):
                column = self.column(record.kind, reference.inverse) if reference.to == record.kind else None
                if column is None:
                    continue
                if needed is not None and reference.inverse not in needed:
                    record.values[column.header] = NONE
                    continue
                many = 2 + self.draw(4) if child.name in self.shared else int(self.draw(100) < 7)
                record.values[column.header] = SOME if many else NONE
                for _ in range(many):
                    self.child(child.name, reference, record, day)

    def child(self, kind: str, reference: m.Reference, owner: Record, day: date) -> None:
        record = self.new(kind)
        column = self.column(kind, reference.name)
        if column is not None:
            record.values[column.header] = owner.id
        self.link(record)
        self.fill(record, None, day, {})
        self.below(record, None, day)

    def fill(self, record: Record, needed: frozenset[str] | None, day: date, given: dict[str, Shown]) -> None:
        for column in self.facts(record.kind):
            name = column.target.name
            fact = self.policy.facts[name]
            if name in given:
                record.values[column.header] = given[name]
            elif name == self.application.date:
                record.values[column.header] = day
            elif fact.type.kind == "text":
                record.values[column.header] = f"{record.id}{'' if name == self.policy.entities[record.kind].key else '（虚构）'}"  # fmt: skip
            elif (needed is None or name in needed) and self.draw(100) >= _BLANK:
                record.values[column.header] = self.value(column, fact, day)

    # --- values ---

    def value(self, column: FormColumn, fact: m.Fact, day: date) -> Shown:
        match fact.type.kind:
            case "bool":
                likely = self.gates.get(fact.name)
                yes = self.draw(100) < (50 if likely is None else 98 if likely else 2)
                return YES if yes else NO
            case "enum":
                return self.option(column)
            case "date":
                if fact.type.optional and self.draw(100) < 88:
                    return NONE
                return day - timedelta(days=1 + self.draw(2_000))
        if fact.type.optional and self.draw(100) < 30:
            return NONE
        if fact.type.kind == "money" and self.amounts:
            return self.money(column)
        return self.number(column)

    def option(self, column: FormColumn) -> Shown:
        """One of the options, the earlier ones more often."""
        options = column.options
        total = len(options) * (len(options) + 1) // 2
        at = self.draw(total)
        for i, option in enumerate(options):
            at -= len(options) - i
            if at < 0:
                return option
        return options[-1]

    def money(self, column: FormColumn) -> Decimal:
        """An amount near one of the policy's own, in the unit of the column."""
        near = self.amounts[self.draw(len(self.amounts))]
        if self.boundary and self.draw(3):
            amount = CONTEXT.add(near, (-_FEN, Decimal(0), _FEN)[self.draw(3)])
        else:
            step = Decimal(100) if self.draw(5) else _FEN
            amount = CONTEXT.multiply(CONTEXT.multiply(near, Decimal(80 + self.draw(720))), _FEN)
            amount = CONTEXT.add(amount, CONTEXT.multiply(step, Decimal(self.draw(1_000))))
        return self.within(column, CONTEXT.scaleb(amount, Decimal(2 - column.decimals)))

    def number(self, column: FormColumn) -> Decimal:
        low = column.low if column.low is not None else Decimal(0)
        high = column.high if column.high is not None else CONTEXT.add(low, Decimal(100))
        spread = min(int(CONTEXT.subtract(high, low)), 3 if column.decimals == 0 else 100)
        return self.within(column, CONTEXT.add(low, Decimal(self.draw(spread + 1))))

    def within(self, column: FormColumn, number: Decimal) -> Decimal:
        low = column.low if column.low is not None else number
        high = column.high if column.high is not None else number
        return max(low, min(number, high))

    def day(self) -> date:
        """A day of an application: nearly always while the policy is in force."""
        first = self.bound(self.policy.header.valid_from) or date(2021, 1, 1)
        last = self.bound(self.policy.header.valid_to) or first + timedelta(days=1_000)
        if self.draw(100) < _OUTSIDE:
            return last + timedelta(days=1 + self.draw(200))
        if self.boundary and self.draw(10) == 0:
            return (first, last)[self.draw(2)]
        return first + timedelta(days=self.draw((last - first).days + 1))

    def bound(self, name: str) -> date | None:
        parameter = self.policy.parameters.get(name)
        value = parameter.values[-1].value if parameter else None
        return value if isinstance(value, date) else None

    # --- what an application must say, and may not ---

    def needs(self, key: str, choices: dict[str, Shown]) -> frozenset[str]:
        """The facts and relations that an application with these choices has to state, asked of the engine."""
        if key not in self.needed:
            facts: dict[str, Known | None] = {
                self.application.date: self.bound(self.policy.header.valid_from)
            }
            for name, label in choices.items():
                options = self.policy.facts[name].options
                facts[name] = next((id_ for id_, words in options.items() if words.zh == label), None)
            self.needed[key] = frozenset(self.probe(facts))
        return self.needed[key]

    def probe(self, facts: dict[str, Known | None]) -> Iterator[str]:
        nowhere = Source("sample", "").whole()
        entities: dict[str, dict[str, CaseEntity]] = {}
        waiting = [self.application.entity]
        while waiting:
            kind = waiting.pop()
            required = [r for r in self.policy.entities[kind].references.values() if not r.optional]
            waiting += [r.to for r in required if r.to not in entities]
            given = {
                n: Given(v, "", nowhere) for n, v in facts.items() if self.policy.facts[n].entity == kind
            }
            entities[kind] = {"1": CaseEntity(kind, "1", given, {r.name: "1" for r in required}, frozenset(), nowhere)}  # fmt: skip
        decided, _ = decide_each(self.plans, Case("sample", entities))
        for decision in decided.decision.decisions:
            yield from (item.ref.name for item in decision.missing)

    def settle(self) -> None:
        """Draw again, smaller or earlier, what contradicts a constraint; blank where that does not help.

        The first round looks at all records, the next ones only at what hangs together with those that were changed.
        """
        open_: Records = self.records
        for left in range(_MOST_ROUNDS, 0, -1):
            made = [
                (sheet, self.page(sheet, open_[kind])) for kind, sheet in self.sheets.items() if open_[kind]
            ]
            tables = read_made(self.policy, [(as_sheet(page), sheet.kind) for sheet, page in made])
            assembly = assemble(self.policy, tables.parts, tables.complete, {})
            changed: set[str] = set()
            for d in contradictions(World(self.plans, assembly.case)):
                if d.span is not None and isinstance(d.span.source, Grid):
                    row, column = d.span.source.cell(d.span.start)
                    sheet, page = next(pair for pair in made if pair[1].title == d.span.source.name)
                    header = page.columns[column - 1].header
                    record = open_[sheet.kind][row - 2]
                    self.soften(record, next(c for c in sheet.columns if c.header == header), left)
                    changed.add(record.id)
            for key in assembly.rejected:
                kind = tables.parts[key.sheet].layout.kind
                record = open_[kind][key.row - 2]
                self.records[kind] = [r for r in self.records[kind] if r is not record]
                changed |= {str(record.values.get(c.header)) for c in self.sheets[kind].columns if c.refers}
            if not changed:
                return
            open_ = self.around(changed)

    def around(self, ids: set[str]) -> Records:
        """The records that hang together with some, by references in either direction."""
        near: dict[str, set[str]] = defaultdict(set)
        for kind, records in self.records.items():
            links = [column.header for column in self.sheets[kind].columns if column.refers]
            for record in records:
                for header in links:
                    other = record.values.get(header)
                    if other is not None:
                        near[record.id].add(str(other))
                        near[str(other)].add(record.id)
        found, waiting = set(ids), list(ids)
        while waiting:
            new = near[waiting.pop()] - found
            found |= new
            waiting += new
        return {kind: [r for r in records if r.id in found] for kind, records in self.records.items()}

    def soften(self, record: Record, column: FormColumn, left: int) -> None:
        old = record.values.get(column.header)
        if isinstance(old, Decimal) and left > 2:
            half = old.scaleb(column.decimals) // 2
            record.values[column.header] = self.within(column, half.scaleb(-column.decimals))
        elif isinstance(old, date) and left > 2:
            record.values[column.header] = old - timedelta(days=400)
        else:
            record.values[column.header] = None

    # --- columns and pages ---

    def facts(self, kind: str) -> list[FormColumn]:
        return [column for column in self.sheets[kind].columns if column.target.use == "fact"]

    def column(self, kind: str, name: str) -> FormColumn | None:
        return next((c for c in self.sheets[kind].columns if c.target.name == name and c.target.use != "fact"), None)  # fmt: skip

    def page(self, sheet: FormSheet, records: list[Record]) -> Page:
        """Records as a page, each marked as made up."""
        used = [c for c in sheet.columns if any(c.header in r.values for r in records) or c.target.use == "id"]  # fmt: skip
        columns = tuple(Column(c.header, _KINDS.get(c.kind, "wan" if c.unit else "text")) for c in used)
        rows = tuple(
            (*(record.id if c.target.use == "id" else record.values.get(c.header) for c in used), MARK)
            for record in records
        )
        return Page(sheet.title, (*columns, Column(REMARK)), rows)


def as_sheet(page: Page) -> Sheet:
    """A page as reading sees it."""
    head = Row(1, {i: Cell("text", column.header) for i, column in enumerate(page.columns, 1)})
    rows = (
        Row(number, {i: _cell(value) for i, value in enumerate(row, 1) if value is not None})
        for number, row in enumerate(page.rows, 2)
    )
    return Sheet(page.title, page.title, (head, *rows))


def _cell(value: str | int | Decimal | date) -> Cell:
    if isinstance(value, Decimal | int):
        return Cell("number", format(value, "f") if isinstance(value, Decimal) else str(value))
    return Cell("date", value.isoformat()) if isinstance(value, date) else Cell("text", value)


def _gates(policy: m.Policy) -> Iterator[tuple[str, bool]]:
    """Facts that a condition wants to be true, or false."""
    conditions = [*policy.conditions.values(), *(c for p in policy.programs.values() for c in p.conditions)]
    for condition in conditions:
        if condition.test is not None:
            text = condition.test.text.strip()
            name = text.removeprefix("not ").strip().rpartition(".")[2]
            if name in policy.facts:
                yield name, not text.startswith("not ")
