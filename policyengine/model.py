"""A policy as its author wrote it: frozen records, each with the place it came from.

Nothing here is computed. `loader.py` makes these from files; `plan.py` turns them into what runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from policyengine.lang.syntax import Expr
from policyengine.source import Source, Span
from policyengine.values import Known, Type, Units


@dataclass(frozen=True, slots=True)
class Label:
    """Words for people: Chinese always, English where given."""

    zh: str
    en: str = ""

    def __call__(self, lang: str = "zh") -> str:
        return self.en if lang == "en" and self.en else self.zh


def listed(labels: Iterable[Label]) -> Label:
    """Several labels as one: `甲、乙`, `one, other`."""
    found = list(labels)
    return Label("、".join(label.zh for label in found), ", ".join(label("en") for label in found))


# What the outcomes of an application are called where a policy does not say otherwise.
OUTCOMES: Mapping[str, Label] = {
    "granted": Label("予以补助", "granted"),
    "refused": Label("不予支持", "refused"),
    "undetermined": Label("待补材料", "undetermined"),
    "choice-open": Label("待企业选择", "choice open"),
    "person-decides": Label("待裁量", "for a person to decide"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One verbatim sentence of the official text. `id` is the part after the slash: `1`, `1a`."""

    id: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered part of the text. `title` belongs to the text, `heading` is for people only."""

    id: str
    title: str
    heading: str
    sentences: tuple[Sentence, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Cited:
    """What an entry rests on: clause ids with their places, or another basis; the words quoted."""

    cites: tuple[str, ...] = ()
    basis: str = ""
    quotes: tuple[str, ...] = ()
    cite_spans: tuple[Span, ...] = ()
    quote_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A many-to-one reference of an entity, and the relation it makes on the other side."""

    name: str
    to: str
    inverse: str
    label: Label
    inverse_label: Label
    most: int
    optional: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Entity:
    name: str
    label: Label
    key: str
    dated_by: str
    unique: tuple[str, ...]
    most: int
    references: Mapping[str, Reference]
    span: Span


@dataclass(frozen=True, slots=True)
class Dated:
    """A value from a day on; None for always. `text` is how the author wrote it."""

    start: date | None
    value: Known
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the document. `also_for`: entries that use it away from its clause, each with the reason."""

    name: str
    label: Label
    type: Type
    values: tuple[Dated, ...]
    cited: Cited
    span: Span
    also_for: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """An input. `low`/`high`: the declared range, inclusive. `decimals`: of the base unit (元)."""

    name: str
    entity: str
    type: Type
    label: Label
    ask: Label
    cited: Cited
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    decimals: int = 2
    options: Mapping[str, Label] = field(default_factory=dict)
    evidence: Label = Label("")
    answered_by: str = ""
    choice: bool = False
    judged: bool = False
    discretion: bool = False
    personal: bool = False
    not_after: str = ""
    assume: Known | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Exception_:
    """An `unless` of a condition: where `when` holds, the condition is met all the same."""

    name: str
    when: Expr
    label: Label
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class Condition:
    """A requirement. Without `test` it is the *and* of the conditions whose `part_of` names it."""

    name: str
    entity: str
    label: Label
    test: Expr | None
    part_of: str
    unless: tuple[Exception_, ...]
    fail: Label | None
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `cases`."""

    name: str
    when: Expr
    then: Expr
    label: Label
    cited: Cited
    overrides: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Derived:
    """An entry of `values`: exactly one of `formula`, `rows` with `otherwise`, or `choose`."""

    name: str
    entity: str
    type: Type
    label: Label
    cited: Cited
    span: Span
    formula: Expr | None = None
    rows: tuple[Row, ...] = ()
    otherwise: Expr | None = None
    choose_by: Expr | None = None
    choose_among: tuple[str, ...] = ()
    options: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """One reading of an open question. `formula` is None for a switch."""

    name: str
    label: Label
    why: Label
    formula: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Interpretation:
    name: str
    entity: str
    type: Type
    label: Label
    question: Label
    default: str
    options: Mapping[str, Option]
    cited: Cited
    decided_by: str
    decided_on: date | None
    document: str
    span: Span
    default_span: Span

    @property
    def switch(self) -> bool:
        """Whether the value is the id of the chosen option itself."""
        return all(option.formula is None for option in self.options.values())


