"""Rows read by their spelling, and rows written by column: as a parser of XML and a writer of workbooks have them."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import pytest

from policyengine.diagnostics import CaseError
from policyengine.tables.book import write_book
from policyengine.tables.pages import Column, Kind, Page, Shown
from policyengine.tables.sheetxml import FIRST_1900, Refused, SheetReader, Styles, parse

STRINGS = ["编号", " ", "a & b", "12"]
STYLES = Styles(("", "date", "percent", "万"))
HEADS = (
    "<worksheet><sheetData>",
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="m"><cols><col min="2" max="2" hidden="1"/></cols><sheetData a="1">',
    '\ufeff<?xml version="1.0"?><worksheet><sheetData>',
    "<worksheet><!-- <sheetData> --><sheetData>",
    '<worksheet><!-- <sheetData><row r="50"><c r="A50"><v>1</v></c></row> --><sheetData>',
    "<worksheet><?do <sheetData> ?><sheetData>",
    '<worksheet><?do <sheetData><row r="50"><c r="A50"><v>1</v></c></row> ?><sheetData>',
    "<worksheet><sheetData/><sheetData>",
    "<x:worksheet><x:sheetData>",
    '<?xml version="1.0" encoding="gb2312"?><worksheet><sheetData>',
    '<?xml version="1.0" encoding="none"?><worksheet><sheetData>',
    '<worksheet><cols><col min="x" max="2" hidden="1"/></cols><sheetData>',
    "<!DOCTYPE worksheet><worksheet><sheetData>",
    "<sheetData>",
)
CELLS = (
    '<c r="A1"/>', '<c r="A1" s="1"></c>', '<c r="A1" t="s"><v>0</v></c>', '<c r="B1" s="2" t="s"><v>1</v></c>', '<c r="C1" t="s"><v>2</v></c>',
    '<c r="D1" t="s"><v>9</v></c>', '<c r="A1" t="inlineStr"><is><t>合成</t></is></c>', '<c r="B1" t="inlineStr"><is><t xml:space="preserve"> 甲 </t></is></c>',
    '<c r="C1" t="inlineStr"><is><t>a &amp; &lt;b&gt;</t></is></c>', '<c r="C1" t="inlineStr"><is><t>&#65;</t></is></c>', '<c r="C1" t="inlineStr"><is><t>&x;</t></is></c>',
    '<c r="C1" t="inlineStr"><is><r><t>一</t></r><r><t>二</t></r></is></c>', '<c r="C1" t="inlineStr"><is><t>一</t><rPh><t>yi</t></rPh></is></c>',
    '<c r="D1" s="1"><v>44348</v></c>', '<c r="D1" s="1"><v>44348.5</v></c>', '<c r="D1" s="2"><v>0.03</v></c>', '<c r="D1" s="3"><v>8</v></c>', '<c r="D1"><v>8.0000000000000004E-2</v></c>',
    '<c r="E1" t="n"><v>x</v></c>', '<c r="E1" t="b"><v>1</v></c>', '<c r="E1" t="e"><v>#N/A</v></c>', '<c r="E1" t="d"><v>2021-06-01T00:00:00</v></c>', '<c r="E1" t="str"><v>文</v></c>',
    '<c r="E1" t="n"><is><t>5</t></is></c>', '<c r="F1" t="s"><v></v></c>', '<c r="F1"><f>A1</f></c>', '<c r="F1"><f>A1</f><v>3</v></c>', '<c r="XFD1"><v>1</v></c>', '<c r="ZZZZ1"><v>1</v></c>',
    '<c t="s" r="G1"><v>0</v></c>', '<c><v>7</v></c>', "<c r='H1'><v>1</v></c>", '<c r="I1"><v>1</v></c> ', '<c r="I1" r="I1"><v>1</v></c>', '<c r="I1"><v>]]></v></c>', '<c r="I1" t="inlineStr"><is><t>a\r\nb</t></is></c>',
)  # fmt: skip
ROWS = (
    '<row r="{n}">{cells}</row>', '<row r="{n}">{cells}</row>', '<row r="{n}">{cells}</row>', '<row r="{n}" spans="1:5" x14ac:dyDescent="0.2">{cells}</row>', '<row r="{n}" hidden="1">{cells}</row>',
    '<row r="{n}" hidden="0" hidden="1">{cells}</row>', '<row>{cells}</row>', '<row r="{n}"/>', '<row r="2">{cells}</row>', "\n<row r='{n}'>{cells}</row>", '<row r="{n}">{cells}</row ><!-- </row> -->',
    '<row r="{n}"/><!-- <row r="1"></row> -->', '<row r="{n}"><![CDATA[</row>]]>{cells}</row>', '<row r="{n}"><row r="99">{cells}</row>{cells}</row>', "<?do </row> ?>",
    '<!-- </row><row r="{n}">{cells}</row> -->', '<?do </row><row r="{n}">{cells}</row> ?>', '</sheetData><sheetData><row r="{n}">{cells}</row>',
)  # fmt: skip
TAILS = (
    '</sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>',
    "</sheetData></worksheet>",
    "</sheetData></x:worksheet>",
    "</sheetData></worksheet><row r='1'></row>",
    '</sheetData></worksheet><row></row><row r="1"></row>',
    '</sheetData></worksheet><!-- </row><row r="50"></row> -->',
    "</sheetData>",
    "",
)


def sheet(draw: random.Random) -> bytes:
    """A sheet, mostly sound, often with something odd in it."""
    odd = draw.random() < 0.7
    cells = [*CELLS[:4], *CELLS[6:8], *CELLS[13:18]] if not odd or draw.random() < 0.5 else list(CELLS)
    rows = ROWS if odd and draw.random() < 0.6 else ROWS[:5]
    head, tail = (draw.choice(HEADS), draw.choice(TAILS)) if odd and draw.random() < 0.4 else (HEADS[draw.randrange(3)], TAILS[draw.randrange(2)])  # fmt: skip
    text = "".join(
        draw.choice(rows).format(n=n, cells="".join(draw.choices(cells, k=draw.randrange(4))))
        for n in range(1, draw.randrange(2, 9))
    )
    data = bytearray(f"{head}{text}{tail}".encode())
    if odd and draw.random() < 0.4:
        at = draw.randrange(len(data))
        data[at : at + draw.randrange(3)] = draw.choice(
            [b"", b"<", b">", b"&", b"\x00", b"\x0b", b"\xff", b"\xef\xbf\xbf", b"\xed\xa0\x80", b"-->"]
        )
    return bytes(data)


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


def seen(data: bytes, size: int, by_spelling: bool) -> object:
    """All that a reader makes of a sheet, or why it is refused."""
    reader = SheetReader(STRINGS, STYLES, FIRST_1900)
    try:
        if by_spelling:
            reader.read(chunks(data, size))
        else:
            parse(chunks(data, size), reader.start, reader.end, reader.text)
    except Refused as wrong:
        return wrong.zh
    rows = {number: (row.number, dict(row.cells), row.hidden) for number, row in reader.rows.items()}
    return rows, reader.merges, reader.hidden_columns, reader.formulas


def test_a_sheet_read_by_its_spelling_is_what_a_parser_sees() -> None:
    draw, kinds = random.Random(4), set()
    for _ in range(6_000):
        data = sheet(draw)
        found = seen(data, draw.choice([7, 50, 100_000]), True)
        assert found == seen(data, 100_000, False), data.decode(errors="replace")
        kinds.add(found if isinstance(found, str) else "read")
    assert len(kinds) > 4, kinds


def test_limits_hold_in_rows_read_by_their_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "<worksheet><sheetData>{}</sheetData></worksheet>"
    long = text.format(
        f'<row r="3"><c r="A3" t="inlineStr"><is><t>{"文" * 32_768}</t></is></c></row>'
    ).encode()
    assert seen(long, 1 << 16, True) == seen(long, 1 << 16, False) == "第3行有一格文字太长"
    wide = text.format('<row r="3">' + '<c r="A3"><v>1</v></c>' * 60_000 + "</row>").encode()
    assert seen(wide, 1 << 16, True) == seen(wide, 1 << 16, False)
    monkeypatch.setattr("policyengine.tables.sheetxml.MAX_CELLS", 59_999)
    assert "太多" in str(seen(wide, 1 << 16, True))


# --- writing ---

TEXTS = ("", "a<b>&\"c\"", "_x0041_", "制表\t符", "控\x01制\x0b符", " 前", "后 ", "两\n行", "换行\n", "回\r车", "\ufffe\uffff", "=1+1", "　全角", "0012", "<r><t>x</r>", "文" * 40_000, "😀" * 20_000)  # fmt: skip
KINDS: tuple[Kind, ...] = ("text", "count", "yuan", "wan", "date", "long")


def value(draw: random.Random, kind: Kind) -> Shown:
    if draw.random() < 0.1:
        return None
    match kind:
        case "count":
            return draw.randrange(10**6)
        case "date":
            return date(1900, 1, 1) + timedelta(days=draw.choice([0, 1, 58, 59, 60, draw.randrange(90_000)]))
        case "text" | "long":
            return draw.choice(TEXTS) if draw.random() < 0.2 else f"编号{draw.randrange(50)}"
    return Decimal(draw.randrange(10**12)).scaleb(-draw.randrange(7))


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("links", [0, 3])
def test_rows_put_in_by_column_are_those_of_the_writer(links: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    full = ("甲", 1, Decimal(1), Decimal(2), date(2021, 6, 1), "乙")  # looks are numbered as they are met
    rows = (full, *(tuple(value(draw, kind) for kind in KINDS) for _ in range(149)))
    columns = tuple(Column(f"列{i}", kind) for i, kind in enumerate(KINDS))
    page = Page("明细", columns, rows, tuple(f"'别页'!A{i + 2}" for i in range(links)))
    pages = (
        Page("短", columns[:2], (("甲", 1),)),
        page,
        Page("别页", columns, rows[:120]),
        Page("空", columns, ()),
    )
    monkeypatch.setattr("policyengine.tables.book._BIG", 100)
    theirs = parts(write_book(pages, "x", {}))
    monkeypatch.setattr("policyengine.tables.book._FEW", 100)
    data = write_book(pages, "x", {})
    ours = parts(data)
    assert list(ours) == list(theirs)
    marked = "&lt;r&gt;&lt;t&gt;x&lt;/r&gt;"  # which the writer needs a space behind
    for name in ours:
        as_theirs = ours[name].decode().replace(f"<t>{marked}</t>", f'<t xml:space="preserve">{marked} </t>')
        assert as_theirs == theirs[name].decode(), name
        ElementTree.fromstring(ours[name])
    assert openpyxl.load_workbook(io.BytesIO(data))["明细"].max_row == 151


def test_a_part_longer_than_a_workbook_may_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyengine.tables.book._BIG", 3)
    monkeypatch.setattr("policyengine.tables.book._FEW", 3)
    monkeypatch.setattr("policyengine.tables.longrows.MAX_PART", 2_000)
    with pytest.raises(CaseError) as caught:
        write_book([Page("明细", (Column("编号"),), (("编号",),) * 50)], "结果.xlsx", {})
    assert [d.code for d in caught.value.diagnostics] == ["table-too-long-for-excel"]


@pytest.mark.parametrize("rows", [1, 2_000])
def test_markup_of_the_writer_in_a_cell_stays_text(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyengine.tables.book._BIG", 1_500)
    data = write_book([Page("明细", (Column("<r>x</r>"),), (("<r><t>y</r>",),) * rows)], "x", {})
    shown = openpyxl.load_workbook(io.BytesIO(data))["明细"]
    assert [str(shown.cell(row, 1).value).rstrip() for row in (1, 2)] == ["<r>x</r>", "<r><t>y</r>"]
