"""Pages to CSV, and decisions to JSON Lines: safe to open in a spreadsheet, one line a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from policyengine import exact
from policyengine.diagnostics import Lang, as_json
from policyengine.render import csv as render_csv
from policyengine.render import json
from policyengine.tables.batch import Batch
from policyengine.tables.cells import BARE
from policyengine.tables.pages import Page, Shown


def csv_text(page: Page) -> str:
    """One page as CSV; no cell can turn into a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([render_csv.safe(column.header) for column in page.columns])
    for row in page.rows:
        writer.writerow([_shown(value) for value in row])
    return out.getvalue()


def _shown(value: Shown) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return exact.text(value)
        case date():
            return value.isoformat()
        case int():
            return str(value)
    return value if BARE.fullmatch(value) else render_csv.safe(value)


def json_lines(batch: Batch, lang: Lang) -> Iterator[str]:
    """A line for every row that was decided, and one for every row set aside."""
    for done in batch.done:
        place = {"sheet": done.part.placed.sheet.name, "row": done.row.number}
        notes = {"remarks": [note(lang) for note in done.notes]} if done.notes else {}
        answer = json.decision(done.explanation(batch.policy, lang), batch.decided.decision.name, "none")
        yield json.draw({"version": json.VERSION, **place, **answer, **notes}, None)
    for item in batch.rejected:
        yield json.draw({
            "version": json.VERSION, "sheet": item.part.placed.sheet.name, "row": item.row.number, "outcome": "rejected",
            "diagnostics": [{**as_json(d, lang), "place": d.span.place if d.span else ""} for d in item.why],
        }, None)  # fmt: skip
