"""Texts of any size: read in parts they say the same as whole, and lines that are no rows are found."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.bulk.raw import _tidy
from policyengine.diagnostics import CaseError
from policyengine.tables import text
from policyengine.tables.cells import MAX_CELL

WORDS = "编号,设备投资额\n兖州某机械厂（虚构）,100万元\né😀"


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 1 << 24])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_an_encoding_is_found_however_the_file_is_cut(
    monkeypatch: pytest.MonkeyPatch, chunk: int, codec: str
) -> None:
    monkeypatch.setattr(text, "_CHUNK", chunk)
    found = text.decode(WORDS.encode(codec), "表.csv", "auto")
    assert found == (WORDS, codec.removesuffix("-sig"), codec in ("utf-8-sig", "utf-16"))


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 1 << 24])
def test_the_line_of_a_broken_byte_is_named_however_the_file_is_cut(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(text, "_CHUNK", chunk)
    data = "编号\nP1\n兖州".encode() + b"\xff\xff\n"
    for encoding in ("auto", "utf-8"):
        with pytest.raises(CaseError) as caught:
            text.decode(data, "表.csv", encoding)
        assert [d.code for d in caught.value.diagnostics] == ["table-encoding"]
        assert "3" in caught.value.diagnostics[0].message("zh")


def test_rare_characters_are_not_taken_for_gb18030() -> None:
    with pytest.raises(CaseError):
        text.decode("編號,投資額\n兗州\n".encode("big5"), "表.csv", "auto")


@given(
    st.lists(st.sampled_from(["a,b", "", '"x"', '"x\ny"', "é", "\r"]), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_file_is_tidy_only_where_every_line_is_a_row(lines: list[str], end: str) -> None:
    whole = end.join(lines)
    if _tidy(whole.encode()):
        records = list(csv.reader(io.StringIO(whole.rstrip("\r\n"), newline="")))
        assert records and all(records) and len(records) == whole.rstrip("\r\n").count("\n") + 1


@pytest.mark.parametrize(("length", "tidy"), [(MAX_CELL - 1, True), (MAX_CELL, True), (MAX_CELL + 1, False)])
@pytest.mark.parametrize("before", [b"", b"a,b\n", b"a,b\n" * 20_000])
@pytest.mark.parametrize("after", [b"", b"\n", b"\na,b\n" * 9])
def test_a_line_that_is_too_long_is_found_wherever_it_stands(
    length: int, tidy: bool, before: bytes, after: bytes
) -> None:
    assert _tidy(before + b"x" * length + after.replace(b"\n\n", b"\n")) is tidy
