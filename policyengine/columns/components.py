"""What is linked with rows that columns leave open, and how it falls into separate cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policyengine.columns.compiling import Query

if TYPE_CHECKING:
    import duckdb

Key = tuple[str, str]


def left(connection: duckdb.DuckDBPyConnection, query: Query) -> bool:
    """Fill a table `left_KIND` an entity kind with the ids of all rows left to the scalar way; whether there are any."""
    kinds = list(query.schema)
    for kind in kinds:
        connection.execute(f'CREATE OR REPLACE TEMP TABLE "left_{kind}" (id VARCHAR)')
    found = 0
    for name, kind in query.kinds.items():
        found += _added(connection, kind, f'SELECT id FROM "out_{name}" WHERE scalar')
    if not found:
        return False
    if query.cohort:
        for kind in kinds:
            _added(connection, kind, f'SELECT id FROM "{kind}"')
        return True
    while _spread(connection, query):
        pass
    return True


def _spread(connection: duckdb.DuckDBPyConnection, query: Query) -> int:
    """One step along every reference, in both directions; how many rows that added."""
    found = 0
    for entity in query.plans.policy.entities.values():
        for reference in entity.references.values():
            mine, theirs = f'"left_{entity.name}"', f'"left_{reference.to}"'
            ref = f'"{reference.name}"'
            out = f'SELECT {ref} AS id FROM "{entity.name}" WHERE {ref} IS NOT NULL AND id IN (SELECT id FROM {mine})'
            back = f'SELECT id FROM "{entity.name}" WHERE {ref} IN (SELECT id FROM {theirs})'
            found += _added(connection, reference.to, out) + _added(connection, entity.name, back)
    return found


def _added(connection: duckdb.DuckDBPyConnection, kind: str, ids: str) -> int:
    sql = f'INSERT INTO "left_{kind}" SELECT DISTINCT id FROM ({ids}) WHERE id NOT IN (SELECT id FROM "left_{kind}")'
    return int(connection.execute(sql).fetchall()[0][0])


def split(
    connection: duckdb.DuckDBPyConnection, query: Query, any_left: bool
) -> Iterator[dict[str, list[str]]]:
    """The rows left, as separate cases: ids by kind."""
    if not any_left:
        return
    keys: list[Key] = []
    for kind in query.schema:
        keys += [
            (kind, id_)
            for (id_,) in connection.execute(f'SELECT id FROM "left_{kind}" ORDER BY id').fetchall()
        ]
    if query.cohort:
        yield _by_kind(query, keys)
        return
    parent = {key: key for key in keys}
    for a, b in _links(connection, query):
        one, other = _root(parent, a), _root(parent, b)
        parent[max(one, other)] = min(one, other)
    cases: dict[Key, list[Key]] = {}
    for key in keys:
        cases.setdefault(_root(parent, key), []).append(key)
    for members in cases.values():
        yield _by_kind(query, members)


def _links(connection: duckdb.DuckDBPyConnection, query: Query) -> Iterator[tuple[Key, Key]]:
    for entity in query.plans.policy.entities.values():
        for reference in entity.references.values():
            sql = f'SELECT id, "{reference.name}" FROM "{entity.name}" WHERE "{reference.name}" IS NOT NULL AND id IN (SELECT id FROM "left_{entity.name}")'
            for id_, to in connection.execute(sql).fetchall():
                yield (entity.name, id_), (reference.to, to)


def _root(parent: dict[Key, Key], key: Key) -> Key:
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key


def _by_kind(query: Query, keys: list[Key]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {kind: [] for kind in query.schema}
    for kind, id_ in keys:
        found[kind].append(id_)
    return found
