"""Conserved totals: found in any coordinates, held at the user's value, ignored by stability."""

import numpy as np
import pytest
from scipy import sparse

from continuation import (
    Branch,
    InvalidInputError,
    Problem,
    StepOptions,
    trace_branch,
    trace_fold_curve,
)
from continuation.conservation import conserved_quantities

Array = np.ndarray


def flux(x: float, y: float, a: float) -> float:
    return (a + 8 * y**2 / (1 + y**2)) * x - 3 * y


#: The total 2 eliminated by hand.
reduced = Problem(lambda y, a: np.array([flux(2 - y[0], y[0], a)]))


def folds(branch: Branch) -> list[float]:
    return [q.p for q in branch.special if q.kind == "fold" and q.located]


def in_coordinates(seed: int) -> tuple[Problem, Array]:
    """X' = -flux, Y' = flux in x = A (X, Y); and A."""
    r = np.random.default_rng(seed)
    a = 10.0 ** r.uniform(-4, 4, 2)[:, None] * (r.standard_normal((2, 2)) + 2 * np.eye(2))

    def residual(x: Array, p: float) -> Array:
        value = flux(*np.linalg.solve(a, x), p)
        return a @ np.array([-value, value])

    return Problem(residual), a


@pytest.mark.parametrize("seed", range(6))
def test_the_total_of_the_start_is_held(seed: int) -> None:
    problem, a = in_coordinates(seed)
    branch = trace_branch(problem, a @ [2.0, 0.0], 0.0, (0, 2))
    expected = folds(trace_branch(reduced, [0.0], 0.0, (0, 2)))
    assert folds(branch) == pytest.approx(expected, abs=1e-8)
    totals = np.linalg.solve(a, branch.x.T).sum(axis=0)
    np.testing.assert_allclose(totals, 2.0, rtol=1e-9)
    assert branch.inertia[:, 1].max() == 0
    assert "Conserved" in branch.message


def test_combinations_are_said() -> None:
    problem = Problem(lambda x, a: np.array([-flux(*x, a), flux(*x, a)]))
    np.testing.assert_allclose(conserved_quantities(problem, np.array([2.0, 0.0]), 0.0), [[1, 1]])
    branch = trace_branch(problem, [2.0, 0.0], 0.0, (0, 2))
    assert "x[0] + x[1] = 2" in branch.message
    ((row, total),) = branch.conserved
    np.testing.assert_allclose(row, [1, 1])
    assert total == 2.0


