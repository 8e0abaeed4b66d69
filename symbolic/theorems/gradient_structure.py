"""Theorem 6: what follows from the flow being a gradient flow.

* The Hessian A of the loss is symmetric, so its spectrum is real, and the linearisation -A of the
  flow has no pair of imaginary eigenvalues: **no Hopf point**.
* Along the flow dL/dt = -|grad L|^2.
* Gradient descent theta -> theta - eta grad L has the linearisation 1 - eta A, whose eigenvalues
  are 1 - eta lambda: real, so no Neimark-Sacker point, and a **flip** exactly where eta lambda = 2
  for an eigenvalue lambda; as eta grows, first for the largest.

*Proof.* The two orders of differentiation agree; z* A z is real for every complex z, and
A z = lambda z gives lambda |z|^2 = z* A z; det(2 - eta A) = eta^d det(2/eta - A).

*Check.* The power series of the loss along its gradient; z* A z and determinants for random
symmetric matrices modulo a prime. That mixed derivatives agree is Schwarz's theorem; the proof
differentiates in both orders.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from symbolic.checker.formulas import value_of
from symbolic.checker.linear import determinant
from symbolic.checker.networks import Samples, dimension, line, loss, points_for
from symbolic.checker.points import Points, seed_of
from symbolic.model import Model
from symbolic.theorems.derivatives import two_units
from symbolic.theorems.proof import Claims, conclude, formula
from symbolic.verdict import Verdict

NAME = "gradient structure"
STATEMENT = (
    "the spectrum of the linearised flow is real (no Hopf point); dL/dt = −|∇L|²; gradient "
    "descent has a flip exactly where η λ = 2 for an eigenvalue λ of the Hessian"
)
STATEMENTS = (STATEMENT,)
FIELDS = (frozenset({"model", "claims"}),)
CLAIMS: Claims = {
    # imaginary part of z* A z for z = p + i q, from p A q and q A p
    "imaginary": "pAq - qAp",
    # dL/dt, from |grad L|^2
    "descent": "-square",
    # the multiplier of the map for an eigenvalue
    "multiplier": "1 - eta*lam",
    "flip": "2/eta",
}
_SIZE = 4  # of the matrices in the identities of linear algebra


def applies(model: Model) -> bool:
    """To every model but networks of layers, which have no formula to differentiate."""
    return not model.is_network


def prove(model: Model, claims: Claims = CLAIMS) -> Verdict:
    """Prove the claims for the loss of a model."""
    small = two_units(model)
    assumptions = (
        "one sample; sums over samples by linearity",
        "an entry of the Hessian touches two units" if small is not model else "the model as given",
        "the spectral theorem: z* A z is real, so eigenvalues of a symmetric matrix are",
    )
    content = {"model": small.to_json(), "claims": dict(claims)}
    defects = {**dict(_symmetric(small)), **dict(_algebra(claims))}
    return conclude(NAME, STATEMENT, assumptions, defects, content)


def _symmetric(model: Model) -> Iterator[tuple[str, sp.Expr]]:
    """Mixed second derivatives of the loss of one sample, in both orders."""
    y = sp.Symbol("y_target", real=True)
    whole = (model.expression - y) ** 2 / 2
    theta = model.parameter_symbols
    for i, a in enumerate(theta):
        for b in theta[:i]:
            yield f"symmetry {a} {b}", sp.diff(sp.diff(whole, a), b) - sp.diff(sp.diff(whole, b), a)


def _algebra(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    many = range(_SIZE)
    A = sp.Matrix(_SIZE, _SIZE, lambda i, j: sp.Symbol(f"a{min(i, j)}{max(i, j)}", real=True))
    p, q, g = (sp.Matrix([sp.Symbol(f"{n}{i}", real=True) for i in many]) for n in "pqg")
    B = sp.Matrix(_SIZE, _SIZE, lambda i, j: sp.Symbol(f"b{i}{j}", real=True))
    quadratic = ((p - sp.I * q).T * B * (p + sp.I * q))[0, 0]
    parts = {"pAq": (p.T * B * q)[0, 0], "qAp": (q.T * B * p)[0, 0]}
    yield "imaginary part", sp.im(sp.expand(quadratic)) - formula(claims, "imaginary", parts)
    symmetric = {"pAq": (p.T * A * q)[0, 0], "qAp": (q.T * A * p)[0, 0]}
    yield "real form", formula(claims, "imaginary", symmetric)
    square = {"square": (g.T * g)[0, 0]}
    yield "descent", (g.T * -g)[0, 0] - formula(claims, "descent", square)
    eta, lam = sp.Symbol("eta", positive=True), sp.Symbol("lam", real=True)
    flip = formula(claims, "flip", {"eta": eta})
    multiplier = formula(claims, "multiplier", {"eta": eta, "lam": flip})
    yield "flip", multiplier + 1
    small = A[:2, :2]
    map_jacobian = sp.eye(2) - eta * small
    yield (
        "characteristic polynomial",
        (map_jacobian - (1 - eta * lam) * sp.eye(2)).det()
        - eta**2 * (lam * sp.eye(2) - small).det(),
    )


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether power series and determinants agree; see the top of this file."""
    claims, points = content["claims"], points_for(model, seed_of(content))
    if set(claims) != set(CLAIMS):
        return False
    flow = _along_the_flow(points, model, claims)
    return flow and _real_form(points, claims) and _map(points, claims)


