"""The work behind `evaluate` and `explain`: read, decide, explain, print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from policyengine.cli.common import choose_policy, fail, note, quoted, write

F = TypeVar("F", bound=Callable[..., Any])


def case_options(f: F) -> F:
    """The options that say which policy, readings and changes to decide with."""
    for option in reversed([
        click.option("--policy", help="政策文件夹或编号，可加 +修订.yaml / policy folder or id, with +overlay.yaml"),
        click.option("--as-of", "as_of", metavar="DATE", help="当作在这一天受理 / as if declared on this day"),
        click.option("--reading", "readings", multiple=True, metavar="ID=OPTION", help="选用口径 / choose a reading"),
        click.option("--set", "sets", multiple=True, metavar="PARAMETER=VALUE", help="假设参数取值（测算用）/ a what-if value"),
        click.option("--fact", "facts", multiple=True, metavar="ENTITY.ID.NAME=VALUE", help="补充或改写一项事实 / give a fact"),
    ]):  # fmt: skip
        f = option(f)
    return f


def run_cases(
    files: Iterable[str],
    depth: str,
    format_: str,
    out: str | None,
    lang: str,
    options: dict[str, Any],
    only: str | None = None,
) -> None:
    """Decide every world of every file and print them in one format."""
    from policyengine.diagnostics import CaseError, PolicyError

    try:
        explained = []
        for name in files:
            explained += _file(name, depth, lang, options, format_ != "csv", only, format_ == "html")
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    if not any(case.explanations for case in explained):
        if only is not None:
            raise click.UsageError(f"没有编号为“{only}”的申报 / no application `{only}`")
        raise click.UsageError(
            "材料里没有申报，没有可以认定的 / there is no application in the files, nothing to decide"
        )
    write(_drawn(explained, depth, format_, lang), out, bom=format_ == "csv")


def _only(decided: Any, id_: str) -> Any:
    kept = tuple(d for d in decided.decision.decisions if d.subject.id == id_)
    return replace(decided, decision=replace(decided.decision, decisions=kept))


MANY = 50  # applications in a file, from which on a summary does not say of each what would be otherwise


class Opened(NamedTuple):
    """A case file, read under the policy and readings that it and the options name. `sets`: its own what-ifs."""

    plans: Any
    readings: dict[str, str]
    cases: list[Any]
    provenance: Any
    sets: dict[str, str]


def opened(name: str | None, lang: str, options: dict[str, Any]) -> Opened:
    """Read one case file (None: a case of which nothing is known), with everything that the options change.

    Raises PolicyError and CaseError.
    """
    from policyengine import api, casefile, casetext

    if name is None:
        head = casefile.CaseFile((), "", None, (), ())
    else:
        data, shown = _data(name)
        head = casefile.header(api.parse_case(data, shown))
    plans = _plans(api, choose_policy(options["policy"], head.policy, lang), options, head)
    if name is None:
        data, shown = casetext.blank(plans.last.policy, lang).encode(), "<new>"
    chosen = [*(f"{k.text}={v.text}" for k, v in head.readings), *options["readings"]]
    readings = api.with_readings(plans, chosen)
    file = api.read_case(plans, data, shown)
    as_of = options["as_of"] or (file.as_of.text if file.as_of else "")
    provenance = _provenance(api, plans, shown, data, readings, as_of, options)
    cases = []
    for case in file.cases:
        if as_of:
            case = api.with_as_of(plans, case, as_of)
        for text in options["facts"]:
            case = api.with_fact(plans, case, text)
        cases.append(case)
    sets = {k.text: v.text for k, v in head.sets}
    return Opened(plans, readings, cases, provenance, sets)


def _file(
    name: str, depth: str, lang: str, options: dict[str, Any], whatif: bool, only: str | None, ask: bool
) -> list[Any]:
    from policyengine import api

    plans, readings, cases, provenance, _ = opened(name, lang, options)
    kind = plans.last.application.entity
    if depth == "summary" and whatif and sum(len(case.entities[kind]) for case in cases) > MANY:
        whatif = False
        note(
            f"{name} 有{MANY}件以上，没有逐件算差多少和别的读法；explain --id 编号 看一件",
            f"{name} holds more than {MANY}: distances and other readings were left out; see one with explain --id",
            lang,
        )
    decided = [api.decide(plans, case, readings) for case in cases]
    if only is not None:
        decided = [_only(each, only) for each in decided]
    return [api.explain(each, lang, provenance, depth, whatif, ask) for each in decided]


_COMPILED: dict[tuple[str, tuple[str, ...]], Any] = {}


def _plans(api: Any, spec: str, options: dict[str, Any], head: Any) -> Any:
    """The policy, loaded, checked and compiled once a run."""
    from policyengine.diagnostics import PolicyError, errors

    sets = (*(f"{k.text}={v.text}" for k, v in head.sets), *options["sets"])
    if (spec, sets) not in _COMPILED:
        timeline = api.load(spec, sets=sets)
        wrong = errors(api.check(timeline))
        if wrong:  # no money is decided by a policy that its own checks reject
            raise PolicyError(wrong)
        _COMPILED[spec, sets] = api.compile(timeline)
    return _COMPILED[spec, sets]


def _data(name: str) -> tuple[bytes, str]:
    if name == "-":
        return sys.stdin.buffer.read(), "<stdin>"
    try:
        return Path(name).read_bytes(), name
    except OSError as error:
        raise click.UsageError(
            f"读不了 {name}：{error.strerror} / cannot read {name}: {error.strerror}"
        ) from error


def _provenance(
    api: Any,
    plans: Any,
    name: str,
    data: bytes,
    readings: dict[str, str],
    as_of: str,
    options: dict[str, Any],
) -> Any:
    from policyengine.explanation import Provenance
    from policyengine.version import VERSION

    timeline = plans.timeline
    ids = [timeline.base.id, *(overlay.id for overlay in plans.last.policy.overlays)]
    changed = [
        *(f"--as-of {as_of}" for _ in [0] if as_of),
        *(f"--set {s}" for s in options["sets"]),
        *(f"--fact {f}" for f in options["facts"]),
    ]
    return Provenance(
        policy="+".join(ids), policy_hash=timeline.meaning_hash, text_hash=timeline.text_hash, engine=VERSION, input=name,
        input_hash=api.digest(data), readings=tuple(sorted(readings.items())), changed=tuple(changed), command=_command(name, options),
        files=timeline.hashes,
    )  # fmt: skip


def _command(name: str, options: dict[str, Any]) -> str:
    """The command that gives this explanation again."""
    words = ["policyengine", "explain", "-" if name == "<stdin>" else name]
    for option, values in (
        ("--policy", [options["policy"]]), ("--as-of", [options["as_of"]]), ("--reading", options["readings"]),
        ("--set", options["sets"]), ("--fact", options["facts"]),
    ):  # fmt: skip
        words += [word for value in values if value for word in (option, value)]
    return " ".join(quoted(word) for word in words)


def _drawn(cases: list[Any], depth: str, format_: str, lang: str) -> str:
    from policyengine.render import blocks, csv, json, markdown, text

    if format_ == "json":
        return json.draw(json.document(cases, depth))
    if format_ == "jsonl":
        return json.lines(cases, depth)
    if format_ == "csv":
        return csv.draw(cases, lang)
    if format_ == "html":
        from policyengine.render import html

        return html.draw([case for case in cases if case.explanations], lang)
    drawer = markdown.draw if format_ == "md" else text.draw
    all_blocks = [block for case in cases for block in blocks.case_blocks(case, depth, lang)]
    all_blocks += blocks.summary(cases, lang)
    return drawer(all_blocks)
