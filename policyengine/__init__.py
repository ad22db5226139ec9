"""Subsidy policies as data: loaded, checked, compiled, decided and explained, clause by clause.

The public functions are one stage each; `docs/architecture.md` shows how they follow on one another.
They are looked up when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policyengine.version import VERSION as __version__

if TYPE_CHECKING:
    from policyengine.api import check, compile, decide, explain, load, read_case
    from policyengine.diagnostics import CaseError, PolicyError

__all__ = [
    "CaseError",
    "PolicyError",
    "__version__",
    "check",
    "compile",
    "decide",
    "explain",
    "load",
    "read_case",
]


def __getattr__(name: str) -> Any:
    if name in ("CaseError", "PolicyError"):
        from policyengine import diagnostics

        return getattr(diagnostics, name)
    if name in __all__:
        from policyengine import api

        return getattr(api, name)
    raise AttributeError(name)
