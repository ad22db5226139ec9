"""A result workbook explained later: its page 版本 names the inputs, the policy and the command; nothing may have changed since."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from policyengine.cli.asked import Asked
from policyengine.cli.common import note
from policyengine.cli.tables import TablesAsked, apart

DETAILS, VERSIONS = ("明细", "decisions"), ("版本", "version")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a result says of itself: the files and options of its command, hashes by name, and ids by row."""

    files: tuple[str, ...]
    reading: TablesAsked
    hashes: dict[str, str]
    ids: dict[int, str]


def stored(name: str, data: bytes) -> Stored | None:
    """What a workbook says of itself; None where it is no result of ours."""
    from policyengine.tables.workbook import read_sheets, titles

    there = {title for title, _ in titles(data, name)}
    found = [
        (details, versions)
        for details, versions in zip(DETAILS, VERSIONS, strict=True)
        if {details, versions} <= there
    ]
    if not found:
        return None
    details, versions = read_sheets(data, name, found[0])
    pairs = {
        row.cells[1].text: row.cells[2].text for row in versions.rows if 1 in row.cells and 2 in row.cells
    }
    command = pairs.get("命令") or pairs.get("command") or ""
    heads = {cell.text: column for column, cell in details.rows[0].cells.items()} if details.rows else {}
    at = heads.get("编号") or heads.get("id") or 0
    ids = {row.number: row.cells[at].text for row in details.rows[1:] if at in row.cells}
    words = shlex.split(command)
    if words[:2] != ["policyengine", "evaluate"]:
        return None
    return Stored(*_parsed(words[2:]), pairs, ids)


def _parsed(words: list[str]) -> tuple[tuple[str, ...], TablesAsked]:
    """The files and the options of a stored command."""
    from policyengine.cli.evaluate import command

    params = command.make_context("evaluate", words).params
    names = {f.name for f in (*fields(Asked), *fields(TablesAsked))} - {"asked", "from_"}
    _, reading = apart({name: value for name, value in params.items() if name in names}, params["from_"])
    return params["files"], reading


def unchanged(result: Stored, plans: Any, inputs: list[Any], lang: str) -> None:
    """End with 3 where the policy or an input is not what it was."""
    from policyengine import api

    policy = result.hashes.get("政策内容 SHA-256") or result.hashes.get("policy SHA-256")
    wrong = [] if policy == plans.timeline.meaning_hash else ["政策 / the policy"]
    for item in inputs:
        was = result.hashes.get(f"输入 {item.name} SHA-256") or result.hashes.get(
            f"input {item.name} SHA-256"
        )
        if was != api.digest(item.data):
            wrong.append(item.name)
    if wrong:
        shown = "、".join(wrong)
        note(
            f"和算出这份结果时不一样了：{shown}。找回当时的文件再说明",
            f"no longer what the result was made from: {shown}",
            lang,
        )
        sys.exit(3)


def find(result: Stored, only: str | None, row: int | None) -> str:
    """The id of the application to explain: as told, or of a row of the page 明细."""
    if only is not None:
        return only
    if row is None or row not in result.ids:
        raise click.UsageError(f"“明细”没有第{row}行的申报 / no application in row {row} of the result")
    return result.ids[row]


def from_result(files: tuple[str, ...]) -> Stored | None:
    """What the only file given says of itself, if it is a result."""
    if len(files) != 1 or Path(files[0]).suffix.lower() != ".xlsx" or not Path(files[0]).exists():
        return None
    return stored(files[0], Path(files[0]).read_bytes())
