"""What each entry of a policy becomes: the one place that turns sugar into nodes.

User expressions keep their own places. What the engine adds between them (`min(computed, cap)`) is
itself an expression of the language over named parts, so that it is typed, traced and explained like
everything else.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyengine import model as m
from policyengine.desugar import entries, limits, messages, programs
from policyengine.desugar.maker import Maker
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.plan import FactNode, Plan, ordered


def compile_policy(policy: m.Policy, broken: Iterable[str] = ()) -> tuple[Plan, list[Diagnostic]]:
    """The plan of one policy version, and everything wrong with names, types and cycles."""
    maker = Maker(policy, set(broken))
    run(maker)
    nodes, cycles = ordered(maker.nodes)
    for cycle in cycles:
        info = maker.nodes[cycle[0]].info
        maker.found.append(diagnostic("cycle", info.span, cycle=" → ".join(cycle)))
    plan = Plan(policy, nodes, maker.universe, maker.checks, tuple(maker.rules))
    return plan, maker.found


def run(mk: Maker) -> None:
    """Every entry as its nodes, in an order in which what is typed by its form comes first."""
    p = mk.policy
    mk.references()
    for parameter in p.parameters.values():
        entries.parameter(mk, parameter)
    for fact in p.facts.values():
        info = mk.info(fact.name, fact.entity, fact.type, fact.label, fact.cited, span=fact.span)
        nonzero = fact.low is not None and fact.low > 0
        mk.put(FactNode(info, fact), nonzero)
    for interpretation in p.interpretations.values():
        entries.interpretation(mk, interpretation)
    for condition in p.conditions.values():
        entries.condition(mk, condition)
    for value in p.values.values():
        entries.value(mk, value)
    for program in p.programs.values():
        programs.program(mk, program)
    for limit in p.limits.values():
        limits.limit(mk, limit)
    for allocation in p.allocations.values():
        limits.allocation(mk, allocation)
    entries.groups(mk)
    mk.flush()
    messages.messages(mk)
