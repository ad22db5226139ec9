"""How far a long run is: one line on a terminal, with rows a second and the time left; nothing anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

EVERY = 200  # milliseconds between two drawings
PATIENCE = 1_000  # before the first: a short run shows nothing
_BAR = 24


class Bar:
    """Draws how far it is over the same line, and wipes it away at the end."""

    def __init__(self, out: TextIO, lang: str, clock: Callable[[], int] | None = None) -> None:
        self.out, self.zh, self.clock = out, lang == "zh", clock or _milliseconds
        self.start = self.clock()
        self.drawn: int | None = None

    def __call__(self, done: int, total: int) -> None:
        now = self.clock()
        if now - self.start < PATIENCE or (self.drawn is not None and now - self.drawn < EVERY):
            return
        self.drawn = now
        self.out.write("\r" + self.line(done, total, now - self.start) + "\x1b[K")
        self.out.flush()

    def line(self, done: int, total: int, took: int) -> str:
        """What is drawn after some milliseconds."""
        full = _BAR * done // total
        bar = "█" * full + "·" * (_BAR - full)
        speed = done * 1_000 // max(took, 1)
        left = (total - done) * took // (done * 1_000)
        clock = f"{left // 60}:{left % 60:02}"
        if self.zh:
            return f"认定 {bar} {done}/{total}行  每秒{speed}行  还要{clock}"
        return f"deciding {bar} {done}/{total} rows  {speed} rows/s  {clock} left"

    def wipe(self) -> None:
        if self.drawn is not None:
            self.out.write("\r\x1b[K")
            self.out.flush()


@contextmanager
def progress(lang: str) -> Iterator[Bar | None]:
    """What to tell how far it is; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = Bar(sys.stderr, lang)
    try:
        yield bar
    finally:
        bar.wipe()


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000
