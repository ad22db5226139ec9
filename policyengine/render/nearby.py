"""Sentences about what a granted application would get if its facts were otherwise, the same in every format.

They describe: what the papers say, and what the document gives for something else. None tells anyone to change a paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from policyengine import exact, wording
from policyengine.again import After
from policyengine.decision import Subject
from policyengine.explanation import Explanation
from policyengine.nearby import OtherFact, Scale, Turn
from policyengine.render.said import named
from policyengine.render.whatif import MOST_NAMED, gives, quoted_answers, shown_answer
from policyengine.values import Known

MOST_FACTS = 6
MOST_SCALES = 4


def lines(e: Explanation) -> tuple[str, ...]:
    """All of it, one sentence each: caps, quantities, other answers; nothing where nothing is nearby."""
    words = _Words(e)
    return (*words.caps(), *(words.scale(scale) for scale in words.scales()), *words.facts(), *words.rest())


def scales(e: Explanation) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Of each quantity told: what it is called, and rows of a value and what it gives, from the smallest up."""
    words = _Words(e)
    for scale in words.scales():
        rows = [row for turn in scale.turns for row in words.turn(scale, turn)]
        yield words.label(scale), tuple(rows)


def caps(e: Explanation) -> tuple[str, ...]:
    """The sentences about caps."""
    return tuple(_Words(e).caps())


def answers(e: Explanation) -> tuple[str, ...]:
    """The sentences about other answers, and what is not told."""
    words = _Words(e)
    return (*words.facts(), *words.rest())


