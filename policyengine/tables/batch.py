"""Tables to decisions, row by row: what contradicts itself is set aside and the rest decided again, until it all stands.

Rows in are decided, set aside, blank or examples, and the accounts say how many of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from policyengine import model as m
from policyengine import signs, supposing
from policyengine.case import Case
from policyengine.deciding import Decided, Watch, answered, decide_each
from policyengine.decision import Decision
from policyengine.diagnostics import CaseError, Diagnostic, Lang, diagnostic
from policyengine.explanation import Explanation
from policyengine.instances import Ent, Plans
from policyengine.model import Label
from policyengine.signs import Cap, Seen, Signs
from policyengine.source import Span
from policyengine.tables.cells import Grid, Row
from policyengine.tables.drafts import Key
from policyengine.tables.journal import Answer, Journal
from policyengine.tables.read import Tables
from policyengine.tables.rows import Assembly, Elsewhere, Part, Rejections, assemble
from policyengine.values import Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the rows of one sheet: `rows` is the sum of the others."""

    name: str
    kind: str
    rows: int
    used: int
    rejected: int
    blank: int
    examples: int

    @property
    def adds_up(self) -> bool:
        return self.rows == self.used + self.rejected + self.blank + self.examples


@dataclass(frozen=True, slots=True)
class Set:
    """A row set aside: its place, its cells, and why."""

    part: Part
    row: Row
    why: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A row decided. `notes`: what to know besides, such as rows set aside that share its firm. `seen`: what to look at.

    `if_granted`: what the amount may be should it be granted, where that is open and the table is not too long to ask.
    """

    part: Part
    row: Row
    decision: Decision
    notes: tuple[Label, ...]
    seen: Seen
    if_granted: Value | None = None

    def explanation(self, policy: m.Policy, lang: Lang) -> Explanation:
        """The answer alone, as formats want it: without conditions and steps."""
        return Explanation(lang, policy, self.decision, (), (), (), (), if_granted=self.if_granted)


@dataclass(frozen=True, slots=True)
class Batch:
    """A table decided. `rounds`: how often the case was decided until nothing more had to be set aside.

    `here`: what these rows say of relations to rows decided apart from them. `by_columns`: how many applications were
    decided by column; `decided.world` does not hold them. `signs`: what was looked for.
    """

    tables: Tables
    decided: Decided
    done: tuple[Done, ...]
    rejected: tuple[Set, ...]
    accounts: tuple[Account, ...]
    rounds: int
    here: Elsewhere
    signs: Signs
    by_columns: int = 0

    @property
    def policy(self) -> m.Policy:
        """The policy's last version, whose words the result uses."""
        return self.decided.world.plans.last.policy

    def caps(self, done: Done) -> tuple[Cap, ...]:
        """The caps that made an award smaller."""
        return tuple(sign for i in done.seen.signs if isinstance(sign := self.signs.all[i], Cap))

    @property
    def adds_up(self) -> bool:
        """Whether every row is accounted for, and every application's row has exactly one decision."""
        application = self.policy.header.application.entity
        used = sum(account.used for account in self.accounts if account.kind == application)
        return all(account.adds_up for account in self.accounts) and used == len(self.done)


@dataclass(slots=True)
class _Answers:
    """Decides the applications of a case one by one, but those that a journal has; the answers by id."""

    looked_for: Signs
    journal: Journal | None
    found: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, world: World, ent: Ent) -> Decision:
        answer = self.journal.kept(ent.id) if self.journal is not None else None
        if answer is None:
            decision = answered(world, ent)
            seen = signs.seen(world, ent, decision, self.looked_for)
            answer = Answer(decision, seen, supposing.amount_if_granted(world, ent))
            if self.journal is not None:
                self.journal.keep(answer)
        self.found[ent.id] = answer
        return answer.decision


