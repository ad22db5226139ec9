"""Pages printed by the command, and a reader of our own for them: it refuses what is not well-formed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from click.testing import CliRunner

from policyengine.cli import cli
from policyengine.render.html.markup import VOID

EXAMPLES = ("装备升级", "共同体", "不予支持", "待补材料")
WHAT_IF = (
    "examples/装备升级.yaml", "--set", "equipment_cap=120万元", "--fact", "enterprise.甲公司.output_grade=B",
    "--as-of", "2022-01-01", "--reading", "bonus_cap=scaled",
)  # fmt: skip
CALLS = [
    *((f"examples/{name}.yaml",) for name in EXAMPLES),
    WHAT_IF,
    tuple(f"examples/{n}.yaml" for n in EXAMPLES),
]
HOSTILE = "<script>alert('x')</script>\"&amp;<b>"


@cache
def printed(*arguments: str, command: str = "evaluate", form: str = "html", stdin: str | None = None) -> str:
    result = CliRunner().invoke(cli, [command, *arguments, "--format", form], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


# --- reading ---


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                if child.name in names:
                    yield child
                yield from child.all(*names)

    def classed(self, kind: str) -> list[Element]:
        return [e for e in self.all(*ANY) if kind in (e.attributes.get("class") or "").split()]

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)


ANY = (
    "article", "section", "header", "div", "p", "span", "small", "b", "strong", "li", "ul", "ol", "dl", "dt", "dd",
    "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3", "h4", "blockquote", "cite",
    "mark", "figure", "figcaption", "i", "a", "main",
)  # fmt: skip


class Reader(HTMLParser):
    """Builds a tree and refuses what is not closed in order, not in `ANY`, or given twice."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert [e.name for e in self.open] == [""], self.open[-1].name

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in (*ANY, *VOID, "html", "head", "body", "title", "style"), tag
        assert len(dict(attributes)) == len(attributes), attributes
        element = Element(tag, dict(attributes))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag, tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(text: str) -> Element:
    return Reader(text).root


# --- a consortium of any size ---


def consortium(size: int, name: str) -> str:
    gates = "registered_in_yanzhou: 是, is_independent_legal_person: 是, sound_management: 是, good_credit: 是, last_major_violation_on: 无, on_cultivation_list: 否, earlier_awards: 无"
    yaml_name = json.dumps(name, ensure_ascii=False)
    firms = "".join(
        f"  企业{i}: {{{gates}, output_grade: {'AB'[i % 2]}, is_sme: {'否' if i == 0 else '是'}, "
        f"is_chain_leader: {'是' if i == 0 else '否'}, credit_code: 虚构{i:03}, name: {yaml_name}}}\n"
        for i in range(size)
    )
    members = "".join(
        f"      M{i}: {{member: 企业{i}, member_investment: {30 + i}万元, member_filed: 是, "
        "member_in_statistics_platform: 是, member_is_industrial_upgrade: 是, supports: 无}\n"
        for i in range(size)
    )
    return (
        f"policy: yanzhou-2020-14\nenterprise:\n{firms}project:\n  G1:\n    project_name: {yaml_name}\n    applicant: 企业0\n"
        f"    declared_on: 2021-09-10\n    program_applied: consortium\n    supports: 无\n    participants:\n{members}"
    )
