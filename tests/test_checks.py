"""The static checks: a clean base policy, and beside it one file a mistake, merged over it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine import amend, api
from policyengine.checks import check_plan, missing_english, results
from policyengine.codes import Code
from policyengine.codes.checks import CHECKS as CHECK_CODES
from policyengine.codes.claims import CLAIMS
from policyengine.codes.text import TEXT
from policyengine.desugar import compile_policy
from policyengine.diagnostics import Diagnostic, concise, text
from policyengine.instances import Plans
from policyengine.model import Label, OverlayHeader, Timeline
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.yaml import read_yaml
from policyengine.sections import build
from policyengine.source import Source
from policyengine.values import Units
from tests.checked import BAD, base, checked, findings, original, policy, tree
from tests.support import YANZHOU, yanzhou
from tests.work import counted

FILES = sorted(BAD.glob("*.yaml"))
CODES = (*TEXT, *CLAIMS, *CHECK_CODES)
_EXPECT = re.compile(r"^# expect: (\S+) @ (\S+)$", re.MULTILINE)


# --- the bad files -------------------------------------------------------------------------------


def place(d: Diagnostic, own: str) -> str:
    """`line:column` in the file itself, `base/FILE:line:column` elsewhere, `-` for none."""
    return d.span.place.removeprefix(f"{own}:") if d.span else "-"


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


# --- what is let pass ----------------------------------------------------------------------------

FINE = {
    "a whole clause may be cited": "conditions: {registered: {cite: 二}}",
    "quotes are compared without blanks and widths": "parameters: {equipment_rate: {quote: 按设备投资额的 ３％ 给予补助}}",
    "a parameter with a basis needs no quote": "parameters: {fen: {value: 1元, basis: 人民币的单位}}",
    "without a quote the cited sentence counts": "parameters: {equipment_cap: {quote: null}}",
    "not_computed may name a whole clause, covered ones apart": "not_computed: {标题: {kind: heading, why: 标题}}",
    "a refusal is tested by its opposite": """
        conditions: {no_violation: {test: 'is_none(violated_on) or years_between(violated_on, as_of) > lookback'}}
        """,
    "the other side of the edge, in a value": """
        values: {saving: {formula: saved * saving_award if investment >= equipment_min else 0, cite: [一.1/1, 一.1/2]}}
        """,
    "another reading contradicts the words by design": """
        programs:
          equipment:
            conditions:
              enough:
                test: investment > equipment_min if cap_scope == 'lifetime' else investment >= equipment_min
        """,
    "a guard hides the reason of what does not apply": """
        conditions: {selected: {test: (is_none(applicant.violated_on) and eligible) or within_quota}}
        """,
}  # fmt: skip


@pytest.mark.parametrize("content", FINE.values(), ids=FINE.keys())
def test_fine(content: str) -> None:
    assert [concise(d) for d in findings(dedent(content).strip())] == []


# --- tables against trying every value -----------------------------------------------------------

_OPERATORS = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
_atoms = st.tuples(
    st.sampled_from(["stated", "declared_order"]), st.sampled_from(sorted(_OPERATORS)), st.integers(2, 5)
)
_tests = st.lists(st.lists(_atoms, min_size=1, max_size=2), min_size=1, max_size=2)  # an *or* of *and*s
_tables = st.lists(_tests, min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(_tables)
def test_tables_are_right(table: list[list[list[tuple[str, str, int]]]]) -> None:
    """Overlaps, dead cases and a dead `otherwise` are those that trying every value finds."""

    def text_of(test: list[list[tuple[str, str, int]]]) -> str:
        return " or ".join(
            "(" + " and ".join(f"{n} {o} {'c' if n == 'stated' else 'n'}{k}" for n, o, k in part) + ")"
            for part in test
        )

    rows = "".join(f"      case_{i}: {{when: {text_of(t)}, then: m{i}}}\n" for i, t in enumerate(table))
    numbers = "".join(
        f"  c{k}: {{label: 数, value: {k}元, basis: 例}}\n  n{k}: {{label: 数, value: {k}个, basis: 例}}\n"
        for k in range(2, 6)
    )
    results_ = "".join(f"  m{i}: {{label: 结果, value: {i + 1}元, basis: 例}}\n" for i in range(len(table)))
    content = (
        f"parameters:\n{numbers}{results_}"
        "facts:\n  stated: {entity: project, type: money, unit: 万元, decimals: 0, range: [0元, 9元], label: 数, basis: 例}\n"
        "  declared_order: {range: [1, 9]}\n"
        f"values:\n  picked:\n    entity: project\n    type: money\n    label: 所选\n    basis: 例\n    cases:\n{rows}    otherwise: 0\n"
    )

    def holds(test: list[list[tuple[str, str, int]]], at: dict[str, int]) -> bool:
        return any(all(_OPERATORS[o](at[n], k) for n, o, k in part) for part in test)

    cells = [{"stated": a, "declared_order": b} for a in range(10) for b in range(1, 10)]
    hits = [[i for i, test in enumerate(table) if holds(test, at)] for at in cells]
    wanted = {
        ("case-never-holds", f"case_{i}") for i in range(len(table)) if not any(i in hit for hit in hits)
    }
    wanted |= {("cases-overlap", f"case_{i} case_{j}") for hit in hits for i in hit for j in hit if i < j}
    if all(hits):
        wanted.add(("otherwise-never-reached", ""))
    found = findings(content)
    about = {
        "case-never-holds": lambda d: d.words["case"],
        "cases-overlap": lambda d: f"{d.words['one']} {d.words['other']}",
        "otherwise-never-reached": lambda d: "",
    }
    assert {(d.code, about[d.code](d)) for d in found if d.code in about} == wanted


# --- sizes, languages, the shipped policy --------------------------------------------------------


def test_a_policy_can_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MAX_COST", 50)
    assert [d.code for d in checked(policy())] == ["policy-too-large"]


def test_missing_english_is_said_at_the_entry() -> None:
    found = missing_english(
        policy(Source("change.yaml", "parameters:\n  fen:\n    label: {zh: 一分, en: One fen}\n"))
    )
    assert {d.code for d in found} == {"english-missing"}
    there = {d.words["words"]: d.span.place for d in found if d.span}
    assert "一分" not in there and there["起点"] == "base/parameters.yaml:2:18"
    assert len(there) > 50


def test_the_shipped_policy_has_both_languages() -> None:
    assert [concise(d) for d in missing_english(yanzhou().base.policy)] == []


def test_the_shipped_policy_is_clean_and_checked_fast() -> None:
    plans = yanzhou()
    found, calls = counted(lambda: check_plan(plans.base, plans))
    assert calls < 1_500_000
    assert [concise(d) for d in found] == []


def test_an_amended_text_says_which_entries_to_look_at() -> None:
    """Enter only the new sentence: the checks name what rests on the old one."""
    change = """
