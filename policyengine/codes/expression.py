"""Codes of one stage: expression."""

from __future__ import annotations

from policyengine.codes.code import Code

EXPRESSION: tuple[Code, ...] = ()
