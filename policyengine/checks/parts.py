"""What a number does and what its words say it is: a cap is called 最高, a threshold 以上, a rate neither.

The sentence may hold two numbers that are equal (500万元及以上, 最高500万元), or the wrong words may have been
quoted: then the value is in the quote and yet the words are another number's. What a number does is seen where
rules use it: as a cap (`cap` of a program, `limit` of a pool), as an edge (compared with something), or as the
rate, points or factor of an award. What it is called is seen in its part of the sentence, between commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks import edges
from policyengine.checks.common import Checked, Squeezed, conditions, squeeze
from policyengine.checks.numerals import Said, said, saying
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n

_MOST = "最高|最多|至多|上限|限额|封顶|额度|为限|为止|预算|总额|不(?:得|能|应|再)?(?:超过|高于|多于|大于|突破)|控制在"
CAPPED = re.compile(f"{_MOST}|[以之]内|以下")
ONLY_CAPPED = re.compile("最高|最多|上限|封顶|为限")
_END = re.compile("[,，。;；:：()（）]")
_CAPS = ("cap", "limit")
_RATES = ("rate", "base_rate", "points", "multiplier")


def parts_of_numbers(checked: Checked) -> Iterator[Diagnostic]:
    """Parameters whose words say that the number is something other than what the rules use it as."""
    told: set[tuple[str, str]] = set()
    for name, part in _used(checked):
        parameter = checked.policy.parameters[name]
        if (name, part) not in told and len(parameter.values) == 1:
            told.add((name, part))
            yield from _judged(checked, parameter, part)


# --- what a number does ----------------------------------------------------------------------------


def _used(checked: Checked) -> Iterator[tuple[str, str]]:
    """Pairs of a parameter and what it is used as: `cap`, `edge` or `rate`."""
    for node in checked.plan.nodes.values():
        if isinstance(node, p.FormulaNode) and (node.info.role in _CAPS or node.info.role in _RATES):
            part = "cap" if node.info.role in _CAPS else "rate"
            kinds = ("money",) if part == "cap" else ("rate", "points", "number")
            for name in _Reached(checked, kinds).names(node.formula.node):
                yield name, part
    for condition in conditions(checked.policy):
        for name in (condition.name, f"{condition.name}.test"):
            test = checked.plan.nodes.get(name)
            if isinstance(test, p.FormulaNode):
                yield from ((edge, "edge") for edge in _reached_for(checked, test.formula.node))


def _reached_for(checked: Checked, test: n.Node) -> Iterator[str]:
    """Parameters that a test asks something to come up to: `x >= least`, `least <= x`."""
    for node in n.walk(test):
        if isinstance(node, n.Comparison):
            for operator, left, right in zip(node.operators, node.operands, node.operands[1:], strict=False):
                side = {">": right, ">=": right, "<": left, "<=": left}.get(operator)
                if isinstance(side, n.Path) and side.name in checked.policy.parameters:
                    yield side.name


@dataclass(slots=True)
class _Reached:
    """The parameters that a value may come to be, or rises with: through names, branches, sums and factors."""

    checked: Checked
    kinds: tuple[str, ...]

    def names(self, node: n.Node, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        match node:
            case n.Path():
                yield from self.named(node.name, seen)
            case n.Choice():
                yield from self.names(node.then, seen)
                yield from self.names(node.otherwise, seen)
            case n.Binary(operator="+" | "-"):
                yield from self.names(node.left, seen)
                yield from self.names(node.right, seen) if node.operator == "+" else ()
            case n.Call(function="min" | "max"):
                for part in node.arguments:
                    yield from self.names(part, seen)
            case n.Call() if node.function.startswith("round_"):
                yield from self.names(node.arguments[0], seen)

    def named(self, name: str, seen: frozenset[str]) -> Iterator[str]:
        node = self.checked.plan.nodes.get(name)
        if node is None or name in seen or node.info.type.kind not in self.kinds:
            return
        match node:
            case p.ParamNode():
                yield name
            case p.FormulaNode():
                yield from self.names(node.formula.node, seen | {name})
            case p.CasesNode():
                for row in node.rows:
                    yield from self.names(row.then.node, seen | {name})
                yield from self.names(node.otherwise.node, seen | {name})


# --- what it is called -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """A place of the number in a quoted part of a sentence, and the part of the sentence it stands in."""

    sentence: Squeezed
    number: Said
    start: int
    end: int
    quote: str

    @property
    def around(self) -> str:
        """The part, and the whole quote where it has no other number (每年30万元，用完为止)."""
        return f"{self.sentence.text[self.start : self.end]}{self.quote}"

    @property
    def shown(self) -> str:
        return self.sentence.excerpt(self.start, self.end)


def _judged(checked: Checked, parameter: m.Parameter, part: str) -> Iterator[Diagnostic]:
    places = list(_places(checked, parameter))
    if not places or any(_fits(one, part) for one in places):
        return
    used = {
        "cap": ("最高额", "a cap"), "edge": ("起点或界限", "a threshold"), "rate": ("补助的比例", "a rate"),
    }[part]  # fmt: skip
    span = parameter.cited.quote_spans[0] if parameter.cited.quote_spans else parameter.span
    yield diagnostic(
        "quote-of-another-part", span, name=parameter.label.zh, used_zh=used[0], used_en=used[1],
        words=places[0].shown, want=_WANTED.get(part, ""),
    )  # fmt: skip


_WANTED = {"cap": "最高、不超过、上限", "edge": "以上、达到、不低于、超过"}


def _fits(words: _Words, part: str) -> bool:
    """Whether the words around a number let it be what it is used as."""
    if part == "cap":
        return CAPPED.search(words.around) is not None
    if part == "edge":
        return ONLY_CAPPED.search(words.around) is None
    found = list(edges.at(words.sentence.text, words.number))
    return not any(edge.relation in (">", ">=") for edge in found)


def _places(checked: Checked, parameter: m.Parameter) -> Iterator[_Words]:
    """Where the quoted words of the cited sentences say the value."""
    value, units = parameter.values[0].value, checked.policy.units
    if not isinstance(value, Decimal | Fraction):
        return
    quotes = [squeeze(quote).text for quote in parameter.cited.quotes]
    for id_ in (id_ for cite in parameter.cited.cites for id_ in checked.text.of(cite)):
        sentence = checked.text.squeezed[id_]
        numbers = said(sentence.text, units)
        for one in saying(sentence.text, numbers, value, parameter.type, units):
            holding = [quote for quote in quotes if _inside(sentence.text, quote, one)]
            alone = holding[0] if holding and len(said(holding[0], units)) == 1 else ""
            if holding or not quotes:
                yield _Words(sentence, one, *_part(sentence.text, one), alone)


def _inside(sentence: str, quote: str, number: Said) -> bool:
    start = sentence.find(quote)
    while start >= 0:
        if start <= number.start and number.end <= start + len(quote):
            return True
        start = sentence.find(quote, start + 1)
    return False


def _part(sentence: str, number: Said) -> tuple[int, int]:
    """From the punctuation before a number to the one behind it."""
    before = [match.end() for match in _END.finditer(sentence, 0, number.start)]
    behind = _END.search(sentence, number.end)
    return (before[-1] if before else 0), (behind.start() if behind else len(sentence))
