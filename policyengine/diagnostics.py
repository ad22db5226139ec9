"""What is wrong, where, and what to write instead.

A `Diagnostic` holds a code and the facts of the matter; its sentences come from the table in
`codes/`, in Chinese or English. The two exceptions of the library carry diagnostics: always all
that were found, never only the first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Literal, Protocol, runtime_checkable

from policyengine.codes import CODES, Code
from policyengine.source import Span

Lang = Literal["zh", "en"]
EXCERPT = 40  # characters of a user's value that a message repeats


@runtime_checkable
class Bilingual(Protocol):
    """Words in two languages, such as a label of the policy."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a code of `codes.CODES`, its place, and the words that fill its sentences.

    `related` points to other places that matter, each with a `(zh, en)` pair of words.
    """

    code: str
    span: Span | None
    words: Mapping[str, str] = field(default_factory=dict)
    related: tuple[tuple[tuple[str, str], Span], ...] = ()

    @property
    def entry(self) -> Code:
        return CODES[self.code]

    @property
    def severity(self) -> str:
        return self.entry.severity

    def message(self, lang: Lang = "zh") -> str:
        """The finding as one sentence without full stop."""
        return _fill(self.entry.zh if lang == "zh" else self.entry.en, self.spoken(lang))

    def spoken(self, lang: Lang) -> Mapping[str, str]:
        """The words of one language: in English `name_en` stands for `name` where there is one."""
        if lang == "zh":
            return self.words
        return {
            **self.words,
            **{k.removesuffix("_en"): v for k, v in self.words.items() if k.endswith("_en")},
        }

    def help(self, lang: Lang = "zh") -> str:
        """What to do about it; sentences whose words are missing are left out."""
        sentences = self.entry.help_zh if lang == "zh" else self.entry.help_en
        words = self.spoken(lang)
        kept = [_fill(s, words) for s in sentences if _fillable(s, words)]
        return ("；" if lang == "zh" else "; ").join(kept)


def diagnostic(
    code: str,
    span: Span | None,
    *related: tuple[tuple[str, str], Span],
    **words: object,
) -> Diagnostic:
    """A `Diagnostic`; values are shortened so that no message repeats a whole file.

    A label stands in each language's sentence in that language: `name` in Chinese, `name_en` in English.
    """
    said: dict[str, str] = {}
    for key, word in words.items():
        if isinstance(word, Bilingual):
            said[key] = excerpt(word.zh)
            if word.en:
                said[f"{key}_en"] = excerpt(word.en)
        else:
            said[key] = excerpt(str(word))
    return Diagnostic(code, span, said, related)


def excerpt(text: str, limit: int = EXCERPT * 3) -> str:
    """`text` on one line, without control characters, cut to `limit` characters."""
    flat = "".join(c if c.isprintable() else " " for c in text)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class _Diagnosed(Exception):
    """Base of the two exceptions: never raised itself."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sort(diagnostics))
        super().__init__("\n".join(concise(d, "en") for d in self.diagnostics))


class PolicyError(_Diagnosed):
    """A policy (or overlay, or scenario file) is wrong: the author's matter."""


class CaseError(_Diagnosed):
    """An application cannot be read or contradicts itself: the applicant's matter."""


def sort(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Without repetitions, in reading order: amendments before what they amend, by file, place, then code."""
    unique = {(d.code, d.span, tuple(sorted(d.words.items()))): d for d in diagnostics}

    def key(d: Diagnostic) -> tuple[bool, str, int, str, str]:
        if d.span is None:
            return (False, "", -1, d.code, d.message("en"))
        return (not d.span.source.first, d.span.source.name, d.span.start, d.code, d.message("en"))

    return sorted(unique.values(), key=key)


def errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that make a policy unusable; warnings are left out."""
    return [d for d in diagnostics if d.severity == "error"]


def concise(d: Diagnostic, lang: Lang = "zh") -> str:
    """One line: `file:line:column: code message (help)`."""
    place = f"{d.span.place}: " if d.span else ""
    advice = d.help(lang)
    tail = "" if not advice else (f"（{advice}）" if lang == "zh" else f" ({advice})")
    return f"{place}{d.code} {d.message(lang)}{tail}"


_WORDS = {
    "zh": {"error": "错误", "warning": "警告", "help": "提示：", "colon": "："},
    "en": {"error": "error", "warning": "warning", "help": "help: ", "colon": ": "},
}


def text(d: Diagnostic, lang: Lang = "zh") -> str:
    """Several lines: the message, the place, the line with a caret under it, related places, help."""
    say = _WORDS[lang]
    lines = [f"{say[d.severity]}[{d.code}]{say['colon']}{d.message(lang)}"]
    related = [(words[0] if lang == "zh" else words[1], span) for words, span in d.related]
    spans = ([d.span] if d.span else []) + [span for _, span in related]
    gutter = max((len(span.source.shown(span)[0]) for span in spans), default=1)
    if d.span:
        lines += _quoted(d.span, gutter, "^")
    for label, span in related:
        lines.append(f"{' ' * gutter} = {label}{say['colon'].rstrip()}")
        lines += _quoted(span, gutter, "-")
    advice = d.help(lang)
    if advice:
        lines.append(f"{' ' * gutter} = {say['help']}{advice}")
    return "\n".join(lines)


def _quoted(span: Span, gutter: int, mark: str) -> list[str]:
    """The place and the source line with a mark under the span, aligned by display width."""
    line, raw, column = span.source.shown(span)
    shown = raw.replace("\t", " ")
    left = max(0, column - 1 - 60) if len(shown) > 120 else 0
    cut = shown[left : left + 120]
    before = width(cut[: column - 1 - left])
    length = span.end - span.start
    if column - 1 + length > len(raw):  # goes on below
        length = len(raw) - column + 1
    under = max(1, width(cut[column - 1 - left : column - 1 - left + max(length, 1)]))
    blank = " " * gutter
    head = "…" if left else ""
    return [
        f"{blank}--> {span.place}",
        f"{blank} |",
        f"{line:>{gutter}} | {head}{cut}",
        f"{blank} | {' ' * (before + len(head))}{mark * under}",
    ]


def width(text: str, ambiguous: int = 1) -> int:
    """How many terminal cells a text takes: CJK 2, combining marks 0, ambiguous as told."""
    cells = 0
    for char in text:
        if unicodedata.category(char) in ("Mn", "Me", "Cf"):
            continue
        kind = unicodedata.east_asian_width(char)
        cells += 2 if kind in "WF" else ambiguous if kind == "A" else 1
    return cells


def as_json(d: Diagnostic, lang: Lang = "zh") -> dict[str, object]:
    """The finding as plain data; lines and columns count from 1."""
    found: dict[str, object] = {
        "code": d.code,
        "severity": d.severity,
        "message": d.message(lang),
        "help": d.help(lang),
    }
    if d.span:
        found |= _place(d.span)
    if d.related:
        found["related"] = [
            {"label": words[0] if lang == "zh" else words[1], **_place(span)} for words, span in d.related
        ]
    return found


def _place(span: Span) -> dict[str, object]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _names(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _fillable(template: str, words: Mapping[str, str]) -> bool:
    return all(words.get(name) for name in _names(template))


def _fill(template: str, words: Mapping[str, str]) -> str:
    return template.format_map({name: words.get(name, "") for name in _names(template)})
