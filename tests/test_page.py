"""The printed page without a browser: well-formed, escaped, the official words verbatim, the amounts of the JSON."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from policyengine import wording
from policyengine.capitals import capital
from policyengine.checks.common import squeeze
from policyengine.cli import cli
from policyengine.marking import GAP
from policyengine.model import OUTCOMES
from policyengine.render.html.markup import VOID, Markup, el, join
from policyengine.render.html.words import _SAY, TITLES, Say
from tests.support import ROOT, yanzhou

EXAMPLES = ("装备升级", "共同体", "不予支持", "待补材料")
WHAT_IF = (
    "examples/装备升级.yaml", "--set", "equipment_cap=120万元", "--fact", "enterprise.甲公司.output_grade=B",
    "--as-of", "2022-01-01", "--reading", "bonus_cap=scaled",
)  # fmt: skip
HOSTILE = "<script>alert('x')</script>\"&amp;<b>"


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@cache
def printed(*arguments: str, command: str = "evaluate", form: str = "html", stdin: str | None = None) -> str:
    result = CliRunner().invoke(cli, [command, *arguments, "--format", form], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


# --- a reader of our own pages ----------------------------------------------------------------


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                if child.name in names:
                    yield child
                yield from child.all(*names)

    def classed(self, kind: str) -> list[Element]:
        return [e for e in self.all(*ANY) if kind in (e.attributes.get("class") or "").split()]

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)


ANY = (
    "article", "section", "header", "div", "p", "span", "small", "b", "strong", "li", "ul", "ol", "dl", "dt", "dd",
    "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3", "h4", "blockquote", "cite",
    "mark", "figure", "figcaption", "i", "a", "main",
)  # fmt: skip


class Reader(HTMLParser):
    """Builds a tree and refuses what is not closed in order, not in `ANY`, or given twice."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert [e.name for e in self.open] == [""], self.open[-1].name

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in (*ANY, *VOID, "html", "head", "body", "title", "style"), tag
        assert len(dict(attributes)) == len(attributes), attributes
        element = Element(tag, dict(attributes))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag, tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(text: str) -> Element:
    return Reader(text).root


# --- every page -------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


CALLS = [
    *((f"examples/{name}.yaml",) for name in EXAMPLES),
    WHAT_IF,
    tuple(f"examples/{n}.yaml" for n in EXAMPLES),
]


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


# --- amounts ----------------------------------------------------------------------------------


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


def test_shares_add_up_to_the_award() -> None:
    page = read(printed("examples/共同体.yaml"))
    [table] = page.classed("shares")
    *shares, total = [row.text for body in table.all("tbody", "tfoot") for row in body.classed("right")]
    read_back = [Decimal(text.removesuffix("万元")) for text in (*shares, total)]
    assert len(shares) == 3 and sum(read_back[:-1]) == read_back[-1] == Decimal("36.6667")


@pytest.mark.parametrize(
    ("rate", "solid", "cut"),
    [("4200万元", "59.5%", True), ("2500万元", "100.0%", False), ("1000万元", "40.0%", False)],
)
def test_the_bar_holds_what_was_computed_against_the_cap(rate: str, solid: str, cut: bool) -> None:
    page = read(printed("examples/装备升级.yaml", "--fact", f"project.P1.equipment_investment={rate}"))
    [track] = page.classed("track")
    widths = [i.attributes["style"] for i in track.all("i")]
    assert widths[0] == f"width:{solid}" and (len(widths) == 2) is cut


def test_a_bar_is_right_for_amounts_of_any_size() -> None:
    from fractions import Fraction

    from policyengine.render.html.parts import share

    assert share(Decimal("0.01"), Decimal(10) ** 14) == 0 and share(Decimal(7), Decimal(0)) == 0
    assert share(Fraction(1, 3), Decimal(1)) == 333 and share(Decimal(1), Decimal(1)) == 1000


# --- what each kind of page says --------------------------------------------------------------


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


# --- hostile and large ------------------------------------------------------------------------


def consortium(size: int, name: str) -> str:
    gates = "registered_in_yanzhou: 是, is_independent_legal_person: 是, sound_management: 是, good_credit: 是, last_major_violation_on: 无, on_cultivation_list: 否, earlier_awards: 无"
    yaml_name = json.dumps(name, ensure_ascii=False)
    firms = "".join(
        f"  企业{i}: {{{gates}, output_grade: {'AB'[i % 2]}, is_sme: {'否' if i == 0 else '是'}, "
        f"is_chain_leader: {'是' if i == 0 else '否'}, credit_code: 虚构{i:03}, name: {yaml_name}}}\n"
        for i in range(size)
    )
    members = "".join(
        f"      M{i}: {{member: 企业{i}, member_investment: {30 + i}万元, member_filed: 是, "
        "member_in_statistics_platform: 是, member_is_industrial_upgrade: 是, supports: 无}\n"
        for i in range(size)
    )
    return (
        f"policy: yanzhou-2020-14\nenterprise:\n{firms}project:\n  G1:\n    project_name: {yaml_name}\n    applicant: 企业0\n"
        f"    declared_on: 2021-09-10\n    program_applied: consortium\n    supports: 无\n    participants:\n{members}"
    )


