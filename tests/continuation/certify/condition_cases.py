"""Certificates of losses in closed form, which the tests of single conditions change."""

import json

from continuation.certify.checker import check
from symbolic import Model

LITTLE = 1e-6


def accepted(record):
    return check(json.dumps(record)).accepted


def refused(record, reason):
    result = check(json.dumps(record))
    return not result.accepted and reason in result.reason


def hexed(value):
    if isinstance(value, list | tuple):
        return [hexed(entry) for entry in value]
    return float(value).hex()


def simple(formula, x, target, kind, claim, parameters=("a",), **changes):
    """A certificate about a model of few weights, whose loss is known in closed form."""
    model = Model.from_expression(formula, parameters)
    problem = {
        "model": model.to_json(),
        "x": hexed(x),
        "target": hexed(target),
        "noise": hexed([0.0] * len(x)),
        "weights": None,
        "sigma": hexed(0.0),
        "size": None,
        "weight_decay": hexed(0.0),
    }
    return {
        "format": "mlpcont-certificate",
        "version": 2,
        "kind": kind,
        "verdict": "PROVED",
        "reason": "",
        "set": None,
        "problem": {**problem, **changes},
        "claim": claim,
    }


def parabola(kind="point", theta=0.5, inverse=1.0, radius=0.0, alone=1.0, **more):
    """L = 1/8 + (a − 1/2)²/2: the Hessian is 1 everywhere."""
    claim = {
        "theta": hexed([theta]),
        "inverse": hexed([[inverse]]),
        "radius": hexed(radius),
        "uniqueness_radius": hexed(alone),
        "inertia": [0, 0, 1],
    }
    return simple("a*x", [1.0, -1.0], [1.0, 0.0], kind, {**claim, **more})


def changed(record, **fields):
    return {**record, "problem": {**record["problem"], **fields}}
