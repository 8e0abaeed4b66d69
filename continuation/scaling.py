"""A problem in units that fit it: unknowns and equations scaled so that all entries count alike.

Where one unknown is measured in thousands and another in thousandths, norms see only the first,
and every tolerance relative to a norm is wrong for the second. Every run therefore
chooses units (`fitting`). Rank tests, null vectors, Newton on augmented systems and labels at a
special point are taken in units in which the largest entry of every row and column of the Jacobian
nearby is about 1 (`Units.balancing`); what is found is brought back.

References
----------
.. [1] D. Ruiz, *A scaling algorithm to equilibrate both rows and columns norms in matrices*,
       Rutherford Appleton Laboratory RAL-TR-2001-034.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from continuation.arrays import Array
from continuation.problem import AnyProblem

__all__ = ["ROUNDING_OF_UNKNOWNS", "InUnits", "Units", "largest", "power_of_two", "scaled"]

#: Sweeps of the equilibration; it converges like 2^-k in the exponent.
SWEEPS = 12
#: Logarithms of the factors of one sweep; when they differ by less, the rest is rounded away.
ALIKE = 0.1
#: A column is rounding, and keeps its unit, where in every row it is below this part of the largest
#: entry; a row likewise where in every column it is. That is a matter of neither's units.
ROUNDING = 1e-15

#: So many points, this far in units that fit, tell how large the equations are near a point.
POINTS, NEAR = 3, 3e-3

#: An unknown below this part of the largest is zero but for rounding.
ROUNDING_OF_UNKNOWNS = 1e-13


@dataclass(frozen=True, eq=False)
class Units:
    """Powers of two, so that scaling rounds nothing.

    Attributes
    ----------
    columns : (n + 1,) ndarray
        Of (x, p): z = columns * z'.
    rows : (n,) ndarray
        Of the equations: F' = rows * F.
    """

    columns: Array
    rows: Array

    @classmethod
    def balancing(cls, matrices: Sequence[Any], parameter: float, symmetric: bool) -> "Units":
        """Units in which the largest entries of the matrices [dF/dx, dF/dp] together are about 1.

        Parameters
        ----------
        matrices : sequence of (n, n + 1) ndarray or sparse
        parameter : float
            Unit of the parameter.
        symmetric : bool
            dF/dx is symmetric, and shall stay so.
        """
        is_sparse: bool = sparse.issparse(matrices[0])
        sizes = abs(matrices[0])
        for m in matrices[1:]:
            sizes = sizes.maximum(abs(m)) if is_sparse else np.maximum(sizes, abs(m))
        n = sizes.shape[0]
        columns, rows = np.ones(n + 1), np.ones(n)
        columns[n] = parameter
        known_rows, known_columns = _known(sizes, rows, columns)
        for _ in range(SWEEPS):
            if symmetric:
                _, across = largest(sizes[:, :n], rows, columns[:n])
                by_column = by_row = _root(across, known_columns[:n])
            else:
                down, across = largest(sizes, rows, columns)
                by_column, by_row = _root(across[:n], known_columns[:n]), _root(down, known_rows)
            columns[:n] /= by_column
            rows = rows / by_row
            if max(np.ptp(np.log(by_column)), np.ptp(np.log(by_row))) < ALIKE:
                break
        return cls(power_of_two(columns), power_of_two(rows))

    def rebalanced(self, matrices: Sequence[Any], symmetric: bool) -> "Units":
        """These units, adapted by `balancing` to matrices that may differ in many orders."""
        if symmetric:  # rows and columns of one unknown have one unit
            return Units.balancing(matrices, float(self.columns[-1]), True)
        inside = [scaled(m, self.rows, self.columns) for m in matrices]
        change = Units.balancing(inside, 1.0, False)
        return Units(self.columns * change.columns, self.rows * change.rows)

    def around(self, problem: AnyProblem, z: Array) -> "Units":
        """These units, adapted to [dF/dx, dF/dp] at and near z (n + 1,).

        At a singular point itself a row may be no more than rounding, which must not count as 1.
        """
        with np.errstate(all="ignore"):
            matrices = [problem.full_jacobian(y) for y in (z, *self.near(z))]
        finite = [m for m in matrices if np.isfinite(m).all()]
        return self.rebalanced(finite, problem.symmetric)

    def near(self, z: Array) -> Array:
        """Points (POINTS, n + 1) near z, always the same."""
        random = np.random.default_rng(0)
        return np.asarray(z + NEAR * self.columns * random.standard_normal((POINTS, z.size)))

    @classmethod
    def by_size(cls, z: Array) -> "Units":
        """The sizes of the unknowns and of the parameter at z (n + 1,), where they are not zero.

        What is left to balance then differs in the equations only: rounding is told from that.
        """
        size = np.abs(z)
        most = float(size[:-1].max()) or 1.0
        size[:-1] = np.where(size[:-1] > ROUNDING_OF_UNKNOWNS * most, size[:-1], most)
        size[-1] = size[-1] or 1.0
        return cls(power_of_two(size), np.ones(z.size - 1))

    @classmethod
    def plain(cls, n: int) -> "Units":
        """No scaling."""
        return cls(np.ones(n + 1), np.ones(n))

    def inside(self, z: Array) -> Array:
        """(x, p), or a direction, in these units."""
        return np.asarray(z / self.columns)

    def outside(self, z: Array) -> Array:
        """Inverse of `inside`."""
        return np.asarray(z * self.columns)


class InUnits(AnyProblem):
    """A problem in units: F'(z') = rows * F(columns * z')."""

    def __init__(self, problem: AnyProblem, units: Units) -> None:
        self.problem, self.units = problem, units
        self.symmetric = problem.symmetric and bool((units.rows == units.columns[:-1]).all())
        self.is_map, self.flow_sign = problem.is_map, problem.flow_sign

    def mass_like(self, jacobian: Any) -> Any:
        """M of the pencil (dF'/dx', M) that has the eigenvalues of (dF/dx, M), shape (n, n)."""
        return scaled(self.problem.mass_like(jacobian), self.units.rows, self._columns)

    def degrees(self, n: int) -> int:
        """Number of differential equations among n."""
        return self.problem.degrees(n)

    @property
    def differenced(self) -> dict[str, None]:
        """Names of the first derivatives that are taken by differences."""
        return self.problem.differenced

    def _at(self, x: Array, p: float) -> tuple[Array, float]:
        z = self.units.outside(np.append(x, p))
        return z[:-1], float(z[-1])

    def residual(self, x: Array, p: float) -> Array:
        """F(x, p), shape (n,)."""
        return np.asarray(self.units.rows * self.problem.residual(*self._at(x, p)))

    def jacobian(self, x: Array, p: float) -> Any:
        """dF/dx, shape (n, n)."""
        return scaled(self.problem.jacobian(*self._at(x, p)), self.units.rows, self._columns)

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """dF/dp, shape (n,)."""
        slope = self.problem.dresidual_dp(*self._at(x, p))
        return np.asarray(self.units.rows * slope * self.units.columns[-1])

    def full_jacobian(self, z: Array) -> Any:
        """[dF/dx, dF/dp], shape (n, n + 1)."""
        matrix = self.problem.full_jacobian(self.units.outside(z))
        return scaled(matrix, self.units.rows, self.units.columns)

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """Second or third derivative, where the problem offers it."""
        outside = self.units.outside
        value = self.problem.exact(outside(z), *map(outside, directions))
        return None if value is None else np.asarray(self.units.rows * value)

    def lengths_at(self, z: Array) -> Array:
        """Lengths (n + 1,) of z = (x, p) over which differences are taken."""
        return np.asarray(self.problem.lengths_at(self.units.outside(z)) / self.units.columns)

    @property
    def _columns(self) -> Array:
        return self.units.columns[:-1]


def scaled(matrix: Any, rows: Array, columns: Array) -> Any:
    """A dense or sparse matrix, its rows and columns multiplied by these factors."""
    if sparse.issparse(matrix):
        left: Any = sparse.diags_array(rows)
        return (left @ matrix @ sparse.diags_array(columns)).tocsc()
    return rows[:, None] * np.asarray(matrix) * columns


def largest(sizes: Any, rows: Array, columns: Array) -> tuple[Array, Array]:
    """Largest entry of each row and of each column of the scaled matrix."""
    m = scaled(sizes, rows, columns)
    is_sparse: bool = sparse.issparse(m)
    if is_sparse:
        return m.max(axis=1).toarray().ravel(), m.max(axis=0).toarray().ravel()
    return m.max(axis=1), m.max(axis=0)


def _known(sizes: Any, rows: Array, columns: Array) -> tuple[Any, Any]:
    """Which rows and which columns are more than rounding."""
    of_rows, of_columns = largest(sizes, rows, columns)
    beside = largest(sizes, _inverse(of_rows), columns)[1]
    above = largest(sizes, rows, columns * _inverse(of_columns))[0]
    return above > ROUNDING, beside > ROUNDING


def _inverse(v: Array) -> Array:
    return np.divide(1.0, v, out=np.zeros(v.size), where=v > 0)


def _root(largest: Array, known: Any) -> Array:
    return np.sqrt(np.where(known & (largest > 0), largest, 1.0))


def power_of_two(v: Array) -> Array:
    """The power of two nearest to each number."""
    return np.asarray(np.exp2(np.round(np.log2(v))))
