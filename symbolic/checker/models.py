"""Reading the model of a certificate: one spelling, known fields, types and bounds."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from symbolic.checker.networks import activate, formula
from symbolic.checker.points import Balls

MOST_UNITS = 64
"""Widest network of a certificate: what is checked for two units is stored for two."""
MOST_PARAMETERS = 256
"""Of a network given by a formula."""


def _whole(value: Any, most: int) -> bool:
    return type(value) is int and 0 < value <= most


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < float("inf")


def _text_or_none(value: Any) -> bool:
    return value is None or type(value) is str


def _fixed_or_free(value: Any) -> bool:
    return value is None or (type(value) is list and all(map(_finite, value)))


def _names(value: Any) -> bool:
    if type(value) is not list or not 0 < len(value) <= MOST_PARAMETERS:
        return False
    return all(type(name) is str for name in value) and len(set(value)) == len(value)


def _exactly(expected: Any) -> Callable[[Any], bool]:
    return lambda value: type(value) is type(expected) and value == expected


_COMMON: Mapping[str, Callable[[Any], bool]] = {
    "teacher": _text_or_none,
    "input_scale": lambda value: _finite(value) and value > 0,
}
_FIELDS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "perceptron": {
        **_COMMON,
        "kind": _exactly("perceptron"),
        "hidden": lambda value: _whole(value, MOST_UNITS),
        "activation": lambda value: type(value) is str,
        "output_weights": _fixed_or_free,
        "bias": lambda value: type(value) is bool,
        "offset": lambda value: type(value) is bool,
        "formula": _exactly(None),
        "parameters": _exactly([]),
        "input": _exactly("x"),
    },
    "expression": {
        **_COMMON,
        "kind": _exactly("expression"),
        "hidden": _exactly(0),
        "activation": _exactly(""),
        "output_weights": _exactly(None),
        "bias": _exactly(False),
        "offset": _exactly(False),
        "formula": lambda value: type(value) is str,
        "parameters": _names,
        "input": lambda value: type(value) is str,
    },
}


def read_model(text: str) -> dict[str, Any]:
    """The fields of a model.

    Raises
    ------
    ValueError
        The text is no model, or not in the one spelling that a model has.
    KeyError
        A field, or a function of the teacher, is unknown.
    """
    fields: dict[str, Any] = json.loads(text)
    rules = _FIELDS[fields["kind"]]
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    if "input_law" in fields:
        rules = {**rules, "input_law": _exactly("uniform")}
    if text != canonical or set(fields) != set(rules):
        raise ValueError("not the fields of a model in their one spelling")
    wrong = [name for name, fits in rules.items() if not fits(fields[name])]
    weights = fields["output_weights"]
    if wrong or (weights is not None and len(weights) != fields["hidden"]):
        raise ValueError(f"not a model: {', '.join(wrong) or 'output_weights'}")
    if fields["input"] in fields["parameters"]:
        raise ValueError("a parameter has the name of the input")
    _evaluate(fields)
    return fields


def _evaluate(fields: Mapping[str, Any]) -> None:
    """Read teacher and activation at random points: the one is a formula, the other no constant."""
    points = Balls(0)
    there, here = points.number(), points.number()
    if fields["teacher"] is not None:
        formula(points, fields["teacher"], {fields["input"]: here})
    if fields["kind"] == "perceptron":
        values = [activate(points, fields["activation"], u) for u in (here, there)]
        if values[0] == values[1]:
            raise ValueError("the activation is a constant")
