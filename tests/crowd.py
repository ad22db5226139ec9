"""A crowd of applications, drawn in SQL and decided by column, and what the oracle or the scalar way says of every one.

`crowd.sql` draws it: random, boundary-heavy, with firms, consortia and earlier money, a million projects in seconds. Rows come in
neighbourhoods of three to five firms and up to five projects, and nothing of one refers to another: each is a case by itself.
In some there are blanks and open relations. The oracle knows no blanks: what columns decide there all the same must be so however
they are filled in, as they were drawn and in another way. The scalar way does: it must say just the same. What columns leave to
the scalar way is counted and not compared; `tests/columns.py` decides whole batches.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from policyengine.columns import components, engine, staging
from policyengine.columns.compiling import SEPARATOR, Query
from policyengine.columns.database import Duck
from policyengine.columns.tables import Field, schema
from policyengine.deciding import decide
from policyengine.decision import Decision, Result
from policyengine.instances import Plans
from policyengine.values import Value
from tests.agreement import NAMES, fen
from tests.columns import connection
from tests.oracle import population, yanzhou

Fields = Mapping[str, Sequence[Field]]
Case = dict[str, dict[str, dict[str, Any]]]
SQL = Path(__file__).with_name("crowd.sql").read_text("utf-8")
SHARE, TOTAL = "participation.share", "enterprise.total_received"
UNREAD = {"name", "town", "project_name", "support_amount"}  # what no clause asks for
ALWAYS_CLOSED = "projects"  # the projects of a firm are those of the table


@dataclass(slots=True)
class Tally:
    """What was compared. `decided`: projects decided by column; `left`: those left to the scalar way.

    `with_blanks`: projects decided although there are blanks beside them; `refilled`: neighbourhoods compared with another filling.
    """

    found: list[str] = field(default_factory=list)
    decided: int = 0
    left: int = 0
    with_blanks: int = 0
    refilled: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


# --- tables ---


def draw(connection: duckdb.DuckDBPyConnection, fields: Fields, seed: int, neighbourhoods: int) -> None:
    """Make a table `drawn KIND` of every kind: its staged columns without a blank, `g` (of which neighbourhood) and `k` (its hash)."""
    connection.execute(SQL.replace("$seed", str(seed)).replace("$count", str(neighbourhoods)))
    for kind, listed in fields.items():
        columns = ", ".join(_whole(each) for each in listed)
        connection.execute(
            f'CREATE OR REPLACE TEMP TABLE "drawn {kind}" AS SELECT g, k, {columns} FROM "draw {kind}"'
        )


@dataclass(frozen=True, slots=True)
class Blanks:
    """How many of 10,000 cells and relations are left open, in one of how many neighbourhoods."""

    cells: int = 0
    one_of: int = 1

    def kept(self, of: Field) -> str:
        """The condition that a cell says something."""
        return f"(g % {self.one_of} > 0 OR hash(k, 'blank {of.of}') % 10000 >= {self.cells})"


def stage(connection: duckdb.DuckDBPyConnection, fields: Fields, open_: Blanks) -> None:
    """Make the staged tables of what is drawn."""
    for kind, listed in fields.items():
        columns = ", ".join(_open(each, open_) for each in listed)
        connection.execute(f'CREATE OR REPLACE TEMP TABLE "{kind}" AS SELECT {columns} FROM "drawn {kind}"')


def _whole(of: Field) -> str:
    return {"closed": "TRUE", "none": f'"{of.of}" IS NULL'}.get(of.kind, f'"{of.name}"') + f' AS "{of.name}"'


def _open(of: Field, open_: Blanks) -> str:
    if not open_.cells or of.kind in ("id", "ref") or of.of == ALWAYS_CLOSED:
        return f'"{of.name}"'
    shown = f'"{of.name}" AND {open_.kept(of)}'
    if of.kind == "fact":
        shown = f'CASE WHEN {open_.kept(of)} THEN "{of.name}" END'
    return f'{shown} AS "{of.name}"'


# --- cases of the oracle ---


def cases(connection: duckdb.DuckDBPyConnection, fields: Fields) -> dict[int, Case]:
    """What is drawn, by neighbourhood."""
    found: dict[int, Case] = {}
    for kind, listed in fields.items():
        names = [of.name for of in listed if of.kind in ("ref", "fact") and of.name not in UNREAD]
        rows = connection.execute(
            f'SELECT g, id, {", ".join(names)} FROM "drawn {kind}" ORDER BY g'
        ).fetchall()
        for g, id_, *values in rows:
            if g not in found:
                found[g] = {each: {} for each in fields}
            found[g][kind][id_] = dict(zip(names, values, strict=True))
    return found


Gap = tuple[str, str, Field]  # kind, id, the fact or relation


def gaps(connection: duckdb.DuckDBPyConnection, fields: Fields, open_: Blanks) -> dict[int, list[Gap]]:
    """What is left open, by neighbourhood."""
    found: dict[int, list[Gap]] = {}
    for kind, listed in fields.items():
        for of in listed:
            if open_.cells and of.kind in ("fact", "closed") and of.of != ALWAYS_CLOSED:
                sql = f'SELECT g, id FROM "drawn {kind}" WHERE NOT {open_.kept(of)}'
                for g, id_ in connection.execute(sql).fetchall():
                    found.setdefault(g, []).append((kind, id_, of))
    return found


def filled(case: Case, open_: Sequence[Gap], donors: Sequence[Case], rng: random.Random) -> Case | None:
    """The case with something else where nothing was said: values that another row has, another row where a relation is open.

    None where no case without a contradiction was found.
    """
    for _ in range(3):
        made = {kind: {id_: dict(row) for id_, row in rows.items()} for kind, rows in case.items()}
        for kind, id_, of in open_:
            if of.kind == "fact" and of.name not in UNREAD:
                lent = [row[of.name] for row in rng.choice(donors)[kind].values()]
                made[kind][id_][of.name] = rng.choice(lent) if lent else made[kind][id_][of.name]
            elif of.of == "supports":
                owner = {"project": None, "participation": None, kind: id_}
                grant = {"support_level": "district", "support_kind": "grant", "support_status": "received"}
                made["support"][f"{id_}/new"] = {**owner, **grant}
            elif of.of == "earlier_awards":
                lent = [dict(row) for row in rng.choice(donors)["earlier_award"].values()]
                made["earlier_award"] |= {
                    f"{id_}/new{i}": {**r, "applicant": id_} for i, r in enumerate(lent)
                }
        if not population.contradictions(made):
            return made
    return None


# --- deciding ---


def readings(seed: int) -> dict[str, str]:
    """The readings of a crowd."""
    return population.random_readings(random.Random(seed))


@dataclass(frozen=True, slots=True)
class Crowd:
    """A crowd that was decided by column under readings drawn by lot."""

    plans: Plans
    database: Duck
    query: Query
    readings: Mapping[str, str]
    open_: Blanks

    @classmethod
    def drawn(cls, plans: Plans, seed: int, neighbourhoods: int, open_: Blanks) -> Crowd:
        database, fields = Duck(connection()), schema(plans)
        draw(database.connection, fields, seed, neighbourhoods)
        stage(database.connection, fields, open_)
        query = engine.fitted(database, plans, readings(seed))
        assert query.lost == {}
        engine.compute(database, query)
        components.left(database, query)
        return cls(plans, database, query, readings(seed), open_)

    def rows(self, columns: str, name: str, kind: str) -> Iterator[tuple[Any, ...]]:
        """What columns say of an output, without what they leave to the scalar way."""
        gone = components.is_left(f"'{kind}'", "o.id")
        return self.database.rows(f'SELECT o.id, {columns} FROM "out_{name}" o WHERE NOT {gone}')


Verdicts = Mapping[str, yanzhou.Verdict]
Said = tuple[str, int | None, frozenset[str]]  # outcome, fen, failed conditions


@dataclass(frozen=True, slots=True)
class Answers:
    """What columns say of projects, and the fen of every seat and firm."""

    projects: Mapping[str, Said]
    shares: Mapping[str, int | None]
    totals: Mapping[str, int | None]

    @classmethod
    def of(cls, crowd: Crowd) -> Answers:
        assert {crowd.query.scales[name] for name in (SHARE, TOTAL)} == {engine.FEN}
        named = _Names()
        return cls(
            {
                id_: (outcome, amount, named[failed or ""])
                for id_, outcome, amount, failed in crowd.rows(
                    "outcome, amount, refusals", "applications", "project"
                )
            },
            dict(crowd.rows("value", SHARE, "participation")),
            dict(crowd.rows("value", TOTAL, "enterprise")),
        )


class _Names(dict[str, frozenset[str]]):
    """Listed conditions, in the oracle's words."""

    def __missing__(self, text: str) -> frozenset[str]:
        found = frozenset(NAMES.get(name, name) for name in text.split(SEPARATOR)) if text else frozenset()
        self[text] = found
        return found


