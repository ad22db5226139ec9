"""Advice on how to apply, as blocks and as JSON: the choices side by side, which is best, why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from policyengine import wording
from policyengine.advising import MOST
from policyengine.courses import Advice, Apart, Course, Group, Part, Pick
from policyengine.decision import Failure
from policyengine.model import Policy
from policyengine.render.blocks import quotes_of
from policyengine.render.json import after, amount, failure, plain, short_policy
from policyengine.render.shapes import Block, Heading, Item, Paragraph, Quote, Table
from policyengine.values import T_MONEY, Unknown, Value

MOST_ROWS = 8
MOST_FIRMS = 4
BEST, OWN = "★", "▲"


def blocks(policy: Policy, advice: Advice, lang: str) -> Iterator[Block]:
    """All blocks of the advice on one case."""
    for group in advice.groups:
        yield from _Page(policy, lang).group(group)


class _Page:
    """The blocks of one group of applications."""

    def __init__(self, policy: Policy, lang: str) -> None:
        self.policy, self.lang = policy, lang
        self.zh = lang == "zh"

    def t(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def group(self, group: Group) -> Iterator[Block]:
        first = group.courses[0]
        names = [f"{part.subject.id} {part.title}".strip() for part in first.parts]
        yield Heading(1, self.t(f"怎样报最好：{'、'.join(names)}", f"How to apply best: {', '.join(names)}"))
        yield Paragraph(self.best(group))
        yield from (Paragraph(text) for text in self.remarks(group))
        yield self.table(group)
        yield Paragraph(self.legend(group))
        why = list(self.why(group))
        if why:
            yield Heading(2, self.t("为什么别的不如它", "Why the others are worse"))
            yield from why
        if group.barred:
            yield Heading(2, self.t("不能选的", "What cannot be chosen"))
            yield from self.bars(group)

    # --- in one sentence ---

    def best(self, group: Group) -> str:
        best = group.best
        top = best[0]
        amount_ = self.money(top.total)
        if all(part.after.outcome in (None, "refused") for part in top.parts):
            return self.t("怎样报都得不到补助", "No way of applying would be granted anything")
        if not self.sure(group) and isinstance(top.total, Unknown) and not top.total.low:
            return self.t(
                "有的材料没有补齐，现在还分不出哪一种最好",
                "Facts are still missing: which is best cannot be said yet",
            )
        said = self.t("；", "; ").join(self.part(part) for part in top.parts)
        text = self.t(f"{said}，合计{amount_}", f"{said}: {amount_} in all")
        if not self.sure(group):
            return text + self.t("，是已知的里面最多的", ", the most of what is known")
        if len(best) > 1:
            text += self.t(f"；一样多的办法有{len(best)}种", f"; {len(best)} ways give the same")
        own = next((course for course in group.courses if course.own), None)
        if own is None:
            return text
        if own.best and group.apart:
            return text + self.t("。材料里所报的合计最多", ". The case has chosen the most in all")
        if own.best:
            return text + self.t("。材料里所报的就是最好的", ". The case has chosen the best")
        if own.behind is None:
            return text
        less = wording.money(own.behind, self.lang)
        return text + self.t(f"。材料里所报的少{less}", f". The case as it stands gets {less} less")

    def sure(self, group: Group) -> bool:
        """Whether nothing can get more than what stands first, whatever is still missing."""
        tied = len(group.best) > 1 and isinstance(group.best[0].total, Unknown)
        return group.settled and not tied

    def starred(self, group: Group) -> bool:
        """Whether there is a best to mark: it is certain, and something is granted."""
        refused = all(part.after.outcome in (None, "refused") for part in group.best[0].parts)
        return self.sure(group) and not refused

    def legend(self, group: Group) -> str:
        best = self.t(f"{BEST} 最好的  ", f"{BEST} best  ") if self.starred(group) else ""
        return best + self.t(f"{OWN} 材料里所报的", f"{OWN} as the case has it")

    def part(self, part: Part) -> str:
        chosen = self.chosen(part)
        if part.after.outcome == "refused":
            return f"{part.subject.id}{self.t('', ' ')}{self.policy.header.outcomes['refused'](self.lang)}"
        return (
            self.t(f"{part.subject.id}报{chosen}", f"{part.subject.id} as {chosen}")
            if chosen
            else part.subject.id
        )

    def chosen(self, part: Part) -> str:
        """The answers of a choice, without its place in the order."""
        words = [self.pick(pick) for pick in part.picks if not isinstance(pick.value, Decimal)]
        return self.t("，", ", ").join(word for word in words if word)

    def pick(self, pick: Pick) -> str:
        """An option by its label; a yes by its question; a no says nothing."""
        if isinstance(pick.value, bool):
            return pick.fact.label(self.lang) if pick.value else ""
        return wording.value(pick.value, pick.fact.type, self.lang, pick.fact.options)

    def remarks(self, group: Group) -> Iterator[str]:
        """What was not computed, and what is still open."""
        if not group.exact:
            yield self.t(
                f"共有{group.possible:,}种组合，超过{MOST:,}种，没有全算：从各项目单独最好的选择开始，一次改一处，"
                f"算了{group.tried:,}种，改到没有更好的为止",
                f"There are {group.possible:,} combinations, more than {MOST:,}; not all were computed: starting from what "
                f"is best for each alone, one change at a time, {group.tried:,} were, until none was better",
            )
        for apart in group.apart:
            yield self.apart(group, apart)
        if not self.sure(group):
            yield self.t(
                "还有材料没有补齐，哪一种最好可能会变",
                "Facts are still missing: which is best may yet change",
            )

    def apart(self, group: Group, apart: Apart) -> str:
        """Where an applicant's own best is not that of all together: both, with both amounts."""
        who, total, gets, most, less = (
            apart.subject.id,
            *map(self.money, (group.best[0].total, apart.gets, apart.most, apart.course.total)),
        )
        way = self.t("；", "; ").join(self.part(part) for part in apart.course.parts)
        return self.t(
            f"合计最多的和{who}自己得的最多的不是同一种：合计最多（{total}）时，{who}自己得{gets}；"
            f"{way}的，{who}自己得{most}，但合计只有{less}",
            f"The most in all is not the most for {who}: with the most in all ({total}), {who} itself gets {gets}; "
            f"with {way}, {who} itself gets {most}, but all together only {less}",
        )

    # --- side by side ---

    def shown(self, group: Group) -> list[Course]:
        kept = list(group.courses[:MOST_ROWS])
        return kept + [course for course in group.courses[MOST_ROWS:] if course.own]

    def table(self, group: Group) -> Table:
        courses = self.shown(group)
        firms = self.firms(group)
        ordered = len(group.courses[0].parts) > 1
        head = ["", *(part.subject.id for part in courses[0].parts)]
        if ordered:
            head.append(self.t("次序", "order"))
        head += [self.t("合计", "total"), self.t("比最好的少", "less by")]
        head += [self.t(f"{firm}共得", f"{firm} gets") for firm in firms]
        rows = []
        for course in courses:
            row = [(BEST if course.best and self.starred(group) else "") + (OWN if course.own else "")]
            row += [self.cell(part) for part in course.parts]
            if ordered:
                row.append(self.order(course))
            behind = "" if not course.behind else wording.money(course.behind, self.lang)
            row += [self.money(course.total), behind]
            got = {subject.id: value for subject, value in course.received}
            row += [self.money(got[firm]) if firm in got else "" for firm in firms]
            rows.append(tuple(row))
        return Table(tuple(head), tuple(rows))

    def firms(self, group: Group) -> list[str]:
        """The enterprises that get something in some way, where there are several."""
        found = dict.fromkeys(
            subject.id
            for course in group.courses
            for subject, value in course.received
            if isinstance(value, Unknown) or value != 0
        )
        return list(found)[:MOST_FIRMS] if len(found) > 1 else []

    def cell(self, part: Part) -> str:
        chosen = self.chosen(part)
        gets = part.after.outcome
        said = (
            self.money(part.after.amount)
            if gets not in (None, "refused")
            else self.policy.header.outcomes["refused"](self.lang)
        )
        return f"{chosen} {said}".strip()

    def order(self, course: Course) -> str:
        places = [
            (pick.value, part.subject.id)
            for part in course.parts
            for pick in part.picks
            if isinstance(pick.value, Decimal)
        ]
        return self.t("、", ", ").join(id_ for _, id_ in sorted(places))

    def money(self, value: Value) -> str:
        if isinstance(value, Unknown):
            return wording.span(value, T_MONEY, self.lang)
        assert isinstance(value, Decimal | Fraction)
        return wording.money(value, self.lang)

    # --- why not ---

    def why(self, group: Group) -> Iterator[Item]:
        """Of each way that is behind, what it loses and by which conditions."""
        for course in self.shown(group):
            if course.best:
                continue
            refused = [part for part in course.parts if part.after.refusals]
            said = self.t("；", "; ").join(self.part(part) for part in course.parts)
            less = wording.money(course.behind, self.lang) if course.behind is not None else ""
            text = said + (self.t(f"：少{less}", f": {less} less") if less else "")
            if len(course.parts) > 1:
                text += self.t(f"（次序{self.order(course)}）", f" (order {self.order(course)})")
            below: list[str | Quote] = []
            for part in refused:
                for each in part.after.refusals:
                    below += self.failure(each, part.subject.id)
            if refused or less:
                yield Item("·", text, tuple(below))

    def bars(self, group: Group) -> Iterator[Item]:
        """Of each application what bars all that it could choose, once, then what bars each choice besides."""
        for path in dict.fromkeys(each.subject.path for each in group.barred):
            mine = [each for each in group.barred if each.subject.path == path]
            always = [f for f in mine[0].failures if all(f in each.failures for each in mine)]
            if len(mine) > 1 and always:
                words = self.t(
                    "无论报哪一项" if self.every(group, path) else "下面几项都", "whichever is chosen"
                )
                yield self.bar(f"{mine[0].subject.id} {words}", always)
            for each in mine:
                rest = [f for f in each.failures if len(mine) < 2 or f not in always]
                if rest:
                    yield self.bar(f"{each.subject.id} {self.pick(each.pick)}", rest)

    def every(self, group: Group, path: str) -> bool:
        """Whether nothing that an application could choose is open to it."""
        return all(part.after.refusals for part in group.courses[0].parts if part.subject.path == path)

    def bar(self, text: str, failures: Iterable[Failure]) -> Item:
        return Item("×", text, tuple(line for failed in failures for line in self.failure(failed, "")))

    def failure(self, failed: Failure, whose: str) -> Iterable[str | Quote]:
        message = failed.message(self.lang)
        yield f"{whose}{self.t('：', ': ')}{message}" if whose else message
        yield from quotes_of(self.policy, failed.cited, self.lang)


