"""Functions that only compiled code calls give what those of Numba give, and have no code apart."""

import numpy as np
import pytest
from numba import njit, types

from symbolic.inner_code import inner_njit
from symbolic.machine_code import cached_njit

VECTOR = types.float64[::1]


@inner_njit(error_model="numpy")
def square(x):
    return x * x


@inner_njit(error_model="numpy")
def squares(x, out):
    for i in range(x.size):
        out[i] = square(x[i]) / x[i]


def twice(x, out):
    squares(x, out)
    squares(out, out)


def test_callers_and_python_get_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    signature = types.void(VECTOR, VECTOR)
    x, out, again = np.array([1.5, -2.0, 0.0]), np.empty(3), np.empty(3)
    cached_njit(signature, error_model="numpy")(twice)(x, out)
    np.testing.assert_array_equal(out, [1.5, -2.0, np.nan])
    assert len(list(tmp_path.glob("code_*"))) == 1
    cached_njit(signature, error_model="numpy")(twice)(x, again)  # from the disk
    np.testing.assert_array_equal(out, again)
    squares(x, again)
    np.testing.assert_array_equal(out, again)
    assert square(3.0) == 9.0
    assert square(3) == 9


def test_only_the_caller_is_emitted():
    @inner_njit()
    def inner(x):
        return x + 1.0

    caller = njit(types.float64(types.float64))(lambda x: inner(x))
    assert caller(1.0) == 2.0
    (called,) = inner.overloads.values()
    assert called.library.get_pointer_to_function(called.fndesc.llvm_func_name) == 0
    with pytest.raises(TypeError, match="argument"):
        inner()


def test_literal_numbers_need_no_copies():
    @inner_njit()
    def power(x, k):
        return x**k

    caller = njit(types.float64(types.float64))(lambda x: power(x, 2) + power(x, 3))
    assert caller(2.0) == 12.0
    assert len(power.overloads) == 1
