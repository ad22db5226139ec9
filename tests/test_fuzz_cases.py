"""Case reading under fire: whatever a file says, only CaseError or PolicyError comes out."""

from __future__ import annotations

import json
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyengine import api
from policyengine.diagnostics import CaseError, PolicyError
from tests.oracle import population
from tests.support import ROOT, yanzhou

FEW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EXAMPLES = [path.read_text("utf-8") for path in sorted((ROOT / "examples").glob("*.yaml"))]
JUNK = [
    "",
    "500",
    "-1元",
    "１２３万元",
    "0.001元",
    "1e9元",
    "是",
    "无",
    "none",
    "null",
    "2021-02-30",
    "四.1",
    "A",
    "🙂",
    "x" * 300,
    "[",
    "{",
    "\t",
    "：",
    "999999999999万元",
]


def survives(text: str, name: str) -> None:
    """Read, decide and explain; anything but our two exceptions is a bug."""
    try:
        for case in api.read_case(yanzhou(), text, name).cases:
            api.explain(api.decide(yanzhou(), case), "zh")
    except (CaseError, PolicyError) as error:
        assert error.diagnostics
        for d in error.diagnostics:
            assert d.message("zh") and d.message("en")


@FEW
@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False))
def test_mutated_examples(text: str, rng: random.Random) -> None:
    lines = text.split("\n")
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(len(lines))
        line = lines[i]
        match rng.randrange(5):
            case 0:
                del lines[i]
            case 1:
                lines.insert(i, line)
            case 2:
                lines[i] = line.replace(":", rng.choice(["：", "", ": ", " :"]), 1)
            case 3:
                head, colon, _ = line.partition(":")
                lines[i] = f"{head}{colon} {rng.choice(JUNK)}"
            case 4 if line:
                at = rng.randrange(len(line))
                lines[i] = line[:at] + rng.choice("{}[]:,'\"#%@&*!|>-?无是") + line[at + 1 :]
        if not lines:
            lines = [""]
    survives("\n".join(lines), "mutated.yaml")


@FEW
@given(st.integers(0, 2**40), st.randoms(use_true_random=False))
def test_mutated_json_cases(seed: int, rng: random.Random) -> None:
    data = population.to_case_text(population.random_case(random.Random(seed)))
    sections = [kind for kind in data if isinstance(data[kind], dict) and data[kind]]
    for _ in range(rng.randint(1, 4)):
        kind = rng.choice(sections)
        row = data[kind].get(rng.choice(list(data[kind])))
        if isinstance(row, dict) and row:
            row[rng.choice(list(row))] = rng.choice([*JUNK, None, True, 5, 1.5, [], {}, ["a"], {"b": 1}])
    survives(json.dumps(data, ensure_ascii=False), "mutated.json")


@FEW
@given(st.text(max_size=200))
def test_garbage(text: str) -> None:
    survives(text, "garbage.yaml")
