"""Did you mean: the names that a written one may stand for, all of them where it could be several.

`设备投资额` is the beginning of 设备投资额（价税合计） and of 设备投资额（不含税）; to name one of the two would steer a
reader to an amount of another kind. So every name that contains the written one is listed, and with a near
one those that are alike up to a bracket or an ending.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

SHORTEST = 2  # a single character stands in too many names
MOST = 5
ROOM = 75  # characters of all names shown, so that a message holds them
ALIKE = 80  # hundredths: what a longer name may still be taken for
MARGIN = 2  # names of which one is nearer by no more than so many hundredths are equally near


def nearest(written: str, known: Iterable[str], cutoff: int = 50) -> list[str]:
    """The names meant, in the order they are known in; none where nothing is near (`cutoff`: in hundredths)."""
    names = list(dict.fromkeys(known))
    if len(written) >= SHORTEST and (holding := [name for name in names if _holds(name, written)]):
        return _shown(holding)
    scores = {name: _likeness(name, written) for name in names}
    best = max(scores.values(), default=0)
    if best < cutoff:
        return []
    near = [name for name in names if scores[name] >= best - MARGIN]
    return _shown([name for name in names if any(_alike(name, other) for other in near)])


def _shown(names: list[str]) -> list[str]:
    """As many as a reader takes in."""
    return [name for i, name in enumerate(names[:MOST]) if not i or sum(map(len, names[: i + 1])) <= ROOM]


def closest(written: str, known: Iterable[str], cutoff: int = 50) -> str:
    """The one name that is nearest, the first of several; "" where none is: for what only one name can answer."""
    scores = {name: _likeness(name, written) for name in known}
    best = max(scores, key=lambda name: scores[name], default="")
    return best if best and scores[best] >= cutoff else ""


def _likeness(name: str, written: str) -> int:
    """How much of two names is the same, in hundredths."""
    return round(SequenceMatcher(None, name, written).ratio() * 100)


def _holds(name: str, written: str) -> bool:
    """Whether a name contains the written one: of Latin letters from where a word begins (`it` is not in `limit`)."""
    at = name.find(written)
    while at > 0 and name[at - 1].isalnum() and (name[at - 1] + written[0]).isascii():
        at = name.find(written, at + 1)
    return at >= 0


def _alike(one: str, other: str) -> bool:
    """Whether two names are the same but for a bracket or a short ending."""
    begins = one.startswith(other) or other.startswith(one)
    return _stem(one) == _stem(other) or (begins and _likeness(one, other) >= ALIKE)


def _stem(name: str) -> str:
    return name.replace("(", "（").partition("（")[0]


def meant(names: list[str]) -> dict[str, str]:
    """The question for a message: `meant_zh` and `meant_en`, empty where there is no name."""
    if not names:
        return {"meant_zh": "", "meant_en": ""}
    if len(names) == 1:
        return {"meant_zh": f"是不是“{names[0]}”", "meant_en": f"did you mean `{names[0]}`"}
    return {
        "meant_zh": f"是指{'，还是'.join(f'“{name}”' for name in names)}",
        "meant_en": f"do you mean {' or '.join(f'`{name}`' for name in names)}",
    }
