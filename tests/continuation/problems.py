"""Problems with closed-form branches and special points."""

from dataclasses import dataclass

import numpy as np
import pytest

from continuation import Problem

Array = np.ndarray


@dataclass(frozen=True)
class Oracle:
    """A branch with everything on it known.

    `special` lists (kind, p) in the order of the branch; `distance` tells how far (x, p) is off.
    """

    problem: Problem
    x0: tuple[float, ...]
    p0: float
    limits: tuple[float, float]
    direction: int
    special: tuple[tuple[str, float], ...]
    distance: object


def scalar(f, fx, fp, symmetric=True):
    return Problem(
        lambda x, p: np.array([f(x[0], p)]),
        lambda x, p: np.array([[fx(x[0], p)]]),
        lambda x, p: np.array([fp(x[0], p)]),
        symmetric=symmetric,
    )


fold = scalar(lambda u, p: p - u * u, lambda u, p: -2 * u, lambda u, p: 1.0)
pitchfork = scalar(lambda u, p: p * u - u**3, lambda u, p: p - 3 * u * u, lambda u, p: u)
broken = scalar(lambda u, p: p * u - u**3 + 1e-6, lambda u, p: p - 3 * u * u, lambda u, p: u)
subcritical = scalar(lambda u, p: p * u + u**3, lambda u, p: p + 3 * u * u, lambda u, p: u)
transcritical = scalar(lambda u, p: p * u - u * u, lambda u, p: p - 2 * u, lambda u, p: u)
hysteresis = scalar(lambda u, p: p + u - u**3, lambda u, p: 1 - 3 * u * u, lambda u, p: 1.0)
inflection = scalar(lambda u, p: p - u**3, lambda u, p: -3 * u * u, lambda u, p: 1.0)
touch = scalar(
    lambda u, p: (p - 0.5) ** 2 * u - u**3,
    lambda u, p: (p - 0.5) ** 2 - 3 * u * u,
    lambda u, p: 2 * (p - 0.5) * u,
)
circle = scalar(lambda u, p: u * u + p * p - 1, lambda u, p: 2 * u, lambda u, p: 2 * p)
isola = Problem(lambda x, p: np.array([x[0] * ((x[0] - 2) ** 2 + p * p - 0.25)]))


def two_sheets(gap: float = 1e-3) -> Problem:
    """u = sin p and u = sin p + gap."""
    return scalar(
        lambda u, p: (u - np.sin(p)) * (u - np.sin(p) - gap),
        lambda u, p: 2 * (u - np.sin(p)) - gap,
        lambda u, p: -np.cos(p) * (2 * (u - np.sin(p)) - gap),
    )


fold_and_branch_point = Problem(
    lambda x, p: np.array([p - x[0] ** 2, (x[0] - 0.05) * x[1] - x[1] ** 3])
)
two_crossings = Problem(
    lambda x, p: np.array([(p - 0.01) * x[0] - x[0] ** 3, (p + 0.01) * x[1] - x[1] ** 3]),
    symmetric=True,
)
opposite_crossings = Problem(
    lambda x, p: np.array([(p - 0.01) * x[0] - x[0] ** 3, -(p + 0.01) * x[1] - x[1] ** 3]),
    symmetric=True,
)
d3 = Problem(
    lambda x, p: np.array([p * x[0] + x[0] ** 2 - x[1] ** 2, p * x[1] - 2 * x[0] * x[1]]),
    symmetric=True,
)
d4 = Problem(
    lambda x, p: np.array(
        [p * x[0] - x[0] ** 3 - 2 * x[0] * x[1] ** 2, p * x[1] - x[1] ** 3 - 2 * x[1] * x[0] ** 2]
    ),
    symmetric=True,
)
brusselator = Problem(
    lambda x, p: np.array([1 - (p + 1) * x[0] + x[0] ** 2 * x[1], p * x[0] - x[0] ** 2 * x[1]])
)

FOLD_OF_HYSTERESIS = 2 / (3 * np.sqrt(3))
FOLD_OF_BROKEN = 3 * (1e-6 / 2) ** (2 / 3)

