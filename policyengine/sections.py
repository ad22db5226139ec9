"""The sections of a policy, one function each: an `Entry` in, its record out."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AbcMapping
from dataclasses import replace

from policyengine import literals
from policyengine import model as m
from policyengine.build import PROGRAM_PARTS, Builder, Built, Entry, Skip, label
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang.names import RESERVED, translated
from policyengine.reading.node import Mapping, Scalar, Sequence
from policyengine.source import Source
from policyengine.values import ABSENT, Known, Type

Named = (
    m.Fact | m.Parameter | m.Condition | m.Derived | m.Program | m.Limit | m.Allocation | m.Interpretation
)  # fmt: skip
FIRST = ("第一次在这里", "first here")
DEFAULT_MEMBERS = 200
MAX_MEMBERS = 1_000


def build(tree: Mapping, original: Source | None) -> Built:
    """The policy of a merged tree. `policy` is None where the header itself cannot be read."""
    b = Builder(tree, original)
    unit_labels = b.units_section()
    entities = b.section("entities", _entity)
    facts = b.section("facts", _fact)
    b.options.update({name: fact.type.options for name, fact in facts.items() if fact.type.kind == "enum"})
    found_header: m.Header | None = None
    node = tree.get("policy")
    if node is not None:
        try:
            found_header = _header(Entry(b, node))
        except Skip:
            b.broken.add("policy")
    sections = {
        "parameters": b.section("parameters", _parameter),
        "conditions": b.section("conditions", _condition),
        "values": b.section("values", _value),
        "programs": b.section("programs", _program),
        "limits": b.section("limits", _limit),
        "allocations": b.section("allocations", _allocation),
        "interpretations": b.section("interpretations", _interpretation),
        "constraints": b.section("constraints", _constraint),
        "targets": b.section("targets", _target),
        "duties": b.section("duties", _duty),
        "not_computed": b.section("not_computed", _not_computed),
        "settled_words": b.section("settled_words", _settled),
    }
    clauses = _clauses(b, tree)
    b.found = translated(b.found, _labels(facts, *sections.values()))
    if found_header is None:
        return Built(None, b.found, b.broken)
    policy = m.Policy(
        header=found_header, entities=entities, units=b.units, unit_labels=unit_labels,
        clauses=clauses, original=original, facts=facts, **sections,  # type: ignore[arg-type]
    )  # fmt: skip
    b.found += _clashes(policy)
    return Built(policy, b.found, b.broken)


def _clashes(p: m.Policy) -> Iterator[Diagnostic]:
    """Names that no expression could read: words of the language, and those that something else hides.

    Two entries that make values of one name are found where the values are made (`desugar`).
    """
    values: list[Named] = [
        *p.facts.values(), *p.parameters.values(), *p.conditions.values(), *p.values.values(),
        *p.limits.values(), *p.allocations.values(), *p.interpretations.values(),
    ]  # fmt: skip
    spans = {entry.name: entry.span for entry in values}
    for program in p.programs.values():
        if (first := spans.get(program.name)) is not None:
            yield diagnostic("duplicate-id", program.span, (FIRST, first), name=program.name)
    for entry in (*values, *p.programs.values()):
        if entry.name in RESERVED:
            yield diagnostic("reserved-name", entry.span, name=entry.name)
    by_name = {entry.name: entry for entry in values}
    for entity in p.entities.values():
        for reference in entity.references.values():
            for kind, name in ((entity.name, reference.name), (reference.to, reference.inverse)):
                if name in RESERVED:
                    yield diagnostic("reserved-name", reference.span, name=name)
                hidden = by_name.get(name)
                if hidden is not None and getattr(hidden, "entity", "") in ("", kind):
                    yield diagnostic("duplicate-id", hidden.span, (FIRST, reference.span), name=name)


def _labels(*sections: object) -> dict[str, str]:
    """What people call the names of a policy, and the names."""
    entries = [entry for section in sections if isinstance(section, dict) for entry in section.items()]
    known = [(name, getattr(entry, "label", None)) for name, entry in entries]
    return {label_.zh: name for name, label_ in known if isinstance(label_, m.Label)}


def _header(e: Entry) -> m.Header:
    application, valid = e.child("application"), e.child("valid")
    who = e.child("interpreter") if e.has("interpreter") else None
    return m.Header(
        id=e.text("id"), title=e.label("title"), issuer=e.text("issuer"), number=e.text("number"),
        signed=e.day("signed"), numbering=e.text("numbering", "sections"), valid_from=valid.text("from"),
        valid_to=valid.text("to", ""), valid_cite=valid.text("cite", ""),
        supersedes=tuple(s.text for s in e.texts("supersedes")),
        based_on=tuple(s.text for s in e.texts("based_on")),
        interpreter=who.text("body", "") if who else "", interpreter_cite=who.text("cite", "") if who else "",
        application=_application(application), results=tuple((s.text, s.span) for s in e.texts("results")),
        outcomes={**m.OUTCOMES, **_outcomes(e)},
        span=e.node.span, spans={key.text: node.span for key, node in e.node.entries},
    )  # fmt: skip


def _outcomes(e: Entry) -> dict[str, m.Label]:
    """The policy's own words for outcomes."""
    if not e.has("outcomes"):
        return {}
    words = e.child("outcomes")
    return {outcome: words.label(outcome) for outcome in m.OUTCOMES if words.has(outcome)}


