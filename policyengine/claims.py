"""Yes-or-no expressions as sentences that are true of the case: `亩产评价类别是“A类”，不是“D类”`.

A formula of truth values (`是，且是`) says nothing to a reader. Here each part says what is the case: of an
*and* that fails the part that fails, of an *or* that holds the part that holds, of an open one what is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from policyengine import trace, wording
from policyengine.instances import Ent, When
from policyengine.labels import options_for, quoted
from policyengine.lang import nodes as n
from policyengine.values import ABSENT, FactRef, Unknown, Value
from policyengine.world import World

Bound = dict[str, Any]
Say = Callable[[n.Node, Bound, int], str]
SIGNS = {
    "*": "×",
    "/": "÷",
    "+": "+",
    "-": "-",
    ">=": "≥",
    "<=": "≤",
    "==": "=",
    "!=": "≠",
    "<": "<",
    ">": ">",
}
OPPOSITE = {">=": "<", "<=": ">", "==": "!=", "!=": "==", "<": ">=", ">": "<="}
MOST_NAMED = 5
_NOBODY = FactRef("", "?", "")  # a placeholder for labels only; nothing is asked of it


@dataclass(frozen=True, slots=True)
class Claims:
    """Sentences about one expression. `number` says a part by its value, `name` by its label."""

    world: World
    compiled: n.Compiled
    ent: Ent | None
    when: When
    lang: str
    number: Say
    name: Say

    @property
    def zh(self) -> bool:
        return self.lang == "zh"

    def value(self, node: n.Node, bound: Bound) -> Value:
        return self.world.evaluate(self.compiled, self.ent, self.when, node, bound)

    def label(self, path: n.Path) -> str:
        return self.world.plan(self.when).label(path.name, path.entity)(self.lang)

    def text(self, node: n.Node, bound: Bound) -> str:
        """What is the case with a part of the expression."""
        match node:
            case n.Path():
                return self.path(node, bound)
            case n.Not():
                return self.text(node.operand, bound)
            case n.Logic():
                return self.logic(node, bound)
            case n.Comparison():
                return self.comparison(node, bound)
            case n.Membership():
                return self.membership(node, bound)
            case n.Choice():
                return self.choice(node, bound)
            case n.Call():
                return self.absence(node.arguments[0], bound)
            case n.Aggregate():
                return self.aggregate(node, bound)
        return "一律如此" if self.zh else "always so"

    # --- names ---

    def path(self, node: n.Path, bound: Bound) -> str:
        return self.said(self.whose(node, bound) + quoted(self.label(node)), self.value(node, bound), node)

    def whose(self, node: n.Path, bound: Bound) -> str:
        """Whose it is, where it is not the rule's own: `企业 甲公司`."""
        ent = trace.target(self.world, node, self.ent, bound)
        if ent is None or ent is self.ent:
            return ""
        label = self.world.policy.entities[ent.kind].label(self.lang)
        return f"{label} {ent.id}" + ("" if self.zh else " ")

    def said(self, what: str, value: Value, node: n.Path) -> str:
        fact, condition = node.name in self.world.policy.facts, node.name in self.world.plan(self.when).checks
        if isinstance(value, Unknown):
            return (
                f"{what}{'待补' if fact else '待定'}"
                if self.zh
                else f"{what} is not {'given' if fact else 'settled'} yet"
            )
        if fact:
            return (
                f"{what}填“{wording.value(value, node.type)}”"
                if self.zh
                else f"{what}: {wording.value(value, node.type, 'en')}"
            )
        role = (
            self.world.plan(self.when).nodes[node.name].info.role
            if node.name in self.world.plan(self.when).nodes
            else ""
        )
        if condition or role not in ("", "where"):
            return (
                f"{what}{'满足' if value else '不满足'}"
                if self.zh
                else f"{what} is {'' if value else 'not '}met"
            )
        return (
            f"{what}{'成立' if value else '不成立'}"
            if self.zh
            else f"{what} {'holds' if value else 'does not hold'}"
        )

    # --- and, or ---

    def logic(self, node: n.Logic, bound: Bound) -> str:
        held = self.value(node, bound)
        names_only = all(isinstance(part, n.Path) for part in node.parts)
        stop = node.operator == "or"
        chosen: list[n.Node] = []
        asked: set[str] = set()
        for part in node.parts:
            value = self.value(part, bound)
            if isinstance(value, Unknown):
                facts = {path.name for path in n.paths(part)} & set(self.world.policy.facts)
                if isinstance(held, Unknown) and not (facts and facts <= asked):
                    chosen.append(part)
                    asked |= facts
            elif value is held:
                chosen.append(part)
            if value is stop and not names_only:
                break  # what stands right of it need not even make sense
        return ("；" if self.zh else "; ").join(self.together(chosen, bound))

    def together(self, parts: list[n.Node], bound: Bound) -> list[str]:
        """Claims, those of names that come to the same said in one: `“已备案”、“已入统”满足`."""
        said: dict[tuple[str, str], list[str]] = {}
        found: list[str] = []
        for part in parts:
            if isinstance(part, n.Path) and part.name not in self.world.policy.facts:
                whose, value = self.whose(part, bound), self.value(part, bound)
                said.setdefault((whose, self.said("", value, part)), []).append(quoted(self.label(part)))
            else:
                found.append(self.text(part, bound))
        join = "、" if self.zh else ", "
        every = "都" if self.zh else ""
        return [
            f"{whose}{join.join(names)}{every if len(names) > 1 else ''}{says}"
            for (whose, says), names in said.items()
        ] + found

    def choice(self, node: n.Choice, bound: Bound) -> str:
        test = self.value(node.test, bound)
        if isinstance(test, Unknown):
            return self.text(node.test, bound)
        return self.text(node.then if test else node.otherwise, bound)

    # --- comparing ---

    def comparison(self, node: n.Comparison, bound: Bound) -> str:
        left, right = node.operands[0], node.operands[-1]
        equality = len(node.operators) == 1 and node.operators[0] in ("==", "!=")
        if equality and isinstance(left, n.Literal):
            left, right = right, left
        if equality and isinstance(right, n.Literal) and right.value is ABSENT:
            return self.absence(left, bound)
        if equality and isinstance(right, n.Literal) and isinstance(right.value, str):
            return self.option(left, right.value, bound)
        if equality and not left.type.quantity and left.type.kind != "date":
            return self.sameness(left, right, bound)
        return self.quantities(node, bound)

    def quantities(self, node: n.Comparison, bound: Bound) -> str:
        held = self.value(node, bound)
        operators = node.operators
        left, right = node.operands[0], node.operands[-1]
        if (
            isinstance(left, n.Path)
            and isinstance(right, n.Literal)
            and right.value == 0
            and len(operators) == 1
        ):
            if not isinstance(self.value(left, bound), Unknown):
                name = self.whose(left, bound) + quoted(self.label(left))  # `0 ≤ 0` would say nothing
                return f"{name}{'是' if self.zh else ' is '}{self.operand(left, bound)}"
        if held is False and len(operators) == 1:
            operators = (OPPOSITE[operators[0]],)  # what is written is then true
        words = [self.operand(operand, bound) for operand in node.operands]
        if held is False and len(operators) > 1:
            low, x, high = words
            return f"{x}不在{low}至{high}之内" if self.zh else f"{x} is not within {low} to {high}"
        text = words[0]
        for operator, word in zip(operators, words[1:], strict=True):
            text += f" {SIGNS[operator]} {word}"
        if isinstance(held, Unknown):
            return f"还不能确定是否 {text}" if self.zh else f"not settled whether {text}"
        return text

    def operand(self, node: n.Node, bound: Bound) -> str:
        """One side of a comparison by its value; what is quite open, by its name."""
        word = self.number(node, bound, 5)
        if word == wording.UNKNOWN(self.lang):
            return self.name(node, bound, 5) + self.bracket(word)
        return word

    def option(self, left: n.Node, option: str, bound: Bound) -> str:
        value = self.value(left, bound)
        name = left.name if isinstance(left, n.Path) else ""
        policy = self.world.plan(self.when).policy
        options = options_for(policy, name, left.type)
        wanted = quoted(wording.option(option, self.lang, options))
        actual = quoted(wording.value(value, left.type, self.lang, options))
        if name in policy.interpretations:
            label = quoted(self.label(left)) if isinstance(left, n.Path) else ""
            return f"口径{label}采用{actual}" if self.zh else f"the reading {label} is {actual}"
        what = (self.whose(left, bound) if isinstance(left, n.Path) else "") + self.name(left, bound, 5)
        if isinstance(value, Unknown):
            return (
                f"{what}待补，要看是不是{wanted}" if self.zh else f"{what} is not given yet; is it {wanted}?"
            )
        if value == option:
            return f"{what}是{wanted}" if self.zh else f"{what} is {wanted}"
        return f"{what}是{actual}，不是{wanted}" if self.zh else f"{what} is {actual}, not {wanted}"

    def sameness(self, left: n.Node, right: n.Node, bound: Bound) -> str:
        if left.type.kind == "bool":
            return ("；" if self.zh else "; ").join(self.text(side, bound) for side in (left, right))
        words = [self.name(side, bound, 5) for side in (left, right)]
        same = self.world.evaluate(
            self.compiled, self.ent, self.when,
            n.Comparison(("==",), (left, right), left.type, left.at), bound,
        )  # fmt: skip
        if isinstance(same, Unknown):
            return (
                f"{words[0]}与{words[1]}是否相同，待定"
                if self.zh
                else f"not settled whether {words[0]} and {words[1]} are the same"
            )
        shown = [wording.value(self.value(side, bound), side.type, self.lang) for side in (left, right)]
        a, b = (
            f"{word}（{value}）" if self.zh else f"{word} ({value})"
            for word, value in zip(words, shown, strict=True)
        )
        if self.zh:
            return f"{a}与{b}{'相同' if same else '不同'}"
        return f"{a} and {b} are {'the same' if same else 'not the same'}"

    def membership(self, node: n.Membership, bound: Bound) -> str:
        left = node.operand
        policy = self.world.plan(self.when).policy
        options = options_for(policy, left.name if isinstance(left, n.Path) else "", left.type)
        names: Value = self.value(node.members, bound) if isinstance(node.members, n.Path) else node.members
        listed = wording.value(names, node.type, self.lang, options) if isinstance(names, tuple) else ""
        if isinstance(node.members, n.Path):
            listed = quoted(self.label(node.members)) + (self.bracket(listed) if listed else "")
        what = (self.whose(left, bound) if isinstance(left, n.Path) else "") + self.name(left, bound, 5)
        value = self.value(left, bound)
        if isinstance(value, Unknown) or not isinstance(names, tuple):
            return (
                f"{what}待补，要看在不在{listed}之内"
                if self.zh
                else f"{what} is not given yet; is it one of {listed}?"
            )
        actual = quoted(wording.value(value, left.type, self.lang, options))
        inside = value in names
        if self.zh:
            return f"{what}是{actual}，{'在' if inside else '不在'}{listed}之内"
        return f"{what} is {actual}, {'one' if inside else 'none'} of {listed}"

    def absence(self, node: n.Node, bound: Bound) -> str:
        """Whether there is one at all."""
        value = self.value(node, bound)
        what = quoted(self.name(node, bound, 5))
        if isinstance(value, Unknown) and value.absent:
            return f"{what}待补" if self.zh else f"{what} is not given yet"
        if value is ABSENT:
            return f"{what}填“无”" if self.zh else f"{what}: none"
        if node.type.kind == "ref" or isinstance(value, Unknown):
            return f"{what}有" if self.zh else f"{what}: there is one"
        shown = wording.value(value, node.type, self.lang)
        return f"{what}是{shown}" if self.zh else f"{what} is {shown}"

    # --- of many ---

    def aggregate(self, node: n.Aggregate, bound: Bound) -> str:
        """`any` and `all`: who meets it or does not, or that nobody does."""
        over = quoted(self.label(node.relation))
        wanted = self.sense(node, bound)
        held = self.value(node, bound)
        members = trace.members(self.world, node, self.ent, bound)
        every = node.function == "all"
        if isinstance(held, Unknown):
            if every:
                return (
                    f"{over}是否都符合{wanted}，待定"
                    if self.zh
                    else f"not settled whether all of {over} meet {wanted}"
                )
            return (
                f"{over}里有没有符合{wanted}的，待定"
                if self.zh
                else f"not settled whether any of {over} meets {wanted}"
            )
        if not members:
            return f"没有{over}" if self.zh else f"there is no {over}"
        if every and held:
            return f"{over}都符合{wanted}" if self.zh else f"all of {over} meet {wanted}"
        if not every and not held:
            return f"{over}里没有符合{wanted}的" if self.zh else f"none of {over} meets {wanted}"
        who = self.who(node, members, bound, not every)
        if self.zh:
            return f"{over}里{'符合' if not every else '不符合'}{wanted}的：{who}"
        return f"of {over}, {'meeting' if not every else 'not meeting'} {wanted}: {who}"

    def who(self, node: n.Aggregate, members: list[Ent], bound: Bound, wanted: bool) -> str:
        found = []
        for member in members:
            inner = {**bound, node.variable: member}
            counted = node.where is None or self.value(node.where, inner) is True
            if counted and self.value(node.item, inner) is wanted:
                found.append(member.id)
        names = ("、" if self.zh else ", ").join(found[:MOST_NAMED])
        more = f"等{len(found)}个" if self.zh else f" and others, {len(found)} in all"
        return names + (more if len(found) > MOST_NAMED else "")

    def sense(self, node: n.Aggregate, bound: Bound) -> str:
        """What the members are tested for, in names."""
        inner = {**bound, node.variable: example(self.world, node, self.ent, bound)}
        tests = [part for part in (node.where, node.item) if part is not None]
        return ("且" if self.zh else " and ").join(self.wanted(test, inner) for test in tests)

    def wanted(self, node: n.Node, bound: Bound) -> str:
        """A condition in names, as something to be met: `“成员合格”且“属于中小企业”`."""
        match node:
            case n.Path():
                return quoted(self.label(node))
            case n.Not(operand=operand):
                return (
                    f"不符合{self.wanted(operand, bound)}"
                    if self.zh
                    else f"not {self.wanted(operand, bound)}"
                )
            case n.Logic():
                kept = self.kept(node, bound)
                word = {"and": "且", "or": "或"} if self.zh else {"and": " and ", "or": " or "}
                words = [self.wanted(part, bound) for part in kept]
                if len(words) > 1:
                    several = [isinstance(part, n.Logic) and len(self.kept(part, bound)) > 1 for part in kept]
                    words = [
                        self.bracket(w).strip() if many else w for w, many in zip(words, several, strict=True)
                    ]
                return word[node.operator].join(words)
            case n.Choice():
                test = self.value(node.test, bound)
                return self.wanted(node.then if test is not False else node.otherwise, bound)
            case n.Comparison(operators=("==",) | ("!=",)) if _optioned(node):
                left, right = sorted(node.operands, key=lambda side: isinstance(side, n.Literal))
                options = options_for(
                    self.world.plan(self.when).policy,
                    left.name if isinstance(left, n.Path) else "",
                    left.type,
                )
                option = wording.option(str(getattr(right, "value", "")), self.lang, options)
                same = node.operators[0] == "=="
                verb = ("是" if same else "不是") if self.zh else (" is " if same else " is not ")
                return quoted(f"{self.name(left, bound, 5)}{verb}{option}")
            case n.Comparison():
                words = [self.name(operand, bound, 5) for operand in node.operands]
                signs = [SIGNS[operator] for operator in node.operators]
                return quoted(
                    words[0] + "".join(f" {sign} {w}" for sign, w in zip(signs, words[1:], strict=True))
                )
            case n.Membership():
                return quoted(self.listed(node, bound))
            case n.Aggregate():
                over = quoted(self.label(node.relation))
                wanted, every = self.sense(node, bound), node.function == "all"
                if self.zh:
                    return f"{over}{'都' if every else '里有'}符合{wanted}{'' if every else '的'}"
                return f"{'all' if every else 'one'} of {over} meeting {wanted}"
            case n.Literal():
                return self.text(node, bound)
        return quoted(self.name(node, bound, 0))

    def listed(self, node: n.Membership, bound: Bound) -> str:
        """A list that something is to be in, in names."""
        left = node.operand
        if isinstance(node.members, n.Path):
            members = self.label(node.members)
        else:
            policy = self.world.plan(self.when).policy
            options = options_for(policy, left.name if isinstance(left, n.Path) else "", left.type)
            members = wording.value(node.members, node.type, self.lang, options)
        if self.zh:
            return f"{self.name(left, bound, 5)}{'不在' if node.negated else '在'}{members}之内"
        return f"{self.name(left, bound, 5)} is {'none' if node.negated else 'one'} of {members}"

    def kept(self, node: n.Logic, bound: Bound) -> list[n.Node]:
        """The parts that ask for something of the case, not which reading is in use."""
        readings = self.world.policy.interpretations
        names = [[path.name for path in n.paths(part)] for part in node.parts]
        asked = [
            p
            for p, there in zip(node.parts, names, strict=True)
            if not there or any(x not in readings for x in there)
        ]
        return asked or list(node.parts)

    def bracket(self, text: str) -> str:
        return f"（{text}）" if self.zh else f" ({text})"


def _optioned(node: n.Comparison) -> bool:
    return any(isinstance(side, n.Literal) and isinstance(side.value, str) for side in node.operands)


def example(world: World, node: n.Aggregate, ent: Ent | None, bound: Bound) -> Ent:
    """A member to take labels from: a real one, or a placeholder."""
    found = trace.members(world, node, ent, bound)
    return found[0] if found else world.stand_in(node.relation.type.entity, _NOBODY)
