"""A stated fact to its value: the text that a person wrote, read by the declared type of the fact.

Units must be written; a blank is unknown; nothing is rounded, defaulted or guessed. Used for case
files, for `--fact`, and for stipulated values.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policyengine import literals, wording
from policyengine import model as m
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.exact import CONTEXT
from policyengine.nearest import meant, nearest
from policyengine.reading.node import Node, Scalar
from policyengine.values import ABSENT, Known, Type, Unit, Units, whole

NONE_WORDS = ("none", "无")
TRUE_WORDS = ("true", "是")
FALSE_WORDS = ("false", "否")
MAX_TEXT = 200
Name = str | m.Label  # what a value is called in messages
_UNSEEN = (
    "Cc",
    "Cf",
    "Zl",
    "Zp",
)  # line breaks, control and format characters: they could forge what is printed


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values of one policy version."""

    units: Units

    def fact(self, fact: m.Fact, node: Node) -> tuple[Known | None, list[Diagnostic]]:
        """The fact's value, None where it was left blank, and what is wrong with it."""
        value, found = self.value(fact.type, node, fact.options, fact.unit, fact.label)
        if found or not isinstance(node, Scalar):
            return None, found
        if isinstance(value, Decimal):
            found = self._range(fact, value, node)
        return (None if found else value), found

    def value(
        self, type_: Type, node: Node, options: Mapping[str, m.Label], unit: str, name: Name
    ) -> tuple[Known | None, list[Diagnostic]]:
        """A value of a type as written in a case."""
        if not isinstance(node, Scalar):
            return None, [diagnostic("not-a-value", node.span, name=name)]
        text = _plain(node.text)
        if node.value is None or text == "":
            return None, []
        if text in NONE_WORDS:
            if type_.optional:
                return ABSENT, []
            return None, [diagnostic("none-not-allowed", node.span, name=name, text=node.text)]
        match type_.kind:
            case "bool":
                return self._bool(node, text, name)
            case "enum":
                return self._option(node, text, type_, options, name)
            case "date":
                return self._date(node, text, name)
            case "text":
                return self._text(node, text, name)
        return self._quantity(node, text, type_, unit, name)

    def _bool(self, node: Scalar, text: str, name: Name) -> tuple[Known | None, list[Diagnostic]]:
        if text in TRUE_WORDS:
            return True, []
        if text in FALSE_WORDS:
            return False, []
        return None, [diagnostic("not-yes-or-no", node.span, name=name, text=node.text)]

    def _option(
        self, node: Scalar, text: str, type_: Type, options: Mapping[str, m.Label], name: Name
    ) -> tuple[Known | None, list[Diagnostic]]:
        if text in type_.options:
            return text, []
        for option, label in options.items():
            if text in (_plain(label.zh), _plain(label.en)) and text:
                return option, []
        shown = m.listed(
            m.Label(f"{option}（{options[option].zh}）", f"{option} ({options[option]('en')})")
            if option in options
            else m.Label(option)
            for option in type_.options
        )
        labels = [label.zh for label in options.values()] or type_.options
        close = nearest(text, type_.options if text.isascii() else labels) or nearest(text, labels)
        return None, [
            diagnostic("unknown-choice", node.span, name=name, text=node.text, options=shown, **meant(close))
        ]  # fmt: skip

    def _date(self, node: Scalar, text: str, name: Name) -> tuple[Known | None, list[Diagnostic]]:
        day = node.value if isinstance(node.value, date) else literals.day(text)
        if day is None:
            return None, [diagnostic("not-a-date", node.span, name=name, text=node.text)]
        return day, []

    def _text(self, node: Scalar, text: str, name: Name) -> tuple[Known | None, list[Diagnostic]]:
        if len(text) > MAX_TEXT:
            return None, [diagnostic("fact-too-long", node.span, name=name, limit=MAX_TEXT)]
        odd = next((c for c in node.text.strip() if unicodedata.category(c) in _UNSEEN), "")
        if odd:
            return None, [diagnostic("fact-not-one-line", node.span, name=name, sign=f"U+{ord(odd):04X}")]
        return node.text.strip(), []  # as written: names keep their full-width brackets

    def _quantity(
        self, node: Scalar, text: str, type_: Type, unit: str, name: Name
    ) -> tuple[Known | None, list[Diagnostic]]:
        read = literals.quantity(text, self.units)
        if isinstance(read, literals.Problem):
            return None, [diagnostic(read.code, node.span, **{**read.words, "name": name})]
        want = {"money": "万元", "rate": "%", "points": "个百分点", "years": "年"}.get(type_.kind, unit)
        if read.unit is None:
            if type_.kind != "count" and (type_.kind != "number" or type_.dim):
                return None, [
                    diagnostic(
                        "unit-missing", node.span, name=name, **literals.missing_unit(node.text, unit or want)
                    )
                ]
        elif (read.unit.kind, read.unit.dim) != (type_.kind, type_.dim):
            return None, [
                diagnostic(
                    "wrong-unit", node.span, name=name, text=node.text, unit=read.unit.name, want=unit or want
                )
            ]
        if not whole(type_.kind, read.value):
            return None, [diagnostic("not-whole", node.span, name=name, text=node.text)]
        return read.value, []

    def _range(self, fact: m.Fact, value: Decimal, node: Scalar) -> list[Diagnostic]:
        name = fact.label
        if (fact.low is not None and value < fact.low) or (fact.high is not None and value > fact.high):
            low, high = (_amount(bound, fact, self.units) for bound in (fact.low, fact.high))
            return [diagnostic("fact-out-of-range", node.span, name=name, text=node.text, low=low, high=high)]
        if fact.type.kind == "money" and _decimals(value) > fact.decimals:
            return [
                diagnostic("too-many-decimals", node.span, name=name, text=node.text, decimals=fact.decimals)
            ]
        return []


