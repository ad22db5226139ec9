"""What all pages share: one version of a policy, who reads what, and what rests on which sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policyengine import clauses
from policyengine import model as m
from policyengine import plan as p
from policyengine.asked import Asked, asked
from policyengine.checks.common import Checked, Entry, Text, entries, readers
from policyengine.formulas import Formulas
from policyengine.instances import Plans
from policyengine.labels import options_of, quoted
from policyengine.render.shapes import Block, Heading, Item, Quote

ASPECTS: Mapping[str, m.Label] = {
    "programs": m.Label("奖补", "award"),
    "parameters": m.Label("参数", "parameter"),
    "conditions": m.Label("条件", "condition"),
    "limits": m.Label("限额", "limit"),
    "allocations": m.Label("分配", "split"),
    "values": m.Label("计算", "computed"),
    "interpretations": m.Label("口径", "reading"),
    "facts": m.Label("填报", "stated"),
    "constraints": m.Label("核对", "check"),
    "targets": m.Label("目标", "target"),
    "duties": m.Label("分工", "duty"),
    "not_computed": m.Label("说明", "note"),
}
NOT_COMPUTED: Mapping[str, m.Label] = {
    "background": m.Label("背景", "background"),
    "heading": m.Label("标题", "heading"),
    "metadata": m.Label("文件信息", "about the document"),
    "procedure": m.Label("工作程序", "procedure"),
    "judgement": m.Label("部门裁量", "judgement"),
    "delegated": m.Label("授权另定", "delegated"),
    "direction": m.Label("工作方向", "direction"),
}


@dataclass(frozen=True, slots=True)
class Book:
    """The newest version of a policy, indexed for reading, in one language."""

    plans: Plans
    lang: str
    say: Formulas = field(init=False)
    text: Text = field(init=False)
    users: Mapping[str, tuple[str, ...]] = field(init=False)
    resting: Mapping[str, tuple[Entry, ...]] = field(init=False)
    asked: Asked = field(init=False)

    def __post_init__(self) -> None:
        checked = Checked(self.policy, self.plan, self.plans)
        users: dict[str, dict[str, None]] = {}
        for reader, name in readers(self.plan):
            users.setdefault(name, {})[reader] = None
        resting: dict[str, list[Entry]] = {}
        for entry in entries(self.policy):
            for id_ in dict.fromkeys(i for cite in entry.cited.cites for i in checked.text.of(cite)):
                resting.setdefault(id_, []).append(entry)
        for name, made in (
            ("say", Formulas(self.plan, self.lang)),
            ("text", checked.text),
            ("users", {name: tuple(found) for name, found in users.items()}),
            ("resting", {id_: tuple(found) for id_, found in resting.items()}),
            ("asked", asked(self.plan)),
        ):
            object.__setattr__(self, name, made)

    @property
    def plan(self) -> p.Plan:
        return self.plans.last

    @property
    def policy(self) -> m.Policy:
        return self.plans.last.policy

    @property
    def zh(self) -> bool:
        return self.lang == "zh"

    # --- words ---

    def t(self, zh: str, en: str) -> str:
        """The words in the language of the book."""
        return zh if self.zh else en

    def join(self, words: Iterable[str]) -> str:
        return ("、" if self.zh else ", ").join(words)

    def pair(self, name: str, said: str) -> str:
        """`name：said`, as in a form."""
        return f"{name}：{said}" if self.zh else f"{name}: {said}"

    def heading(self, zh: str, en: str) -> Heading:
        return Heading(2, self.t(zh, en))

    def title(self, label: m.Label, name: str, kind: m.Label, entity: str = "") -> list[Block]:
        """The first lines of a page: what it is about, its id, and what kind of thing that is."""
        text = label(self.lang) if label.zh == name else f"{label(self.lang)}  {name}"
        owner = self.policy.entities.get(entity)
        of = f"（{owner.label.zh}）" if owner and self.zh else f" ({owner.label('en')})" if owner else ""
        return [Heading(1, f"{kind(self.lang)}{of}{self.t('：', ': ')}{text}")]

    def entity(self, name: str) -> str:
        found = self.policy.entities.get(name)
        return found.label(self.lang) if found else ""

    def options(self, name: str) -> str:
        return self.join(label(self.lang) for label in options_of(self.policy, name).values())

    def reading(self, id_: str, option: str) -> str:
        """`口径“…”选“…”`"""
        i = self.policy.interpretations[id_]
        label, chosen = i.label(self.lang), i.options[option].label(self.lang)
        return self.t(
            f"口径{quoted(label)}选{quoted(chosen)}", f"the reading {quoted(label)} is {quoted(chosen)}"
        )

    def only_under(self, fact: str) -> str:
        """Under which readings a fact is asked for, where the default ones do not ask; else empty."""
        if fact in self.asked.default:
            return ""
        found: dict[str, list[str]] = {}
        for id_, option in self.asked.under.get(fact, ()):
            found.setdefault(id_, []).append(option)
        said = []
        for id_, options in found.items():
            i = self.policy.interpretations[id_]
            either = self.t("或", " or ").join(quoted(i.options[o].label(self.lang)) for o in options)
            label = quoted(i.label(self.lang))
            said.append(self.t(f"口径{label}选{either}", f"the reading {label} is {either}"))
        return self.t("，或", ", or ").join(said)

    # --- the text ---

    def basis(self, cited: m.Cited) -> list[Block]:
        """What an entry rests on: words of the document, or another basis."""
        rows: list[Block] = [self.heading("依据", "Rests on")]
        rows += [
            Item("·", quote.place, (f"“{quote.words}”",) if quote.words else ())
            for quote in self.quotes(cited)
        ]
        if cited.basis:
            rows.append(Item("·", cited.basis))
        return rows if len(rows) > 1 else []

    def quotes(self, cited: m.Cited) -> tuple[Quote, ...]:
        """The quoted words with their places; a cited sentence without a quote stands for itself."""
        made = []
        left = list(cited.cites)
        for quote in cited.quotes:
            cite = next((c for c in cited.cites if clauses.holds(self.policy, c, quote)), None)
            if cite is not None:
                made.append(Quote(clauses.crumbs(self.policy, cite, self.lang), quote))
                left = [c for c in left if c != cite]
        made += [
            Quote(clauses.crumbs(self.policy, c, self.lang), clauses.words(self.policy, c)) for c in left
        ]
        return tuple(made)

    def places(self, cites: Iterable[str]) -> str:
        return self.join(clauses.short(self.policy, cite, self.lang) for cite in cites)

    # --- names ---

    def owner(self, name: str) -> str:
        """The entry that a node is part of: `equipment` for `equipment.rate`."""
        node = self.plan.nodes.get(name)
        return node.info.owner if node is not None else name

    def used_by(self, names: Iterable[str], own: str) -> list[Block]:
        """Which other entries read any of the names."""
        found: dict[str, None] = {}
        for name in names:
            for reader in self.users.get(name, ()):
                if self.owner(reader) != own:
                    found[self.reader(reader)] = None
        found.pop("", None)
        if not found:
            return []
        return [self.heading("用到它的", "Used by"), *(Item("·", text) for text in found)]

    def reader(self, reader: str) -> str:
        """Who reads, in words: an entry, or one part of it."""
        if reader.startswith("constraints."):
            constraint = self.policy.constraints[reader.partition(".")[2]]
            return self.t(f"材料核对  {constraint.name}", f"check of the case  {constraint.name}")
        node = self.plan.nodes.get(reader)
        if node is None:
            return reader
        info = node.info
        label = info.label(self.lang)
        if info.role in ("", "test", "unless") or info.owner == info.name:
            return f"{self.entry_label(info.owner)}  {info.owner}"
        owner = self.entry_label(info.owner)
        return f"{self.t(f'{owner}：{label}', f'{owner}: {label}')}  {info.owner}"

    def entry_label(self, name: str) -> str:
        """The label of an entry of any section; of a program's condition with the program's."""
        program = self.policy.programs.get(name)
        if program is not None:
            return program.label(self.lang)
        for one in self.policy.programs.values():
            for condition in one.conditions:
                if condition.name == name:
                    label = condition.label(self.lang)
                    return self.t(f"{one.label.zh}的条件“{label}”", f"{one.label('en')}: {label}")
        whole = self.policy.limits.get(name) or self.policy.allocations.get(name)
        return whole.label(self.lang) if whole is not None else self.plan.label(name)(self.lang)
