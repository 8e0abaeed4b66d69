"""One box of the (q₁, q₂)-plane: can both conditions of criticality vanish in it?

For fixed input weights q = w² the output weights are those of least squares, f = Vκ with
V = (g(q₁), g[q₁, q₂]), and r = Vκ − y is orthogonal to V. A pair of working units is critical
where G₁ = ⟨r, g[1,1,2]⟩ and G₂ = ⟨r, g[1,2,2]⟩ vanish; then χ = ⟨r, g[1,1,2,2]⟩ vanishes too, also
on the diagonal, where G₁ = G₂. All is regular where the weights meet or vanish.

Every quantity is a midpoint and a radius. Over the box V is replaced by the combination
Q = V T that is orthonormal at its centre, T fixed; r = Qκ − y is enclosed by the derivatives of
κ and r over the box, and G by its value at the centre and its derivatives over the box. As
⟨r, Q⟩ = 0 everywhere, whatever r is multiplied with may first be freed of its part in Q, which
shrinks the radii.

Rounding: a sum of n products is off by at most γ times the sum of their moduli, in any order
(Higham, *Accuracy and Stability*, 2nd ed., §3.1), a short formula by a few ulps of its terms'
moduli; both are added to the radii, and radii, sums of non-negative terms, are inflated by 1 + γ.
"""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.certify.enclosures import VALUE_ERROR, enclose_differences
from continuation.dense import greater
from symbolic.inner_code import inner_njit
from symbolic.machine_code import cached_njit

SPLIT, EXCLUDED, INJECTIVE, EXACTLY_ONE = 0, 1, 2, 3
"""Nothing known; no common zero of G₁ and G₂; at most one; one, and nondegenerate."""

ULPS = 2.0**-49
"""Eight ulps: bounds the rounding of formulas of at most six operations on their terms' moduli."""

WORK_ROWS = 88
"""Rows of n numbers that `examine` needs as scratch."""

REFINEMENTS = 2
"""Passes in which the ranges of κ and r sharpen each other; a third changes nothing visible."""

FAST = {"reassoc", "contract", "nsz"}
"""Sums may be taken in any order: the bound γ holds for all of them."""


@inner_njit(fastmath=FAST, error_model="numpy")
def dot(ac: Array, ar: Array, bc: Array, br: Array) -> tuple[float, float]:
    """Midpoint and radius of Σ a b over midpoints `ac`, `bc` and radii `ar`, `br`."""
    middle, radius = 0.0, 0.0
    gamma = (ac.size + 16) * 2.0**-52
    for j in range(ac.size):
        p, q = abs(ac[j]), abs(bc[j])
        middle += ac[j] * bc[j]
        radius += p * (br[j] + gamma * q) + ar[j] * (q + br[j])
    return middle, radius * (1.0 + gamma)


@inner_njit(fastmath=FAST, error_model="numpy")
def plain_dot(a: Array, b: Array) -> float:
    """Σ a b, approximately."""
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@inner_njit(error_model="numpy")
def lesser(a: float, b: float) -> float:
    """The lesser of two numbers; NaN if one is NaN, which `min` may lose."""
    return a if a < b or a != a else b


@inner_njit(fastmath=FAST, error_model="numpy")
def total(a: Array) -> float:
    """Σ a, approximately; NaN if an entry is NaN."""
    result = 0.0
    for value in a.flat:
        result += value
    return result


@inner_njit(error_model="numpy")
def centred(low: Array, high: Array, box_low: Array, box_high: Array, out: Array) -> None:
    """Rows of `out`: midpoint at the centre, its error, radius over the box; about it."""
    for j in range(low.size):
        c = 0.5 * (low[j] + high[j])
        out[0, j] = c
        out[1, j] = greater(high[j] - c, c - low[j]) * (1.0 + ULPS) + ULPS * c
        reach = greater(greater(box_high[j] - c, c - box_low[j]), 0.0)
        out[2, j] = reach * (1.0 + ULPS) + ULPS * c


@inner_njit(error_model="numpy")
def tabulated(low: Array, centre: Array, high: Array, out: Array) -> None:
    """The same for a D_m, which falls with q."""
    for j in range(low.size):
        c = centre[j]
        out[0, j] = c
        out[1, j] = 2.0 * VALUE_ERROR * c
        out[2, j] = greater(low[j] - c, c - high[j]) + 2.0 * VALUE_ERROR * low[j]


