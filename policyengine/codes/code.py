"""The shape of one entry of the table of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic code.

    `zh`, `en`: the message, a template whose names in braces the finding fills in.
    `help_zh`, `help_en`: advice, sentence by sentence; a sentence whose names are not filled is left out.
    `why_zh`, `why_en`: a paragraph for `policyengine show CODE`.
    `bad`, `good`: a short example of the mistake, and the same put right.
    """

    name: str
    zh: str
    en: str
    help_zh: tuple[str, ...] = ()
    help_en: tuple[str, ...] = ()
    why_zh: str = ""
    why_en: str = ""
    bad: str = ""
    good: str = ""
    severity: Literal["error", "warning"] = "error"
