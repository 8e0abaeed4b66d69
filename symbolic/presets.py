"""The models that have a name, with the data that each is usually given: one table.

See docs/theory.md, Model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbolic.model import Model


def _perceptron(**options: Any) -> Model:
    from symbolic.model import Model  # names of presets stand in every help: no SymPy for these

    return Model.perceptron(**options)


@dataclass(frozen=True)
class Preset:
    """A model with a name; called, it gives the model.

    Attributes
    ----------
    make : callable
        The function of this module that makes the model.
    title : str
        Its name in pictures.
    size : int
        Samples where none are asked for.
    noise : float
        Standard deviation σ of the noise where none is asked for.
    """

    make: Callable[[], Model]
    title: str
    size: int = 100
    noise: float = 0.1

    def __call__(self) -> Model:
        """The model."""
        return self.make()

    def variant(
        self,
        hidden: int | None = None,
        activation: str | None = None,
        teacher: str | None = None,
        input_scale: float | None = None,
        input_law: str | None = None,
        bias: bool = False,
        offset: bool = False,
    ) -> Model:
        """The model with what is given in place of its own, see `Model.perceptron`.

        Raises
        ------
        ModelError, FormulaError
            What is given makes no sense.
        """
        own = self.make()
        return _perceptron(
            hidden=own.hidden if hidden is None else hidden,
            activation=own.activation if activation is None else activation,
            bias=bias,
            offset=offset,
            teacher=own.teacher if teacher is None else teacher,
            input_scale=own.input_scale if input_scale is None else input_scale,
            input_law=own.input_law if input_law is None else input_law,
        )


def fukumizu_amari() -> Model:
    """Two units, T = 2 tanh x - tanh 4x, x ~ N(0, 2^2): H = H* = 2.

    Examples
    --------
    >>> from symbolic import fukumizu_amari
    >>> model = fukumizu_amari()
    >>> model.teacher, model.parameter_names
    ('2*tanh(x) - tanh(4*x)', ('w_1', 'w_2', 'v_1', 'v_2'))
    """
    return _perceptron(hidden=2, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)


def overparameterised() -> Model:
    """Two units for a teacher of one, T = tanh x, x ~ N(0, 1).

    Examples
    --------
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> model.teacher, model.hidden
    ('tanh(x)', 2)
    """
    return _perceptron(hidden=2, teacher="tanh(x)")


def single_unit() -> Model:
    """One unit, T = tanh x, x ~ N(0, 1): the whole phase plane can be drawn.

    Examples
    --------
    >>> from symbolic import single_unit
    >>> single_unit().parameter_names
    ('w_1', 'v_1')
    """
    return _perceptron(hidden=1, teacher="tanh(x)")


def three_units() -> Model:
    """Three units for the teacher of two of `fukumizu_amari`: H = 3, H* = 2.

    Examples
    --------
    >>> from symbolic import three_units
    >>> three_units().parameter_names
    ('w_1', 'w_2', 'w_3', 'v_1', 'v_2', 'v_3')
    """
    return _perceptron(hidden=3, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)


def maleknia_sato() -> Model:
    """Two units, T = 2 tanh x, x ~ N(0, 2^2), H* = 1, with noise 0.2 on 100 samples.

    The over-parameterised setting of A. A. Maleknia and Y. Sato, arXiv:2604.02393.

    Examples
    --------
    >>> from symbolic import maleknia_sato
    >>> model = maleknia_sato()
    >>> model.teacher, model.hidden
    ('2*tanh(x)', 2)
    """
    return _perceptron(hidden=2, teacher="2*tanh(x)", input_scale=2)


PRESETS: dict[str, Preset] = {
    "fukumizu_amari": Preset(fukumizu_amari, "Fukumizu-Amari"),
    "overparameterised": Preset(overparameterised, "over-parameterised"),
    "single_unit": Preset(single_unit, "one unit"),
    "three_units": Preset(three_units, "three units"),
    "maleknia_sato": Preset(maleknia_sato, "Maleknia-Sato", noise=0.2),
}
"""Every preset by its name: what `--preset` takes, and what the figures are made of."""
