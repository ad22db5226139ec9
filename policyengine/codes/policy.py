"""Codes of one stage: policy."""

from __future__ import annotations

from policyengine.codes.code import Code

POLICY: tuple[Code, ...] = ()
