"""Deciding by column held against the scalar way and against the oracle: outcome, amount, every refusal, every share, every total."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from policyengine.case import Case
from policyengine.columns import compile_query, engine, staging, tables
from policyengine.columns.database import Database, Duck
from policyengine.deciding import decide
from policyengine.decision import CaseDecision, Decision
from policyengine.diagnostics import CaseError
from policyengine.instances import Plans
from policyengine.values import Unknown
from tests.agreement import NAMES
from tests.oracle import population, yanzhou
from tests.support import case_of

Cases = Sequence[tuple[str, Case]]  # each with the prefix that keeps its ids apart


def connection() -> duckdb.DuckDBPyConnection:
    """A database of its own, on one core."""
    made = duckdb.connect()
    made.execute("SET threads = 1")
    return made


def run(
    plans: Plans, cases: Cases, readings: Mapping[str, str], fitted: bool, database: Database | None = None
) -> engine.Batch:
    """Cases decided by column as one batch; `fitted`: with the query made for just these rows."""
    database = database or Duck(connection())
    schema = tables.schema(plans)
    engine.stage(database, schema, staging.rows(schema, plans.policy, cases))
    query = (
        engine.fitted(database, plans, readings)
        if fitted
        else compile_query(plans, readings, dialect=database.dialect)
    )
    return engine.run(database, query, staging.FromCases(cases))


# --- against the scalar way ---


def differences(
    plans: Plans, cases: Cases, readings: Mapping[str, str], batch: engine.Batch
) -> Iterator[str]:
    """What the columns decide otherwise than each case decided by itself."""
    lines = {line.id: line for line in batch.lines()}
    values = {name: batch.values(name) for name in batch.query.kinds if "." in name}
    decided: set[str] = set()
    for prefix, case in cases:
        wanted = _scalar(plans, case, readings)
        for d in wanted.decisions if wanted else ():
            line = lines.get(prefix + d.subject.id)
            decided.add(prefix + d.subject.id)
            got = line and (line.outcome, line.amount, line.refusals)
            if got != said(d):
                yield f"{prefix}{d.subject.id} {dict(readings)}: {got} instead of {said(d)}"
        yield from _values(prefix, wanted, values)
    yield from (f"{id_} is decided" for id_ in lines.keys() - decided)


def _scalar(plans: Plans, case: Case, readings: Mapping[str, str]) -> CaseDecision | None:
    try:
        return decide(plans, case, readings, reasons=False).decision
    except CaseError:
        return None


def said(d: Decision) -> tuple[str, int | None, frozenset[str]]:
    amount = None if isinstance(d.amount, Unknown) else int(Decimal(str(d.amount)).scaleb(2))
    return d.outcome, amount, frozenset(failure.condition for failure in d.refusals)


def _values(
    prefix: str, wanted: CaseDecision | None, values: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    results = [] if wanted is None else [*wanted.results, *(r for d in wanted.decisions for r in d.results)]
    for r in results:
        name, id_ = f"{r.subject.kind}.{r.name}", prefix + r.subject.id
        value = None if isinstance(r.value, Unknown) else r.value
        if r.type.quantity and (id_ not in values[name] or values[name][id_] != value):
            yield f"{name} of {id_}: {values[name].get(id_)} instead of {r.value}"


def with_blanks(case: Case, rng: random.Random, chance: float, application: str = "project") -> Case:
    """The same case with facts left blank and relations left open by chance."""
    entities: dict[str, dict[str, Any]] = {}
    for kind, members in case.entities.items():
        entities[kind] = {}
        for id_, ent in members.items():
            facts = {k: replace(v, value=None) if rng.random() < chance else v for k, v in ent.facts.items()}
            closed = frozenset(
                c for c in sorted(ent.closed) if c == f"{application}s" or rng.random() >= chance
            )
            entities[kind][id_] = replace(ent, facts=facts, closed=closed)
    return replace(case, entities=entities)


def against_scalar(
    plans: Plans, seed: int, count: int, database: Database | None = None
) -> tuple[list[str], engine.Batch]:
    """Random cases, some with blanks, under random readings."""
    rng = random.Random(seed)
    chance = (0, 0.002, 0.01, 0.05)[seed % 4]
    single = (1, 1) if seed % 3 == 2 else (1, 4)
    drawn = (population.random_case(rng, projects=single) for _ in range(count))
    cases = [(f"c{i:06d}/", with_blanks(case_of(case, plans), rng, chance)) for i, case in enumerate(drawn)]
    readings = population.random_readings(rng)
    batch = run(plans, cases, readings, seed % 2 == 0, database)
    return list(differences(plans, cases, readings, batch)), batch


# --- against the oracle ---


def against_oracle(
    plans: Plans, seed: int, count: int, database: Database | None = None
) -> tuple[list[str], int]:
    """Random, boundary-heavy cases under random readings, all decided by column; what differs, and how many rows."""
    rng = random.Random(seed)
    cases = [(f"c{i:06d}/", population.random_case(rng)) for i in range(count)]
    readings = population.random_readings(rng)
    database, schema = database or Duck(connection()), tables.schema(plans)
    engine.stage(database, schema, _oracle_rows(schema, plans, cases))
    batch = engine.run(database, engine.fitted(database, plans, readings))
    found = [f"{batch.rows - batch.by_columns} rows not by column"] if batch.by_columns != batch.rows else []
    found += _oracle_differences(cases, readings, batch)
    return found, batch.rows


def _oracle_rows(
    schema: Mapping[str, list[tables.Field]], plans: Plans, cases: Iterable[tuple[str, Any]]
) -> staging.Rows:
    """The oracle's own rows as staged columns: its fen are the grains of money."""
    rows: staging.Rows = {kind: {f.name: [] for f in fields} for kind, fields in schema.items()}
    for prefix, case in cases:
        for kind, fields in schema.items():
            for id_, row in case[kind].items():
                for field in fields:
                    rows[kind][field.name].append(_oracle_cell(field, prefix, id_, row))
    return rows


def _oracle_cell(field: tables.Field, prefix: str, id_: str, row: Mapping[str, Any]) -> staging.Cell:
    match field.kind:
        case "id":
            return prefix + id_
        case "closed":
            return True
    value = row.get(field.of)
    if field.kind == "none":
        return value is None
    if field.kind == "ref":
        return None if value is None else f"{prefix}{value}"
    assert value is None or isinstance(value, bool | int | str | date)
    return value


def _oracle_differences(
    cases: Iterable[tuple[str, Any]], readings: Mapping[str, str], batch: engine.Batch
) -> Iterator[str]:
    lines = {line.id: line for line in batch.lines()}
    shares, totals = batch.values("participation.share"), batch.values("enterprise.total_received")
    for prefix, case in cases:
        verdicts = yanzhou.decide(case, readings)
        for id_, verdict in verdicts.items():
            line = lines[prefix + id_]
            got = line.outcome, line.amount, frozenset(NAMES.get(name, name) for name in line.refusals)
            wanted = verdict.outcome, verdict.amount_fen, frozenset(verdict.refusals)
            if got != wanted:
                yield f"{prefix}{id_} {dict(readings)}: {got} instead of {wanted}"
            for member, fen in verdict.shares.items():
                if shares[prefix + member] != Decimal(fen).scaleb(-2):
                    yield f"share of {prefix}{member}: {shares[prefix + member]} instead of {fen}"
        for id_, fen in yanzhou.totals(case, verdicts).items():
            if totals[prefix + id_] != Decimal(fen).scaleb(-2):
                yield f"total of {prefix}{id_}: {totals[prefix + id_]} instead of {fen}"