def _along_the_flow(points: Points, model: Mapping[str, Any], claims: Claims) -> bool:
    """dL/dt: the series of the loss along minus its gradient."""
    d, samples, sigma = dimension(model), Samples.random(points, 2), points.number()
    theta = [points.number() for _ in range(d)]
    zero = theta[0] * 0

    def along(start: list[Any], direction: list[Any], order: int) -> Any:
        return loss(points, model, line(start, direction, order), samples, sigma)

    axes = [[zero + (1 if i == a else 0) for i in range(d)] for a in range(d)]
    gradient = [along(theta, axis, 1).c[1] for axis in axes]
    descent = along(theta, [-g for g in gradient], 1).c[1]
    square = sum((g * g for g in gradient), start=zero)
    return points.same(descent, value_of(claims["descent"], {"square": square}))


def _real_form(points: Points, claims: Claims) -> bool:
    """The imaginary part of z* A z by complex arithmetic in pairs; 0 for a symmetric A."""
    many = range(_SIZE)
    p, q = ([points.number() for _ in many] for _ in range(2))
    general = [[points.number() for _ in many] for _ in many]
    agrees = []
    for A in (general, _random_symmetric(points)):
        terms = [(p[i], q[i], A[i][j], p[j], q[j]) for i in many for j in many]
        products = {
            "pAq": sum((p_i * a * q_j for p_i, _, a, _, q_j in terms), p[0] * 0),
            "qAp": sum((q_i * a * p_j for _, q_i, a, p_j, _ in terms), p[0] * 0),
        }
        # (p_i - i q_i) a_ij (p_j + i q_j)
        imaginary = sum((a * (p_i * q_j - q_i * p_j) for p_i, q_i, a, p_j, q_j in terms), p[0] * 0)
        agrees.append(points.same(value_of(claims["imaginary"], products), imaginary))
    return all(agrees) and points.same(imaginary, 0)


def _random_symmetric(points: Points) -> list[list[Any]]:
    many = range(_SIZE)
    upper = [[points.number() for _ in many] for _ in many]
    return [[upper[min(i, j)][max(i, j)] for j in many] for i in many]


def _map(points: Points, claims: Claims) -> bool:
    """The Jacobian of the map is singular after adding 1 exactly where A has eigenvalue 2/eta."""
    number, many, A = points.number, range(_SIZE), _random_symmetric(points)
    eta, lam = number(), number()
    flip = value_of(claims["flip"], {"eta": eta})
    multiplier = value_of(claims["multiplier"], {"eta": eta, "lam": lam})
    one = [[lam * 0 + (1 if i == j else 0) for j in many] for i in many]

    def minus(scale: Any, shift: Any) -> Any:
        return determinant([[shift * one[i][j] - scale * A[i][j] for j in many] for i in many])

    pairs = [
        (minus(eta, 1 - multiplier), eta**_SIZE * minus(1, lam)),
        (minus(eta, lam * 0 + 2), eta**_SIZE * minus(1, flip)),
        (value_of(claims["multiplier"], {"eta": eta, "lam": flip}), -1),
    ]
    return all(points.same(a, b) for a, b in pairs)
