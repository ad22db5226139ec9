"""Deciding by column: the plan as one SQL query over scaled integers, exact to the fen."""

from policyengine.columns.compiling import Query, compile_query

__all__ = ["Query", "compile_query"]
