"""The workbook of results put together: which pages there are, in which order."""

from __future__ import annotations

from policyengine.diagnostics import Lang
from policyengine.tables import findings, pages, told
from policyengine.tables.batch import Batch
from policyengine.tables.pages import About, Page, Prose


def result(
    batch: Batch, about: About, lang: Lang, found: tuple[findings.Finding, ...]
) -> tuple[Page | Prose, ...]:
    """All pages of the result."""
    details, *others = pages.pages(batch, about, lang)
    linked, blocks = told.told(batch, details, lang)
    checked = findings.page(batch.policy, found, lang)
    return linked, blocks, *others[:-3], checked, *others[-3:]
