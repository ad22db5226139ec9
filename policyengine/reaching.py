"""What an application gets once all of several failed conditions are reached, and by which facts.

Reaching one condition may break another, so nothing is added up: every combination of ways is decided again,
and only one with which each condition really holds is told. Where none of them does, the conditions are
measured one after the other, each in the case as the ways before left it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product

from policyengine.again import After, after, again
from policyengine.distance import Distance, Move, measure, passes
from policyengine.instances import Ent
from policyengine.ladder import distance_between
from policyengine.values import FactRef, Known, Unknown, Value
from policyengine.world import World

MOST_COMBINED = 16  # combinations of ways that are tried
MOST_TOGETHER = 24  # combinations of answers of one of them
MOST_AGAIN = 24  # conditions that are measured again after a way is taken
MOST_BRANCHES = 3  # ways of one condition that are followed then

Facts = dict[FactRef, Known]
RANK = ("granted", "choice-open", "person-decides", "undetermined", None, "refused")  # best first


@dataclass(frozen=True, slots=True)
class Reached:
    """What an application gets once every failed condition is reached.

    `moved`: the facts and what they are then. `after`: what that gives; None where nothing that reaches all of them
    at once was found. `least`: other answers that pass would give more. `alone`: one fact is enough for all.
    `first`: it is the first way of each condition, as they are listed.
    """

    moved: tuple[tuple[FactRef, Known], ...]
    after: After | None
    least: bool
    alone: bool = False
    first: bool = True


def reached(world: World, ent: Ent, found: tuple[Distance, ...]) -> Reached | None:
    """What reaching all of several failed conditions gives; None for one alone, or where one has no way."""
    if len(found) < 2:
        return None
    enough = [move for away in found for move in away.moves if move.alone and not move.opens]
    if enough:
        return _least([Reached(((move.ref, move.needed[0]),), move.after, False, True) for move in enough])
    if not all(away.moves for away in found):
        return None
    return _Reaching(world, ent, found).reached()


def _least(results: list[Reached]) -> Reached:
    """Of the results with the best outcome the one that gives least."""
    rank = min(_rank(each) for each in results)
    kept = [each for each in results if _rank(each) == rank]
    least = min(kept, key=_worth)
    more = any(
        each.after is not None and least.after is not None and each.after.key != least.after.key
        for each in kept
    )
    return replace(least, least=more)


def _rank(result: Reached) -> int:
    outcome = result.after.outcome if result.after else "refused"
    return RANK.index(outcome)


def _worth(result: Reached) -> Fraction:
    amount: Value = result.after.amount if result.after else Decimal(0)
    low = amount.low if isinstance(amount, Unknown) else amount
    return Fraction(low) if isinstance(low, Decimal | Fraction) else Fraction(0)


@dataclass(frozen=True, slots=True)
class _Reaching:
    """Looks for facts with which all failed conditions of one application hold."""

    world: World
    ent: Ent
    found: tuple[Distance, ...]

    def reached(self) -> Reached:
        best: Reached | None = None
        combined = islice(product(*(_ways(away) for away in self.found)), MOST_COMBINED)
        for number, ways in enumerate(combined):
            moves = _joined([move for way in ways for move in way])
            if moves is None:
                continue
            values = islice(product(*moves.values()), MOST_TOGETHER)
            results = [self.result(dict(zip(moves, each, strict=True))) for each in values]
            kept = [each for each in results if each is not None]
            if kept:
                least = _least(kept)
                if best is None or _rank(least) < _rank(best):
                    best = replace(least, first=number == 0)
            if best is not None and _rank(best) == 0:
                return best
        if best is None:
            found = (result for facts in self.followed() if (result := self.result(facts)) is not None)
            best = next((replace(result, first=False) for result in found), None)
        return best or Reached((), None, False)

    def result(self, facts: Facts) -> Reached | None:
        """What some facts give; None where one of the conditions still does not hold."""
        world = again(self.world, facts)
        gives = after(world, self.ent)
        if gives.outcome not in ("granted", None):
            if not all(passes(world, self.ent, away) for away in self.found):
                return None
        return Reached(tuple(facts.items()), gives, False)

    def followed(self) -> Iterator[Facts]:
        """The facts of ways taken one after the other, each condition measured in the case as it is by then."""
        open_: list[Facts] = [{}]
        for _ in range(MOST_AGAIN):
            if not open_:
                return
            facts = open_.pop(0)
            world = again(self.world, facts)
            failing = [away.failure for away in self.found if not passes(world, self.ent, away)]
            if not failing:
                yield facts
                continue
            for way in _ways(measure(world, self.ent, failing[0]))[:MOST_BRANCHES]:
                more: Facts = {**facts, **{move.ref: move.needed[0] for move in way}}
                if more not in open_:
                    open_.append(more)


def _ways(away: Distance) -> list[list[Move]]:
    """The ways of one condition: all its moves at once, or one fact each, with all answers to one question."""
    if away.together:
        return [list(away.moves)]
    ways: dict[FactRef, list[Move]] = {}
    for move in away.moves:
        ways.setdefault(move.ref, []).append(move)
    return [[_whole(moves)] for moves in ways.values()]


def _whole(moves: list[Move]) -> Move:
    """One move of the answers to one question."""
    if len(moves) == 1:
        return moves[0]
    first = moves[0]
    answers = tuple(answer for move in moves for answer in move.needed)
    return Move(first.ref, first.subject, first.fact, first.given, answers, None, first.after)


def _joined(moves: list[Move]) -> dict[FactRef, tuple[Known, ...]] | None:
    """The facts of several ways with their values; None where two ask different things of one fact."""
    found: dict[FactRef, tuple[Known, ...]] = {}
    for move in moves:
        before = found.get(move.ref)
        both = move.needed if before is None else _both(move, before)
        if not both:
            return None
        found[move.ref] = both
    return found


def _both(move: Move, before: tuple[Known, ...]) -> tuple[Known, ...]:
    """What satisfies two conditions on one fact: the farther value in one direction, or the answers that pass both."""
    if move.gap is None or len(before) != 1:
        return tuple(answer for answer in move.needed if answer in before)
    [one], [other] = move.needed, before
    if _up(move.given, one) is not _up(move.given, other):
        return ()
    further = distance_between(move.given, one) >= distance_between(move.given, other)
    return (one,) if further else (other,)


def _up(given: Value, value: Known) -> bool:
    return value > given  # type: ignore[operator]
