"""What a person should look at in one application, as signs found from the shape of the policy and not from its words.

A threshold is a comparison of money with a number of the document, a share a comparison with a product of a sum and a
rate; a bonus is points that a program adds; a cap is where less is paid than was computed. Which signs there may be
follows from the plan alone, so that one application and a million by column are looked at by the same rules. Nothing
here changes an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import plan as p
from policyengine.deciding import pools
from policyengine.decision import Decision
from policyengine.instances import Ent, Plans
from policyengine.lang import nodes as n
from policyengine.model import Cited, Fact, Label
from policyengine.values import ABSENT, Unknown
from policyengine.world import World

CLOSE = Fraction(1, 100)  # above a threshold, and beside a share: within one per cent, within one point


@dataclass(frozen=True, slots=True)
class Limit:
    """Money just over a threshold, or a share beside its limit.

    `over` is held against `limit`; of a share, `limit` is a rate of `whole`. `options`: what must be applied for, None
    where that does not matter; `checks`: the conditions that rest on it.
    """

    name: str
    label: Label
    cited: Cited
    formula: n.Compiled
    over: n.Node
    limit: n.Node
    whole: n.Node | None
    options: frozenset[str] | None
    checks: frozenset[str]

    @property
    def code(self) -> str:
        return "close-to-threshold" if self.whole is None else "close-to-share"


@dataclass(frozen=True, slots=True)
class Bonus:
    """Points that were added because of a fact: the table holds no proof of it."""

    name: str
    label: Label
    cited: Cited
    fact: Fact
    refs: tuple[str, ...]
    points: str
    eligible: str

    @property
    def code(self) -> str:
        return "bonus-without-evidence"


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap that made an award smaller: less was given than computed, where `inside` holds ("": always)."""

    name: str
    label: Label
    cited: Cited
    less: str
    more: str
    inside: str

    @property
    def code(self) -> str:
        return "capped"


Sign = Limit | Bonus | Cap


@dataclass(frozen=True, slots=True)
class Together:
    """A rank with the fewest keys, by which most applications are held against each other; what its keys are called."""

    name: str
    keys: tuple[str, ...]
    label: Label
    cited: Cited


