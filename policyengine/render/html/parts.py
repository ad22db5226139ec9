"""The parts that several kinds of page share: quotes, formulas, bars, lists of conditions, steps, notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine.capitals import capital
from policyengine.exact import Number
from policyengine.explanation import Capped, Explanation, Line, Term
from policyengine.marking import Passage, condition_passages, step_passages
from policyengine.render import said
from policyengine.render.html import many
from policyengine.render.html.markup import Child, Markup, el, join
from policyengine.render.html.words import Say
from policyengine.values import Unknown

SIGNS = {"met": "√", "failed": "×", "unknown": "?"}
_WHOLE = 1000  # of a bar, in parts per thousand


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page being made: its explanation, words, and the level of its main heading."""

    e: Explanation
    say: Say
    level: int = 1

    def heading(self, depth: int, *children: Child, **attributes: str) -> Markup:
        """A heading `depth` levels below the page's own (0)."""
        return el(f"h{self.level + depth}", *children, **attributes)

    def section(self, title: str, note: str, *children: Child, kind: str = "") -> Markup:
        """A part of the page under its heading."""
        head = self.heading(1, title, [" ", el("small", note)] if note else None)  # apart when read aloud
        return el("section", head, *children, class_=kind or None)

    def who(self, path: str, label: str) -> str:
        """`企业 甲公司`: the word for a kind of entity, and the entity's name."""
        return f"{label} {self.e.names.get(path, path.partition('.')[2])}"


# --- small things -----------------------------------------------------------------------------


def official(*children: Child, say: Say) -> Markup:
    """Words of the official text, which are Chinese on every page."""
    return el("span", *children, lang="zh-CN" if say.lang != "zh" else None)


def quotes(passages: Iterable[Passage], say: Say) -> Markup:
    """The words of the document with their places; the decisive ones marked."""
    return join(
        el(
            "blockquote",
            el("cite", official(one.place, say=say)),
            el("p", (_piece(p.text, p.marked) for p in one.pieces), lang="zh-CN") if one.pieces else None,
        )
        for one in passages
    )


def _piece(text: str, marked: bool) -> Child:
    return el("mark", text) if marked else text


def big(text: str) -> Markup:
    """An amount with its unit set small: `100` 万元."""
    found = re.fullmatch(r"([\d,./]+)(.*)", text)
    return join(el("b", found[1]), el("span", found[2])) if found else el("b", text)


def in_words(amount: object, say: Say) -> str:
    """`人民币壹佰万元整`; "" in English, and where an amount has no such form."""
    words = capital(amount) if isinstance(amount, Decimal | Fraction) and say.lang == "zh" else ""
    return say("in_words", words) if words else ""


def state(status: str, text: str) -> Markup:
    return el("span", text, class_=f"state {status}")


def sign(status: str, say: Say) -> Markup:
    """A mark that a screen reader says in words."""
    return join(
        el("span", SIGNS[status], class_=f"sign {status}", aria_hidden="true"),
        el("span", say(status), class_="aloud"),
    )


def formula(terms: Iterable[Term], result: str = "", last: bool = False, equals: str = "") -> Markup:
    """Values with their names below them, signs between, and what comes out."""
    pieces = [_term(term) for term in terms]
    if result:
        sign_ = el("span", equals, class_="op") if pieces else None
        pieces.append(el("span", sign_, el("b", result), class_="result last" if last else "result"))
    return el("p", (join(piece, " ") for piece in pieces), class_="formula")


def _term(term: Term) -> Markup:
    if not term.label:
        return el("span", term.text.strip(), class_="op")
    return el("span", el("span", term.text), el("small", term.label), class_="term")


# --- bars -------------------------------------------------------------------------------------


def share(part: Number, whole: Number) -> int:
    """How much of a bar a part takes, in thousandths."""
    if exact.compare(whole, Decimal(0)) <= 0:
        return 0
    ratio = exact.divide(exact.multiply(part, Decimal(_WHOLE)), whole)
    return max(0, min(_WHOLE, exact.floor(ratio, Decimal(1))))


def _width(thousandths: int) -> str:
    return f"{thousandths // 10}.{thousandths % 10}%"


def _at(thousandths: int, text: str) -> Markup:
    """A word at a point of a bar, to its left or right, where there is room."""
    if thousandths >= _WHOLE // 2:
        return el("span", text, style=f"right:{_width(_WHOLE - thousandths)}", class_="at ends")
    return el("span", text, style=f"left:{_width(thousandths)}", class_="at")


