"""The conformance suite of the language: every case of `lang/*.yaml`, as `lang/README.md` describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from policyengine import literals
from policyengine.diagnostics import CaseError, sort
from policyengine.lang.nodes import Compiled
from policyengine.reading.decode import decode
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.values import Type, Unknown, Value, dimension
from policyengine.world import World
from tests import mini

FOLDER = Path(__file__).parent / "lang"
TOPICS = sorted(FOLDER.glob("*.yaml"))
KEYS = {
    "expr", "literal", "as", "given", "on", "value", "type", "error", "fails", "is",
    "name", "add", "readings", "case", "expect", "xfail",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One case of a topic file."""

    topic: Path
    node: Mapping

    def get(self, key: str) -> Node | None:
        return self.node.get(key)

    def text(self, key: str) -> str:
        node = self.node.get(key)
        return node.text if isinstance(node, Scalar) else ""

    @property
    def id(self) -> str:
        line = self.node.span.line
        return f"{self.topic.stem}:{line}:{self.text('expr') or self.text('literal') or self.text('name')}"


@cache
def topic(path: Path) -> Mapping:
    source, found = decode(path.read_bytes(), path.name)
    assert source is not None and not found
    return mini.tree(source.text, path.name)


def items() -> Iterator[Item]:
    for path in TOPICS:
        cases = topic(path).get("cases")
        assert isinstance(cases, Sequence)
        for node in cases.items:
            assert isinstance(node, Mapping)
            assert {name for name, _ in node.items()} <= KEYS, node.span.place
            yield Item(path, node)


ITEMS = list(items())


def params() -> list[object]:
    found = []
    for item in ITEMS:
        reason = item.text("xfail")
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        found.append(pytest.param(item, id=item.id, marks=marks))
    return found


@pytest.mark.parametrize("item", params())
def test_case(item: Item) -> None:
    if item.get("literal") is not None:
        literal(item)
    elif item.get("expr") is not None:
        expression(item)
    else:
        scenario(item)


def test_there_are_enough_cases_and_refusals() -> None:
    refused = [item for item in ITEMS if item.get("error") is not None]
    assert len(ITEMS) >= 350
    assert len(refused) * 3 >= len(ITEMS)


# --- what a topic declares ---


@dataclass(slots=True)
class _Sections:
    """The sections that a topic's short declarations become."""

    entities: dict[str, object]
    facts: dict[str, object]
    parameters: dict[str, object]

    def entity(self, name: str, spec: Mapping, refs: dict[str, object], dated: bool) -> None:
        """One entity with its facts, and what hangs on it."""
        for fact, node in entries(spec, "types"):
            self.facts[fact] = declared(node) | {"entity": name, "label": fact, "basis": "test"}
        for reference, node in entries(spec, "refs"):
            assert isinstance(node, Mapping)
            refs[reference] = {"to": reference, "inverse": f"of_{name}_{reference}", "label": reference}
            if node.get("optional") is not None:
                refs[reference]["optional"] = True  # type: ignore[index]
            if reference not in self.entities:
                self.entity(reference, node, {}, False)
        own: dict[str, object] = {"label": name, "refs": refs} if refs else {"label": name}
        self.entities[name] = own | ({"dated_by": "declared_on"} if dated else {})
        for relation, node in entries(spec, "relations"):
            assert isinstance(node, Mapping)
            back: dict[str, object] = {"to": name, "inverse": relation, "label": "parent"}
            most = node.get("max")
            if most is not None:
                back["max"] = most
            kind = relation if name == "thing" else f"{name}__{relation}"
            self.entity(kind, node, {"parent": back}, False)


def entries(spec: Mapping, key: str) -> list[tuple[str, Node]]:
    node = spec.get(key)
    return list(node.items()) if isinstance(node, Mapping) else []


def declared(node: Node) -> dict[str, object]:
    """`money`, or `{type: number, unit: …, range: […], optional: true, options: […]}`."""
    if isinstance(node, Scalar):
        return {"type": node.text}
    assert isinstance(node, Mapping)
    found: dict[str, object] = dict(node.items())
    options = found.get("options")
    if isinstance(options, Sequence):
        found["options"] = {o.text: o.text for o in options.items if isinstance(o, Scalar)}
    return found


