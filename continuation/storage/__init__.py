"""Results as NetCDF files: objects to arrays and back.

Stands above the engine, the landscape and the certificates.
"""

from continuation.storage.engine import load_any, save_engine_result
from continuation.storage.evolutions import strand_sets
from continuation.storage.files import (
    atomic_file,
    remove_leftovers,
    require_writable,
    sole_worker,
    write_text,
)
from continuation.storage.flows import phase_to_arrays
from continuation.storage.kinds import (
    RESULTS,
    BasinsResult,
    BranchResult,
    EvolutionResult,
    GraphResult,
    PhaseResult,
    Result,
)
from continuation.storage.netcdf import Stored, read_dataset, read_stored, write_dataset
from continuation.storage.results import CERTIFICATES, load_result, save_result

__all__ = [
    "CERTIFICATES",
    "RESULTS",
    "BasinsResult",
    "BranchResult",
    "EvolutionResult",
    "GraphResult",
    "PhaseResult",
    "Result",
    "Stored",
    "atomic_file",
    "load_any",
    "load_result",
    "phase_to_arrays",
    "read_dataset",
    "read_stored",
    "remove_leftovers",
    "require_writable",
    "save_engine_result",
    "save_result",
    "sole_worker",
    "strand_sets",
    "write_dataset",
    "write_text",
]
