"""Words about what a granted application would get if its facts were otherwise, the same in every format.

They describe: what the papers say, and what the document gives for something else. None tells anyone to change a paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from policyengine import exact, wording
from policyengine.again import After
from policyengine.decision import Subject
from policyengine.explanation import Explanation
from policyengine.labels import quoted
from policyengine.nearby import OtherFact, Scale, Turn
from policyengine.render.said import named
from policyengine.render.whatif import MOST_NAMED, gives, quoted_answers, shown_answer
from policyengine.values import Known

MOST_FACTS = 6
MOST_SCALES = 4


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is told: what is otherwise, and rows of how it is and what that gives."""

    head: str
    rows: tuple[tuple[str, str], ...] = ()

    def lines(self, lang: str) -> tuple[str, ...]:
        """The rows as sentences: `不到500万元的，不予支持`."""
        between = "，" if lang == "zh" else ": "
        return tuple(f"{how}{between}{result}" if how else result for how, result in self.rows)

    def sentence(self, lang: str) -> str:
        """All of it in one sentence."""
        colon, comma = ("：", "；") if lang == "zh" else (": ", "; ")
        return self.head + (colon + comma.join(self.lines(lang)) if self.rows else "")


def told(e: Explanation) -> tuple[Told, ...]:
    """All of it: caps, quantities, other answers; nothing where nothing is nearby."""
    return (*caps(e), *scales(e), *answers(e))


def caps(e: Explanation) -> tuple[Told, ...]:
    """What would be given without the caps that held the amount."""
    return tuple(_Words(e).caps())


def scales(e: Explanation) -> tuple[Told, ...]:
    """Of each quantity, the values at which the result turns, from the smallest up."""
    words = _Words(e)
    return tuple(words.scale(scale) for scale in words.scales())


def answers(e: Explanation) -> tuple[Told, ...]:
    """What other answers give, and what is only named."""
    words = _Words(e)
    return (*words.facts(), *words.rest())


