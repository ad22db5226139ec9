"""Strict reading: what is accepted, what it means and where it stands, and every refusal."""

from __future__ import annotations

import re
import sys
import unicodedata
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from policyengine.codes import Code
from policyengine.codes.reading import READING
from policyengine.diagnostics import Diagnostic, concise, text
from policyengine.reading import read, read_bytes, read_json, read_yaml
from policyengine.reading.common import FINDINGS, NODES, TEXT, key_refusal
from policyengine.reading.decode import REFUSED, decode
from policyengine.reading.node import Mapping, Node, Scalar, Sequence, plain, trailing_comment
from policyengine.source import Source
from tests.work import counted

BAD = Path(__file__).parent / "bad" / "reading"
CASES = sorted(p for p in BAD.iterdir() if p.suffix in (".yaml", ".json"))
_EXPECT = re.compile(r"^# expect: (\S+) @ (\d+):(\d+)$", re.MULTILINE)
_OPTION = re.compile(r"^# (limit|nodes): (\d+)$", re.MULTILINE)


def yaml(content: str) -> tuple[object, list[str]]:
    """The plain data of a YAML text, and its findings as `code@line:column`."""
    node, found = read_yaml(Source("f.yaml", content))
    return (None if node is None else plain(node)), places(found)


def json(content: str) -> tuple[object, list[str]]:
    node, found = read_json(Source("f.json", content))
    return (None if node is None else plain(node)), places(found)


def places(found: list[Diagnostic]) -> list[str]:
    return [f"{d.code}@{d.span.line}:{d.span.column}" for d in found if d.span]


def good(content: str) -> Mapping:
    node, found = read_yaml(Source("f.yaml", content))
    assert found == []
    assert isinstance(node, Mapping)
    return node


def scalar(content: str) -> Scalar:
    """The value of `a` in a text that is read without findings."""
    node = good(content).get("a")
    assert isinstance(node, Scalar)
    return node


def header(path: Path) -> str:
    """Where the expectations of a bad file stand: beside it, or in its own first lines."""
    beside = path.with_name(path.name + ".expect")
    return beside.read_text("utf-8") if beside.exists() else path.read_bytes().decode("utf-8")


# The bad files


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.name)
def test_bad_file_gives_exactly_the_expected_findings(path: Path) -> None:
    head = header(path)
    expected = [f"{code}@{line}:{column}" for code, line, column in _EXPECT.findall(head)]
    options = {name: int(value) for name, value in _OPTION.findall(head)}
    assert expected, "the file does not say what is expected"
    _, _, found = read_bytes(path.read_bytes(), path.name, **options)
    assert places(found) == expected
    assert path.name.startswith(tuple(d.code for d in found))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.name)
def test_findings_can_be_told_in_both_languages(path: Path) -> None:
    options = {name: int(value) for name, value in _OPTION.findall(header(path))}
    _, _, found = read_bytes(path.read_bytes(), path.name, **options)
    for d in found:
        chinese, english = d.message("zh"), d.message("en")
        assert chinese and english and d.help("zh") and d.help("en")
        assert not chinese.endswith("。") and not english.endswith(".")
        assert english[0] == "`" or english[0].islower() or english.startswith("YAML")
        assert all(len(concise(d, lang)) < 600 and text(d, lang) for lang in ("zh", "en"))


def test_every_code_has_a_bad_file() -> None:
    named = {code for path in CASES for code, _, _ in _EXPECT.findall(header(path))}
    assert {code.name for code in READING} == named


def test_codes_are_complete() -> None:
    for code in READING:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.name)
        assert code.why_zh and code.why_en and code.bad and code.good, code.name
        assert len(code.help_zh) == len(code.help_en) > 0, code.name
        fields = re.compile(r"\{(\w+?)(?:_zh|_en)?\}")
        assert sorted(fields.findall(code.zh)) == sorted(fields.findall(code.en)), code.name
        for zh, en in zip(code.help_zh, code.help_en, strict=True):
            assert fields.findall(zh) == fields.findall(en), code.name


@pytest.mark.parametrize("code", READING, ids=lambda c: c.name)
def test_good_example_is_good(code: Code) -> None:
    if not code.good.startswith("（"):
        assert read(Source("example", code.good))[1] == []


