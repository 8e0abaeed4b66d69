"""Networks of layers: what they look like, where their weights stand in theta.

theta = (layer 1, ..., layer L), every layer as its matrix with a row for each of its inputs, row
after row, and after them its biases: the arrays of scikit-learn's `coefs_` and `intercepts_` in
turn. For one input and one output this is the order of a perceptron, w_1..w_H, c_1..c_H,
v_1..v_H, b_0.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symbolic.arguments import (
    FREE,
    fixed_weights,
    formula_text,
    positive_scale,
    whole_width,
)
from symbolic.errors import ModelError
from symbolic.functions import evaluate
from symbolic.layer_activations import (
    SHORT,
    apply,
    canonical_activations,
    formula_of,
    has_kink,
    terms_of,
)
from symbolic.layer_functions import (
    HUBER,
    KINKED,
    LOGISTIC_LOSS,
    SOFTMAX,
    SQUARED,
    curvature_of,
    series_of_loss,
)
from symbolic.layer_smoothing import smoothed, smoothing_of
from symbolic.parsing import parse_expression

Array = np.ndarray

LOSSES = {
    "squared": SQUARED,
    "logistic": LOGISTIC_LOSS,
    "softmax": SOFTMAX,
    "huber": HUBER,
}
"""Losses of a sample: ½ |f - y|², Σ log(1 + exp f) - y f, -Σ y log softmax(f), Huber's."""

LABELS = ("logistic", "softmax")
"""Losses whose targets are labels or shares; they have no noise."""

DIED = 1e-15
"""Sum of the terms' sizes, relative to the largest weight, below which a unit has died: Newton's
method takes its weights to 1e-40."""

ON_KINK = 1e-12
"""Argument relative to the sum of its terms' sizes from which it lies beside a kink: rounding of
the sum is 1e-15, and Newton's method leaves 1e-13."""

MOST_INPUTS, MOST_WEIGHTS = 1024, 20_000
"""A dense Hessian of more weights would fill 3.2 GB."""


@dataclass(frozen=True)
class Rows:
    """Rows of the kernels' data: d inputs, m targets, m noises, and weights that are not uniform.

    Attributes
    ----------
    count, outputs : int
        d and m.
    """

    count: int = 1
    outputs: int = 1

    @property
    def inputs(self) -> slice:
        """Rows of the inputs."""
        return slice(0, self.count)

    @property
    def targets(self) -> slice:
        """Rows of the targets without noise."""
        return slice(self.count, self.count + self.outputs)

    @property
    def noises(self) -> slice:
        """Rows of the frozen noise."""
        return slice(self.count + self.outputs, self.weights)

    @property
    def weights(self) -> int:
        """The row of the weights, if there is one."""
        return self.count + 2 * self.outputs


@dataclass(frozen=True)
class Layer:
    """One layer, a = phi(a_below W + b).

    Attributes
    ----------
    fan_in, fan_out : int
    bias : bool
    start : int
        Where its weights begin among all weights, given output weights included.
    """

    fan_in: int
    fan_out: int
    bias: bool
    start: int

    @property
    def size(self) -> int:
        """Number of weights, biases included."""
        return (self.fan_in + self.bias) * self.fan_out


