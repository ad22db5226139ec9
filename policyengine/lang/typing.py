"""The algebra of types: what may be added, multiplied, compared, and what comes of it.

Percentage points are a type of their own: they may be added to a rate or scale an amount, so that
“提高1个百分点” can never be computed as “提高1%”.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policyengine.lang.functions import Function
from policyengine.values import (
    MONEY,
    T_BOOL,
    T_COUNT,
    T_DATE,
    T_NUMBER,
    T_YEARS,
    Dimension,
    Type,
    multiply_dimensions,
)  # fmt: skip

MODE = Type("enum", options=("half_up", "down", "up"))
_RATIOS = ("rate", "number")
_MIXED = ({"rate", "number"}, {"count", "number"})


@dataclass(frozen=True, slots=True)
class Clash:
    """Two types that do not go together: the diagnostic's code."""

    code: str


def is_bare(type_: Type) -> bool:
    """A number written into the expression, which belongs into a parameter."""
    return type_.dim == (("bare", 1),)


def arithmetic(operator: str, a: Type, b: Type) -> Type | Clash:
    """The type of `a operator b`."""
    if "any" in (a.kind, b.kind):
        return Type("any")
    if operator in ("+", "-"):
        return _sum(operator, a, b)
    if is_bare(a) or is_bare(b):
        return Clash("magic-number")
    return _product(a, b, 1 if operator == "*" else -1)


def _sum(operator: str, a: Type, b: Type) -> Type | Clash:
    if a.kind == "zero":
        return b.present()
    if b.kind == "zero":
        return a.present()
    if is_bare(a) or is_bare(b):
        if "count" in (a.kind, b.kind):
            return T_COUNT
        return Clash("magic-number")
    if {a.kind, b.kind} == {"rate", "points"}:
        return Type("rate") if a.kind == "rate" or operator == "+" else Clash("points-misuse")
    if "points" in (a.kind, b.kind) and a.kind != b.kind:
        return Clash("points-misuse")
    if a.kind == b.kind and a.dim == b.dim:
        return a.present()
    if a.kind in _RATIOS and b.kind in _RATIOS and not a.dim and not b.dim:
        return T_NUMBER
    return Clash("unit-mismatch")


def _product(a: Type, b: Type, sign: int) -> Type | Clash:
    if a.kind == "zero":
        return a
    if b.kind == "zero":
        return b if sign > 0 else a  # the division has been complained about
    if "points" in (a.kind, b.kind) and not _scales(a, b, sign):
        return Clash("points-misuse")
    dim = multiply_dimensions(a.dim, b.dim, sign)
    return Type(_product_kind(a, b, sign, dim), dim)  # type: ignore[arg-type]


def _scales(a: Type, b: Type, sign: int) -> bool:
    """Points may multiply an amount, and be multiplied or divided by a plain number."""
    points, other = (a, b) if a.kind == "points" else (b, a)
    if sign < 0:
        return points is a and other.kind in ("number", "count") and not other.dim
    return other.kind in ("money", "number", "count")


def apart(a: Type, b: Type) -> bool:
    """Whether two sets of options surely have none in common."""
    return bool(a.options and b.options) and not set(a.options) & set(b.options)


def _product_kind(a: Type, b: Type, sign: int, dim: Dimension) -> str:
    if dim == MONEY:
        return "money"
    if dim:
        return "number"
    if a.dim or b.dim:  # a ratio of two amounts
        return "number"
    if a.kind == b.kind == "count":
        return "count" if sign > 0 else "number"
    plain = ("number", "count", "years")
    for kind in ("rate", "points"):
        if a.kind == kind and b.kind in plain:
            return kind
        if b.kind == kind and a.kind in plain and sign > 0:
            return kind
    return "number"


def comparable(operator: str, a: Type, b: Type) -> Type | Clash:
    """Bool, if `a operator b` makes sense."""
    if "any" in (a.kind, b.kind):
        return T_BOOL
    if operator in ("==", "!="):
        return _equatable(a, b)
    if a.kind == b.kind == "date":
        return T_BOOL
    if a.quantity and b.quantity:
        return T_BOOL if _same_measure(a, b) else _measure_clash(a, b)
    return Clash("type-mismatch")


def _measure_clash(a: Type, b: Type) -> Clash:
    if is_bare(a) or is_bare(b):
        return Clash("magic-number")
    return Clash("points-misuse" if "points" in (a.kind, b.kind) else "unit-mismatch")


def _same_measure(a: Type, b: Type) -> bool:
    if "zero" in (a.kind, b.kind):
        return True
    if is_bare(a) or is_bare(b):
        return "count" in (a.kind, b.kind)
    if a.kind == b.kind:
        return a.dim == b.dim
    return a.kind in _RATIOS and b.kind in _RATIOS and not a.dim and not b.dim


def _equatable(a: Type, b: Type) -> Type | Clash:
    if a.kind == "none" or b.kind == "none":
        return T_BOOL if a.optional and b.optional else Clash("type-mismatch")
    if a.quantity and b.quantity:
        return T_BOOL if _same_measure(a, b) else _measure_clash(a, b)
    if a.kind != b.kind or a.kind in ("tiers", "table", "set", "literal"):
        return Clash("type-mismatch")
    if a.kind == "enum" and apart(a, b):
        return Clash("type-mismatch")
    if a.kind == "ref" and a.entity != b.entity:
        return Clash("type-mismatch")
    return T_BOOL


