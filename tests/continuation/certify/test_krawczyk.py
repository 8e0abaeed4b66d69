"""Contraction on a loss in closed form: what each number of it bounds."""

import numpy as np
import pytest
from flint import arb, arb_mat

from continuation.certify.enclosures import ExactLoss, box, contraction_rate, working_precision
from continuation.certify.enclosures.krawczyk import Contraction, ldl_pivots, row_norm
from continuation.landscape import Dataset, Loss
from symbolic import Model


def test_the_norm_is_the_largest_sum_of_moduli():
    assert row_norm(arb_mat([[3, -4], [1, -1]])) == pytest.approx(7.0)
    assert row_norm(arb_mat([[-1, -1], [2, -2]])) == pytest.approx(4.0)


def test_a_box_is_mapped_into_itself_by_a_contraction_only():
    eye = np.eye(1)
    assert Contraction(eye, shift=0.1, rate=0.5, reach=1.0).proves
    assert not Contraction(eye, shift=0.5, rate=0.5, reach=1.0).proves
    # maps a box into itself, as far as the bounds tell, and is no contraction
    assert not Contraction(eye, shift=-0.2, rate=1.05, reach=1.0).proves


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.8])
def test_the_point_is_as_far_as_all_steps_together(rate):
    found = Contraction(np.eye(1), shift=1e-3, rate=rate, reach=1.0)
    assert found.radius >= 1e-3 / (1 - rate)
    assert found.radius < 1.3e-3 / (1 - rate)


def test_the_rate_is_that_of_the_whole_box():
    """L = (a² − 1)²/8: L'' = (3a² − 1)/2, at 1 ± r within 1 − 3r + 3r²/2 and 1 + 3r + 3r²/2."""
    loss = Loss(
        Model.from_expression("a**2*x/2", parameters=["a"]),
        Dataset.from_observations([-1.0, 1.0], [-0.5, 0.5]),
    )
    for r in (1e-3, 0.1):
        with working_precision():
            enclosed = ExactLoss.of(loss)
            rate = contraction_rate(enclosed, [1.0], arb_mat([[1]]), r)
            assert enclosed.hessian(box([1.0], r))[0, 0].contains(1)
        assert 3 * r + 1.5 * r * r <= rate < 3 * r + 6 * r * r


def test_pivots_are_those_of_elimination():
    pivots = ldl_pivots([[arb(2), arb(1)], [arb(1), arb(2)]])
    assert [float(p) for p in pivots] == [2.0, 1.5]
    assert ldl_pivots([[arb(1), arb(1)], [arb(1), arb(1)]]) is None
    assert ldl_pivots([[arb(0, 1)]]) is None
