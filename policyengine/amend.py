"""Overlays: trees merged over the tree of a policy, with guards on what they expect to find.

Maps merge, `null` deletes, lists and scalars replace, `value` and `values` replace each other.
Sentences are addressed by their ids, so that one sentence can be replaced, deleted or inserted and the
others keep their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from policyengine import literals
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.nearest import meant, nearest
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.source import Span
from policyengine.values import Units

HEADER = "overlay"
_LABELLED = (  # sections whose entries all have a label
    "parameters", "facts", "conditions", "values", "programs", "limits", "allocations", "interpretations",
)  # fmt: skip
NEAR = 80  # hundredths
_RIVALS = {"value": "values", "values": "value", "cite": "basis", "basis": "cite"}


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay file: its header's facts and its tree. `digest`: SHA-256 of the file. `parameter`: of a what-if
    value that is no file, whose parameter it is."""

    id: str
    amends: str
    start: date | None
    order: int
    tree: Mapping
    header: Mapping
    digest: str = ""
    parameter: str = ""


def read_overlay(tree: Mapping) -> Overlay | None:
    """The overlay of a tree; None where the header has not the shape that the schema asks for."""
    header = tree.get(HEADER)
    if not isinstance(header, Mapping):
        return None

    def text(key: str) -> str | None:
        node = header.get(key)
        return node.text if isinstance(node, Scalar) else None

    start, order = header.get("effective_from"), header.get("order")
    id_, amends = text("id"), text("amends")
    if id_ is None or amends is None:
        return None
    return Overlay(
        id_,
        amends,
        start.value if isinstance(start, Scalar) and isinstance(start.value, date) else None,
        order.value if isinstance(order, Scalar) and isinstance(order.value, int) else 0,
        tree,
        header,
    )


def apply(base: Mapping, overlay: Overlay, units: Units) -> tuple[Mapping, list[Diagnostic]]:
    """The amended tree. What `expects` says is compared by value: `3%` is `3.0%`."""
    found = _expectations(base, overlay, units)
    changes = Mapping(
        tuple(entry for entry in overlay.tree.entries if entry[0].text != HEADER), overlay.tree.span
    )
    merged = _merge(base, changes, (), found)
    assert isinstance(merged, Mapping)
    return merged, found


def _merge(base: Node, change: Node, path: tuple[str, ...], found: list[Diagnostic]) -> Node:
    if path[:2] == ("text", "clauses") and len(path) == 4 and path[3] == "sentences":
        return _sentences(base, change, found)
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    entries = {key.text: (key, node) for key, node in base.entries}
    for key, node in change.entries:
        name = key.text
        if isinstance(node, Scalar) and node.value is None and not node.quoted:
            if name not in entries:
                close = meant(nearest(name, entries, 60))
                found.append(diagnostic("nothing-to-delete", key.span, name=name, **close))
            entries.pop(name, None)
            continue
        rival = _RIVALS.get(name)
        if rival is not None and change.get(rival) is None:
            entries.pop(rival, None)
        if name in entries:
            old_key, old = entries[name]
            entries[name] = (
                old_key if isinstance(old, Mapping) else key,
                _merge(old, node, (*path, name), found),
            )
        elif len(path) == 1 and path[0] in _LABELLED and (slip := _misspelt(key, node, entries)):
            found.append(slip)
        else:
            entries[name] = (key, node)
    return Mapping(tuple(entries.values()), base.span)


def _misspelt(key: Scalar, node: Node, entries: Iterable[str]) -> Diagnostic | None:
    """A new entry without a name for people, next to one of nearly its id: that one is meant."""
    near = nearest(key.text, entries, NEAR)
    if not near or not isinstance(node, Mapping) or node.get("label") is not None:
        return None
    return diagnostic("nothing-to-amend", key.span, name=key.text, **meant(near))


def _sentences(base: Node, change: Node, found: list[Diagnostic]) -> Node:
    """Sentences by id. A list in an overlay replaces them all."""
    if not isinstance(change, Mapping):
        return change
    ordered: dict[str, tuple[Scalar, Node]] = {}
    if isinstance(base, Mapping):
        ordered = {key.text: (key, node) for key, node in base.entries}
    else:
        number = 0
        for item in base.items if isinstance(base, Sequence) else ():
            if isinstance(item, Scalar):
                number += 1
                ordered[str(number)] = (Scalar(str(number), str(number), item.span), item)
            elif isinstance(item, Mapping):
                id_, text = item.get("id"), item.get("text")
                if isinstance(id_, Scalar) and isinstance(text, Scalar):
                    ordered[id_.text] = (id_, text)
    for key, node in change.entries:
        if key.text not in ordered and isinstance(node, Scalar) and node.value is None and not node.quoted:
            found.append(diagnostic("nothing-to-delete", key.span, name=key.text))
        ordered[key.text] = (key, node)
    keys = sorted(ordered, key=_sentence_order)
    return Mapping(tuple(ordered[key] for key in keys), change.span)


def _sentence_order(id_: str) -> tuple[int, str]:
    """`1`, `1a`, `1b`, `2` …"""
    digits = "".join(c for c in id_ if c.isdigit())
    return (int(digits) if digits else 0, id_[len(digits) :])


def _expectations(base: Mapping, overlay: Overlay, units: Units) -> list[Diagnostic]:
    expects = overlay.header.get("expects")
    found: list[Diagnostic] = []
    if not isinstance(expects, Mapping):
        return found
    for key, wanted in expects.entries:
        there = find(base, key.text)
        if there is None:
            found.append(diagnostic("expected-not-there", key.span, path=key.text))
        elif not _same(there, wanted, units):
            found.append(
                diagnostic(
                    "expected-otherwise", _span(wanted), (("现行的写法在这里", "what is there now"), _span(there)),
                    path=key.text, wanted=_text(wanted), there=_text(there),
                )
            )  # fmt: skip
    return found


def find(tree: Mapping, path: str) -> Node | None:
    """The node at `parameters.equipment_rate.value`; keys may hold dots (clause ids)."""
    node: Node = tree
    rest = path.split(".")
    while rest:
        if not isinstance(node, Mapping):
            return None
        for length in range(len(rest), 0, -1):
            child = node.get(".".join(rest[:length]))
            if child is not None:
                node, rest = child, rest[length:]
                break
        else:
            return None
    return node


def _same(a: Node, b: Node, units: Units) -> bool:
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        one, other = literals.quantity(a.text, units), literals.quantity(b.text, units)
        if isinstance(one, literals.Quantity) and isinstance(other, literals.Quantity):
            return one.value == other.value and (one.unit is None) == (other.unit is None)
        return a.text.strip() == b.text.strip()
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return len(a.items) == len(b.items) and all(
            _same(x, y, units) for x, y in zip(a.items, b.items, strict=True)
        )
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        one_map, other_map = dict(a.items()), dict(b.items())
        return one_map.keys() == other_map.keys() and all(
            _same(one_map[k], other_map[k], units) for k in one_map
        )
    return False


def _span(node: Node) -> Span:
    return node.span


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else node.span.text