@dataclass(frozen=True, slots=True)
class Signs:
    """All signs of a policy under chosen readings, those of every version, and which are of which version.

    A sign is known by its number in `all`.
    """

    all: tuple[Sign, ...]
    of: tuple[range, ...]
    together: tuple[Together, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to look at in one application: the numbers of its signs, and for each rank of `Signs.together` the
    text that is the same for all that are held against each other, None where there is none."""

    signs: tuple[int, ...] = ()
    groups: tuple[str | None, ...] = ()


# --- which there may be ---


def signs(plans: Plans, readings: Mapping[str, str]) -> Signs:
    """What to look for, from the plans alone."""
    found: list[Sign] = []
    of = []
    for _, plan in plans.versions:
        start = len(found)
        found += [*_limits(plan, readings), *_bonuses(plan, readings), *_caps(plan, readings)]
        of.append(range(start, len(found)))
    return Signs(tuple(found), tuple(of), tuple(_together(plans.last)))


def _together(plan: p.Plan) -> Iterator[Together]:
    ranks = [node for node in plan.nodes.values() if isinstance(node, p.RankNode) and node.info.entity == plan.application.entity]  # fmt: skip
    fewest = min((len(node.per) for node in ranks), default=0)
    for node in ranks:
        if len(node.per) == fewest:
            names = [_key(plan, key, node.info.entity) for key in node.per]
            label = Label("、".join(label.zh for label in names), ", ".join(label("en") for label in names))
            yield Together(node.info.name, node.per, label, node.info.cited)


def _key(plan: p.Plan, key: str, entity: str) -> Label:
    """What the key of a group is called: that of which it is the value, where it is only that."""
    node = plan.nodes[key]
    path = node.formula.node if isinstance(node, p.FormulaNode) else None
    return plan.label(path.name, entity) if isinstance(path, n.Path) and not path.refs else node.info.label


def _limits(plan: p.Plan, readings: Mapping[str, str]) -> Iterator[Limit]:
    """The comparisons of the policy that ask for at least so much money, or at least such a share."""
    options = _options(plan, readings)
    behind = {check: _below(plan, check, readings) for check in plan.checks}
    for name, node in plan.nodes.items():
        if not isinstance(node, p.FormulaNode) or node.info.entity != plan.application.entity:
            continue
        for over, limit, whole in _compared(plan, node.formula.node):
            wanted = frozenset(option for option, below in options.items() if name in below)
            checks = frozenset(check for check, below in behind.items() if name in below)
            label = node.info.label
            said = Label(
                f"刚过起点，高出不到1%：{label.zh}", f"over the threshold by less than 1 %: {label('en')}"
            )
            if whole is not None:
                said = Label(
                    f"占比离界线不到1个百分点：{label.zh}", f"within one point of the limit: {label('en')}"
                )
            yield Limit(name, said, node.info.cited, node.formula, over, limit, whole, None if "" in wanted else wanted, checks)  # fmt: skip


def _options(plan: p.Plan, readings: Mapping[str, str]) -> dict[str, set[str]]:
    """The names that the answer rests on, for each thing that may be applied for; for "" where that does not matter."""
    application = plan.application
    fact = plan.policy.facts.get(application.option)
    options = [option for option in (fact.options if fact else ()) if f"{option}.eligible" in plan.nodes]
    if not options:
        return {"": _below(plan, application.granted, readings)}
    return {option: _below(plan, f"{option}.eligible", readings) for option in options}


def _compared(plan: p.Plan, node: n.Node) -> Iterator[tuple[n.Node, n.Node, n.Node | None]]:
    """What is held against a number of the document: the money, the number, and of a share its whole; each once."""
    seen = set()
    for low, high in _ordered(node):
        if high.type.kind != "money":
            continue
        found: list[tuple[n.Node, n.Node | None]] = [(low, None)]
        if isinstance(low, n.Binary) and low.operator == "*":
            sides = ((low.left, low.right), (low.right, low.left))
            found = [(rate, whole) for rate, whole in sides if whole.type.kind == "money"]
        for limit, whole in found:
            key = tuple(_plain(part) for part in (high, limit, whole))
            if _of_document(plan, limit) and key not in seen:
                seen.add(key)
                yield high, limit, whole


def _plain(node: n.Node | None) -> object:
    """A path as a key, wherever it is written."""
    return (node.root, node.refs, node.name) if isinstance(node, n.Path) else node


def _ordered(node: n.Node) -> Iterator[tuple[n.Node, n.Node]]:
    """The pairs of a smaller and a greater operand that an expression asks for."""
    match node:
        case n.Comparison():
            for operator, left, right in zip(node.operators, node.operands, node.operands[1:], strict=False):
                if operator in ("<", "<="):
                    yield left, right
                elif operator in (">", ">="):
                    yield right, left
        case n.Logic():
            for part in node.parts:
                yield from _ordered(part)
        case n.Choice():
            yield from _ordered(node.then)
            yield from _ordered(node.otherwise)


def _of_document(plan: p.Plan, node: n.Node) -> bool:
    """Whether a value is a number of the document."""
    return isinstance(node, n.Path) and isinstance(plan.nodes.get(node.name), p.ParamNode)


def _bonuses(plan: p.Plan, readings: Mapping[str, str]) -> Iterator[Bonus]:
    """The facts with evidence that may give a program of the application points."""
    for name, node in plan.nodes.items():
        if node.info.role != "points" or node.info.entity != plan.application.entity:
            continue
        stated = [(refs, read) for refs, read in _walk(plan, name, readings) if read in plan.policy.facts]
        order = list(plan.policy.facts)
        for refs, read in sorted(stated, key=lambda pair: (order.index(pair[1]), pair[0])):
            fact = plan.policy.facts[read]
            if fact.evidence.zh:
                said = Label(
                    f"比例提高了，凭据不在表里，要核对{fact.evidence.zh}：{fact.label.zh}",
                    f"the rate was raised; the table holds no evidence, check {fact.evidence('en')}: {fact.label('en')}",
                )
                yield Bonus(read, said, fact.cited, fact, refs, name, f"{node.info.owner}.eligible")


def _caps(plan: p.Plan, readings: Mapping[str, str]) -> Iterator[Cap]:
    """The caps of programs, then the pools that applications are paid from."""
    kind = plan.application.entity
    for node in plan.nodes.values():
        owner = node.info.owner
        if node.info.role == "capped" and node.info.entity == kind and f"{owner}.cap" in plan.nodes:
            of = plan.nodes[_end(plan, f"{owner}.cap", readings)].info.cited
            label = plan.policy.programs[owner].label
            cited = of if of.cites else node.info.cited
            yield Cap(owner, label, cited, f"{owner}.cap", f"{owner}.computed", f"{owner}.eligible")
    for name, pool in pools(plan, kind):
        yield Cap(name, pool.info.label, pool.info.cited, name, pool.of, pool.where)


def _end(plan: p.Plan, name: str, readings: Mapping[str, str]) -> str:
    """The name whose value a name merely passes on, whatever an application says."""
    node = plan.nodes[name]
    formula = node.formula if isinstance(node, p.FormulaNode) else None
    if isinstance(node, p.ReadingNode):
        formula = node.options[node.chosen(readings)]
    path = formula.node if formula is not None else None
    if isinstance(path, n.Path) and not path.refs and path.name in plan.nodes:
        return _end(plan, path.name, readings)
    return name


# --- what stands behind a name ---


def _below(plan: p.Plan, name: str, readings: Mapping[str, str]) -> set[str]:
    """The names of the same entity that a name rests on, itself first."""
    return {read for refs, read in _walk(plan, name, readings) if not refs}


Walked = tuple[tuple[str, ...], str]  # references from the entity, name


def _walk(plan: p.Plan, name: str, readings: Mapping[str, str]) -> Iterator[Walked]:
    """All that a name may be made from, of its entity and what that refers to; not what is looked at in a group."""
    seen: set[Walked] = set()
    stack: list[Walked] = [((), name)]
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        yield at
        refs, node = at[0], plan.nodes.get(at[1])
        for compiled in _expressions(node, readings):
            for path in n.paths(compiled.node):
                if path.root == n.OWN and not path.relation and path.type.kind != "ref":
                    stack.append(((*refs, *path.refs), path.name))


def _expressions(node: p.Node | None, readings: Mapping[str, str]) -> Iterator[n.Compiled]:
    if isinstance(node, p.ReadingNode):
        formula = node.options[node.chosen(readings)]
        yield from [formula] if formula is not None else []
    elif node is not None:
        yield from p.expressions(node)


# --- which there are ---


def seen(world: World, ent: Ent, decision: Decision, found: Signs) -> Seen:
    """What there is to look at in an application that was decided in a world."""
    plan, there = world.plan(world.when(ent)), _There(world, ent, decision)
    number = next(i for i, (_, each) in enumerate(world.plans.versions) if each is plan)
    numbers = tuple(i for i in found.of[number] if there.has(found.all[i]))
    return Seen(numbers, tuple(there.group(rank) for rank in found.together))


@dataclass(frozen=True, slots=True)
class _There:
    world: World
    ent: Ent
    decision: Decision

    def has(self, sign: Sign) -> bool:
        match sign:
            case Limit():
                return self._rests_on(sign) and self._close(sign)
            case Bonus():
                return self.decision.outcome == "granted" and self._given(sign)
            case Cap():
                return self.decision.outcome == "granted" and self._bound(sign)

    def group(self, rank: Together) -> str | None:
        """The text of the keys; None where one is not known."""
        if rank.name not in self.world.plan(self.world.when(self.ent)).nodes:
            return None
        keys = [self.world.value(self.ent, key) for key in rank.keys]
        return None if any(isinstance(key, Unknown) for key in keys) else "\x1f".join(map(str, keys))

    def _rests_on(self, limit: Limit) -> bool:
        """Whether the answer rests on a comparison: refused because of it, or not refused."""
        if self.decision.outcome == "refused":
            own = self.decision.subject.path
            return any(f.condition in limit.checks and f.subject.path == own for f in self.decision.refusals)
        return limit.options is None or self.decision.option in limit.options

    def _close(self, limit: Limit) -> bool:
        over, at = self._number(limit, limit.over), self._number(limit, limit.limit)
        if over is None or at is None:
            return False
        if limit.whole is None:
            return at <= over <= at * (1 + CLOSE)
        whole = self._number(limit, limit.whole)
        return whole is not None and whole > 0 and abs(over / whole - at) <= CLOSE

    def _number(self, limit: Limit, node: n.Node) -> Fraction | None:
        value = self.world.evaluate(limit.formula, self.ent, self.world.when(self.ent), node)
        return Fraction(value) if isinstance(value, Decimal | Fraction) else None

    def _given(self, bonus: Bonus) -> bool:
        """Whether points were added, and the fact is stated: a yes, or a grade, but no `no`."""
        added = self.world.value(self.ent, bonus.points)
        if self.world.value(self.ent, bonus.eligible) is not True or isinstance(added, Unknown) or added == 0:
            return False
        at: Ent | None = self.ent
        for reference in bonus.refs:
            at = self.world.follow(at, reference) if at is not None else None
        stated = self.world.value(at, bonus.name, self.world.when(self.ent)) if at is not None else ABSENT
        return stated is not False and stated is not ABSENT and not isinstance(stated, Unknown)

    def _bound(self, cap: Cap) -> bool:
        if cap.inside and self.world.value(self.ent, cap.inside) is not True:
            return False
        low, high = (self.world.value(self.ent, name) for name in (cap.less, cap.more))
        return isinstance(low, Decimal | Fraction) and isinstance(high, Decimal | Fraction) and low < high
