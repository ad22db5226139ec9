"""`policyengine sql`: the whole policy as one commented SQL script."""

from __future__ import annotations

import click

from policyengine.cli.common import choose_policy, fail, lang_option, write


@click.command("sql", help="输出按列认定用的 SQL，每一列注明条款。POLICY 是文件夹或编号，可加 +修订.yaml。")
@click.argument("policy", required=False)
@click.option("--reading", "readings", multiple=True, metavar="ID=OPTION", help="选用口径 / choose a reading")
@click.option(
    "--set", "sets", multiple=True, metavar="PARAMETER=VALUE", help="假设参数取值（测算用）/ a what-if value"
)
@click.option(
    "--dialect",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    help="数据库 / the database it is for",
)
@click.option("-o", "--output", "out", help="写入文件 / write to a file")
@lang_option
def command(
    policy: str | None,
    readings: tuple[str, ...],
    sets: tuple[str, ...],
    dialect: str,
    out: str | None,
    lang: str,
) -> None:
    """Compile and print."""
    from policyengine import api
    from policyengine.columns import compile_query
    from policyengine.columns.dialect import DIALECTS
    from policyengine.columns.listing import script
    from policyengine.diagnostics import PolicyError

    try:
        plans = api.compile(api.load(choose_policy(policy, "", lang), sets=sets))
        query = compile_query(plans, api.with_readings(plans, readings), dialect=DIALECTS[dialect])
    except PolicyError as error:
        fail(error, lang)
    write(script(query, lang, DIALECTS[dialect]), out)
