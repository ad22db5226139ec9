"""What the cells of synthetic applications say: drawn by lot, in the words of the form, possible each by itself.

Amounts gather around the policy's own amounts, and with `boundary` stand on them and one smallest unit beside them. What a
condition wants to be true, or false, mostly is. All that does not change from one application to the next is worked out once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from policyengine import exact, literals
from policyengine import model as m
from policyengine.case import Given
from policyengine.exact import CONTEXT
from policyengine.facts import fits
from policyengine.naming import under
from policyengine.tables.form import NO, NONE, YES, FormColumn, FormSheet
from policyengine.tables.pages import Shown
from policyengine.values import ABSENT, Known, Table, Tiers, Type

Draw = Callable[[int], int]  # a whole number from 0 up to, not including, its argument
Say = Callable[[date], Shown]
_NEVER = 88  # of 100 days that there may not have been, those that there were not
_NOTHING = 30  # of 100 quantities that there may not be, those that there are not
_BACK = 2_000  # days before an application on which something was
_OUTSIDE = 3  # of 100 days, those outside the policy's validity
_AROUND = (80, 720)  # amounts are from 80 % of one of the policy's to 800 %
_STEPS = 1_000
_UNIT = Decimal(1)  # what is no more is a unit of rounding


@dataclass(frozen=True, slots=True)
class Question:
    """A fact and its column, the one `at` this place of a sheet. `say` draws an answer as on a day, `words` are what texts mean.

    `scale`: how many of the base unit the unit of the column is.
    """

    fact: m.Fact
    at: int
    say: Say
    words: Mapping[str, Known]
    scale: Decimal

    def means(self, shown: Shown) -> Known | None:
        """The value of a cell."""
        if isinstance(shown, Decimal | int):
            return CONTEXT.multiply(Decimal(shown), self.scale)
        return self.words.get(shown, shown) if isinstance(shown, str) else shown

    def shows(self, value: object) -> Shown:
        """The cell of a day or quantity; None where the fact cannot have it."""
        if isinstance(value, date) and self.fact.type.kind == "date":
            return value
        if isinstance(value, Decimal) and self.fact.type.quantity and fits(self.fact, value):
            number = exact.divide(value, self.scale)
            return number if isinstance(number, Decimal) else None
        return None


@dataclass(frozen=True, slots=True)
class Child:
    """What may stand below an entity: its kind, the reference by which it does, and the column that says whether any do."""

    kind: str
    reference: m.Reference
    at: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A sheet to draw rows of.

    `texts`: the columns of texts, with what stands behind the id in them; `references`: the columns of references;
    `inverses`: all relations to the entity; `apart`: columns in which no two rows may say the same, where they are drawn;
    `shared`: whether something is split over entities of this kind.
    """

    sheet: FormSheet
    entity: m.Entity
    questions: tuple[Question, ...]
    texts: tuple[tuple[int, str], ...]
    references: Mapping[str, int]
    children: tuple[Child, ...]
    inverses: frozenset[str]
    apart: tuple[int, ...]
    shared: bool

    @property
    def name(self) -> str:
        return self.entity.name


@dataclass(eq=False, slots=True)
class Record:
    """One entity: what the cells of its row say, the `day` that it is drawn for, and what it `told` of facts that matter
    for whether it is possible."""

    kind: Kind
    id: str
    day: date
    cells: list[Shown]
    told: dict[str, Given]

    @property
    def name(self) -> tuple[str, str]:
        return self.kind.name, self.id

    def apart(self) -> tuple[Shown, ...] | None:
        """What no other of its kind may say; None where it is not all said, or not drawn."""
        told = tuple(self.cells[at] for at in self.kind.apart)
        return told if told and None not in told else None


