"""From faults to diagnostics: what follows from another fault is dropped, the rest is worded.

A misspelt key causes more than one fault: it is unknown, the key that was meant is missing, and
conditions on that key come out wrong. Only the slip itself is reported. Of several faults of one value
only the first in the order of `_FIRST` is: a list where a text is due need not also be called too short.
"""

from __future__ import annotations

from dataclasses import dataclass

from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.reading.common import FINDINGS
from policyengine.reading.node import Node
from policyengine.schema.faults import FORBIDDEN, Block, Fault, Place
from policyengine.schema.files import Kind
from policyengine.schema.page import Page, Words, described, key_meant
from policyengine.schema.values import malformed

_FIRST = (
    "type", "enum", "minLength", "minItems", "minProperties", "pattern", "maxLength", "maxItems",
    "maxProperties", "minimum", "maximum", "exclusiveMinimum", "uniqueItems",
)  # fmt: skip
_ALLOWED = 110  # characters of a list of possible keys that is still worth reading


def report(root: Node, kind: Kind, faults: list[Fault]) -> list[Diagnostic]:
    """The diagnostics of a file's faults, in no particular order."""
    return _Report(Page(root, kind), faults).diagnostics()


@dataclass(frozen=True, slots=True)
class _Need:
    """Keys that the mapping at `place` lacks: one of `groups` is needed, because of a key or not."""

    place: Place
    groups: tuple[tuple[str, ...], ...]
    blocks: tuple[Block, ...]
    because: str = ""


