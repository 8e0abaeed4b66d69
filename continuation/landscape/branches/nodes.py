"""Folds at a node of the ramp, an integer or scheduled size: named for what they are.

The weight of the sample that comes in starts at such a size like 10 t³, so that ∂F/∂n = ∂²F/∂n² = 0
there whatever the data. In the size a fold that sits at a node is no fold of the usual form: both
halves of the branch run into it along the same direction, a corner at which no step succeeds. In
the weight m of the sample itself, a monotone function of the size on each side, it is an ordinary
one, and is located and named in that. Data in general position have none: their folds lie between.

See docs/theory.md, Parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from continuation import normal_forms
from continuation.arrays import Array
from continuation.augmented import fold_system
from continuation.branch import Branch, SpecialPoint
from continuation.callable_problem import Problem
from continuation.newton_method import newton
from continuation.problem import AnyProblem
from continuation.steady import null_vectors

__all__ = ["with_fold_at_node"]

NEAR = 0.05
"""A branch that stops this near to a node, in sizes, may have stopped at it."""

AT_NODE = 1e-9
"""Weight of the sample that comes in, below which a fold in it is at the node."""

STATUS = "Newton on the fold system in the weight of the sample that comes in at this node"


def with_fold_at_node(problem: AnyProblem, branch: Branch, schedule: Sequence[int]) -> Branch:
    """The branch along the size; if it stopped at a fold at a node, with that fold as its end.

    Parameters
    ----------
    problem : AnyProblem
        F(x, n) = 0.
    branch : Branch
    schedule : sequence of int
        Sizes between which whole blocks come in; empty: all integers are nodes.
    """
    size = float(branch.p[-1])
    nodes = np.asarray(schedule if len(schedule) else [np.floor(size), np.ceil(size)], dtype=float)
    node = float(nodes[np.abs(nodes - size).argmin()])
    if branch.stop_reason != "no progress" or abs(size - node) > NEAR:
        return branch
    above = branch.p[-1] > node
    following = node + 1.0 if above else node - 1.0
    if len(schedule):
        beyond = nodes[nodes > node] if above else nodes[nodes < node][::-1]
        following = float(beyond[0])
    fold = _in_weight(problem, branch.x[-1], node, following)
    if fold is None:
        return branch
    end = replace(
        fold, index=len(branch) - 1, meaning=branch.meaning,
        bracket=np.array([np.append(branch.x[-1], size), fold.point]),
    )  # fmt: skip
    message = (
        f"a fold exactly at size {node:g}: the branch turns back there; in the size it is a corner."
    )
    return replace(branch, special=(*branch.special, end), message=message)


def _in_weight(problem: AnyProblem, x: Array, node: float, following: float) -> SpecialPoint | None:
    """The fold of F(x, node) + m F(x, following) = 0 near x, if it is at m = 0."""

    def jacobian(y: Array, m: float) -> Array:
        return np.asarray(problem.jacobian(y, node) + m * problem.jacobian(y, following))

    in_weight = Problem(
        lambda y, m: problem.residual(y, node) + m * problem.residual(y, following),
        jacobian,
        lambda y, m: problem.residual(y, following),
        symmetric=problem.symmetric,
        flow_sign=problem.flow_sign,
    )
    phi, psi = (v[:, 0] for v in null_vectors(in_weight, np.append(x, 0.0), 1))
    system = fold_system(in_weight, psi, phi)
    solved = newton(system, np.append(x, 0.0), 0.0)
    if not solved.converged or abs(solved.x[-1]) > AT_NODE:
        return None
    y = solved.x[:-1]
    phi, psi = (v[:, 0] for v in null_vectors(in_weight, np.append(y, 0.0), 1))
    return SpecialPoint(
        kind="fold", x=y, p=node, tangent=np.append(phi, 0.0), kernel=phi[:, None],
        left_kernel=psi[:, None], located=True, status=STATUS, index=0,
        coefficients=normal_forms.at_fold(in_weight, np.append(y, 0.0), phi, psi),
        bracket=np.array([np.append(x, node), np.append(y, node)]),
        residual=float(np.abs(system.residual(solved.x, 0.0)).max()),
    )  # fmt: skip
