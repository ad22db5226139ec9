"""`policyengine sample`: synthetic applications under a policy, to try things out on."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import click

from policyengine.cli.common import choose_policy, fail, lang_option, note, write, write_bytes


@click.command(
    "sample", help="造一批虚构的申报（合成数据），同一个种子每次都一样。-o 按 .xlsx .csv .jsonl 定格式。"
)
@click.argument("policy", required=False)
@click.option(
    "-n",
    "--number",
    "count",
    type=click.IntRange(1, 1_000_000),
    default=100,
    help="几件申报 / how many applications",
)
@click.option("--seed", type=int, default=1, help="随机种子 / seed")
@click.option(
    "--boundary", is_flag=True, help="金额多取在门槛、上限上下一分 / amounts on and beside thresholds"
)
@click.option("-o", "--output", "out", required=True, metavar="FILE", help="写入文件 / the file to write")
@lang_option
def command(policy: str | None, count: int, seed: int, boundary: bool, out: str, lang: str) -> None:
    """Write synthetic applications."""
    from policyengine import api
    from policyengine.asked import asked
    from policyengine.diagnostics import CaseError, PolicyError
    from policyengine.tables import sample
    from policyengine.tables.form import title_of

    if Path(out).suffix.lower() not in (".xlsx", ".csv", ".jsonl"):
        raise click.UsageError("写成 .xlsx、.csv 或 .jsonl / write .xlsx, .csv or .jsonl")
    try:
        plans = api.compile(api.load(choose_policy(policy, "", lang)))
        draw = random.Random(seed).randrange
        pages = sample.sample(plans, asked(plans.last), count, draw, boundary)
        main = title_of(plans.last.policy.entities[plans.last.application.entity])
        files = _write(pages, main, out, lang)
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    names = " ".join(files)
    note(
        f"写好了 {'、'.join(files)}：{count}件合成申报，不是真实数据；policyengine evaluate {names}",
        f"wrote {', '.join(files)}: {count} synthetic applications; policyengine evaluate {names}",
        lang,
    )


def _write(pages: Any, main: str, out: str, lang: str) -> list[str]:
    """One workbook, or a file for each kind: that of the applications bears the name that was given."""
    from policyengine.tables import book, flat, sample

    target, files = Path(out), []
    form = target.suffix.lower()
    if form == ".xlsx":
        write_bytes(book.write_book(pages, out, {"title": sample.MARK}), out)
        return [out]
    for page in sorted(pages, key=lambda p: p.title != main):
        name = (
            out if page.title == main else str(target.with_name(f"{target.stem}.{page.title}{target.suffix}"))
        )
        if form == ".csv":
            write(flat.csv_text(page), name, bom=True)
        else:
            write(_lines(page), name)
        files.append(name)
    return files


def _lines(page: Any) -> str:
    """A page as JSON Lines: what is not said is left out, numbers are exact."""
    from decimal import Decimal

    from policyengine import exact

    def shown(value: Any) -> str:
        return exact.text(Decimal(value)) if isinstance(value, Decimal | int) else json.dumps(str(value), ensure_ascii=False)  # fmt: skip

    names = [json.dumps(column.header, ensure_ascii=False) for column in page.columns]
    said = (", ".join(f"{n}: {shown(v)}" for n, v in zip(names, row, strict=True) if v is not None) for row in page.rows)  # fmt: skip
    return "".join(f"{{{pairs}}}\n" for pairs in said)
