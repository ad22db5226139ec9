"""Decisions as JSON: versioned, exact, without floats. `schemas/decision.schema.json` describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from policyengine import exact
from policyengine.again import After
from policyengine.alternatives import Alternative, Reading
from policyengine.clauses import Citation
from policyengine.decision import Assumed, Failure, Missing, ReadingUse, Result, Supposed
from policyengine.distance import Distance, Move
from policyengine.exact import Number
from policyengine.explanation import CaseExplanation, Explanation, Input, Line, Provenance
from policyengine.model import Cited, Label, Policy
from policyengine.nearby import Nearby, OtherFact, Scale, Turn
from policyengine.reaching import Reached
from policyengine.values import T_COUNT, Absent, Table, Tiers, Type, Unknown, Value

VERSION = "1"


def document(cases: Iterable[CaseExplanation], depth: str) -> dict[str, object]:
    """All decisions of a run as one object."""
    cases = list(cases)
    sources = dict.fromkeys(case.provenance for case in cases if case.provenance)
    return {
        "version": VERSION,
        "policy": _policy(cases),
        "decisions": [decision(e, case.decision.name, depth) for case in cases for e in case.explanations],
        "results": [_result(r) for case in cases for r in case.decision.results],
        "provenance": [_provenance(p) for p in sources],
    }


def draw(data: object, indent: int | None = 2) -> str:
    """JSON text, ending with a line break."""
    separators = (",", ":") if indent is None else None
    return json.dumps(data, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False) + "\n"


def lines(cases: Iterable[CaseExplanation], depth: str) -> str:
    """One decision a line, each with what it takes to get it again."""
    return "".join(
        draw({"version": VERSION, **decision(e, case.decision.name, depth), **_origin(e.provenance)}, None)
        for case in cases
        for e in case.explanations
    )


def short_policy(policy: Policy) -> dict[str, object]:
    """Which policy a result rests on."""
    header = policy.header
    return {
        "id": header.id,
        "title": label(header.title),
        "number": header.number,
        "overlays": sorted(overlay.id for overlay in policy.overlays),
    }


def _policy(cases: list[CaseExplanation]) -> dict[str, object]:
    policy = next((e.policy for case in cases for e in case.explanations), None)
    if policy is None:
        return {"id": "", "title": {"zh": ""}}
    overlays = {
        o.id for case in cases for e in case.explanations for o in e.policy.overlays if not o.parameter
    }
    header = policy.header
    return {
        "id": header.id,
        "title": label(header.title),
        "number": header.number,
        "overlays": sorted(overlays),
    }


def decision(e: Explanation, case: str, depth: str) -> dict[str, object]:
    """One decision; `depth` none leaves out everything but the answer, steps and full add the working."""
    d = e.decision
    known = {
        "title": d.title,
        "declared_on": d.declared_on.isoformat() if d.declared_on else "",
        "option": d.option,
    }
    answer: dict[str, object] = {
        "case": case, "version": d.version, "application": d.subject.path, **{k: v for k, v in known.items() if v},
        "outcome": d.outcome, "outcome_text": label(e.policy.header.outcomes[d.outcome]), "may_be": list(d.may_be),
        "settled": d.settled, "amount": amount(d.amount), "refusals": [_refusal(e, i) for i in range(len(d.refusals))],
        "missing": [missing(item) for item in d.missing], "supposed": [_supposed(item) for item in d.supposed],
        **({"source": source} if (source := _source(e)) else {}),
    }  # fmt: skip
    if e.if_granted is not None:
        answer["amount_if_granted"] = amount(e.if_granted)
    if depth == "none":
        return answer
    if e.reached is not None and e.reached.after is not None:
        answer["if_all_reached"] = _reached(e.policy, e.reached, e.reached.after)
    answer |= {
        "set_aside": [failure(f) for f in d.set_aside],
        "readings": [_reading(use, e.alternatives) for use in d.readings],
        "assumed": [_assumed(item) for item in d.assumed],
        "results": [_result(r) for r in d.results],
        "ties": [{"rule": rule, "between": [one, other]} for rule, one, other in d.ties],
        "notes": [label(note) for note in (*d.notes, d.compared) if note.zh],
    }
    if e.candidates:
        answer["candidates"] = [decision(other, case, "none") for other in e.candidates]
    if depth in ("steps", "full"):
        answer |= {
            "conditions": [_line(line) for line in e.conditions],
            "members": [
                {**_line(g.line), "conditions": [_line(line) for line in g.conditions]} for g in e.members
            ],
            "steps": [_line(line) for line in e.steps],
            "inputs": [_input(i) for i in e.inputs],
        }
        answer["interactions"] = [
            {"first": _option(pair.first), "second": _option(pair.second), "after": after(pair.after)}
            for pair in e.interactions
        ]
        if d.outcome == "granted":
            answer["nearby"] = _nearby(e.nearby)
    if depth == "full":
        answer["everything"] = [_line(line) for line in e.everything]
    return answer


def money(value: Number) -> dict[str, object]:
    """`{"fen": 15000000, "text": "150000.00"}`; an amount that is no whole fen has only its text."""
    fen = exact.multiply(value, Decimal(100))
    if isinstance(fen, Fraction) or fen != fen.to_integral_value():
        return {"text": exact.text(value)}
    yuan, cents = divmod(abs(int(fen)), 100)
    return {"fen": int(fen), "text": f"{'-' if fen < 0 else ''}{yuan}.{cents:02}"}


def amount(value: Value) -> dict[str, object]:
    """An amount of money, or what it waits for and the range it may take."""
    if isinstance(value, Unknown):
        found: dict[str, object] = {"needs": sorted(map(str, value.needs))}
        for name, bound in (("low", value.low), ("high", value.high)):
            if isinstance(bound, Decimal | Fraction):
                found[name] = money(bound)
        return found
    if not isinstance(value, Decimal | Fraction):
        raise TypeError(f"not an amount: {value!r}")
    return money(value)


def plain(value: Value, type_: Type) -> object:
    """Any value: money as an object, other numbers as exact text, absent as "none"."""
    if type_.kind == "money":
        return amount(value) if not isinstance(value, Absent) else "none"
    if isinstance(value, Unknown):
        found: dict[str, object] = {"needs": sorted(map(str, value.needs))}
        if value.options is not None:
            found["options"] = sorted(value.options, key=str)
        for name, bound in (("low", value.low), ("high", value.high)):
            if bound is not None:
                found[name] = bound.isoformat() if isinstance(bound, date) else exact.text(bound)
        return found
    if isinstance(value, Decimal | Fraction):
        return exact.text(value)
    if isinstance(value, Absent):
        return "none"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Tiers | Table):
        return str(value)
    return value


def label(words: Label) -> dict[str, str]:
    """Words in Chinese, and in English where there are."""
    return {"zh": words.zh, **({"en": words.en} if words.en else {})}


def cited(basis: Cited) -> dict[str, object]:
    """What something rests on."""
    found: dict[str, object] = {"cite": list(basis.cites)}
    if basis.quotes:
        found["quote"] = list(basis.quotes)
    if basis.basis:
        found["basis"] = basis.basis
    return found


def failure(failed: Failure) -> dict[str, object]:
    """A failed condition: which, whose, in what words, by which clause."""
    return {
        "condition": failed.condition, "at": failed.subject.path, "label": label(failed.label),
        "message": label(failed.message), **cited(failed.cited),
    }  # fmt: skip


def missing(item: Missing) -> dict[str, object]:
    """A fact that is asked for: the question, who answers it, with what evidence."""
    found: dict[str, object] = {"fact": str(item.ref), "label": label(item.label), "ask": label(item.ask)}
    if item.fact is not None:
        fact = item.fact
        found |= {"type": fact.type.kind, "choice": fact.choice}
        found |= {k: v for k, v in (("unit", fact.unit), ("answered_by", fact.answered_by)) if v}
        if fact.evidence.zh:
            found["evidence"] = label(fact.evidence)
        found["cite"] = list(item.cited.cites)
    return found


def _reading(use: ReadingUse, others: Iterable[Alternative]) -> dict[str, object]:
    i = use.interpretation
    found: dict[str, object] = {
        "id": i.name, "option": use.option, "label": label(i.label), "option_label": label(i.options[use.option].label),
        "default": use.default, "decided": i.decided_on is not None, "cite": list(i.cited.cites),
    }  # fmt: skip
    otherwise = [
        {"option": a.reading.option, "label": label(a.reading.chosen.label), "after": after(a.after)}
        for a in others
        if a.reading.interpretation.name == i.name
    ]
    return found | ({"otherwise": otherwise} if otherwise else {})


def _option(reading: Reading) -> dict[str, object]:
    return {
        "id": reading.interpretation.name,
        "option": reading.option,
        "label": label(reading.interpretation.label),
        "option_label": label(reading.chosen.label),
    }


# --- what would be otherwise ---


def after(result: After) -> dict[str, object]:
    """What would be given; only the contradictions where the changed case contradicts itself."""
    if result.outcome is None:
        return {"contradicts": [label(words) for words in result.contradicts]}
    found: dict[str, object] = {"outcome": result.outcome, "amount": amount(result.amount)}
    return found | ({"missing": [str(item.ref) for item in result.missing]} if result.missing else {})


def _refusal(e: Explanation, i: int) -> dict[str, object]:
    found = failure(e.decision.refusals[i])
    if i < len(e.distances):
        found["distance"] = _distance(e.distances[i])
    return found


def _distance(away: Distance) -> dict[str, object]:
    found: dict[str, object] = {
        "unique": away.unique,
        "together": away.together,
        "moves": [_move(move) for move in away.moves],
    }
    if away.after is not None:
        found["after"] = after(away.after)
    if away.in_play:
        found["in_play"] = [str(item.ref) for item in away.in_play]
    if (short := away.shortfall) is not None:
        numbers = {"value": short.value, "needed": short.needed, "gap": short.gap}
        shown = {name: plain(number, short.type) for name, number in numbers.items()}
        found["shortfall"] = {"label": label(short.label), **shown}
    return found


def _move(move: Move) -> dict[str, object]:
    kind = move.fact.type
    found: dict[str, object] = {"fact": str(move.ref), "label": label(move.fact.label)}
    found |= {"given": plain(move.given, kind), "needed": [plain(value, kind) for value in move.needed]}
    if move.gap is not None:
        found["gap"] = plain(move.gap, kind if kind.kind != "date" else T_COUNT)
    return found | {"alone": move.alone, "after": after(move.after)}


def _reached(policy: Policy, reached: Reached, gives: After) -> dict[str, object]:
    facts = [
        {"at": str(ref), "value": plain(value, policy.facts[ref.name].type)} for ref, value in reached.moved
    ]
    return {"facts": facts, "after": after(gives), "least": reached.least}


def _nearby(found: Nearby) -> dict[str, object]:
    held = {"without_shared_limit": found.unpooled, "without_cap": found.uncapped}
    return {
        **{name: after(result) for name, result in held.items() if result is not None},
        "facts": [_other(one) for one in found.facts],
        "quantities": [{**_stated(scale), "turns": [_turn(turn, scale.fact.type) for turn in scale.turns]} for scale in found.scales],
    }  # fmt: skip


def _stated(one: OtherFact | Scale) -> dict[str, object]:
    return {"fact": str(one.ref), "label": label(one.fact.label), "given": plain(one.given, one.fact.type)}


def _other(one: OtherFact) -> dict[str, object]:
    kind = one.fact.type
    others = [
        {"answers": [plain(each, kind) for each in o.answers], "after": after(o.after)} for o in one.others
    ]
    same = [plain(each, kind) for each in one.same]
    return {**_stated(one), "others": others, "same": same, "judged": one.fact.judged}


def _turn(turn: Turn, kind: Type) -> dict[str, object]:
    low, high = plain(turn.low, kind), plain(turn.high, kind)
    return {
        "kind": turn.kind,
        "low": low,
        "high": high,
        "below": after(turn.below),
        "above": after(turn.above),
    }


def _supposed(item: Supposed) -> dict[str, object]:
    found: dict[str, object] = {
        "kind": item.kind,
        "at": item.at,
        "value": item.value,
        "says": label(item.says),
    }
    return {k: v for k, v in (*found.items(), ("place", item.place)) if v}


def _source(e: Explanation) -> dict[str, str]:
    """Where an application is written: file, place and the file's hash."""
    p = e.provenance
    found = {"input": p.input if p else "", "place": e.decision.place, "sha256": p.input_hash if p else ""}
    return {k: v for k, v in found.items() if v}


