"""What differs between databases: one small table of target operations.

Everything else in this package writes SQL that all of them read alike. Integers are 64 bits (`narrow`) or
128 bits (`wide`); which of the two an expression needs is proved before it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

NARROW_MOST = 2**63 - 1
WIDE_MOST = 10**38 - 1  # of a 38-digit decimal, which is less than 2^127


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database spells what the others spell differently.

    `quotient`: whole division of a number ≥ 0 by one > 0. `months_later`: the same day some months on, clamped
    to the month's last day. `fold`: what a list of (ask, limit) uses up in its order. `joined`: the texts of a
    list that are not NULL, with a separator. `view`: a stage that is computed where it is read, `table`: one that is
    kept because several read it.
    """

    name: str
    narrow: str
    wide: str
    text: str
    quote: str
    quotient: str
    months_later: str
    fold: str
    collected: str
    joined: str
    view: str
    table: str

    def integer(self, value: int, wide: bool = False) -> str:
        """A literal, always with its width: a bare one would be 32 bits."""
        return f"{self.cast(str(value), wide)}"

    def cast(self, sql: str, wide: bool) -> str:
        return f"CAST({sql} AS {self.wide if wide else self.narrow})"

    def day(self, value: date) -> str:
        return f"DATE '{value.isoformat()}'"


def literal(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


DUCKDB = Dialect(
    name="duckdb",
    narrow="BIGINT",
    wide="HUGEINT",
    text="VARCHAR",
    quote='"',
    quotient="({a} // {b})",
    months_later="CAST({day} + to_months(CAST({months} AS INTEGER)) AS DATE)",
    fold="list_reduce({list}, lambda used, one: used + LEAST(one.ask, GREATEST(one.cap - used, {zero})), {zero})",
    collected="list({{'ask': {ask}, 'cap': {cap}}})",
    joined="concat_ws('{separator}', {texts})",
    view="CREATE OR REPLACE TEMP VIEW {name} AS\n{sql}",
    table="CREATE OR REPLACE TEMP TABLE {name} AS\n{sql}",
)
