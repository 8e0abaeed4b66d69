"""What a run returns: the branch, its samples one by one, and its special points."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from continuation.errors import StoreError
from continuation.kinds import KINDS

__all__ = ["Branch", "Sample", "SpecialPoint"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """A point of a branch where something happens.

    Attributes
    ----------
    kind : str
        An entry of `continuation.kinds.KINDS`, which says what is true of each.
    x : (n,) ndarray
    p : float
    tangent : (n + 1,) ndarray
        Of the branch on which it was found.
    kernel, left_kernel : (n, k) ndarray
        Of the Jacobian; real and imaginary part at a Hopf point; k = 0 where it is regular.
    coefficients : dict
        Of the normal form; see `normal_forms`.
    located : bool
        Newton on the defining system converged within the bracket.
    status : str
        How it was located, or why not.
    bracket : (2, n + 1) ndarray
        The points (x, p) of the branch between which it lies.
    index : int
        It lies after the sample of this index.
    name : str
        Of a user function, else empty.
    """

    kind: str
    x: Array = field(repr=False)
    p: float
    tangent: Array = field(repr=False)
    kernel: Array = field(repr=False)
    left_kernel: Array = field(repr=False)
    coefficients: dict[str, float]
    located: bool
    status: str = field(repr=False)
    bracket: Array = field(repr=False)
    index: int
    name: str = ""

    @property
    def point(self) -> Array:
        """(x, p), shape (n + 1,)."""
        return np.append(self.x, self.p)


@dataclass(frozen=True, eq=False)
class Sample:
    """One point of a branch.

    Attributes
    ----------
    x : (n,) ndarray
    p : float
    tangent : (n + 1,) ndarray
    eigenvalues : (k,) ndarray
    inertia : (3,) ndarray
        Negative, zero, positive.
    error_bound : float
        Of x at this p, by rounding.
    special : tuple of SpecialPoint
        Between the sample before and this one, in order.
    """

    x: Array = field(repr=False)
    p: float
    tangent: Array = field(repr=False)
    eigenvalues: Array = field(repr=False)
    inertia: Array
    error_bound: float
    special: tuple[SpecialPoint, ...]


@dataclass(frozen=True, eq=False)
class Branch:
    """A branch of solutions, one row a sample.

    Attributes
    ----------
    x : (m, n) ndarray
    p : (m,) ndarray
    tangent : (m, n + 1) ndarray
        Of length 1 in the scaled norm of `StepOptions`.
    eigenvalues : (m, k) ndarray
        Of dF/dx, ascending; complex where the problem is not symmetric; those nearest to zero
        where the Jacobian is sparse.
    inertia : (m, 3) ndarray
        Negative, zero, positive; for a map: multipliers inside, on and outside the unit circle.
    error_bound : (m,) ndarray
        Of x at the stored p: |J^-1| times the rounding of F.
    length : (m,) ndarray
        Distance from the sample before.
    iterations : (m,) ndarray of int
        Newton iterations.
    special : tuple of SpecialPoint
        In the order of the branch.
    stop_reason : str
        "limit", "samples", "closed loop", "no progress", "stop condition", "interrupted".
    message : str
        What that means here and what to do.
    next_step : float
        Length of the step that would come next.
    evaluations, rejections : int
    """

    x: Array
    p: Array
    tangent: Array
    eigenvalues: Array
    inertia: Array
    error_bound: Array
    length: Array
    iterations: Array
    special: tuple[SpecialPoint, ...]
    stop_reason: str
    message: str
    next_step: float
    evaluations: int
    rejections: int
    statistics: Array

    def __len__(self) -> int:
        return int(self.p.size)

    def __repr__(self) -> str:
        kinds = Counter(point.kind for point in self.special)
        found = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "no special points"
        return (
            f"Branch({len(self)} samples, p {self.p[0]:.4g} to {self.p[-1]:.4g}, {found}; "
            f"stopped: {self.stop_reason})"
        )

    def __iter__(self) -> Iterator[Sample]:
        at: dict[int, list[SpecialPoint]] = {}
        for point in self.special:
            at.setdefault(point.index + 1, []).append(point)
        for i in range(len(self)):
            yield Sample(
                self.x[i], float(self.p[i]), self.tangent[i], self.eigenvalues[i],
                self.inertia[i], float(self.error_bound[i]), tuple(at.get(i, ())),
            )  # fmt: skip

    def plot(self, ax: Any, component: int = 0) -> list[Any]:
        """Draw x[component] against p into `ax`, with the special points.

        Full lines where all eigenvalues have one sign (nodes), dashed where they have both.

        Parameters
        ----------
        ax : matplotlib Axes
        component : int

        Returns
        -------
        list of artists
        """
        artists: list[Any] = []
        mixed = (self.inertia[:, 0] > 0) & (self.inertia[:, 2] > 0)
        edges = [0, *(np.flatnonzero(np.diff(mixed)) + 1), len(self)]
        for low, high in itertools.pairwise(edges):
            run = slice(low, high + 1)  # up to the next run, so that the line has no gaps
            style = "--" if mixed[low] else "-"
            artists += ax.plot(self.p[run], self.x[run, component], style, color="C0")
        for point in self.special:
            marker = KINDS[point.kind].marker
            artists += ax.plot([point.p], [point.x[component]], marker, color="k", label=point.kind)
        return artists

    def save(self, path: str | Path) -> None:
        """Write everything to one .npz file (no pickle), atomically."""
        target = Path(path)
        partial = target.with_name(target.name + ".part")
        arrays, document = to_arrays(self)
        try:
            with partial.open("wb") as file:
                np.savez_compressed(file, document=np.array(json.dumps(document)), **arrays)
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StoreError(f"cannot write {target}: {error}. Choose another folder.") from error

    @staticmethod
    def load(path: str | Path) -> "Branch":
        """Read what `save` wrote."""
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
                return from_arrays(arrays, json.loads(str(stored["document"])))
        except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile) as error:
            raise StoreError(
                f"{path} is not a branch written by Branch.save, or is truncated: {error}."
            ) from error


_ARRAYS = (
    "x", "p", "tangent", "eigenvalues", "inertia", "error_bound", "length", "iterations",
    "statistics",
)  # fmt: skip
_SCALARS = ("stop_reason", "message", "next_step", "evaluations", "rejections")
_POINT_ARRAYS = ("x", "tangent", "kernel", "left_kernel", "bracket")
_POINT_SCALARS = ("kind", "p", "coefficients", "located", "status", "index", "name")


def to_arrays(branch: Branch) -> tuple[dict[str, Any], dict[str, Any]]:
    """All arrays of a branch by name, and the rest of it as a JSON document."""
    arrays = {name: getattr(branch, name) for name in _ARRAYS}
    document = {name: getattr(branch, name) for name in _SCALARS}
    points = []
    for i, point in enumerate(branch.special):
        points.append({name: getattr(point, name) for name in _POINT_SCALARS})
        arrays |= {f"special_{i}_{name}": getattr(point, name) for name in _POINT_ARRAYS}
    return arrays, document | {"special": points}


def from_arrays(stored: dict[str, Any], document: dict[str, Any]) -> Branch:
    """Inverse of `to_arrays`."""
    document = dict(document)
    special = tuple(
        SpecialPoint(**scalars, **{name: stored[f"special_{i}_{name}"] for name in _POINT_ARRAYS})
        for i, scalars in enumerate(document.pop("special"))
    )
    return Branch(**{name: stored[name] for name in _ARRAYS}, special=special, **document)
