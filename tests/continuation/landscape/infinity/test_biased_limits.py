"""Limits of tanh units with bias: their derivatives, and slopes against networks near the end."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.infinity import Jump, LimitLoss, LimitModel, LimitUnit, Tail
from continuation.landscape.infinity.limit_values import limit_values
from continuation.landscape.network import Responses
from symbolic import Model

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


def near(limit, size, x, bias=0.7):
    """Weights of networks close to a limit of two units: its normal coordinates in turn."""
    unit = limit.units[-1] if limit.units else None
    rest = [] if unit is None or unit.meets else [(unit.weight, unit.bias, unit.coefficients[0])]
    off = limit.offset or 0.0
    for pair in [u for u in limit.units if u.meets]:
        a, b = pair.coefficients
        d = np.sqrt(size)
        ends = [(pair.weight + s * d, pair.bias + s * d * pair.shift, a / 2 + s * b / (2 * d))
                for s in (1, -1)]  # fmt: skip
        yield ends + rest, off
    for jump in limit.jumps:
        away = np.abs(x - jump.place)
        w = -np.log(size) / away[away > 0.0].min()
        shift = 0.0 if jump.half is None else np.arctanh(jump.half)
        yield [(w, shift - w * jump.place, jump.size), *rest], off
    for tail in limit.tails:
        v = -tail.size / (2.0 * size)
        yield [(tail.rate / 2.0, -0.5 * np.log(size), v), *rest], off - v
    if limit.powers and limit.shift is None:
        for sign in (1.0, -1.0):
            d, slope = sign * size, limit.powers[0] * np.cosh(bias) ** 2 / (sign * size)
            yield [(d, bias, slope), *rest], off - slope * np.tanh(bias)
    elif limit.powers:
        d = np.sqrt(size)
        yield [(d, d * limit.shift, limit.powers[0] / d), *rest], off


def theta_of(ends, off, offset):
    """θ of units (w, c, v) and an offset."""
    return np.append(np.array(ends).T.ravel(), [off] if offset else [])


@pytest.mark.parametrize("seed", range(3))
def test_slopes_are_those_of_networks_near_the_end(seed):
    """The sign of L(network) − L(limit) close to every end, and that it vanishes there."""
    rng = np.random.default_rng(10 + seed)
    x, y = data(rng)
    for limit in limits(rng, x):
        if len(limit.units) + len(limit.jumps) + len(limit.tails) + len(limit.powers) + any(
            unit.meets for unit in limit.units
        ) != 2 or len(limit.jumps) + len(limit.tails) > 1:  # fmt: skip
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
        gaps = [
            [
                at.value(theta_of(ends, off, offset)) - end.point.loss
                for ends, off in near(limit, s, x)
            ]
            for s in ((1e-6, 1e-7) if limit.tails else (1e-4, 1e-5))
        ]
        far, close = np.array(gaps)
        if limit.jumps and limit.jumps[0].half is None:
            # in the middle of a gap both neighbours see e^{-2w|x - t|} of the jump
            assert np.sign(far) == pytest.approx(np.sign(sum(end.normals)))
        elif limit.powers and offset:
            assert far[0] * far[1] < 0.0
            assert end.normals[0] < 0.0
        else:
            assert np.sign(far) == pytest.approx(np.sign(end.normals))
        assert (np.abs(close) < 0.7 * np.abs(far)).all()
