"""The answers of columns as decisions, and all of a long table as one batch, in the order of its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from policyengine import exact
from policyengine import model as m
from policyengine.bulk.deciding import Bulk
from policyengine.bulk.linked import SHEET
from policyengine.bulk.words import Words
from policyengine.columns.compiling import FEN, SEPARATOR
from policyengine.deciding import Decided, version_of
from policyengine.decision import CaseDecision, Decision, Result, Subject
from policyengine.exact import CONTEXT
from policyengine.signs import Seen
from policyengine.source import Span
from policyengine.supposing import MOST_APPLICATIONS
from policyengine.tables.batch import Batch, Done
from policyengine.tables.rows import Part

_NOTHING = m.Label("")


def batch(bulk: Bulk) -> Batch:
    """A long table as `decide_tables` gives it, but that its world holds only what was decided the scalar way."""
    scalar = bulk.scalar
    done = sorted((*scalar.done, *Answers(bulk).done()), key=lambda done: done.row.number)
    results = tuple(result for _, result in sorted(_totals(bulk), key=lambda pair: pair[0]))
    decisions = tuple(item.decision for item in done)
    decided = Decided(scalar.decided.world, CaseDecision(scalar.decided.decision.name, decisions, results))
    if len(done) > MOST_APPLICATIONS:  # as the scalar way has it
        done = [replace(item, if_granted=None) for item in done]
    return replace(outline(bulk), decided=decided, done=tuple(done))


def outline(bulk: Bulk) -> Batch:
    """A long table without what columns decided: what was decided the scalar way, and the accounts of all rows."""
    tables = replace(bulk.scalar.tables, notes=(*bulk.scalar.tables.notes, ("", _ways(bulk))))
    return replace(bulk.scalar, tables=tables, accounts=bulk.accounts, by_columns=bulk.by_columns)


def seen_of(numbers: str, groups: tuple[str | None, ...]) -> Seen:
    """What there is to look at, as the columns `signs` and `group N` have it."""
    return Seen(tuple(int(number) for number in numbers.split(SEPARATOR) if number), groups)


def _ways(bulk: Bulk) -> m.Label:
    """How many applications went which way."""
    columns, others = bulk.by_columns, len(bulk.scalar.done)
    return m.Label(
        f"按列认定{columns}件，逐件认定{others}件",
        f"{columns} decided by column, {others} one by one",
    )


@dataclass(slots=True)
class Answers:
    """What columns decided, as decisions."""

    bulk: Bulk
    words: Words = field(init=False)
    kind: str = field(init=False)
    label: m.Label = field(init=False)

    def __post_init__(self) -> None:
        self.words = Words(self.bulk.query)
        self.kind = self.bulk.query.plans.last.application.entity
        self.label = self.bulk.query.plans.policy.entities[self.kind].label

    def done(self) -> Iterator[Done]:
        """Every application that columns decided, in the order of the rows."""
        bulk = self.bulk
        part = self._part()
        query = bulk.query
        option = "option" if query.plans.last.application.option else "NULL AS option"
        named = [item.column for items in query.worded.values() for item in items]
        groups = [f"group {i}" for i, _ in enumerate(query.signs.together)]
        fixed = ["id", "outcome", "amount", "refusals", "option", "day", "version", "signs"]
        columns = [*fixed, *groups, *named]
        shown = [
            f'a."{c}"' if c != "option" else (f"a.{c}" if option == "option" else option) for c in columns
        ]
        shown.append("(a.used_up AND a.amount = 0)")
        columns.append("nothing")
        joins = ""
        for path, (joined, ids) in self._paths().items():
            joins += joined
            shown += [f"[{', '.join(ids)}]"]
            columns.append("/".join(path))
        sql = f"""SELECT d.n, {self.title()} AS title, {", ".join(shown)} FROM out_applications a JOIN "draft {self.kind}" d USING (id){joins}
            WHERE a.id NOT IN (SELECT id FROM "apart {self.kind}") ORDER BY d.n"""
        found = bulk.connection.execute(sql).fetchall()
        rows = bulk.linked.cleans[self.kind].raw.rows(bulk.connection, (n for n, *_ in found))
        shares = self._shares()
        for (n, title, *values), row in zip(found, rows, strict=True):
            assert n == row.number
            cells = dict(zip(columns, values, strict=True))
            seen = seen_of(cells["signs"], tuple(cells[name] for name in groups))
            yield Done(part, row, self._decision(title, cells, shares), (), seen)

    def _paths(self) -> dict[tuple[str, ...], tuple[str, list[str]]]:
        """Whose the conditions are that may fail: for each path its joins, and the ids of what it leads to and what that
        refers to."""
        found: dict[tuple[str, ...], tuple[str, list[str]]] = {}
        entities = self.bulk.query.plans.policy.entities
        for path in dict.fromkeys(path for path, _ in self.bulk.query.worded if path):
            joins, at, kind = "", "d", self.kind
            for i, name in enumerate(path):
                kind = entities[kind].references[name].to
                alias = f"p{len(found)}_{i}"
                joins += f' LEFT JOIN "draft {kind}" {alias} ON {alias}.id = {at}."{name}"'
                at = alias
            others = [r.name for r in entities[kind].references.values() if r.to != self.kind]
            found[path] = joins, [f"{at}.id", *(f'{at}."{name}"' for name in others)]
        return found

    def _part(self) -> Part:
        """The part of the scalar way that the rows belong to: its sheet and layout are theirs."""
        return next(part for part in self.bulk.scalar.tables.parts if part.layout.kind == self.kind)

    def title(self) -> str:
        """What people call an application, as `deciding.title_of` has it."""
        there = {row[0] for row in self.bulk.connection.execute(f'DESCRIBE "draft {self.kind}"').fetchall()}
        facts = self.bulk.query.plans.policy.facts.values()
        texts = [
            f'd."{f.name}"'
            for f in facts
            if f.entity == self.kind and f.type.kind == "text" and f.name in there
        ]
        return f"regexp_replace(COALESCE({', '.join([*texts, repr('')])}), '[\\s\\p{{Z}}]+', ' ', 'g')"

    def _decision(self, title: str, cells: Mapping[str, Any], shares: Mapping[str, list[Result]]) -> Decision:
        granted, version = cells["outcome"] == "granted", cells["version"]
        failures = () if granted else self.words.failures(version, cells["refusals"], cells)
        option = cells["option"] or ""
        return Decision(
            subject=Subject(self.kind, cells["id"], self.label), title=title, declared_on=cells["day"],
            outcome="granted" if granted else "refused", amount=_yuan(cells["amount"]), option=option,
            option_label=self.option_label(option),
            refusals=failures, set_aside=(), missing=(), readings=(), results=tuple(shares.get(cells["id"], ())),
            assumed=(), ties=(), version=self.version(version), notes=self.words.notes(version, cells["day"], failures, cells["nothing"]),
            compared=_NOTHING, may_be=("granted",) if granted else ("refused",), supposed=self.words.supposed(version),
        )  # fmt: skip

    @property
    def option_fact(self) -> m.Fact | None:
        """The fact that says what is applied for."""
        return self.bulk.query.plans.policy.facts.get(self.bulk.query.plans.last.application.option)

    def option_label(self, option: str | None) -> m.Label:
        """What is applied for, in words."""
        fact = self.option_fact
        return fact.options.get(option, m.Label(option)) if fact and option else _NOTHING

    def version(self, number: int) -> str:
        """The id of a version."""
        return version_of(self.bulk.query.plans.versions[number][1])

    # --- headline values of what belongs to an application ---

    def _shares(self) -> dict[str, list[Result]]:
        """The results that go with each application, by its id."""
        found: dict[str, list[Result]] = defaultdict(list)
        for path, _ in self.bulk.query.plans.policy.header.results:
            kind, _, name = path.partition(".")
            joins, owner = self._chain(kind)
            if owner:
                for id_, of, value, application in _values(self.bulk, path, joins, owner):
                    found[application].append(_result(self.bulk, kind, name, id_, of, value))
        return found

    def _chain(self, kind: str) -> tuple[str, str]:
        """The joins from a kind along what dates it to the application, and the column of the application's id."""
        joins, at, owner = "", "d", ""
        entities = self.bulk.query.plans.policy.entities
        while kind != self.kind:
            reference = entities[kind].references.get(entities[kind].dated_by)
            if reference is None:
                return "", ""
            owner = f'{at}."{reference.name}"'
            if reference.to != self.kind:
                joins += f' JOIN "draft {reference.to}" {at}d ON {at}d.id = {owner}'
                at += "d"
            kind = reference.to
        return joins, owner


