"""`policyengine check`: everything that can be found wrong with a policy without a case."""

from __future__ import annotations

import sys

import click

from policyengine.cli.common import choose_policy, findings_format, lang_option, print_findings


@click.command("check", help="检查政策：POLICY 是文件夹或编号，可加 +修订.yaml。一次列出所有问题。")
@click.argument("policies", metavar="[POLICY]...", nargs=-1)
@findings_format
@click.option("--strict", is_flag=True, help="有警告也算不通过 / warnings count as errors")
@lang_option
def command(policies: tuple[str, ...], format_: str, strict: bool, lang: str) -> None:
    """Check and report; exit code 1 where there are errors."""
    from policyengine import api
    from policyengine.diagnostics import errors

    found = []
    for spec in policies or (choose_policy(None, "", lang),):
        plans, problems = api.check_files(spec)
        found += problems
        if plans is not None and not problems:
            p = plans.last.policy
            id_ = "+".join([p.id, *(overlay.id for overlay in p.overlays)])
            sentences = sum(len(clause.sentences) for clause in p.clauses.values())
            _say(
                f"{id_}：没有问题。原文{sentences}句，参数{len(p.parameters)}个，事实{len(p.facts)}项，口径{len(p.interpretations)}个，计算节点{len(plans.last.nodes)}个",
                f"{id_}: no findings. {sentences} sentences, {len(p.parameters)} parameters, {len(p.facts)} facts, {len(p.interpretations)} readings, {len(plans.last.nodes)} nodes",
                lang,
                format_,
            )
    if found or format_ == "json":
        print_findings(found, lang, format_, err=False)
    wrong = len(errors(found))
    if found:
        _say(
            f"错误{wrong}处，警告{len(found) - wrong}处",
            f"{wrong} errors, {len(found) - wrong} warnings",
            lang,
            format_,
        )
    sys.exit(1 if wrong or (strict and found) else 0)


def _say(zh: str, en: str, lang: str, format_: str) -> None:
    """A line of the result; beside JSON, which stands alone on standard output, a note."""
    click.echo(zh if lang == "zh" else en, err=format_ == "json")
