"""What is said of most entries and left out of some: the question, the evidence, who answers, the English.

None of it is needed to compute, so that these are warnings. A policy that hardly ever says who answers, or that
has Chinese labels only, has chosen to; one that says it of most facts and not of others has forgotten some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policyengine import model as m
from policyengine.checks.common import Checked
from policyengine.checks.english import missing_english
from policyengine.diagnostics import Diagnostic, diagnostic

# the key, what it is called, whether a fact has it, and whether one needs it
_KEYS: tuple[tuple[str, str, str, Callable[[m.Fact], bool], Callable[[m.Fact], bool]], ...] = (
    ("ask", "问句", "a question", lambda f: bool(f.ask.zh), lambda f: f.type.kind != "text"),
    ("answered_by", "由谁来答", "who answers", lambda f: bool(f.answered_by), lambda f: True),
    # a name or code is read off any paper, and a choice is made in the application itself
    ("evidence", "凭什么证明", "its evidence", lambda f: bool(f.evidence.zh), lambda f: not f.choice and f.type.kind != "text"),
)  # fmt: skip


def gaps(checked: Checked) -> Iterator[Diagnostic]:
    """Facts that lack what most have, and labels without English where the title has it."""
    facts = checked.policy.facts.values()
    for key, zh, en, has, needs in _KEYS:
        asked = [fact for fact in facts if needs(fact)]
        without = [fact for fact in asked if not has(fact)]
        if len(without) * 2 < len(asked):
            for fact in without:
                span = fact.span or checked.policy.header.span
                yield diagnostic("fact-lacks", span, name=fact.label.zh, key=key, what_zh=zh, what_en=en)
    if checked.policy.header.title.en:
        yield from missing_english(checked.policy)