@cache
def environment(path: Path) -> mini.Mini:
    """The little policy of a topic about expressions."""
    spec = topic(path)
    sections = _Sections({}, {}, {})
    sections.facts["declared_on"] = {"entity": "thing", "type": "date", "label": "date", "basis": "test"}
    sections.entity("thing", spec, {}, True)
    for name, node in entries(spec, "parameters"):
        long = isinstance(node, Mapping) and node.get("value") is not None
        value: dict[str, object] = dict(node.items()) if long else {"value": node}  # type: ignore[union-attr]
        sections.parameters[name] = value | {"label": name, "basis": "test"}
    tree: dict[str, object] = {
        "entities": sections.entities, "facts": sections.facts, "parameters": sections.parameters,
    }  # fmt: skip
    units = spec.get("units")
    if units is not None:
        tree["units"] = units
    made = mini.made(tree)
    assert isinstance(made, Mapping)
    policy = mini.mini(made)
    assert not policy.found, mini.shown(policy.found)
    return policy


def given(item: Item) -> Mapping:
    """The case of an expression's `given`, with one thing `T`."""
    flat: dict[str, dict[str, object]] = {}
    spec = topic(item.topic)
    facts = item.get("given")
    thing = filled(facts if isinstance(facts, Mapping) else None, spec, flat, "")
    if item.get("on") is not None:
        thing["declared_on"] = item.get("on")
    case = mini.made({**flat, "thing": {"T": thing}})
    assert isinstance(case, Mapping)
    return case


def filled(
    node: Mapping | None, spec: Mapping, flat: dict[str, dict[str, object]], prefix: str
) -> dict[str, object]:
    """The facts of one entity; what it refers to becomes an entity of its own."""
    stated: dict[str, object] = dict(node.items()) if node else {}
    for reference, inner in entries(spec, "refs"):
        assert isinstance(inner, Mapping)
        value = stated.get(reference)
        if isinstance(value, Scalar):  # none
            continue
        id_ = f"{prefix}{reference}"
        if value is None and inner.get("optional") is not None:
            continue
        flat.setdefault(reference, {})[id_] = filled(
            value if isinstance(value, Mapping) else None, inner, flat, prefix
        )
        stated[reference] = id_
    for relation, inner in entries(spec, "relations"):
        value = stated.get(relation)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            stated[relation] = {
                id_: filled(child if isinstance(child, Mapping) else None, inner, flat, f"{id_}_")
                for id_, child in value.items()
            }
    return stated


# --- literals and expressions ---


def literal(item: Item) -> None:
    units = environment(item.topic).plan.policy.units
    read = literals.quantity(item.text("literal"), units)
    if item.get("error") is not None:
        assert isinstance(read, literals.Problem), read
        assert read.code == error(item, "error")[0][0]
        return
    assert isinstance(read, literals.Quantity), read
    assert mini.number(item.text("is"), units) == read.value
    kind = read.unit.kind if read.unit else "bare"
    assert kind == item.text("type")


def error(item: Item, key: str) -> list[tuple[str, int]]:
    """The codes and columns that a case expects, in the order of their places."""
    node = item.get(key)
    listed = node.items if isinstance(node, Sequence) else [node]
    found = []
    for one in listed:
        assert isinstance(one, Mapping)
        code, at = one.get("code"), one.get("at")
        assert isinstance(code, Scalar)
        found.append((code.text, int(at.text) if isinstance(at, Scalar) else 1))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def expression(item: Item) -> None:
    policy = environment(item.topic)
    compiled, found = policy.expression(item.text("expr"), "thing", expected(item, policy))
    case, wrong = policy.world(given(item))
    if item.get("error") is not None:
        expects = error(item, "error")
        assert mini.columns(found) == expects if found else [(d.code, 1) for d in wrong] == expects
        return
    assert not found and not wrong, mini.shown([*found, *wrong])
    assert compiled is not None
    if item.get("type") is not None:
        assert compiled.type.kind == item.text("type")
    if item.get("fails") is not None:
        with pytest.raises(CaseError) as raised:
            evaluate(case, compiled)
        assert mini.columns(raised.value.diagnostics) == error(item, "fails")
        return
    if item.get("value") is not None:
        agrees(evaluate(case, compiled), item.get("value"), policy)