@inner_njit(error_model="numpy")
def combine(
    s: float, a: Array, ar: Array, t: float, b: Array, br: Array, out: Array, rad: Array
) -> None:
    """`out` ± `rad` encloses s a + t b for a ± ar and b ± br."""
    u, v = abs(s), abs(t)
    for j in range(a.size):
        p, q = s * a[j], t * b[j]
        out[j] = p + q
        rad[j] = (u * ar[j] + v * br[j]) * (1.0 + ULPS) + ULPS * (abs(p) + abs(q))


@inner_njit(error_model="numpy")
def add_multiple(t: float, b: Array, br: Array, out: Array, rad: Array) -> None:
    """`out` ± `rad` += t (b ± br)."""
    v = abs(t)
    for j in range(b.size):
        q = t * b[j]
        size = abs(out[j]) + abs(q)
        out[j] += q
        rad[j] = (rad[j] + v * br[j]) * (1.0 + ULPS) + ULPS * size


@inner_njit(error_model="numpy")
def add_interval_multiple(t: float, tr: float, b: Array, br: Array, out: Array, rad: Array) -> None:
    """`out` ± `rad` += (t ± tr)(b ± br)."""
    v = abs(t) + tr
    for j in range(b.size):
        q = t * b[j]
        size = abs(out[j]) + abs(q)
        out[j] += q
        rad[j] = (rad[j] + v * br[j] + tr * abs(b[j])) * (1.0 + ULPS) + ULPS * size


@inner_njit(error_model="numpy")
def times(a: float, ar: float, b: float, br: float) -> tuple[float, float]:
    """Product of two scalars with radii."""
    return a * b, (abs(a) * br + ar * (abs(b) + br)) * (1.0 + ULPS) + ULPS * abs(a * b)


@inner_njit(error_model="numpy")
def plus(a: float, ar: float, b: float, br: float) -> tuple[float, float]:
    """Sum of two scalars with radii."""
    return a + b, (ar + br) * (1.0 + ULPS) + ULPS * (abs(a) + abs(b))


@inner_njit(error_model="numpy")
def enclose_features(f: Array, s: Array, q: Array, w: Array) -> None:
    """Rows 0-23 of the scratch: g, |g'|, |g[12]| … |g[1222]|, each as midpoint, error, radius.

    `f`, `s` hold the lines of q₁ and q₂ at the lower end, the centre and the upper end; (3, 4, n).
    """
    enclose_differences(f[1], s[1], q[1], q[4], w[24:30], w[30:36])
    enclose_differences(f[2], s[2], q[2], q[5], w[36:42], w[48:54])
    enclose_differences(f[0], s[0], q[0], q[3], w[48:54], w[42:48])
    tabulated(f[0, 0], f[1, 0], f[2, 0], w[0:3])
    tabulated(f[0, 1], f[1, 1], f[2, 1], w[3:6])
    for k in range(6):
        centred(w[24 + k], w[30 + k], w[36 + k], w[42 + k], w[6 + 3 * k : 9 + 3 * k])


@inner_njit(error_model="numpy")
def orthonormalise(d1: float, d2: float, y: Array, ye: Array, w: Array, k0: Array) -> bool:
    """Rows 54-68: Q₁, Q₂ (midpoint, error, radius), their derivatives times d, r at the centre.

    `k0` receives κ at the centre, approximately. False where the two functions are dependent.
    """
    g, ge, p, pe = w[0], w[1], w[6], w[7]
    a11, a12 = plain_dot(g, g), plain_dot(g, p)
    t1, m = 1.0 / np.sqrt(a11), a12 / a11
    a22 = plain_dot(p, p) - m * a12
    if not a22 > 0.0:
        return False
    t2 = 1.0 / np.sqrt(a22)
    combine(t1, g, ge, 0.0, g, ge, w[54], w[55])
    combine(t2, p, pe, -t2 * m, g, ge, w[57], w[58])
    # the exact functions are those with the rounded factors t2 and t2*m, as in the derivatives
    combine(-t1 * d1, w[3], w[5], 0.0, w[3], w[5], w[60], w[61])
    combine(-t2 * d1, w[9], w[11], t2 * m * d1, w[3], w[5], w[62], w[63])
    combine(-t2 * d2, w[12], w[14], 0.0, w[12], w[14], w[64], w[65])
    for j in range(g.size):
        b1 = abs(w[60, j]) + w[61, j]
        w[56, j] = b1 * (1.0 + ULPS) + w[55, j]
        b2 = abs(w[62, j]) + w[63, j] + abs(w[64, j]) + w[65, j]
        w[59, j] = b2 * (1.0 + ULPS) + w[58, j]
    k0[0], k0[1] = plain_dot(w[54], y), plain_dot(w[57], y)
    combine(k0[0], w[54], w[55], k0[1], w[57], w[58], w[66], w[67])
    add_multiple(-1.0, y, ye, w[66], w[67])
    return True


