"""Whether what a certificate says is so, by plain numerics: no code of checker or provers.

Newton's method in doubles from the stated places and from random ones around them. What it finds
may refute a statement, up to rounding; a statement that stands is called true here.
"""

import json
from fractions import Fraction

import numpy as np

from symbolic import Model

SLACK = 1e-9
"""Relative to the weights: Newton's method in doubles is no better on these losses."""


def hexed(values):
    return np.array([float.fromhex(v) for v in values])


class Network:
    """Loss with gradient and Hessian of a tanh perceptron, in its own words."""

    def __init__(self, problem, hidden=None):
        model = Model.from_json(problem["model"])
        self.kind = json.loads(problem["model"])
        assert (self.kind["kind"], self.kind["activation"]) == ("perceptron", "tanh")
        self.hidden = self.kind["hidden"] if hidden is None else hidden
        self.bias, self.offset = self.kind["bias"], self.kind["offset"]
        self.fixed = self.kind["output_weights"]
        self.x = hexed(problem["x"])
        teacher = model.teacher_function() if problem["target"] is None else None
        target = hexed(problem["target"]) if teacher is None else teacher(self.x)
        self.noise = hexed(problem["noise"])
        self.clean, self.sigma = target, float.fromhex(problem["sigma"])
        self.decay = float.fromhex(problem["weight_decay"])
        n = self.x.size
        self.weights = np.full(n, 1.0 / n)
        if problem["weights"] is not None:
            self.weights = hexed(problem["weights"])
        if problem["size"] is not None:
            self.weights = sized(float.fromhex(problem["size"]), n)

    def parts(self, theta):
        h, rest = self.hidden, list(theta)
        w, rest = np.array(rest[:h]), rest[h:]
        c, rest = (np.array(rest[:h]), rest[h:]) if self.bias else (np.zeros(h), rest)
        v, rest = (
            (np.array(rest[:h]), rest[h:])
            if self.fixed is None
            else (np.array(self.fixed[:h]), rest)
        )
        return w, c, v, (rest[0] if self.offset else 0.0)

    def rows(self, theta):
        """Values and gradients of the network, one row a sample (complex steps pass through)."""
        w, c, v, b = self.parts(theta)
        t = np.tanh(np.outer(self.x, w) + c)
        s = v * (1 - t * t)
        columns = [s * self.x[:, None]]
        columns += [s] if self.bias else []
        columns += [t] if self.fixed is None else []
        columns += [np.ones((self.x.size, 1))] if self.offset else []
        return t @ v + b, np.hstack(columns)

    def loss(self, theta):
        r = self.rows(np.asarray(theta))[0] - self.clean - self.sigma * self.noise
        return 0.5 * self.weights @ r**2 + 0.5 * self.decay * np.sum(np.square(theta))

    def gradient(self, theta):
        f, rows = self.rows(np.asarray(theta))
        r = f - self.clean - self.sigma * self.noise
        return (self.weights * r) @ rows + self.decay * np.asarray(theta)

    def hessian(self, theta):
        """By complex steps."""
        theta, d = np.asarray(theta, dtype=complex), len(theta)
        step = 1e-30
        found = [self.gradient(theta + 1j * step * e).imag / step for e in np.eye(d)]
        return 0.5 * (np.array(found) + np.array(found).T)

    def newton(self, theta):
        """Where Newton's method ends; None where it does not."""
        theta = np.array(theta, dtype=float)
        for _ in range(60):
            try:
                step = np.linalg.solve(self.hessian(theta), self.gradient(theta))
            except np.linalg.LinAlgError:
                return None
            theta = theta - step
            if not np.isfinite(theta).all():
                return None
            if np.abs(step).max() <= 1e-13 * (1 + np.abs(theta).max()):
                return theta
        return None


def sized(size, n):
    whole = int(size)
    t = size - whole
    ramp = t**3 * (10 + t * (6 * t - 15))
    weights = np.zeros(n)
    weights[:whole] = 1.0
    if t > 0:
        weights[whole] = ramp
    return weights / weights.sum()


def signs(matrix, zeros=0):
    values = np.linalg.eigvalsh(matrix)
    kept = np.delete(values, np.argsort(np.abs(values))[:zeros])
    return (int((kept < 0).sum()), zeros, int((kept > 0).sum()))


