"""The parser takes anything: every text is parsed or refused in words, at once, however long or deep it is."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyengine import room
from policyengine.lang.syntax import FULL_WIDTH, parse
from policyengine.source import Source
from tests import mini
from tests.lang_drawn import policy
from tests.work import counted

PIECES = [
    *"xyzab()[]{}'\"+-*/<>=!%,.:;#@&|^~?\\ 0123456789\t_", *FULL_WIDTH, "and", "or", "not", "if", "else", "for", "in",
    "sum(", "max(", "is_none(", "true", "none", "None", "True", "lambda", " ", "==", "<=", "**", "//", "设备", "万元", "\n",
    "500", "0.1", "1e9", "'A'", "x.y", "i.amount for i in items", "…", "\u200b", "😀", "await", "yield", "f'", ":=",
]  # fmt: skip


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    source = Source("f", text)
    (expr, found), calls = counted(lambda: parse(text, source.span(0, len(text))))
    assert calls < 60_000
    assert (expr is None) == bool(found)
    for d in found:
        assert d.span is not None and d.message("zh") and d.message("en")
    if expr is not None:
        policy().expression(text)


@pytest.mark.parametrize(
    "piece", ["(", "[", "not ", "-", "x+", "x if a else ", "x.", "a and ", "max(", "a<b and ", "'"]
)
@pytest.mark.parametrize("times", [30, 300, 3000, 100_000])
def test_long_and_deep_texts_are_refused_at_once(piece: str, times: int) -> None:
    text = piece * times + "x"
    span = Source("f", text).span(0, len(text))
    (expr, found), calls = counted(lambda: parse(text, span))
    assert calls < 60_000
    if expr is not None:
        assert not policy().expression(text)[1] or times == 30
    elif times >= 300:
        assert [d.code for d in found] in (["expression-too-large"], ["expression-syntax"])


def test_a_mutated_expression_is_checked_or_refused() -> None:
    """One character of a right expression changed: never an exception."""
    chooser = random.Random(7)
    samples = [
        "max(i.amount for i in items if i.ok) if any(i.ok for i in items) else 0",
        "is_none(q) or q >= round_half_up(x * (r + p), fen) and g in ['A', 'B']",
        "add_years(declared_on, -t) <= date(year(declared_on), 1, 1) and lookup(prize, g) / m > least",
    ]
    alphabet = "".join(PIECES[:52]) + "（，≥"
    for _ in range(1500):
        text = chooser.choice(samples)
        at = chooser.randrange(len(text))
        kind = chooser.randrange(3)
        char = "" if kind == 0 else chooser.choice(alphabet)
        changed = text[:at] + char + text[at + (kind != 1) :]
        made, found = policy().expression(changed)
        assert made is not None or found, changed


def test_the_longest_chain_of_names_that_is_allowed_is_computed() -> None:
    """Ninety names, each ten brackets deep, on a small stack: the stack of Python is not what ends it."""
    steps = "".join(
        f"  v{i}: {{entity: thing, type: money, label: v, basis: 例, formula: '{'-(' * 10}v{i + 1}{')' * 10}'}}\n"
        for i in range(90)
    )
    made = mini.mini(
        "entities: {thing: {label: 项目, dated_by: declared_on}}\n"
        "facts:\n"
        "  declared_on: {entity: thing, type: date, label: 日期, basis: 例}\n"
        "  v90: {entity: thing, type: money, unit: 元, range: [0元, 1元], label: 数, basis: 例}\n"
        f"values:\n{steps}"
    )
    assert not made.found
    assert room.LONGEST - 400 < room.depths(made.plan)["v0"] <= room.LONGEST
    answers = []

    def ask() -> None:
        world, _ = made.world(mini.tree("thing: {T: {v90: 1元}}"))
        answers.append(world.value(world.entities["thing"]["T"], "v0"))

    size = threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    assert answers == [1]