@dataclass(frozen=True, slots=True)
class Program:
    """An award. The expressions are as in `docs/language.md`; absent ones are None or empty."""

    name: str
    entity: str
    label: Label
    requires: tuple[Expr, ...]
    conditions: tuple[Condition, ...]
    parts: Mapping[str, Expr]  # base rate amount at_least cap pay_from round_to round_mode
    add_points: tuple[Expr, ...]
    multiply: tuple[Expr, ...]
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class SortKey:
    value: Expr
    descending: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota or a pool."""

    name: str
    kind: str
    entity: str
    label: Label
    per: tuple[Expr, ...]
    where: Expr | None
    by: tuple[SortKey, ...]
    keep: Expr | None
    of: Expr | None
    limit: Expr | None
    method: str
    round_to: Expr | None
    unless: tuple[Exception_, ...]
    fail: Label | None
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class Allocation:
    name: str
    entity: str
    label: Label
    per: tuple[Expr, ...]
    where: Expr | None
    total: Expr
    weight: Expr
    round_to: Expr
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a case may not contradict."""

    name: str
    entity: str
    test: Expr
    fail: Label
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    label: Label
    indicator: Label
    period: Label
    aim: tuple[tuple[str, Label], ...]
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class Duty:
    name: str
    task: Label
    lead: str
    support: tuple[str, ...]
    cited: Cited
    span: Span


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A clause or sentence that computes nothing: what kind it is, and why."""

    clause: str
    kind: str
    why: Label
    span: Span


@dataclass(frozen=True, slots=True)
class SettledWords:
    """Ambiguity words of a sentence that need no reading, and why."""

    clause: str
    words: tuple[str, ...]
    why: Label
    span: Span


@dataclass(frozen=True, slots=True)
class Application:
    """What one application is. Names of facts and values of `entity`."""

    entity: str
    date: str
    granted: str
    amount: str
    option: str
    spans: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class Header:
    id: str
    title: Label
    issuer: str
    number: str
    signed: date | None
    numbering: str
    valid_from: str
    valid_to: str
    valid_cite: str
    supersedes: tuple[str, ...]
    based_on: tuple[str, ...]
    interpreter: str
    interpreter_cite: str
    application: Application
    results: tuple[tuple[str, Span], ...]
    outcomes: Mapping[str, Label]
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OverlayHeader:
    """What an overlay says of itself. `start` None: a what-if that holds on every day.

    `parameter`: the one that a `--set` or a case's `set:` gives another value to ("" for an overlay file).
    `digest`: SHA-256 of its file.
    """

    id: str
    title: Label
    amends: str
    number: str
    start: date | None
    order: int
    hypothetical: bool
    span: Span
    parameter: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of one policy."""

    header: Header
    entities: Mapping[str, Entity]
    units: Units
    unit_labels: Mapping[str, Label]
    clauses: Mapping[str, Clause]
    original: Source | None
    parameters: Mapping[str, Parameter]
    facts: Mapping[str, Fact]
    conditions: Mapping[str, Condition]
    values: Mapping[str, Derived]
    programs: Mapping[str, Program]
    limits: Mapping[str, Limit]
    allocations: Mapping[str, Allocation]
    interpretations: Mapping[str, Interpretation]
    constraints: Mapping[str, Constraint]
    targets: Mapping[str, Target]
    duties: Mapping[str, Duty]
    not_computed: Mapping[str, NotComputed]
    settled_words: Mapping[str, SettledWords]
    overlays: tuple[OverlayHeader, ...] = ()

    @property
    def id(self) -> str:
        return self.header.id


@dataclass(frozen=True, slots=True)
class Timeline:
    """A policy and its overlays: which version holds from which day on, oldest first.

    `hashes`: name and SHA-256 of every file read; `text_hash` of the official text; `meaning_hash` of
    what was loaded, which comments and layout do not change.
    """

    versions: tuple[tuple[date | None, Policy], ...]
    location: str
    hashes: tuple[tuple[str, str], ...]
    text_hash: str
    meaning_hash: str

    @property
    def base(self) -> Policy:
        return self.versions[0][1]

    def on(self, day: date) -> Policy:
        """The version that holds on a day."""
        held = self.versions[0][1]
        for start, policy in self.versions:
            if start is None or start <= day:
                held = policy
        return held
