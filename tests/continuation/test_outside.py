"""Functions of the user that raise: at the start an error, in mid-run the end of the branch."""

import math

import numpy as np
import pytest
from scipy import sparse

from continuation import InvalidInputError, Problem, bifurcation_diagram, trace_branch
from continuation.eigenvalues import spectrum


class Left(Exception):
    """An exception of the user's own."""


def overflowing(x, p):
    return np.array([x[0] - math.exp(100 * p)])


def root(x, p):
    return np.array([math.sqrt(p) - x[0]])


def table(x, p):
    if p > 0.5:
        raise Left("outside the table")
    return np.array([x[0] - p])


@pytest.mark.parametrize(
    ("residual", "start", "limits", "direction", "said", "edge"),
    [
        (root, (1.0, 1.0), (-1, 1), -1, "ValueError: math domain error", 0.0),
        (table, (0.0, 0.0), (0, 1), 1, "Left: outside the table", 0.5),
    ],
)
def test_a_branch_ends_where_its_equations_do(
    residual, start, limits, direction, said, edge
) -> None:
    branch = trace_branch(Problem(residual), [start[0]], start[1], limits, direction)
    assert branch.stop_reason == "no progress"
    assert f"residual raised {said}" in branch.message
    assert abs(branch.p[-1] - edge) < 0.01
    assert len(branch) > 5


@pytest.mark.slow
def test_overflow_ends_the_branch() -> None:
    branch = trace_branch(Problem(overflowing), [1.0], 0.0, (0, 10))
    assert branch.p[-1] > 0.03
    assert branch.stop_reason != "limit"


def test_a_jacobian_that_raises() -> None:
    def jacobian(x, p):
        if p > 0.5:
            raise ZeroDivisionError("no slope")
        return np.eye(1)

    problem = Problem(lambda x, p: np.array([x[0] - p]), jacobian, lambda x, p: -np.ones(1))
    branch = trace_branch(problem, [0.0], 0.0, (0, 1))
    assert "jacobian raised ZeroDivisionError: no slope at p = 0.5" in branch.message
    assert 0.49 < branch.p[-1] <= 0.5


def test_at_the_start_it_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match=r"residual raised ValueError.*at the start"):
        trace_branch(Problem(root), [1.0], -1.0)
    with pytest.raises(InvalidInputError, match="residual raised TypeError"):
        trace_branch(Problem(lambda x: x), [1.0], 1.0)


def test_complex_values_are_refused() -> None:
    problem = Problem(lambda x, p: np.sqrt((x - p).astype(complex)) - 1)
    with pytest.raises(InvalidInputError, match="residual must return real numbers"):
        trace_branch(problem, [2.0], 1.0, (1, 2))


def test_next_to_the_edge_of_a_domain() -> None:
    """Ln x = p is followed to x = 1e-11, whose logarithm changes over what is left of x."""
    branch = trace_branch(Problem(lambda x, p: np.log(x) + x - p), [1.0], 1.0, (-24, 2), -1)
    assert branch.stop_reason == "limit"
    assert abs(np.log(branch.x[-1, 0]) + 24) < 1e-7


@pytest.mark.parametrize("symmetric", [False, True])
def test_a_jacobian_that_is_not_finite_has_no_eigenvalues(symmetric, capfd) -> None:
    """Differences reach over the edge of a domain; LAPACK would print complaints of its own."""
    jacobian, values, pairs = np.full((3, 3), np.nan), np.zeros(3), np.zeros(3)
    least = spectrum(jacobian, symmetric, values, pairs, np.zeros(0), np.ones(4))
    assert np.isnan([least, *values]).all()
    assert capfd.readouterr() == ("", "")


def test_a_diagram_ends_at_the_edge_of_a_domain_in_general_coordinates() -> None:
    """√y − 0.8 y − 0.2 + p/4 = 0 with a second unknown at rest: differences reach beyond y = 0."""
    rng, start = np.random.default_rng(6), ((1 + math.sqrt(0.36)) / 1.6) ** 2
    mix, out = rng.standard_normal((2, 2)), np.diag([1.5, -2.3])
    inverse = np.linalg.inv(mix)

    def residual(x, p):
        y = inverse @ x
        with np.errstate(invalid="ignore"):
            bent = np.sqrt(y[0]) - 0.8 * y[0] - 0.2 + 0.25 * p / 140
        return mix @ out @ [bent, y[1]]

    found = bifurcation_diagram(Problem(residual), mix[:, 0] * start, 0.0, (-140, 140))
    (branch,) = found.branches
    (fold,) = [q for q in branch.special if q.kind == "fold"]
    assert inverse[0] @ fold.x == pytest.approx(0.625**2, rel=1e-7)
    assert fold.p == pytest.approx(-0.45 * 140, rel=1e-9)
    assert "left their domain" in str(found)


MATRICES = {
    "list": lambda m: m.tolist(), "matrix": lambda m: m.view(np.matrix),
    "Fortran": np.asfortranarray,
    "dok": sparse.dok_array, "lil": sparse.lil_array, "bsr": sparse.bsr_array,
}  # fmt: skip
"""What a user's function may make of a matrix."""


@pytest.mark.parametrize("kind", MATRICES)
def test_matrices_of_any_kind(kind: str) -> None:
    def jacobian(x, p):
        return MATRICES[kind](np.array([[-2 * x[0], 0.0], [1.0, -1.0]]))

    problem = Problem(lambda x, p: [p - x[0] ** 2, x[0] - x[1]], jacobian, lambda x, p: (1, 0))
    half = {"half": lambda x, p: x[:1] - 0.5}
    branch = trace_branch(problem, [1, 1], 1, [0.1, 1], -1, functions=half)
    assert [(q.kind, round(q.p, 9)) for q in branch.special] == [("user", 0.25), ("limit", 0.1)]


def test_functions_of_the_user_are_left_where_they_are_not_defined() -> None:
    """One works in place; one is defined where x > 0.3 only, and crosses zero there."""

    def in_place(x, p):
        x -= 0.5
        return x[0]

    given = {"a": in_place, "b": lambda x, p: math.sqrt(x[0] - 0.3) - 0.1}
    problem = Problem(lambda x, p: p - x**2)
    branch = trace_branch(problem, [1.0], 1.0, (-1, 1), -1, functions=given)
    assert [q.name for q in branch.special] == ["a", "b", "", ""]
    np.testing.assert_allclose([q.x[0] for q in branch.special[:2]], [0.5, 0.31], rtol=1e-9)


def test_functions_that_work_in_place() -> None:
    """One changes the x it is given; one fills the same array each time."""
    buffer, matrix = np.zeros(2), np.zeros((2, 2))

    def residual(x, p):
        x *= x
        np.subtract(x, p, out=buffer)
        return buffer

    def jacobian(x, p):
        matrix[...] = np.diag(2 * x)
        return matrix

    for given in (None, jacobian):
        branch = trace_branch(Problem(residual, given), [-1.0, 1.0], 1.0, (0.1, 2))
        np.testing.assert_allclose(branch.x, np.sqrt(branch.p)[:, None] * [-1, 1])


def test_a_wrong_derivative_is_named_where_equations_are_curved() -> None:
    """The second equation has slope zero at the start: no corner, but given transposed."""
    problem = Problem(
        lambda x, p: np.array([x[0] + 3 * x[1] - p, x[1] ** 3 - x[0] * p]),
        lambda x, p: np.array([[1.0, -p], [3.0, 3 * x[1] ** 2]]),
    )
    branch = trace_branch(problem, [0.0, 0.0], 0.0, (-1, 2))
    assert "derivatives given disagree" in branch.message
