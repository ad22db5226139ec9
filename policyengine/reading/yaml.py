"""Strict YAML: one document, a mapping, without anchors, tags, or values of unclear meaning.

The tree is built over PyYAML's parser events, in pure Python on every machine, because the C
parser differs from it in what it accepts. Depth and number of nodes are limited while reading.
What is wrong with single values is noted and reading goes on; a syntax error ends it.
"""

from __future__ import annotations

from yaml.error import MarkedYAMLError
from yaml.events import (
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from policyengine.diagnostics import Diagnostic, sort
from policyengine.reading.common import DEPTH, NODES, Findings, Keys, Refusal, Stop, quoted
from policyengine.reading.decode import REFUSED, scan
from policyengine.reading.events import Events, Refused, place
from policyengine.reading.mistakes import in_key, slip
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.scalars import plain
from policyengine.reading.syntax import Reached, bad_escape, explain, explain_sign, leaves, unclosed
from policyengine.reading.values import Values
from policyengine.source import Source, Span


def read_yaml(source: Source, nodes: int = NODES) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a YAML text of at most `nodes` values, and what is wrong with it.

    The tree is None where the text could not be read to its end. Where only single values are
    refused they stand in the tree as text, so that later checks can go on: the findings are to
    be looked at in either case.
    """
    builder = _Builder(source, nodes)
    try:
        root = builder.document()
    except Stop:
        root = None
    return root, sort(builder.findings.found)


class _Builder:
    """Builds the tree, recursively; the limit on depth keeps the recursion shallow."""

    def __init__(self, source: Source, nodes: int) -> None:
        self.source = source
        # A stand-in keeps every offset; `scan` reports the characters themselves.
        self.text = REFUSED.sub("\ufffd", source.text)
        self.findings = Findings(source)
        self.events = Events(self.text)
        self.reached = Reached()
        self.values = Values(self.text, self.findings, self.reached)
        self.limit = self.left = nodes

    # The document

    def document(self) -> Node | None:
        """The one document of the text; None after a syntax error. Raises `Stop`."""
        scan(self.findings)
        try:
            root = self._root()
        except MarkedYAMLError as error:
            at = error.problem_mark.index if error.problem_mark else len(self.text)
            self._syntax(explain(self.text, error, self.reached), at)
            return None
        except Refused as met:
            words = {"mark": self.text[met.offset], "limit": str(DEPTH)}
            refusal = Refusal(met.code, words, met.offset, met.offset + 1)
            if met.code == "unquoted-special":
                refusal = explain_sign(self.text, met.offset, self.reached)
            self._syntax(refusal, met.offset)
            return None
        except (ValueError, OverflowError):  # of `chr`, for an escape beyond Unicode
            self._syntax(bad_escape(self.text, self.events.index), self.events.index)
            return None
        self.values.indentation(len(self.text))
        return root

    def _root(self) -> Node | None:
        self.events.next()
        if isinstance(self.events.next(), StreamEndEvent):
            self.findings.add("empty-document", 0, 0)
            return None
        root = self._root_node(self.events.next())
        self.events.next()
        after = self.events.next()
        if isinstance(after, DocumentStartEvent):
            self.findings.add("several-documents", *place(after))
            return None
        return root

    def _root_node(self, event: Event) -> Node | None:
        if isinstance(event, MappingStartEvent):
            return self._node(event, 1, False)
        start, end = place(event)
        line = self.text[start:end].split("\n")[0].rstrip()
        if isinstance(event, ScalarEvent) and event.style is None:
            refusal = slip(line) or Refusal("root-not-mapping" if line else "empty-document")
            self.findings.refuse(refusal, start, start + len(line))
            self.values.swallowed = end  # lines merged into this text are no mistakes of their own
        else:
            self.findings.add("root-not-mapping", start, start + max(1, len(line)))
            self._node(event, 1, False)
        return None

    def _syntax(self, refusal: Refusal, at: int) -> None:
        """Note the syntax error met `at`, unless a finding so far is the cause of it."""
        swallowed = self.values.swallowed
        merged = 0 <= swallowed <= at and not self.text[swallowed:at].strip()
        indented = self.values.indentation(refusal.start)
        if not (merged or indented or self.findings.on_line(refusal.start)):
            self.findings.refuse(refusal, 0, 0)

    # Nodes

    def _node(self, event: Event, depth: int, flow: bool, item: bool = False) -> Node:
        """The node an event begins; `flow` and `item` tell whether it stands within brackets,
        and in a list."""
        start, end = place(event)
        self.left -= 1
        if self.left < 0:
            self.findings.add("too-many-nodes", start, start, limit=self.limit)
            raise Stop
        if isinstance(event, ScalarEvent):
            return self.values.scalar(event, flow, item)
        if not isinstance(event, CollectionStartEvent):  # an alias
            name = self.text[start:end]
            self.findings.add("alias-refused", start, end, mark=name, quoted=quoted(name))
            return Scalar("", None, self.source.span(start, end), exact=False)
        if depth > DEPTH:
            self.findings.add("too-deep", start, start + 1, limit=DEPTH)
            raise Stop
        self.values.properties(event)
        bracket = self.text[start] if event.flow_style else ""
        if bracket in ("[", "{"):
            self.reached.brackets.append(start)
        if isinstance(event, MappingStartEvent):
            node: Node = self._mapping(start, depth, bool(event.flow_style))
        else:
            node = self._sequence(start, depth, bool(event.flow_style))
        if bracket in ("[", "{"):
            self.reached.brackets.pop()
        elif bracket and item and leaves(self.text, opened := self.reached.brackets[-1], start):
            self.findings.refuse(unclosed(self.text, opened), 0, 0)
        elif bracket and item:
            text = node.span.text
            self.findings.add("pair-in-list", start, node.span.end, text=text, quoted=quoted(text))
        return node

    def _sequence(self, start: int, depth: int, flow: bool) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := self.events.next(), SequenceEndEvent):
            items.append(self._node(event, depth + 1, flow, item=True))
        return Sequence(tuple(items), self._closed(event, start, items))

    def _mapping(self, start: int, depth: int, flow: bool) -> Mapping:
        keys = Keys(self.findings)
        entries: list[tuple[Scalar, Node]] = []
        bare: list[tuple[Scalar, tuple[Scalar, Node] | None]] = []
        while not isinstance(event := self.events.next(), MappingEndEvent):
            key = self._key(event, depth)
            after = self.events.next()
            ends = key.span.end + key.quoted if key else 0
            if flow and key and isinstance(after, ScalarEvent) and place(after) == (ends, ends):
                bare.append((key, entries[-1] if entries else None))
                continue
            node = self._node(after, depth + 1, flow)
            if key and keys.admit(key, not self.values.oddly_indented(key.span.start, key.span.start)):
                entries.append((key, node))
        span = self._closed(event, start, [node for _, node in entries])
        if bare:
            self._without_colon(bare, span, bool(entries))
        return Mapping(tuple(entries), span)

    def _closed(self, event: Event, start: int, nodes: list[Node]) -> Span:
        """The span of a collection: up to its bracket, or else to the end of its last node."""
        low, high = place(event)
        if low < high:
            self.reached.note("flow", start, high)
            return self.source.span(start, high)
        return self.source.span(start, nodes[-1].span.end if nodes else start + 1)

    def _key(self, event: Event, depth: int) -> Scalar | None:
        """The key an event gives, or None and a finding if it is not a text. It is on one line:
        PyYAML takes nothing else for a key, explicit keys apart, which `Events` refuses."""
        start, end = place(event)
        if not isinstance(event, ScalarEvent):
            self._node(event, depth + 1, False)
            words = {"what_zh": "一个列表、映射或别名", "what_en": "a list, a mapping or an alias"}
            self.findings.add("key-not-text", start, start + 1, **words)
            return None
        self.values.properties(event)
        key = self.values.content(event)
        mistaken = None if key.quoted else in_key(key.text)
        if mistaken:
            line = self.text[start:].split("\n", 1)[0].rstrip()
            self.findings.refuse(in_key(line) or mistaken, start, end)
            return None
        if key.text == "<<" and not key.quoted:
            self.findings.add("merge-refused", start, end)
            return None
        return key

    def _without_colon(
        self, bare: list[tuple[Scalar, tuple[Scalar, Node] | None]], span: Span, entries: bool
    ) -> None:
        """Names in braces that have no colon: a template, a list, or a text split by its comma."""
        slips = [slip(key.text) for key, _ in bare]
        if not entries and not any(slips):
            listed = f"[{span.text.strip('{}').strip()}]"
            words = {"text": span.text, "quoted": quoted(span.text), "listed": listed}
            self.findings.refuse(Refusal("unquoted-template", words), span.start, span.end)
            return
        for (key, before), found in zip(bare, slips, strict=True):
            self.findings.refuse(found or self._split(key, before), key.span.start, key.span.end)

    def _split(self, key: Scalar, before: tuple[Scalar, Node] | None) -> Refusal:
        if before is None or not isinstance(before[1], Scalar) or before[1].quoted:
            return Refusal("split-label", {"key": key.text})
        whole = self.text[before[1].span.start : key.span.end]
        grouped = plain(whole)
        if isinstance(grouped, Refusal):
            return grouped
        return Refusal("split-label", {"key": key.text, "write": f"{before[0].text}: {quoted(whole)}"})
