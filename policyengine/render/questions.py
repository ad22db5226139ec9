"""What still has to be asked, in the best order, as blocks and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from policyengine import wording
from policyengine.asking import Question
from policyengine.explanation import CaseExplanation
from policyengine.model import Policy
from policyengine.render import json, said
from policyengine.render.blocks import asked, question
from policyengine.render.shapes import Block, Heading, Item, Paragraph


def blocks(found: Sequence[Question], case: CaseExplanation, lang: str) -> Iterator[Block]:
    """Where each application stands, then the questions."""
    zh = lang == "zh"
    for e in case.explanations:
        yield Heading(1, said.headline(e, lang))
    if not found:
        yield Paragraph("结论已定，不用再问" if zh else "Settled: nothing more to ask")
        return
    yield Heading(2, f"还要问{len(found)}项，按这个先后" if zh else f"{len(found)} to ask, in this order")
    for number, each in enumerate(found, 1):
        yield Item(
            str(number), question(each.missing, lang), tuple(below(each, case.explanations[0].policy, lang))
        )


def below(each: Question, policy: Policy, lang: str) -> Iterator[str]:
    """Who answers, with what evidence, which answers settle it, how much it tells."""
    yield from asked(each.missing, lang)
    yield from settling(each, policy, lang)
    removed = round((Fraction(1) - each.remaining) * 100)
    if removed > 0:
        yield (
            f"平均能去掉{removed}%的不确定"
            if lang == "zh"
            else f"removes {removed}% of what is open on average"
        )


def settling(each: Question, policy: Policy, lang: str) -> Iterator[str]:
    """Which answers settle an application, and how."""
    fact = each.missing.fact
    for outcome in dict.fromkeys(s.outcome for s in each.settles):
        alike = [s.answer for s in each.settles if s.outcome == outcome]
        answers = [wording.value(a, fact.type, lang, fact.options) for a in alike if fact is not None]
        word = policy.header.outcomes[outcome](lang)
        yield (
            f"答{'、'.join(answers)}就定：{word}"
            if lang == "zh"
            else f"{', '.join(answers)} settles it: {word}"
        )


def document(policy: Policy, found: Sequence[Question], case: CaseExplanation) -> dict[str, object]:
    """The questions as JSON. `remaining`: an exact share, `2/3`."""
    return {
        "version": json.VERSION,
        "policy": json.short_policy(policy),
        "applications": [
            {
                "at": d.subject.path,
                "outcome": d.outcome,
                "may_be": list(d.may_be),
                "amount": json.amount(d.amount),
            }
            for d in case.decision.decisions
        ],
        "questions": [_question(each) for each in found],
    }


def _question(each: Question) -> dict[str, object]:
    fact = each.missing.fact
    settles = [
        {"answer": json.plain(s.answer, fact.type), "outcome": s.outcome}
        for s in each.settles
        if fact is not None
    ]
    shown = json.missing(each.missing) | {"remaining": str(each.remaining)}
    return shown | ({"settles": settles} if settles else {})
