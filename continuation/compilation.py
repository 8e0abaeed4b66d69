"""How loops become machine code: two bodies of one function, kernels by address, the disk cache."""

import inspect
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.errors import NumbaExperimentalFeatureWarning
from numba.extending import intrinsic, overload, register_jitable

from symbolic.inner_code import ApartCompiler, InnerCompiler
from symbolic.machine_code import cached_njit

__all__ = [
    "BLOCKS",
    "FORTRAN",
    "KERNEL_SIGNATURE",
    "MATRIX",
    "STACK",
    "VECTOR",
    "address_of",
    "apart",
    "call_kernel",
    "call_of",
    "compiled_for_all_models",
    "dual",
    "in_loops",
    "kernel_at",
]

VECTOR = types.Array(types.float64, 1, "C")
MATRIX = types.Array(types.float64, 2, "C")
STACK = types.Array(types.float64, 3, "C")
BLOCKS = types.Array(types.float64, 4, "C")
FORTRAN = types.Array(types.float64, 2, "F")
#: kernel(x, p, constants, data, work, F, J, Fp) -> potential; fills F, J = dF/dx and Fp = dF/dp.
KERNEL_SIGNATURE = types.float64(
    VECTOR, types.float64, VECTOR, MATRIX, MATRIX, VECTOR, MATRIX, VECTOR
)


IN_LOOPS = {
    "error_model": "numpy",
    "nogil": True,
    "no_cpython_wrapper": False,
    "pipeline_class": InnerCompiler,
}
"""Options of what loops call: those of the loops to the last one, as Numba would compile a function
once more for callers with others. There is no wrapper, whatever the third option says."""


def in_loops(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let loops call a plain function, which stays one."""
    plain: Callable[..., Any] = register_jitable(**IN_LOOPS)(function)
    return plain


def apart(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for one that a loop calls in many places: its code is optimised only once."""
    options = {**IN_LOOPS, "pipeline_class": ApartCompiler}
    plain: Callable[..., Any] = register_jitable(**options)(function)
    return plain


def dual(
    plain: Callable[..., Any], packed: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give the array function `plain` a second body, used where compiled code calls it.

    One where the matrix J or B is an array of two dimensions, and another where its blocks are
    packed into one of a single dimension.
    """
    names = inspect.signature(plain).parameters
    place = next((i for i, name in enumerate(names) if name in ("B", "J")), None)

    def decorate(loop: Callable[..., Any]) -> Callable[..., Any]:
        def choose(*kinds: Any) -> Callable[..., Any] | None:
            flat = place is not None and kinds[place].ndim == 1
            return loop if flat == packed else None

        choose.__signature__ = inspect.signature(plain)  # type: ignore[attr-defined]
        overload(plain, jit_options=IN_LOOPS)(choose)
        return loop

    return decorate


@cache
def address_of(kernel: Any, signature: Any = KERNEL_SIGNATURE) -> int:
    """Address of the machine code of a kernel, which lives as long as the process.

    Loops take it in place of the kernel: Numba would look for the type of a function anew at every
    call, which takes longer than ten corrections of a small problem.
    """
    result = kernel.get_compile_result(signature)
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))


@intrinsic
def kernel_at(_typing: Any, address: Any) -> Any:
    """The kernel at an address, as a function that compiled code may hand on."""
    kernel = types.FunctionType(KERNEL_SIGNATURE)

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        function = cgutils.create_struct_proxy(kernel)(context, builder)
        nothing = context.get_constant_null(types.voidptr)
        function.c_addr = builder.inttoptr(arguments[0], nothing.type)
        function.py_addr = function.jit_addr = nothing
        return function._getvalue()

    return kernel(address), code


def call_of(signature: Any) -> Any:
    """How compiled code calls a function of a signature by its address: call(address, arguments).

    Where it calls a `kernel_at`, Numba adds the way through Python for one that is not compiled: as
    much code as a loop of ours.
    """

    def call(_typing: Any, address: Any, arguments: Any) -> Any:
        def code(context: Any, builder: Any, given: Any, values: Any) -> Any:
            kinds = [context.get_value_type(kind) for kind in signature.args]
            function = cgutils.ir.FunctionType(context.get_value_type(signature.return_type), kinds)
            parts = cgutils.unpack_tuple(builder, values[1])
            each = [
                context.cast(builder, part, kind, wanted)
                for part, kind, wanted in zip(parts, given.args[1], signature.args, strict=True)
            ]
            return builder.call(builder.inttoptr(values[0], function.as_pointer()), each)

        return signature.return_type(address, arguments), code

    return intrinsic(call)


call_kernel = call_of(KERNEL_SIGNATURE)


def compiled_for_all_models(
    function: Callable[..., Any], signature: Any, called: tuple[ModuleType, ...], purpose: str
) -> Callable[..., Any]:
    """The function compiled for one signature, from the disk cache after the first process.

    Kernels enter as first-class functions; a dispatcher as argument would compile the function for
    every model. The cache knows the function by its own source and that of the modules `called`.
    """
    sources = b"".join(Path(str(module.__file__)).read_bytes() for module in called)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        compiled = cached_njit(
            signature, source=sources, purpose=purpose, error_model="numpy", nogil=True
        )
        return compiled(function)