def _origin(p: Provenance | None) -> dict[str, object]:
    """The provenance of a line, without the hashes of single files."""
    if p is None:
        return {}
    return {"provenance": {k: v for k, v in _provenance(p).items() if k != "files"}}


def _assumed(item: Assumed) -> dict[str, object]:
    return {"at": str(item.ref), "label": label(item.label), "value": plain(item.value, item.fact.type)}


def _result(r: Result) -> dict[str, object]:
    return {"at": f"{r.subject.path}.{r.name}", "label": label(r.label), "value": plain(r.value, r.type)}


def _citation(c: Citation) -> dict[str, str]:
    return {"cite": c.cite, "place": c.crumbs or c.short, "quote": c.quote}


def _line(line: Line) -> dict[str, object]:
    at = f"{line.subject.path}.{line.name}" if line.subject else line.name
    found: dict[str, object] = {"at": at, "label": line.label}
    for name, value in (
        ("status", line.status), ("value", line.value), ("expression", line.formula), ("substituted", line.numbers),
        ("because", line.because), ("note", line.note), ("evidence", line.evidence),
    ):  # fmt: skip
        if value:
            found[name] = value
    found["citations"] = [_citation(c) for c in line.citations]
    return found


def _input(i: Input) -> dict[str, str]:
    found = {
        "at": f"{i.subject.path}.{i.name}",
        "label": i.label,
        "value": i.value,
        "place": i.place,
        "origin": i.origin,
    }
    return found | ({"evidence": i.evidence} if i.evidence else {})


def _provenance(p: Provenance) -> dict[str, object]:
    return {
        "engine": p.engine, "policy": p.policy, "policy_sha256": p.policy_hash, "text_sha256": p.text_hash,
        "input": p.input, "input_sha256": p.input_hash, "readings": dict(p.readings), "changed": list(p.changed),
        "command": p.command, "files": dict(p.files), "overlays": dict(p.overlays),
    }  # fmt: skip
