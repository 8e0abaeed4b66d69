from .engine import load_any, save_engine_result
from .evolutions import strand_sets
from .files import atomic_file, remove_leftovers, require_writable, sole_worker, write_text
from .flows import phase_to_arrays
from .kinds import (
    RESULTS,
    BasinsResult,
    BranchResult,
    EvolutionResult,
    GraphResult,
    PhaseResult,
    PlaneResult,
    Result,
)
from .netcdf import Stored, read_dataset, read_stored, write_dataset
from .networks import load_network, save_network
from .planes import plane_from_arrays, plane_to_arrays
from .results import CERTIFICATES, load_result, result_of, save_result

__all__ = [
    "CERTIFICATES",
    "RESULTS",
    "BasinsResult",
    "BranchResult",
    "EvolutionResult",
    "GraphResult",
    "PhaseResult",
    "PlaneResult",
    "Result",
    "Stored",
    "atomic_file",
    "load_any",
    "load_network",
    "load_result",
    "phase_to_arrays",
    "plane_from_arrays",
    "plane_to_arrays",
    "read_dataset",
    "read_stored",
    "remove_leftovers",
    "require_writable",
    "result_of",
    "save_engine_result",
    "save_network",
    "save_result",
    "sole_worker",
    "strand_sets",
    "write_dataset",
    "write_text",
]
