"""The work behind `evaluate` and `explain`: read, decide, explain, print."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from policyengine.cli.asked import STDIN, Asked
from policyengine.cli.common import choose_policy, each_once, fail, note, reads, write
from policyengine.unread import reason


def run_cases(
    files: Sequence[str],
    depth: str,
    format_: str,
    out: str | None,
    lang: str,
    asked: Asked,
    only: str | None = None,
) -> None:
    """Decide every world of every file and print them in one format."""
    from policyengine import api
    from policyengine.diagnostics import CaseError, PolicyError

    each_once(files)
    try:
        decided = [
            _file(name, depth, lang, asked, format_ != "csv", only, format_ == "html") for name in files
        ]
    except (PolicyError, CaseError) as error:
        fail(error, lang)
    explained = [case for _, cases in decided for case in cases]
    if not any(case.explanations for case in explained):
        if only is not None:
            raise click.UsageError(f"没有编号为“{only}”的申报 / no application `{only}`")
        raise click.UsageError(
            "材料里没有申报，没有可以认定的 / there is no application in the files, nothing to decide"
        )
    write(drawn(explained, depth, format_, lang), out, bom=format_ == "csv")
    for zh, en in api.shared([inputs for inputs, _ in decided]):
        note(zh, en, lang)


def _only(decided: Any, id_: str) -> Any:
    kept = tuple(d for d in decided.decision.decisions if d.subject.id == id_)
    return replace(decided, decision=replace(decided.decision, decisions=kept))


MANY = 50  # applications in a file, from which on a summary does not say of each what would be otherwise


class Opened(NamedTuple):
    """A case file, read under the policy and readings that it and the options name.

    `sets`, `as_of`: what-if values and day, of the file or, before it, of the options. `stated`: the cases as the file
    has them.
    """

    shown: str
    plans: Any
    readings: dict[str, str]
    cases: list[Any]
    provenance: Any
    sets: dict[str, str]
    as_of: str
    stated: list[Any]


def opened(name: str | None, lang: str, asked: Asked) -> Opened:
    """Read one case file (None: a case of which nothing is known), with everything that the options change.

    Raises PolicyError and CaseError.
    """
    from policyengine import api, casefile, casetext
    from policyengine.diagnostics import CaseError, PolicyError

    data, shown = (b"", "<new>") if name is None else data_of(name)
    head = no_header() if name is None else casefile.header(api.parse_case(data, shown))
    try:
        plans = plans_of(api, choose_policy(asked.policy, head.policy, lang), asked, head)
        readings = api.with_readings(plans, [*head.readings, *asked.readings])
    except PolicyError as error:
        if all(d.span is not None and d.span.source.name == shown for d in error.diagnostics):
            raise CaseError(error.diagnostics) from error  # a value or reading that the case file asks for
        raise
    if name is None:
        data = casetext.blank(plans.last.policy, lang).encode()
    file = api.read_case(plans, data, shown)
    provenance = provenance_of(plans, shown, [data], readings, file, asked)
    worlds = [world_of(api, plans, case, file, asked) for case in file.cases]
    sets = {name.text: value.text for name, value in head.sets}
    for text in asked.sets:
        written, _, value = text.partition("=")
        sets[written.strip()] = value.strip()
    as_of = asked.as_of or (file.as_of.text if file.as_of else "")
    return Opened(shown, plans, readings, worlds, provenance, sets, as_of, list(file.cases))


def _file(
    name: str, depth: str, lang: str, asked: Asked, whatif: bool, only: str | None, order: bool
) -> tuple[Any, list[Any]]:
    """What was decided in a file: its name, policy and worlds; and the explanations."""
    from policyengine import api

    shown, plans, readings, cases, provenance, *_ = opened(name, lang, asked)
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
    found = [api.explain(each, lang, provenance, depth, whatif, order) for each in decided]
    return (shown, plans, cases), found


def world_of(api: Any, plans: Any, case: Any, file: Any, asked: Asked) -> Any:
    """A case with the day and the facts that the command or its file asks for."""
    if asked.as_of:
        case = api.with_as_of(plans, case, asked.as_of)
    elif file.as_of:
        case = api.with_as_of(plans, case, file.as_of.text, file.as_of.span)
    for text in asked.facts:
        case = api.with_fact(plans, case, text)
    return case


_READY: dict[tuple[str, tuple[Any, ...]], Any] = {}


def plans_of(api: Any, spec: str, asked: Asked, head: Any) -> Any:
    """The policy, loaded, checked and compiled once a run; an option goes before the file's own `set`."""
    given = {text.partition("=")[0].strip() for text in asked.sets}
    sets = (*(pair for pair in head.sets if pair[0].text not in given), *asked.sets)
    if (spec, sets) not in _READY:
        _READY[spec, sets] = api.ready(spec, sets)
    return _READY[spec, sets]


def no_header() -> Any:
    """What a file that says nothing besides its facts asks for: nothing."""
    from policyengine.casefile import CaseFile

    return CaseFile((), "", None, (), ())


def data_of(name: str) -> tuple[bytes, str]:
    """The bytes of a file, and what people call it; `-` is standard input."""
    if name == "-":
        return sys.stdin.buffer.read(), STDIN
    reads(name)
    try:
        return Path(name).read_bytes(), name
    except OSError as error:
        zh, en = reason(error)
        raise click.UsageError(f"读不了 {name}：{zh} / cannot read {name}: {en}") from error


def provenance_of(
    plans: Any, name: str, data: Iterable[bytes], readings: dict[str, str], file: Any, asked: Asked
) -> Any:
    """What it takes to get the same answers again."""
    from policyengine import api
    from policyengine.explanation import Provenance
    from policyengine.version import VERSION

    timeline = plans.timeline
    overlays = [overlay for overlay in plans.last.policy.overlays if not overlay.parameter]
    own = "" if asked.as_of or file.as_of is None else file.as_of.text
    changed = [
        *(f"as_of: {own}" for _ in [0] if own),
        *(f"set: {name.text}: {value.text}" for name, value in file.sets),
        *(f"--as-of {asked.as_of}" for _ in [0] if asked.as_of),
        *(f"--set {s}" for s in asked.sets),
        *(f"--fact {f}" for f in asked.facts),
    ]
    return Provenance(
        policy="+".join([timeline.base.id, *(overlay.id for overlay in overlays)]),
        policy_hash=timeline.meaning_hash, text_hash=timeline.text_hash, engine=VERSION, input=name,
        input_hash=api.digest(*data), readings=tuple(sorted(readings.items())), changed=tuple(changed),
        command=asked.command(name), files=timeline.hashes,
        overlays=tuple((overlay.id, overlay.digest) for overlay in overlays),
    )  # fmt: skip


def drawn(cases: list[Any], depth: str, format_: str, lang: str) -> str:
    """Explanations in one format."""
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
