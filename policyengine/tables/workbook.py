"""Excel workbooks to sheets: the container looked over first, then each part read as a stream.

Read without a library: one pass over the XML tells the exact digits of a number, whether a formula has a result,
what is hidden or merged, and never trusts the sizes that the file states.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from policyengine.diagnostics import CaseError, diagnostic
from policyengine.model import Label
from policyengine.tables.cells import Row, Sheet, letters, whole_file
from policyengine.tables.sheetxml import (
    FIRST_1900,
    FIRST_1904,
    Refused,
    SheetReader,
    Styles,
    inflated,
    parse,
    shared_strings,
    styles,
)

MAX_BYTES = 1 << 26
MAX_PARTS = 2_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sheet as the workbook lists it."""

    title: str
    part: str
    hidden: bool


def titles(data: bytes, name: str) -> list[tuple[str, bool]]:
    """The sheets of a workbook: title, and whether it is hidden. Raises CaseError."""
    try:
        archive = _open(data)
        entries, _ = _entries(archive)
    except Refused as wrong:
        raise _unreadable(name, wrong) from wrong
    return [(entry.title, entry.hidden) for entry in entries]


def read_sheets(data: bytes, name: str, wanted: Iterable[str]) -> list[Sheet]:
    """The sheets of the given titles, in the order of the workbook. Raises CaseError."""
    chosen = set(wanted)
    try:
        archive = _open(data)
        entries, epoch = _entries(archive)
        names = set(archive.namelist())
        strings = (
            shared_strings(inflated(archive, "xl/sharedStrings.xml"))
            if "xl/sharedStrings.xml" in names
            else []
        )
        look = styles(inflated(archive, "xl/styles.xml")) if "xl/styles.xml" in names else Styles()
        found = []
        for entry in entries:
            if entry.title in chosen:
                reader = SheetReader(strings, look, epoch)
                reader.read(inflated(archive, entry.part))
                found.append(_sheet(reader, name, entry))
    except Refused as wrong:
        raise _unreadable(name, wrong) from wrong
    return found


def _sheet(reader: SheetReader, name: str, entry: _Entry) -> Sheet:
    rows = tuple(reader.rows[number] for number in sorted(reader.rows))
    return Sheet(
        name, entry.title, rows, tuple(reader.merges), entry.hidden, True, tuple(_notes(reader, rows, entry))
    )


def _notes(reader: SheetReader, rows: tuple[Row, ...], entry: _Entry) -> Iterable[Label]:
    if entry.hidden:
        yield Label("这张表是隐藏的，也读了", "this sheet is hidden; it was read all the same")
    hidden = [row.number for row in rows if row.hidden]
    if hidden:
        shown = _runs(hidden)
        yield Label(f"隐藏的行也算在内：第{shown}行", f"hidden rows are counted too: {shown}")
    columns = [letters(low) if low == high else f"{letters(low)}:{letters(high)}" for low, high in reader.hidden_columns if 0 < low <= high <= 1 << 14]  # fmt: skip
    if columns:
        yield Label(
            f"隐藏的列也读了：{'、'.join(columns)}", f"hidden columns were read too: {', '.join(columns)}"
        )
    if reader.formulas:
        yield Label(
            f"{reader.formulas}格是公式，用的是文件里存的结果；改过别处以后要在表格软件里重新保存",
            f"{reader.formulas} cells are formulas; their stored results were used",
        )


def _runs(numbers: list[int], most: int = 8) -> str:
    """`3-5、9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(low) if low == high else f"{low}-{high}" for low, high in runs[:most]]
    return "、".join(shown) + ("……" if len(runs) > most else "")


def _open(data: bytes) -> zipfile.ZipFile:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "是旧版（.xls）或加了密码的文件，请在表格软件里另存为 .xlsx，不设密码",
            "it is an old (.xls) or encrypted workbook; save it as .xlsx without a password",
        )
    if len(data) > MAX_BYTES:
        raise Refused(
            f"文件超过{MAX_BYTES >> 20}兆，请存成 CSV",
            f"it is larger than {MAX_BYTES >> 20} MB; save it as CSV",
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise Refused("不是 .xlsx 文件，或者已损坏", "it is no .xlsx file, or a damaged one") from error
    names = archive.namelist()
    if len(names) > MAX_PARTS or len(set(names)) < len(names):
        raise Refused("压缩包里的部件太多或者重名", "its container holds too many parts, or two of one name")
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise Refused("加了密码，请去掉密码再存", "it is encrypted; save it without a password")
    return archive


def _entries(archive: zipfile.ZipFile) -> tuple[list[_Entry], date]:
    """The sheets in their order, and the first day that the workbook counts from."""
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        raise Refused("不是 Excel 工作簿", "it is no Excel workbook")
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    parse(inflated(archive, "xl/_rels/workbook.xml.rels"), relation, lambda _: None, lambda _: None)
    entries: list[_Entry] = []
    late = {"1904": False}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            late["1904"] = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            id_ = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            part = posixpath.normpath(posixpath.join("/xl", targets.get(id_, ""))).lstrip("/")
            if part in names and "/worksheets/" in f"/{part}":
                hidden = attributes.get("state", "visible") != "visible"
                entries.append(_Entry(attributes.get("name", ""), part, hidden))

    parse(inflated(archive, "xl/workbook.xml"), sheet, lambda _: None, lambda _: None)
    if not entries:
        raise Refused("里面没有工作表", "it holds no worksheet")
    return entries, FIRST_1904 if late["1904"] else FIRST_1900


def _unreadable(name: str, wrong: Refused) -> CaseError:
    return CaseError([diagnostic("table-unreadable", whole_file(name), name=name, zh=wrong.zh, en=wrong.en)])
