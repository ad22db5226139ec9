"""The work behind `evaluate` and `explain` on tables: read, decide, account for every row, write."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from policyengine.cli import told
from policyengine.cli.asked import STDIN, Asked
from policyengine.cli.columns import ENGINES
from policyengine.cli.common import (
    CannotWrite,
    choose_policy,
    each_once,
    fail,
    note,
    quoted,
    reads,
    write,
)
from policyengine.cli.journal import Journal
from policyengine.cli.progress import progress

F = TypeVar("F", bound=Callable[..., Any])

REPORTS = ("申报汇总表", "审核意见表", "拟公示名单", "资金拨付表", "未通过清单", "共同体分配表")
OF_TABLES = (
    "sheets",
    "header_row",
    "maps",
    "map_file",
    "encoding",
    "complete",
    "strict",
    "resume",
    "reports",
    "row",
    "engine",
)
OF_CASES = ("depth_of_cases",)


@dataclass(frozen=True, slots=True)
class TablesAsked:
    """What a command asks for besides its tables: how to decide, and how they are read."""

    asked: Asked
    sheets: tuple[str, ...] = ()
    header_row: int | None = None
    maps: tuple[str, ...] = ()
    map_file: str | None = None
    encoding: str = "auto"
    complete: tuple[str, ...] = ()
    from_: str | None = None
    engine: str = "auto"

    def command(self, files: Iterable[str]) -> str:
        """The command that decides these tables again."""
        a = self.asked
        words = ["policyengine", "evaluate", *("-" if name == STDIN else name for name in files)]
        for option, values in (
            ("--policy", [a.policy]), ("--as-of", [a.as_of]), ("--reading", a.readings), ("--set", a.sets), ("--fact", a.facts),
            ("--sheet", self.sheets), ("--header-row", [self.header_row]), ("--map", self.maps), ("--map-file", [self.map_file]),
            ("--encoding", [self.encoding if self.encoding != "auto" else None]), ("--complete", self.complete), ("--from", [self.from_]),
        ):  # fmt: skip
            words += [word for value in values if value for word in (option, str(value))]
        return " ".join(quoted(word) for word in words)


def apart(options: dict[str, Any], from_: str | None) -> tuple[Asked, TablesAsked]:
    """The options of a command: how to decide, and that together with how tables are read."""
    names = [f.name for f in fields(Asked)]
    asked = Asked(**{name: options[name] for name in names})
    rest = {name: value for name, value in options.items() if name not in names}
    return asked, TablesAsked(asked, from_=from_, **rest)


def table_options(f: F) -> F:
    """The options that say how tables are read."""
    for option in reversed([
        click.option("--sheet", "sheets", multiple=True, metavar="TITLE[=对象]", help="读哪张表，里面是什么 / which sheet, and of what"),
        click.option("--header-row", type=click.IntRange(1), help="表头在第几行 / the row of the header"),
        click.option("--map", "maps", multiple=True, metavar="列名=事实", help="哪一列是哪一项；“不用”是不算 / what a column is"),
        click.option("--map-file", type=click.Path(exists=True, dir_okay=False), help="存好的对应关系 / a saved mapping"),
        click.option("--encoding", type=click.Choice(["auto", "utf-8", "gb18030", "utf-16"]), default="auto", help="CSV 的编码 / encoding of CSV"),
        click.option("--complete", multiple=True, metavar="对象", help="这一类已经列全，没有列的就是没有 / all of this kind are listed"),
        click.option("--from", "from_", type=click.Choice(["csv", "tsv", "xlsx", "jsonl"]), help="输入的格式（标准输入时要写）/ format of the input"),
        click.option("--engine", type=click.Choice(ENGINES), default="auto", help="长表按列认定还是逐件认定，结果一样 / by column or one by one, with the same result"),
    ]):  # fmt: skip
        f = option(f)
    return f


def is_table(files: tuple[str, ...], from_: str | None) -> bool:
    """Whether a command is given tables; tables and case files do not mix."""
    from policyengine.tables.read import format_of

    found = [bool(from_) or bool(format_of(name)) for name in files]
    tables = any(found)
    if tables and not all(found):
        raise click.UsageError(
            "表格和 YAML、JSON 材料要分开算 / tables and case files go in separate commands"
        )
    context = click.get_current_context()
    for name in OF_CASES if tables else OF_TABLES:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = next(p.opts[0] for p in context.command.params if p.name == name)
            what = "YAML、JSON 材料 / is for case files" if tables else "表格 / is for tables"
            raise click.UsageError(f"{option} 只用于{what}")
    return tables


def run_tables(
    files: tuple[str, ...],
    format_: str,
    out: str | None,
    lang: str,
    flags: tuple[bool, bool],
    reports: tuple[str, ...],
    reading: TablesAsked,
) -> None:
    """Decide every row of the tables and write the result; end with 3 where rows are unaccounted for.

    `flags`: `--strict` and `--resume`.
    """
    from policyengine.diagnostics import CaseError, PolicyError
    from policyengine.tables import pages
    from policyengine.tables.told import MOST

    each_once(files)
    for name in files:
        reads(name)
    target = _target(format_, out)
    if reports and (target not in ("xlsx", "csv") or (target == "csv" and len(reports) > 1)):
        raise click.UsageError(
            "--report 写成 .xlsx；只有一张时也可以写成 .csv / --report goes to .xlsx, a single one also to .csv"
        )
    strict, resume = flags
    if resume and out in (None, "-"):
        raise click.UsageError("--resume 要和 -o 文件一起用 / --resume goes with -o")
    journal = Journal(str(out), lang, resume) if out not in (None, "-") else None
    with (
        _no_litter(),
        TemporaryDirectory(
            prefix="policyengine-", ignore_cleanup_errors=True
        ) as folder,  # a stop may leave files open
        _kept(journal, files, reading, out, reports, strict),
    ):
        try:
            explained = MOST if target == "xlsx" else 0
            found = decide(
                files, lang, reading, None if reports else Path(folder), journal=journal, explained=explained
            )
            batch = found.outline
            about = pages.About(
                tuple(_about(found.plans, found.inputs, found.readings, reading, lang)),
                tuple(sorted(found.readings.items())),
            )
            told.report(batch, lang)
            if not batch.accounts or not any(account.rows for account in batch.accounts):
                raise click.UsageError("表里没有申报的行 / the tables hold no rows")
            if found.bulk is not None and target in ("csv", "parquet") and out not in (None, "-"):
                written = told.write_long(found, target, str(out), lang, Path(folder))
            else:
                written = told.write_result(found.batch, about, target, out, reports, lang)
            if found.bulk is not None:
                found.bulk.connection.close()  # before its folder goes
        except (PolicyError, CaseError) as error:
            fail(error, lang)
    if written:
        note(f"写入  {'、'.join(written)}", f"wrote  {', '.join(written)}", lang)
    if not found.adds_up:
        note(
            "行数对不上，结果不要用，请把文件发给维护者",
            "the rows do not add up: do not use the result, report it",
            lang,
        )
        sys.exit(3)
    if (strict and batch.rejected) or not (batch.done or batch.by_columns):
        sys.exit(3)


@contextmanager
def _no_litter() -> Iterator[None]:
    """Without looking for garbage: nearly all that is made of a table is needed until its result is written."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _kept(
    journal: Journal | None, files: tuple[str, ...], reading: TablesAsked, out: str | None, reports: tuple[str, ...], strict: bool
) -> Iterator[None]:  # fmt: skip
    """A run that is broken off says how to go on; one that is done leaves nothing behind."""
    try:
        yield
    except (KeyboardInterrupt, CannotWrite) as error:
        if journal is not None and journal.broken_off():
            words = ["-o", str(out), *(word for name in reports for word in ("--report", name))]
            words += ["--engine", reading.engine] if reading.engine != "auto" else []
            words += [
                *(["--strict"] if strict else []),
                *(["--lang", journal.lang] if journal.lang != "zh" else []),
                "--resume",
            ]
            again = f"{reading.command(files)} {' '.join(map(quoted, words))}"
            note(
                f"已经认定的留着，接着算：{again}",
                f"what was decided is kept; go on with: {again}",
                journal.lang,
            )
        raise error
    if journal is not None:
        journal.done()


