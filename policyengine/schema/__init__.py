"""Holds a file against its JSON Schema and says what is wrong in the author's words.

The schemas in `schemas/` describe the shape of the files: which keys there are, what each takes,
which keys go together. jsonschema finds the violations; `faults.py` says of each where it is and under
which conditions of the schema it stands; `report.py` drops those that follow from another and words
the rest. The words are the titles and descriptions of the schemas, so that an editor and the command
say the same. References lead to our own files only; nothing is ever retrieved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast, get_args

from policyengine.diagnostics import Diagnostic, diagnostic, sort
from policyengine.reading.common import FINDINGS
from policyengine.reading.node import Mapping, Node, Scalar, Sequence
from policyengine.schema.faults import fault
from policyengine.schema.files import Kind, Schema, document, file_name, matches, schema_text
from policyengine.schema.report import report

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

FAULTS = 5 * FINDINGS  # of one file that are looked into: one mistake may cause several


def validate(node: Node, kind: Kind) -> list[Diagnostic]:
    """What is wrong with the shape of a file of that kind, in reading order.

    `node`: the whole file. With an empty list the shape is right; names and values are yet to be checked.
    Every mistake is reported, unless there are more than `FINDINGS`: then as many, and that there are more.
    """
    errors = _validator(kind).iter_errors(cast(Any, _instance(node)))
    found = sort(report(node, kind, [fault(error, kind) for error in islice(errors, FAULTS)]))
    if len(found) > FINDINGS:
        found[FINDINGS:] = [diagnostic("too-many-findings", found[FINDINGS].span, limit=FINDINGS)]
    return found


def findings(node: Node, kind: Kind, known: list[Diagnostic]) -> list[Diagnostic]:
    """Like `validate`, without what stands where reading has already found something."""
    places = {d.span.start for d in known if d.span is not None}
    return [d for d in validate(node, kind) if d.span is None or d.span.start not in places]


@cache
def _validator(kind: Kind) -> Validator:
    """The validator of a kind of file. Imported here because jsonschema is slow to import."""
    from jsonschema.validators import Draft202012Validator, extend
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": lambda _, value: _number(value), "integer": lambda _, value: _whole(value)}
    )
    own = [(file_name(name), DRAFT202012.create_resource(document(name))) for name in get_args(Kind)]
    make: Any = extend  # untyped in the stubs
    validator = make(Draft202012Validator, validators={"pattern": _pattern}, type_checker=checker)
    made: Validator = validator(document(kind), registry=Registry().with_resources(own))
    return made


def _number(value: object) -> bool:
    return isinstance(value, Decimal) or _whole(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: object, pattern: str, instance: object, __: Schema) -> Iterator[ValidationError]:
    """`pattern` over the whole text; jsonschema's own would let a line break at the end pass."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(pattern)


def _instance(node: Node) -> object:
    """The tree as jsonschema takes it: a date is its text, a decimal stays exact."""
    match node:
        case Scalar():
            return node.text if isinstance(node.value, date) else node.value
        case Sequence():
            return [_instance(item) for item in node.items]
        case Mapping():
            return {key.text: _instance(item) for key, item in node.entries}


__all__ = ["Kind", "schema_text", "validate"]
