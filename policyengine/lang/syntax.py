"""Text of an expression to a checked Python syntax tree; nothing outside the language gets through.

The text is screened before Python's parser sees it (characters, depth), and the tree is screened
after (an allow-list of node kinds). Numbers are read from the text again, never from Python's floats.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from policyengine.diagnostics import Diagnostic, diagnostic
from policyengine.source import Span

MAX_CHARACTERS = 2_000
MAX_NODES = 200
ROOM = 100
MAX_DEPTH = 24
MAX_DIGITS = 18

NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
AGGREGATES = ("sum", "count", "any", "all", "min", "max")
CONSTANTS = ("true", "false", "none")

# What a Chinese keyboard types, or another language spells, and what is meant.
FULL_WIDTH = {
    "：": ":", "，": ",", "（": "(", "）": ")", "＞": ">", "＜": "<", "＝": "==", "＋": "+",
    "－": "-", "＊": "*", "／": "/", "％": "%", "．": ".", "“": "'", "”": "'", "‘": "'", "’": "'",
    "【": "(", "】": ")", "；": ";", "！": "not", "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/",
    "—": "-", "−": "-", "、": ",", "　": " ", "\u00a0": " ", "\t": " ",
}  # fmt: skip
FOREIGN = (("&&", "and"), ("||", "or"), ("<>", "!="), ("=>", ">="), ("=<", "<="), ("**", "*"))
DAY = re.compile(r"(?<![\w.])([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?![\w.])")
PERCENT = re.compile(r"(?<![\w.])[0-9][0-9.]*%")
WRITTEN = re.compile(r"(?<![\w.])[0-9][0-9.,]*$")
REFUSED = "#\\;@$?`{}&|^~:%!"

_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add,
    ast.Sub, ast.Mult, ast.Div, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In,
    ast.NotIn, ast.IfExp, ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.List,
    ast.GeneratorExp, ast.comprehension, ast.Load, ast.Store,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expr:
    """A parsed expression. `tree` is Python's own, inside the language; `span` covers `text` in its file.

    `exact`: characters of `text` and of the file correspond, so that a column is a column.
    """

    text: str
    span: Span
    tree: ast.expr
    exact: bool = True

    def at(self, node: ast.AST) -> Span:
        """The place of a part of the tree in the file."""
        return place(self.span, self.exact, node)


def place(span: Span, exact: bool, node: ast.AST) -> Span:
    """The place of a tree node inside an expression's span; the whole where columns are not exact."""
    start = getattr(node, "col_offset", None)
    end = getattr(node, "end_col_offset", None)
    if not exact or start is None or end is None:
        return span
    return span.sub(start, end)


def parse(
    text: str, span: Span, exact: bool = True, roomy: bool = False
) -> tuple[Expr | None, list[Diagnostic]]:
    """The expression, or what is wrong with it.

    `roomy`: a hundred times the size, for what the engine itself puts together from named parts.
    """
    room = ROOM if roomy else 1
    found = _screen(text, span, exact, room)
    if found:
        return None, found
    lead = len(text) - len(text.lstrip(" "))
    span = span.sub(lead, len(text)) if exact and lead else span
    text = text.strip(" ")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as `1 is x`, which is refused below anyway
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        return None, [_syntax(text, span, exact, error)]
    except (ValueError, RecursionError, MemoryError):
        return None, [diagnostic("expression-too-large", span, limit=MAX_NODES)]
    expr = Expr(text, span, tree, exact)
    found = list(_examine(expr, room))
    return (None if found else expr), found