class Lots:
    """Draws days and answers under one policy."""

    def __init__(self, policy: m.Policy, draw: Draw, boundary: bool) -> None:
        self.policy, self.draw, self.boundary = policy, draw, boundary
        self.gates = dict(_gates(policy))
        self.amounts = tuple(_amounts(policy))
        self.first = self.bound(policy.header.valid_from) or date(2021, 1, 1)
        self.last = self.bound(policy.header.valid_to) or self.first + timedelta(days=1_000)

    def bound(self, name: str) -> date | None:
        """The day that a parameter is, where it is one."""
        parameter = self.policy.parameters.get(name)
        value = parameter.values[-1].value if parameter else None
        return value if isinstance(value, date) else None

    def day(self) -> date:
        """A day of an application: nearly always while the policy is in force."""
        if self.draw(100) < _OUTSIDE:
            return self.last + timedelta(days=1 + self.draw(200))
        if self.boundary and self.draw(10) == 0:
            return (self.first, self.last)[self.draw(2)]
        return self.first + timedelta(days=self.draw((self.last - self.first).days + 1))

    def kind(self, sheet: FormSheet) -> Kind:
        """A sheet with what its columns may say."""
        policy, entity = self.policy, self.policy.entities[sheet.kind]
        places: dict[str, dict[str, int]] = {"id": {}, "reference": {}, "relation": {}, "fact": {}}
        for i, column in enumerate(sheet.columns):
            places[column.target.use][column.target.name] = i
        facts = [(policy.facts[name], i) for name, i in places["fact"].items()]
        texts = ((i, "" if fact.name == entity.key else "（虚构）") for fact, i in facts if fact.type.kind == "text")  # fmt: skip
        questions = {f.name: self.question(sheet.columns[i], i) for f, i in facts if f.type.kind != "text"}
        drawn = places["reference"] | {name: question.at for name, question in questions.items()}
        apart = (drawn[name] for name in entity.unique) if drawn.keys() >= {*entity.unique} else ()
        onto = [(e, r) for e in policy.entities.values() for r in e.references.values() if r.to == entity.name]  # fmt: skip
        children = (Child(e.name, r, places["relation"][r.inverse]) for e, r in onto if r in under(e) and r.inverse in places["relation"])  # fmt: skip
        return Kind(
            sheet, entity, tuple(questions.values()), tuple(texts), places["reference"], tuple(children),
            frozenset(r.inverse for _, r in onto), tuple(apart),
            any(allocation.entity == entity.name for allocation in policy.allocations.values()),
        )  # fmt: skip

    def question(self, column: FormColumn, at: int) -> Question:
        fact = self.policy.facts[column.target.name]
        words: dict[str, Known] = {NONE: ABSENT} if fact.type.optional else {}
        words |= {label.zh: id_ for id_, label in reversed(list(fact.options.items()))}
        words |= {YES: True, NO: False} if fact.type.kind == "bool" else {}
        unit = literals.quantity(f"1{column.unit}", self.policy.units) if column.unit else None
        scale = unit.value if isinstance(unit, literals.Quantity) else Decimal(1)
        return Question(fact, at, self.answer(column, fact, scale), words, scale)

    # --- answers ---

    def answer(self, column: FormColumn, fact: m.Fact, scale: Decimal) -> Say:
        if fact.name == self.policy.header.application.date:
            return lambda day: self.day()
        match fact.type.kind:
            case "bool":
                return self.truth(fact)
            case "enum":
                return self.option(column.options)
            case "date":
                return self.past(_NEVER if fact.type.optional else 0)
        places = fact.decimals + scale.adjusted()
        round_ = CONTEXT.scaleb(Decimal(1), Decimal(scale.adjusted())) == scale
        plain = fact.type.kind != "money" or not self.amounts or not round_
        say = self.number(column, fact, scale) if plain else self.money(fact, places)
        return self.or_none(say) if fact.type.optional else say

    def truth(self, fact: m.Fact) -> Say:
        likely = self.gates.get(fact.name)
        draw, yes = self.draw, 50 if likely is None else 98 if likely else 2
        return lambda day: YES if draw(100) < yes else NO

    def option(self, options: tuple[str, ...]) -> Say:
        """One of the options, the earlier ones more often."""
        draw = self.draw
        lots = tuple(option for i, option in enumerate(options) for _ in range(len(options) - i))
        return lambda day: lots[draw(len(lots))]

    def past(self, never: int) -> Say:
        """A day before the application's; of 100 so many times that there was `never` one."""
        draw = self.draw
        return lambda day: NONE if never and draw(100) < never else day - timedelta(days=1 + draw(_BACK))

    def or_none(self, say: Say) -> Say:
        draw = self.draw
        return lambda day: NONE if draw(100) < _NOTHING else say(day)

    def money(self, fact: m.Fact, places: int) -> Say:
        """An amount near one of the policy's own. Amounts are reckoned in the smallest unit that may be stated; `places`: its
        decimals in the unit of the column."""
        draw, boundary = self.draw, self.boundary
        smallest = Decimal(1).scaleb(-fact.decimals)
        near = tuple(exact.floor(amount, smallest) for amount in self.amounts)
        low = None if fact.low is None else -exact.floor(exact.negate(fact.low), smallest)
        high = None if fact.high is None else exact.floor(fact.high, smallest)
        steps, down = (exact.floor(Decimal(100), smallest) or 1, 1), Decimal(-places)
        least, wide = _AROUND

        def say(day: date) -> Decimal:
            amount = near[draw(len(near))]
            if boundary and draw(3):
                amount += draw(3) - 1
            else:
                rest, part = divmod(draw(5 * wide * _STEPS), wide)
                fine, count = divmod(rest, _STEPS)
                amount = amount * (least + part) // 100 + steps[fine == 0] * count
            if low is not None and amount < low:
                amount = low
            if high is not None and amount > high:
                amount = high
            return CONTEXT.scaleb(Decimal(amount), down)

        return say

    def number(self, column: FormColumn, fact: m.Fact, scale: Decimal) -> Say:
        """A small whole number more than the least there may be."""
        draw = self.draw
        low = Decimal(0) if fact.low is None else _up(exact.divide(fact.low, scale))
        high = exact.add(low, Decimal(100)) if fact.high is None else exact.divide(fact.high, scale)
        spread = min(exact.floor(exact.subtract(high, low), Decimal(1)), 3 if column.decimals == 0 else 100)
        return lambda day: CONTEXT.add(low, Decimal(draw(max(spread, 0) + 1)))


