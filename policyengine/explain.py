"""A decision to its explanation: conditions, steps and inputs, each with its clause and verbatim words.

Three depths are made from the same walk: the conclusion; the steps that lead to the amount of this
application; and everything that was read on the way, of every entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from policyengine import clauses, trace, wording
from policyengine import model as m
from policyengine import plan as p
from policyengine.clauses import Citation
from policyengine.decide import Decided, subject, words_of
from policyengine.decision import CaseDecision, Decision, Subject
from policyengine.lang import nodes as n
from policyengine.lang import unknown
from policyengine.phrases import Phrases, hop, resolve, taken
from policyengine.trace import Read
from policyengine.values import Unknown, Value
from policyengine.world import Ent, When, World


MOST_MEMBERS = 20  # of a consortium, whose own steps are shown at the depth of steps


@dataclass(frozen=True, slots=True)
class Line:
    """One condition or one step.

    `status`: met, failed or unknown for conditions, "" for steps. `formula` with names, `numbers` with
    values (both "" where the value is plain), `value` in words. `because`: which case of a rule applied.
    `note`: an exception that applied, or what to know besides.
    """

    name: str
    subject: Subject | None
    label: str
    status: str
    value: str
    formula: str
    numbers: str
    because: str
    note: str
    citations: tuple[Citation, ...]
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A stated fact that was used: what, of whom, its value, and where it was stated."""

    subject: Subject
    name: str
    label: str
    value: str
    place: str
    evidence: str
    origin: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it takes to get the same answer again. Hashes are SHA-256, hexadecimal."""

    policy: str
    policy_hash: str
    text_hash: str
    engine: str
    input: str
    input_hash: str
    readings: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    command: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a reader of one decision may want to see, in words of one language."""

    lang: str
    policy: m.Policy
    decision: Decision
    conditions: tuple[Line, ...]
    steps: tuple[Line, ...]
    everything: tuple[Line, ...]
    inputs: tuple[Input, ...]
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class CaseExplanation:
    """The explanations of one world."""

    decision: CaseDecision
    explanations: tuple[Explanation, ...]
    provenance: Provenance | None = None


def explain(
    decided: Decided, lang: str = "zh", provenance: Provenance | None = None, depth: str = "full"
) -> CaseExplanation:
    """Explain every decision of a case. `depth` none, summary, steps or full: how much is worked out."""
    world = decided.world
    application = world.plans.last.application
    explanations = []
    for decision in decided.decision.decisions:
        ent = world.entities[application.entity][decision.subject.id]
        explanations.append(_Explainer(world, ent, lang).explain(decision, provenance, depth))
    return CaseExplanation(decided.decision, tuple(explanations), provenance)


