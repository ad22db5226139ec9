"""`policyengine test`: the worked cases beside a policy, and beside the overlays laid over it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from policyengine.cli.common import choose_policy, fail, lang_option


@click.command(
    "test",
    help="运行政策文件夹 tests/ 里的算例，逐个比对结论、金额和理由；加了 +修订.yaml，也运行修订文件旁边 tests/ 里同名的算例。",
)
@click.argument("policy", required=False)
@click.option("-k", "word", default="", help="只运行名称含这个词的算例 / only scenarios with this word")
@lang_option
def command(policy: str | None, word: str, lang: str) -> None:
    """Run and report; exit code 1 where a scenario differs, 2 where there is none."""
    from policyengine import api, scenarios
    from policyengine.diagnostics import CaseError, PolicyError

    try:
        plans = api.compile(api.load(choose_policy(policy, "", lang)))
        chosen = [s for s in scenarios.read_scenarios(_files(scenarios, plans)) if word in s.name]
        outcomes = [scenarios.run(plans, api.types(plans), scenario) for scenario in chosen]
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    if not chosen:
        raise click.UsageError(
            f"没有名称含“{word}”的算例 / no scenario is called `{word}`"
            if word
            else "没有算例：写在政策文件夹的 tests/ 里 / there are no scenarios in the policy's tests/"
        )
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        click.echo(f"{outcome.scenario.span.place}: {outcome.scenario.name}")
        for d in outcome.differences:
            words = (
                f"应为 {d.expected}，得到 {d.got}" if lang == "zh" else f"expected {d.expected}, got {d.got}"
            )
            click.echo(f"  {d.what}{'：' if lang == 'zh' else ': '}{words}")
    zh = f"算例{len(outcomes)}个，{len(failed)}个不符"
    click.echo(zh if lang == "zh" else f"{len(outcomes)} scenarios, {len(failed)} differ")
    sys.exit(1 if failed else 0)


def _files(scenarios: Any, plans: Any) -> list[Path]:
    """The scenario files of the policy, and of each overlay the one of its name in `tests/` beside it."""
    files: list[Path] = scenarios.files(Path(plans.timeline.location))
    for overlay in plans.last.policy.overlays:
        files += scenarios.files_of_overlay(Path(overlay.span.source.name))
    return files
