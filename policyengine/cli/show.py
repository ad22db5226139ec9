"""`policyengine show`: what a clause, name, body or code means, and what depends on it."""

from __future__ import annotations

import sys
from typing import Any

import click

from policyengine.cli.common import choose_policy, fail, lang_option, not_empty, note, write

_HELP = (
    "查看：条款或句子（四.1、四·1、四.1/1）、参数、填报事项、条件、奖补项目、口径等（编号或中文名称）、"
    "单位（区财政局）、诊断代码（unknown-name）、全文。"
)


@click.command("show", help=_HELP)
@click.argument("what")
@click.option(
    "--policy",
    callback=not_empty,
    help="政策文件夹或编号，可加 +修订.yaml / policy folder or id, with +overlay.yaml",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    help="输出格式 / output format",
)
@lang_option
def command(what: str, policy: str | None, format_: str, lang: str) -> None:
    """Find and print; exit code 2 where nothing is meant by the word."""
    from policyengine import show

    page = show.code_page(what, lang)
    found, id_ = ([page], "") if page else _in_policy(show, what, policy, lang)
    write(_drawn(show, found, what, id_, format_), None)


def _in_policy(show: Any, what: str, policy: str | None, lang: str) -> tuple[list[Any], str]:
    from policyengine import api
    from policyengine.diagnostics import PolicyError
    from policyengine.nearest import meant

    try:
        plans = api.compile(api.load(choose_policy(policy, "", lang)))
    except PolicyError as error:
        fail(error, lang)
    book = show.Book(plans, lang)
    overlays = plans.last.policy.overlays
    if overlays:
        titles = [overlay.title(lang) for overlay in overlays]
        note(f"叠加了修订：{'、'.join(titles)}", f"with the amendments: {', '.join(titles)}", lang)
    found = show.pages(book, what)
    if not found:
        close = meant(show.near(book, what))
        note(f"没有找到“{what}”", f"nothing is called `{what}`", lang)
        if close["meant_zh"]:
            note(close["meant_zh"], close["meant_en"], lang)
        sys.exit(2)
    return found, plans.base.policy.id


def _drawn(show: Any, found: list[Any], what: str, policy: str, format_: str) -> str:
    from policyengine.render import json, markdown, text

    if format_ == "json":
        return json.draw(show.as_json(found, what, policy))
    drawn: str = markdown.draw(show.blocks(found)) if format_ == "md" else text.draw(show.blocks(found))
    return drawn
