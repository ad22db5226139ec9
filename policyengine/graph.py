"""The compiled plan as a drawing: what is computed, from what, in which order.

For auditors: every node that runs is here, also those that an entry was cut into. The order is that of the
plan, each node after what it reads, so that the output of one policy is always the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policyengine import clauses
from policyengine import plan as p
from policyengine.labels import kind_word
from policyengine.model import Label
from policyengine.render.shapes import Block, Heading, Item, Paragraph

KINDS: Mapping[type[p.Node], Label] = {
    p.ParamNode: Label("参数", "parameter"),
    p.FactNode: Label("事实", "fact"),
    p.FormulaNode: Label("公式", "formula"),
    p.CasesNode: Label("分情形", "cases"),
    p.ReadingNode: Label("口径", "reading"),
    p.RankNode: Label("排序", "rank"),
    p.AllocateNode: Label("分配", "allocation"),
}
_MERMAID: Mapping[type[p.Node], tuple[str, str]] = {
    p.ParamNode: ("[/", "/]"),
    p.FactNode: ("([", "])"),
    p.FormulaNode: ("[", "]"),
    p.CasesNode: ("{{", "}}"),
    p.ReadingNode: ("{", "}"),
    p.RankNode: ("[[", "]]"),
    p.AllocateNode: ("[(", ")]"),
}
_DOT: Mapping[type[p.Node], str] = {
    p.ParamNode: "parallelogram",
    p.FactNode: "oval",
    p.FormulaNode: "box",
    p.CasesNode: "hexagon",
    p.ReadingNode: "diamond",
    p.RankNode: "box3d",
    p.AllocateNode: "cylinder",
}
POLICY = Label("整个政策", "The policy as a whole")


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes to draw, in the order of the plan, and the language of the labels."""

    plan: p.Plan
    lang: str
    names: tuple[str, ...]

    def label(self, name: str) -> str:
        return self.plan.label(name)(self.lang)

    def reads(self, name: str) -> list[str]:
        """The nodes that a node reads, each once, in the order of its expressions."""
        return [n for n in dict.fromkeys(p.reads(self.plan.nodes[name])) if n in self.plan.nodes]

    def entities(self) -> list[tuple[str, str, list[str]]]:
        """The nodes by what they are about: entity, its label, names. First those of the policy."""
        groups: dict[str, list[str]] = {"": []}
        for entity in self.plan.policy.entities:
            groups[entity] = []
        for name in self.names:
            groups[self.plan.nodes[name].info.entity].append(name)
        return [(entity, self.entity(entity), names) for entity, names in groups.items() if names]

    def entity(self, name: str) -> str:
        return self.plan.policy.entities[name].label(self.lang) if name else POLICY(self.lang)


def graph(plan: p.Plan, lang: str = "zh", of: str = "") -> Graph:
    """The whole plan, or only `of` (the name of a node) and everything that it depends on."""
    if not of:
        return Graph(plan, lang, tuple(plan.nodes))
    wanted: set[str] = set()
    open_ = [of]
    while open_:
        name = open_.pop()
        if name in plan.nodes and name not in wanted:
            wanted.add(name)
            open_ += p.reads(plan.nodes[name])
    return Graph(plan, lang, tuple(name for name in plan.nodes if name in wanted))


def named(plan: p.Plan, word: str) -> list[str]:
    """The nodes that a name or a label means; labels of different nodes may be the same."""
    if word in plan.nodes:
        return [word]
    found = [name for name, node in plan.nodes.items() if word in (node.info.label.zh, node.info.label("en"))]
    entries = [name for name in found if plan.nodes[name].info.owner == name]
    return entries or found or ([f"{word}.amount"] if f"{word}.amount" in plan.nodes else [])


# --- text --------------------------------------------------------------------------------------


def blocks(g: Graph) -> list[Block]:
    """The nodes by entity, each with its kind, type, clause and what it reads."""
    zh = g.lang == "zh"
    count = len(g.names)
    edges = sum(len(g.reads(name)) for name in g.names)
    title = g.plan.policy.header.title(g.lang)
    made: list[Block] = [Heading(1, f"计算图：{title}" if zh else f"Plan: {title}")]
    made.append(Paragraph(f"节点{count}个，连线{edges}条" if zh else f"{count} nodes, {edges} edges"))
    for _, label, names in g.entities():
        made.append(Heading(2, f"{label}（{len(names)}个）" if zh else f"{label} ({len(names)})"))
        made += [_item(g, name) for name in names]
    return made