@inner_njit(error_model="numpy")
def shrink_inverse(e11: float, e12: float, e22: float, out: Array) -> bool:
    """W = (I − |E|)^-1 (entrywise bound of (I + E)^-1), if |E| is small enough."""
    a, d = 1.0 - e11, 1.0 - e22
    det = a * d - e12 * e12
    if not (a > 0.1 and d > 0.1 and det > 0.01):
        return False
    up = 1.0 + 1e-12
    out[0], out[1], out[2] = d / det * up, e12 / det * up, a / det * up
    return True


@inner_njit(error_model="numpy")
def magnitude(c: float, r: float) -> float:
    """Upper bound of |c ± r|."""
    return (abs(c) + r) * (1.0 + ULPS)


@inner_njit(error_model="numpy")
def solve_near_identity(
    c1: float, r1: float, c2: float, r2: float, e: Array, w: Array
) -> tuple[float, float, float, float]:
    """−(I + E)^-1 (c ± r) with |E| ≤ e = (e11, e12, e22) and W its bound: midpoints, radii."""
    m1, m2 = magnitude(c1, r1), magnitude(c2, r2)
    z1, z2 = w[0] * m1 + w[1] * m2, w[1] * m1 + w[2] * m2
    up = 1.0 + 8.0 * ULPS
    return (-c1, (r1 + e[0] * z1 + e[1] * z2) * up, -c2, (r2 + e[1] * z1 + e[2] * z2) * up)


@cached_njit(purpose="proofs", error_model="numpy")
def examine(f: Array, s: Array, q: Array, y: Array, ye: Array, w: Array, out: Array) -> int:
    """Decide about the box [q₁a, q₁b] × [q₂a, q₂b].

    Parameters
    ----------
    f, s : ndarray, shape (3, 4, n)
        Lines of q₁ and q₂ at a, c, b (`fill_line`).
    q : ndarray, shape (6,)
        q₁ at a, c, b and q₂ at a, c, b.
    y, ye : ndarray, shape (n,)
        Targets and their errors, weighted as the lines are.
    w : ndarray, shape (WORK_ROWS, n)
        Scratch.
    out : ndarray, shape (12,)
        G₁, G₂ at the centre, their errors; derivatives times half-widths, rows; their radii.

    Returns
    -------
    int
        SPLIT, EXCLUDED, INJECTIVE or EXACTLY_ONE.
    """
    if np.isnan(total(f) + total(s) + total(q) + total(y) + total(ye)):
        return SPLIT
    d1 = greater(q[2] - q[1], q[1] - q[0]) * (1.0 + ULPS)
    d2 = greater(q[5] - q[4], q[4] - q[3]) * (1.0 + ULPS)
    out[:] = 0.0
    enclose_features(f, s, q, w)
    k0 = np.empty(2)
    if not orthonormalise(d1, d2, y, ye, w, k0):
        return SPLIT
    if not enclose_residual(k0, w):
        return SPLIT
    enclose_conditions(d1, d2, w, out)
    return decide(q, d1, d2, w, out)


@inner_njit(error_model="numpy")
def enclose_residual(k0: Array, w: Array) -> bool:
    """Rows 66-72: r at the centre, its error and its radius over the box; ∂r/∂e₁, ∂r/∂e₂."""
    at_centre, mixed, gram = np.empty(7), np.empty((6, 2)), np.empty(3)
    inverse, reach = np.empty(3), np.empty(2)
    if not enclose_centre(w, inverse, at_centre):
        return False
    enclose_gram(w, at_centre, mixed, gram)
    if not shrink_inverse(gram[0], gram[1], gram[2], inverse):
        return False
    first_range(k0, w, at_centre, mixed, inverse, reach)
    for _ in range(REFINEMENTS):
        refine(k0, w, at_centre, mixed, gram, inverse, reach)
    return True


