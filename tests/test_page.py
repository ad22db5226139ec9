"""The printed page without a browser: well-formed, escaped, the official words verbatim, the amounts of the JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import pairwise

import pytest
from click.testing import CliRunner

from policyengine import wording
from policyengine.capitals import capital
from policyengine.checks.common import squeeze
from policyengine.cli import cli
from policyengine.marking import GAP
from policyengine.model import OUTCOMES
from policyengine.render.html.words import TITLES
from tests.printed import ANY, CALLS, EXAMPLES, printed, read
from tests.support import ROOT, yanzhou


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


# --- every page ---


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("call", CALLS, ids=[*EXAMPLES, "what-if", "several"])
def test_each_page_is_one_sound_document(call: tuple[str, ...], lang: str) -> None:
    text = printed(*call, "--lang", lang)
    page = read(text)
    [html] = page.all("html")
    assert html.attributes["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    levels = [int(h.name[1]) for h in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(h.text.strip() for h in page.all("h1", "h2", "h3", "h4"))
    for table in page.all("table"):
        assert [c.text.strip() for c in table.all("caption")] != [""]
        assert all(th.attributes.get("scope") for th in table.all("th"))
        widths = {
            sum(int(c.attributes.get("colspan") or 1) for c in row.all("th", "td")) for row in table.all("tr")
        }
        assert len(widths) == 1, widths
    ids = [e.attributes["id"] for e in page.all(*ANY) if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert {a.attributes["href"] for a in page.all("a")} <= {f"#{id_}" for id_ in ids}
    assert all(e.attributes.get("aria-label") for e in page.all("div") if e.attributes.get("role") == "img")


@pytest.mark.parametrize("call", CALLS, ids=[*EXAMPLES, "what-if", "several"])
def test_nothing_is_loaded_and_nothing_runs(call: tuple[str, ...]) -> None:
    text = printed(*call)
    assert not re.search(r"<script|<link|<img|<iframe|\bon\w+=|url\(|@import|https?:|javascript:", text, re.I)


@pytest.mark.parametrize("call", CALLS, ids=[*EXAMPLES, "what-if", "several"])
def test_no_word_of_the_engine_is_on_the_page(call: tuple[str, ...], lang: str) -> None:
    page = read(printed(*call, "--lang", lang))
    [body] = page.all("body")
    seen = [
        section.text for article in body.all("article") for section in article.all("header", "section", "figure", "p")
        if "provenance" not in (section.attributes.get("class") or "")
    ]  # fmt: skip
    words = "\n".join(seen)
    assert not re.search(r"[a-z]+_[a-z]+|\b(None|True|False|null|node|enum|Unknown|undefined)\b|--", words), (
        words
    )
    known = {*yanzhou().last.nodes, *yanzhou().last.policy.interpretations}
    spelled = {word for word in re.findall(r"[A-Za-z]+", words) if word in known}
    assert lang == "en" or spelled == set()


def official() -> str:
    text = "".join(s.text for c in yanzhou().last.policy.clauses.values() for s in c.sentences)
    whole = squeeze((ROOT / "policies/yanzhou-2020-14/original.txt").read_text("utf-8")).text
    assert all(
        squeeze(s.text).text in whole for c in yanzhou().last.policy.clauses.values() for s in c.sentences
    )
    return squeeze(text).text


@pytest.mark.parametrize("call", CALLS, ids=[*EXAMPLES, "what-if", "several"])
def test_every_quoted_word_is_the_official_text_s(call: tuple[str, ...], lang: str) -> None:
    page, whole = read(printed(*call, "--lang", lang)), official()
    quotes = [p.text for block in page.all("blockquote") for p in block.all("p")]
    assert len(quotes) >= 8
    for quote in quotes:
        assert all(squeeze(part).text in whole for part in quote.split(GAP)), quote
    assert all(p.attributes["lang"] == "zh-CN" for block in page.all("blockquote") for p in block.all("p"))


# --- amounts ---


def test_amounts_and_outcomes_are_those_of_the_json() -> None:
    files = [f"examples/{name}.yaml" for name in EXAMPLES]
    page = read(printed(*files))
    decisions = json.loads(printed(*files, form="json"))["decisions"]
    summary, *papers = page.all("article")
    rows = [[c.text for c in row.all("td")] for row in summary.classed("summary")[0].all("tr")][1:]
    assert len(papers) == len(decisions) == len(rows)
    total = Decimal(0)
    for paper, row, decision in zip(papers, rows, decisions, strict=True):
        outcome = decision["outcome"]
        assert OUTCOMES[outcome].zh == row[3] and outcome in (paper.attributes["class"] or "")
        [title] = [h.text for h in paper.all("h2")][:1]
        assert title == TITLES[outcome].zh.format(OUTCOMES[outcome].zh)
        [figure] = [p.text for p in paper.classed("figure")]
        if outcome == "granted":
            amount = Decimal(decision["amount"]["text"])
            total += amount
            assert figure == wording.money(amount) == row[4]
            assert f"人民币{capital(amount)}" in paper.classed("amount")[0].text
        elif outcome == "refused":
            assert figure == "不予支持" and row[4] == "-"
        else:
            low, high = (Decimal(decision["amount_if_granted"][end]["text"]) for end in ("low", "high"))
            assert (
                figure
                == f"{wording.money(low)}至{wording.money(high)}"
                == row[4].removeprefix("如予以补助，")
            )
    assert wording.money(total) in summary.classed("sentence")[0].text


@pytest.mark.parametrize(
    ("rate", "solid", "cut"),
    [("4200万元", "59.5%", True), ("2500万元", "100.0%", False), ("1000万元", "40.0%", False)],
)
def test_the_bar_holds_what_was_computed_against_the_cap(rate: str, solid: str, cut: bool) -> None:
    page = read(printed("examples/装备升级.yaml", "--fact", f"project.P1.equipment_investment={rate}"))
    [track] = page.classed("track")
    widths = [i.attributes["style"] for i in track.all("i")]
    assert widths[0] == f"width:{solid}" and (len(widths) == 2) is cut


# --- what each kind of page says ---


def test_a_refusal_lists_every_reason_with_its_distance_and_words() -> None:
    page = read(printed("examples/不予支持.yaml"))
    decision = json.loads(printed("examples/不予支持.yaml", form="json"))["decisions"][0]
    reasons = next(page.all("ol")).classed("step")
    assert len(reasons) == len(decision["refusals"]) == 6
    for reason, refusal in zip(reasons, decision["refusals"], strict=True):
        assert refusal["message"]["zh"] in reason.text
        assert any(mark.text for mark in reason.all("mark"))
    assert "差0.01元" in reasons[5].text and "4,999,999.99" in reasons[5].text
    assert "以上各条都符合，可得20万元" in page.text


def test_an_undecided_page_asks_with_boxes_to_tick() -> None:
    page = read(printed("examples/待补材料.yaml"))
    question = next(page.all("ol")).classed("step")[0]
    assert [c.text for c in question.classed("choice")] == ["A类", "B类", "C类", "D类", "无"]
    assert "区工业和信息化局" in question.text and "亩产效益评价结果文件" in question.text
    assert len(question.classed("tick")) == 6 and "D类就定：不予支持" in question.text
    assert "可能予以补助，也可能不予支持" in page.text and "如予以补助，金额在30万元到40万元之间" in page.text


@pytest.mark.parametrize(
    ("blank", "shown"),
    [
        ("equipment_investment: 4200万元", "＿元"),
        ("declared_on: 2021-06-01", "＿年＿"),
        ("good_credit: 是", "是否"),
        ("supports: 无", "有哪些"),
    ],
)
def test_each_kind_of_question_has_room_for_its_answer(blank: str, shown: str) -> None:
    text = (ROOT / "examples/装备升级.yaml").read_text("utf-8")
    assert blank in text
    page = read(printed("-", stdin=text.replace(blank, blank.split(" ")[0])))
    asked = "".join(next(page.all("ol")).text.split())
    assert shown in asked or shown in asked.replace("＿＿", "＿"), asked


def test_the_decisive_words_are_marked() -> None:
    page = read(printed("examples/装备升级.yaml"))
    marked = {
        next(step.all("h3")).text: [mark.text for mark in step.all("mark")] for step in page.classed("step")
    }
    steps = list(marked.values())
    assert "500万元及以上的技改项目" in steps[0] and "独立法人企业" in steps[0]
    assert steps[2] == ["3%", "1个百分点"] and steps[4] == ["100万元"]


def test_every_fact_used_stands_with_its_place() -> None:
    page = read(printed("examples/装备升级.yaml"))
    decision = json.loads(printed("examples/装备升级.yaml", "--explain", "steps", form="json"))["decisions"][
        0
    ]
    rows = [[c.text for c in row.all("th", "td")] for row in page.classed("facts")[0].all("tr")]
    for one in decision["inputs"]:
        _, line, column = one["place"].rsplit(":", 2)
        assert any(
            row[0] == one["label"]
            and row[1].split(" ")[0] == one["value"]
            and row[2] == f"第{line}行{column}列"
            for row in rows
        ), one


def test_hashes_and_command_are_those_of_the_json() -> None:
    page = read(printed("examples/装备升级.yaml"))
    [section] = page.classed("provenance")
    [provenance] = json.loads(printed("examples/装备升级.yaml", form="json"))["provenance"]
    for key in ("policy_sha256", "text_sha256", "input_sha256", "command", "engine", "policy", "input"):
        assert provenance[key] in section.text, key


def test_signature_lines_and_nothing_official() -> None:
    for name in EXAMPLES:
        page = read(printed(f"examples/{name}.yaml"))
        [section] = page.classed("signatures")
        assert [li.text for li in section.all("li")] == ["经办人", "复核人", "负责人", "日期"]
        assert "测算稿 · 非正式文件" in page.text and "盖章" not in page.text


def test_the_most_telling_question_comes_first() -> None:
    text = (
        (ROOT / "examples/待补材料.yaml")
        .read_text("utf-8")
        .replace("equipment_investment: 1000万元", "equipment_investment:")
    )
    page = read(printed("-", stdin=text))
    asked = CliRunner().invoke(cli, ["ask", "-", "--format", "json"], input=text)
    best = [question["ask"]["zh"] for question in json.loads(asked.stdout)["questions"]]
    on_page = [next(step.all("h3")).text for step in next(page.all("ol")).classed("step")]
    assert len(best) == len(on_page) == 2
    assert all(question in title for question, title in zip(best, on_page, strict=True))


def test_an_open_choice_shows_what_each_would_come_to() -> None:
    text = (
        (ROOT / "examples/装备升级.yaml")
        .read_text("utf-8")
        .replace("program_applied: equipment", "program_applied:")
    )
    page = read(printed("-", stdin=text))
    [choices] = [s for s in page.all("section") if s.text.startswith("选定哪一项")]
    titles = [next(step.all("h3")).text for step in choices.classed("step")]
    assert len(titles) == len(yanzhou().last.policy.facts["program_applied"].options)
    assert "予以补助 100万元" in choices.text and any(mark.text for mark in choices.all("mark"))


def test_no_page_holds_the_text_of_the_case_file(lang: str) -> None:
    page = read(printed("examples/测算.yaml", "--lang", lang))
    [body] = page.all("body")
    assert "registered_in_yanzhou" not in body.text and "policy: " not in body.text


def test_a_refusal_puts_no_badge_on_what_is_met(lang: str) -> None:
    page = read(printed("examples/不予支持.yaml", "--lang", lang))
    heads = [h.text for h in page.all("h2")]
    assert {"zh": "已满足的条件", "en": "Conditions that are met"}[lang] in heads
    assert not page.classed("state") or not any(
        "met" in (s.attributes["class"] or "").split() for s in page.classed("state")
    )
    assert "申报资格" not in page.text and "其余条件" not in page.text


def test_an_open_choice_names_no_range_in_one_place_and_none_in_another() -> None:
    text = (
        (ROOT / "examples/装备升级.yaml")
        .read_text("utf-8")
        .replace("program_applied: equipment", "program_applied:")
    )
    lead = read(printed("-", stdin=text)).classed("lead")[0].text
    assert "按选定的一项" in lead and "待补" not in lead and "金额在" not in lead


def test_words_of_answers_stand_apart_and_the_box_by_the_question() -> None:
    page = read(
        printed(
            "-",
            stdin=(ROOT / "examples/装备升级.yaml")
            .read_text("utf-8")
            .replace("last_major_violation_on: 无", "last_major_violation_on:"),
        )
    )
    [answers] = page.classed("answers")
    assert "日 无" in answers.text
    [asked] = page.classed("asked")
    assert asked.text and len(asked.classed("tick")) == 1
