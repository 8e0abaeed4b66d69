"""Arguments that a model was made from, out of the fields of its JSON text."""

from typing import Any

from symbolic.arguments import FREE

Fields = dict[str, Any]


def perceptron_arguments(fields: Fields) -> Fields:
    """Those of `Model.perceptron`."""
    return {
        **_taken(fields, "hidden", "activation", "bias", "offset", "teacher", "input_scale"),
        "output_weights": _weights_of(fields),
        "input_law": law_of(fields),
    }


def expression_arguments(fields: Fields) -> Fields:
    """Those of `Model.from_expression`."""
    return {
        **_taken(fields, "parameters", "input", "teacher", "input_scale"),
        "text": fields["formula"],
        "input_law": law_of(fields),
    }


def network_arguments(fields: Fields) -> Fields:
    """Those of `symbolic.layers.network_of`, out of the fields of a network."""
    return {
        **_taken(fields, "inputs", "hidden", "outputs", "bias", "offset", "loss", "huber"),
        **_taken(fields, "decay_biases"),
        "activation": fields["activations"],
        "output_weights": _weights_of(fields),
        "teacher": fields["teachers"] or None,
    }


def law_of(fields: Fields) -> str:
    """Law of the inputs, which older texts do not hold."""
    return str(fields.get("input_law", "normal"))


def _weights_of(fields: Fields) -> Any:
    return FREE if fields["output_weights"] is None else fields["output_weights"]


def _taken(fields: Fields, *names: str) -> Fields:
    return {name: fields[name] for name in names}
