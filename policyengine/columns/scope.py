"""Where an expression stands: a row of a frame, or an entity reached from it along references."""

from __future__ import annotations

from dataclasses import dataclass

from policyengine.columns.domain import Day
from policyengine.columns.frames import Frame


@dataclass(frozen=True, slots=True)
class Scope:
    """`path`: from the frame's own entity along references to one of `kind`. `day`: the day from which it is seen,
    None for an undated entity by itself. `alias`: "" where expressions become columns of the frame, otherwise
    the alias from which the frame's columns are read (inside an aggregate)."""

    frame: Frame
    path: tuple[str, ...]
    kind: str
    day: Day | None
    alias: str = ""

    def name(self, name: str) -> str:
        """What a column for a value of this entity is called."""
        return ".".join((*self.path, name))
