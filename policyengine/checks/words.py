"""Words that leave something open: each, in a sentence that is computed, needs a reading or a reason.

`原则上` may be a rule or a wish, `等` may close a list or leave it open. Such a word is answered by an
interpretation that quotes it, or by an entry of `settled_words` that says why no reading is needed.
The table is of Chinese administrative texts in general; a word of another meaning (`等级`, `节约`) is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policyengine.checks.citations import by_rules
from policyengine.checks.common import Checked, squeeze
from policyengine.diagnostics import Diagnostic, diagnostic


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the table: how it is found, and what it leaves open."""

    name: str
    pattern: str
    zh: str
    en: str


_OPEN_LIST = "列举完了没有", "whether the list is complete"
_HOW_FIRM = "是硬性要求还是一般要求", "whether it binds or only guides"
_HOW_MUCH = "多少才算", "how much is enough"
_WHICH = "具体指哪些", "which ones are meant"
_WHOSE_CAP = "按什么范围封顶", "what the cap is counted over"

WORDS: tuple[Word, ...] = (
    Word("等", "(?<![平同相对均高中初优一二三四五特上下不])等(?![级于同额量候待价比次效差份])", *_OPEN_LIST),
    Word("主要", "主要", *_OPEN_LIST),
    Word("其他", "其[他它]", *_WHICH),
    Word("原则上", "原则上", *_HOW_FIRM),
    Word("一般", "一般(?!纳税|公共|性)", *_HOW_FIRM),
    Word("可以", "可以", *_HOW_FIRM),
    Word("鼓励", "鼓励", *_HOW_FIRM),
    Word("力争", "力争", *_HOW_FIRM),
    Word("优先", "优先", *_HOW_FIRM),
    Word("左右", "左右", *_HOW_MUCH),
    Word("约", "大约|约(?=[0-9])", *_HOW_MUCH),
    Word("前后", "前后", *_HOW_MUCH),
    Word("适当", "适当", *_HOW_MUCH),
    Word("酌情", "酌情|视情", *_HOW_MUCH),
    Word("合理", "合理", *_HOW_MUCH),
    Word("必要", "必要", *_HOW_MUCH),
    Word("一批", "(?<![同第每这该])一批(?!次)", *_HOW_MUCH),
    Word("若干", "若干", *_HOW_MUCH),
    Word("逐步", "逐步", *_HOW_MUCH),
    Word("显著", "显著", *_HOW_MUCH),
    Word("较大", "较[大高多好强]", *_HOW_MUCH),
    Word("重大", "重大", *_HOW_MUCH),
    Word("良好", "良好", *_HOW_MUCH),
    Word("规范", "规范(?!性)", *_HOW_MUCH),
    Word("积极", "积极", *_HOW_MUCH),
    Word("重点", "重点", *_WHICH),
    Word("有关", "有关", *_WHICH),
    Word("相关", "相关", *_WHICH),
    Word("特殊", "特殊", *_WHICH),
    Word("定期", "定期", "多久一次", "how often"),
    Word("及时", "及时", "几天之内", "within how many days"),
    Word("下同", "下同", "下文哪些地方也这样算", "where else the definition holds"),
    Word("单个企业最高", "(?:单个|单户|单家|每家|每户|每个)(?:企业|单位|项目|主体)?[^,。;]{0,4}(?:最高|上限)", *_WHOSE_CAP),
    Word("累计", "累计", *_WHOSE_CAP),
)  # fmt: skip
_TABLE = tuple((word, re.compile(word.pattern)) for word in WORDS)


def found_in(squeezed: str) -> Iterator[tuple[Word, int, int]]:
    """The words of the table in a squeezed sentence, each once, with its first place."""
    for word, pattern in _TABLE:
        if match := pattern.search(squeezed):
            yield word, match.start(), match.end()


def ambiguous_words(checked: Checked) -> Iterator[Diagnostic]:
    """Words of computed sentences that no interpretation quotes and no entry settles."""
    text = checked.text
    for id_, entry in by_rules(checked).items():
        sentence, squeezed = text.sentences[id_], text.squeezed[id_]
        for word, start, end in found_in(squeezed.text):
            said = squeezed.excerpt(start, end)
            if _settled(checked, id_, squeezed.text[start:end]) or _interpreted(checked, id_, word):
                continue
            exact = sentence.span.text == sentence.text
            span = sentence.span.sub(squeezed.at[start], squeezed.at[end - 1] + 1) if exact else sentence.span
            related = ("引用这一句的条目在这里", "an entry that cites the sentence"), entry.span
            yield diagnostic(
                "ambiguous-word", span, related, word=said, id=id_, open_zh=word.zh, open_en=word.en
            )


def _settled(checked: Checked, id_: str, said: str) -> bool:
    return any(
        said in (name := squeeze(settled).text) or name in said
        for record in checked.policy.settled_words.values()
        if id_ in checked.text.of(record.clause)
        for settled in record.words
    )


NEAR = 12  # characters of a quote beside the word


def _interpreted(checked: Checked, id_: str, word: Word) -> bool:
    """Whether an interpretation cites the sentence and is about the word: its quote is little more than the word,
    or what it asks names it. One that quotes a whole clause may be about something else in it."""
    pattern = re.compile(word.pattern)
    sentence = checked.text.squeezed[id_].text
    for i in checked.policy.interpretations.values():
        if not any(id_ in checked.text.of(cite) for cite in i.cited.cites):
            continue
        quotes = [squeeze(quote).text for quote in i.cited.quotes]
        there = [found for quote in quotes if quote in sentence and (found := pattern.search(quote))]
        asked = squeeze(f"{i.label.zh}{i.question.zh}").text
        close = any(len(found.string) <= len(found[0]) + NEAR for found in there)
        if not quotes or close or (there and pattern.search(asked)):
            return True
    return False


def settled_words(checked: Checked) -> Iterator[Diagnostic]:
    """Settled words that their sentence does not have."""
    for record in checked.policy.settled_words.values():
        ids = checked.text.of(record.clause)
        if not ids:
            continue  # an unknown clause, reported as such
        sentences = [checked.text.squeezed[id_].text for id_ in ids]
        for word in record.words:
            if not any(squeeze(word).text in sentence for sentence in sentences):
                yield diagnostic("settled-word-not-there", record.span, word=word, id=record.clause)
