"""Limits of tanh units with bias: their derivatives, and slopes against networks near the end."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.infinity import Jump, LimitLoss, LimitModel, LimitUnit, Tail
from continuation.landscape.infinity.limit_values import limit_values
from continuation.landscape.network import Responses
from symbolic import Model
from tests.continuation.landscape.near_ends import network_near

MODEL = Model.perceptron(hidden=2, bias=True, offset=True)


def data(rng, n=25, scale=1.0):
    """Distinct inputs in general position, and targets that no small network fits."""
    x = np.sort(rng.uniform(-1.5, 2.0, n)) * scale
    return x, rng.standard_normal(n)


def limits(rng, x):
    """One of every kind, with parameters in general position."""
    w, v, c, a, b, kappa, e, off = rng.uniform(0.4, 1.2, 8) * rng.choice([-1.0, 1.0], 8)
    unit, gap = LimitUnit(w, (v,), c), float(x[9] + x[10]) / 2.0
    yield LimitModel((LimitUnit(w, (a, b), c, kappa),), offset=off)
    yield LimitModel((LimitUnit(w, (a, b), c, kappa), unit), offset=off)
    yield LimitModel((unit,), (a,), offset=off)
    yield LimitModel((unit,), (a,), shift=kappa)
    yield LimitModel((unit,), jumps=(Jump(gap, a),), offset=off)
    yield LimitModel((unit,), jumps=(Jump(float(x[7]), a, 0.4 * kappa),), offset=off)
    yield LimitModel((unit,), tails=(Tail(b, e),), offset=off)
    yield LimitModel(jumps=(Jump(gap, a),), tails=(Tail(b, e),), offset=off)


@pytest.mark.parametrize("seed", range(3))
def test_derivatives_of_limits_are_those_of_differences(seed):
    rng = np.random.default_rng(seed)
    x, y = data(rng)
    responses = Responses.at(Loss(MODEL, Dataset.from_observations(x, y)).at())
    for limit in limits(rng, x):
        loss, z = LimitLoss(responses, limit), limit.unknowns
        assert limit.at(z) == limit
        assert LimitModel.from_dict(limit.to_dict()) == limit
        point, gradient = loss.point(z)
        assert responses.rows(limit.outputs(MODEL, x) - y) == pytest.approx(point.residual)
        steps = 1e-5 * np.eye(z.size)
        ends = [(loss.point(z + h), loss.point(z - h)) for h in steps]
        slopes = [(up[0].loss - down[0].loss) / 2e-5 for up, down in ends]
        bends = [(up[1] - down[1]) / 2e-5 for up, down in ends]
        assert gradient == pytest.approx(np.array(slopes), rel=1e-6, abs=1e-8)
        assert point.hessian == pytest.approx(np.array(bends), rel=1e-5, abs=1e-7)


def is_of_two_units(limit):
    """Whether networks of two units have this limit, with one coordinate that vanishes or two."""
    parts = (*limit.jumps, *limit.tails, *limit.powers)
    return len(parts) < 2 and sum(len(u.coefficients) for u in limit.units) + len(parts) == 2


@pytest.mark.parametrize("seed", range(3))
def test_slopes_are_those_of_networks_near_the_end(seed):
    """The sign of L(network) − L(limit) close to every end, and that it vanishes there."""
    rng = np.random.default_rng(10 + seed)
    x, y = data(rng)
    for limit in limits(rng, x):
        if not is_of_two_units(limit):
            continue
        offset = limit.offset is not None
        model = Model.perceptron(hidden=2, bias=True, offset=offset)
        at = Loss(model, Dataset.from_observations(x, y)).at()
        loss = LimitLoss(Responses.at(at), limit)
        # the data are changed so that the limit is critical: all but its normal slopes vanish
        value = loss.point(limit.unknowns)[0]
        rows = loss.responses.rows(limit_values(model, limit, limit.unknowns, x)[1])
        along = np.linalg.lstsq(rows.T, value.residual, rcond=None)[0]
        residual = value.residual - rows.T @ along
        again = limit.outputs(model, x) - residual / loss.responses.samples.root_weight
        at = Loss(model, Dataset.from_observations(x, again)).at()
        end = LimitLoss(Responses.at(at), limit).end(limit.unknowns)
        sizes = (1e-6, 1e-7) if limit.tails else (1e-4, 1e-5)
        far, close = (at.value(network_near(limit, size, x)) - end.point.loss for size in sizes)
        assert abs(close) < 0.7 * abs(far)
        if limit.powers and offset:
            other = at.value(network_near(limit, -sizes[0], x)) - end.point.loss
            assert far * other < 0.0
            assert end.normals[0] < 0.0
        else:  # in the middle of a gap both neighbours see as much of the jump
            assert far * sum(end.normals) > 0.0
