"""What `policy.yaml` and the duties say of the document, against the document's own words.

The number, the date, the issuing body, the papers it is based on, who interprets it, who leads and who
supports a task: all of them are copied by hand, and none of them is computed with, so that a slip would stay.
A text that leaves its letterhead out (an excerpt) has nothing to hold the number and date against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from policyengine import model as m
from policyengine import wording
from policyengine.checks.common import Checked, squeeze
from policyengine.checks.numerals import SaidDay, days
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.source import Span

_NUMBER = re.compile(r"[〔\[(【][0-9]{4}[〕\])】]第?[0-9]+号$")
_PRINTED = re.compile(r"^(?:印发|发布|公布)?$")
_ENDS = "。；：，!?;:,"
_NOTE = re.compile(r"\([^()]*\)$")  # a note behind a title: （虚构，仅作示例）
_LEAD, _SUPPORT = re.compile("牵头单位:([^;)]+)"), re.compile("(?:配合|责任)单位:([^;)]+)")
_ID = re.compile("[a-z0-9][a-z0-9-]*")
_BODIES, _AND = re.compile("[、,]"), re.compile("[和及]")


def letterhead(checked: Checked) -> Iterator[Diagnostic]:
    """Entries of the header that the text says otherwise, or does not say."""
    policy, head = checked.policy, checked.policy.header
    if not policy.clauses or policy.overlays:
        return  # an amended version keeps the header of what it amends
    pieces = [
        squeeze(words).text
        for c in policy.clauses.values()
        for words in (c.title, *(s.text for s in c.sentences))
    ]
    whole = "".join(pieces)
    for key, words in _said(head):
        if squeeze(words).text not in whole:
            yield _absent(head, key, words)
    bare = [piece for piece in pieces if piece and piece[-1] not in _ENDS]
    numbers = [piece for piece in bare if _NUMBER.search(piece)]
    if numbers and not any(piece.endswith(squeeze(head.number).text) for piece in numbers):
        yield _absent(head, "number", head.number, numbers)
    signed = [(piece[: day.start], day) for piece in bare if (day := _signature(piece))]
    if signed:
        if not any(_signs(who, head.issuer) for who, _ in signed):
            yield _absent(head, "issuer", head.issuer, [who for who, _ in signed])
        if head.signed is not None and not any(day.day == head.signed for _, day in signed):
            yield _absent(
                head, "signed", wording.day(head.signed), [wording.day(day.day) for _, day in signed]
            )
    yield from _interpreter(checked)


def _said(head: m.Header) -> Iterator[tuple[str, str]]:
    yield "title", _NOTE.sub("", squeeze(head.title.zh).text)
    yield from (("based_on", paper) for paper in head.based_on)
    yield from (("supersedes", paper) for paper in head.supersedes)


def _signature(piece: str) -> SaidDay | None:
    """The day of a line that is a body and a day, as at the foot of a document."""
    found = days(piece)
    last = found[-1] if found else None
    return last if last and last.start and _PRINTED.match(piece[last.end :]) else None


def _signs(who: str, issuer: str) -> bool:
    """Whether a line is signed by the body, or by the several that the issuer lists, and by nobody else."""
    for body in _BODIES.split(squeeze(issuer).text):
        if body not in who:
            return False
        who = who.replace(body, "", 1)
    return not who


def _interpreter(checked: Checked) -> Iterator[Diagnostic]:
    head = checked.policy.header
    sentences = [checked.text.squeezed[id_].text for id_ in checked.text.of(head.interpreter_cite)]
    if head.interpreter and sentences and not any(squeeze(head.interpreter).text in s for s in sentences):
        yield _absent(head, "interpreter", head.interpreter, sentences)


def _absent(head: m.Header, key: str, words: str, there: list[str] | None = None) -> Diagnostic:
    return diagnostic(
        "header-not-in-text",
        head.spans.get(key, head.span),
        key=key,
        words=words,
        there="、".join(there or []),
    )


# --- who does it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Named:
    """Who leads and who supports, as a sentence lists them."""

    lead: tuple[str, ...]
    support: tuple[str, ...]


def duties(checked: Checked) -> Iterator[Diagnostic]:
    """Duties whose bodies are not those that their sentences name."""
    for duty in checked.policy.duties.values():
        sentences = [
            checked.text.squeezed[id_].text for cite in duty.cited.cites for id_ in checked.text.of(cite)
        ]
        listed = _listed(sentences)
        if listed.lead or listed.support:
            yield from _compared(duty, "lead", (duty.lead,), listed.lead or (duty.lead,))
            yield from _compared(duty, "support", duty.support, listed.support)
        elif sentences:
            joined = "".join(sentences)
            for key, bodies in (("lead", (duty.lead,)), ("support", duty.support)):
                strange = [body for body in bodies if squeeze(body).text not in joined]
                if strange:
                    yield _wrong(duty, key, strange, [])


def _listed(sentences: list[str]) -> _Named:
    def bodies(pattern: re.Pattern[str]) -> tuple[str, ...]:
        lists = [match[1] for sentence in sentences for match in pattern.finditer(sentence)]
        return tuple(body for words in lists for body in _BODIES.split(words) if body)

    return _Named(bodies(_LEAD), bodies(_SUPPORT))


def _compared(
    duty: m.Duty, key: str, written: tuple[str, ...], said: tuple[str, ...]
) -> Iterator[Diagnostic]:
    own = [squeeze(body).text for body in written]
    said = tuple(body for words in said for body in _apart(words, own))
    strange = [body for body in own if body not in said]
    missing = [body for body in said if body not in own]
    if strange or missing:
        yield _wrong(duty, key, strange, missing)


def _apart(words: str, own: list[str]) -> list[str]:
    """`甲局和乙局` as two bodies where both are written; 区工业和信息化局 is one."""
    parts = _AND.split(words)
    return parts if words not in own and all(part in own for part in parts) else [words]


def _wrong(duty: m.Duty, key: str, strange: list[str], missing: list[str]) -> Diagnostic:
    span: Span = duty.span
    return diagnostic(
        "duty-not-as-said", span, task=duty.task.zh, key=key, strange="、".join(strange), missing="、".join(missing),
        cite="、".join(duty.cited.cites),
        more_zh="".join([f"多了{'、'.join(strange)}" if strange else "", "，" if strange and missing else "", f"少了{'、'.join(missing)}" if missing else ""]),
        more_en=" and ".join([*([f"{'、'.join(strange)} is not named there"] if strange else []), *([f"{'、'.join(missing)} is missing"] if missing else [])]),
    )  # fmt: skip


# --- its folder ------------------------------------------------------------------------------------


def folder(checked: Checked) -> Iterator[Diagnostic]:
    """An id that is not the folder's name, by which the policy is called on the command line.

    `_` may stand for `-`; a folder with a name that could be no id (a Chinese one) says nothing.
    """
    head = checked.policy.header
    name = PurePath(checked.plans.timeline.location).name.lower().replace("_", "-")
    if _ID.fullmatch(name) and name != head.id:
        yield diagnostic("id-not-folder", head.spans.get("id", head.span), id=head.id, folder=name)
