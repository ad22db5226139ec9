"""A decision to its explanation: conditions, steps and inputs, each with its clause and verbatim words.

Three depths are made from the same walk: the conclusion; the steps that lead to the amount of this
application; and everything that was read on the way, of every entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from policyengine import plan as p
from policyengine import trace, wording
from policyengine.alternatives import Alternatives
from policyengine.asking import questions
from policyengine.deciding import Decided, subject, title_of, unit_of
from policyengine.decision import Decision
from policyengine.distance import distances, reached
from policyengine.explanation import Capped, CaseExplanation, Explanation, Input, Line, Provenance, Term, Used
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.lines import Lines
from policyengine.phrases import Phrases, resolve, taken
from policyengine.steps import Steps
from policyengine.trace import Read
from policyengine.values import Unknown
from policyengine.world import World


def explain(
    decided: Decided,
    lang: str = "zh",
    provenance: Provenance | None = None,
    depth: str = "full",
    whatif: bool = True,
    ask: bool = False,
) -> CaseExplanation:
    """Explain every decision of a case. `depth` none, summary, steps or full: how much is worked out.

    `whatif`: also how far each refusal is from being met and what other readings would give (not at depth none).
    `ask`: also in which order the missing facts are best asked for.
    """
    world = decided.world
    application = world.plans.last.application
    explanations = []
    entities = (ent for kind in world.entities.values() for ent in kind.values())
    names = {ent.path: name_of(world, ent) for ent in entities} if depth != "none" else {}
    wanted = questions(decided) if ask else ()
    others = Alternatives(world) if whatif and depth != "none" else None
    for decision in decided.decision.decisions:
        ent = world.entities[application.entity][decision.subject.id]
        lines = Lines(world, world.plan(world.when(ent)).policy, lang)
        found = _Explainer(world, ent, lines, others, names).explain(decision, provenance, depth)
        own = {item.ref for item in decision.missing}
        explanations.append(replace(found, questions=tuple(q for q in wanted if q.missing.ref in own)))
    return CaseExplanation(decided.decision, tuple(explanations), provenance)


def name_of(world: World, ent: Ent) -> str:
    """What people call an entity: its own name, else those of what it refers to, else its id."""
    kind = world.policy.entities[ent.kind]
    own = title_of(world, ent, but=kind.key)
    if own or ent.given is None or not kind.dated_by:
        return own or ent.id
    others = [name_of(world, to) for role, to in ent.refs.items() if to is not None and role != kind.dated_by]
    return "、".join(others) or ent.id


@dataclass(frozen=True, slots=True)
class _Explainer:
    """Explains the decision of one application."""

    world: World
    ent: Ent
    lines: Lines
    others: Alternatives | None
    names: Mapping[str, str]

    def explain(self, decision: Decision, provenance: Provenance | None, depth: str) -> Explanation:
        when = self.world.when(self.ent)
        application = self.world.plan(when).application
        conditions: list[Line] = []
        steps: list[Line] = []
        everything: list[Line] = []
        inputs: list[Input] = []
        caps: list[Capped] = []
        if depth in ("steps", "full"):
            conditions = list(self.unique(self.conditions(self.ent, application.granted, when)))
            if decision.outcome != "refused":
                steps = list(Steps(self.lines, self.ent).steps(Read(self.ent, application.amount, when)))
            starts = [Read(self.ent, application.granted, when), Read(self.ent, application.amount, when)]
            read = list(trace.reached(self.world, starts))
            inputs = list(self.inputs(read))
            caps = list(self.caps(read, when))
            if depth == "full":
                everything = [line for item in reversed(read) if (line := self.lines.line(item)) is not None]
        explanation = Explanation(
            self.lines.lang,
            self.lines.policy,
            decision,
            tuple(conditions),
            tuple(steps),
            tuple(everything),
            tuple(inputs),
            provenance,
            tuple(caps),
            self.names,
            tuple(self.parties()),
        )
        return explanation if self.others is None else self.otherwise(explanation, self.others, depth)

    def otherwise(self, e: Explanation, others: Alternatives, depth: str) -> Explanation:
        """The explanation with what would be if facts or readings were other than they are."""
        away = distances(self.world, self.ent, e.decision)
        found = others.of(self.ent, e.decision)
        pairs = others.interactions(self.ent, e.decision, found) if depth in ("steps", "full") else ()
        return replace(
            e,
            distances=away,
            reached=reached(self.world, self.ent, away),
            alternatives=found,
            interactions=pairs,
        )

    def parties(self) -> Iterator[tuple[str, str]]:
        """What the application refers to: the words for it, and its name."""
        for other in self.ent.refs.values():
            if other is not None:
                yield (
                    self.lines.policy.entities[other.kind].label(self.lines.lang),
                    name_of(self.world, other),
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
        formula = evidence = ""
        terms: tuple[Term, ...] = ()
        used: tuple[Used, ...] = ()
        if isinstance(test, p.FormulaNode):
            inner = taken(self.world, test.formula, test.formula.node, ent, when, {})
            if isinstance(inner, n.Comparison) and inner.operators[0] not in ("==", "!="):
                phrases = Phrases(self.world, ent, when, self.lines.lang)
                formula, terms = phrases.labels(test.formula), phrases.terms(test.formula)
            evidence = self.evidence(test, ent, when)
            used = self.lines.used(test.formula, Read(ent, test.info.name, when))
        numbers = "".join(term.text for term in terms)
        return Line(
            check.condition, subject(self.world, ent), check.label(self.lines.lang), status, "", formula, numbers, "",
            self.exception(check.condition, ent, when), self.lines.cited(check.cited), evidence, terms, used,
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
                    return node.info.label(self.lines.lang)
        return ""

    def evidence(self, node: p.Node, ent: Ent, when: When) -> str:
        found: dict[str, None] = {}
        for read in trace.direct(self.world, Read(ent, node.info.name, when)):
            fact = self.lines.policy.facts.get(read.name)
            if fact is not None and fact.evidence.zh:
                found[fact.evidence(self.lines.lang)] = None
        return ("、" if self.lines.lang == "zh" else ", ").join(found)

    # --- caps ---

    def caps(self, read: Iterable[Read], when: When) -> Iterator[Capped]:
        """The awards of the application that were held against a cap, where all of it is known."""
        plan = self.world.plan(when)
        for item in read:
            node = plan.nodes.get(item.name)
            if item.ent is not self.ent or node is None or node.info.role != "capped":
                continue
            names = {role: f"{node.info.owner}.{role}" for role in ("computed", "cap", "eligible")}
            if names["cap"] not in plan.nodes or self.world.value(self.ent, names["eligible"]) is not True:
                continue
            computed, cap = (self.world.value(self.ent, names[role]) for role in ("computed", "cap"))
            if isinstance(computed, Decimal | Fraction) and isinstance(cap, Decimal | Fraction):
                end = resolve(self.world, self.ent, names["cap"], when).name
                lang, program = self.lines.lang, plan.policy.programs[node.info.owner]
                labels = plan.label(names["computed"])(lang), plan.label(end)(lang)
                yield Capped(program.label(lang), computed, cap, *labels)

    # --- inputs ---

    def inputs(self, read: Iterable[Read]) -> Iterator[Input]:
        """The stated facts that were read, in the policy's order."""
        used: dict[tuple[str, str, str], tuple[Ent, str]] = {}
        for item in read:
            if item.ent is not None and item.ent.given is not None and item.name in self.lines.policy.facts:
                used[item.ent.kind, item.ent.id, item.name] = (item.ent, item.name)
        order = {name: i for i, name in enumerate(self.lines.policy.facts)}
        written = {
            ent: i for i, ent in enumerate(e for kind in self.world.entities.values() for e in kind.values())
        }

        def place(pair: tuple[Ent, str]) -> tuple[bool, int, int]:
            return pair[0] is not self.ent, written[pair[0]], order[pair[1]]

        for ent, name in sorted(used.values(), key=place):
            given = ent.given.facts.get(name) if ent.given else None
            if given is None or given.value is None:
                continue
            fact = self.lines.policy.facts[name]
            unit = unit_of(self.lines.policy, fact)
            shown = wording.value(given.value, fact.type, self.lines.lang, fact.options, unit)
            if fact.type.kind == "money" and isinstance(given.value, Decimal):
                shown = wording.money(given.value, self.lines.lang)
            yield Input(
                subject(self.world, ent), name, fact.label(self.lines.lang), shown, given.span.place,
                fact.evidence(self.lines.lang) if fact.evidence.zh else "", given.origin,
            )  # fmt: skip
