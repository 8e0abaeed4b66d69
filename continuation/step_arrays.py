"""The array expressions of a step, each as suits NumPy and as suits a compiled loop."""

import math

import numpy as np
from scipy.linalg import lapack

from continuation.compilation import call_kernel, dual

__all__ = [
    "assign",
    "border",
    "distance",
    "evaluate",
    "height",
    "interpolated_tangent",
    "magnitude",
    "orient",
    "predict",
    "rounding_scale",
    "solve",
    "update",
    "weighted_length",
]


def evaluate(kernel, x, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    """Call the kernel: a function of its own, or the address of one in compiled code."""
    kernel(x, p, constants, data, work, F, J, Fp)


@dual(evaluate)
def _evaluate(kernel, x, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    call_kernel(kernel, (x, p, constants, data, work, F, J, Fp))


def predict(out, z, t, zo, to, h, s):  # type: ignore[no-untyped-def]
    """Cubic Hermite through the last two points, extrapolated by a length `s`; Euler at first."""
    if h > 0.0:
        b = 1.0 + s / h
        c, d = b * b * (3.0 - 2.0 * b), h * b * (b - 1.0)
        np.multiply(zo, 1.0 - c, out=out)
        out += c * z
        out += (d * (b - 1.0)) * to
        out += (d * b) * t
    else:
        np.multiply(t, s, out=out)
        out += z


@dual(predict)
def _predict(out, z, t, zo, to, h, s):  # type: ignore[no-untyped-def]
    if h > 0.0:
        b = 1.0 + s / h
        c, d = b * b * (3.0 - 2.0 * b), h * b * (b - 1.0)
        for i in range(out.size):
            out[i] = (1.0 - c) * zo[i] + c * z[i] + d * (b - 1.0) * to[i] + d * b * t[i]
    else:
        for i in range(out.size):
            out[i] = z[i] + s * t[i]


def interpolated_tangent(out, z, t, zo, to, h, b, weight):  # type: ignore[no-untyped-def]
    """Unit tangent of the same cubic at a part b of the way from `zo` to `z`."""
    np.multiply(z - zo, 6.0 * b * (1.0 - b) / h, out=out)
    out += ((1.0 - b) * (1.0 - 3.0 * b)) * to
    out += (b * (3.0 * b - 2.0)) * t
    out /= weighted_length(out, weight)


@dual(interpolated_tangent)
def _interpolated_tangent(out, z, t, zo, to, h, b, weight):  # type: ignore[no-untyped-def]
    c, d, e = 6.0 * b * (1.0 - b) / h, (1.0 - b) * (1.0 - 3.0 * b), b * (3.0 * b - 2.0)
    for i in range(out.size):
        out[i] = c * (z[i] - zo[i]) + d * to[i] + e * t[i]
    length = weighted_length(out, weight)
    for i in range(out.size):
        out[i] /= length


def assign(out, v):  # type: ignore[no-untyped-def]
    """Copy (compiled slices would bring NumPy's broadcasting with its messages: seconds)."""
    out[:] = v


@dual(assign)
def _assign(out, v):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = v[i]


def border(B, R, J, Fp, F, gauge, t, weight, y, y0):  # type: ignore[no-untyped-def]
    """Bordered matrix [[J, Fp], [w t]]; right-hand sides (F, w t (y - y0)) and the unit vector."""
    n = F.size
    if type(B) is not np.ndarray:
        B.assemble(J, Fp, t * weight)
    else:
        B[:n, :n] = J
        if gauge.size:
            B[:n, :n] += gauge
        B[:n, n] = Fp
        np.multiply(t, weight, out=B[n])
    R[:n, 0] = F
    R[n, 0] = (t * weight).dot(y - y0)
    R[:n, 1] = 0.0
    R[n, 1] = 1.0


@dual(border)
def _border(B, R, J, Fp, F, gauge, t, weight, y, y0):  # type: ignore[no-untyped-def]
    n = F.size
    s = 0.0
    for j in range(n):
        for i in range(n):
            B[i, j] = J[i, j]
        B[n, j] = weight[j] * t[j]
        B[j, n] = Fp[j]
        R[j, 0] = F[j]
        R[j, 1] = 0.0
        s += weight[j] * t[j] * (y[j] - y0[j])
    if gauge.size > 0:
        for j in range(n):
            for i in range(n):
                B[i, j] += gauge[i, j]
    B[n, n] = weight[n] * t[n]
    R[n, 0] = s + weight[n] * t[n] * (y[n] - y0[n])
    R[n, 1] = 1.0


def solve(B, R):  # type: ignore[no-untyped-def]
    """Solve B X = R; X in R, B destroyed. False where B is exactly singular."""
    if type(B) is not np.ndarray:
        return bool(B.solve(R))
    return lapack.dgesv(B, R, overwrite_a=1, overwrite_b=1)[3] == 0


@dual(solve)
def _solve(B, R):  # type: ignore[no-untyped-def]
    # By columns: contiguous in Fortran order, hence vectorised; faster than LAPACK to n = 16
    # and within a factor two of it to n = 100.
    n, k = R.shape
    for c in range(n):
        p = c
        for i in range(c + 1, n):
            if abs(B[i, c]) > abs(B[p, c]):
                p = i
        if B[p, c] == 0.0:
            return False
        if p != c:
            for j in range(n):
                B[c, j], B[p, j] = B[p, j], B[c, j]
            for j in range(k):
                R[c, j], R[p, j] = R[p, j], R[c, j]
        inverse = 1.0 / B[c, c]
        B[c, c] = inverse
        for i in range(c + 1, n):
            B[i, c] *= inverse
        for j in range(c + 1, n):
            f = B[c, j]
            for i in range(c + 1, n):
                B[i, j] -= B[i, c] * f
        for j in range(k):
            f = R[c, j]
            for i in range(c + 1, n):
                R[i, j] -= B[i, c] * f
    for j in range(k):
        for c in range(n - 1, -1, -1):
            f = R[c, j] * B[c, c]
            R[c, j] = f
            for i in range(c):
                R[i, j] -= B[i, c] * f
    return True


def update(y, R, weight):  # type: ignore[no-untyped-def]
    """Subtract the Newton step from `y`; return its weighted length."""
    d = R[:, 0]
    y -= d
    return math.sqrt((d * weight).dot(d))


@dual(update)
def _update(y, R, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(y.size):
        d = R[i, 0]
        y[i] -= d
        s += weight[i] * d * d
    return math.sqrt(s)


def orient(tn, R, t, weight):  # type: ignore[no-untyped-def]
    """Normalise the new tangent, oriented as the old one; return the cosine between them."""
    v = R[:, 1]
    wv = v * weight
    c = t.dot(wv)
    length = math.copysign(math.sqrt(v.dot(wv)), c)
    np.divide(v, length, out=tn)
    return c / length


@dual(orient)
def _orient(tn, R, t, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    c = 0.0
    for i in range(t.size):
        s += weight[i] * R[i, 1] * R[i, 1]
        c += weight[i] * R[i, 1] * t[i]
    length = math.copysign(math.sqrt(s), c)
    for i in range(t.size):
        tn[i] = R[i, 1] / length
    return c / length


def magnitude(v):  # type: ignore[no-untyped-def]
    """Euclidean norm."""
    return math.sqrt(v.dot(v))


@dual(magnitude)
def _magnitude(v):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(v.size):
        s += v[i] * v[i]
    return math.sqrt(s)


def weighted_length(v, weight):  # type: ignore[no-untyped-def]
    """Norm in the units of the run."""
    return math.sqrt((v * weight).dot(v))


@dual(weighted_length)
def _weighted_length(v, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(v.size):
        s += weight[i] * v[i] * v[i]
    return math.sqrt(s)


def distance(u, v, weight):  # type: ignore[no-untyped-def]
    """Distance of two points in the units of the run."""
    d = u - v
    return math.sqrt((d * weight).dot(d))


@dual(distance)
def _distance(u, v, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(u.size):
        s += weight[i] * (u[i] - v[i]) * (u[i] - v[i])
    return math.sqrt(s)


def height(u, base, normal, weight):  # type: ignore[no-untyped-def]
    """How far a point lies above the plane through `base` with a unit normal."""
    return ((u - base) * weight).dot(normal)


@dual(height)
def _height(u, base, normal, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(u.size):
        s += weight[i] * (u[i] - base[i]) * normal[i]
    return s


def rounding_scale(J, Fp, y):  # type: ignore[no-untyped-def]
    """|J| |x| + |Fp| |p|: times the machine precision, what rounding of (x, p) does to F."""
    n = Fp.size
    if type(J) is not np.ndarray:
        frobenius = J.norm()
    else:
        flat = J.reshape(-1)
        frobenius = math.sqrt(flat.dot(flat))
    x = y[:n]
    return frobenius * math.sqrt(x.dot(x)) + math.sqrt(Fp.dot(Fp)) * abs(y[n])


@dual(rounding_scale)
def _rounding_scale(J, Fp, y):  # type: ignore[no-untyped-def]
    n = Fp.size
    s = 0.0
    x = 0.0
    f = 0.0
    for i in range(n):
        x += y[i] * y[i]
        f += Fp[i] * Fp[i]
        for j in range(n):
            s += J[i, j] * J[i, j]
    return math.sqrt(s * x) + math.sqrt(f) * abs(y[n])
