"""What printed pages are made of: their words in two languages, numbers of steps, bars, and markup that escapes."""

from __future__ import annotations

import string
from decimal import Decimal
from fractions import Fraction

import pytest

from policyengine.model import OUTCOMES
from policyengine.render.html.markup import Markup, el, join
from policyengine.render.html.parts import share
from policyengine.render.html.words import _SAY, TITLES, Say


def fields(text: str) -> set[str]:
    return {name or "positional" for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", _SAY)
def test_both_languages_fill_in_the_same_things(key: str) -> None:
    label = _SAY[key]
    assert label.zh and label.en and fields(label.zh) == fields(label.en)


def test_every_outcome_has_a_title() -> None:
    assert TITLES.keys() == OUTCOMES.keys() and all(t.zh and t.en for t in TITLES.values())


@pytest.mark.parametrize(
    ("n", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (42, "四十二"), (99, "九十九")]
)
def test_steps_are_numbered_in_chinese(n: int, said: str) -> None:
    assert Say("zh").number(n) == said and Say("en").number(n) == str(n)


def test_the_builder_escapes_all_but_its_own_markup() -> None:
    assert el("p", "<b>", Markup("<i>x</i>"), None, class_='"', hidden=False, open=True) == (
        '<p class="&quot;" open>&lt;b&gt;<i>x</i></p>'
    )
    assert join(["a", ["<", None]]) == "a&lt;" and el("br") == "<br>"


def test_a_bar_is_right_for_amounts_of_any_size() -> None:
    assert share(Decimal("0.01"), Decimal(10) ** 14) == 0 and share(Decimal(7), Decimal(0)) == 0
    assert share(Fraction(1, 3), Decimal(1)) == 333 and share(Decimal(1), Decimal(1)) == 1000
