"""Compiled kernels of a model, from a disk cache of generated files.

One file per structure of a model. Its name is a hash of that structure, of the source of the
generator and of the versions of Python, Numba and SymPy, so that nothing stale is ever loaded; its
first line is the digest of the rest, so that nothing damaged is either (`symbolic.code_folder`).
"""

import hashlib
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import sympy

from symbolic.code_folder import cache_folder, read_entry, write_entry
from symbolic.codegen import HAND_WRITTEN, kernel_source
from symbolic.errors import KernelCacheError
from symbolic.formula_kernels import FormulaKernels, is_nested
from symbolic.layer_kernels import LayerKernels
from symbolic.layers import Rows
from symbolic.machine_code import kept, warn_once
from symbolic.model import Model

_GENERATOR = (
    "activations.py",
    "codegen.py",
    "functions.py",
    "hessian_text.py",
    "inner_code.py",
    *(f"{module}.py" for module in HAND_WRITTEN),
    "printing.py",
    "unit_text.py",
    "units.py",
)


@dataclass(frozen=True)
class Kernels:
    """Compiled functions of one model structure.

    `evaluate`, `gradient` and `jet` share one signature, ``value = kernel(theta (d,), p,
    constants, data (rows, n), work, F (d,), J (d, d), Fp (d,))``; see `symbolic.kernel_passes`
    for the entries of `constants` and the rows of `data`.

    Each is compiled, or found in Numba's cache, when it is first asked for, and may then be
    passed to compiled code as a first-class function.

    Attributes
    ----------
    path
        The generated file.
    text
        What would stand in it, where it could not be written; None where it stands there.
    """

    path: Path
    text: bytes | None = field(default=None, repr=False)

    @property
    def evaluate(self) -> Callable[..., float]:
        """Loss; fills F = gradient, J = Hessian and Fp = dF/dp in one pass over the samples."""
        return _compiled(self.path, self.text, "evaluate", "KERNEL_SIGNATURE")

    @property
    def gradient(self) -> Callable[..., float]:
        """Loss; fills F only."""
        return _compiled(self.path, self.text, "gradient", "KERNEL_SIGNATURE")

    @property
    def jet(self) -> Callable[..., float]:
        """Taylor derivatives along e = J[0].

        Fills F = gradient, J[1] = D^3 L[e, e, .], J[2] = D^4 L[e, e, e, .] and Fp[k] = d^k/dt^k
        L(theta + t e), k = 0..4. J needs 3 rows and Fp 5 entries at least. Returns 0.
        """
        return _compiled(self.path, self.text, "jet", "KERNEL_SIGNATURE")

    @property
    def network(self) -> Callable[..., None]:
        """``network(theta, x (n,), out (n,))`` fills out = f(x; theta)."""
        return _compiled(self.path, self.text, "network", "NETWORK_SIGNATURE")

    @property
    def work_shape(self) -> tuple[int, int]:
        """Shape of the scratch array that the caller provides."""
        return _module(self.path, self.text).WORK_SHAPE

    @property
    def rows(self) -> Rows:
        """Which row of the data holds what."""
        return Rows()

    def scratch(self) -> np.ndarray:
        """The scratch array."""
        return np.zeros(self.work_shape)

    def outputs(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Network function f(x; theta), shape (n,), at inputs of shape (n,)."""
        x = np.array(x, dtype=np.float64)  # a copy: kernels take no read-only arrays
        out = np.empty_like(x)
        self.network(theta, x, out)
        return out


AnyKernels = Kernels | LayerKernels | FormulaKernels
"""Kernels of any model; all have `evaluate`, `gradient`, `jet`, `rows`, `scratch`, `outputs`."""


@cache
def _compiled(path: Path, text: bytes | None, name: str, signature: str) -> Callable[..., Any]:
    module = _module(path, text)
    source = _source(path.name) if text is None else text
    dispatcher = kept(getattr(module, name), source, "the loss of this model", error_model="numpy")
    dispatcher.compile(getattr(module, signature))
    dispatcher.disable_compile()
    return dispatcher


def load_kernels(model: Model) -> AnyKernels:
    """Kernels of a model: array functions of a network of layers or of a nested formula.

    Those of other models are generated and compiled only if no process has done so before.

    Where the cache folder cannot be written (a full disk, a read-only folder), a warning says so
    once and names the variable that moves it; the kernels then live as long as the process.

    Raises
    ------
    KernelCacheError
        The kernel file belongs to another user, may be changed by anyone, or cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from symbolic import load_kernels, single_unit
    >>> kernels = load_kernels(single_unit())
    >>> kernels.outputs(np.array([1.0, 0.5]), np.array([0.0, 2.0])).round(9)
    array([0.        , 0.48201379])
    """
    if model.network is not None:
        return LayerKernels(model.network)
    if (formula := _nested_formula(model)) is not None:
        return formula
    name = f"kernel_{_structure_hash(model)}.py"
    path = cache_folder() / name
    if read_entry(name) is not None:
        return Kernels(path)
    text = _generated(model)
    try:
        write_entry(name, text)
    except KernelCacheError as error:
        warn_once(str(error))
        return Kernels(path, text)
    return Kernels(path)


@cache
def _nested_formula(model: Model) -> FormulaKernels | None:
    """Kernels on the graph of a formula whose derivatives are too long to be printed."""
    if model.is_perceptron or not is_nested(model.expression, model.parameter_symbols):
        return None
    return FormulaKernels(model.expression, model.parameter_symbols, model.input_symbol)


@cache
def _generated(model: Model) -> bytes:
    """Text of a kernel file; kept, as it takes seconds and is asked for again if not written."""
    return kernel_source(model).encode()


def _structure_hash(model: Model) -> str:
    structure = (
        model.kind,
        model.hidden,
        model.activation,
        model.output_weights,
        model.bias,
        model.offset,
        model.formula,
        model.parameters,
        model.input,
    )
    text = f"{structure} {_generator_hash()}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@cache
def _generator_hash() -> str:
    digest = hashlib.sha256()
    versions = (platform.python_version(), numba.__version__, sympy.__version__)
    digest.update(repr(versions).encode())
    for name in _GENERATOR:
        digest.update(resources.files(__package__).joinpath(name).read_bytes())
    return digest.hexdigest()


class _VerifiedSource(InspectLoader):
    """Imports a kernel file from the text whose digest was right, and leaves no bytecode."""

    def __init__(self, path: Path, text: bytes | None) -> None:
        self.path, self.text = path, text

    def get_source(self, fullname: str) -> str:
        return (_source(self.path.name) if self.text is None else self.text).decode()


def _source(name: str) -> bytes:
    """Text of a kernel file.

    Raises
    ------
    KernelCacheError
        It was damaged after it was verified; the next process writes it again.
    """
    text = read_entry(name)
    if text is None:
        raise KernelCacheError(f"{name} was damaged while it was in use; run the command again")
    return text


@cache
def _module(path: Path, text: bytes | None) -> ModuleType:
    name = f"mlpcont_{path.stem}"
    module = module_from_spec(ModuleSpec(name, _VerifiedSource(path, text), origin=str(path)))
    module.__file__ = str(path)
    sys.modules[name] = module  # compiled functions are found again by module and name
    _VerifiedSource(path, text).exec_module(module)
    return module
