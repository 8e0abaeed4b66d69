"""Losses that the tests of certificates share."""

from functools import cache

import numpy as np

from continuation.certify import certify_basin
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import Model, fukumizu_amari, overparameterised

NOISE = 0.1
SAMPLES = 50

PRESETS = {"fukumizu_amari": fukumizu_amari, "overparameterised": overparameterised}


def preset_loss(name, seed=0, samples=SAMPLES):
    model = PRESETS[name]()
    return Loss(model, Dataset.sample(model, samples, seed))


def found(loss, noise=NOISE):
    return find_critical_sets(loss, noise=noise)


@cache
def small():
    """Loss and critical sets of twelve samples, computed once for all files of a worker."""
    loss = preset_loss("overparameterised", 3, samples=12)
    return loss, found(loss)


def small_minimum():
    return next(s for s in small()[1] if s.kind == "point" and s.attracting)


@cache
def small_basin():
    return certify_basin(small()[0], small_minimum().theta, noise=NOISE)


def expression_model():
    """The limit of a linear end and one unit: any formula is a model."""
    return Model.from_expression(
        "v*tanh(w*x) + c*x", parameters=["w", "v", "c"], teacher="2*tanh(x) - tanh(4*x)"
    )


def tiny_loss(model, n=6, seed=3):
    rng = np.random.default_rng(seed)
    data = Dataset.from_arrays(
        rng.normal(size=n), model=model, noise=rng.normal(size=n), weights=rng.uniform(size=n)
    )
    return Loss(model, data)
