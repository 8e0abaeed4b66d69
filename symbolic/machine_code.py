"""Machine code of Numba on disk, one verified file for each function, signature and processor.

Numba's own cache unpickles and links what it finds: a damaged file ends in an exception for ever,
in an abort of the process, or in wrong numbers. Here nothing is unpickled whose digest is wrong.
"""

import hashlib
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.cloudpickle import loads
from numba.core import sigutils
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from symbolic.code_folder import cache_folder, is_entry, read_entry, sole_maker, write_entry
from symbolic.errors import KernelCacheError
from symbolic.loading import collecting_rarely

VERSIONS = (platform.python_version(), numba.__version__, llvmlite.__version__)


_watching: ContextVar[Callable[[str], None] | None] = ContextVar("watching", default=None)


@contextmanager
def watching_compilation(begins: Callable[[str], None]) -> Iterator[None]:
    """Call `begins(purpose)` within, before a function is compiled that the cache lacks."""
    token = _watching.set(begins)
    try:
        yield
    finally:
        _watching.reset(token)


class VerifiedCache(_Cache):
    """What a dispatcher of Numba asks for machine code, and hands it to.

    Parameters
    ----------
    function
        The Python function; it must close over nothing, as only its source enters the key.
    source
        Text of everything that it is compiled from.
    purpose
        What it is needed for, in the words of a user.
    """

    def __init__(self, function: Callable[..., Any], source: bytes, purpose: str) -> None:
        if function.__closure__ is not None:
            raise TypeError(f"{function.__qualname__} closes over values that its source lacks")
        names = (*VERSIONS, function.__module__, function.__qualname__)
        self._purpose = purpose
        self._digest = hashlib.sha256(source + repr(names).encode()).hexdigest()

    @contextmanager
    def filled_once(self, sig: Any, target_context: Any) -> Iterator[None]:
        """Of all processes that need a function at the same time one compiles, the others wait."""
        name = self._name(sig, target_context.codegen())
        if is_entry(name):
            yield
            return
        with global_compiler_lock, sole_maker(name):
            if not is_entry(name) and (begins := _watching.get()) is not None:
                begins(self._purpose)
            with collecting_rarely():
                yield

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(cache_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, or None."""
        rtsys.initialize(target_context)  # the rest of Numba is for what has to be compiled
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
        arguments, _ = sigutils.normalize_signature(sig)
        text = repr((self._digest, str(arguments), codegen.magic_tuple()))
        return f"code_{hashlib.sha256(text.encode()).hexdigest()[:32]}.bin"


@cache
def warn_once(reason: str) -> None:
    """Numba enters and leaves blocks of warnings, after which Python would repeat one."""
    warnings.warn(f"{reason}; until then every process compiles anew", stacklevel=2)


class KeptDispatcher(CPUDispatcher):
    """A function that finds its machine code on disk, and leaves it there."""

    def compile(self, sig: Any) -> Any:
        """As of every dispatcher, unless another process is at it."""
        with self._cache.filled_once(sig, self.targetctx):
            return super().compile(sig)


def kept(function: Callable[..., Any], source: bytes, purpose: str, **options: Any) -> Any:
    """The dispatcher of a function, its machine code kept on disk under the `source`."""
    dispatcher = KeptDispatcher(function, targetoptions={"nopython": True, **options})
    dispatcher._cache = VerifiedCache(function, source, purpose)
    return dispatcher


def cached_njit(
    *signature: Any, source: bytes = b"", purpose: str = "a loop", **options: Any
) -> Callable[..., Any]:
    """`numba.njit` with a verified cache on disk.

    Parameters
    ----------
    signature
        At most one; the function is then compiled, or loaded, at once and for it alone.
    source
        Text of what the function is compiled from besides the file that it stands in.
    purpose
        What it is needed for.
    **options
        As of `numba.njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = kept(function, source_of(function) + source, purpose, **options)
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
