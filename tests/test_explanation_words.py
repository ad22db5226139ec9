"""What explanations may say: no word of the engine and no id at any depth, over many cases, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from policyengine import api, casefile, scenarios
from policyengine.explanation import CaseExplanation
from policyengine.instances import Plans
from policyengine.render import blocks, markdown, text
from tests.support import ROOT, YANZHOU

MECHANICS = sorted(path for path in (ROOT / "tests" / "mechanics").iterdir() if path.is_dir())
EVERY = 5  # of the shipped policy's scenarios, of which there are hundreds
ENGINE = ("True", "False", "None", "none", "null", "half_up", "ABSENT", "Unknown", "Decimal", "Fraction")
TWICE = re.compile(r"[，。；：、,;:][，。；：、,;:]|（）|\(\)|的的|，）|（，")
WIDE = re.compile(r"[（）：；，。＝、〔〕]")


@cache
def plans_of(folder: Path) -> Plans:
    return api.compile(api.load(folder))


@cache
def decided(folder: Path) -> list[tuple[str, object]]:
    plans = plans_of(folder)
    types = api.types(plans)
    cases = [s for s in scenarios.read_scenarios(scenarios.files(folder)) if s.expect is not None]
    found = []
    for scenario in cases[:: EVERY if folder == YANZHOU else 1]:
        case, _ = casefile.read_case(scenario.case, plans.policy, types, scenario.name)
        found.append((scenario.name, api.decide(plans, case, scenario.readings)))
    return found


def explained(folder: Path, lang: str, depth: str) -> Iterator[tuple[str, CaseExplanation]]:
    """Explanations without the places of inputs, which name files. What would be otherwise reads the same at
    every depth and costs the most, so that it is looked at once."""
    for name, one in decided(folder):
        case = api.explain(one, lang, depth=depth, whatif=depth == "steps")  # type: ignore[arg-type]
        yield (
            name,
            replace(
                case,
                explanations=tuple(
                    replace(e, inputs=tuple(replace(i, place="") for i in e.inputs))
                    for e in case.explanations
                ),
            ),
        )


def ids(folder: Path, lang: str) -> re.Pattern[str]:
    """Every id of a policy. In English only those that are no ordinary words."""
    plan = plans_of(folder).last
    policy = plan.policy
    names = {*plan.nodes, *policy.entities, *policy.programs, *ENGINE}
    for entry in (*policy.facts.values(), *policy.values.values()):
        names |= {option for option, label in entry.options.items() if option not in label.zh}
    for interpretation in policy.interpretations.values():
        names |= set(interpretation.options)
    names |= {row for value in policy.values.values() for row in (r.name for r in value.rows)}
    names = {n for n in names if len(n) > 2 and ("_" in n or "." in n or n in ENGINE or lang == "zh")}
    if lang == "en":
        names -= {"none"}
    return re.compile(
        rf"(?<![\w.])(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})(?![\w])"
    )


@pytest.mark.parametrize("depth", ["summary", "steps", "full"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("folder", [YANZHOU, *MECHANICS], ids=lambda path: path.name)
def test_no_ids_no_engine_words_no_doubled_punctuation(folder: Path, lang: str, depth: str) -> None:
    forbidden = ids(folder, lang)
    wrong = []
    for name, case in explained(folder, lang, depth):
        for line in text.draw(list(blocks.case_blocks(case, depth, lang))).splitlines():
            if forbidden.search(line) or TWICE.search(line):
                wrong.append(f"{name}: {line}")
    assert wrong == []


def test_english_pages_have_no_full_width_punctuation_of_their_own() -> None:
    """Verbatim Chinese stands in quotation marks, in brackets with the place, or is the document's number."""
    wrong = []
    for name, case in explained(YANZHOU, "en", "full"):
        drawn = text.draw(list(blocks.case_blocks(case, "full", "en")))
        for line in drawn.splitlines():
            own = re.sub(r"“.*”|\[.*?\]|济兖政字〔2020〕14号", "", line)
            if WIDE.search(own):
                wrong.append(f"{name}: {line}")
    assert wrong == []


def test_markdown_has_one_bullet_an_entry_and_a_blank_line_after_a_table() -> None:
    for _, case in explained(YANZHOU, "zh", "full"):
        lines = markdown.draw(list(blocks.case_blocks(case, "full", "zh"))).splitlines()
        assert not [line for line in lines if line.startswith("- · ") or re.match(r"- [0-9]", line)]
        for line, after in pairwise(lines):
            assert not line.startswith("|") or after.startswith("|") or after == ""
