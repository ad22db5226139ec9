"""Citations and quotes: the clause is there, the words are its words, and no sentence is left out."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from policyengine import model as m
from policyengine.checks.common import Checked, Entry, Squeezed, Text, entries, squeeze
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.nearest import meant, nearest
from policyengine.source import Span

MIN_QUOTE = 3  # a shorter excerpt stands somewhere by accident


# --- clause ids --------------------------------------------------------------------------------


def clauses(checked: Checked) -> Iterator[Diagnostic]:
    """Cited clauses and sentences that the text does not have."""
    for cite, span in _cites(checked.policy):
        if cite and not checked.text.knows(cite) and not _broken_clause(checked, cite):
            yield _unknown(checked.text, cite, span)


def _cites(policy: m.Policy) -> Iterator[tuple[str, Span]]:
    for entry in entries(policy):
        yield from zip(entry.cited.cites, entry.cited.cite_spans, strict=True)
    header = policy.header
    yield from ((cite, header.span) for cite in (header.valid_cite, header.interpreter_cite))
    yield from ((record.clause, record.span) for record in policy.not_computed.values())
    yield from ((record.clause, record.span) for record in policy.settled_words.values())


def _broken_clause(checked: Checked, cite: str) -> bool:
    return checked.broken(cite.partition("/")[0])


def _unknown(text: Text, cite: str, span: Span) -> Diagnostic:
    clause, _, sentence = cite.partition("/")
    if clause in text.clauses and sentence:
        there = "、".join(s.id for s in text.clauses[clause].sentences)
        return diagnostic("unknown-sentence", span, cite=cite, clause=clause, sentence=sentence, there=there)
    close = [
        there if (there := f"{id_}/{sentence}") in text.sentences else id_
        for id_ in nearest(clause, text.clauses)
    ]
    return diagnostic("unknown-clause", span, cite=cite, **meant(close))


# --- quotes ------------------------------------------------------------------------------------


def quotes(checked: Checked) -> Iterator[Diagnostic]:
    """Quotes that are not word for word in the sentences they are cited from."""
    text = checked.text
    for entry in entries(checked.policy):
        cited = entry.cited
        if not cited.cites or not all(text.knows(cite) for cite in cited.cites):
            continue
        ids = [id_ for cite in cited.cites for id_ in text.of(cite)]
        for quote, span in zip(cited.quotes, cited.quote_spans, strict=True):
            wanted = squeeze(quote).text
            if len(wanted) < MIN_QUOTE:
                yield diagnostic("quote-too-short", span, quote=quote, least=MIN_QUOTE)
            elif not any(wanted in text.squeezed[id_].text for id_ in ids):
                yield _misquoted(text, cited.cites, ids, wanted, quote, span)


def _misquoted(
    text: Text, cites: tuple[str, ...], ids: list[str], wanted: str, quote: str, span: Span
) -> Diagnostic:
    """Say where the words are instead: in another sentence, over two sentences, or nearly so."""
    cite = "、".join(cites)
    moved = [id_ for id_, sentence in text.squeezed.items() if wanted in sentence.text]
    if moved:
        related = (
            (f"{moved[0]}：这里有这些字", f"{moved[0]}: these words are here"),
            text.sentences[moved[0]].span,
        )
        return diagnostic("quote-elsewhere", span, related, quote=quote, cite=cite, there="、".join(moved))
    joined = "".join(text.squeezed[id_].text for id_ in ids)
    if wanted in joined:
        return diagnostic("quote-over-sentences", span, quote=quote, cite=cite)
    found = _most_alike(text, ids, wanted)
    if found is None:
        return diagnostic("quote-not-found", span, quote=quote, cite=cite)
    id_, words = found
    related = (f"{id_}：最接近的句子", f"{id_}: the closest sentence"), text.sentences[id_].span
    return diagnostic("quote-not-found", span, related, quote=quote, cite=cite, closest=id_, words=words)


def _most_alike(text: Text, ids: list[str], wanted: str) -> tuple[str, str] | None:
    """The sentence most like the quote (a cited one, if it has half of the words), and its words."""
    best: tuple[int, str] | None = None
    for candidates in (ids, list(text.squeezed)):
        for id_ in candidates:
            size = _blocks(wanted, text.squeezed[id_].text)[1]
            if size * 2 >= len(wanted) and (best is None or size > best[0]):
                best = size, id_
        if best is not None:
            return best[1], _aligned(wanted, text.squeezed[best[1]])
    return None


def _blocks(wanted: str, sentence: str) -> tuple[list[tuple[int, int, int]], int]:
    """The runs of two or more characters that both share, in order, and how many characters they are."""
    matcher = SequenceMatcher(None, wanted, sentence, autojunk=False)
    blocks = [(b.a, b.b, b.size) for b in matcher.get_matching_blocks() if b.size >= 2]
    return blocks, sum(size for _, _, size in blocks)


def _aligned(wanted: str, sentence: Squeezed) -> str:
    """The words of the sentence that stand where the quote's words would."""
    blocks, _ = _blocks(wanted, sentence.text)
    (a, b, _), (last_a, last_b, size) = blocks[0], blocks[-1]
    return sentence.excerpt(b - a, last_b + size + len(wanted) - (last_a + size))


# --- coverage ----------------------------------------------------------------------------------


def coverage(checked: Checked) -> Iterator[Diagnostic]:
    """Sentences that nothing speaks for, and those both computed and said not to be."""
    if not checked.whole:
        return
    text, policy = checked.text, checked.policy
    computed = by_rules(checked)
    covered = {*computed, *_recorded(checked), *_set_aside(checked)}
    for id_, sentence in text.sentences.items():
        if id_ not in covered:
            yield diagnostic("sentence-not-covered", sentence.span, id=id_, words=_begin(sentence.text))
    for record in policy.not_computed.values():
        for id_ in text.of(record.clause):
            if id_ in computed:
                entry = computed[id_]
                where = ("引用它的条目在这里", "the entry that cites it"), entry.span
                yield diagnostic(
                    "computed-after-all", record.span, where, id=id_, name=entry.name, label=entry.label.zh
                )
                break


def by_rules(checked: Checked) -> dict[str, Entry]:
    """The sentences that something computed cites, each with the first entry that does.

    What a fact cites counts where some rule reads the fact.
    """
    found: dict[str, Entry] = {}
    for entry in entries(checked.policy):
        counts = entry.kind == "computed" or (entry.kind == "fact" and entry.name in checked.read)
        for cite in entry.cited.cites if counts else ():
            for id_ in checked.text.of(cite):
                found.setdefault(id_, entry)
    return found


def _recorded(checked: Checked) -> Iterator[str]:
    header = checked.policy.header
    for entry in entries(checked.policy):
        for cite in entry.cited.cites if entry.kind == "recorded" else ():
            yield from checked.text.of(cite)
    for cite in (header.valid_cite, header.interpreter_cite):
        yield from checked.text.of(cite)


def _set_aside(checked: Checked) -> Iterator[str]:
    for record in checked.policy.not_computed.values():
        yield from checked.text.of(record.clause)


def _begin(sentence: str) -> str:
    return sentence if len(sentence) <= 24 else sentence[:23] + "…"
