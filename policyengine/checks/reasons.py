"""A refusal has a reason: every way in which an application can be refused ends in a condition with `fail`.

The walk is the one by which a decision finds its reasons (`refusing.failures`): along names, *and*, *or* and
the branches of a choice. Of an *or*, one part that can give a reason is enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyengine import plan as p
from policyengine.checks.common import Checked, place
from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.lang import nodes as n
from policyengine.source import Span


def reasons(checked: Checked) -> Iterator[Diagnostic]:
    """Tests below `granted` that refuse without a word."""
    granted = checked.plan.application.granted
    if checked.whole and granted in checked.plan.nodes:
        yield from _Walk(checked).name(granted)


class _Walk:
    def __init__(self, checked: Checked) -> None:
        self.plan = checked.plan
        self.seen: set[str] = set()
        self.speaks: dict[str, bool] = {}

    def name(self, name: str, reader: tuple[str, Span | None] | None = None) -> Iterator[Diagnostic]:
        """What is wrong below a name; `reader`: the node that reads it, and where."""
        node = self.plan.nodes.get(name)
        if name in self.seen or self.has_words(name):
            return
        if isinstance(node, p.FormulaNode):
            self.seen.add(name)
            yield from self.node(name, node.formula, node.formula.node)
        elif node is not None:
            by, span = reader or (name, node.info.span)
            yield self.silent(by, span, name)

    def silent(self, by: str, span: Span | None, test: str) -> Diagnostic:
        return diagnostic("refusal-without-reason", span, name=self.plan.nodes[by].info.label.zh, test=test)

    def has_words(self, name: str) -> bool:
        check = self.plan.checks.get(name)
        return check is not None and check.zh is not None

    def node(self, name: str, compiled: n.Compiled, node: n.Node) -> Iterator[Diagnostic]:
        here = self.here(name, compiled, node)
        match node:
            case n.Path() if node.type.kind == "bool":
                yield from self.name(node.name, (name, here))
            case n.Literal(value=True):
                return
            case n.Logic(operator="and"):
                for part in node.parts:
                    yield from self.node(name, compiled, part)
            case n.Choice():
                yield from self.node(name, compiled, node.then)
                yield from self.node(name, compiled, node.otherwise)
            case _ if self.says(node):
                for path in _reached(node):
                    if self.named(path.name):
                        yield from self.name(path.name, (name, here))
            case _:
                yield self.silent(name, here, compiled.expr.text[node.at[0] : node.at[1]])

    def here(self, name: str, compiled: n.Compiled, node: n.Node) -> Span | None:
        """The place of a test; of what the engine wrote itself, that of its entry."""
        generated = compiled.expr.span.source.name.startswith("(")
        return self.plan.nodes[name].info.span if generated else place(compiled, node.at)

    def says(self, node: n.Node) -> bool:
        """Whether a false node can name a reason at all."""
        return any(self.named(path.name) for path in _reached(node))

    def named(self, name: str) -> bool:
        if self.has_words(name):
            return True
        if name not in self.speaks:
            node = self.plan.nodes.get(name)
            self.speaks[name] = isinstance(node, p.FormulaNode) and self.says(node.formula.node)
        return self.speaks[name]


def _reached(node: n.Node) -> Iterator[n.Path]:
    """The names at which a decision looks for the reason of a false expression."""
    match node:
        case n.Path() if node.type.kind == "bool":
            yield node
        case n.Logic():
            for part in node.parts:
                yield from _reached(part)
        case n.Choice():
            yield from _reached(node.then)
            yield from _reached(node.otherwise)
