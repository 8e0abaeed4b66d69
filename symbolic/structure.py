"""What a model is made of, and the facts that follow from it without a formula.

Structures of networks are asked about everywhere, and by names: which parameters there are, which
of them are free, which symmetries and sets the architecture alone brings with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symbolic.arguments import FREE
from symbolic.continua import continua_of
from symbolic.errors import ModelError
from symbolic.layers import Network, network_of


@dataclass(frozen=True)
class Structure:
    """Architecture, teacher and input law of a model, and what follows from them.

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

    @property
    def free_output(self) -> bool:
        """Whether the output weights are part of theta."""
        return self.is_perceptron and self.output_weights is None

    @property
    def has_free_last_layer(self) -> bool:
        """Whether f is linear in output weights that are part of theta, in layers too."""
        return self.free_output or (self.is_network and self.layered.output_weights is None)

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
    def has_kinks(self) -> bool:
        """Whether an activation has a kink (ReLU, leaky ReLU, |u|)."""
        return self.network is not None and any(self.network.kinked)

    def continua(self, *, decays: bool) -> tuple[str, ...]:
        """Why no critical point is isolated, whatever the data; () where nothing says so.

        Parameters
        ----------
        decays
            Whether there is weight decay.
        """
        return () if self.network is None else continua_of(self.network, decays=decays)

    @cached_property
    def smoothing(self) -> float | None:
        """Width s over which kinks are rounded: 1/b of softplus(b*u)/b, 0 of ReLU; None without.

        None too for an activation that networks of layers cannot have.
        """
        try:
            return self.layered.smoothing
        except ModelError:
            return None
