"""The page of the language speaks of every construct, and every construct is used in something that runs.

What counts as a construct is read off the schemas and the tables of functions, so that a new one cannot be
added without its words and its example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from policyengine.desugar.roles import ROLES
from policyengine.groups import Member, in_order, order, pro_rata
from policyengine.lang import syntax
from policyengine.lang.functions import FUNCTIONS, add_days, add_years
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.yaml import read_yaml
from policyengine.source import Source
from tests.support import ROOT

PAGE = (ROOT / "docs" / "language.md").read_text("utf-8")
SCHEMAS = ("policy", "overlay", "case", "scenarios")
AGGREGATES = ("sum", "count", "any", "all", "min", "max")
RUNNING = ("policies/**/*.yaml", "examples/*.yaml", "tests/mechanics/**/*.yaml", "tests/lang/*.yaml")


def properties(schema: object) -> Iterator[str]:
    """Every property that a schema names, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                yield from value
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def constructs() -> list[str]:
    found = {
        name
        for schema in SCHEMAS
        for name in properties(json.loads((ROOT / "schemas" / f"{schema}.schema.json").read_text("utf-8")))
    }
    return sorted(found)


def keys_and_texts(node: Node) -> Iterator[str]:
    match node:
        case Mapping():
            for key, value in node.entries:
                yield key.text
                yield from keys_and_texts(value)
        case Sequence():
            for item in node.items:
                yield from keys_and_texts(item)
        case Scalar():
            yield node.text


@cache
def used() -> tuple[frozenset[str], str]:
    """All keys of the files that run, and all their texts as one."""
    keys: set[str] = set()
    texts: list[str] = []
    for pattern in RUNNING:
        for path in sorted(ROOT.glob(pattern)):
            node, _ = read_yaml(Source(path.name, path.read_text("utf-8")), 400_000)
            if node is not None:
                words = list(keys_and_texts(node))
                keys.update(words)
                texts += words
    return frozenset(keys), "\n".join(texts)


def speaks_of(name: str) -> bool:
    return re.search(rf"(?<![a-z_]){re.escape(name)}(?![a-z_])", PAGE) is not None


@pytest.mark.parametrize("name", constructs())
def test_every_key_of_the_language_is_on_the_page_and_in_an_example_that_runs(name: str) -> None:
    assert speaks_of(name), f"docs/language.md does not speak of {name}"
    assert name in used()[0], f"no policy, example or case uses {name}"


@pytest.mark.parametrize("name", sorted({*FUNCTIONS, *AGGREGATES}))
def test_every_function_is_on_the_page_and_in_an_example_that_runs(name: str) -> None:
    assert speaks_of(name)
    assert f"{name}(" in used()[1]


EXACTLY = PAGE[PAGE.index("## 9.") :]


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("unless", "when")])
def test_every_part_of_an_entry_stands_in_the_table_of_what_entries_become(role: str) -> None:
    assert re.search(rf"\b\w\.{role}(_N)?`", EXACTLY), role


@pytest.mark.parametrize(
    "text, fits",
    [
        (" + ".join(["a"] * 100), True),
        (" + ".join(["a"] * 101), False),  # 201 nodes: names and sums
        ("(" * 24 + "a" + ")" * 24, True),
        ("(" * 25 + "a" + ")" * 25, False),
        ("not " * 24 + "a", False),
        ("not " * 23 + "a", True),
        ("a" + " " * 1_998 + "b", False),
        ("1" * 18, True),
        ("1" * 19, False),
        *((number, False) for number in ("007", "1e3", "1_000", ".5", "5.", "0x10")),
        *((number, True) for number in ("0", "0.50", "-7")),
    ],
)
def test_an_expression_is_as_large_as_the_page_says(text: str, fits: bool) -> None:
    expr, _ = syntax.parse(text, Source("expr", text).span(0, len(text)))
    assert (expr is not None) is fits
    for limit in (syntax.MAX_CHARACTERS, syntax.MAX_NODES, syntax.MAX_DEPTH, syntax.MAX_DIGITS):
        assert f"{limit:,}" in EXACTLY


def test_days_stay_within_the_calendar_as_the_page_says() -> None:
    assert add_days(date(9999, 12, 1), Decimal(90)) == date(9999, 12, 31)
    assert add_days(date(1, 1, 5), Decimal(-90)) == date(1, 1, 1)
    assert add_years(date(9990, 3, 31), Decimal(20)) == date(9999, 3, 31)
    assert add_years(date(5, 3, 31), Decimal(-20)) == date(1, 3, 31)


def test_sort_keys_and_negative_limits_are_as_the_page_says() -> None:
    def member(id_: str, *keys: str | bool) -> Member:
        return Member(id_, True, lambda: keys, (False,) * len(keys))

    assert [m.id for m in order([member("a", True), member("b", False)])] == ["b", "a"]
    assert [m.id for m in order([member("a", "low"), member("b", "high")])] == ["b", "a"]
    two = [member("a", "x"), member("b", "y")]
    ask, fen = [Decimal(5), Decimal(5)], Decimal("0.01")
    assert in_order(two, ask, [Decimal(-3), Decimal(4)]) == [0, 4]
    assert pro_rata(two, ask, Decimal(-3), fen) == [0, 0]