@dataclass(frozen=True, slots=True)
class Found:
    """A table decided: the plans, the readings, the inputs with their bytes, and what came of it, one by one (`scalar`)
    or by column (`bulk`)."""

    plans: Any
    readings: dict[str, str]
    inputs: list[Any]
    scalar: Any = None
    bulk: Any = None

    @property
    def batch(self) -> Any:
        """All decisions."""
        if self.bulk is None:
            return self.scalar
        from policyengine.bulk import answers

        return answers.batch(self.bulk)

    @property
    def outline(self) -> Any:
        """The accounts, the notes and the rows set aside; the decisions only where they are at hand."""
        if self.bulk is None:
            return self.scalar
        from policyengine.bulk import answers

        return answers.outline(self.bulk)

    @property
    def adds_up(self) -> bool:
        return bool((self.bulk or self.scalar).adds_up)


def decide(
    files: tuple[str, ...], lang: str, reading: TablesAsked, folder: Path | None = None, which: tuple[str | None, int | None] = (None, None),
    journal: Journal | None = None, explained: int = 0,
) -> Found:  # fmt: skip
    """Decide tables.

    `folder`: for temporary files, where it may be done by column. `which`: the id or row of the only application that is
    asked for; with it comes at least all that is linked with it. `journal`: keeps what is decided one by one.
    `explained`: of how many of the first the explanations are wanted.
    """
    from policyengine import api
    from policyengine.asked import asked
    from policyengine.cli.columns import by_columns, linked_with, wanted
    from policyengine.cli.run import no_header, plans_of, world_of
    from policyengine.tables.batch import decide_tables
    from policyengine.tables.read import read_tables

    plans = plans_of(api, choose_policy(reading.asked.policy, "", lang), reading.asked, no_header())
    readings = api.with_readings(plans, reading.asked.readings)
    inputs = [_input(name, reading.from_) for name in files]
    how, missed = _how(reading), asked(plans.last).default
    if journal is not None:
        journal.begin(plans, _belongs(plans, inputs, readings, reading, how))
    with progress(lang) as watch:
        plain = folder is not None and not reading.asked.as_of and not reading.asked.facts
        if reading.engine in ("columns", "spark") and not plain:
            raise click.UsageError(
                f"--engine {reading.engine} 不能和 --report、--as-of、--fact 一起用 / does not go with --report, --as-of or --fact"
            )
        if folder is not None and plain and wanted(inputs, reading.engine):
            from policyengine.bulk.deciding import Asked as Tables

            tables = Tables(
                plans, tuple(inputs), how, missed, readings, folder,
                watch=watch, journal=journal, explained=explained, steps=watch.steps if watch else None,
            )  # fmt: skip
            if which != (None, None):
                linked = linked_with(tables, *which)
                if linked is not None:
                    return Found(plans, readings, inputs, linked)
            elif (bulk := by_columns(tables, reading.engine)) is not None:
                return Found(plans, readings, inputs, bulk=bulk)
        whole = read_tables(plans.policy, inputs, how, missed)

        def change(case: Any) -> Any:
            return world_of(api, plans, case, no_header(), reading.asked)

        batch = decide_tables(plans, whole, readings, change, watch=watch, journal=journal)
        return Found(plans, readings, inputs, batch)


