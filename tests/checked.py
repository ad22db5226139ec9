"""What the static checks find in a clean base policy with something merged over it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from policyengine import amend
from policyengine.checks import check_plan
from policyengine.desugar import compile_policy
from policyengine.diagnostics import Diagnostic, concise
from policyengine.instances import Plans
from policyengine.model import Label, OverlayHeader, Policy, Timeline
from policyengine.reading.node import Mapping, Node
from policyengine.reading.yaml import read_yaml
from policyengine.sections import build
from policyengine.source import Source
from policyengine.values import Units

BAD = Path(__file__).parent / "bad" / "checks"
BASE = BAD / "base"


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


def checked(of: Policy, folder: str = "base") -> list[Diagnostic]:
    """What the checks find; names and types must be right."""
    plan, found = compile_policy(of)
    assert not found, [(d.code, dict(d.words)) for d in found]
    timeline = Timeline(((None, of),), folder, (), "", "")
    return check_plan(plan, Plans(timeline, ((None, plan),)))


def findings(content: str, name: str = "change.yaml") -> list[Diagnostic]:
    return checked(policy(Source(name, content), with_original="without the original" not in content))