@inner_njit(error_model="numpy")
def enclose_centre(w: Array, inverse: Array, out: Array) -> bool:
    """Bounds at the centre of |QᵀQ − 1| (three), |Qᵀr₀| (two) and |κ − κ₀| (two)."""
    q1, q1e, q2, q2e, r0, r0e = w[54], w[55], w[57], w[58], w[66], w[67]
    m, mr = dot(q1, q1e, q1, q1e)
    out[0] = abs(m - 1.0) + mr + ULPS
    m, mr = dot(q1, q1e, q2, q2e)
    out[1] = magnitude(m, mr)
    m, mr = dot(q2, q2e, q2, q2e)
    out[2] = abs(m - 1.0) + mr + ULPS
    m, mr = dot(q1, q1e, r0, r0e)
    out[3] = magnitude(m, mr)
    m, mr = dot(q2, q2e, r0, r0e)
    out[4] = magnitude(m, mr)
    if not shrink_inverse(out[0], out[1], out[2], inverse):
        return False
    up = 1.0 + 4.0 * ULPS
    out[5] = (inverse[0] * out[3] + inverse[1] * out[4]) * up
    out[6] = (inverse[1] * out[3] + inverse[2] * out[4]) * up
    for j in range(q1.size):
        more = (abs(q1[j]) + q1e[j]) * out[5] + (abs(q2[j]) + q2e[j]) * out[6]
        r0e[j] = (r0e[j] + more) * (1.0 + ULPS)
    return True


@inner_njit(error_model="numpy")
def enclose_gram(w: Array, at_centre: Array, mixed: Array, out: Array) -> None:
    """⟨Q_l, B_b⟩ over the box (l = 1, 2; b = 1, 2, 3), and a bound of |QᵀQ − 1| from them."""
    for unit in range(2):
        for b in range(3):
            row, column = 54 + 3 * unit, 60 + 2 * b
            m, mr = dot(w[row], w[row + 2], w[column], w[column + 1])
            mixed[3 * unit + b, 0], mixed[3 * unit + b, 1] = m, mr
    up = 1.0 + 4.0 * ULPS
    out[0] = (at_centre[0] + 2.0 * magnitude(mixed[0, 0], mixed[0, 1])) * up
    m, mr = plus(mixed[1, 0], mixed[1, 1], mixed[3, 0], mixed[3, 1])
    cross = magnitude(m, mr) + magnitude(mixed[2, 0], mixed[2, 1])
    out[1] = (at_centre[1] + cross) * up
    square = magnitude(mixed[4, 0], mixed[4, 1]) + magnitude(mixed[5, 0], mixed[5, 1])
    out[2] = (at_centre[2] + 2.0 * square) * up


@inner_njit(error_model="numpy")
def right_sides(k0: Array, i1: float, i2: float, w: Array, mixed: Array, out: Array) -> None:
    """Bᵀr + QᵀBκ along e₁ (rows 0, 1) and e₂ (rows 2, 3) for κ within i of κ₀; out (4, 2)."""
    r0, rr = w[66], w[68]
    for b in range(3):
        m, mr = dot(w[60 + 2 * b], w[61 + 2 * b], r0, rr)
        out[b, 0], out[b, 1] = m, mr
    out[3, 0], out[3, 1] = out[2, 0], out[2, 1]
    out[2, 0], out[2, 1] = 0.0, 0.0
    for unit in range(2):
        for b in range(3):
            row = unit if b < 2 else 2 + unit
            k, i = (k0[0], i1) if b == 0 else (k0[1], i2)
            t, tr = times(k, i, mixed[3 * unit + b, 0], mixed[3 * unit + b, 1])
            m, mr = plus(out[row, 0], out[row, 1], t, tr)
            out[row, 0], out[row, 1] = m, mr