def _values(
    bulk: Bulk, path: str, joins: str = "", owner: str = "NULL", where: str = ""
) -> Iterator[tuple[str, tuple[str, ...], Any, Any]]:
    """Of each entity with a headline value: its id, what else it refers to, the value, and its application (or its row)."""
    kind = path.partition(".")[0]
    application = bulk.query.plans.last.application.entity
    refs = [r.name for r in bulk.query.plans.policy.entities[kind].references.values() if r.to != application]
    others = ", ".join(f'd."{name}"' for name in refs)
    sql = f"""SELECT v.id, v.value, {owner}{", " + others if others else ""} FROM "out_{path}" v JOIN "draft {kind}" d USING (id){joins}
        WHERE v.id NOT IN (SELECT id FROM "apart {kind}") AND NOT v.scalar{where} ORDER BY d.n"""
    for id_, value, own, *of in bulk.connection.execute(sql).fetchall():
        yield id_, tuple(other for other in of if other is not None), value, own


def _result(bulk: Bulk, kind: str, name: str, id_: str, of: tuple[str, ...], value: Any) -> Result:
    plans = bulk.query.plans
    info = plans.last.nodes[name].info
    if bulk.query.numbers[f"{kind}.{name}"] and value is not None:
        scale = bulk.query.scales[f"{kind}.{name}"]
        value = exact.divide(Decimal(value * scale.numerator), Decimal(scale.denominator))
    return Result(
        Subject(kind, id_, plans.policy.entities[kind].label, of), name, info.label, info.type, value
    )


