"""At least 50,000 random and boundary-heavy cases, consortia and quotas included, against the oracle."""

import pytest

from tests.agreement import differences
from tests.support import yanzhou

CHUNKS, EACH = 20, 2_500


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_engine_agrees_with_the_oracle(seed: int) -> None:
    assert list(differences(yanzhou(), seed, EACH)) == []
