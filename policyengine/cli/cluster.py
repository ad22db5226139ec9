"""A Spark session for a command: the cluster that it was submitted to, or all cores of this machine."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_EXTRA = "要用 Spark，先运行 pip install 'policyengine-clauses[spark]' / Spark needs the extra `spark`"
_JAVA = "要用 Spark，先装 Java 17，或者用 JAVA_HOME 指出它在哪里 / Spark needs Java 17; JAVA_HOME says where it is"


def session() -> SparkSession:
    """The session that is there, or a new one. UsageError (exit code 2) where Java or pyspark is missing."""
    if find_spec("pyspark") is None:
        raise click.UsageError(_EXTRA)
    if not _java():
        raise click.UsageError(_JAVA)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("policyengine")
    if "MASTER" not in os.environ and "PYSPARK_GATEWAY_PORT" not in os.environ:  # nothing was submitted
        builder = builder.master("local[*]")
    made: SparkSession = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")  # what goes wrong comes as an exception
    return made


def _java() -> bool:
    """Whether Java is here; where the command was submitted to a cluster, it is running already."""
    home = os.environ.get("JAVA_HOME", "")
    return (
        "PYSPARK_GATEWAY_PORT" in os.environ
        or shutil.which("java") is not None
        or bool(home and (Path(home) / "bin" / "java").is_file())
    )
