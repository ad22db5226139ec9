"""A policy to one query: every application's outcome, amount and reasons, as SQL text that an auditor can read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from policyengine.columns import logic, tables
from policyengine.columns.contradictions import Contradictions
from policyengine.columns.dialect import DUCKDB, Dialect
from policyengine.columns.domain import (
    FALSE,
    TRUE,
    Col,
    Day,
    Num,
    Truth,
    Whole,
    Word,
    both,
    either,
    opposite,
)
from policyengine.columns.looks import Looks
from policyengine.columns.names import Names
from policyengine.columns.refusals import Refusals, Where
from policyengine.columns.scope import Scope
from policyengine.columns.text import Output, Written, write
from policyengine.deciding import pools
from policyengine.instances import Plans
from policyengine.lang import nodes as n
from policyengine.signs import Signs, signs
from policyengine.values import Type

SEPARATOR = "、"
FEN = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Named:
    """A value that the words of a condition name: its expression, and the column of `applications` that holds it where
    the condition is listed. A number is in units of `scale`."""

    node: n.Node
    column: str
    scale: Fraction


@dataclass(frozen=True, slots=True)
class Query:
    """The text of a query and what it needs and gives.

    `schema`: the staged tables. `written`: the statements, and the query of each output; `kinds`: the entity whose rows
    an output has. `applications` has a row an application, with `outcome`, `amount` (fen),
    `refusals`, the amount of each program, and `scalar`: whether columns leave it to the scalar way. A headline value
    (`participation.share`) has `id`, `value` (`numbers`: a number, in units of its scale) and `scalar`, with words also
    whether a relation of its entity is `open`, so that it is left out; other outputs only say which rows
    contradict themselves. `columns`: what is shown of an application, with the types (as in the staged tables). `lost`: values that columns do not know, and why. `cohort`: group rules over the whole
    case, so that one open row leaves all to the scalar way. `worded`: the conditions that may be listed, and what their
    words name, if that was asked for.
    """

    plans: Plans
    readings: Mapping[str, str]
    schema: Mapping[str, list[tables.Field]]
    written: Written
    kinds: Mapping[str, str]
    numbers: Mapping[str, bool]
    scales: Mapping[str, Fraction]
    lost: Mapping[str, str]
    cohort: tuple[str, ...]
    columns: Mapping[str, str]
    worded: Mapping[Where, tuple[Named, ...]]
    signs: Signs

    @property
    def needed(self) -> frozenset[str]:
        """The staged columns that are read (`project.cost`); the others only have to be right."""
        return self.written.needed


def compile_query(
    plans: Plans,
    readings: Mapping[str, str] | None = None,
    full: Collection[str] = (),
    single: Collection[str] = (),
    empty: Collection[str] = (),
    dialect: Dialect = DUCKDB,
    words: bool = False,
) -> Query:
    """The query of a policy under chosen readings.

    `full`: staged columns (`project.cost`, `enterprise.projects__closed`) known to have no blank, for which no masks
    are carried. `single`: references (`project.applicant`) by which no two rows refer to one, for which no groups are
    formed. `empty`: kinds without a row. `words`: whether the conditions that are listed come with what their words name,
    by number instead of by name. Pure text: nothing is run.
    """
    chosen = dict(readings or {})
    return _Compiler(
        plans,
        chosen,
        Names(plans, chosen, dialect, frozenset(full), frozenset(single), frozenset(empty)),
        words,
        signs(plans, chosen),
    ).query()


@dataclass(slots=True)
class _Compiler:
    plans: Plans
    readings: dict[str, str]
    names: Names
    words: bool
    signs: Signs
    columns: dict[str, str] = field(default_factory=dict)
    worded: dict[Where, tuple[Named, ...]] = field(default_factory=dict)

    def query(self) -> Query:
        outputs = {"applications": self._applications()} | self._results()
        for kind in self.plans.policy.entities:
            broken = Contradictions(self.names).of(kind)
            last = next((name for name, output in outputs.items() if output.frame.name == kind), "")
            if broken == FALSE:
                continue
            if last:
                columns = dict(outputs[last].columns)
                columns["scalar"] = either(columns["scalar"], broken)
                outputs[last] = replace(outputs[last], columns=columns)
            else:
                outputs[kind] = Output(
                    self.names.own(kind).frame, {"id": '"id"', "scalar": broken}, Fraction(1)
                )
        written = write(self.names, outputs)
        scales = {name: output.scale for name, output in outputs.items()}
        return Query(
            self.plans, self.readings, tables.schema(self.plans), written,
            {name: output.frame.name for name, output in outputs.items()},
            {name: self._number(name) for name in outputs}, scales, self.names.scalar,
            tuple(sorted(self.names.cohort)), self.columns, self.worded, self.signs,
        )  # fmt: skip

    # --- outputs ---

    def _applications(self) -> Output:
        names, application = self.names, self.plans.last.application
        scope = names.own(application.entity)
        granted, amount = names.read(scope, application.granted), names.read(scope, application.amount)
        assert isinstance(granted, Truth) and isinstance(amount, Num)
        refusals = Refusals(names)
        found, always = refusals.walk(scope, application.granted)
        silent = FALSE if always else both(granted.no, opposite(found))  # the scalar way names a condition
        fen, faults = self._money(amount, application.amount)
        fault = either(granted.fault, amount.fault, faults, refusals.fault)
        undecided = opposite(
            either(both(granted.no, opposite(refusals.open)), both(granted.yes, amount.known))
        )
        columns = {"id": '"id"', "outcome": f"CASE WHEN {granted.yes} THEN 'granted' ELSE 'refused' END"}
        columns["amount"] = f"CASE WHEN {granted.yes} THEN {fen.sql} ELSE 0 END"
        self.columns |= {"id": "text", "outcome": "text", "amount": _width(fen), "refusals": "text"}
        columns["refusals"] = self._listed(refusals, granted)
        if self.words:
            named, unsaid = self._named(refusals)
            columns |= {**named, **self._when(scope), "used_up": both(granted.yes, self._used_up(scope))}
            looks = Looks(names, scope, granted.yes, refusals, self._option(scope))
            columns |= {"signs": self._joined(looks.numbers(self.signs)), **looks.groups(self.signs)}
            fault = either(fault, unsaid, looks.fault)
        option = self._option(scope)
        if option is not None:
            fault = either(fault, option.fault)
            self.columns["option"] = "text"
            columns["option"] = f"CASE WHEN {both(option.known, opposite(option.none))} THEN {option.sql} END"
        for name in self._items():
            value = names.read(scope, name)
            assert isinstance(value, Num)
            shown, exact = self._money(value, name)
            sure = both(value.known, opposite(value.fault), opposite(exact))
            columns[name] = f"CASE WHEN {sure} THEN {shown.sql} END" if sure != TRUE else shown.sql
            self.columns[name] = _width(shown)
        columns["scalar"] = either(undecided, fault, silent)
        return Output(scope.frame, columns, FEN)

    def _items(self) -> list[str]:
        entity = self.plans.last.application.entity
        return [
            f"{program.name}.amount"
            for program in self.plans.last.policy.programs.values()
            if program.entity == entity
        ]

    def _listed(self, refusals: Refusals, granted: Truth) -> str:
        """The names of the listed conditions, joined; nothing where the application is granted."""
        by_name: dict[str, str] = {}
        for i, ((_, name), listed) in enumerate(refusals.listed.items()):
            key = str(i) if self.words else name
            by_name[key] = either(by_name.get(key, FALSE), listed)
        joined = self._joined(by_name)
        return joined if joined == "''" else f"CASE WHEN {granted.no} THEN {joined} ELSE '' END"

    def _joined(self, there: Mapping[str, str]) -> str:
        """The names of those that are there, joined."""
        texts = [f"CASE WHEN {test} THEN '{name}' END" for name, test in there.items() if test != FALSE]
        return (
            self.names.dialect.joined.format(separator=SEPARATOR, texts=",\n      ".join(texts))
            if texts
            else "''"
        )

    def _option(self, scope: Scope) -> Word | None:
        """What is applied for, if the policy asks that."""
        name = self.plans.last.application.option
        option = self.names.read(scope, name) if name else None
        assert option is None or isinstance(option, Word)
        return option

    def _named(self, refusals: Refusals) -> tuple[dict[str, str], str]:
        """Columns of what the words of the listed conditions name, and where columns do not know it."""
        columns: dict[str, str] = {}
        unsaid = FALSE
        for where in refusals.listed:
            named = []
            for node, (value, cond) in refusals.words.get(where, {}).items():
                column = f"named {len(columns)}"
                sql, fault, scale = self._shown(value)
                none = value.none if isinstance(value, Num | Day | Word) else FALSE
                unsaid = either(unsaid, both(cond, either(opposite(value.known), none, fault)))
                columns[column] = f"CASE WHEN {cond} THEN {sql} END"
                named.append(Named(node, column, scale))
            self.worded[where] = tuple(named)
        return columns, unsaid

    def _used_up(self, scope: Scope) -> str:
        """Whether a pool in which the application takes part has nothing left for it, as `deciding` has it."""
        num, found = self.names.num, FALSE
        for guard, plan in Refusals(self.names).versions(scope):
            for name, node in pools(plan, scope.kind):
                asked, got = self.names.read(scope, node.of), self.names.read(scope, name)
                assert isinstance(asked, Num) and isinstance(got, Num)
                nothing = logic.compared(num, "<=", got, num.const(Fraction(0)))
                something = logic.compared(num, ">", asked, num.const(Fraction(0)))
                part = self.names.read(scope, node.where) if node.where else Truth(TRUE)
                assert isinstance(part, Truth)
                found = either(found, both(guard, part.yes, nothing.yes, something.yes))
        return found

    def _when(self, scope: Scope) -> dict[str, str]:
        """The day of an application, and the number of the version in force on it."""
        day = scope.day
        last = len(self.plans.versions) - 1
        if day is None:
            return {"day": "CAST(NULL AS DATE)", "version": str(last)}
        later = [
            f"CASE WHEN {self.names.since(day, start)} THEN 1 ELSE 0 END"
            for start, _ in self.plans.versions
            if start
        ]
        number = " + ".join(later) if later else "0"
        if self.plans.versions[0][0] is not None:
            number = f"GREATEST({number} - 1, 0)"
        return {
            "day": f"CASE WHEN {day.known} THEN {day.sql} END",
            "version": f"CASE WHEN {day.known} THEN {number} ELSE {last} END",
        }

    def _shown(self, value: Col) -> tuple[str, str, Fraction]:
        """A value as a column, and where it is none: a quotient, a table."""
        match value:
            case Num(den=None):
                return self.names.num.plain(value).raw, FALSE, self.names.num.plain(value).scale
            case Truth():
                return value.yes, FALSE, Fraction(1)
            case Day() | Word():
                return value.sql, FALSE, Fraction(1)
        return "NULL", TRUE, Fraction(1)

    def _money(self, value: Num, name: str) -> tuple[Whole, str]:
        """An amount in whole fen, and where it is not exact in fen."""
        num = self.names.num
        value = num.plain(value)
        unit = FEN / value.scale if value.scale <= FEN else Fraction(1)
        if (
            value.den is not None
            or (value.scale < FEN and unit.denominator != 1)
            or (value.scale / FEN).denominator not in (1, unit.numerator)
        ):
            self.names.scalar.setdefault(name, "不是整分 / not whole fen")
            return num.w.const(0), TRUE
        if value.scale >= FEN:
            return num.at_scale(value, FEN), FALSE
        below = num.w.const(unit.numerator)
        if value.low < 0:
            self.names.scalar.setdefault(name, "可能是负数 / may be negative")
            return num.w.const(0), TRUE
        rest = num.w.remainder(value.numerator, below)
        return num.w.floor_div(value.numerator, below), opposite(num.w.compare("=", rest, num.w.const(0)))

    def _results(self) -> dict[str, Output]:
        """Headline values of other entities than the application."""
        found = {}
        for path, _ in self.plans.policy.header.results:
            kind, _, name = path.partition(".")
            if kind == self.plans.last.application.entity:
                continue
            scope = self.names.own(kind)
            value = self.names.read(scope, name)
            sql, fault, scale = self._value(value, path)
            lost = either(opposite(value.known), value.fault, fault)
            columns = {"id": '"id"', "value": sql}
            if self.words and not self.names.is_dated(kind):  # left out where a relation is open
                inverses = [inverse for inverse, _, _ in tables.relations(self.plans.policy, kind)]
                closed = both(*(self.names.closed(scope, inverse) for inverse in inverses))
                lost, columns["open"] = both(lost, closed), opposite(closed)
            found[path] = Output(scope.frame, {**columns, "scalar": lost}, scale)
        return found

    def _number(self, path: str) -> bool:
        """Whether the values of an output are numbers."""
        node = self.plans.last.nodes.get(path.partition(".")[2])
        return node is not None and node.info.type.quantity

    def _value(self, value: Col, path: str) -> tuple[str, str, Fraction]:
        match value:
            case Num():
                type_: Type = self.plans.last.nodes[path.partition(".")[2]].info.type
                if type_.kind == "money":
                    fen, fault = self._money(value, path)
                    return fen.sql, fault, FEN
                plain = self.names.num.plain(value)
                return plain.raw, FALSE if plain.den is None else TRUE, plain.scale
            case Truth():
                return value.yes, FALSE, Fraction(1)
            case Day() | Word():
                return f"CASE WHEN {opposite(value.none)} THEN {value.sql} END", FALSE, Fraction(1)
        return "NULL", TRUE, Fraction(1)


def _width(value: Whole) -> str:
    """The type of a column for whole numbers."""
    return "wide" if value.wide else "narrow"
