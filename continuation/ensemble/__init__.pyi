from .asking import ensemble
from .clusters import cluster
from .columns import SHARES
from .crossings import Crossing, Probe, find_crossings
from .halving import Finalist, best_settings
from .questions import QUESTIONS, Answer, Case
from .settings import Setting, grid
from .stopping import Decided
from .store import load_ensemble
from .summary import shares
from .tally import EnsembleProgress

__all__ = [
    "QUESTIONS",
    "SHARES",
    "Answer",
    "Case",
    "Crossing",
    "Decided",
    "EnsembleProgress",
    "Finalist",
    "Probe",
    "Setting",
    "best_settings",
    "cluster",
    "ensemble",
    "find_crossings",
    "grid",
    "load_ensemble",
    "shares",
]
