"""What a run over tables says at its end: by program, by clause, and what to look at."""

from __future__ import annotations

from typing import Any

SHOWN = 10  # clauses that are listed on the terminal
ALIKE = 3  # findings of one kind that are


def summary(batch: Any, found: Any, lang: Any) -> str:
    """By program: how many applied, what came of it, and how much; the clauses that stood in the way; what to look at."""
    from policyengine.tables import pages

    parts = [by_program(pages.programs(batch, lang), lang)]
    parts += [by_clause(pages.by_clause(batch, lang), lang), to_look_at(found, lang)]
    return "\n".join(part for part in parts if part)


def by_program(page: Any, lang: Any) -> str:
    """The page 分项汇总 as text."""
    from policyengine import wording
    from policyengine.render import text
    from policyengine.render.shapes import Table

    capped = [9] if any(row[9] for row in page.rows) else []
    keep = [0, 1, *(i for i in range(2, 7) if any(row[i] for row in page.rows)), *capped, 8]
    head = tuple(page.columns[i].header for i in keep)
    rows = []
    for row in page.rows:
        shown = ["" if row[i] is None else str(row[i]) for i in keep]
        shown[-1] = wording.grouped(row[8], 2)
        rows.append(tuple(shown))
    return text.draw([Table(head, tuple(rows), tuple(range(1, len(keep))))])


def by_clause(page: Any, lang: Any) -> str:
    """The page 分条款汇总 as text: the commonest reasons."""
    from policyengine.render import text
    from policyengine.render.shapes import Table

    rows = sorted(page.rows, key=lambda row: -row[2])
    if not rows:
        return ""
    shown = tuple((row[0], row[1], str(row[2])) for row in rows[:SHOWN])
    left = len(rows) - len(shown)
    more = (f"……另有{left}条\n" if lang == "zh" else f"… and {left} more\n") if left else ""
    return text.draw([Table(tuple(column.header for column in page.columns[:3]), shown, (2,))]) + more


def to_look_at(found: Any, lang: Any) -> str:
    """What to look at, with the first rows of each."""
    from policyengine.tables.findings import places

    zh = lang == "zh"
    by_code: dict[str, list[Any]] = {}
    for item in found:
        by_code.setdefault(item.code, []).append(item)
    lines = []
    for alike in by_code.values():
        lines += [
            f"{'核查' if zh else 'check'}  {item.label(lang)}{'：' if zh else ': '}{places(item, lang, 5)}"
            for item in alike[:ALIKE]
        ]
        left = len(alike) - ALIKE
        if left > 0:
            lines.append(
                f"……另有{left}条同类的，见结果的“核查提示”"
                if zh
                else f"… and {left} more of these; see “findings” in the result"
            )
    return "".join(f"{line}\n" for line in lines)


def listed(batch: Any, lang: Any) -> str:
    """One line a decision."""
    from policyengine.render import said, text
    from policyengine.render.shapes import Table

    head = ("行", "编号", "名称", "申报", "结果", "金额") if lang == "zh" else ("row", "id", "title", "applied for", "outcome", "amount")  # fmt: skip
    explained = [(done, done.explanation(batch.policy, lang)) for done in batch.done]
    rows = tuple(
        (
            str(done.row.number), e.decision.subject.id, e.decision.title, e.decision.option_label(lang),
            said.outcome(e, lang) + said.trial(e, lang), said.cell(e, lang),
        )
        for done, e in explained
    )  # fmt: skip
    return text.draw([Table(head, rows, (0, 5))]) + "\n" if rows else ""
