"""A longer run of deciding by column than CI's: `make soak-columns`, or `python tests/soak_columns.py ROWS SCALAR_ROWS SEED`."""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import crowd
from tests.support import yanzhou
from tests.test_crowd import ORACLE, SCALAR


def main() -> int:
    """Print what differs and how many projects were compared; 1 where something differs."""
    given = [int(word) for word in sys.argv[1:]]
    rows, scalar_rows, seed = [*given, *(10_000_000, 500_000, 10_000)[len(given) :]]
    found = 0
    for most, sizes, against, whom in (
        (rows, ORACLE, crowd.against_oracle, "the oracle"),
        (scalar_rows, SCALAR, crowd.against_scalar, "the scalar way"),
    ):
        done = 0
        batches = itertools.cycle(sizes)
        while done < most:
            tally = against(yanzhou(), seed, *next(batches))
            done, found, seed = done + tally.decided, found + len(tally.found), seed + 1
            print(*tally.found, f"{done} projects against {whom}, {found} differences", sep="\n", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