@inner_njit(error_model="numpy")
def first_range(
    k0: Array, w: Array, at_centre: Array, mixed: Array, inverse: Array, reach: Array
) -> None:
    """A range of κ from ρ = −Qᵀ(Qκ₀ − y) and its derivatives, and with it one of r (row 68)."""
    k1, k2 = k0[0], k0[1]
    b1, b1r, b2, b2r, b3, b3r = w[60], w[61], w[62], w[63], w[64], w[65]
    r0e, rr = w[67], w[68]
    for j in range(rr.size):
        first = abs(b1[j] * k1 + b2[j] * k2) + b1r[j] * abs(k1) + (b2r[j] + b3r[j]) * abs(k2)
        more = abs(b3[j] * k2) + ULPS * (abs(b1[j] * k1) + abs(b2[j] * k2))
        rr[j] = (first + more + r0e[j]) * (1.0 + ULPS)
    side = np.empty((4, 2))
    right_sides(k0, 0.0, 0.0, w, mixed, side)
    z1 = at_centre[3] + magnitude(side[0, 0], side[0, 1]) + magnitude(side[2, 0], side[2, 1])
    z2 = at_centre[4] + magnitude(side[1, 0], side[1, 1]) + magnitude(side[3, 0], side[3, 1])
    up = 1.0 + 8.0 * ULPS
    reach[0] = (inverse[0] * z1 + inverse[1] * z2) * up
    reach[1] = (inverse[1] * z1 + inverse[2] * z2) * up
    for j in range(rr.size):
        more = (abs(w[54, j]) + w[56, j]) * reach[0] + (abs(w[57, j]) + w[59, j]) * reach[1]
        rr[j] = (rr[j] + more) * (1.0 + ULPS)


@inner_njit(error_model="numpy")
def refine(
    k0: Array,
    w: Array,
    at_centre: Array,
    mixed: Array,
    gram: Array,
    inverse: Array,
    reach: Array,
) -> None:
    """Derivatives of κ and of r (rows 69-72), and the ranges that follow from them."""
    side = np.empty((4, 2))
    right_sides(k0, reach[0], reach[1], w, mixed, side)
    a1, a1r, a2, a2r = solve_near_identity(
        side[0, 0], side[0, 1], side[1, 0], side[1, 1], gram, inverse
    )
    g1, g1r, g2, g2r = solve_near_identity(
        side[2, 0], side[2, 1], side[3, 0], side[3, 1], gram, inverse
    )
    up = 1.0 + 4.0 * ULPS
    reach[0] = lesser(reach[0], (magnitude(a1, a1r) + magnitude(g1, g1r) + at_centre[5]) * up)
    reach[1] = lesser(reach[1], (magnitude(a2, a2r) + magnitude(g2, g2r) + at_centre[6]) * up)
    s1, s1r, s2, s2r = w[69], w[70], w[71], w[72]
    s1[:], s1r[:], s2[:], s2r[:] = 0.0, 0.0, 0.0, 0.0
    add_interval_multiple(a1, a1r, w[54], w[56], s1, s1r)
    add_interval_multiple(a2, a2r, w[57], w[59], s1, s1r)
    add_interval_multiple(k0[0], reach[0], w[60], w[61], s1, s1r)
    add_interval_multiple(k0[1], reach[1], w[62], w[63], s1, s1r)
    add_interval_multiple(g1, g1r, w[54], w[56], s2, s2r)
    add_interval_multiple(g2, g2r, w[57], w[59], s2, s2r)
    add_interval_multiple(k0[1], reach[1], w[64], w[65], s2, s2r)
    r0e, rr = w[67], w[68]
    for j in range(rr.size):
        size = abs(s1[j]) + s1r[j] + abs(s2[j]) + s2r[j] + r0e[j]
        rr[j] = lesser(rr[j], size * (1.0 + ULPS))


@inner_njit(error_model="numpy")
def remove_span(x: Array, xr: Array, w: Array, error: int) -> tuple[float, float]:
    """Subtract from x ± xr its part in Q; Q with its error (0) or its radius (1) over the box."""
    l1, l2 = plain_dot(x, w[54]), plain_dot(x, w[57])
    add_multiple(-l1, w[54], w[55 + error], x, xr)
    add_multiple(-l2, w[57], w[58 + error], x, xr)
    return l1, l2


