"""Sentences about what would be otherwise: how far a refusal is, what reaching it gives, what another reading gives.

Every format says them in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import wording
from policyengine.again import After
from policyengine.alternatives import Alternative, Interaction, Reading
from policyengine.decision import ReadingUse, Subject
from policyengine.distance import Distance, Move
from policyengine.explanation import Explanation
from policyengine.labels import quoted
from policyengine.model import Fact, Policy
from policyengine.reaching import Reached
from policyengine.render.said import named, span
from policyengine.values import T_POINTS, Absent, Known, Type, Unknown, Value

MOST_WAYS = 4  # of one condition that are written out
MOST_NAMED = 8
MOST_PAIRS = 5


def gives(policy: Policy, result: After, lang: str, least: bool = False) -> str:
    """`可得15万元`, `仍不予支持`, `待补材料（金额0元至40万元）`."""
    zh = lang == "zh"
    if result.contradicts:
        words = ("；" if zh else "; ").join(label(lang) for label in result.contradicts)
        return (
            f"但与其他材料不符，要一并改：{words}"
            if zh
            else f"but other facts would have to change too: {words}"
        )
    if result.outcome == "granted" and isinstance(result.amount, Decimal | Fraction):
        amount = wording.money(result.amount, lang)
        if zh:
            return f"{'至少' if least else ''}可得{amount}"
        return f"{'at least ' if least else ''}{amount} would be granted"
    if result.outcome == "refused":
        word = policy.header.outcomes["refused"](lang)
        return f"仍{word}" if zh else f"still {word}"
    words = policy.header.outcomes[result.outcome or "undetermined"](lang)
    if isinstance(result.amount, Unknown) and _informative(result.amount):
        words += f"（金额{span(result.amount, lang)}）" if zh else f" (amount {span(result.amount, lang)})"
    return words


def distance_lines(e: Explanation, number: int) -> tuple[str, ...]:
    """What to write under a refusal, by its place among them.

    Where several conditions fail and none of them alone changes anything, that is left to `reached_line`.
    """
    brief = len(e.distances) > 1 and not any(move.alone for away in e.distances for move in away.moves)
    return tuple(_Distance(e.policy, e.distances[number], e.decision.subject, e.lang, brief).lines())


def reached_line(e: Explanation) -> str:
    """What reaching every one of several failed conditions gives; "" where that is not known."""
    lang, result = e.lang, e.reached
    zh = lang == "zh"
    if result is None:
        return ""
    if result.alone:
        return (
            "以上注明可得多少的，有一项是那样，各条就都符合"
            if zh
            else "Any one fact above that says what it would give is enough for all of them"
        )
    refused = e.policy.header.outcomes["refused"]
    text = f"只符合其中一条，仍{refused.zh}；" if zh else "One of them alone changes nothing; "
    if result.after is None:
        return text + (
            "没有找到同时符合以上各条的情形"
            if zh
            else "no way was found that reaches all of the above at once"
        )
    said = gives(e.policy, result.after, lang, result.least)
    how = "" if result.first else moved(e.policy, result, lang)
    text += f"以上各条都符合{how}，{said}" if zh else f"with all of the above reached{how}, {said}"
    if result.after.outcome == "refused":
        why = ("；" if zh else "; ").join(failure.message(lang) for failure in result.after.refusals)
        text += f"：{why}" if zh else f": {why}"
    return text


def in_doubt(e: Explanation) -> tuple[tuple[Alternative, ...], tuple[Interaction, ...]]:
    """The readings that would change the result, and the pairs that bear on each other, of questions not yet settled."""
    settled = {use.interpretation.name for use in e.decision.readings if use.settled}

    def open_(*found: Reading) -> bool:
        return not any(reading.interpretation.name in settled for reading in found)

    return (
        tuple(a for a in e.alternatives if open_(a.reading)),
        tuple(pair for pair in e.interactions if open_(pair.first, pair.second)),
    )


def settled_line(use: ReadingUse, lang: str) -> str:
    """`2021年3月1日明确，兖工信函〔2021〕3号`"""
    i = use.interpretation
    if i.decided_on is None:
        return ""
    day = wording.day(i.decided_on, lang)
    parts = [f"{day}明确" if lang == "zh" else f"settled on {day}", *([i.document] if i.document else [])]
    return ("，" if lang == "zh" else ", ").join(parts)


def moved(policy: Policy, result: Reached, lang: str) -> str:
    """The facts of a way that reaches everything, in brackets: `（申报受理日期2023年8月14日、…）`."""
    words = []
    for ref, value in result.moved:
        fact = policy.facts[ref.name]
        own = sum(other.name == ref.name for other, _ in result.moved) > 1
        whose = f"{ref.id} " if own else ""
        words.append(f"{whose}{fact.label(lang)}：{shown_answer(policy, fact, value, lang)}")
    return f"（{'；'.join(words)}）" if lang == "zh" else f" ({'; '.join(words)})"


def alternative_line(policy: Policy, other: Alternative, lang: str) -> str:
    """`若读作“不含税”：可得13.2万元`"""
    label, said = other.reading.chosen.label(lang), reading_gives(policy, other.after, lang)
    return f"若读作“{label}”：{said}" if lang == "zh" else f'read as "{label}": {said}'


def interaction_line(policy: Policy, pair: Interaction, lang: str) -> str:
    """Two readings changed together."""
    first, second = (_reading(reading, lang) for reading in (pair.first, pair.second))
    said = reading_gives(policy, pair.after, lang)
    if lang == "zh":
        return f"{first}，同时{second}：{said}（不等于各自影响之和）"
    return f"{first} together with {second}: {said} (not the sum of what each does)"


def reading_gives(policy: Policy, result: After, lang: str) -> str:
    """What a reading gives, with what it would need to be known."""
    zh = lang == "zh"
    said = gives(policy, result, lang).removeprefix("仍" if zh else "still ")
    if result.missing and result.outcome not in ("granted", "refused"):
        facts = list(dict.fromkeys(item.label(lang) for item in result.missing))[:MOST_NAMED]
        said += f"，要看{'、'.join(facts)}" if zh else f", depending on {', '.join(facts)}"
    return said


def _reading(reading: Reading, lang: str) -> str:
    label, option = reading.interpretation.label(lang), reading.chosen.label(lang)
    return f"“{label}”读作“{option}”" if lang == "zh" else f'"{label}" read as "{option}"'


def answer(policy: Policy, move: Move, value: Value, lang: str) -> str:
    """A value of a fact in the words of the document."""
    return shown_answer(policy, move.fact, value, lang)


def shown_answer(policy: Policy, fact: Fact, value: Value, lang: str) -> str:
    """A value of a fact in its own unit, or by its label."""
    unit = policy.units.get(fact.unit) if fact.type.kind == "number" else None
    return wording.value(value, fact.type, lang, fact.options, unit or "")


def quoted_answers(answers: list[str], lang: str) -> str:
    """`“A类”、“B类”或“无”`"""
    *most, last = [f"“{answer}”" for answer in answers]
    zh = lang == "zh"
    return ("、" if zh else ", ").join(most) + (("或" if zh else " or ") if most else "") + last


def by_papers(lang: str) -> str:
    """What must be said where other facts are spoken of."""
    if lang == "zh":
        return "这些是推算，不是认定；事实以证明材料为准"
    return "calculations, no decisions; the facts are what the papers show"


class _Distance:
    """The sentences of one failed condition."""

    def __init__(self, policy: Policy, away: Distance, own: Subject, lang: str, brief: bool) -> None:
        self.policy, self.away, self.own, self.lang, self.brief = policy, away, own, lang, brief
        self.zh = lang == "zh"

    def t(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def lines(self) -> Iterator[str]:
        away = self.away
        short = self.short()
        if away.together and away.after is not None:
            yield self.t("下面几项要同时符合：", "All of these at once: ") + self.t("；", "; ").join(
                self.core(move) for move in away.moves
            )
            reached = any(move.gap is not None for move in away.moves)
            tail = self.tail(away.after, reached).lstrip("；;， ")
            yield from [tail] if tail else []
            return
        if not away.moves:
            yield self.unsettled(short)
            return
        several = len({move.ref for move in away.moves if move.gap is not None}) > 1
        if several and short:
            yield short + self.t(
                "；下面几项，哪一项补足都可以，没有唯一的答案",
                "; any one of these can make it up, there is no single answer",
            )
        for i, move in enumerate(away.moves[:MOST_WAYS]):
            start = self.t("或者，", "or ") if i else ""
            reached = move.gap is not None
            yield f"{start}{self.core(move)}{self.opened(move) if move.opens else self.tail(move.after, reached)}"
        rest = len(away.moves) - MOST_WAYS
        if rest > 0:
            yield self.t(f"另有{rest}种办法", f"{rest} more ways")
        if away.untried:
            yield self.t(
                f"另有{away.untried}项没有逐一试算", f"{away.untried} more were not tried one by one"
            )

    def short(self) -> str:
        """`共同体设备投资合计460万元，差40万元`"""
        short = self.away.shortfall
        if short is None:
            return ""
        value = wording.quantity(short.value, short.type, self.lang)
        gap = wording.quantity(short.gap, _between(short.type), self.lang)
        return self.t(f"{short.label.zh}{value}，差{gap}", f"{short.label('en')} {value}, short by {gap}")

    def unsettled(self, short: str) -> str:
        """Where no single fact settles it: say so, and which ones it depends on."""
        text = self.t("没有哪一项单独改变就能满足", "no single fact settles it")
        if self.away.untried:
            text = self.t(
                f"试算过的各项，没有哪一项单独改变就能满足（另有{self.away.untried}项没有逐一试算）",
                f"of those tried, no single fact settles it ({self.away.untried} more were not tried one by one)",
            )
        text = f"{short}{self.t('；', '; ')}{text}" if short else text
        named = [f"{self.whose(item.subject)}{item.label(self.lang)}" for item in self.away.in_play]
        if not named:
            return text
        shown = self.t("、", ", ").join(named[:MOST_NAMED])
        rest = len(named) - MOST_NAMED
        if rest > 0:
            shown += self.t(f"等{len(named)}项", f" and {rest} more")
        return text + self.t(f"，要几项一起看：{shown}", f"; it depends on {shown} together")

    def core(self, move: Move) -> str:
        """What is given and what is needed."""
        label = f"{self.whose(move.subject)}{move.fact.label(self.lang)}"
        given = answer(self.policy, move, move.given, self.lang)
        if move.gap is None:
            needed = quoted_answers(
                [answer(self.policy, move, value, self.lang) for value in move.needed], self.lang
            )
            return self.t(
                f"{self.whose(move.subject)}{quoted(move.fact.label(self.lang))}材料上为“{given}”，为{needed}的才符合",
                f"{label}: “{given}” in the papers, met where it is {needed}",
            )
        [needed_value] = move.needed
        if isinstance(needed_value, date) and isinstance(move.given, date):
            return self.day(label, move.given, needed_value)
        gap = self.quantity(move.gap, move)
        if _more(needed_value, move.given):
            return self.t(f"{label}{given}，差{gap}", f"{label} {given}, short by {gap}")
        wanted = answer(self.policy, move, needed_value, self.lang)
        return self.t(
            f"{label}{given}，多{gap}，不超过{wanted}的才符合",
            f"{label} {given}, {gap} too much: met up to {wanted}",
        )

    def day(self, label: str, given: date, needed: date) -> str:
        days = abs((needed - given).days)
        first, last = wording.day(given, self.lang), wording.day(needed, self.lang)
        if needed > given:
            return self.t(
                f"{label}{first}，从{last}起才符合（差{days:,}天）",
                f"{label} {first}, met from {last} on ({days:,} days short)",
            )
        return self.t(
            f"{label}{first}，不晚于{last}的才符合（晚了{days:,}天）",
            f"{label} {first}, met until {last} ({days:,} days late)",
        )

    def quantity(self, gap: Decimal | Fraction, move: Move) -> str:
        kind = _between(move.fact.type)
        unit = self.policy.units.get(move.fact.unit) if kind.kind == "number" else None
        return wording.quantity(gap, kind if kind.kind != "date" else Type("count"), self.lang, unit or "")

    def tail(self, result: After, reached: bool = True) -> str:
        """What follows; a quantity is reached, an answer is as it is."""
        said = gives(self.policy, result, self.lang)
        if result.contradicts:
            return self.t(f"，{said}", f", {said}")
        if result.outcome == "refused":
            if self.brief:
                return ""
            return self.t(f"；只符合这一条，{said}", f"; with this alone, {said}")
        if not reached:
            return self.t(f"；这样{said}", f"; then {said}")
        return self.t(f"；达到后{said}", f"; once reached, {said}")

    def opened(self, move: Move) -> str:
        """After a move that leaves the condition itself open."""
        facts = list(dict.fromkeys(item.label(self.lang) for item in move.after.missing))[:MOST_NAMED]
        text = self.t("；那时是否符合还不能定", "; whether that is enough is still open")
        return text + (
            self.t("，要看" + "、".join(facts), f": it depends on {', '.join(facts)}") if facts else ""
        )

    def whose(self, subject: Subject) -> str:
        if subject.path in (self.own.path, self.away.failure.subject.path):
            return ""
        return f"{named(subject, self.lang)} "


def _informative(amount: Unknown) -> bool:
    """Whether a range of an amount says something: both ends known, and not below nothing."""
    low, high = amount.low, amount.high
    return isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction) and low >= 0


def _between(kind: Type) -> Type:
    """What a gap between two of a kind is told in: of rates, percentage points."""
    return T_POINTS if kind.kind == "rate" else kind


def _more(a: Known, b: Value) -> bool:
    if isinstance(a, Absent) or isinstance(b, Unknown | Absent | bool | str | tuple):
        return False
    return a > b  # type: ignore[operator]