def expected(item: Item, policy: mini.Mini) -> Type | None:
    """The type that the place of an expression asks for: `as: money`, `as: {type: enum, options: […]}`."""
    node = item.get("as")
    if node is None:
        return None
    if isinstance(node, Mapping):
        options, dim = node.get("options"), node.get("dimension")
        kind = node.get("type")
        assert isinstance(kind, Scalar)
        found = options.items if isinstance(options, Sequence) else ()
        names = [o.text for o in found if isinstance(o, Scalar)]
        size = dimension(dim.text) if isinstance(dim, Scalar) else None
        return Type(kind.text, size or (), tuple(names))  # type: ignore[arg-type]
    kind_text = item.text("as")
    return Type(kind_text, (("money", 1),) if kind_text == "money" else ())  # type: ignore[arg-type]


def evaluate(world: World, compiled: Compiled) -> Value:
    thing = world.entities["thing"]["T"]
    return world.evaluate(compiled, thing, world.when(thing))


def listed(node: Sequence) -> set[bool | str]:
    """Options or names."""
    scalars = [item for item in node.items if isinstance(item, Scalar)]
    return {item.value if isinstance(item.value, bool) else item.text for item in scalars}


def agrees(value: Value, written: Node | None, policy: mini.Mini) -> None:
    """Whether a value is the one expected: known, or all that it may still be."""
    units = policy.plan.policy.units
    if not isinstance(written, Mapping):
        assert written is not None and mini.same(value, written, units), mini.spelled(value)
        return
    assert isinstance(value, Unknown), mini.spelled(value)
    needs = written.get("needs")
    names = listed(needs) if isinstance(needs, Sequence) else set()
    assert {mini.ref_text(ref) for ref in value.needs} == names, mini.spelled(value)
    for end, bound in (("low", value.low), ("high", value.high)):
        node = written.get(end)
        if node is None:
            assert bound is None, mini.spelled(value)
        else:
            assert bound is not None and mini.same(bound, node, units), mini.spelled(value)
    options = written.get("options")
    if isinstance(options, Sequence):
        assert value.options == listed(options), mini.spelled(value)
    absent = written.get("absent")
    assert value.absent == (isinstance(absent, Scalar) and absent.value is True), mini.spelled(value)


# --- whole policies ---


@cache
def policy_of(path: Path) -> mini.Mini:
    node = topic(path).get("policy")
    assert isinstance(node, Mapping)
    return mini.mini(node)


def scenario(item: Item) -> None:
    base = topic(item.topic).get("policy")
    added = item.get("add")
    assert isinstance(base, Mapping)
    policy = mini.mini(base, added) if isinstance(added, Mapping) else policy_of(item.topic)
    if item.get("error") is not None:
        assert [d.code for d in sort(policy.found)] == [code for code, _ in error(item, "error")]
        return
    assert not policy.found, mini.shown(policy.found)
    chosen = {n: c.text for n, c in entries(item.node, "readings") if isinstance(c, Scalar)}
    case = item.get("case")
    assert isinstance(case, Mapping)
    world, wrong = policy.world(case, chosen)
    assert not wrong, mini.shown(wrong)
    if item.get("fails") is not None:
        with pytest.raises(CaseError) as raised:
            everything(world)
        assert [d.code for d in raised.value.diagnostics] == [code for code, _ in error(item, "fails")]
        return
    for where, names in entries(item.node, "expect"):
        kind, _, id_ = where.partition(".")
        ent = world.entities[kind][id_]
        assert isinstance(names, Mapping)
        for name, written in names.items():
            value = world.value(ent, name)
            try:
                within(value, written, policy)
            except AssertionError as wrong_value:
                raise AssertionError(f"{where} {name}: {wrong_value}") from None


def within(value: Value, written: Node, policy: mini.Mini) -> None:
    """Like `agrees`, with the facts that are needed named in full (`thing.T1.x`)."""
    if not isinstance(written, Mapping):
        agrees(value, written, policy)
        return
    assert isinstance(value, Unknown), mini.spelled(value)
    needs = written.get("needs")
    if isinstance(needs, Sequence):
        names = listed(needs)
        assert {str(ref) for ref in value.needs} == names, mini.spelled(value)
    for end, bound in (("low", value.low), ("high", value.high)):
        node = written.get(end)
        if node is not None:
            assert bound is not None, mini.spelled(value)
            assert mini.same(bound, node, policy.plan.policy.units), mini.spelled(value)
    options = written.get("options")
    if isinstance(options, Sequence):
        assert value.options == listed(options), mini.spelled(value)


def everything(world: World) -> None:
    """Every value of every entity."""
    for kind, members in world.entities.items():
        for name, node in world.plans.last.nodes.items():
            if node.info.entity == kind:
                for ent in members.values():
                    world.value(ent, name)