class _Words:
    """The sentences of one explanation."""

    def __init__(self, e: Explanation) -> None:
        self.e, self.policy, self.lang = e, e.policy, e.lang
        self.zh = e.lang == "zh"

    def t(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def result(self, after: After) -> str:
        """`可得15万元，少3万元`, `不予支持`."""
        said = gives(self.policy, after, self.lang).removeprefix(self.t("仍", "still "))
        now = self.e.decision.amount
        if after.outcome != "granted" or not isinstance(after.amount, Decimal | Fraction):
            return said
        assert isinstance(now, Decimal | Fraction)
        change = exact.subtract(after.amount, now)
        if not change:
            return said
        size = wording.money(exact.negate(change) if change < 0 else change, self.lang)
        less = self.t(f"，比现在少{size}", f", {size} less")
        return said + (less if change < 0 else self.t(f"，比现在多{size}", f", {size} more"))

    # --- caps ---

    def caps(self) -> Iterator[str]:
        """What is given without the caps that held the amount."""
        found = self.e.nearby
        if found.unpooled is not None:
            said = self.result(found.unpooled)
            yield self.t(
                f"最高额没有被以前的或次序在前的占用的，{said}",
                f"if nothing before had taken from the cap: {said}",
            )
        if found.uncapped is not None:
            said = self.result(found.uncapped)
            yield self.t(f"没有最高额限制的，{said}", f"without a cap: {said}")

    # --- quantities ---

    def scales(self) -> tuple[Scale, ...]:
        return self.e.nearby.scales[:MOST_SCALES]

    def label(self, scale: Scale) -> str:
        who = self.whose(scale.subject)
        given = self.value(scale, scale.given)
        label = scale.fact.label(self.lang)
        return self.t(f"{who}{label}（材料上为{given}）", f"{who}{label} ({given} in the papers)")

    def scale(self, scale: Scale) -> str:
        """`设备投资额（材料上为460万元）：不到500万元的，不予支持；…`"""
        rows = [row for turn in scale.turns for row in self.turn(scale, turn)]
        said = self.t("；", "; ").join(self.t(f"{at}，{gives_}", f"{at}: {gives_}") for at, gives_ in rows)
        return self.t(f"{self.label(scale)}：{said}", f"{self.label(scale)}: {said}")

    def turn(self, scale: Scale, turn: Turn) -> Iterator[tuple[str, str]]:
        """The rows of one turn: on which values, and what they give."""
        low, high = self.value(scale, turn.low), self.value(scale, turn.high)
        if turn.kind == "cap":
            said = self.result(turn.above)
            yield (
                self.t(f"从{high}起", f"from {high} on"),
                self.t(f"{said}，已到最高额", f"{said}, the cap is reached"),
            )
        elif turn.below.outcome != "granted":
            short = len(low) < len(high)
            below = self.t(
                f"不超过{low}的" if short else f"不到{high}的", f"up to {low}" if short else f"below {high}"
            )
            yield below, self.result(turn.below)
            if not short:
                yield self.t(f"正好{high}的", f"exactly {high}"), self.result(turn.above)
        elif turn.above.outcome != "granted":
            short = len(high) < len(low)
            above = self.t(
                f"{high}及以上的" if short else f"超过{low}的",
                f"{high} and more" if short else f"above {low}",
            )
            yield above, self.result(turn.above)
        else:
            yield self.t(f"{low}的", f"at {low}"), self.result(turn.below)
            yield self.t(f"{high}的", f"at {high}"), self.result(turn.above)

    def value(self, one: Scale | OtherFact, value: Known) -> str:
        return shown_answer(self.policy, one.fact, value, self.lang)

    # --- other answers ---

    def facts(self) -> Iterator[str]:
        """What other answers give, and those of judgment on which all depends in one sentence."""
        told = [one for one in self.e.nearby.facts if not one.plain]
        for one in told[:MOST_FACTS]:
            parts = [
                self.t(
                    f"为{self.answers(one, other.answers)}的，{self.result(other.after)}",
                    f"{self.answers(one, other.answers)}: {self.result(other.after)}",
                )
                for other in one.others
            ]
            if one.same:
                same = self.answers(one, one.same)
                parts.append(self.t(f"为{same}的，结果不变", f"{same}: the same result"))
            who = self.whose(one.subject)
            given = self.answers(one, (one.given,))
            start = f"{who}“{one.fact.label(self.lang)}”"
            yield self.t(
                f"{start}材料上为{given}；{'；'.join(parts)}",
                f"{start}: {given} in the papers; {'; '.join(parts)}",
            )
        judged: dict[str, list[str]] = {}
        for one in (one for one in self.e.nearby.facts if one.plain):
            judged.setdefault(f"“{one.fact.label(self.lang)}”", []).append(one.subject.id)
        if judged:
            several = len({id_ for ids in judged.values() for id_ in ids}) > 1
            words = [f"{label}{self.of(ids) if several else ''}" for label, ids in judged.items()]
            word = self.policy.header.outcomes["refused"](self.lang)
            yield self.t(
                f"由人认定的{'、'.join(words)}，有一项认定相反的，{word}",
                f"{', '.join(words)}, which people judge: {word} if one of them is judged otherwise",
            )

    def answers(self, one: OtherFact, answers: Iterable[Known]) -> str:
        return quoted_answers([self.value(one, answer) for answer in answers], self.lang)

    def rest(self) -> Iterator[str]:
        """What is only named."""
        facts = [one for one in self.e.nearby.facts if not one.plain][MOST_FACTS:]
        left: list[OtherFact | Scale] = [*facts, *self.e.nearby.scales[MOST_SCALES:]]
        more = [f"{self.whose(one.subject)}“{one.fact.label(self.lang)}”" for one in left]
        if more:
            shown = self.t("、", ", ").join(more[:MOST_NAMED])
            if len(more) > MOST_NAMED:
                shown += self.t(f"等{len(more)}项", f" and {len(more) - MOST_NAMED} more")
            yield self.t(f"{shown}，变了结果也会不同", f"{shown} would change the result too")

    def of(self, ids: list[str]) -> str:
        return self.t(f"（{'、'.join(ids)}）", f" ({', '.join(ids)})")

    def whose(self, subject: Subject) -> str:
        if subject.path == self.e.decision.subject.path:
            return ""
        return f"{named(subject, self.lang)}{self.t('的', ' ')}"