class _Report:
    def __init__(self, page: Page, faults: list[Fault]) -> None:
        self.page = page
        self.values = _one_a_value(faults)
        needs = [need for f in faults for need in _needs(f)]
        self.needs = list({(n.place, n.groups, n.because): n for n in needs}.values())
        self.forbidden = {
            (f.place, key): f.blocks
            for f in faults
            if f.keyword == FORBIDDEN
            for key in f.says
            if key in page.given(f.place)
        }
        self.unknown = [
            (f.place, key)
            for f in faults
            if f.keyword == "additionalProperties"
            for key in self.page.given(f.place)
            if key not in f.schema["properties"]
        ][: FINDINGS + 1]
        self.unknown += dict.fromkeys(at for f in self.values if (at := self._stray(f)))
        # What each unknown key was most likely meant to be.
        self.meant = {at: self._meant(*at) for at in self.unknown}
        self.slips = {
            (*place, key) for (place, _), key in self.meant.items() if key and key not in page.given(place)
        }
        self.wrong = self.slips | {f.place for f in self.values}

    def diagnostics(self) -> list[Diagnostic]:
        strays = {(*place, key) for place, key in self.unknown}
        found = [self._unknown(place, key) for place, key in self.unknown]
        found += [self._missing(need) for need in self.needs if not self._follows(need)]
        for (place, key), blocks in self.forbidden.items():
            if not self._is_led(blocks):
                found.append(self._not_here(place, key, blocks))
        for f in self.values:
            at = f.place if f.key is None else (*f.place, f.key)
            if not any(at[:depth] in strays for depth in range(1, len(at) + 1)):
                found.append(self._value(f))
        return found

    # --- keys ---

    def _meant(self, place: Place, key: str) -> str:
        entry = self.page.entry(place)
        titles = {name: entry.key(name).title for name in entry.keys}
        given = self.page.given(place)
        wanted = {name for n in self.needs if n.place == place for group in n.groups for name in group}
        first = {name: title for name, title in titles.items() if name in wanted}
        open_keys = {name: title for name, title in titles.items() if name not in given}
        return key_meant(key, first) or key_meant(key, open_keys) or key_meant(key, titles)

    def _stray(self, f: Fault) -> tuple[Place, str] | None:
        """A misspelt key where any other key is allowed, so that its value is what looks wrong."""
        at = f.place if f.key is None else (*f.place, f.key)
        for depth, key in enumerate(at):
            keys = self.page.entry(at[:depth]).keys
            if isinstance(key, str) and keys and key not in keys:
                titles = {name: self.page.entry((*at[:depth], name)).title for name in keys}
                return (at[:depth], key) if key_meant(key, titles) else None
        return None

    def _unknown(self, place: Place, key: str) -> Diagnostic:
        entry = self.page.entry(place)
        suggestion = self.meant[place, key]
        keys = [] if suggestion and len(entry.keys) > 8 else list(entry.keys)
        zh, en = "、".join(keys), ", ".join(keys)
        where_zh, where_en = self.page.where(place)
        return diagnostic(
            "unknown-key", self.page.key_span(place, key),
            key=key, where_zh=where_zh, where_en=where_en, suggestion=suggestion,
            title=entry.key(suggestion).title if suggestion else "",
            allowed_zh=zh if len(zh) <= _ALLOWED else "", allowed_en=en if len(en) <= _ALLOWED else "",
        )  # fmt: skip

    def _follows(self, need: _Need) -> bool:
        """Whether a missing key is there but misspelt, or is asked for only because another is."""
        names = {(*need.place, name) for group in need.groups for name in group}
        return bool(names & self.slips) or self._is_led(need.blocks)

    def _is_led(self, blocks: tuple[Block, ...]) -> bool:
        """Whether a fault stands under a condition on a key that is misspelt, absent or malformed."""
        return any(
            (*block.place, key) in self.wrong
            or (not block.on_presence and key not in self.page.given(block.place))
            for block in blocks
            for key in block.asks
        )

    def _missing(self, need: _Need) -> Diagnostic:
        entry = self.page.entry(need.place)
        where_zh, where_en = self.page.where(need.place)
        if len(need.groups) > 1:
            return diagnostic(
                "missing-one-of", self.page.head_span(need.place), where_zh=where_zh, where_en=where_en,
                choice_zh="、".join("和".join(f"“{k}”" for k in group) for group in need.groups),
                choice_en=", ".join(" with ".join(f"`{k}`" for k in group) for group in need.groups),
            )  # fmt: skip
        key = need.groups[0][0]
        there = entry.key(key)
        if need.because:
            return diagnostic(
                "key-needs-key", self.page.key_span(need.place, need.because),
                key=need.because, other=key, title=there.title, about_zh=there.about[0], about_en=there.about[1],
            )  # fmt: skip
        rule_zh, rule_en = _rule(need.blocks) or there.about
        return diagnostic(
            "missing-key", self.page.head_span(need.place), where_zh=where_zh, where_en=where_en,
            key=key, title=there.title, rule_zh=rule_zh, rule_en=rule_en, example=there.example,
        )  # fmt: skip

    def _not_here(self, place: Place, key: str, blocks: tuple[Block, ...]) -> Diagnostic:
        rule_zh, rule_en = _rule(blocks) or ("", "")
        block = blocks[-1]
        if block.on_presence and block.held and block.place == place:
            return self._together(place, key, block.asks[0], (rule_zh, rule_en))
        where_zh, where_en = self.page.where(place)
        return diagnostic(
            "key-not-here", self.page.key_span(place, key), key=key, title=self.page.entry(place).key(key).title,
            where_zh=where_zh, where_en=where_en, rule_zh=rule_zh, rule_en=rule_en,
        )  # fmt: skip

    def _together(self, place: Place, key: str, other: str, rule: Words) -> Diagnostic:
        related = (("另一个在这里", "the other one is here"), self.page.key_span(place, other))
        return diagnostic(
            "keys-together", self.page.key_span(place, key), related,
            key=key, other=other, rule_zh=rule[0], rule_en=rule[1],
        )  # fmt: skip

    # --- values ---

    def _value(self, f: Fault) -> Diagnostic:
        if f.key is not None and f.blocks and f.blocks[-1].on_presence:
            return self._together(f.place, f.key, f.blocks[-1].asks[0], _rule(f.blocks) or ("", ""))
        return malformed(self.page, f)


def _one_a_value(faults: list[Fault]) -> list[Fault]:
    """The faults of values and of the form of keys: of each the first."""
    first: dict[tuple[Place, str | None], Fault] = {}
    for f in faults:
        if f.keyword in _FIRST:
            there = first.setdefault((f.place, f.key), f)
            if _FIRST.index(f.keyword) < _FIRST.index(there.keyword):
                first[f.place, f.key] = f
    return list(first.values())


def _needs(f: Fault) -> list[_Need]:
    """The keys that a fault says are missing."""
    given = f.value if isinstance(f.value, dict) else {}
    if f.keyword == "dependentRequired":
        return [
            _Need(f.place, ((other,),), f.blocks, key)
            for key, others in f.says.items()
            if key in given
            for other in others
            if other not in given
        ]
    if f.keyword != "required":
        return []
    missing = [key for key in f.says if key not in given]
    others = tuple(b.asks for b in f.blocks if not b.held and b.on_presence and b.place == f.place)
    if others and len(missing) == len(f.says):
        return [_Need(f.place, (*others, tuple(missing)), f.blocks)]
    return [_Need(f.place, ((key,),), f.blocks) for key in missing]


def _rule(blocks: tuple[Block, ...]) -> Words | None:
    """What the innermost condition says of itself."""
    for block in reversed(blocks):
        if "description" in block.schema and "type" not in block.schema:
            return described(block.schema)
    return None
