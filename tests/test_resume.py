"""A long run that is broken off: no finished answer is lost, and going on gives the bytes of a run nothing happened to."""

from __future__ import annotations

import _thread
import contextlib
import itertools
import json
import random
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from policyengine.asked import asked
from policyengine.cli import journal as cli_journal
from policyengine.cli.columns import Patient
from policyengine.diagnostics import CaseError
from policyengine.tables import journal
from policyengine.tables.batch import decide_tables
from policyengine.tables.read import Tables, read_tables
from tests import tangled
from tests.support import yanzhou
from tests.test_bulk import mixed
from tests.test_tables_results import POLICY, run

FORMS = ("csv", "xlsx", "jsonl", "parquet")
ROWS = 40


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tables in a folder of their own, and a journal that is written after every few answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli_journal, "CHUNK", 3)
    return written(7, ROWS)


def written(seed: int, rows: int) -> list[str]:
    """The names of tables with blanks and one slip."""
    grids = tangled.tables(yanzhou(), seed, rows, True)
    tangled.slip(grids, random.Random(seed))
    for title, grid in grids.items():
        Path(f"{title}.csv").write_text("\n".join(",".join(line) for line in grid) + "\n", "utf-8")
    return [f"{title}.csv" for title in grids]


def breaking(monkeypatch: pytest.MonkeyPatch, at: int, with_: type[BaseException], half: bool) -> None:
    """The `at`th line of the journal is not written, or only half of it; a stop that cannot be helped writes no more."""
    whole, lines = cli_journal.Journal._write, [0]

    def write(self: cli_journal.Journal, text: str) -> None:
        lines[0] += 1
        if lines[0] == at:
            if half and self.file is not None:
                self.file.seek(self.end)
                self.file.write(text.encode()[: len(text) // 2])
            raise with_
        whole(self, text)

    monkeypatch.setattr(cli_journal.Journal, "_write", write)


class Killed(BaseException):
    """A process that ends at once: nothing is said or kept after it."""


@pytest.mark.parametrize("engine", ["scalar", "columns"])
@pytest.mark.parametrize("form", FORMS)
def test_going_on_gives_the_same_bytes(
    form: str, engine: str, tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("evaluate", *tables, "-o", f"结果.{form}", "--engine", engine, *POLICY)
    assert run(*command).exit_code == 0
    wanted = {path.name: path.read_bytes() for path in Path().glob("结果*")}
    for path in Path().glob("结果*"):
        path.unlink()
    with monkeypatch.context() as patch:
        breaking(patch, 3, KeyboardInterrupt, half=True)
        assert run(*command).exit_code != 0
    assert {path.name for path in Path().glob("结果*")} == {f"结果.{form}.未完"}
    again = run(*command, "--resume")
    assert again.exit_code == 0 and re.search(r"接着算：[1-9]\d*件上次已经认定", again.stderr)
    assert {path.name: path.read_bytes() for path in Path().glob("结果*")} == wanted


@pytest.mark.parametrize("half", [False, True])
def test_broken_off_at_every_line(half: bool, tables: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("evaluate", *tables, "-o", "结果.jsonl", "--engine", "scalar", *POLICY)
    assert run(*command).exit_code == 0
    wanted = Path("结果.jsonl").read_bytes()
    for at in range(1, 2 * ROWS):
        Path("结果.jsonl").unlink()
        with monkeypatch.context() as patch:
            breaking(patch, at, Killed, half)
            try:
                ended = run(*command).exit_code == 0
            except Killed:
                ended = False
        if ended:
            assert at > ROWS // 3
            break
        assert run(*command, "--resume").exit_code == 0
        assert Path("结果.jsonl").read_bytes() == wanted
        assert not Path("结果.jsonl.未完").exists()
    else:
        raise AssertionError("it was never left alone")


def left_over(tables: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    command = ("evaluate", *tables, "-o", "结果.csv", "--engine", "scalar", *POLICY)
    with monkeypatch.context() as patch:
        breaking(patch, 4, KeyboardInterrupt, half=False)
        run(*command)
    assert Path("结果.csv.未完").exists()
    return command


CHANGES: dict[str, tuple[Callable[[str], object], tuple[str, ...], str, str]] = {
    "an input": (lambda name: Path(name).write_text(Path(name).read_text("utf-8") + "\n", "utf-8"), (), "输入文件", "the input files"),
    "a parameter": (lambda _: None, ("--set", "equipment_cap=120万元"), "改动", "the changes"),
    "a reading": (lambda _: None, ("--reading", "rate_bonus=stack"), "口径", "the readings"),
    "how it is read": (lambda _: None, ("--complete", "其它财政资金"), "怎样读表", "how the tables are read"),
    "the engine's way": (lambda _: None, ("--engine", "columns"), "--engine", "--engine"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_it_only_goes_on_with_the_same(what: str, tables: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = left_over(tables, monkeypatch)
    before = Path("结果.csv.未完").read_bytes()
    change, options, *named = CHANGES[what]
    change(tables[0])
    result = run(*command, *options, "--resume")
    zh, en = (part.partition(mark)[2] for mark, part in zip(("不能接着算：", "cannot be resumed"), result.output.split(" / "), strict=True))  # fmt: skip
    assert result.exit_code == 2 and named[0] in zh and named[1] in en
    assert set(json.loads(before.partition(b"\n")[0])) == set(cli_journal.CALLED)
    assert not Path("结果.csv").exists() and Path("结果.csv.未完").read_bytes() == before


def test_a_changed_line_is_not_believed(tables: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = left_over(tables, monkeypatch)
    path = Path("结果.csv.未完")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2].replace("refused", "granted", 1), *lines[3:]]), "utf-8")
    result = run(*command, "--resume")
    assert result.exit_code == 0 and "接着算：3件" in result.stderr


def test_without_asking_it_starts_anew_and_says_so(
    tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(*left_over(tables, monkeypatch))
    assert result.exit_code == 0 and "--resume" in result.stderr and not Path("结果.csv.未完").exists()
    again = run("evaluate", *tables, "-o", "结果.csv", "--resume", *POLICY)
    assert again.exit_code == 0 and "从头算" in again.stderr


def test_it_needs_a_file_to_write(tables: list[str]) -> None:
    assert run("evaluate", *tables, "--resume", *POLICY).exit_code == 2


def test_two_runs_do_not_write_one_journal(tables: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    command = left_over(tables, monkeypatch)
    with Path("结果.csv.未完").open("rb+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = run(*command)
    assert result.exit_code == 2 and "另一次运行" in result.output


def test_a_short_run_leaves_no_trace(tables: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_journal, "CHUNK", 10_000)
    with monkeypatch.context() as patch:
        patch.setattr("policyengine.cli.told.write_result", interrupted)
        run("evaluate", *tables, "-o", "结果.csv", "--engine", "scalar", *POLICY)
    assert list(Path().glob("结果*")) == []


def interrupted(*_: object) -> list[str]:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_signal_ends_it_and_the_told_command_goes_on(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(signal, name):
        pytest.skip(f"this system has no {name}")
    monkeypatch.chdir(tmp_path)
    tables = written(3, 1_100)
    words = [sys.executable, "-m", "policyengine", "evaluate", *tables, "--engine", "scalar", *POLICY]
    kept = Path("结果.csv.未完")
    process = subprocess.Popen(
        [*words, "-o", "结果.csv"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=heeding
    )
    while process.poll() is None and not (kept.exists() and kept.read_bytes().count(b"\n") > 1):
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    said = process.communicate()[1].decode("utf-8")
    assert process.returncode == (130 if name == "SIGINT" else -signal.SIGKILL)
    assert kept.exists() and not Path("结果.csv").exists()
    again = [*words, "-o", "结果.csv", "--resume"]
    if name == "SIGINT":
        told = re.search(r"接着算：policyengine (.*)", said)
        assert told is not None
        again = [sys.executable, "-m", "policyengine", *shlex.split(told.group(1))]
    subprocess.run(again, check=True, capture_output=True)
    subprocess.run([*words, "-o", "全程.csv"], check=True, capture_output=True)
    assert Path("结果.csv").read_bytes() == Path("全程.csv").read_bytes() and not kept.exists()


def heeding() -> None:
    """A shell lets what it runs in the background ignore SIGINT; here it is heard whoever runs the tests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def readable(seed: int, folder: Path) -> tuple[Tables, dict[str, str]]:
    """Tables that can be read, with readings: a slip may have lost a column that is needed."""
    for number in itertools.count(seed, 100):
        (folder / str(number)).mkdir()
        inputs, how, readings = mixed(number, folder / str(number))
        with contextlib.suppress(CaseError):
            return read_tables(yanzhou().policy, inputs, how, asked(yanzhou().last).default), readings
    raise AssertionError


@pytest.mark.parametrize("seed", range(12))
def test_answers_come_back_as_they_were(seed: int, tmp_path: Path) -> None:
    plans, found = yanzhou(), Kept()
    tables, readings = readable(seed, tmp_path)
    decide_tables(plans, tables, readings, journal=found)
    for section, answers in enumerate(found.sections, 1):
        text = journal.line(plans, section, answers)
        again = journal.read(plans, text)
        assert again is not None and journal.line(plans, *again) == text
        pairs = list(zip(again[1], answers, strict=True))
        assert all(
            (a.seen, a.if_granted, a.decision.amount) == (b.seen, b.if_granted, b.decision.amount)
            for a, b in pairs
        )
        assert all(
            a.decision.missing[:1] == () or a.decision.missing[0].fact == b.decision.missing[0].fact
            for a, b in pairs
        )
        assert journal.read(plans, text[:-2]) is None


class Kept:
    """A journal in memory."""

    def __init__(self) -> None:
        self.sections: list[list[journal.Answer]] = []

    def section(self) -> None:
        self.sections.append([])

    def kept(self, id_: str) -> journal.Answer | None:
        return None

    def keep(self, answer: journal.Answer) -> None:
        self.sections[-1].append(answer)


class _Endless:
    """A database that is busy until it is interrupted; meanwhile Ctrl-C is pressed."""

    def __init__(self) -> None:
        self.interrupted = threading.Event()

    def execute(self, statement: str) -> None:
        _thread.interrupt_main()
        self.interrupted.wait()
        raise RuntimeError(statement)

    def interrupt(self) -> None:
        self.interrupted.set()


def test_a_statement_of_the_database_is_broken_off() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            Patient(_Endless()).execute("SELECT")
    finally:
        signal.signal(signal.SIGINT, before)
