"""The tables that an application is filled into: one sheet for each kind of entity, a column for each thing to say.

Made from the policy alone, for the blank workbook and for synthetic applications. Every header is one that reading
understands as the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policyengine import clauses, exact, literals
from policyengine import model as m
from policyengine.asked import Asked
from policyengine.facts import FALSE_WORDS, NONE_WORDS, TRUE_WORDS
from policyengine.labels import short
from policyengine.naming import Names as CaseNames
from policyengine.naming import under
from policyengine.tables.entries import EXAMPLE, SOME_WORDS
from policyengine.tables.headers import Names, Target, unit_of
from policyengine.template import remarks

NONE, SOME, YES, NO = NONE_WORDS[-1], SOME_WORDS[0], TRUE_WORDS[-1], FALSE_WORDS[-1]


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column. `options`: what may be chosen, as it is written; `low`, `high` in the unit of the header.

    `refers`: the title of the sheet whose ids it takes. `comment`: what a person should know, line by line.
    """

    target: Target
    header: str
    kind: str
    unit: str = ""
    options: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    decimals: int = 0
    refers: str = ""
    comment: tuple[str, ...] = ()
    example: str | Decimal | date | None = None


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet, named after its kind of entity."""

    kind: str
    title: str
    columns: tuple[FormColumn, ...]


def form(policy: m.Policy, asked: Asked, everything: bool = False) -> tuple[FormSheet, ...]:
    """The sheets of a policy. `everything`: also what only other readings of the text ask for."""
    return tuple(_Sheet(policy, asked, everything, kind).sheet() for kind in _in_order(policy))


def _in_order(policy: m.Policy) -> list[str]:
    """The kinds of entity: what the application refers to, the application, then what stands below."""
    first = CaseNames(policy, "zh").top()
    return first + [name for name in policy.entities if name not in first]


def title_of(entity: m.Entity) -> str:
    """A sheet's name: the entity's label, as far as a workbook allows it."""
    return "".join(c for c in entity.label.zh if c not in "[]:*?/\\'")[:31] or entity.name


class _Sheet:
    def __init__(self, policy: m.Policy, asked: Asked, everything: bool, kind: str) -> None:
        self.policy, self.asked, self.everything = policy, asked, everything
        self.entity = policy.entities[kind]
        self.names = Names(policy, kind)

    def sheet(self) -> FormSheet:
        return FormSheet(self.entity.name, title_of(self.entity), tuple(self.columns()))

    def columns(self) -> Iterator[FormColumn]:
        id_ = Target("id", self.entity.name)
        yield FormColumn(
            id_, self.header(id_, "编号", ""), "id",
            comment=("给这一行编一个号，同一张表里不重复；别的表用它指这一行。", "字母、数字或汉字，不含空格、点和斜杠。"), example=f"{EXAMPLE}（虚构）",
        )  # fmt: skip
        for reference in self.entity.references.values():
            target = Target("reference", self.entity.name, reference.name)
            other = self.policy.entities[reference.to]
            word = f"写“{other.label.zh}”表里的编号。" + (
                "不属于哪一个就写 无 或留空。" if reference.optional else ""
            )
            header = self.header(target, short(reference.label.zh), reference.label.zh)
            note = () if short(reference.label.zh) == reference.label.zh else (reference.label.zh,)
            yield FormColumn(target, header, "reference", refers=title_of(other), comment=(*note, word), example=f"{EXAMPLE}（虚构）")  # fmt: skip
        for fact in self.policy.facts.values():
            if fact.entity == self.entity.name and self.wanted(fact):
                yield self.fact(fact)
        for child in self.policy.entities.values():
            for reference in under(child) if child.name != self.policy.header.application.entity else ():
                if reference.to == self.entity.name:
                    target = Target("relation", self.entity.name, reference.inverse)
                    header = self.header(target, reference.inverse_label.zh, "")
                    words = (
                        f"一个也没有写 {NONE}；有的写 {SOME}，并在“{child.label.zh}”表里逐条填；还不知道就留空。",
                    )
                    yield FormColumn(target, header, "relation", options=(NONE, SOME), comment=words, example=NONE)  # fmt: skip

    def wanted(self, fact: m.Fact) -> bool:
        """Asked for, or telling who it is; the rest only where everything is wanted."""
        return self.everything or fact.name not in self.asked.under

    def header(self, target: Target, word: str, longer: str, unit: str = "") -> str:
        """A header that reading takes for the target, and for nothing else."""
        for candidate in (word, longer, f"{self.entity.label.zh}.{word}", target.name):
            if candidate and self.names.find(candidate) == (target,):
                return with_unit(candidate, unit)
        return with_unit(f"{self.entity.name}.{target.name}", unit)

    def fact(self, fact: m.Fact) -> FormColumn:
        target = Target("fact", fact.entity, fact.name)
        unit = unit_of(fact) if fact.type.quantity else ""
        scale = self.scale(unit)
        low, high = (None if b is None else _decimal(exact.divide(b, scale)) for b in (fact.low, fact.high))
        return FormColumn(
            target, self.header(target, fact.label.zh, f"{self.entity.label.zh}.{fact.label.zh}", unit), fact.type.kind, unit, self.options(fact),
            low, high, self.decimals(fact, scale), "", tuple(self.comment(fact)), self.example(fact, low, high),
        )  # fmt: skip

    def scale(self, unit: str) -> Decimal:
        found = literals.quantity(f"1{unit}", self.policy.units) if unit else None
        return found.value if isinstance(found, literals.Quantity) else Decimal(1)

    def decimals(self, fact: m.Fact, scale: Decimal) -> int:
        """How many decimals a number may have in the unit of its column."""
        if fact.type.kind in ("count", "years"):
            return 0
        return (fact.decimals if fact.type.kind == "money" else 2) + max(0, scale.adjusted())

    def options(self, fact: m.Fact) -> tuple[str, ...]:
        if fact.type.kind == "bool":
            return (YES, NO)
        found = tuple(label.zh for label in fact.options.values())
        return (*found, NONE) if found and fact.type.optional else found

    def comment(self, fact: m.Fact) -> Iterator[str]:
        yield fact.ask.zh or fact.label.zh
        if fact.type.kind == "date":
            yield "写日期，例如 2021-06-01。"
        if fact.type.kind == "text":
            yield "这一列是文本格式，代码照原件写。"
        yield from (
            f"{line}。" for line in remarks(self.policy, self.asked, fact) if not line.startswith("依据")
        )
        for cite in fact.cited.cites:
            yield f"依据{clauses.short(self.policy, cite)}（{cite}）"
        yield "还不知道就留空。"

    def example(self, fact: m.Fact, low: Decimal | None, high: Decimal | None) -> str | Decimal | date | None:
        """A made-up answer that is possible."""
        match fact.type.kind:
            case "bool":
                return YES
            case "enum":
                return next(iter(fact.options.values())).zh
            case "date":
                return NONE if fact.type.optional else self.day()
            case "text":
                return "虚构示例"
        wanted = Decimal(1 if fact.type.kind in ("count", "years", "rate", "points") else 1_000)
        return max(low if low is not None else wanted, min(wanted, high if high is not None else wanted))

    def day(self) -> date:
        """A day on which the policy is in force."""
        parameter = self.policy.parameters.get(self.policy.header.valid_from)
        start = parameter.values[0].value if parameter else None
        return start if isinstance(start, date) else date(2021, 6, 1)


def with_unit(header: str, unit: str) -> str:
    """A header with its unit, inside brackets that are there already: `设备投资额（价税合计，万元）`."""
    if not unit:
        return header
    if header.endswith("）"):
        return f"{header[:-1]}，{unit}）"
    return f"{header}（{unit}）"


def _decimal(number: exact.Number) -> Decimal | None:
    return number if isinstance(number, Decimal) else None
