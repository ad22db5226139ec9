"""The interpreter: a small `SimpleEval` that evaluates checked expressions, and nothing else.

What simpleeval gives is the dispatch: `_eval` looks a node's class up in `self.nodes` and refuses all
others. The table below is replaced whole, so no node of Python's syntax is ever evaluated, no attribute
read and no text parsed. Values are exact and three-valued (`unknown.py`). An evaluator holds the scope
it is reading and must not be shared between threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn, Protocol

from simpleeval import SimpleEval

from policyengine import exact
from policyengine.diagnostics import CaseError, diagnostic
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.lang.functions import FUNCTIONS
from policyengine.source import Span
from policyengine.values import ABSENT, FactRef, Unknown, Value

MAX_STEPS = 2_000_000  # of the evaluation of one entity; INVARIANT: never reached, since the static cost of a policy is bounded


class Members(Protocol):
    """The entities that a relation leads to."""

    @property
    def known(self) -> Sequence[Any]: ...
    @property
    def needs(self) -> frozenset[FactRef]:
        """Not empty where the relation is not closed: there may be further members."""

    @property
    def most(self) -> int:
        """How many members there can be at the most."""


class Scope(Protocol):
    """What names mean. `start` is the element of a generator, or None for the rule's own entity."""

    def value(self, start: Any, path: n.Path) -> Value: ...
    def members(self, start: Any, path: n.Path) -> Members: ...
    def element(self, start: Any, relation: n.Path) -> Any:
        """A stand-in for a member that is not known yet: all its facts are unknown."""


_OPERATORS = {
    "+": unknown.add,
    "-": unknown.subtract,
    "*": unknown.multiply,
    "/": unknown.divide,
}


_FUNCTIONS: dict[str, Callable[..., Value]] = {f.name: f.do for f in FUNCTIONS.values()}


