"""The whole query as a script to read and to run: what it needs, every stage with its clauses, what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from policyengine.columns import tables
from policyengine.columns.compiling import Query
from policyengine.columns.dialect import DUCKDB, Dialect

_WORDS = {
    "text": ("文字", "text"), "bool": ("是否", "boolean"), "date": ("日期", "date"),
    "narrow": ("整数", "64-bit integer"), "wide": ("大整数", "128-bit integer"),
}  # fmt: skip


def script(query: Query, lang: str = "zh", dialect: Dialect = DUCKDB) -> str:
    """The query as SQL text with comments. `dialect`: that which it was compiled for."""
    head = "\n".join(f"-- {line}".rstrip() for line in _head(query, lang))
    settings = [f"SET {name}={value};" for name, value in dialect.settings.items()]
    parts = [head, *(["\n".join(settings)] if settings else []), *(f"{sql};" for sql in query.written.views)]
    for name, sql in query.written.outputs.items():
        parts.append(f"-- {_t(lang, '结果', 'Result')} {name}{_unit(query, name, lang)}\n{sql};")
    return "\n\n".join(parts) + "\n"


def _t(lang: str, zh: str, en: str) -> str:
    return en if lang == "en" else zh


def _head(query: Query, lang: str) -> Iterator[str]:
    policy = query.plans.policy
    yield f"{policy.header.title(lang)} {policy.header.number}"
    for name, interpretation in policy.interpretations.items():
        option = query.readings.get(name, "")
        option = option if option in interpretation.options else interpretation.default
        yield f"{_t(lang, '口径', 'Reading')} {name}: {option} {interpretation.options[option].label(lang)}"
    for name, why in query.lost.items():
        yield f"{_t(lang, '按列算不了，逐件认定', 'Not by column, one by one')} {name}: {why.split(' / ')[-1 if lang == 'en' else 0]}"
    yield ""
    yield _t(lang, "需要下面各表；空（NULL）就是没有填。", "Needs these tables; NULL is a blank.")
    for kind, fields in query.schema.items():
        yield ""
        yield f"{kind} {policy.entities[kind].label(lang)}"
        for field in fields:
            if field.kind in ("id", "ref") or f"{kind}.{field.name}" in query.needed:
                yield f"  {field.name}: {_WORDS[field.type][lang == 'en']}{_meaning(query, kind, field, lang)}"


def _meaning(query: Query, kind: str, field: tables.Field, lang: str) -> str:
    policy = query.plans.policy
    match field.kind:
        case "ref":
            return f" {policy.entities[kind].references[field.of].label(lang)}"
        case "none":
            return _t(lang, " 确知没有", " known to be none")
        case "closed":
            return _t(
                lang, f" {query.plans.last.label(field.of)(lang)}都已列出", f" all {field.of} are listed"
            )
        case "fact":
            fact = policy.facts[field.of]
            unit = tables.grain(fact) if fact.type.quantity else Fraction(1)
            grain = (
                ""
                if unit == 1
                else _t(lang, f"，单位 1/{unit.denominator}", f", in units of 1/{unit.denominator}")
            )
            return f" {fact.label(lang)}{grain}"
    return ""


def _unit(query: Query, name: str, lang: str) -> str:
    scale = query.scales[name]
    return (
        ""
        if scale == 1
        else _t(lang, f"（金额单位 1/{scale.denominator} 元）", f" (amounts in 1/{scale.denominator} 元)")
    )