def _up(number: exact.Number) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(math.ceil(number))


def _amounts(policy: m.Policy) -> Iterator[Decimal]:
    """The amounts that the policy names, in tables too, without units of rounding."""
    found = {
        amount
        for parameter in policy.parameters.values()
        for dated in parameter.values
        for amount in _money(parameter.type, dated.value)
        if isinstance(amount, Decimal) and amount > _UNIT
    }
    return (amount for amount in sorted(found) if amount * 1_000 > max(found))


def _money(type_: Type, value: Known) -> Iterator[object]:
    """The amounts in the value of a parameter."""
    item = type_.item.kind if type_.item else ""
    match value:
        case Tiers():
            yield from (row.bound for row in value.rows if "money" in type_.options)
            yield from (row.value for row in value.rows if item == "money")
        case Table():
            yield from (cell for _, cell in value.cells if item == "money")
        case _ if type_.kind == "money":
            yield value


def _gates(policy: m.Policy) -> Iterator[tuple[str, bool]]:
    """Facts that a condition wants to be true, or false."""
    conditions = [*policy.conditions.values(), *(c for p in policy.programs.values() for c in p.conditions)]
    for condition in conditions:
        if condition.test is not None:
            text = condition.test.text.strip()
            name = text.removeprefix("not ").strip().rpartition(".")[2]
            if name in policy.facts:
                yield name, not text.startswith("not ")
