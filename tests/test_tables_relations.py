"""What a row set aside leaves open: what it names, and all that it may have named, but nothing else."""

from __future__ import annotations

import pytest

from policyengine.tables.read import How, Input, read_tables
from policyengine.tables.rows import assemble
from tests.support import yanzhou

FIRMS, PROJECTS = {"甲", "乙", "丙"}, {"P1", "P2"}
GOOD = "P1,甲,是\nP1,乙,是\nP2,乙,是\nP2,丙,是\n"


@pytest.mark.parametrize(
    ("row", "firms", "projects"),
    [
        ("P1,丙,大概", {"丙"}, {"P1"}),
        ("P1,,是", FIRMS, {"P1"}),
        ("P1,丁,是", FIRMS, {"P1"}),  # perhaps one of the three, misspelt
        (",丙,是", {"丙"}, PROJECTS),
        (",,是", FIRMS, PROJECTS),
        ("P9,丙,是", {"丙"}, set()),  # a member of a project of another table
        ("P9,丁,是", set(), set()),
        ("P3,戊,是", set(), set()),  # both have rows of their own, which are set aside
        ("P2,丙,否", {"丙"}, {"P2"}),  # twice the same
    ],
)
def test_a_member_set_aside_opens_what_it_may_belong_to(
    row: str, firms: set[str], projects: set[str]
) -> None:
    assert opened(GOOD + row) == (firms, projects)


def test_a_consortium_that_lists_nobody_may_have_any_firm() -> None:
    assert opened("P1,甲,是\n") == (FIRMS, {"P2"})
    assert opened("P1,甲,是\nP2,丙,大概\n") == ({"丙"}, {"P2"})


def opened(members: str) -> tuple[set[str], set[str]]:
    """The firms of which it is open of which consortia they are, and the projects of which the members are."""
    texts = {
        "企业.csv": "id,good_credit\n甲,是\n乙,是\n丙,是\n戊,大概\n",
        "申报项目.csv": "id,applicant,approved_or_filed\nP1,甲,是\nP2,乙,是\nP3,丙,大概\n",
        "共同体成员.csv": f"project,member,member_filed\n{members}",
    }
    policy = yanzhou().policy
    inputs = [Input(name, text.encode(), "csv") for name, text in texts.items()]
    tables = read_tables(policy, inputs, How(), frozenset())
    case = assemble(policy, tables.parts, tables.complete, {}).case
    assert (set(case.entities["enterprise"]), set(case.entities["project"])) == (FIRMS, PROJECTS)
    return tuple(
        {one.id for one in case.entities[kind].values() if relation not in one.closed}
        for kind, relation in (("enterprise", "participations"), ("project", "participants"))
    )  # type: ignore[return-value]
