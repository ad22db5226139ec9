"""One name's value as a line of an explanation: formula, numbers, which case applied, clauses and quotes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from policyengine import clauses, trace, wording
from policyengine import model as m
from policyengine import plan as p
from policyengine.clauses import Citation
from policyengine.deciding import subject, words_of
from policyengine.explanation import Line, Term, Used
from policyengine.labels import MODES
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.loader import SET
from policyengine.phrases import Phrases, resolve, taken
from policyengine.trace import Read
from policyengine.values import Unknown, Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class Lines:
    """Makes lines for the names of one world, under one version of the policy, in one language."""

    world: World
    policy: m.Policy
    lang: str

    def line(self, read: Read) -> Line | None:
        """One name's value with its formula and clauses; None for groups' inner keys and references."""
        plan = self.world.plan(read.when)
        node = plan.nodes.get(read.name)
        if node is None or node.info.role in ("key", "by", "where"):
            return None
        value = self.world.value(read.ent, read.name, read.when)
        formula, terms = "", tuple[Term, ...]()
        compiled = self.expression(node, read)
        phrases = Phrases(self.world, read.ent, read.when, self.lang)
        if compiled is not None and not self.plain(compiled, read):
            formula, terms = phrases.labels(compiled), phrases.terms(compiled)
        elif isinstance(node, p.AllocateNode) and read.ent is not None:
            formula, terms = self.split(node, read, phrases)
        numbers = "".join(term.text for term in terms)
        status = ""
        if node.info.type.kind == "bool" and not isinstance(node, p.FactNode):
            status = "unknown" if isinstance(value, Unknown) else "met" if value is True else "failed"
        who = subject(self.world, read.ent) if read.ent is not None else None
        shown = self.words(node, value)
        if numbers and node.info.type.kind == "money" and isinstance(value, Decimal | Fraction):
            shown = wording.in_formula(value, node.info.type) + ("元" if self.lang == "zh" else " yuan")
        return Line(
            read.name, who, node.info.label(self.lang), status, shown, formula, numbers,
            self.because(node, read), self.reading_note(node), self.citations(node, compiled, read),
            terms=terms, used=self.used(compiled, read),
        )  # fmt: skip

    def plain(self, compiled: n.Compiled, read: Read) -> bool:
        """Whether an expression came to a written constant, which needs no formula."""
        return isinstance(taken(self.world, compiled, compiled.node, read.ent, read.when, {}), n.Literal)

    def expression(self, node: p.Node, read: Read) -> n.Compiled | None:
        """The expression that gave a node its value; None where it was not an expression."""
        if read.ent is not None and self.world.is_stipulated(read.ent, read.name):
            return None
        match node:
            case p.FormulaNode():
                return node.formula
            case p.ReadingNode():
                return node.options[self.world.readings.get(read.name, node.interpretation.default)]
            case p.CasesNode():
                for row in node.rows:
                    if self.world.evaluate(row.when, read.ent, read.when) is True:
                        return row.then
                open_ = any(
                    isinstance(self.world.evaluate(row.when, read.ent, read.when), Unknown)
                    for row in node.rows
                )
                return None if open_ else node.otherwise
        return None

    def split(self, node: p.AllocateNode, read: Read, phrases: Phrases) -> tuple[str, tuple[Term, ...]]:
        """How a share or a pooled amount came about: in words, and with values."""
        plan = self.world.plan(read.when)
        like = n.Literal(False, node.info.type, (0, 0))

        def money(name: str) -> Term:
            value = self.world.value(read.ent, name, read.when)
            label = plan.label(resolve(self.world, read.ent, name, read.when).name)(self.lang)
            return Term(phrases.value(value, plan.nodes[name].info.type, like), label)

        zh = self.lang == "zh"
        if node.method == "in_order":
            words = (
                "应得金额与限额扣除次序在前的项目后的余额，取较小值"
                if zh
                else "the smaller of the amount asked for and what the limit has left after those before it"
            )
            return words, (money(node.of), Term("，" if zh else ", "), money(node.limit))
        if node.method == "pro_rata":
            return ("按比例压缩到限额之内" if zh else "scaled down to the limit"), ()
        assert read.ent is not None
        weights = [
            self.world.value(member, node.weight, read.when)
            for member in self.world.group_of(node, read.ent, read.when)
            if self.world.value(member, node.where, read.when) is True
        ]
        total: Value = Decimal(0)
        for weight in weights:
            total = unknown.add(total, weight)
        weight_term = money(node.weight)
        words = (
            f"分配总额 × {weight_term.label} ÷ 各成员合计，取整后的尾差按最大余数补足"
            if zh
            else f"total × {weight_term.label} ÷ the sum over all, the odd units by largest remainder"
        )
        of_all = Term(
            phrases.value(total, plan.nodes[node.weight].info.type, like),
            "各成员合计" if zh else "sum over all",
        )
        return words, (money(node.total), Term(" × "), weight_term, Term(" ÷ "), of_all)

    def used(self, compiled: n.Compiled | None, read: Read) -> tuple[Used, ...]:
        """The things that an expression reckoned with, numbers of the document with their value."""
        found: dict[Used, None] = {}
        for item in trace.reads(self.world, compiled, read.ent, read.when) if compiled is not None else ():
            final = resolve(self.world, item.ent, item.name, item.when)
            node = self.world.plan(self.world.when(final.ent, item.when)).nodes.get(final.name)
            if isinstance(node, p.ParamNode):
                value = self.world.value(final.ent, final.name, item.when)
                supposed = any(dated.span.source.name == SET for dated in node.parameter.values)
                known = None if isinstance(value, Unknown) else value
                found[Used(node.info.label(self.lang), node.info.type, known, supposed)] = None
            elif node is not None and not isinstance(node, p.ReadingNode):
                found[Used(node.info.label.zh, node.info.type)] = None
        return tuple(found)

    def because(self, node: p.Node, read: Read) -> str:
        """Which case applied, where a rule distinguishes cases by facts (not merely by readings)."""
        compiled = self.expression(node, read)
        if isinstance(node, p.CasesNode):
            for row in node.rows:
                if self.world.evaluate(row.when, read.ent, read.when) is True and self.by_facts(
                    row.when, read
                ):
                    return row.label(self.lang)
            return ""
        if compiled is None:
            return ""
        root = compiled.node
        if not isinstance(root, n.Choice) or node.info.role in ("amount",):
            return ""
        test = n.Compiled(compiled.expr, root.test)
        if not self.by_facts(test, read) or root.type.kind == "bool":
            return ""
        value = self.world.evaluate(compiled, read.ent, read.when, root.test)
        if isinstance(value, Unknown) or any(isinstance(x, n.Aggregate) for x in n.walk(root.test)):
            return ""
        if value and isinstance(root.test, n.Logic) and root.test.operator == "or":
            held = [
                part
                for part in root.test.parts
                if self.world.evaluate(compiled, read.ent, read.when, part) is True
            ]
            test = n.Compiled(
                compiled.expr,
                held[0] if len(held) == 1 else n.Logic("or", tuple(held), root.test.type, root.test.at),
            )
        words = Phrases(self.world, read.ent, read.when, self.lang).labels(test)
        if self.lang == "zh":
            return words if value else f"不满足“{words}”"
        return words if value else f"not: {words}"

    def by_facts(self, test: n.Compiled, read: Read) -> bool:
        return any(
            item.name in self.policy.facts for item in trace.reads(self.world, test, read.ent, read.when)
        )

    def reading_note(self, node: p.Node) -> str:
        if isinstance(node, p.ReadingNode):
            option = self.world.readings.get(node.info.name, node.interpretation.default)
            label = node.interpretation.options[option].label(self.lang)
            return f"口径：{label}" if self.lang == "zh" else f"reading: {label}"
        return ""

    def words(self, node: p.Node, value: Value) -> str:
        info = node.info
        if isinstance(node, p.ReadingNode) and node.interpretation.switch:
            return node.interpretation.options[str(value)].label(self.lang) if isinstance(value, str) else ""
        options, unit = words_of(self.world, n.Path("", (), info.name, info.entity, info.type, (0, 0)))
        return wording.value(value, info.type, self.lang, options or MODES, unit)

    # --- citations ---

    def cited(self, cited: m.Cited) -> tuple[Citation, ...]:
        """The citations of an entry: each quote with the sentence that holds it; else the sentences."""
        found = []
        left = list(cited.cites)
        for quote in cited.quotes:
            for cite in cited.cites:
                if clauses.holds(self.policy, cite, quote):
                    found.append(clauses.citation(self.policy, cite, quote, self.lang))
                    left = [c for c in left if c != cite]
                    break
        if not cited.quotes:
            whole = [clauses.citation(self.policy, cite, "", self.lang) for cite in left]
            found += whole if len(whole) == 1 else [replace(c, quote="", sentence="") for c in whole]
        if not found and cited.basis:
            found.append(Citation("", "", "依据" if self.lang == "zh" else "basis", cited.basis, ""))
        return tuple(found)

    def citations(self, node: p.Node, compiled: n.Compiled | None, read: Read) -> tuple[Citation, ...]:
        """A step's own citations, and those of the parameters and readings it reckons with."""
        own = self.cited(node.info.cited)
        if isinstance(node, p.CasesNode):
            for row in node.rows:
                if self.world.evaluate(row.when, read.ent, read.when) is True and row.cited.quotes:
                    own = self.cited(row.cited)
        parts: list[Citation] = []
        if compiled is not None and node.info.role:
            for item in trace.reads(self.world, compiled, read.ent, read.when):
                final = resolve(self.world, item.ent, item.name, item.when)
                used = self.world.plan(item.when).nodes.get(final.name)
                if isinstance(used, p.ParamNode | p.ReadingNode):
                    parts += self.cited(used.info.cited)
        quoted = [
            citation
            for citation in parts
            if citation.cite and citation.quote and citation.quote != citation.sentence
        ]
        chosen = (
            [*quoted, *(c for c in own if c.cite not in {q.cite for q in quoted})] if quoted else list(own)
        )
        return tuple(dict.fromkeys(chosen))

    # --- inputs ---