def fits(fact: m.Fact, value: Decimal) -> bool:
    """Whether a number lies in a fact's range and has no more decimals than it allows."""
    above, below = fact.low is None or value >= fact.low, fact.high is None or value <= fact.high
    return above and below and (fact.type.kind != "money" or _decimals(value) <= fact.decimals)


def span_of(fact: m.Fact, units: Units) -> m.Label:
    """A fact's range in words; empty where it has none."""
    if fact.low is None or fact.high is None:
        return m.Label("")
    low, high = _amount(fact.low, fact, units), _amount(fact.high, fact, units)
    return m.Label(f"{low.zh}至{high.zh}", f"{low('en')} to {high('en')}")


def _plain(text: str) -> str:
    """NFKC without outer white space: people type full-width digits and signs."""
    return unicodedata.normalize("NFKC", text).strip()


def _decimals(value: Decimal) -> int:
    exponent = CONTEXT.normalize(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _amount(bound: Decimal | None, fact: m.Fact, units: Units) -> m.Label:
    """An end of a range as people write it: `100亿元`, `50%`, `5万吨`."""
    if bound is None:
        return m.Label("")
    if fact.type.kind == "money":
        return m.Label(_money(bound), wording.money(bound, "en"))
    unit: Unit | str = "年" if fact.type.kind == "years" else units.get(fact.unit) or fact.unit
    zh, en = (wording.quantity(bound, fact.type, lang, unit) for lang in ("zh", "en"))
    return m.Label(zh, en)


def _money(amount: Decimal) -> str:
    """Round amounts in 亿元 or 万元 without commas, as the law writes them: `100亿元`, `500万元`."""
    for name, scale in (("亿元", Decimal(10**8)), ("万元", Decimal(10**4))):
        if amount and CONTEXT.remainder(amount, scale) == 0:
            return f"{format(CONTEXT.divide(amount, scale), 'f')}{name}"
    return f"{format(amount, 'f')}元"
