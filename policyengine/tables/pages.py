"""A decided table as pages of columns and rows, whatever the format of the file that they go into.

Words come from the decisions and the policy; amounts stay exact numbers, in 元 and again in 万元.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from policyengine import clauses, labels, wording
from policyengine import model as m
from policyengine.decision import Decision, Failure, Supposed
from policyengine.diagnostics import Lang
from policyengine.exact import CONTEXT
from policyengine.model import OUTCOMES, Label
from policyengine.plan import Check
from policyengine.render import said
from policyengine.signs import Cap
from policyengine.tables.batch import Batch, Done, Set
from policyengine.tables.cells import Row
from policyengine.tables.rows import Part
from policyengine.values import Unknown

Shown = str | int | Decimal | date | None
Kind = Literal["text", "long", "yuan", "wan", "date", "count"]
WAN = Decimal(10_000)
SHOWN_IDS = 20  # of each clause in 分条款汇总


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a page: its header, and how its values look."""

    header: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of the result. `links`: for the first rows, the cell to which their cell in `link_column` leads."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Shown, ...], ...]
    links: tuple[str, ...] = ()
    link_column: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page of text: a mark, what is said, and where it stands in the document. `link`: a cell that it leads to."""

    kind: Literal["note", "title", "head", "text"]
    mark: str
    text: str
    place: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A sheet of the result to be read from top to bottom and printed."""

    title: str
    columns: tuple[Column, Column, Column]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What the 版本 page says besides the accounts: pairs of a name and a text."""

    pairs: tuple[tuple[str, str], ...]
    readings: tuple[tuple[str, str], ...]


def pages(batch: Batch, about: About, lang: Lang) -> tuple[Page, ...]:
    """The pages of the result that the answers alone give, in order."""
    made = [details(batch, lang)]
    shares = results(batch, lang)
    if shares.rows:
        made.append(shares)
    made += [programs(batch, lang), by_clause(batch, lang), rejected(batch, lang)]
    return (*made, terms(batch, about, lang), versions(batch, about, lang))


def _t(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


# --- one row an application ---


def details(batch: Batch, lang: Lang) -> Page:
    """明细: every decision, and behind it the row as it came in."""
    several = len({done.part.placed.sheet.name for done in batch.done}) > 1
    headers = _headers(done.part for done in batch.done)
    rows = []
    for done in batch.done:
        own = ((done.part.placed.sheet.title,) if several else ()) + decided(done, batch.policy, lang)
        rows.append((*own, *as_given(done.part, done.row, headers)))
    return Page(_t(lang, "明细", "decisions"), detail_columns(headers, lang, several), tuple(rows))


def detail_columns(headers: Iterable[str], lang: Lang, several: bool = False) -> tuple[Column, ...]:
    """The columns of 明细: the answer, as `decided` gives it, and the `headers` of the rows as they came in."""
    fixed = [
        *([Column(_t(lang, "表", "sheet"))] if several else []),
        Column(_t(lang, "原表行号", "row"), "count"), Column(_t(lang, "编号", "id")), Column(_t(lang, "名称", "title")),
        Column(_t(lang, "申报", "applied for")), Column(_t(lang, "受理日期", "accepted on"), "date"), Column(_t(lang, "结果", "outcome")),
        Column(_t(lang, "金额（元）", "amount (yuan)"), "yuan"), Column(_t(lang, "金额（万元）", "amount (10,000 yuan)"), "wan"),
        Column(_t(lang, "最低（元）", "lowest (yuan)"), "yuan"), Column(_t(lang, "最高（元）", "highest (yuan)"), "yuan"),
        Column(_t(lang, "不予支持的理由", "why refused"), "long"), Column(_t(lang, "条款", "clauses")),
        Column(_t(lang, "待补材料", "still needed"), "long"), Column(_t(lang, "提示", "remarks"), "long"),
        Column(_t(lang, "依据版本", "version")),
    ]  # fmt: skip
    names = {column.header for column in fixed}
    given = (f"{_t(lang, '原表', 'given')}：{header}" if header in names else header for header in headers)
    return (*fixed, *(Column(header) for header in given))


def decided(done: Done, policy: m.Policy, lang: Lang) -> tuple[Shown, ...]:
    """The row number and the answer to one application."""
    d = done.decision
    amount, low, high = amounts(d)
    between = stop(lang)
    notes = [trial_note(d.supposed, lang)] if d.supposed else []
    notes += [note(lang) for note in (*d.notes, *done.notes)]
    outcome = policy.header.outcomes[d.outcome](lang) + (said.trial_mark(lang) if d.supposed else "")
    return (
        done.row.number, d.subject.id, d.title, d.option_label(lang), d.declared_on, outcome,
        amount, _wan(amount), low, high, between.join(f.message(lang) for f in d.refusals),
        "、".join(dict.fromkeys(cite for f in d.refusals for cite in f.cited.cites)),
        between.join(missing(d, lang)), between.join(notes), d.version,
    )  # fmt: skip


def stop(lang: Lang) -> str:
    """What stands between several reasons or remarks."""
    return _t(lang, "；", "; ")


def trial_note(supposed: Iterable[Supposed], lang: Lang) -> str:
    """The remark of a trial run: what was supposed."""
    words = "；".join(item.says(lang) for item in supposed)
    return _t(lang, f"测算稿：{words}", f"trial run: {words}")


def amounts(d: Decision) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The amount where it is known, else the range; of a refused application nothing."""
    if d.outcome == "refused":
        return None, None, None
    if isinstance(d.amount, Unknown):
        low, high = (b if isinstance(b, Decimal) else None for b in (d.amount.low, d.amount.high))
        return None, low, high
    return (d.amount if isinstance(d.amount, Decimal) else None), None, None


