"""Published networks: their minima, plateaus and saddles are where `locate` finds them.

References
----------
P. Auer, M. Herbster and M. Warmuth, *NIPS* 8 (1995): one unit with many minima.
J. Brea et al., "Flat channels to infinity in neural loss landscapes", *NeurIPS* (2025).
R. Jennrich and P. Sampson, *Technometrics* 10 (1968) 63.
D. Saad and S. Solla, *Phys. Rev. E* 52 (1995) 4225; B. Şimşek et al., *NeurIPS* (2023).
"""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets, locate
from symbolic import Model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("x", "places"),
    [
        (
            (1.0, 10.0, 100.0),
            (
                (0.01300062997881421, 0.01824930996754417, 0),
                (0.0395494420418008, 0.02238878122286708, 1),
                (0.127616535893655, 0.01851570614439759, 0),
                (0.4167237823104728, 0.02321685325421214, 1),
                (1.09739449828974, 0.02083191355307627, 0),
            ),
        ),
        (
            (1.0, 30.0, 900.0),
            (
                (0.00128931182057291, 0.02003801807775857, 0),
                (0.005429982670747401, 0.02741150301174989, 1),
                (0.03860721733720277, 0.02006483639109319, 0),
                (0.1643260470145356, 0.02752480954721549, 1),
                (1.098612288667074, 0.02083333333333293, 0),
            ),
        ),
        (
            (1.0, 20.0, 400.0, 8000.0),
            (
                (0.0001491849310874018, 0.02252197618241747, 0),
                (0.0005647619079380276, 0.02728624560326175, 1),
                (0.002983055765657671, 0.02252430676929385, 0),
                (0.01130405164602109, 0.02729507095494450, 1),
                (0.05940586344766934, 0.0225707479081269, 0),
                (0.229692451320498, 0.0274720756303108, 1),
                (1.098612247879143, 0.02343749998207517, 0),
            ),
        ),
    ],
)
def test_one_logistic_unit_has_a_minimum_for_each_sample(x, places):
    model = Model.perceptron(hidden=1, activation="logistic", output_weights=[1.0])
    loss = Loss(model, Dataset.from_observations(x, [0.75] * len(x)))
    sets = sorted(find_critical_sets(loss), key=lambda found: found.theta[0])
    for found, (weight, value, index) in zip(sets, places, strict=True):
        assert found.theta[0] == pytest.approx(weight, rel=1e-12)
        assert found.loss == pytest.approx(value, rel=1e-13)
        assert found.index == index
    for weight, value, index in places:
        place = locate(loss, [weight * (1.0 + 1e-4)])
        assert place.nearest.theta[0] == pytest.approx(weight, rel=1e-9)
        assert place.nearest.loss == pytest.approx(value, rel=1e-10)
        assert (place.index, place.nearest.index) == (index, index)
        if place.flow.decided:  # not where the curvature is 1e-10 of the largest: x = 1 beside 8000
            assert place.stage == ("converging" if index == 0 else "passing a saddle")
        else:
            assert max(x) == 8000.0
            assert weight in [at for at, *_ in places[-2:]]


@pytest.mark.slow
def test_the_two_exponentials_of_jennrich_and_sampson_coincide():
    x = np.arange(1.0, 11.0)
    model = Model.from_expression("exp(a*x) + exp(b*x)", parameters=["a", "b"])
    place = locate(Loss(model, Dataset.from_observations(x, 2.0 + 2.0 * x)), [0.2579, 0.2577])
    assert place.stage == "converging"
    np.testing.assert_allclose(place.nearest.theta, 0.257825213670364077, rtol=1e-10)
    assert 20.0 * place.nearest.loss == pytest.approx(124.362182355614854, rel=1e-12)
    np.testing.assert_allclose(
        20.0 * place.nearest.eigenvalues, [4484.247204, 135786.0418], rtol=1e-8
    )


@pytest.fixture(scope="module")
def plane():
    """Inputs and targets of the two-dimensional task of the flat channels."""
    side = np.linspace(-np.sqrt(3.0), np.sqrt(3.0), 101)
    x1, x2 = (axis.ravel() for axis in np.meshgrid(side, side))
    height = 3.0 * (x2 + 1.0 - x1**2) ** 2 + (1.0 - x1) ** 2 + 0.1
    return np.array([x1, x2]).T, (np.log10(height) - 0.6481) / 0.5113


FLAT = "logistic(4*u) + softplus(u)"
UNITS = np.array(
    [[-1.6080956990306932, 0.5386736781592703], [1.0146310891729875, -0.18154409075030478]]
)
OUTPUTS = np.array([[0.24129763028043133], [-0.276643480303245]])


def test_the_2_2_1_minimum_of_the_channels_is_one(plane):
    model = Model.mlp(2, (2,), activation=FLAT, bias=False)
    loss = Loss(model, Dataset.from_observations(*plane))
    theta = model.pack([UNITS, OUTPUTS])
    place = locate(loss, theta + 1e-3)
    assert 2.0 * loss.value(theta) == pytest.approx(0.7433193841570083, rel=1e-9)
    assert 2.0 * place.nearest.loss == pytest.approx(0.7433193841570083, rel=1e-12)
    assert (place.stage, place.index) == ("converging", 0)
    np.testing.assert_allclose(place.nearest.theta, theta, atol=1e-6)


@pytest.mark.parametrize(("share", "index"), [(0.1, 0), (0.5, 0), (0.9, 0), (-0.5, 2), (1.5, 2)])
def test_the_split_unit_of_2_3_1_is_a_plateau_between_0_and_1_and_a_saddle_beyond(
    plane, share, index
):
    """Across a split line lies λ(1 − λ) times one matrix: positive here, so index 2 beyond."""
    model = Model.mlp(2, (3,), activation=FLAT, bias=False)
    loss = Loss(model, Dataset.from_observations(*plane))
    units = np.hstack([UNITS, UNITS[:, 1:]])
    outputs = np.vstack([OUTPUTS[:1], share * OUTPUTS[1:], (1.0 - share) * OUTPUTS[1:]])
    values = np.linalg.eigvalsh(loss.hessian(model.pack([units, outputs])))
    assert int((values < -1e-6).sum()) == index


@pytest.mark.parametrize(("k", "value"), [(2, 0.023221680625), (3, 0.040593177314)])
def test_one_erf_unit_against_k_orthonormal_ones(k, value):
    teacher = " + ".join(f"erf(x{j}/sqrt(2))" for j in range(1, k + 1))
    model = Model.mlp(k, (1,), activation="erf", bias=False, teacher=teacher)
    loss = Loss(model, Dataset.population(model))
    weight = 1.0 / np.sqrt(2.0 * (2.0 * k - 1.0) * k)  # |w| = 1/√(2k − 1), and erf(u/√2)
    theta = model.pack([np.full((k, 1), weight), np.array([[float(k)]])])
    exact = k / 3.0 - 2.0 * k**2 / np.pi * np.arcsin(1.0 / (2.0 * k))
    assert exact == pytest.approx(value, abs=1e-12)
    assert 2.0 * loss.value(theta) == pytest.approx(exact, rel=1e-6)
    assert np.abs(loss.gradient(theta)).max() < 1e-7
    assert locate(loss, theta, step_limit=50).index == 0