def _belongs(
    plans: Any, inputs: list[Any], readings: dict[str, str], reading: TablesAsked, how: Any
) -> dict[str, str]:
    """What the answers of a run belong to, by what people call it."""
    from policyengine.tables.journal import FORM

    p = _provenance(plans, inputs, readings, reading)
    return {
        "程序版本": f"{p.engine}/{FORM}", "政策内容": p.policy_hash, "原文": p.text_hash, "输入文件": p.input_hash,
        "口径": repr(p.readings), "改动": repr(p.changed), "命令": p.command, "--engine": reading.engine, "怎样读表": repr(how),
    }  # fmt: skip


def run_explain(
    files: tuple[str, ...], depth: str, format_: str, out: str | None, lang: str, which: tuple[str | None, int | None], reading: TablesAsked
) -> None:  # fmt: skip
    """Explain one row of the tables."""
    from policyengine import api
    from policyengine.cli import again
    from policyengine.cli.run import drawn
    from policyengine.diagnostics import CaseError, PolicyError

    only, row = which
    if only is None and row is None:
        raise click.UsageError(
            "表格要用 --id 或 --row 指明说明哪一行 / say which row of the table with --id or --row"
        )
    try:
        result = again.from_result(files)
        if result is not None:
            only, row = again.find(result, only, row), None
            files, reading = result.files, result.reading
        with TemporaryDirectory(prefix="policyengine-") as folder:
            found = decide(files, lang, reading, Path(folder), (only, row))
        plans, readings, inputs, batch = found.plans, found.readings, found.inputs, found.scalar
        if result is not None:
            again.unchanged(result, plans, inputs, lang)
        done = [
            d for d in batch.done if d.decision.subject.id == only or (only is None and d.row.number == row)
        ]
        if not done:
            _aside(batch, only, row, lang)
        provenance = _provenance(plans, inputs, readings, reading)
        decided = replace(batch.decided, decision=replace(batch.decided.decision, decisions=tuple(d.decision for d in done), results=()))  # fmt: skip
        explained = api.explain(decided, lang, provenance, depth)
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    write(drawn([explained], depth, format_, lang), out)


