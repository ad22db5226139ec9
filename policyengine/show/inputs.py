"""Pages about what goes in: parameters of the document, facts of an application, readings of the text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from policyengine import model as m
from policyengine import plan as p
from policyengine import wording
from policyengine.labels import kind_word, parameter_value, quoted
from policyengine.render.shapes import Block, Item, Pairs
from policyengine.show.book import Book
from policyengine.values import Unit

PARAMETER = m.Label("参数", "Parameter")
FACT = m.Label("填报事项", "Fact")
READING = m.Label("口径", "Reading")


def parameter(book: Book, parameter_: m.Parameter) -> Iterator[Block]:
    """A number of the document: its values over time, its words, and who reads it."""
    yield from book.title(parameter_.label, parameter_.name, PARAMETER)
    yield book.heading("取值", "Value")
    yield Pairs(tuple(_history(book, parameter_.name)))
    yield from book.basis(parameter_.cited)
    yield from book.used_by([parameter_.name], parameter_.name)


def _history(book: Book, name: str) -> Iterator[tuple[str, str]]:
    """From which day on which value holds, over all versions; an amendment that made a change is named."""
    rows: list[tuple[date | None, str, str]] = []
    starts = [start for start, _ in book.plans.versions]
    for i, (start, plan) in enumerate(book.plans.versions):
        end = starts[i + 1] if i + 1 < len(starts) else None
        held = plan.policy.parameters.get(name)
        for since, value in (
            _values(plan.policy, held, start, end, book.lang) if held else [(start, _gone(book))]
        ):
            if not rows or rows[-1][1] != value:
                rows.append((since, value, _changed_by(book, plan.policy, since)))
    for since, value, by in rows:
        if since is not None:
            yield book.t(f"{wording.day(since)}起", f"from {since.isoformat()}"), value + by
        elif len(rows) == 1:
            yield book.t("一直是", "always"), value
        else:
            yield book.t("起初", "at first"), value


def _changed_by(book: Book, policy: m.Policy, since: date | None) -> str:
    titles = [quoted(o.title(book.lang)) for o in policy.overlays if o.start is not None and o.start == since]
    return (
        book.t(f"（按修订{book.join(titles)}）", f" (by the amendment {book.join(titles)})") if titles else ""
    )


def _gone(book: Book) -> str:
    return book.t("没有这个参数", "no such parameter")


def _values(
    policy: m.Policy, held: m.Parameter, start: date | None, end: date | None, lang: str
) -> list[tuple[date | None, str]]:
    """The values of one version of the policy within the days for which it holds."""
    found: list[tuple[date | None, str]] = []
    for dated in held.values:
        since = max((day for day in (dated.start, start) if day is not None), default=None)
        value = parameter_value(policy, held, dated, lang)
        if end is not None and since is not None and since >= end:
            continue
        if found and found[-1][0] == since:
            found[-1] = (since, value)  # in force before this version began
        else:
            found.append((since, value))
    return found


def fact(book: Book, f: m.Fact) -> Iterator[Block]:
    """What an application states: how to answer, who answers, and what it is for."""
    yield from book.title(f.label, f.name, FACT, f.entity)
    yield Pairs(tuple((name, said) for name, said in _form(book, f) if said))
    yield from book.basis(f.cited)
    yield from book.used_by([f.name], f.name)


def _form(book: Book, f: m.Fact) -> Iterator[tuple[str, str]]:
    t = book.t
    yield t("问题", "question"), f.ask(book.lang)
    yield t("怎样填", "answer"), how_to_answer(book, f)
    yield t("可选", "options"), book.options(f.name)
    yield t("范围", "range"), span(book, f)
    yield t("谁填报", "answered by"), f.answered_by
    yield t("证明材料", "evidence"), f.evidence(book.lang) if f.evidence.zh else ""
    yield t("由谁定", "decided by"), _decider(book, f)
    if f.type.optional:
        yield t("没有时", "where there is none"), t("填“无”", "none")
    if f.not_after:
        yield t("不晚于", "not later than"), book.say.label(book.plan.application.date)
    if f.assume is not None:
        assumed = wording.value(f.assume, f.type, book.lang, f.options, _unit(book, f))
        yield (
            t("没有填时", "where it is not given"),
            t(f"按{assumed}算，结果里会注明", f"taken as {assumed}, and marked"),
        )
    if f.personal:
        yield t("公示", "public lists"), t("不进公示名单", "never shown in them")
    yield t("何时要填", "when it is asked"), when_asked(book, f)


def how_to_answer(book: Book, f: m.Fact) -> str:
    """`金额，要写单位，如 80万元`"""
    kind = kind_word(f.type, book.lang)
    more = {
        "money": ("要写单位，如 80万元", "with its unit, such as 80万元"),
        "rate": ("写成百分数，如 3%", "as a percentage, such as 3%"),
        "points": ("如 1个百分点", "such as 1个百分点"),
        "date": ("写成 2021-06-01 这样", "such as 2021-06-01"),
        "years": ("如 3年", "such as 3年"),
        "number": (f"要写单位 {f.unit}", f"with its unit, {f.unit}"),
    }.get(f.type.kind)
    if more is None or (f.type.kind == "number" and not f.unit):
        return kind
    return book.t(f"{kind}，{more[0]}", f"{kind}, {more[1]}")


def span(book: Book, f: m.Fact) -> str:
    """`0元至1,000,000万元`"""
    if f.low is None or f.high is None:
        return ""
    low, high = (wording.quantity(bound, f.type, book.lang, _unit(book, f)) for bound in (f.low, f.high))
    return book.t(f"{low}至{high}", f"{low} to {high}")


def _unit(book: Book, f: m.Fact) -> Unit | str:
    return (book.policy.units.get(f.unit) or f.unit) if f.type.kind in ("number", "count") else ""


def _decider(book: Book, f: m.Fact) -> str:
    if f.choice:
        return book.t("企业自己选择", "the applicant chooses")
    if f.discretion:
        return book.t(
            "由主管部门裁量，没有定之前结果是“待裁量”", "an official sets it; until then the outcome is open"
        )
    return book.t("由主管部门认定", "an official decides") if f.judged else ""


def when_asked(book: Book, f: m.Fact) -> str:
    """Always, only under some reading, or never: then it only identifies or records."""
    if f.name in book.asked.default:
        return book.t("认定要用到时", "where the decision needs it")
    under = book.only_under(f.name)
    if under:
        return book.t(f"只在{under}时", f"only where {under}")
    if f.name in book.asked.keys:
        return book.t("只作标识；次序相同时按它排先后", "only to identify, and to order what ranks equal")
    if f.name in book.asked.together:
        return book.t("只在同时改选几项口径时", "only where several readings are changed together")
    return book.t("不影响认定，只作标识或记录", "never for the decision; it only identifies or records")


def interpretation(book: Book, i: m.Interpretation) -> Iterator[Block]:
    """An open question of the text: its readings with their reasons, who decides, what depends on it."""
    yield from book.title(i.label, i.name, READING, i.entity)
    yield book.heading("问题", "Question")
    yield Item("·", i.question(book.lang))
    yield book.heading("几种读法", "Readings")
    for option in i.options.values():
        yield _option(book, i, option)
    yield book.heading("由谁定", "Who decides")
    yield Item("·", settled(book, i))
    yield from book.basis(i.cited)
    yield from _asks(book, i)
    yield from book.used_by([i.name], i.name)
    others = [name for name in i.options if name != i.default]
    if others:
        yield book.heading("换一种读法试算", "To try another reading")
        how = f"--reading {i.name}={others[0]}"
        yield Item(
            "·", book.t(f"认定（evaluate）或说明（explain）时加上 {how}", f"add {how} to evaluate or explain")
        )


def _option(book: Book, i: m.Interpretation, option: m.Option) -> Item:
    used = option.name == i.default
    text = f"{option.label(book.lang)}  {option.name}"
    if used:
        text += book.t("（现在采用）", " (in use)")
    node = book.plan.nodes.get(i.name)
    formula = node.options.get(option.name) if isinstance(node, p.ReadingNode) else None
    lines = [book.pair(book.t("理由", "why"), option.why(book.lang))]
    if formula is not None:
        first, *rest = book.say.lines(formula)
        lines += [book.pair(book.t("算法", "computed as"), first), *rest]
    return Item("√" if used else "·", text, tuple(lines))


def settled(book: Book, i: m.Interpretation) -> str:
    """`区工业和信息化局，尚未明确`"""
    who = i.decided_by or book.t("没有写明", "not stated")
    if i.decided_on is None:
        return book.t(
            f"{who}，尚未明确；在明确以前按“现在采用”的读法",
            f"{who}, not yet settled; until then the one in use",
        )
    day = wording.day(i.decided_on, book.lang)
    by = book.t(f"，见{i.document}", f", see {i.document}") if i.document else ""
    return book.t(f"{who}，{day}明确{by}", f"{who}, settled on {day}{by}")


def _asks(book: Book, i: m.Interpretation) -> Iterator[Block]:
    """The facts that only another reading asks for."""
    rows = []
    for name, under in book.asked.under.items():
        options = [option for id_, option in under if id_ == i.name]
        if options:
            either = book.t("或", " or ").join(quoted(i.options[o].label(book.lang)) for o in options)
            fact_ = book.policy.facts[name]
            rows.append(
                Item(
                    "·",
                    f"{fact_.label(book.lang)}  {name}",
                    (book.t(f"选{either}时", f"where {either} is chosen"),),
                )
            )
    if rows:
        yield book.heading("换了读法还要填的", "What other readings ask for besides")
        yield from rows
