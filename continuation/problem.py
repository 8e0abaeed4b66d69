"""What the engine asks of a problem F(x, p) = 0, of whatever kind.

Every kind offers the same methods and the same `kernel`, which is what the tracer calls. Second
and third derivatives are exact where a kind offers them (`exact`), else error-controlled
differences.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from scipy import sparse

from continuation import differences
from continuation.arrays import Array
from continuation.errors import InvalidInputError, require_type
from continuation.meaning import Meaning
from continuation.pencil import rank_of

__all__ = ["AnyProblem", "Kernel", "check_values", "require_problem"]

Kernel = Callable[..., float]

RELATIVE_LENGTH = 1e-3
"""A length for differences below this part of the number it is added to would cost digits."""

#: An entry of a direction below this is zero: dividing by it may overflow.
SMALLEST = 1e-280
#: Of directions one length long, a sum or difference shorter than the inverse of this is rounding.
NEGLIGIBLE = 1e7


class AnyProblem:
    """What all kinds of problem share; the engine depends on nothing else.

    Attributes
    ----------
    symmetric : bool
        The Jacobian is symmetric: real eigenvalues, no Hopf points.
    is_map : bool
        F(x, p) = G(x, p) - x for a map G: flips and Neimark-Sacker points are looked for.
    flow_sign : float
        The flow is x' = flow_sign F: 1, or -1 where F is the gradient of a potential.
    mass : ndarray or sparse, shape (n, n), or None
        The flow is mass x' = F.
    conserved : ndarray, shape (c, n), or None
        Combinations of unknowns that the flow conserves, where the user says them.
    lengths : ndarray, shape (n + 1,), or None
        Lengths of (x, p) over which F changes, for differences; None: 1, or the size of each.
    unit : float or None
        What counts as 1 in the unknowns where no `state_scale` says it; None: found at the start.
    kernel : callable
        Fills F, J and Fp; the signature is `KERNEL_SIGNATURE`.
    """

    lengths: Array | None = None
    unit: float | None = None
    symmetric: bool
    is_map: bool = False
    flow_sign: float = 1.0
    mass: Any = None
    conserved: Any = None
    kernel: Kernel
    constants: Array
    data: Array
    work: Array

    @property
    def adapts(self) -> bool:
        """Whether units follow the branch, where the user gives no scale."""
        return self.unit is None

    @property
    def meaning(self) -> Meaning:
        """Names, held parameters and flow, for results."""
        return Meaning(flow_sign=self.flow_sign, is_map=self.is_map)

    def mass_matrix(self, n: int) -> Array:
        """M of M x' = F, shape (n, n), dense."""
        return np.asarray(self.mass_like(np.empty((n, n))))

    def mass_like(self, jacobian: Any) -> Any:
        """M of M x' = F, shape (n, n), dense or sparse as the Jacobian is."""
        n, mass, is_sparse = jacobian.shape[0], self.mass, sparse.issparse(jacobian)
        if mass is None:
            return sparse.identity(n, format="csc") if is_sparse else np.eye(n)
        if is_sparse:
            return sparse.csc_matrix(mass)
        return mass.toarray() if sparse.issparse(mass) else mass

    def degrees(self, n: int) -> int:
        """Number of differential equations among n."""
        return n if self.mass is None else rank_of(self.mass)

    def trouble(self, x: Array, p: float) -> str:
        """What the user's functions raise at (x, p); empty where they do not."""
        return ""

    def residual(self, x: Array, p: float) -> Array:
        """F(x, p), shape (n,)."""
        raise NotImplementedError

    def jacobian(self, x: Array, p: float) -> Any:
        """dF/dx, shape (n, n)."""
        raise NotImplementedError

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """dF/dp, shape (n,)."""
        raise NotImplementedError

    def full_jacobian(self, z: Array) -> Any:
        """Derivative by z = (x, p): [dF/dx, dF/dp], shape (n, n + 1)."""
        x, p = z[:-1], float(z[-1])
        blocks: Any = [self.jacobian(x, p), np.asarray(self.dresidual_dp(x, p))[:, None]]
        if sparse.issparse(blocks[0]):
            return sparse.hstack(blocks, format="csc")
        return np.hstack(blocks)

    def turned(self, z: Array, v: Array) -> Any:
        """Derivative of `full_jacobian` (n, n + 1) at z in the direction v, both (n + 1,)."""
        return differences.along(lambda h: self.full_jacobian(z + h * v), self._length(z, v))

    def _length(self, z: Array, v: Array) -> float:
        """How far F can be followed from z along v before it changes appreciably."""
        moved = np.abs(v) > SMALLEST
        parts = self.lengths_at(z)[moved] / np.abs(v[moved])
        return float(parts.min(initial=np.inf)) if moved.any() else 1.0

    def lengths_at(self, z: Array) -> Array:
        """Lengths (n + 1,) of z = (x, p) over which differences are taken."""
        if self.lengths is None:
            return np.maximum(1.0, np.abs(z))
        return np.maximum(self.lengths, RELATIVE_LENGTH * np.abs(z))

    @property
    def differenced(self) -> dict[str, None]:
        """Names of the first derivatives that are taken by differences."""
        return {}

    def measured(self, lengths: Array) -> "AnyProblem":
        """The same problem, its differences taken over these lengths (n + 1,) of (x, p)."""
        return self

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """D²F or D³F along two or three directions, (n + 1,) each; None where not offered."""
        return None

    def second(self, z: Array, u: Array, v: Array) -> Array:
        """D²F[u, v] at z = (x, p), all (n + 1,): shape (n,)."""
        value = self.exact(z, u, v)
        if value is not None:
            return value
        if "jacobian" in self.differenced:
            return self._repeated(self._left, z, u, v)
        return np.asarray(self.turned(z, u) @ v)

    def third(self, z: Array, u: Array, v: Array, w: Array) -> Array:
        """D³F[u, v, w] at z = (x, p), all (n + 1,): shape (n,)."""
        value = self.exact(z, u, v, w)
        if value is not None:
            return value
        if "jacobian" in self.differenced:
            return self._repeated(self._left, z, u, v, w)
        return self._repeated(lambda y: np.asarray(self.full_jacobian(y) @ w), z, u, v)

    def _left(self, z: Array) -> Array:
        """F at z = (x, p)."""
        return np.asarray(self.residual(z[:-1], float(z[-1])), dtype=float)

    def _repeated(self, function: Callable[[Array], Array], z: Array, *directions: Array) -> Array:
        """Derivative of a function of z along two or three directions (n + 1,), by differences."""
        order, lengths = len(directions), [self._length(z, v) for v in directions]
        if not all(v.any() for v in directions):
            return 0.0 * function(z)

        def form(e: Array) -> Array:
            size = self._length(z, e) if e.any() else np.inf
            if size > NEGLIGIBLE:
                return 0.0 * function(z)
            return differences.repeated(lambda h: function(z + h * e), order, size)

        # each one length long
        of_one = {id(v): v * length for v, length in zip(directions, lengths, strict=True)}
        value = differences.polarised(form, *(of_one[id(v)] for v in directions))
        return value / np.prod(lengths)

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` where shapes or values at a start are unusable."""
        check_values(self, x, p)


def require_problem(problem: Any) -> None:
    """Raise `InvalidInputError` for what is no problem."""
    require_type("problem", problem, AnyProblem, "made by Problem, for example Problem(f)")


def check_values(
    problem: AnyProblem, x: Array, p: float, but: Collection[str] = frozenset()
) -> None:
    """Raise `InvalidInputError` where a function has another shape or is not finite at a start.

    Those named in `but` are left out: differences over lengths that do not fit mean nothing.
    """
    n = x.size
    shapes = {"residual": (n,), "jacobian": (n, n), "dresidual_dp": (n,)}
    for name, shape in shapes.items():
        if name in but:
            continue
        value: Any = getattr(problem, name)(x, p)
        is_sparse: bool = sparse.issparse(value)
        entries: Any = value.data if is_sparse else np.asarray(value)
        found = value.shape if is_sparse else entries.shape
        if found != shape:
            raise InvalidInputError(
                f"{name} returned shape {found} for a state of {n} unknowns, expected {shape}. "
                "Return one number per unknown, the derivative by unknown j in column j."
            )
        if entries.dtype.kind not in "iuf":
            raise InvalidInputError(
                f"{name} must return real numbers, got {entries.dtype}. Split complex equations "
                "into real and imaginary parts."
            )
        if not np.isfinite(entries).all():
            raise InvalidInputError(
                f"{name} is not finite at the start (p = {p:.6g}). "
                "Start inside the domain of the equations."
            )
