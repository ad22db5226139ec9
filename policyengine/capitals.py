"""Amounts in the capital numerals of Chinese vouchers: `壹拾伍万元整`, `叁元零伍分`.

A number is its highest group (亿, 万, 仟, 佰, 拾), what stands before that group, and the rest. A 零 goes
between them where the rest leaves the next lower place empty; a run of empty places is one 零. The rules
for vouchers allow but do not ask for a 零 after a group that itself ends in 0 (`壹拾万伍仟元`): none is written.
"""

from __future__ import annotations

from decimal import Decimal

from policyengine import exact
from policyengine.exact import Number

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_GROUPS = ((10**8, "亿"), (10**4, "万"), (1_000, "仟"), (100, "佰"), (10, "拾"))
LIMIT = 10**16  # 元; beyond it 亿 would have to stand for 亿 of 亿


def capital(amount: Number) -> str:
    """An amount in 元; "" where it has no such form: below 0, not of whole fen, or from `LIMIT` on."""
    hundred = exact.multiply(amount, Decimal(100))
    if hundred != int(hundred) or not 0 <= amount < LIMIT:
        return ""
    yuan, rest = divmod(int(hundred), 100)
    jiao, fen = divmod(rest, 10)
    words = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return f"{words or '零元'}整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return words + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    """A whole number from 1 on."""
    for size, name in _GROUPS:
        if number >= size:
            many, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return f"{_whole(many)}{name}{gap}{_whole(rest) if rest else ''}"
    return _DIGITS[number]
