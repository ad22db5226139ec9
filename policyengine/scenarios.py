"""Worked cases beside a policy: what an official expects, compared with what is decided.

A scenario is a case (with `use:` of profiles), chosen readings, and expectations about outcomes, amounts,
refusals, needs, messages or any named value; or the code of the error that it must end in.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass, field
from pathlib import Path

from policyengine import casefile, schema, wording
from policyengine.deciding import Decided, decide
from policyengine.decision import Decision
from policyengine.diagnostics import CaseError, Diagnostic, PolicyError, concise, diagnostic, errors
from policyengine.facts import Reader
from policyengine.instances import Ent, Plans
from policyengine.lang import unknown
from policyengine.model import Label
from policyengine.reading import read_bytes
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.source import Span
from policyengine.values import T_MONEY, Type, Unknown, Value
from policyengine.world import World

Labels = AbcMapping[str, Label]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One worked case as read from its file."""

    name: str
    span: Span
    readings: dict[str, str]
    case: Mapping
    expect: Mapping | None
    error: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An expectation that was not met."""

    what: str
    expected: str
    got: str
    span: Span


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario: no differences means it passed."""

    scenario: Scenario
    differences: tuple[Difference, ...] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        return not self.differences


def read_scenarios(paths: list[Path]) -> list[Scenario]:
    """All scenarios of the files. Raises PolicyError with every mistake in them."""
    found: list[Diagnostic] = []
    trees: list[Mapping] = []
    for path in paths:
        _, node, problems = read_bytes(path.read_bytes(), str(path))
        found += problems
        if isinstance(node, Mapping):
            found += schema.findings(node, "scenarios", problems)
            trees.append(node)
    if errors(found):
        raise PolicyError(errors(found))
    profiles: dict[str, Mapping] = {}
    for tree in trees:
        section = tree.get("profiles")
        for key, child in section.entries if isinstance(section, Mapping) else ():
            if key.text in profiles:
                related = (("第一次在这里", "first here"), profiles[key.text].span)
                found.append(diagnostic("duplicate-id", key.span, related, name=key.text))
            elif isinstance(child, Mapping):
                profiles[key.text] = child
    scenarios = [s for tree in trees for s in _scenarios(tree, profiles, found)]
    if found:
        raise PolicyError(found)
    return scenarios


def files(folder: Path) -> list[Path]:
    """The scenario files beside a policy."""
    return sorted((folder / "tests").glob("*.yaml"))


def files_of_overlay(overlay: Path) -> list[Path]:
    """The scenario file of an overlay: of the same name, in `tests/` beside it."""
    path = overlay.parent / "tests" / overlay.name
    return [path] if path.is_file() else []


def _scenarios(tree: Mapping, profiles: dict[str, Mapping], found: list[Diagnostic]) -> Iterator[Scenario]:
    section = tree.get("scenarios")
    for item in section.items if isinstance(section, Sequence) else ():
        if not isinstance(item, Mapping):
            continue
        name, case, expect, error = (item.get(key) for key in ("name", "case", "expect", "error"))
        code = error.get("code") if isinstance(error, Mapping) else None
        readings = item.get("readings")
        chosen = (
            {k: v.text for k, v in readings.items() if isinstance(v, Scalar)}
            if isinstance(readings, Mapping)
            else {}
        )
        if isinstance(case, Mapping) and isinstance(name, Scalar):
            yield Scenario(
                name.text, name.span, chosen, _expanded(case, profiles, found),
                expect if isinstance(expect, Mapping) else None, code.text if isinstance(code, Scalar) else "",
            )  # fmt: skip


def _expanded(node: Mapping, profiles: dict[str, Mapping], found: list[Diagnostic]) -> Mapping:
    """Every `use: profile` replaced by the profile's entries that are not written out."""
    entries = []
    for key, child in node.entries:
        if key.text == "use":
            continue
        entries.append((key, _expanded(child, profiles, found) if isinstance(child, Mapping) else child))
    use = node.get("use")
    for item in use.items if isinstance(use, Sequence) else (use,) if use is not None else ():
        profile = profiles.get(item.text) if isinstance(item, Scalar) else None
        if profile is None:
            found.append(
                diagnostic("unknown-profile", item.span, name=item.text if isinstance(item, Scalar) else "")
            )
            continue
        written = {key.text for key, _ in entries}
        entries += [
            entry for entry in _expanded(profile, profiles, found).entries if entry[0].text not in written
        ]
    return Mapping(tuple(entries), node.span)


def run(plans: Plans, types: dict[str, Type], scenario: Scenario) -> Outcome:
    """Decide a scenario and compare."""
    policy = plans.policy
    for id_, option in scenario.readings.items():
        if id_ not in policy.interpretations or option not in policy.interpretations[id_].options:
            raise PolicyError([diagnostic("unknown-reading", scenario.span, name=f"{id_}={option}")])
    try:
        case, found = casefile.read_case(scenario.case, policy, types, scenario.name)
        if errors(found):
            raise CaseError(errors(found))
        decided = decide(plans, case, scenario.readings)
    except CaseError as error:
        return Outcome(scenario, tuple(_error(scenario, error)))
    if scenario.expect is None:
        return Outcome(scenario, (Difference("error", scenario.error, "", scenario.span),))
    return Outcome(scenario, tuple(_Compare(plans, types, decided).all(scenario.expect)))


