"""`policyengine test`: the worked cases beside a policy."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from policyengine.cli.common import choose_policy, fail, lang_option, note


@click.command("test", help="运行政策文件夹 tests/ 里的算例，逐个比对结论、金额和理由。")
@click.argument("policy", required=False)
@click.option("-k", "word", default="", help="只运行名称含这个词的算例 / only scenarios with this word")
@lang_option
def command(policy: str | None, word: str, lang: str) -> None:
    """Run and report; exit code 1 where a scenario differs."""
    from policyengine import api, scenarios
    from policyengine.diagnostics import CaseError, PolicyError

    try:
        plans = api.compile(api.load(choose_policy(policy, "", lang)))
        chosen = [
            s
            for s in scenarios.read_scenarios(scenarios.files(Path(plans.timeline.location)))
            if word in s.name
        ]
        outcomes = [scenarios.run(plans, api.types(plans), scenario) for scenario in chosen]
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        click.echo(f"{outcome.scenario.span.place}: {outcome.scenario.name}")
        for d in outcome.differences:
            words = (
                f"应为 {d.expected}，得到 {d.got}" if lang == "zh" else f"expected {d.expected}, got {d.got}"
            )
            click.echo(f"  {d.what}：{words}")
    note(
        f"算例{len(outcomes)}个，{len(failed)}个不符",
        f"{len(outcomes)} scenarios, {len(failed)} differ",
        lang,
    )
    sys.exit(1 if failed else 0)