def test_hostile_and_very_long_names_stay_text() -> None:
    name = HOSTILE + "很长的名字" * 30
    page = read(printed("-", stdin=consortium(3, name)))
    assert name in page.classed("sentence")[0].text
    assert not list(page.all("script")) and len(list(page.all("style"))) == 1
    [title] = page.all("title")
    assert HOSTILE in title.text


def test_a_consortium_of_fifty_has_a_row_for_each() -> None:
    page = read(printed("-", stdin=consortium(50, "同名企业")))
    [table] = page.classed("shares")
    [body] = table.all("tbody")
    assert len(list(body.all("tr"))) == 50


def test_the_sum_over_many_members_can_be_checked_on_the_page() -> None:
    page = read(printed("-", stdin=consortium(40, "同名企业")))
    [table] = [t for step in page.classed("wide") for t in step.classed("many")]
    head = [th.text for th in next(table.all("thead")).all("th")]
    assert head == [
        "共同体成员",
        "成员设备投资额（价税合计）",
        "比例提高的百分点",
        "成员按自己比例应得的数额",
        "成员分得的补助",
    ]
    rows = [[cell.text for cell in row.all("th", "td")] for row in next(table.all("tbody")).all("tr")]
    assert len(rows) == 40
    invested, points, due, shares = (list(column) for column in zip(*(row[1:] for row in rows), strict=True))
    numbers = [
        [Decimal(re.sub(r"[^\d.]", "", text)) for text in column]
        for column in (invested, points, due, shares)
    ]
    assert all(i * (3 + p) / 100 == d for i, p, d, _ in zip(*numbers, strict=True))
    assert f"{sum(numbers[2]):,}元" in page.text and sum(numbers[2]) == sum(numbers[3]) == Decimal(
        "692000.00"
    )
    facts = page.classed("facts-of-many")
    assert [len(list(next(t.all("tbody")).all("tr"))) for t in facts] == [40, 40]


# --- words ------------------------------------------------------------------------------------


def fields(text: str) -> set[str]:
    return {name or "positional" for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", _SAY)
def test_both_languages_fill_in_the_same_things(key: str) -> None:
    label = _SAY[key]
    assert label.zh and label.en and fields(label.zh) == fields(label.en)


def test_every_outcome_has_a_title() -> None:
    assert TITLES.keys() == OUTCOMES.keys() and all(t.zh and t.en for t in TITLES.values())


@pytest.mark.parametrize(
    ("n", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (42, "四十二"), (99, "九十九")]
)
def test_steps_are_numbered_in_chinese(n: int, said: str) -> None:
    assert Say("zh").number(n) == said and Say("en").number(n) == str(n)


def test_the_builder_escapes_all_but_its_own_markup() -> None:
    assert el("p", "<b>", Markup("<i>x</i>"), None, class_='"', hidden=False, open=True) == (
        '<p class="&quot;" open>&lt;b&gt;<i>x</i></p>'
    )
    assert join(["a", ["<", None]]) == "a&lt;" and el("br") == "<br>"


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


def test_a_consortium_says_of_each_member_whether_it_counts() -> None:
    page = read(printed("examples/共同体.yaml"))
    [section] = [s for s in page.all("section") if s.text.startswith("各共同体成员的条件")]
    lines = [li.text for li in section.all("li")]
    assert len(lines) == 4 and ["不满足：不是D类企业" in line for line in lines] == [
        False,
        False,
        False,
        True,
    ]


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


def test_no_page_holds_the_text_of_the_case_file(lang: str) -> None:
    page = read(printed("examples/测算.yaml", "--lang", lang))
    [body] = page.all("body")
    assert "registered_in_yanzhou" not in body.text and "policy: " not in body.text


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_value_that_is_set_is_no_amendment_of_the_document(form: str) -> None:
    text = (ROOT / "examples/测算.yaml").read_text("utf-8").replace("declared_on: 2021", "declared_on: 2019")
    said = printed("-", stdin=text, form=form)
    assert "不予支持" in said and "修订" not in said and "equipment_cap为" not in said


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
