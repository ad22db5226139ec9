"""`policyengine graph`: the plan as text, Mermaid and Graphviz."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from policyengine import graph as g
from policyengine import plan as p
from policyengine.model import Label
from tests.support import YANZHOU, yanzhou

Golden = Callable[[str, str], None]


def run(*words: str) -> Result:
    from policyengine.cli import cli

    return CliRunner().invoke(cli, ["graph", str(YANZHOU), *words])


def test_golden(golden: Golden) -> None:
    result = run("--of", "award")
    assert result.exit_code == 0, result.output
    golden("graph-of-award.txt", result.stdout)


@pytest.mark.parametrize("kind", ["text", "mermaid", "dot"])
def test_the_whole_plan_is_drawn_the_same_every_time(kind: str) -> None:
    first, second = run("--format", kind), run("--format", kind)
    assert first.exit_code == 0 and first.stdout == second.stdout
    for name in yanzhou().last.nodes:
        assert name in first.stdout


def test_only_what_a_name_depends_on() -> None:
    plan = yanzhou().last
    drawn = g.graph(plan, of="equipment.rate")
    assert drawn.names[-1] == "equipment.rate"
    assert {"equipment_rate", "grade_bonus", "output_grade"} <= set(drawn.names)
    assert "equipment_investment" not in drawn.names
    for name in drawn.names:
        assert set(drawn.reads(name)) <= set(drawn.names)


def test_every_node_stands_after_what_it_reads() -> None:
    drawn = g.graph(yanzhou().last)
    place = {name: i for i, name in enumerate(drawn.names)}
    for name in drawn.names:
        assert all(place[other] < place[name] for other in drawn.reads(name)), name


def test_a_label_or_an_award_may_be_named() -> None:
    assert run("--of", "应得奖补").stdout == run("--of", "award").stdout
    assert run("--of", "equipment").stdout == run("--of", "equipment.amount").stdout


@pytest.mark.parametrize(("word", "said"), [("awrd", "award"), ("前提条件", "请写编号")])
def test_a_name_that_is_not_clear(word: str, said: str) -> None:
    result = run("--of", word)
    assert result.exit_code == 2 and said in result.stderr


NASTY = '1. "a" <b> & #1; `c` \\ [d] {e} |f| end %% 名\n'


def nasty() -> g.Graph:
    plan = yanzhou().last
    node = plan.nodes["equipment_rate"]
    assert isinstance(node, p.ParamNode)
    other = replace(node, info=replace(node.info, label=Label(NASTY)))
    return g.graph(replace(plan, nodes={**plan.nodes, "equipment_rate": other}), of="equipment.rate")


def test_mermaid_text_is_escaped() -> None:
    [line] = [line for line in g.mermaid(nasty()).splitlines() if "equipment_rate" in line]
    inner = re.fullmatch(r'    n\d+\[/"(.*)<br/>equipment_rate"/\]', line)
    assert inner and not re.search(r'["<>&`]|#(?!\d+;)', inner[1])
    assert inner[1].startswith("1#46;")
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), inner[1])
    assert decoded == NASTY.replace("\n", " ")


def test_dot_text_is_escaped() -> None:
    [line] = [line for line in g.dot(nasty()).splitlines() if "equipment_rate" in line]
    inner = re.fullmatch(
        r'    n\d+ \[label="((?:[^"\\]|\\.)*)\\nequipment_rate", shape=parallelogram\];', line
    )
    assert inner
    assert re.sub(r"\\(.)", r"\1", inner[1]).replace("&amp;", "&") == NASTY.replace("\n", " ")


def test_english() -> None:
    shown = run("--of", "award", "--lang", "en").stdout
    assert "parameter Rate for equipment investment  equipment_rate (rate, 四.1 sentence 1)" in shown
    assert not re.search(r"[\u4e00-\u9fff]{3,}", re.sub(r"有效期", "", shown))
