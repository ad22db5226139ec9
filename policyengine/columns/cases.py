"""Tables of cases in columns: the row whose condition holds, and where two of them give different results, an error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policyengine import plan as p
from policyengine.columns import logic
from policyengine.columns.domain import FALSE, TRUE, Col, Fixed, Truth, both, either, opposite
from policyengine.columns.interpret import always
from policyengine.columns.scope import Scope
from policyengine.columns.versions import exclusive

if TYPE_CHECKING:
    from policyengine.columns.names import Names


def cases(names: Names, node: p.CasesNode, scope: Scope) -> Col:
    """One hit only, among rows whose condition holds and which no other hit overrides."""
    held = [(row, _held(names, names.run.truth(row.when.node, scope, {}), scope)) for row in node.rows]
    held = [(row, test) for row, test in held if always(test) is not False]
    live: list[tuple[Truth, Col]] = []
    for row, test in held:
        over = either(*(other.yes for r, other in held if row.name in r.overrides))
        hit = Truth(both(test.yes, opposite(over)), None if test.no_ is None else either(test.no_, over))
        live.append((hit, names.run.run(row.then.node, scope, {})))
    fault = either(*(test.fault for _, test in held))
    if any(hit.yes == TRUE for hit, _ in live):
        result: Col = next(value for hit, value in live if hit.yes == TRUE)
    else:
        result = names.run.run(node.otherwise.node, scope, {})
    for hit, value in reversed(live):
        if hit.yes != TRUE:
            result = logic.chosen(names.num, hit, value, result)
    return _one_hit(names, live, held, replace(result, fault=either(fault, result.fault)))


def _held(names: Names, test: Truth, scope: Scope) -> Truth:
    kept = names.hold(scope, test)
    assert isinstance(kept, Truth)
    return kept


def _one_hit(
    names: Names,
    live: list[tuple[Truth, Col]],
    held: list[tuple[p.CaseRow, Truth]],
    result: Col,
) -> Col:
    """Two hits with different results are an error; rows that are not known leave it open."""
    clash = FALSE
    tests = [row.when.node for row, _ in held]
    for i, (one, a) in enumerate(live):
        for j, (other, b) in enumerate(live[i + 1 :], i + 1):
            if not exclusive(tests[i], tests[j]):
                same = logic.equal(names.num, a, b).yes if not isinstance(a, Fixed) else FALSE
                clash = either(clash, both(one.yes, other.yes, opposite(same)))
    known = both(*(hit.known for hit, _ in live))
    result = replace(result, fault=either(result.fault, clash))
    if isinstance(result, Truth):
        return (
            result if known == TRUE else Truth(both(known, result.yes), both(known, result.no), result.fault)
        )
    return replace(result, known=both(known, result.known))
