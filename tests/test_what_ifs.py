"""What-if values: refused where no document could say them, possible down to zero."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from policyengine import api, loader
from policyengine.again import After
from policyengine.alternatives import Alternatives, Reading
from policyengine.diagnostics import concise, errors
from tests.support import ROOT, YANZHOU, yanzhou

REFUSED = [
    ("equipment_rate=-3%", "negative-number"), ("equipment_cap=-1元", "negative-number"),
    ("quota_normal=-1个", "negative-number"), ("violation_lookback=-3年", "negative-number"),
    ("quota_normal=1.5个", "number-not-whole"), ("violation_lookback=0.3年", "number-not-whole"),
    ("violation_lookback=3个", "set-of-another-kind"), ("violation_lookback=3", "unit-missing"),
    ("quota_normal=1年", "set-of-another-kind"), ("equipment_cap=3%", "set-of-another-kind"),
    ("grade_bonus=1%", "set-of-another-kind"), ("valid_to=3年", "set-of-another-kind"),
]  # fmt: skip
ZERO = {"money": "0元", "rate": "0%", "count": "0个", "points": "0个百分点", "years": "0年"}


@pytest.mark.parametrize(("written", "code"), REFUSED)
def test_a_what_if_that_no_document_could_say_is_refused(written: str, code: str) -> None:
    found = loader.read(YANZHOU, sets=[written]).found
    assert [d.code for d in found] == [code]
    assert found[0].span is not None and found[0].span.source.name == loader.SET


@pytest.mark.parametrize(("written", "code"), [pair for pair in REFUSED if "kind" not in pair[1]])
def test_an_overlay_is_no_way_around(written: str, code: str, tmp_path: Path) -> None:
    name, _, value = written.partition("=")
    overlay = tmp_path / "change.yaml"
    overlay.write_text(
        "overlay: {id: change, title: {zh: 试算, en: Trial}, amends: yanzhou-2020-14, hypothetical: true}\n"
        f"parameters: {{{name}: {{value: {value}}}}}\n",
        "utf-8",
    )
    assert code in [d.code for d in loader.read(YANZHOU, [overlay]).found]


def test_every_number_of_the_shipped_policy_can_be_set_to_zero() -> None:
    parameters = yanzhou().policy.parameters.values()
    units = [p for p in parameters if p.type.kind in ZERO and not p.name.endswith("_unit")]
    assert len(units) > 15
    for parameter in units:
        timeline = api.load(YANZHOU, sets=[f"{parameter.name}={ZERO[parameter.type.kind]}"])
        assert [concise(d) for d in errors(api.check(timeline))] == [], parameter.name


def test_two_readings_that_only_round_differently_are_no_pair() -> None:
    """What the roundings of the policy may change is no bearing on each other: a few fen, or 200元 under 百元取整."""
    case = api.read_case(yanzhou(), (ROOT / "examples/装备升级.yaml").read_text("utf-8")).cases[0]
    world = api.decide(yanzhou(), case).world
    ent = world.entities["project"]["P1"]
    fen, hundred = (
        Reading(yanzhou().policy.interpretations[name], option)
        for name, option in (("bonus_cap", "scaled"), ("rounding", "hundred_yuan"))
    )
    stacked = Reading(yanzhou().policy.interpretations["rate_bonus"], "stack")

    def pairs(first: Reading, second: Reading, together: str) -> bool:
        start, one, other, both = (
            After("granted", Decimal(amount), (), (), ())
            for amount in ("1000000", "1333333.33", "1000000", together)
        )
        return not Alternatives(world).adds_up(ent, (first, second), start, one, other, both)

    assert not pairs(fen, hundred, "1333300") and pairs(fen, hundred, "1334000")
    assert not pairs(fen, stacked, "1333333.34") and pairs(fen, stacked, "1333333.40")
