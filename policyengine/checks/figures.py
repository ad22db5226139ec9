"""The number of a parameter is in its quote, and the boundary of a tier is what the quote says.

A parameter that rests on a `basis` has no words to be held against; a value set on the command line
is a question, not a claim about the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import literals, wording
from policyengine import model as m
from policyengine.checks import edges
from policyengine.checks.common import Checked, squeeze
from policyengine.checks.numerals import Said, days, said, saying
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.values import Known, Table, TierRow, Tiers, Type

SEPARATOR = "|"  # between quotes, so that no number is read across two of them


def words(checked: Checked, cited: m.Cited) -> str:
    """The squeezed words that an entry rests on: its quotes, or the cited sentences where it has none."""
    text = checked.text
    pieces = [squeeze(quote).text for quote in cited.quotes]
    if not pieces:
        pieces = [text.squeezed[id_].text for cite in cited.cites for id_ in text.of(cite)]
    return SEPARATOR.join(pieces)


def values_in_quotes(checked: Checked) -> Iterator[Diagnostic]:
    """Numbers, days and members of parameters, and aims of targets, that their quotes do not say."""
    for target in checked.policy.targets.values():
        yield from _aims(checked, target)
    tried = {overlay.parameter for overlay in checked.policy.overlays}
    for parameter in checked.policy.parameters.values():
        quoted = words(checked, parameter.cited)
        if not quoted or not parameter.cited.cites:
            continue
        if parameter.name in tried:
            continue  # a what-if value is not the document's
        numbers = said(quoted, checked.policy.units)
        for dated in parameter.values:
            yield from _Claim(checked, parameter, dated, quoted, numbers).check()


def _aims(checked: Checked, target: m.Target) -> Iterator[Diagnostic]:
    quoted, units = words(checked, target.cited), checked.policy.units
    numbers = said(quoted, units)
    for _, aim in target.aim:
        read = literals.quantity(aim.zh, units)
        if not isinstance(read, literals.Quantity) or not quoted:
            continue  # a trend, or words
        type_ = Type(read.unit.kind, read.unit.dim) if read.unit else Type("number")
        if not saying(quoted, numbers, read.value, type_, units):
            there = "、".join(quoted[one.start : one.end] for one in numbers)
            yield diagnostic(
                "value-not-in-quote", target.span, value=aim.zh, name=target.label.zh, there=there
            )


class _Claim:
    """One value of a parameter against the words it rests on."""

    def __init__(
        self, checked: Checked, parameter: m.Parameter, dated: m.Dated, quoted: str, numbers: list[Said]
    ) -> None:
        self.checked, self.parameter, self.dated = checked, parameter, dated
        self.quoted, self.numbers = quoted, numbers

    def check(self) -> Iterator[Diagnostic]:
        for value, type_ in self.claims():
            if not self.says(value, type_):
                yield self.absent(value, type_)
        if isinstance(self.dated.value, Tiers):
            for row in self.dated.value.rows:
                yield from self.tier_edge(row)

    def claims(self) -> Iterator[tuple[Known, Type | None]]:
        """Everything the value consists of. A tier's lower bound of 0 need not be said, nor that it gives 0."""
        value, type_ = self.dated.value, self.parameter.type
        match value:
            case bool():
                return
            case Tiers():
                for row in value.rows:
                    if row.bound != 0:
                        yield row.bound, self.bound_type()
                    if row.bound != 0 or row.value != 0:
                        yield row.value, type_.item
            case Table():
                for _, cell in value.cells:
                    yield cell, type_.item
            case tuple():
                for member in value:
                    yield member, None
            case _:
                yield value, type_

    def bound_type(self) -> Type | None:
        """What the bounds of a tier table measure."""
        kinds = self.parameter.type.options
        return Type(kinds[0], self.parameter.type.dim) if kinds else None  # type: ignore[arg-type]

    def says(self, value: Known, type_: Type | None) -> bool:
        match value:
            case date():
                return any(one.day == value for one in days(self.quoted))
            case str():
                return any(self.has_word(name) for name in self.names(value))
            case Decimal() | Fraction():
                return bool(saying(self.quoted, self.numbers, value, type_, self.checked.policy.units))
        return True

    def has_word(self, name: str) -> bool:
        """Whether the quote has a name, not as a part of a longer one in letters and digits."""
        word = re.escape(squeeze(name).text)
        return re.search(rf"(?<![A-Za-z0-9]){word}(?![A-Za-z0-9])", self.quoted, re.IGNORECASE) is not None

    def names(self, member: str) -> Iterator[str]:
        """How the text may call a member of a set: its id or the label of the option."""
        yield member
        for fact in self.checked.policy.facts.values():
            if member in fact.options and fact.type.options == self.parameter.type.options:
                yield fact.options[member].zh

    def absent(self, value: Known, type_: Type | None) -> Diagnostic:
        quote_spans = self.parameter.cited.quote_spans
        related = [(("引文在这里", "the quote"), quote_spans[0])] if quote_spans else []
        there = [self.quoted[one.start : one.end] for one in self.numbers]
        if isinstance(value, date):
            there = [wording.day(one.day) for one in days(self.quoted)]
        return diagnostic(
            "value-not-in-quote", self.dated.span, *related,
            value=self.shown(value, type_), name=self.parameter.label.zh, there="、".join(there),
        )  # fmt: skip

    def shown(self, value: Known, type_: Type | None) -> str:
        """The value as its author wrote it, or in the document's words."""
        if self.dated.text:
            return self.dated.text
        if isinstance(value, str):
            return next(reversed(list(self.names(value))))
        return wording.value(value, type_ or Type("number"))

    def tier_edge(self, row: TierRow) -> Iterator[Diagnostic]:
        """`at_least` where the text includes the bound, `above` where it does not."""
        found = saying(self.quoted, self.numbers, row.bound, self.bound_type(), self.checked.policy.units)
        agreed = edges.agreed([edge for one in found for edge in edges.at(self.quoted, one)])
        if row.bound != 0 and agreed and agreed[0].plain and agreed[0].included_above is row.strict:
            key, other = ("above", "at_least") if row.strict else ("at_least", "above")
            yield diagnostic(
                "tier-edge-disagrees", self.dated.span,
                bound=self.shown(row.bound, self.bound_type()), word=agreed[0].word, key=key, other=other,
            )  # fmt: skip
