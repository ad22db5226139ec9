"""What the words of a text say: numbers, days, whether a boundary is in or out, words that are ambiguous."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine import literals
from policyengine.checks import edges, numerals, words
from policyengine.checks.common import squeeze
from policyengine.values import Type, Unit, Units

# --- numbers ---

UNITS = Units(
    {
        "吨标准煤": Unit("吨标准煤", "number", (("tce", 1),)),
        "万吨标准煤": Unit("万吨标准煤", "number", (("tce", 1),), Decimal(10_000)),
        "元/吨标准煤": Unit("元/吨标准煤", "number", (("money", 1), ("tce", -1))),
    }
)
SAYS = [
    ("设备投资额500万元及以上", "500万元"), ("设备投资额 500 万元", "500万元"), ("五百万元", "500万元"),
    ("三千五百万元", "3500万元"), ("1,500万元", "1500万元"), ("2.5亿元", "25000万元"), ("5千万元", "5000万元"),
    ("500（含）万元", "500万元"), ("500万以上的", "500万元"), ("300—1000万元", "300万元"), ("300万-1000万元", "300万元"),
    ("补助3％", "3%"), ("百分之三", "3%"), ("百分之三十五", "35%"), ("百分之零点五", "0.5%"), ("三成", "30%"), ("占一半以上", "50%"),
    ("千分之五", "5‰"), ("3%—5%", "5%"), ("3-5%", "3%"), ("1个百分点", "1个百分点"), ("一个百分点", "1个百分点"),
    ("近三年内", "3年"), ("36个月", "3年"), ("满2周年", "2年"), ("申报一个项目", "1个"), ("可申报两个项目", "2个"),
    ("不超过10家", "10家"), ("前三名", "3名"), ("每吨标准煤200元", "200元/吨标准煤"), ("200元/吨标准煤", "200元/吨标准煤"),
    ("每节约1吨标准煤，奖励二百元", "200元/吨标准煤"), ("节能1000吨标准煤以上", "1000吨标准煤"),
    ("节能2万吨标准煤", "20000吨标准煤"), ("不低于1.2倍", "1.2"),
]  # fmt: skip
DOES_NOT_SAY = [
    ("补助13%", "3%"), ("补助3.5%", "3%"), ("补助3个百分点", "3%"), ("提高1%", "1个百分点"), ("500元", "500万元"),
    ("500万元", "500元"), ("1500万元", "500万元"), ("统一规划、进一步", "1个"), ("第三项", "3项"), ("2020年", "20年"),
    ("200元", "200元/吨标准煤"), ("500万吨钢", "500万元"), ("三年", "3%"), ("5000万元", "500万元"),
]  # fmt: skip


def said(content: str, value: str) -> bool:
    squeezed = squeeze(content).text
    read = literals.quantity(value, UNITS)
    assert isinstance(read, literals.Quantity), value
    type_ = Type(read.unit.kind, read.unit.dim) if read.unit else Type("number")
    return bool(numerals.saying(squeezed, numerals.said(squeezed, UNITS), read.value, type_, UNITS))


@pytest.mark.parametrize(("content", "value"), SAYS, ids=lambda v: str(v))
def test_a_number_is_found_in_words(content: str, value: str) -> None:
    assert said(content, value)


@pytest.mark.parametrize(("content", "value"), DOES_NOT_SAY, ids=lambda v: str(v))
def test_another_number_is_not(content: str, value: str) -> None:
    assert not said(content, value)


@given(st.integers(1, 99_999), st.sampled_from(["万元", "元", "%", "个百分点", "年", "吨标准煤"]))
def test_a_number_is_found_in_itself_and_not_in_a_longer_one(number: int, unit: str) -> None:
    assert said(f"按{number}{unit}给予补助", f"{number}{unit}")
    assert not said(f"按1{number}{unit}给予补助", f"{number}{unit}")
    assert not said(f"按{number}0{unit}给予补助", f"{number}{unit}")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("2020年8月15日至2023年8月14日", [date(2020, 8, 15), date(2023, 8, 14)]),
        ("2021年1月1日至12月31日", [date(2021, 1, 1), date(2021, 12, 31)]),
        ("二〇二〇年八月十五日", [date(2020, 8, 15)]),
        ("2023年底", [date(2023, 12, 31)]),
        ("2021年6月底前", [date(2021, 6, 30)]),
        ("2021-06-01", [date(2021, 6, 1)]),
        ("2021年2月30日", []),
        ("近三年内", []),
    ],
)
def test_days(content: str, found: list[date]) -> None:
    assert [one.day for one in numerals.days(squeeze(content).text)] == found


# --- boundaries ---

EDGES = [
    ("500万元及以上", ">=", True), ("500万元以上", ">=", False), ("500万元（含）以上", ">=", True),
    ("500万元（不含）以上", ">", True), ("500（含）万元以上", ">=", True), ("500万元以上（含500万元）", ">=", True),
    ("500万元及以下", "<=", True), ("500万元以下", "<=", False), ("500万元以下（不含）", "<", True),
    ("500万元以内", "<=", False), ("超过500万元", ">", True), ("不超过500万元", "<=", True), ("不得超过500万元", "<=", True),
    ("高于500万元", ">", True), ("不高于500万元", "<=", True), ("低于500万元", "<", True), ("不低于500万元", ">=", True),
    ("不少于人民币500万元", ">=", True), ("少于500万元", "<", True), ("不足500万元", "<", True), ("未满500万元", "<", True),
    ("达到500万元", ">=", False), ("未达到500万元", "<", True), ("达到500万元及以上", ">=", True), ("至少500万元", ">=", True),
    ("至多500万元", "<=", True), ("300万元—500万元（含）", "<=", True), ("500万元（不含）—800万元", ">", True),
]  # fmt: skip


@pytest.mark.parametrize(("content", "relation", "plain"), EDGES, ids=lambda v: str(v))
def test_edges(content: str, relation: str, plain: bool) -> None:
    squeezed = squeeze(content).text
    numbers = numerals.said(squeezed, UNITS)
    here = numerals.saying(squeezed, numbers, Decimal(5_000_000), Type("money", (("money", 1),)), UNITS)
    agreed = edges.agreed([edge for one in here for edge in edges.at(squeezed, one)])
    assert [(edge.relation, edge.plain) for edge in agreed[:1]] == [(relation, plain)]


@pytest.mark.parametrize("content", ["补助500万元", "总投资500万元的项目", "500万元，以上一年度为准"])
def test_no_edge(content: str) -> None:
    squeezed = squeeze(content).text
    assert [edge for one in numerals.said(squeezed, UNITS) for edge in edges.at(squeezed, one)] == []


# --- ambiguity ---


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("原则上每年申报一个项目", ["原则上"]),
        ("ERP、MES等系统", ["等"]),
        ("单个企业最高100万元", ["单个企业最高"]),
        ("每户企业累计最高100万元", ["单个企业最高", "累计"]),
        ("大约30个，约5%", ["约"]),
        ("其它财政资金", ["其他"]),
        ("一等奖、等级、平等、高等院校、等额、同等条件、等于", []),
        ("节约能源，合约，一般纳税人，一般公共预算，规范性文件", []),
        ("最高100万元", []),
    ],
)
def test_words(sentence: str, found: list[str]) -> None:
    assert sorted(word.name for word, _, _ in words.found_in(squeeze(sentence).text)) == sorted(found)
