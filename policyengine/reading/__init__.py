"""Strict reading: bytes to a tree of nodes with places.

`read_bytes` does it all; `decode.decode` and `read` are its two halves, for callers that need
only the text or hold it already. Nothing here raises: what is wrong is returned, together with
what could be read.
"""

from __future__ import annotations

from dataclasses import replace

from policyengine.diagnostics import Diagnostic
from policyengine.reading.common import BYTES, NODES
from policyengine.reading.decode import undecoded
from policyengine.reading.json import read_json
from policyengine.reading.node import Node
from policyengine.reading.yaml import read_yaml
from policyengine.source import Source

__all__ = ["read", "read_bytes", "read_json", "read_yaml"]


def read(source: Source, nodes: int = NODES) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a YAML or JSON text, by the ending of its name, else by its first character."""
    name = source.name.lower()
    if name.endswith((".yaml", ".yml")):
        return read_yaml(source, nodes)
    if name.endswith(".json") or source.text.lstrip()[:1] == "{":
        return read_json(source, nodes)
    return read_yaml(source, nodes)


def read_bytes(
    data: bytes, name: str, limit: int = BYTES, nodes: int = NODES, first: bool = False
) -> tuple[Source | None, Node | None, list[Diagnostic]]:
    """The text and the tree of a file, and all that is wrong with either. `first`: as `Source` says."""
    source, found = undecoded(data, name, limit)
    if source is None:
        return None, None, found
    source = replace(source, first=first)
    node, found = read(source, nodes)
    return source, node, found
