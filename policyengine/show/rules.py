"""Pages about what is computed: conditions, values, awards, limits, splits, and single parts of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from policyengine import model as m
from policyengine import plan as p
from policyengine.checks.common import Entry
from policyengine.labels import MODES, Options, kind_word, options_of, quoted
from policyengine.lang.nodes import Compiled, Path
from policyengine.render.shapes import Block, Item, Pairs
from policyengine.show.book import Book

CONDITION = m.Label("条件", "Condition")
VALUE = m.Label("计算项", "Computed value")
PROGRAM = m.Label("奖补项目", "Award")
QUOTA = m.Label("个数限制", "Limit of number")
POOL = m.Label("合用的限额", "Shared cap")
SPLIT = m.Label("分配", "Split")
CHECK = m.Label("材料核对", "Check of the case")
PART = m.Label("其中一步", "One step")


# --- conditions --------------------------------------------------------------------------------


def condition(book: Book, c: m.Condition) -> Iterator[Block]:
    """A condition: what it asks, exceptions, what is said where it fails, and what it belongs to."""
    yield from book.title(c.label, c.name, CONDITION, c.entity)
    yield book.heading("要求", "Requirement")
    parts = members(book, c)
    if parts:
        yield Item("·", book.t("下面各条都要满足：", "All of these:"))
        yield from (Item("-", f"{label}  {name}") for name, label in parts)
    else:
        yield from _formula(book, _test(book, c.name))
    yield from _exceptions(book, c.name, c.unless)
    yield from fails(book, c.name)
    yield from book.basis(c.cited)
    whole = book.policy.conditions.get(c.part_of)
    program = book.policy.programs.get(c.part_of.removesuffix(".eligible"))
    if whole is not None:
        yield book.heading("属于", "Part of")
        yield Item("·", f"{whole.label(book.lang)}  {whole.name}")
    elif program is not None:
        yield book.heading("属于", "Part of")
        yield Item("·", f"{program.label(book.lang)}  {program.name}")
    else:
        yield from book.used_by([c.name], c.name)


def members(book: Book, c: m.Condition) -> list[tuple[str, str]]:
    """The conditions of a group: name and label; none for a condition with a test."""
    if c.test is not None:
        return []
    return [(o.name, o.label(book.lang)) for o in book.policy.conditions.values() if o.part_of == c.name]


def _test(book: Book, name: str) -> Compiled | None:
    node = book.plan.nodes.get(f"{name}.test") or book.plan.nodes.get(name)
    return node.formula if isinstance(node, p.FormulaNode) else None


def _exceptions(book: Book, owner: str, unless: Iterable[m.Exception_]) -> Iterator[Block]:
    found = list(unless)
    if not found:
        return
    yield book.heading("例外（有下面情形的，也算满足）", "Exceptions (where one holds, the condition is met)")
    for u in found:
        lines = _lines(book, f"{owner}.{u.name}")
        quotes = [f"“{quote}”" for quote in u.cited.quotes]
        yield Item("·", u.label(book.lang), (*lines, *quotes))


def fails(book: Book, name: str) -> Iterator[Block]:
    """What is said where a condition is not met; names that are filled in stand in 〔〕."""
    check = book.plan.checks.get(name)
    message = (check.zh if book.zh else check.en) if check else None
    if message is not None:
        yield book.heading("不满足时这样说明", "What is said where it is not met")
        said = [part if isinstance(part, str) else f"〔{book.say.text(part)}〕" for part in message.parts]
        yield Item("·", "".join(said))


def _formula(book: Book, compiled: Compiled | None, options: Options | None = None) -> Iterator[Item]:
    if compiled is not None:
        for line in book.say.lines(compiled, options):
            yield Item("-", line.removeprefix("- ")) if line.startswith("- ") else Item("·", line)


def _lines(book: Book, name: str) -> tuple[str, ...]:
    """The lines of a node's expression."""
    node = book.plan.nodes.get(name)
    return tuple(book.say.lines(node.formula)) if isinstance(node, p.FormulaNode) else ()


# --- values ------------------------------------------------------------------------------------


