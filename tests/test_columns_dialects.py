"""The text for each database, without running it: what differs is in the table of dialects, and nothing is left to the scalar way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policyengine import api
from policyengine.columns import compile_query
from policyengine.columns.dialect import DIALECTS, DUCKDB, SPARK, Dialect
from policyengine.columns.domain import NotExact, Whole
from policyengine.columns.listing import script
from policyengine.columns.numbers import Wholes
from tests.support import yanzhou
from tests.test_mechanics import FOLDERS, ids

# what only the one or the other database reads
WORDS = {
    "duckdb": ("HUGEINT", "//", "FILTER (", "list_reduce", "to_months", "TEMP TABLE", "VARCHAR"),
    "spark": (
        "DECIMAL(38,0)",
        " div ",
        "collect_list",
        "aggregate(",
        "add_months",
        "USING parquet",
        "STRING",
    ),
}


def text(path: Path | None, dialect: Dialect) -> str:
    plans = yanzhou() if path is None else api.compile(api.load(str(path)))
    return script(compile_query(plans, dialect=dialect), "zh", dialect)


@pytest.mark.parametrize("folder", [None, *FOLDERS], ids=lambda f: "yanzhou" if f is None else f.name)
@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_no_words_of_another_database_are_in_the_text(name: str, folder: Path | None) -> None:
    statements = re.sub(r"--.*", "", text(folder, DIALECTS[name]))
    assert [word for other in DIALECTS if other != name for word in WORDS[other] if word in statements] == []


@pytest.mark.parametrize("name", sorted(yanzhou().policy.interpretations))
def test_every_option_of_every_reading_is_decided_by_column_in_spark_too(name: str) -> None:
    for option in yanzhou().policy.interpretations[name].options:
        assert compile_query(yanzhou(), {name: option}, dialect=SPARK).lost == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_every_mechanic_is_decided_by_column_in_spark_too(folder: Path) -> None:
    plans = api.compile(api.load(str(folder)))
    assert compile_query(plans, dialect=SPARK).lost == compile_query(plans).lost


def test_a_spark_script_sets_its_session_first() -> None:
    statements = re.sub(r"--.*\n", "", text(None, SPARK)).split(";")
    assert [sql.strip() for sql in statements[: len(SPARK.settings)]] == [
        f"SET {name}={value}" for name, value in SPARK.settings.items()
    ]
    assert not DUCKDB.settings and "SET " not in text(None, DUCKDB)


def test_a_quotient_is_proved_only_as_far_as_the_database_goes() -> None:
    top = Whole('"x"', 0, 3 * SPARK.quotient_most + 3)
    assert Wholes(DUCKDB).floor_div(top, Whole('"y"', 3, 4)).high == SPARK.quotient_most + 1
    with pytest.raises(NotExact):
        Wholes(SPARK).floor_div(top, Whole('"y"', 3, 4))
