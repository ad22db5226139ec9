"""What the schema says about each place of a file, and where in the file it is.

A `Page` pairs the tree of a file with its schema: for a place it gives the key and the node, and the
title, description and example that an author would see there in an editor.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from policyengine.nearest import closest
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.schema.faults import Place
from policyengine.schema.files import Kind, Schema, document, follow
from policyengine.source import Span

Words = tuple[str, str]  # Chinese, English

FILES: dict[Kind, Words] = {
    "policy": ("政策文件", "a policy file"),
    "overlay": ("修订文件", "an overlay file"),
    "case": ("申报文件", "a case file"),
    "scenarios": ("算例文件", "a scenario file"),
    "decision": ("认定结果", "a decision"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the schema says of one place: as used there (`outer`), and as defined (`inner`)."""

    outer: Schema
    inner: Schema
    file: str  # the schema file that `inner` stands in

    @property
    def title(self) -> str:
        return str(self.outer.get("title") or self.inner.get("title", ""))

    @property
    def about(self) -> Words:
        zh, en = described(self.outer if "description" in self.outer else self.inner)
        return ("" if zh == self.title else zh), en

    @property
    def example(self) -> str:
        examples = self.outer.get("examples") or self.inner.get("examples") or []
        return flow(examples[0]) if examples else ""

    @property
    def keys(self) -> dict[str, Schema]:
        """The keys that the mapping here may have, in order, and what stands under them."""
        found: dict[str, Schema] = self.inner.get("properties", {})
        return found

    def key(self, name: str) -> Entry:
        """What the schema says of the value under a key."""
        return self._inside(self.keys.get(name, self.inner.get("additionalProperties")))

    def item(self) -> Entry:
        """What the schema says of an item of the list here."""
        return self._inside(self.inner.get("items"))

    def _inside(self, schema: object) -> Entry:
        outer = schema if isinstance(schema, dict) else {}
        inner, file = follow(outer, self.file)
        return Entry(outer, inner, file)


class Page:
    """A file beside its schema."""

    def __init__(self, root: Node, kind: Kind) -> None:
        self.root, self.kind = root, kind
        self._keys: dict[Place, dict[str, Scalar]] = {}

    def entry(self, place: Place) -> Entry:
        """What the schema says of a place."""
        here = Entry(document(self.kind), document(self.kind), self.kind)
        for step in place:
            here = here.key(step) if isinstance(step, str) else here.item()
        return here

    def node(self, place: Place) -> Node:
        """The node at a place."""
        node = self.root
        for step in place:
            if isinstance(node, Mapping) and isinstance(step, str):
                node = node.get(step) or node
            elif isinstance(node, Sequence) and isinstance(step, int):
                node = node.items[step]
        return node

    def given(self, place: Place) -> dict[str, Scalar]:
        """The keys of the mapping at a place, in written order."""
        if place not in self._keys:
            node = self.node(place)
            entries = node.entries if isinstance(node, Mapping) else ()
            self._keys[place] = {key.text: key for key, _ in entries}
        return self._keys[place]

    def key_span(self, place: Place, key: str) -> Span:
        """The key itself, in the mapping at a place."""
        name = self.given(place).get(key)
        return name.span if name else self.node(place).span

    def value_span(self, place: Place) -> Span:
        """The value at a place; where it is blank, its key."""
        node = self.node(place)
        if isinstance(node, Scalar) and not node.text:
            return self.head_span(place)
        return node.span

    def head_span(self, place: Place) -> Span:
        """The key over the value at a place; without one, the first key inside, or the value."""
        if place and isinstance(place[-1], str):
            return self.key_span(place[:-1], place[-1])
        node = self.node(place)
        return node.entries[0][0].span if isinstance(node, Mapping) and node.entries else node.span

    def where(self, place: Place) -> Words:
        """A place in words: its path, or the kind of file."""
        if not place:
            zh, en = FILES[self.kind]
            return zh, en
        path = spelled(place)
        return f"“{path}”", f"`{path}`"


def spelled(place: Place) -> str:
    """A place as one text: `programs.equipment.add_points[2]`; items are counted from 1."""
    path = ""
    for step in place:
        path += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def described(schema: Schema) -> Words:
    """The two halves of a description, as parts of a longer sentence: no capital, no full stop."""
    zh, _, en = schema.get("description", "").partition("。 ")
    return zh, en[:1].lower() + en[1:].removesuffix(".")


def flow(value: object) -> str:
    """A value of plain data as one would write it on one line of YAML."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


def key_meant(word: str, known: dict[str, str], cutoff: int = 70) -> str:
    """The key of `known` that was most likely meant by `word`, or nothing.

    `known`: keys with their Chinese titles; a word may be a slip of either.
    """
    for key, title in known.items():
        if word == title:
            return key
    names: dict[str, str] = {}
    for key, title in known.items():
        names.setdefault(title, key)
    names |= {_normal(key): key for key in known}
    found = closest(_normal(word), names, cutoff)
    return names[found] if found else ""


def _normal(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("-", "_").replace(" ", "_")
