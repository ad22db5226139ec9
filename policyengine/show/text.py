"""Pages about the official text: a sentence and what rests on it, a clause, and the whole document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from policyengine import clauses
from policyengine import model as m
from policyengine.checks.citations import by_rules
from policyengine.checks.common import Checked, Entry
from policyengine.labels import parameter_value
from policyengine.render.shapes import Block, Heading, Item, Paragraph
from policyengine.show.book import ASPECTS, NOT_COMPUTED, Book
from policyengine.show.rules import in_short


def clause(book: Book, id_: str) -> Iterator[Block]:
    """One clause: its sentences with what rests on each, and the clauses below it."""
    found = book.policy.clauses[id_]
    yield Heading(1, f"{clauses.crumbs(book.policy, id_, book.lang)}  {id_}")
    for sentence in found.sentences:
        yield Heading(2, book.t(f"第{sentence.id}句", f"Sentence {sentence.id}"))
        yield Paragraph(f"“{sentence.text}”")
        yield from resting(book, f"{id_}/{sentence.id}")
    below = [c for c in book.policy.clauses.values() if c.id.rpartition(".")[0] == id_]
    if below:
        yield book.heading("下面各条", "Clauses below")
        for one in below:
            count = len(one.sentences)
            yield Item(
                "·", f"{clauses.heading(one)}{book.t(f'（{count}句）', f' ({count} sentences)')}  {one.id}"
            )


def sentence(book: Book, id_: str) -> Iterator[Block]:
    """One sentence and what rests on it."""
    yield Heading(1, f"{clauses.crumbs(book.policy, id_, book.lang)}  {id_}")
    yield Paragraph(f"“{clauses.words(book.policy, id_)}”")
    yield from resting(book, id_)


def resting(book: Book, id_: str) -> Iterator[Block]:
    """Everything that a sentence is the ground of, or why nothing is computed from it."""
    found = book.resting.get(id_, ())
    whole = {entry.name for entry in found}
    order = list(ASPECTS)
    for entry in sorted(found, key=lambda e: order.index(_aspect(e))):
        if entry.section != "values" or entry.owner == entry.name or entry.owner not in whole:
            yield _entry(book, entry, id_)
    yield from (Item(ASPECTS["not_computed"](book.lang), line) for line in notes(book, id_))


def notes(book: Book, id_: str) -> Iterator[str]:
    """What is recorded of a sentence besides: validity, who interprets, why not computed, settled words."""
    header = book.policy.header
    if header.valid_cite and id_ in book.text.of(header.valid_cite):
        yield book.t("规定本文件的有效期", "sets the period of validity")
    if header.interpreter_cite and id_ in book.text.of(header.interpreter_cite):
        yield book.t(
            f"规定由{header.interpreter}解释本文件", f"makes {header.interpreter} interpret the document"
        )
    yield from (why(book, record) for record in set_aside(book, id_))
    for settled in book.policy.settled_words.values():
        if id_ in book.text.of(settled.clause):
            words = book.join(f"“{word}”" for word in settled.words)
            yield book.t(
                f"{words}不用另定口径：{settled.why.zh}", f"{words} needs no reading: {settled.why('en')}"
            )


def set_aside(book: Book, id_: str) -> list[m.NotComputed]:
    return [record for record in book.policy.not_computed.values() if id_ in book.text.of(record.clause)]


def why(book: Book, record: m.NotComputed) -> str:
    """`不计算（背景）：目的和依据`"""
    kind = NOT_COMPUTED[record.kind](book.lang)
    return book.t(f"不计算（{kind}）：{record.why.zh}", f"not computed ({kind}): {record.why('en')}")


# --- one line an entry -------------------------------------------------------------------------


def _aspect(entry: Entry) -> str:
    """What kind of thing an entry is; the conditions of an award are conditions."""
    return "conditions" if entry.section == "programs" and entry.owner != entry.name else entry.section


def _entry(book: Book, entry: Entry, id_: str) -> Item:
    quotes = [quote for quote in entry.cited.quotes if clauses.holds(book.policy, id_, quote)]
    below = [*_said(book, entry), *(f"“{quote}”" for quote in quotes)]
    return Item(ASPECTS[_aspect(entry)](book.lang), f"{_head(book, entry)}  {entry.name}", tuple(below))


def _head(book: Book, entry: Entry) -> str:
    """The label of an entry, and the one thing of it that says most."""
    policy, label = book.policy, entry.label(book.lang)
    if entry.section == "parameters":
        parameter = policy.parameters[entry.name]
        values = [parameter_value(policy, parameter, dated, book.lang) for dated in parameter.values]
        return book.pair(label, book.join(values))
    if entry.section == "interpretations":
        i = policy.interpretations[entry.name]
        count, chosen = len(i.options), i.options[i.default].label(book.lang)
        return book.pair(label, book.t(f"按“{chosen}”（共{count}种读法）", f"“{chosen}” (one of {count})"))
    if entry.section == "facts":
        return label + _from_whom(book, policy.facts[entry.name])
    if entry.section == "targets":
        return label + _wanted(book, policy.targets[entry.name])
    if entry.section == "constraints":
        return book.t("材料不能自相矛盾", "the case may not contradict itself")
    return label


def _from_whom(book: Book, fact: m.Fact) -> str:
    who = book.t(f"由{fact.answered_by}填报", f"answered by {fact.answered_by}") if fact.answered_by else ""
    proof = fact.evidence(book.lang)
    shown = book.t(f"凭{proof}", f"shown by {book.say.lower(proof)}") if fact.evidence.zh else ""
    both = book.t("，", ", ").join(part for part in (who, shown) if part)
    return book.t(f"（{both}）", f" ({both})") if both else ""


def _said(book: Book, entry: Entry) -> Iterator[str]:
    """The lines below: how it is computed, what is asked, who does it."""
    policy = book.policy
    if entry.section == "interpretations":
        yield policy.interpretations[entry.name].question(book.lang)
    elif entry.section == "facts":
        yield policy.facts[entry.name].ask(book.lang)
    elif entry.section == "targets":
        yield target_words(book, policy.targets[entry.name])
    elif entry.section == "duties":
        yield duty_words(book, policy.duties[entry.name])
    elif entry.section == "constraints":
        rule = next(r for r in book.plan.rules if r.constraint.name == entry.name)
        yield book.say.text(rule.test)
    elif entry.section != "parameters":
        yield from in_short(book, entry)


AIMS = {
    "at_least": m.Label("不低于{}", "at least {}"),
    "at_most": m.Label("不高于{}", "at most {}"),
    "about": m.Label("{}左右", "about {}"),
    "words": m.Label("{}", "{}"),
    "rising": m.Label("提高", "rising"),
    "falling": m.Label("降低", "falling"),
}


def aim(book: Book, target: m.Target) -> str:
    """What a target wants reached: `不低于8%`."""
    said = []
    for kind, label in target.aim:
        words = AIMS[label.zh if kind == "trend" else kind]
        said.append(words(book.lang).format(label(book.lang)))
    return book.join(said)


def _wanted(book: Book, target: m.Target) -> str:
    said = book.pair(book.t("要求", "aim"), aim(book, target))
    return book.t(f"（{said}）", f" ({said})")


def target_words(book: Book, target: m.Target) -> str:
    period = target.period(book.lang)
    over = book.t(f"（{period}）", f" ({period})") if target.period.zh else ""
    return book.pair(book.t("衡量", "measured by"), f"{target.indicator(book.lang)}{over}")


def duty_words(book: Book, duty: m.Duty) -> str:
    """`牵头：区财政局；配合：区税务局`"""
    said = book.pair(book.t("牵头", "lead"), duty.lead)
    if duty.support:
        said += book.t("；", "; ") + book.pair(book.t("配合", "support"), book.join(duty.support))
    return said


# --- the whole document ------------------------------------------------------------------------


def coverage(book: Book) -> Iterator[Block]:
    """Every sentence in order: what is computed from it, or why nothing is; and how many of each."""
    header = book.policy.header
    yield Heading(1, book.t(
        f"全文对照：{header.title.zh}（{header.number}）", f"The whole text: {header.title('en')} ({header.number})"
    ))  # fmt: skip
    computed = by_rules(Checked(book.policy, book.plan, book.plans))
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for found in book.policy.clauses.values():
        yield Heading(2, f"{clauses.crumbs(book.policy, found.id, book.lang)}  {found.id}")
        for one in found.sentences:
            id_ = f"{found.id}/{one.id}"
            lines = list(_covered(book, id_))
            yield Item(one.id, one.text, tuple(lines) or (book.t("没有登记", "not accounted for"),))
            how = _how(book, id_, id_ in computed)
            counts[how] += 1
            if how == "aside":
                kinds.update(NOT_COMPUTED[record.kind](book.lang) for record in set_aside(book, id_)[:1])
    yield book.heading("合计", "In all")
    yield Paragraph(_totals(book, counts, kinds))


def _how(book: Book, id_: str, computed: bool) -> str:
    """How a sentence is accounted for; each counts once."""
    sections = {entry.section for entry in book.resting.get(id_, ())}
    if computed:
        return "computed"
    if "targets" in sections:
        return "target"
    if "duties" in sections:
        return "duty"
    header = (book.policy.header.valid_cite, book.policy.header.interpreter_cite)
    aside = set_aside(book, id_) or any(id_ in book.text.of(cite) for cite in header)
    return "aside" if aside else "open"


def _totals(book: Book, counts: Counter[str], kinds: Counter[str]) -> str:
    words = {
        "computed": ("参与计算", "computed"), "target": ("任务目标", "targets"), "duty": ("责任分工", "duties"),
        "aside": ("不计算", "not computed"), "open": ("没有登记", "not accounted for"),
    }  # fmt: skip
    said = [
        book.t(f"{zh}{counts[how]}句", f"{counts[how]} {en}")
        for how, (zh, en) in words.items()
        if counts[how] or how != "open"
    ]
    total = sum(counts.values())
    text = book.t(f"共{total}句：", f"{total} sentences: ") + book.t("，", ", ").join(said)
    if kinds:
        parts = book.join(book.t(f"{kind}{n}句", f"{n} {kind}") for kind, n in kinds.items())
        text += book.t(f"（{parts}）", f" ({parts})")
    return text + book.t("。", ".")


def _covered(book: Book, id_: str) -> Iterator[str]:
    """The lines below a sentence of the coverage page."""
    resting_ = book.resting.get(id_, ())
    by_section: dict[str, dict[str, None]] = {}
    for entry in resting_:
        key = (
            entry.section
            if entry.section in ("facts", "interpretations", "targets", "duties")
            else "computed"
        )
        if entry.section != "constraints":
            by_section.setdefault(key, {})[_label(book, entry)] = None
    for key, (zh, en) in (
        ("computed", ("计算", "computed")), ("interpretations", ("口径", "readings")), ("facts", ("填报", "stated")),
    ):  # fmt: skip
        if key in by_section:
            yield book.pair(book.t(zh, en), book.join(by_section[key]))
    for entry in resting_:
        if entry.section == "targets":
            wanted = book.pair(book.t("要求", "aim"), aim(book, book.policy.targets[entry.name]))
            yield book.pair(
                book.t("目标", "target"), entry.label(book.lang) + book.t(f"（{wanted}）", f" ({wanted})")
            )
        elif entry.section == "duties":
            who = duty_words(book, book.policy.duties[entry.name])
            yield book.pair(
                book.t("分工", "duty"), entry.label(book.lang) + book.t(f"（{who}）", f" ({who})")
            )
    yield from notes(book, id_)


def _label(book: Book, entry: Entry) -> str:
    """A label as it stands in a list; of one case of a value, the value's."""
    whole = entry.section == "values" and entry.owner != entry.name
    return book.entry_label(entry.owner) if whole else entry.label(book.lang)