def _application(e: Entry) -> m.Application:
    keys = ("entity", "date", "granted", "amount", "option")
    spans = {k: node.span for k in keys if (node := e.node.get(k)) is not None}
    return m.Application(
        e.text("entity"), e.text("date"), e.text("granted"), e.text("amount"), e.text("option", ""), spans
    )


def _entity(e: Entry) -> m.Entity:
    references = {}
    for name, r in e.children("refs"):
        most = r.whole("max", DEFAULT_MEMBERS)
        references[name] = m.Reference(
            name=name, to=r.text("to"), inverse=r.text("inverse"), label=r.label("label", name),
            inverse_label=r.label("inverse_label") if r.has("inverse_label") else e.label("label", e.name),
            most=min(most, MAX_MEMBERS), optional=r.flag("optional"), span=e.span("refs"),
        )  # fmt: skip
    return m.Entity(
        name=e.name, label=e.label("label"), key=e.text("key", ""), dated_by=e.text("dated_by", ""),
        unique=tuple(s.text for s in e.texts("unique")), most=min(e.whole("max", MAX_MEMBERS), MAX_MEMBERS),
        references=references, span=e.node.span,
    )  # fmt: skip


def _fact(e: Entry) -> m.Fact:
    type_ = e.builder.type(e)
    unit = e.text("unit", "")
    low = high = None
    node = e.node.get("range")
    if node is not None:
        if not isinstance(node, Sequence) or len(node.items) != 2:
            raise Skip
        low, high = (e.builder.bound(item, type_, unit, e.name) for item in node.items)
        if low > high:
            e.builder.found.append(diagnostic("range-reversed", node.span, name=e.name))
    fact = m.Fact(
        name=e.name, entity=e.text("entity"), type=type_, label=e.label("label"), ask=e.label("ask", ""),
        cited=e.cited(), unit=unit, low=low, high=high, decimals=e.whole("decimals", 2), options=_labelled(e, "options"),
        evidence=e.label("evidence", ""), answered_by=e.text("answered_by", ""), choice=e.flag("choice"),
        judged=e.flag("judged"), discretion=e.flag("discretion"), personal=e.flag("personal"),
        not_after=e.text("not_after", ""), span=e.node.span,
    )  # fmt: skip
    return replace(fact, assume=_assumed(e, type_, unit)) if e.has("assume") else fact


def _assumed(e: Entry, type_: Type, unit: str) -> Known:
    node = e.scalar("assume")
    if node is None:
        raise Skip
    if isinstance(node.value, bool) or type_.kind in ("enum", "text"):
        return node.value if isinstance(node.value, bool) else node.text
    if node.text == "none":
        return ABSENT
    day = literals.day(node.text) if type_.kind == "date" else None
    return day if day is not None else e.builder.bound(node, type_, unit, e.name)


def _labelled(e: Entry, key: str) -> AbcMapping[str, m.Label]:
    """Names with words for people: the options of an enum, the reasons of `also_for`."""
    node = e.node.get(key)
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        raise Skip
    return {name: label(child) for name, child in node.items()}


