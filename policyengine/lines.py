"""One name's value as a line of an explanation: formula, numbers, which case applied, clauses and quotes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from policyengine import clauses, splits, trace, wording
from policyengine import model as m
from policyengine import plan as p
from policyengine.clauses import Citation
from policyengine.explanation import Line, Term, Used
from policyengine.gates import open_gates
from policyengine.labels import options_for, quoted
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.passing import opened, resolve, taken
from policyengine.phrases import Phrases, pieces, reckoned
from policyengine.refusing import subject, words_of
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
        compiled = self.expression(node, read)
        status = ""
        if node.info.type.kind == "bool" and not isinstance(node, p.FactNode):
            status = "unknown" if isinstance(value, Unknown) else "met" if value is True else "failed"
        formula, terms = self.working(node, compiled, read)
        numbers = "".join(term.text for term in terms)
        return Line(
            read.name, subject(self.world, read.ent) if read.ent is not None else None, node.info.label(self.lang),
            status, self.shown(node, compiled, read, bool(numbers)), formula, numbers, self.because(node, read),
            self.note(node, compiled, read), self.citations(node, compiled, read), owner=self.owner(node), open=isinstance(value, Unknown),
            terms=terms, used=self.used(compiled, read),
        )  # fmt: skip

    def owner(self, node: p.Node) -> str:
        """The label of the program, limit or allocation that a value is a part of; "" for an entry's own."""
        name, p_ = node.info.owner, self.policy
        if not node.info.role:
            return ""
        held = p_.programs.get(name) or p_.limits.get(name) or p_.allocations.get(name)
        return held.label(self.lang) if held is not None else ""

    def working(self, node: p.Node, compiled: n.Compiled | None, read: Read) -> tuple[str, tuple[Term, ...]]:
        """The formula with names and with numbers. Of a value that is just another's: that name alone."""
        phrases = Phrases(self.world, read.ent, read.when, self.lang, node.info.owner, marking=True)
        formula, numbers = self.both(node, compiled, read, phrases)
        return "".join(term.text for term in pieces(formula)), pieces(numbers)

    def both(
        self, node: p.Node, compiled: n.Compiled | None, read: Read, phrases: Phrases
    ) -> tuple[str, str]:
        if isinstance(node, p.AllocateNode) and read.ent is not None:
            return splits.working(self.world, node, read, phrases)
        if compiled is None:
            return "", ""
        inner = taken(self.world, compiled, compiled.node, read.ent, read.when, {})
        if node.info.type.kind == "bool":
            return (phrases.labels(compiled) if reckoned(inner) else ""), phrases.claim(compiled)
        if isinstance(inner, n.Literal):
            return "", ""
        return phrases.labels(compiled), "" if isinstance(inner, n.Path) else phrases.numbers(compiled)

    def shown(self, node: p.Node, compiled: n.Compiled | None, read: Read, in_formula: bool) -> str:
        """The value in words; where it still waits for a condition, what it is if that is met, and 0."""
        value, type_ = self.world.value(read.ent, read.name, read.when), node.info.type
        zh = self.lang == "zh"
        if type_.kind == "money" and in_formula and isinstance(value, Decimal | Fraction):
            return wording.in_formula(value, type_) + ("元" if zh else " yuan")
        if isinstance(value, Unknown) and compiled is not None and self.waits(compiled, read):
            then = taken(self.world, compiled, compiled.node, read.ent, read.when, {})
            good = self.world.evaluate(compiled, read.ent, read.when, then)
            met, nothing = self.words(node, good), self.words(node, Decimal(0))
            least, _ = unknown.bounds(good)
            return met if least == 0 else f"{met}，或{nothing}" if zh else f"{met}, or {nothing}"
        return self.words(node, value)

    def waits(self, compiled: n.Compiled, read: Read) -> n.Node | None:
        return opened(self.world, compiled, read.ent, read.when)

    def expression(self, node: p.Node, read: Read) -> n.Compiled | None:
        """The expression that gave a node its value; None where it was not an expression."""
        if read.ent is not None and self.world.is_stipulated(read.ent, read.name):
            return None
        match node:
            case p.FormulaNode():
                return node.formula
            case p.ReadingNode():
                return node.options[node.chosen(self.world.readings)]
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

    def used(self, compiled: n.Compiled | None, read: Read) -> tuple[Used, ...]:
        """The things that an expression reckoned with, numbers of the document with their value."""
        found: dict[Used, None] = {}
        for item in trace.reads(self.world, compiled, read.ent, read.when) if compiled is not None else ():
            final = resolve(self.world, item.ent, item.name, item.when)
            node = self.world.plan(self.world.when(final.ent, item.when)).nodes.get(final.name)
            if isinstance(node, p.ParamNode):
                value = self.world.value(final.ent, final.name, item.when)
                supposed = any(overlay.parameter == final.name for overlay in self.policy.overlays)
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
                    if row.label.zh != row.name:
                        return row.label(self.lang)
                    return Phrases(self.world, read.ent, read.when, self.lang).claim(row.when)
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
        return Phrases(self.world, read.ent, read.when, self.lang).claim(test)

    def by_facts(self, test: n.Compiled, read: Read) -> bool:
        return any(
            item.name in self.policy.facts for item in trace.reads(self.world, test, read.ent, read.when)
        )

    def note(self, node: p.Node, compiled: n.Compiled | None, read: Read) -> str:
        """The reading that was chosen, the condition that is waited for, or who was served before."""
        if isinstance(node, p.ReadingNode):
            option = node.chosen(self.world.readings)
            label = node.interpretation.options[option].label(self.lang)
            said = f"口径：{label}" if self.lang == "zh" else f"reading: {label}"
            test = self.waits(compiled, read) if compiled is not None else None
            waits = self.waiting(compiled, test, read) if compiled is not None and test is not None else ""
            return said + (f"。{waits}" if self.lang == "zh" else f"; {waits}") if waits else said
        if isinstance(node, p.AllocateNode) and read.ent is not None:
            return splits.served_before(self.world, node, read, self.lang)
        test = self.waits(compiled, read) if compiled is not None and node.info.type.quantity else None
        return self.waiting(compiled, test, read) if compiled is not None and test is not None else ""

    def waiting(self, compiled: n.Compiled, test: n.Node, read: Read) -> str:
        """Which conditions a value still waits for."""
        found = open_gates(self.world, compiled, test, read.ent, read.when) if read.ent is not None else []
        names = []
        for gate in found:
            whose = subject(self.world, gate.ent)
            of = "" if gate.ent is read.ent else f"{whose.label(self.lang)} {gate.ent.id}"
            label = quoted(gate.check.label(self.lang))
            names.append(f"{of}{label}" if self.lang == "zh" else f"{label}{f' of {of}' if of else ''}")
        if not names:
            names = [Phrases(self.world, read.ent, read.when, self.lang).claim(compiled, test)]
            return f"取决于：{names[0]}" if self.lang == "zh" else f"depends on: {names[0]}"
        if self.lang == "zh":
            return f"要等{'、'.join(names)}认定；不满足的，这一项为0"
        return f"waits for {', '.join(names)}; 0 where not met"

    def words(self, node: p.Node, value: Value) -> str:
        info = node.info
        if isinstance(node, p.ReadingNode) and node.interpretation.switch:
            return node.interpretation.options[str(value)].label(self.lang) if isinstance(value, str) else ""
        options, unit = words_of(self.world.policy, n.Path("", (), info.name, info.entity, info.type, (0, 0)))
        options = options or options_for(self.policy, info.name, info.type)
        return wording.value(value, info.type, self.lang, options, unit)

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
