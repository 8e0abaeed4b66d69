"""The condensed solver against dense linear algebra, in general position."""

import numpy as np
import pytest

from continuation.orbits.elimination import solver
from continuation.orbits.scheme import scheme_of


def dense(h, scheme, jacobian, columns, full, scalars):
    """The same matrix, written down."""
    count, m, n, _ = jacobian.shape
    start, k = count * m * n, scalars.shape[1]
    matrix = np.zeros((start + n + k, start + n + k))
    for i in range(count):
        rows = slice(i * m * n, (i + 1) * m * n)
        local = np.einsum("jl,ab->jalb", scheme.slopes, np.eye(n))
        local = local - h[i] * np.einsum("jl,jab->jalb", scheme.values, jacobian[i])
        at = i * m * n
        matrix[rows, at : at + (m + 1) * n] = local.reshape(m * n, (m + 1) * n)
        matrix[rows, start + n :] = columns[i]
    matrix[start:, : start + n], matrix[start:, start + n :] = full, scalars
    return matrix


@pytest.mark.parametrize(("n", "degree", "count", "k"), [(1, 2, 1, 1), (2, 4, 7, 2), (3, 3, 5, 4)])
def test_solution_and_relation_of_the_ends(n, degree, count, k):
    random = np.random.default_rng(n)
    scheme, h = scheme_of(degree), random.uniform(0.05, 0.2, count)
    jacobian = 10 * random.standard_normal((count, degree, n, n))
    columns = random.standard_normal((count, degree * n, k))
    full = random.standard_normal((n + k, (count * degree + 1) * n))
    scalars = random.standard_normal((n + k, k))
    matrix = dense(h, scheme, jacobian, columns, full, scalars)
    right = random.standard_normal((len(matrix), 2))
    x, relation = right.copy(), np.zeros((n, 2 * n))
    arguments = (h, scheme.values, scheme.slopes, jacobian, columns, full.copy(), scalars)
    assert solver()(*arguments, x, relation)
    assert np.abs(x - np.linalg.solve(matrix, right)).max() < 1e-10 * np.abs(x).max()
    # without scalars and right sides the last node is a linear function of the first
    start = count * degree * n
    through = -np.linalg.solve(matrix[:start, n : start + n], matrix[:start, :n])[-n:]
    found = -np.linalg.solve(relation[:, n:], relation[:, :n])
    assert np.abs(found - through).max() < 1e-10 * np.abs(through).max()


def test_a_singular_system_is_said_to_be_one():
    scheme = scheme_of(2)
    zero, one = np.zeros((1, 2, 1, 1)), np.ones(1)
    x = np.ones((4, 1))
    full = np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    good = solver()(
        one, scheme.values, scheme.slopes, zero, np.zeros((1, 2, 1)), full, np.zeros((2, 1)), x,
        np.zeros((1, 2)),
    )  # fmt: skip
    assert not good
