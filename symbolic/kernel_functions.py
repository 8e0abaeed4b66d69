"""Elementary functions of generated kernel files, and the bits they are made of.

The first of the three modules whose sources `symbolic.codegen` puts in front of the functions that
SymPy prints (then `kernel_sums`, `kernel_passes`), so that a kernel file imports nothing but NumPy,
Numba and a decorator: its cache on disk does not see edits in imported helpers.

Two rules of floating point hold everywhere (both were measured):

* sums run with `FAST`, which lets the compiler reorder and fuse them but assumes nothing about
  infinities or NaN; elementary functions run with `EXACT`, as reordering would destroy them;
* a block of samples is sliced first and indexed from 0, and whole rows are passed, because
  indices that might be negative block vectorisation.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from symbolic.inner_code import inner_njit

EXACT = {"contract"}
FAST = {"reassoc", "contract", "nsz"}


@intrinsic
def bits_of(typing_context: Any, number: Any) -> Any:
    """The 64 bits of a double as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def double_of(typing_context: Any, bits: Any) -> Any:
    """The double that has the given 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def borrowed(typing_context: Any, array: Any) -> Any:
    """The same array without a share in its memory.

    Numba counts references atomically for every row and slice; on a hundred samples this took
    half of the time. The caller keeps the memory alive.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = ir.Constant(view.meminfo.type, None)
        return view._getvalue()

    return array(array), generate


@intrinsic
def use_wide_vectors(typing_context: Any) -> Any:
    """Ask for 512-bit vectors in the calling function, where the processor has them.

    LLVM prefers 256 bits on processors whose clock once fell under wide loads; on those of today
    this costs a third of the speed of a kernel.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # llvmlite's own `add` knows no attributes with a value
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


_SIGN_BIT = np.int64(-(2**63))
_OTHER_BITS = np.int64(2**63 - 1)
_SATURATION = 22.0  # tanh is 1 to the last bit beyond
_TWO_OVER_LOG2 = 2.8853900817779268
_ROUNDING = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the low bits
_LOG2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # 33 bits: its product with k is exact
_LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
# (expm1(r) - r - r**2/2) / r**3 on |r| <= log(2)/2, minimax error 8e-18
_C0 = 0.16666666666666669
_C1 = 0.041666666666666664
_C2 = 0.008333333333330062
_C3 = 0.0013888888888886552
_C4 = 0.00019841269863053618
_C5 = 2.4801587317144498e-05
_C6 = 2.7557268459997064e-06
_C7 = 2.755728296954995e-07
_C8 = 2.510038549551032e-08
_C9 = 2.0911236630261545e-09


@inner_njit(error_model="numpy", fastmath=EXACT)
def tanh(u: float) -> float:
    """Hyperbolic tangent without branches or calls, so that loops over it vectorise.

    expm1(2|u|) by Cody-Waite reduction and a polynomial; the sign is put back by its bit.
    At most 2.6 ulp; odd; exact at 0, infinities and NaN.
    """
    bits = bits_of(u)
    size = double_of(bits & _OTHER_BITS)
    size = _SATURATION if size > _SATURATION else size
    shifted = size * _TWO_OVER_LOG2 + _ROUNDING
    k = shifted - _ROUNDING
    r = 2.0 * size - k * _LOG2_HIGH
    r = r - k * _LOG2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (_C3 * r + _C2) * r2 + (_C1 * r + _C0)
    high = (_C7 * r + _C6) * r2 + (_C5 * r + _C4)
    tail = (_C9 * r + _C8) * (r4 * r4) + (high * r4 + low)
    polynomial = r2 * (r * tail + 0.5) + r
    power = double_of((bits_of(shifted) + 1023) << 52)
    expm1 = power * polynomial + (power - 1.0)
    return double_of(bits_of(expm1 / (expm1 + 2.0)) | (bits & _SIGN_BIT))


@inner_njit(error_model="numpy", fastmath=EXACT)
def logistic(u: float) -> float:
    """1/(1 + exp(-u)) without overflow."""
    return 0.5 + 0.5 * tanh(0.5 * u)


@inner_njit(error_model="numpy", fastmath=EXACT)
def softplus(u: float) -> float:
    """log(1 + exp(u)) without overflow."""
    return max(u, 0.0) + math.log1p(math.exp(-abs(u)))


@inner_njit(error_model="numpy", fastmath=EXACT)
def sign(u: float) -> float:
    """-1, 0 or 1."""
    return (u > 0.0) - (u < 0.0)
