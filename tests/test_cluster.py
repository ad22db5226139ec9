"""What Spark needs is said in one sentence where it is missing: wrong use, exit code 2."""

from __future__ import annotations

import click
import pytest

from policyengine.cli import cluster


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(click.UsageError, match=r"policyengine-clauses\[spark\]") as caught:
        cluster.session()
    assert caught.value.exit_code == 2


def test_without_java_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: object())
    monkeypatch.setattr("shutil.which", lambda name: None)
    for name in ("JAVA_HOME", "PYSPARK_GATEWAY_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(click.UsageError, match="Java 17") as caught:
        cluster.session()
    assert caught.value.exit_code == 2
