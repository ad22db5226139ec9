"""The blank workbook: typed columns, lists to choose from, the question behind each header as a comment, an example row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from policyengine import model as m
from policyengine.diagnostics import width
from policyengine.tables.book import FORMATS, office
from policyengine.tables.cells import letters
from policyengine.tables.form import FormColumn, FormSheet

ROWS = 2_000  # that are prepared for filling in
GUIDE, OPTIONS = "填写说明", "选项"
_INLINE = 200  # characters of a list that fit into a validation
_CREATED = datetime(2000, 1, 1)


def write_form(policy: m.Policy, sheets: tuple[FormSheet, ...], name: str) -> bytes:
    """The bytes of the workbook. Raises CaseError where the library that writes it is not installed."""
    xlsxwriter = office(name)
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True})  # fmt: skip
    workbook.set_properties(
        {"created": _CREATED, "title": policy.header.title.zh, "subject": policy.header.number}
    )
    _Book(workbook, policy, sheets).write()
    workbook.close()
    return out.getvalue()


class _Book:
    def __init__(self, workbook: Any, policy: m.Policy, sheets: tuple[FormSheet, ...]) -> None:
        self.workbook, self.policy, self.sheets = workbook, policy, sheets
        add = workbook.add_format
        self.heads = {
            True: add({"bold": True, "bg_color": "#E3EDEA", "border": 1, "text_wrap": True, "valign": "vcenter"}),
            False: add({"bold": True, "bg_color": "#F3EBDD", "border": 1, "text_wrap": True, "valign": "vcenter"}),
        }  # fmt: skip
        self.looks = {kind: add({"num_format": code}) for kind, code in FORMATS.items()}
        self.faint = {kind: add({"num_format": code, "italic": True, "font_color": "#8A8A8A"}) for kind, code in FORMATS.items()}  # fmt: skip
        self.bold = add({"bold": True, "font_size": 14})
        self.wrap = add({"text_wrap": True, "valign": "top"})
        self.lists: list[tuple[str, ...]] = []
        self.titles = {sheet.kind: sheet.title for sheet in sheets}

    def write(self) -> None:
        guide = self.workbook.add_worksheet(GUIDE)
        for sheet in self.sheets:
            self.sheet(self.workbook.add_worksheet(sheet.title), sheet)
        self.guide(guide)
        if self.lists:
            hidden = self.workbook.add_worksheet(OPTIONS)
            for column, options in enumerate(self.lists):
                for row, option in enumerate(options):
                    hidden.write_string(row, column, option)
            hidden.hide()

    def guide(self, sheet: Any) -> None:
        sheet.set_column(0, 0, 110, self.wrap)
        sheet.hide_gridlines(2)
        for row, line in enumerate(self.lines()):
            sheet.write_string(row, 0, line, self.bold if row == 0 else self.wrap)

    def lines(self) -> Iterator[str]:
        header = self.policy.header
        yield f"申报表：{header.title.zh}（{header.number}）"
        yield "一张表填一类对象，一行一个。灰色斜体的一行是虚构的示例，读表时自动跳过，可以删去。"
        yield "不知道的留空：留空是“不知道”，不当作“否”，也不当作零。确实没有的写 无。"
        yield "金额按表头的单位只写数，例如表头是万元，八百万元就写 800。最多到分。"
        yield "日期写成 2021-06-01。能选的单元格点右边的箭头选。代码、编号按文本填，不要变成数。"
        yield "不要合并单元格，不要写合计行，不要用公式。可以加自己的列（如 备注），会原样带到结果里。"
        yield "把鼠标放在表头上，能看到问的是什么、谁来填、凭什么证明、依据哪一条。"
        for title in self.titles.values():
            yield f"　· {title}"
        yield f"填好以后运行：policyengine evaluate 本文件.xlsx -o 结果.xlsx --policy {self.policy.id}"

    def sheet(self, sheet: Any, made: FormSheet) -> None:
        sheet.set_row(0, 34)
        for i, column in enumerate(made.columns):
            look = self.look(column)
            sheet.set_column(i, i, max(12, min(26, width(column.header) + 3)), self.looks[look])
            needed = column.kind in ("id", "reference")
            sheet.write_string(0, i, column.header, self.heads[needed])
            comment = "\n".join(column.comment)
            sheet.write_comment(0, i, comment, {"x_scale": 3, "y_scale": 1 + len(comment) // 60, "author": "policyengine"})  # fmt: skip
            self.example(sheet, i, column)
            rule = self.rule(column)
            if rule is not None:
                sheet.data_validation(1, i, ROWS, i, rule)
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.set_paper(9)

    def look(self, column: FormColumn) -> str:
        """How the cells of a column are typed."""
        if column.kind == "money":
            return "wan" if column.decimals > 2 else "yuan"
        return {"date": "date", "count": "count", "years": "count"}.get(column.kind, "text") if not column.unit else "wan"  # fmt: skip

    def example(self, sheet: Any, i: int, column: FormColumn) -> None:
        value, look = column.example, self.faint[self.look(column)]
        if isinstance(value, str):
            sheet.write_string(1, i, value, look)
        elif isinstance(value, date):
            sheet.write_datetime(1, i, datetime(value.year, value.month, value.day), look)
        elif isinstance(value, Decimal):
            sheet.write_number(1, i, value, look)

    def rule(self, column: FormColumn) -> dict[str, Any] | None:
        """What the spreadsheet lets a person enter."""
        told = {
            "error_title": "填写提示",
            "error_message": "这里填的不对，请看表头的批注。",
            "ignore_blank": True,
        }
        if column.options:
            return {"validate": "list", "source": self.source(column.options), **told}
        if column.refers:
            return {"validate": "list", "source": f"='{column.refers}'!$A$2:$A${ROWS}", **told, "error_type": "warning"}  # fmt: skip
        if column.kind == "date":
            first, last = datetime(1990, 1, 1), datetime(2100, 1, 1)
            kind = {"validate": "date", "criteria": "between", "minimum": first, "maximum": last, **told}
            return kind | {"error_type": "warning"}  # 无 must stay possible
        if column.low is not None and column.high is not None:
            kind_ = "integer" if column.decimals == 0 else "decimal"
            return {"validate": kind_, "criteria": "between", "minimum": column.low, "maximum": column.high, **told, "error_type": "warning"}  # fmt: skip
        return None

    def source(self, options: tuple[str, ...]) -> list[str] | str:
        """A list in the validation itself, or on the hidden sheet where it is too long for that."""
        if sum(len(option) + 1 for option in options) <= _INLINE and not any("," in o for o in options):
            return list(options)
        if options not in self.lists:
            self.lists.append(options)
        name = letters(self.lists.index(options) + 1)
        return f"='{OPTIONS}'!${name}$1:${name}${len(options)}"
