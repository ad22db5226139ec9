"""`policyengine show`: pages of the shipped policy as people read them, and how a word is found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from policyengine.checks.common import entries
from policyengine.codes import CODES
from policyengine.render import text
from policyengine.show import Book, blocks, pages
from policyengine.show.lookup import named
from policyengine.show.people import bodies
from tests.support import ROOT, YANZHOU, yanzhou

Golden = Callable[[str, str], None]
GOLDEN = {
    "四.1/1": "show-sentence.txt",
    "equipment_rate": "show-parameter.txt",
    "equipment": "show-program.txt",
    "tax_basis": "show-reading.txt",
    "first_of_year": "show-quota.txt",
    "区财政局": "show-body.txt",
    "全文": "show-whole-text.txt",
    "unknown-name": "show-code.txt",
}
# Words of the engine and of its files that an official need not know.
ENGINE = re.compile(
    r"\b(node|bool|boolean|formula|enum|none|true|false|null|rate|points|money|tuple|ref|expr|default|yaml|json)\b|节点|布尔|枚举|表达式",
    re.I,
)


def show(*words: str) -> Result:
    from policyengine.cli import cli

    return CliRunner().invoke(cli, ["show", *words])


def printed(*words: str) -> str:
    result = show(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("what", GOLDEN)
def test_golden(what: str, golden: Golden) -> None:
    golden(GOLDEN[what], printed(what, "--policy", str(YANZHOU)))


def test_golden_english(golden: Golden) -> None:
    golden("show-sentence-en.txt", printed("四.1/1", "--policy", str(YANZHOU), "--lang", "en"))


@pytest.mark.parametrize("spelled", ["四.1/1", "四·1/1", "四、1.第1句", "四.1 第1句", " 四.1/1 "])
def test_sentences_are_found_however_they_are_written(spelled: str) -> None:
    assert printed(spelled) == printed("四.1/1")


@pytest.mark.parametrize("spelled", ["四·1", "四、1.", "四.1"])
def test_a_clause_shows_all_its_sentences(spelled: str) -> None:
    shown = printed(spelled)
    for sentence in yanzhou().last.policy.clauses["四.1"].sentences:
        assert f"“{sentence.text}”" in shown


def test_a_label_finds_every_fact_that_bears_it() -> None:
    shown = printed("设备投资额")
    assert "equipment_investment\n" in shown
    assert "equipment_investment_net\n" in shown
    assert "只在口径“投资额含税还是不含税”选“不含税”或“起点看价税合计，补助按不含税算”时" in shown


def test_an_exact_label_is_one_page() -> None:
    assert printed("设备投资补助比例") == printed("equipment_rate")


def test_words_of_the_text_find_their_sentence() -> None:
    assert printed("左右").startswith("二、任务目标 第1句")


@pytest.mark.parametrize(
    ("what", "near"),
    [
        ("equipment_rat", "equipment_rate"),
        ("区财证局", "区财政局"),
        ("四.1/9", "四.1/1"),
        ("unkown-name", "unknown-name"),
    ],
)
def test_nothing_found(what: str, near: str) -> None:
    result = show(what)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "没有找到" in result.stderr and near in result.stderr


def test_codes_need_no_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyengine.api.load", None)
    assert "为什么" in printed("duplicate-key")


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_page_in_both_languages(code: str) -> None:
    for lang in ("zh", "en"):
        shown = printed(code, "--lang", lang)
        assert code in shown
        assert not re.search(r"\{\w+\}", re.split("写法\n|Wrong\n", shown)[0])


def test_json_is_versioned_and_says_the_same() -> None:
    data = json.loads(printed("四.1/1", "--format", "json"))
    assert data["version"] == "1" and data["policy"] == "yanzhou-2020-14"
    [page] = data["found"]
    assert (page["kind"], page["id"]) == ("sentence", "四.1/1")
    assert any("设备投资补助比例：3%" in block.get("item", "") for block in page["blocks"])


def test_an_amendment_shows_the_value_from_its_day_on() -> None:
    shown = printed("equipment_rate", "--policy", f"{YANZHOU}+{ROOT / 'examples' / '修订方案.yaml'}")
    assert re.search(r"起初 +3%\n  2022年1月1日起  4%（按修订“", shown)


def all_pages(lang: str) -> list[tuple[str, str]]:
    book = Book(yanzhou(), lang)
    names = [k.name for k in named(book)] + list(book.text.clauses) + list(book.text.sentences) + ["全文"]
    names += [name for name, node in book.plan.nodes.items() if node.info.role]
    return [(name, text.draw(blocks(pages(book, name)))) for name in dict.fromkeys(names)]


def test_everything_of_the_policy_has_a_page() -> None:
    for name, shown in all_pages("zh"):
        assert len(shown.splitlines()) > 1, name


def test_chinese_pages_hold_no_engine_words() -> None:
    known = {*yanzhou().last.nodes, *(k.name for k in named(Book(yanzhou(), "zh")))}
    options = {o for i in yanzhou().last.policy.interpretations.values() for o in i.options}
    for name, shown in all_pages("zh"):
        words = " ".join(w for w in shown.split() if w.split("（")[0].rstrip("：") not in known | options)
        words = re.sub(r"policy\.yaml|--reading \S+", "", words)
        assert not ENGINE.search(words), (name, ENGINE.search(words))


def chinese_words() -> list[str]:
    """What is Chinese on every page: headings and words of the text, bodies, and bases; longest first."""
    policy = yanzhou().last.policy
    clauses = policy.clauses.values()
    found = {
        word
        for c in clauses
        for word in (c.id, c.title.rstrip("。"), c.heading, *(s.text for s in c.sentences))
    }
    found |= {*bodies(policy), *(word for settled in policy.settled_words.values() for word in settled.words)}
    found |= {quote for entry in entries(policy) for quote in (*entry.cited.quotes, entry.cited.basis)}
    return sorted(found - {""}, key=len, reverse=True)


def test_english_pages_are_english() -> None:
    words = chinese_words()
    for name, shown in all_pages("en"):
        for word in words:
            shown = shown.replace(word, "")
        left = [
            found
            for found in re.findall(r"[\u4e00-\u9fff]{2,}", shown)
            if found not in ("万元", "有效期", "个百分点")
        ]
        assert not left, (name, left[:3])


def test_pages_are_the_same_every_time() -> None:
    assert all_pages("zh") == all_pages("zh")