def bar(
    title: str, solid: int, hatched: int, above: tuple[int, str], below: tuple[int, str], aloud: str
) -> Markup:
    """A bar: a solid part, a hatched part behind it, a word above and one below, each at its point."""
    track = el(
        "div",
        el("i", class_="solid", style=f"width:{_width(solid)}"),
        el("i", class_="hatched", style=f"width:{_width(hatched)}") if hatched else None,
        class_="track", role="img", aria_label=aloud,
    )  # fmt: skip
    zero = el("span", "0", class_="at") if min(below[0], _WHOLE) > 60 else None
    return el(
        "figure", el("figcaption", title), el("div", _at(*above), class_="words above"), track,
        el("div", zero, _at(*below), class_="words"), class_="bar",
    )  # fmt: skip


def cap_bar(capped: Capped, say: Say, title: str) -> Markup:
    """What was computed against the cap: the solid part is within it, the hatched part cut off."""
    computed, cap = capped.computed, capped.cap
    whole = exact.largest(computed, cap)
    solid = share(exact.smallest(computed, cap), whole)
    over = exact.compare(computed, cap) > 0
    cap_said = f"{capped.cap_label} {say.money(cap)}"
    computed_said = f"{capped.computed_label} {say.money(computed)}"
    return bar(
        title, solid, _WHOLE - solid if over else 0,
        (solid if over else _WHOLE, cap_said), (_WHOLE if over else solid, computed_said),
        say.list((computed_said, cap_said)),
    )  # fmt: skip


def range_bar(amount: Unknown, say: Say, title: str) -> Markup | None:
    """From the least to the most that an open amount may come to; None where
    one of them says nothing."""
    low, high = amount.low, amount.high
    if not isinstance(low, Decimal | Fraction) or not isinstance(high, Decimal | Fraction) or low == 0:
        return None
    solid = share(low, high)
    least, most = say("least", say.money(low)), say("most", say.money(high))
    return bar(
        title,
        solid,
        _WHOLE - solid,
        (_WHOLE, most),
        (max(solid, 1), least),
        say.list((least, most)),
    )


# --- conditions -------------------------------------------------------------------------------


def counted(lines: Iterable[Line], say: Say) -> Markup:
    """How many conditions are not met or open, in words."""
    lines = list(lines)
    failed = sum(line.status == "failed" for line in lines)
    open_ = sum(line.status == "unknown" for line in lines)
    if not failed and not open_:
        return state("met", say("all_met"))
    return join(
        state("failed", say("not_met", failed)) if failed else None,
        state("unknown", say("to_answer", open_)) if open_ else None,
    )


def conditions(sheet: Sheet, lines: Iterable[Line], number: str, title: str, count: bool = True) -> Markup:
    """The conditions as a list, each with its evidence; beside it the sentences they rest on, each once.

    `count`: also say how many are not met, or that all are.
    """
    lines, say = list(lines), sheet.say
    items = [
        el(
            "li", sign(line.status, say), el("span", line.label, _whose(sheet, line)),
            el("span", line.evidence, class_="evidence") if line.evidence else None,
            formula(line.terms) if line.terms else None, el("p", line.note, class_="aside") if line.note else None,
        )
        for line in lines
    ]  # fmt: skip
    cited = condition_passages(sheet.e.policy, [c for line in lines for c in line.citations])
    left = [el("ul", items, class_="gates")]
    return step(sheet, number, title, left, quotes(cited, say), counted(lines, say) if count else None)


def _whose(sheet: Sheet, line: Line) -> Markup | None:
    """Whose condition it is, where not the application's or that of what it refers to."""
    own = {
        sheet.e.decision.subject.path,
        *(path for path, name in sheet.e.names.items() if name in _names(sheet)),
    }
    if line.subject is None or line.subject.path in own:
        return None
    return el("small", sheet.who(line.subject.path, line.subject.label(sheet.say.lang)))


def _names(sheet: Sheet) -> set[str]:
    return {name for _, name in sheet.e.parties}


# --- steps ------------------------------------------------------------------------------------


def step(
    sheet: Sheet,
    number: str,
    title: Child,
    left: Iterable[Child],
    right: Child,
    beside: Child = None,
    wide: bool = False,
) -> Markup:
    """One row: a number, a title and what was done on the left, the words of the document on the right.

    Without a title it stands right under the heading of its section.
    """
    mark = el("span", number, class_="number")
    head = sheet.heading(2, mark, el("span", title), beside) if title else None
    law = el("div", right, class_="law") if right else None
    if wide:
        return el("li", el("div", head, law, left, class_="did"), class_="step wide")
    return el("li", el("div", head, left, class_="did"), law, class_="step")


