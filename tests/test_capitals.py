"""Capital numerals against a slow speller that writes every place and then takes out the zeros."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.capitals import LIMIT, capital

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = "元拾佰仟万拾佰仟亿拾佰仟万拾佰仟"  # the second 万 is 万亿


def slow(fen: int) -> str:
    """Every digit with its place, zeros too; then the zeros are struck out as a clerk does."""
    yuan, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    written = ""
    for place, digit in reversed(list(enumerate(reversed(str(yuan))))):
        written += DIGITS[int(digit)] + PLACES[place]
    written = re.sub("零[仟佰拾]", "零", written)
    written = re.sub("零+", "零", written)
    written = re.sub("零([万亿元])", r"\1", written)
    written = re.sub("零+", "零", written.replace("亿万", "亿零")).replace("零元", "元")
    whole = "" if written in ("元", "零元") else written
    if jiao == cents == 0:
        return (whole or "零元") + "整"
    part = f"{DIGITS[jiao]}角" if jiao else "零" if whole else ""
    return whole + part + (f"{DIGITS[cents]}分" if cents else "整")


def value(words: str) -> Decimal:
    """The number that capital numerals say, read back from left to right."""
    total = group = digit = 0
    jiao = cents = 0
    for char in words.removesuffix("整"):
        match char:
            case "拾" | "佰" | "仟":
                group += digit * {"拾": 10, "佰": 100, "仟": 1_000}[char]
                digit = 0
            case "万":
                total += (group + digit) * 10**4
                group = digit = 0
            case "亿":
                total = (total + group + digit) * 10**8
                group = digit = 0
            case "元":
                total += group + digit
                group = digit = 0
            case "角":
                jiao, digit = digit, 0
            case "分":
                cents, digit = digit, 0
            case _:
                digit = DIGITS.index(char)
    return Decimal(total * 100 + jiao * 10 + cents) / 100


def test_every_yuan_below_a_hundred_thousand() -> None:
    for yuan in range(100_000):
        assert capital(Decimal(yuan)) == slow(yuan * 100), yuan


def test_every_fen_below_a_thousand_yuan() -> None:
    for fen in range(100_000):
        assert capital(Decimal(fen) / 100) == slow(fen), fen


def test_every_pattern_of_empty_places() -> None:
    """Each of the 16 places before the decimal point empty or not."""
    for pattern in range(2**16):
        fen = int("".join("7" if pattern >> i & 1 else "0" for i in range(16))) * 100
        assert capital(Decimal(fen) / 100) == slow(fen), fen


@settings(max_examples=500, deadline=None)
@given(st.integers(0, LIMIT * 100 - 1))
def test_any_amount_is_spelled_the_same_and_reads_back(fen: int) -> None:
    amount = Decimal(fen) / 100
    assert capital(amount) == slow(fen)
    assert value(capital(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("150000", "壹拾伍万元整"),
        ("366667", "叁拾陆万陆仟陆佰陆拾柒元整"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("0.5", "伍角整"),
        ("0.05", "伍分"),
        ("100000010", "壹亿零壹拾元整"),
        ("1000000000000", "壹万亿元整"),
        ("1234500000000", "壹万贰仟叁佰肆拾伍亿元整"),
    ],
)
def test_as_written_on_vouchers(amount: str, words: str) -> None:
    assert capital(Decimal(amount)) == words


@pytest.mark.parametrize("amount", [Decimal("-1"), Decimal("0.001"), Decimal(LIMIT), Fraction(1, 3)])
def test_what_has_no_such_form_is_left_out(amount: Decimal | Fraction) -> None:
    assert capital(amount) == ""
