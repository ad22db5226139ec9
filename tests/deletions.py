"""A policy with one key of one rule taken out: what is left when an author forgets or deletes it.

A deletion is made on the policy as written (`model.py`), so that all that is made from a key goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from policyengine import model as m

Mutant = tuple[str, m.Policy]


def deletions(policy: m.Policy) -> Iterator[Mutant]:
    """Every policy that lacks one key of one rule, with what was taken out."""
    for condition in policy.conditions.values():
        yield from _condition(condition, _into(policy, "conditions"))
    for program in policy.programs.values():
        yield from _program(program, _into(policy, "programs"))
    for value in policy.values.values():
        yield from _value(value, _into(policy, "values"))
    for limit in policy.limits.values():
        yield from _limit(limit, _into(policy, "limits"))
    for allocation in policy.allocations.values():
        put = _into(policy, "allocations")
        yield from _keys(allocation, put, allocation.name, ("where",), ("per",))
    for name in policy.constraints:
        left = {k: v for k, v in policy.constraints.items() if k != name}
        yield f"{name}", replace(policy, constraints=left)
    for fact in policy.facts.values():
        if fact.not_after:
            yield f"{fact.name}.not_after", _into(policy, "facts")(replace(fact, not_after=""))


Put = Callable[[Any], m.Policy]


def _into(policy: m.Policy, section: str) -> Put:
    def put(entry: Any) -> m.Policy:
        return replace(policy, **{section: {**getattr(policy, section), entry.name: entry}})

    return put


def _keys(
    entry: Any, put: Put, name: str, optional: tuple[str, ...], lists: tuple[str, ...]
) -> Iterator[Mutant]:
    """Without an optional expression; without one element of a list of expressions."""
    for key in optional:
        if getattr(entry, key) is not None:
            yield f"{name}.{key}", put(replace(entry, **{key: None}))
    for key in lists:
        parts = getattr(entry, key)
        for i in range(len(parts)):
            yield f"{name}.{key}[{i}]", put(replace(entry, **{key: (*parts[:i], *parts[i + 1 :])}))


def _condition(c: m.Condition, put: Put) -> Iterator[Mutant]:
    """Out of its group, which is to have no such condition; or without an exception."""
    if c.part_of:
        yield f"{c.name}.part_of", put(replace(c, part_of=""))
    for exception in c.unless:
        left = tuple(e for e in c.unless if e is not exception)
        yield f"{c.name}.unless.{exception.name}", put(replace(c, unless=left))


def _program(program: m.Program, put: Put) -> Iterator[Mutant]:
    yield from _keys(program, put, program.name, (), ("requires", "add_points", "multiply"))
    for key in ("at_least", "cap", "pay_from", "round_mode", "round_to"):
        if key in program.parts:
            parts = {k: v for k, v in program.parts.items() if k != key}
            yield f"{program.name}.{key}", put(replace(program, parts=parts))
    for condition in program.conditions:
        left = tuple(c for c in program.conditions if c is not condition)
        yield f"{program.name}.{condition.name}", put(replace(program, conditions=left))


def _value(value: m.Derived, put: Put) -> Iterator[Mutant]:
    for row in value.rows:
        left = tuple(r for r in value.rows if r is not row)
        if left:
            yield f"{value.name}.{row.name}", put(replace(value, rows=left))


def _limit(limit: m.Limit, put: Put) -> Iterator[Mutant]:
    yield from _keys(limit, put, limit.name, ("where",), ("per", "by"))
    for exception in limit.unless:
        left = tuple(e for e in limit.unless if e is not exception)
        yield f"{limit.name}.unless.{exception.name}", put(replace(limit, unless=left))
