"""`policyengine template`: the workbook in which applications under a policy are filled in."""

from __future__ import annotations

from pathlib import Path

import click

from policyengine.cli.common import choose_policy, fail, lang_option, note, write_bytes


@click.command("template", help="做一份空白申报表（Excel）：每类对象一张表，带单位、下拉选项、批注和条款。")
@click.argument("policy", required=False)
@click.option(
    "-o", "--output", "out", required=True, metavar="FILE.xlsx", help="写入文件 / the file to write"
)
@click.option(
    "--all", "everything", is_flag=True, help="只在改选口径时才问的也列出 / also what other readings ask"
)
@lang_option
def command(policy: str | None, out: str, everything: bool, lang: str) -> None:
    """Write the workbook."""
    from policyengine import api
    from policyengine.asked import asked
    from policyengine.diagnostics import CaseError, PolicyError
    from policyengine.tables.form import form
    from policyengine.tables.form_book import write_form

    if Path(out).suffix.lower() != ".xlsx":
        raise click.UsageError("空白申报表是 .xlsx 文件 / a blank workbook ends with .xlsx")
    if Path(out).exists():
        raise click.UsageError(f"{out} 已经有了，没有改动 / {out} exists and was left alone")
    try:
        plans = api.compile(api.load(choose_policy(policy, "", lang)))
        sheets = form(plans.policy, asked(plans.last), everything)
        write_bytes(write_form(plans.policy, sheets, out), out)
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    titles = "、".join(sheet.title for sheet in sheets)
    note(f"写好了 {out}（{titles}）；填好以后运行：policyengine evaluate {out} -o 结果.xlsx", f"wrote {out} ({titles}); once filled in: policyengine evaluate {out} -o result.xlsx", lang)  # fmt: skip
