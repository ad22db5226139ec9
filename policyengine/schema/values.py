"""The wording of a value, or a key, that has not the form that the schema asks for."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from policyengine.diagnostics import EXCERPT, Diagnostic, diagnostic, excerpt
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.schema.faults import Fault
from policyengine.schema.files import Schema, matches
from policyengine.schema.page import Page, Words, described, flow, key_meant
from policyengine.source import Span

_TYPES: dict[str, Words] = {
    "string": ("文字", "a text"),
    "number": ("数字", "a number"),
    "integer": ("整数", "a whole number"),
    "boolean": ("“true”或“false”", "true or false"),
    "array": ("列表（[…] 或以“- ”开头的各行）", "a list ([…], or lines that begin with `- `)"),
    "object": ("“键: 值”", "keys with values"),
    "null": ("空白", "blank"),
}
_YES = ("是", "yes", "y", "true", "on")
_NO = ("否", "no", "n", "false", "off")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def malformed(page: Page, f: Fault) -> Diagnostic:
    """The diagnostic of a fault that lies in one value or one key."""
    match f.keyword:
        case _ if f.key is not None:
            return _bad_name(page, f, f.key)
        case "type":
            return _empty(page, f) if f.value is None else _wrong_type(page, f)
        case "minLength" | "minItems" | "minProperties":
            return _empty(page, f) if not f.value else _count(page, f, "too-few-items")
        case "maxItems" | "maxProperties":
            return _count(page, f, "too-many-items")
        case "maxLength":
            return _count(page, f, "too-long")
        case "enum":
            return _not_an_option(page, f)
        case "uniqueItems":
            return _same_twice(page, f)
        case "pattern":
            return _bad_form(page, f)
    return _out_of_range(page, f)


def _say(code: str, page: Page, f: Fault, *related: tuple[Words, Span], **words: object) -> Diagnostic:
    """A diagnostic at the value of a fault, with the words that all of them share."""
    entry = page.entry(f.place)
    where_zh, where_en = page.where(f.place)
    common = {
        "where_zh": where_zh, "where_en": where_en, "title": entry.title,
        "about_zh": entry.about[0], "about_en": entry.about[1],
    }  # fmt: skip
    span = page.head_span(f.place) if code == "empty-value" else page.value_span(f.place)
    return diagnostic(code, span, *related, **{**common, **words})


def _empty(page: Page, f: Fault) -> Diagnostic:
    key = f.place[-1] if f.place else ""
    needed = page.entry(f.place[:-1]).inner.get("required", [])
    spare = key if isinstance(key, str) and key not in needed else ""
    return _say("empty-value", page, f, spare=spare)


def _count(page: Page, f: Fault, code: str) -> Diagnostic:
    size = len(f.value) if isinstance(f.value, str | list | dict) else 0
    return _say(code, page, f, count=size, limit=f.says)


def _not_an_option(page: Page, f: Fault) -> Diagnostic:
    meanings = f.schema.get("enumDescriptions", [""] * len(f.says))
    known = {option: text for option, text in zip(f.says, meanings, strict=True) if option is not None}
    zh = "、".join(f"{option}（{meaning}）" if meaning else option for option, meaning in known.items())
    return _say(
        "not-an-option", page, f,
        value=f.value, suggestion=key_meant(str(f.value), known, 60), allowed_zh=zh, allowed_en=", ".join(known),
    )  # fmt: skip


def _same_twice(page: Page, f: Fault) -> Diagnostic:
    node = page.node(f.place)
    items = node.items if isinstance(node, Sequence) else ()
    seen: dict[str, Node] = {}
    for item in items:
        text = item.text if isinstance(item, Scalar) else item.span.text
        if text in seen:
            related = (("第一次在这里", "first here"), seen[text].span)
            said = _say("same-twice", page, f, related, value=text)
            return Diagnostic(said.code, item.span, said.words, said.related)
        seen[text] = item
    return _say("same-twice", page, f)


def _out_of_range(page: Page, f: Fault) -> Diagnostic:
    schema = f.schema
    return _say(
        "number-out-of-bounds", page, f, value=f.value,
        low=schema.get("minimum", ""), over=schema.get("exclusiveMinimum", ""), high=schema.get("maximum", ""),
    )  # fmt: skip


def _bad_form(page: Page, f: Fault) -> Diagnostic:
    zh, en = described(f.schema) if "description" in f.schema else page.entry(f.place).about
    return _say(
        "bad-form", page, f,
        value=f.value, about_zh=zh, about_en=en, suggestion=_mended(str(f.value), f.schema),
        example=_example(f.schema) or page.entry(f.place).example,
    )  # fmt: skip


def _bad_name(page: Page, f: Fault, key: str) -> Diagnostic:
    zh, en = described(f.schema)
    where_zh, where_en = page.where(f.place)
    return diagnostic(
        "bad-name", page.key_span(f.place, key),
        key=key, where_zh=where_zh, where_en=where_en, title=f.schema.get("title", ""), about_zh=zh, about_en=en,
        suggestion=_mended(key, f.schema), example=_example(f.schema),
    )  # fmt: skip


def _example(schema: Schema) -> str:
    return flow(schema["examples"][0]) if "examples" in schema else ""


def _mended(text: str, schema: Schema) -> str:
    """A spelling close to `text` that the schema accepts, or nothing."""
    normal = unicodedata.normalize("NFKC", text).strip()
    lower = normal.lower()
    day = _DATE.fullmatch(normal)
    candidates = [
        normal,
        f"{day[1]}-{day[2]:0>2}-{day[3]:0>2}" if day else "",
        re.sub(r"/第([0-9]+)句?$", r"/\1", normal),
        lower,
        re.sub(r"[-\s]+", "_", lower),
        re.sub(r"[_\s]+", "-", lower),
    ]
    pattern, limit = schema.get("pattern", "^$"), schema.get("maxLength", len(text))
    fit = (c for c in candidates if c != text and 0 < len(c) <= limit and matches(pattern, c))
    return next(fit, "")


def _wrong_type(page: Page, f: Fault) -> Diagnostic:
    expected = [f.says] if isinstance(f.says, str) else [kind for kind in f.says if kind != "null"]
    node = page.node(f.place)
    found_zh, found_en = _found(node)
    number = isinstance(f.value, int | Decimal) and not isinstance(f.value, bool)
    to_parameter = number and expected == ["string", "boolean", "integer"]
    return _say(
        "wrong-type", page, f,
        expected_zh="或".join(_TYPES[kind][0] for kind in expected),
        expected_en=" or ".join(_TYPES[kind][1] for kind in expected),
        found_zh=found_zh, found_en=found_en,
        write="" if to_parameter else _instead(node, expected),
        name_zh="名称" if to_parameter else "", name_en="name" if to_parameter else "",
    )  # fmt: skip


def _found(node: Node) -> Words:
    match node:
        case Mapping():
            return _TYPES["object"]
        case Sequence():
            return "列表", "a list"
        case Scalar(value=bool()):
            return f"是非值 {node.text}", f"the truth value {node.text}"
        case Scalar(value=date()):
            return f"日期 {node.text}", f"the date {node.text}"
        case Scalar(value=int() | Decimal()):
            return f"数字 {node.text}", f"the number {node.text}"
        case Scalar():
            text = excerpt(node.text, EXCERPT)
            return f"文字“{text}”", f"the text `{text}`"


def _instead(node: Node, expected: list[str]) -> str:
    """What to write instead of a value of the wrong kind, where that is plain."""
    if not isinstance(node, Scalar):
        return ""
    text = node.text
    if "boolean" in expected:
        return "true" if text.lower() in _YES else "false" if text.lower() in _NO else ""
    if "string" in expected:
        return f"'{text}'"
    if "array" in expected:
        return f"[{text}]"
    return text if node.quoted and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else ""