def decide_tables(
    plans: Plans,
    tables: Tables,
    readings: Mapping[str, str],
    change: Callable[[Case], Case] = lambda case: case,
    elsewhere: Elsewhere | None = None,
    watch: Watch | None = None,
    journal: Journal | None = None,
) -> Batch:
    """Every row decided or set aside.

    `change`: what the command changes in the case (`--as-of`, `--fact`). `elsewhere`: of rows of the same tables that are
    decided apart from these. `watch`: told of every application how many are decided, of how many. `journal`: keeps the
    answers, and has those of a run that was broken off.
    """
    looked_for = signs.signs(plans, readings)
    rejected: Rejections = {}
    rounds = 0
    while True:
        rounds += 1
        assembly = assemble(plans.policy, tables.parts, tables.complete, rejected, elsewhere)
        rejected = assembly.rejected
        if journal is not None:
            journal.section()
        answers = _Answers(looked_for, journal)
        decided, found = decide_each(plans, change(assembly.case), readings, watch, answers)
        if not found:
            return _batch(plans, tables, assembly, decided, answers, rounds)
        new = dict(_blamed(tables.parts, assembly, found))
        if not new:  # what is wrong lies in no row: an option of the command, or the policy
            raise CaseError([d for _, d in found])
        rejected = {**rejected, **new}


def _blamed(
    parts: tuple[Part, ...], assembly: Assembly, found: list[tuple[str, Diagnostic]]
) -> Iterator[tuple[Key, list[Diagnostic]]]:
    """The rows to set aside for what is wrong: those that state it, else the application's own."""
    blamed: dict[Key, list[Diagnostic]] = {}
    for id_, d in found:
        key = assembly.applications.get(id_) or _row_of(parts, d.span)
        if key is not None:
            blamed.setdefault(key, []).append(d)
    yield from blamed.items()


def _row_of(parts: tuple[Part, ...], span: Span | None) -> Key | None:
    """The row in which a span stands."""
    if span is None or not isinstance(span.source, Grid):
        return None
    row, _ = span.source.cell(span.start)
    for i, part in enumerate(parts):
        if part.placed.grid is span.source:
            return Key(i, row)
    return None


def _batch(
    plans: Plans, tables: Tables, assembly: Assembly, decided: Decided, answers: _Answers, rounds: int
) -> Batch:
    parts = tables.parts
    rows = [{row.number: row for row in part.placed.sheet.rows} for part in parts]
    done = []
    for decision in decided.decision.decisions:
        key = assembly.applications[decision.subject.id]
        notes = tuple(_notes(plans, parts, assembly, decision))
        answer = answers.found[decision.subject.id]
        row = rows[key.sheet][key.row]
        done.append(Done(parts[key.sheet], row, decision, notes, answer.seen, answer.if_granted))
    rejected = dict(assembly.rejected)
    for i, part in enumerate(parts):
        for number in part.totals:
            span = part.placed.span(rows[i][number])
            rejected[Key(i, number)] = [diagnostic("table-total-row", span, row=number)]
    order = sorted(rejected)
    sets = tuple(Set(parts[key.sheet], rows[key.sheet][key.row], tuple(rejected[key])) for key in order)
    accounts = tuple(_account(i, part, assembly) for i, part in enumerate(parts))
    return Batch(tables, decided, tuple(done), sets, accounts, rounds, assembly.here, answers.looked_for)


def _account(number: int, part: Part, assembly: Assembly) -> Account:
    aside = sum(1 for key in assembly.rejected if key.sheet == number)
    last = max((row.number for row in part.placed.sheet.rows if row.cells), default=part.layout.header_row)
    return Account(
        part.placed.sheet.name, part.layout.kind, max(0, last - part.layout.header_row), len(part.entries) - aside,
        aside + len(part.totals), part.blank, len(part.examples),
    )  # fmt: skip


def _notes(plans: Plans, parts: tuple[Part, ...], assembly: Assembly, decision: Decision) -> Iterator[Label]:
    keys = assembly.beside.get(decision.subject.id, ())
    if keys:
        shown = [f"{parts[key.sheet].placed.sheet.title}第{key.row}行" for key in keys[:5]]
        english = [f"{parts[key.sheet].placed.sheet.title} row {key.row}" for key in keys[:5]]
        more = "等" if len(keys) > 5 else ""
        yield Label(
            f"相关的行没有处理（{'、'.join(shown)}{more}），补正以后次序、限额和金额可能变",
            f"related rows were set aside ({', '.join(english)}); ranks, caps and amounts may change once they are corrected",
        )
    for (kind, id_), inverse in assembly.open_:
        if (kind, id_) == (decision.subject.kind, decision.subject.id):
            label = plans.last.label(inverse)
            yield Label(
                f"“{label.zh}”写的是“有”，却一行也没有列出",
                f"“{label('en')}” is said to be some, and no row lists any",
            )
