"""`policyengine explain`: a decision with its reasons, at one of three depths."""

from __future__ import annotations

from typing import Any

import click

from policyengine.cli.asked import case_options
from policyengine.cli.common import lang_option
from policyengine.cli.run import run_cases
from policyengine.cli.tables import apart, is_table, run_explain, table_options

DEPTHS = {
    "结论": "summary",
    "逐步": "steps",
    "全部": "full",
    "summary": "summary",
    "steps": "steps",
    "full": "full",
}


@click.command("explain", help="说明认定：结论、逐步、全部三种详略，每一步带条文原话。")
@click.argument("files", metavar="CASE...", nargs=-1, required=True)
@case_options
@table_options
@click.option("--depth", type=click.Choice(list(DEPTHS)), default="逐步", help="详略 / depth")
@click.option("--row", type=click.IntRange(1), help="表格里的第几行 / this row of a table")
@click.option("--id", "only", help="只说明一个申报 / only this application")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "html", "json"]),
    default="text",
    help="输出格式 / output format",
)
@click.option("-o", "--output", "out", help="写入文件 / write to a file")
@lang_option
def command(
    files: tuple[str, ...],
    depth: str,
    only: str | None,
    format_: str,
    out: str | None,
    lang: str,
    row: int | None,
    from_: str | None,
    **options: Any,
) -> None:
    """Explain and print."""
    asked, reading = apart(options, from_)
    if is_table(files, from_):
        run_explain(files, DEPTHS[depth], format_, out, lang, (only, row), reading)
        return
    run_cases(files, DEPTHS[depth], format_, out, lang, asked, only)