class _Words:
    """The words of one explanation."""

    def __init__(self, e: Explanation) -> None:
        self.e, self.policy, self.lang = e, e.policy, e.lang
        self.zh = e.lang == "zh"

    def t(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def result(self, after: After) -> str:
        """`可得15万元，比现在少3万元`, `不予支持`."""
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

    def caps(self) -> Iterator[Told]:
        found = self.e.nearby
        if found.unpooled is not None:
            head = self.t("最高额没有被以前的或次序在前的占用的", "if nothing before had taken from the cap")
            yield Told(head, (("", self.result(found.unpooled)),))
        if found.uncapped is not None:
            head = self.t("没有最高额限制的", "without a cap")
            yield Told(head, (("", self.result(found.uncapped)),))

    # --- quantities ---

    def scales(self) -> tuple[Scale, ...]:
        """The quantities that are told: where several move the result, of each only the turns that are near."""
        found = self.e.nearby.scales
        if len(found) == 1:
            return found
        near = (replace(scale, turns=tuple(t for t in scale.turns if _near(scale, t))) for scale in found)
        return tuple(scale for scale in near if scale.turns)[:MOST_SCALES]

    def scale(self, scale: Scale) -> Told:
        label = f"{self.whose(scale.subject)}{scale.fact.label(self.lang)}"
        given = self.value(scale, scale.given)
        head = self.t(f"{label}（材料上为{given}）", f"{label} ({given} in the papers)")
        return Told(head, tuple(row for turn in scale.turns for row in self.turn(scale, turn)))

    def turn(self, scale: Scale, turn: Turn) -> Iterator[tuple[str, str]]:
        """The rows of one turn: on which values, and what they give. Of two ways to say an end, the shorter."""
        low, high = self.value(scale, turn.low), self.value(scale, turn.high)
        short = len(low) < len(high)
        if turn.kind == "cap":
            said = self.result(turn.above)
            reached = self.t(f"{said}，已到最高额", f"{said}, the cap is reached")
            yield self.t(f"从{high}起", f"from {high} on"), reached
        elif turn.below.outcome != "granted":
            zh = f"不超过{low}的" if short else f"不到{high}的"
            yield self.t(zh, f"up to {low}" if short else f"below {high}"), self.result(turn.below)
            if not short:
                yield self.t(f"正好{high}的", f"exactly {high}"), self.result(turn.above)
        elif turn.above.outcome != "granted":
            short = len(high) < len(low)
            zh = f"{high}及以上的" if short else f"超过{low}的"
            yield self.t(zh, f"{high} and more" if short else f"above {low}"), self.result(turn.above)
        else:
            yield self.t(f"{low}的", f"at {low}"), self.result(turn.below)
            yield self.t(f"{high}的", f"at {high}"), self.result(turn.above)

    def value(self, one: Scale | OtherFact, value: Known) -> str:
        return shown_answer(self.policy, one.fact, value, self.lang)

    # --- other answers ---

    def facts(self) -> Iterator[Told]:
        """What other answers give, and those of judgment on which all depends in one."""
        for one in self.moving()[:MOST_FACTS]:
            rows = [(self.otherwise(one, o.answers), self.result(o.after)) for o in one.others]
            if one.same:
                rows.append((self.otherwise(one, one.same), self.t("结果不变", "the same result")))
            given = self.answers(one, (one.given,))
            head = self.t(f"{self.name(one)}材料上为{given}", f"{self.name(one)}: {given} in the papers")
            yield Told(head, tuple(rows))
        judged: dict[str, list[str]] = {}
        for one in (one for one in self.e.nearby.facts if one.plain):
            judged.setdefault(quoted(one.fact.label(self.lang)), []).append(one.subject.id)
        if judged:
            several = len({id_ for ids in judged.values() for id_ in ids}) > 1
            named_ = self.list(f"{label}{self.of(ids) if several else ''}" for label, ids in judged.items())
            head = self.t(f"由人认定的{named_}", f"{named_}, which people judge")
            how = self.t("有一项认定相反的", "one of them judged otherwise")
            yield Told(head, ((how, self.policy.header.outcomes["refused"](self.lang)),))

    def moving(self) -> list[OtherFact]:
        return [one for one in self.e.nearby.facts if not one.plain]

    def otherwise(self, one: OtherFact, answers: Iterable[Known]) -> str:
        said = self.answers(one, answers)
        return self.t(f"为{said}的", said)

    def answers(self, one: OtherFact, answers: Iterable[Known]) -> str:
        return quoted_answers([self.value(one, answer) for answer in answers], self.lang)

    def rest(self) -> Iterator[Told]:
        """What is only named."""
        told = {scale.ref for scale in self.scales()}
        left: list[OtherFact | Scale] = [
            *self.moving()[MOST_FACTS:],
            *(scale for scale in self.e.nearby.scales if scale.ref not in told),
        ]
        if left:
            shown = self.list(self.name(one) for one in left[:MOST_NAMED])
            if len(left) > MOST_NAMED:
                shown += self.t(f"等{len(left)}项", f" and {len(left) - MOST_NAMED} more")
            yield Told(self.t(f"{shown}，变了结果也会不同", f"{shown} would change the result too"))

    def name(self, one: OtherFact | Scale) -> str:
        return f"{self.whose(one.subject)}{quoted(one.fact.label(self.lang))}"

    def of(self, ids: list[str]) -> str:
        return self.t(f"（{self.list(ids)}）", f" ({self.list(ids)})")

    def list(self, words: Iterable[str]) -> str:
        return self.t("、", ", ").join(words)

    def whose(self, subject: Subject) -> str:
        if subject.path == self.e.decision.subject.path:
            return ""
        return f"{named(subject, self.lang)}{self.t('的', ' ')}"


def _near(scale: Scale, turn: Turn) -> bool:
    """Whether a turn lies between half and double of what is given."""
    given, low, high = scale.given, turn.low, turn.high
    if not all(isinstance(value, Decimal | Fraction) for value in (given, low, high)):
        return False
    return 2 * Fraction(high) >= Fraction(given) and Fraction(low) <= 2 * Fraction(given)  # type: ignore[arg-type]
