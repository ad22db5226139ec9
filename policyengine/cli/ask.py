"""`policyengine ask`: questions in the best order, on a terminal one by one, else as a list."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from policyengine.cli.asked import Asked, case_options
from policyengine.cli.common import fail, lang_option, note, print_findings, write
from policyengine.cli.run import opened

STOP = ("停", "q", "quit")
SKIP = ("", "?", "？", "不知道", "unknown")


@click.command(
    "ask",
    help="只问还会改变结果的事，最能定结论的先问，结论一定就停。在终端里一问一答（不知道的直接回车，写 停 结束），"
    "不在终端里就列出要问的。没有 CASE 就从空白开始。-o 把答案存成申报材料。",
)
@click.argument("file", metavar="[CASE]", required=False)
@case_options
@click.option(
    "--interactive/--list", "interactive", default=None, help="一问一答，或者只列出来 / ask, or list"
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    help="列出时的格式 / format of the list",
)
@click.option("-o", "--output", "out", help="答案存成申报材料；列出时存清单 / write the case, or the list")
@lang_option
def command(
    file: str | None, interactive: bool | None, format_: str, out: str | None, lang: str, **options: Any
) -> None:
    """Ask or list."""
    from policyengine.diagnostics import CaseError, PolicyError

    if interactive is None:
        interactive = sys.stdin.isatty() and sys.stdout.isatty() and format_ == "text" and file != "-"
    if interactive and out is not None and Path(out).exists() and out != file:
        raise click.UsageError(f"{out} 已经有了，没有改动 / {out} exists and was left alone")
    try:
        there = opened(file, lang, Asked(**options))
        if len(there.cases) != 1:
            raise click.UsageError("一次只问一份材料 / one case at a time")
        if interactive:
            _Talk(there.plans, there.readings, there.cases[0], lang, there).run(out)
        else:
            _list(there.plans, there.readings, there.cases[0], format_, out, lang)
    except (PolicyError, CaseError) as error:
        fail(error, lang)


def _list(plans: Any, readings: dict[str, str], case: Any, format_: str, out: str | None, lang: str) -> None:
    from policyengine import api
    from policyengine.render import json, markdown, questions, text

    decided = api.decide(plans, case, readings)
    found, case = api.questions(decided), api.explain(decided, lang, depth="none")
    if format_ == "json":
        write(json.draw(questions.document(plans.policy, found, case)), out)
        return
    drawer = markdown.draw if format_ == "md" else text.draw
    write(drawer(questions.blocks(found, case, lang)), out)


@dataclass(slots=True)
class _Talk:
    """One conversation: the case as far as it is known, and what was passed over."""

    plans: Any
    readings: dict[str, str]
    case: Any
    lang: str
    opened: Any
    skipped: set[Any] = field(default_factory=set)

    def t(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def run(self, out: str | None) -> None:
        from policyengine import api, casetext
        from policyengine.render import blocks, said, text

        decided = api.decide(self.plans, self.case, self.readings)
        before = ""
        while (found := [q for q in api.questions(decided) if q.missing.ref not in self.skipped]) != []:
            now = "；".join(
                said.headline(e, self.lang)
                for e in api.explain(decided, self.lang, depth="none").explanations
            )
            if now != before:
                click.echo(f"\n{now}")
                before = now
            if not self.ask(found[0].missing):
                break
            decided = api.decide(self.plans, self.case, self.readings)
        drawn = [b for e in api.explain(decided, self.lang, depth="summary").explanations for b in blocks.blocks(e, "summary", self.lang)]  # fmt: skip
        click.echo("\n" + text.draw(drawn), nl=False)
        if out is None:
            note(
                "答案没有保存；要保存请加 -o 文件", "the answers were not kept; -o FILE keeps them", self.lang
            )
            return
        head = {"readings": self.readings, "set": self.opened.sets}
        stated = casetext.as_stated(self.case, self.opened.stated[0])
        write(
            casetext.case_text(self.plans.policy, stated, self.lang, head, self.opened.as_of), out, over=True
        )
        note(f"答案存在 {out}", f"the answers are in {out}", self.lang)

    def ask(self, missing: Any) -> bool:
        """Ask one question until it is answered or passed over; False where the person wants to stop."""
        from policyengine import api
        from policyengine.diagnostics import CaseError
        from policyengine.render import blocks

        click.echo(f"\n{blocks.question(missing, self.lang)}")
        for line in blocks.asked(missing, self.lang):
            if not line.startswith(("可选", "options")):
                click.echo(f"  {line}")
        options = list(missing.fact.options) if missing.fact is not None else []
        for number, option in enumerate(options, 1):
            click.echo(f"  {number} {missing.fact.options[option](self.lang)}")
        while True:
            text = self.prompt(self.hint(missing))
            if text in STOP:
                return False
            if text in SKIP:
                self.skipped.add(missing.ref)
                return True
            if text.isascii() and text.isdigit() and options and 0 < int(text) <= len(options):
                text = missing.fact.options[options[int(text) - 1]].zh
            try:
                case = self.answered(missing, text)
                api.decide(self.plans, case, self.readings)  # an answer may contradict another
            except CaseError as error:
                print_findings(error.diagnostics, self.lang)
                continue
            self.case = case
            return True

    def prompt(self, hint: str) -> str:
        try:
            text: str = click.prompt(hint, default="", show_default=False, prompt_suffix=" > ")
        except click.Abort:  # the end of what is typed
            return STOP[0]
        return text.strip()

    def hint(self, missing: Any) -> str:
        """How to answer."""
        from policyengine.labels import kind_word

        fact = missing.fact
        if fact is None:
            return self.t(
                "编号，几个用、隔开；没有写 无", "ids, with commas between; none where there are none"
            )
        if fact.options:
            kind = self.t("写号数或名称", "number or name")
        else:
            kind = kind_word(fact.type, self.lang)
            kind += self.t("，如 30%", " such as 30%") if fact.type.kind == "rate" else ""
            kind += (
                self.t(f"，带单位，如 80{fact.unit}", f" with its unit, such as 80{fact.unit}")
                if fact.unit
                else ""
            )
        return kind + (self.t("；没有写 无", "; none where there is none") if fact.type.optional else "")

    def answered(self, missing: Any, text: str) -> Any:
        """The case with one answer; CaseError where it is none."""
        from policyengine import api

        if missing.fact is None:
            return self.related(missing, text)
        where = self.t("回答", "answer")
        return api.with_fact(self.plans, self.case, f"{missing.ref}={text}", where, "file")

    def related(self, missing: Any, text: str) -> Any:
        """The case with the members of a relation, read again from its own text."""
        from policyengine import api, casetext

        policy = self.plans.policy
        members: dict[str, dict[str, str]] = {}
        if text not in ("无", "none"):
            for name in text.replace("，", "、").replace(",", "、").split("、"):
                members[name.strip()] = {
                    reference.name: self.target(name.strip(), reference)
                    for reference in casetext.further_references(policy, missing.ref)
                }
        stated = casetext.as_stated(self.case, self.opened.stated[0])
        case = casetext.with_members(policy, stated, missing.ref, members)
        [read] = api.read_case(self.plans, casetext.case_text(policy, case, self.lang), "<ask>").cases
        return api.with_as_of(self.plans, read, self.opened.as_of) if self.opened.as_of else read

    def target(self, name: str, reference: Any) -> str:
        """Which entity a new member refers to: one that is there, or a new one."""
        there = "、".join(self.case.entities.get(reference.to, {}))
        label = reference.label(self.lang)
        hint = self.t(
            f"{name} 的{label}（编号；已有：{there}；写别的就新建）",
            f"{label} of {name} (id; there are {there}; any other is added)",
        )
        return self.prompt(hint) or name