def steps(sheet: Sheet, first: int) -> Iterator[Markup]:
    """The steps of the calculation, numbered from `first`; the same step of several entities is one."""
    groups: dict[str, list[Line]] = {}
    for line in sheet.e.steps:
        groups.setdefault(line.name, []).append(line)
    groups = _tabled(groups)
    granted = sheet.e.decision.outcome == "granted"
    own = [name for name, lines in groups.items() if lines[0].subject and _is_own(sheet, lines[0])]
    for i, (name, lines) in enumerate(groups.items(), first):
        cited = dict.fromkeys(c for line in lines for c in line.citations)
        used = dict.fromkeys(u for line in lines for u in line.used)
        law = quotes(step_passages(sheet.e.policy, cited, used), sheet.say)
        last = granted and bool(own) and name == own[-1]
        notes = [_notes(sheet, line) for line in lines]
        shared = [note for note in notes[0] if all(note in other for other in notes)]
        several = len(lines) > 1
        if len({line.subject for line in lines}) > many.MOST_BESIDE:
            yield _of_many(sheet, i, lines, notes, shared, law)
            continue
        rows = [
            _row(sheet, line, [note for note in own_notes if note not in shared], last, several)
            for line, own_notes in zip(lines, notes, strict=True)
        ]
        title = join(lines[0].label, None if several else _of_whom(sheet, lines[0]))
        left = [el("div", rows, class_="grouped" if several else None), _aside(sheet, shared)]
        yield step(sheet, sheet.say.number(i), title, left, law)


def _tabled(groups: dict[str, list[Line]]) -> dict[str, list[Line]]:
    """The steps with those of many entities of one kind put together where the first of them stands."""
    found: dict[str, list[Line]] = {}
    first: dict[frozenset[str], str] = {}
    for name, lines in groups.items():
        who = frozenset(line.subject.path for line in lines if line.subject)
        if len(who) > many.MOST_BESIDE and many.alike(lines):
            found.setdefault(first.setdefault(_kind(lines), name), []).extend(lines)
        else:
            found[name] = lines
    return found


def _kind(lines: list[Line]) -> frozenset[str]:
    return frozenset(line.subject.label.zh for line in lines if line.subject)


def _of_many(
    sheet: Sheet, i: int, lines: list[Line], notes: list[list[str]], shared: list[str], law: Markup
) -> Markup:
    """A step of many entities: the formula once, and a table with what is each one's own."""
    say, groups = sheet.say, dict[str, list[Line]]()
    for line in lines:
        groups.setdefault(line.name, []).append(line)
    title = say.list(group[0].label for group in groups.values())
    names = {
        line.subject.path: sheet.e.names.get(line.subject.path, line.subject.id)
        for line in lines
        if line.subject
    }
    if not all(many.alike(group) for group in groups.values()):
        told = [
            (names[line.subject.path] if line.subject else "", line.value if not _shown(line) else said.equation(line),
             [note for note in own if note not in shared])
            for line, own in zip(lines, notes, strict=True)
        ]  # fmt: skip
        return step(
            sheet, say.number(i), title, [many.same(told, say), _aside(sheet, shared)], law, wide=True
        )
    formulas = [
        formula(many.general(group), group[0].label, equals=say("equals")) for group in groups.values()
    ]
    found = [column for group in groups.values() for column in many.columns(group)]
    label = lines[0].subject.label(say.lang) if lines[0].subject else ""
    body = many.rows(found, names, label, title)
    return step(sheet, say.number(i), title, [formulas, _aside(sheet, shared), body], law, wide=True)


def _is_own(sheet: Sheet, line: Line) -> bool:
    return line.subject is not None and line.subject.path == sheet.e.decision.subject.path


def _of_whom(sheet: Sheet, line: Line) -> Markup | None:
    """Whose step it is, where it is not the application's."""
    if line.subject is None or _is_own(sheet, line):
        return None
    return el("small", sheet.who(line.subject.path, line.subject.label(sheet.say.lang)))


def _row(sheet: Sheet, line: Line, notes: list[str], last: bool, several: bool) -> Markup:
    """What one step came to for one entity; of several each begins with a name."""
    name = sheet.e.names.get(line.subject.path, line.subject.id) if line.subject else ""
    came = el("div", formula(_shown(line), line.value, last, sheet.say("equals")), _aside(sheet, notes))
    return el("div", el("p", name, class_="who") if several else None, came, class_="row")


def _aside(sheet: Sheet, notes: list[str]) -> Markup | None:
    return el("p", ("；" if sheet.say.lang == "zh" else "; ").join(notes), class_="aside") if notes else None


def _shown(line: Line) -> tuple[Term, ...]:
    """The terms of a formula; none where a value was taken over as it is."""
    return () if line.numbers == line.value else line.terms


def _notes(sheet: Sheet, line: Line) -> list[str]:
    """What to know of a step: what the value is called, which case applied, which reading, what is supposed."""
    say = sheet.say
    notes = [line.formula] if line.formula and not _shown(line) else []
    notes += [say("since", line.because)] if line.because else []
    notes += [line.note] if line.note else []
    return notes + ([say("supposed")] if any(used.supposed for used in line.used) else [])
