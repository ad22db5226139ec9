"""The order of files in a policy's folder, and of keys in its files, changes no answer."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from policyengine import api
from policyengine.decision import Decision
from policyengine.desugar import compile_policy
from policyengine.instances import Plans
from policyengine.loader import _Reader
from policyengine.model import Timeline
from policyengine.reading.node import Mapping, Node
from policyengine.sections import build
from tests.support import ROOT, YANZHOU

CASES = [
    path for path in sorted((ROOT / "examples").glob("*.yaml")) if "overlay:" not in path.read_text("utf-8")
]


def answers(plans: Plans) -> list[tuple[object, ...]]:
    """What every example comes to; lists of reasons and questions follow the policy's order, so as sets."""
    found = []
    for path in CASES:
        [case] = api.read_case(plans, path.read_bytes(), path.name).cases
        found += [answer(d) for d in api.decide(plans, case).decision.decisions]
    return found


def answer(d: Decision) -> tuple[object, ...]:
    return (
        d.subject.path, d.outcome, d.amount, d.may_be, d.version,
        {(f.condition, f.subject.path, f.message.zh) for f in d.refusals}, {str(item.ref) for item in d.missing},
        {(use.interpretation.name, use.option) for use in d.readings},
        {(r.subject.path, r.name, str(r.value)) for r in d.results},
    )  # fmt: skip


def shuffled(node: Node, chance: random.Random, keep: tuple[str, ...] = ("clauses",)) -> Node:
    """The tree with the keys of every mapping in another order; clauses stand as in the text."""
    if not isinstance(node, Mapping):
        return node
    entries = [(key, child if key.text in keep else shuffled(child, chance)) for key, child in node.entries]
    chance.shuffle(entries)
    return Mapping(tuple(entries), node.span)


@pytest.fixture(scope="module")
def plain() -> list[tuple[object, ...]]:
    return answers(api.ready(YANZHOU))


def test_the_order_of_files_changes_nothing(tmp_path: Path, plain: list[tuple[object, ...]]) -> None:
    folder = tmp_path / "yanzhou-2020-14"
    shutil.copytree(YANZHOU, folder, ignore=shutil.ignore_patterns("tests"))
    names = sorted(p.name for p in folder.glob("*.yaml") if p.name != "policy.yaml")
    for number, name in enumerate(names):
        (folder / name).rename(folder / f"{len(names) - number:02}-{name}")
    assert answers(api.ready(folder)) == plain


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_keys_changes_nothing(seed: int, plain: list[tuple[object, ...]]) -> None:
    reader = _Reader()
    tree = reader.folder(YANZHOU)
    assert tree is not None
    mixed = shuffled(tree, random.Random(seed))
    assert isinstance(mixed, Mapping) and [k.text for k, _ in mixed.entries] != [
        k.text for k, _ in tree.entries
    ]
    built = build(mixed, reader.original)
    assert built.policy is not None and not built.found
    plan, found = compile_policy(built.policy)
    assert found == []
    timeline = Timeline(((None, built.policy),), "", (), "", "")
    assert answers(Plans(timeline, ((None, plan),))) == plain
