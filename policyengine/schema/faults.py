"""From an error of jsonschema to a `Fault`: what is violated, where, and under which conditions.

jsonschema gives two paths, one through the file and one through the schema. Following both together
tells at which mapping each `if` on the way was applied, which the message needs: whether a key is
forbidden because of another key, or missing because none of several was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policyengine.schema.files import Kind, Schema, document, follow

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Place = tuple[str | int, ...]  # keys and list positions from the root of a file

FORBIDDEN = "false"  # the keyword given here to `properties: {key: false}`


@dataclass(frozen=True, slots=True)
class Block:
    """An `if` that a fault stands under: the schema with it, whether it held, where it was applied."""

    schema: Schema
    held: bool
    place: Place

    @property
    def asks(self) -> tuple[str, ...]:
        """The keys that the `if` asks for."""
        return tuple(self.schema["if"].get("required", ()))

    @property
    def on_presence(self) -> bool:
        """Whether the `if` asks for nothing but the presence of keys."""
        return set(self.schema["if"]) == {"required"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A violation: a keyword and what it says, the schema that holds it, the place and value.

    `key` is the key itself where not a value but a key is malformed. `blocks`: outermost first.
    For `FORBIDDEN`, `says` are the keys refused and the place is that of their mapping.
    """

    keyword: str
    says: Any
    schema: Schema
    place: Place
    value: object
    blocks: tuple[Block, ...]
    key: str | None = None


def fault(error: ValidationError, kind: Kind) -> Fault:
    """The fault that an error of the validator of `kind` stands for."""
    place: Place = tuple(error.absolute_path)
    tokens = list(error.absolute_schema_path)
    schema: Any = document(kind)
    name = str(kind)
    blocks: list[Block] = []
    depth = 0
    on_key = False
    while tokens:
        token = tokens.pop(0)
        if token not in schema:
            schema, name = follow(schema, name)
        if token == "properties":
            if not tokens or schema[token][tokens[0]] is False:
                return _forbidden(schema[token], place[:depth], tuple(blocks))
            schema = schema[token][tokens.pop(0)]
            depth += 1
        elif token == "allOf":
            schema = schema[token][tokens.pop(0)]
        elif token in ("then", "else"):
            blocks.append(Block(schema, token == "then", place[:depth]))
            schema = schema[token]
        elif token == "propertyNames":
            on_key = True
            schema = schema[token]
        elif tokens:  # `additionalProperties` or `items` on the way; the last token is the keyword
            schema = schema[token]
            depth += 1
    says, value, key = error.validator_value, error.instance, str(error.instance) if on_key else None
    return Fault(str(error.validator), says, schema, place, value, tuple(blocks), key)


def _forbidden(keys: Schema, place: Place, blocks: tuple[Block, ...]) -> Fault:
    """The fault of keys that must not be there. jsonschema does not tell which of them it met."""
    refused = tuple(key for key, schema in keys.items() if schema is False)
    return Fault(FORBIDDEN, refused, keys, place, None, blocks)
