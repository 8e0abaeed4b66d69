"""Published values of networks with several inputs.

References
----------
F. Martinelli et al., *Flat channels to infinity in neural loss landscapes*, NeurIPS 2025.
B. Şimşek et al., *Should under-parameterized student networks copy or average teacher weights?*,
NeurIPS 2023.
D. Saad and S. A. Solla, *Physical Review Letters* 74 (1995) 4337.
"""

import math

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from symbolic import Model

GLU = "1/(1 + exp(-4*u)) + log(1 + exp(u))"


def rosenbrock():
    """The target of the channels paper on its grid."""
    axis = np.linspace(-math.sqrt(3), math.sqrt(3), 101)
    x1, x2 = (part.ravel() for part in np.meshgrid(axis, axis, indexing="ij"))
    values = np.log10(3 * (x2 + 1 - x1**2) ** 2 + (1 - x1) ** 2 + 0.1)
    return Dataset.from_observations(np.column_stack([x1, x2]), (values - 0.6481) / 0.5113)


def test_the_minimum_of_two_units_and_its_plateau_in_three():
    data = rosenbrock()
    model = Model.mlp(2, (2,), activation=GLU, bias=False)
    at = Loss(model, data).at()
    w = np.array([[-1.6080956990306932, 0.5386736781592703], [1.0146310891729875, -0.18154409075]])
    theta = model.pack([w, [[0.24129763028043133], [-0.276643480303245]]])
    for _ in range(3):
        theta = theta - np.linalg.solve(at.hessian(theta), at.gradient(theta))
    assert 2 * at.value(theta) == pytest.approx(0.7433193841570078, abs=2e-14)
    assert np.abs(at.gradient(theta)).max() < 1e-14
    assert np.linalg.eigvalsh(at.hessian(theta))[0] > 1e-4

    wide = Model.mlp(2, (3,), activation=GLU, bias=False)
    plateau = Loss(wide, data).at()
    w, v = model.unpack(theta)[0]
    for share, stable in ((0.1, True), (0.5, True), (0.9, True), (-0.5, False), (1.5, False)):
        split = np.vstack([v[:1], share * v[1:], (1 - share) * v[1:]])
        there = wide.pack([np.column_stack([w, w[:, 1]]), split])
        values = np.linalg.eigvalsh(plateau.hessian(there))
        assert plateau.value(there) == pytest.approx(at.value(theta), rel=1e-14)
        assert np.abs(plateau.gradient(there)).max() < 1e-13
        assert (np.abs(values) < 1e-12).sum() == 1
        assert (values[0] > -1e-12) == stable


@pytest.mark.parametrize(("k", "published"), [(2, 0.023221680625), (3, 0.040593177314)])
def test_one_unit_against_orthonormal_ones(k, published):
    names = [f"x{j}" for j in range(1, k + 1)]
    teacher = " + ".join(f"erf({name}/sqrt(2))" for name in names)
    unit = {"activation": "erf(u/sqrt(2))", "bias": False, "teacher": teacher}
    average = Model.mlp(k, (1,), **unit)
    mean = np.full((k, 1), 1 / math.sqrt(k * (2 * k - 1)))
    loss = Loss(average, Dataset.population(average))
    theta = average.pack([mean, [[float(k)]]])
    assert 2 * loss.value(theta) == pytest.approx(published, abs=1e-10)
    assert np.abs(loss.gradient(theta)).max() < 1e-9

    committee = Model.mlp(k, (k,), output_weights=[1.0] * k, **unit)
    symmetric = Loss(committee, loss.data)
    plateau = committee.pack([np.repeat(mean, k, axis=1)])
    assert symmetric.value(plateau) == pytest.approx(published / 2, abs=1e-10)
    assert np.abs(symmetric.gradient(plateau)).max() < 1e-9
    assert np.linalg.eigvalsh(symmetric.hessian(plateau))[0] < -1e-3
