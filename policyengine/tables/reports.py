"""The tables that offices pass on: the list of applications, the opinion, the list to publish, the payments, the refusals, the shares.

Each is one page. Facts that the policy marks as personal are in none of those that leave the office.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from policyengine import clauses, explaining, wording
from policyengine import model as m
from policyengine.capitals import capital
from policyengine.deciding import Decided
from policyengine.decision import CaseDecision, Decision, Result
from policyengine.diagnostics import Lang
from policyengine.exact import CONTEXT
from policyengine.instances import Ent
from policyengine.tables.batch import Batch
from policyengine.tables.form import with_unit
from policyengine.tables.pages import WAN, Column, Page, Shown, missing
from policyengine.values import Value

NUMBER = Column("序号", "count")
WHO = Column("编号")
OPTION = Column("奖补类别")
YUAN, IN_WAN = Column("金额（元）", "yuan"), Column("金额（万元）", "wan")


def report(name: str, batch: Batch) -> Page:
    """A page by its name, a key of `REPORTS`."""
    return REPORTS[name](_Tables(batch))


class _Tables:
    """The decisions of a batch with what the entities around them say."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.world = batch, batch.decided.world
        self.policy = self.world.plans.last.policy
        self.kind = self.policy.header.application.entity
        self.decisions = [done.decision for done in batch.done]
        self.lang: Lang = "zh"

    def ent(self, d: Decision) -> Ent:
        return self.world.entities[self.kind][d.subject.id]

    def near(self, ent: Ent) -> Iterator[Ent]:
        """What an entity must refer to, and itself."""
        for reference in self.policy.entities[ent.kind].references.values():
            other = ent.refs.get(reference.name)
            if other is not None and not reference.optional:
                yield other
        yield ent

    def facts(self, kinds: tuple[str, ...]) -> list[m.Fact]:
        """Facts of some kinds of value that anybody states, of the application and what it refers to, and that may leave the office."""
        near = [r.to for r in self.policy.entities[self.kind].references.values() if not r.optional]
        found = [f for kind in (*near, self.kind) for f in self.policy.facts.values() if f.entity == kind]
        option = self.policy.header.application.option
        wanted = [f for f in found if f.type.kind in kinds and not f.personal and f.name != option]
        entities = self.world.entities
        return [
            f for f in wanted if any(e.given and f.name in e.given.facts for e in entities[f.entity].values())
        ]

    def told(self, ent: Ent, facts: list[m.Fact]) -> list[Shown]:
        """What an application and what it refers to say, as it is shown."""
        around = {near.kind: near for near in self.near(ent)}
        return [self.shown(around.get(fact.entity), fact) for fact in facts]

    def shown(self, ent: Ent | None, fact: m.Fact) -> Shown:
        given = ent.given.facts.get(fact.name) if ent is not None and ent.given is not None else None
        if given is None or given.value is None:
            return None
        if fact.type.kind == "money" and isinstance(given.value, Decimal):
            return CONTEXT.divide(given.value, WAN)
        return wording.value(given.value, fact.type, self.lang, fact.options)

    def columns(self, facts: list[m.Fact]) -> tuple[Column, ...]:
        return tuple(
            Column(with_unit(fact.label.zh, "万元"), "wan") if fact.type.kind == "money" else Column(fact.label.zh) for fact in facts
        )  # fmt: skip

    def rate(self, d: Decision) -> str:
        """The rate of the program that was applied for, where there is one."""
        ent = self.ent(d)
        name = f"{d.option}.rate"
        node = self.world.plan(self.world.when(ent)).nodes.get(name)
        if d.outcome != "granted" or node is None:
            return ""
        value: Value = self.world.value(ent, name)
        return wording.value(value, node.info.type, self.lang)

    def granted(self) -> Iterator[tuple[Decision, Decimal]]:
        for d in self.decisions:
            if d.outcome == "granted" and isinstance(d.amount, Decimal):
                yield d, d.amount

    def shares(self, d: Decision) -> list[tuple[Result, Decimal]]:
        """How the amount is divided, where it is."""
        names = self.policy.allocations
        return [(r, r.value) for r in d.results if r.name in names and isinstance(r.value, Decimal)]

    def payees(self, d: Decision, amount: Decimal) -> Iterator[tuple[Ent, Decimal]]:
        """Who is paid how much: those who share, else who applied."""
        shares = self.shares(d)
        for result, share in shares:
            ent = self.world.entities[result.subject.kind][result.subject.id]
            if share:
                yield next((near for near in self.near(ent) if near.kind not in (self.kind, ent.kind)), ent), share  # fmt: skip
        if not shares and amount:
            yield next(iter(self.near(self.ent(d)))), amount


def _rows(rows: Iterator[tuple[Shown, ...]]) -> tuple[tuple[Shown, ...], ...]:
    return tuple((i, *row) for i, row in enumerate(rows, 1))


