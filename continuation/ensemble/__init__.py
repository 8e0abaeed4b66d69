"""The same question over many data sets, on any executor, stored in shards, resumable.

A *setting* is a model with a size, a noise and a weight decay; a *question* is asked of one data
set drawn for one setting and answers with named numbers; `ensemble` asks it of many and gives one
labelled table.
"""

from continuation.ensemble.asking import ensemble
from continuation.ensemble.clusters import cluster
from continuation.ensemble.crossings import Crossing, Probe, find_crossings
from continuation.ensemble.questions import QUESTIONS, SHARES, Answer, Case
from continuation.ensemble.settings import Setting, grid
from continuation.ensemble.stopping import Decided
from continuation.ensemble.store import load_ensemble
from continuation.ensemble.summary import shares
from continuation.ensemble.tally import EnsembleProgress

__all__ = [
    "QUESTIONS",
    "SHARES",
    "Answer",
    "Case",
    "Crossing",
    "Decided",
    "EnsembleProgress",
    "Probe",
    "Setting",
    "cluster",
    "ensemble",
    "find_crossings",
    "grid",
    "load_ensemble",
    "shares",
]
