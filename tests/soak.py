"""A longer agreement run than CI's: `make soak`, or `python tests/soak.py CASES SEED`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.agreement import differences
from tests.support import yanzhou


def main() -> int:
    """Print what differs and how many cases were compared; 1 where something differs."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    found, step = 0, 10_000
    for start in range(0, cases, step):
        for line in differences(yanzhou(), seed + start // step, min(step, cases - start)):
            found += 1
            print(line)
        print(f"{min(start + step, cases)} cases, {found} differences", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