@dataclass(frozen=True)
class Network:
    """Structure of a network of layers. Made by `Model.mlp`.

    Attributes
    ----------
    inputs, outputs : int
        Numbers d and m.
    hidden : tuple of int
        Widths h_1, h_2, ... of the hidden layers.
    activations : tuple of str
        One for each hidden layer, in canonical form.
    bias, offset : bool
        Biases of the hidden layers, and of the outputs.
    output_weights : tuple of tuple of float, (h_L, m), or None
        Given output weights; None where they are free.
    loss : str
        "squared", "logistic", "softmax" or "huber".
    huber : float
        Residual from which Huber's loss is linear.
    decay_biases : bool
        Whether weight decay acts on the biases too.
    teachers : tuple of str
        T(x), one formula in x1 ... xd (x where d = 1) for each output; () for observed data.
    """

    inputs: int
    outputs: int
    hidden: tuple[int, ...]
    activations: tuple[str, ...]
    bias: bool
    offset: bool
    output_weights: tuple[tuple[float, ...], ...] | None
    loss: str
    huber: float
    decay_biases: bool
    teachers: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, the outputs' last."""
        widths = (self.inputs, *self.hidden, self.outputs)
        found, start = [], 0
        for k, (below, above) in enumerate(itertools.pairwise(widths)):
            bias = self.offset if k == len(self.hidden) else self.bias
            found.append(Layer(below, above, bias, start))
            start += found[-1].size
        return tuple(found)

    @property
    def given(self) -> int:
        """Number of output weights that are given."""
        return 0 if self.output_weights is None else self.layers[-1].fan_in * self.outputs

    @property
    def dimension(self) -> int:
        """Number d of weights in theta."""
        return sum(layer.size for layer in self.layers) - self.given

    @property
    def linear(self) -> int:
        """Where the weights of theta begin in which f is linear: those of the last layer."""
        return self.layers[-1].start if self.output_weights is None else self.dimension

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs in a teacher: x, or x1 ... xd."""
        return input_names(self.inputs)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of theta: w<layer>_<input>_<unit>, and b<layer>_<unit> for biases."""
        names = []
        for number, layer in enumerate(self.layers, 1):
            units = range(1, layer.fan_out + 1)
            if not (number == len(self.layers) and self.given):
                many = range(1, layer.fan_in + 1)
                names += [f"w{number}_{i}_{k}" for i in many for k in units]
            names += [f"b{number}_{k}" for k in units] if layer.bias else []
        return tuple(names)

    def pack(self, weights: Sequence[Array], biases: Sequence[Array | None] = ()) -> Array:
        """Theta (d,) of the layers' matrices (fan_in, fan_out) and biases (fan_out,).

        Raises
        ------
        ModelError
            Arrays of another shape, or another number of them.
        """
        layers = self.layers
        matrices: list[Array | None] = list(weights)
        if self.given and len(matrices) == len(self.hidden):
            matrices.append(None)
        biases = list(biases) if len(biases) else [None] * len(layers)
        if len(matrices) != len(layers) or len(biases) != len(layers):
            raise ModelError(
                f"{len(layers)} layers need as many weights and biases, not {len(matrices)} and "
                f"{len(biases)}"
            )
        parts = []
        for k, (layer, matrix, bias) in enumerate(zip(layers, matrices, biases, strict=True)):
            if not (k == len(layers) - 1 and self.given):
                parts.append(_of_shape(f"weights of layer {k + 1}", matrix, layer, (0, 1)))
            if layer.bias:
                parts.append(_of_shape(f"biases of layer {k + 1}", bias, layer, (1,)))
            elif bias is not None and np.any(np.asarray(bias) != 0.0):
                raise ModelError(f"layer {k + 1} has no biases: give None for them")
        return np.concatenate([np.empty(0), *parts])

    def unpack(self, theta: Array) -> tuple[list[Array], list[Array | None]]:
        """Matrices (fan_in, fan_out) and biases (fan_out,) of the layers, None where none are.

        Raises
        ------
        ModelError
            Theta has another shape.
        """
        theta = np.asarray(theta, dtype=np.float64)
        if theta.shape != (self.dimension,):
            raise ModelError(f"theta must have shape ({self.dimension},), not {theta.shape}")
        weights: list[Array] = []
        biases: list[Array | None] = []
        for k, layer in enumerate(self.layers):
            if k == len(self.hidden) and self.output_weights is not None:
                weights.append(np.array(self.output_weights))
            else:
                count = layer.fan_in * layer.fan_out
                weights.append(theta[:count].reshape(layer.fan_in, layer.fan_out))
                theta = theta[count:]
            biases.append(theta[: layer.fan_out] if layer.bias else None)
            theta = theta[layer.fan_out * layer.bias :]
        return weights, biases

    def teacher_function(self) -> Callable[[Array], Array]:
        """T as a function of the inputs, (n, d) or (n,), to (n,) for one output or (n, m)."""
        symbols = [sp.Symbol(name, real=True) for name in self.input_names]
        formulas = [parse_expression(text, self.input_names) for text in self.teachers]

        def teacher(x: Array) -> Array:
            columns = np.asarray(x, dtype=float).reshape(len(x), len(symbols)).T
            values = dict(zip(symbols, columns, strict=True))
            rows = [np.broadcast_to(evaluate(f, values), len(x)) for f in formulas]
            return rows[0].copy() if len(rows) == 1 else np.stack(rows, axis=1)

        return teacher

    def sample_losses(self, f: Array, y: Array) -> tuple[Array, Array, Array]:
        """Losses of samples (n,) with one output f (n,), and first and second derivatives by it."""
        code, outputs, targets = LOSSES[self.loss], f[:, None], y[:, None]
        found = series_of_loss(code, self.huber, [outputs], targets)
        curvature = curvature_of(code, self.huber, outputs, targets)
        return found.value, found.series[0][:, 0], curvature[:, 0, 0]

    def arguments(self, theta: Array, x: Array) -> list[Array]:
        """Arguments (n, h) of the activations of all hidden layers, then the outputs (n, m)."""
        a, found = np.asarray(x, dtype=np.float64), []
        names = (*self.activations, "")
        for name, weights, bias in zip(names, *self.unpack(theta), strict=True):
            found.append(a @ weights + (0.0 if bias is None else bias))
            a = apply(name, found[-1]) if name else found[-1]
        return found

    def kinks(self, theta: Array, x: Array, reach: float = 0.0) -> NDArray[np.int64]:
        """Where arguments of kinked activations are 0 to rounding, of inputs that are not.

        Of a unit that has died, whose weights are rounding beside the others, all are.

        Parameters
        ----------
        theta : ndarray, shape (d,)
        x : ndarray, shape (n, d)
        reach : float
            Arguments up to this size count too: of rounded kinks some multiple of the rounding.

        Returns
        -------
        ndarray of int, shape (k, 3)
            Rows (sample, layer, unit) from 0.
        """
        a, found = np.asarray(x, dtype=np.float64), []
        size = float(np.abs(theta).max(initial=0.0))
        hidden = (part[:-1] for part in self.unpack(theta))
        widths = [smoothing_of(terms_of(name)) for name in self.activations]
        kinked = [width is not None and (width == 0.0 or reach > 0.0) for width in widths]
        for k, (name, w, b) in enumerate(zip(self.activations, *hidden, strict=True)):
            terms = np.abs(a) @ np.abs(w) + (0.0 if b is None else np.abs(b))
            z = a @ w + (0.0 if b is None else b)
            moves = np.ones(len(a), dtype=bool) if b is not None else np.abs(a).max(axis=1) > 0.0
            beside = np.abs(z) <= ON_KINK * terms + reach
            beside |= terms <= DIED * size
            beside &= moves[:, None] & kinked[k]
            found += [(i, k, unit) for i, unit in np.argwhere(beside)]
            a = apply(name, z)
        return np.array(found, dtype=np.int64).reshape(-1, 3)

    @property
    def smoothing(self) -> float | None:
        """The s of kinks that are rounded, r_s(u) = s softplus(u/s), 0 of kinks; None without.

        None too where layers have different ones (`symbolic.layer_smoothing`).
        """
        found = {smoothing_of(terms_of(name)) for name in self.activations} - {None}
        return found.pop() if len(found) == 1 else None

    def smoothed(self, smoothing: float) -> "Network":
        """The same network with another smoothing of its kinks.

        Raises
        ------
        ModelError
            It has none.
        """
        if self.smoothing is None:
            raise ModelError(
                "kinks that are smoothed are those of relu, leaky_relu, abs and softplus(b*u), "
                f"with one b in all layers; the activations are {', '.join(self.activations)}"
            )
        formulas = (formula_of(smoothed(terms_of(name), smoothing)) for name in self.activations)
        return replace(self, activations=canonical_activations(list(formulas), len(self.hidden)))

    @property
    def kinked(self) -> tuple[bool, ...]:
        """For each hidden layer, whether its activation has a kink at 0."""
        return tuple(any(t[0] in KINKED for t in terms_of(name)) for name in self.activations)

    def plan(self) -> Array:
        """The first rows of the kernels' scratch: structure, layers, given output weights."""
        head = [self.inputs, self.outputs, LOSSES[self.loss], self.huber, self.decay_biases]
        rows = [[*map(float, head), float(self.given)]]
        for layer, name in zip(self.layers, (*self.activations, ""), strict=True):
            terms = terms_of(name) if name else ()
            flat = [number for term in terms for number in term]
            rows.append([layer.fan_in, layer.bias, layer.fan_out, len(terms), *flat])
        rows.append([v for row in self.output_weights or () for v in row])
        plan = np.zeros((len(rows), max(map(len, rows))))
        for place, row in zip(plan, rows, strict=True):
            place[: len(row)] = row
        return plan


