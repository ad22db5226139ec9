"""What is linked with rows that columns leave open, and how it falls into separate cases."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.columns.compiling import Query
from policyengine.columns.database import Database, exists

Key = tuple[str, str]
LEFT = "left_rows"  # the table of kind and id of all rows that are left to the scalar way
_LINKS, _LAST, _NEXT = "links", "left_last", "left_next"


def left(database: Database, query: Query) -> bool:
    """Fill the table `LEFT` with all rows left to the scalar way; whether there are any."""
    kinds = query.kinds.items()
    open_ = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, id FROM \"out_{name}\" WHERE scalar" for name, kind in kinds
    )
    database.keep(LEFT, f"SELECT DISTINCT kind, id FROM ({open_})")
    if not exists(database, f"SELECT 1 FROM {LEFT}"):
        return False
    if query.cohort:
        database.keep(
            LEFT, " UNION ALL ".join(f"SELECT '{k}' AS kind, id FROM \"{k}\"" for k in query.schema)
        )
        return True
    database.view(_LINKS, _links(query))
    database.keep(_LAST, f"SELECT * FROM {LEFT}")
    step = f"""SELECT DISTINCT k.to_kind AS kind, k.to_id AS id FROM {_LINKS} k
        WHERE EXISTS (SELECT 1 FROM {_LAST} l WHERE l.kind = k.kind AND l.id = k.id) AND NOT {is_left("k.to_kind", "k.to_id")}"""
    while exists(database, f"SELECT 1 FROM {_LAST}"):
        database.keep(_NEXT, step)
        database.keep(LEFT, f"SELECT * FROM {LEFT} UNION ALL SELECT * FROM {_NEXT}")
        database.keep(_LAST, f"SELECT * FROM {_NEXT}")
    return True


def is_left(kind: str, id_: str) -> str:
    """The condition that a row is left to the scalar way."""
    return f"EXISTS (SELECT 1 FROM {LEFT} l WHERE l.kind = {kind} AND l.id = {id_})"


def _links(query: Query) -> str:
    """Every reference, in both directions."""
    found = ["SELECT '' AS kind, '' AS id, '' AS to_kind, '' AS to_id WHERE FALSE"]
    for entity in query.plans.policy.entities.values():
        for reference in entity.references.values():
            mine, theirs = f"'{entity.name}'", f"'{reference.to}'"
            ref = f'"{reference.name}"'
            rows = f'FROM "{entity.name}" WHERE {ref} IS NOT NULL'
            found += [
                f"SELECT {mine}, id, {theirs}, {ref} {rows}",
                f"SELECT {theirs}, {ref}, {mine}, id {rows}",
            ]
    return " UNION ALL ".join(found)


def split(database: Database, query: Query, any_left: bool) -> Iterator[dict[str, list[str]]]:
    """The rows left, as separate cases: ids by kind."""
    if not any_left:
        return
    order = {kind: i for i, kind in enumerate(query.schema)}
    keys: list[Key] = sorted(
        database.rows(f"SELECT kind, id FROM {LEFT}"), key=lambda key: (order[key[0]], key[1])
    )
    if query.cohort:
        yield _by_kind(query, keys)
        return
    parent = {key: key for key in keys}
    sql = f"SELECT k.kind, k.id, k.to_kind, k.to_id FROM {_LINKS} k WHERE {is_left('k.kind', 'k.id')}"
    for kind, id_, to_kind, to_id in database.rows(sql):
        one, other = _root(parent, (kind, id_)), _root(parent, (to_kind, to_id))
        parent[max(one, other)] = min(one, other)
    cases: dict[Key, list[Key]] = {}
    for key in keys:
        cases.setdefault(_root(parent, key), []).append(key)
    for members in cases.values():
        yield _by_kind(query, members)


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
