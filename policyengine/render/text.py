"""Blocks as plain text for a terminal; columns line up under Chinese characters."""

from __future__ import annotations

from collections.abc import Iterable

from policyengine.diagnostics import width
from policyengine.render.shapes import Block, Heading, Item, Pairs, Paragraph, Quote, Table


def draw(blocks: Iterable[Block]) -> str:
    """The text, ending with a line break."""
    lines: list[str] = []
    before: Block | None = None
    for block in blocks:
        if isinstance(block, Paragraph) and isinstance(before, Item | Pairs):
            lines.append("")
        before = block
        match block:
            case Heading(level=1):
                lines += ["", block.text] if lines else [block.text]
            case Heading():
                lines += ["", block.text]
            case Paragraph():
                lines += [f"  {block.text}"]
            case Item():
                lines += _item(block)
            case Pairs():
                lines += _pairs(block)
            case Table():
                lines += table(block)
    return "\n".join(lines) + "\n"


def pad(text: str, cells: int, right: bool = False) -> str:
    """`text` filled up to a display width."""
    gap = " " * max(0, cells - width(text))
    return gap + text if right else text + gap


def _item(item: Item) -> list[str]:
    indent = " " * (width(item.mark) + 3)
    lines = [f"  {item.mark} {item.text}"]
    for part in item.below:
        if isinstance(part, Quote):
            lines.append(
                f"{indent}{part.place}“{part.words}”" if part.words else f"{indent}{part.place}".rstrip()
            )
        else:
            lines.append(f"{indent}{part}")
    return lines


def _pairs(pairs: Pairs) -> list[str]:
    cells = max((width(name) for name, _ in pairs.rows), default=0)
    return [f"  {pad(name, cells)}  {text}" for name, text in pairs.rows]


def table(t: Table) -> list[str]:
    """Rows under their head, with a rule between."""
    cells = [max(width(row[i]) for row in (t.head, *t.rows)) for i in range(len(t.head))]

    def row(values: tuple[str, ...]) -> str:
        return "  " + "  ".join(pad(v, cells[i], i in t.right) for i, v in enumerate(values)).rstrip()

    return [row(t.head), "  " + "  ".join("-" * c for c in cells), *(row(values) for values in t.rows)]
