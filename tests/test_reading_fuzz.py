"""Strict reading of anything at all: nothing raises, nothing takes long, places are right, and
what is accepted means the same to PyYAML and `json`.

`FUZZ=20000 pytest tests/test_reading_fuzz.py` looks further, with other examples each time.
"""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyengine.codes.reading import READING
from policyengine.diagnostics import Diagnostic
from policyengine.reading import read_bytes, read_json, read_yaml
from policyengine.reading.node import Mapping, Node, Scalar, Sequence, plain
from policyengine.source import Source, Span
from tests.work import counted

EXAMPLES = int(os.environ.get("FUZZ", "0"))
CODES = {code.name for code in READING}
CALLS = 2_000_000  # for texts of some kilobytes; far above what any of them needs

fuzz = settings(
    max_examples=EXAMPLES or 400,
    derandomize=not EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

_BAD = sorted((Path(__file__).parent / "bad" / "reading").glob("*.*"))
_SEEDS = [p.read_bytes().decode("utf-8", "replace")[:600] for p in _BAD if p.suffix != ".expect"]
_ORDINARY = """\
# 参数
language: "1"
equipment_rate:
  label: {zh: 设备投资额补助比例, en: 'Rate, of the investment'}
  values: {2020-08-15: 3%, 2022-01-01: 4%}
  range: [0元, 100亿元]
  cite: [四.1/1, 四.2]
  quote: "按设备投资额的3%给予补助（含本数）"
cases:
  - name: 恰为500万元，含本数
    when: amount >= 500 # 门槛
    expect: {amount: 15, rate: 0.03, ok: true, on: 2021-06-01, old: null}
    note: |
      第一段：说明
        第二段
  - - 1
    - 'it''s'
  - {use: good, more: [], none: {}}
"""
_JSON = '{"企业": {"E1": {"a": true, "b": [1, 2.50, null, "甲\\n\\u4e2d"], "c": {}}}, "x": -3}'
_PIECES = [
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "\t",
        "\n  ",
        "\n    ",
        "\n- ",
        "- ",
        ": ",
        ":",
        "：",
        ",",
        "，",
    ),
    *(
        "、",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "“",
        "”",
        "‘",
        "＃",
        "#",
        " # ",
        "|",
        ">",
        "|\n",
        "&a",
        "*a",
    ),
    *(
        "!",
        "!!int ",
        "%",
        "@",
        "`",
        "?",
        "? ",
        "<<",
        "~",
        "yes",
        "null",
        "true",
        "010",
        "12:30",
        "1e3",
    ),
    *(
        "-5",
        "0.1",
        "5,000",
        "2020-02-30",
        "2020-08-15",
        "500万元",
        "甲",
        "a",
        "key",
        "---",
        "\n---\n",
    ),
    *(
        "...",
        "\\",
        "\\u202e",
        "\\U00110000",
        "\\x",
        "\0",
        "\u200b",
        "\u2028",
        "\x85",
        "\ufeff",
        "\ufffd",
    ),
    *(
        "\u3000",
        "\xa0",
        "\ud800",
        "\U0001f600",
        "ａ",
        "－",
        "５",
        "//",
        "/*",
        "NaN",
        "\\ud83d",
        "\ue000",
    ),
]
pieces = st.sampled_from(_PIECES)
soup = st.lists(pieces | st.characters(), max_size=60).map("".join)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[str]) -> str:
    """One of the seeds after a few edits: pieces put in, left out, or repeated."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 8, 40])))
        new = draw(pieces | st.just("") | st.just(text[start:end] * 2))
        text = text[:start] + new + text[end:]
    return text


yaml_texts = mutated([_ORDINARY, _ORDINARY, *_SEEDS]) | soup.map(lambda text: "a: " + text) | soup
json_texts = mutated([_JSON, _JSON, *_SEEDS]) | soup.map(lambda text: '{"a": ' + text) | soup


def checked(source: Source, node: Node | None, found: list[Diagnostic]) -> None:
    """What holds of every result."""
    for finding in found:
        assert finding.code in CODES
        assert finding.span is not None
        sound(finding.span, source)
        assert finding.message("zh") and finding.message("en")
    places = [d.span.start for d in found if d.span]
    assert places == sorted(places)
    assert node is None or isinstance(node, Mapping)
    assert node is not None or found
    if node is not None:
        walk(node, source, 1)


def sound(span: Span, source: Source) -> None:
    assert span.source is source
    assert 0 <= span.start <= span.end <= len(source.text)


def walk(node: Node, source: Source, depth: int) -> None:
    assert depth <= 17
    sound(node.span, source)
    match node:
        case Scalar():
            assert not node.exact or node.span.text == node.text
            assert isinstance(node.value, bool | int | Decimal | date | str | None)
            node.text.encode("utf-8")
        case Sequence():
            for item in node.items:
                walk(item, source, depth + 1)
        case Mapping():
            keys = [key.text for key, _ in node.entries]
            assert len(keys) == len(set(keys))
            for key, value in node.entries:
                walk(key, source, depth)
                walk(value, source, depth + 1)


# Anything at all


@fuzz
@given(yaml_texts)
def test_yaml_never_raises_and_places_are_right(text: str) -> None:
    source = Source("f.yaml", text)
    (node, found), calls = counted(lambda: read_yaml(source))
    assert calls < CALLS
    checked(source, node, found)
    if not found and node is not None:
        agrees(node, yaml.compose(text, Loader=yaml.SafeLoader))


@fuzz
@given(json_texts)
def test_json_never_raises_and_agrees_where_it_accepts(text: str) -> None:
    source = Source("f.json", text)
    (node, found), calls = counted(lambda: read_json(source))
    assert calls < CALLS
    checked(source, node, found)
    if not found and node is not None:
        assert plain(node) == json.loads(text, parse_float=Decimal)


@fuzz
@given(st.binary(max_size=80) | soup.map(lambda text: text.encode("gb18030", "ignore")))
def test_bytes_never_raise(data: bytes) -> None:
    for name in ("f.yaml", "f.json", "f"):
        source, node, found = read_bytes(data, name)
        assert (source is not None or found) and (node is not None or found)


_TAGS = {
    bool: ("bool",),
    int: ("int",),
    Decimal: ("float",),
    date: ("timestamp",),
    type(None): ("null",),
    str: ("str", "value", "merge"),
}


def agrees(ours: Node, theirs: yaml.Node) -> None:
    """PyYAML sees the same texts in the same places, and gives values the same types."""
    match ours:
        case Scalar():
            assert isinstance(theirs, yaml.ScalarNode)
            assert ours.text == theirs.value
            assert theirs.tag.rpartition(":")[2] in _TAGS[type(ours.value)], ours
        case Sequence():
            assert isinstance(theirs, yaml.SequenceNode)
            assert ours.span.start == theirs.start_mark.index
            for item, their_item in zip(ours.items, theirs.value, strict=True):
                agrees(item, their_item)
        case Mapping():
            assert isinstance(theirs, yaml.MappingNode)
            assert ours.span.start == theirs.start_mark.index
            for entry, their_entry in zip(ours.entries, theirs.value, strict=True):
                assert entry[0].text == their_entry[0].value
                agrees(entry[1], their_entry[1])


# Ordinary documents are accepted and mean what they mean elsewhere

words = st.text("abcxyz_甲乙丙企业元", min_size=2, max_size=12).filter(lambda w: w.strip("_"))
numbers = st.integers(-(10**15), 10**15)
decimals = st.decimals(-(10**6), 10**6, places=2)
texts = words | st.sampled_from(["500万元", "3%", "注意：含本数", "“链主”企业", "it's", "a: b, c", "1a"])


def trees(leaves: st.SearchStrategy[object], keys: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return st.dictionaries(
        keys,
        st.recursive(
            leaves,
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
            max_leaves=12,
        ),
        min_size=1,
        max_size=5,
    )


days = st.dates(date(1949, 10, 1), date(2099, 12, 31))
ordinary = trees(st.none() | st.booleans() | numbers | days | texts, words)


@fuzz
@given(ordinary, st.sampled_from([None, True, False]), st.sampled_from([2, 4]))
def test_ordinary_yaml_agrees_with_pyyaml(tree: object, flow: bool | None, indent: int) -> None:
    text = yaml.safe_dump(
        tree,
        allow_unicode=True,
        default_flow_style=flow,
        indent=indent,
        width=10**6,
        sort_keys=False,
    )
    node, found = read_yaml(Source("f", text))
    assert found == [] and node is not None
    assert plain(node) == tree == yaml.safe_load(text)


@fuzz
@given(
    trees(
        st.none() | st.booleans() | numbers | decimals.map(float) | st.text('甲a"\\/\n\t😀é', max_size=9),
        words,
    ),
    st.booleans(),
    st.sampled_from([None, 0, 2, "\t"]),
)
def test_ordinary_json_agrees_with_json(tree: object, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only, indent=indent)
    node, found = read_json(Source("f", text))
    assert found == [] and node is not None
    assert plain(node) == json.loads(text, parse_float=Decimal)


@fuzz
@given(decimals, st.integers(0, 6))
def test_decimals_are_exact(number: Decimal, zeros: int) -> None:
    text = f"{number:f}" + "0" * zeros
    node, found = read_yaml(Source("f", f"a: {text}\n"))
    assert found == [] and isinstance(node, Mapping)
    assert plain(node) == {"a": number}
    value = node.get("a")
    assert isinstance(value, Scalar) and (str(value.value) == text or number == 0)


# Long texts

_LONG = [
    *(
        "\n",
        "\t",
        "\t\n",
        " ",
        "a",
        "字",
        "#",
        "# \n",
        "a: 1\n",
        "- 1\n",
        "[",
        "{",
        "'",
        '"',
        "''",
        "a,",
    ),
    *(
        "a:\n",
        "a: b\n  c：d\n",
        "，",
        "， ",
        "，a",
        "1，",
        "11111，",
        "- - ",
        "&a ",
        "*a ",
        "!a ",
        "a: '\n\t'\n",
    ),
    *(
        "\\",
        '"\\',
        "\\u4e2d",
        "- '\n\t\n'\n",
        "a\n\t",
        "\u3000\n",
        "　a: 1\n",
        "[a\n b,",
        ": ",
        "：",
        "- ：",
        "%\n",
    ),
    *(
        '{"a":',
        '{"a":1},',
        '"a",',
        "1,",
        "0.",
        "1e",
        "-",
        "。",
        "？",
        "yes, ",
        "\r",
        "\u200b",
        "a: no\n",
        "a b ",
    ),
]


def test_long_texts_of_any_kind_are_read_in_time() -> None:
    most = 0
    for start in ("", "a: ", "a: [", '{"a": [', "a: '", 'a: "', "a: |\n  "):
        for piece in _LONG:
            text = start + piece * (20_000 // len(piece))
            for reader in (read_yaml, read_json):
                _, calls = counted(lambda reader=reader, text=text: reader(Source("f", text)))
                most = max(most, calls)
    assert most < 3_000_000
