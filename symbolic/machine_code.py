"""Machine code of Numba on disk, one verified file for each function, signature and processor.

Numba's own cache unpickles and links what it finds: a damaged file ends in an exception for ever,
in an abort of the process, or in wrong numbers. Here nothing is unpickled whose digest is wrong.
"""

import hashlib
import platform
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba import njit
from numba.cloudpickle import loads
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from symbolic.code_folder import cache_folder, read_entry, write_entry
from symbolic.errors import KernelCacheError

VERSIONS = (platform.python_version(), numba.__version__, llvmlite.__version__)


class VerifiedCache(_Cache):
    """What a dispatcher of Numba asks for machine code, and hands it to.

    Parameters
    ----------
    function
        The Python function; it must close over nothing, as only its source enters the key.
    source
        Text of everything that it is compiled from.
    """

    def __init__(self, function: Callable[..., Any], source: bytes) -> None:
        if function.__closure__ is not None:
            raise TypeError(f"{function.__qualname__} closes over values that its source lacks")
        names = (*VERSIONS, function.__module__, function.__qualname__)
        self._digest = hashlib.sha256(source + repr(names).encode()).hexdigest()

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(cache_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, or None."""
        target_context.refresh()
        content = read_entry(self._name(sig, target_context.codegen()))
        if content is None:
            return None
        return CompileResult._rebuild(target_context, *loads(content))

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store the compiled function; where that fails, say so once and go on."""
        if data.library.has_dynamic_globals or any(not lifted.can_cache for lifted in data.lifted):
            return
        content = dumps(data._reduce())
        try:
            write_entry(self._name(sig, data.codegen), content)
        except KernelCacheError as error:
            warn_once(str(error))

    def enable(self) -> None:
        """Nothing: it always is."""

    def disable(self) -> None:
        """Nothing: dispatchers without cache have another class."""

    def flush(self) -> None:
        """Nothing: there is no index."""

    def _name(self, sig: Any, codegen: Any) -> str:
        text = repr((self._digest, str(sig), codegen.magic_tuple()))
        return f"code_{hashlib.sha256(text.encode()).hexdigest()[:32]}.bin"


@cache
def warn_once(reason: str) -> None:
    """Numba enters and leaves blocks of warnings, after which Python would repeat one."""
    warnings.warn(f"{reason}; until then every process compiles anew", stacklevel=2)


def keep_on_disk(dispatcher: Any, source: bytes) -> None:
    """Let a dispatcher find its machine code on disk, and leave it there."""
    dispatcher._cache = VerifiedCache(dispatcher.py_func, source)


def cached_njit(*signature: Any, source: bytes = b"", **options: Any) -> Callable[..., Any]:
    """`numba.njit` with a verified cache on disk.

    Parameters
    ----------
    signature
        At most one; the function is then compiled, or loaded, at once and for it alone.
    source
        Text of what the function is compiled from besides the file that it stands in.
    **options
        As of `numba.njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        keep_on_disk(dispatcher, source_of(function) + source)
        for one in signature:
            dispatcher.compile(one)
            dispatcher.disable_compile()
        return dispatcher

    return decorate


def source_of(function: Callable[..., Any]) -> bytes:
    """Text of the files of a function and of the compiled functions that it calls by name."""
    found: dict[Callable[..., Any], None] = {}
    _collect(function, found)
    names = dict.fromkeys(str(sys.modules[called.__module__].__file__) for called in found)
    return b"".join(Path(name).read_bytes() for name in names)


def _collect(function: Callable[..., Any], found: dict[Callable[..., Any], None]) -> None:
    if function in found:
        return
    found[function] = None
    for name in function.__code__.co_names:
        called = getattr(function.__globals__.get(name), "py_func", None)
        if called is not None:
            _collect(called, found)
