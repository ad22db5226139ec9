"""`policyengine graph`: the compiled plan as text, Mermaid or Graphviz."""

from __future__ import annotations

import click

from policyengine.cli.common import choose_policy, fail, lang_option, write


@click.command(
    "graph", help="输出计算图：每个节点是什么、依据哪一条、读取什么。POLICY 是文件夹或编号，可加 +修订.yaml。"
)
@click.argument("policy", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "mermaid", "dot"]),
    default="text",
    help="输出格式 / output format",
)
@click.option(
    "--of", "of", metavar="NAME", default="", help="只要这一项和它所依赖的 / only this and what it depends on"
)
@click.option("-o", "--output", "out", help="写入文件 / write to a file")
@lang_option
def command(policy: str | None, format_: str, of: str, out: str | None, lang: str) -> None:
    """Draw and print."""
    from policyengine import api, graph
    from policyengine.diagnostics import PolicyError
    from policyengine.render import text

    try:
        plan = api.compile(api.load(choose_policy(policy, "", lang))).last
    except PolicyError as error:
        fail(error, lang)
    drawn = graph.graph(plan, lang, _one(graph.named(plan, of), of, list(plan.nodes)) if of else "")
    if format_ == "text":
        write(text.draw(graph.blocks(drawn)), out)
    else:
        write(graph.mermaid(drawn) if format_ == "mermaid" else graph.dot(drawn), out)


def _one(found: list[str], word: str, known: list[str]) -> str:
    """The one node that is meant."""
    from policyengine.nearest import meant, nearest

    if len(found) == 1:
        return found[0]
    if found:
        names = "、".join(found)
        raise click.UsageError(
            f"“{word}”有几个，请写编号：{names} / several are called so: {', '.join(found)}"
        )
    if close := nearest(word, known, 40):
        words = meant(close)
        raise click.UsageError(f"没有“{word}”，{words['meant_zh']} / no `{word}`, {words['meant_en']}")
    raise click.UsageError(f"没有“{word}” / no `{word}`")
