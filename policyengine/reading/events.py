"""PyYAML's parser events of a text, in pure Python, with three doors closed.

Anchors, tags and the like are seen in the events. Directives, explicit keys (`?`) and deep
nesting are stopped one level below, where PyYAML turns characters into tokens: it looks ahead
far beyond the event that it returns.
"""

from __future__ import annotations

from yaml.events import Event, ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from policyengine.reading.common import DEPTH


class Refused(Exception):
    """Something that is refused before it becomes an event, met at `offset`."""

    def __init__(self, code: str, offset: int) -> None:
        super().__init__(code)
        self.code = code
        self.offset = offset


class Events(Reader, Scanner, Parser):
    """The events of a text, one at a time.

    Raises `Refused`, PyYAML's `MarkedYAMLError`, or what `chr` raises for `"\\UFFFFFFFF"`.
    """

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def next(self) -> Event:
        """The next event; the last one is the end of the stream."""
        event: Event = self.get_event()  # type: ignore[no-untyped-call]
        return event

    def fetch_flow_collection_start(self, TokenClass: type) -> None:
        if self.flow_level >= DEPTH:
            raise Refused("too-deep", self.index)
        super().fetch_flow_collection_start(TokenClass)

    def fetch_directive(self) -> None:
        raise Refused("directive-refused", self.index)

    def fetch_key(self) -> None:
        raise Refused("unquoted-special", self.index)


def place(event: Event) -> tuple[int, int]:
    """The offsets where an event begins and ends; for values, properties are included."""
    start, end = event.start_mark, event.end_mark
    return (start.index if start else 0), (end.index if end else 0)


def kind(event: ScalarEvent) -> str:
    """How a value is written: `plain`, `quoted` or `block`."""
    if event.style is None:
        return "plain"
    return "block" if event.style in "|>" else "quoted"