def _parameter(e: Entry) -> m.Parameter:
    keys = e.text("keys", "")
    node, dated = e.node.get("value"), e.node.get("values")
    found: list[tuple[m.Dated, Type]] = []
    if node is not None:
        value, type_ = e.builder.literal(node, keys)
        found.append((m.Dated(None, value, _written(node), node.span), type_))
    elif isinstance(dated, Mapping):
        for key, child in dated.items():
            start = literals.day(key)
            if start is None:
                raise Skip
            value, type_ = e.builder.literal(child, keys)
            found.append((m.Dated(start, value, _written(child), child.span), type_))
    if not found:
        raise Skip
    first = found[0][1]
    for record, type_ in found:
        if (type_.kind, type_.dim) != (first.kind, first.dim):
            e.builder.found.append(diagnostic("values-mixed", record.span, name=e.name))
            raise Skip
    found.sort(key=lambda pair: str(pair[0].start or ""))
    return m.Parameter(
        e.name,
        e.label("label"),
        first,
        tuple(r for r, _ in found),
        e.cited(),
        e.node.span,
        _labelled(e, "also_for"),
    )


def _written(node: object) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _unless(e: Entry) -> tuple[m.Exception_, ...]:
    return tuple(
        m.Exception_(name, u.must("when"), u.label("label", name), u.cited(), u.node.span)
        for name, u in e.children("unless")
    )


def _condition(e: Entry, entity: str = "", inherit: m.Cited | None = None) -> m.Condition:
    return m.Condition(
        name=e.name, entity=entity or e.text("entity"), label=e.label("label", e.name), test=e.expr("test"),
        part_of=e.text("part_of", ""), unless=_unless(e),
        fail=e.label("fail") if e.has("fail") else None, cited=e.cited(inherit), span=e.node.span,
    )  # fmt: skip


def _value(e: Entry) -> m.Derived:
    derived = m.Derived(
        name=e.name, entity=e.text("entity", ""), type=e.builder.type(e), label=e.label("label"),
        cited=e.cited(), span=e.node.span, options=_labelled(e, "options"),
    )  # fmt: skip
    if e.has("formula"):
        return replace(derived, formula=e.must("formula"))
    if e.has("choose"):
        c = e.child("choose")
        among = tuple(s.text for s in c.texts("among"))
        return replace(derived, choose_by=c.must("by"), choose_among=among)
    rows = tuple(
        m.Row(
            name, r.must("when"), r.must("then"), r.label("label", name), r.cited(derived.cited),
            tuple(s.text for s in r.texts("overrides")), r.node.span,
        )
        for name, r in e.children("cases")
    )  # fmt: skip
    return replace(derived, rows=rows, otherwise=e.must("otherwise"))


def _program(e: Entry) -> m.Program:
    entity, cited = e.text("entity"), e.cited()
    parts = {key: expr for key in PROGRAM_PARTS if (expr := e.expr(key)) is not None}
    if not ("amount" in parts or {"base", "rate"} <= parts.keys()) or "round_to" not in parts:
        raise Skip
    conditions = tuple(
        replace(_condition(c, entity, cited), name=f"{e.name}.{name}", part_of=f"{e.name}.eligible")
        for name, c in e.children("conditions")
    )
    return m.Program(
        name=e.name, entity=entity, label=e.label("label"), requires=e.exprs("requires"), conditions=conditions,
        parts=parts, add_points=e.exprs("add_points"), multiply=e.exprs("multiply"), cited=cited, span=e.node.span,
    )  # fmt: skip


def _sort_keys(e: Entry) -> tuple[m.SortKey, ...]:
    node = e.node.get("by")
    items = node.items if isinstance(node, Sequence) else () if node is None else (node,)
    keys = []
    for item in items:
        if isinstance(item, Mapping):
            inner = Entry(e.builder, item)
            keys.append(m.SortKey(inner.must("value"), inner.text("order", "ascending") == "descending"))
        else:
            keys.append(m.SortKey(e.builder.must(item), False))
    return tuple(keys)