@dataclass(slots=True)
class _Explainer:
    world: World
    ent: Ent
    lang: str
    policy: m.Policy = field(init=False)
    plan: p.Plan = field(init=False)

    def __post_init__(self) -> None:
        self.plan = self.world.plan(self.world.when(self.ent))
        self.policy = self.plan.policy

    def explain(self, decision: Decision, provenance: Provenance | None, depth: str) -> Explanation:
        application = self.plan.application
        when = self.world.when(self.ent)
        conditions: list[Line] = []
        steps: list[Line] = []
        everything: list[Line] = []
        inputs: list[Input] = []
        if depth in ("steps", "full"):
            conditions = list(self.unique(self.conditions(self.ent, application.granted, when)))
            if decision.outcome != "refused":
                steps = list(self.steps(Read(self.ent, application.amount, when)))
            starts = [Read(self.ent, application.granted, when), Read(self.ent, application.amount, when)]
            read = list(trace.reached(self.world, starts))
            inputs = list(self.inputs(read))
            if depth == "full":
                everything = [line for item in reversed(read) if (line := self.line(item)) is not None]
        return Explanation(
            self.lang, self.policy, decision, tuple(conditions), tuple(steps), tuple(everything), tuple(inputs), provenance
        )

    # --- conditions ---

    def unique(self, lines: Iterable[Line]) -> Iterator[Line]:
        seen: set[tuple[str, str]] = set()
        for line in lines:
            key = (line.name, line.subject.path if line.subject else "")
            if key not in seen:
                seen.add(key)
                yield line

    def conditions(self, ent: Ent, name: str, when: When) -> Iterator[Line]:
        """Every condition below a name that has words of its own, met or not."""
        at = self.world.when(ent, when)
        plan = self.world.plan(at)
        check, node = plan.checks.get(name), plan.nodes.get(name)
        if check is not None and check.zh is not None:
            yield self.condition(check, ent, at)
        elif isinstance(node, p.FormulaNode) and not self.world.is_stipulated(ent, name):
            yield from self.below(node.formula, node.formula.node, ent, at)

    def below(self, compiled: n.Compiled, node: n.Node, ent: Ent, when: When) -> Iterator[Line]:
        match node:
            case n.Path() if node.type.kind == "bool":
                other = trace.target(self.world, node, ent, {})
                if other is not None:
                    yield from self.conditions(other, node.name, when)
            case n.Logic():
                stop = node.operator == "or"
                for part in node.parts:
                    lines = list(self.below(compiled, part, ent, when))
                    yield from lines
                    if not lines and self.world.evaluate(compiled, ent, when, part) is stop:
                        return  # a plain fact decides: what stands right of it does not apply
            case n.Choice():
                test = self.world.evaluate(compiled, ent, when, node.test)
                for branch, side in ((node.then, True), (node.otherwise, False)):
                    if isinstance(test, Unknown) or test is side:
                        yield from self.below(compiled, branch, ent, when)

    def condition(self, check: p.Check, ent: Ent, when: When) -> Line:
        value = self.world.value(ent, check.condition, when)
        status = "unknown" if isinstance(value, Unknown) else "met" if value else "failed"
        plan = self.world.plan(when)
        node = plan.nodes[check.condition]
        test = plan.nodes.get(f"{check.condition}.test", node)
        formula = numbers = evidence = ""
        if isinstance(test, p.FormulaNode):
            inner = taken(self.world, test.formula, test.formula.node, ent, when, {})
            if isinstance(inner, n.Comparison) and inner.operators[0] not in ("==", "!="):
                phrases = Phrases(self.world, ent, when, self.lang)
                formula, numbers = phrases.labels(test.formula), phrases.numbers(test.formula)
            evidence = self.evidence(test, ent, when)
        return Line(
            check.condition, subject(self.world, ent), check.label(self.lang), status, "", formula, numbers, "",
            self.exception(check.condition, ent, when), self.cited(check.cited), evidence,
        )  # fmt: skip

    def exception(self, name: str, ent: Ent, when: When) -> str:
        """The label of an `unless` that made a condition hold although its test does not."""
        plan = self.world.plan(when)
        for other, node in plan.nodes.items():
            if node.info.owner == name and node.info.role == "unless":
                test = plan.nodes.get(f"{name}.test") or plan.nodes.get(f"{name}.within")
                if test is not None and self.world.value(ent, test.info.name, when) is True:
                    return ""
                if self.world.value(ent, other, when) is True:
                    return node.info.label(self.lang)
        return ""

    def evidence(self, node: p.Node, ent: Ent, when: When) -> str:
        found: dict[str, None] = {}
        for read in trace.direct(self.world, Read(ent, node.info.name, when)):
            fact = self.policy.facts.get(read.name)
            if fact is not None and fact.evidence.zh:
                found[fact.evidence(self.lang)] = None
        return ("、" if self.lang == "zh" else ", ").join(found)

    # --- steps ---

    def steps(self, start: Read) -> Iterator[Line]:
        """What the amount was computed from, in the order of computation: the parts before the whole."""
        seen: set[tuple[Ent | None, str]] = set()
        yield from self.visit(start, seen)
        yield from self.own_results(start)

    def visit(self, read: Read, seen: set[tuple[Ent | None, str]]) -> Iterator[Line]:
        """The steps of one name. Names that only pass a value on are skipped, unless facts chose the value."""
        for hop in self.hops(read):
            key = (hop.ent, hop.name)
            if key in seen:
                return
            seen.add(key)
            last = hop
            if self.chosen_by_facts(hop):
                yield from self.shown(hop)
        plan = self.world.plan(last.when)
        node = plan.nodes[last.name]
        if isinstance(node, p.ParamNode | p.FactNode | p.RankNode) or not node.info.type.quantity:
            return
        value = self.world.value(last.ent, last.name, last.when)
        aside = last.ent is not self.ent and not isinstance(value, Unknown) and value == 0
        if not aside and not (last.ent is not None and self.world.is_stipulated(last.ent, last.name)):
            for part in self.parts(node, last):
                yield from self.visit(part, seen)
        if self.near(last.ent):
            if not self.chosen_by_facts(last) and node.info.type.kind != "count" and not self.trivial(node, last):
                yield from self.shown(last)

    def near(self, ent: Ent | None) -> bool:
        """Whether an entity's own steps are shown: the application, what belongs to it, firms, the policy."""
        if ent is None or ent is self.ent or not self.policy.entities[ent.kind].dated_by:
            return True
        return self.belongs(ent) and len(self.world.entities[ent.kind]) <= MOST_MEMBERS

    def shown(self, read: Read) -> Iterator[Line]:
        line = self.line(read)
        if line is not None:
            yield line

    def hops(self, read: Read) -> Iterator[Read]:
        """A name and those that its value was passed on from, to the one that made it."""
        yield read
        while (after := hop(self.world, read.ent, read.name, read.when)) is not None:
            read = Read(after.ent, after.name, self.world.when(after.ent, read.when))
            yield read

    def chosen_by_facts(self, read: Read) -> bool:
        """Whether a number of the document applies because of a fact (grade A: 1 point; else none)."""
        node = self.world.plan(read.when).nodes[read.name]
        if not self.because(node, read):
            return False
        final = resolve(self.world, read.ent, read.name, read.when)
        last = self.world.plan(self.world.when(final.ent, read.when)).nodes[final.name]
        if isinstance(last, p.ParamNode):
            return True
        compiled = self.expression(last, Read(final.ent, final.name, read.when))
        if compiled is None:
            return False
        return isinstance(taken(self.world, compiled, compiled.node, final.ent, read.when, {}), n.Literal)

    def parts(self, node: p.Node, read: Read) -> Iterator[Read]:
        """The names in the part of an expression that made the value, without the tests that chose it."""
        if isinstance(node, p.AllocateNode):
            names = [name for name in (node.total, node.of, node.limit, node.weight) if name]
            yield from (Read(read.ent, name, read.when) for name in names)
            return
        compiled = self.expression(node, read)
        if compiled is not None:
            yield from self.names(compiled, compiled.node, read)

    def names(self, compiled: n.Compiled, node: n.Node, read: Read) -> Iterator[Read]:
        node = taken(self.world, compiled, node, read.ent, read.when, {})
        if isinstance(node, n.Choice):
            yield from self.names(compiled, node.then, read)
            yield from self.names(compiled, node.otherwise, read)
        elif isinstance(node, n.Path | n.Aggregate):
            yield from trace.reads(self.world, n.Compiled(compiled.expr, node), read.ent, read.when)
        else:
            for child in n.children(node):
                yield from self.names(compiled, child, read)

    def own_results(self, start: Read) -> Iterator[Line]:
        """Headline values of what belongs to the application: the members' shares."""
        for path, _ in self.policy.header.results:
            kind, _, name = path.partition(".")
            if kind == self.ent.kind or not self.policy.entities[kind].dated_by:
                continue
            for other in self.world.entities[kind].values():
                if self.world.when(other) == start.when and self.belongs(other):
                    value = self.world.value(other, name)
                    if isinstance(value, Unknown) or value != 0:
                        line = self.line(Read(other, name, start.when))
                        if line is not None:
                            yield line

    def belongs(self, other: Ent) -> bool:
        seen: Ent | None = other
        while seen is not None and seen is not self.ent:
            dated_by = self.policy.entities[seen.kind].dated_by
            seen = seen.refs.get(dated_by) if dated_by else None
        return seen is self.ent

    def trivial(self, node: p.Node, read: Read) -> bool:
        """A value that is just a constant of the language (0, nothing used before)."""
        compiled = self.expression(node, read)
        if compiled is None:
            return False
        inner = taken(self.world, compiled, compiled.node, read.ent, read.when, {})
        empty = isinstance(inner, n.Aggregate) and self.world.value(read.ent, read.name, read.when) == 0
        return isinstance(inner, n.Literal) or empty

    def line(self, read: Read) -> Line | None:
        """One name's value with its formula and clauses; None for groups' inner keys and references."""
        plan = self.world.plan(read.when)
        node = plan.nodes.get(read.name)
        if node is None or node.info.role in ("key", "by", "where"):
            return None
        value = self.world.value(read.ent, read.name, read.when)
        formula = numbers = ""
        compiled = self.expression(node, read)
        phrases = Phrases(self.world, read.ent, read.when, self.lang)
        if compiled is not None and not self.plain(compiled, read):
            formula, numbers = phrases.labels(compiled), phrases.numbers(compiled)
        elif isinstance(node, p.AllocateNode) and read.ent is not None:
            formula, numbers = self.split(node, read, phrases)
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
                    isinstance(self.world.evaluate(row.when, read.ent, read.when), Unknown) for row in node.rows
                )
                return None if open_ else node.otherwise
        return None

    def split(self, node: p.AllocateNode, read: Read, phrases: Phrases) -> tuple[str, str]:
        """How a share or a pooled amount came about."""

        def money(name: str) -> str:
            value = self.world.value(read.ent, name, read.when)
            return phrases.value(value, self.plan.nodes[name].info.type, n.Literal(False, node.info.type, (0, 0)))

        zh = self.lang == "zh"
        if node.method == "in_order":
            words = "应得金额与限额扣除次序在前的项目后的余额，取较小值" if zh else "the smaller of the amount asked for and what the limit has left after those before it"
            return words, f"{money(node.of)}，{money(node.limit)}" if zh else f"{money(node.of)}, {money(node.limit)}"
        if node.method == "pro_rata":
            return ("按比例压缩到限额之内" if zh else "scaled down to the limit"), ""
        assert read.ent is not None
        weights = [
            self.world.value(member, node.weight, read.when)
            for member in self.world.group_of(node, read.ent, read.when)
            if self.world.value(member, node.where, read.when) is True
        ]
        total: Value = Decimal(0)
        for weight in weights:
            total = unknown.add(total, weight)
        label = self.plan.nodes[node.weight].info.label(self.lang)
        name = self.plan.label(resolve(self.world, read.ent, node.weight, read.when).name)(self.lang) or label
        words = f"分配总额 × {name} ÷ 各成员合计，取整后的尾差按最大余数补足" if zh else f"total × {name} ÷ the sum over all, the odd units by largest remainder"
        shown = phrases.value(total, self.plan.nodes[node.weight].info.type, n.Literal(False, node.info.type, (0, 0)))
        return words, f"{money(node.total)} × {money(node.weight)} ÷ {shown}"

    def because(self, node: p.Node, read: Read) -> str:
        """Which case applied, where a rule distinguishes cases by facts (not merely by readings)."""
        compiled = self.expression(node, read)
        if isinstance(node, p.CasesNode):
            for row in node.rows:
                if self.world.evaluate(row.when, read.ent, read.when) is True and self.by_facts(row.when, read):
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
            held = [part for part in root.test.parts if self.world.evaluate(compiled, read.ent, read.when, part) is True]
            test = n.Compiled(compiled.expr, held[0] if len(held) == 1 else n.Logic("or", tuple(held), root.test.type, root.test.at))
        words = Phrases(self.world, read.ent, read.when, self.lang).labels(test)
        if self.lang == "zh":
            return words if value else f"不满足“{words}”"
        return words if value else f"not: {words}"

    def by_facts(self, test: n.Compiled, read: Read) -> bool:
        return any(item.name in self.policy.facts for item in trace.reads(self.world, test, read.ent, read.when))

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
        quoted = [citation for citation in parts if citation.cite and citation.quote and citation.quote != citation.sentence]
        chosen = [*quoted, *(c for c in own if c.cite not in {q.cite for q in quoted})] if quoted else list(own)
        return tuple(dict.fromkeys(chosen))

    # --- inputs ---

    def inputs(self, read: Iterable[Read]) -> Iterator[Input]:
        """The stated facts that were read, in the policy's order."""
        used: dict[tuple[str, str, str], tuple[Ent, str]] = {}
        for item in read:
            if item.ent is not None and item.ent.given is not None and item.name in self.policy.facts:
                used[item.ent.kind, item.ent.id, item.name] = (item.ent, item.name)
        order = {name: i for i, name in enumerate(self.policy.facts)}
        written = {ent: i for i, ent in enumerate(e for kind in self.world.entities.values() for e in kind.values())}

        def place(pair: tuple[Ent, str]) -> tuple[bool, int, int]:
            return pair[0] is not self.ent, written[pair[0]], order[pair[1]]

        for ent, name in sorted(used.values(), key=place):
            given = ent.given.facts.get(name) if ent.given else None
            if given is None or given.value is None:
                continue
            fact = self.policy.facts[name]
            unit = fact.unit if fact.type.kind == "number" else ""
            shown = wording.value(given.value, fact.type, self.lang, fact.options, unit)
            if fact.type.kind == "money" and isinstance(given.value, Decimal):
                shown = wording.money(given.value, self.lang)
            yield Input(
                subject(self.world, ent), name, fact.label(self.lang), shown, given.span.place,
                fact.evidence(self.lang) if fact.evidence.zh else "", given.origin,
            )  # fmt: skip

