"""`policyengine advise`: every admissible way of applying side by side."""

from __future__ import annotations

from typing import Any

import click

from policyengine.cli.asked import Asked, case_options
from policyengine.cli.common import fail, lang_option, write
from policyengine.cli.run import opened


@click.command(
    "advise",
    help="怎样报最好：企业可以自己选的（报哪一项、几个项目怎样排次序）逐一算出来并排比较，哪种最好，别的差在哪里。",
)
@click.argument("files", metavar="CASE...", nargs=-1, required=True)
@case_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    help="输出格式 / output format",
)
@click.option("-o", "--output", "out", help="写入文件 / write to a file")
@lang_option
def command(files: tuple[str, ...], format_: str, out: str | None, lang: str, **options: Any) -> None:
    """Weigh and print."""
    from policyengine import api
    from policyengine.diagnostics import CaseError, PolicyError
    from policyengine.render import advice, json, markdown, text

    try:
        found: list[tuple[Any, Any]] = []
        for name in files:
            _, plans, readings, cases, *_ = opened(name, lang, Asked(**options))
            found += [(plans.policy, api.advise(api.decide(plans, case, readings))) for case in cases]
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    if not any(each.groups for _, each in found):
        raise click.UsageError("材料里没有申报 / there is no application in the files")
    if format_ == "json":
        write(json.draw(advice.document(found[0][0], [each for _, each in found])), out)
        return
    drawer = markdown.draw if format_ == "md" else text.draw
    write(drawer([block for policy, each in found for block in advice.blocks(policy, each, lang)]), out)