@inner_njit(error_model="numpy")
def enclose_conditions(d1: float, d2: float, w: Array, out: Array) -> None:
    """G at the centre and its derivatives over the box, into `out`."""
    zero = w[73]
    zero[:] = 0.0
    r0, r0e, rr = w[66], w[67], w[68]
    for k in range(2):
        row = 9 + 3 * k
        p, pe, pr = w[74], w[75], w[76]
        p[:], pe[:] = w[row], w[row + 1]
        l1, l2 = remove_span(p, pe, w, 0)
        out[k], out[2 + k] = dot(r0, r0e, p, pe)
        # derivatives of P − Qλ along both axes
        t1, t1r, t2, t2r = w[77], w[78], w[79], w[80]
        along, across = (2.0, 1.0) if k == 0 else (1.0, 2.0)
        first, second = 15 + 3 * k, 18 + 3 * k
        combine(-along * d1, w[first], w[first + 2], -l1, w[60], w[61], t1, t1r)
        add_multiple(-l2, w[62], w[63], t1, t1r)
        combine(-across * d2, w[second], w[second + 2], -l2, w[64], w[65], t2, t2r)
        a1, a2 = abs(l1), abs(l2)
        for j in range(p.size):
            slopes = abs(t1[j]) + t1r[j] + abs(t2[j]) + t2r[j] + pe[j]
            whole = w[row + 2, j] + a1 * w[56, j] + a2 * w[59, j] + ULPS * abs(p[j]) + pe[j]
            pr[j] = lesser(slopes, whole) * (1.0 + ULPS)
        remove_span(t1, t1r, w, 1)
        remove_span(t2, t2r, w, 1)
        c, r = dot(w[69], w[70], p, pr)
        t, tr = dot(r0, rr, t1, t1r)
        out[4 + 2 * k], out[8 + 2 * k] = plus(c, r, t, tr)
        c, r = dot(w[71], w[72], p, pr)
        t, tr = dot(r0, rr, t2, t2r)
        out[5 + 2 * k], out[9 + 2 * k] = plus(c, r, t, tr)


@inner_njit(error_model="numpy")
def decide(q: Array, d1: float, d2: float, w: Array, out: Array) -> int:
    """Mean value tests, the test of χ and Krawczyk's, from the entries of `out`."""
    up = 1.0 + 8.0 * ULPS
    g1, g2, h1, h2 = out[0], out[1], out[2], out[3]
    j11, j12, j21, j22 = out[4], out[5], out[6], out[7]
    r11, r12, r21, r22 = out[8], out[9], out[10], out[11]
    if abs(g1) > (h1 + abs(j11) + r11 + abs(j12) + r12) * up:
        return EXCLUDED
    if abs(g2) > (h2 + abs(j21) + r21 + abs(j22) + r22) * up:
        return EXCLUDED
    p, pr = w[74], w[75]
    p[:], pr[:] = w[18], w[20]
    remove_span(p, pr, w, 1)
    x, xr = dot(w[66], w[68], p, pr)
    if abs(x) > xr * up:
        return EXCLUDED
    det = j11 * j22 - j12 * j21
    if not abs(det) > 0.0:
        return SPLIT
    # Y = J^-1 in floats; Y G and Y J enclosed
    y11, y12, y21, y22 = j22 / det, -j12 / det, -j21 / det, j11 / det
    z1, z1r = precondition(y11, y12, g1, h1, g2, h2)
    z2, z2r = precondition(y21, y22, g1, h1, g2, h2)
    a11, a11r = precondition(y11, y12, j11, r11, j21, r21)
    a12, a12r = precondition(y11, y12, j12, r12, j22, r22)
    a21, a21r = precondition(y21, y22, j11, r11, j21, r21)
    a22, a22r = precondition(y21, y22, j12, r12, j22, r22)
    if abs(z1) > (z1r + abs(a11) + a11r + abs(a12) + a12r) * up:
        return EXCLUDED
    if abs(z2) > (z2r + abs(a21) + a21r + abs(a22) + a22r) * up:
        return EXCLUDED
    s1 = lesser(q[2] - q[1], q[1] - q[0]) / d1 * (1.0 - ULPS)
    s2 = lesser(q[5] - q[4], q[4] - q[3]) / d2 * (1.0 - ULPS)
    m11, m12 = (abs(1.0 - a11) + ULPS + a11r) * up, (abs(a12) + a12r) * up
    m21, m22 = (abs(a21) + a21r) * up, (abs(1.0 - a22) + ULPS + a22r) * up
    if (abs(z1) + z1r + m11 + m12) * up < s1 and (abs(z2) + z2r + m21 + m22) * up < s2:
        return EXACTLY_ONE
    # the spectral radius of |I − YJ| is less than 1: every matrix of YJ is regular
    if m11 < 1.0 and m22 < 1.0 and (1.0 - m11) * (1.0 - m22) > m12 * m21 * up:
        return INJECTIVE
    return SPLIT


@inner_njit(error_model="numpy")
def precondition(
    a: float, b: float, x: float, xr: float, y: float, yr: float
) -> tuple[float, float]:
    """Midpoint and radius of a (x ± xr) + b (y ± yr)."""
    c = a * x + b * y
    rounding = ULPS * (abs(a * x) + abs(b * y))
    return c, (abs(a) * xr + abs(b) * yr) * (1.0 + ULPS) + rounding
