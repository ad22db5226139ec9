"""A small builder of HTML: `el("p", "text", class_="note")`; whatever is not yet `Markup` is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

VOID = frozenset(("br", "hr", "meta", "wbr"))


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def el(name: str, /, *children: Child, **attributes: str | bool | None) -> Markup:
    """An element. `class_` and `for_` lose their underscore, others stand for hyphens; None and False are left out."""
    said = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{escape(value, quote=True)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Everything in a row, escaped where it is plain text; None is nothing."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(escape(child, quote=False))
        elif child is not None:
            parts.extend(join(one) for one in child)
    return Markup("".join(parts))


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
