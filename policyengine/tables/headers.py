"""Header cells to what they mean: the facts, references, relations and ids of one kind of entity.

A header may be a label, a name, `企业.企业名称`, or what a mapping says; a unit may stand in brackets behind it.
Where two meanings are possible nothing is chosen: 设备投资额 is refused while there is one with and one without tax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from policyengine import model as m
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.labels import short
from policyengine.model import Label
from policyengine.source import Source, Span
from policyengine.tables.cells import Placed, Row
from policyengine.values import Unit, Units

Use = Literal["fact", "id", "reference", "relation", "carried"]
LEAVE = ("-", "不用", "carry")  # what a mapping says of a column that is only to be carried through
ID_WORDS = ("编号", "id")
_UNIT_TAIL = re.compile(r"^(.*?)\s*[（(\[【]([^（）()\[\]【】]*)[）)\]】]\s*$", re.S)
_NEAR = 600  # of a thousand
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Target:
    """What a column may hold. `via`: the reference through which another entity is reached, "" for the row's own."""

    use: Use
    entity: str = ""
    name: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its number, its header as written, what it holds, and the unit that its header states."""

    index: int
    header: str
    target: Target
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one sheet is read: which kind of entity its rows are, and what each column holds."""

    kind: str
    header_row: int
    columns: tuple[Column, ...]
    notes: tuple[Label, ...] = ()

    def find(self, use: Use, name: str = "", via: str = "") -> Column | None:
        """The column of a use."""
        for column in self.columns:
            t = column.target
            if t.use == use and t.via == via and (not name or t.name == name):
                return column
        return None


@dataclass(frozen=True, slots=True)
class Said:
    """What the command or a mapping file says of columns: header to target, as written, with its place."""

    columns: Mapping[str, tuple[str, Span]] = field(default_factory=dict)


