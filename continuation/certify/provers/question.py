"""What a certificate is asked of: a loss at fixed parameters, in balls and as an exact record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Unpack

from continuation.certify.certificate import PROVED, UNDECIDED, Certificate, problem_of
from continuation.certify.enclosures import ExactLoss
from continuation.landscape.network import CERTIFIED_POINTS, Given, Loss


@dataclass(frozen=True, eq=False)
class Question:
    """A loss that something is to be proved of.

    Attributes
    ----------
    loss : ExactLoss
        In balls.
    problem : mapping
        The same, exactly, as certificates carry it.
    """

    loss: ExactLoss
    problem: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, loss: Loss, **given: Unpack[Given]) -> Question:
        """The question of a loss at fixed parameters.

        Raises
        ------
        InvalidInputError
            A network of layers, a parameter out of range, or a formula without enclosure.
        """
        CERTIFIED_POINTS.require(loss.model)
        return cls(ExactLoss.of(loss, **given), problem_of(loss, **given))

    @cached_property
    def smaller(self) -> ExactLoss:
        """The loss of the network that has one unit less."""
        model = self.loss.model
        return replace(self.loss, model=model.with_hidden(model.hidden - 1))

    def proved(self, kind: str, claim: Mapping[str, Any]) -> Certificate:
        """The certificate of what is proved."""
        return Certificate(kind, PROVED, problem=self.problem, claim=claim)

    def undecided(self, kind: str, reason: str) -> Certificate:
        """The certificate of what could not be proved."""
        return Certificate(kind, UNDECIDED, reason, self.problem)
