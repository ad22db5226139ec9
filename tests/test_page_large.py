"""Printed pages of names that are hostile or very long, and of consortia of many members."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.printed import HOSTILE, consortium, printed, read
from tests.support import ROOT


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_hostile_and_very_long_names_stay_text() -> None:
    name = HOSTILE + "很长的名字" * 30
    page = read(printed("-", stdin=consortium(3, name)))
    assert name in page.classed("sentence")[0].text
    assert not list(page.all("script")) and len(list(page.all("style"))) == 1
    [title] = page.all("title")
    assert HOSTILE in title.text


def test_a_consortium_of_fifty_has_a_row_for_each() -> None:
    page = read(printed("-", stdin=consortium(50, "同名企业")))
    [table] = page.classed("shares")
    [body] = table.all("tbody")
    assert len(list(body.all("tr"))) == 50


def test_the_sum_over_many_members_can_be_checked_on_the_page() -> None:
    page = read(printed("-", stdin=consortium(40, "同名企业")))
    [table] = [t for step in page.classed("wide") for t in step.classed("many")]
    head = [th.text for th in next(table.all("thead")).all("th")]
    assert head == [
        "共同体成员",
        "成员设备投资额（价税合计）",
        "比例提高的百分点",
        "成员按自己比例应得的数额",
        "成员分得的补助",
    ]
    rows = [[cell.text for cell in row.all("th", "td")] for row in next(table.all("tbody")).all("tr")]
    assert len(rows) == 40
    invested, points, due, shares = (list(column) for column in zip(*(row[1:] for row in rows), strict=True))
    numbers = [
        [Decimal(re.sub(r"[^\d.]", "", text)) for text in column]
        for column in (invested, points, due, shares)
    ]
    assert all(i * (3 + p) / 100 == d for i, p, d, _ in zip(*numbers, strict=True))
    assert f"{sum(numbers[2]):,}元" in page.text and sum(numbers[2]) == sum(numbers[3]) == Decimal(
        "692000.00"
    )
    facts = page.classed("facts-of-many")
    assert [len(list(next(t.all("tbody")).all("tr"))) for t in facts] == [40, 40]


def test_shares_add_up_to_the_award() -> None:
    page = read(printed("examples/共同体.yaml"))
    [table] = page.classed("shares")
    *shares, total = [row.text for body in table.all("tbody", "tfoot") for row in body.classed("right")]
    read_back = [Decimal(text.removesuffix("万元")) for text in (*shares, total)]
    assert len(shares) == 3 and sum(read_back[:-1]) == read_back[-1] == Decimal("36.6667")


def test_a_consortium_says_of_each_member_whether_it_counts() -> None:
    page = read(printed("examples/共同体.yaml"))
    [section] = [s for s in page.all("section") if s.text.startswith("各共同体成员的条件")]
    lines = [li.text for li in section.all("li")]
    assert len(lines) == 4 and ["不满足：不是D类企业" in line for line in lines] == [
        False,
        False,
        False,
        True,
    ]
