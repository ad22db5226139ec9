"""What a printed page says of what is supposed: values set, facts changed, readings chosen, and readings that are settled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.printed import WHAT_IF, printed, read
from tests.support import ROOT


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_what_if_says_so_at_its_head_and_beside_each_value() -> None:
    page = read(printed(*WHAT_IF))
    [mark] = page.classed("mark-draft")
    assert "假设" in mark.text and "what-if-zh" in (next(page.all("article")).attributes["class"] or "")
    [box] = [box.text for box in page.classed("box")]
    said = json.loads(printed(*WHAT_IF, form="json"))["decisions"][0]["supposed"]
    assert len(said) == 4 and all(item["says"]["zh"] in box for item in said), said
    assert len(page.classed("given")) == 2  # rows of the facts
    assert "假设取值，不是原文的数" in page.text and "非默认口径" in page.text
    plain = read(printed("examples/装备升级.yaml"))
    assert "假设" not in plain.text.replace(next(plain.all("style")).text, "") and "测算稿" in plain.text


def test_a_supposed_number_marks_no_word_of_the_document() -> None:
    page = read(printed("examples/装备升级.yaml", "--set", "equipment_cap=120万元"))
    last = [step for step in page.classed("step") if "封顶后的金额" in step.text][-1]
    assert "单个企业最高100万元" in last.text and not list(last.all("mark"))


STIPULATED = "stipulate: {enterprise.甲公司.rate_bonus: 0个百分点}\n"


READINGS = "readings: {bonus_cap: scaled}\n"


@pytest.mark.parametrize(
    ("file", "besides", "kinds"),
    [
        (STIPULATED, (), {"stipulate"}),
        (READINGS, (), {"reading"}),
        ("set: {equipment_cap: 200万元}\n", (), {"set"}),
        (STIPULATED + READINGS, (), {"stipulate", "reading"}),
        ("", ("--reading", "bonus_cap=scaled"), {"reading"}),
        ("", ("--fact", "enterprise.甲公司.output_grade=B"), {"fact"}),
        ("", ("--as-of", "2022-01-01"), {"as_of"}),
        ("", ("--set", "equipment_cap=120万元"), {"set"}),
    ],
)
def test_whatever_is_supposed_is_said_on_the_page_and_marked_in_the_summary(
    file: str, besides: tuple[str, ...], kinds: set[str], lang: str
) -> None:
    text = (
        (ROOT / "examples/装备升级.yaml")
        .read_text("utf-8")
        .replace("enterprise:\n", f"{file}enterprise:\n", 1)
    )
    json_ = json.loads(printed("-", *besides, form="json", stdin=text))["decisions"][0]["supposed"]
    assert {item["kind"] for item in json_} == kinds
    page = read(printed("-", *besides, "--lang", lang, stdin=text))
    assert "what-if" in (next(page.all("article")).attributes["class"] or "")
    [box] = page.classed("box")
    assert [li.text for li in box.all("li")] == [item["says"][lang] for item in json_]

    summary = (
        read(printed("-", "examples/不予支持.yaml", "--lang", lang, stdin=text)) if not besides else None
    )
    if summary is not None:
        marked = [row.text for row in summary.classed("summary")[0].all("tr")][1:]
        mark = {"zh": "【测算稿】", "en": "[trial run]"}[lang]
        assert [mark in row for row in marked] == [True, False]


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_value_that_is_set_is_no_amendment_of_the_document(form: str) -> None:
    text = (ROOT / "examples/测算.yaml").read_text("utf-8").replace("declared_on: 2021", "declared_on: 2019")
    said = printed("-", stdin=text, form=form)
    assert "不予支持" in said and "修订" not in said and "equipment_cap为" not in said


SETTLED = (
    "overlay: {id: settled, title: {zh: 口径明确}, amends: yanzhou-2020-14, number: 答复1号, effective_from: 2020-08-15, order: 1}\n"
    "interpretations: {rate_bonus: {default: stack, decided_on: 2021-03-01, document: 区工信局复函〔2021〕3号}}\n"
)


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_reading_that_is_settled_is_no_default_and_not_in_doubt(form: str, tmp_path: Path) -> None:
    overlay = tmp_path / "明确.yaml"
    overlay.write_text(SETTLED, "utf-8")
    call = (
        "examples/装备升级.yaml", "--policy", f"yanzhou-2020-14+{overlay}", "--fact",
        "project.P1.equipment_investment=1000万元", "--fact", "enterprise.甲公司.on_cultivation_list=是",
    )  # fmt: skip
    if form == "text":
        assert "10项默认口径、1项已经明确的口径；其中4项" in printed(*call, form="text")
        full = printed(*call, command="explain", form="text")
        line = next(line for line in full.splitlines() if "比例提高的百分点：" in line)
        assert "（2021年3月1日明确，区工信局复函〔2021〕3号）" in line
        return
    page = read(printed(*call))
    told, *rest = page.classed("readings")
    assert "比例提高的百分点" not in told.text
    assert "2021年3月1日明确，区工信局复函〔2021〕3号" in rest[-1].text
    other = read(printed(*call, "--reading", "rate_bonus=once"))
    assert "不是已经明确的读法" in other.text and "已经明确的是“" in other.classed("box")[0].text


def test_the_register_has_no_empty_heading_for_words_that_are_missing() -> None:
    lines = printed("yanzhou-2020-14", command="readings", form="text").splitlines()
    heads = [i for i, line in enumerate(lines) if "有疑问的原文" in line]
    assert heads and all("〔" in lines[i + 1] for i in heads)
