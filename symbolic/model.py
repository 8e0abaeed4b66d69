"""The model: student network, teacher and input law, as one frozen object.

The words and symbols are those of the project: a student f(x; theta) = sum_k v_k phi(w_k x), a
teacher T(x), inputs x of mean 0 and deviation input_scale, normal or uniform.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symbolic.activations import Ring, U, derivatives, ring_of
from symbolic.arguments import (
    FREE,
    activation_expression,
    canonical_activation,
    canonical_teacher,
    distinct_names,
    fixed_weights,
    formula_text,
    known_law,
    positive_scale,
    require_smooth,
    whole_width,
)
from symbolic.errors import FormulaError, ModelError
from symbolic.functions import evaluate
from symbolic.layers import Network, as_tuple, is_one_layer, network_of
from symbolic.parsing import parse_expression


@dataclass(frozen=True)
class Model:
    """Student, teacher and input law. Use `Model.perceptron` or `Model.from_expression`.

    Attributes
    ----------
    kind : str
        "perceptron", "expression" or "network" (of layers, see `mlp`).
    hidden : int
        Number H of hidden units, of all layers together; 0 for an expression.
    activation : str
        Name of the activation, or its formula in u.
    output_weights : tuple of float or None
        The fixed output weights v_1..v_H; None where they are free (part of theta).
    bias, offset : bool
        Hidden biases c_1..c_H; output offset b_0.
    teacher : str or None
        Canonical text of T(x); None for observed data.
    input_scale : float
        Standard deviation of the inputs.
    input_law : str
        "normal", or "uniform" on [-sqrt(3) input_scale, sqrt(3) input_scale].
    formula : str or None
        Canonical text of f(x; theta) of an expression.
    parameters : tuple of str
        Names of theta of an expression.
    input : str
        Name of the input.
    network : Network or None
        Layers, activations, outputs and loss of a network.
    """

    kind: str
    hidden: int = 0
    activation: str = "tanh"
    output_weights: tuple[float, ...] | None = None
    bias: bool = False
    offset: bool = False
    teacher: str | None = None
    input_scale: float = 1.0
    formula: str | None = None
    parameters: tuple[str, ...] = ()
    input: str = "x"
    network: Network | None = None
    input_law: str = "normal"

    @classmethod
    def perceptron(
        cls,
        hidden: int,
        activation: str = "tanh",
        output_weights: str | Sequence[float] = FREE,
        bias: bool = False,
        offset: bool = False,
        teacher: str | sp.Expr | None = None,
        input_scale: float = 1,
        input_law: str = "normal",
    ) -> "Model":
        """Perceptron f(x; theta) = b_0 + sum_k v_k phi(w_k x + c_k).

        Parameters
        ----------
        hidden
            Number of units, at least 1.
        activation
            One of tanh, erf, logistic, softplus, sin, or a smooth formula in u.
        output_weights
            "free", or the fixed values v_1..v_H.
        bias, offset
            Whether theta has hidden biases c_k; an output offset b_0.
        teacher
            T(x) as text or as a SymPy expression in one symbol; None for observed data.
        input_scale
            Standard deviation of the inputs, positive.
        input_law
            "normal" or "uniform", of mean 0.

        Raises
        ------
        ModelError
            An argument makes no sense.
        FormulaError
            A formula is not accepted.
        """
        hidden = whole_width(hidden)
        return cls(
            kind="perceptron",
            hidden=hidden,
            activation=canonical_activation(activation),
            output_weights=fixed_weights(output_weights, hidden),
            bias=bool(bias),
            offset=bool(offset),
            teacher=canonical_teacher(teacher, "x"),
            input_scale=positive_scale(input_scale),
            input_law=known_law(input_law),
        )

    @classmethod
    def from_expression(
        cls,
        text: str | sp.Expr,
        parameters: Sequence[str],
        input: str = "x",
        teacher: str | sp.Expr | None = None,
        input_scale: float = 1,
        input_law: str = "normal",
    ) -> "Model":
        """Any small model given as a formula f(x; theta).

        Parameters
        ----------
        text
            The formula.
        parameters
            Names of theta, in order.
        input
            Name of the input.
        teacher, input_scale, input_law
            As for `perceptron`; the teacher is a formula in the same input.

        Raises
        ------
        ModelError
            An argument makes no sense, or the formula is not smooth.
        FormulaError
            A formula is not accepted.
        """
        names = distinct_names(parameters, input)
        expression = parse_expression(formula_text(text), (*names, input))
        require_smooth(expression, names)
        return cls(
            kind="expression",
            activation="",
            formula=str(expression),
            parameters=names,
            input=input,
            teacher=canonical_teacher(teacher, input),
            input_scale=positive_scale(input_scale),
            input_law=known_law(input_law),
        )

    @classmethod
    def mlp(
        cls,
        inputs: int = 1,
        hidden: int | Sequence[int] = (2,),
        outputs: int = 1,
        activation: str | Sequence[str] = "tanh",
        bias: bool = True,
        output_weights: str | Sequence[float] | Sequence[Sequence[float]] = FREE,
        loss: str = "squared",
        *,
        offset: bool | None = None,
        huber: float = 1.0,
        decay_biases: bool = True,
        teacher: str | sp.Expr | Sequence[str | sp.Expr] | None = None,
        input_scale: float = 1,
        input_law: str = "normal",
    ) -> "Model":
        """Network of layers a_l = phi_l(a_{l-1} W_l + b_l), the last one without activation.

        With one input, one output, one hidden layer, squared error and an activation of
        perceptrons this is `Model.perceptron`, and is returned as such. Theta holds layer after
        layer, in each the matrix W_l of shape (inputs of the layer, units), row after row, then
        its biases: `coefs_` and `intercepts_` of scikit-learn in turn. `pack` and `unpack`
        convert.

        Parameters
        ----------
        inputs, outputs
            Numbers d and m of inputs and outputs.
        hidden
            Widths of the hidden layers; () for a linear model.
        activation
            One for all hidden layers or one for each: tanh, erf, logistic, softplus, sin,
            identity, relu, leaky_relu, abs, silu, gelu, or a formula in u that is a sum of
            c*phi(s*u) and c*u*phi(s*u), such as ``"softplus(8*u)/8"``.
        bias
            Whether every layer has biases.
        output_weights
            "free", or given numbers, shape (h_L, m): then they are no part of theta.
        loss
            Of a sample: "squared", 1/2 |f - y|^2; "logistic", log(1 + exp f) - y f with y in
            [0, 1], summed over the outputs; "softmax", cross-entropy of class labels 0..m-1 or
            shares; "huber".
        offset
            Whether the outputs have biases; as the other layers unless given.
        huber
            Residual from which Huber's loss is linear.
        decay_biases
            Whether weight decay acts on biases as well.
        teacher
            T as a formula in x1 ... xd (x where d = 1), one for each output.
        input_scale
            Standard deviation of every input.
        input_law
            "normal" or "uniform", of mean 0, the same for every input.

        Raises
        ------
        ModelError
            An argument makes no sense.
        FormulaError
            A formula is not accepted.

        Examples
        --------
        >>> from symbolic import Model
        >>> xor = Model.mlp(inputs=2, hidden=(2,), loss="logistic")
        >>> xor.parameter_names[:4]
        ('w1_1_1', 'w1_1_2', 'w1_2_1', 'w1_2_2')
        """
        offset = bool(bias) if offset is None else bool(offset)
        free = decay_biases or not (bias or offset)
        if free and is_one_layer(inputs, hidden, outputs, activation, loss):
            (width,), (name,) = as_tuple(hidden), as_tuple(activation)
            (formula,) = as_tuple(teacher)
            given = (
                output_weights
                if isinstance(output_weights, str)
                else np.ravel(output_weights).tolist()
            )
            return cls.perceptron(width, name, given, bias, offset, formula, input_scale, input_law)
        network = network_of(
            inputs, hidden, outputs, activation, bias, offset, output_weights, loss, huber,
            decay_biases, teacher,
        )  # fmt: skip
        return _of_network(network, input_scale, input_law)

    # -- structure ---------------------------------------------------------------------------

    @property
    def free_output(self) -> bool:
        """Whether the output weights are part of theta."""
        return self.is_perceptron and self.output_weights is None

    @property
    def is_perceptron(self) -> bool:
        """Whether f is a sum of units, not a formula of its own."""
        return self.kind == "perceptron"

    @property
    def is_network(self) -> bool:
        """Whether f is a network of layers that is no perceptron of one input and output."""
        return self.network is not None

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return 1 if self.network is None else self.network.inputs

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return 1 if self.network is None else self.network.outputs

    @property
    def loss(self) -> str:
        """Loss of a sample: "squared", "logistic", "softmax" or "huber"."""
        return "squared" if self.network is None else self.network.loss

    @cached_property
    def layered(self) -> Network:
        """The model as a network of layers; a perceptron is one with one hidden layer.

        Raises
        ------
        ModelError
            The model is an expression, or has an activation that layers cannot have.
        """
        if self.network is not None:
            return self.network
        if not self.is_perceptron:
            raise ModelError("a model given by an expression has no layers")
        given = FREE if self.output_weights is None else self.output_weights
        return network_of(
            1, self.hidden, 1, self.activation, self.bias, self.offset, given, "squared", 1.0,
            True, self.teacher,
        )  # fmt: skip

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the hidden layers; () for an expression."""
        if self.network is not None:
            return self.network.hidden
        return (self.hidden,) if self.is_perceptron else ()

    def pack(
        self, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray | None] = ()
    ) -> np.ndarray:
        """Theta (d,) of the matrices (inputs, units) of all layers and their biases (units,).

        Given output weights are left out; None stands for the biases of a layer without.

        Raises
        ------
        ModelError
            The model is an expression, or an array has another shape.
        """
        return self.layered.pack(weights, biases)

    def unpack(self, theta: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray | None]]:
        """Matrices (inputs, units) of all layers, and their biases (units,) or None.

        Raises
        ------
        ModelError
            The model is an expression, or theta has another shape.
        """
        return self.layered.unpack(theta)

    @property
    def is_unbiased(self) -> bool:
        """Whether there are neither hidden biases nor an output offset."""
        return not (self.bias or self.offset)

    @property
    def is_plain(self) -> bool:
        """Whether f = sum_k v_k phi(w_k x), all of it free."""
        return self.free_output and self.is_unbiased

    @property
    def is_tanh(self) -> bool:
        """Whether the units are those of tanh."""
        return self.is_perceptron and self.activation == "tanh"

    @property
    def is_plain_tanh(self) -> bool:
        """Whether f = sum_k v_k tanh(w_k x), all of it free."""
        return self.is_plain and self.is_tanh

    @property
    def is_plain_odd(self) -> bool:
        """Whether f = sum_k v_k phi(w_k x), all of it free, with odd phi."""
        return self.is_plain and self.is_odd

    @property
    def is_odd_function(self) -> bool:
        """Whether f(-x; theta) = -f(x; theta) for every theta."""
        return self.is_odd and self.is_unbiased

    @property
    def has_odd_free_units(self) -> bool:
        """Whether there are units v phi(w x [+ c]) with free v and odd phi."""
        return self.free_output and self.is_odd

    @property
    def has_split_lines(self) -> bool:
        """Whether a unit can be split into two that share its output weight."""
        return self.free_output and self.hidden > 1

    @property
    def unit_parameters(self) -> tuple[str, ...]:
        """Names of the parameters of one unit: w, [c], [v]."""
        return ("w", *("c" * self.bias), *("v" * self.free_output))

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of theta: w_1..w_H, [c_1..c_H], [v_1..v_H], [b_0]."""
        if self.network is not None:
            return self.network.parameter_names
        if not self.is_perceptron:
            return self.parameters
        units = range(1, self.hidden + 1)
        names = [f"{name}_{k}" for name in self.unit_parameters for k in units]
        return (*names, *(("b_0",) if self.offset else ()))

    @property
    def dimension(self) -> int:
        """Number d of parameters."""
        return len(self.parameter_names)

    @property
    def input_symbol(self) -> sp.Symbol:
        """The input x."""
        return sp.Symbol(self.input, real=True)

    @cached_property
    def parameter_symbols(self) -> tuple[sp.Symbol, ...]:
        """Theta as real symbols."""
        return tuple(sp.Symbol(name, real=True) for name in self.parameter_names)

    # -- kinks -------------------------------------------------------------------------------

    @property
    def has_kinks(self) -> bool:
        """Whether an activation has a kink (ReLU, leaky ReLU, |u|)."""
        return self.network is not None and any(self.network.kinked)

    @cached_property
    def smoothing(self) -> float | None:
        """Width s over which kinks are rounded: 1/b of softplus(b*u)/b, 0 of ReLU; None without.

        None too for an activation that networks of layers cannot have.
        """
        try:
            return self.layered.smoothing
        except ModelError:
            return None

    def smoothed(self, smoothing: float) -> "Model":
        """The same model with its kinks rounded over another width s, or sharp (0).

        Parameters
        ----------
        smoothing
            s >= 0: max(u, 0) becomes s*softplus(u/s), in leaky_relu and abs as well.

        Raises
        ------
        ModelError
            There are no kinks, rounded or sharp, or the width is no such number.

        Examples
        --------
        >>> Model.mlp(2, (3,), activation="softplus(8*u)/8").smoothed(0).activation
        'relu'
        """
        if not 0.0 <= smoothing < float("inf"):
            raise ModelError(f"smoothing must be >= 0 and finite, got {smoothing!r}")
        network = self.layered.smoothed(float(smoothing))
        if self.is_perceptron and not any(network.kinked):
            return replace(self, activation=network.activations[0])
        return _of_network(network, self.input_scale, self.input_law)

    # -- activation --------------------------------------------------------------------------

    @cached_property
    def activation_expr(self) -> Any:
        """Activation phi as an expression in the symbol u; None for an expression."""
        return activation_expression(self.activation) if self.is_perceptron else None

    @cached_property
    def ring(self) -> Ring:
        """The differential ring of the activation."""
        return ring_of(self.activation_expr)

    @cached_property
    def is_odd(self) -> bool:
        """Whether SymPy proves phi(-u) = -phi(u)."""
        phi = self.activation_expr
        return phi is not None and sp.simplify(phi.subs(U, -U) + phi) == 0

    def activation_functions(self, order: int) -> Callable[[np.ndarray], np.ndarray]:
        """Numerical phi, phi', ... up to an order.

        Parameters
        ----------
        order
            Highest derivative, 0 to 4 (any order for the five named activations).

        Returns
        -------
        Callable
            Takes u of any shape; returns an array of shape (order + 1, *u.shape).
        """
        ring, expressions = self.ring, derivatives(self.ring, order)

        def functions(u: np.ndarray) -> np.ndarray:
            u = np.asarray(u, dtype=float)
            values = {U: u}
            for symbol, value in zip(ring.symbols, ring.values, strict=True):
                values[symbol] = evaluate(value, {U: u})
            rows = [np.broadcast_to(evaluate(e, values), u.shape) for e in expressions]
            return np.stack(rows)

        return functions

    # -- student -----------------------------------------------------------------------------

    @cached_property
    def expression(self) -> sp.Expr:
        """f(x; theta) as one SymPy expression.

        Raises
        ------
        ModelError
            The model is a network of layers: its derivatives are taken layer by layer.
        """
        if self.is_network:
            raise ModelError(
                "exact derivations are of perceptrons and formulas, not of networks of layers; "
                "their kernels take derivatives layer by layer"
            )
        if not self.is_perceptron:
            return parse_expression(str(self.formula), (*self.parameters, self.input))
        symbols = dict(zip(self.parameter_names, self.parameter_symbols, strict=True))
        units = [self._unit(k, symbols) for k in range(1, self.hidden + 1)]
        return sp.Add(*units, symbols.get("b_0", sp.Integer(0)))

    def _unit(self, k: int, symbols: dict[str, sp.Symbol]) -> sp.Expr:
        argument = symbols[f"w_{k}"] * self.input_symbol + symbols.get(f"c_{k}", 0)
        weight = symbols[f"v_{k}"] if self.free_output else self.exact_output_weights[k - 1]
        return weight * self.activation_expr.subs(U, argument)

    @property
    def exact_output_weights(self) -> tuple[sp.Rational, ...]:
        """The fixed output weights as exact rationals of their decimal text; () if free."""
        return tuple(sp.Rational(repr(v)) for v in self.output_weights or ())

    def with_hidden(self, hidden: int) -> "Model":
        """The same model with another number of units (>= 1).

        Raises
        ------
        ModelError
            The model is an expression, or its fixed output weights cannot be extended.
        """
        hidden = whole_width(hidden)
        if not self.is_perceptron:
            raise ModelError(
                "a model given by an expression or in layers has no hidden units to choose"
            )
        weights = self.output_weights
        if weights is not None:
            if hidden > len(weights) and len(set(weights)) > 1:
                raise ModelError(f"fixed output weights {weights} do not say those of new units")
            weights = (weights + weights[:1] * hidden)[:hidden]
        return replace(self, hidden=hidden, output_weights=weights)

    def with_widths(self, widths: Sequence[int]) -> "Model":
        """The same network of layers with other widths of its hidden layers.

        Raises
        ------
        ModelError
            The model is no network of layers, or the widths do not fit it.
        """
        if self.network is None:
            raise ModelError("only networks of layers (Model.mlp) have widths to choose")
        old = self.network
        changed = tuple(whole_width(width) for width in widths)
        given = old.output_weights is not None and changed[-1:] != old.hidden[-1:]
        if len(changed) != len(old.hidden) or given:
            raise ModelError(f"widths {changed} do not fit a network of {old.hidden}")
        return _of_network(replace(old, hidden=changed), self.input_scale, self.input_law)

    # -- teacher -----------------------------------------------------------------------------

    @cached_property
    def teacher_expr(self) -> sp.Expr | None:
        """T(x), or None; None for a network, which may have several inputs."""
        return (
            None
            if self.teacher is None or self.is_network
            else parse_expression(self.teacher, (self.input,))
        )

    @cached_property
    def teacher_units(self) -> tuple[tuple[float, float], ...] | None:
        """The teacher as units ((w, v), ...), T = sum v phi(w x); None if no such form shows."""
        if self.teacher_expr is None or not self.is_perceptron:
            return None
        terms = sp.Add.make_args(sp.expand(self.teacher_expr))
        units = [self._teacher_unit(term) for term in terms if term != 0]
        return None if None in units else tuple(unit for unit in units if unit is not None)

    def _teacher_unit(self, term: sp.Expr) -> tuple[float, float] | None:
        x = self.input_symbol
        weight, rest = term.as_independent(x)
        for node in rest.atoms(sp.Function) | {rest}:
            for argument in node.args:
                w = argument.coeff(x)
                if w.is_number and w != 0 and rest == self.activation_expr.subs(U, w * x):
                    return float(w), float(weight)
        return None

    def teacher_function(self) -> Callable[[np.ndarray], np.ndarray]:
        """T as a vectorised function of the inputs, (n,) or (n, d), to (n,) or (n, m).

        Raises
        ------
        ModelError
            The model has no teacher.
        """
        if self.teacher is None:
            raise ModelError("this model has no teacher; give one, or observed targets")
        if self.network is not None:
            return self.network.teacher_function()
        expression, symbol = self.teacher_expr, self.input_symbol

        def teacher(x: np.ndarray) -> np.ndarray:
            x = np.asarray(x, dtype=float)
            return np.broadcast_to(evaluate(expression, {symbol: x}), x.shape).copy()

        return teacher

    # -- identity ----------------------------------------------------------------------------

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces; network and law only where they are not usual."""
        usual = {"network": None, "input_law": "normal"}
        fields = {k: v for k, v in asdict(self).items() if k not in usual or v != usual[k]}
        return json.dumps(fields, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Model":
        """Model of a JSON text; everything in it is checked again.

        Raises
        ------
        ModelError
            The text is no model.
        """
        try:
            fields = json.loads(text)
            kind = fields["kind"]
            return _FROM_FIELDS[kind](fields)
        except FormulaError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"not the JSON text of a model: {error}") from error

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _perceptron_from_fields(fields: dict[str, Any]) -> Model:
    weights = fields["output_weights"]
    return Model.perceptron(
        hidden=fields["hidden"],
        activation=fields["activation"],
        output_weights=FREE if weights is None else weights,
        bias=fields["bias"],
        offset=fields["offset"],
        teacher=fields["teacher"],
        input_scale=fields["input_scale"],
        input_law=fields.get("input_law", "normal"),
    )


