"""One Spark in local mode for all tests of a run; without Java or pyspark there is nothing to run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from policyengine.columns.spark import Spark


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """Spark on two cores."""
    sql = pytest.importorskip("pyspark.sql")
    made = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.ui.retainedExecutions", "1")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("OFF")
    yield made
    made.stop()


@pytest.fixture
def database(session: Any) -> Spark:
    """A session of its own for each test."""
    return Spark.of(session)
