"""Rates that turn back near zero: whether they touch it, cross it twice, or stay away."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from continuation.identify import Event
from continuation.linalg import zero_tolerance
from continuation.locate import Local, Path

__all__ = ["halves_anywhere", "resolve_dip", "turns"]

Array = np.ndarray

#: A rate may touch zero if at its least it is below this part of its values around; Newton on the
#: defining system says whether it does.
TOUCHES = 1e-5
#: It crosses zero and comes back if it is below minus this part of them.
CROSSES = 1e-8
#: Half the distance, in u, of the values that are equal beside a smooth minimum.
BESIDE = 1e-3
#: What a rate below this part of the largest eigenvalue does is rounding.
UNRESOLVED = 1e-11


def halves_anywhere(r: Array) -> bool:
    """Whether any rate changes by half or more from one sample to the next: a quick screen."""
    size = np.abs(r)
    before, after = size[:-1], size[1:]
    return bool((2 * np.minimum(before, after) <= np.maximum(before, after)).any())


def turns(value: Array, same: Array, rows: Array) -> Iterator[tuple[int, int, int]]:
    """(i, j, row): `value` has its least between rows[i] and rows[j], and comes near zero."""
    left, middle, right = value[:-2], value[1:-1], value[2:]
    near = (middle <= left) & (middle < right) & (2 * middle <= np.maximum(left, right))
    for k in np.flatnonzero(near & same[:-1] & same[1:]):
        yield int(k), int(k) + 2, int(rows[k + 1])
    for k in np.flatnonzero((np.diff(rows) > 1) & same):
        yield int(k), int(k) + 1, int(rows[k]) + 1


def resolve_dip(
    path: Path, bounds: tuple[int, int], test: Callable[[Local], float], scale: float
) -> list[list[Event]]:
    """One touch, two crossings, or nothing, where a test is least between two samples.

    Beside a touch rounding makes two crossings of it: where both may be, the touch comes first.

    Parameters
    ----------
    path : Path
    bounds : (int, int)
    test : callable
    scale : float
        Largest value of its kind: what is small beside it is rounding.
    """
    around = max(test(path.at(bounds[0])), test(path.at(bounds[1])))
    if around <= UNRESOLVED * scale:
        return []
    u = _least(path, bounds, test)
    value = test(path.at(u))
    rounding = zero_tolerance(scale, path.workspace.n)
    if value > max(TOUCHES * around, rounding):
        return []
    found = [[Event("dip", path.at(u), bounds)]] if value >= -TOUCHES * around else []
    if value < -max(CROSSES * around, rounding):
        roots = [path.root(test, bounds[0], u), path.root(test, u, bounds[1])]
        found.append([Event("rate", r, bounds) for r in roots if r is not None])
    return found


def _least(path: Path, bounds: tuple[int, int], test: Callable[[Local], float]) -> float:
    """Where the test is least: at a kink as it is, at a smooth minimum between equal values."""
    low = float(bounds[0])
    lowest = minimize_scalar(
        lambda s: test(path.at(low + s)), bounds=(0.0, bounds[1] - low), method="bounded",
        options={"xatol": 1e-9, "maxiter": 60},
    )  # fmt: skip
    u = low + float(lowest.x)

    def uphill(v: float) -> float:
        return test(path.at(v + BESIDE)) - test(path.at(v - BESIDE))

    ends = (u - BESIDE, u + BESIDE)
    if ends[0] - BESIDE < bounds[0] or ends[1] + BESIDE > bounds[1] or uphill(ends[0]) >= 0:
        return u
    smooth = float(brentq(uphill, *ends, xtol=1e-13, rtol=1e-14)) if uphill(ends[1]) > 0 else u
    return min((u, smooth), key=lambda v: abs(test(path.at(v))))
