"""Codes of one stage: case."""

from __future__ import annotations

from policyengine.codes.code import Code

CASE: tuple[Code, ...] = ()
