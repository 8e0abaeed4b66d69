"""Networks with bias that lie close to an end at infinity."""

import numpy as np


def _two_steep_units(jumps, seen, x):
    """Two units with three jumps around two inputs, which see `seen` of the first one."""
    left, right = np.unique(x[(x > jumps[0].place) & (x < jumps[2].place)])
    total, rise, rest = sum(j.size for j in jumps), 2 * jumps[0].size, 2 * jumps[2].size
    v = 10.0 * max(abs(rise), abs(rest)) / seen
    second = (np.array([rise, rest]) - v * seen) / (total - v)
    sees = np.array([[seen, seen], second])
    u = np.array([-1.0, 1.0]) * np.arctanh(1.0 - sees)
    w = (u[:, 1] - u[:, 0]) / (right - left)
    return np.array([w, u[:, 0] - w * left, [v, total - v]]).ravel()


def network_near(limit, size, x, bias=0.7):
    """θ close to a limit of tanh units with bias.

    `size` is what vanishes at the end: the squared distance of units that meet, the size of a
    small unit, e^{−w d} of a jump with the nearest input at d, e^{−2c} of a tail.
    """
    off = limit.offset or 0.0
    units = [(u.weight, u.bias, u.coefficients[0]) for u in limit.units if not u.meets]
    for pair in [u for u in limit.units if u.meets]:
        (a, b), d = pair.coefficients, np.sqrt(size)
        for s in (1, -1):
            place = pair.weight + s * d, pair.bias + s * d * pair.shift
            units.append((*place, a / 2 + s * b / (2 * d)))
    if len(limit.jumps) == 3:
        return np.append(_two_steep_units(limit.jumps, size, x), off)
    for jump in limit.jumps:
        away = np.abs(x - jump.place)
        w = -np.log(size) / away[away > 1e-9].min()
        shift = 0.0 if jump.half is None else np.arctanh(jump.half)
        units.append((w, shift - w * jump.place, jump.size))
    for tail in limit.tails:
        v = -tail.size / (2.0 * size)
        units.append((tail.rate / 2.0, -0.5 * np.log(size), v))
        off -= v
    if limit.powers and limit.shift is None:
        v = limit.powers[0] * np.cosh(bias) ** 2 / size
        units.append((size, bias, v))
        off -= v * np.tanh(bias)
    elif limit.powers:
        d = np.sqrt(size)
        units.append((d, d * limit.shift, limit.powers[0] / d))
    return np.append(np.array(units).T.ravel(), [] if limit.offset is None else [off])
