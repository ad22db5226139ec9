"""Random expressions of the language against Python's own reading of them, known and not known.

An expression without mistakes means the same as the Python text that it is, over exact fractions: that is
the oracle. What the engine says of partly unknown facts must then hold for every completion of them.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyengine.diagnostics import CaseError
from policyengine.values import Unknown
from tests import mini
from tests.lang_drawn import Facts, compiled, evaluate, everything, facts, filled, texts
from tests.lang_oracle import agrees, oracle, years_between

RUN = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@RUN
@given(text=texts(), all_facts=facts())
def test_known_facts_give_exactly_what_python_gives(text: str, all_facts: Facts) -> None:
    assert agrees(evaluate(compiled(text), all_facts, everything(all_facts)), oracle(text, all_facts)), text


@RUN
@given(text=texts(), all_facts=facts(), data=st.data())
def test_what_is_predicted_holds_for_every_completion(
    text: str, all_facts: Facts, data: st.DataObject
) -> None:
    checked = compiled(text)
    known = data.draw(st.sets(st.sampled_from(sorted(everything(all_facts)))))
    value = evaluate(checked, all_facts, known)
    meant = oracle(text, all_facts)
    final = evaluate(checked, all_facts, everything(all_facts))
    if isinstance(value, Unknown):
        assert not isinstance(final, Unknown) and mini.completed(value, final), (
            text,
            mini.spelled(value),
            final,
        )
    else:
        assert agrees(value, meant), (text, value, meant)


@RUN
@given(text=texts(), all_facts=facts(), data=st.data())
def test_filling_only_what_is_needed_settles_the_value(
    text: str, all_facts: Facts, data: st.DataObject
) -> None:
    checked = compiled(text)
    known = data.draw(st.sets(st.sampled_from(sorted(everything(all_facts)))))
    value = evaluate(checked, all_facts, known)
    if isinstance(value, Unknown):
        assert value.needs and not value.needs & known, (text, mini.spelled(value))
        settled = evaluate(checked, all_facts, known | filled(all_facts, value.needs))
        assert agrees(settled, oracle(text, all_facts)), (text, mini.spelled(value), mini.spelled(settled))


@RUN
@given(text=texts(errors=True), all_facts=facts(), data=st.data())
def test_a_checked_expression_has_a_value_or_ends_in_a_case_error(
    text: str, all_facts: Facts, data: st.DataObject
) -> None:
    """And an error that is raised while facts are missing is there whatever they turn out to be."""
    checked = compiled(text)
    known = data.draw(st.sets(st.sampled_from(sorted(everything(all_facts)))))
    try:
        value = evaluate(checked, all_facts, known)
    except CaseError:
        with pytest.raises(CaseError):
            evaluate(checked, all_facts, everything(all_facts))
        return
    try:
        final = evaluate(checked, all_facts, everything(all_facts))
    except CaseError:
        return
    assert mini.completed(value, final), (text, mini.spelled(value), final)  # type: ignore[arg-type]


def test_the_oracle_counts_years_as_it_should() -> None:
    day = date(2021, 6, 1)
    assert [years_between(day, day + timedelta(n)) for n in (-366, -365, -364, 0, 364, 365)] == [
        -2,
        -1,
        -1,
        0,
        0,
        1,
    ]