def _expression_from_fields(fields: dict[str, Any]) -> Model:
    return Model.from_expression(
        fields["formula"],
        parameters=fields["parameters"],
        input=fields["input"],
        teacher=fields["teacher"],
        input_scale=fields["input_scale"],
        input_law=fields.get("input_law", "normal"),
    )


def _network_from_fields(fields: dict[str, Any]) -> Model:
    given = fields["network"]
    weights, teachers = given["output_weights"], given["teachers"]
    names = ("inputs", "hidden", "outputs", "bias", "offset", "loss", "huber", "decay_biases")
    network = network_of(
        activation=given["activations"],
        output_weights=FREE if weights is None else weights,
        teacher=teachers or None,
        **{name: given[name] for name in names},
    )
    return _of_network(network, fields["input_scale"], fields.get("input_law", "normal"))


def _of_network(network: Network, input_scale: float, input_law: str) -> Model:
    return Model(
        kind="network",
        hidden=sum(network.hidden),
        activation=", ".join(dict.fromkeys(network.activations)),
        bias=network.bias,
        offset=network.offset,
        teacher="; ".join(network.teachers) or None,
        input_scale=positive_scale(input_scale),
        input_law=known_law(input_law),
        network=network,
    )


_FROM_FIELDS = {
    "perceptron": _perceptron_from_fields,
    "expression": _expression_from_fields,
    "network": _network_from_fields,
}
