"""What becomes of rows: entities put together from them, and rows set aside, of which only what they name is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from policyengine.case import Given
from policyengine.source import Span

Name = tuple[str, str]  # kind and id of an entity


class Key(NamedTuple):
    """A row: the number of its sheet, and its number in the sheet."""

    sheet: int
    row: int


@dataclass(slots=True)
class Draft:
    """An entity put together from one or several rows."""

    kind: str
    id: str
    span: Span
    rows: list[Key] = field(default_factory=list)
    facts: dict[str, Given] = field(default_factory=dict)
    references: dict[str, str | None] = field(default_factory=dict)
    relations: dict[str, tuple[bool, Span]] = field(default_factory=dict)
    own: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A row set aside: what it was about, and where each reference leads; None where that cannot be read.

    `none`: references of which it is written that they lead nowhere.
    """

    key: Key
    name: Name
    leads: Mapping[str, Name | None]
    none: frozenset[str]
