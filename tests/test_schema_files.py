"""The JSON Schemas themselves: sound, closed, described in two languages, and true to one another.

`python tests/test_schema_files.py` rewrites the part of `overlay.schema.json` that follows the policy's
schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from policyengine import schema
from policyengine.diagnostics import EXCERPT
from policyengine.reading.node import Mapping, Node, Sequence
from policyengine.reading.yaml import read_yaml
from policyengine.schema.files import document, file_name, follow, matches
from policyengine.schema.page import described
from policyengine.source import Source

ROOT = Path(__file__).resolve().parents[1]
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
APPLICATORS = {
    "$ref", "properties", "additionalProperties", "propertyNames", "items", "allOf", "if", "then", "else",
}  # fmt: skip


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


def written(value: object, depth: int = 0, over_lines: bool = False) -> str:
    """JSON as our schemas are written: a definition or property a line."""
    if not isinstance(value, dict) or not (over_lines or "properties" in value or "$defs" in value):
        return json.dumps(value, ensure_ascii=False)
    inner = "  " * (depth + 1)
    lines = [
        f"{inner}{json.dumps(key)}: {written(item, depth + 1, key in ('properties', '$defs'))}"
        for key, item in value.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"


def test_the_schema_of_overlays_follows_that_of_policies() -> None:
    assert schema.schema_text("overlay") == written(overlay_schema()) + "\n", (
        "run: python tests/test_schema_files.py"
    )


# --- the schemas themselves ---


def subschemas(
    part: object, *, condition: bool = False, partial: bool = False
) -> Iterator[tuple[Json, bool, bool]]:
    """Every schema in a schema, with whether it stands in an `if`, and whether in a `then` or `else`."""
    if not isinstance(part, dict):
        return
    yield part, condition, partial
    for keyword in ("properties", "$defs"):
        for child in part.get(keyword, {}).values():
            yield from subschemas(child, condition=condition, partial=partial)
    for keyword in ("additionalProperties", "propertyNames", "items"):
        yield from subschemas(part.get(keyword), condition=condition, partial=partial)
    for child in part.get("allOf", []):
        yield from subschemas(child, condition=condition, partial=True)
    yield from subschemas(part.get("if"), condition=True, partial=partial)
    for keyword in ("then", "else"):
        yield from subschemas(part.get(keyword), condition=condition, partial=True)


ALL = [(kind, *found) for kind in KINDS for found in subschemas(document(kind))]
WHOLE = [(kind, part) for kind, part, condition, partial in ALL if not condition and not partial]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_json_schema_with_known_keywords(kind: schema.Kind) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(document(kind))
    for part, _, _ in subschemas(document(kind)):
        assert part.keys() <= ANNOTATIONS | ASSERTIONS | APPLICATORS, part


def test_every_property_and_definition_is_described_in_both_languages() -> None:
    for kind, part in WHOLE:
        for keyword in ("properties", "$defs"):
            for key, child in part.get(keyword, {}).items():
                words = follow(child, kind)[0] | child
                zh, en = described(words)
                assert re.search("[\u4e00-\u9fff]", words["title"]), (kind, key)
                assert re.search("[\u4e00-\u9fff]", zh) and en and en.isprintable(), (kind, key)
                assert words["description"].endswith("."), (kind, key)
                assert max(len(zh), len(en)) <= 3 * EXCERPT, (kind, key)  # or a message cuts it


def test_every_object_is_closed_and_every_text_and_list_is_limited() -> None:
    for kind, part in WHOLE:
        types = part.get("type", [])
        if "object" in types or "properties" in part:
            assert part.get("additionalProperties") is not None, (kind, part["title"])
            assert "propertyNames" in part or part["additionalProperties"] is False, (kind, part["title"])
        if "string" in types and kind != "decision":
            assert "enum" in part or "maxLength" in part, (kind, part["title"])
        if "array" in types and kind != "decision":
            assert "maxItems" in part, (kind, part["title"])


def test_patterns_are_anchored_ascii_and_linear() -> None:
    for kind, part, _, _ in ALL:
        pattern = part.get("pattern")
        if pattern is not None:
            assert pattern.startswith("^") and pattern.endswith("$") and "maxLength" in part, (kind, pattern)
            assert "\\d" not in pattern and "\\w" not in pattern, pattern
            for text in ("a" * 8000, "a." * 4000, "a/" * 4000, "1" * 8000):
                matches(pattern, text + "\n")  # would not come back if it were not linear


def test_conditions_are_for_presence_and_stand_in_all_of_only() -> None:
    """The overlay's schema leaves them out; the messages rely on their form."""
    for kind, part, _, _ in ALL:
        if "if" in part and kind == "policy":
            assert "type" not in part or part["then"] == {"$ref": "#/$defs/tier"}, part
            if set(part["if"]) != {"required"} and "title" in part:
                assert "description" in part, part
        if "$ref" in part:
            assert part.keys() <= ANNOTATIONS | {"$ref"}, part


def test_references_lead_to_our_own_files_and_every_definition_is_used() -> None:
    used: set[tuple[str, str]] = set()
    for kind, part, _, _ in ALL:
        if "$ref" in part:
            file, _, pointer = part["$ref"].partition("#/$defs/")
            name = file.removesuffix(".schema.json") or kind
            assert name in KINDS and pointer in document(name)["$defs"], part["$ref"]
            used.add((name, pointer))
    defined = {(kind, name) for kind in KINDS for name in document(kind)["$defs"]}
    assert defined == used


def test_meanings_of_options_are_given_for_all_or_none() -> None:
    for _, part, _, _ in ALL:
        if "enumDescriptions" in part:
            assert len(part["enumDescriptions"]) == len(part["enum"])


def test_examples_fit_their_own_schemas() -> None:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    registry = Registry().with_resources(
        [(file_name(kind), DRAFT202012.create_resource(document(kind))) for kind in KINDS]
    )
    for kind, part in WHOLE:
        for example in part.get("examples", []):
            alone = {**part, "$id": file_name(kind), "$defs": document(kind)["$defs"]}
            Draft202012Validator(alone, registry=registry).validate(example)


def test_descriptions_name_real_keys() -> None:
    """What stands in backticks in a description is a key, or a key with a value."""
    keys = {"use"} | {key for _, part in WHOLE for key in part.get("properties", {})}
    for _, part, _, _ in ALL:
        for word in re.findall(r"`([^`]+)`", part.get("description", "")):
            assert word.split(":")[0] in keys, word


def test_the_full_file_has_every_key_of_the_schema() -> None:
    seen: set[int] = set()

    def visit(node: Node, part: Json, file: str) -> None:
        part, file = follow(part, file)
        if isinstance(node, Mapping):
            for key, child in node.items():
                below = part.get("properties", {}).get(key, part.get("additionalProperties"))
                seen.add(id(below))
                visit(child, below, file)
        elif isinstance(node, Sequence):
            for item in node.items:
                visit(item, part["items"], file)

    text = (ROOT / "tests/bad/schema/right-policy.yaml").read_text(encoding="utf-8")
    node, _ = read_yaml(Source("right-policy.yaml", text))
    assert node is not None
    visit(node, document("policy"), "policy")
    for _, part, _, partial in [found for found in ALL if found[0] == "policy" and not found[2]]:
        if not partial:
            for key, below in part.get("properties", {}).items():
                assert id(below) in seen or below is document("policy")["$defs"]["label"]["properties"].get(
                    key
                ), key


if __name__ == "__main__":
    (ROOT / "schemas/overlay.schema.json").write_text(written(overlay_schema()) + "\n", encoding="utf-8")
