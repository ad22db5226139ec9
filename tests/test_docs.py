"""Every block of README and docs is run: commands against their output, YAML read, Python executed.

In a `console` block, lines starting with `$ ` are commands and what follows is their output; a line `…`
stands for any number of lines. Refresh blocks without `…` with `pytest --update-golden`. A YAML block whose
first line is `# 文件：NAME` is that file: the commands of its page find it in the folder they run in.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policyengine.reading.yaml import read_yaml
from policyengine.source import Source
from tests.support import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"^# 文件：(.+)\n")


def blocks(kind: str) -> list[tuple[Path, str]]:
    return [
        (page, match[2])
        for page in PAGES
        if page.exists()
        for match in BLOCK.finditer(page.read_text("utf-8"))
        if match[1] == kind
    ]


def ids(found: list[tuple[Path, str]]) -> list[str]:
    return [f"{page.name}-{i}" for i, (page, _) in enumerate(found)]


CONSOLE, PYTHON, YAML = blocks("console"), blocks("python"), blocks("yaml")


def parts(block: str) -> list[tuple[str, list[str]]]:
    """Commands with the output lines that are shown for them."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def run(command: str, cwd: Path) -> list[str]:
    """What a command prints, both streams, in the order of a terminal that shows errors last."""
    words = shlex.split(command)
    assert words[0] == "policyengine", f"only policyengine is run in docs: {command}"
    environment = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "policyengine", *words[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return [line.rstrip() for line in (done.stdout + done.stderr).rstrip("\n").splitlines()]


def matches(shown: list[str], printed: list[str]) -> bool:
    if not shown:
        return not printed
    if shown[0].strip() == "…":
        return any(matches(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    return bool(printed) and shown[0].rstrip() == printed[0] and matches(shown[1:], printed[1:])


def folder(page: Path, empty: Path) -> Path:
    """Where a page's commands run: the project, or for a page with files of its own a folder that holds them."""
    files = {
        found[1]: text for where, text in YAML if where == page and (found := FILE.match(text))
    }  # fmt: skip
    if not files:
        return ROOT
    for name, text in files.items():
        (empty / name).write_text(text, "utf-8")
    shutil.copytree(ROOT / "examples", empty / "examples")
    return empty


@pytest.mark.parametrize(("page", "block"), CONSOLE, ids=ids(CONSOLE))
def test_commands_print_what_the_page_shows(
    page: Path, block: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = folder(page, tmp_path)
    for command, shown in parts(block):
        printed = run(command, place)
        if request.config.getoption("--update-golden", default=False) and "…" not in (
            line.strip() for line in shown
        ):
            text = page.read_text("utf-8")
            old = f"$ {command}\n" + "".join(f"{line}\n" for line in shown)
            page.write_text(
                text.replace(old, f"$ {command}\n" + "".join(f"{line}\n" for line in printed)), "utf-8"
            )
            continue
        assert matches(shown, printed), "\n".join([command, *printed])


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=ids(PYTHON))
def test_python_runs(page: Path, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block, str(page), "exec"), {})


@pytest.mark.parametrize(("page", "block"), YAML, ids=ids(YAML))
def test_yaml_is_strict(page: Path, block: str) -> None:
    if "…" in block:
        return  # a sketch with parts left out
    node, found = read_yaml(Source(page.name, block))
    assert node is not None and not [d for d in found if d.severity == "error"], [
        d.message("en") for d in found
    ]


def test_the_pages_are_there_and_hold_blocks() -> None:
    assert (ROOT / "README.md").exists() and len(CONSOLE) >= 6 and PYTHON
