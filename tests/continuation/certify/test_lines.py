"""Certified split lines: the index on every piece, the ends excluded."""

import numpy as np
import pytest

from continuation.certify import UNDECIDED, certify_line, check
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.sets.embedding import copied_unit
from continuation.landscape.sets.manifolds import Embedding
from symbolic import Model
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss, tiny_loss


def line_of(loss):
    line = next(s for s in found(loss) if s.kind == "line")
    smaller = loss.model.with_hidden(loss.model.hidden - 1)
    return line, copied_unit(smaller, line.base, line.theta)


@pytest.mark.parametrize("seed", [0, 2])
def test_indices_of_the_pieces_are_those_of_the_hessian_along_the_line(seed):
    loss = preset_loss("overparameterised", seed)
    line, unit = line_of(loss)
    certificate = certify_line(loss, line.base, unit, noise=NOISE)
    assert certificate.proved, certificate
    assert certificate.inertia == line.inertia
    for share, piece in zip((-0.7, 0.3, 2.5), certificate.claim["pieces"], strict=True):
        assert line.embedding is not None
        theta = line.embedding.lift(loss.model, line.base, [(share, 1.0 - share)])
        eigenvalues = np.linalg.eigvalsh(loss.hessian(theta, noise=NOISE))
        negative, zero, positive = piece["inertia"]
        assert zero == 1
        flat = np.argmin(np.abs(eigenvalues))
        others = np.delete(eigenvalues, flat)
        assert ((others < 0).sum(), (others > 0).sum()) == (negative, positive)


def test_the_ends_are_excluded_and_said_so():
    loss = preset_loss("fukumizu_amari")
    line, unit = line_of(loss)
    certificate = certify_line(loss, line.base, unit, noise=NOISE)
    assert "ends" in certificate.statement
    assert [(p["lower"], p["upper"]) for p in certificate.claim["pieces"]] == [
        (None, "0"),
        ("0", "1"),
        ("1", None),
    ]


@pytest.mark.slow
def test_units_with_bias_have_a_transverse_matrix():
    model = Model.perceptron(hidden=2, bias=True, teacher="tanh(2*x - 1)")
    loss = Loss(model, Dataset.sample(model, 40, 0))
    smaller = Loss(model.with_hidden(1), loss.data)
    base = np.array([2.0, -1.0, 1.0])
    for _ in range(30):
        _, gradient, hessian = smaller.evaluate(base, noise=NOISE)
        base = base - np.linalg.solve(hessian, gradient)
    certificate = certify_line(loss, base, 0, noise=NOISE)
    assert certificate.proved, certificate
    assert check(certificate).accepted
    theta = Embedding((2,)).lift(model, base, [(0.4, 0.6)])
    eigenvalues = np.linalg.eigvalsh(loss.hessian(theta, noise=NOISE))
    assert (eigenvalues < -1e-9).sum() == certificate.inertia[0]
    assert sum(certificate.inertia) == model.dimension


def test_a_line_with_weight_decay_does_not_exist():
    loss = preset_loss("fukumizu_amari")
    line, unit = line_of(loss)
    certificate = certify_line(loss, line.base, unit, noise=NOISE, weight_decay=0.1)
    assert certificate.verdict == UNDECIDED
    assert "weight decay" in certificate.reason


def test_a_base_that_is_not_critical_is_undecided():
    loss = preset_loss("fukumizu_amari")
    assert certify_line(loss, [0.3, 0.3], noise=NOISE).verdict == UNDECIDED
    assert certify_line(loss, [np.nan, 0.3], noise=NOISE).verdict == UNDECIDED


def test_a_silent_or_dead_base_has_no_line():
    loss = preset_loss("fukumizu_amari")
    certificate = certify_line(loss, [0.0, 0.0], noise=NOISE)
    assert certificate.verdict == UNDECIDED
    assert "v*" in certificate.reason


def test_misuse_is_an_exception():
    with pytest.raises(InvalidInputError, match="units"):
        certify_line(preset_loss("fukumizu_amari"), [1.0, 1.0], 1, noise=NOISE)
    fixed = tiny_loss(Model.perceptron(hidden=2, output_weights=[1, 1], teacher="x"))
    with pytest.raises(InvalidInputError, match="output weights"):
        certify_line(fixed, [1.0])
