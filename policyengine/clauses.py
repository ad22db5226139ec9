"""Clause ids read aloud: `四.1/2` is “四、政策支持 > 1.装备升级奖补 第2句”.

Ids in data are `四.1/2`; with a middle level `二.（一）.1/2`; article-style documents use the article's
number, `四/2` being 第四条 第2句. Ways in which people write them (`四·1`, `四、1.`) are understood too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from policyengine.model import Clause, Policy, Sentence


@dataclass(frozen=True, slots=True)
class Citation:
    """A place of the official text and its words.

    `quote` is what is quoted, `sentence` the whole sentence in which it stands ("" for a whole clause).
    `crumbs` the headings above it, `short` the same in a few characters.
    """

    cite: str
    crumbs: str
    short: str
    quote: str
    sentence: str


def split(cite: str) -> tuple[str, str]:
    """Clause id and sentence id; the latter is "" for a whole clause."""
    clause, _, sentence = cite.partition("/")
    return clause, sentence


def find(policy: Policy, cite: str) -> tuple[Clause, Sentence | None] | None:
    """The clause, and the sentence if one is named; None where there is none."""
    id_, number = split(cite)
    clause = policy.clauses.get(id_)
    if clause is None:
        return None
    if not number:
        return clause, None
    for sentence in clause.sentences:
        if sentence.id == number:
            return clause, sentence
    return None


def words(policy: Policy, cite: str) -> str:
    """The verbatim words of a citation; several sentences of a whole clause joined."""
    found = find(policy, cite)
    if found is None:
        return ""
    clause, sentence = found
    return sentence.text if sentence else "".join(s.text for s in clause.sentences)


def heading(clause: Clause) -> str:
    """A clause's heading for people: `1.装备升级奖补`."""
    return (clause.title.rstrip("。；") or clause.heading).strip()


def crumbs(policy: Policy, cite: str, lang: str = "zh") -> str:
    """The way down to a citation: `四、政策支持 > 1.装备升级奖补 第1句`."""
    id_, number = split(cite)
    levels = id_.split(".")
    names = []
    for depth in range(1, len(levels) + 1):
        clause = policy.clauses.get(".".join(levels[:depth]))
        name = heading(clause) if clause else ""
        names.append(name or _level(levels[depth - 1], depth, policy.header.numbering))
    return " > ".join(names) + _sentence(number, lang)


def short(policy: Policy, cite: str, lang: str = "zh") -> str:
    """A citation in a few characters: `四、1.第1句`; in English `四.1 sentence 1`."""
    id_, number = split(cite)
    levels = id_.split(".")
    if lang == "en":
        return id_ + (f" sentence {number}" if number else "")
    named = len(levels) == 1 and not re.fullmatch(r"[一二三四五六七八九十百]+", levels[0])
    if named:
        return levels[0] + _sentence(number, lang).replace(" ", "")
    parts = [_level(level, i, policy.header.numbering) for i, level in enumerate(levels, 1)]
    return "".join(parts) + (_sentence(number, lang).strip())


def _level(level: str, depth: int, numbering: str) -> str:
    if depth == 1:
        return f"第{level}条" if numbering == "articles" else f"{level}、"
    return level if level.startswith("（") else f"{level}."


def _sentence(number: str, lang: str) -> str:
    if not number:
        return ""
    return f" 第{number}句" if lang == "zh" else f", sentence {number}"


def citation(policy: Policy, cite: str, quote: str = "", lang: str = "zh") -> Citation:
    """A citation with its words; without a quote the sentence stands for itself."""
    found = find(policy, cite)
    sentence = found[1].text if found and found[1] else ""
    return Citation(cite, crumbs(policy, cite, lang), short(policy, cite, lang), quote or sentence, sentence)


def normal(text: str) -> str:
    """A text as quotes are compared: NFKC, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def holds(policy: Policy, cite: str, quote: str) -> bool:
    """Whether a citation's words contain a quote."""
    return normal(quote) in normal(words(policy, cite))


def parse(policy: Policy, text: str) -> str | None:
    """The id that a person means by `四·1`, `四、1.`, `四.1 第2句`; None where it is none of the policy's."""
    spelled = unicodedata.normalize("NFKC", text).strip().rstrip("。.")
    spelled = re.sub(r"第([0-9]+[a-z]?)句", r"/\1", spelled)
    spelled = re.sub(r"第([一二三四五六七八九十百]+)条", r"\1", spelled).replace(" ", "")
    spelled = spelled.replace("(", "（").replace(")", "）")
    spelled = re.sub(r"[·・、]", ".", spelled).replace("./", "/").replace("..", ".").rstrip(".")
    clause, _, sentence = spelled.partition("/")
    clause = clause.rstrip(".")
    if clause not in policy.clauses:
        return _printed(policy, text)
    return f"{clause}/{sentence}" if sentence else clause


def _printed(policy: Policy, text: str) -> str | None:
    """The id of a citation as it is printed: `四、政策支持 > 1.装备升级奖补 第1句`, in either language."""
    wanted = _bare(text)
    for clause in policy.clauses.values():
        for cite in (clause.id, *(f"{clause.id}/{sentence.id}" for sentence in clause.sentences)):
            if wanted in (
                _bare(form(policy, cite, lang)) for form in (crumbs, short) for lang in ("zh", "en")
            ):
                return cite
    return None


def _bare(text: str) -> str:
    """A printed citation without its brackets, outer quotes and blanks."""
    return normal(text).strip("〔〕[]“”\"'。.")
