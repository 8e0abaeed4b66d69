"""The model: student network, teacher and input law, as one frozen object.

The words and symbols are those of the project: a student f(x; theta) = sum_k v_k phi(w_k x), a
teacher T(x), inputs x of mean 0 and deviation input_scale, normal or uniform.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symbolic.arguments import (
    FREE,
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
from symbolic.formulas import Formulas
from symbolic.layers import Network, as_tuple, is_one_layer, network_of
from symbolic.parsing import parse_expression
from symbolic.stored_fields import (
    expression_arguments,
    law_of,
    network_arguments,
    perceptron_arguments,
)


@dataclass(frozen=True)
class Model(Formulas):
    """Student, teacher and input law.

    Made by `Model.perceptron`, `Model.from_expression` or `Model.mlp`; attributes are those of
    `Structure`.
    """

    # -- made from arguments -----------------------------------------------------------------

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
        return cls._of_network(network, input_scale, input_law)

    # -- others like it ----------------------------------------------------------------------

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
        >>> from symbolic import Model
        >>> Model.mlp(2, (3,), activation="softplus(8*u)/8").smoothed(0).activation
        'relu'
        """
        if not 0.0 <= smoothing < float("inf"):
            raise ModelError(f"smoothing must be >= 0 and finite, got {smoothing!r}")
        network = self.layered.smoothed(float(smoothing))
        if self.is_perceptron and not any(network.kinked):
            return replace(self, activation=network.activations[0])
        return self._of_network(network, self.input_scale, self.input_law)

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
        return self._of_network(replace(old, hidden=changed), self.input_scale, self.input_law)

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
            return cls._from_fields(json.loads(text))
        except FormulaError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"not the JSON text of a model: {error}") from error

    @classmethod
    def _from_fields(cls, fields: dict[str, Any]) -> "Model":
        if fields["kind"] == "network":
            network = network_of(**network_arguments(fields["network"]))
            return cls._of_network(network, fields["input_scale"], law_of(fields))
        if fields["kind"] == "expression":
            return cls.from_expression(**expression_arguments(fields))
        if fields["kind"] == "perceptron":
            return cls.perceptron(**perceptron_arguments(fields))
        raise ValueError(f"unknown kind {fields['kind']!r}")

    @classmethod
    def _of_network(cls, network: Network, input_scale: float, input_law: str) -> "Model":
        return cls(
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

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()
