"""What `evaluate` says of tables and writes: accounts, what was set aside, the summary, the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from policyengine.cli.common import CannotWrite, note, whole_file, write, write_bytes
from policyengine.cli.summing import by_clause, by_program, listed, summary, to_look_at
from policyengine.unread import reason

SHOWN = 20  # rows set aside that are listed on the terminal


def report(batch: Any, lang: Any) -> None:
    """To standard error: what was read and how, what became of the rows, and what is wrong with those set aside."""
    from policyengine.tables.pages import counted, reasons

    zh = lang == "zh"
    for account in batch.accounts:
        note(f"读取  {account.name}  {counted(batch, account.name, lang)}", f"read  {account.name}  {counted(batch, account.name, lang)}", lang)  # fmt: skip
    names = {account.name for account in batch.accounts}
    for name, words in batch.tables.notes:
        head = f"{name}：" if len(names) > 1 and name else ""
        click.echo(f"{'说明' if zh else 'note'}  {head}{words(lang)}", err=True)
    for item in batch.rejected[:SHOWN]:
        for sheet, _, place, message, advice, code in reasons(item, lang):
            head = f"{sheet} " if len(names) > 1 else ""
            click.echo(f"{'未处理' if zh else 'set aside'}  {head}{place}：{message}（{advice}）[{code}]" if zh else f"set aside  {head}{place}: {message} ({advice}) [{code}]", err=True)  # fmt: skip
    left = len(batch.rejected) - SHOWN
    if left > 0:
        note(
            f"……还有{left}行未处理，见结果的“未处理”",
            f"… and {left} more rows; see “set aside” in the result",
            lang,
        )


def write_result(
    batch: Any, about: Any, target: str, out: str | None, reports: tuple[str, ...], lang: Any
) -> list[str]:
    """Write the result; the names of the files."""
    from policyengine.tables import book, findings, flat, pages, result, typed
    from policyengine.tables.parquet import database
    from policyengine.tables.reports import report

    asked = tuple(report(name, batch) for name in reports)
    found = findings.findings(batch)
    if target == "xlsx":
        made = asked or result.result(batch, about, lang, found)
        if asked:
            made = (*asked, pages.rejected(batch, lang), pages.versions(batch, about, lang))
        try:
            data = book.write_book(made, str(out), {"title": about.pairs[0][1]})
        except OSError as error:
            zh, en = reason(error)
            raise CannotWrite(f"写不了 {out}：{zh} / cannot write {out}: {en}") from error
        write_bytes(data, str(out))
        click.echo(summary(batch, found, lang), nl=False)
        return [f"{out}（{'、'.join(page.title for page in made)}）" if lang == "zh" else f"{out} ({', '.join(page.title for page in made)})"]  # fmt: skip
    if target == "jsonl":
        write("".join(flat.json_lines(batch, lang)), out)
    elif target == "parquet":
        database(str(out))  # said before anything is written, where it is missing
        with _by_database(str(out)) as path:
            typed.write_parquet(asked[0] if asked else pages.details(batch, lang), str(path), str(out))
    elif target == "csv":
        write(flat.csv_text(asked[0] if asked else pages.details(batch, lang)), out, bom=True)
    else:
        write(listed(batch, lang) + summary(batch, found, lang), out)
    if out is None or out == "-":
        return []
    if target == "text":
        return [out]
    click.echo(summary(batch, found, lang), nl=False)
    return [out, *_beside(batch, found, target, out, lang)]


def _beside(batch: Any, found: Any, target: str, out: str, lang: Any) -> Iterator[str]:
    """Write what does not go into a file of one table beside it, `结果.未处理.csv`; the names of the files."""
    from policyengine.tables import findings, flat, pages

    made = [findings.page(batch.policy, found, lang)]
    if target != "jsonl":  # there they are lines of their own
        made.insert(0, pages.rejected(batch, lang))
    for page in made:
        if page.rows:
            name = str(Path(out).with_suffix(f".{page.title.replace(' ', '-')}.csv"))
            write(flat.csv_text(page), name, bom=True)
            yield name


def write_long(found: Any, target: str, out: str, lang: Any, folder: Path) -> list[str]:
    """Write what columns decided by the database itself; the names of the files."""
    from policyengine.bulk.writing import Writer
    from policyengine.tables import pages

    writer = Writer(found.bulk, lang, folder)
    with _by_database(out) as path:
        writer.write(path, target)
    to_see = writer.findings()
    policy = found.outline.policy
    parts = [by_program(pages.programs_page(policy, writer.tallies(), lang), lang)]
    parts += [by_clause(pages.clauses_page(policy, writer.stood(), lang), lang), to_look_at(to_see, lang)]
    click.echo("\n".join(part for part in parts if part), nl=False)
    return [out, *_beside(found.outline, to_see, target, out, lang)]


@contextmanager
def _by_database(out: str) -> Iterator[Path]:
    """Where the database is to write a file, whole or not at all."""
    import duckdb

    with whole_file(out) as path:
        try:
            yield path
        except duckdb.IOException as error:  # no room on the disk, for the result or on the way
            raise CannotWrite(f"写不了 {out} / cannot write {out}: {error}") from error
