"""The checked expression: the only thing that is ever evaluated.

Every node knows its type and where in the text it stands. Names are resolved: a path says from
where it starts, which references it walks and which value it reads, so that nothing is looked up by
attribute when it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from policyengine.lang.syntax import Expr
from policyengine.values import Known, Type

At = tuple[int, int]  # start and end in the expression's text

OWN = ""  # a path from the entity that the rule is about
POLICY = "*"  # a parameter or a value of the policy as a whole
SELF = "self"
AS_OF = "as_of"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant that stands in the text: a number, truth value, option, or `none`."""

    value: Known
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Path:
    """A value read by name: from `root` along `refs`, the value `name` of entity kind `entity`.

    `root` is `OWN`, `POLICY`, or a generator's variable. `entity` is "" for policy-level values.
    `relation` is true where the name is a relation (a set of entities) and stands in an aggregate. `plain`: a value of the
    rule's own entity, and nothing else, which most paths are.
    """

    root: str
    refs: tuple[str, ...]
    name: str
    entity: str
    type: Type
    at: At
    relation: bool = False
    plain: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        alone = self.root == OWN and not self.refs and self.name not in (AS_OF, SELF)
        object.__setattr__(self, "plain", alone and self.type.kind != "ref")

    @property
    def text(self) -> str:
        start = [] if self.root in (OWN, POLICY) else [self.root]
        return ".".join([*start, *self.refs, self.name])


@dataclass(frozen=True, slots=True)
class Not:
    operand: Node
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Node
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * /`"""

    operator: str
    left: Node
    right: Node
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over two or more parts, read left to right."""

    operator: str
    parts: tuple[Node, ...]
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b`, or `a <= b <= c` with two operators and three operands."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Membership:
    """`a in b`, where b is a list of options or a path to a set."""

    operand: Node
    members: tuple[str, ...] | Path
    negated: bool
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if test else otherwise`"""

    test: Node
    then: Node
    otherwise: Node
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in function over values."""

    function: str
    arguments: tuple[Node, ...]
    type: Type
    at: At


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`function(item for variable in relation if where)`"""

    function: str
    item: Node
    variable: str
    relation: Path
    where: Node | None
    type: Type
    at: At


Node = (
    Literal | Path | Not | Negative | Binary | Logic | Comparison | Membership | Choice | Call | Aggregate
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked expression together with its text and place."""

    expr: Expr
    node: Node

    @property
    def type(self) -> Type:
        return self.node.type


def children(node: Node) -> tuple[Node, ...]:
    """The direct parts of a node, in reading order."""
    match node:
        case Literal() | Path():
            return ()
        case Not() | Negative():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Logic():
            return node.parts
        case Comparison():
            return node.operands
        case Membership():
            return (node.operand, node.members) if isinstance(node.members, Path) else (node.operand,)
        case Choice():
            return (node.test, node.then, node.otherwise)
        case Call():
            return node.arguments
        case Aggregate():
            where = () if node.where is None else (node.where,)
            return (node.relation, *where, node.item)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def paths(node: Node) -> Iterator[Path]:
    """Every name that the expression reads."""
    return (part for part in walk(node) if isinstance(part, Path))
