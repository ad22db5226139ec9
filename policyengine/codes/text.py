"""Codes of one stage: text."""

from __future__ import annotations

from policyengine.codes.code import Code

TEXT: tuple[Code, ...] = ()
