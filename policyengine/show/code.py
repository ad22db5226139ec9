"""The page of a diagnostic code: what it says, why, and an example put right."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from policyengine.codes import CODES, Code
from policyengine.nearest import meant
from policyengine.render.shapes import Block, Heading, Item, Paragraph

_SEVERITY = {"error": ("错误", "Error"), "warning": ("警告", "Warning")}
BLANK = "…"


def code(name: str, lang: str) -> Iterator[Block]:
    """One code. Its blanks, which a finding fills in, are shown as `…`."""
    entry: Code = CODES[name]
    zh = lang == "zh"
    severity = _SEVERITY[entry.severity][0 if zh else 1]
    yield Heading(1, f"{severity}{'：' if zh else ': '}{name}")
    yield Paragraph(_blank(entry.zh if zh else entry.en))
    why = entry.why_zh if zh else entry.why_en
    if why:
        yield Heading(2, "为什么" if zh else "Why")
        yield Paragraph(why)
    advice = [
        shown for sentence in (entry.help_zh if zh else entry.help_en) if (shown := _blank(sentence)) != BLANK
    ]
    if advice:
        yield Heading(2, "怎样改" if zh else "What to do")
        yield from (Item("·", sentence) for sentence in advice)
    for sample, words in ((entry.bad, ("错的写法", "Wrong")), (entry.good, ("对的写法", "Right"))):
        if sample:
            yield Heading(2, words[0 if zh else 1])
            yield from (Paragraph(f"  {line}") for line in sample.rstrip("\n").split("\n"))


def _blank(template: str) -> str:
    """A template with its blanks; of did-you-mean the question is shown."""
    known = meant([BLANK])
    return "".join(
        text + (known.get(name, BLANK) if name else "") for text, name, _, _ in Formatter().parse(template)
    )
