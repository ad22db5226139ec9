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
MARGIN = 2  # names of which one is nearer by no more than so many hundredths are equally near


def nearest(written: str, known: Iterable[str], cutoff: int = 50) -> list[str]:
    """The names meant, in the order they are known in; none where nothing is near (`cutoff`: in hundredths)."""
    names = list(dict.fromkeys(known))
    if len(written) >= SHORTEST and (holding := [name for name in names if written in name]):
        return holding[:MOST]
    scores = {name: round(SequenceMatcher(None, name, written).ratio() * 100) for name in names}
    best = max(scores.values(), default=0)
    if best < cutoff:
        return []
    near = [name for name in names if scores[name] >= best - MARGIN]
    return [name for name in names if any(_alike(name, other) for other in near)][:MOST]


def _alike(one: str, other: str) -> bool:
    """Whether two names are the same but for a bracket or an ending."""
    return _stem(one) == _stem(other) or one.startswith(other) or other.startswith(one)


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
