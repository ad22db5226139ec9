"""What a person means by a word: clauses, names, labels, bodies, and words of the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from policyengine import clauses
from policyengine import model as m
from policyengine.codes import CODES
from policyengine.labels import short
from policyengine.nearest import nearest
from policyengine.render.shapes import Block, Heading, Item
from policyengine.show import inputs, people, rules, text
from policyengine.show.book import ASPECTS, Book

_T = TypeVar("_T")
WHOLE = ("全文", "all", "fulltext", "full text")
MOST_PAGES = 6  # more hits than this by a part of their label are listed, not shown in full


@dataclass(frozen=True, slots=True)
class Page:
    """One thing that was found: what kind, its id, and what is to be said of it."""

    kind: str
    id: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Something that can be shown: how people may call it, and how its page is made."""

    kind: str
    name: str
    label: m.Label
    write: Callable[[], Iterable[Block]]

    def page(self) -> Page:
        return Page(self.kind, self.name, tuple(self.write()))


def pages(book: Book, what: str) -> list[Page]:
    """Everything that `what` may mean, in the order of the policy; empty where nothing is meant."""
    asked = _plain(what)
    if asked in WHOLE:
        return [Page("text", "all", tuple(text.coverage(book)))]
    cite = clauses.parse(book.policy, what)
    if cite is not None:
        return _place(book, cite)
    known = list(named(book))
    first, _, rest = asked.partition(".")
    if first in book.policy.entities and rest:
        asked = rest.rpartition(".")[2]  # project.equipment_investment, enterprise.E1.output_grade
    by_name = [k for k in known if asked == k.name.lower()]
    labelled = [k for k in known if asked in (_plain(k.label.zh), _plain(k.label("en")))]
    found = by_name + [k for k in labelled if k not in by_name]
    found = found or _part(book, asked)
    found = found or [k for k in known if asked in (_plain(short(k.label.zh)), _plain(short(k.label("en"))))]
    return [k.page() for k in found] or _containing(book, known, asked, what)


def near(book: Book, what: str) -> list[str]:
    """Names, labels, clauses and codes that `what` may stand for."""
    spelled: dict[str, str] = {name: name for name in CODES}
    for k in named(book):
        spelled |= {k.name.lower(): k.name, _plain(k.label.zh): k.label.zh}
    spelled |= {id_: id_ for id_ in (*book.text.clauses, *book.text.sentences)}
    return list(dict.fromkeys(spelled[name] for name in nearest(_plain(what), spelled)))


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", words).strip().lower()


def _place(book: Book, cite: str) -> list[Page]:
    found = clauses.find(book.policy, cite)
    if found is None:
        return []
    if found[1] is None:
        return [Page("clause", cite, tuple(text.clause(book, cite)))]
    return [Page("sentence", cite, tuple(text.sentence(book, cite)))]


def _part(book: Book, name: str) -> list[Named]:
    """One step of an entry (`equipment.rate`)."""
    node = book.plan.nodes.get(name)
    if node is None:
        return []
    return [Named("part", name, node.info.label, lambda: rules.part(book, name))]


def named(book: Book) -> Iterator[Named]:
    """Everything with a name, in the order of the sections."""
    policy = book.policy
    for parameter in policy.parameters.values():
        yield Named("parameters", parameter.name, parameter.label, _bind(inputs.parameter, book, parameter))
    for fact in policy.facts.values():
        yield Named("facts", fact.name, fact.label, _bind(inputs.fact, book, fact))
    conditions = [*policy.conditions.values(), *(c for g in policy.programs.values() for c in g.conditions)]
    for condition in conditions:
        yield Named("conditions", condition.name, condition.label, _bind(rules.condition, book, condition))
    for program in policy.programs.values():
        yield Named("programs", program.name, program.label, _bind(rules.program, book, program))
    for value in policy.values.values():
        yield Named("values", value.name, value.label, _bind(rules.value, book, value))
    for limit in policy.limits.values():
        yield Named("limits", limit.name, limit.label, _bind(rules.limit, book, limit))
    for allocation in policy.allocations.values():
        yield Named(
            "allocations", allocation.name, allocation.label, _bind(rules.allocation, book, allocation)
        )
    for i in policy.interpretations.values():
        yield Named("interpretations", i.name, i.label, _bind(inputs.interpretation, book, i))
    for constraint in policy.constraints.values():
        yield Named(
            "constraints",
            constraint.name,
            m.Label(constraint.name),
            _bind(rules.constraint, book, constraint),
        )
    for target in policy.targets.values():
        yield Named("targets", target.name, target.label, _bind(people.target, book, target))
    for duty in policy.duties.values():
        yield Named("duties", duty.name, duty.task, _bind(people.duty, book, duty))
    for entity in policy.entities.values():
        yield Named("entities", entity.name, entity.label, _bind(people.entity, book, entity))
    for body in people.bodies(policy):
        yield Named("body", body, m.Label(body), _bind(people.body, book, body))


def _bind(
    write: Callable[[Book, _T], Iterable[Block]], book: Book, entry: _T
) -> Callable[[], Iterable[Block]]:
    return lambda: write(book, entry)


def _containing(book: Book, known: list[Named], asked: str, what: str) -> list[Page]:
    """What has the words in its label, and the sentences that have them; in full where they are few."""
    if len(asked) < 2:
        return []
    labelled = [k for k in known if asked in _plain(k.label.zh) or asked in _plain(k.label("en"))]
    squeezed = "".join(asked.split())
    sentences = [id_ for id_, s in book.text.squeezed.items() if squeezed in s.text.lower()]
    if not labelled and not sentences:
        return []
    if len(labelled) + len(sentences) <= MOST_PAGES:
        return [k.page() for k in labelled] + [page for id_ in sentences for page in _place(book, id_)]
    rows: list[Block] = [
        Heading(1, book.t(f"名称或原文里有“{what}”的", f"Names and sentences with “{what}”"))
    ]
    rows += [Item(_mark(book, k), f"{k.label(book.lang)}  {k.name}") for k in labelled]
    rows += [Item(book.t("原文", "text"), f"{book.text.sentences[id_].text}  {id_}") for id_ in sentences]
    return [Page("list", what, tuple(rows))]


def _mark(book: Book, k: Named) -> str:
    words = ASPECTS.get(k.kind)
    if words is not None:
        return words(book.lang)
    return book.t("对象", "entity") if k.kind == "entities" else book.t("单位", "body")