@pytest.mark.parametrize("code", READING, ids=lambda c: c.name)
def test_bad_example_is_bad(code: Code) -> None:
    if not re.search(r"（.{6,}）|…|\\u", code.bad):  # described, shortened, or made visible
        assert code.name in [d.code for d in read(Source("example", code.bad))[1]]


# What values mean


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-0", 0),
        ("-12", -12),
        ("123456789012345678", 123456789012345678),
        ("0.03", Decimal("0.03")),
        ("4.10", Decimal("4.10")),
        ("4999999.999999999999", "too-long"),
        ("499999.99999999999", Decimal("499999.99999999999")),
        ("2020-08-15", date(2020, 8, 15)),
        ("2020-02-29", date(2020, 2, 29)),
        ("500万元", "500万元"),
        ("3%", "3%"),
        ("３％", "３％"),
        ("1个百分点", "1个百分点"),
        ("四.1/2", "四.1/2"),
        ("none", "none"),
        ("无", "无"),
        ("是", "是"),
        ("1a", "1a"),
        ("5,000元", "5,000元"),
        ("1/2", "1/2"),
        ("a >= b", "a >= b"),
        ("-x", "-x"),
        ("1.2.3", "1.2.3"),
        ("2020年8月15日", "2020年8月15日"),
        ("本意见有效期：2020年8月15日至2023年8月14日", None),
        ("“链主”企业或产业集群龙头企业", None),
        ("设备投资额499.999999万元，未达到500万元", None),
        ("http://example.com/a:b", None),
        ("a:b", "a:b"),
        ("'true'", "true"),
        ("'010'", "010"),
        ('"2020-08-15"', "2020-08-15"),
        ("'it''s'", "it's"),
        ('"a\\tb\\u4e2d"', "a\tb中"),
    ],
)
def test_value(written: str, value: object) -> None:
    if value == "too-long":
        assert yaml(f"a: {written}\n")[1] == ["number-too-long@1:4"]
        return
    read_value = scalar(f"a: {written}\n").value
    assert read_value == (written if value is None and written not in ("", "null") else value)
    assert type(read_value) is type(value) or value is None


def test_blank_and_null_differ_in_their_text() -> None:
    assert (scalar("a:\n").text, scalar("a: null\n").text) == ("", "null")
    assert scalar("a: ''\n").value == ""


def test_negative_zero_has_no_sign() -> None:
    assert str(scalar("a: -0.0\n").value) == "0.0"


def test_quoted_text_keeps_chinese_punctuation() -> None:
    content = "企业应当：（一）注册、纳税；（二）“规上”——３％。"
    assert scalar(f"a: '{content}'\n").value == content


def test_refused_values_stand_in_the_tree_as_text() -> None:
    data, found = yaml("a: yes\nb: 2020-02-30\nc: 1\n")
    assert data == {"a": "yes", "b": "2020-02-30", "c": 1}
    assert found == ["unclear-word@1:4", "bad-date@2:4"]


@pytest.mark.parametrize(
    "item", ["设备投资额499.999999万元，未达到500万元", "甲、乙", "注册；纳税", "a，含本数"]
)
def test_chinese_punctuation_is_text_within_brackets(item: str) -> None:
    assert plain(good(f"a: [{item}, x]\nb: {{zh: {item}, en: x}}\n")) == {
        "a": [item, "x"],
        "b": {"zh": item, "en": "x"},
    }


# Places


def test_spans_cover_the_content_exactly() -> None:
    source = Source("f", "# 注\na: 甲乙 # c\nb: '丙'\nc: [1, \"二\"]\n")
    node, _ = read_yaml(source)
    assert isinstance(node, Mapping)
    spans = {key.text: (key.span.start, key.span.text) for key, _ in node.entries}
    assert spans == {"a": (4, "a"), "b": (14, "b"), "c": (21, "c")}
    items = node.get("c")
    assert isinstance(items, Sequence)
    assert [item.span.text for item in items.items] == ["1", "二"]
    assert items.span.text == '[1, "二"]'
    value = node.get("b")
    assert value is not None and value.span.place == "f:3:5"
    assert node.span.text == source.text[4:-1]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_offsets_with_either_line_break(newline: str) -> None:
    lines = ["a: |", "  甲", "  乙", "b: '丙'", 'c: "x', '  y"', "d: 丁", ""]
    source = Source("f", newline.join(lines))
    node, found = read_yaml(source)
    assert found == [] and isinstance(node, Mapping)
    assert plain(node) == {"a": "甲\n乙\n", "b": "丙", "c": "x y", "d": "丁"}
    d = node.get("d")
    assert d is not None and d.span.text == "丁" and d.span.place == "f:7:4"