def plain(text: str) -> str:
    """A header for comparing: compatibility forms, case, blanks and kinds of quotation mark do not matter."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"[“”„‟\"'‘’『』「」]", "", folded)
    return re.sub(r"[\s*＊]+", "", folded)


def split_unit(header: str, units: Units) -> tuple[str, Unit | None]:
    """A header without the unit in its brackets, and the unit: `设备投资额（万元）`, `投资额（价税合计，万元）`."""
    match = _UNIT_TAIL.match(header)
    if match is None:
        return header, None
    parts = [part.strip() for part in re.split(r"[，,、;；]|单位[:：]?", match[2])]
    found = [(part, units.get(unicodedata.normalize("NFKC", part))) for part in parts if part]
    stated = [(part, unit) for part, unit in found if unit is not None]
    if len(stated) != 1:
        return header, None
    rest = "，".join(part for part, unit in found if unit is None)
    return match[1] + (f"（{rest}）" if rest else ""), stated[0][1]


class Names:
    """Every way to call something in the rows of one kind, by rank: the lower rank is the surer."""

    def __init__(self, policy: m.Policy, kind: str) -> None:
        self.policy, self.kind = policy, kind
        self.ranked: dict[str, dict[Target, int]] = {}
        entity = policy.entities[kind]
        for word in ID_WORDS:
            self.add(Target("id", kind), 0, word)
        self.entity(kind, "", 0, (kind, entity.label.zh, entity.label.en, short(entity.label.zh)))
        for reference in entity.references.values():
            target = Target("reference", kind, reference.name)
            self.words(target, 0, reference.name, reference.label)
            other = policy.entities[reference.to]
            alone = [r for r in entity.references.values() if r.to == reference.to] == [reference]
            prefixes = [reference.name, reference.label.zh, reference.label.en, short(reference.label.zh)]
            if alone:
                prefixes += [reference.to, other.label.zh, other.label.en]
            for prefix in prefixes:
                for word in ID_WORDS:
                    self.add(target, 3, f"{prefix}{word}", f"{prefix}.{word}")
            if not reference.optional:
                self.entity(reference.to, reference.name, 4 if alone else 9, prefixes)

    def entity(self, kind: str, via: str, rank: int, prefixes: Iterable[str]) -> None:
        """The facts and relations of an entity; `rank` 9: only with the reference named before them."""
        prefixes = [prefix for prefix in dict.fromkeys(prefixes) if prefix]
        for fact in self.policy.facts.values():
            if fact.entity == kind:
                self.words(Target("fact", kind, fact.name, via), rank, fact.name, fact.label, prefixes)
        for other in self.policy.entities.values():
            for reference in other.references.values():
                if reference.to == kind and other.name != self.kind:
                    target = Target("relation", kind, reference.inverse, via)
                    self.words(target, rank, reference.inverse, reference.inverse_label, prefixes)
        if not via:
            for prefix in prefixes:
                self.add(Target("id", kind), 1, *(f"{prefix}{word}" for word in ID_WORDS))

    def words(self, target: Target, rank: int, name: str, label: Label, prefixes: Iterable[str] = ()) -> None:
        full = [name, label.zh, label.en]
        if rank < 9:
            self.add(target, rank, *full)
            self.add(target, rank + 1, short(label.zh), short(label.en) if label.en else "")
        for prefix in prefixes:
            self.add(target, 0, *(f"{prefix}.{word}" for word in full if word))
            self.add(target, 1, f"{prefix}.{short(label.zh)}")

    def add(self, target: Target, rank: int, *words: str) -> None:
        for word in words:
            if word:
                there = self.ranked.setdefault(plain(word), {})
                there[target] = min(rank, there.get(target, rank))

    def find(self, header: str) -> tuple[Target, ...]:
        """What a header may mean: one target where it is sure, several where it is not, none where it is unknown."""
        there = self.ranked.get(plain(header), {})
        best = min(there.values(), default=0)
        return tuple(target for target, rank in there.items() if rank == best)

    def near(self, header: str) -> tuple[Target, ...]:
        """Targets whose names resemble a header, the nearest first."""
        wanted = plain(header)
        scores: dict[Target, int] = {}
        for word, targets in self.ranked.items():
            if not wanted or "." in word:
                continue
            inside = len(min(wanted, word, key=len)) >= 3 and (wanted in word or word in wanted)
            score = 1_000 if inside else round(SequenceMatcher(None, wanted, word).ratio() * 1_000)
            if score >= _NEAR:
                for target in targets:
                    scores[target] = max(score, scores.get(target, 0))
        ordered = sorted(scores, key=lambda t: -scores[t])
        return tuple(target for target in ordered if target.use != "id")[:_SHOWN]

    def label(self, target: Target, lang: str = "zh") -> str:
        """What people call a target."""
        if target.use == "id":
            return "编号" if lang == "zh" else "id"
        if target.use == "reference":
            return self.policy.entities[target.entity].references[target.name].label(lang)
        if target.use == "fact":
            return self.policy.facts[target.name].label(lang)
        return next(
            reference.inverse_label(lang)
            for other in self.policy.entities.values()
            for reference in other.references.values()
            if reference.to == target.entity and reference.inverse == target.name
        )


def read_header(
    placed: Placed, row: Row, kind: str, policy: m.Policy, said: Said
) -> tuple[Layout, list[Diagnostic]]:
    """The mapping of a sheet whose header is a row, and what forbids reading it."""
    return _HeaderReader(placed, row, Names(policy, kind), policy.units, said).read()


def header_row(placed: Placed, kind: str, policy: m.Policy, said: Said) -> int:
    """The number of the row that is most likely the header: of the first ten the one with most known words; 0 for none."""
    names = Names(policy, kind)
    best = (0, 0)
    for row in placed.sheet.rows[:10]:
        known = sum(
            1
            for cell in row.cells.values()
            if cell.kind == "text"
            and (
                plain(cell.text) in {plain(word) for word in said.columns}
                or names.find(cell.text)
                or names.find(split_unit(cell.text, policy.units)[0])
            )
        )
        if known > best[0]:
            best = (known, row.number)
    return best[1]


class _HeaderReader:
    def __init__(self, placed: Placed, row: Row, names: Names, units: Units, said: Said) -> None:
        self.placed, self.row, self.names, self.units, self.said = placed, row, names, units, said
        self.found: list[Diagnostic] = []
        self.notes: list[Label] = []
        self.spans = dict(placed.spans(row))
        self.told = {plain(header): text for header, text in said.columns.items()}

    def read(self) -> tuple[Layout, list[Diagnostic]]:
        columns: list[Column] = []
        seen: dict[Target, Column] = {}
        for index, cell in sorted(self.row.cells.items()):
            column = self.column(index, cell.text.strip())
            if column is None:
                continue
            first = seen.get(column.target) if column.target.use != "carried" else None
            if first is not None:
                related = (("第一次在这里", "first here"), self.spans[first.index])
                self.found.append(
                    diagnostic("table-column-twice", self.spans[index], related, name=self.names.label(column.target))
                )  # fmt: skip
            seen.setdefault(column.target, column)
            columns.append(column)
        self.carried(columns)
        return Layout(self.names.kind, self.row.number, tuple(columns), tuple(self.notes)), self.found

    def column(self, index: int, header: str) -> Column | None:
        """What one header means; None where it is wrong, which is noted."""
        span = self.spans[index]
        written, place = self.told.get(plain(header), (header, span))
        if written is not header and written in LEAVE:
            return Column(index, header, Target("carried"))
        targets, unit = self.names.find(written), None
        if not targets:
            name, unit = split_unit(written, self.units)
            targets = self.names.find(name)
        if unit is None and written is not header:
            unit = split_unit(header, self.units)[1]
        if len(targets) > 1:
            labels = "、".join(self.names.label(target) for target in targets)
            self.found.append(diagnostic("table-ambiguous-column", place, name=header, options=labels, first=self.names.label(targets[0])))  # fmt: skip
            return None
        if not targets:
            return self.unknown(index, header, written, place)
        (target,) = targets
        if unit is not None and not self.fits(target, unit):
            fact = self.names.policy.facts.get(target.name)
            self.found.append(diagnostic("table-unit-of-column", place, name=header, unit=unit.name, want=self.want(fact)))  # fmt: skip
            return None
        return Column(index, header, target, unit.name if unit else "")

    def unknown(self, index: int, header: str, written: str, place: Span) -> Column | None:
        """A header that means nothing here: carried through, unless a mapping should have said what it is."""
        near = "、".join(self.names.label(target) for target in self.names.near(written))
        if written is not header:
            self.found.append(diagnostic("table-unknown-target", place, name=written, suggestion=near))
            return None
        if near:
            english = ", ".join(self.names.label(target, "en") for target in self.names.near(written))
            self.notes.append(
                Label(
                    f"“{header}”没有对上，照抄不算；是不是：{near}？是的话加 --map",
                    f"`{header}` is no fact and was only carried through; did you mean: {english}? then use --map",
                )
            )
        return Column(index, header, Target("carried"))

    def fits(self, target: Target, unit: Unit) -> bool:
        """Whether a header's unit measures what the fact is."""
        fact = self.names.policy.facts.get(target.name) if target.use == "fact" else None
        return fact is not None and (unit.kind, unit.dim) == (fact.type.kind, fact.type.dim)

    def want(self, fact: m.Fact | None) -> str:
        if fact is None or not fact.type.quantity:
            return "不写单位"
        return unit_of(fact)

    def carried(self, columns: list[Column]) -> None:
        """Say which columns are only carried through."""
        carried = [column.header for column in columns if column.target.use == "carried"]
        if carried:
            self.notes.append(
                Label(
                    f"照抄不算的列：{'、'.join(carried)}",
                    f"columns only carried through: {', '.join(carried)}",
                )
            )


def unit_of(fact: m.Fact) -> str:
    """The unit that a fact's column should state, "" where it needs none."""
    kind = fact.type.kind
    usual = {"money": "万元", "rate": "%", "points": "个百分点", "years": "年"}
    return fact.unit or (usual.get(kind, "") if kind != "count" else "")


def said_by(texts: Iterable[str]) -> Iterator[tuple[str, tuple[str, Span]]]:
    """`列名=事实` of the command; a text without `=` comes out with an empty target."""
    for text in texts:
        header, _, target = text.partition("=")
        source = Source("--map", text)
        yield header.strip(), (target.strip(), source.span(0, len(text)))
