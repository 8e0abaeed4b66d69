"""Both bodies of every array function of a step do the same, and what it says."""

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline

from continuation import step_arrays, step_units

SIZES = [(seed, 1 + seed) for seed in range(6)]


def arrays(n, random):
    """Arguments in general position, units from 1e-3 to 1e3, by their names."""
    vector = lambda: random.standard_normal(n + 1)  # noqa: E731
    return {
        "weight": 10.0 ** random.uniform(-6, 6, n + 1),
        "rows": 10.0 ** random.uniform(-3, 3, n),
        "B": np.asfortranarray(random.standard_normal((n + 1, n + 1))),
        "R": np.asfortranarray(random.standard_normal((n + 1, 2))),
        "J": random.standard_normal((n, n)),
        "gauge": random.standard_normal((n, n)),
        "F": random.standard_normal(n),
        "Fp": random.standard_normal(n),
        "h": 0.4,
        "s": 0.3,
        "b": 0.3,
        **{name: vector() for name in ("out", "z", "t", "zo", "to", "y", "y0", "tn", "u", "v")},
        **{name: vector() for name in ("base", "normal")},
    }


FUNCTIONS = {
    step_arrays: {
        "predict": "out z t zo to h s",
        "interpolated_tangent": "out z t zo to h b weight",
        "border": "B R J Fp F gauge t weight y y0",
        "solve": "B R",
        "update": "y R weight",
        "orient": "tn R t weight",
        "magnitude": "v",
        "weighted_length": "v weight",
        "distance": "u v weight",
        "height": "u base normal weight",
        "rounding_scale": "J Fp y",
    },
    step_units: {
        "equilibrate": "B R rows weight",
        "restore": "R rows weight",
        "residual_in_units": "F rows",
        "rounding_in_units": "J Fp y rows",
    },
}
CASES = [(m, name, names.split()) for m, some in FUNCTIONS.items() for name, names in some.items()]


def called(function, names, n, seed):
    """The arguments after a call, and what it returned."""
    values = arrays(n, np.random.default_rng(seed))
    result = function(*(values[name] for name in names))
    # what is solved with is destroyed
    kept = [values[name] for name in names if not (name == "B" and "solve" in function.__name__)]
    return [*kept, 0.0 if result is None else result]


@pytest.mark.parametrize(("seed", "n"), SIZES)
@pytest.mark.parametrize(("module", "name", "names"), CASES, ids=[name for _, name, _ in CASES])
def test_the_bodies_agree(module, name, names, seed, n):
    plain = called(getattr(module, name), names, n, seed)
    loop = called(getattr(module, f"_{name}"), names, n, seed)
    for one, other in zip(plain, loop, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12 * np.abs(one).max())


@pytest.mark.parametrize(("seed", "n"), SIZES)
def test_the_predictor_is_hermites_cubic(seed, n):
    a = arrays(n, np.random.default_rng(seed))
    ends = np.array([a["zo"], a["z"]]), np.array([a["to"], a["t"]])
    cubic = CubicHermiteSpline([0.0, a["h"]], *ends)
    step_arrays.predict(a["out"], a["z"], a["t"], a["zo"], a["to"], a["h"], a["s"])
    np.testing.assert_allclose(a["out"], cubic(a["h"] + a["s"]), rtol=1e-12, atol=1e-12)
    step_arrays.interpolated_tangent(
        a["out"], a["z"], a["t"], a["zo"], a["to"], a["h"], a["b"], a["weight"]
    )
    slope = cubic(a["b"] * a["h"], 1)
    expected = slope / np.sqrt(slope**2 @ a["weight"])
    np.testing.assert_allclose(a["out"], expected, rtol=1e-11)


@pytest.mark.parametrize(("seed", "n"), SIZES)
def test_the_bordered_system_leads_into_the_plane_and_along_the_branch(seed, n):
    a = arrays(n, np.random.default_rng(seed))
    names = FUNCTIONS[step_arrays]["border"].split()
    step_arrays.border(*(a[name] for name in names))
    full = a["B"].copy()
    assert step_arrays.solve(a["B"], a["R"])
    step, tangent = a["R"].T
    matrix = np.column_stack([a["J"] + a["gauge"], a["Fp"]])
    np.testing.assert_allclose(full[:n], matrix, rtol=1e-14)
    np.testing.assert_allclose(matrix @ step, a["F"], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(matrix @ tangent, 0.0, atol=1e-8 * np.abs(tangent).max())
    plane = (a["t"] * a["weight"]) @ (a["y"] - step - a["y0"])
    assert abs(plane) <= 1e-9 * np.abs(a["t"] * a["weight"] * (a["y"] - step)).max()
    assert (a["t"] * a["weight"]) @ tangent == pytest.approx(1.0, rel=1e-8)
    cosine = step_arrays.orient(a["tn"], a["R"], a["t"], a["weight"])
    assert a["tn"] ** 2 @ a["weight"] == pytest.approx(1.0)
    assert 0.0 < cosine == pytest.approx((a["tn"] * a["weight"]) @ a["t"])


@pytest.mark.parametrize(("seed", "n"), SIZES)
def test_units_are_undone(seed, n):
    """A system that is scaled, solved and brought back has the solution of the plain one."""
    a = arrays(n, np.random.default_rng(seed))
    a["R"][:-1, 1] = 0.0  # the second right-hand side has no equation of its own
    expected = np.linalg.solve(a["B"], a["R"])
    step_units.equilibrate(a["B"], a["R"], a["rows"], a["weight"])
    assert step_arrays.solve(a["B"], a["R"])
    step_units.restore(a["R"], a["rows"], a["weight"])
    np.testing.assert_allclose(a["R"], expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max())


def test_rounding_is_a_sum_of_moduli():
    """Terms that cancel are rounded all the same."""
    j, fp, y = np.array([[1.0, -1.0], [2.0, 3.0]]), np.array([-4.0, 5.0]), np.array([1.0, 1, -2])
    in_units = step_units.rounding_in_units(j, fp, y, np.array([1.0, 10.0]))
    assert in_units == pytest.approx(np.hypot(1 + 1 + 8, 10 * (2 + 3 + 10)))
    plain = step_arrays.rounding_scale(j, fp, y)
    assert plain == pytest.approx(np.linalg.norm(j) * np.sqrt(2) + 2 * np.linalg.norm(fp))


@pytest.mark.parametrize("body", [step_arrays.solve, step_arrays._solve])
def test_pivots_are_the_largest_in_modulus(body):
    """Without, a pivot of 1e-20 leaves nothing of the other entries."""
    matrix = np.array([[1e-20, 1.0, 2.0], [-1.0, 1.0, 0.5], [-0.5, -3.0, 1.0]])
    right = np.array([[1.0, 0.0], [2.0, 1.0], [-1.0, 3.0]])
    solution = np.asfortranarray(right)
    assert body(np.asfortranarray(matrix), solution)
    np.testing.assert_allclose(matrix @ solution, right, atol=1e-14)
    singular = np.asfortranarray(np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]))
    assert not body(singular, np.asfortranarray(right))