def either(a: Type, b: Type) -> Type | Clash:
    """The type of a value that is one or the other."""
    optional = a.optional or b.optional
    if "any" in (a.kind, b.kind):
        return Type("any")
    if a.kind == "none" or b.kind == "none":
        other = b if a.kind == "none" else a
        return Type(other.kind, other.dim, other.options, other.entity, other.item, True)
    if a.kind == "zero" and b.quantity:
        return b
    if b.kind == "zero" and a.quantity:
        return a
    if a.kind == "enum" and b.kind == "enum":
        options = tuple(dict.fromkeys([*a.options, *b.options]))
        return Type("enum", options=options, optional=optional)
    if a.kind in ("tiers", "table") and a.options != b.options:
        return Clash("type-mismatch")
    if a.kind == b.kind and a.dim == b.dim and a.entity == b.entity and a.item == b.item:
        return Type(a.kind, a.dim, a.options, a.entity, a.item, optional)
    if {a.kind, b.kind} in _MIXED and not a.dim and not b.dim:
        return Type("number", optional=optional)
    return Clash("points-misuse" if "points" in (a.kind, b.kind) else "type-mismatch")


def fits(got: Type, want: Type) -> bool:
    """Whether a value of one type may stand where another is asked for."""
    if "any" in (got.kind, want.kind):
        return True
    if got.optional and not want.optional:
        return False
    if got.kind == "zero":
        return want.quantity
    if got.kind == "none":
        return want.optional
    plain = not got.dim and not want.dim
    if plain and (got.kind, want.kind) in (("number", "rate"), ("rate", "number"), ("count", "number")):
        return True
    if want.kind == "enum" and got.kind == "enum":
        return set(got.options) <= set(want.options)
    if is_bare(got):
        return want.kind == "count"
    return got.kind == want.kind and got.dim == want.dim and got.entity == want.entity


def call(function: Function, arguments: Sequence[Type]) -> Type | Clash:
    """The type of a call."""
    wanted = [kind for kind in function.parameters if kind != "..."]
    variadic = len(wanted) != len(function.parameters)
    if (len(arguments) < 2) if variadic else (len(arguments) != len(wanted)):
        return Clash("wrong-arguments")
    kinds = wanted * len(arguments) if variadic else wanted
    for kind, argument in zip(kinds, arguments, strict=False):
        if argument.kind != "any" and not _accepts(kind, argument, arguments):
            return Clash("wrong-arguments")
    if function.parameters[0] in ("tiers", "table") and not _keyed(*arguments):
        return Clash("wrong-arguments")
    return _result(function, arguments)


def _accepts(kind: str, argument: Type, arguments: Sequence[Type]) -> bool:
    if kind == "quantity":
        return (argument.quantity or argument.kind == "date") and not is_bare(argument)
    if kind == "unit":
        return argument.quantity and _same_measure(arguments[0], argument) and not is_bare(argument)
    if kind == "mode":
        return argument.kind == "enum" and set(argument.options) <= set(MODE.options)
    if kind == "key":
        return argument.kind == "enum"
    if kind == "any":
        return True
    if kind == "years":
        return argument.kind == "years"
    return argument.kind == kind


def _keyed(table: Type, key: Type) -> bool:
    """Whether a tier table or table is one for numbers or options of that type."""
    if "any" in (table.kind, key.kind):
        return True
    if table.kind == "table":
        return not table.options or set(key.options) <= set(table.options)
    bound = Type(table.options[0], table.dim) if table.options else key  # type: ignore[arg-type]
    return _same_measure(bound, key)


def _result(function: Function, arguments: Sequence[Type]) -> Type | Clash:
    match function.result:
        case "same":
            result: Type | Clash = arguments[0]
            for argument in arguments[1:] if "..." in function.parameters else ():
                if isinstance(result, Clash):
                    break
                result = either(result, argument)
            return result
        case "item":
            return arguments[0].item or Type("any")
        case "product":
            item = arguments[0].item or Type("any")
            return arithmetic("*", arguments[1], item)
        case "date":
            return T_DATE
        case "years":
            return T_YEARS
        case "bool":
            return T_BOOL
    return T_COUNT


_WORDS = {
    "money": ("金额", "money"), "rate": ("比例", "rate"), "points": ("百分点", "percentage points"),
    "number": ("数", "number"), "count": ("个数", "count"), "bool": ("是否", "yes/no"),
    "enum": ("选项", "option"), "date": ("日期", "date"), "years": ("年数", "years"), "tiers": ("分档表", "tier table"),
    "table": ("对照表", "table"), "set": ("集合", "set"), "text": ("文字", "text"), "ref": ("对象", "reference"),
    "literal": ("引号中的文字", "quoted text"), "none": ("无", "none"), "zero": ("0", "0"), "any": ("?", "?"),
}  # fmt: skip


def describe(type_: Type, lang: str = "zh") -> str:
    """The type in words: `金额`, `数（money/tce）`."""
    if is_bare(type_):
        return "数字" if lang == "zh" else "number"
    word = _WORDS[type_.kind][0 if lang == "zh" else 1]
    if type_.kind == "number" and type_.dim:
        up = "*".join(base if power == 1 else f"{base}^{power}" for base, power in type_.dim if power > 0)
        down = "".join(
            f"/{base}" + (f"^{-power}" if power < -1 else "") for base, power in type_.dim if power < 0
        )
        measure = (up or "1") + down
        return f"{word}（{measure}）" if lang == "zh" else f"{word} ({measure})"
    return word
