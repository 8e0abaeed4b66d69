"""Kinds of special points: one table, asked by everything that treats kinds differently.

A new kind is one entry; code asks what is true of a kind, and never lists names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """What is true of every special point of a kind.

    Attributes
    ----------
    meaning : str
        One line, for people.
    marker : str
        Of matplotlib.
    branching : bool
        Another branch of solutions meets here.
    turning : bool
        The parameter turns back along the branch.
    singular : bool
        dF/dx has an eigenvalue zero.
    pair : bool
        dF/dx has a complex pair on the imaginary axis, or a map multipliers on the unit circle.
    gradient : bool
        It may occur where F is a gradient.
    codimension : int
        Parameters that must be free for such a point to persist, in problems of its symmetry;
        0 where nothing degenerates. Above 1 the name rests on a coefficient that is small.
    prescribed : bool
        The value of the parameter was given beforehand.
    of_map : bool
        Only maps have it: a multiplier is critical, no eigenvalue.
    """

    meaning: str
    marker: str
    branching: bool
    turning: bool
    singular: bool
    pair: bool
    gradient: bool
    codimension: int
    prescribed: bool = False
    of_map: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "fold": Kind(
            meaning="two solutions meet and vanish: the branch turns back",
            marker="o", branching=False, turning=True, singular=True, pair=False,
            gradient=True, codimension=1,
        ),
        "branch point": Kind(
            meaning="branches meet, with several null vectors or a degenerate normal form",
            marker="D", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=2,
        ),
        "pitchfork": Kind(
            meaning="a branch crosses that turns back here, as symmetry makes it",
            marker="D", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=1,
        ),
        "transcritical": Kind(
            meaning="two branches cross and exchange stability",
            marker="X", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=1,
        ),
        "touch": Kind(
            meaning="an eigenvalue touches zero and comes back",
            marker="v", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=2,
        ),
        "cusp": Kind(
            meaning="two folds meet and vanish",
            marker="d", branching=False, turning=False, singular=True, pair=False,
            gradient=True, codimension=2,
        ),
        "hopf": Kind(
            meaning="a pair of eigenvalues crosses the imaginary axis: periodic orbits are born",
            marker="^", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=1,
        ),
        "bogdanov-takens": Kind(
            meaning="a double eigenvalue zero with one eigenvector: a Hopf curve ends on folds",
            marker="P", branching=False, turning=True, singular=True, pair=False,
            gradient=False, codimension=2,
        ),
        "generalised hopf": Kind(
            meaning="the first Lyapunov coefficient vanishes: folds of periodic orbits are born",
            marker="p", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2,
        ),
        "zero-hopf": Kind(
            meaning="an eigenvalue zero beside a pair on the imaginary axis",
            marker="h", branching=True, turning=False, singular=True, pair=True,
            gradient=False, codimension=2,
        ),
        "double hopf": Kind(
            meaning="two pairs on the imaginary axis",
            marker="H", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2,
        ),
        "flip": Kind(
            meaning="a multiplier of a map passes -1: orbits of twice the period are born",
            marker="<", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=1, of_map=True,
        ),
        "neimark-sacker": Kind(
            meaning="a pair of multipliers of a map crosses the unit circle: an invariant curve",
            marker=">", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=1, of_map=True,
        ),
        "target": Kind(
            meaning="a value of the parameter that was asked for",
            marker="x", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=0, prescribed=True,
        ),
        "limit": Kind(
            meaning="the branch leaves the limits of the parameter",
            marker="|", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=0, prescribed=True,
        ),
        "user": Kind(
            meaning="a function of the user changes sign",
            marker="*", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=0,
        ),
    }
)  # fmt: skip
"""Every kind that `SpecialPoint.kind` may be."""
