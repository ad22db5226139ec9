"""An application outside the validity: which version was last in force, and which comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from policyengine import model as m
from policyengine import plan as p
from policyengine import wording
from policyengine.decision import Failure
from policyengine.instances import Plans, When

Period = tuple[date | None, date | None]  # first and last day; None where open


def notes(plans: Plans, plan: p.Plan, when: When, refusals: Iterable[Failure]) -> Iterator[m.Label]:
    """What a refusal by the clause on validity adds: the version last in force, or the one to come."""
    cite = plan.policy.header.valid_cite
    if not isinstance(when, date) or not cite or not any(cite in failure.cited.cites for failure in refusals):
        return
    spans = [(version.policy, _period(version.policy, start)) for start, version in plans.versions]
    if any(_holds(period, when) for _, period in spans):
        return
    before = [(policy, end) for policy, (_, end) in spans if end is not None and end < when]
    after = [(policy, first) for policy, (first, _) in spans if first is not None and first > when]
    if before:
        policy, day = before[-1]
        yield m.Label(
            f"最后有效的版本是{_name(policy, 'zh')}，有效期到{wording.day(day)}为止",
            f"The version last in force is {_name(policy, 'en')}, valid up to {wording.day(day, 'en')}",
        )
    if after:
        policy, day = after[0]
        yield m.Label(
            f"接下来生效的版本是{_name(policy, 'zh')}，自{wording.day(day)}起有效",
            f"The version next in force is {_name(policy, 'en')}, valid from {wording.day(day, 'en')}",
        )


def _period(policy: m.Policy, start: date | None) -> Period:
    """The days on which a version holds: its own validity, not before it takes effect."""
    first, last = (_day(policy, name) for name in (policy.header.valid_from, policy.header.valid_to))
    return (start if first is None or (start is not None and start > first) else first), last


def _day(policy: m.Policy, name: str) -> date | None:
    parameter = policy.parameters.get(name)
    value = parameter.values[-1].value if parameter else None
    return value if isinstance(value, date) else None


def _holds(period: Period, day: date) -> bool:
    first, last = period
    return (first is None or first <= day) and (last is None or day <= last)


def _name(policy: m.Policy, lang: str) -> str:
    """The document, with what amended it."""
    amended = [overlay.number or overlay.title(lang) for overlay in policy.overlays if not overlay.parameter]
    if lang == "en":
        return policy.header.number + "".join(f", amended by {name}" for name in amended)
    return policy.header.number + "".join(f"（经{name}修订）" for name in amended)
