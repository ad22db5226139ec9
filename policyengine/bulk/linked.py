"""Rows to entities in the database, as `tables.rows` puts them together: one table `draft KIND` a kind.

Whatever does not fit plainly — an id twice, a code twice, a reference to nothing, two rows that disagree — is not judged
here: its entities go into `apart KIND`, and with them all they are linked with, for the scalar way to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policyengine import model as m
from policyengine.bulk.clean import Clean
from policyengine.columns import tables
from policyengine.columns.cells import TYPES
from policyengine.columns.dialect import literal
from policyengine.columns.domain import FALSE, TRUE, NotExact
from policyengine.naming import under
from policyengine.tables.entries import Entry
from policyengine.tables.rows import Elsewhere

if TYPE_CHECKING:
    import duckdb


SHEET = 1 << 40  # what the rows of a further sheet are counted from, where a kind has no sheet of its own


@dataclass(frozen=True, slots=True)
class Linked:
    """The entities of all tables. `cleans` by kind; a kind without a table may still be told of."""

    connection: duckdb.DuckDBPyConnection
    policy: m.Policy
    cleans: Mapping[str, Clean]
    complete: frozenset[str]

    # --- entities ---

    def put_together(self) -> None:
        """Make `draft KIND` of every kind, and `apart KIND` with what does not fit."""
        for kind in self.policy.entities:
            self._make(f"apart {kind}", "SELECT CAST(NULL AS VARCHAR) AS id WHERE FALSE")
            if kind in self.cleans:
                self._ids(kind)
        for kind in self.cleans:
            self._own(kind)
        for kind in self.policy.entities:
            self._told(kind)
        for kind in self.policy.entities:
            self._together(kind)
        for kind in self.cleans:  # what its rows say is in the drafts now
            self.connection.execute(f'DROP VIEW "named {kind}"')
            self._make(f"cells {kind}", f'SELECT n, odd FROM "cells {kind}"')

    def _make(self, name: str, sql: str) -> None:
        self.connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql}')

    def _has(self, sql: str) -> bool:
        return bool(self.connection.execute(f"{sql} LIMIT 1").fetchall())

    def _ids(self, kind: str) -> None:
        """The id of every plain row, and the codes by which others may refer to it."""
        clean, entity = self.cleans[kind], self.policy.entities[kind]
        parts = [clean.find("id"), self._code(clean, kind)]
        linked = [clean.find("reference", name) for name in entity.unique if name in entity.references]
        if linked and len(linked) == len(entity.unique) and all(linked):
            parts.append(" || '/' || ".join(linked))
        title = clean.raw.placed.sheet.title
        parts.append(f"({literal(title + '第')} || CAST(n AS VARCHAR) || '行')")
        id_ = f"COALESCE({', '.join(part for part in parts if part)})"
        kept = "* EXCLUDE (id)" if clean.find("id") else "*"
        view = f'CREATE OR REPLACE TEMP VIEW "named {kind}" AS SELECT {id_} AS id, {kept} FROM "cells {kind}" WHERE NOT odd'
        self.connection.execute(view)

    def _code(self, clean: Clean, kind: str, via: str = "") -> str:
        """The column of an entity's key, where it is a text."""
        fact = self.policy.facts.get(self.policy.entities[kind].key)
        return clean.find("fact", fact.name, via) if fact is not None and fact.type.kind == "text" else ""

    def _own(self, kind: str) -> None:
        """`draft KIND` from the rows of its own table: references resolved, everything they tell kept."""
        clean, joins = self.cleans[kind], ""
        targets = []
        for i, reference in enumerate(self.policy.entities[kind].references.values()):
            written, code = (
                clean.find("reference", reference.name),
                self._code(clean, reference.to, reference.name),
            )
            coded = reference.to in self.cleans and self._code(self.cleans[reference.to], reference.to)
            if written and code:
                none = f'{written[:-1]}__none"' if reference.optional else FALSE
                word = f"COALESCE({written}, CASE WHEN NOT {none} THEN {code} END)"
            else:
                word = written or code or "CAST(NULL AS VARCHAR)"
            if coded and (written or code) and self._has(f'SELECT 1 FROM "named {kind}" WHERE {word} IN (SELECT {coded} FROM "named {reference.to}")'):  # fmt: skip
                keys = f'SELECT {coded} AS code, any_value(id) AS to_{i} FROM "named {reference.to}" WHERE {coded} IS NOT NULL GROUP BY ALL'
                joins += f" LEFT JOIN ({keys}) k{i} ON k{i}.code = {word}"
                word = f"COALESCE(k{i}.to_{i}, {word})"
            targets.append(f'{word} AS "{reference.name}"')
        told = [f'r."{s.column}"' + (f', r."{s.column}__none"' if s.optional else "") for s in clean.said.values() if s.use in ("fact", "relation")]  # fmt: skip
        listed = ", ".join(["r.n", "r.id", *targets, *told])
        self._make(f"draft {kind}", f'SELECT {listed} FROM "named {kind}" r{joins}')

    def _told(self, kind: str) -> None:
        """What rows of other kinds tell of this one; of a kind without a table that is all there is."""
        sources = list(self._sources(kind))
        listed = kind in self.cleans
        columns = [f for f in tables.fields(self.policy, kind) if f.kind in ("fact", "none")]
        relations = [name for name, _, _ in tables.relations(self.policy, kind)]
        if not sources:
            if not listed:
                refs = "".join(
                    f', CAST(NULL AS VARCHAR) AS "{r}"' for r in self.policy.entities[kind].references
                )
                self._make(f"draft {kind}", f"SELECT 0 AS n, CAST(NULL AS VARCHAR) AS id{refs} WHERE FALSE")
            return
        if not listed and self.policy.entities[kind].references:
            raise NotExact(f"{kind}没有自己的表 / {kind} has no table of its own")
        self._make(f"told {kind}", " UNION ALL BY NAME ".join(sources))
        there = self._columns(f"told {kind}")
        facts = [f for f in columns if f.name in there]
        rels = [f"rel.{name}" for name in relations if f"rel.{name}" in there]
        shown = [f'min("{f.name}") AS "{f.name}"' if f.kind == "fact" else f'bool_or("{f.name}") AS "{f.name}"' for f in facts]  # fmt: skip
        shown += [f'bool_and("{name}") AS "{name}"' for name in rels]
        differ = [self._differ(f.name, there) for f in facts if f.kind == "fact"]
        differ += [f'(bool_and("{name}") <> bool_or("{name}"))' for name in rels]
        self._make(
            f"told {kind}",
            f"""SELECT id, min(n) AS n, {", ".join([*shown, f"({' OR '.join(differ) or FALSE}) AS differ"])}
            FROM "told {kind}" WHERE id IS NOT NULL GROUP BY id""",
        )
        self.set_apart(kind, f'SELECT id FROM "told {kind}" WHERE COALESCE(differ, FALSE)')
        names = [f.name for f in facts] + rels
        if not listed:
            self._make(f"draft {kind}", f'SELECT * EXCLUDE (differ) FROM "told {kind}"')
            return
        mine = self._columns(f"draft {kind}")
        both_ = [name for name in names if name in mine]
        clash = [f'(d."{n}" <> t."{n}")' for n in both_ if not n.endswith("__none")]
        clash += [f'(d."{n}" IS NOT NULL AND t."{n}__none") OR (t."{n}" IS NOT NULL AND d."{n}__none")' for n in both_ if f"{n}__none" in both_]  # fmt: skip
        if clash:
            self.set_apart(kind, f'SELECT d.id FROM "draft {kind}" d JOIN "told {kind}" t USING (id) WHERE {" OR ".join(clash)}')  # fmt: skip
        filled = [f'COALESCE(d."{n}", t."{n}") AS "{n}"' if not n.endswith("__none") else f'(d."{n}" OR COALESCE(t."{n}", FALSE)) AS "{n}"' for n in both_]  # fmt: skip
        added = [f't."{n}"' for n in names if n not in mine]
        replace = f" REPLACE ({', '.join(filled)})" if filled else ""
        more = f", {', '.join(added)}" if added else ""
        self._make(f"draft {kind}", f'SELECT d.*{replace}{more} FROM "draft {kind}" d LEFT JOIN "told {kind}" t USING (id)')  # fmt: skip

    def _sources(self, kind: str) -> Iterator[str]:
        """Each reference through which rows tell of a kind, as a query of what they tell."""
        for i, (holder, clean) in enumerate(self.cleans.items()):
            place = f"n + {i} * CAST({SHEET} AS BIGINT)"
            for reference in self.policy.entities[holder].references.values():
                if reference.to != kind:
                    continue
                said = [
                    s
                    for s in clean.said.values()
                    if s.via == reference.name and s.use in ("fact", "relation")
                ]
                if not said and kind in self.cleans:
                    continue
                shown = "".join(
                    f', "{s.column}" AS "{self._bare(s.column, s.via)}"'
                    + (f', "{s.column}__none" AS "{s.name}__none"' if s.optional else "")
                    for s in said
                )
                where = f'"{reference.name}" IS NOT NULL'
                yield f'SELECT {place} AS n, "{reference.name}" AS id{shown} FROM "draft {holder}" WHERE {where}'

    def _bare(self, column: str, via: str) -> str:
        return column.replace(f"{via}.", "", 1)

    def _differ(self, name: str, there: Collection[str]) -> str:
        """Whether the rows of a group tell different values of a fact."""
        values = f'(min("{name}") <> max("{name}"))'
        if f"{name}__none" not in there:
            return values
        return f'({values} OR (bool_or("{name}__none") AND count("{name}") > 0))'

    def _columns(self, table: str) -> set[str]:
        return {row[0] for row in self.connection.execute(f'DESCRIBE "{table}"').fetchall()}

    # --- what does not fit ---

    def set_apart(self, kind: str, ids: str) -> int:
        """Leave entities to the scalar way; how many are new."""
        sql = f'INSERT INTO "apart {kind}" SELECT DISTINCT id FROM ({ids}) WHERE id NOT IN (SELECT id FROM "apart {kind}")'
        return int(self.connection.execute(sql).fetchall()[0][0])

    def _together(self, kind: str) -> None:
        """What must be unique, what may not be too many, references to nothing, and what was said to be none."""
        entity, draft = self.policy.entities[kind], f'"draft {kind}"'
        there = self._columns(f"draft {kind}")
        self.set_apart(kind, f"SELECT id FROM {draft} GROUP BY id HAVING count(*) > 1")
        keys = {tuple(entity.unique)} | (
            {(entity.key,)} if kind != self.policy.header.application.entity else set()
        )
        for names in keys:
            if names and all(name in there for name in names):
                key = ", ".join(f'"{name}"' for name in names)
                given = " AND ".join(f'"{name}" IS NOT NULL' for name in names)
                twice = f"SELECT {key} FROM {draft} WHERE {given} GROUP BY {key} HAVING count(*) > 1"
                self.set_apart(kind, f"SELECT id FROM {draft} WHERE {given} AND ({key}) IN ({twice})")
        for reference in entity.references.values():
            ref, there_ = f'"{reference.name}"', f'SELECT id FROM "draft {reference.to}"'
            lacking = f"{ref} IS NULL OR " if not reference.optional else ""
            self.set_apart(
                kind, f"SELECT id FROM {draft} WHERE {lacking}({ref} IS NOT NULL AND {ref} NOT IN ({there_}))"
            )
            many = f"SELECT {ref} FROM {draft} WHERE {ref} IS NOT NULL GROUP BY {ref} HAVING count(*) > {reference.most}"
            self.set_apart(kind, f"SELECT id FROM {draft} WHERE {ref} IN ({many})")
        for name, child, reference in tables.relations(self.policy, kind):
            if f"rel.{name}" in there:
                listed = f'SELECT "{reference.name}" FROM "draft {child.name}" WHERE "{reference.name}" IS NOT NULL'
                self.set_apart(kind, f'SELECT id FROM {draft} WHERE "rel.{name}" <> (id IN ({listed}))')

    def touched(self, kind: str, entries: Collection[Entry]) -> None:
        """Set apart what odd rows of a kind name: themselves, whatever has their code, and what they refer to."""
        words: dict[str, set[str]] = {}
        entity = self.policy.entities[kind]
        for entry in entries:
            own = words.setdefault(kind, set())
            if entry.id:
                own.add(entry.id)
            for name in (entity.key, *entity.unique):
                given = entry.facts.get(("", name))
                if given is not None and given.value is not None:
                    own.add(str(given.value))
            for reference in entity.references.values():
                to = words.setdefault(reference.to, set())
                written = entry.references.get(reference.name, (None,))[0]
                code = entry.facts.get((reference.name, self.policy.entities[reference.to].key))
                to |= {
                    word
                    for word in (written, str(code.value) if code and code.value is not None else None)
                    if word
                }
        for of, named in words.items():
            there = self._columns(f"draft {of}")
            entity = self.policy.entities[of]
            columns = ["id", *(name for name in dict.fromkeys((entity.key, *entity.unique)) if name in there and name not in entity.references)]  # fmt: skip
            self.connection.execute("CREATE OR REPLACE TEMP TABLE word (word VARCHAR)")
            self.connection.execute("INSERT INTO word SELECT unnest($1)", [sorted(named)])
            test = " OR ".join(f'CAST("{name}" AS VARCHAR) IN (SELECT word FROM word)' for name in columns)
            self.set_apart(of, f'SELECT id FROM "draft {of}" WHERE {test}')

    def spread(self) -> None:
        """Set apart everything that is linked with what is."""
        while True:
            added = 0
            for entity in self.policy.entities.values():
                for reference in entity.references.values():
                    ref, draft = f'"{reference.name}"', f'"draft {entity.name}"'
                    out = f'SELECT {ref} AS id FROM {draft} WHERE {ref} IS NOT NULL AND id IN (SELECT id FROM "apart {entity.name}")'
                    back = f'SELECT id FROM {draft} WHERE {ref} IN (SELECT id FROM "apart {reference.to}")'
                    added += self.set_apart(reference.to, out) + self.set_apart(entity.name, back)
            if not added:
                return

    def rows_apart(self, kind: str) -> list[int]:
        """The numbers of the rows of a kind that are set apart, odd ones included."""
        if kind not in self.cleans:
            return []
        sql = f"""SELECT n FROM "draft {kind}" WHERE id IN (SELECT id FROM "apart {kind}")
            UNION ALL SELECT n FROM "cells {kind}" WHERE odd"""
        return [n for (n,) in self.connection.execute(sql).fetchall()]

    # --- staged tables ---

    def stage(self, needed: Collection[str], elsewhere: Elsewhere) -> None:
        """Make the staged tables of all that is not apart.

        `needed`: the columns (`project.cost`) that are read, all where it is empty. `elsewhere`: what all rows, these and
        those apart, say of relations.
        """
        for kind in self.policy.entities:
            closed = self._first(kind, elsewhere)
            for name, child, reference in tables.relations(self.policy, kind):
                if name not in closed:
                    closed[name] = self._closed(kind, name, child, reference, elsewhere, False)
            self._staged(kind, closed, needed)

    def unsettled(self, lost: frozenset[str]) -> frozenset[str]:
        """Kinds of which an owner that is not apart does not say what it has."""
        found = set()
        for child in self.policy.entities.values():
            first = under(child)
            for reference in first if len(first) < len(child.references) else ():
                test = self._first(reference.to, Elsewhere(lost))[reference.inverse]
                if test != TRUE and self._has(f"SELECT 1 FROM {self._kept(reference.to)} WHERE NOT {test}"):
                    found.add(child.name)
        return frozenset(found)

    def _kept(self, kind: str) -> str:
        return f'(SELECT * FROM "draft {kind}" WHERE id NOT IN (SELECT id FROM "apart {kind}")) d'

    def _first(self, kind: str, elsewhere: Elsewhere) -> dict[str, str]:
        """When the relations that hold what is written under an entity are complete."""
        found = {}
        for name, child, reference in tables.relations(self.policy, kind):
            if reference in under(child):
                found[name] = self._closed(kind, name, child, reference, elsewhere, True)
        return found

    def _closed(
        self, kind: str, name: str, child: m.Entity, reference: m.Reference, elsewhere: Elsewhere, first: bool
    ) -> str:
        """When all members of a relation are listed, as `tables.rows` has it."""
        if child.name == self.policy.header.application.entity:
            return TRUE
        if child.name in elsewhere.lost:
            return FALSE
        filled = f'(d.id IN (SELECT "{reference.name}" FROM "draft {child.name}" WHERE "{reference.name}" IS NOT NULL))'
        if not self._has(f'SELECT 1 FROM "draft {child.name}"'):
            filled = FALSE
        if child.name in self.complete:
            unsaid = TRUE
        elif first:
            unsaid = filled
        else:
            unsaid = FALSE if child.name in elsewhere.unsettled else TRUE
        said = f'd."rel.{name}"'
        if f"rel.{name}" not in self._columns(f"draft {kind}"):
            return unsaid
        return f"(CASE WHEN {said} IS NULL THEN {unsaid} WHEN {said} THEN {filled} ELSE TRUE END)"

    def _staged(self, kind: str, closed: Mapping[str, str], needed: Collection[str]) -> None:
        there = self._columns(f"draft {kind}")
        shown = []
        for field in tables.fields(self.policy, kind):
            names = {f"{kind}.{field.of}", f"{kind}.{field.name}"}
            if field.kind not in ("id", "ref") and needed and not names & set(needed):
                continue
            if field.kind == "closed":
                shown.append(f'{closed[field.of]} AS "{field.name}"')
            elif field.name in there:
                shown.append(f'd."{field.name}"')
            else:
                empty = FALSE if field.kind == "none" else f"CAST(NULL AS {TYPES[field.type]})"
                shown.append(f'{empty} AS "{field.name}"')
        self._make(kind, f"SELECT {', '.join(shown)} FROM {self._kept(kind)}")
