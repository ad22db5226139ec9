"""Static checks: what can be wrong with a policy that reads, parses and types without error.

`CHECKS` is all of them, each a function from `Checked` to diagnostics. A check looks at one version of a
policy; a new check is a function here, its codes in `codes/text.py` or `codes/checks.py`, and a bad file in
`tests/bad/checks/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from policyengine.checks.alike import alike
from policyengine.checks.borrowed import borrowed
from policyengine.checks.citations import clauses, coverage, quotes
from policyengine.checks.common import Checked
from policyengine.checks.english import missing_english
from policyengine.checks.excerpts import cut_quotes, neighbours, questions
from policyengine.checks.facts import deciders, facts, first_days
from policyengine.checks.figures import values_in_quotes
from policyengine.checks.gaps import gaps
from policyengine.checks.header import entities, header
from policyengine.checks.letterhead import duties, folder, letterhead
from policyengine.checks.members import members
from policyengine.checks.operators import operators
from policyengine.checks.original import official_text
from policyengine.checks.parts import parts_of_numbers
from policyengine.checks.reasons import reasons
from policyengine.checks.refusals import refusals
from policyengine.checks.results import bounds, cost
from policyengine.checks.rounding import rounding_units
from policyengine.checks.tables import tables
from policyengine.checks.use import unused
from policyengine.checks.words import ambiguous_words, settled_words
from policyengine.diagnostics import Diagnostic, sort
from policyengine.instances import Plans
from policyengine.plan import Plan

Check = Callable[[Checked], Iterable[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    official_text,
    clauses,
    quotes,
    cut_quotes,
    neighbours,
    questions,
    coverage,
    values_in_quotes,
    parts_of_numbers,
    borrowed,
    members,
    operators,
    ambiguous_words,
    settled_words,
    header,
    letterhead,
    folder,
    duties,
    entities,
    facts,
    first_days,
    deciders,
    alike,
    gaps,
    reasons,
    refusals,
    tables,
    rounding_units,
    bounds,
    unused,
    cost,
)


def check_plan(plan: Plan, plans: Plans, whole: bool = True) -> list[Diagnostic]:
    """Everything that the checks find in one version of a policy, in reading order.

    `plans`: all versions, of which `plan` is one. `whole`: no errors were found in reading, building and
    compiling; where there were, only what can be said all the same is said.
    """
    checked = Checked(plan.policy, plan, plans, whole)
    return sort(found for check in CHECKS for found in check(checked))


__all__ = ["CHECKS", "Check", "Checked", "check_plan", "missing_english"]