# --- JSON ---------------------------------------------------------------------------------------


def document(policy: Policy, advices: Iterable[Advice]) -> dict[str, object]:
    """The advice on all cases of a file as one object."""
    return {
        "version": "1",
        "policy": short_policy(policy),
        "cases": [{"case": a.name, "groups": [_group(g) for g in a.groups]} for a in advices],
    }


def _group(group: Group) -> dict[str, object]:
    return {
        "exact": group.exact, "tried": group.tried, "possible": group.possible, "settled": group.settled,
        "courses": [_course(course) for course in group.courses],
        "barred": [
            {**_pick(b.pick), "refusals": [failure(f) for f in b.failures]} for b in group.barred
        ],
        "apart": [
            {"at": a.subject.path, "gets": amount(a.gets), "most": amount(a.most), "course": group.courses.index(a.course)}
            for a in group.apart
        ],
    }  # fmt: skip


def _course(course: Course) -> dict[str, object]:
    found: dict[str, object] = {
        "best": course.best, "own": course.own, "total": amount(course.total),
        "applications": [_part(part) for part in course.parts],
        "received": [{"at": s.path, "amount": amount(value)} for s, value in course.received],
    }  # fmt: skip
    return found | ({"behind": amount(course.behind)} if course.behind is not None else {})


def _part(part: Part) -> dict[str, object]:
    found: dict[str, object] = {"at": part.subject.path, "choices": [_pick(pick) for pick in part.picks]}
    found |= after(part.after)
    return found | ({"refusals": [failure(f) for f in part.after.refusals]} if part.after.refusals else {})


def _pick(pick: Pick) -> dict[str, object]:
    return {"fact": str(pick.ref), "value": plain(pick.value, pick.fact.type)}
