"""The loss landscape of a network: data, critical sets, gradient flow, heteroclinic graph."""

from continuation.landscape.basin_sweeps import BasinSweep, sweep_basins
from continuation.landscape.basins import Basins, Fraction, estimate_basins
from continuation.landscape.bifurcations import LossDiagram, loss_diagram
from continuation.landscape.critical_manifolds import Embedding, Piece
from continuation.landscape.critical_sets import (
    CriticalSet,
    CriticalSets,
    RegionEvidence,
    Segment,
)
from continuation.landscape.dataset import Dataset
from continuation.landscape.end_location import Passage
from continuation.landscape.evolution import evolve
from continuation.landscape.evolution_events import Event
from continuation.landscape.evolution_strands import Strand
from continuation.landscape.evolution_switches import Switch
from continuation.landscape.evolution_timeline import Evolution, Interval
from continuation.landscape.flow_graph import Chain, FlowGraph
from continuation.landscape.following import SetBranch, follow
from continuation.landscape.gradient_flow import (
    FlowResult,
    Trajectory,
    flow_to_limit,
    flows_to_limits,
    trajectory,
)
from continuation.landscape.heteroclinic import connect
from continuation.landscape.itineraries import Stop, itinerary
from continuation.landscape.legs import Leg
from continuation.landscape.loss import Jet, Loss, LossAt
from continuation.landscape.passages import PassageTimes, passage_times
from continuation.landscape.phase_planes import PhasePlane, phase_plane
from continuation.landscape.regions import label_regions
from continuation.landscape.saturation import Saturation
from continuation.landscape.search import find_critical_sets
from continuation.landscape.search_budget import Progress
from continuation.landscape.symmetry import Stabiliser, Symmetry
from continuation.landscape.zero_noise import ZeroNoiseSet, ZeroNoiseSets, zero_noise_sets
from continuation.landscape.zero_noise_branches import (
    ZeroNoiseBranch,
    ZeroNoiseCheck,
    branch_from_zero,
    check_zero_noise,
)

__all__ = [
    "BasinSweep",
    "Basins",
    "Chain",
    "CriticalSet",
    "CriticalSets",
    "Dataset",
    "Embedding",
    "Event",
    "Evolution",
    "FlowGraph",
    "FlowResult",
    "Fraction",
    "Interval",
    "Jet",
    "Leg",
    "Loss",
    "LossAt",
    "LossDiagram",
    "Passage",
    "PassageTimes",
    "PhasePlane",
    "Piece",
    "Progress",
    "RegionEvidence",
    "Saturation",
    "Segment",
    "SetBranch",
    "Stabiliser",
    "Stop",
    "Strand",
    "Switch",
    "Symmetry",
    "Trajectory",
    "ZeroNoiseBranch",
    "ZeroNoiseCheck",
    "ZeroNoiseSet",
    "ZeroNoiseSets",
    "branch_from_zero",
    "check_zero_noise",
    "connect",
    "estimate_basins",
    "evolve",
    "find_critical_sets",
    "flow_to_limit",
    "flows_to_limits",
    "follow",
    "itinerary",
    "label_regions",
    "loss_diagram",
    "passage_times",
    "phase_plane",
    "sweep_basins",
    "trajectory",
    "zero_noise_sets",
]
