"""A longer run of deciding by column than CI's: `make soak-columns`, or `python tests/soak_columns.py ROWS SCALAR_ROWS SEED`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.columns import against_oracle, against_scalar
from tests.support import yanzhou


def main() -> int:
    """Print what differs and how many projects were compared; 1 where something differs."""
    given = [int(word) for word in sys.argv[1:]]
    rows, scalar_rows, seed = [*given, *(1_000_000, 50_000, 10_000)[len(given) :]]
    found = done = 0
    while done < rows:
        differ, count = against_oracle(yanzhou(), seed, 4_000)
        done, found, seed = done + count, found + len(differ), seed + 1
        print(*differ, f"{done} projects against the oracle, {found} differences", sep="\n", flush=True)
    done = 0
    while done < scalar_rows:
        differ, batch = against_scalar(yanzhou(), seed, 1_000)
        done, found, seed = done + batch.rows, found + len(differ), seed + 1
        print(*differ, f"{done} projects against the scalar way, {found} differences", sep="\n", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