def value(book: Book, v: m.Derived) -> Iterator[Block]:
    """A computed value: its kind, how it is computed, and who uses it."""
    yield from book.title(v.label, v.name, VALUE, v.entity)
    yield Pairs(((book.t("是什么", "what it is"), _kind(book, v)),))
    yield book.heading("怎样得出", "How it is found")
    yield from _chosen(book, v) if v.choose_by is not None else _found(book, v.name, v.options)
    yield from book.basis(v.cited)
    yield from book.used_by([v.name], v.name)


def _chosen(book: Book, v: m.Derived) -> Iterator[Block]:
    """A value that takes the amount of the award that was applied for."""
    by = book.plan.nodes.get(f"{v.name}.option")
    if not isinstance(by, p.FormulaNode):
        return
    fact = book.say.text(by.formula)
    options = options_of(book.policy, by.formula.node.name) if isinstance(by.formula.node, Path) else {}
    yield Item(
        "·",
        book.t(f"看{quoted(fact)}选了哪一项，就取那一项的金额", f"the amount of what {quoted(fact)} names"),
    )
    for name in v.choose_among:
        option = options[name](book.lang) if name in options else name
        amount = book.say.label(f"{name}.amount")
        yield Item("-", book.t(f"选{quoted(option)}：{amount}", f"{quoted(option)}: {amount}"))


def _kind(book: Book, v: m.Derived) -> str:
    word = kind_word(v.type, book.lang)
    return f"{word}{book.t('：', ': ')}{book.options(v.name)}" if v.options else word


def _found(book: Book, name: str, options: Options) -> Iterator[Block]:
    node = book.plan.nodes.get(name)
    if isinstance(node, p.FormulaNode):
        yield from _formula(book, node.formula, options)
    elif isinstance(node, p.CasesNode):
        for row in node.rows:
            when, then = book.say.text(row.when), book.say.text(row.then, options)
            quotes = [f"“{quote}”" for quote in row.cited.quotes]
            lines = (book.pair(book.t("当", "when"), when), book.pair(book.t("取", "then"), then), *quotes)
            yield Item("·", row.label(book.lang), lines)
        yield Item("·", book.pair(book.t("其余情形", "otherwise"), book.say.text(node.otherwise, options)))


# --- awards ------------------------------------------------------------------------------------

_ORDER = (
    "base", "base_rate", "points", "multiplier", "rate", "computed", "at_least", "cap", "capped", "round_to",
    "round_mode", "rounded", "pay_from", "amount",
)  # fmt: skip


def program(book: Book, g: m.Program) -> Iterator[Block]:
    """An award: what must hold, and every step of the amount, in order."""
    yield from book.title(g.label, g.name, PROGRAM, g.entity)
    needed = _parts(book, g.name, ("requires",))
    if needed:
        yield book.heading("先要满足", "What must hold first")
        yield from (Item("·", book.say.text(node.formula)) for node in needed)
    if g.conditions:
        yield book.heading("本项目自己的条件", "Its own conditions")
        for c in g.conditions:
            test = _test(book, c.name)
            lines = book.say.lines(test) if test is not None else []
            quotes = [f"“{quote}”" for quote in c.cited.quotes]
            yield Item("·", f"{c.label(book.lang)}  {c.name}", (*lines, *quotes))
    yield book.heading("金额怎样算（按次序）", "How the amount is found, in order")
    for i, node in enumerate(_parts(book, g.name, _ORDER), 1):
        label, lines = node.info.label(book.lang), book.say.lines(node.formula, MODES)
        yield (
            Item(str(i), book.pair(label, lines[0])) if len(lines) == 1 else Item(str(i), label, tuple(lines))
        )
    yield from book.basis(g.cited)
    yield from book.used_by(_names(book, g.name), g.name)


def _parts(book: Book, owner: str, roles: tuple[str, ...]) -> list[p.FormulaNode]:
    """The parts of an entry in the given roles, in the order of the roles."""
    nodes = [n for n in book.plan.nodes.values() if n.info.owner == owner and n.info.role in roles]
    ordered = sorted(nodes, key=lambda n: (roles.index(n.info.role), n.info.name))
    return [node for node in ordered if isinstance(node, p.FormulaNode)]


