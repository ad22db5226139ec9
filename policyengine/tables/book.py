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
from policyengine.tables.pages import Page, Shown

FORMATS = {"yuan": "#,##0.00", "wan": "#,##0.00####", "date": "yyyy-mm-dd", "count": "0", "text": "@", "long": "@"}  # fmt: skip
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
_LEAST, _MOST, _LONG = 8, 24, 48
_SAMPLE = 200  # rows that widths are measured on
_CREATED = datetime(2000, 1, 1)  # a fixed day: the same answers make the same file
_BIG = 20_000  # rows from which the writer keeps them in temporary files


def office(name: str) -> Any:
    """The library that writes workbooks. Raises CaseError where it is not installed."""
    if find_spec("xlsxwriter") is None:
        raise CaseError([diagnostic("table-needs-extra", whole_file(name), name="Excel", extra="office")])  # fmt: skip
    return import_module("xlsxwriter")


def write_book(pages: Iterable[Page], name: str, properties: Mapping[str, str]) -> bytes:
    """The bytes of a workbook of the pages.

    Raises CaseError where the library is missing or a page is too long, OSError where a large one finds no room for
    its temporary files.
    """
    xlsxwriter = office(name)
    made = list(pages)
    out = io.BytesIO()
    big = any(len(page.rows) > _BIG for page in made)
    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd",
        "constant_memory": big, "in_memory": not big,
    }  # fmt: skip
    workbook = xlsxwriter.Workbook(out, options)
    workbook.set_properties({"created": _CREATED, **properties})
    looks = {kind: workbook.add_format({"num_format": code, "valign": "top", "text_wrap": kind == "long"}) for kind, code in FORMATS.items()}  # fmt: skip
    head = workbook.add_format({"bold": True, "bg_color": "#E8E4DA", "border": 1, "text_wrap": True, "valign": "vcenter"})  # fmt: skip
    for page in made:
        if len(page.rows) >= MAX_ROWS:
            raise CaseError([diagnostic("table-too-long-for-excel", whole_file(name), name=page.title)])
        _page(workbook.add_worksheet(page.title), page, looks, head)
    try:
        workbook.close()
    except xlsxwriter.exceptions.FileCreateError as error:  # of its temporary files
        raise OSError(*error.args[0].args) from error
    return out.getvalue()


def _page(sheet: Any, page: Page, looks: Mapping[str, Any], head: Any) -> None:
    for i, column in enumerate(page.columns):
        sheet.set_column(i, i, _width(page, i))
        sheet.write_string(0, i, column.header, head)
    kinds = [(column.kind, looks[column.kind]) for column in page.columns]
    for number, row in enumerate(page.rows, 1):
        for i, value in enumerate(row):
            if value is not None and value != "":
                _cell(sheet, number, i, value, kinds[i][1])
    sheet.freeze_panes(1, min(3, len(page.columns) - 1))
    sheet.autofilter(0, 0, max(1, len(page.rows)), len(page.columns) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _cell(sheet: Any, row: int, column: int, value: Shown, look: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value[:MAX_TEXT], look)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), look)
    elif isinstance(value, Decimal | int):
        sheet.write_number(row, column, value, look)


def _width(page: Page, column: int) -> int:
    """Wide enough for the header and the first values, within bounds."""
    most = _LONG if page.columns[column].kind == "long" else _MOST
    widest = max((width(_text(row[column])) for row in page.rows[:_SAMPLE]), default=0)
    return max(_LEAST, min(most, max(widest, width(page.columns[column].header)) + 2))


def _text(value: Shown) -> str:
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value if value is not None else "")
