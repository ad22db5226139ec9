"""A long table written by the database: the page 明细 as CSV or Parquet, without a row of it passing through Python.

Its columns and words are those of `tables.pages`; the words of reasons are made once for each combination that occurs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from policyengine.bulk.answers import Answers, seen_of
from policyengine.bulk.deciding import Bulk
from policyengine.bulk.raw import Raw
from policyengine.columns.cells import as_text
from policyengine.columns.compiling import SEPARATOR
from policyengine.columns.dialect import literal
from policyengine.deciding import USED_UP
from policyengine.diagnostics import Lang
from policyengine.exact import CONTEXT
from policyengine.model import Label
from policyengine.render import said
from policyengine.render.csv import RISKY
from policyengine.signs import Cap
from policyengine.tables import findings, pages
from policyengine.tables.entries import bare_number
from policyengine.tables.findings import Finding, Look
from policyengine.tables.pages import Shown, Stood, Tally
from policyengine.tables.typed import TYPES

_FEN = "CAST(0.01 AS DECIMAL(3, 2))"
_MARK = "\ufeff"  # so that a spreadsheet knows the encoding


@dataclass(slots=True)
class Writer:
    """Writes one long table. `folder`: for temporary files."""

    bulk: Bulk
    lang: Lang
    folder: Path
    answers: Answers = field(init=False)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Answers(self.bulk)
        self.kind = self.answers.kind

    def write(self, path: Path, form: str) -> None:
        """All decisions in the order of their rows. `form`: csv or parquet."""
        raw = self.bulk.linked.cleans[self.kind].raw
        headers = tuple(dict.fromkeys(column.header for column in raw.layout.columns))
        columns = pages.detail_columns(headers, self.lang)
        self._reasons()
        self._one_by_one(headers, columns)
        names = [f"o{i}" for i in range(len(columns))]
        given = {column.header: column.index for column in raw.layout.columns}
        cells = [self._as_given(raw, given[header]) for header in headers]
        answer = [*self._answer(), *cells]
        shown = ", ".join(f"{sql} AS {name}" for sql, name in zip(answer, names, strict=True))
        typed = ", ".join(
            f"CAST({name} AS {TYPES.get(column.kind, 'VARCHAR')}) AS {name}"
            for name, column in zip(names, columns, strict=True)
        )
        self.bulk.connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW shown AS SELECT {typed} FROM (
            SELECT {shown} FROM out_applications a JOIN "draft {self.kind}" d USING (id) JOIN {raw.view} r USING (n)
            LEFT JOIN reason ON reason.key = {self._key()} WHERE a.id NOT IN (SELECT id FROM "apart {self.kind}"))
            UNION ALL SELECT {typed} FROM one_by_one ORDER BY o0"""
        )
        look = self._texts if form == "csv" else lambda columns, names: names
        listed = [
            f"{sql} AS {_quoted((_MARK if form == 'csv' and not i else '') + column.header)}"
            for i, (sql, column) in enumerate(zip(look(columns, names), columns, strict=True))
        ]
        options = "FORMAT csv, HEADER" if form == "csv" else "FORMAT parquet, COMPRESSION zstd"
        self.bulk.connection.execute(
            f"COPY (SELECT {', '.join(listed)} FROM shown) TO {literal(str(path))} ({options})"
        )

    def _as_given(self, raw: Raw, column: int) -> str:
        """A cell as it came in; white space alone is blank."""
        cell = f"r.c{column}"
        blank = f"({as_text(cell, raw.types[column], column in raw.padded)} = '')"
        return f"CASE WHEN NOT {blank} THEN CAST({cell} AS VARCHAR) END"

    def tallies(self) -> dict[Label, Tally]:
        """What came of it all, by what was applied for."""
        fact, signs = self.answers.option_fact, self.bulk.query.signs.all
        option = "option" if fact else "NULL"
        sql = f"""SELECT {option}, outcome, signs, count(*), sum(CASE WHEN outcome = 'granted' THEN amount ELSE 0 END) FROM out_applications
            WHERE id NOT IN (SELECT id FROM "apart {self.kind}") GROUP BY ALL"""
        found = pages.tallies(self.bulk.scalar)
        for name, outcome, numbers, number, fen in self.bulk.connection.execute(sql).fetchall():
            capped = any(isinstance(signs[i], Cap) for i in seen_of(numbers, ()).signs)
            granted = CONTEXT.divide(Decimal(fen), Decimal(100))
            found[self.answers.option_label(name)].add(outcome, number, granted, number if capped else 0)
        order = [self.answers.option_label(name) for name in (fact.options if fact else ())]
        return dict(
            sorted(found.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
        )

    def stood(self) -> dict[pages.Standing, Stood]:
        """The conditions that were not met and the caps that bound, of all rows."""
        found = pages.stood(self.bulk.scalar)
        query = self.bulk.query
        wheres = list(query.worded)
        of = {
            f"{v}|{i}": plan.checks[name]
            for v, (_, plan) in enumerate(query.plans.versions)
            for i, (_, name) in enumerate(wheres)
            if name in plan.checks
        } | {f"cap|{i}": sign for i, sign in enumerate(query.signs.all) if isinstance(sign, Cap)}
        keys = list(dict.fromkeys(pages.standing(each)[0] for each in of.values()))
        named = ", ".join(
            f"({literal(text)}, {keys.index(pages.standing(each)[0])})" for text, each in of.items()
        )
        if not named:
            return found
        words = {pages.standing(each)[0]: (pages.standing(each)[1], each.cited) for each in of.values()}
        lists = f"""SELECT unnest(list_concat([CAST(version AS VARCHAR) || '|' || x FOR x IN string_split(refusals, '{SEPARATOR}')],
            ['cap|' || x FOR x IN string_split(signs, '{SEPARATOR}')])) AS text, id FROM out_applications
            WHERE (refusals <> '' OR signs <> '') AND id NOT IN (SELECT id FROM "apart {self.kind}")"""
        sql = f"""SELECT key, count(*), min({{'n': n, 'id': id}}, {pages.SHOWN_IDS}) FROM (SELECT DISTINCT key, id FROM ({lists})
            JOIN (VALUES {named}) k(text, key) USING (text)) JOIN (SELECT id, n FROM "draft {self.kind}") USING (id) GROUP BY key"""
        for key, number, first in self.bulk.connection.execute(sql).fetchall():
            stood = found.setdefault(keys[key], Stood(*words[keys[key]]))
            stood.add(number, ((each["n"], each["id"]) for each in first))
        return found

    def findings(self) -> tuple[Finding, ...]:
        """What to look at in all rows."""
        batch = self.bulk.scalar
        looks = sorted([*self._looks(), *map(findings.look, batch.done)], key=lambda look: look.place[1])
        return findings.gathered(batch.signs, looks, batch.rejected)

    def _looks(self) -> Iterator[Look]:
        """The rows decided by column in which there may be something to look at: signs, and what others have, too."""
        raw = self.bulk.linked.cleans[self.kind].raw
        title, connection = raw.placed.sheet.title, self.bulk.connection
        ranks = range(len(self.bulk.query.signs.together))
        columns = [index for index, _ in findings.numbered(raw.layout)]
        several = [f'count(a."group {i}") OVER (PARTITION BY a."group {i}") > 1' for i in ranks]
        groups = [f'CASE WHEN {test} THEN a."group {i}" END AS g{i}' for i, test in enumerate(several)]
        given = [f"CAST(r.c{index} AS VARCHAR) AS r{index}" for index in columns]
        shown = ", ".join(["d.n", "a.id", "a.signs", *groups, *given])
        some = " OR ".join(
            ["signs <> ''", *(f"g{i} IS NOT NULL" for i in ranks), *(f"r{index} <> ''" for index in columns)]
        )
        cursor = connection.execute(
            f"""SELECT * FROM (SELECT {shown} FROM out_applications a JOIN "draft {self.kind}" d USING (id) JOIN {raw.view} r USING (n)
            WHERE a.id NOT IN (SELECT id FROM "apart {self.kind}")) WHERE {some}"""
        )
        headers = [header for _, header in findings.numbered(raw.layout)]
        while rows := cursor.fetchmany(10_000):
            for n, id_, signs, *rest in rows:
                own = tuple(rest[: len(ranks)])
                numbers = findings.documents(zip(headers, rest[len(ranks) :], strict=True))
                yield Look((title, n, id_), seen_of(signs, own), numbers)

    # --- the answer ---

    def _answer(self) -> Iterator[str]:
        """The columns of `pages.decided`."""
        policy, plans = self.bulk.query.plans.last.policy, self.bulk.query.plans
        outcomes = {name: label(self.lang) for name, label in policy.header.outcomes.items()}
        trials = [self.answers.words.supposed(i) for i in range(len(plans.versions))]
        marks = {i: said.trial_mark(self.lang) for i, supposed in enumerate(trials) if supposed}
        granted = "a.outcome = 'granted'"
        fact = self.answers.option_fact
        yield "d.n"
        yield "a.id"
        yield self.answers.title()
        yield (
            _case("a.option", {name: self.answers.option_label(name)(self.lang) for name in fact.options})
            if fact
            else "''"
        )
        yield "a.day"
        yield f"{_case('a.outcome', outcomes)} || {_case('a.version', marks)}"
        yield f"CASE WHEN {granted} THEN CAST(a.amount AS DECIMAL(18, 0)) * {_FEN} END"
        yield f"CASE WHEN {granted} THEN CAST(a.amount AS DECIMAL(18, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) END"
        yield "NULL"
        yield "NULL"
        yield "nullif(reason.reasons, '')"
        yield "nullif(reason.clauses, '')"
        yield "NULL"
        nothing = f"CASE WHEN a.used_up AND a.amount = 0 THEN {literal(USED_UP(self.lang))} END"
        remarks = {i: pages.trial_note(supposed, self.lang) for i, supposed in enumerate(trials) if supposed}
        yield f"nullif(concat_ws({literal(pages.stop(self.lang))}, nullif({_case('a.version', remarks)}, ''), nullif(reason.remarks, ''), {nothing}), '')"
        yield _case("a.version", {i: self.answers.version(i) for i in range(len(plans.versions))})

    def _key(self) -> str:
        """What a reason depends on, as one text; NULL where nothing needs a reason."""
        query = self.bulk.query
        named = [f'a."{item.column}"' for items in query.worded.values() for item in items]
        cite = query.plans.last.policy.header.valid_cite
        about = sorted(
            set[str]().union(*(self.answers.words.cited(i, cite) for i in range(len(query.plans.versions))))
        )
        listed = "string_split(a.refusals, '、')"
        day = (
            f"CASE WHEN list_has_any({listed}, [{', '.join(map(literal, about))}]) THEN a.day END"
            if about
            else "NULL"
        )
        parts = ", ".join(
            f"COALESCE(CAST({part} AS VARCHAR), '')" for part in ("a.version", "a.refusals", day, *named)
        )
        return f"CASE WHEN a.outcome = 'refused' THEN concat_ws(chr(31), {parts}) END"

    def _reasons(self) -> None:
        """The table `reason`: the words for every combination of reasons that occurs."""
        query, words = self.bulk.query, self.answers.words
        named = [item.column for items in query.worded.values() for item in items]
        columns = ["version", "refusals", *named]
        shown = ", ".join(f'any_value(a."{name}")' for name in ("day", *columns))
        sql = f"""SELECT {self._key()} AS key, {shown} FROM out_applications a
            WHERE a.outcome = 'refused' AND a.id NOT IN (SELECT id FROM "apart {self.kind}") GROUP BY key"""
        path = self.folder / "reasons.csv"
        stop, cite = pages.stop(self.lang), query.plans.last.policy.header.valid_cite
        cited = [words.cited(i, cite) for i in range(len(query.plans.versions))]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            cursor = self.bulk.connection.execute(sql)
            while found := cursor.fetchmany(10_000):
                for key, day, *values in found:
                    cells = dict(zip(columns, values, strict=True))
                    reasons, cites = words.reason(cells["version"], cells["refusals"], cells, self.lang)
                    remarks = ""
                    if cited[cells["version"]] & set(cells["refusals"].split("、")):
                        failures = words.failures(cells["version"], cells["refusals"], cells | self._nobody)
                        remarks = stop.join(
                            note(self.lang) for note in words.notes(cells["version"], day, failures)
                        )
                    writer.writerow([key, reasons, cites, remarks])
        self._table("reason", path, ["key", "reasons", "clauses", "remarks"])

    @property
    def _nobody(self) -> dict[str, Any]:
        """Whose a condition is does not show in its words."""
        paths = {"/".join(path): [""] for path, _ in self.bulk.query.worded if path}
        return {"id": "", **paths}

    def _one_by_one(self, headers: tuple[str, ...], columns: Iterable[pages.Column]) -> None:
        """The table `one_by_one`: what was decided the scalar way."""
        path = self.folder / "one by one.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            for done in self.bulk.scalar.done:
                row = (
                    *pages.decided(done, self.bulk.scalar.policy, self.lang),
                    *pages.as_given(done.part, done.row, headers),
                )
                writer.writerow([_stored(value) for value in row])
        self._table("one_by_one", path, [f"o{i}" for i, _ in enumerate(columns)])

    def _table(self, name: str, path: Path, columns: list[str]) -> None:
        listed = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
        shown = ", ".join(
            f"nullif({column}, '') AS {column}"
            if name == "one_by_one"
            else f"COALESCE({column}, '') AS {column}"
            for column in columns
        )
        options = f"columns = {{{listed}}}, auto_detect = FALSE, header = FALSE, delim = ',', quote = '\"', escape = '\"', max_line_size = 10000000"
        self.bulk.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {shown} FROM read_csv({literal(str(path))}, {options})"
        )

    def _texts(self, columns: tuple[pages.Column, ...], names: list[str]) -> Iterator[str]:
        """Values as CSV has them: numbers without idle zeros, and no text that could turn into a formula."""
        for column, name in zip(columns, names, strict=True):
            if column.kind in ("yuan", "wan"):
                yield f"regexp_replace(CAST({name} AS VARCHAR), '\\.?0+$', '')"
            elif column.kind in ("count", "date"):
                yield name
            else:
                risky = " OR ".join(f"starts_with({name}, {literal(sign)})" for sign in RISKY)
                yield f"CASE WHEN ({risky}) AND NOT regexp_full_match({name}, '{bare_number()}') THEN '''' || {name} ELSE {name} END"


def _stored(value: Shown) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _case(of: str, words: dict[Any, str]) -> str:
    """A text for each value; nothing for any other."""
    if not words:
        return "''"
    cases = "".join(
        f" WHEN {literal(k) if isinstance(k, str) else k} THEN {literal(word)}" for k, word in words.items()
    )
    return f"CASE {of}{cases} ELSE '' END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
