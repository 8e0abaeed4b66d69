"""Certificates of split lines: the base point, then the index on every piece of the line.

A critical point of the network with one unit less, whose unit (u*, v*) — u its input weight and
bias — is copied with shares λ and 1 − λ, is a line of critical points. In the directions "both
copies move alike" the Hessian of the line is that of the base point; across, it is
λ(1−λ) v* Σ ω r φ''(u* x) x xᵀ (x with a 1 for the bias); the direction along the line is null; all
mixed terms vanish at a critical point with v* ≠ 0. So the inertia of a piece is that of the base
point, plus that of the transverse matrix with its sign, plus one zero.

References
----------
K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317, theorem 3.
"""

from __future__ import annotations

from typing import Any, Unpack

from flint import arb, arb_mat
from numpy.typing import ArrayLike

from continuation.certify.certificate import Certificate
from continuation.certify.enclosures import ExactLoss, Failure, box, inertia, working_precision
from continuation.certify.provers.points import Inertia, ProvedPoint, prove_point, weights_of
from continuation.certify.provers.question import Question
from continuation.errors import InvalidInputError
from continuation.landscape.network import SPLIT_LINES, Given, Layout, Loss, in_fitting_units

NOT_LEVEL = "with weight decay the loss is not constant along a line: there is no split line"


@in_fitting_units
def certify_line(loss: Loss, base: ArrayLike, unit: int = 0, **given: Unpack[Given]) -> Certificate:
    """Prove a split line: its base point exists, and each open piece of it has one index.

    Parameters
    ----------
    loss : Loss
        Of the network with H units.
    base : array_like, shape (d₀,)
        Approximate critical point of the network with H − 1 units.
    unit : int
        The unit of the base that is copied.
    **given : noise, size, weight_decay
        Parameters of the loss, as in `Loss.at`.

    Returns
    -------
    Certificate
        `radius` and `uniqueness_radius` are those of the base point, `inertia` that of the piece
        0 < λ < 1; `claim["pieces"]` has the index of each piece. The ends are excluded.

    Raises
    ------
    InvalidInputError
        The model has no split lines, the base has the wrong length, there is no such unit.

    Examples
    --------
    >>> from continuation.certify import certify_line
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> loss = Loss(model, Dataset.sample(model, n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> [line] = [found for found in sets if found.subkind == "split line"]
    >>> print(certify_line(loss, line.base, noise=0.1).verdict)
    PROVED
    """
    model = loss.model
    SPLIT_LINES.require(model)
    if not 0 <= unit < model.hidden - 1:
        raise InvalidInputError(f"the base has units 0 to {model.hidden - 2}, not {unit}")
    return line_certificate(Question.of(loss, **given), base, unit)


def line_certificate(question: Question, base: ArrayLike, unit: int) -> Certificate:
    """`certify_line` for a loss whose enclosures are at hand."""
    smaller = question.smaller
    centre = weights_of(smaller, base)
    if smaller.decay != 0:
        return question.undecided("line", NOT_LEVEL)
    point = prove_point(smaller, centre)
    if isinstance(point, Failure):
        return question.undecided("line", f"of the base point: {point.reason}")
    with working_precision():
        across, output = transverse(smaller, box(centre, point.radius), unit)
        signs = inertia(across)
    if signs is None or output.contains(0):
        reason = "the transverse curvature or v* is not separated from zero"
        return question.undecided("line", reason)
    return question.proved("line", _claim(point, signs, unit))


def transverse(smaller: ExactLoss, theta: list[arb], unit: int) -> tuple[arb_mat, arb]:
    """v* Σ ω r ∂²φ/∂u² of one unit, u its input parameters, and v*, over a box.

    As the output is linear in v, this is the part of the Hessian that the residual carries.
    """
    layout = Layout.of(smaller.model)
    inputs = layout.input_places(unit)
    curvature = smaller.curvature(theta).tolist()
    rows = [[curvature[a][b] for b in inputs] for a in inputs]
    return arb_mat(rows), theta[layout.output_place(unit)]


def _claim(point: ProvedPoint, across: Inertia, unit: int) -> dict[str, Any]:
    negative, _, positive = point.inertia
    inside = (negative + across[0], 1, positive + across[2])
    outside = (negative + across[2], 1, positive + across[0])
    pieces = [
        {"lower": None, "upper": "0", "inertia": list(outside)},
        {"lower": "0", "upper": "1", "inertia": list(inside)},
        {"lower": "1", "upper": None, "inertia": list(outside)},
    ]
    return {**point.claim, "inertia": list(inside), "unit": unit, "pieces": pieces}
