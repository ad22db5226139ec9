"""Definitions compared: whether two versions say the same, whether two conditions shut each other out."""

from __future__ import annotations

from policyengine import plan as p
from policyengine.lang import nodes as n


def alike(a: p.Node | None, b: p.Node | None) -> bool:
    """Whether two versions define a value in the same way."""
    match a, b:
        case None, None:
            return True
        case p.ParamNode(), p.ParamNode():
            return [(d.start, d.value) for d in a.parameter.values] == [
                (d.start, d.value) for d in b.parameter.values
            ]
        case p.FactNode(), p.FactNode():
            return True
        case p.FormulaNode(), p.FormulaNode():
            return a.formula.node == b.formula.node
        case p.CasesNode(), p.CasesNode():
            return [(r.name, r.when.node, r.then.node, r.overrides) for r in a.rows] == [
                (r.name, r.when.node, r.then.node, r.overrides) for r in b.rows
            ] and a.otherwise.node == b.otherwise.node
        case p.ReadingNode(), p.ReadingNode():
            options = [{k: v and v.node for k, v in node.options.items()} for node in (a, b)]
            return options[0] == options[1] and a.interpretation.default == b.interpretation.default
        case p.RankNode(), p.RankNode():
            return (a.per, a.where, a.by) == (b.per, b.where, b.by)
        case p.AllocateNode(), p.AllocateNode():
            return all(
                getattr(a, f) == getattr(b, f)
                for f in ("method", "per", "where", "by", "of", "limit", "total", "weight", "round_to")
            )
    return False


def exclusive(a: n.Node, b: n.Node) -> bool:
    """Whether two conditions surely do not hold together: the same name compared with two different options."""
    one, other = _options(a), _options(b)
    return any(name in other and not one[name] & other[name] for name in one)


def _options(node: n.Node) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for part in node.parts if isinstance(node, n.Logic) and node.operator == "and" else (node,):
        if isinstance(part, n.Comparison) and part.operators == ("==",):
            left, right = part.operands
            if isinstance(left, n.Path) and isinstance(right, n.Literal) and isinstance(right.value, str):
                found[left.text] = frozenset((right.value,))
    return found
