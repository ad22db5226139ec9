"""An amendment that changes options, ranges and readings: every application states what its own version has.

The policy is `bad/base`, amended to 2022 by `bad/amended.yaml`.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from policyengine import api
from policyengine.case import Case
from policyengine.deciding import Decided
from policyengine.decision import Decision
from policyengine.diagnostics import CaseError, Diagnostic
from tests.test_bad import base

OLD, NEW = "2021-12-31", "2022-01-01"


def case(*days: str, firm: str = "", **facts: str) -> Case:
    """An application a day, all of the enterprise E1."""
    stated = {"投资额": "800万元", "其中机器人": "0元", "申报次序": "1"} | facts
    inside = "，".join(f"{name}: {value}" for name, value in stated.items()).replace("，", ", ")
    projects = "\n".join(
        f"  P{i}: {{申报企业: E1, 申报日期: {day}, {inside}}}" for i, day in enumerate(days, 1)
    )
    own = firm or "评价等级: A"
    text = f"企业: {{E1: {{中小企业: 是, {own}}}}}\n项目:\n{projects}\n"
    (only,) = api.read_case(amended(), text, "case.yaml").cases
    return only


def amended() -> api.Plans:
    return base("amended.yaml")


def decided(subject: Case, **readings: str) -> Decided:
    return api.decide(amended(), subject, readings)


def only(subject: Case, **readings: str) -> Decision:
    (decision,) = decided(subject, **readings).decision.decisions
    return decision


def refused(subject: Case, **readings: str) -> Diagnostic:
    with pytest.raises(CaseError) as wrong:
        decided(subject, **readings)
    (found,) = wrong.value.diagnostics
    return found


def test_an_option_added_later_is_refused_for_an_earlier_application() -> None:
    assert only(case(NEW, firm="评价等级: S类")).amount == 240_000
    found = refused(case(OLD, firm="评价等级: S类"))
    assert found.code == "fact-not-in-force"
    assert found.message() == (
        "“评价等级”写的是“S类”，2021-12-31受理的申报（P1）适用的版本（某政字〔2020〕1号）里没有这种写法"
    )
    assert "那个版本的选项：A类（A）、B类（B）、C类（C）" in found.help()


def test_an_option_taken_out_can_still_be_stated_for_an_earlier_application() -> None:
    assert only(case(OLD, firm="评价等级: C类")).amount == 240_000
    found = refused(case(NEW, firm="评价等级: C"))
    assert "（某政字〔2020〕1号，经某政字〔2022〕2号修订）" in found.message()


def test_a_record_that_two_versions_look_at_must_suit_both() -> None:
    assert "（P1）" in refused(case(OLD, NEW, firm="评价等级: S")).message()
    assert "（P2）" in refused(case(OLD, NEW, firm="评价等级: C")).message()
    assert [d.amount for d in decided(case(OLD, NEW)).decision.decisions] == [320_000, 320_000]


@pytest.mark.parametrize(
    ("name", "value", "day"),
    [
        ("投资额", "15000万元", NEW),
        ("投资额", "10000万元", OLD),
        ("申报次序", "20", OLD),
        ("申报次序", "10", NEW),
    ],
)
def test_a_number_within_the_range_of_its_version(name: str, value: str, day: str) -> None:
    assert only(case(day, **{name: value})).outcome == "granted"


@pytest.mark.parametrize(
    ("name", "value", "day", "range_"),
    [("投资额", "15000万元", OLD, "0元至1亿元"), ("申报次序", "11", NEW, "1至10")],
)
def test_a_number_outside_the_range_of_its_version(name: str, value: str, day: str, range_: str) -> None:
    found = refused(case(day, **{name: value}))
    assert found.code == "fact-not-in-force"
    assert f"那个版本的范围：{range_}" in found.help()


def test_a_number_outside_every_range_is_refused_when_it_is_read() -> None:
    with pytest.raises(CaseError) as wrong:
        case(NEW, 投资额="20001万元")
    assert [d.code for d in wrong.value.diagnostics] == ["fact-out-of-range"]


def test_absent_is_for_the_version_that_allows_it() -> None:
    assert only(case(OLD, firm="评价等级: B, 最近处罚日期: 无")).outcome == "granted"
    assert refused(case(NEW, firm="评价等级: B, 最近处罚日期: 无")).code == "fact-not-in-force"


def test_the_day_that_counts_is_the_one_decided_by() -> None:
    later = api.with_as_of(amended(), case(OLD, firm="评价等级: S"), NEW)
    assert only(later).outcome == "granted"
    assert refused(api.with_as_of(amended(), later, OLD)).code == "fact-not-in-force"


def test_what_is_not_stated_ranges_over_what_its_version_allows_and_is_asked_in_its_words() -> None:
    for day, high, words in ((OLD, 10**8, ""), (NEW, 2 * 10**8, "修订后的投资额是多少？")):
        decision = only(case(day, 投资额=""))
        (missing,) = decision.missing
        assert missing.fact is not None
        assert (missing.fact.high, missing.fact.ask.zh) == (Decimal(high), words)


def test_a_reading_is_chosen_among_those_of_the_version() -> None:
    assert only(case(NEW), raised="half").amount == 320_000
    assert only(case(OLD), raised="never").amount == 240_000
    found = refused(case(OLD), raised="half")
    assert (found.code, found.words["version"]) == ("reading-not-in-force", "某政字〔2020〕1号")
    assert refused(case(NEW), raised="never").code == "reading-not-in-force"
    assert refused(case(OLD, NEW), raised="half").words["id"] == "P1"
    assert refused(case(""), raised="half").code == "reading-not-in-force"
