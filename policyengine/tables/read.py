"""Files to sheets with their columns understood: which sheets, where the header stands, and what forbids going on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from policyengine import model as m
from policyengine.diagnostics import CaseError, Diagnostic, diagnostic
from policyengine.labels import short
from policyengine.model import Label
from policyengine.nearest import meant, nearest
from policyengine.reading import read_bytes
from policyengine.reading.node import Mapping as MappingNode
from policyengine.reading.node import Scalar, Sequence
from policyengine.source import Source
from policyengine.tables import headers, workbook
from policyengine.tables.cells import Placed, Sheet, placed, whole_file
from policyengine.tables.entries import Entry, EntryReader, bare_share
from policyengine.tables.form import title_of
from policyengine.tables.headers import Layout, Said, plain, unit_of
from policyengine.tables.lines import read_lines
from policyengine.tables.parquet import read_parquet
from policyengine.tables.rows import Part
from policyengine.tables.text import read_text

FORMATS = {".csv": "csv", ".tsv": "tsv", ".txt": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".xls": "xlsx"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One file: its name as people know it, its bytes, its format."""

    name: str
    data: bytes
    format: str


@dataclass(frozen=True, slots=True)
class How:
    """How tables are read, from the command and a mapping file. `sheets`: title to kind, "" where the title says it."""

    columns: Said = field(default_factory=Said)
    sheets: Mapping[str, str] = field(default_factory=dict)
    complete: tuple[str, ...] = ()
    header_row: int = 0
    encoding: str = "auto"


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything read. `notes`: what to know of each sheet, with its name."""

    parts: tuple[Part, ...]
    complete: frozenset[str]
    notes: tuple[tuple[str, Label], ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """Sheets with their headers understood, before their rows are read."""

    sheets: tuple[tuple[Placed, Layout], ...]
    complete: frozenset[str]
    notes: tuple[tuple[str, Label], ...]


def format_of(name: str) -> str:
    """The format of a table file by the end of its name; "" for no table."""
    return FORMATS.get(PurePath(name).suffix.lower(), "")


def read_how(data: bytes, name: str, how: How) -> How:
    """`how` with what a mapping file adds; what the command says has precedence. Raises CaseError."""
    _, node, found = read_bytes(data, name)
    if found or not isinstance(node, MappingNode):
        raise CaseError(found or [diagnostic("table-mapping-file", whole_file(name), name=name)])
    columns, sheets = dict(how.columns.columns), dict(how.sheets)
    complete, row = list(how.complete), how.header_row
    for key, value in node.entries:
        if key.text == "columns" and isinstance(value, MappingNode):
            for header, target in value.entries:
                if not isinstance(target, Scalar):
                    raise CaseError([diagnostic("table-mapping-file", target.span, name=name)])
                columns.setdefault(header.text, (target.text, target.span))
        elif key.text == "sheets" and isinstance(value, MappingNode):
            for title, kind in value.items():
                sheets.setdefault(title, kind.text if isinstance(kind, Scalar) else "")
        elif key.text == "complete" and isinstance(value, Sequence):
            complete += [item.text for item in value.items if isinstance(item, Scalar)]
        elif key.text == "header_row" and isinstance(value, Scalar) and isinstance(value.value, int):
            row = row or value.value
        else:
            raise CaseError([diagnostic("table-mapping-file", key.span, name=name)])
    return replace(how, columns=Said(columns), sheets=sheets, complete=tuple(complete), header_row=row)


def read_tables(policy: m.Policy, files: Iterable[Input], how: How, asked: frozenset[str]) -> Tables:
    """All sheets of all files, read. `asked`: facts whose columns are missed. Raises CaseError where one cannot be used."""
    opened = open_tables(policy, files, how, asked)
    parts = tuple(read_part(policy, placed_, layout) for placed_, layout in opened.sheets)
    return Tables(parts, opened.complete, (*opened.notes, *_examples(parts)))


def open_tables(
    policy: m.Policy, files: Iterable[Input], how: How, asked: frozenset[str], most: int = 0
) -> Opened:
    """All sheets of all files, with their headers. `most`: how many rows of a text or Parquet file are enough, 0 for all.

    Raises CaseError where one cannot be used.
    """
    return _Reader(policy, how, asked, most).read(list(files))


def read_part(policy: m.Policy, placed_: Placed, layout: Layout) -> Part:
    """The rows of a sheet, each an entry, a total or an example."""
    reader = EntryReader(policy, placed_, layout)
    entries: dict[int, Entry] = {}
    totals, examples = [], []
    last, present = layout.header_row, 0
    for row in placed_.sheet.rows:
        if row.number <= layout.header_row or not row.cells:
            continue
        last, present = row.number, present + 1
        match reader.kind_of_row(row):
            case "total":
                totals.append(row.number)
            case "example":
                examples.append(row.number)
            case _:
                entries[row.number] = reader.read(row)
    blank = last - layout.header_row - present
    return Part(placed_, layout, entries, tuple(totals), tuple(examples), blank)


def _examples(parts: Iterable[Part]) -> Iterator[tuple[str, Label]]:
    """Say which rows were left out as examples."""
    for part in parts:
        if part.examples:
            shown = "、".join(map(str, part.examples))
            yield (
                part.placed.sheet.name,
                Label(f"第{shown}行是示例，没有算", f"row {shown} is an example and was left out"),
            )


class _Reader:
    def __init__(self, policy: m.Policy, how: How, asked: frozenset[str], most: int = 0) -> None:
        self.policy, self.how, self.asked, self.most = policy, how, asked, most
        self.found: list[Diagnostic] = []
        self.notes: list[tuple[str, Label]] = []
        self.kinds = {
            plain(word): entity.name
            for entity in policy.entities.values()
            for word in (
                entity.name,
                entity.label.zh,
                entity.label.en,
                short(entity.label.zh),
                title_of(entity),
            )
            if word
        }
        self.application = policy.header.application.entity

    def read(self, files: list[Input]) -> Opened:
        complete = frozenset(self.named(word) for word in self.how.complete)
        read = [pair for file in files for pair in self.sheets(file, len(files) > 1)]
        self.stop()
        return replace(self.whole(read), complete=complete)

    def whole(self, read: list[tuple[Sheet, str]]) -> Opened:
        """Every sheet with its columns understood."""
        made = [(placed(sheet), kind) for sheet, kind in read]
        sheets = [(sheet, layout) for sheet, kind in made if (layout := self.layout(sheet, kind)) is not None]
        self.unmatched(read)
        if not self.found and not any(layout.kind == self.application for _, layout in sheets):
            label = self.policy.entities[self.application].label.zh
            span = whole_file(read[0][0].file if read else "")
            self.found.append(diagnostic("table-no-applications", span, kind=label))
        self.stop()
        self.missing([layout for _, layout in sheets])
        return Opened(tuple(sheets), frozenset(), tuple(self.notes))

    def stop(self) -> None:
        if self.found:
            raise CaseError(self.found)

    def named(self, word: str) -> str:
        """The kind that an option names."""
        kind = self.kinds.get(plain(word), "")
        if not kind:
            labels = [entity.label.zh for entity in self.policy.entities.values()]
            known = "、".join(labels)
            span = Source("--complete", word).span(0, len(word))
            self.found.append(
                diagnostic("unknown-kind", span, name=word, **meant(nearest(word, labels, 40)), known=known)
            )
        return kind

    # --- which sheets ---

    def sheets(self, file: Input, several: bool) -> Iterator[tuple[Sheet, str]]:
        title = PurePath(file.name).stem
        match file.format:
            case "xlsx":
                yield from self.workbook(file)
                return
            case "csv" | "tsv":
                sheet = read_text(
                    file.data,
                    file.name,
                    title,
                    self.how.encoding,
                    "," if file.format == "csv" else "\t",
                    self.most,
                )
            case "jsonl":
                sheet = read_lines(file.data, file.name, title)
            case _:
                sheet = read_parquet(file.name, title, self.most)
        kind = self.kind(title) or self.kind(title.rpartition(".")[2])
        if not kind and several and title not in self.how.sheets:
            self.notes.append((file.name, Label(f"当作{self.label(self.application)}表读", f"read as a table of {self.application}")))  # fmt: skip
        yield sheet, kind or self.application

    def workbook(self, file: Input) -> Iterator[tuple[Sheet, str]]:
        there = workbook.titles(file.data, file.name)
        kinds = {title: self.kind(title) for title, _ in there}
        asked = [title for title in self.how.sheets if title in kinds]
        for title in self.how.sheets:
            if title not in kinds:
                span = Source("--sheet", title).span(0, len(title))
                self.found.append(diagnostic("table-which-sheet", span, name=title, options="、".join(kinds)))
        if asked:
            chosen = {title: kinds[title] or self.application for title in asked}
        elif any(kinds.values()):
            chosen = {title: kind for title, kind in kinds.items() if kind}
        else:
            visible = [title for title, hidden in there if not hidden]
            if len(visible) != 1:
                options = "、".join(title for title, _ in there)
                self.found.append(diagnostic("table-which-sheet", whole_file(file.name), name=file.name, options=options))  # fmt: skip
                return
            chosen = {visible[0]: self.application}
        left = [title for title, _ in there if title not in chosen]
        if left:
            shown = "、".join(left)
            self.notes.append((file.name, Label(f"没有读的表：{shown}", f"sheets not read: {shown}")))
        for sheet in workbook.read_sheets(file.data, file.name, chosen):
            if len(sheet.rows) > 0 or len(chosen) == 1:
                yield sheet, chosen[sheet.title]

    def kind(self, title: str) -> str:
        told = self.how.sheets.get(title)
        if told:
            return self.named(told)
        return self.kinds.get(plain(title), "")

    def label(self, kind: str) -> str:
        return self.policy.entities[kind].label.zh

    # --- one sheet ---

    def layout(self, sheet: Placed, kind: str) -> Layout | None:
        """The header of a sheet, understood; None where something forbids it."""
        name = sheet.sheet.name
        self.notes += [(name, note) for note in sheet.sheet.notes]
        number = self.how.header_row or headers.header_row(sheet, kind, self.policy, self.how.columns)
        row = next((row for row in sheet.sheet.rows if row.number == number), None)
        if row is None or not row.cells:
            first = next((r for r in sheet.sheet.rows if r.cells), None)
            shown = "、".join(c.text for c in list(first.cells.values())[:6]) if first else "（空）"
            self.found.append(diagnostic("table-no-header", sheet.whole(), name=name, kind=self.label(kind), text=shown, row=number or 1))  # fmt: skip
            return None
        if number > 1 and not self.how.header_row:
            self.notes.append(
                (
                    name,
                    Label(
                        f"表头在第{number}行（不对的话用 --header-row）",
                        f"the header is row {number} (else use --header-row)",
                    ),
                )
            )
        layout, found = headers.read_header(sheet, row, kind, self.policy, self.how.columns)
        self.found += found
        self.notes += [(name, note) for note in layout.notes]
        if not found:
            self.units(sheet, layout)
            self.links(sheet, layout)
        return layout

    def units(self, sheet: Placed, layout: Layout) -> None:
        """A column whose numbers are mostly bare must have a unit in its header."""
        for column in layout.columns:
            fact = self.policy.facts.get(column.target.name) if column.target.use == "fact" else None
            if fact is None or column.unit or not fact.type.quantity or not unit_of(fact):
                continue
            bare, filled, first = bare_share(sheet.sheet.rows, layout, column)
            if first is not None and bare * 2 > filled:
                span = sheet.span(first, column.index)
                self.found.append(diagnostic("table-column-without-unit", span, name=column.header, unit=unit_of(fact)))  # fmt: skip

    def links(self, sheet: Placed, layout: Layout) -> None:
        """Every row must be able to say what it belongs to."""
        for reference in self.policy.entities[layout.kind].references.values():
            key = self.policy.entities[reference.to].key
            if reference.optional or layout.find("reference", reference.name):
                continue
            if key and layout.find("fact", key, reference.name):
                continue
            code = self.policy.facts[key].label.zh if key in self.policy.facts else ""
            self.found.append(diagnostic("table-no-link", sheet.whole(), name=reference.label.zh, kind=self.label(layout.kind), key=code))  # fmt: skip

    # --- all of them ---

    def unmatched(self, read: list[tuple[Sheet, str]]) -> None:
        """What the command says of a header that no sheet has."""
        there = {
            plain(cell.text) for sheet, _ in read for row in sheet.rows[:20] for cell in row.cells.values()
        }
        for header, (_, span) in self.how.columns.columns.items():
            if span.source.name == "--map" and plain(header) not in there:
                self.found.append(diagnostic("table-unknown-header", span, name=header))

    def missing(self, layouts: list[Layout]) -> None:
        """Say which facts have no column: they are unknown for every row."""
        columns = [column for layout in layouts for column in layout.columns]
        has = {column.target.name for column in columns if column.target.use in ("fact", "relation")}
        told = {layout.kind for layout in layouts} | {column.target.entity for column in columns}
        labels: list[Label] = []
        for fact in self.policy.facts.values():
            if fact.name in self.asked and fact.name not in has and fact.entity in told:
                labels.append(fact.label)
        complete = {self.named(word) for word in self.how.complete}
        listed = {layout.kind for layout in layouts}
        for child in self.policy.entities.values():
            for reference in child.references.values():
                unsaid = reference.inverse not in has and child.name not in complete | listed
                if reference.inverse in self.asked and reference.to in told and unsaid:
                    labels.append(reference.inverse_label)
        if labels:
            zh, en = "、".join(label.zh for label in labels), ", ".join(label("en") for label in labels)
            self.notes.append(("", Label(f"没有这些列，都按“不知道”算：{zh}", f"no columns for these, so they are not known: {en}")))  # fmt: skip
