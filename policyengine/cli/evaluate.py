"""`policyengine evaluate`: decide the applications of case files."""

from __future__ import annotations

from typing import Any

import click

from policyengine.cli.asked import case_options
from policyengine.cli.common import lang_option
from policyengine.cli.run import run_cases
from policyengine.cli.tables import REPORTS, apart, is_table, run_tables, table_options


@click.command(
    "evaluate",
    help="认定申报：结论、金额、每一条不满足的条件、还缺什么。CASE 是 YAML、JSON 材料，或 Excel、CSV、JSON Lines 表格；- 为标准输入。",
)
@click.argument("files", metavar="CASE...", nargs=-1, required=True)
@case_options
@table_options
@click.option("--strict", is_flag=True, help="有未处理的行就以3结束 / end with 3 where rows are set aside")
@click.option("--resume", is_flag=True, help="接着上次没有算完的算 / go on with a run that was broken off")
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Choice(REPORTS),
    help="表格的结果只写这几张表 / only these tables",
)
@click.option(
    "--explain",
    "depth_of_cases",
    type=click.Choice(["none", "summary", "steps", "full"]),
    help="说明的详略，默认 summary，网页默认 steps / how much to explain",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "html", "json", "csv", "jsonl"]),
    default="text",
    help="输出格式 / output format",
)
@click.option(
    "-o", "--output", "out", help="写入文件，表格按 .xlsx .csv .jsonl .parquet 定格式 / write to a file"
)
@lang_option
def command(
    files: tuple[str, ...],
    depth_of_cases: str | None,
    format_: str,
    out: str | None,
    lang: str,
    strict: bool,
    resume: bool,
    reports: tuple[str, ...],
    from_: str | None,
    **options: Any,
) -> None:
    """Decide and print."""
    asked, reading = apart(options, from_)
    if is_table(files, from_):
        run_tables(files, format_, out, lang, (strict, resume), reports, reading)
        return
    depth = depth_of_cases or ("steps" if format_ == "html" else "summary")
    run_cases(files, depth, format_, out, lang, asked)
