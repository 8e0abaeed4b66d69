"""How loops become machine code: two bodies of one function, kernels by address, the disk cache."""

import hashlib
import inspect
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import njit, types
from numba.core.errors import NumbaExperimentalFeatureWarning
from numba.extending import overload

__all__ = [
    "FORTRAN",
    "KERNEL_SIGNATURE",
    "MATRIX",
    "VECTOR",
    "compiled_for_all_models",
    "dual",
    "first_class",
    "machine_code",
]

VECTOR = types.Array(types.float64, 1, "C")
MATRIX = types.Array(types.float64, 2, "C")
FORTRAN = types.Array(types.float64, 2, "F")
#: kernel(x, p, constants, data, work, F, J, Fp) -> potential; fills F, J = dF/dx and Fp = dF/dp.
KERNEL_SIGNATURE = types.float64(
    VECTOR, types.float64, VECTOR, MATRIX, MATRIX, VECTOR, MATRIX, VECTOR
)


def dual(plain: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give the array function `plain` a second body, used where compiled code calls it."""

    def decorate(loop: Callable[..., Any]) -> Callable[..., Any]:
        def choose(*_: object) -> Callable[..., Any]:
            return loop

        choose.__signature__ = inspect.signature(plain)  # type: ignore[attr-defined]
        overload(plain, jit_options={"error_model": "numpy"})(choose)
        return loop

    return decorate


class FirstClass(types.WrapperAddressProtocol):
    """A compiled kernel by its address: Numba recognises its type without looking for a match."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel  # keeps the machine code alive
        result = kernel.get_compile_result(KERNEL_SIGNATURE)
        name = result.fndesc.llvm_cfunc_wrapper_name
        self.address = result.library.get_pointer_to_function(name)

    def __wrapper_address__(self) -> int:
        return int(self.address)

    def signature(self) -> Any:
        """The one signature of kernels."""
        return KERNEL_SIGNATURE


@cache
def first_class(kernel: Any) -> FirstClass:
    """The kernel in the form the compiled loops take at once."""
    return FirstClass(kernel)


def machine_code(function: Callable[..., Any], signature: Any) -> Callable[..., Any]:
    """The function compiled for one signature, from Numba's disk cache after the first process."""
    try:
        return njit(signature, cache=True, error_model="numpy", nogil=True)(function)
    except RuntimeError:  # no writable cache folder anywhere: compile for this process only
        return njit(signature, error_model="numpy", nogil=True)(function)


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