def _of_shape(name: str, array: Any, layer: Layer, axes: tuple[int, ...]) -> Array:
    shape = tuple((layer.fan_in, layer.fan_out)[axis] for axis in axes)
    found = np.asarray(np.nan if array is None else array, dtype=np.float64)
    if found.shape != shape:
        came = "nothing" if array is None else f"shape {found.shape}"
        raise ModelError(f"{name} must have shape {shape}, not {came}")
    return found.ravel()


def input_names(inputs: int) -> tuple[str, ...]:
    """Names of the inputs in a formula: x, or x1 ... xd."""
    return ("x",) if inputs == 1 else tuple(f"x{k}" for k in range(1, inputs + 1))


# -- arguments ---------------------------------------------------------------------------------


def network_of(
    inputs: int,
    hidden: int | Sequence[int],
    outputs: int,
    activation: str | Sequence[str],
    bias: bool,
    offset: bool,
    output_weights: Any,
    loss: str,
    huber: float,
    decay_biases: bool,
    teacher: Any,
) -> Network:
    """A network of checked arguments, see `Model.mlp`.

    Raises
    ------
    ModelError
        An argument makes no sense.
    """
    if isinstance(hidden, str):
        raise ModelError(f"hidden must be widths such as (3, 2), got {hidden!r}")
    widths = tuple(whole_width(h) for h in as_tuple(hidden))
    inputs, outputs = _count("inputs", inputs), _count("outputs", outputs)
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ModelError(f"loss must be one of {', '.join(LOSSES)}, not {loss!r}")
    if loss == "softmax" and outputs < 2:
        raise ModelError('softmax needs two outputs or more; for one there is loss="logistic"')
    network = Network(
        inputs=inputs,
        outputs=outputs,
        hidden=widths,
        activations=canonical_activations(activation, len(widths)),
        bias=bool(bias),
        offset=bool(offset),
        output_weights=_given_outputs(output_weights, (widths or (inputs,))[-1], outputs),
        loss=loss,
        huber=positive_scale(huber),
        decay_biases=bool(decay_biases),
        teachers=_teachers(teacher, inputs, outputs, loss),
    )
    if not 0 < network.dimension <= MOST_WEIGHTS:
        raise ModelError(
            f"a network has between 1 and {MOST_WEIGHTS} free weights; this one would have "
            f"{network.dimension}"
        )
    return network


