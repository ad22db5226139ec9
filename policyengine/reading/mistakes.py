"""Slips of a Chinese keyboard, and how they are to be put right.

YAML often takes `比例：3%` or `rate:3%` for a piece of text and complains, if at all, lines later.
The functions here look at a text as it was written and say what its writer probably meant.
"""

from __future__ import annotations

import re

from policyengine.reading.common import Refusal, ascii_of, full_width

# What may stand before a colon so that the two look like a key: no spaces, no sentence marks.
_NAME = r"[^\s：:，,。；;、？！?!#＃{}\[\]“”\"'‘’]{1,40}"
_WIDE_COLON = re.compile(rf"(?:- +)?[“\"']?({_NAME})[”\"']?\s*(：)[ \u3000]*(.*)")
_TIGHT_COLON = re.compile(rf"(?:- +)?[\"']?({_NAME})[\"']?(:)(?!//)[\u3000\xa0]*(\S.*)")
_BRACKET_KEY = re.compile(rf"({_NAME})(?:(:)[\[{{'\"“]|\s*[\[{{])")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_WIDE_MARK = re.compile(r"([＃]|[－−–—](?=\s))")
_TIGHT_DASH = re.compile(r"(-)([^\s\-0-9].*)")
_KEY_IN_FLOW = re.compile(r"([，；])\s*[\"'“]?[a-z][a-z0-9_]+[\"'”]?\s*[：:]")
# What stands in a list is short: a name, a clause, a number with its unit.
_ITEM = re.compile(
    r"(?:[A-Za-z_][A-Za-z0-9_.]*|[-+]?[0-9][0-9.]*[^\s，、；]{0,6}"
    r"|[\u4e00-\u9fff]{1,4}(?:\.[0-9]+)+(?:/[0-9]+[a-z]?)?|[\u4e00-\u9fff]{1,6}/[0-9]+[a-z]?)"
)
_SEPARATOR = re.compile(r"\s*([，、；])\s*")


def slip(line: str) -> Refusal | None:
    """What is wrong with a line of a mapping or list that YAML took for text."""
    if match := _WIDE_MARK.match(line):
        return full_width(line, match.start(1), match.end(1), ascii_of(match[1]) + line[match.end() :])
    if match := _WIDE_COLON.match(line):
        return full_width(line, match.start(2), match.end(2), f"{match[1]}: {match[3]}".rstrip())
    if match := _TIGHT_COLON.match(line):
        return _tight(match.start(2), ":", f"{match[1]}: {match[3]}")
    if match := _TIGHT_DASH.match(line):
        return _tight(match.start(1), "-", f"- {match[2]}")
    return None


def in_list(text: str, flow: bool) -> Refusal | None:
    """What is wrong with a text that is an item of a list, `flow` telling of `[…]`."""
    comma = _SEPARATOR.search(text) if flow else None
    if comma is None:
        match = _WIDE_COLON.match(text) or _TIGHT_COLON.match(text)
        return slip(text) if match and _IDENTIFIER.fullmatch(match[1]) else None
    items = _SEPARATOR.split(text)[::2]
    if all(_ITEM.fullmatch(item) for item in items):
        return full_width(text, comma.start(1), comma.end(1), ", ".join(items))
    return in_braces(text)


def in_braces(text: str) -> Refusal | None:
    """What is wrong with a text that is a value between `{` and `}`: it holds the next key."""
    match = _KEY_IN_FLOW.search(text)
    return full_width(text, match.start(1), match.end(1)) if match else None


def in_key(line: str) -> Refusal | None:
    """What is wrong with a line whose key, taken by YAML, includes the beginning of a value."""
    match = _BRACKET_KEY.match(line)
    if match is None:
        return None
    if match[2]:
        return slip(line)
    return Refusal("missing-colon", {"line": line}, 0, match.end(1))


def wide_comma(text: str) -> Refusal | None:
    """The last full-width comma of a text after which YAML met a colon."""
    at = text.rfind("，")
    return full_width(text, at, at + 1) if at >= 0 else None


def _tight(at: int, mark: str, write: str) -> Refusal:
    return Refusal("missing-space", {"mark": mark, "write": write}, at, at + 1)