def test_exact_only_where_characters_correspond() -> None:
    content = "a: 甲\nb: '甲'\nc: 'it''s'\nd: \"\\u7532\"\ne: |\n  甲\nf: '甲\n  乙'\n"
    exact = {}
    for key, value in good(content).entries:
        assert isinstance(value, Scalar)
        exact[key.text] = value.exact
        if value.exact:
            assert value.span.text == value.text
    assert exact == dict(zip("abcdef", [True, True, False, False, False, False], strict=True))


def test_block_text() -> None:
    value = scalar("a: |\n  　　第一段\n  　　第二段\nb: 1\n")
    assert value.value == "　　第一段\n　　第二段\n"
    assert value.quoted and not value.exact
    assert value.span.text == "第一段\n  　　第二段"
    assert scalar("a: |\nb: 1\n").span.text == "|"


def test_trailing_comment() -> None:
    comment = trailing_comment(scalar("a: x >= 500   # and y \n"))
    assert comment is not None and (comment.text, comment.column) == ("# and y", 15)
    assert trailing_comment(scalar("a: x#y\n")) is None
    assert trailing_comment(scalar("a: 'x' # y\n")) is None


def test_duplicate_names_both_places() -> None:
    _, found = read_yaml(Source("f", "a: 1\nb: 2\na: 3\n"))
    ((label, first),) = found[0].related
    assert label == ("先前在这里", "first written here")
    assert (found[0].span and found[0].span.line, first.line) == (3, 1)


def test_all_findings_of_one_run() -> None:
    _, found = yaml("a: yes\na: 2\nb: &x 010\nc:\n\td: 1\ne: 1\n")
    assert found == [
        "unclear-word@1:4",
        "duplicate-key@2:1",
        "anchor-refused@3:4",
        "ambiguous-number@3:7",
        "bad-indentation@5:1",
    ]


def test_a_hidden_character_does_not_hide_other_mistakes() -> None:
    _, found = yaml("a: 甲\u200b\nb: no\n")
    assert found == ["hidden-character@1:5", "unclear-word@2:4"]


# Keys


@pytest.mark.parametrize(
    "key",
    [
        *("a", "四.1/2", "序言/1", "有效期/1", "1", "1a", "2020-08-15", "on", "A类", "a-b", "x y"),
        *("设备投资额（万元）", "占比（％）", "a.b", "project.P1", "元/吨标准煤", "参加的企业"),
        *("“链主”企业", "属于“链主”企业", "enterprise's name"),
    ],
)
def test_key_is_accepted_as_text(key: str) -> None:
    assert key_refusal(key) is None
    assert good(f"{key}: 1\n").entries[0][0].text == key


@pytest.mark.parametrize("key", ["ａ", "a\u200b", "\uf9e9", "⼯", "a\ufe0f", "a（1）", "\ue000"])
def test_key_is_refused(key: str) -> None:
    assert key_refusal(key) is not None


# Decoding


