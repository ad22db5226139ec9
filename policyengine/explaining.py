"""A decision to its explanation: conditions, steps and inputs, each with its clause and verbatim words.

Three depths are made from the same walk: the conclusion; the steps that lead to the amount of this
application; and everything that was read on the way, of every entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from policyengine import heads, supposing, trace, wording
from policyengine import plan as p
from policyengine.alternatives import Alternatives
from policyengine.asking import questions
from policyengine.deciding import Decided, decide_one
from policyengine.decision import Decision
from policyengine.distance import distances
from policyengine.explanation import (
    CaseExplanation,
    Explanation,
    Group,
    Input,
    Line,
    Provenance,
    Term,
    Used,
    told_apart,
)  # fmt: skip
from policyengine.gates import Gate, gates
from policyengine.instances import Ent, When
from policyengine.lines import Lines
from policyengine.nearby import NOTHING_NEARBY, nearby
from policyengine.passing import taken
from policyengine.phrases import Phrases, pieces, reckoned
from policyengine.reaching import reached
from policyengine.refusing import subject, unit_of
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
    names = heads.names(world) if depth != "none" else {}
    everyone = [(ent.kind, ent.id) for kind in world.entities.values() for ent in kind.values()]
    written = {key: i for i, key in enumerate(everyone)} if depth != "none" else {}
    wanted = questions(decided) if ask else ()
    others = Alternatives(world) if whatif and depth != "none" else None
    for decision in decided.decision.decisions:
        ent = world.entities[application.entity][decision.subject.id]
        lines = Lines(world, world.plan(world.when(ent)).policy, lang)
        found = _Explainer(world, ent, lines, others, names, written).explain(decision, provenance, depth)
        own = {item.ref for item in decision.missing}
        explanations.append(replace(found, questions=tuple(q for q in wanted if q.missing.ref in own)))
    return CaseExplanation(decided.decision, tuple(explanations), provenance)


@dataclass(frozen=True, slots=True)
class _Explainer:
    """Explains the decision of one application. `written`: the place of each entity, by kind and id, in the case."""

    world: World
    ent: Ent
    lines: Lines
    others: Alternatives | None
    names: Mapping[str, str]
    written: Mapping[tuple[str, str], int]

    def explain(self, decision: Decision, provenance: Provenance | None, depth: str) -> Explanation:
        found = Explanation(
            self.lines.lang, self.lines.policy, decision, (), (), (), (), provenance,
            if_granted=supposing.amount_if_granted(self.world, self.ent), names=self.names,
            parties=heads.parties(self.world, self.ent, self.lines.policy, self.lines.lang),
        )  # fmt: skip
        if depth == "none":
            return found
        found = replace(found, candidates=tuple(self.candidates(decision, depth)))
        if self.others is not None:
            found = self.otherwise(found, self.others, depth)
        return self.worked_out(found, depth) if depth in ("steps", "full") else found

    def worked_out(self, found: Explanation, depth: str) -> Explanation:
        """The explanation with conditions, steps and inputs."""
        when = self.world.when(self.ent)
        application = self.world.plan(when).application
        starts = [Read(self.ent, application.granted, when), Read(self.ent, application.amount, when)]
        read = list(trace.reached(self.world, starts))
        steps: tuple[Line, ...] = ()
        if found.decision.outcome != "refused" and not found.candidates:
            steps = tuple(Steps(self.lines, self.ent).steps(starts[1]))
        sure = bool(found.candidates)  # what holds for one choice only stands with that choice
        checked = gates(self.world, self.ent, application.granted, when, sure)
        everything: list[Line] = []
        if depth == "full":
            everything = [line for item in reversed(read) if (line := self.lines.line(item)) is not None]
        return replace(
            found,
            conditions=tuple(self.condition(gate) for gate in checked),
            members=tuple(self.members(read)), steps=told_apart(steps), inputs=tuple(self.inputs(read)),
            everything=told_apart(everything),
            caps=tuple(heads.caps(self.world, self.ent, read, when, self.lines.lang)),
        )  # fmt: skip

    def otherwise(self, e: Explanation, others: Alternatives, depth: str) -> Explanation:
        """The explanation with what would be if facts or readings were other than they are."""
        away = distances(self.world, self.ent, e.decision)
        found = others.of(self.ent, e.decision)
        deep = depth in ("steps", "full")
        pairs = others.interactions(self.ent, e.decision, found) if deep else ()
        return replace(
            e,
            distances=away,
            reached=reached(self.world, self.ent, away),
            alternatives=found,
            interactions=pairs,
            nearby=nearby(self.world, self.ent, e.decision) if deep else NOTHING_NEARBY,
        )

    def candidates(self, decision: Decision, depth: str) -> Iterator[Explanation]:
        """What each open choice of what to apply for would come to."""
        for world in supposing.choices(self.world, self.ent, decision):
            ent = world.entities[self.ent.kind][self.ent.id]
            lines = Lines(world, self.lines.policy, self.lines.lang)
            other = _Explainer(world, ent, lines, None, self.names, self.written)
            yield other.explain(decide_one(world, ent), None, "steps" if depth == "full" else depth)

    # --- conditions ---

    def members(self, read: Iterable[Read]) -> Iterator[Group]:
        """What belongs to the application and was looked at: whether it counts, with every condition."""
        steps = Steps(self.lines, self.ent)
        seen: set[tuple[Ent, str]] = set()
        for item in read:
            condition = self.lines.policy.conditions.get(item.name)
            if item.ent is None or item.ent is self.ent or condition is None or condition.part_of:
                continue
            key = (item.ent, item.name)
            if key in seen or not steps.belongs(item.ent) or not steps.near(item.ent):
                continue
            seen.add(key)
            line = self.lines.line(item)
            if line is not None:
                parts = gates(self.world, item.ent, item.name, item.when)
                yield Group(line, tuple(self.condition(gate) for gate in parts))

    def condition(self, gate: Gate) -> Line:
        check, ent, when = gate.check, gate.ent, gate.when
        status = "unknown" if isinstance(gate.value, Unknown) else "met" if gate.value else "failed"
        plan = self.world.plan(when)
        node = plan.nodes[check.condition]
        test = plan.nodes.get(f"{check.condition}.test", node)
        formula = evidence = ""
        terms: tuple[Term, ...] = ()
        used: tuple[Used, ...] = ()
        if self.world.is_stipulated(ent, check.condition):
            note = (
                "由人直接设定，没有按条文认定"
                if self.lines.lang == "zh"
                else "set by hand, not decided by the clauses"
            )
            return Line(
                check.condition, subject(self.world, ent), check.label(self.lines.lang), status, "", "", "", "",
                note, self.lines.cited(check.cited), "",
            )  # fmt: skip
        if isinstance(test, p.FormulaNode):
            if reckoned(taken(self.world, test.formula, test.formula.node, ent, when, {})):
                phrases = Phrases(self.world, ent, when, self.lines.lang)
                formula, terms = (
                    phrases.labels(test.formula),
                    pieces(replace(phrases, marking=True).claim(test.formula)),
                )
            evidence = self.evidence(test, ent, when)
            used = self.lines.used(test.formula, Read(ent, test.info.name, when))
        numbers = "".join(term.text for term in terms)
        return Line(
            check.condition, subject(self.world, ent), check.label(self.lines.lang), status, "", formula, numbers, "",
            self.exception(check.condition, ent, when), self.lines.cited(check.cited), evidence,
            terms=terms, used=used,
        )  # fmt: skip

    def exception(self, name: str, ent: Ent, when: When) -> str:
        """The label of an `unless` that made a condition hold although its test does not."""
        plan = self.world.plan(when)
        test = plan.nodes.get(f"{name}.test") or plan.nodes.get(f"{name}.within")
        if test is None or self.world.value(ent, test.info.name, when) is True:
            return ""
        for other, node in plan.nodes.items():
            excepted = node.info.owner == name and node.info.role == "unless"
            if excepted and self.world.value(ent, other, when) is True:
                return node.info.label(self.lines.lang)
        return ""

    def evidence(self, node: p.Node, ent: Ent, when: When) -> str:
        found: dict[str, None] = {}
        for read in trace.direct(self.world, Read(ent, node.info.name, when)):
            fact = self.lines.policy.facts.get(read.name)
            if fact is not None and fact.evidence.zh:
                found[fact.evidence(self.lines.lang)] = None
        return ("、" if self.lines.lang == "zh" else ", ").join(found)

    # --- inputs ---

    def inputs(self, read: Iterable[Read]) -> Iterator[Input]:
        """The stated facts that were read, in the policy's order."""
        used: dict[tuple[str, str, str], tuple[Ent, str]] = {}
        for item in read:
            if item.ent is not None and item.ent.given is not None and item.name in self.lines.policy.facts:
                used[item.ent.kind, item.ent.id, item.name] = (item.ent, item.name)
        order = {name: i for i, name in enumerate(self.lines.policy.facts)}

        def place(pair: tuple[Ent, str]) -> tuple[bool, int, int]:
            ent, name = pair
            return ent is not self.ent, self.written[ent.kind, ent.id], order[name]

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