def point(network, claim, random):
    """One critical point within the radius, the only one near it, with this inertia."""
    centre = hexed(claim["theta"])
    radius, alone = (float.fromhex(claim[n]) for n in ("radius", "uniqueness_radius"))
    found = network.newton(centre)
    room = SLACK * (1 + np.abs(centre).max())
    if found is None or np.abs(found - centre).max() > radius + room:
        return False
    for _ in range(20):
        other = network.newton(centre + alone * random.uniform(-1, 1, centre.size))
        inside = other is not None and np.abs(other - centre).max() < alone * (1 - SLACK) - room
        if inside and np.abs(other - found).max() > 10 * room:
            return False
    return True


def is_point(record, random):
    network, claim = Network(record["problem"]), record["claim"]
    theta = hexed(claim["theta"])
    good = point(network, claim, random)
    return good and signs(network.hessian(network.newton(theta))) == tuple(claim["inertia"])


def is_basin(record, random):
    network, claim = Network(record["problem"]), record["claim"]
    centre = hexed(claim["theta"])
    ball, level = float.fromhex(claim["ball"]), float.fromhex(claim["level"])
    around = random.standard_normal((300, centre.size))
    around *= ball / np.linalg.norm(around, axis=1, keepdims=True)
    room = 1e-12 * level
    above = all(network.loss(centre + step) > level - room for step in around)
    inside = all(
        np.linalg.norm(hexed(e) - centre) < ball * (1 + SLACK)
        and network.loss(hexed(e)) < level + room
        for e in claim["entries"]
    )
    return is_point(record, random) and above and inside and network.loss(centre) < level + room


def is_line(record, random):
    claim, whole = record["claim"], Network(record["problem"])
    smaller = Network(record["problem"], whole.hidden - 1)
    if not point(smaller, claim, random) or whole.bias or whole.offset:
        return False
    w, _, v, _ = smaller.parts(smaller.newton(hexed(claim["theta"])))
    unit = claim["unit"]
    for share, piece in zip((-0.7, 0.3, 2.5), claim["pieces"], strict=True):
        wide = np.append(w, w[unit])
        out = np.append(v, (1 - share) * v[unit])
        out[unit] = share * v[unit]
        if signs(whole.hessian(np.append(wide, out)), zeros=1) != tuple(piece["inertia"]):
            return False
    return tuple(claim["inertia"]) == tuple(claim["pieces"][1]["inertia"])


def is_end(record, _):
    """The linear end of one unit: f = c x, and across it −c x³/3; jumps of units with bias."""
    network, claim = Network(record["problem"]), record["claim"]
    if "walls" in claim:
        return network.decay == 0 and are_jumps(network, claim)
    if claim["names"] != ["c"] or network.hidden != 1 or network.decay:
        return False
    o, x, y = network.weights, network.x, network.clean + network.sigma * network.noise
    c = (o * x) @ y / ((o * x) @ x)
    slope = (o * (c * x - y)) @ (-c * x**3 / 3)
    near = abs(c - float.fromhex(claim["theta"][0])) <= float.fromhex(
        claim["radius"]
    ) + SLACK * abs(c)
    return near and tuple(claim["inertia"]) == (int(slope < 0), 0, 1 + int(slope > 0))


def are_jumps(network, claim):
    """One unit for each jump, s sign(x − t), and s half at an input; beside them an offset."""
    theta = dict(zip(claim["names"], hexed(claim["theta"]), strict=True))
    jumps = [
        (f"s{n}", f"half{n}", wall, f"half{n}" in theta)
        for n, wall in zip(("", "2", "3"), claim["walls"], strict=False)
    ]
    known = {name for s, half, _, at in jumps for name in (s, *[half] * at)}
    known |= {"offset"} if network.offset else set()
    if set(theta) != known or len(claim["walls"]) != network.hidden or not network.bias:
        return False
    residual, rows, bends = outputs_of_jumps(network, theta, jumps)
    weighted = network.weights * residual
    hessian = (network.weights * rows) @ rows.T
    for place, hit in bends:
        hessian[[place, place + 1], [place + 1, place]] += weighted @ hit
    negative, _, positive = signs(hessian)
    pulls = [
        pull for jump in jumps for pull in pulls_of_jump(network, theta, weighted, jump, jumps)
    ]
    negative, positive = (
        negative + (np.array(pulls) < 0).sum(),
        positive + (np.array(pulls) > 0).sum(),
    )
    step = np.linalg.solve(hessian, rows @ weighted)
    room = float.fromhex(claim["radius"]) + SLACK * max(map(abs, theta.values()))
    inside = all(abs(theta[half]) < 1 for _, half, _, at in jumps if at)
    signed = tuple(claim["inertia"]) == (negative, 0, positive)
    return bool(np.abs(step).max() <= room and inside and signed)


