"""Loops compiled once for all models, with a disk cache that notices edits of what they call."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import njit
from numba.core.errors import NumbaExperimentalFeatureWarning


def compiled_for_all_models(
    function: Callable[..., Any], signature: Any, called: tuple[ModuleType, ...]
) -> Callable[..., Any]:
    """The function compiled for one signature, from the disk cache after the first process.

    Kernels enter as first-class functions; a dispatcher as argument would compile the function for
    every model. The name in the cache carries a digest of the sources of the modules `called`:
    Numba looks at the file of the compiled function only, and would load stale code.
    """
    sources = b"".join(Path(str(module.__file__)).read_bytes() for module in called)
    function.__qualname__ = f"{function.__name__}_{hashlib.sha256(sources).hexdigest()[:16]}"
    options = {"error_model": "numpy", "nogil": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        try:
            return njit(signature, cache=True, **options)(function)
        except RuntimeError:  # no writable cache folder: compile for this process only
            return njit(signature, **options)(function)