def as_tuple(given: Any) -> tuple[Any, ...]:
    """What is given for one or for each."""
    several = isinstance(given, Sequence | np.ndarray) and not isinstance(given, str)
    return tuple(given) if several else (given,)


def is_one_layer(inputs: int, hidden: Any, outputs: int, activation: Any, loss: str) -> bool:
    """Whether this is a perceptron: one input, layer and output, squared error."""
    shape = (inputs, outputs, len(as_tuple(hidden))) == (1, 1, 1) and loss == "squared"
    names = as_tuple(activation)
    if not shape or len(names) != 1 or isinstance(hidden, str):
        return False
    return names[0] not in SHORT and not (isinstance(names[0], str) and has_kink(names[0]))


def _count(name: str, value: int) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not 1 <= value <= MOST_INPUTS:
        raise ModelError(f"{name} must be a whole number from 1 to {MOST_INPUTS}, got {value!r}")
    return int(value)


def _given_outputs(weights: Any, units: int, outputs: int) -> tuple[tuple[float, ...], ...] | None:
    if isinstance(weights, str):
        fixed_weights(weights, units)  # refuses every text but "free"
        return None
    try:
        array = np.array(weights, dtype=np.float64).reshape(units, outputs)
    except (TypeError, ValueError):
        array = np.full((1, 1), np.nan)
    if not np.isfinite(array).all():
        raise ModelError(
            f'output_weights must be "{FREE}" or {units} x {outputs} finite numbers, '
            f"got {weights!r}"
        )
    return tuple(tuple(map(float, row)) for row in array)


def _teachers(teacher: Any, inputs: int, outputs: int, loss: str) -> tuple[str, ...]:
    if teacher is None:
        return ()
    if loss in LABELS:
        raise ModelError(f"a teacher gives numbers, loss={loss!r} needs labels: give observed data")
    each = as_tuple(teacher)
    if len(each) != outputs:
        raise ModelError(f"{outputs} outputs need as many formulas as teacher, not {len(each)}")
    return tuple(str(parse_expression(formula_text(t), input_names(inputs))) for t in each)