def outputs_of_jumps(network, theta, jumps):
    """Residual, its derivatives by the unknowns, and where they bend."""
    ranks = np.searchsorted(np.unique(network.x), network.x)
    residual = theta.get("offset", 0.0) - network.clean - network.sigma * network.noise
    rows, bends = [], []
    for s, half, wall, at in jumps:
        hit = ((ranks == wall) * at).astype(float)
        shape = np.where(ranks >= wall, 1.0, -1.0) * (1 - hit) + theta.get(half, 0.0) * hit
        residual = residual + theta[s] * shape
        bends += [(len(rows), hit)] * at
        rows += [shape, *[theta[s] * hit] * at]
    return residual, np.array([*rows, *[np.ones_like(residual)] * network.offset]), bends


def pulls_of_jump(network, theta, weighted, jump, jumps):
    """Of the neighbours that no jumps stand around; at an input of the nearer one."""
    x = np.unique(network.x)
    walls = {w for _, _, wall, at in jumps for w in (wall, wall + at)}
    walls |= {0, x.size} if network.offset else set()
    s, half, wall, at = jump
    found = {}
    for j, sign in ((wall - 1, -1), (wall + at, 1)):
        if 0 <= j < x.size and not {j, j + 1} <= walls:
            value = sign * theta.get(half, 0.0)
            pull = -theta[s] * sign * weighted[network.x == x[j]].sum()
            found[j] = pull * (1 - value) / (1 + value)
    if not at or not found:
        return list(found.values())
    near = min(abs(x[j] - x[wall]) for j in found)
    return [sum(pull for j, pull in found.items() if abs(x[j] - x[wall]) == near)]


def is_optimum(record, _):
    network, claim = Network(record["problem"]), record["claim"]
    units = [(float(Fraction(w)), float(Fraction(v))) for w, v in claim["units"]]
    values = sum(v * np.tanh(w * network.x) for w, v in units) + float(Fraction(claim["offset"]))
    if not np.allclose(values, network.clean, rtol=0, atol=1e-12 * (1 + np.abs(values).max())):
        return False
    if record["verdict"] == "REFUTED":
        return network.sigma == 0.0 or not network.noise.any()
    spare, bound = network.hidden - len(units), float.fromhex(claim["gradient_bound"])
    reach = float.fromhex(claim["constant"])
    for share in (0.5, 0.2) if spare else (1.0,):
        w = [u for u, _ in units] + [units[0][0]] * spare
        v = [u for _, u in units] + [(1 - share) * units[0][1]] * spare
        v[0] *= share
        theta = np.array(
            [
                *w,
                *([0.0] * network.hidden if network.bias else []),
                *v,
                *([float(Fraction(claim["offset"]))] if network.offset else []),
            ]
        )
        if np.linalg.norm(network.gradient(theta)) < bound * (1 - SLACK):
            return False
        found = network.newton(theta)
        away = np.inf if found is None else np.linalg.norm(found - theta)
        if away < reach / (1 + np.linalg.norm(v)) ** 2:
            return False
        box = claim["isolated"]
        if (
            box
            and found is not None
            and np.abs(found - theta).max() < float.fromhex(box["radius"]) * (1 - SLACK)
        ):
            return False
    return True


def is_branch(record, _):
    """Points on the curve, indices at them, and a change of dp/dt in just the tubes with folds."""
    network, claim = Network(record["problem"]), record["claim"]
    points = np.array([hexed(row) for row in claim["points"]])
    turns, slopes = [], []
    for k, z in enumerate(points):
        move(network, claim["parameter"], z[-1])
        if np.abs(network.gradient(z[:-1])).max() > 1e-9:
            return False
        matrix = network.hessian(z[:-1])
        if k < len(claim["inertias"]) and (k == 0 or k - 1 not in claim["folds"]):
            turns.append(signs(matrix) == tuple(claim["inertias"][k]))
        slopes.append(np.sign(np.linalg.det(matrix)))
    changes = [k for k in range(len(points) - 1) if slopes[k] != slopes[k + 1]]
    return all(turns) and changes == claim["folds"]


def move(network, parameter, value):
    if parameter == "noise":
        network.sigma = value
    else:
        network.weights = sized(value, network.x.size)


