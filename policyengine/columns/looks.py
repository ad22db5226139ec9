"""What there is to look at in each application (`signs`), as columns: the numbers of its signs, and whom it is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from policyengine.columns.domain import (
    FALSE,
    TRUE,
    Col,
    Day,
    Fixed,
    NotExact,
    Num,
    Truth,
    Word,
    both,
    either,
    fault_of,
    known_of,
    opposite,
)
from policyengine.columns.names import Names
from policyengine.columns.refusals import Refusals
from policyengine.columns.scope import Scope
from policyengine.lang import nodes as n
from policyengine.signs import CLOSE, Bonus, Cap, Limit, Sign, Signs


@dataclass(slots=True)
class Looks:
    """Looks at the applications of a scope. `fault`: which of them columns cannot look at.

    `granted`: which are granted; `refusals`: the conditions that are listed of those that are not.
    """

    names: Names
    scope: Scope
    granted: str
    refusals: Refusals
    option: Word | None
    fault: str = field(default=FALSE, init=False)

    def numbers(self, found: Signs) -> Mapping[str, str]:
        """The number of each sign there may be, and where it is there."""
        guards = [guard for guard, _ in self.refusals.versions(self.scope)]
        of = found.of[-len(guards) :]  # without a day the last version alone is in force
        return {str(i): self._has(found.all[i], guard) for guard, numbers in zip(guards, of, strict=True) for i in numbers}  # fmt: skip

    def groups(self, found: Signs) -> dict[str, str]:
        """The columns `group 0` …: the text of the keys of each rank."""
        return {f"group {i}": self._group(rank.name, rank.keys) for i, rank in enumerate(found.together)}

    def _has(self, sign: Sign, guard: str) -> str:
        match sign:
            case Limit():
                return self._sure(both(guard, self._rests_on(sign)), lambda: self._close(sign))
            case Bonus():
                return self._sure(both(guard, self.granted), lambda: self._given(sign))
            case Cap():
                return self._sure(both(guard, self.granted), lambda: self._bound(sign))

    def _sure(self, asked: str, test: Callable[[], Truth]) -> str:
        """Where a test that is asked is surely met; what columns do not know of it is a fault."""
        if asked == FALSE:
            return FALSE
        asked = self.scope.frame.shortened("look.asked", asked)
        try:
            found = test()
        except NotExact:
            self.fault = either(self.fault, asked)
            return FALSE
        self.fault = either(self.fault, both(asked, found.fault))
        return both(asked, found.yes)

    def _rests_on(self, limit: Limit) -> str:
        """As `signs` has it: refused because of it, or granted what it is asked for."""
        because = (
            cond for (path, name), cond in self.refusals.listed.items() if not path and name in limit.checks
        )
        wanted = TRUE
        if limit.options is not None:
            option = self.option
            assert option is not None
            named = ", ".join(map(self.names.dialect.word, sorted(limit.options)))
            wanted = (
                both(option.known, opposite(option.none), f"({option.sql} IN ({named}))") if named else FALSE
            )
        return either(both(self.granted, wanted), both(opposite(self.granted), either(*because)))

    def _close(self, limit: Limit) -> Truth:
        num = self.names.num
        over, at = self._number(limit.over), self._number(limit.limit)
        if limit.whole is None:
            return _all(
                num.compare("<=", at, over), num.compare("<=", over, num.multiply(at, num.const(1 + CLOSE)))
            )
        whole, near = self._number(limit.whole), num.const(CLOSE)
        return _all(
            num.compare(">", whole, num.const(Fraction(0))),
            num.compare("<=", num.multiply(whole, num.subtract(at, near)), over),
            num.compare("<=", over, num.multiply(whole, num.add(at, near))),
        )

    def _number(self, node: n.Node) -> Num:
        return self.names.run.number(node, self.scope, {})

    def _given(self, bonus: Bonus) -> Truth:
        num, at = self.names.num, self.scope
        eligible, added = self.names.read(at, bonus.eligible), self.names.read(at, bonus.points)
        assert isinstance(eligible, Truth) and isinstance(added, Num)
        for reference in bonus.refs:
            at = self.names.follow(at, reference)
        stated = self.names.read(at, bonus.name)
        some = num.compare("<=", added, num.const(Fraction(0)))
        return _all(
            eligible, Truth(some.no, some.yes, some.fault), Truth(_stated(stated), None, fault_of([stated]))
        )

    def _bound(self, cap: Cap) -> Truth:
        low, high = self.names.read(self.scope, cap.less), self.names.read(self.scope, cap.more)
        assert isinstance(low, Num) and isinstance(high, Num)
        less = self.names.num.compare("<", low, high)
        if not cap.inside:
            return less
        inside = self.names.read(self.scope, cap.inside)
        assert isinstance(inside, Truth)
        return _all(inside, less)

    def _group(self, rank: str, keys: tuple[str, ...]) -> str:
        versions = self.refusals.versions(self.scope)
        there = either(*(guard for guard, plan in versions if rank in plan.nodes))
        found = [self.names.read(self.scope, key) for key in keys]
        known = both(there, known_of(found), opposite(fault_of(found)))
        texts, type_ = [_text(value) for value in found], self.names.dialect.text
        if known == FALSE or None in texts:
            return f"CAST(NULL AS {type_})"
        joined = " || chr(31) || ".join(f"COALESCE(CAST({text} AS {type_}), '')" for text in texts)
        return f"CASE WHEN {known} THEN {joined} END"


def _all(*parts: Truth) -> Truth:
    """All are surely met; what stands right of one that is not, is not asked."""
    yes, fault = TRUE, FALSE
    for part in parts:
        fault = either(fault, both(yes, part.fault))
        yes = both(yes, part.yes)
    return Truth(yes, None, fault)


def _stated(value: Col) -> str:
    """Where a fact is known and says something other than no."""
    match value:
        case Truth():
            return value.yes
        case Fixed():
            return value.known
        case Num() | Day() | Word():
            return both(value.known, opposite(value.none))


def _text(value: Col) -> str | None:
    match value:
        case Truth():
            return value.yes
        case Num():
            return value.raw if value.den is None else None
        case Day() | Word():
            return value.sql
    return None
