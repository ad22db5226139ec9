"""Labels as they stand in sentences: shortened, quoted, and what the options and values of a name are called."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policyengine import model as m
from policyengine import wording
from policyengine.values import Type

Options = Mapping[str, m.Label]
MODES: Options = {
    "half_up": m.Label("四舍五入", "half up"),
    "down": m.Label("舍去零头", "down"),
    "up": m.Label("有零头就进一", "up"),
}
KINDS: Mapping[str, m.Label] = {
    "money": m.Label("金额", "amount of money"),
    "rate": m.Label("比例", "rate"),
    "points": m.Label("百分点", "percentage points"),
    "number": m.Label("数量", "number"),
    "count": m.Label("个数", "whole number"),
    "years": m.Label("年数", "years"),
    "bool": m.Label("是或否", "yes or no"),
    "enum": m.Label("选一项", "one of the options"),
    "date": m.Label("日期", "day"),
    "text": m.Label("文字", "text"),
    "tiers": m.Label("分档表", "tiers"),
    "table": m.Label("对照表", "table"),
    "set": m.Label("清单", "list"),
    "ref": m.Label("对象", "entity"),
}
_AS_WRITTEN = ("count", "number", "years")  # kinds whose unit only the author's text has


def short(label: str) -> str:
    """A label without the notes in its brackets: `申报企业（共同体由牵头企业申报）` is `申报企业`."""
    return re.sub(r"（[^（）]*）|\s*\([^()]*\)", "", label).strip() or label


def quoted(label: str) -> str:
    """A label in quotation marks; those inside it become single ones."""
    return "“" + label.replace("“", "‘").replace("”", "’") + "”"


def options_of(policy: m.Policy, name: str) -> Options:
    """The labels of the options that a name may take; of a set or table, of what its keys are."""
    if name in policy.facts:
        return policy.facts[name].options
    if name in policy.values:
        return policy.values[name].options
    if name in policy.interpretations and policy.interpretations[name].switch:
        return {option.name: option.label for option in policy.interpretations[name].options.values()}
    parameter = policy.parameters.get(name)
    if parameter is not None and parameter.type.options:
        for fact in policy.facts.values():
            if fact.type.options == parameter.type.options:
                return fact.options
    return {}


def options_for(policy: m.Policy, name: str, type_: Type) -> Options:
    """The labels of the options that a value of a name and type may take; those of rounding among them."""
    found = options_of(policy, name)
    if not found and type_.options:
        holders: tuple[m.Fact | m.Derived, ...] = (*policy.facts.values(), *policy.values.values())
        found = next((entry.options for entry in holders if entry.type.options == type_.options), {})
    return {**MODES, **found}


def parameter_value(policy: m.Policy, parameter: m.Parameter, dated: m.Dated, lang: str) -> str:
    """One value of a parameter for people; counts, years and numbers as the author wrote them."""
    if lang == "zh" and dated.text and parameter.type.kind in _AS_WRITTEN:
        return dated.text
    return wording.value(dated.value, parameter.type, lang, options_of(policy, parameter.name))


def kind_word(type_: Type, lang: str) -> str:
    """What kind of value a type is, in the words of a form."""
    return KINDS[type_.kind](lang)
