"""`--resume`: what a long run has decided is kept beside the result until that is written, `结果.xlsx.未完`.

The first line says what the answers belong to: the policy, the readings, the inputs, the engine and how the tables are
read. A run goes on from them only where all of that is the same; so the result is that of a run nothing happened to.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

import click

from policyengine.cli.common import CannotWrite, note
from policyengine.unread import reason

# What a run belongs to, in English.
CALLED = {
    "程序版本": "the version of the engine", "政策内容": "the policy", "原文": "the official text",
    "输入文件": "the input files", "口径": "the readings", "改动": "the changes", "命令": "the command",
    "--engine": "--engine", "怎样读表": "how the tables are read",
}  # fmt: skip
CHUNK = 500  # answers in a line; about as many are decided in half a second


class Journal:
    """The answers of one run. `head`: what they belong to, by the names in `CALLED`."""

    def __init__(self, out: str, lang: str, resume: bool) -> None:
        self.path = Path(out + (".未完" if lang == "zh" else ".unfinished"))
        self.lang, self.resume = lang, resume
        self.plans: Any = None
        self.head: dict[str, str] = {}
        self.now = 0
        self.new: list[Any] = []
        self.old: dict[tuple[int, str], Any] = {}
        self.file: FileIO | None = None
        self.end = 0  # of what is whole

    def begin(self, plans: Any, head: dict[str, str]) -> None:
        """Say what is decided; read what a run before has left. Ends with 2 where that was of something else."""
        self.plans, self.head = plans, head
        if not self.path.exists():
            if self.resume:
                note(f"没有找到 {self.path}，从头算", f"{self.path} is not there: from the start", self.lang)
        elif self.resume:
            self._take_up()
        else:
            note(
                f"上次没有算完的记录 {self.path} 不用了，从头算；要接着算就加 --resume",
                f"{self.path} of a run that was broken off is not used; --resume goes on from it",
                self.lang,
            )

    def _take_up(self) -> None:
        from policyengine.tables import journal

        with self.path.open("rb") as file:
            first = file.readline()
            end = len(first)
            was = _parsed(first)
            if not first.endswith(b"\n"):  # broken off before there was anything
                end, was = 0, self.head
            wrong = [name for name in self.head if was.get(name) != self.head[name]]
            if wrong:
                zh, en = "、".join(wrong), ", ".join(CALLED[name] for name in wrong)
                raise click.UsageError(
                    f"和上次没有算完的不一样，不能接着算：{zh}。不加 --resume 就从头算"
                    f" / it cannot be resumed, for these differ from what was broken off: {en}; without --resume it starts anew"
                )
            for line in file:
                found = journal.read(self.plans, line.decode("utf-8", "replace"))
                if found is None:  # torn off
                    break
                end += len(line)
                self.old |= {(found[0], answer.decision.subject.id): answer for answer in found[1]}
        self._open()
        self.end = end
        note(
            f"接着算：{len(self.old)}件上次已经认定",
            f"going on: {len(self.old)} were decided before",
            self.lang,
        )

    # --- of the batch ---

    def section(self) -> None:
        """A whole table is decided, or decided again."""
        self.flush()
        self.now += 1

    def kept(self, id_: str) -> Any:
        """The answer to an application from the run before."""
        return self.old.get((self.now, id_))

    def keep(self, answer: Any) -> None:
        """Keep an answer; a full chunk goes to the disk."""
        self.new.append(answer)
        if len(self.new) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Bring what was decided to the disk; of a short run, nothing."""
        from policyengine.tables import journal

        if not self.new or (self.file is None and len(self.new) < CHUNK):
            return
        try:
            if self.file is None:
                self._open()
            if not self.end:
                self._write(json.dumps(self.head, ensure_ascii=False) + "\n")
            self._write(journal.line(self.plans, self.now, self.new))
        except OSError as error:
            zh, en = reason(error)
            raise CannotWrite(f"写不了 {self.path}：{zh} / cannot write {self.path}: {en}") from error
        self.new = []

    # --- the file ---

    def _open(self) -> None:
        """Take the file for this run; what is in it stays until something is written."""
        self.path.touch()
        file = self.path.open("rb+", buffering=0)
        if not _locked(file):
            file.close()
            raise click.UsageError(f"另一次运行正在写 {self.path} / another run is writing it")
        self.file = file

    def _write(self, text: str) -> None:
        """A line after what is whole: a write that was broken off is written over."""
        assert self.file is not None
        self.file.truncate(self.end)
        self.file.seek(self.end)
        data = text.encode()
        left = memoryview(data)
        while left:
            left = left[self.file.write(left) or 0 :]
        os.fsync(self.file.fileno())
        self.end += len(data)

    def done(self) -> None:
        """The result is written: the journal is not needed any more."""
        self._close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def broken_off(self) -> bool:
        """Keep what can be kept of a run that ends early; whether there is anything to go on from."""
        with suppress(CannotWrite):
            self.flush()
        there = self.file is not None
        self._close()
        return there

    def _close(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


def _parsed(line: bytes) -> dict[str, str]:
    """The first line; nothing where it is torn or no journal's."""
    try:
        found = json.loads(line.decode())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _locked(file: FileIO) -> bool:
    """Take a file for this run alone, where the system can do that."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
