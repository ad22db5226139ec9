"""Blocks as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from policyengine.render.shapes import Block, Heading, Item, Pairs, Paragraph, Quote, Table


def draw(blocks: Iterable[Block]) -> str:
    """The Markdown text, ending with a line break."""
    parts: list[str] = []
    before: Block | None = None
    for block in blocks:
        if isinstance(before, Item) and isinstance(block, Paragraph):
            parts.append("")  # else it would be read as part of the last entry
        before = block
        match block:
            case Heading():
                parts.append(f"\n{'#' * block.level} {escape(block.text)}\n")
            case Paragraph():
                parts.append(f"{escape(block.text)}\n")
            case Item():
                parts.append(_item(block))
            case Pairs():
                parts += [*(f"- **{escape(name)}** {escape(text)}" for name, text in block.rows), ""]
            case Table():
                parts += [*_table(block), ""]
    return "\n".join(parts).strip("\n") + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*{}\[\]<>|#]|(?<!\w)_|_(?!\w))", r"\\\1", text)


def _item(item: Item) -> str:
    """A list entry: numbered, marked, or plain."""
    bullet = f"{item.mark}." if item.mark.isdigit() else "-" if item.mark == "·" else f"- {escape(item.mark)}"
    indent = " " * (len(item.mark) + 2 if item.mark.isdigit() else 2)
    lines = [f"{bullet} **{escape(item.text)}**" + ("  " if item.below else "")]
    for part in item.below:
        if isinstance(part, Quote):
            words = f"“{escape(part.words)}”" if part.words else ""
            lines.append(f"{indent}> {escape(part.place)}{words}\n".replace(" \n", "\n"))
        else:
            lines.append(f"{indent}{escape(part)}  ")
    return "\n".join(lines)


def _table(t: Table) -> list[str]:
    rule = ["---:" if i in t.right else "---" for i in range(len(t.head))]
    rows = [tuple(escape(cell) for cell in row) for row in (t.head, *t.rows)]
    return [f"| {' | '.join(row)} |" for row in (rows[0], tuple(rule), *rows[1:])]