def missing(d: Decision, lang: Lang) -> Iterator[str]:
    """What is still needed, in words: `企业C1 亩产评价类别`."""
    for item in d.missing:
        who = "" if item.subject.kind == d.subject.kind else f"{item.subject.label(lang)}{item.subject.id} "
        yield f"{who}{item.label(lang)}"


def _wan(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else CONTEXT.divide(amount, WAN)


def _headers(parts: Iterable[Part]) -> tuple[str, ...]:
    """The headers of the sheets, each once."""
    return tuple(dict.fromkeys(column.header for part in parts for column in part.layout.columns))


def as_given(part: Part, row: Row, headers: tuple[str, ...]) -> Iterator[Shown]:
    """The cells of a row under these headers, as they came in."""
    there = {column.header: row.cells.get(column.index) for column in part.layout.columns}
    for header in headers:
        cell = there.get(header)
        yield None if cell is None else cell.text


# --- the whole ---


def results(batch: Batch, lang: Lang) -> Page:
    """分项结果: the headline values of other entities, such as each member's share."""
    rows: list[tuple[Shown, ...]] = []
    for done in batch.done:
        for r in done.decision.results:
            if isinstance(r.value, Decimal) and r.type.kind == "money":
                rows.append((done.decision.subject.id, r.subject.label(lang), r.subject.id, r.label(lang), r.value, _wan(r.value)))  # fmt: skip
    for r in batch.decided.decision.results:
        if isinstance(r.value, Decimal) and r.type.kind == "money":
            rows.append(("", r.subject.label(lang), r.subject.id, r.label(lang), r.value, _wan(r.value)))
    columns = (
        Column(_t(lang, "申报编号", "application")), Column(_t(lang, "对象", "entity")), Column(_t(lang, "对象编号", "id")),
        Column(_t(lang, "项", "value")), Column(_t(lang, "金额（元）", "amount (yuan)"), "yuan"), Column(_t(lang, "金额（万元）", "amount (10,000 yuan)"), "wan"),
    )  # fmt: skip
    return Page(_t(lang, "分项结果", "results"), columns, tuple(rows))


def programs(batch: Batch, lang: Lang) -> Page:
    """分项汇总: how many applied for what, and what came of it, with a last row of sums."""
    return programs_page(batch.policy, tallies(batch), lang)


@dataclass(slots=True)
class Tally:
    """What came of the applications for one thing: how many have which outcome, and how much was granted, in 元."""

    counts: Counter[str] = field(default_factory=Counter)
    granted: Decimal = Decimal(0)
    capped: int = 0

    def add(self, outcome: str, number: int, granted: Decimal, capped: int) -> None:
        """`capped`: how many of them a cap made smaller."""
        self.counts[outcome] += number
        self.granted = CONTEXT.add(self.granted, granted)
        self.capped += capped


def tallies(batch: Batch) -> dict[Label, Tally]:
    """By what was applied for."""
    found: dict[Label, Tally] = defaultdict(Tally)
    for done in batch.done:
        d = done.decision
        paid = d.amount if d.outcome == "granted" and isinstance(d.amount, Decimal) else Decimal(0)
        found[d.option_label].add(d.outcome, 1, paid, 1 if batch.caps(done) else 0)
    return found


def programs_page(policy: m.Policy, found: Mapping[Label, Tally], lang: Lang) -> Page:
    """分项汇总 of tallies, in their order."""
    whole = Tally()
    for tally in found.values():
        whole.counts.update(tally.counts)
        whole.add("", 0, tally.granted, tally.capped)
    rows = [
        _program(label(lang) or _t(lang, "（未写明）", "(not said)"), tally) for label, tally in found.items()
    ]
    rows.append(_program(_t(lang, "合计", "total"), whole))
    columns = (
        Column(_t(lang, "申报", "applied for")), Column(_t(lang, "件数", "number"), "count"),
        *(Column(label(lang), "count") for label in policy.header.outcomes.values()),
        Column(_t(lang, "核定额（元）", "granted (yuan)"), "yuan"), Column(_t(lang, "核定额（万元）", "granted (10,000 yuan)"), "wan"),
        Column(_t(lang, "其中封顶（件）", "of these capped"), "count"),
    )  # fmt: skip
    return Page(_t(lang, "分项汇总", "programs"), columns, tuple(rows))


def _program(name: str, tally: Tally) -> tuple[Shown, ...]:
    counts = (tally.counts[outcome] for outcome in OUTCOMES)
    return (name, tally.counts.total(), *counts, tally.granted, _wan(tally.granted), tally.capped)


def by_clause(batch: Batch, lang: Lang) -> Page:
    """分条款汇总: each condition that was not met and each cap that bound, by clause, with how often and where."""
    return clauses_page(batch.policy, stood(batch), lang)


@dataclass(slots=True)
class Stood:
    """A condition that was not met, or a cap that bound: its words and clause, how often, and the first rows and ids."""

    label: Label
    cited: m.Cited
    number: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, first: Iterable[tuple[int, str]]) -> None:
        self.number += number
        self.first = sorted({*self.first, *first})[:SHOWN_IDS]


