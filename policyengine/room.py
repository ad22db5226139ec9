"""Room on the stack for values that rest on each other.

A value is computed when it is first asked for, which asks for those that it rests on. How deep that goes is
known before: `depths` adds up the longest chain of a plan, and a check refuses a policy whose chain is longer
than the room that is made here.
"""

from __future__ import annotations

import sys

from policyengine import plan as p
from policyengine.lang import nodes as n

FRAMES = 6_000
LONGEST = 4_000  # of a policy's chain; the rest is for whoever calls
NAME, LEVEL, GROUP = 10, 3, 14  # frames for reading a name, for a level of brackets, for a group rule


def make_room() -> None:
    """Let Python nest deep enough for the longest chain that is allowed; never less deep than before."""
    if sys.getrecursionlimit() < FRAMES:
        sys.setrecursionlimit(FRAMES)


def depths(plan: p.Plan) -> dict[str, int]:
    """How many frames each name may need, itself and the longest chain below it."""
    found: dict[str, int] = {}
    for name, node in plan.nodes.items():  # in an order in which each stands after what it reads
        own = NAME + LEVEL * max((_depth(c.node) for c in p.expressions(node)), default=0)
        if isinstance(node, p.RankNode | p.AllocateNode):
            own += GROUP
        found[name] = own + max((found.get(read, 0) for read in p.reads(node)), default=0)
    return found


def _depth(node: n.Node) -> int:
    return 1 + max((_depth(child) for child in n.children(node)), default=0)
