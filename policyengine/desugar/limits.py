"""Quotas, pools and allocations as ranks and splits over groups."""

from __future__ import annotations

from policyengine import model as m
from policyengine.desugar import entries
from policyengine.desugar.maker import Maker
from policyengine.lang.check import QUANTITY
from policyengine.plan import AllocateNode, RankNode
from policyengine.values import T_ANY, T_BOOL, T_COUNT, T_MONEY


def group(mk: Maker, g: m.Limit | m.Allocation) -> tuple[tuple[str, ...], str]:
    """The keys and the `where` of a group rule, as nodes."""
    per = tuple(mk.formula(mk.part(g, "key", T_ANY, i), expr, None) for i, expr in enumerate(g.per, 1))
    if g.where is not None:
        where = mk.formula(mk.part(g, "where", T_BOOL), g.where, T_BOOL)
    else:
        where = mk.glue(mk.part(g, "where", T_BOOL), "true")
    return per, where


def sort_keys(mk: Maker, limit: m.Limit) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (mk.formula(mk.part(limit, "by", T_ANY, i), key.value, None), key.descending)
        for i, key in enumerate(limit.by, 1)
    )


def limit(mk: Maker, limit: m.Limit) -> None:
    per, where = group(mk, limit)
    by = sort_keys(mk, limit)
    if limit.kind == "quota":
        assert limit.keep is not None
        mk.formula(mk.part(limit, "keep", T_COUNT), limit.keep, T_COUNT)
        rank = mk.part(limit, "rank", T_COUNT)
        mk.put(RankNode(rank, per, where, by))
        within = f"not {where} or {rank.name} <= {limit.name}.keep"
        info = mk.info(limit.name, limit.entity, T_BOOL, limit.label, limit.cited, span=limit.span)
        names = [mk.glue(mk.part(limit, "within", T_BOOL), within)]
        names += entries.exceptions(mk, limit, limit.unless)
        mk.glue(info, " or ".join(names))
        return
    assert limit.of is not None and limit.limit is not None
    mk.formula(mk.part(limit, "of", T_MONEY), limit.of, T_MONEY)
    mk.formula(mk.part(limit, "limit", T_MONEY), limit.limit, T_MONEY)
    if limit.round_to is not None:
        mk.formula(mk.part(limit, "round_to", T_MONEY), limit.round_to, T_MONEY)
    info = mk.info(limit.name, limit.entity, T_MONEY, limit.label, limit.cited, span=limit.span)
    unit = f"{limit.name}.round_to" if limit.round_to is not None else ""
    mk.put(
        AllocateNode(
            info, limit.method, per, where, by, f"{limit.name}.of", f"{limit.name}.limit", "", "", unit
        )
    )


def allocation(mk: Maker, a: m.Allocation) -> None:
    per, where = group(mk, a)
    mk.formula(mk.part(a, "total", T_MONEY), a.total, T_MONEY)
    mk.formula(mk.part(a, "weight", T_ANY), a.weight, QUANTITY)
    mk.formula(mk.part(a, "round_to", T_MONEY), a.round_to, T_MONEY)
    info = mk.info(a.name, a.entity, T_MONEY, a.label, a.cited, span=a.span)
    n = a.name
    mk.put(AllocateNode(info, "shares", per, where, (), "", "", f"{n}.total", f"{n}.weight", f"{n}.round_to"))
