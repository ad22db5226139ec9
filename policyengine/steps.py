"""What an amount was computed from, step by step, the parts before the whole.

Names that only pass a value on are left out, unless facts chose the value (grade A: one point more); so
are the tests that chose a branch, which stand among the conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policyengine import plan as p
from policyengine import trace
from policyengine.explanation import Line
from policyengine.instances import Ent
from policyengine.lang import nodes as n
from policyengine.lines import Lines
from policyengine.passing import hop, resolve, taken
from policyengine.trace import Read
from policyengine.values import Unknown


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one application."""

    lines: Lines
    ent: Ent

    def steps(self, start: Read) -> Iterator[Line]:
        """What the amount was computed from, in the order of computation: the parts before the whole."""
        seen: set[tuple[Ent | None, str]] = set()
        yield from self.visit(start, seen)
        yield from self.own_results(start)

    def visit(self, read: Read, seen: set[tuple[Ent | None, str]]) -> Iterator[Line]:
        """The steps of one name. Names that only pass a value on are skipped, unless facts chose the value."""
        last = read
        for last in self.hops(read):
            key = (last.ent, last.name)
            if key in seen:
                return
            seen.add(key)
            if self.chosen_by_facts(last):
                yield from self.shown(last)
        plan = self.lines.world.plan(last.when)
        node = plan.nodes[last.name]
        if isinstance(node, p.ParamNode | p.FactNode | p.RankNode) or not node.info.type.quantity:
            return
        value = self.lines.world.value(last.ent, last.name, last.when)
        aside = last.ent is not self.ent and not isinstance(value, Unknown) and value == 0
        if not aside and not (last.ent is not None and self.lines.world.is_stipulated(last.ent, last.name)):
            for part in self.parts(node, last):
                yield from self.visit(part, seen)
        if self.near(last.ent) and not aside:
            if (
                not self.chosen_by_facts(last)
                and node.info.type.kind != "count"
                and not self.trivial(node, last)
            ):
                yield from self.shown(last)

    def near(self, ent: Ent | None) -> bool:
        """Whether an entity's own steps are shown: the application, what belongs to it, firms, the policy."""
        if ent is None or ent is self.ent or not self.lines.policy.entities[ent.kind].dated_by:
            return True
        return self.belongs(ent)

    def shown(self, read: Read) -> Iterator[Line]:
        line = self.lines.line(read)
        if line is not None:
            yield line

    def hops(self, read: Read) -> Iterator[Read]:
        """A name and those that its value was passed on from, to the one that made it."""
        yield read
        while (after := hop(self.lines.world, read.ent, read.name, read.when)) is not None:
            read = Read(after.ent, after.name, self.lines.world.when(after.ent, read.when))
            yield read

    def chosen_by_facts(self, read: Read) -> bool:
        """Whether a number of the document applies because of a fact (grade A: 1 point; else none)."""
        node = self.lines.world.plan(read.when).nodes[read.name]
        if not self.lines.because(node, read):
            return False
        final = resolve(self.lines.world, read.ent, read.name, read.when)
        last = self.lines.world.plan(self.lines.world.when(final.ent, read.when)).nodes[final.name]
        if isinstance(last, p.ParamNode):
            return True
        compiled = self.lines.expression(last, Read(final.ent, final.name, read.when))
        if compiled is None:
            return False
        return isinstance(
            taken(self.lines.world, compiled, compiled.node, final.ent, read.when, {}), n.Literal
        )

    def parts(self, node: p.Node, read: Read) -> Iterator[Read]:
        """The names in the part of an expression that made the value, without the tests that chose it."""
        if isinstance(node, p.AllocateNode):
            yield from self.of_split(node, read)
            return
        compiled = self.lines.expression(node, read)
        if compiled is not None:
            yield from self.names(compiled, compiled.node, read)

    def of_split(self, node: p.AllocateNode, read: Read) -> Iterator[Read]:
        """What a split reckons with; the limit of a pool in order is written out in its own formula."""
        for name in (name for name in (node.total, node.of, node.limit, node.weight) if name):
            part = Read(read.ent, name, read.when)
            if name == node.limit and node.method == "in_order":
                yield from self.parts(self.lines.world.plan(read.when).nodes[name], part)
            else:
                yield part

    def names(self, compiled: n.Compiled, node: n.Node, read: Read) -> Iterator[Read]:
        node = taken(self.lines.world, compiled, node, read.ent, read.when, {})
        if isinstance(node, n.Choice):
            yield from self.names(compiled, node.then, read)
            yield from self.names(compiled, node.otherwise, read)
        elif isinstance(node, n.Path | n.Aggregate):
            yield from trace.reads(self.lines.world, n.Compiled(compiled.expr, node), read.ent, read.when)
        else:
            for child in n.children(node):
                yield from self.names(compiled, child, read)

    def own_results(self, start: Read) -> Iterator[Line]:
        """Headline values of what belongs to the application: the members' shares."""
        for path, _ in self.lines.policy.header.results:
            kind, _, name = path.partition(".")
            if kind == self.ent.kind or not self.lines.policy.entities[kind].dated_by:
                continue
            for other in self.lines.world.entities[kind].values():
                if self.lines.world.when(other) == start.when and self.belongs(other):
                    value = self.lines.world.value(other, name)
                    if isinstance(value, Unknown) or value != 0:
                        line = self.lines.line(Read(other, name, start.when))
                        if line is not None:
                            yield line

    def belongs(self, other: Ent) -> bool:
        seen: Ent | None = other
        while seen is not None and seen is not self.ent:
            dated_by = self.lines.policy.entities[seen.kind].dated_by
            seen = seen.refs.get(dated_by) if dated_by else None
        return seen is self.ent

    def trivial(self, node: p.Node, read: Read) -> bool:
        """A value that is just a constant of the language (0, nothing used before)."""
        compiled = self.lines.expression(node, read)
        if compiled is None:
            return False
        inner = taken(self.lines.world, compiled, compiled.node, read.ent, read.when, {})
        empty = isinstance(inner, n.Aggregate) and self.lines.world.value(read.ent, read.name, read.when) == 0
        return isinstance(inner, n.Literal) or empty
