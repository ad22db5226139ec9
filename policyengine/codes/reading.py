"""Codes of one stage: reading."""

from __future__ import annotations

from policyengine.codes.code import Code

READING: tuple[Code, ...] = ()
