"""Did you mean: all names that may be meant, so that nobody is steered to an amount of another kind."""

from __future__ import annotations

import pytest

from policyengine import api
from policyengine.diagnostics import CaseError
from policyengine.nearest import closest, meant, nearest
from tests.support import yanzhou

AMOUNTS = ["设备投资额（价税合计）", "设备投资额（不含税）", "申报受理日期"]
CASES = [
    ("设备投资额", AMOUNTS, AMOUNTS[:2]),  # the beginning of two
    ("设备投资额（含税）", AMOUNTS, AMOUNTS[:2]),  # one character from the wrong one
    ("设备投资", AMOUNTS, AMOUNTS[:2]),
    ("申报日期", AMOUNTS, AMOUNTS[2:]),
    ("equipment_investmen", ["equipment_investment", "equipment_investment_net", "town"], ["equipment_investment", "equipment_investment_net"]),
    ("awrd", ["award_item", "award", "award_amount"], ["award"]),  # the others are longer by half
    ("on_time", ["town", "grade"], []),
    ("x", ["xa", "b"], ["xa"]),
    ("a", ["a1", "a2", "a3", "a4", "a5", "a6"], ["a1", "a2", "a3", "a4", "a5"]),
    ("无关", AMOUNTS, []),
    ("cap", ["capital", "escape", "equipment_cap", "x.cap"], ["capital", "equipment_cap", "x.cap"]),
    ("it", ["limitation", "credit_code"], []),  # Latin letters within a word
    ("per_order", ["declared_per_order_of_the_applicant_in_a_filing_year", "fixed_per_order_of_the_applicant"], ["declared_per_order_of_the_applicant_in_a_filing_year"]),
]  # fmt: skip


@pytest.mark.parametrize(("written", "known", "found"), CASES)
def test_nearest(written: str, known: list[str], found: list[str]) -> None:
    assert nearest(written, known) == found


def test_where_one_name_is_needed_it_is_the_nearest_or_none() -> None:
    assert closest("equipment_rat", ["equipment_cap", "equipment_rate"]) == "equipment_rate"
    assert closest("ab", ["ax", "bx"]) == "ax"
    assert closest("ab", ["xy", "zz"]) == closest("ab", []) == ""


def test_the_question_is_put_in_both_languages() -> None:
    assert meant([]) == {"meant_zh": "", "meant_en": ""}
    assert meant(["甲"]) == {"meant_zh": "是不是“甲”", "meant_en": "did you mean `甲`"}
    assert meant(["甲", "乙"]) == {"meant_zh": "是指“甲”，还是“乙”", "meant_en": "do you mean `甲` or `乙`"}


def told(case: str) -> list[str]:
    with pytest.raises(CaseError) as wrong:
        api.read_case(yanzhou(), case)
    return [f"{d.message()}；{d.help()}" for d in wrong.value.diagnostics]


def test_a_bare_label_lists_every_amount_it_may_be() -> None:
    (one,) = told("企业: {E1: {}}\n申报项目: {P1: {applicant: E1, 设备投资额: 800万元}}")
    assert one.endswith("是指“设备投资额（价税合计）”，还是“设备投资额（不含税）”")


def test_a_reference_under_a_shorter_label_is_one_error() -> None:
    (one,) = told("企业: {E1: {}}\n申报项目: {P1: {申报企业: E1}}")
    assert one == "申报项目没有“申报企业”这一项；是不是“申报企业（共同体由牵头企业申报）”"
