"""Codes of one stage: schema."""

from __future__ import annotations

from policyengine.codes.code import Code

SCHEMA: tuple[Code, ...] = ()
