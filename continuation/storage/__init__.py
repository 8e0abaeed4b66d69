"""Results as NetCDF files: objects to arrays and back.

Stands above the engine, the landscape and the certificates.
"""

from continuation.storage.engine import load_any, save_engine_result
from continuation.storage.evolutions import strand_sets
from continuation.storage.flows import phase_to_arrays
from continuation.storage.netcdf import (
    atomic_file,
    read_dataset,
    require_writable,
    write_dataset,
    write_text,
)
from continuation.storage.results import CERTIFICATES, KINDS, Result, load_result, save_result

__all__ = [
    "CERTIFICATES",
    "KINDS",
    "Result",
    "atomic_file",
    "load_any",
    "load_result",
    "phase_to_arrays",
    "read_dataset",
    "require_writable",
    "save_engine_result",
    "save_result",
    "strand_sets",
    "write_dataset",
    "write_text",
]
