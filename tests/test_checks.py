"""The static checks: a clean base policy, and beside it one file a mistake, merged over it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from policyengine import amend
from policyengine.checks import check_plan
from policyengine.codes import Code
from policyengine.codes.checks import CHECKS as CHECK_CODES
from policyengine.codes.text import TEXT
from policyengine.desugar import compile_policy
from policyengine.diagnostics import Diagnostic, concise, text
from policyengine.model import Label, OverlayHeader, Policy, Timeline
from policyengine.reading.node import Mapping, Node
from policyengine.reading.yaml import read_yaml
from policyengine.sections import build
from policyengine.source import Source
from policyengine.values import Units
from policyengine.world import Plans

BAD = Path(__file__).parent / "bad" / "checks"
BASE = BAD / "base"
FILES = sorted(BAD.glob("*.yaml"))
CODES = (*TEXT, *CHECK_CODES)
_EXPECT = re.compile(r"^# expect: (\S+) @ (\S+)$", re.MULTILINE)


# --- a policy from the base and an overlay -------------------------------------------------------


def tree(source: Source) -> Mapping:
    node, found = read_yaml(source)
    assert not found, [concise(d) for d in found]
    assert isinstance(node, Mapping)
    return node


@cache
def base() -> Mapping:
    """All sections of the base folder in one tree; places are `base/FILE`."""
    sections: dict[str, tuple[object, Node]] = {}
    for path in sorted(BASE.glob("*.yaml")):
        for key, node in tree(Source(f"base/{path.name}", path.read_text("utf-8"))).entries:
            sections[key.text] = (key, node)
    return Mapping(tuple(sections.values()), next(iter(sections.values()))[1].span)  # type: ignore[arg-type]


def original() -> Source:
    return Source("base/original.txt", (BASE / "original.txt").read_text("utf-8"))


def policy(overlay: Source | None = None, with_original: bool = True) -> Policy:
    """The base, with an overlay merged over it.

    Where the overlay changes the text it counts as an amendment, unless it is the text that is checked.
    """
    merged = base()
    headers: tuple[OverlayHeader, ...] = ()
    if overlay is not None:
        change = amend.Overlay("change", "", None, 0, tree(overlay), Mapping((), base().span))
        merged, found = amend.apply(merged, change, Units())
        assert not found, [concise(d) for d in found]
        if change.tree.get("text") and not overlay.name.startswith("text-"):
            headers = (OverlayHeader("change", Label("修订"), "base", "", None, 0, True, base().span),)
    built = build(merged, original() if with_original else None)
    assert built.policy is not None and not built.found and not built.broken, (built.found, built.broken)
    return replace(built.policy, overlays=headers)


def checked(of: Policy) -> list[Diagnostic]:
    """What the checks find; names and types must be right."""
    plan, found = compile_policy(of)
    assert not found, [(d.code, dict(d.words)) for d in found]
    timeline = Timeline(((None, of),), "base", (), "", "")
    return check_plan(plan, Plans(timeline, ((None, plan),)))


def findings(content: str, name: str = "change.yaml") -> list[Diagnostic]:
    return checked(policy(Source(name, content), with_original="without the original" not in content))


def place(d: Diagnostic, own: str) -> str:
    """`line:column` in the file itself, `base/FILE:line:column` elsewhere, `-` for none."""
    return d.span.place.removeprefix(f"{own}:") if d.span else "-"


# --- the bad files -------------------------------------------------------------------------------


def test_the_base_is_clean() -> None:
    assert [concise(d) for d in checked(policy())] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_bad_file_gives_exactly_the_expected_findings(path: Path) -> None:
    content = path.read_text("utf-8")
    expected = [f"{code} @ {where}" for code, where in _EXPECT.findall(content)]
    found = findings(content, path.name)
    assert [f"{d.code} @ {place(d, path.name)}" for d in found] == expected
    assert any(path.stem.startswith(d.code) for d in found)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_findings_can_be_told_in_both_languages(path: Path) -> None:
    for d in findings(path.read_text("utf-8"), path.name):
        assert d.help("zh") and d.help("en"), d.code
        for lang in ("zh", "en"):
            assert "{" not in d.message(lang) and not d.message(lang).endswith(("。", "."))
            assert len(concise(d, lang)) < 600 and text(d, lang)


def test_every_code_has_a_bad_file() -> None:
    named = {code for path in FILES for code, _ in _EXPECT.findall(path.read_text("utf-8"))}
    elsewhere = {"english-missing", "policy-too-large"}  # tests of their own, below
    assert {code.name for code in CODES} - elsewhere == named


def test_codes_are_complete() -> None:
    fields = re.compile(r"(?<!\{)\{(\w+?)(?:_zh|_en)?\}(?!\})")
    for code in CODES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.name)
        assert code.why_zh and code.why_en and code.bad and code.good, code.name
        assert len(code.help_zh) == len(code.help_en) > 0, code.name
        assert set(fields.findall(code.en)) <= set(fields.findall(code.zh)), code.name
        for zh, en in zip(code.help_zh, code.help_en, strict=True):
            assert sorted(fields.findall(zh)) == sorted(fields.findall(en)), code.name


@pytest.mark.parametrize("code", CODES, ids=lambda c: c.name)
def test_examples_can_be_read(code: Code) -> None:
    for example in (code.bad, code.good):
        if not example.startswith("（"):
            assert read_yaml(Source("example", example))[1] == []
