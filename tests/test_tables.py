"""Tables as text: what is found in each, where, and what becomes of every row."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from policyengine import api
from policyengine.codes.table import TABLE
from policyengine.diagnostics import CaseError, Diagnostic, concise, sort, text
from policyengine.instances import Plans
from policyengine.tables.batch import Batch, decide_tables
from policyengine.tables.headers import Said, said_by
from policyengine.tables.read import How, Input, format_of, read_how, read_tables
from tests.workbooks import TextFile, files_of, read_text_file

BAD = Path(__file__).parent / "bad"
FILES = sorted((BAD / "table").glob("*.txt"))
# In tests of their own: they need bytes that are no text, the shipped policy, a library that is missing, or typed columns.
ELSEWHERE = {
    "staged-column-wrong",
    "staged-rows-wrong",
    "table-encoding",
    "table-too-big",
    "table-ambiguous-column",
    "table-code-twice",
    "table-needs-extra",
    "table-too-long-for-excel",
}


@dataclass
class Seen:
    found: list[Diagnostic]
    batch: Batch | None


@cache
def base() -> Plans:
    return api.compile(api.load(BAD / "base"))


def how_of(words: list[str]) -> How:
    """The options of the command, read in the simplest way."""
    pairs = list(zip(words[::2], words[1::2], strict=True))
    maps = [value for option, value in pairs if option == "--map"]
    sheets = dict(value.partition("=")[::2] for option, value in pairs if option == "--sheet")
    complete = tuple(value for option, value in pairs if option == "--complete")
    rows = [int(value) for option, value in pairs if option == "--header-row"]
    return How(Said(dict(said_by(maps))), sheets, complete, rows[0] if rows else 0)


def run(plans: Plans, files: dict[str, bytes], how: How | None = None) -> Seen:
    """Everything wrong with tables: what stops them, or what sets rows aside."""
    inputs = [Input(name, data, format_of(name)) for name, data in files.items()]
    try:
        batch = decide_tables(plans, read_tables(plans.policy, inputs, how or How(), frozenset()), {})
    except CaseError as error:
        return Seen(list(error.diagnostics), None)
    return Seen([d for item in batch.rejected for d in item.why], batch)


def told(file: TextFile) -> Seen:
    how = how_of([word for line in file.heads.get("options", []) for word in shlex.split(line)])
    try:
        for line in file.heads.get("map-file", []):
            how = read_how(line.encode(), "对应.yaml", how)
    except CaseError as error:
        return Seen(list(error.diagnostics), None)
    return run(base(), files_of(file.tables), how)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_tables_give_exactly_the_expected_findings(path: Path) -> None:
    file = read_text_file(path.read_text("utf-8"))
    seen = told(file)
    places = Counter(f"{d.code} @ {d.span.place}" if d.span else d.code for d in seen.found)
    assert places == Counter(file.heads["expect"]), [concise(d) for d in seen.found]
    for wanted in file.heads.get("accounts", []):
        assert seen.batch is not None
        account = next(a for a in seen.batch.accounts if a.kind == "project")
        assert f"{account.rows}={account.used}+{account.rejected}+{account.blank}" == wanted
    if seen.batch is not None:
        assert seen.batch.adds_up and "accounts" in file.heads


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_findings_can_be_told_in_both_languages(path: Path) -> None:
    for d in sort(told(read_text_file(path.read_text("utf-8"))).found):
        for lang in ("zh", "en"):
            assert (
                d.message(lang)
                and d.help(lang)
                and text(d, lang)
                and not d.message(lang).endswith(("。", "."))
            )
            assert not re.search(r"None|True|\bfact\b", d.message("zh")), d.message("zh")


def test_every_code_has_a_bad_table() -> None:
    named = {
        line.split(" @ ")[0] for p in FILES for line in read_text_file(p.read_text("utf-8")).heads["expect"]
    }
    assert {code.name for code in TABLE} - ELSEWHERE <= named


@pytest.mark.parametrize("code", TABLE, ids=lambda c: c.name)
def test_codes_are_complete(code: object) -> None:
    from tests.test_bad import test_codes_are_complete

    test_codes_are_complete(code)  # type: ignore[arg-type]
