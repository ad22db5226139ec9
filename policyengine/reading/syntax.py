"""PyYAML's syntax errors in the words of someone who writes policies.

PyYAML says where it gave up, which is often far from the mistake: an unclosed quote is noticed
at the end of the file. `explain` looks at what was read just before and at the line itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from yaml.error import MarkedYAMLError

from policyengine.reading.common import Refusal, full_width, quoted
from policyengine.reading.mistakes import slip, wide_comma

_ESCAPE = re.compile(r"\\(?:[xuU][0-9A-Fa-f]{1,8}|.)")
_WIDE_QUOTES = re.compile(r"[“”‘’＂＇]")


@dataclass(slots=True)
class Reached:
    """How far reading came: where the last value began and ended in the text, what it was
    (`plain`, `quoted`, `block`, `flow` or nothing yet), and the brackets still open."""

    start: int = 0
    end: int = 0
    kind: str = ""
    brackets: list[int] = field(default_factory=list)

    def note(self, kind: str, start: int, end: int) -> None:
        """A value has been read."""
        self.kind, self.start, self.end = kind, start, end


@dataclass(frozen=True, slots=True)
class _Failure:
    """A syntax error as PyYAML states it: `at` is where it gave up, `begin` what it was reading."""

    text: str
    reached: Reached
    problem: str
    context: str
    at: int
    begin: int

    def line(self, offset: int) -> str:
        """The text from `offset` to the end of its line."""
        end = self.text.find("\n", offset)
        return self.text[offset : end if end >= 0 else None].rstrip("\r")

    def key_position(self) -> bool:
        """Whether the last value stands where an entry of a list or mapping begins."""
        return self.text[: self.reached.start].rstrip()[-1:] in ("{", "[", ",")

    def first_on_line(self) -> bool:
        """Whether nothing but spaces stands before `at` on its line."""
        start = self.text.rfind("\n", 0, self.at) + 1
        return not self.text[start : self.at].strip(" ")


def explain(text: str, error: MarkedYAMLError, reached: Reached) -> Refusal:
    """The finding for a syntax error; its offsets count from the beginning of `text`."""
    problem, context = error.problem or "", error.context or ""
    at = error.problem_mark.index if error.problem_mark else len(text)
    begin = error.context_mark.index if error.context_mark else at
    failure = _Failure(text, reached, problem, context, at, begin)
    for start, explanation in _EXPLANATIONS:
        if context.startswith(start) or problem.startswith(start):
            return explanation(failure)
    return _mark("yaml-syntax", at, at + 1)


def unclosed(text: str, at: int) -> Refusal:
    """The finding for the bracket `at`, which is never closed."""
    opened = text[at]
    return _mark("unclosed-bracket", at, at + 1, opened=opened, due="]" if opened == "[" else "}")


def explain_sign(text: str, at: int, reached: Reached) -> Refusal:
    """The finding for a `?` that YAML takes for its own; offsets count as in `explain`."""
    start = reached.end + len(text[reached.end : at]) - len(text[reached.end : at].lstrip(", \n"))
    found = slip(text[start:at])
    return _moved(found, start) if found else _mark("unquoted-special", at, at + 1, mark=text[at])


def _unclosed_quote(f: _Failure) -> Refusal:
    """The quote that was never closed, or that was closed with a full-width one."""
    opened = f.text[f.begin]
    match = _WIDE_QUOTES.search(f.line(f.begin))
    if match:
        at = f.begin + match.start()
        words = {"found": match.group(), "ascii": opened}
        return Refusal("full-width-punctuation", words, at, at + 1)
    return _mark("unclosed-quote", f.begin, f.begin + 1, quote=opened)


def _escape(f: _Failure) -> Refusal:
    return bad_escape(f.text, f.at)


def bad_escape(text: str, at: int) -> Refusal:
    """The finding for an escape sequence that means nothing, near `at`."""
    start = max(text.rfind("\\", 0, at + 1), 0)
    match = _ESCAPE.match(text, start)
    end = match.end() if match else start
    return _mark("bad-escape", start, end, escape=text[start:end])


def _anchor(f: _Failure) -> Refusal:
    code = "alias-refused" if f.text[f.begin] == "*" else "anchor-refused"
    return _special(f, f.begin, code, f.line(f.begin).split(" ")[0])


def _tag(f: _Failure) -> Refusal:
    return _special(f, f.begin, "tag-refused", f.line(f.begin).split(" ")[0])


def _block_text(f: _Failure) -> Refusal:
    return _special(f, f.begin)


def _unstartable(f: _Failure) -> Refusal:
    """A character that cannot begin anything: a tab, or one YAML keeps for itself."""
    if f.text[f.at : f.at + 1] == "\t":
        return _mark("odd-space", f.at, f.at + 1, name_zh="制表符（Tab）", name_en="a tab")
    return _special(f, f.at)


def _no_colon(f: _Failure) -> Refusal:
    """A line among `key: value` lines that has no colon YAML knows."""
    line = f.line(f.begin)
    found = slip(line)
    if found:
        return _moved(found, f.begin)
    return _mark("missing-colon", f.begin, f.begin + len(line.rstrip()), line=line.strip())


def _second_colon(f: _Failure) -> Refusal:
    """A colon within a value, or a key that stands deeper than its neighbours."""
    last, start = f.reached, f.reached.start
    if last.kind == "plain" and not f.text[last.end : f.at].strip():
        if f.text[start] in "“‘＂＇":
            return _moved(full_width(f.text[start], 0, 1), start)
        value = f.line(start)
        return _mark("unquoted-colon", f.at, f.at + 1, quoted=quoted(_uncommented(value)))
    return _mark("unquoted-colon", f.at, f.at + 1)


def _list_on_line(f: _Failure) -> Refusal:
    return _mark("list-on-key-line", f.at, f.at + 1)


def _in_brackets(f: _Failure) -> Refusal:
    """Within `[…]` or `{…}`: something stands where a comma or the closing bracket is due."""
    found = f.text[f.at : f.at + 1]
    if found in ("", "\0") or f.line(f.at).startswith(("---", "...")):
        return unclosed(f.text, f.begin)
    last = f.reached
    written = f.text[last.start : last.end]
    if found in "，、；":
        return _moved(full_width(found, 0, 1), f.at)
    mistaken = slip(written) if last.kind == "plain" and f.key_position() else None
    if mistaken:
        return _moved(mistaken, last.start)
    if found == ":" and last.kind == "plain":
        comma = wide_comma(written)
        if comma:
            return _moved(comma, last.start)
        return _mark("unquoted-colon", f.at, f.at + 1)
    if last.kind == "quoted" and last.end == f.at and found not in "]}":
        return _after_value(f)
    if found in "]}" or leaves(f.text, f.begin, f.at):
        return unclosed(f.text, f.begin)
    if last.kind == "plain" and found in "[{":
        if found == "{":
            name = re.match(r"\{[^{}\n]*\}?", f.text[f.at :])
            length = name.end() if name else 1
            return _mark("unquoted-template", f.at, f.at + length, text=f.text[f.at : f.at + length])
        return _mark("unquoted-special", f.at, f.at + 1, mark=found)
    return _mark("missing-comma", f.at, f.at + 1)


def _block_end(f: _Failure) -> Refusal:
    """In a block: text after a value on its line, or a line whose indentation fits nowhere."""
    if f.text[f.at : f.at + 1] == ":":
        return _mark("key-not-text", f.at, f.at + 1, what_zh="空白", what_en="blank")
    if f.first_on_line():
        line = f.line(f.at)
        found = slip(line)
        if found:
            return _moved(found, f.at)
        return _mark("uneven-indentation", f.at, f.at + len(line.rstrip()), line=line.strip())
    return _after_value(f)


def _after_value(f: _Failure) -> Refusal:
    """Text that goes on behind a closed quote or bracket."""
    last = f.reached
    if last.kind == "quoted" and "\n" in f.text[last.start : last.end]:
        return _mark("unclosed-quote", last.start, last.start + 1, quote=f.text[last.start])
    if f.text[f.at] in "，、；":
        return _moved(full_width(f.text[f.at], 0, 1), f.at)
    rest = _uncommented(f.line(f.at))
    closed = f.text[last.end - 1 : last.end]
    if closed == "}":
        whole = f.text[last.start : last.end]
        return _mark("text-after-value", f.at, f.at + len(rest), closed=closed, quoted=quoted(whole + rest))
    return _mark("text-after-value", f.at, f.at + len(rest), closed=closed)


def _no_content(f: _Failure) -> Refusal:
    return _special(f, f.at)


def _after_document(f: _Failure) -> Refusal:
    """Text after the one value that the file holds, or after the mark of its end."""
    between = f.text[f.reached.end : f.at]
    if "..." in between:
        return _mark("yaml-syntax", f.at, f.at + 1)
    if not between.strip(" "):
        return _after_value(f)
    line = f.line(f.at).strip()
    return _mark("uneven-indentation", f.at, f.at + len(line), line=line)


def _special(f: _Failure, at: int, code: str = "unquoted-special", mark: str = "") -> Refusal:
    """A sign that means something to YAML, at the start of what was meant as text."""
    mark = mark or f.text[at : at + 1]
    advice = "" if f.reached.brackets else quoted(_uncommented(f.line(at)))
    return _mark(code, at, at + len(mark), mark=mark, quoted=advice)


def leaves(text: str, opened: int, at: int) -> bool:
    """Whether `at` is on a later line than a bracket, no deeper than it: outside, for a reader."""
    return "\n" in text[opened:at] and indent(text, at) <= indent(text, opened)


def indent(text: str, offset: int) -> int:
    """The number of spaces at the beginning of the line that holds `offset`."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset + 1]
    return len(line) - len(line.lstrip(" "))


def _uncommented(line: str) -> str:
    return re.split(r"\s#", line, maxsplit=1)[0].strip()


def _mark(code: str, start: int, end: int, **words: str) -> Refusal:
    return Refusal(code, words, start, end)


def _moved(refusal: Refusal, by: int) -> Refusal:
    end = refusal.start + 1 if refusal.end is None else refusal.end
    return Refusal(refusal.code, refusal.words, refusal.start + by, end + by)


# By how PyYAML's context or problem begins; the first that fits explains it.
_EXPLANATIONS = (
    ("while scanning a quoted scalar", _unclosed_quote),
    ("while scanning a double-quoted scalar", _escape),
    ("while scanning a block scalar", _block_text),
    ("while scanning an anchor", _anchor),
    ("while scanning an alias", _anchor),
    ("while scanning a tag", _tag),
    ("while parsing a tag", _tag),
    ("while parsing a node", _tag),
    ("could not find expected ':'", _no_colon),
    ("mapping values are not allowed", _second_colon),
    ("sequence entries are not allowed", _list_on_line),
    ("found character", _unstartable),
    ("expected ',' or", _in_brackets),
    ("expected <block end>", _block_end),
    ("expected the node content", _no_content),
    ("expected '<document start>'", _after_document),
)
