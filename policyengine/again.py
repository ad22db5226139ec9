"""A case decided again with some facts or readings changed: the one helper behind every what-if.

Only what differs is given; the entities and everything stated stay those of the first world. Nothing is
computed until it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policyengine.deciding import contradictions, decide_one
from policyengine.decision import Failure, Missing, Outcome
from policyengine.diagnostics import CaseError
from policyengine.exact import ZERO
from policyengine.instances import Ent
from policyengine.model import Label
from policyengine.values import FactRef, Known, Unknown, Value
from policyengine.world import World


@dataclass(frozen=True, slots=True)
class After:
    """What an application would get if something were different.

    `amount` in 元. `missing`: what it would still wait for. `contradicts`: where the changed case contradicts
    itself, in what way; `outcome` is then None and nothing else is said.
    """

    outcome: Outcome | None
    amount: Value
    may_be: tuple[Outcome, ...]
    refusals: tuple[Failure, ...]
    missing: tuple[Missing, ...]
    contradicts: tuple[Label, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What two answers must share to be the same answer."""
        amount = self.amount
        span = (amount.low, amount.high) if isinstance(amount, Unknown) else amount
        return self.outcome, span, self.may_be, self.contradicts


def again(
    world: World, facts: Mapping[FactRef, Known] | None = None, readings: Mapping[str, str] | None = None
) -> World:
    """The same case with some facts or readings other than they are."""
    return World(
        world.plans,
        world.case,
        {**world.readings, **(readings or {})},
        entities=world.entities,
        moved={**world.moved, **(facts or {})},
    )


def after(world: World, ent: Ent) -> After:
    """What an application of a changed world gets."""
    try:
        found = tuple(contradictions(world, set(_near(world, world.moved)))) if world.moved else ()
        if found:
            raise CaseError(found)
        d = decide_one(world, ent, reasons=False, words=True)
    except CaseError as error:
        words = tuple(Label(each.message("zh"), each.message("en")) for each in error.diagnostics)
        return After(None, ZERO, (), (), (), words)
    return After(d.outcome, d.amount, d.may_be, d.refusals, d.missing)


def _near(world: World, moved: Iterable[FactRef]) -> Iterator[Ent]:
    """The entities whose constraints may read a moved fact: its own, and those two steps away."""
    for ref in moved:
        ent = world.entities[ref.entity][ref.id]
        for one in (ent, *_beside(ent)):
            yield one
            yield from _beside(one)


def _beside(ent: Ent) -> Iterator[Ent]:
    yield from (other for other in ent.refs.values() if other is not None)
    for members in ent.inverses.values():
        yield from members