class Evaluator(SimpleEval):  # type: ignore[misc]
    """Evaluates checked expressions in a scope."""

    def __init__(self) -> None:
        super().__init__(operators=_OPERATORS, functions={}, names={}, allowed_attrs={})
        self.functions = _FUNCTIONS
        self.nodes = {
            n.Literal: lambda node: node.value,
            n.Path: self._path,
            n.Not: lambda node: unknown.invert(self._truth(node.operand)),
            n.Negative: lambda node: unknown.negate(self._quantity(node.operand)),
            n.Binary: self._binary,
            n.Logic: self._logic,
            n.Comparison: self._comparison,
            n.Membership: self._membership,
            n.Choice: self._choice,
            n.Call: self._call,
            n.Aggregate: self._aggregate,
        }
        self._scope: Scope | None = None
        self._bound: dict[str, Any] = {}
        self._compiled: n.Compiled | None = None
        self.steps = 0
        self.most = MAX_STEPS

    @staticmethod
    def parse(expr: str) -> NoReturn:
        """Never: only checked expressions are evaluated."""
        raise NotImplementedError(expr)

    def _eval(self, node: n.Node) -> Any:
        """What the handler of a node's class makes of it. Simpleeval's look at every result falls away: only
        values of `values.py` exist here, and none is callable."""
        return self.nodes[type(node)](node)

    def run(
        self,
        compiled: n.Compiled,
        scope: Scope,
        node: n.Node | None = None,
        bound: dict[str, Any] | None = None,
    ) -> Value:
        """The value of an expression, or of one part of it, in a scope; CaseError where it has none."""
        outer = self._scope, self._bound, self._compiled
        self._scope, self._bound, self._compiled = scope, dict(bound) if bound else {}, compiled
        try:
            value: Value = self._eval(node or compiled.node)
            return value
        finally:
            self._scope, self._bound, self._compiled = outer

    # --- handlers, one a node kind ---

    def _path(self, node: n.Path) -> Value:
        self.steps += 1
        assert self._scope is not None and self.steps < self.most
        value = self._scope.value(self._bound.get(node.root), node)
        if isinstance(value, Unknown) and value.absent and not node.type.optional:
            return replace(value, absent=False)  # a guard lets it be read only where it is there
        return value

    def _quantity(self, node: n.Node) -> Value:
        """A value that is reckoned with or ordered: it may not be absent."""
        value: Value = self.nodes[type(node)](node)  # `_eval`, at the place that is passed most often
        if value is ABSENT:
            self._fail("value-absent", node)
        return value

    def _truth(self, node: n.Node) -> Value:
        """Yes, no, or unknown; it may not be absent."""
        value: Value = self.nodes[type(node)](node)
        if value is ABSENT:
            self._fail("value-absent", node)
        assert value is True or value is False or isinstance(value, Unknown)
        return value

    def _binary(self, node: n.Binary) -> Value:
        left, right = self._quantity(node.left), self._quantity(node.right)
        try:
            return self.operators[node.operator](left, right)  # type: ignore[no-any-return]
        except ZeroDivisionError:
            self._fail("division-by-zero", node.right)

    def _logic(self, node: n.Logic) -> Value:
        stop = node.operator == "or"
        open_parts: list[Value] = []
        for part in node.parts:
            try:
                value = self._truth(part)
            except CaseError:
                if not open_parts:
                    raise
                continue  # right of an unknown guard, which may still keep this part from being read
            if isinstance(value, Unknown):
                open_parts.append(value)
            elif value is stop:
                return stop
        return unknown.truth(unknown.needs(open_parts)) if open_parts else not stop

    def _comparison(self, node: n.Comparison) -> Value:
        if node.operators[0] in ("==", "!="):
            result = unknown.equal(self._eval(node.operands[0]), self._eval(node.operands[1]))
            return result if node.operators[0] == "==" else unknown.invert(result)
        if len(node.operators) == 1:
            one, other = node.operands
            return unknown.compare(node.operators[0], self._quantity(one), self._quantity(other))
        values = [self._quantity(operand) for operand in node.operands]
        links = [
            unknown.compare(operator, values[i], values[i + 1]) for i, operator in enumerate(node.operators)
        ]
        if any(link is False for link in links):
            return False
        open_links = [link for link in links if isinstance(link, Unknown)]
        return unknown.truth(unknown.needs(open_links)) if open_links else True

    def _membership(self, node: n.Membership) -> Value:
        members = node.members
        listed = self._eval(members) if isinstance(members, n.Path) else members
        inside = unknown.contains(self._eval(node.operand), listed)
        return unknown.invert(inside) if node.negated else inside

    def _choice(self, node: n.Choice) -> Value:
        test = self._truth(node.test)
        if not isinstance(test, Unknown):
            return self._eval(node.then if test else node.otherwise)  # type: ignore[no-any-return]
        branches: list[Value] = []
        failed: CaseError | None = None
        for branch in (node.then, node.otherwise):
            try:
                branches.append(self._eval(branch))
            except CaseError as error:  # the branch may turn out not to be taken
                failed = error
        if not branches and failed:
            raise failed
        if failed:
            return unknown.hull(test.needs, [*branches, _anything(branches[0], test)])
        return unknown.hull(test.needs, branches)

    def _call(self, node: n.Call) -> Value:
        if node.function == "is_none":
            return unknown.is_absent(self._eval(node.arguments[0]))
        values = [self._quantity(argument) for argument in node.arguments]
        try:
            do: Callable[..., Value] = self.functions[node.function]
            return do(*values)
        except KeyError as missing:
            self._fail("no-such-row", node, key=missing.args[0])
        except ZeroDivisionError:  # a rounding unit
            self._fail("division-by-zero", node.arguments[1])
        except ValueError:  # a date
            self._fail("no-such-day", node, text="-".join(str(value) for value in values))

    def _aggregate(self, node: n.Aggregate) -> Value:
        assert self._scope is not None
        start = self._bound.get(node.relation.root)
        members = self._scope.members(start, node.relation)
        rows = [self._row(node, element) for element in members.known]
        if members.needs:
            rows.append(self._row(node, self._scope.element(start, node.relation)))
        result = _AGGREGATES[node.function](rows, members)
        if result is None:
            self._fail("aggregate-of-nothing", node)
        return result

    def _row(self, node: n.Aggregate, element: Any) -> tuple[Value, Value]:
        """Whether a member counts, and what it brings; the latter is only read where it may count."""
        shadowed = self._bound.get(node.variable)
        self._bound[node.variable] = element
        try:
            counts: Value = True if node.where is None else self._truth(node.where)
            if counts is False:
                return False, False
            if node.function == "count":
                return counts, True
            try:
                return counts, self._quantity(node.item)
            except CaseError:
                if counts is True:
                    raise
                return counts, Unknown(unknown.needs((counts,)))
        finally:
            self._bound[node.variable] = shadowed

    def _fail(self, code: str, node: n.Node, **words: str) -> NoReturn:
        assert self._compiled is not None
        span: Span = self._compiled.expr.span
        if self._compiled.expr.exact:
            span = span.sub(*node.at)
        facts = sorted({path.text for path in n.paths(node)})
        words["facts"] = "、".join(facts)
        raise CaseError([diagnostic(code, span, expression=self._compiled.expr.text, **words)])


