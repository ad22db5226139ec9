"""Small policies made in a test: from trees to plans, cases and worlds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import literals
from policyengine import model as m
from policyengine.casefile import read_case
from policyengine.desugar import compile_policy
from policyengine.diagnostics import Diagnostic
from policyengine.instances import Plans
from policyengine.lang.check import check
from policyengine.lang.nodes import Compiled
from policyengine.lang.syntax import parse
from policyengine.plan import Plan
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.yaml import read_yaml
from policyengine.sections import build
from policyengine.source import Source
from policyengine.values import ABSENT, FactRef, Known, Type, Units, Unknown, Value
from policyengine.world import World

HEADER = """
policy:
  id: mini
  title: 小政策
  issuer: 某区人民政府
  number: 某政字〔2020〕1号
  signed: 2020-01-01
  valid: {from: valid_from}
  application: {entity: thing, date: declared_on, granted: granted, amount: award}
"""
_NOWHERE = Source("(made by a test)", "").whole()


def tree(text: str, name: str = "test.yaml") -> Mapping:
    """The nodes of a YAML text that is read without findings."""
    node, found = read_yaml(Source(name, text))
    assert isinstance(node, Mapping) and not found, shown(found)
    return node


def shown(found: Iterable[Diagnostic]) -> list[str]:
    """Findings for a failure message: code, place and words."""
    return [f"{d.code} @ {d.span.place if d.span else '-'} {dict(d.words)}" for d in found]


def made(data: object) -> Node:
    """A tree without places from dicts, lists, texts and nodes."""
    if isinstance(data, Scalar | Sequence | Mapping):
        return data
    if isinstance(data, dict):
        return Mapping(tuple((key(name), made(value)) for name, value in data.items()), _NOWHERE)
    if isinstance(data, list):
        return Sequence(tuple(made(item) for item in data), _NOWHERE)
    if isinstance(data, bool):
        return Scalar(str(data).lower(), data, _NOWHERE)
    assert isinstance(data, int | str), data
    return Scalar(str(data), data, _NOWHERE)


def key(name: str) -> Scalar:
    return Scalar(name, name, _NOWHERE)


def joined(*trees: Mapping) -> Mapping:
    """The sections of several trees in one; entries of the later ones come after."""
    sections: dict[str, tuple[Scalar, Node]] = {}
    for part in trees:
        for name, node in part.entries:
            there = sections.get(name.text, (name, None))[1]
            if isinstance(there, Mapping) and isinstance(node, Mapping):
                node = Mapping(there.entries + node.entries, there.span)
            sections[name.text] = (name, node)
    return Mapping(tuple(sections.values()), trees[0].span)


@dataclass(frozen=True, slots=True)
class Mini:
    """A compiled policy with what was found in it."""

    plan: Plan
    found: list[Diagnostic]

    @property
    def plans(self) -> Plans:
        policy = self.plan.policy
        timeline = m.Timeline(((None, policy),), "", (), "", "")
        return Plans(timeline, ((None, self.plan),))

    @property
    def types(self) -> dict[str, Type]:
        return {name: node.info.type for name, node in self.plan.nodes.items()}

    def world(self, case: Node, readings: dict[str, str] | None = None) -> tuple[World, list[Diagnostic]]:
        """The world of a case, and what is wrong with the case."""
        read, found = read_case(case, self.plan.policy, self.types, "test")
        return World(self.plans, read, readings or {}), found

    def expression(
        self, text: str, entity: str = "thing", expected: Type | None = None
    ) -> tuple[Compiled | None, list[Diagnostic]]:
        """A checked expression of a rule on an entity."""
        expr, found = parse(text, Source("expr", text).span(0, len(text)))
        if expr is None:
            return None, found
        return check(expr, self.plan.universe, entity, expected)


def mini(*parts: str | Mapping) -> Mini:
    """The policy of some sections under a standard header."""
    trees = [tree(part) if isinstance(part, str) else part for part in (HEADER, *parts)]
    built = build(joined(*trees), None)
    assert built.policy is not None
    plan, found = compile_policy(built.policy, built.broken)
    return Mini(plan, built.found + found)


def columns(found: Iterable[Diagnostic]) -> list[tuple[str, int]]:
    """Codes and columns, in the order of their places."""
    pairs = [(d.span.column if d.span else 0, d.code) for d in found]
    return [(code, column) for column, code in sorted(pairs)]


# --- expected values ---


def same(value: Value, written: Node, units: Units) -> bool:
    """Whether a known value is the one that is written."""
    if not isinstance(written, Scalar):
        return False
    match value:
        case bool():
            return written.value is value
        case date():
            return written.value == value
        case str():
            return written.text == value
        case Decimal() | Fraction():
            return number(written.text, units) == value
    return value is ABSENT and written.text == "none"


def number(text: str, units: Units) -> Fraction:
    """`15万元`, `3%`, `1000/3元` as an exact number of base units."""
    if "/" in text and text.split("/")[1][:1].isdigit():
        over, _, rest = text.partition("/")
        digits = "".join(c for c in rest if c.isdigit())
        return number(over + rest[len(digits) :], units) / int(digits)
    read = literals.quantity(text, units)
    assert isinstance(read, literals.Quantity), f"{text} is no quantity"
    return Fraction(read.value)


def spelled(value: Value) -> str:
    """A value for a failure message."""
    if isinstance(value, Unknown):
        needs = sorted(str(ref) for ref in value.needs)
        return f"{value.low} to {value.high}, options {value.options}, absent {value.absent}, needs {needs}"
    return repr(value)


def completed(value: Value, known: Known) -> bool:
    """Whether an unknown value may turn out to be a known one."""
    if not isinstance(value, Unknown):
        return (type(value) is type(known) and value == known) or _equal_numbers(value, known)
    if known is ABSENT:
        return value.absent
    if value.options is not None:
        return known in value.options
    if value.low is not None and known < value.low:  # type: ignore[operator]
        return False
    return not (value.high is not None and known > value.high)  # type: ignore[operator]


def _equal_numbers(a: Known, b: Known) -> bool:
    kinds = (Decimal, Fraction)
    return isinstance(a, kinds) and isinstance(b, kinds) and Fraction(a) == Fraction(b)


def ref_text(ref: FactRef) -> str:
    """A fact as the tests name it, seen from the thing `T`: `x`, `items.a.amount`, `owner.grade`."""
    steps = ref.id.split("/")[1:]
    kinds = ref.entity.split("__")
    if ref.entity == "thing":
        return ref.name
    if not steps:
        return ".".join([ref.entity, *([ref.id] if ref.id != ref.entity else []), ref.name])
    pairs = [part for pair in zip(kinds, steps, strict=True) for part in pair]
    return ".".join([*pairs, ref.name])
