"""What the YAML and the JSON reader share: limits, the list of findings, and what a key may be.

The limits keep every later stage within bounds that do not depend on who wrote the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.reading.node import Scalar
from policyengine.source import Source, Span

BYTES = 512 * 1024  # of one file
DEPTH = 16  # collections inside one another, the outermost counted
NODES = 20_000  # values of one file, collections included, keys not
TEXT = 8_000  # characters of one value
KEY = 200  # characters of one key
DIGITS = 18  # of one number
FINDINGS = 100  # of one file

# Full-width punctuation is natural inside a Chinese name, such as 设备投资额（万元）.
_CHINESE_IN_KEYS = str.maketrans("", "", "（），；％／")
_HAN = re.compile(r"[\u3400-\u9fff]")
_WIDE_QUOTED = re.compile(r"[“‘＂＇][^“”‘’]*[”’＂＇]")
_FIRST = ("先前在这里", "first written here")


class Stop(Exception):
    """Raised inside a reader to give a file up; the findings say why. Never leaves the package."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a piece of text is refused: a code, the words of its message, and, where it is not the
    whole piece that is marked, the part `[start, end)` of it."""

    code: str
    words: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int | None = None


class Findings:
    """The findings of one source, at most `FINDINGS` of them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        start: int,
        end: int,
        *related: tuple[tuple[str, str], Span],
        **words: object,
    ) -> None:
        """Note a finding at `[start, end)`. Raises `Stop` once there are too many."""
        if len(self.found) >= FINDINGS:
            at = self.source.span(start, start)
            self.found.append(diagnostic("too-many-findings", at, limit=FINDINGS))
            raise Stop
        span = self.source.span(start, min(end, len(self.source.text)))
        self.found.append(diagnostic(code, span, *related, **words))

    def refuse(self, refusal: Refusal, start: int, end: int) -> None:
        """Note a refusal of the text at `[start, end)`."""
        stop = end if refusal.end is None else start + refusal.end
        self.add(refusal.code, start + refusal.start, stop, **refusal.words)

    def on_line(self, offset: int) -> bool:
        """Whether something has been found on the line of `offset`."""
        line = self.source.position(offset)[0]
        return any(d.span is not None and d.span.line == line for d in self.found)


class Keys:
    """The keys of one mapping as they are met; sees to it that each is sound and there once."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._seen: dict[str, Scalar] = {}

    def admit(self, key: Scalar, sound: bool = True) -> bool:
        """Whether the entry under this key is to be kept; a second one is reported and dropped.

        With `sound` false the spelling is not examined: it has been reported already.
        """
        first = self._seen.setdefault(key.text, key)
        if first is not key:
            self._findings.add(
                "duplicate-key", key.span.start, key.span.end, (_FIRST, first.span), key=key.text
            )
            return False
        refusal = key_refusal(key.text) if sound else None
        if refusal is not None:
            self._findings.refuse(refusal, key.span.start, key.span.end)
        return True


def key_refusal(text: str) -> Refusal | None:
    """Why a text cannot be a key, or None. Two keys that look alike must be alike."""
    if text.isascii() and text.isprintable() and 0 < len(text) <= KEY and text.strip() == text:
        return None
    if len(text) > KEY:
        return Refusal("key-too-long", {"length": str(len(text)), "limit": str(KEY)})
    if not text.strip():
        return Refusal("key-not-text", {"what_zh": "空白", "what_en": "blank"})
    if "：" in text:
        at = text.index("：")
        return full_width(text, at, at + 1)
    if _WIDE_QUOTED.fullmatch(text):
        return full_width(text, 0, 1)
    normal = normal_key(text)
    if normal != text:
        return Refusal("key-not-plain", {"key": text, "normal": normal})
    return None


def normal_key(text: str) -> str:
    """How a key is to be written: NFKC, without invisible characters and outer white space."""
    bare = text.translate(_CHINESE_IN_KEYS) if _HAN.search(text) else text
    if unicodedata.normalize("NFKC", bare) == bare and _visible(text) == text:
        return text
    return _visible(unicodedata.normalize("NFKC", text))


def _visible(text: str) -> str:
    """Without outer white space and without what has no shape of its own or no settled meaning."""
    return "".join(c for c in text if not _shapeless(c)).strip()


def _shapeless(char: str) -> bool:
    return unicodedata.category(char)[0] == "C" or "\ufe00" <= char <= "\ufe0f" or char >= "\U000e0100"


# How the keys of a Chinese keyboard map to those that YAML and JSON understand.
_ASCII = {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "、": ",",
    "。": ".",
    "—": "-",
    "–": "-",
    "−": "-",
}


def ascii_of(text: str) -> str:
    """`text` with full-width letters, digits and punctuation turned into ASCII."""
    return "".join(
        chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else " " if c == "\u3000" else _ASCII.get(c, c)
        for c in text
    )


def full_width(text: str, start: int, end: int, write: str = "") -> Refusal:
    """The refusal of a full-width sign at `[start, end)` of `text`."""
    found = text[start:end]
    words = {"found": found, "ascii": ascii_of(found), "write": write}
    return Refusal("full-width-punctuation", words, start, end)


def quoted(text: str) -> str:
    """`text` as a YAML text in single quotes, for advice."""
    return "'" + text.replace("'", "''") + "'"
