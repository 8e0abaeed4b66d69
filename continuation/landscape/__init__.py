"""The loss landscape of a network: data, critical sets, gradient flow, heteroclinic graph."""

from continuation.landscape.critical_sets import CriticalSet, CriticalSets, Segment
from continuation.landscape.dataset import Dataset
from continuation.landscape.loss import Jet, Loss, LossAt
from continuation.landscape.search import find_critical_sets
from continuation.landscape.symmetry import Stabiliser, Symmetry

__all__ = [
    "CriticalSet",
    "CriticalSets",
    "Dataset",
    "Jet",
    "Loss",
    "LossAt",
    "Segment",
    "Stabiliser",
    "Symmetry",
    "find_critical_sets",
]
