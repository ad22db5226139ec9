"""What is said of a file that does not fit its schema: the bad files, and what they cannot show.

A file of `tests/bad/schema` names its kind in a comment (`# kind: case`; a policy without) and every
finding in another (`# expect: CODE @ line:column`).
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from policyengine import schema
from policyengine.codes.code import Code
from policyengine.codes.schema import SCHEMA
from policyengine.diagnostics import Diagnostic, Lang, concise
from policyengine.reading.common import FINDINGS
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.reading.yaml import read_yaml
from policyengine.schema.files import matches
from policyengine.schema.page import flow, key_meant, spelled
from policyengine.source import Source
from tests.work import counted

ROOT = Path(__file__).resolve().parents[1]
BAD = sorted((ROOT / "tests/bad/schema").glob("*.yaml"))
KINDS: tuple[schema.Kind, ...] = get_args(schema.Kind)
KIND = re.compile(r"^# kind: ([a-z]+)$", re.MULTILINE)
EXPECT = re.compile(r"^# expect: ([a-z-]+) @ ([0-9]+:[0-9]+)$", re.MULTILINE)


def tree(text: str, name: str = "test.yaml") -> Node:
    node, found = read_yaml(Source(name, text))
    assert not found, [concise(d) for d in found]
    assert node is not None
    return node


def check(text: str, kind: schema.Kind = "policy") -> list[Diagnostic]:
    return schema.validate(tree(text), kind)


def codes(text: str, kind: schema.Kind = "policy") -> list[str]:
    return [d.code for d in check(text, kind)]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = KIND.search(text)
    [kind] = [kind for kind in KINDS if kind == (named[1] if named else "policy")]
    found = schema.validate(tree(text, path.name), kind)
    places = [(d.code, f"{d.span.line}:{d.span.column}") for d in found if d.span]
    assert sorted(places) == sorted(EXPECT.findall(text)), "\n".join(map(concise, found))
    langs: tuple[Lang, ...] = get_args(Lang)
    for d in found:
        for lang in langs:
            assert d.message(lang) and len(concise(d, lang)) < 600
        assert not re.search("[\u4e00-\u9fff]", re.sub("`[^`]*`", "", d.message("en"))), d.message("en")


def test_every_code_has_a_bad_file() -> None:
    found = {code for path in BAD for code, _ in EXPECT.findall(path.read_text(encoding="utf-8"))}
    names = {code.name for code in SCHEMA}
    assert found == names
    assert names <= {path.stem for path in BAD}


@pytest.mark.parametrize("code", SCHEMA, ids=lambda code: code.name)
def test_the_examples_of_a_code_show_it(code: Code) -> None:
    assert code.name in codes(code.bad)
    assert code.name not in codes(code.good)
    assert code.why_zh and code.why_en


def test_the_shipped_policies_are_right() -> None:
    policies = ROOT / "policies"
    for kind, pattern in (("policy", "*/*.yaml"), ("scenarios", "*/tests/*.yaml")):
        [of] = [of for of in KINDS if of == kind]
        for path in sorted(policies.glob(pattern)):
            found = check(path.read_text(encoding="utf-8"), of)
            assert not found, f"{path}: " + "\n".join(map(concise, found))


def test_every_file_of_a_policy_may_stand_in_an_overlay() -> None:
    for path in sorted((ROOT / "policies").glob("*/*.yaml")):
        text = "overlay: {id: x, title: x, amends: x, effective_from: none}\n" + path.read_text(
            encoding="utf-8"
        )
        assert not check(text, "overlay"), path


def test_a_slip_is_reported_once_and_hides_what_follows_from_it() -> None:
    assert codes("facts:\n  a: {entity: e, typ: enum, label: x, cite: 五, options: {A: a, B: b}}") == [
        "unknown-key"
    ]
    assert codes("values:\n  a: {type: bool, label: x, cite: 五, frmula: y1}") == ["unknown-key"]
    assert codes("conditions:\n  a: {entity: e, label: x, cit: 五.1, test: y1}") == ["unknown-key"]
    assert codes("facts:\n  a: {entity: e, type: mony, label: x, cite: 五, unit: 元, range: [0元, 1元]}") == [
        "not-an-option"
    ]
    # A second `lable` beside a `label` hides nothing.
    assert codes("facts:\n  a: {entity: e, lable: y1, label: x, cite: 五}") == ["missing-key", "unknown-key"]


def test_suggestions() -> None:
    def suggestion(text: str, kind: schema.Kind = "policy") -> str:
        [d] = check(text, kind)
        return d.words.get("suggestion", "")

    assert suggestion("参数: {}") == "parameters"
    assert suggestion("Parameters: {}") == "parameters"
    assert suggestion("nothing_like_it: {}") == ""
    assert suggestion("not_computed: {一: {kind: 背景, why: x}}") == "background"
    assert suggestion("not_computed: {一/第2句: {kind: background, why: x}}") == "一/2"
    assert suggestion("facts:\n  Is-SME: {entity: e, type: bool, label: x, cite: 五}") == "is_sme"
    assert (
        suggestion('overlay: {id: x, title: x, amends: x, effective_from: "2022.1.5"}', "overlay")
        == "2022-01-05"
    )


def test_numbers_dates_and_blanks_are_what_they_are_written_as() -> None:
    assert codes("entities: {e: {label: x, max: 1.0}}") == ["wrong-type"]
    assert codes("entities: {e: {label: x, max: true}}") == ["wrong-type"]
    assert codes("units: {吨: {dimension: mass, scale: 0.001}}") == []
    assert codes("units: {吨: {dimension: mass, scale: true}}") == ["wrong-type"]
    assert codes("policy: {signed: 2020-07-13}") == ["missing-key"] * 6
    assert codes("parameters: {a: {label: x, value: null, cite: 四}}") == ["empty-value"]
    assert codes("parameters: {a: {label: x, value: 'null', cite: 四}}") == []
    huge = "9" * 18
    assert codes(f"entities: {{e: {{label: x, max: {huge}}}}}") == ["number-out-of-bounds"]


def test_no_message_repeats_a_long_value() -> None:
    long = "很长" * 1500
    [d] = check(f"policy_: {{}}\nnot_computed: {{一: {{kind: {long}, why: x}}}}")[1:]
    assert len(concise(d)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{i}: 1\n" for i in range(15_000)),
        "values:\n" + "".join(f"  V{i}: 1\n" for i in range(15_000)),
        "values:\n" + "".join(f"  v{i}: {{tipe: x, lable: 3, formla: 0.3, cit: 3}}\n" for i in range(3_000)),
    ],
)
def test_a_file_that_is_wrong_all_over_is_given_up_in_time(text: str) -> None:
    node = tree(text)
    found, calls = counted(lambda: schema.validate(node, "policy"))
    assert calls < 8_000_000
    assert len(found) == FINDINGS + 1 and found[-1].code == "too-many-findings"
    assert str(FINDINGS) in found[-1].message("zh")


def test_a_whole_file_of_the_wrong_kind() -> None:
    source = Source("list.yaml", "[1]")
    found = schema.validate(Sequence((Scalar("1", 1, source.span(1, 2)),), source.span(0, 3)), "policy")
    assert [d.code for d in found] == ["wrong-type"]
    assert schema.validate(Mapping((), source.span(0, 0)), "case")[0].code == "empty-value"


def mutated(node: Node, chance: Random) -> Node:
    """A tree with about one part in ten renamed, dropped, emptied, or put in the place of another."""
    odd = chance.random() < 0.1
    match node:
        case Scalar():
            value = chance.choice(["", None, True, 3, Decimal("0.5"), date(2020, 8, 15), "四.1", "x" * 5000])
            return Scalar(str(value), value, node.span) if odd else node
        case Sequence():
            items = tuple(mutated(item, chance) for item in node.items)
            return Sequence(items[:-1] + items[:1] if odd else items, node.span)
        case Mapping():
            entries = []
            for key, child in node.entries:
                text = key.text[::-1] if chance.random() < 0.03 else key.text + "x" * (chance.random() < 0.03)
                if chance.random() > 0.03:
                    entries.append((Scalar(text, text, key.span), mutated(child, chance)))
            return (
                Sequence((node,), node.span)
                if odd and chance.random() < 0.3
                else Mapping(tuple(entries), node.span)
            )


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_any_tree_is_reported_on(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    root = tree(text)
    for seed in range(20):
        for kind in KINDS:
            for d in schema.validate(mutated(root, Random(seed)), kind):
                assert d.span is not None and d.message("zh") and d.message("en")
                assert len(concise(d)) < 900 and len(concise(d, "en")) < 900


def test_nothing_is_retrieved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    for kind in KINDS:
        schema.validate(tree("a: 1"), kind)


def test_the_schemas_are_found_in_an_installed_package(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "policyengine", tmp_path / "policyengine", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "schemas", tmp_path / "policyengine/schemas")
    code = "from policyengine.schema import schema_text; print(len(schema_text('case')))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(run.stdout) == len(schema.schema_text("case"))


def test_a_policy_of_1500_lines_takes_less_than_half_a_second(tmp_path: Path) -> None:
    entry = "    entity: project\n    type: money\n    label: {zh: 投资额, en: Investment}\n    formula: a + b\n    cite: 四.1/1\n"
    path = tmp_path / "long.yaml"
    path.write_text("values:\n" + "".join(f"  v{i}:\n{entry}" for i in range(250)), encoding="utf-8")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom policyengine.reading.yaml import read_yaml\n"
        "from policyengine.source import Source\nnode, _ = read_yaml(Source('x', Path(sys.argv[1]).read_text('utf-8')))\n"
        "start = time.process_time()\nfrom policyengine import schema\nassert not schema.validate(node, 'policy')\n"
        "print(time.process_time() - start)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 0.5


def test_small_words() -> None:
    assert spelled(("scenarios", 2, "case")) == "scenarios[3].case"
    assert flow({"a": [1, True, "b"]}) == "{a: [1, true, b]}"
    assert key_meant("名称", {"label": "名称"}) == "label"
    assert key_meant("zzz", {"label": "名称"}) == ""
    assert matches("^a$", "a") and not matches("^a$", "a\n")