@pytest.mark.parametrize("exact_zero", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_a_trivial_branch_conserves_nothing(seed: int, exact_zero: bool) -> None:
    """At x = 0, or 1e-17, all nearby points of a linear part that loses rank have lost it, too."""
    r = np.random.default_rng(seed)
    n = 2 + seed
    shift, a = np.eye(n) - 1 / n, 10.0 ** r.uniform(-6, 6) * r.standard_normal((n, n))

    def residual(x: Array, p: float) -> Array:
        y = np.linalg.solve(a, x)
        return np.asarray(p * y - y**3 - shift @ y)

    x = np.zeros(n) if exact_zero else a @ (1e-17 * r.standard_normal(n))
    assert len(conserved_quantities(Problem(residual), x, 0.0)) == 0


def test_a_family_is_no_conserved_quantity() -> None:
    """A circle of solutions: singular on it, but no combination of F vanishes elsewhere."""
    problem = Problem(lambda x, p: (x @ x - p) * x)
    assert conserved_quantities(problem, np.array([0.6, 0.8]), 1.0).shape == (0, 2)


def ring(n: int, as_sparse: bool, **options: object) -> Problem:
    """Cells in a ring that pass on what they have in excess; the sum stays."""
    shift = np.roll(np.eye(n), 1, axis=1)
    one = np.eye(n)

    def residual(x: Array, p: float) -> Array:
        flow = x**3 - p * x
        return shift @ flow + shift.T @ flow - 2 * flow

    def jacobian(x: Array, p: float) -> object:
        matrix = (shift + shift.T - 2 * one) * (3 * x**2 - p)
        return sparse.csc_matrix(matrix) if as_sparse else matrix

    return Problem(residual, jacobian, **options)


@pytest.mark.parametrize("as_sparse", [True, False])
def test_a_total_that_is_given(as_sparse: bool) -> None:
    """All cells alike at 0.5 each become unstable at p = 3 / 4 where 3 x² = p."""
    n = 5
    problem = ring(n, as_sparse, conserved=np.ones(n))
    branch = trace_branch(problem, np.full(n, 0.5), 0.0, (0, 0.7))
    np.testing.assert_allclose(branch.x.sum(axis=1), 0.5 * n, rtol=1e-12)
    assert branch.stable.all()
    assert branch.conserved[0][1] == 0.5 * n


@pytest.mark.parametrize(("n", "as_sparse"), [(5, False), (5, True), (300, True)])
def test_a_total_is_found_whatever_the_jacobian_is(n: int, as_sparse: bool) -> None:
    step = StepOptions(initial=0.1, maximum=0.2)
    branch = trace_branch(ring(n, as_sparse), np.full(n, 0.5), 0.0, (0, 0.3), step=step)
    ((row, total),) = branch.conserved
    np.testing.assert_allclose(row, np.ones(n), rtol=1e-9)
    assert total == pytest.approx(0.5 * n)
    np.testing.assert_allclose(branch.x, 0.5, rtol=1e-9)
    assert branch.stable.all()
    assert len(branch.message) < 200


@pytest.mark.parametrize("n", [5, 300])
def test_of_sparse_jacobians_families_and_regular_ones_conserve_nothing(n: int) -> None:
    """On circles of solutions dF/dx is singular, but no combination of F vanishes off them."""
    one = sparse.identity(n, format="csc")
    regular = Problem(lambda x, p: p - x, lambda x, p: -one)
    start = np.zeros(n)
    assert not len(conserved_quantities(regular, start, 0.0))
    start[:2] = 0.6, 0.8

    def residual(x: Array, p: float) -> Array:
        return (x @ x - p) * np.append(x[:2], np.zeros(n - 2)) - np.append([0, 0], x[2:])

    def jacobian(x: Array, p: float) -> object:
        flat = np.append(x[:2], np.zeros(n - 2))
        block = np.outer(flat, 2 * x) + (x @ x - p) * np.diag(np.append([1, 1], np.zeros(n - 2)))
        return sparse.csc_matrix(block - np.diag(np.append([0, 0], np.ones(n - 2))))

    assert not len(conserved_quantities(Problem(residual, jacobian), start, 1.0))


def test_a_symmetric_jacobian_stays_so() -> None:
    """A chain of springs held by nothing: its centre stays."""
    n = 4
    chain = np.diag([1.0, 2, 2, 1]) - np.eye(n, k=1) - np.eye(n, k=-1)
    problem = Problem(
        lambda x, p: -chain @ x + p * np.array([1.0, 0, 0, -1]),
        lambda x, p: -chain,
        symmetric=True,
        conserved=np.ones(n),
    )
    branch = trace_branch(problem, np.ones(n), 0.0, (0, 1))
    np.testing.assert_allclose(branch.x.mean(axis=1), 1.0, rtol=1e-12)
    assert (branch.inertia == [n, 0, 0]).all()


def test_along_a_curve() -> None:
    def family(rate: float) -> Problem:
        def residual(x: Array, a: float) -> Array:
            value = rate * x[0] * (a + 8 * x[1] ** 2 / (1 + x[1] ** 2)) - 3 * x[1]
            return np.array([-value, value])

        return Problem(residual)

    fold = next(q for q in trace_branch(family(1.0), [2.0, 0.0], 0.0, (0, 2)).special)
    curve = trace_fold_curve(family, fold, 1.0, (0.95, 1.05))
    np.testing.assert_allclose(curve.x.sum(axis=1), 2.0, rtol=1e-9)
    assert curve.meaning.conserved[0][1] == pytest.approx(2.0)


def test_what_is_said_must_be_true() -> None:
    problem = Problem(lambda x, a: np.array([-flux(*x, a), flux(*x, a)]), conserved=[1, 2])
    with pytest.raises(InvalidInputError, match=r"x\[0\] \+ 2 x\[1\] is not conserved"):
        trace_branch(problem, [2.0, 0.0], 0.0, (0, 2))
    with pytest.raises(InvalidInputError, match="independent rows"):
        Problem(lambda x, a: x, conserved=[[1, 1], [2, 2]])
    with pytest.raises(InvalidInputError, match="conserved is for 3 unknowns"):
        trace_branch(Problem(lambda x, a: x, conserved=[1, 1, 1]), [0.0, 0.0], 0.0)
