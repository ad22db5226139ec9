"""The options of `evaluate` and `explain` that say which policy, day, readings, values and facts to decide with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from policyengine.cli.common import not_empty, quoted

F = TypeVar("F", bound=Callable[..., Any])
STDIN = "<stdin>"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks for besides its files; each text is as typed."""

    policy: str | None = None
    as_of: str | None = None
    readings: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    def command(self, name: str) -> str:
        """The command that explains the decisions of a file again."""
        words = ["policyengine", "explain", "-" if name == STDIN else name]
        for option, values in (
            ("--policy", [self.policy]), ("--as-of", [self.as_of]), ("--reading", self.readings),
            ("--set", self.sets), ("--fact", self.facts),
        ):  # fmt: skip
            words += [word for value in values if value for word in (option, value)]
        return " ".join(quoted(word) for word in words)


def case_options(f: F) -> F:
    """The options, each refused where it is empty or names one thing twice."""
    for option in reversed([
        click.option("--policy", callback=not_empty, help="政策文件夹或编号，可加 +修订.yaml / policy folder or id, with +overlay.yaml"),
        click.option("--as-of", "as_of", metavar="DATE", callback=not_empty, help="假设在这一天受理 / as if accepted on this day"),
        click.option("--reading", "readings", multiple=True, metavar="ID=OPTION", callback=_pairs, help="选用口径，编号或名称 / choose a reading, by id or label"),
        click.option("--set", "sets", multiple=True, metavar="PARAMETER=VALUE", callback=_pairs, help="假设参数取值（测算用）/ a what-if value"),
        click.option("--fact", "facts", multiple=True, metavar="ENTITY.ID.NAME=VALUE", callback=_pairs, help="补充或改写一项事实 / give a fact"),
    ]):  # fmt: skip
        f = option(f)
    return f


def _pairs(_: click.Context, option: click.Parameter, values: Iterable[str]) -> tuple[str, ...]:
    """`NAME=VALUE` with something on both sides, each name once."""
    seen: dict[str, str] = {}
    for text in values:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise click.BadParameter(
                f"“{text}”要写成 名称=值，两边都要有 / `{text}` should be NAME=VALUE", param=option
            )
        if name in seen:
            raise click.BadParameter(
                f"“{name}”给了两次：{seen[name]}、{text} / `{name}` is given twice", param=option
            )
        seen[name] = text
    return tuple(values)
