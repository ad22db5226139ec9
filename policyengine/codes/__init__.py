"""Every diagnostic code: its sentences in Chinese and English, and a bad and a good example.

One table a stage. `policyengine show CODE` prints an entry; a test holds that each has a bad file.
"""

from __future__ import annotations

from policyengine.codes.case import CASE
from policyengine.codes.checks import CHECKS
from policyengine.codes.claims import CLAIMS
from policyengine.codes.code import Code
from policyengine.codes.expression import EXPRESSION
from policyengine.codes.policy import POLICY
from policyengine.codes.reading import READING
from policyengine.codes.schema import SCHEMA
from policyengine.codes.table import TABLE
from policyengine.codes.text import TEXT

CODES: dict[str, Code] = {
    code.name: code
    for table in (READING, SCHEMA, EXPRESSION, POLICY, TEXT, CLAIMS, CHECKS, CASE, TABLE)
    for code in table
}

__all__ = ["CODES", "Code"]
