"""Measures, side by side in one run, and prints ratios: the machine's own speed falls out of them.

    python -m bench.run [--rounds 5] [cold] [stages] [peers] [sheets] [bulk]

Each figure is the median of its rounds; the rounds of what is compared are interleaved, so that a busy
moment of the machine falls on all of them. Peers' answers are compared with the reference, row by row.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import bulk, work

ROOT = Path(__file__).parents[1]
CASE = "examples/装备升级.yaml"
POLICY = "policies/yanzhou-2020-14"
PEERS = ("simpleeval_peer", "rule_engine_peer", "cel_rust", "zen_table", "cel_python", "rego")
ROWS = 400
MANY = 200_000


def medians(jobs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds a job takes, the median of its rounds, one job after the other in every round."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    print(f"\n{title}")
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())


def command(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def cold(rounds: int) -> None:
    """Whole processes against a Python that does nothing."""
    jobs = {
        "python -c pass": command("-c", "pass"),
        "policyengine --help": command("-m", "policyengine", "--help"),
        "policyengine check, the whole document": command("-m", "policyengine", "check", POLICY),
        "policyengine evaluate, one application": command("-m", "policyengine", "evaluate", CASE),
        "policyengine explain, one application": command("-m", "policyengine", "explain", CASE),
    }
    found = medians(jobs, rounds)
    base = found["python -c pass"]
    rows = [[name, f"{t * 1000:.0f}", f"{t / base:.1f}"] for name, t in found.items()]
    table("Cold start", ("process", "ms", "× python"), rows)


def stages(rounds: int) -> None:
    """The stages inside one process, for the whole document and one application."""
    from policyengine import check, compile, decide, explain, load, read_case
    from policyengine.deciding import decide as decide_case

    text = (ROOT / CASE).read_bytes()
    timeline = load(ROOT / POLICY)
    plans = compile(timeline)
    case = read_case(plans, text, CASE).cases[0]
    decided = decide(plans, case)
    jobs: dict[str, Callable[[], object]] = {
        "load (read, schema, build)": lambda: load(ROOT / POLICY),
        "check": lambda: check(timeline),
        "compile": lambda: compile(timeline),
        "read one case": lambda: read_case(plans, text, CASE),
        "decide, outcome and refusals only": lambda: decide_case(plans, case, reasons=False),
        "decide, with what it rests on": lambda: decide(plans, case),
        "explain in full, Chinese": lambda: explain(decided),
        "explain, the summary": lambda: explain(decided, depth="summary"),
    }
    found = medians(jobs, rounds)
    table(
        "Stages, the whole document",
        ("stage", "ms"),
        [[name, f"{t * 1000:.2f}"] for name, t in found.items()],
    )


def peers(rounds: int) -> None:
    """The common work, one application at a time, and all at once for those that take columns."""
    rows = work.rows(ROWS)
    wanted = [work.reference(row) for row in rows]
    jobs: dict[str, Callable[[], object]] = {}
    wrong: dict[str, int] = {}
    for module in ("ours", *PEERS):
        peer = importlib.import_module(f"bench.peers.{module}")
        decide = peer.prepare()
        wrong[peer.NAME] = sum(decide(row) != answer for row, answer in zip(rows, wanted, strict=True))
        jobs[peer.NAME] = lambda decide=decide: [decide(row) for row in rows]  # type: ignore[misc]
    found = medians(jobs, rounds)
    own = found["policyengine, no trace"]
    lines = [
        [name, f"{t / ROWS * 1e6:.0f}", f"{t / own:.2f}", f"{wrong[name]} of {ROWS}"]
        for name, t in sorted(found.items(), key=lambda item: item[1])
    ]
    table("Common work, one at a time, warm", ("engine", "µs a case", "× policyengine", "wrong"), lines)
    _columns(rounds)


def _columns(rounds: int) -> None:
    from bench.peers import openfisca, ours

    rows = work.rows(MANY)
    wanted = [work.reference(row) for row in rows]
    jobs: dict[str, Callable[[], object]] = {}
    wrong: dict[str, int] = {}
    for name, peer in ((ours.BY_COLUMN, ours), (openfisca.NAME, openfisca)):
        decide = peer.prepare_columns()
        wrong[name] = sum(a != b for a, b in zip(decide(rows), wanted, strict=True))
        jobs[f"{name}, from objects to objects"] = lambda decide=decide: decide(rows)  # type: ignore[misc]
        jobs[f"{name}, from tables to tables"] = peer.prepare_staged(rows)
    found = medians(jobs, rounds)
    lines = [
        [name, f"{MANY / t:,.0f}", f"{wrong[name.rpartition(', from')[0]]} of {MANY}"]
        for name, t in found.items()
    ]
    table("Common work, all rows at once", ("engine", "rows a second", "wrong"), lines)


def sheets(_: int) -> None:
    """Workbooks of synthetic applications read, decided and written by the command, start included."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        for number, times in ((1_000, 5), (100_000, 1)):
            made, result = f"{name}/applications.xlsx", f"{name}/result.xlsx"
            policyengine = [sys.executable, "-m", "policyengine"]
            commands = {
                "sample": [*policyengine, "sample", POLICY, "-n", str(number), "--seed", "1", "-o", made],
                "evaluate": [*policyengine, "evaluate", made, "--policy", POLICY, "-o", result],
            }
            for what, words in commands.items():
                taken = []
                for _ in range(times):
                    start = time.perf_counter()
                    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
                    taken.append(time.perf_counter() - start)
                lines.append([f"{what}, {number:,} applications", f"{statistics.median(taken):.1f}"])
    table("Workbooks", ("command", "s"), lines)


def columns(_: int) -> None:
    """The whole document by column, from files to files."""
    table("The whole document by column", bulk.HEAD, bulk.lines())


def main() -> None:
    parts = {"cold": cold, "stages": stages, "peers": peers, "sheets": sheets, "bulk": columns}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*parts, []], help="which to run; all where none is named"
    )
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    for name in chosen.parts or parts:
        parts[name](chosen.rounds)


if __name__ == "__main__":
    main()