def _anything(like: Value, test: Unknown) -> Value:
    """A value of the same kind about which nothing is known."""
    if isinstance(like, bool) or (isinstance(like, Unknown) and like.options == frozenset((True, False))):
        return unknown.truth(test.needs)
    return Unknown(test.needs)


# --- aggregates: rows of (counts, item), and whether there may be further ones ---

Rows = list[tuple[Value, Value]]


def _split(rows: Rows, members: Members) -> tuple[Rows, Rows, int]:
    """The rows of known members, the stand-in row (if any), and how many more there can be."""
    known = len(members.known)
    return rows[:known], rows[known:], max(0, members.most - known) if members.needs else 0


def _times(counts: Value, item: Value) -> Value:
    """What a member adds to a sum: nothing, its item, or perhaps its item."""
    if counts is True:
        return item
    if counts is False:
        return exact.ZERO
    assert isinstance(counts, Unknown)
    return unknown.hull(counts.needs, [exact.ZERO, item])


def _sum(rows: Rows, members: Members) -> Value:
    known, further, more = _split(rows, members)
    total: Value = exact.ZERO
    for counts, item in known:
        total = unknown.add(total, _times(counts, item))
    for counts, item in further:
        each = unknown.hull(members.needs, [exact.ZERO, _times(counts, item)])
        total = unknown.add(total, unknown.multiply(each, exact.number(more)))
    return total


def _count(rows: Rows, members: Members) -> Value:
    return _sum([(counts, exact.ONE) for counts, _ in rows], members)


def _any(rows: Rows, members: Members) -> Value:
    found: list[Value] = []
    for counts, item in rows[: len(members.known)]:
        value = unknown.both(counts, item)
        if value is True:
            return True
        found.append(value)
    further = [unknown.both(counts, item) for counts, item in rows[len(members.known) :]]
    if any(value is not False for value in further):
        found.append(unknown.truth(members.needs | unknown.needs(further)))
    open_ones = [value for value in found if isinstance(value, Unknown)]
    return unknown.truth(unknown.needs(open_ones)) if open_ones else False


def _all(rows: Rows, members: Members) -> Value:
    return unknown.invert(_any([(c, unknown.invert(item)) for c, item in rows], members))


def _extreme(rows: Rows, members: Members, least: bool) -> Value | None:
    """The least or greatest item; None where there surely is none.

    With some that surely count, it lies between theirs alone and that of all. With none, any one of
    those that may count could be the only one.
    """
    known, further, _ = _split(rows, members)
    pick = unknown.smallest if least else unknown.largest
    sure = [item for counts, item in known if counts is True]
    maybe = [(counts, item) for counts, item in [*known, *further] if isinstance(counts, Unknown)]
    maybe += [(Unknown(members.needs), item) for counts, item in further if counts is True]
    open_counts = unknown.needs(counts for counts, _ in maybe)
    items = [item for _, item in maybe]
    if sure and maybe:
        return unknown.hull(open_counts, [pick(sure), pick([*sure, *items])])
    if sure:
        return pick(sure)
    return unknown.hull(open_counts, items) if items else None


_AGGREGATES: dict[str, Callable[[Rows, Members], Value | None]] = {
    "sum": _sum,
    "count": _count,
    "any": _any,
    "all": _all,
    "min": lambda rows, members: _extreme(rows, members, True),
    "max": lambda rows, members: _extreme(rows, members, False),
}
