"""Just one inequality violated, by a little. Of points: contraction, radii, inertia."""

import pytest

from tests.continuation.certify.condition_cases import (
    LITTLE,
    accepted,
    hexed,
    parabola,
    refused,
    simple,
)


def test_the_step_must_contract():
    assert accepted(parabola(inverse=2.0 - LITTLE))
    assert refused(parabola(inverse=2.0 + LITTLE), "no contraction")
    assert refused(parabola(inverse=2.0), "no contraction")


def test_the_step_must_contract_up_to_the_faces_of_the_box():
    """L = (a² − 1)²/8 has L'' = (3a² − 1)/2: |1 − L''| reaches 1 at a − 1 = 0.29."""
    claim = {**parabola(theta=1.0)["claim"], "inertia": [0, 0, 1]}
    for alone, good in ((0.2, True), (0.3, False)):
        claim = {**claim, "uniqueness_radius": hexed(alone)}
        record = simple("a**2*x/2", [1.0, -1.0], [0.5, -0.5], "point", claim)
        assert accepted(record) == good
        assert good or refused(record, "no contraction")


def test_the_step_must_stay_in_the_box_of_existence():
    for sign in (-1.0, 1.0):
        theta = 0.5 + sign * 2.0**-10
        assert accepted(parabola(theta=theta, radius=2.0**-10))
        assert refused(parabola(theta=theta, radius=2.0**-10 * (1 - LITTLE)), "leaves the box")


def test_the_radii_are_in_order():
    assert accepted(parabola(radius=1.0, alone=1.0))
    assert refused(parabola(radius=1.0 + LITTLE, alone=1.0), "not in order")


@pytest.mark.parametrize("inertia", [[1, 0, 0], [0, 1, 0], [0, 0, 2], [1, 0, 1], [0, 0, 0]])
def test_the_inertia_is_that_of_the_hessian(inertia):
    assert refused(parabola(inertia=inertia), "inertia")


def test_lengths_fit_the_weights():
    assert refused(
        parabola(theta=0.5) | {"claim": {**parabola()["claim"], "theta": hexed([0.5, 0.5])}},
        "length",
    )
    wide = {**parabola()["claim"], "inverse": hexed([[1.0, 0.0]])}
    assert refused({**parabola(), "claim": wide}, "shape")