def _aside(batch: Any, only: str | None, row: int | None, lang: str) -> None:
    """Say that a row was set aside, or that there is no such row."""
    from policyengine.diagnostics import CaseError

    for item in batch.rejected:
        if only is None and item.row.number == row:
            raise CaseError(item.why)
    zh = f"没有认定过{'编号为“' + only + '”的申报' if only is not None else f'第{row}行'}"
    en = f"no application {only!r} was decided" if only is not None else f"row {row} was not decided"
    raise click.UsageError(f"{zh} / {en}")


def _target(format_: str, out: str | None) -> str:
    """What to write: by the end of the output's name, else by `--format`."""
    ending = Path(out).suffix.lower() if out and out != "-" else ""
    by_name = {
        ".xlsx": "xlsx",
        ".csv": "csv",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".parquet": "parquet",
    }.get(ending)
    if by_name:
        return by_name
    if format_ in ("json", "md", "html"):
        raise click.UsageError(
            "表格的结果写成 xlsx、csv、jsonl 或 text / tables are written as xlsx, csv, jsonl or text"
        )
    return format_


def _input(name: str, from_: str | None) -> Any:
    from policyengine.cli.run import data_of
    from policyengine.tables.read import Input, format_of

    if name == "-" and not from_:
        raise click.UsageError(
            "从标准输入读表要用 --from 写明格式 / name the format of standard input with --from"
        )
    data, shown = data_of(name)
    return Input(shown, data, from_ or format_of(name))


def _how(reading: TablesAsked) -> Any:
    from policyengine.tables.headers import Said, said_by
    from policyengine.tables.read import How, read_how

    sheets = dict(text.partition("=")[::2] for text in reading.sheets)
    how = How(
        Said(dict(said_by(reading.maps))), sheets, reading.complete, reading.header_row or 0, reading.encoding
    )  # fmt: skip
    if reading.map_file:
        how = read_how(Path(reading.map_file).read_bytes(), reading.map_file, how)
    return how


def _about(plans: Any, inputs: list[Any], readings: dict[str, str], reading: TablesAsked, lang: str) -> Any:
    """Names and texts for the page 版本."""
    p = _provenance(plans, inputs, readings, reading)
    header = plans.last.policy.header
    zh = lang == "zh"
    yield ("政策" if zh else "policy"), f"{header.title(lang)}（{header.number}）"
    yield ("政策编号" if zh else "policy id"), p.policy
    yield ("政策内容 SHA-256" if zh else "policy SHA-256"), p.policy_hash
    yield ("原文 SHA-256" if zh else "text SHA-256"), p.text_hash
    yield ("程序版本" if zh else "engine"), p.engine
    from policyengine import api

    for item in inputs:
        yield (f"输入 {item.name} SHA-256" if zh else f"input {item.name} SHA-256"), api.digest(item.data)
    for change in p.changed:
        yield ("改动" if zh else "changed"), change
    yield ("命令" if zh else "command"), p.command


def _provenance(plans: Any, inputs: list[Any], readings: dict[str, str], reading: TablesAsked) -> Any:
    from policyengine.cli.run import no_header, provenance_of

    names = " ".join(item.name for item in inputs)
    made = provenance_of(plans, names, [item.data for item in inputs], readings, no_header(), reading.asked)
    return replace(made, command=reading.command(item.name for item in inputs))
