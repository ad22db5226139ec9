"""The schema files themselves: where they are, and how a reference is followed."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

Kind = Literal["policy", "overlay", "case", "scenarios", "decision"]
Schema = dict[str, Any]  # a parsed schema; Any, since each keyword has a shape of its own

_SUFFIX = ".schema.json"


def file_name(name: str) -> str:
    """The file name of a schema, which is also its `$id`."""
    return name + _SUFFIX


def schema_text(name: str) -> str:
    """The JSON Schema of a kind of file (`policy`, `overlay`, `case`, `scenarios`, `decision`).

    Read from the installed package, or from `schemas/` beside it in a checkout.
    """
    inside = resources.files("policyengine") / "schemas" / file_name(name)
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    beside = Path(__file__).resolve().parents[2] / "schemas" / file_name(name)
    return beside.read_text(encoding="utf-8")


@cache
def document(name: str) -> Schema:
    """The parsed schema of a kind of file. Shared: not to be changed."""
    parsed: Schema = json.loads(schema_text(name))
    return parsed


def follow(schema: Schema, name: str) -> tuple[Schema, str]:
    """The schema that a chain of `$ref`s leads to, and the file it stands in.

    `name`: the file that `schema` stands in. A schema without `$ref` is returned as it is.
    """
    while "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#/")
        name = file.removesuffix(_SUFFIX) or name
        schema = document(name)
        for step in pointer.split("/"):
            schema = schema[step]
    return schema, name


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is as a pattern of our schemas (`^…$`) says."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removeprefix("^").removesuffix("$"))
