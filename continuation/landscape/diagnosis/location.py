"""Where weights stand in their landscape: the record that `locate` returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.landscape.diagnosis.channels import Channel
from continuation.landscape.diagnosis.pictures import drawn
from continuation.landscape.diagnosis.plain import plain
from continuation.landscape.diagnosis.redundancy import NearEmbedding
from continuation.landscape.diagnosis.saddles import SaddlePassage
from continuation.landscape.diagnosis.words import told
from continuation.landscape.flow import FlowResult
from continuation.landscape.network import Conditions, Loss, Units
from continuation.landscape.sets import CriticalSet


@dataclass(frozen=True, eq=False)
class Location:
    """Where given weights stand in the landscape of their loss.

    Distances, times, rates and second derivatives are in units that fit the data
    (docs/theory.md, Units); weights and losses in those of the data.

    Attributes
    ----------
    loss_of : Loss
        The loss that was asked about.
    conditions : Conditions
        Its noise, size and weight decay.
    theta : ndarray, shape (d,)
        The weights.
    loss : float
    gradient_norm : float
        |∇L|.
    gradient_scale : float
        What |∇L| would be if residual and slopes were parallel, rms(r) · |rms(∂f/∂θ)|: their ratio
        is a cosine. nan, like the bounds that follow, where the spectrum was not asked for.
    gradient_error : float
        Bound of the rounding of |∇L|.
    eigenvalues : ndarray, shape (d,)
        Of the Hessian, increasing. Where not all of them were asked for the lowest alone, or none
        if Lanczos' method did not come to it.
    eigenvalue_error : float
        Bound of the error of each.
    inertia : tuple of int, or None
        Negative, zero and positive ones; zero are those whose sign their error leaves open. None
        where not all of them were asked for.
    direction : ndarray, shape (d,), or None
        Unit vector of the lowest eigenvalue, signed so that the loss falls along it.
    stage : {"at a set", "converging", "passing a saddle", "in a channel", "descending"}
    nearest : CriticalSet or None
        The set at finite weights that is nearest modulo symmetry.
    distance : float
        From it, over its free shares; inf where none is known.
    nearest_theta : ndarray, shape (d,), or None
        Its point that is nearest, in the frame of `theta`.
    flow : FlowResult or None
        The gradient flow from here; None where it was not asked for.
    basin : CriticalSet or None
        The set that it ends in; None where that is not decided (`flow.message` says why).
    passage : SaddlePassage or None
        The saddle in whose neighbourhood the weights are.
    channel : Channel or None
        The channel to infinity that they are in.
    embeddings : tuple of NearEmbedding
        How far they are from smaller networks, the nearest first.
    method : str
        How the sets were found.
    unanswered : tuple of str
        Questions that the network is too large for in the time given.
    columns : tuple of str
        Names of the inputs, in which the words speak; () where none were given.
    """

    loss_of: Loss = field(repr=False)
    conditions: Conditions
    theta: Array
    loss: float
    gradient_norm: float
    gradient_scale: float
    gradient_error: float
    eigenvalues: Array = field(repr=False)
    eigenvalue_error: float
    inertia: tuple[int, int, int] | None
    direction: Array | None = field(repr=False)
    stage: str
    nearest: CriticalSet | None
    distance: float
    nearest_theta: Array | None = field(repr=False)
    flow: FlowResult | None = field(repr=False)
    basin: CriticalSet | None
    passage: SaddlePassage | None
    channel: Channel | None
    embeddings: tuple[NearEmbedding, ...] = field(repr=False)
    method: str
    unanswered: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def index(self) -> int | None:
        """Number of directions in which the loss curves down; None where they were not counted."""
        return None if self.inertia is None else self.inertia[0]

    @property
    def gradient_cosine(self) -> float:
        """|∇L| relative to its scale, between 0 and 1; 0 for an exact fit, nan without a scale."""
        return self.gradient_norm / self.gradient_scale if self.gradient_scale != 0.0 else 0.0

    @property
    def decided(self) -> bool:
        """Whether it is known where the gradient flow from here ends."""
        return self.flow is not None and self.flow.decided

    @property
    def ends_at_nearest(self) -> bool | None:
        """Whether that is the nearest set; None where it is not decided."""
        if self.basin is None or self.nearest is None:
            return None
        return self.basin.label == self.nearest.label

    @property
    def embedding(self) -> NearEmbedding | None:
        """The nearest smaller network; None for models whose units cannot be merged."""
        return self.embeddings[0] if self.embeddings else None

    @property
    def layers(self) -> int:
        """Hidden layers of the network; 0 of an expression."""
        model = self.loss_of.model
        return int(model.is_perceptron) if model.network is None else len(model.network.hidden)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words: gradient, stage, end of the flow, smaller networks, method, and what
        was not answered.
        """
        return told(self)

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(self.sentences)

    def __str__(self) -> str:
        return self.text

    def rescaled(self, units: Units) -> Location:
        """The same, given in `units`, in the ones that these are multiples of."""
        there, along = self.nearest_theta, self.direction
        direction = None if along is None else units.weights(along)
        return replace(
            self,
            loss_of=Loss(self.loss_of.model, self.loss_of.data.rescaled(units.x, units.y)),
            theta=units.weights(self.theta),
            loss=self.loss * units.loss,
            direction=None if direction is None else direction / np.linalg.norm(direction),
            nearest=_rescaled(self.nearest, units),
            nearest_theta=None if there is None else units.weights(there),
            flow=_rescaled(self.flow, units),
            basin=_rescaled(self.basin, units),
            passage=_rescaled(self.passage, units),
            channel=_rescaled(self.channel, units),
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as numbers, texts and lists for JSON; None where a number is not finite."""
        return plain(self)

    def plot(self, ax: Any) -> list[Any]:
        """Draw the data, the network function, and that of the set in which the flow ends.

        With several inputs or outputs these are drawn over the targets, sample by sample.

        Parameters
        ----------
        ax : matplotlib.axes.Axes

        Returns
        -------
        list of matplotlib.artist.Artist
        """
        return drawn(self, ax)

    @property
    def targets(self) -> Array:
        """What the network is fitted to, at the noise of the flow: y (n,)."""
        data = self.loss_of.data
        return np.asarray(data.target + self.conditions.noise * data.noise)


def _rescaled(value: Any, units: Units) -> Any:
    return None if value is None else value.rescaled(units)