Standing = tuple[str, str]  # clause, condition or cap


def standing(of: Failure | Check | Cap) -> tuple[Standing, Label]:
    """What a condition or cap is counted under, and its words."""
    cite = of.cited.cites[0] if of.cited.cites else ""
    if isinstance(of, Cap):
        return (cite, f"cap {of.label.zh}"), _capped(of)
    return (cite, of.condition), of.label


def stood(batch: Batch) -> dict[Standing, Stood]:
    """What stood in the way, or bound, of every application."""
    found: dict[Standing, Stood] = {}
    for done in batch.done:
        both: list[Failure | Cap] = [*done.decision.refusals, *batch.caps(done)]
        for (key, label), of in {standing(of): of for of in both}.items():
            found.setdefault(key, Stood(label, of.cited)).add(
                1, [(done.row.number, done.decision.subject.id)]
            )
    return found


def clauses_page(policy: m.Policy, found: Mapping[Standing, Stood], lang: Lang) -> Page:
    """分条款汇总 of what stood in the way, in the order of the document."""
    order = {cite: i for i, cite in enumerate(policy.clauses)}
    rows = []
    for key in sorted(found, key=lambda k: (order.get(clauses.split(k[0])[0], len(order)), k)):
        cite, of = key[0], found[key]
        quote = of.cited.quotes[0] if of.cited.quotes else clauses.words(policy, cite) if cite else ""
        shown = "、".join(id_ for _, id_ in of.first) + ("……" if of.number > len(of.first) else "")
        rows.append(
            (clauses.short(policy, cite, lang) if cite else "", of.label(lang), of.number, quote, shown)
        )
    columns = (
        Column(_t(lang, "条款", "clause")), Column(_t(lang, "没有满足的条件，或封顶", "condition not met, or cap that bound"), "long"),
        Column(_t(lang, "件数", "number"), "count"), Column(_t(lang, "原文", "words of the clause"), "long"), Column(_t(lang, "编号", "ids"), "long"),
    )  # fmt: skip
    return Page(_t(lang, "分条款汇总", "clauses"), columns, tuple(rows))


def _capped(cap: Cap) -> Label:
    return Label(f"封顶：{cap.label.zh}", f"capped: {cap.label('en')}")


