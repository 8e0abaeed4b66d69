"""Problems by a compiled kernel of one fixed signature."""

from dataclasses import dataclass

import numpy as np

from continuation import differences
from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.problem import AnyProblem, Kernel

__all__ = ["CompiledProblem"]


@dataclass(frozen=True, eq=False)
class CompiledProblem(AnyProblem):
    """F(x, p) = 0 by a Numba kernel compiled for `KERNEL_SIGNATURE`.

    Parameters
    ----------
    kernel : numba dispatcher
        kernel(x, p, constants, data, work, F, J, Fp) -> potential; fills F, J and Fp.
    constants : (c,) ndarray
    data : (r, N) ndarray
    work : (s, b) ndarray
        Scratch of the kernel; not shared between threads.
    dimension : int
        Number of unknowns n.
    symmetric : bool
        The Jacobian is symmetric; only then is the whole step compiled too.
    jet : numba dispatcher, optional
        Same signature; takes a direction e in J[0] and returns F = F, J[1] = D²F[e, e] and
        J[2] = D³F[e, e, e], J having max(3, n) rows and Fp max(5, n) entries.
    """

    kernel: Kernel
    constants: Array
    data: Array
    work: Array
    dimension: int
    symmetric: bool = True
    jet: Kernel | None = None
    is_map: bool = False
    flow_sign: float = -1.0
    unit: float | None = 1.0  # weights of networks: inputs are of order one

    def __post_init__(self) -> None:
        for name, ndim in (("constants", 1), ("data", 2), ("work", 2)):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            if array.ndim != ndim:
                raise InvalidInputError(
                    f"{name} must have {ndim} dimension(s), got shape {array.shape}."
                )
            object.__setattr__(self, name, array)
        if self.dimension < 1:
            raise InvalidInputError(f"dimension must be at least 1, got {self.dimension}.")

    def evaluate(self, x: Array, p: float) -> tuple[float, Array, Array, Array]:
        """Potential, F (n,), dF/dx (n, n) and dF/dp (n,) in one call of the kernel."""
        n = self.dimension
        f, j, fp = np.zeros(n), np.zeros((n, n)), np.zeros(n)
        x = np.ascontiguousarray(x, dtype=np.float64)
        if x.shape != (n,):
            raise InvalidInputError(f"the state must have shape ({n},), got {x.shape}.")
        value = self.kernel(x, float(p), self.constants, self.data, self.work, f, j, fp)
        return value, f, j, fp

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` for a state of another shape; values are seen by Newton."""
        if x.shape != (self.dimension,):
            raise InvalidInputError(
                f"the state must have shape ({self.dimension},), got {x.shape}."
            )

    def residual(self, x: Array, p: float) -> Array:
        """F(x, p), shape (n,)."""
        return self.evaluate(x, p)[1]

    def jacobian(self, x: Array, p: float) -> Array:
        """dF/dx, shape (n, n)."""
        return self.evaluate(x, p)[2]

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """dF/dp, shape (n,)."""
        return self.evaluate(x, p)[3]

    def full_jacobian(self, z: Array) -> Array:
        """[dF/dx, dF/dp], shape (n, n + 1)."""
        _, _, j, fp = self.evaluate(z[:-1], z[-1])
        return np.column_stack([j, fp])

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """By the jet, where all directions keep the parameter fixed."""
        jet = self.jet
        if jet is None or any(v[-1] for v in directions):
            return None
        row = len(directions) - 1
        return differences.polarised(lambda e: self._along(jet, z, e)[row], *directions)

    def _along(self, jet: Kernel, z: Array, e: Array) -> Array:
        """Rows 1 and 2: the second and third derivative along e."""
        n = self.dimension
        f, j, fp = np.zeros(n), np.zeros((max(3, n), n)), np.zeros(max(5, n))
        j[0] = e[:-1]
        x = np.ascontiguousarray(z[:-1])
        jet(x, float(z[-1]), self.constants, self.data, self.work, f, j, fp)
        return j
