"""The JSON Schemas, and what is said of a file that does not fit them.

`python tests/test_schema.py` rewrites the part of `overlay.schema.json` that follows the policy's schema.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from policyengine import schema
from policyengine.codes import CODES
from policyengine.codes.case import CASE
from policyengine.codes.expression import EXPRESSION
from policyengine.codes.policy import POLICY
from policyengine.codes.reading import READING
from policyengine.codes.schema import SCHEMA
from policyengine.codes.text import TEXT
from policyengine.diagnostics import EXCERPT, Diagnostic, concise
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.yaml import read_yaml
from policyengine.schema.files import document, file_name, follow, matches
from policyengine.schema.page import closest, described, flow, spelled
from policyengine.source import Source

ROOT = Path(__file__).resolve().parents[1]
BAD = sorted((ROOT / "tests/bad/schema").glob("*.yaml"))
KINDS: tuple[schema.Kind, ...] = get_args(schema.Kind)
Json = dict[str, Any]

ANNOTATIONS = {
    "$schema", "$id", "$defs", "$comment", "title", "description", "markdownDescription", "examples",
    "default", "defaultSnippets", "enumDescriptions",
}  # fmt: skip
ASSERTIONS = {
    "type", "enum", "const", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "dependentRequired",
}  # fmt: skip
APPLICATORS = {"$ref", "properties", "additionalProperties", "propertyNames", "items", "allOf", "if", "then", "else"}


# --- reading ---


def tree(text: str, name: str = "test.yaml") -> Node:
    node, found = read_yaml(Source(name, text))
    assert not found, [concise(d) for d in found]
    assert node is not None
    return node


def check(text: str, kind: schema.Kind = "policy") -> list[Diagnostic]:
    return schema.validate(tree(text), kind)


def codes(text: str, kind: schema.Kind = "policy") -> list[str]:
    return [d.code for d in check(text, kind)]


# --- the overlay's schema follows the policy's ---


def overlay_schema() -> Json:
    """The overlay's schema: its hand-written part, and the policy's sections loosened."""
    written, policy = document("overlay"), document("policy")
    header = {k: v for k, v in written["$defs"].items() if k.startswith("header")}
    sections = {k: _loose(v) for k, v in policy["properties"].items()}
    names: dict[str, None] = {}
    queue = list(_local_refs(sections))
    while queue:
        name = queue.pop(0)
        if name not in names:
            names[name] = None
            queue += _local_refs(_loose(policy["$defs"][name]))
    loose = {name: _loose(policy["$defs"][name]) for name in policy["$defs"] if name in names}
    properties = {"overlay": written["properties"]["overlay"], **sections}
    return {**written, "properties": properties, "$defs": {**header, **loose}}


def _loose(part: Json) -> Json:
    """A schema of a value that a part of a file may leave out, delete, or give in part."""
    left_out = ("required", "minProperties", "dependentRequired", "allOf", "if", "then", "else")
    loose = {k: v for k, v in part.items() if k not in left_out}
    if "type" in loose:
        types = loose["type"] if isinstance(loose["type"], list) else [loose["type"]]
        loose["type"] = [*types, *(["null"] if "null" not in types else [])]
    if "enum" in loose:
        loose["enum"] = [*loose["enum"], None]
    if "enumDescriptions" in loose:
        loose["enumDescriptions"] = [*loose["enumDescriptions"], "删去"]
    for keyword in ("items", "propertyNames"):  # lists replace as a whole, so their items are complete
        if keyword in loose:
            loose[keyword] = {"$ref": file_name("policy") + loose[keyword]["$ref"]}
    if "properties" in loose:
        loose["properties"] = {k: _loose(v) for k, v in loose["properties"].items()}
    if isinstance(loose.get("additionalProperties"), dict):
        loose["additionalProperties"] = _loose(loose["additionalProperties"])
    return loose


def _local_refs(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if str(part.get("$ref", "")).startswith("#/$defs/"):
            yield part["$ref"].removeprefix("#/$defs/")
        for child in part.values():
            yield from _local_refs(child)
    elif isinstance(part, list):
        for child in part:
            yield from _local_refs(child)


def written(value: object, indent: int = 0) -> str:
    """JSON as our schemas are written: one definition or property a line."""
    nested = isinstance(value, dict) and ("properties" in value or "$defs" in value or indent % 2)
    if not nested:
        return json.dumps(value, ensure_ascii=False)
    assert isinstance(value, dict)
    pad = "  " * (indent // 2 + 1)
    lines = []
    for key, item in value.items():
        deeper = indent + 2 + (key in ("properties", "$defs")) if isinstance(item, dict) else 0
        deeper -= indent % 2
        lines.append(f"{pad}{json.dumps(key)}: {written(item, deeper)}")
    return "{\n" + ",\n".join(lines) + "\n" + "  " * (indent // 2) + "}"


def test_the_schema_of_overlays_follows_that_of_policies() -> None:
    assert schema.schema_text("overlay") == written(overlay_schema()) + "\n", (
        "run: python tests/test_schema.py"
    )


if __name__ == "__main__":
    (ROOT / "schemas/overlay.schema.json").write_text(written(overlay_schema()) + "\n", encoding="utf-8")
