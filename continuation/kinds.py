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
    of_orbit : bool
        Only periodic orbits have it.
    curves : tuple of str
        Kinds of curves in two parameters that pass through it.
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
    of_orbit: bool = False
    curves: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "fold": Kind(
            meaning="two solutions meet and vanish: the branch turns back",
            marker="o", branching=False, turning=True, singular=True, pair=False,
            gradient=True, codimension=1, curves=("fold",),
        ),
        "branch point": Kind(
            meaning="branches meet, with several null vectors or a degenerate normal form",
            marker="D", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=2, curves=("branch point",),
        ),
        "pitchfork": Kind(
            meaning="a branch crosses that turns back here, as symmetry makes it",
            marker="D", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=1, curves=("branch point",),
        ),
        "degenerate pitchfork": Kind(
            meaning="the cubic coefficient of a pitchfork vanishes: folds are born on its branch",
            marker="d", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=2, curves=("branch point",),
        ),
        "transcritical": Kind(
            meaning="two branches cross and exchange stability",
            marker="X", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=1, curves=("branch point",),
        ),
        "touch": Kind(
            meaning="an eigenvalue touches zero and comes back",
            marker="v", branching=True, turning=False, singular=True, pair=False,
            gradient=True, codimension=2, curves=("branch point",),
        ),
        "cusp": Kind(
            meaning="two folds meet and vanish",
            marker="d", branching=False, turning=False, singular=True, pair=False,
            gradient=True, codimension=2, curves=("fold",),
        ),
        "hopf": Kind(
            meaning="a pair of eigenvalues crosses the imaginary axis: periodic orbits are born",
            marker="^", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=1, curves=("hopf",),
        ),
        "bogdanov-takens": Kind(
            meaning="a double eigenvalue zero with one eigenvector: a Hopf curve ends on folds",
            marker="P", branching=False, turning=True, singular=True, pair=False,
            gradient=False, codimension=2, curves=("fold", "hopf"),
        ),
        "generalised hopf": Kind(
            meaning="the first Lyapunov coefficient vanishes: folds of periodic orbits are born",
            marker="p", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, curves=("hopf",),
        ),
        "zero-hopf": Kind(
            meaning="an eigenvalue zero beside a pair on the imaginary axis",
            marker="h", branching=True, turning=False, singular=True, pair=True,
            gradient=False, codimension=2, curves=("fold", "hopf"),
        ),
        "double hopf": Kind(
            meaning="two pairs on the imaginary axis",
            marker="H", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, curves=("hopf",),
        ),
        "flip": Kind(
            meaning="a multiplier of a map passes -1: orbits of twice the period are born",
            marker="<", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=1, of_map=True, curves=("flip",),
        ),
        "neimark-sacker": Kind(
            meaning="a pair of multipliers of a map crosses the unit circle: an invariant curve",
            marker=">", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=1, of_map=True, curves=("neimark-sacker",),
        ),
        "generalised flip": Kind(
            meaning="the cubic coefficient of a flip vanishes: folds of doubled orbits are born",
            marker="1", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=2, of_map=True, curves=("flip",),
        ),
        "chenciner": Kind(
            meaning="the cubic coefficient vanishes: invariant curves meet and vanish",
            marker="2", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, of_map=True, curves=("neimark-sacker",),
        ),
        "resonance 1:1": Kind(
            meaning="a double multiplier 1: a Neimark-Sacker curve ends on folds",
            marker="P", branching=False, turning=True, singular=True, pair=False,
            gradient=False, codimension=2, of_map=True, curves=("fold", "neimark-sacker"),
        ),
        "resonance 1:2": Kind(
            meaning="a double multiplier -1: a Neimark-Sacker curve ends on flips",
            marker="h", branching=False, turning=False, singular=False, pair=False,
            gradient=False, codimension=2, of_map=True, curves=("flip", "neimark-sacker"),
        ),
        "resonance 1:3": Kind(
            meaning="a pair of multipliers exp(±2πi/3): a saddle of period three comes near",
            marker="3", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, of_map=True, curves=("neimark-sacker",),
        ),
        "resonance 1:4": Kind(
            meaning="a pair of multipliers ±i: orbits of period four come near",
            marker="4", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, of_map=True, curves=("neimark-sacker",),
        ),
        "fold-flip": Kind(
            meaning="multipliers 1 and -1 together",
            marker="8", branching=False, turning=False, singular=True, pair=False,
            gradient=True, codimension=2, of_map=True, curves=("fold", "flip"),
        ),
        "fold-neimark-sacker": Kind(
            meaning="a multiplier 1 beside a pair on the unit circle",
            marker="H", branching=False, turning=False, singular=True, pair=True,
            gradient=False, codimension=2, of_map=True, curves=("fold", "neimark-sacker"),
        ),
        "flip-neimark-sacker": Kind(
            meaning="a multiplier -1 beside a pair on the unit circle",
            marker="D", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, of_map=True, curves=("flip", "neimark-sacker"),
        ),
        "double neimark-sacker": Kind(
            meaning="two pairs of multipliers on the unit circle",
            marker="H", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=2, of_map=True, curves=("neimark-sacker",),
        ),
        "period doubling": Kind(
            meaning="a multiplier of a periodic orbit passes -1: orbits of twice the period",
            marker="<", branching=False, turning=False, singular=False, pair=False,
            gradient=False, codimension=1, of_orbit=True, curves=("period doubling",),
        ),
        "torus": Kind(
            meaning="a pair of multipliers of a periodic orbit crosses the unit circle",
            marker=">", branching=False, turning=False, singular=False, pair=True,
            gradient=False, codimension=1, of_orbit=True, curves=("torus",),
        ),
        "homoclinic": Kind(
            meaning="the period grows beyond all bounds: the orbit leaves a saddle and meets it",
            marker="s", branching=False, turning=False, singular=False, pair=False,
            gradient=False, codimension=1, of_orbit=True, curves=("homoclinic",),
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
        "infinity": Kind(
            meaning="|x| grows beyond all bounds as the parameter tends to this value",
            marker="v", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=0,
        ),
        "user": Kind(
            meaning="a function of the user changes sign",
            marker="*", branching=False, turning=False, singular=False, pair=False,
            gradient=True, codimension=0, curves=("user",),
        ),
    }
)  # fmt: skip
"""Every kind that `SpecialPoint.kind` may be."""
