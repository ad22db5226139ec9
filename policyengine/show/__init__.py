"""What the document says, what is made of it, and who uses what: pages for `policyengine show`.

A page is blocks, as explanations are; `render/` draws them. `pages` finds everything that a word may mean:
a clause, an entry of the policy by its name or its label, a body, or the whole text.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyengine.codes import CODES
from policyengine.render.shapes import Block, Heading, Item, Pairs, Paragraph, Quote, Table
from policyengine.show.book import Book
from policyengine.show.code import code
from policyengine.show.lookup import Page, near, pages

VERSION = "1"


def code_page(name: str, lang: str) -> Page | None:
    """The page of a diagnostic code; None where there is no such code. Needs no policy."""
    key = name.strip().lower()
    return Page("code", key, tuple(code(key, lang))) if key in CODES else None


def blocks(found: Iterable[Page]) -> list[Block]:
    """All pages one after the other."""
    return [block for page in found for block in page.blocks]


def as_json(found: Iterable[Page], what: str, policy: str) -> dict[str, object]:
    """The pages as plain data; lines of text are those that are shown to people."""
    return {
        "version": VERSION,
        "what": what,
        "policy": policy,
        "found": [{"kind": p.kind, "id": p.id, "blocks": [_block(b) for b in p.blocks]} for p in found],
    }


def _block(block: Block) -> dict[str, object]:
    match block:
        case Heading():
            return {"heading": block.text, "level": block.level}
        case Paragraph():
            return {"paragraph": block.text}
        case Item():
            return {"item": block.text, "mark": block.mark, "below": [_line(line) for line in block.below]}
        case Pairs():
            return {"pairs": [list(row) for row in block.rows]}
        case Table():
            return {"head": list(block.head), "rows": [list(row) for row in block.rows]}


def _line(line: str | Quote) -> object:
    return line if isinstance(line, str) else {"place": line.place, "quote": line.words}


__all__ = ["Book", "Page", "as_json", "blocks", "code_page", "near", "pages"]
