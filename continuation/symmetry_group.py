"""The finite group that symmetries of a problem generate."""

from collections.abc import Sequence

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.options import as_real
from continuation.problem import AnyProblem

__all__ = ["group"]

MOST_ELEMENTS = 1000
"""A larger group, or an infinite one, is refused: every element is tried on every solution."""

EQUIVARIANT = 1e-8
"""F(S x) and S F(x) agree to this part of F around: more than rounding is no symmetry."""


def group(
    problem: AnyProblem, generators: Sequence[Array], x: Array, p: float
) -> tuple[Array, ...]:
    """All products of the generators, the identity first.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    generators : sequence of (n, n) array_like
        Orthogonal or not; F(S x, p) = S F(x, p).
    x : (n,) ndarray
    p : float
        Where the symmetry is tried.

    Raises
    ------
    InvalidInputError
        For a matrix that is no symmetry of F, or generates more than `MOST_ELEMENTS` elements.
    """
    if not isinstance(generators, Sequence | np.ndarray) or isinstance(generators, str):
        raise InvalidInputError(
            f"generators must be a sequence of matrices (n, n), such as [-np.eye(n)]; "
            f"got {generators!r}."
        )
    matrices = [as_real("a generator", s) for s in generators]
    for number, s in enumerate(matrices):
        _require_symmetry(problem, s, number, x, p)
    elements = [np.eye(x.size)]
    for element in elements:  # grows while it is gone through
        for s in matrices:
            product = s @ element
            if not any(np.allclose(product, e, atol=EQUIVARIANT) for e in elements):
                elements.append(product)
        if len(elements) > MOST_ELEMENTS:
            raise InvalidInputError(
                f"the generators make more than {MOST_ELEMENTS} elements: give a finite group."
            )
    return tuple(elements)


def _require_symmetry(problem: AnyProblem, s: Array, number: int, x: Array, p: float) -> None:
    if s.shape != (x.size, x.size):
        raise InvalidInputError(
            f"generator {number} must have shape {(x.size, x.size)}, got {s.shape}."
        )
    tried = x + 0.1 * (1 + np.abs(x).max()) * np.random.default_rng(0).standard_normal(x.size)
    mapped, moved = s @ problem.residual(tried, p), problem.residual(s @ tried, p)
    gap, size = np.abs(mapped - moved).max(), np.abs(mapped).max()
    if not gap <= EQUIVARIANT * size:
        raise InvalidInputError(
            f"generator {number} is no symmetry: F(S x) and S F(x) differ by {gap:.3g} "
            f"beside {size:.3g}."
        )