def _totals(bulk: Bulk) -> Iterator[tuple[tuple[int, int], Result]]:
    """The results of what belongs to no application, each with its place: that of its value in the policy, its row."""
    policy = bulk.query.plans.policy
    order = {path: i for i, (path, _) in enumerate(policy.header.results)}
    for path, i in order.items():
        kind, _, name = path.partition(".")
        if not policy.entities[kind].dated_by:
            for id_, of, value, n in _values(bulk, path, owner="d.n", where=" AND NOT v.open"):
                yield (i, n), _result(bulk, kind, name, id_, of, value)
    world = bulk.scalar.decided.world
    for result in bulk.scalar.decided.decision.results:
        given = world.entities[result.subject.kind][result.subject.id].given
        assert given is not None
        yield (
            (order[f"{result.subject.kind}.{result.name}"], _place(bulk, result.subject.kind, given.span)),
            result,
        )


def _place(bulk: Bulk, kind: str, span: Span) -> int:
    """The place of a row among those of its kind, as `draft KIND` counts it."""
    row, _ = span.source.position(span.start)
    if kind in bulk.linked.cleans:
        return row
    grids = [part.placed.grid for part in bulk.scalar.tables.parts]
    return row + next(i for i, grid in enumerate(grids) if grid is span.source) * SHEET


def _yuan(fen: int) -> Decimal:
    return CONTEXT.multiply(Decimal(fen), CONTEXT.divide(Decimal(FEN.numerator), Decimal(FEN.denominator)))
