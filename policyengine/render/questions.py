"""What still has to be asked, in the best order, as blocks and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from policyengine import wording
from policyengine.asking import Question
from policyengine.decision import OUTCOMES, CaseDecision
from policyengine.model import Policy
from policyengine.render import json
from policyengine.render.blocks import Block, Heading, Item, Paragraph, asked, headline, question


def blocks(found: Sequence[Question], decided: CaseDecision, lang: str) -> Iterator[Block]:
    """Where each application stands, then the questions."""
    zh = lang == "zh"
    for decision in decided.decisions:
        yield Heading(1, headline(decision, lang))
    if not found:
        yield Paragraph("结论已定，不用再问" if zh else "Settled: nothing more to ask")
        return
    yield Heading(2, f"还要问{len(found)}项，按这个先后" if zh else f"{len(found)} to ask, in this order")
    for number, each in enumerate(found, 1):
        yield Item(str(number), question(each.missing, lang), tuple(below(each, lang)))


def below(each: Question, lang: str) -> Iterator[str]:
    """Who answers, with what evidence, which answers settle it, how much it tells."""
    yield from asked(each.missing, lang)
    yield from settling(each, lang)
    removed = round((Fraction(1) - each.remaining) * 100)
    if removed > 0:
        yield (
            f"平均能去掉{removed}%的不确定"
            if lang == "zh"
            else f"removes {removed}% of what is open on average"
        )


def settling(each: Question, lang: str) -> Iterator[str]:
    """Which answers settle an application, and how."""
    fact = each.missing.fact
    if fact is not None:
        for settles in each.settles:
            answer = wording.value(settles.answer, fact.type, lang, fact.options)
            outcome = OUTCOMES[settles.outcome](lang)
            yield f"答“{answer}”就定了：{outcome}" if lang == "zh" else f"{answer} settles it: {outcome}"


def document(policy: Policy, found: Sequence[Question], decided: CaseDecision) -> dict[str, object]:
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
            for d in decided.decisions
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