def _item(g: Graph, name: str) -> Item:
    info = g.plan.nodes[name].info
    join = "、" if g.lang == "zh" else ", "
    facts = [kind_word(info.type, g.lang)]
    if info.cited.cites:
        facts.append(join.join(clauses.short(g.plan.policy, cite, g.lang) for cite in info.cited.cites))
    elif info.cited.basis:
        facts.append("另有依据" if g.lang == "zh" else "on another basis")
    said = ("，" if g.lang == "zh" else ", ").join(facts)
    text = f"{info.label(g.lang)}  {name}{f'（{said}）' if g.lang == 'zh' else f' ({said})'}"
    labels = [
        f"{g.label(other)}（{other}）" if g.lang == "zh" else f"{g.label(other)} ({other})"
        for other in g.reads(name)
    ]
    below = (
        ((f"读取：{join.join(labels)}" if g.lang == "zh" else f"reads: {join.join(labels)}"),)
        if labels
        else ()
    )
    return Item(KINDS[type(g.plan.nodes[name])](g.lang), text, below)


# --- drawings ----------------------------------------------------------------------------------


def mermaid(g: Graph) -> str:
    """A Mermaid flowchart: one subgraph an entity, arrows from what is read to what reads it."""
    ids = _ids(g.names)
    lines = ["flowchart LR"]
    for i, (_, label, names) in enumerate(g.entities()):
        lines.append(f'  subgraph g{i}["{_mermaid_text(label)}"]')
        for name in names:
            before, after = _MERMAID[type(g.plan.nodes[name])]
            text = f"{_mermaid_text(g.label(name))}<br/>{_mermaid_text(name)}"
            lines.append(f'    {ids[name]}{before}"{text}"{after}')
        lines.append("  end")
    lines += [f"  {ids[other]} --> {ids[name]}" for name in g.names for other in g.reads(name)]
    return "\n".join(lines) + "\n"


def dot(g: Graph) -> str:
    """A Graphviz digraph: one cluster an entity, arrows from what is read to what reads it."""
    ids = _ids(g.names)
    lines = [
        "digraph policy {",
        "  rankdir=LR;",
        '  node [fontname="Noto Sans CJK SC,Microsoft YaHei,sans-serif"];',
    ]
    lines.append('  graph [fontname="Noto Sans CJK SC,Microsoft YaHei,sans-serif"];')
    for i, (_, label, names) in enumerate(g.entities()):
        lines += [f"  subgraph cluster_{i} {{", f'    label="{_dot_text(label)}";']
        for name in names:
            text = rf"{_dot_text(g.label(name))}\n{_dot_text(name)}"
            lines.append(f'    {ids[name]} [label="{text}", shape={_DOT[type(g.plan.nodes[name])]}];')
        lines.append("  }")
    lines += [f"  {ids[other]} -> {ids[name]};" for name in g.names for other in g.reads(name)]
    return "\n".join([*lines, "}"]) + "\n"


def _ids(names: Iterable[str]) -> dict[str, str]:
    """Plain ids: names hold dots, and some (`end`) are words of the drawing languages."""
    return {name: f"n{i}" for i, name in enumerate(names)}


def _mermaid_text(text: str) -> str:
    """Text inside quotes of Mermaid: what it would take for markup as numbered characters.

    That is also a list mark at the beginning (`1.`, `-`), which Mermaid refuses.
    """
    marked = re.match(r"[0-9]+[.)]|[-+*]", text)
    last = marked.end() - 1 if marked else -1
    return "".join(
        f"#{ord(c)};" if c in '"#&<>`' or i == last else " " if not c.isprintable() else c
        for i, c in enumerate(text)
    )


def _dot_text(text: str) -> str:
    """Text inside quotes of Graphviz, which decodes `&…;` too."""
    shown = "".join(f"\\{c}" if c in '"\\' else " " if not c.isprintable() else c for c in text)
    return shown.replace("&", "&amp;")
