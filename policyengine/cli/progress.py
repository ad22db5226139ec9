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
        # of the rows that are decided now: how many were done at first, when that was, and at the last call
        self.first, self.since, self.last = 0, self.start, 0

    def __call__(self, done: int, total: int) -> None:
        """Rows decided, of how many."""
        now = self.clock()
        if done <= self.last or not self.last:  # these rows, or these once more
            self.first, self.since = done, now
        self.last = done
        if self._due(now) and done > self.first:
            self._draw(self.line(done, total, done - self.first, now - self.since), now)

    def steps(self, done: int, total: int) -> None:
        """Steps of the work by column, of how many; how many rows a step takes is not known."""
        now = self.clock()
        if self._due(now):
            name = "按列认定" if self.zh else "by column"
            self._draw(
                f"{name} {_bar(done, total)} {f'第{done}步，共{total}步' if self.zh else f'step {done} of {total}'}",
                now,
            )

    def line(self, done: int, total: int, some: int, took: int) -> str:
        """What is drawn, where the last `some` rows took some milliseconds."""
        speed = some * 1_000 // max(took, 1)
        left = (total - done) * took // (some * 1_000)
        clock = f"{left // 60}:{left % 60:02}"
        if self.zh:
            return f"认定 {_bar(done, total)} {done}/{total}行  每秒{speed}行  还要{clock}"
        return f"deciding {_bar(done, total)} {done}/{total} rows  {speed} rows/s  {clock} left"

    def _due(self, now: int) -> bool:
        return now - self.start >= PATIENCE and (self.drawn is None or now - self.drawn >= EVERY)

    def _draw(self, line: str, now: int) -> None:
        self.drawn = now
        self.out.write("\r" + line + "\x1b[K")
        self.out.flush()

    def wipe(self) -> None:
        if self.drawn is not None:
            self.out.write("\r\x1b[K")
            self.out.flush()


def _bar(done: int, total: int) -> str:
    full = _BAR * done // total
    return "█" * full + "·" * (_BAR - full)


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
