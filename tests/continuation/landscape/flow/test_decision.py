"""What remains of the motion along a line, against its closed form."""

import numpy as np
import pytest
from numba import njit

from continuation.compilation import KERNEL_SIGNATURE
from continuation.landscape.flow.decision import _remaining_drift

RATE = 0.7


def of_valley(theta, p, constants, data, work, F, J, Fp):
    """½ κ z² (1 + c u) along u, z = θ_0, u = θ_1, κ = constants[0], c = constants[1]."""
    z, bottom = theta[0], 1.0 + constants[1] * theta[1]
    F[0] = constants[0] * z * bottom
    F[1] = 0.5 * constants[0] * constants[1] * z * z
    return 0.5 * constants[0] * z * z * bottom


@pytest.fixture(scope="module")
def valley():
    """The kernel."""
    return njit(KERNEL_SIGNATURE, error_model="numpy")(of_valley)


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaExperimentalFeatureWarning")
@pytest.mark.parametrize("bend", [0.3, -1.1])
def test_the_drift_is_the_integral_of_the_motion_along_the_line(valley, bend):
    """u' = −½ κ c z², z = z₀ exp(−κ t): u moves by −c z₀²/4 at a small z₀."""
    loss = (valley, valley, 0.0, np.array([RATE, bend]), np.ones((4, 3)), np.zeros((1, 1)))
    start, along = np.array([1e-3, 0.0]), np.array([[0.0, 1.0]])
    drift = _remaining_drift(loss, start, along, RATE)
    assert drift == pytest.approx([0.0, -0.25 * bend * start[0] ** 2], rel=1e-9)