def _names(book: Book, owner: str) -> list[str]:
    return [name for name, node in book.plan.nodes.items() if node.info.owner == owner]


# --- limits and splits -------------------------------------------------------------------------


def limit(book: Book, g: m.Limit) -> Iterator[Block]:
    """A quota or a pool: over which group, what counts, in which order, how much."""
    quota = g.kind == "quota"
    yield from book.title(g.label, g.name, QUOTA if quota else POOL, g.entity)
    yield book.heading("怎样算", "How it works")
    rows = [
        (("放在一起比的", "compared together"), _group(book, g.name)),
        (("其中算数的", "which count"), _where(book, g.name, g.where is not None)),
    ]
    if quota:
        rows += [
            (("怎样排先后", "ranked by"), _by(book, g)),
            (("留下的个数", "how many stay"), _one(book, g, "keep")),
        ]
    else:
        rows.append((("各自应得", "each asks for"), _one(book, g, "of")))
        rows.append((("合起来不超过", "together not above"), _one(book, g, "limit")))
        rows.append((("不够时", "where it is not enough"), _method(book, g)))
    yield Pairs(tuple((book.t(*name), said) for name, said in rows))
    yield from _exceptions(book, g.name, g.unless)
    yield from fails(book, g.name)
    yield from book.basis(g.cited)
    yield from book.used_by(_names(book, g.name), g.name)


def allocation(book: Book, g: m.Allocation) -> Iterator[Block]:
    """A split: of what, among whom, in which proportion."""
    yield from book.title(g.label, g.name, SPLIT, g.entity)
    yield book.heading("怎样分", "How it is split")
    left = book.t(
        "依次给余数最大的，各份加起来正好等于总数",
        "goes to the largest remainders, so that the shares add up",
    )
    rows = [
        (("一起分的", "who shares"), _group(book, g.name)),
        (("其中分得到的", "which take part"), _where(book, g.name, g.where is not None)),
        (("分多少", "what is split"), _one(book, g, "total")),
        (("按什么比例", "in proportion to"), _one(book, g, "weight")),
        (("每份取到", "each share is rounded to"), _one(book, g, "round_to")),
        (("零头", "what is left over"), left),
    ]
    yield Pairs(tuple((book.t(*name), said) for name, said in rows))
    yield from book.basis(g.cited)
    yield from book.used_by(_names(book, g.name), g.name)


def _group(book: Book, name: str) -> str:
    keys = [quoted(book.say.text(node.formula)) for node in _parts(book, name, ("key",))]
    return book.join(keys) + book.t("都相同的" if len(keys) > 1 else "相同的", " the same")


def _where(book: Book, name: str, given: bool) -> str:
    node = book.plan.nodes.get(f"{name}.where")
    if not given or not isinstance(node, p.FormulaNode):
        return book.t("全部", "all")
    return book.say.text(node.formula)


def _one(book: Book, g: m.Limit | m.Allocation, role: str) -> str:
    return book.t("；", "; ").join(book.say.text(node.formula) for node in _parts(book, g.name, (role,)))


def _by(book: Book, g: m.Limit) -> str:
    said = []
    for key, node in zip(g.by, _parts(book, g.name, ("by",)), strict=True):
        order = ("从大到小", "largest first") if key.descending else ("从小到大", "smallest first")
        said.append(f"{book.say.text(node.formula)}{book.t('（', ' (')}{book.t(*order)}{book.t('）', ')')}")
    return book.t("，再看", ", then ").join(said)


def _method(book: Book, g: m.Limit) -> str:
    if g.method == "in_order":
        by = _by(book, g)
        return book.t(
            f"排在前面的先得，用完为止；次序：{by}",
            f"those before are paid first, until it is used up; order: {by}",
        )
    return book.t("各自按同一比例减少", "all are cut in the same proportion")


# --- the rest ----------------------------------------------------------------------------------


