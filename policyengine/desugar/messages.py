"""What failed conditions and broken constraints say."""

from __future__ import annotations

import re

from policyengine import model as m
from policyengine.desugar import entries
from policyengine.desugar.maker import Maker
from policyengine.lang.names import translated
from policyengine.lang.nodes import Compiled
from policyengine.lang.syntax import parse
from policyengine.plan import Check, Message, Rule
from policyengine.source import Span
from policyengine.values import T_BOOL


def messages(mk: Maker) -> None:
    """Everything that needs all names: readings, tables, failure messages, constraints."""
    entries.readings(mk)
    entries.tables(mk)
    p = mk.policy
    checked: list[m.Condition | m.Limit] = [*p.conditions.values(), *p.limits.values()]
    for program in p.programs.values():
        checked += program.conditions
    for c in checked:
        if isinstance(c, m.Limit) and c.kind != "quota":
            continue
        zh = message(mk, c.fail.zh, c.entity, c.span) if c.fail else None
        en = message(mk, c.fail("en"), c.entity, c.span) if c.fail else None
        mk.checks[c.name] = Check(c.name, c.label, c.cited, zh, en)
    for k in p.constraints.values():
        test = mk.compiled(k.test, k.entity, T_BOOL)
        zh_text, en_text = (message(mk, k.fail(lang), k.entity, k.span) for lang in ("zh", "en"))
        mk.rules.append(Rule(k, test, zh_text, en_text))


def message(mk: Maker, template: str, entity: str, span: Span) -> Message:
    parts: list[str | Compiled] = []
    for i, piece in enumerate(re.split(r"\{([^{}]*)\}", template)):
        if i % 2 == 0:
            if piece:
                parts.append(piece)
            continue
        expr, found = parse(piece, span, exact=False)
        mk.found += translated(found, mk.labels())
        if expr is not None:
            parts.append(mk.compiled(expr, entity, None))
    return Message(tuple(parts))
