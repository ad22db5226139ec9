"""What runs: a typed, ordered graph of seven kinds of node, and how a policy becomes one.

A `Plan` holds no values and never changes, so one may be shared between threads and decide any number
of cases. The sugar of the language keeps its names here (`equipment.rate` is what people read), only
its form changes: `desugar.py` says what each entry becomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policyengine import model as m
from policyengine.lang.names import Universe
from policyengine.lang.nodes import Compiled, paths
from policyengine.source import Span
from policyengine.values import Type


@dataclass(frozen=True, slots=True)
class Info:
    """What every node has. `entity` is "" for policy-level values. `role` says which part of an entry it is
    (`""` for the entry's own value), `owner` which entry."""

    name: str
    entity: str
    type: Type
    label: m.Label
    cited: m.Cited
    owner: str
    role: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class ParamNode:
    info: Info
    parameter: m.Parameter


@dataclass(frozen=True, slots=True)
class FactNode:
    info: Info
    fact: m.Fact


@dataclass(frozen=True, slots=True)
class FormulaNode:
    info: Info
    formula: Compiled


@dataclass(frozen=True, slots=True)
class CaseRow:
    name: str
    when: Compiled
    then: Compiled
    label: m.Label
    cited: m.Cited
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CasesNode:
    """`complete`: the rows cover everything, so that `otherwise` is never what comes of it."""

    info: Info
    rows: tuple[CaseRow, ...]
    otherwise: Compiled
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ReadingNode:
    """`options` hold None for a switch, whose value is the option's id."""

    info: Info
    interpretation: m.Interpretation
    options: Mapping[str, Compiled | None]

    def chosen(self, readings: Mapping[str, str]) -> str:
        """The option chosen; the default where none is, or one that only another version has (`inforce.py`)."""
        option = readings.get(self.info.name, self.interpretation.default)
        return option if option in self.options else self.interpretation.default


@dataclass(frozen=True, slots=True)
class RankNode:
    """Position among the group's members for which `where` holds. All fields are names of nodes."""

    info: Info
    per: tuple[str, ...]
    where: str
    by: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class AllocateNode:
    """A split over a group. `method`: in_order, pro_rata (of at most `limit`), or shares (of `total`)."""

    info: Info
    method: str
    per: tuple[str, ...]
    where: str
    by: tuple[tuple[str, bool], ...]
    of: str
    limit: str
    total: str
    weight: str
    round_to: str


Node = ParamNode | FactNode | FormulaNode | CasesNode | ReadingNode | RankNode | AllocateNode


@dataclass(frozen=True, slots=True)
class Message:
    """A template cut into literal texts and the expressions between them."""

    parts: tuple[str | Compiled, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What a failed condition says: its messages, or None where it only passes on another's failures."""

    condition: str
    label: m.Label
    cited: m.Cited
    zh: Message | None
    en: Message | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint of cases, ready to run."""

    constraint: m.Constraint
    test: Compiled
    zh: Message
    en: Message


@dataclass(frozen=True, slots=True)
class Plan:
    """A policy version that can be run. `nodes` are in an order in which each stands after what it reads."""

    policy: m.Policy
    nodes: Mapping[str, Node]
    universe: Universe
    checks: Mapping[str, Check]
    rules: tuple[Rule, ...]

    @property
    def application(self) -> m.Application:
        return self.policy.header.application

    def label(self, name: str, entity: str = "") -> m.Label:
        """The label of a node, reference or relation; the name itself where there is none.

        `entity`: whose reference or relation it is; those of different entities may share a name.
        """
        node = self.nodes.get(name)
        if node is not None:
            return node.info.label
        for other in self.policy.entities.values():
            for reference in other.references.values():
                if reference.name == name and entity in ("", other.name):
                    return reference.label
                if reference.inverse == name and entity in ("", reference.to):
                    return reference.inverse_label
        return m.Label(name)


def expressions(node: Node) -> Iterator[Compiled]:
    """Every checked expression of a node."""
    match node:
        case FormulaNode():
            yield node.formula
        case CasesNode():
            for row in node.rows:
                yield row.when
                yield row.then
            yield node.otherwise
        case ReadingNode():
            yield from (formula for formula in node.options.values() if formula is not None)


def reads(node: Node) -> Iterator[str]:
    """The names of the nodes that a node reads, in the order of its expressions."""
    for compiled in expressions(node):
        for path in paths(compiled.node):
            if not path.relation:
                yield path.name
    match node:
        case RankNode():
            yield from (*node.per, node.where, *(key for key, _ in node.by))
        case AllocateNode():
            parts = (*node.per, node.where, *(key for key, _ in node.by))
            last = (node.of, node.limit, node.total, node.weight, node.round_to)
            yield from (name for name in (*parts, *last) if name)


def ordered(nodes: Mapping[str, Node]) -> tuple[dict[str, Node], list[list[str]]]:
    """The nodes after what they read, and every cycle found on the way."""
    done: dict[str, Node] = {}
    open_: dict[str, None] = {}
    cycles: list[list[str]] = []
    stack: list[tuple[str, Iterator[str]]] = []
    for start in nodes:
        if start in done:
            continue
        stack.append((start, reads(nodes[start])))
        open_[start] = None
        while stack:
            name, rest = stack[-1]
            child = next((c for c in rest if c in nodes and c not in done), None)
            if child is None:
                stack.pop()
                open_.pop(name, None)
                done[name] = nodes[name]
            elif child in open_:
                chain = list(open_)
                cycles.append([*chain[chain.index(child) :], child])
            else:
                open_[child] = None
                stack.append((child, reads(nodes[child])))
    return done, cycles