def constraint(book: Book, k: m.Constraint) -> Iterator[Block]:
    """What a case may not contradict."""
    yield from book.title(m.Label(k.name), k.name, CHECK, k.entity)
    rule = next(r for r in book.plan.rules if r.constraint.name == k.name)
    yield book.heading("材料应当符合", "What must hold")
    yield from _formula(book, rule.test)
    message = rule.zh if book.zh else rule.en
    yield book.heading("不符合时退回，并这样说明", "Where it does not, the case is returned with these words")
    yield Item("·", "".join(x if isinstance(x, str) else f"〔{book.say.text(x)}〕" for x in message.parts))
    yield from book.basis(k.cited)


def part(book: Book, name: str) -> Iterator[Block]:
    """One step of an entry: `equipment.rate`."""
    info = book.plan.nodes[name].info
    yield from book.title(info.label, name, PART, info.entity)
    yield Pairs(((book.t("属于", "part of"), f"{book.entry_label(info.owner)}  {info.owner}"),))
    yield book.heading("怎样得出", "How it is found")
    node = book.plan.nodes[name]
    if isinstance(node, p.FormulaNode):
        yield from _formula(book, node.formula, MODES)
    elif isinstance(node, p.RankNode):
        yield Item("·", book.t("在算数的里面从前往后数，排第几", "its place among those that count"))
    yield from book.basis(info.cited)
    yield from book.used_by([name], info.name)


def in_short(book: Book, entry: Entry) -> Iterator[str]:
    """How an entry is computed, in a line or two, for the page of a sentence."""
    policy = book.policy
    if entry.name in policy.programs:
        yield _award(book, entry.name)
    elif entry.name in policy.values:
        yield from _value_in_short(book, policy.values[entry.name])
    elif entry.name in policy.limits or entry.name in policy.allocations:
        whole = policy.limits.get(entry.name) or policy.allocations[entry.name]
        yield _group_in_short(book, whole)
    elif entry.name in policy.conditions and policy.conditions[entry.name].test is None:
        parts = [label for _, label in members(book, policy.conditions[entry.name])]
        yield book.pair(book.t("都要满足", "all of"), book.join(parts))
    else:
        test = _test(book, entry.name)
        if test is not None:
            yield from book.say.lines(test)


def _value_in_short(book: Book, v: m.Derived) -> Iterator[str]:
    node = book.plan.nodes.get(v.name)
    if isinstance(node, p.FormulaNode):
        yield from book.say.lines(node.formula, v.options)
    elif isinstance(node, p.CasesNode):
        labels = book.join(row.label(book.lang) for row in node.rows)
        otherwise = book.say.text(node.otherwise, v.options)
        yield book.t(f"分情形：{labels}；其余情形取{otherwise}", f"by case: {labels}; otherwise {otherwise}")


def _group_in_short(book: Book, g: m.Limit | m.Allocation) -> str:
    group = _group(book, g.name)
    if isinstance(g, m.Allocation):
        total, weight = _one(book, g, "total"), _one(book, g, "weight")
        return book.t(
            f"{group}，一起分“{total}”，按“{weight}”的比例",
            f"{group} share {total} in proportion to {weight}",
        )
    if g.kind == "quota":
        keep = _one(book, g, "keep")
        return book.t(f"{group}，留下的个数：{keep}", f"of those with {group}, as many stay as: {keep}")
    cap = _one(book, g, "limit")
    return book.t(f"{group}，合起来不超过：{cap}", f"those with {group}, together not above: {cap}")


def _award(book: Book, name: str) -> str:
    """The award in one line: base times rate, not above the cap."""
    parts: Mapping[str, list[str]] = {
        role: [book.say.text(node.formula) for node in _parts(book, name, (role,))] for role in _ORDER
    }
    if parts["base_rate"]:
        added = " + ".join([*parts["base_rate"], *parts["points"]])
        text = f"{parts['base'][0]} ×（{added}）" if book.zh else f"{parts['base'][0]} × ({added})"
        text += "".join(f" × {factor}" for factor in parts["multiplier"])
    else:
        text = parts["computed"][0]
    if parts["cap"]:
        text += book.t(f"，不超过{parts['cap'][0]}", f", not above {parts['cap'][0]}")
    return text


__all__ = ["allocation", "condition", "constraint", "in_short", "limit", "part", "program", "value"]
