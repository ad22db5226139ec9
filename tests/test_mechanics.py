"""Worked examples of mechanics that other documents use, each a small fictitious policy in `tests/mechanics/`.

Every folder passes the checks without a finding, alone and with the overlays beside it; every scenario comes
out as worked by hand and can be explained; what `docs/mechanics.md` shows of a folder stands in it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policyengine import api, casefile, clauses, scenarios
from policyengine.instances import Plans
from policyengine.reading.node import Mapping
from tests.support import ROOT

FOLDERS = sorted(path for path in (ROOT / "tests" / "mechanics").iterdir() if path.is_dir())
PAGE = ROOT / "docs" / "mechanics.md"
SECTION = re.compile(r"^### `(\w+)`.*?\n(.*?)(?=^##|\Z)", re.M | re.S)
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)


def ids(folder: Path) -> str:
    return folder.name


def checked(folder: Path, overlays: list[Path]) -> Plans:
    """The policy with overlays, in which the checks find nothing."""
    plans, found = api.check_files("+".join(map(str, [folder, *overlays])))
    assert [f"{d.span.place if d.span else ''} {d.code}: {d.message('zh')}" for d in found] == []
    assert plans is not None
    return plans


def differences(plans: Plans, folder: Path) -> tuple[list[str], list[scenarios.Scenario]]:
    """What the scenarios of a folder do not come out as; each decision is explained as well."""
    types, found = api.types(plans), []
    cases = scenarios.read_scenarios(scenarios.files(folder))
    for scenario in cases:
        outcome = scenarios.run(plans, types, scenario)
        found += [f"{scenario.name}: {d.what} {d.expected} / {d.got}" for d in outcome.differences]
        if scenario.expect is not None:
            case, _ = casefile.read_case(scenario.case, plans.policy, types, scenario.name)
            for lang in ("zh", "en"):
                assert api.explain(api.decide(plans, case, scenario.readings), lang)
    return found, cases


def open_(scenario: scenarios.Scenario) -> bool:
    """Whether a scenario expects that facts are asked for."""
    expected = scenario.expect.entries if scenario.expect else ()
    return any(isinstance(node, Mapping) and node.get("needs") is not None for _, node in expected)


@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_a_mechanic_is_expressed_as_data(folder: Path) -> None:
    failed, cases = differences(checked(folder, []), folder)
    overlays = sorted((folder / "overlays").glob("*.yaml"))
    if overlays:
        more, changed = differences(checked(folder, overlays), folder / "overlays")
        failed, cases = failed + more, cases + changed
    assert failed == []
    assert len(cases) >= 7
    assert any(open_(scenario) for scenario in cases), "no scenario in which something is not known"


@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_an_example_says_that_it_is_fictitious(folder: Path) -> None:
    assert "虚构" in (folder / "original.txt").read_text("utf-8")
    assert "虚构" in api.load(folder).base.header.title.zh


def test_articles_are_read_aloud_as_articles() -> None:
    policy = api.load(ROOT / "tests" / "mechanics" / "tiers").base
    assert clauses.short(policy, "四/1") == "第四条第1句"
    assert clauses.parse(policy, "第四条第1句") == "四/1"


def sections() -> dict[str, str]:
    return dict(SECTION.findall(PAGE.read_text("utf-8")))


def test_the_page_shows_every_example() -> None:
    assert sorted(sections()) == [folder.name for folder in FOLDERS]
    named = set(re.findall(r"^\|.*\|$", PAGE.read_text("utf-8"), re.M))
    assert {f for f in sections() if not any(f"`{f}`" in row for row in named)} == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_what_the_page_shows_stands_in_the_folder(folder: Path) -> None:
    files = [*folder.glob("*.yaml"), *folder.glob("overlays/*.yaml")]
    there = {line.strip() for file in files for line in file.read_text("utf-8").splitlines()}
    blocks = BLOCK.findall(sections()[folder.name])
    assert blocks
    assert [line for block in blocks for line in block.splitlines() if line.strip() not in there] == []
