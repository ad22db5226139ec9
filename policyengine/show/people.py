"""Pages about who does what: departments, duties, targets, and kinds of entities."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine import model as m
from policyengine.labels import kind_word
from policyengine.render.shapes import Block, Item, Pairs
from policyengine.show.book import Book
from policyengine.show.inputs import settled
from policyengine.show.text import aim, duty_words, target_words

BODY = m.Label("单位", "Body")
DUTY = m.Label("责任分工", "Duty")
TARGET = m.Label("任务目标", "Target")
ENTITY = m.Label("对象", "Entity")


def bodies(policy: m.Policy) -> list[str]:
    """Everybody that the policy names, in the order in which it does."""
    header = policy.header
    named = [header.issuer, header.interpreter]
    for duty in policy.duties.values():
        named += [duty.lead, *duty.support]
    named += [fact.answered_by for fact in policy.facts.values()]
    named += [i.decided_by for i in policy.interpretations.values()]
    return [name for name in dict.fromkeys(named) if name]


def body(book: Book, name: str) -> Iterator[Block]:
    """Everything that falls to one body: duties, facts it answers, questions it settles."""
    policy = book.policy
    yield from book.title(m.Label(name), name, BODY)
    duties = policy.duties.values()
    leads = [_duty(book, d) for d in duties if d.lead == name]
    supports = [_duty(book, d) for d in duties if name in d.support]
    answers = [_answer(book, f) for f in policy.facts.values() if f.answered_by == name]
    decides = [i for i in policy.interpretations.values() if i.decided_by == name]
    questions = [
        Item("·", f"{i.label(book.lang)}  {i.name}", (i.question(book.lang), settled(book, i)))
        for i in decides
    ]
    roles = []
    if name == policy.header.issuer:
        roles.append(Item("·", book.t("发布本文件", "issued the document")))
    if name == policy.header.interpreter:
        place = book.places([policy.header.interpreter_cite]) if policy.header.interpreter_cite else ""
        roles.append(Item("·", book.t(f"负责解释本文件（{place}）", f"interprets the document ({place})")))
    for zh, en, found in (
        ("对本文件", "For the document", roles),
        (f"牵头（{len(leads)}项）", f"Leads ({len(leads)})", leads),
        (f"配合（{len(supports)}项）", f"Supports ({len(supports)})", supports),
        (f"填报（{len(answers)}项）", f"Answers ({len(answers)})", answers),
        (f"要明确的口径（{len(questions)}个）", f"Readings to settle ({len(questions)})", questions),
    ):
        if found:
            yield book.heading(zh, en)
            yield from found


def _duty(book: Book, d: m.Duty) -> Item:
    return Item("·", f"{d.task(book.lang)}  {d.name}", (duty_words(book, d), *_places(book, d.cited)))


def _places(book: Book, cited: m.Cited) -> list[str]:
    return [book.pair(book.t("依据", "rests on"), book.places(cited.cites))] if cited.cites else []


def _answer(book: Book, f: m.Fact) -> Item:
    entity = book.entity(f.entity)
    below = [f.ask(book.lang)]
    if f.evidence.zh:
        below.append(book.pair(book.t("证明材料", "evidence"), f.evidence(book.lang)))
    return Item(
        "·", book.t(f"{entity}：{f.label.zh}  {f.name}", f"{entity}: {f.label('en')}  {f.name}"), tuple(below)
    )


def duty(book: Book, d: m.Duty) -> Iterator[Block]:
    """A duty: what is to be done, who leads, who supports."""
    yield from book.title(m.Label(d.task.zh, d.task.en), d.name, DUTY)
    rows = [(book.t("牵头", "lead"), d.lead)]
    if d.support:
        rows.append((book.t("配合", "support"), book.join(d.support)))
    yield Pairs(tuple(rows))
    yield from book.basis(d.cited)


def target(book: Book, t: m.Target) -> Iterator[Block]:
    """A target: what is measured, over which time, what is to be reached."""
    yield from book.title(t.label, t.name, TARGET)
    yield Pairs((
        (book.t("要达到", "aim"), aim(book, t)),
        (book.t("怎样衡量", "measured by"), target_words(book, t).partition(book.t("：", ": "))[2]),
    ))  # fmt: skip
    yield from book.basis(t.cited)


def entity(book: Book, e: m.Entity) -> Iterator[Block]:
    """A kind of entity: what it refers to, and what is stated of it."""
    yield from book.title(e.label, e.name, ENTITY)
    refs = [
        Item("·", book.pair(r.label(book.lang), book.entity(r.to)) + f"  {r.name}", _optional(book, r))
        for r in e.references.values()
    ]
    facts = [
        Item("·", f"{book.pair(f.label(book.lang), kind_word(f.type, book.lang))}  {f.name}")
        for f in book.policy.facts.values()
        if f.entity == e.name
    ]
    for zh, en, found in (
        ("指向", "Refers to", refs),
        (f"填报（{len(facts)}项）", f"Stated of it ({len(facts)})", facts),
    ):
        if found:
            yield book.heading(zh, en)
            yield from found


def _optional(book: Book, r: m.Reference) -> tuple[str, ...]:
    return (book.t("可以没有", "may be none"),) if r.optional else ()
