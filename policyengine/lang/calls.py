"""Whether a call of a built-in function is right, and what to say where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from policyengine.lang import nodes as n
from policyengine.lang import typing as t
from policyengine.lang.functions import Function, day_of
from policyengine.lang.names import Wrong
from policyengine.values import T_COUNT, Known, Type


def wanted(function: str, arguments: Sequence[n.Node]) -> dict[int, Type]:
    """The enums whose options may be written in quotes as arguments, by position."""
    if function == "round_to" and len(arguments) == 3:
        return {2: t.MODE}
    if function == "lookup" and len(arguments) == 2 and arguments[0].type.kind == "table":
        return {1: Type("enum", options=arguments[0].type.options)}
    return {}


def as_count(node: n.Node) -> n.Node:
    """A bare whole number where a date's parts are written out."""
    if isinstance(node, n.Literal) and isinstance(node.value, Decimal) and t.is_bare(node.type):
        if node.value == node.value.to_integral_value():
            return n.Literal(node.value, T_COUNT, node.at)
    return node


def refusal(
    function: Function, arguments: Sequence[n.Node], result: Type | t.Clash, text: str
) -> tuple[n.At | None, Wrong] | None:
    """What is wrong with a call, and where: None for the call as a whole. `text` is the expression's."""
    bare = [argument for argument in arguments if t.is_bare(argument.type)]
    if bare and function.name != "date":
        at = bare[0].at
        return at, Wrong("magic-number", {"number": text[at[0] : at[1]]})
    if isinstance(result, t.Clash):
        return None, _clash(function, arguments, result)
    if function.name == "date" and all(isinstance(argument, n.Literal) for argument in arguments):
        return _no_day([argument.value for argument in arguments if isinstance(argument, n.Literal)])
    return None


def _clash(function: Function, arguments: Sequence[n.Node], clash: t.Clash) -> Wrong:
    if clash.code == "points-misuse":
        return Wrong(clash.code)
    signature = f"{function.name}({', '.join(function.parameters)})"
    got, got_en = (
        "、".join(t.describe(a.type, lang) for a in arguments) or nothing
        for lang, nothing in (("zh", "没有"), ("en", "nothing"))
    )
    words = {"signature": signature, "zh": function.zh, "en": function.en, "got": got, "got_en": got_en}
    return Wrong("wrong-arguments", words)


def _no_day(parts: Sequence[Known]) -> tuple[None, Wrong] | None:
    """A date that is written out and is no day of the calendar."""
    try:
        day_of(*parts)
    except ValueError:
        return None, Wrong("no-such-day", {"text": "-".join(str(part) for part in parts)})
    return None
