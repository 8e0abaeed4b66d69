"""Reading the model of a certificate: one spelling, known fields, types and bounds."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from symbolic.checker.networks import activate, formula
from symbolic.checker.points import Balls

MOST_UNITS = 64
"""Widest network of a certificate: what is checked for two units is stored for two."""
MOST_PARAMETERS = 256
"""Of a network given by a formula, and units of a layer."""
MOST_INPUTS = 1024
"""And outputs, of a network of layers."""
LOSSES = ("squared", "logistic", "softmax", "huber")


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


def _texts(value: Any) -> bool:
    return type(value) is list and all(type(text) is str for text in value)


def _exactly(expected: Any) -> Callable[[Any], bool]:
    return lambda value: type(value) is type(expected) and value == expected


_COMMON: Mapping[str, Callable[[Any], bool]] = {
    "teacher": _text_or_none,
    "input_scale": lambda value: _finite(value) and value > 0,
}
_NETWORK: Mapping[str, Callable[[Any], bool]] = {
    "inputs": lambda value: _whole(value, MOST_INPUTS),
    "outputs": lambda value: _whole(value, MOST_INPUTS),
    "hidden": lambda value: type(value) is list and all(_whole(h, MOST_PARAMETERS) for h in value),
    "activations": _texts,
    "bias": lambda value: type(value) is bool,
    "offset": lambda value: type(value) is bool,
    "output_weights": lambda value: value is None or type(value) is list,
    "loss": lambda value: value in LOSSES,
    "huber": lambda value: _finite(value) and value > 0,
    "decay_biases": lambda value: type(value) is bool,
    "teachers": _texts,
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
    "network": {
        **_COMMON,
        "kind": _exactly("network"),
        "hidden": lambda value: type(value) is int,
        "activation": lambda value: type(value) is str,
        "output_weights": _exactly(None),
        "bias": lambda value: type(value) is bool,
        "offset": lambda value: type(value) is bool,
        "formula": _exactly(None),
        "parameters": _exactly([]),
        "input": _exactly("x"),
        "network": lambda value: type(value) is dict and _is_network(value),
    },
}


def _is_network(fields: Mapping[str, Any]) -> bool:
    """Whether the fields of a network of layers are there, in range, and of one shape."""
    if set(fields) != set(_NETWORK) or not all(fits(fields[k]) for k, fits in _NETWORK.items()):
        return False
    widths, given = [fields["inputs"], *fields["hidden"]], fields["output_weights"]
    rows = [] if given is None else given
    return (
        len(fields["activations"]) == len(fields["hidden"])
        and len(fields["teachers"]) in (0, fields["outputs"])
        and (given is None or len(rows) == widths[-1])
        and all(type(r) is list and len(r) == fields["outputs"] for r in rows)
        and all(_finite(v) for row in rows for v in row)
    )


def _repeats(fields: Mapping[str, Any]) -> bool:
    """Whether what stands beside the layers of a network is what follows from them."""
    layers = fields["network"]
    return bool(
        fields["hidden"] == sum(layers["hidden"])
        and fields["activation"] == ", ".join(dict.fromkeys(layers["activations"]))
        and (fields["bias"], fields["offset"]) == (layers["bias"], layers["offset"])
        and fields["teacher"] == ("; ".join(layers["teachers"]) or None)
    )


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
    if fields["kind"] == "network":
        if wrong or not _repeats(fields):
            raise ValueError(f"not a network of layers: {', '.join(wrong)}")
        return fields
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