# --- against the oracle ---


def against_oracle(plans: Plans, seed: int, neighbourhoods: int, open_: Blanks) -> Tally:
    """Hold every answer of the columns against the oracle."""
    crowd, tally = Crowd.drawn(plans, seed, neighbourhoods, open_), Tally()
    database, fields, rng = crowd.database.connection, schema(plans), random.Random(seed)
    answers, open_rows, drawn = Answers.of(crowd), gaps(database, fields, open_), cases(database, fields)
    donors = [drawn[g] for g in rng.sample(sorted(drawn), min(200, len(drawn)))]
    for g, case in drawn.items():
        verdicts = yanzhou.decide(case, crowd.readings)
        _count(verdicts, answers, g in open_rows, tally)
        if g not in open_rows:
            tally.found += _different(case, verdicts, crowd.readings, answers)
        elif any(id_ in answers.projects for id_ in verdicts):
            other = filled(case, open_rows[g], donors, rng)
            tally.refilled += other is not None
            for one in (case, other) if other else (case,):
                tally.found += _contradicted(one, open_rows[g], crowd.readings, answers)
    return tally


def _count(verdicts: Verdicts, answers: Answers, blank: bool, tally: Tally) -> None:
    for id_, verdict in verdicts.items():
        if id_ in answers.projects:
            tally.decided += 1
            tally.with_blanks += blank
            tally.refusals.update(verdict.refusals or ("",))
        else:
            tally.left += 1


