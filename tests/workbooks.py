"""Small workbooks written by hand, so that a test can say exactly what their XML holds; and text files that describe tables.

A cell in text: `=A1` a formula without a result, `=A1 → 5` with one, `#N/A` an error, `8.1E17` and other digits a number,
`2021-06-01` a day, `{0.03|0%}` a number with a format, `'0800` digits as text, everything else text. A line `!merge A2:A3`
merges cells, `!hide 4` hides a row.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from policyengine.tables.cells import letters

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(E\+?[0-9]+)?")
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMATS = ["General", "yyyy-mm-dd"]


@dataclass(frozen=True)
class TextFile:
    """What a text file of `tests/bad/table` says."""

    heads: dict[str, list[str]]
    tables: dict[str, str]


def read_text_file(text: str) -> TextFile:
    head, *parts = re.split(r"^=== (.+)\n", text, flags=re.M)
    heads: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        heads.setdefault(name, []).append(value)
    return TextFile(heads, dict(zip(parts[::2], parts[1::2], strict=True)))


def files_of(tables: dict[str, str]) -> dict[str, bytes]:
    """The bytes of each file: text as it is, the sheets of a workbook (`汇总.xlsx > 项目`) together."""
    found: dict[str, bytes] = {}
    sheets: dict[str, dict[str, str]] = {}
    for name, text in tables.items():
        file, arrow, title = name.partition(" > ")
        if arrow:
            sheets.setdefault(file, {})[title] = text
        else:
            found[name] = text.encode()
    return found | {file: workbook(parts) for file, parts in sheets.items()}


def workbook(sheets: dict[str, str], parts: dict[str, str] | None = None, epoch_1904: bool = False) -> bytes:
    """A workbook of the described sheets. `parts`: parts to add or replace, as text."""
    formats = list(_FORMATS)
    made = {
        f"xl/worksheets/sheet{i}.xml": sheet_xml(text, formats) for i, text in enumerate(sheets.values(), 1)
    }
    listed = "".join(
        f'<sheet name="{escape(title)}" sheetId="{i}" r:id="rId{i}"/>' for i, title in enumerate(sheets, 1)
    )
    date1904 = '<workbookPr date1904="1"/>' if epoch_1904 else ""
    made["xl/workbook.xml"] = (
        f'{_HEAD}<workbook {_MAIN} xmlns:r="{_RELATIONS}">{date1904}<sheets>{listed}</sheets></workbook>'
    )
    targets = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    made["xl/_rels/workbook.xml.rels"] = (
        f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{targets}</Relationships>'
    )
    codes = "".join(
        f'<numFmt numFmtId="{200 + i}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for i, code in enumerate(formats)
    )
    uses = "".join(f'<xf numFmtId="{200 + i}"/>' for i in range(len(formats)))
    made["xl/styles.xml"] = (
        f"{_HEAD}<styleSheet {_MAIN}><numFmts>{codes}</numFmts><cellXfs>{uses}</cellXfs></styleSheet>"
    )
    made |= parts or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.items():
            archive.writestr(name, text)
    return out.getvalue()


def sheet_xml(text: str, formats: list[str]) -> str:
    """The XML of one sheet: lines of cells divided by `|`, with white space around them."""
    lines = text.rstrip("\n").split("\n")
    merges = [line.removeprefix("!merge ") for line in lines if line.startswith("!merge ")]
    hidden = {line.removeprefix("!hide ") for line in lines if line.startswith("!hide ")}
    rows = []
    for number, line in enumerate((line for line in lines if not line.startswith("!")), 1):
        cells = _split(line)
        body = "".join(_cell(f"{letters(i)}{number}", cell, formats) for i, cell in enumerate(cells, 1))
        mark = ' hidden="1"' if str(number) in hidden else ""
        rows.append(f'<row r="{number}"{mark}>{body}</row>')
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in merges)
    return f"{_HEAD}<worksheet {_MAIN}><sheetData>{''.join(rows)}</sheetData><mergeCells>{merged}</mergeCells></worksheet>"


def _split(line: str) -> list[str]:
    """Cells of a line; a `|` inside braces belongs to a format."""
    return [cell.strip() for cell in re.findall(r"((?:\{[^}]*\}|[^|{])*)(?:\||$)", line)][
        : line.count("|") + 1
    ]


def _cell(at: str, text: str, formats: list[str]) -> str:
    if not text:
        return ""
    if text.startswith("="):
        formula, arrow, result = text[1:].partition(" → ")
        value = f"<v>{escape(result)}</v>" if arrow else ""
        return f'<c r="{at}"><f>{escape(formula)}</f>{value}</c>'
    if text.startswith("#"):
        return f'<c r="{at}" t="e"><v>{text}</v></c>'
    if text.startswith("{"):
        number, _, code = text[1:-1].partition("|")
        if code not in formats:
            formats.append(code)
        return f'<c r="{at}" s="{formats.index(code)}"><v>{number}</v></c>'
    if _NUMBER.fullmatch(text):
        return f'<c r="{at}"><v>{text}</v></c>'
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        days = (date.fromisoformat(text) - date(1899, 12, 30)).days
        return f'<c r="{at}" s="1"><v>{days}</v></c>'
    shown = escape(text.removeprefix("'"))
    return f'<c r="{at}" t="inlineStr"><is><t>{shown}</t></is></c>'
