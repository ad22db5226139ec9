"""One staged column as a value: what it holds, when it is known, when it is known to be none."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine.columns import functions, tables
from policyengine.columns.domain import FALSE, TRUE, Col, Day, NotExact, Num, Truth, Word, either
from policyengine.columns.frames import ALONG, parts
from policyengine.columns.scope import Scope

if TYPE_CHECKING:
    from policyengine.columns.names import Names


@dataclass(slots=True)
class StagedFact:
    """One staged column as a value."""

    names: Names
    scope: Scope
    fact: m.Fact
    alias: str
    missing: str

    def value(self) -> Col:
        fact, d = self.fact, self.names.dialect
        sql = f'{self.alias}."{fact.name}"'
        none = (
            either(self.missing, f'COALESCE({self.alias}."{fact.name}__none", FALSE)')
            if fact.type.optional
            else self.missing
        )
        if f"{self.scope.kind}.{fact.name}" in self.names.full:
            given = TRUE
        else:
            given = either(f"({sql} IS NOT NULL)", none)
        if fact.assume is not None and given != TRUE:
            if fact.type.kind in (
                "date",
                "rate",
                "number",
            ):  # a blank may stand for one that columns cannot hold
                raise NotExact("假定的日期或小数 / an assumed day or decimal")
            assumed = functions.constant(self.names.num, fact.assume)
            sql, given = self._or(sql, assumed), TRUE
        if fact.type.kind == "bool":
            return self._bool(sql, given)
        known, none_ = self._base("known", given), self._base("none", none)
        bare = given == TRUE and none == FALSE
        if fact.type.kind == "date":
            low, high = tables.FIRST_DAY, tables.LAST_DAY
            return Day(
                self._base("", sql if bare else f"COALESCE({sql}, {d.day(low)})"),
                low,
                high,
                known=known,
                none=none_,
            )
        if not fact.type.quantity:
            return Word(self._base("", sql if bare else f"COALESCE({sql}, '')"), known=known, none=none_)
        reach = tables.limits(fact)
        if reach is None:
            raise NotExact("没有给出范围 / no declared range")
        low_, high_ = reach
        shown = sql if bare else f"COALESCE({sql}, {low_})"
        return Num(self._base("", shown), low_, high_, tables.grain(fact), known=known, none=none_)

    def _or(self, sql: str, assumed: Col) -> str:
        """The fact, or what the policy assumes where it is not given."""
        if isinstance(assumed, Num):
            count = tables.in_grains(self.fact, assumed.constant or Fraction(0))
            if count is None:
                raise NotExact("假定的数太细 / an assumed number is too fine")
            return f"COALESCE({sql}, {count})"
        return f"COALESCE({sql}, {next(iter(parts(assumed)))[0]})"

    def _base(self, suffix: str, sql: str) -> str:
        if sql in (TRUE, FALSE):
            return sql
        name = self.scope.name(f"{self.fact.name}__{suffix}" if suffix else self.fact.name)
        return self.scope.frame.base(name, sql, ALONG if self.scope.path else 0)

    def _bool(self, sql: str, given: str) -> Col:
        if given == TRUE:
            return Truth(self._base("", sql))
        if self.fact.type.optional:
            raise NotExact("可以答“无”的是否题 / a yes-or-no that may be none")
        fault = self._base("fault", self.missing)
        return Truth(
            self._base("", f"COALESCE({sql}, FALSE)"), self._base("no", f"COALESCE(NOT {sql}, FALSE)"), fault
        )
