"""Eigenvalues along a branch: LAPACK for one matrix, lanes of machine code for many.

The compiled tracer keeps its symmetric Jacobians and has the eigenvalues of all of them computed
afterwards, `LANES` matrices abreast: each operation of the iteration is one vector operation over
as many matrices. A matrix that has converged rests while the others go on, so that its eigenvalues
do not depend on its neighbours and a resumed run repeats them to the last bit.

References
----------
.. [1] J. H. Wilkinson, C. Reinsch, *Linear Algebra*, Springer 1971, II/2 (tred1).
.. [2] B. N. Parlett, *The Symmetric Eigenvalue Problem*, SIAM 1998, section 8.15.
"""

import math
from typing import Any

import numpy as np
from scipy.linalg import lapack

from continuation.dense import greater
from symbolic.inner_code import inner_njit

__all__ = ["spectra", "spectrum"]

Array = np.ndarray

MACHINE = 2.220446049250313e-16
#: Matrices abreast: several registers wide, the scratch still within the first cache.
LANES = 32
#: Square of an off-diagonal element that is zero, relative to the norm, whatever stands beside it.
NOTHING = 1e-40
#: Iterations per eigenvalue; two or three are usual.
ITERATIONS = 60


def spectrum(J: Any, symmetric: bool, w: Array, wi: Array, rows: Array, weight: Array) -> float:
    """Eigenvalues of one dense or sparse J into (w, wi), and its smallest singular value.

    The latter in the units of the run, where its equations have some, `rows` (n,). All are NaN
    where J is not finite: LAPACK would complain to the terminal.
    """
    if type(J) is not np.ndarray:
        return float(J.spectrum(symmetric, w, wi))
    if not np.isfinite(J).all():
        w[:] = wi[:] = np.nan
        return np.nan
    if symmetric:
        # the transpose is Fortran-contiguous: LAPACK reads it as it stands
        w[:] = lapack.dsyev(J.T, compute_v=0)[0]
        if not rows.size:
            return float(np.abs(w).min())
    else:
        w[:], wi[:] = lapack.dgeev(_graded(J, rows, weight).T, compute_vl=0, compute_vr=0)[:2]
    balanced = (rows[:, None] * J / np.sqrt(weight[:-1])).T if rows.size else J.T
    return float(lapack.dgesdd(balanced, compute_uv=0)[1][-1])


def _graded(J: Array, rows: Array, weight: Array) -> Array:
    """J with its unknowns in descending order of the size of its entries.

    Of a matrix that is graded so, the QR algorithm finds small eigenvalues to more digits [2]_.
    """
    if not rows.size:
        return J
    order = np.argsort(rows / np.sqrt(weight[:-1]), kind="stable")
    return J[np.ix_(order, order)]


@inner_njit(error_model="numpy")
def tridiagonalise(a, d, e):  # type: ignore[no-untyped-def]
    """Householder: diagonal of a symmetric matrix into d, subdiagonal into e; a destroyed [1]_."""
    n = d.size
    for k in range(n - 2):
        row = a[k]
        d[k] = row[k]
        tail = 0.0
        for i in range(k + 2, n):
            tail += row[i] * row[i]
        e[k] = row[k + 1]
        if tail == 0.0:
            continue
        e[k] = -math.copysign(math.sqrt(tail + row[k + 1] * row[k + 1]), row[k + 1])
        row[k + 1] -= e[k]
        beta = 2.0 / (tail + row[k + 1] * row[k + 1])
        half = 0.0
        for j in range(k + 1, n):
            s = 0.0
            for i in range(k + 1, n):
                s += a[j, i] * row[i]
            d[j] = beta * s
            half += d[j] * row[j]
        half *= 0.5 * beta
        for j in range(k + 1, n):
            d[j] -= half * row[j]
        for j in range(k + 1, n):
            for i in range(k + 1, n):
                a[j, i] -= row[i] * d[j] + d[i] * row[j]
    if n > 1:
        d[n - 2] = a[n - 2, n - 2]
        e[n - 2] = a[n - 1, n - 2]
    d[n - 1] = a[n - 1, n - 1]
    e[n - 1] = 0.0


