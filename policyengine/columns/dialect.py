"""What differs between databases: one small table of target operations.

Everything else in this package writes SQL that all of them read alike. Integers are 64 bits (`narrow`) or
128 bits (`wide`); which of the two an expression needs is proved before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

NARROW_MOST = 2**63 - 1
WIDE_MOST = 10**38 - 1  # of a 38-digit decimal, which is less than 2^127


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database spells what the others spell differently.

    `backslash`: one within a text. `quotient`: whole division of a number ≥ 0 by one > 0, `wide_quotient` with 128 bits, which is exact up to
    `quotient_most`. `sums_widen`: whether a sum of 64 bits may itself have more. `months_later`: the same day some
    months on, clamped to the month's last day. `collected`: a list of (ask, limit) of the rows `where`, `fold`: what it uses up in its order.
    `joined`: the texts of a list that are not NULL, with a separator. `view`: a stage that is computed where it is
    read, `table`: one that is kept because several read it. `settings`: how a session must be set so that it reads the
    text as it is meant and raises on overflow.
    """

    name: str
    narrow: str
    wide: str
    text: str
    backslash: str
    quotient: str
    wide_quotient: str
    quotient_most: int
    sums_widen: bool
    months_later: str
    collected: str
    fold: str
    joined: str
    view: str
    table: str
    settings: Mapping[str, str]

    def integer(self, value: int, wide: bool = False) -> str:
        """A literal, always with its width: a bare one would be 32 bits."""
        return f"{self.cast(str(value), wide)}"

    def cast(self, sql: str, wide: bool) -> str:
        return f"CAST({sql} AS {self.wide if wide else self.narrow})"

    def word(self, value: str) -> str:
        """A text literal of the policy."""
        return literal(value.replace("\\", self.backslash))

    def sum(self, sql: str, wide: bool) -> str:
        """The sum of a column of whole numbers, `wide` where it may need 128 bits; it has whatever width the database gives it."""
        return f"sum({self.cast(sql, True) if wide and not self.sums_widen else sql})"

    def type(self, of: str) -> str:
        """The type of a staged column (`Field.type`)."""
        return {"text": self.text, "bool": "BOOLEAN", "narrow": self.narrow, "wide": self.wide}.get(of, of.upper())  # fmt: skip

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
    backslash="\\",
    quotient="({a} // {b})",
    wide_quotient="({a} // {b})",
    quotient_most=WIDE_MOST,
    sums_widen=True,
    months_later="CAST({day} + to_months(CAST({months} AS INTEGER)) AS DATE)",
    collected="list({{'ask': {ask}, 'cap': {cap}}}) FILTER (WHERE {where})",
    fold="list_reduce({list}, lambda used, one: used + LEAST(one.ask, GREATEST(one.cap - used, {zero})), {zero})",
    joined="concat_ws('{separator}', {texts})",
    view="CREATE OR REPLACE TEMP VIEW {name} AS\n{sql}",
    table="CREATE OR REPLACE TEMP TABLE {name} AS\n{sql}",
    settings={},
)

# A quotient of decimals has six decimals here, which leaves 32 digits before the point: what is divided is made a
# multiple first, so that nothing is rounded. `div` gives 64 bits and wraps around silently beyond.
SPARK = Dialect(
    name="spark",
    narrow="BIGINT",
    wide="DECIMAL(38,0)",
    text="STRING",
    backslash="\\\\",
    quotient="({a} div {b})",
    wide_quotient="CAST(((CAST({a} AS DECIMAL(38,0)) - {a} % {b}) / CAST({b} AS DECIMAL(38,0))) AS DECIMAL(38,0))",
    quotient_most=10**32 - 1,
    sums_widen=False,
    months_later="add_months({day}, CAST({months} AS INTEGER))",
    collected="collect_list(CASE WHEN {where} THEN named_struct('ask', {ask}, 'cap', {cap}) END)",
    fold="aggregate({list}, {zero}, (used, one) -> used + LEAST(one.ask, GREATEST(one.cap - used, {zero})))",
    joined="concat_ws('{separator}', {texts})",
    view="CREATE OR REPLACE TEMP VIEW {name} AS\n{sql}",
    table="CACHE TABLE {name} AS\n{sql}",
    settings={
        "spark.sql.ansi.enabled": "true",
        "spark.sql.decimalOperations.allowPrecisionLoss": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.parser.escapedStringLiterals": "false",
        "spark.sql.legacy.consecutiveStringLiterals.enabled": "false",
    },
)
DIALECTS = {dialect.name: dialect for dialect in (DUCKDB, SPARK)}