def _different(case: Case, verdicts: Verdicts, read: Mapping[str, str], answers: Answers) -> Iterator[str]:
    """What columns say otherwise than the oracle, or do not say."""
    for id_, verdict in verdicts.items():
        wanted, got = (verdict.outcome, verdict.amount_fen, verdict.refusals), answers.projects.get(id_)
        if got != wanted:
            yield f"{id_} {dict(read)}: {got} instead of {wanted}"
        for member, part in verdict.shares.items():
            if answers.shares.get(member) != part:
                yield f"share of {member} {dict(read)}: {answers.shares.get(member)} instead of {part}"
    for id_, total in yanzhou.totals(case, verdicts).items():
        if answers.totals.get(id_) != total:
            yield f"total of {id_} {dict(read)}: {answers.totals.get(id_)} instead of {total}"


def _contradicted(
    case: Case, open_: Sequence[Gap], read: Mapping[str, str], answers: Answers
) -> Iterator[str]:
    """What columns say although one way of filling in what is open gives something else.

    The conditions named are some of those that fail. Of an item that may have been filed, they are named, too.
    """
    verdicts = yanzhou.decide(case, read)
    filed = yanzhou.decide(_all_filed(case, open_), read)
    for id_, verdict in verdicts.items():
        got = answers.projects.get(id_)
        if got is not None:
            failed = verdict.refusals | filed[id_].refusals if verdict.refusals else verdict.refusals
            wanted = verdict.outcome, verdict.amount_fen, failed
            if got[:2] != wanted[:2] or not got[2] <= failed or bool(got[2]) != bool(failed):
                yield f"{id_} {dict(read)}: {got} instead of {wanted}, where something is open"
        for member, part in verdict.shares.items():
            if answers.shares.get(member) not in (None, part):
                yield f"share of {member} {dict(read)}: {answers.shares[member]} instead of {part}, where something is open"
    for id_, total in yanzhou.totals(case, verdicts).items():
        if answers.totals.get(id_) not in (None, total):
            yield f"total of {id_} {dict(read)}: {answers.totals[id_]} instead of {total}, where something is open"


def _all_filed(case: Case, open_: Sequence[Gap]) -> Case:
    """The case in which every further item is filed of which nothing is said."""
    made = {**case, "project": dict(case["project"])}
    for kind, id_, of in open_:
        if kind == "project" and of.name.startswith("also_"):
            made["project"][id_] = {**made["project"][id_], of.name: True}
    return made


# --- against the scalar way ---


def against_scalar(plans: Plans, seed: int, neighbourhoods: int, open_: Blanks) -> Tally:
    """Hold every answer of the columns against the same rows decided one case at a time, blanks included."""
    crowd, tally = Crowd.drawn(plans, seed, neighbourhoods, open_), Tally()
    answers, open_rows = Answers.of(crowd), gaps(crowd.database.connection, schema(plans), open_)
    near = {
        g: ids for g, ids in _ids(crowd).items() if any(id_ in answers.projects for id_ in ids["project"])
    }
    staged = staging.FromStaged(crowd.database, crowd.query.schema, plans.policy, list(near.values()))
    for g, ids in near.items():
        found = decide(plans, staged.case(ids), crowd.readings, reasons=False).decision
        for decision in found.decisions:
            wanted, got = _said(decision), answers.projects.get(decision.subject.id)
            if got is None:
                tally.left += 1
                continue
            tally.decided += 1
            tally.with_blanks += g in open_rows
            tally.refusals.update(wanted[2] or ("",))
            if got != wanted:
                tally.found.append(f"{decision.subject.id} {dict(crowd.readings)}: {got} instead of {wanted}")
        for result in (*found.results, *(r for d in found.decisions for r in d.results)):
            tally.found += _other_value(result, answers, crowd.readings)
    return tally


def _ids(crowd: Crowd) -> dict[int, dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = {}
    for kind in crowd.query.schema:
        for g, id_ in crowd.database.rows(f'SELECT g, id FROM "drawn {kind}" ORDER BY g, id'):
            if g not in found:
                found[g] = {each: [] for each in crowd.query.schema}
            found[g][kind].append(id_)
    return found


def _said(d: Decision) -> Said:
    return d.outcome, _fen(d.amount), frozenset(NAMES.get(f.condition, f.condition) for f in d.refusals)


def _fen(value: Value) -> int | None:
    return fen(value) if isinstance(value, Decimal) else None


def _other_value(result: Result, answers: Answers, read: Mapping[str, str]) -> Iterator[str]:
    """A share or total that columns give otherwise; what they leave is not there."""
    values = {SHARE: answers.shares, TOTAL: answers.totals}.get(f"{result.subject.kind}.{result.name}")
    id_ = result.subject.id
    if values is not None and id_ in values and values[id_] != _fen(result.value):
        yield f"{result.name} of {id_} {dict(read)}: {values[id_]} instead of {result.value}"
