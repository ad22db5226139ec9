"""`policyengine evaluate`: decide the applications of case files."""

from __future__ import annotations

from typing import Any

import click

from policyengine.cli.asked import Asked, case_options
from policyengine.cli.common import lang_option
from policyengine.cli.run import run_cases


@click.command(
    "evaluate",
    help="认定申报：结论、金额、每一条不满足的条件、还缺什么。CASE 是 YAML、JSON 文件，- 为标准输入。",
)
@click.argument("files", metavar="CASE...", nargs=-1, required=True)
@case_options
@click.option(
    "--explain",
    "depth",
    type=click.Choice(["none", "summary", "steps", "full"]),
    default="summary",
    help="说明的详略 / how much to explain",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "json", "csv", "jsonl"]),
    default="text",
    help="输出格式 / output format",
)
@click.option("-o", "--output", "out", help="写入文件 / write to a file")
@lang_option
def command(
    files: tuple[str, ...], depth: str, format_: str, out: str | None, lang: str, **options: Any
) -> None:
    """Decide and print."""
    run_cases(files, depth, format_, out, lang, Asked(**options))
