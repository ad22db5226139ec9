"""Files to start from: a policy folder that already passes its checks, and an application to fill in.

The policies are data files in `templates/`, fictitious and commented. The application is made from a
policy: every fact as a question with how to answer it, and a blank, which reads as not known yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable

from policyengine import clauses, editor, wording
from policyengine import model as m
from policyengine.asked import Asked
from policyengine.instances import Plans
from policyengine.labels import KINDS, quoted
from policyengine.naming import Names, under

TEMPLATES = ("subsidy", "blank")
DEFAULT_ID = "new-policy"  # where a folder's name cannot be an id
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")  # as the schema has it: small letters, digits, hyphens
_PLACEHOLDER = "__ID__"


def id_for(folder: str) -> str:
    """The id of a policy in a folder of that name: the name, where it can be one."""
    return folder if ID.fullmatch(folder) else DEFAULT_ID


def policy_files(folder: str, template: str = TEMPLATES[0]) -> dict[str, str]:
    """The files of a new policy by their path in its folder, the settings for VS Code among them."""
    root = resources.files("policyengine") / "templates" / template
    found = {path: text.replace(_PLACEHOLDER, id_for(folder)) for path, text in _files(root, "")}
    found |= {f"{editor.SCHEMAS}/{name}": text for name, text in editor.schema_files().items()}
    for name, data in (
        ("settings.json", editor.settings([folder])),
        ("extensions.json", editor.extensions()),
    ):
        found[f".vscode/{name}"] = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    return found


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".yaml", ".txt")):
            yield f"{prefix}{entry.name}", entry.read_text(encoding="utf-8")


# --- an application to fill in -----------------------------------------------------------------


def case_text(plans: Plans, asked: Asked, lang: str = "zh", option: str = "") -> str:
    """A case of a policy with every fact left blank, as YAML. `asked`: which facts are needed when.

    `option`: what the command that decides it needs besides the file (` --policy POLICY+overlay.yaml`).
    """
    return "\n".join(_Form(plans.last.policy, asked, lang, option).lines()).rstrip("\n") + "\n"


def remarks(policy: m.Policy, asked: Asked, fact: m.Fact, lang: str = "zh") -> list[str]:
    """Who answers a question, on what evidence, by which clause, and when it matters."""
    return list(_Form(policy, asked, lang, "").notes(fact))[1:]


@dataclass(slots=True)
class _Form:
    policy: m.Policy
    asked: Asked
    lang: str
    option: str
    names: Names = field(init=False)
    top: list[str] = field(init=False)
    nested: dict[str, list[tuple[str, m.Reference]]] = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names(self.policy, self.lang)
        self.top = self.names.top()
        self.nested = {}
        for entity in self.policy.entities.values():
            if entity.name not in self.top:
                for reference in under(entity):
                    self.nested.setdefault(reference.to, []).append((entity.name, reference))

    def t(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def lines(self) -> Iterator[str]:
        yield from (f"# {line}" for line in self.head())
        yield f"policy: {self.policy.id}"
        for name in self.top:
            entity = self.policy.entities[name]
            yield ""
            yield self.t(
                f"# {entity.label.zh}：有几个写几段，各换一个编号",
                f"# {entity.label('en')}: one part each, with an id of its own",
            )
            yield f"{self.names.entity_key(entity)}:"
            yield f"  {self.names.id_of(entity)}:"
            yield from (f"    {line}".rstrip() for line in self.body(entity, None, frozenset((name,))))

    def head(self) -> Iterator[str]:
        header = self.policy.header
        title = header.title(self.lang)
        if self.lang == "zh":
            yield f"申报材料：{title}（{header.number}）"
            yield "怎样填：答案写在冒号后面，空一格。不知道的留空——留空就是“不知道”，不当作“否”，也不当作零。"
            yield "      金额要写单位，如 80万元、1234.56元；日期写成 2021-06-01；是非题写 是 或 否；确实没有的写 无。"
            yield f"      # 后面是说明，可以删。填完运行：policyengine evaluate 本文件{self.option}"
        else:
            yield f"Application: {title} ({header.number})"
            yield "Write the answer behind the colon, after a blank. What is not known stays blank: that is neither no nor zero."
            yield "Amounts with their unit (80万元, 1234.56元), days as 2021-06-01, true or false, none where there is none."
            yield f"What follows # is explanation. Then run: policyengine evaluate THIS-FILE{self.option}"

    def body(self, entity: m.Entity, through: m.Reference | None, path: frozenset[str]) -> Iterator[str]:
        """The lines of one entity: its references, its facts, and what stands below it.

        `through`: the reference that nesting gives it.
        """
        for reference in entity.references.values():
            if through is None or not (reference is through or reference.optional):
                yield from self.reference(entity, reference)
        for fact in self.policy.facts.values():
            if fact.entity == entity.name:
                yield from self.fact(entity, fact)
        for name, reference in self.nested.get(entity.name, []):
            if name not in path:
                yield from self.children(entity, self.policy.entities[name], reference, path | {name})

    def reference(self, entity: m.Entity, reference: m.Reference) -> Iterator[str]:
        target = self.policy.entities[reference.to]
        yield self.t(
            f"# 写上面某个{target.label.zh}的编号",
            f"# the id of a part under {self.names.entity_key(target)}",
        )
        yield f"{self.names.key(entity, reference.name, reference.label)}: {self.names.id_of(target)}"

    def fact(self, entity: m.Entity, fact: m.Fact) -> Iterator[str]:
        yield f"# {fact.ask(self.lang) or fact.label(self.lang)}"
        yield f"#   {self.t('；', '; ').join(self.notes(fact))}"
        yield f"{self.names.key(entity, fact.name, fact.label)}:"

    def children(
        self, entity: m.Entity, child: m.Entity, reference: m.Reference, path: frozenset[str]
    ) -> Iterator[str]:
        """A relation left blank, and below it, commented out, what one of its members looks like."""
        label = reference.inverse_label(self.lang)
        yield self.t(
            f"# {label}：一个也没有，写 无；有的，去掉下面到空行为止每行开头的“# ”再填，一个一段；留空就是不知道",
            f"# {label}: none where there are none; else take the leading # away, down to the blank line, one part each; blank is unknown",
        )
        yield f"{self.names.key(entity, reference.inverse, reference.inverse_label)}:"
        yield f"#   {self.names.id_of(child)}:"
        yield from (f"#     {line}".rstrip() for line in self.body(child, reference, path))
        yield ""

    def notes(self, fact: m.Fact) -> Iterator[str]:
        """How a question is answered, by whom, on what evidence, and when it matters."""
        yield self.answer(fact)
        if fact.type.optional:
            yield self.t("没有的写 无", "none where there is none")
        if fact.answered_by:
            yield self.t(f"{fact.answered_by}填报", f"answered by {fact.answered_by}")
        if fact.choice:
            yield self.t("由企业选择", "the applicant chooses")
        if fact.discretion:
            yield self.t("由主管部门裁量", "left to an official's discretion")
        elif fact.judged:
            yield self.t("由主管部门认定", "an official decides")
        if fact.evidence.zh:
            yield self.t(f"凭{fact.evidence.zh}", f"shown by: {fact.evidence('en')}")
        if fact.cited.cites:
            places = [clauses.short(self.policy, cite, self.lang) for cite in fact.cited.cites]
            yield self.t(f"依据{'、'.join(places)}", f"rests on {', '.join(places)}")
        if fact.name not in self.asked.default:
            yield self.when(fact)

    def answer(self, fact: m.Fact) -> str:
        """What to write: the options, or the kind of value with its unit and range."""
        if fact.options:
            options = [
                f"{label(self.lang)}" if self.lang == "zh" else f"{id_} ({label('en')})"
                for id_, label in fact.options.items()
            ]
            return self.t(f"选一项：{'、'.join(options)}", f"one of: {', '.join(options)}")
        text = KINDS[fact.type.kind](self.lang)
        if fact.type.kind == "money":
            text += self.t("，要写单位（如 80万元）", ", with its unit (such as 80万元)")
        unit = fact.unit if fact.type.kind == "number" else ""
        if unit:
            text += self.t(f"，要写单位（{unit}）", f", with its unit ({unit})")
        if fact.low is not None and fact.high is not None:
            low, high = (
                wording.quantity(bound, fact.type, self.lang, unit) for bound in (fact.low, fact.high)
            )
            text += self.t(f"，{low}至{high}", f", {low} to {high}")
        return text

    def when(self, fact: m.Fact) -> str:
        """Of what the default readings do not ask: which reading does, or that none does."""
        under = self.asked.under.get(fact.name, ())
        if fact.name in self.asked.keys:
            return self.t("只作标识；次序相同时按它排先后", "identifies, and orders what ranks equal")
        if fact.name in self.asked.together:
            return self.t("只在同时改选几项口径时才要填", "only where several readings are changed together")
        if not under:
            return self.t("不影响认定，只作标识或记录", "not needed for the decision")
        readings = dict.fromkeys(id_ for id_, _ in under)
        labels = [quoted(self.policy.interpretations[id_].label(self.lang)) for id_ in readings]
        return self.t(
            f"只在改选口径{'、'.join(labels)}时才要填",
            f"only where the reading {', '.join(labels)} is changed",
        )
