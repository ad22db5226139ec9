"""The shape of the code: imports go down, nothing below the CLI prints or looks at the world, files stay short."""

from __future__ import annotations

import ast
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "policyengine"
# From the bottom up. A module may import from its own layer and from those before it.
LAYERS = (
    ("version", "source", "codes", "nearest", "unread"),
    ("diagnostics", "exact"),
    ("values", "reading", "capitals"),
    ("literals", "lang"),
    ("model", "schema"),
    ("clauses", "build", "sections", "amend", "wording", "facts", "case", "called"),
    ("loader", "casefile", "plan"),
    ("desugar", "groups", "folding", "room"),
    ("instances",),
    ("world", "grouping", "decision"),
    ("trace", "inforce", "supposed"),
    ("validity",),
    ("refusing",),
    ("deciding", "checks"),
    ("signs",),
    ("columns",),
    ("again", "inplay", "ladder"),
    ("distance", "alternatives", "asking"),
    ("reaching", "nearby"),
    ("explanation", "labels", "passing", "gates", "claims"),
    ("phrases", "formulas", "scenarios", "supposing", "heads"),
    ("splits",),
    ("lines",),
    ("steps", "marking"),
    ("explaining",),
    ("asked", "naming", "courses"),
    ("advising", "casetext"),
    ("render",),
    ("graph", "show", "template", "editor"),
    ("tables",),
    ("bulk",),
    ("options", "shared"),
    ("api",),
    ("cli", "__main__", "__init__"),
)
LEVEL = {name: i for i, layer in enumerate(LAYERS) for name in layer}
FILES = sorted(PACKAGE.rglob("*.py"))
BELOW = [path for path in FILES if "cli" not in path.parts and path.name != "__main__.py"]


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("policyengine"):
            if node.module == "policyengine":
                found += [(alias.name, node.lineno) for alias in node.names]
            else:
                found.append((node.module.split(".")[1], node.lineno))
        elif isinstance(node, ast.Import):
            found += [
                (a.name.split(".")[1], node.lineno) for a in node.names if a.name.startswith("policyengine.")
            ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    own = part(path)
    assert own in LEVEL, f"{own} has no layer"
    up = [(name, line) for name, line in imports(path) if LEVEL[name] > LEVEL[own]]
    assert up == []


def test_the_language_knows_nothing_of_policies() -> None:
    known = {"source", "diagnostics", "values", "exact", "lang", "codes", "nearest"}
    for path in (PACKAGE / "lang").glob("*.py"):
        assert {name for name, _ in imports(path)} <= known, path


@pytest.mark.parametrize("path", BELOW, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_below_the_command_line_prints_or_looks_at_the_world(path: Path) -> None:
    if path.name == "room.py":
        return  # raises the depth of recursion, the one thing it asks of Python itself
    banned_modules = {"random", "time", "socket", "urllib", "http", "subprocess", "sys", "os"}
    banned_calls = {"print", "input", "now", "today", "getenv", "eval", "exec"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not {a.name.split(".")[0] for a in node.names} & banned_modules, (path, node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in banned_modules, (path, node.lineno)
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            assert name not in banned_calls, (path, node.lineno)
            assert attribute not in {"now", "today", "getenv"}, (path, node.lineno)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_broad_except_and_no_floats(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            name = node.type.id if isinstance(node.type, ast.Name) else ""
            broad = node.type is None or name in ("Exception", "BaseException")
            assert not broad or path == PACKAGE / "cli" / "__init__.py", (path, node.lineno)
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            assert is_ratio(node.value), (path, node.lineno)
        if isinstance(node, ast.Name):
            # spreadsheets store binary numbers: one function of tables/cells.py finds the digits that were typed
            known = path.parts[-2] in ("lang", "schema") or path == PACKAGE / "tables" / "cells.py"
            assert node.id != "float" or known, (path, node.lineno)


def is_ratio(value: float) -> bool:
    """Cut-offs of did-you-mean are the only floats there are."""
    return 0 < value < 1


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    tables = path.parent.name == "codes"  # a table may be as long as it is
    assert tables or len(text.splitlines()) <= 480, len(text.splitlines())
    assert (path.name == "__init__.py" and not text.strip()) or ast.get_docstring(ast.parse(text))


def test_every_package_is_installed() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    listed = config["options"]["packages"].split()
    there = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert there <= set(listed) and listed == list(dict.fromkeys(listed)), there - set(listed)