def test_mark_at_the_start_is_dropped() -> None:
    source, found = decode(b"\xef\xbb\xbfa: 1\n", "f")
    assert source == Source("f", "a: 1\n") and found == []
    _, _, found = read_bytes(b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n", "f")
    assert places(found) == ["hidden-character@1:1"]


def test_decode_gives_no_source_with_hidden_characters() -> None:
    source, found = decode("甲\u200b".encode(), "original.txt")
    assert source is None and places(found) == ["hidden-character@1:2"]
    source, found = decode("　　甲\n\t乙\r\n".encode(), "original.txt")
    assert source is not None and found == []


def test_size_limit_is_inclusive() -> None:
    assert decode(b"a" * 512 * 1024, "f")[1] == []
    assert places(decode(b"a" * (512 * 1024 + 1), "f")[1]) == ["too-large@1:1"]


def test_utf8_is_not_taken_for_gbk() -> None:
    damaged = "标题: 设备投资额".encode() + b"\xff"
    assert places(decode(damaged, "f")[1]) == ["not-utf8@1:10"]
    assert places(decode("标题：设备".encode("gb18030"), "f")[1]) == ["looks-like-gbk@1:1"]
    assert places(decode("a: 1".encode("utf-32"), "f")[1]) == ["looks-like-utf16@1:1"]


def test_every_invisible_character_is_refused() -> None:
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\t\n\r":
            assert REFUSED.match(char), hex(number)
    for char in "\t\n 　中“：\xa0é😀\ue000":
        assert not REFUSED.match(char)


# Limits


def test_limits_hold_exactly() -> None:
    assert yaml("a: " + "[" * 15 + "]" * 15)[1] == []
    assert yaml("a: " + "[" * 16 + "]" * 16)[1] == ["too-deep@1:19"]
    assert json('{"a": ' + "[" * 15 + "]" * 15 + "}")[1] == []
    assert yaml(f"a: '{'字' * TEXT}'\n")[1] == []
    assert yaml(f"{'字' * 200}: 1\n")[1] == []
    many = "a: [" + "0, " * (NODES - 3) + "0]\n"
    assert yaml(many)[1] == []
    assert [f.split("@")[0] for f in yaml(many.replace("]", ", 0]"))[1]] == ["too-many-nodes"]


def test_findings_are_limited() -> None:
    assert len(yaml("".join(f"a{i}: no\n" for i in range(5000)))[1]) == FINDINGS + 1
    assert len(yaml("\u200b" * 5000)[1]) == FINDINGS + 1


@pytest.mark.parametrize("piece", ["[", "{", "- ", "? ", "{a: ", "[[a, ", "[? ", "- a: "])
@pytest.mark.parametrize("start", ["", "a: ", "a:\n "])
def test_deep_nesting_is_cut_off_at_once(piece: str, start: str) -> None:
    content = start + piece * (200_000 // len(piece))
    (node, found), calls = counted(lambda: read_yaml(Source("f", content)))
    assert calls < 20_000
    assert node is None and found


@pytest.mark.parametrize("piece", ["[", '{"a":', '[{"a":'])
def test_deep_json_is_cut_off_at_once(piece: str) -> None:
    text = '{"a":' + piece * (200_000 // len(piece))
    (node, found), calls = counted(lambda: read_json(Source("f", text)))
    assert calls < 20_000
    assert node is None and [d.code for d in found] == ["too-deep"]


def test_a_large_policy_file_is_read_in_time() -> None:
    block = (
        "fact_{}:\n  entity: project\n  type: money\n  label: {{zh: 设备投资额, en: Investment}}\n"
        "  ask: {{zh: 设备投资额是多少（以发票数额为准）？, en: How much}}\n  range: [0元, 100亿元]\n"
        "  cite: 四.1/1\n  quote: '对设备投资额500万元及以上的技改项目，按设备投资额的3%给予补助'\n"
    )
    content = "".join(block.format(i) for i in range(450))
    assert 130_000 < len(content.encode()) < 170_000
    (_, found), calls = counted(lambda: read_yaml(Source("f", content)))
    assert calls < 40 * len(content)
    assert found == []


# JSON


def test_json_values_and_places() -> None:
    source = Source("f.json", '{"a": [1, 2.50, true, null, "甲\\n"], "b": {"c": -0.0}}')
    node, found = read_json(source)
    assert found == [] and isinstance(node, Mapping)
    assert plain(node) == {
        "a": [1, Decimal("2.50"), True, None, "甲\n"],
        "b": {"c": Decimal("0.0")},
    }
    items = node.get("a")
    assert isinstance(items, Sequence)
    assert [item.span.text for item in items.items] == ["1", "2.50", "true", "null", "甲\\n"]
    assert [i.exact for i in items.items if isinstance(i, Scalar)] == [True] * 4 + [False]
    assert [i.quoted for i in items.items if isinstance(i, Scalar)] == [False] * 4 + [True]
    assert items.span.text == '[1, 2.50, true, null, "甲\\n"]'


def test_json_strings_stay_text() -> None:
    assert json('{"a": "2020-01-01", "b": "no", "c": "\\ud83d\\ude00"}') == (
        {"a": "2020-01-01", "b": "no", "c": "😀"},
        [],
    )


def test_dispatch_by_name_then_by_first_character() -> None:
    def root(name: str, content: str) -> Node | None:
        return read(Source(name, content))[0]

    assert root("f.yaml", "{a: 1}") and root("f.YML", "{a: 1}")
    assert root("f.json", '{"a": 1}') and root("<stdin>", ' {"a": 1}') and root("<stdin>", "a: 1")
    assert root("<stdin>", "{a: 1}") is None