def rejected(batch: Batch, lang: Lang) -> Page:
    """未处理: every row set aside, one line a reason, and the row as it came in."""
    headers = _headers(item.part for item in batch.rejected)
    rows = [
        (*line, *as_given(item.part, item.row, headers))
        for item in batch.rejected
        for line in reasons(item, lang)
    ]
    columns = (
        Column(_t(lang, "表", "sheet")), Column(_t(lang, "行号", "row"), "count"), Column(_t(lang, "位置", "place")), Column(_t(lang, "问题", "what is wrong"), "long"),
        Column(_t(lang, "怎么改", "what to do"), "long"), Column(_t(lang, "代码", "code")), *(Column(header) for header in headers),
    )  # fmt: skip
    return Page(_t(lang, "未处理", "set aside"), columns, tuple(rows))


def reasons(item: Set, lang: Lang) -> Iterator[tuple[Shown, ...]]:
    """Sheet, row, place, message, advice and code of each thing that is wrong with a row."""
    for d in item.why:
        place = d.span.place if d.span else ""
        name = item.part.placed.sheet.name
        short = place.removeprefix(name).lstrip("! ") or place
        also = [words[lang == "en"] + f"（{span.place}）" for words, span in d.related]
        yield item.part.placed.sheet.title, item.row.number, short, "；".join([d.message(lang), *also]), d.help(lang), d.code  # fmt: skip


def terms(batch: Batch, about: About, lang: Lang) -> Page:
    """参数与口径: the numbers and the readings that were used."""
    policy = batch.policy
    rows: list[tuple[Shown, ...]] = []
    for parameter in policy.parameters.values():
        values = "；".join(_dated(policy, parameter, dated, lang) for dated in parameter.values)
        rows.append((_t(lang, "参数", "parameter"), parameter.label(lang), values, _cites(policy, parameter.cited, lang), parameter.name))  # fmt: skip
    chosen = dict(about.readings)
    for reading in policy.interpretations.values():
        option = chosen.get(reading.name, reading.default)
        text = reading.options[option].label(lang)
        if reading.decided_on is None:
            text += _t(lang, "（口径待主管部门确认）", " (not decided yet)")
        kind = _t(lang, "口径", "reading") + (
            "" if option == reading.default else _t(lang, "（改选）", " (changed)")
        )
        rows.append((kind, reading.label(lang), text, _cites(policy, reading.cited, lang), reading.name))
    columns = (
        Column(_t(lang, "类别", "kind")), Column(_t(lang, "名称", "name"), "long"), Column(_t(lang, "取值", "value"), "long"),
        Column(_t(lang, "条款", "clause")), Column(_t(lang, "代号", "id")),
    )  # fmt: skip
    return Page(_t(lang, "参数与口径", "terms"), columns, tuple(rows))


def _dated(policy: m.Policy, parameter: m.Parameter, dated: m.Dated, lang: Lang) -> str:
    shown = labels.parameter_value(policy, parameter, dated, lang)
    if dated.start is None:
        return shown
    return f"{wording.day(dated.start, lang)}{_t(lang, '起', ' on:')} {shown}"


def _cites(policy: m.Policy, cited: m.Cited, lang: Lang) -> str:
    return "、".join(clauses.short(policy, cite, lang) for cite in cited.cites) or cited.basis


def versions(batch: Batch, about: About, lang: Lang) -> Page:
    """版本: what it takes to get the same answers again, and the accounts of the rows."""
    rows: list[tuple[Shown, ...]] = list(about.pairs)
    for account in batch.accounts:
        head = _t(lang, "行数", "rows of")
        rows.append((f"{head} {account.name}", counted(batch, account.name, lang)))
    rows += [(f"{_t(lang, '说明', 'note')} {name}".strip(), note(lang)) for name, note in batch.tables.notes]
    return Page(
        _t(lang, "版本", "version"),
        (Column(_t(lang, "项", "item")), Column(_t(lang, "内容", "content"), "long")),
        tuple(rows),
    )


def counted(batch: Batch, name: str, lang: Lang) -> str:
    """The accounts of one sheet in words: rows in, and what became of each."""
    application = batch.policy.header.application.entity
    account = next(a for a in batch.accounts if a.name == name)
    zh = account.kind == application
    words = [
        (_t(lang, "认定" if zh else "采用", "decided" if zh else "used"), account.used),
        (_t(lang, "未处理", "set aside"), account.rejected),
        (_t(lang, "空白", "blank"), account.blank),
    ]
    if account.examples:
        words.append((_t(lang, "示例", "examples"), account.examples))
    if lang == "zh":
        return f"{account.rows}行＝" + "＋".join(f"{word}{number}" for word, number in words)
    return f"{account.rows} rows = " + " + ".join(f"{number} {word}" for word, number in words)