def _screen(text: str, span: Span, exact: bool, room: int) -> list[Diagnostic]:
    """What can be seen without parsing."""
    if not text.strip():
        return [diagnostic("empty-expression", span)]
    if len(text) > MAX_CHARACTERS * room:
        return [diagnostic("expression-too-large", span, limit=MAX_CHARACTERS)]
    found = list(_characters(text, span, exact))
    if found:
        return found
    if _depth(text) > MAX_DEPTH:
        return [diagnostic("expression-too-large", span, limit=MAX_DEPTH)]
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", lambda m: " " * len(m.group()), text)
    for wrong, right in FOREIGN:
        if (i := bare.find(wrong)) >= 0:
            here = span.sub(i, i + len(wrong)) if exact else span
            return [diagnostic("not-in-language", here, what=wrong, instead=right)]
    match = DAY.search(bare)
    if match:
        here = span.sub(*match.span()) if exact else span
        instead = "date({}, {}, {})".format(*(int(part) for part in match.groups()))
        return [diagnostic("not-in-language", here, what=match.group(), instead=instead)]
    match = PERCENT.search(bare)
    if match:
        here = span.sub(*match.span()) if exact else span
        return [diagnostic("magic-number", here, number=match.group())]
    match = re.search(r"(?<![=!<>])=(?!=)", bare)
    if match:
        here = span.sub(match.start(), match.end()) if exact else span
        return [diagnostic("single-equals", here)]
    for i, char in enumerate(bare):
        if char in REFUSED and not bare.startswith("!=", i):
            here = span.sub(i, i + 1) if exact else span
            return [diagnostic("not-in-language", here, what=char, instead=_instead(bare, i))]
    return []


def _instead(text: str, i: int) -> str:
    return "not" if text[i] == "!" else ""


def _characters(text: str, span: Span, exact: bool) -> Iterator[Diagnostic]:
    """Characters that no expression holds; a run of them (Chinese, most often) is one finding."""
    i = 0
    while i < len(text):
        start, i = i, i + 1
        if text[start] in FULL_WIDTH:
            here = span.sub(start, i) if exact else span
            yield diagnostic(
                "full-width-in-expression", here, char=text[start], ascii=FULL_WIDTH[text[start]]
            )
        elif not " " <= text[start] <= "~":
            while i < len(text) and not " " <= text[i] <= "~" and text[i] not in FULL_WIDTH:
                i += 1
            number = WRITTEN.search(text[:start])
            first = number.start() if number else start
            here = span.sub(first, i) if exact else span
            if number:  # 500万元
                yield diagnostic("magic-number", here, number=text[first:i])
            else:
                yield diagnostic("name-not-ascii", here, name=text[start:i])


def _depth(text: str) -> int:
    """A bound of the nesting that Python's parser would see."""
    depth = deepest = run = 0
    for token in re.findall(r"'[^']*'|\"[^\"]*\"|not\b|\w+|[^\s\w]", text):
        if token in "([":
            depth += 1
        elif token in ")]":
            depth -= 1
        run = run + 1 if token in ("not", "-", "+") else 0
        deepest = max(deepest, depth + run)
    return deepest


def _syntax(text: str, span: Span, exact: bool, error: SyntaxError) -> Diagnostic:
    offset = max(0, (error.offset or 1) - 1)
    end = max(offset + 1, (error.end_offset or 0) - 1)
    here = span.sub(offset, min(end, len(text))) if exact and offset < len(text) else span
    quotes = [quote for quote in "'\"" if text.count(quote) % 2]
    brackets = text.count("(") - text.count(")")
    return diagnostic(
        "expression-syntax", here, text=text,
        quote="".join(quotes[:1]),
        open="(" if brackets > 0 and not quotes else "",
        close=")" if brackets < 0 and not quotes else "",
    )  # fmt: skip


def _examine(expr: Expr, room: int) -> Iterator[Diagnostic]:
    """Everything in the tree that is not of the language."""
    count = 0
    generators: set[int] = set()
    stack: list[tuple[ast.AST, int]] = [(expr.tree, 1)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MAX_NODES * room or depth > MAX_DEPTH:
            limit = MAX_NODES if count > MAX_NODES * room else MAX_DEPTH
            yield diagnostic("expression-too-large", expr.span, limit=limit)
            return
        if not isinstance(node, _ALLOWED):
            yield diagnostic("not-in-language", expr.at(node), what=_name(node))
            continue
        yield from _local(expr, node, generators)
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context | ast.operator | ast.boolop | ast.unaryop | ast.cmpop):
                same_chain = isinstance(node, ast.BinOp) and child is node.left
                stack.append((child, depth if same_chain else depth + 1))
            elif not isinstance(child, _ALLOWED):
                yield diagnostic("not-in-language", expr.at(node), what=_name(child))