ORACLES = {
    "fold": Oracle(
        fold, (1.0,), 1.0, (-1, 1.5), -1, (("fold", 0.0),), lambda x, p: abs(p - x[0] ** 2)
    ),
    "pitchfork": Oracle(
        pitchfork, (0.0,), -1, (-1, 1.5), 1, (("pitchfork", 0.0),), lambda x, p: abs(x[0])
    ),
    "pitchfork, curved branch": Oracle(
        pitchfork, (1.0,), 1, (-1, 1.5), -1, (("pitchfork", 0.0),),
        lambda x, p: abs(p - x[0] ** 2),
    ),
    "broken pitchfork, upper": Oracle(
        broken, (1.0,), 1, (-1, 1.5), -1, (), lambda x, p: abs(min(x[0], 0))
    ),
    "broken pitchfork, from the left": Oracle(
        broken, (1e-6,), -1, (-1, 1.5), 1, (), lambda x, p: abs(min(x[0], 0))
    ),
    "broken pitchfork, lower": Oracle(
        broken, (-1.0,), 1, (-1, 1.5), -1, (("fold", FOLD_OF_BROKEN),),
        lambda x, p: abs(max(x[0], 0)),
    ),
    "transcritical": Oracle(
        transcritical, (0.0,), -1, (-1, 1.5), 1, (("transcritical", 0.0),),
        lambda x, p: abs(x[0]),
    ),
    "hysteresis": Oracle(
        hysteresis, (2.0,), 6, (-7, 7), -1,
        (("fold", -FOLD_OF_HYSTERESIS), ("fold", FOLD_OF_HYSTERESIS)),
        lambda x, p: abs(p + x[0] - x[0] ** 3),
    ),
    "inflection": Oracle(
        inflection, (-1.0,), -1, (-1, 1.5), 1, (("cusp", 0.0),), lambda x, p: abs(p - x[0] ** 3)
    ),
    "touch": Oracle(touch, (0.0,), -1, (-1, 1.5), 1, (("touch", 0.5),), lambda x, p: abs(x[0])),
    "circle": Oracle(
        circle, (1.0,), 0.0, (-5, 5), 1, (("fold", 1.0), ("fold", -1.0)),
        lambda x, p: abs(np.hypot(x[0], p) - 1),
    ),
    "isola": Oracle(
        isola, (2.5,), 0.0, (-1, 1), 1, (("fold", 0.5), ("fold", -0.5)),
        lambda x, p: abs(np.hypot(x[0] - 2, p) - 0.5),
    ),
    "subcritical pitchfork": Oracle(
        subcritical, (0.0,), -1, (-1, 1.5), 1, (("pitchfork", 0.0),), lambda x, p: abs(x[0])
    ),
    "two sheets": Oracle(
        two_sheets(), (0.0,), 0.0, (0, 7), 1, (), lambda x, p: abs(x[0] - np.sin(p))
    ),
    "fold and branch point": Oracle(
        fold_and_branch_point, (1.0, 0.0), 1.0, (-1, 2), -1,
        (("pitchfork", 0.0025), ("fold", 0.0)), lambda x, p: abs(p - x[0] ** 2) + abs(x[1]),
    ),
    "two crossings": Oracle(
        two_crossings, (0.0, 0.0), -1, (-1, 1), 1, (("pitchfork", -0.01), ("pitchfork", 0.01)),
        lambda x, p: np.abs(x).max(),
    ),
    "opposite crossings": Oracle(
        opposite_crossings, (0.0, 0.0), -1, (-1, 1), 1,
        (("pitchfork", -0.01), ("pitchfork", 0.01)), lambda x, p: np.abs(x).max(),
    ),
    "D3": Oracle(
        d3, (0.0, 0.0), -1, (-1, 1), 1, (("branch point", 0.0),), lambda x, p: np.abs(x).max()
    ),
    "D4": Oracle(
        d4, (0.0, 0.0), -1, (-1, 1), 1, (("branch point", 0.0),), lambda x, p: np.abs(x).max()
    ),
    "Brusselator": Oracle(
        brusselator, (1.0, 1.0), 1.0, (1, 3), 1, (("hopf", 2.0),),
        lambda x, p: abs(x[0] - 1) + abs(x[1] - p),
    ),
}  # fmt: skip

SLOWEST = {
    "broken pitchfork, from the left",
    "broken pitchfork, upper",
    "fold and branch point",
    "opposite crossings",
    "two crossings",
    "isola",
}

ALL_ORACLES = [
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOWEST else []) for name in ORACLES
]
"""For tests that take each of them through many runs."""
