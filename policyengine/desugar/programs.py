"""A program as the chain from its conditions to its amount."""

from __future__ import annotations

from policyengine import model as m
from policyengine.desugar import entries
from policyengine.desugar.maker import Maker
from policyengine.lang.typing import MODE
from policyengine.values import T_BOOL, T_MONEY, T_RATE, Type


def program(mk: Maker, p: m.Program) -> None:
    needed = [
        mk.formula(mk.part(p, "requires", T_BOOL, i), expr, T_BOOL) for i, expr in enumerate(p.requires, 1)
    ]
    for c in p.conditions:
        entries.condition(mk, c)
    own = " and ".join(c.name for c in p.conditions)
    needed.append(mk.glue(mk.part(p, "qualifies", T_BOOL), own or "true"))
    mk.glue(mk.part(p, "eligible", T_BOOL), " and ".join(needed))
    if "amount" in p.parts:
        mk.formula(mk.part(p, "computed", T_MONEY), p.parts["amount"], T_MONEY)
    else:
        rate(mk, p)
    for role in ("at_least", "cap", "pay_from", "round_to"):
        if role in p.parts:
            mk.formula(mk.part(p, role, T_MONEY), p.parts[role], T_MONEY)
    if "round_mode" in p.parts:
        mk.formula(mk.part(p, "round_mode", MODE), p.parts["round_mode"], MODE)
    amount(mk, p)


def rate(mk: Maker, p: m.Program) -> None:
    mk.formula(mk.part(p, "base", T_MONEY), p.parts["base"], T_MONEY)
    base_rate = mk.formula(mk.part(p, "base_rate", T_RATE), p.parts["rate"], T_RATE)
    points = [
        mk.formula(mk.part(p, "points", Type("points"), i), expr, Type("points"))
        for i, expr in enumerate(p.add_points, 1)
    ]
    times = [
        mk.formula(mk.part(p, "multiplier", Type("number"), i), expr, Type("number"))
        for i, expr in enumerate(p.multiply, 1)
    ]
    added = " + ".join([base_rate, *points])
    product = " * ".join([f"({added})" if points and times else added, *times])
    mk.glue(mk.part(p, "rate", T_RATE), product)
    mk.glue(mk.part(p, "computed", T_MONEY), f"{p.name}.base * {p.name}.rate")


def amount(mk: Maker, p: m.Program) -> None:
    text = f"{p.name}.computed"
    if "at_least" in p.parts:
        text = f"max({text}, {p.name}.at_least)"
    if "cap" in p.parts:
        text = f"min({text}, {p.name}.cap)"
    if text != f"{p.name}.computed":
        mk.glue(mk.part(p, "capped", T_MONEY), text)
        text = f"{p.name}.capped"
    mode = f"{p.name}.round_mode" if "round_mode" in p.parts else "'half_up'"
    text = f"round_to({text}, {p.name}.round_to, {mode})"
    if "pay_from" in p.parts:
        mk.glue(mk.part(p, "rounded", T_MONEY), text)
        text = f"({p.name}.rounded if {p.name}.rounded >= {p.name}.pay_from else 0)"
    mk.glue(mk.part(p, "amount", T_MONEY), f"{text} if {p.name}.eligible else 0")