def _limit(e: Entry) -> m.Limit:
    kind = e.text("kind")
    needed = {"quota": ("keep",), "pool": ("of", "limit")}.get(kind)
    if needed is None or not all(e.has(key) for key in needed):
        raise Skip
    return m.Limit(
        name=e.name, kind=kind, entity=e.text("entity"), label=e.label("label"), per=e.exprs("per"),
        where=e.expr("where"), by=_sort_keys(e), keep=e.expr("keep"), of=e.expr("of"), limit=e.expr("limit"),
        method=e.text("method", "in_order"), round_to=e.expr("round_to"), unless=_unless(e),
        fail=e.label("fail") if e.has("fail") else None, cited=e.cited(), span=e.node.span,
    )  # fmt: skip


def _allocation(e: Entry) -> m.Allocation:
    return m.Allocation(
        name=e.name, entity=e.text("entity"), label=e.label("label"), per=e.exprs("per"), where=e.expr("where"),
        total=e.must("total"), weight=e.must("weight"), round_to=e.must("round_to"), cited=e.cited(), span=e.node.span,
    )  # fmt: skip


def _interpretation(e: Entry) -> m.Interpretation:
    options = {
        name: m.Option(name, o.label("label"), o.label("why"), o.expr("formula"), o.node.span)
        for name, o in e.children("options")
    }
    switch = all(option.formula is None for option in options.values())
    if not switch and any(option.formula is None for option in options.values()):
        raise Skip
    type_ = Type("enum", options=tuple(options)) if switch else e.builder.type(e)
    return m.Interpretation(
        name=e.name, entity=e.text("entity", ""), type=type_, label=e.label("label"), question=e.label("question"),
        default=e.text("default"), options=options, cited=e.cited(), decided_by=e.text("decided_by", ""),
        decided_on=e.day("decided_on"), document=e.text("document", ""), span=e.node.span,
        default_span=e.place("default"),
    )  # fmt: skip


def _constraint(e: Entry) -> m.Constraint:
    return m.Constraint(e.name, e.text("entity"), e.must("test"), e.label("fail"), e.cited(), e.node.span)


def _target(e: Entry) -> m.Target:
    aim = tuple((kind, label(node)) for kind, node in e.child("aim").node.items())
    return m.Target(
        e.name,
        e.label("label", e.name),
        e.label("indicator"),
        e.label("period", ""),
        aim,
        e.cited(),
        e.node.span,
    )


def _duty(e: Entry) -> m.Duty:
    support = tuple(s.text for s in e.texts("support"))
    return m.Duty(e.name, e.label("task"), e.text("lead"), support, e.cited(), e.node.span)


def _not_computed(e: Entry) -> m.NotComputed:
    return m.NotComputed(e.name, e.text("kind"), e.label("why"), e.node.span)


def _settled(e: Entry) -> m.SettledWords:
    return m.SettledWords(e.name, tuple(s.text for s in e.texts("words")), e.label("why"), e.node.span)


def _clauses(b: Builder, tree: Mapping) -> dict[str, m.Clause]:
    text = tree.get("text")
    node = text.get("clauses") if isinstance(text, Mapping) else None
    made: dict[str, m.Clause] = {}
    if not isinstance(node, Mapping):
        return made
    for id_, child in node.items():
        try:
            e = Entry(b, child, id_)
            sentences = _sentences(e)
            made[id_] = m.Clause(id_, e.text("title", ""), e.text("heading", ""), sentences, child.span)
        except Skip:
            b.broken.add(id_)
    return made


def _sentences(e: Entry) -> tuple[m.Sentence, ...]:
    """A list numbers its sentences from 1; an entry with an own `id` takes no number.

    After amending, sentences are a mapping from id to text instead (a deleted one keeps its number).
    """
    node = e.node.get("sentences")
    found: list[m.Sentence] = []
    if isinstance(node, Mapping):
        return tuple(
            m.Sentence(k, s.text, s.span)
            for k, s in node.items()
            if isinstance(s, Scalar) and s.value is not None
        )
    number = 0
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar):
            number += 1
            found.append(m.Sentence(str(number), item.text, item.span))
        else:
            own = Entry(e.builder, item)
            text = own.scalar("text")
            if text is None:
                raise Skip
            found.append(m.Sentence(own.text("id"), text.text, text.span))
    return tuple(found)
