"""Faults on the way to a result: what was there before stays whole or the new is complete, whatever happens when."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from policyengine.cli.common import CannotWrite, whole_file
from tests.support import ROOT
from tests.test_tables import base
from tests.test_tables import run as read
from tests.test_tables_files import workbook, zip_bomb
from tests.test_tables_results import limited, table

__all__ = ["table"]
OLD, NEW = b"old" * 1000, b"new" * 50_000

# Writes NEW over a file, and dies by SIGKILL when the n-th line of it runs.
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from policyengine.cli import common
out, left = sys.argv[2], int(sys.argv[3])
def trace(frame, event, argument):
    global left
    if event == "line":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
real = Path.write_bytes
def in_pieces(path, data):
    with open(path, "wb") as file:
        for start in range(0, len(data), 5000):
            file.write(data[start:start + 5000])
            file.flush()
Path.write_bytes = in_pieces
data = b"new" * 50_000
sys.settrace(trace)
common.write_bytes(data, out)
sys.settrace(None)
print("done", left)
"""


def written(folder: Path, after: int) -> tuple[int, str]:
    """How writing ends that is killed after so many lines."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(ROOT), str(folder / "结果.xlsx"), str(after)],
        capture_output=True, encoding="utf-8", check=False, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout


def test_killed_at_any_point_the_old_result_is_whole_or_the_new_one_is(tmp_path: Path) -> None:
    out = tmp_path / "结果.xlsx"
    lots = 100_000
    out.write_bytes(OLD)
    written(tmp_path, lots)  # so that all that is counted has been compiled before
    out.write_bytes(OLD)
    code, told = written(tmp_path, lots)
    assert code == 0 and out.read_bytes() == NEW
    lines = lots - int(told.split()[1])
    seen = set()
    for after in random.Random(4).sample(range(1, lines + 1), 30):
        out.write_bytes(OLD)
        code, _ = written(tmp_path, after)
        assert code == -9, (after, lines)
        assert out.read_bytes() in (OLD, NEW)
        seen.add(out.read_bytes() == NEW)
        for left in tmp_path.iterdir():  # nothing half written goes by the name of a result
            assert left == out or left.suffix == ".tmp"
    assert False in seen
    written(tmp_path, lots)
    assert [path.name for path in tmp_path.iterdir()] == ["结果.xlsx"]


@pytest.mark.parametrize("name", ["结果.csv", "结果.jsonl", "结果.xlsx", "结果.parquet"])
def test_a_failure_while_writing_leaves_no_trace(table: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("duckdb")
    (table / name).write_bytes(OLD)

    def tiny() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    done = limited(table, "evaluate", "申报.csv", "-o", name, before=tiny)
    assert done.returncode == 2 and "写不了" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and (table / name).read_bytes() == OLD
    assert sorted(path.name for path in table.iterdir()) == sorted(["申报.csv", name])


def test_a_folder_that_cannot_be_written_to_is_said(table: Path) -> None:
    closed = table / "只读"
    closed.mkdir(mode=0o500)
    if os.geteuid() == 0:  # who may write everywhere but where the system itself has its files
        closed = Path("/sys/kernel")
        if not closed.is_dir():
            pytest.skip("root may write everywhere")
    before = sorted(closed.iterdir())
    done = limited(table, "evaluate", "申报.csv", "-o", str(closed / "结果.xlsx"))
    assert done.returncode == 2 and "写不了" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert sorted(closed.iterdir()) == before


def test_a_place_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "文件").write_bytes(OLD)
    with pytest.raises(CannotWrite), whole_file(str(tmp_path / "文件" / "结果.xlsx")) as path:
        path.write_bytes(NEW)
    assert (tmp_path / "文件").read_bytes() == OLD


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("format_", ["text", "csv", "jsonl"])
def test_standard_output_without_room_is_said(table: Path, format_: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = limited(table, "evaluate", "申报.csv", "--format", format_, out=full)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr


def nested() -> bytes:
    deep = "<x>" * 200_000 + "</x>" * 200_000
    return workbook(
        {"项目": "编号"},
        {"xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{deep}</sheetData></worksheet>"},
    )


def test_deep_nesting_ends_in_words() -> None:
    seen = read(base(), {"汇总.xlsx": nested()})
    assert seen.found and all(d.code.startswith("table-") for d in seen.found), seen.found


def test_a_bomb_costs_little_memory(table: Path) -> None:
    """Address space is held to 1 GB: far less than what the bomb unpacks to would need."""
    (table / "炸弹.xlsx").write_bytes(zip_bomb())

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    done = limited(table, "evaluate", "炸弹.xlsx", before=little)
    assert done.returncode == 3 and "恶意" in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_the_workbook_opens_after_all(table: Path) -> None:
    """What is written over an old result is a whole workbook."""
    (table / "结果.xlsx").write_bytes(OLD)
    assert limited(table, "evaluate", "申报.csv", "-o", "结果.xlsx").returncode == 0
    assert openpyxl.load_workbook(table / "结果.xlsx")["明细"].max_row == 4  # three rows decided
