"""The page of the language speaks of every construct, and every construct is used in something that runs.

What counts as a construct is read off the schemas and the tables of functions, so that a new one cannot be
added without its words and its example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest

from policyengine.lang.functions import FUNCTIONS
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
