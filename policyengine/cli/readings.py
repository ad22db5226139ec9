"""`policyengine readings`: the register of a policy's open questions, priced for cases where some are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from policyengine.cli.asked import Asked, case_options
from policyengine.cli.common import choose_policy, fail, lang_option, write
from policyengine.cli.run import opened


@click.command(
    "readings",
    help="口径登记表：原文哪里有疑问、有哪几种读法和理由、默认哪一种、谁来定、定了没有。"
    "参数写政策（文件夹或编号），也可以写申报材料：再列出每种读法下各得多少。",
)
@click.argument("what", metavar="[POLICY] [CASE...]", nargs=-1)
@case_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "json", "csv"]),
    default="text",
    help="输出格式 / output format",
)
@click.option("-o", "--output", "out", help="写入文件 / write to a file")
@lang_option
def command(what: tuple[str, ...], format_: str, out: str | None, lang: str, **options: Any) -> None:
    """Print the register."""
    from policyengine import api
    from policyengine.diagnostics import CaseError, PolicyError
    from policyengine.render import json, markdown, readings, text

    files = [word for word in what if word == "-" or Path(word).is_file()]
    policies = [word for word in what if word not in files]
    if len(policies) > 1 or (policies and options["policy"]):
        raise click.UsageError("只能写一份政策 / only one policy can be named")
    options["policy"] = options["policy"] or next(iter(policies), None)
    try:
        priced: list[Any] = []
        plans: Any = None
        for name in files:
            _, plans, chosen, cases, *_ = opened(name, lang, Asked(**options))
            priced += [each for case in cases for each in readings.priced(api.decide(plans, case, chosen))]
        if plans is None:
            plans = api.compile(api.load(choose_policy(options["policy"], "", lang), sets=options["sets"]))
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    policy = plans.policy
    if format_ == "json":
        write(json.draw(readings.document(policy, priced)), out)
    elif format_ == "csv":
        write(readings.table(policy, priced, lang), out, bom=True)
    else:
        drawer = markdown.draw if format_ == "md" else text.draw
        write(drawer(readings.blocks(policy, priced, lang)), out)