def _applications(t: _Tables) -> Page:
    identity, amounts = t.facts(("text", "enum")), t.facts(("money",))

    def rows() -> Iterator[tuple[Shown, ...]]:
        for d in t.decisions:
            amount = d.amount if d.outcome == "granted" and isinstance(d.amount, Decimal) else None
            remark = "；".join(
                [*(f.message.zh for f in d.refusals), *(f"待补：{item}" for item in missing(d, "zh"))]
            )
            wan = CONTEXT.divide(amount, WAN) if amount is not None else None
            yield (d.subject.id, *t.told(t.ent(d), identity), d.option_label.zh, d.declared_on, *t.told(t.ent(d), amounts), t.rate(d), t.policy.header.outcomes[d.outcome].zh, wan, remark)  # fmt: skip

    columns = (
        NUMBER, WHO, *t.columns(identity), OPTION, Column("受理日期", "date"), *t.columns(amounts), Column("比例"), Column("结果"),
        Column("核定额（万元）", "wan"), Column("备注", "long"),
    )  # fmt: skip
    return Page("申报汇总表", columns, _rows(rows()))


def _opinions(t: _Tables) -> Page:
    marks = {"met": "符合", "failed": "不符合", "unknown": "待补材料"}

    def rows() -> Iterator[tuple[Shown, ...]]:
        decided = Decided(t.world, CaseDecision("", tuple(t.decisions), ()))
        for e in explaining.explain(decided, "zh", None, "steps").explanations:
            for line in e.conditions:
                whose = "" if line.subject is None else f"{line.subject.label.zh}{line.subject.id}"
                place = "、".join(c.short for c in line.citations)
                quote = "；".join(c.quote for c in line.citations)
                yield (e.decision.subject.id, e.decision.title, place, quote, f"{whose}：{line.label}", line.numbers, line.evidence, marks[line.status])  # fmt: skip

    columns = (
        NUMBER, WHO, Column("名称"), Column("条款"), Column("要求（原文）", "long"), Column("审核内容", "long"), Column("事实", "long"),
        Column("证据", "long"), Column("结论"),
    )  # fmt: skip
    return Page("审核意见表", columns, _rows(rows()))


def _publish(t: _Tables) -> Page:
    identity = t.facts(("text",))

    def rows() -> Iterator[tuple[Shown, ...]]:
        for d, amount in t.granted():
            yield (*t.told(t.ent(d), identity), d.option_label.zh, CONTEXT.divide(amount, WAN))

    return Page("拟公示名单", (NUMBER, *t.columns(identity), OPTION, IN_WAN), _rows(rows()))


def _payments(t: _Tables) -> Page:
    bank = (Column("户名"), Column("开户行"), Column("账号"))

    def rows() -> Iterator[tuple[Shown, ...]]:
        for d, amount in t.granted():
            for payee, part in t.payees(d, amount):
                texts = [
                    f for f in t.policy.facts.values() if f.entity == payee.kind and f.type.kind == "text"
                ]
                said = "，".join(str(word) for f in texts if (word := t.shown(payee, f)) is not None)
                yield (payee.id, said, d.subject.id, d.option_label.zh, None, None, None, part, capital(part))  # fmt: skip

    columns = (NUMBER, Column("收款单位编号"), Column("收款单位", "long"), Column("申报编号"), OPTION, *bank, YUAN, Column("金额（大写）", "long"))  # fmt: skip
    return Page("资金拨付表", columns, _rows(rows()))


def _refusals(t: _Tables) -> Page:
    identity = t.facts(("text",))

    def rows() -> Iterator[tuple[Shown, ...]]:
        for d in t.decisions:
            if d.outcome == "refused":
                cites = list(dict.fromkeys(cite for f in d.refusals for cite in f.cited.cites))
                quotes = "；".join(dict.fromkeys(q for f in d.refusals for q in f.cited.quotes))
                short = "、".join(clauses.short(t.policy, cite) for cite in cites)
                yield (d.subject.id, *t.told(t.ent(d), identity), d.option_label.zh, "；".join(f.message.zh for f in d.refusals), short, quotes)  # fmt: skip

    columns = (NUMBER, WHO, *t.columns(identity), OPTION, Column("理由", "long"), Column("条款"), Column("原文", "long"))  # fmt: skip
    return Page("未通过清单", columns, _rows(rows()))


def _split(t: _Tables) -> Page:
    def rows() -> Iterator[tuple[Shown, ...]]:
        for d, amount in t.granted():
            for result, share in t.shares(d):
                ent = t.world.entities[result.subject.kind][result.subject.id]
                member = next((near for near in t.near(ent) if near.kind not in (t.kind, ent.kind)), ent)
                yield (d.subject.id, d.title, CONTEXT.divide(amount, WAN), result.subject.id, member.id, result.label.zh, share, CONTEXT.divide(share, WAN))  # fmt: skip

    columns = (NUMBER, Column("申报编号"), Column("名称"), Column("总额（万元）", "wan"), Column("成员编号"), Column("企业编号"), Column("项"), YUAN, IN_WAN)  # fmt: skip
    return Page("共同体分配表", columns, _rows(rows()))


REPORTS: Mapping[str, Callable[[_Tables], Page]] = {
    "申报汇总表": _applications, "审核意见表": _opinions, "拟公示名单": _publish, "资金拨付表": _payments,
    "未通过清单": _refusals, "共同体分配表": _split,
}  # fmt: skip
