"""Where a row contradicts itself, or states what the version in force on its day does not know.

The scalar way puts such a mistake into words; columns only find the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine import plan as p
from policyengine.columns import tables
from policyengine.columns.domain import FALSE, TRUE, Day, NotExact, Truth, both, either, opposite
from policyengine.columns.refusals import Refusals
from policyengine.columns.scope import Scope

if TYPE_CHECKING:
    from policyengine.columns.names import Names

Test = Callable[[str], str]  # of the expression of a day


@dataclass(frozen=True, slots=True)
class Contradictions:
    names: Names

    def of(self, kind: str) -> str:
        """The expression that is true for the rows of a kind that contradict themselves."""
        names = self.names
        scope = names.own(kind)
        versions = Refusals(names).versions(scope)
        found = either(*(self._broken(scope, plan, guard) for guard, plan in versions))
        for fact in names.plans.policy.facts.values():
            if fact.entity == kind:
                found = either(
                    found,
                    self._too_late(scope, fact) if fact.not_after else FALSE,
                    self._unknown_then(scope, fact),
                )
        if kind == names.plans.last.application.entity:
            found = either(found, self._readings(scope))
        return found

    def _broken(self, scope: Scope, plan: p.Plan, guard: str) -> str:
        found = FALSE
        for rule in plan.rules:
            if rule.constraint.entity == scope.kind:
                try:
                    test = self.names.run.truth(rule.test.node, scope, {})
                except NotExact as why:
                    self.names.scalar.setdefault(rule.constraint.name, str(why))
                    return TRUE
                found = either(found, both(guard, either(test.no, test.fault)))
        return found

    def _too_late(self, scope: Scope, fact: m.Fact) -> str:
        """A date after the day of an application that looks at it."""
        value = self.names.fact(scope, fact)
        assert isinstance(value, Day)
        return both(
            value.known,
            opposite(value.none),
            self._seen(scope, lambda day: f"({value.sql} > {day})", "first_day", "min"),
        )

    def _unknown_then(self, scope: Scope, fact: m.Fact) -> str:
        """A fact stated for an application whose version does not have it, or not in that way."""
        versions = [(start, plan.policy.facts.get(fact.name)) for start, plan in self.names.plans.versions]
        found = FALSE
        for i, (start, then) in enumerate(versions):
            if len(versions) > 1 and (then is None or _way(then) != _way(fact)):
                end = versions[i + 1][0] if i + 1 < len(versions) else None
                found = either(found, self._within(scope, start if i else None, end))
        return both(self._given(scope, fact), found) if found != FALSE else FALSE

    def _given(self, scope: Scope, fact: m.Fact) -> str:
        try:
            value = self.names.fact(scope, fact)
        except NotExact:
            return TRUE
        return value.known if not isinstance(value, Truth) else either(value.yes, value.no)

    def _readings(self, scope: Scope) -> str:
        """An option chosen for a reading that the version of an application does not have."""
        versions = self.names.plans.versions
        found = FALSE
        for i, (start, plan) in enumerate(versions):
            known = plan.policy.interpretations
            if any(
                name in known and option not in known[name].options
                for name, option in self.names.readings.items()
            ):
                end = versions[i + 1][0] if i + 1 < len(versions) else None
                found = either(found, self._within(scope, start if i else None, end))
                if scope.day is not None:
                    found = either(found, opposite(scope.day.known))
        return found

    # --- the days from which an entity is seen ---

    def _within(self, scope: Scope, start: date | None, end: date | None) -> str:
        """Whether a row is seen from a day of a version."""
        d = self.names.dialect

        def inside(day: str) -> str:
            return both(
                f"({day} >= {d.day(start)})" if start else TRUE, f"({day} < {d.day(end)})" if end else TRUE
            )

        if scope.day is not None:
            return both(scope.day.known, inside(scope.day.sql))
        # between its first and its last day there may be none of the version: the scalar way looks closer
        before = self._seen(scope, lambda day: f"({day} < {d.day(end)})" if end else TRUE, "first_day", "min")
        after = self._seen(
            scope, lambda day: f"({day} >= {d.day(start)})" if start else TRUE, "last_day", "max"
        )
        return both(before, after)

    def _seen(self, scope: Scope, test: Test, name: str, function: str) -> str:
        """Whether a test holds of the row's own day, or of the first (last) from which it is seen along a relation."""
        if scope.day is not None:
            return both(scope.day.known, test(scope.day.sql))
        policy = self.names.plans.policy
        found = FALSE
        holders = [scope, *(self.names.follow(scope, r) for r in policy.entities[scope.kind].references)]
        for holder in holders:
            for _, entity, reference in tables.relations(policy, holder.kind):
                if entity.dated_by and entity.name not in self.names.empty:
                    day = self._outer_day(scope, holder, entity.name, reference.name, name, function)
                    found = either(found, test(day))
        return found

    def _outer_day(
        self, scope: Scope, holder: Scope, kind: str, reference: str, name: str, function: str
    ) -> str:
        own = self.names.own(kind)
        day = own.day
        assert day is not None
        self.names.identity(self.names.follow(own, reference))
        read = f"e.{day.sql}" if day.known == TRUE else f"CASE WHEN e.{day.known} THEN e.{day.sql} END"
        never = self.names.dialect.day(date(9999, 12, 31) if function == "min" else date(1, 1, 1))
        outputs = {scope.name(f"{kind}.{name}"): (f"{function}({read})", never)}
        key = self.names.identity(holder).sql
        found = scope.frame.join({"e": own.frame}, "", (f'e."{reference}"',), (key,), outputs, True)
        return next(iter(found.values()))


def _way(fact: m.Fact) -> tuple[object, ...]:
    """What a version lets be said of a fact."""
    return fact.type, tuple(fact.options), fact.low, fact.high, fact.decimals