overlay: {id: change, title: {zh: 修订}, amends: yanzhou-2020-14, number: 虚构, effective_from: 2022-01-01}
text:
  clauses:
    四.1:
      sentences:
        1: 对设备投资额（以购置增值税发票数额为准，下同）500万元及以上的技改项目，区财政按设备投资额的4%给予补助，单个企业最高100万元。
        1a: 上年度有亏损的企业减半。
"""
    tree_ = tree(Source("change.yaml", change))
    overlay = amend.read_overlay(tree_)
    assert overlay is not None
    merged, _ = amend.apply(shipped_tree(), overlay, Units())
    built = build(merged, None)
    assert built.policy is not None
    header = OverlayHeader("change", Label("修订", "Change"), "", "", date(2022, 1, 1), 0, True, tree_.span)
    found = checked(replace(built.policy, overlays=(header,)), "yanzhou-2020-14")
    assert {(d.code, d.words.get("name", d.words.get("quote", d.words.get("id")))) for d in found} == {
        ("quote-not-found", "区财政按设备投资额的3%给予补助"),
        ("sentence-not-covered", "四.1/1a"),
    }


def shipped_tree() -> Mapping:
    sections: dict[str, tuple[Scalar, Mapping]] = {}
    for path in sorted(YANZHOU.glob("*.yaml")):
        for key, node in tree(Source(path.name, path.read_text("utf-8"))).entries:
            if isinstance(node, Mapping):
                before = sections[key.text][1].entries if key.text in sections else ()
                sections[key.text] = (key, Mapping(before + node.entries, node.span))
    return Mapping(tuple(sections.values()), base().span)


def test_what_ifs_make_no_claim_about_the_text() -> None:
    timeline = api.load(YANZHOU, sets=["equipment_rate=4%", "equipment_min_investment=300万元"])
    assert [concise(d) for d in api.check(timeline)] == []


# --- broken policies -----------------------------------------------------------------------------


def leaves(node: Node, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The paths to all values of a tree."""
    if isinstance(node, Mapping):
        for i, (_, child) in enumerate(node.entries):
            yield from leaves(child, (*path, i))
    elif isinstance(node, Sequence):
        for i, child in enumerate(node.items):
            yield from leaves(child, (*path, i))
    else:
        yield path


def changed(node: Node, path: tuple[object, ...], new: Scalar | None) -> Node:
    """The tree with one value replaced, or the entry that holds it taken out."""
    if not path:
        assert new is not None
        return new
    i, *rest = path
    if isinstance(node, Mapping):
        entries = list(node.entries)
        entries[i : i + 1] = (
            [] if not rest and new is None else [(entries[i][0], changed(entries[i][1], tuple(rest), new))]
        )  # type: ignore[index,operator]
        return Mapping(tuple(entries), node.span)
    assert isinstance(node, Sequence)
    items = list(node.items)
    items[i : i + 1] = [] if not rest and new is None else [changed(items[i], tuple(rest), new)]  # type: ignore[index,operator]
    return Sequence(tuple(items), node.span)


@pytest.mark.parametrize("written", [None, "zzz", "2020-01-01"])
def test_no_broken_policy_breaks_the_checks(written: str | None) -> None:
    """Every single value taken out or replaced: findings or none, never an exception."""
    span = base().span
    new = None if written is None else Scalar(written, written, span)
    for path in leaves(base()):
        tree_ = changed(base(), path, new)
        assert isinstance(tree_, Mapping)
        built = build(tree_, original())
        if built.policy is None:
            continue
        try:
            plan, wrong = compile_policy(built.policy, built.broken)
        except (AssertionError, KeyError):
            continue  # a shape that the schema refuses before
        timeline = Timeline(((None, built.policy),), "base", (), "", "")
        for d in check_plan(
            plan, Plans(timeline, ((None, plan),)), whole=not (wrong or built.found or built.broken)
        ):
            assert d.message("zh") and d.message("en")
