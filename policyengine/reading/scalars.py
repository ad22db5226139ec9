"""What a value written without quotes means, or why it is refused.

YAML 1.1 gives many spellings a meaning their writers did not intend: `no` is false, `12:30` is
750, `010` is 8. Here only `true`, `false`, `null`, plain numbers and ISO dates have a meaning of
their own; what looks like one of them but is not is refused; everything else is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from policyengine.reading.common import DIGITS, Refusal, ascii_of, full_width, quoted

Value = bool | int | Decimal | date | str | None

_MEANT: dict[str, Value] = {"true": True, "false": False, "null": None, "": None}
_WORDS = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON", "y", "Y", "True", "TRUE"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF", "n", "N", "False", "FALSE"), "false"),
    **dict.fromkeys(("~", "Null", "NULL"), "null"),
}
# Most texts are none of these: one look tells that the patterns below need not be tried.
_NUMBERISH = re.compile(r"[-+]?\.?[0-9][-+.:/,_ 0-9A-Za-z]*|[-+]?\.[A-Za-z]{3}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[Tt ][-+:.0-9Zz ]*)?")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_TIME = re.compile(r"[-+]?[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?")
_ZEROS = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?")
_POINT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.)")
_SEPARATED = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?")
_PLUS = re.compile(r"\+[0-9]+(?:\.[0-9]+)?")
_EXPONENT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+")
_BASE = re.compile(r"[-+]?0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(?:nan|inf)", re.IGNORECASE)
_WIDE = re.compile(r"[！-～−–—、。\u3000]")
_WIDE_ONLY = re.compile(r"[ -~！-～−–—、。\u3000]+")
_WIDE_COMMENT = re.compile(r"(?:^|\s)(＃)")
_WIDE_START = re.compile(r"([－−–—](?=\s)|[［｛＂＇])")


def plain(text: str) -> Value | Refusal:
    """The value of a text without quotes, on one line."""
    if text in _MEANT:
        return _MEANT[text]
    if not text.isascii():
        return _chinese(text)
    if text in _WORDS:
        return _refuse("unclear-word", text, _WORDS[text])
    if _NUMBERISH.fullmatch(text):
        return number_or_date(text)
    return text


def number_or_date(text: str) -> Value | Refusal:
    """A number or date, a refusal of what only looks like one, or the text itself."""
    if match := _NUMBER.fullmatch(text):
        return number(text, whole=match[1] is None)
    if match := _DATE.fullmatch(text):
        return _date(text, match)
    for pattern, code, repair in _UNCLEAR:
        if pattern.fullmatch(text):
            return _refuse(code, text, _checked(repair(text)))
    return text


def number(text: str, whole: bool) -> int | Decimal | Refusal:
    """The exact value of plain digits, with a point unless `whole`; zero has no sign."""
    digits = len(text) - (text[0] == "-") - (not whole)
    if digits > DIGITS:
        return Refusal(
            "number-too-long", {"digits": str(digits), "limit": str(DIGITS), "quoted": quoted(text)}
        )
    if whole:
        return int(text)
    value = Decimal(text)
    return value if value else value.copy_abs()


def _date(text: str, match: re.Match[str]) -> date | Refusal:
    year, month, day = match[1], match[3], match[4]
    iso = f"{year}-{month:0>2}-{day:0>2}"
    try:
        value = date.fromisoformat(iso)
    except ValueError:
        return _refuse("bad-date", text, "")
    return value if text == iso else _refuse("ambiguous-date", text, iso)


def _chinese(text: str) -> Value | Refusal:
    """Text, unless it is a number, date or word typed in full-width characters."""
    wide = _WIDE.search(text)
    if wide is None:
        return text
    if match := _WIDE_COMMENT.search(text) or _WIDE_START.match(text):
        return full_width(text, match.start(1), match.end(1))
    if not _WIDE_ONLY.fullmatch(text):
        return text
    value = plain(narrow := ascii_of(text))
    if isinstance(value, Refusal):
        return value if value.code == "thousands-separator" else text
    return text if isinstance(value, str) else full_width(text, wide.start(), wide.end(), narrow)


def _refuse(code: str, text: str, write: str) -> Refusal:
    return Refusal(code, {"text": text, "write": write, "quoted": quoted(text)})


def _checked(write: str) -> str:
    """Advice only counts if it could itself be read."""
    match = _NUMBER.fullmatch(write)
    return write if match and not isinstance(number(write, match[1] is None), Refusal) else ""


def _without(chars: str) -> Callable[[str], str]:
    return lambda text: text.lstrip("+").translate(str.maketrans("", "", chars))


def _no_zeros(text: str) -> str:
    sign = "-" if text[0] == "-" else ""
    return sign + re.sub(r"^[-+]?0+(?=[0-9])", "", text)


def _both_sides(text: str) -> str:
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.lstrip("+"))
    return sign + ("0" + digits if digits[0] == "." else digits[:-1])


def _nothing(_: str) -> str:
    return ""


_UNCLEAR: tuple[tuple[re.Pattern[str], str, Callable[[str], str]], ...] = (
    (_THOUSANDS, "thousands-separator", _without(",")),
    (_TIME, "ambiguous-time", _nothing),
    (_ZEROS, "ambiguous-number", _no_zeros),
    (_POINT, "ambiguous-number", _both_sides),
    (_SEPARATED, "ambiguous-number", _without("_")),
    (_PLUS, "ambiguous-number", _without("")),
    (_EXPONENT, "ambiguous-number", _nothing),
    (_BASE, "ambiguous-number", _nothing),
    (_NOT_FINITE, "ambiguous-number", _nothing),
)
