"""Quotes that are in their sentence and yet wrong: cut in the middle of a number, or about something else.

`单个企业最高100万` breaks off before 元; a quote that begins behind 不 says the opposite. And of the four
requirements that one sentence lists, a condition may quote its neighbour's: its label says 信用良好, the quote
管理规范. A label that has words in common with the sentence must have some in common with the quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks.common import Checked, conditions, entries, squeeze
from policyengine.checks.numerals import days, said
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.source import Span

NEGATIONS = "不未无非"
COMMON = ("企业", "项目", "单位", "申报", "符合", "条件")  # in every sentence, and so the mark of none


def cut_quotes(checked: Checked) -> Iterator[Diagnostic]:
    """Quotes that begin or end inside a number, between it and its unit, or behind a negation."""
    for entry in entries(checked.policy):
        ids = [id_ for cite in entry.cited.cites for id_ in checked.text.of(cite)]
        for quote, span in zip(entry.cited.quotes, entry.cited.quote_spans, strict=True):
            found = list(_cuts(checked, ids, squeeze(quote).text))
            if found and all(found):  # where the words stand twice, one whole place is enough
                whole = found[0]
                yield diagnostic("quote-cut", span, quote=quote, whole=whole)


def _cuts(checked: Checked, ids: Iterable[str], quote: str) -> Iterator[str]:
    """For every place of a quote in the sentences: what it cuts through, `""` for nothing."""
    for id_ in ids:
        sentence = checked.text.squeezed[id_]
        numbers = said(sentence.text, checked.policy.units)
        pieces = [(one.start, one.end) for one in numbers]
        pieces += [(one.start, one.end) for one in days(sentence.text)]
        start = sentence.text.find(quote) if quote else -1
        while start >= 0:
            end = start + len(quote)
            cut = [piece for piece in pieces for edge in (start, end) if piece[0] < edge < piece[1]]
            if cut:
                yield sentence.excerpt(*cut[0])
            elif start and sentence.text[start - 1] in NEGATIONS:
                yield sentence.excerpt(start - 1, end)
            elif quote[-1] in NEGATIONS and end < len(sentence.text):
                yield sentence.excerpt(start, end + 2)
            else:
                yield ""
            start = sentence.text.find(quote, start + 1)


# --- the neighbour's words -------------------------------------------------------------------------


def neighbours(checked: Checked) -> Iterator[Diagnostic]:
    """Conditions and exceptions that quote what their sentence says of something else.

    Those that compare with a parameter are let be: the number in their quote is what ties them to it.
    """
    for condition in conditions(checked.policy):
        if not _compares(checked, condition):
            told = [condition.label, *([condition.fail] if condition.fail else [])]
            yield from _strange(checked, condition.label, told, condition.cited, condition.span)
        for u in condition.unless:
            yield from _strange(checked, u.label, [u.label], u.cited, u.span)


def _compares(checked: Checked, condition: m.Condition) -> bool:
    names = (condition.name, f"{condition.name}.test")
    nodes = (checked.plan.nodes.get(name) for name in names)
    return any(
        path.name in checked.policy.parameters
        for node in nodes
        if isinstance(node, p.FormulaNode)
        for path in n.paths(node.formula.node)
    )


def _strange(
    checked: Checked, label: m.Label, told: list[m.Label], cited: m.Cited, span: Span
) -> Iterator[Diagnostic]:
    quotes = [squeeze(quote).text for quote in cited.quotes]
    sentences = "|".join(
        checked.text.squeezed[id_].text for cite in cited.cites for id_ in checked.text.of(cite)
    )
    if not all(quote in sentences for quote in quotes):
        return  # words that are not there are reported as such
    quoted = "|".join(quotes)
    there = [pair for pair in _pairs(label.zh) if pair in sentences]
    if not quoted or not there or any(pair in quoted for words in told for pair in _pairs(words.zh)):
        return
    at = cited.quote_spans[0] if cited.quote_spans else span
    yield diagnostic("quote-of-a-neighbour", at, name=label.zh, quote=cited.quotes[0], words=there[0])


def _pairs(words: str) -> list[str]:
    """Every two characters side by side, those apart that stand in every sentence."""
    text = squeeze(words).text
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    return [pair for pair in pairs if pair.isalnum() and pair not in COMMON]


# --- questions that quote --------------------------------------------------------------------------


def questions(checked: Checked) -> Iterator[Diagnostic]:
    """Interpretations that ask about words which the cited sentences do not have."""
    text = checked.text
    for i in checked.policy.interpretations.values():
        sentences = [text.squeezed[id_].text for cite in i.cited.cites for id_ in text.of(cite)]
        for words in _quoted(i.question.zh) if sentences else ():
            if not any(squeeze(words).text in sentence for sentence in sentences):
                yield diagnostic(
                    "question-of-other-words",
                    i.span,
                    name=i.label.zh,
                    words=words,
                    cite="、".join(i.cited.cites),
                )


def _quoted(question: str) -> Iterator[str]:
    """What stands between “ and ”."""
    for piece in question.split("“")[1:]:
        words, closed, _ = piece.partition("”")
        if closed and words:
            yield words
