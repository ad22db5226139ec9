"""What all checks share: the policy with its plan, its sentences by id, and everything that cites them.

Words are compared after NFKC and without white space: documents mix `％` and `%`, `（WMS）` and `(MES)`,
and blanks that a page break left. `Squeezed` remembers where each character came from, so that messages
show the words as they stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policyengine import model as m
from policyengine import plan as p
from policyengine.instances import Plans
from policyengine.lang import nodes as n
from policyengine.source import Span


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A text after NFKC and without white space; `at[i]` is where its character `i` stands in `raw`."""

    raw: str
    text: str
    at: tuple[int, ...]

    def excerpt(self, start: int, end: int) -> str:
        """The original words of a part of the squeezed text."""
        if not self.at or end <= start:
            return ""
        low = self.at[min(max(start, 0), len(self.at) - 1)]
        high = self.at[min(max(end, 1), len(self.at)) - 1]
        return self.raw[low : high + 1]


def squeeze(raw: str) -> Squeezed:
    """`raw` as words are compared."""
    chars: list[str] = []
    at: list[int] = []
    for i, char in enumerate(raw):
        if char.isspace():
            continue
        for piece in unicodedata.normalize("NFKC", char):
            chars.append(piece)
            at.append(i)
    return Squeezed(raw, "".join(chars), tuple(at))


@dataclass(frozen=True, slots=True)
class Text:
    """The sentences of the document by full id (`四.1/2`), as written and squeezed."""

    clauses: Mapping[str, m.Clause]
    sentences: Mapping[str, m.Sentence]
    squeezed: Mapping[str, Squeezed]

    def of(self, cite: str) -> tuple[str, ...]:
        """The sentences that a citation means: one, or all of a clause; none where it is unknown."""
        if cite in self.sentences:
            return (cite,)
        clause = self.clauses.get(cite)
        return tuple(f"{cite}/{s.id}" for s in clause.sentences) if clause else ()

    def knows(self, cite: str) -> bool:
        return cite in self.sentences or cite in self.clauses


def read_text(policy: m.Policy) -> Text:
    """The index of a policy's sentences."""
    sentences = {f"{c.id}/{s.id}": s for c in policy.clauses.values() for s in c.sentences}
    return Text(policy.clauses, sentences, {id_: squeeze(s.text) for id_, s in sentences.items()})


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check looks at: one version of a policy, what it became, and all versions.

    `whole`: nothing was wrong so far. Where an entry or a name could not be read, what seems unused may only
    seem so and nothing can be computed, so that checks of this kind stay silent.
    `read`: everything that something reads, by name.
    """

    policy: m.Policy
    plan: p.Plan
    plans: Plans
    whole: bool = True
    text: Text = field(init=False)
    read: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", read_text(self.policy))
        object.__setattr__(self, "read", frozenset(name for _, name in readers(self.plan)))

    def broken(self, name: str) -> bool:
        """Whether an entry of this name is there but could not be read."""
        return name in self.plan.universe.policy and name not in self.plan.nodes


def readers(plan: p.Plan) -> Iterator[tuple[str, str]]:
    """Pairs of who reads and what is read: node names, `""` for the header, constraints by their name."""
    for node in plan.nodes.values():
        for name in p.reads(node):
            yield node.info.name, name
    for check in plan.checks.values():
        for message in (check.zh, check.en):
            for name in _message_reads(message):
                yield check.condition, name
    for rule in plan.rules:
        names = [path.name for path in n.paths(rule.test.node) if not path.relation]
        for name in (*names, *_message_reads(rule.zh), *_message_reads(rule.en)):
            yield f"constraints.{rule.constraint.name}", name
    for name in _header_reads(plan.policy):
        yield "", name


def _message_reads(message: p.Message | None) -> Iterator[str]:
    for part in message.parts if message else ():
        if not isinstance(part, str):
            yield from (path.name for path in n.paths(part.node) if not path.relation)


def _header_reads(policy: m.Policy) -> Iterator[str]:
    header, application = policy.header, policy.header.application
    yield from (application.date, application.granted, application.amount, application.option)
    yield from (header.valid_from, header.valid_to)
    for path, _ in header.results:
        yield path.partition(".")[2]
    for entity in policy.entities.values():
        yield from (entity.key.rpartition(".")[2], entity.dated_by, *entity.unique)


def compiled(plan: p.Plan) -> Iterator[n.Compiled]:
    """Every checked expression of a plan, those of messages and constraints too."""
    for node in plan.nodes.values():
        yield from p.expressions(node)
    for rule in plan.rules:
        yield rule.test
    for check in plan.checks.values():
        for message in (check.zh, check.en):
            yield from (part for part in message.parts if not isinstance(part, str)) if message else ()


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that cites the text. `name` is how rules call it; `owner` its entry, for what is inside one.

    `kind` says how a citation counts: `computed`, `fact`, or `recorded` (targets, duties, metadata).
    """

    section: str
    name: str
    owner: str
    label: m.Label
    cited: m.Cited
    span: Span
    kind: str = "computed"


def entries(policy: m.Policy) -> Iterator[Entry]:
    """Everything that cites the text, in the order of the sections."""
    for parameter in policy.parameters.values():
        yield _entry("parameters", parameter)
    for fact in policy.facts.values():
        span = fact.span or policy.header.span
        yield Entry("facts", fact.name, fact.name, fact.label, fact.cited, span, "fact")
    for condition in policy.conditions.values():
        yield from _condition("conditions", condition, condition.name)
    for value in policy.values.values():
        yield _entry("values", value)
        for row in value.rows:
            yield Entry("values", f"{value.name}.{row.name}", value.name, row.label, row.cited, row.span)
    for program in policy.programs.values():
        yield _entry("programs", program)
        for condition in program.conditions:
            yield from _condition("programs", condition, program.name)
    for limit in policy.limits.values():
        yield _entry("limits", limit)
        yield from _exceptions("limits", limit.name, limit.unless)
    for allocation in policy.allocations.values():
        yield _entry("allocations", allocation)
    for interpretation in policy.interpretations.values():
        yield _entry("interpretations", interpretation)
    for k in policy.constraints.values():
        yield Entry("constraints", k.name, k.name, k.fail, k.cited, k.span)
    for target in policy.targets.values():
        yield Entry("targets", target.name, target.name, target.label, target.cited, target.span, "recorded")
    for duty in policy.duties.values():
        yield Entry("duties", duty.name, duty.name, duty.task, duty.cited, duty.span, "recorded")


Own = m.Parameter | m.Derived | m.Program | m.Limit | m.Allocation | m.Interpretation


def _entry(section: str, entry: Own) -> Entry:
    return Entry(section, entry.name, entry.name, entry.label, entry.cited, entry.span)


def _condition(section: str, c: m.Condition, owner: str) -> Iterator[Entry]:
    yield Entry(section, c.name, owner, c.label, c.cited, c.span)
    yield from _exceptions(section, c.name, c.unless)


def _exceptions(section: str, owner: str, unless: tuple[m.Exception_, ...]) -> Iterator[Entry]:
    for u in unless:
        yield Entry(section, f"{owner}.{u.name}", owner, u.label, u.cited, u.span)


def place(compiled_: n.Compiled, at: n.At) -> Span:
    """The place of a part of an expression in its file."""
    expr = compiled_.expr
    return expr.span.sub(*at) if expr.exact else expr.span


def conditions(policy: m.Policy) -> Iterator[m.Condition]:
    """The conditions of the policy, those of its programs too (under their full names)."""
    yield from policy.conditions.values()
    for program in policy.programs.values():
        yield from program.conditions
