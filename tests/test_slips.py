"""Slips of an official (`slips.yaml`), planted in a copy of the shipped policy: the checks say exactly what they can.

A slip that no check can know is there too, so that the list says where scenarios and people must look; a check
that comes to see one makes the test fail, and the list is put right.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from policyengine import api
from policyengine.diagnostics import concise
from policyengine.reading.node import Mapping, plain
from policyengine.reading.yaml import read_yaml
from policyengine.source import Source
from tests.support import YANZHOU

FILE = Path(__file__).parent / "slips.yaml"


def groups() -> list[dict[str, object]]:
    """The groups of the file as plain data."""
    node, found = read_yaml(Source(FILE.name, FILE.read_text("utf-8")))
    assert isinstance(node, Mapping) and not found, [concise(d) for d in found]
    data = plain(node)
    assert isinstance(data, dict)
    return list(data["groups"])


def planted(slip: dict[str, str], folder: Path) -> None:
    """Write the slip into the copy; what it replaces must stand there once."""
    path = folder / slip["in"]
    text = path.read_text("utf-8")
    assert text.count(slip["find"]) == 1, slip["slip"]
    path.write_text(text.replace(slip["find"], slip["write"]), "utf-8", newline="\n")


@pytest.mark.parametrize("group", groups(), ids=lambda g: str(g["group"]).replace(" ", "-"))
def test_slips_are_found_as_far_as_a_check_can_know(group: dict[str, object], tmp_path: Path) -> None:
    folder = tmp_path / YANZHOU.name
    shutil.copytree(YANZHOU, folder)
    expected: Counter[str] = Counter()
    slips = group["slips"]
    assert isinstance(slips, list)
    for slip in slips:
        planted(slip, folder)
        codes = [slip["code"], *slip.get("also", [])]
        assert slip["code"] or slip["by"] in ("scenarios", "people")
        expected.update(code for code in codes if code)
    _, found = api.check_files(folder)
    assert Counter(d.code for d in found) == expected, [concise(d) for d in found]
