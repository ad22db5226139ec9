"""Why an application is refused: the walk from a false name down to the conditions that made it false.

A condition with words says them. Where the walk meets none, a refusal still has its reason: the lowest false
condition on the way, by its name and its clause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from policyengine import literals, trace, wording
from policyengine import model as m
from policyengine import plan as p
from policyengine.decision import Failure, Subject
from policyengine.instances import Ent, When
from policyengine.lang import nodes as n
from policyengine.values import Unit, Unknown, Value
from policyengine.world import World


def subject(world: World, ent: Ent) -> Subject:
    """The entity as decisions name it."""
    entity = world.policy.entities[ent.kind]
    whose = world.plans.last.application.entity
    of = tuple(
        other.id
        for name, other in ent.refs.items()
        if other is not None and entity.references[name].to != whose
    )
    return Subject(ent.kind, ent.id, entity.label, of if ent.kind != whose else ())


def why(world: World, ent: Ent, name: str, when: When, words: bool = True) -> Iterator[Failure]:
    """The reasons why a name is false, at least one; nothing where it is not false."""
    if world.value(ent, name, when) is False:
        found = list(failures(world, ent, name, when, words))
        yield from found or _without_words(world, ent, name, when)


def failures(world: World, ent: Ent, name: str, when: When, words: bool = True) -> Iterator[Failure]:
    """The conditions below a name that are false; nothing where it is not itself false. `words` False
    leaves their messages empty.

    A condition that has words says them. One without words passes on the failures of what its test
    refers to. Right of a plain false fact (`files_robot and robot.eligible`) nothing is reported.
    """
    plan = world.plan(world.when(ent, when))
    if world.value(ent, name, when) is not False:
        return
    if world.is_stipulated(ent, name):
        yield _set_by_hand(world, ent, name)
        return
    check = plan.checks.get(name)
    if check is not None and check.zh is not None and check.en is not None:
        at = world.when(ent, when)
        said = m.Label("")
        if words:
            said = m.Label(message(world, check.zh, ent, at, "zh"), message(world, check.en, ent, at, "en"))
        yield Failure(name, subject(world, ent), check.label, said, check.cited)
        return
    node = plan.nodes.get(name)
    if isinstance(node, p.FormulaNode):
        yield from _Why(world, node.formula, ent, world.when(ent, when), words, failures).node(
            node.formula.node
        )


def _set_by_hand(world: World, ent: Ent, name: str) -> Failure:
    """The reason where a value was set to false from outside: nobody examined the condition."""
    label = world.plans.last.label(name)
    words = m.Label(
        f"“{label.zh}”由人直接设定为“否”，没有按条文认定",
        f"“{label('en')}” was set to no by hand, not decided by the clauses",
    )
    return Failure(name, subject(world, ent), label, words, m.Cited())


def _without_words(world: World, ent: Ent, name: str, when: When) -> Iterator[Failure]:
    """The lowest false conditions below a name that has no failure, or the name itself."""
    plan = world.plan(world.when(ent, when))
    node = plan.nodes.get(name)
    found: list[Failure] = []
    if isinstance(node, p.FormulaNode):
        why = _Why(world, node.formula, ent, world.when(ent, when), False, _lowest)
        found = list(why.node(node.formula.node))
    yield from found or [_by_name(world, ent, name, plan)]


def _lowest(world: World, ent: Ent, name: str, when: When, words: bool) -> Iterator[Failure]:
    """What is named below a name: false conditions without a false condition below them."""
    plan = world.plan(world.when(ent, when))
    if world.value(ent, name, when) is not False:
        return
    for failure in _without_words(world, ent, name, when):
        if failure.condition != name or name in plan.checks:  # a plain value is not named
            yield failure


def _by_name(world: World, ent: Ent, name: str, plan: p.Plan) -> Failure:
    """A reason made of a label and a citation alone."""
    info = plan.nodes[name].info
    label = plan.label(name)
    said = m.Label(f"没有达到“{label.zh}”", f"Not met: {label('en')}")
    return Failure(name, subject(world, ent), label, said, info.cited)


@dataclass(slots=True)
class _Why:
    """Walks a false expression down to the failures that made it so."""

    world: World
    compiled: n.Compiled
    ent: Ent
    when: When
    words: bool
    follow: Callable[[World, Ent, str, When, bool], Iterator[Failure]]

    def node(self, node: n.Node) -> Iterator[Failure]:
        match node:
            case n.Path():
                ent = trace.target(self.world, node, self.ent, {})
                if ent is not None and node.type.kind == "bool":
                    yield from self.follow(self.world, ent, node.name, self.when, self.words)
            case n.Logic(operator="and"):
                for part in node.parts:
                    if self.value(part) is False:
                        found = list(self.node(part))
                        if not found:
                            return  # a plain fact: what stands right of it does not apply
                        yield from found
            case n.Logic(operator="or"):
                for part in node.parts:
                    yield from self.node(part)
            case n.Choice():
                test = self.value(node.test)
                if not isinstance(test, Unknown):
                    yield from self.node(node.then if test else node.otherwise)

    def value(self, node: n.Node) -> Value:
        return self.world.evaluate(self.compiled, self.ent, self.when, node)


# --- in words ---------------------------------------------------------------------------------


def message(world: World, template: p.Message, ent: Ent, when: When, lang: str) -> str:
    """A template filled with values in the document's words."""
    pieces = []
    for part in template.parts:
        if isinstance(part, str):
            pieces.append(part)
        else:
            pieces.append(shown(world, part, ent, when, lang))
    return "".join(pieces)


def shown(world: World, compiled: n.Compiled, ent: Ent, when: When, lang: str) -> str:
    """The value of an expression in words, with the labels and unit of the name that it reads."""
    value = world.evaluate(compiled, ent, when)
    options, unit = words_of(world.policy, compiled.node)
    return wording.value(value, compiled.type, lang, options, unit)


def words_of(policy: m.Policy, node: n.Node) -> tuple[Mapping[str, m.Label] | None, Unit | str]:
    """Option labels and unit of a name."""
    if not isinstance(node, n.Path):
        return None, ""
    fact = policy.facts.get(node.name)
    if fact is not None:
        return fact.options, unit_of(policy, fact)
    parameter = policy.parameters.get(node.name)
    if parameter is not None and parameter.type.kind == "number":
        written = literals.quantity(parameter.values[0].text, policy.units)
        return None, (written.unit or "") if isinstance(written, literals.Quantity) else ""
    derived = policy.values.get(node.name)
    return (derived.options if derived else None), ""


def unit_of(policy: m.Policy, fact: m.Fact) -> Unit | str:
    """The unit in which a number is asked for; "" for everything whose type says its unit."""
    return (policy.units.get(fact.unit) or fact.unit) if fact.type.kind == "number" else ""
