"""A few cases of the fuzzer of certificates; `python -m tests.fuzz` runs as many as time allows."""

import numpy as np
import pytest

from tests.fuzz import certificates


@pytest.mark.parametrize("seed", range(20))
def test_a_changed_certificate_is_refused_or_still_true(seed):
    outcome = certificates.case(np.random.default_rng(seed))
    assert outcome.word in ("refused", "true", "same"), outcome.what
