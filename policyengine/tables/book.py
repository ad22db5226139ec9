"""Pages to an Excel workbook: frozen headers, filters, money formats; text is always text, never a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from policyengine.diagnostics import CaseError, diagnostic, width
from policyengine.tables.cells import whole_file
from policyengine.tables.longrows import MAX_TEXT, Long, TooLong, filled
from policyengine.tables.pages import Page, Prose, Shown

FORMATS = {"yuan": "#,##0.00", "wan": "#,##0.00####", "date": "yyyy-mm-dd", "count": "0", "text": "@", "long": "@"}  # fmt: skip
MAX_ROWS = 1_048_576
_LEAST, _MOST, _LONG = 8, 24, 48
_SAMPLE = 200  # rows that widths are measured on
_CREATED = datetime(2000, 1, 1)  # a fixed day: the same answers make the same file
_PROSE = (12, 76, 30)  # widths of the columns of a page of text
_LINES: Mapping[str, Mapping[str, Any]] = {
    "note": {"italic": True}, "title": {"bold": True, "font_size": 12, "top": 1, "bg_color": "#E8E4DA"},
    "head": {"bold": True, "font_color": "#5B5345"}, "text": {},
}  # fmt: skip
_BIG = 20_000  # rows from which texts stand in their cells and not in a table of their own
_FEW = 1_000  # rows of a page that the writer of workbooks puts down itself


def office(name: str) -> Any:
    """The library that writes workbooks. Raises CaseError where it is not installed."""
    if find_spec("xlsxwriter") is None:
        raise CaseError([diagnostic("table-needs-extra", whole_file(name), name="Excel", extra="office")])  # fmt: skip
    return import_module("xlsxwriter")


def write_book(pages: Iterable[Page | Prose], name: str, properties: Mapping[str, str]) -> bytes:
    """The bytes of a workbook of the pages.

    Raises CaseError where the library is missing or a page is too long, OSError where a large one finds no room for
    its temporary files.
    """
    xlsxwriter = office(name)
    made = list(pages)
    out = io.BytesIO()
    big = any(_length(page) > _BIG for page in made)
    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd",
        "constant_memory": big, "in_memory": not big,
    }  # fmt: skip
    workbook = xlsxwriter.Workbook(out, options)
    workbook.set_properties({"created": _CREATED, **properties})
    looks = {kind: workbook.add_format({"num_format": code, "valign": "top", "text_wrap": kind == "long"}) for kind, code in FORMATS.items()}  # fmt: skip
    head = workbook.add_format({"bold": True, "bg_color": "#E8E4DA", "border": 1, "text_wrap": True, "valign": "vcenter"})  # fmt: skip
    looks["link"] = workbook.add_format(
        {"num_format": "@", "valign": "top", "font_color": "#1F4E79", "underline": 1}
    )
    lines = {
        kind: workbook.add_format({"valign": "top", "text_wrap": True, **look})
        for kind, look in _LINES.items()
    }
    long: dict[str, Long] = {}
    for i, page in enumerate(made, 1):
        if _length(page) >= MAX_ROWS:
            raise CaseError([diagnostic("table-too-long-for-excel", whole_file(name), name=page.title)])
        if isinstance(page, Prose):
            _prose(workbook.add_worksheet(page.title), page, looks["link"], head, lines)
            continue
        here = len(page.rows)
        if big and here > len(page.links) + _FEW:
            here = len(page.links)
            long[f"xl/worksheets/sheet{i}.xml"] = Long(page, here)
        _page(workbook.add_worksheet(page.title), page, looks, head, here)
    try:
        workbook.close()
    except xlsxwriter.exceptions.FileCreateError as error:  # of its temporary files
        raise OSError(*error.args[0].args) from error
    try:
        return filled(out.getvalue(), long) if long else out.getvalue()
    except TooLong as error:
        raise CaseError(
            [diagnostic("table-too-long-for-excel", whole_file(name), name=error.title)]
        ) from error


def _length(page: Page | Prose) -> int:
    return len(page.lines if isinstance(page, Prose) else page.rows)


def _page(sheet: Any, page: Page, looks: Mapping[str, Any], head: Any, here: int) -> None:
    """A page with the rows that are written `here`; of the others a blank one, in the place of the last."""
    for i, column in enumerate(page.columns):
        sheet.set_column(i, i, _width(page, i))
        sheet.write_string(0, i, _plain(column.header), head)
    kinds = [looks[column.kind] for column in page.columns]
    for number, row in enumerate(page.rows[:here], 1):
        for i, value in enumerate(row):
            if i == page.link_column and number <= len(page.links):
                sheet.write_url(
                    number, i, f"internal:{page.links[number - 1]}", looks["link"], _plain(str(value))
                )
            elif value is not None and value != "":
                _cell(sheet, number, i, value, kinds[i])
    if here < len(page.rows):
        for i, look in enumerate(kinds):
            sheet.write_blank(len(page.rows), i, None, look)
    sheet.freeze_panes(1, min(3, len(page.columns) - 1))
    sheet.autofilter(0, 0, max(1, len(page.rows)), len(page.columns) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _prose(sheet: Any, page: Prose, link: Any, head: Any, looks: Mapping[str, Any]) -> None:
    """Lines from top to bottom, on upright paper."""
    for i, (column, wide) in enumerate(zip(page.columns, _PROSE, strict=True)):
        sheet.set_column(i, i, wide)
        sheet.write_string(0, i, column.header, head)
    for number, line in enumerate(page.lines, 1):
        if line.link:
            sheet.write_url(number, 0, f"internal:{line.link}", link, _plain(line.mark))
        for i, text in enumerate(("" if line.link else line.mark, line.text, line.place)):
            if text:
                sheet.write_string(number, i, _plain(text), looks[line.kind])
    sheet.freeze_panes(1, 0)
    sheet.hide_gridlines(2)
    sheet.repeat_rows(0)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _cell(sheet: Any, row: int, column: int, value: Shown, look: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, _plain(value), look)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, look)
    elif isinstance(value, Decimal | int):
        sheet.write_number(row, column, value, look)


def _plain(text: str) -> str:
    """As much of a text as a cell may hold. The writer would take `<r>…</r>` for markup and put it down as it is."""
    return f"{text[: MAX_TEXT - 1]} " if text.startswith("<r>") and text.endswith("</r>") else text[:MAX_TEXT]


def _width(page: Page, column: int) -> int:
    """Wide enough for the header and the first values, within bounds."""
    most = _LONG if page.columns[column].kind == "long" else _MOST
    widest = max((width(_text(row[column])) for row in page.rows[:_SAMPLE]), default=0)
    return max(_LEAST, min(most, max(widest, width(page.columns[column].header)) + 2))


def _text(value: Shown) -> str:
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value if value is not None else "")
