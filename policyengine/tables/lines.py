"""JSON Lines to rows: one object a line, its keys as columns in the order in which they first appear."""

from __future__ import annotations

import json
from decimal import Decimal

from policyengine.diagnostics import CaseError, diagnostic
from policyengine.source import Source
from policyengine.tables.cells import MAX_COLUMNS, Cell, Row, Sheet
from policyengine.tables.text import decode, too_big

MAX_LINE = 1 << 20


class _Refused(ValueError):
    """Something that JSON allows and a table does not."""


def read_lines(data: bytes, name: str, title: str) -> Sheet:
    """The table of a JSON Lines file; its first row is the header. Raises CaseError."""
    text, _, _ = decode(data, name, "utf-8")
    columns: dict[str, int] = {}
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE:
            raise too_big(name, number)
        cells: dict[int, Cell] = {}
        for key, value in _object(line, name, number).items():
            column = columns.setdefault(key, len(columns) + 1)
            cell = _cell(value, name, number, line)
            if cell is not None:
                cells[column] = cell
        rows.append(Row(number + 1, cells))
    if len(columns) > MAX_COLUMNS:
        raise too_big(name, 1)
    header = Row(1, {column: Cell("text", key) for key, column in columns.items()})
    return Sheet(name, title, (header, *rows))


def _object(line: str, name: str, number: int) -> dict[str, object]:
    try:
        found = json.loads(
            line, parse_float=Decimal, parse_int=Decimal, parse_constant=_constant, object_pairs_hook=_pairs
        )
    except (ValueError, RecursionError) as error:
        raise _broken(name, number, line) from error
    if not isinstance(found, dict):
        raise _broken(name, number, line)
    return found


def _constant(text: str) -> object:
    raise _Refused(text)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused("a key twice")
    return found


def _cell(value: object, name: str, number: int, line: str) -> Cell | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return Cell("bool", "true" if value else "false")
    if isinstance(value, Decimal):
        if abs(value.adjusted()) > 30:
            raise _broken(name, number, line)
        return Cell("number", format(value, "f"))
    if isinstance(value, str):
        return Cell("text", value)
    raise _broken(name, number, line)


def _broken(name: str, number: int, line: str) -> CaseError:
    source = Source(name, "\n" * (number - 1) + line)
    return CaseError(
        [
            diagnostic(
                "table-json-line", source.span(number - 1, number - 1 + len(line)), name=name, line=number
            )
        ]
    )