def _name(node: ast.AST) -> str:
    known = {
        "Pow": "**", "FloorDiv": "//", "Mod": "%", "Is": "is", "IsNot": "is not", "Lambda": "lambda",
        "ListComp": "[… for …]", "Subscript": "[…]", "JoinedStr": "f'…'", "UAdd": "+",
        "Dict": "{…}", "Set": "{…}", "Starred": "*", "NamedExpr": ":=",
    }  # fmt: skip
    return known.get(type(node).__name__, type(node).__name__)


def _local(expr: Expr, node: ast.AST, generators: set[int]) -> Iterator[Diagnostic]:
    """Rules of one node: what a call, a generator, a list, a constant and a chain may look like."""
    match node:
        case ast.Call():
            yield from _call(expr, node, generators)
        case ast.GeneratorExp():
            yield from _generator(expr, node, generators)
        case ast.Attribute():
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                inner = inner.value
            if not isinstance(inner, ast.Name):
                yield diagnostic("not-in-language", expr.at(node), what="(…).name")
        case ast.Compare():
            yield from _comparison(expr, node)
        case ast.Constant():
            yield from _constant(expr, node)
        case ast.Name(id=("True" | "False" | "None") as name):
            yield diagnostic("not-in-language", expr.at(node), what=name, instead=name.lower())


def _call(expr: Expr, node: ast.Call, generators: set[int]) -> Iterator[Diagnostic]:
    if not isinstance(node.func, ast.Name):
        yield diagnostic("not-in-language", expr.at(node), what="name.method(…)")
    if node.keywords:
        yield diagnostic("not-in-language", expr.at(node), what="name=…")
    if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        if isinstance(node.func, ast.Name) and node.func.id in AGGREGATES:
            generators.add(id(node.args[0]))


def _generator(expr: Expr, node: ast.GeneratorExp, generators: set[int]) -> Iterator[Diagnostic]:
    loop = node.generators[0]
    plain = (
        id(node) in generators
        and len(node.generators) == 1
        and isinstance(loop.target, ast.Name)
        and isinstance(loop.iter, ast.Name | ast.Attribute)
        and len(loop.ifs) <= 1
        and not loop.is_async
    )
    if not plain:
        yield diagnostic("bad-generator", expr.at(node))


def _comparison(expr: Expr, node: ast.Compare) -> Iterator[Diagnostic]:
    kinds = {type(op) for op in node.ops}
    rising = len(node.ops) == 2 and kinds <= {ast.Lt, ast.LtE}
    falling = len(node.ops) == 2 and kinds <= {ast.Gt, ast.GtE}
    if len(node.ops) > 1 and not rising and not falling:
        yield diagnostic("bad-chain", expr.at(node))
    for op, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn) and not _is_set(right):
            yield diagnostic("bad-membership", expr.at(right))


def _is_set(node: ast.expr) -> bool:
    """A list of quoted options, or a name."""
    if isinstance(node, ast.Tuple | ast.List):
        return all(_is_text(item) for item in node.elts)
    return isinstance(node, ast.Name | ast.Attribute)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _constant(expr: Expr, node: ast.Constant) -> Iterator[Diagnostic]:
    if isinstance(node.value, bool) or node.value is None:
        word = str(node.value)
        yield diagnostic("not-in-language", expr.at(node), what=word, instead=word.lower())
    elif isinstance(node.value, int | float | complex):
        written = expr.text[node.col_offset : node.end_col_offset]
        if not NUMBER.fullmatch(written) or sum(c.isdigit() for c in written) > MAX_DIGITS:
            yield diagnostic("bad-number", expr.at(node), text=written)
    elif not isinstance(node.value, str):
        yield diagnostic("not-in-language", expr.at(node), what=_name(node))