@inner_njit(error_model="numpy")
def begin(d, below, e, active, state):  # type: ignore[no-untyped-def]
    """Lanes not yet converged, and the shifts of their next iteration; return how many."""
    sigma = state[0]
    left = 0.0
    for k in range(LANES):
        size = MACHINE * (abs(d[k]) + abs(below[k]))
        active[k] = 1.0 if e[k] > max(size * size, NOTHING) else 0.0
        left += active[k]
    for k in range(LANES):
        half = 0.5 * (below[k] - d[k])
        root = half + math.copysign(math.sqrt(half * half + e[k]), half)
        sigma[k] = d[k] - (e[k] / root if active[k] > 0.0 else 0.0)
    return left


@inner_njit(error_model="numpy")
def rotate(d, below, e, e_below, active, state):  # type: ignore[no-untyped-def]
    """One rotation of the rational QL method, as by Pal, Walker and Kahan, in all lanes [2]_."""
    sigma, s, c, gamma, p = state[0], state[1], state[2], state[3], state[4]
    for k in range(LANES):
        b, before, last = e[k], c[k], gamma[k]
        r = p[k] + b
        inverse = 1.0 / r
        cosine = p[k] * inverse if r != 0.0 else 1.0
        sine = b * inverse if r != 0.0 else 0.0
        ratio = r / p[k] if p[k] != 0.0 else 1.0
        turned = cosine * (d[k] - sigma[k]) - sine * last
        e_below[k] = s[k] * r if active[k] > 0.0 else e_below[k]
        below[k] = last + (d[k] - turned) if active[k] > 0.0 else below[k]
        p[k] = turned * turned * ratio if cosine != 0.0 else before * b
        s[k], c[k], gamma[k] = sine, cosine, turned


@inner_njit(error_model="numpy")
def root_free_ql(d, e, active, state):  # type: ignore[no-untyped-def]
    """Eigenvalues of tridiagonal matrices of norm 1 into d; e holds squared subdiagonals."""
    n = d.shape[0]
    sigma, s, c, gamma, p = state[0], state[1], state[2], state[3], state[4]
    for first in range(n - 1):
        for _ in range(ITERATIONS):
            if begin(d[first], d[first + 1], e[first], active, state) == 0.0:
                break
            for k in range(LANES):
                s[k], c[k] = 0.0, 1.0
                gamma[k] = d[n - 1, k] - sigma[k]
                p[k] = gamma[k] * gamma[k]
            for i in range(n - 2, first - 1, -1):
                rotate(d[i], d[i + 1], e[i], e[i + 1], active, state)
            for k in range(LANES):
                if active[k] > 0.0:
                    e[first, k] = s[k] * p[k]
                    d[first, k] = sigma[k] + gamma[k]


def spectra(matrices, values, smallest):  # type: ignore[no-untyped-def]
    """Eigenvalues of symmetric matrices (m, n, n), destroyed, into values (m, n), ascending.

    The smallest singular value of each goes into smallest (m,). All are NaN of a matrix with NaN.
    """
    m, n = values.shape
    d, e = np.zeros((n, LANES)), np.zeros((n, LANES))
    active, state = np.zeros(LANES), np.zeros((5, LANES))
    diagonal, subdiagonal, norm = np.zeros(n), np.zeros(n), np.zeros(LANES)
    for first in range(0, m, LANES):
        count = min(LANES, m - first)
        d[:], e[:] = 0.0, 0.0
        for k in range(count):
            tridiagonalise(matrices[first + k], diagonal, subdiagonal)
            size = 0.0
            for i in range(n):
                size = greater(size, greater(abs(diagonal[i]), abs(subdiagonal[i])))
            norm[k] = size
            scale = 0.0 if size == 0.0 else 1.0 / size
            turned = abs(diagonal[0]) > abs(diagonal[n - 1])  # small ones first: fewer iterations
            for i in range(n):
                d[i, k] = scale * diagonal[n - 1 - i if turned else i]
            for i in range(n - 1):
                e[i, k] = (scale * subdiagonal[n - 2 - i if turned else i]) ** 2
        root_free_ql(d, e, active, state)
        for k in range(count):
            row = values[first + k]
            least = np.inf
            for i in range(n):
                value = d[i, k] * norm[k]
                least = -greater(-least, -abs(value))
                j = i - 1
                while j >= 0 and row[j] > value:
                    row[j + 1] = row[j]
                    j -= 1
                row[j + 1] = value
            smallest[first + k] = least