def is_complete(record, random):
    """No isolated point that random starts find in the range is missing."""
    network, claim = Network(record["problem"]), record["claim"]
    low, high = (float.fromhex(claim[n]) for n in ("low", "high"))
    listed = [np.sort(hexed(pair)) for pair in claim["pairs"]]
    for pair in listed:
        t = np.tanh(np.outer(network.x, pair))
        y = network.clean + network.sigma * network.noise
        root = np.sqrt(network.weights)[:, None]
        v = np.linalg.lstsq(root * t, root[:, 0] * y, rcond=None)[0]
        found = network.newton([*pair, *v])
        if found is None or np.abs(np.sort(np.abs(found[:2])) - pair).max() > 1e-5 * pair.max():
            return False
    for _ in range(40):
        w = np.exp(random.uniform(np.log(max(low, 1e-2)), np.log(high), 2))
        found = network.newton([*w, *random.standard_normal(2)])
        if found is None:
            continue
        w, v = np.sort(np.abs(found[:2])), found[2:]
        inside = low * (1 + 1e-6) < w[0] and w[1] < high * (1 - 1e-6)
        isolated = inside and w[1] - w[0] > 1e-4 * w[1] and np.abs(v).min() > 1e-6
        if isolated and not any(np.abs(w - pair).max() < 1e-5 * w[1] for pair in listed):
            return False
    return True


def is_unique(record, random):
    network, claim = Network(record["problem"]), record["claim"]
    units = [(float(Fraction(w)), float(Fraction(v))) for w, v in claim["units"]]
    theta = np.array([w for w, _ in units] + [v for _, v in units])
    scale = np.array([hexed(row) for row in claim["scale"]])
    distance, radius = (float.fromhex(claim[n]) for n in ("distance", "radius"))
    found = network.newton(theta)
    if found is None or np.linalg.eigvalsh(network.hessian(found))[0] <= 0:
        return False
    room = SLACK * np.linalg.cond(scale)
    if np.linalg.norm(np.linalg.solve(scale, found - theta)) > distance + room:
        return False
    for _ in range(10):
        step = random.standard_normal(theta.size)
        start = theta + scale @ (radius * random.uniform() * step / np.linalg.norm(step))
        other = network.newton(start)
        if other is None or np.abs(other - found).max() < 1e-6:
            continue
        if np.linalg.norm(np.linalg.solve(scale, other - theta)) < radius:
            return False
    return True


def is_attractor(record, random):
    """Points are critical with their inertia; random starts find no other where one attracts."""
    network, points = Network(record["problem"]), record["claim"]["points"]
    places = np.array([hexed(one["theta"]) for one in points])
    if not all(point(network, one, random) for one in points):
        return False
    if [signs(network.hessian(at)) for at in places] != [tuple(one["inertia"]) for one in points]:
        return False
    if (sum(one["inertia"][0] == 0 for one in points) == 1) != (record["verdict"] == "PROVED"):
        return False
    if record["verdict"] == "REFUTED":
        return True  # by two minima; others need not be listed
    for _ in range(40):
        found = network.newton(random.uniform(-3, 3, places.shape[1]))
        if found is None:
            continue
        images = np.abs(places)  # a unit of an odd activation may change both its signs
        if np.abs(np.abs(found) - images).max(axis=1).min() > 1e-6 * (1 + np.abs(found).max()):
            return False
    return True


def is_any_optimum(record, _):
    """The bound holds for the two sums of noises that are the same at all of Θ*."""
    problem, claim = record["problem"], record["claim"]
    model = Model.from_json(problem["model"])
    noise = hexed(problem["noise"]).reshape(-1, model.outputs)
    sigma, n = float.fromhex(problem["sigma"]), len(noise)
    if record["verdict"] == "REFUTED":
        return sigma == 0.0 or not noise.any()
    if problem["weight_decay"] != (0.0).hex():
        return False
    weights = np.full(n, 1.0 / n) if problem["weights"] is None else hexed(problem["weights"])
    if problem["size"] is not None:
        weights = sized(float.fromhex(problem["size"]), n)
    x = hexed(problem["x"])
    taught = np.reshape(
        model.teacher_function()(x if model.inputs == 1 else x.reshape(n, -1)), (n, -1)
    )
    left = np.ones((n, 1)) if claim["over"] == "1" else taught
    length = sigma * np.linalg.norm(left.T @ (weights[:, None] * noise))
    return float.fromhex(claim["bound"]) <= length * (1 + SLACK)


TRUTH = {
    "point": is_point,
    "basin": is_basin,
    "line": is_line,
    "infinity": is_end,
    "optimum": is_optimum,
    "branch": is_branch,
    "complete": is_complete,
    "unique minimum": is_unique,
    "attractor": is_attractor,
    "any optimum": is_any_optimum,
}