def _error(scenario: Scenario, error: CaseError) -> Iterator[Difference]:
    codes = sorted({d.code for d in error.diagnostics})
    if scenario.error not in codes:
        got = "；".join(concise(d, "zh") for d in error.diagnostics)
        yield Difference("error", scenario.error, got, scenario.span)


@dataclass(slots=True)
class _Compare:
    plans: Plans
    types: dict[str, Type]
    decided: Decided

    @property
    def world(self) -> World:
        return self.decided.world

    def all(self, expect: Mapping) -> Iterator[Difference]:
        for key, node in expect.entries:
            kind, _, id_ = key.text.partition(".")
            ent = self.world.entities.get(kind, {}).get(id_)
            if ent is None or not isinstance(node, Mapping):
                yield Difference(key.text, "", "没有这个对象", key.span)
                continue
            decision = next((d for d in self.decided.decision.decisions if d.subject.path == key.text), None)
            for name, child in node.entries:
                yield from self.one(ent, decision, key.text, name, child)

    def one(self, ent: Ent, d: Decision | None, path: str, key: Scalar, node: Node) -> Iterator[Difference]:
        what = f"{path}.{key.text}"
        if d is not None:
            match key.text:
                case "outcome":
                    wanted = _text(node)
                    word = self.plans.last.policy.header.outcomes[d.outcome].zh
                    if wanted not in (d.outcome, word):
                        yield Difference(what, wanted, word, node.span)
                    return
                case "refusals":
                    yield from self.sets(what, node, [f.condition for f in d.refusals])
                    return
                case "set_aside":
                    yield from self.sets(what, node, [f"{f.subject.path}.{f.condition}" for f in d.set_aside])
                    return
                case "needs":
                    yield from self.sets(what, node, [str(item.ref) for item in d.missing])
                    return
                case "messages":
                    said = [f.message.zh for f in d.refusals]
                    for item in _items(node):
                        if item.text not in said:
                            yield Difference(what, item.text, "；".join(said), item.span)
                    return
                case "amount":
                    yield from self.value(what, node, d.amount, T_MONEY, {}, "")
                    return
                case "range":
                    yield from self.range(what, node, d.amount, T_MONEY, "")
                    return
        yield from self.named(ent, what, key, node)

    def named(self, ent: Ent, what: str, key: Scalar, node: Node) -> Iterator[Difference]:
        plan = self.world.plan(self.world.when(ent))
        if key.text not in plan.nodes:
            yield Difference(what, "", "没有这个值", key.span)
            return
        fact, derived = plan.policy.facts.get(key.text), plan.policy.values.get(key.text)
        options: Labels = fact.options if fact else derived.options if derived else {}
        got = self.world.value(ent, key.text)
        if isinstance(node, Mapping):
            bounds = node.get("range")
            unit = fact.unit if fact else ""
            yield from self.range(what, bounds, got, self.types[key.text], unit) if bounds is not None else ()
            return
        yield from self.value(what, node, got, self.types[key.text], options, fact.unit if fact else "")

    def value(
        self, what: str, node: Node, got: Value, type_: Type, labels: Labels, unit: str
    ) -> Iterator[Difference]:
        reader = Reader(self.plans.last.policy.units)
        wanted, found = reader.value(type_, node, labels, unit, what)
        if found or wanted is None:
            yield Difference(what, _text(node), "；".join(concise(d, "zh") for d in found), node.span)
        elif not unknown.same(wanted, got):
            yield Difference(
                what,
                _text(node),
                wording.value(got, type_, "zh", labels, self.plans.last.policy.units.get(unit) or unit),
                node.span,
            )

    def range(self, what: str, node: Node, got: Value, type_: Type, unit: str) -> Iterator[Difference]:
        """The ends of what a value that is not settled may be: amounts, rates, counts, days …"""
        items = list(_items(node))
        reader = Reader(self.plans.last.policy.units)
        read = [reader.value(type_, item, {}, unit, what) for item in items]
        found = [d for _, problems in read for d in problems]
        low, high = unknown.bounds(got)
        if found or not isinstance(got, Unknown) or [low, high] != [value for value, _ in read]:
            shown = wording.value(got, type_, "zh", None, self.plans.last.policy.units.get(unit) or unit)
            said = "；".join(concise(d, "zh") for d in found) or shown
            yield Difference(what, " 至 ".join(i.text for i in items), said, node.span)

    def sets(self, what: str, node: Node, got: list[str]) -> Iterator[Difference]:
        wanted = [item.text for item in _items(node)]
        if sorted(wanted) != sorted(got):
            yield Difference(
                what, "、".join(sorted(wanted)) or "无", "、".join(sorted(got)) or "无", node.span
            )


def _items(node: Node) -> Iterator[Scalar]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar) and item.value is not None:
            yield item


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else node.span.text
