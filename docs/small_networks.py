"""What is published of small networks, computed here for the table of `docs.validation`."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq

from continuation.arrays import Array
from continuation.landscape import (
    CriticalSet,
    CriticalSets,
    Dataset,
    Loss,
    estimate_basins,
    find_critical_sets,
    flow_to_limit,
)
from continuation.landscape.infinity import LimitLoss, LimitModel, meeting_slope
from continuation.landscape.network import Responses
from continuation.landscape.search import reduced_loss
from continuation.landscape.sets import count_exact_subspaces, count_subspaces
from continuation.landscape.zero_noise import ErfPopulation
from docs.rows import Row
from symbolic import Model

DATA = Path(__file__).resolve().parents[1] / "tests" / "data" / "exponentials.json"

CHANNELS = "Martinelli et al. 2025"
TEACHER = "erf((5*x + 2.5)/sqrt(2)) + erf((5*x - 2.5)/sqrt(2))"
"""Of the channels with one input: s(u) = erf(u/√2)."""

GAP = 1e-2
"""Distance of two input weights in a channel at which powers of it are measured, and half of it."""

ASIDE = 1e-2
"""Half the difference of ε, relative, over which the slope along a channel is taken."""

FLAT = 1e-6
"""Eigenvalues that are smaller belong to the line of a split unit, or to rounding."""

RUNS = 600
"""Random runs for each number of exponentials: every point is reached several times."""

STARTS = 1000
"""Initial weights for shares of basins."""


def exponential_network(name: str, hidden: int, **options: Any) -> tuple[Loss, CriticalSets]:
    """A sum of exponentials as a network, and its critical sets."""
    problem = json.loads(DATA.read_text(encoding="utf-8"))[name]
    model = Model.perceptron(hidden, activation="exp(-u)", **options)
    loss = Loss(model, Dataset.from_observations(problem["x"], problem["y"]))
    return loss, find_critical_sets(loss, most_runs=RUNS)


def exponentials() -> Iterator[Row]:
    """Moré, Garbow and Hillstrom 1981, and Lanczos, as networks of exponentials."""
    for source, hidden, options, wanted in (
        ("Jennrich, Sampson", 2, {"output_weights": [1.0, 1.0]}, (
            ("isolated 1", "units coincide", "124.362", 124.362182355614854),
        )),
        ("Biggs EXP6", 2, {}, (
            ("isolated 1", "two units, the local minimum", "5.65565e-03", 0.0056556499254999),
            ("split line 1", "one unit, split", "", 0.30636677262479),
            ("confluence 2", "(a + bt)e^{−ct}, attracting", "", 0.242676778607184),
        )),
        ("Biggs EXP6", 3, {}, (
            ("split line 1", "two units, one split", "5.65565e-03", 0.0056556499254999),
            ("split plane 1", "one unit, split in three", "", 0.30636677262479),
        )),
        ("Osborne 1", 2, {"offset": True}, (
            ("isolated 1", "two units", "5.46489e-05", 5.4648946975e-05),
            ("split line 1", "one unit, split", "", None),
            ("origin 1", "constant", "", None),
        )),
        ("Lanczos 3", 3, {}, (("isolated 1", "three units", "1.6117193594e-08", None),)),
    ):  # fmt: skip
        loss, sets = exponential_network(source, hidden, **options)
        named = {found.label: found for found in sets}
        for label, quantity, published, exact in wanted:
            squares = 2 * loss.data.size * named[label].loss
            yield Row(
                f"{source}, {hidden} units", f"squares: {quantity}", published, squares, exact
            )


MINIMA = {
    (1.0, 10.0, 100.0): (
        .01824930996754417, .02238878122286708, .01851570614439759, .02321685325421214,
        .02083191355307627,
    ),
    (1.0, 30.0, 900.0): (
        .02003801807775857, .02741150301174989, .02006483639109319, .02752480954721549,
        .02083333333333293,
    ),
    (1.0, 20.0, 400.0, 8000.0): (
        .02252197618241747, None, .02252430676929385, None, .0225707479081269, None,
        .02343749998207517,
    ),
}  # fmt: skip
"""Losses of all points in order of the weight: a minimum for each input, maxima between."""


def one_unit() -> Iterator[Row]:
    """After Auer, Herbster and Warmuth 1995: one logistic unit, targets 3/4."""
    model = Model.perceptron(hidden=1, activation="logistic", output_weights=[1.0])
    for x, values in MINIMA.items():
        sets = find_critical_sets(Loss(model, Dataset.from_observations(x, [0.75] * len(x))))
        inputs = ", ".join(f"{value:g}" for value in x)
        ordered = sorted(sets, key=lambda found: float(found.weights[0]))
        for found, exact in zip(ordered, values, strict=True):
            kind = "minimum" if found.attracting else "maximum"
            quantity = f"x = {inputs}: {kind} L at w = {found.weights[0]:.6g}"
            yield Row("after Auer et al. 1995", quantity, "", found.loss, exact)


def student(inputs: int, hidden: int, **options: Any) -> ErfPopulation:
    """Units of erf for as many orthonormal ones as there are inputs, in closed form."""
    model = Model.mlp(inputs, (hidden,), activation="erf", bias=False, **options)
    return ErfPopulation(model, np.eye(inputs) / math.sqrt(2.0))


def averaging_loss(k: int) -> float:
    """k/3 − (2k²/π) asin 1/(2k)."""
    return k / 3.0 - 2.0 * k**2 / math.pi * math.asin(1.0 / (2.0 * k))


def averaging_weight(k: int) -> float:
    """Each input weight of the unit that averages k orthonormal ones, as argument of erf."""
    return 1.0 / math.sqrt(2.0 * k * (2 * k - 1))


def averages() -> Iterator[Row]:
    """Şimşek et al. 2023, and the plateau of Saad and Solla 1995."""
    source = "Şimşek et al. 2023"
    published = {2: ".023221680625", 3: ".040593177314", 4: ".056754527741", 5: ".072452645204",
                 8: ".118526792198"}  # fmt: skip
    for k, text in published.items():
        value = student(k, 1).value([*[averaging_weight(k)] * k, float(k)])
        quantity = f"one unit for k = {k}: k/3 − (2k²/π) asin 1/(2k)"
        yield Row(source, quantity, text, 2.0 * value, averaging_loss(k))
    for n, k in ((2, 3), (2, 4), (3, 5), (4, 8)):
        averaged = k - n + 1
        weights = np.zeros((k, n))
        weights[range(n - 1), range(n - 1)] = 1.0 / math.sqrt(2.0)
        weights[n - 1 :, n - 1] = averaging_weight(averaged)
        exact = student(k, n)
        theta = exact.model.pack([weights, np.array([*[1.0] * (n - 1), averaged])[:, None]])
        value, gradient, _ = exact.evaluate(theta)
        quantity = f"{n} units for {k}: {n - 1} copy, one averages {averaged} (∇L = 0)"
        if np.abs(gradient).max() < 1e-13:
            yield Row(source, quantity, "", 2.0 * value, averaging_loss(averaged))
    for m, text in ((2, ".011610840313"), (3, ".020296588657")):
        plateau = student(m, m, output_weights=[1.0] * m)
        value = plateau.value([averaging_weight(m)] * m**2)
        quantity = f"plateau of M = {m}: (M/π)(π/6 − M asin 1/(2M))"
        yield Row("Saad, Solla 1995", quantity, text, value, averaging_loss(m) / 2.0)


def channels() -> Iterator[Row]:
    """Two erf units, a teacher with biases; published numbers of channels are from their start."""
    model = Model.perceptron(hidden=2, activation="erf", teacher=TEACHER)
    loss = Loss(model, Dataset.population(model))
    sets = find_critical_sets(loss, regions=False)
    zero = 2.0 * loss.value(np.zeros(4))
    yield Row(CHANNELS, "mean square of the teacher", "", zero, 2.18176069289192)
    line, first, second = sorted((s for s in sets if s.attracting), key=lambda s: -s.loss)
    weights = line.weights
    for name, text, found, exact in (
        ("w", "1.3995541493908", math.sqrt(2.0) * weights[0], 1.39955414939072),
        ("mean square", "0.047116027496699964", 2.0 * line.loss, 0.0471160274963581),
        ("a", "2.15278364868888", weights[2] + weights[3], 2.15278364866489),
    ):
        yield Row(CHANNELS, f"saddle line: {name}", text, found, exact, loose=True)
    for name, end, wanted in (
        ("channel 1", first, (
            ("w", "0.8662957375336717", 0.866296122268891),
            ("mean square", "0.04237215484107093", 0.0423721519592178),
            ("c", "", 1.66755615547997), ("a", "", 1.49668456741168),
        )),
        ("channel 2", second, (
            ("w", "3.150436518292824", 3.15043244223991),
            ("mean square", "0.0007733345821021587", 0.000773332541577171),
            ("c", "", 2.01781544419647), ("a", "", -6.51111621379195),
        )),
    ):  # fmt: skip
        limit = end.limit
        assert limit is not None
        root = math.sqrt(2.0)
        values = (root * limit["w"], 2.0 * end.loss, limit["a"], root * limit["b"])
        for (quantity, text, exact), value in zip(wanted, values, strict=True):
            yield Row(CHANNELS, f"{name}: {quantity}", text, value, exact, loose=True)
        yield from powers(loss, end, name)
    yield from around(loss)
    yield from shares(loss, sets)


def powers(loss: Loss, end: CriticalSet, name: str) -> Iterator[Row]:
    """How the loss and λ_max change with the distance ε of the input weights."""
    assert end.limit is not None
    w, a, b = (end.limit[letter] for letter in "wab")

    def rise(gap: float) -> float:
        return float(reduced_loss(loss, [w - gap / 2, w + gap / 2])[0, 1]) - end.loss

    def place(gap: float) -> Array:
        return np.array([w + gap / 2, w - gap / 2, a / 2 + b / gap, a / 2 - b / gap])

    def sharpness(gap: float) -> float:
        return float(np.linalg.eigvalsh(loss.hessian(place(gap)))[-1])

    def slope(gap: float) -> float:
        """Of the loss by the way along the channel."""
        near, far = (1.0 - ASIDE) * gap, (1.0 + ASIDE) * gap
        return (rise(far) - rise(near)) / float(np.linalg.norm(place(far) - place(near)))

    power = math.log2(rise(GAP) / rise(GAP / 2))
    yield Row(CHANNELS, f"{name}: power of ε in L − L_∞", "2.00", power)
    ratio = rise(GAP) / GAP**2 / end.normal_derivatives[0]
    yield Row(CHANNELS, f"{name}: (L − L_∞)/ε² beside its limit", "1.00", ratio)
    sharp = math.log2(sharpness(GAP) / sharpness(GAP / 2))
    yield Row(CHANNELS, f"{name}: power of ε in λ_max", "-2.00", sharp)
    steep = math.log2(slope(GAP) / slope(GAP / 2))
    yield Row(CHANNELS, f"{name}: power of ε in the slope along it", "3.00", steep)


def around(loss: Loss) -> Iterator[Row]:
    """Where channels along the diagonal attract, and the loss of one limit that is not critical."""
    responses, root = Responses.at(loss.at()), math.sqrt(2.0)
    value = float(reduced_loss(loss, [0.4 / root])[0, 0])
    yield Row(CHANNELS, "mean square of the limit at w = 0.4", "0.06136328772899802", 2.0 * value,
              0.0613632877258917, loose=True)  # fmt: skip

    def slope(w: float) -> float:
        limit = LimitModel.from_dict({"w": w / root, "a": 0.0, "b": 0.0})
        at, z = LimitLoss(responses, limit), limit.unknowns
        point, gradient = at.point(z)
        z[1:] -= np.linalg.solve(point.hessian[1:, 1:], gradient[1:])
        there = limit.at(z)
        return meeting_slope(responses, at.point(z)[0].residual, there.units[0])

    for low, high, text, exact in (
        (0.4, 1.0, "0.7993", 0.799217877454), (2.0, 3.5, "3.2022", 3.202269679990)
    ):  # fmt: skip
        found = brentq(slope, low, high, xtol=1e-14)
        yield Row(CHANNELS, "end of the w with h(w) > 0", text, found, exact, loose=True)


def shares(loss: Loss, sets: CriticalSets) -> Iterator[Row]:
    """Shares of initial weights N(0, 1) whose flow ends in a channel: our own number."""
    basins = estimate_basins(loss, n=STARTS, seed=0, sets=sets)
    channels = sum(f.count for f in basins.targets if f.label.startswith("confluence"))
    quantity = f"share of {STARTS} initial weights N(0, 1) that end in a channel"
    yield Row(CHANNELS, quantity, "", channels / STARTS)


PLANE = "Martinelli et al. 2025, two inputs"
BENT = "logistic(4*u) + softplus(u)"
SILENT = 1
"""Place of the first input weight of the second of three units."""

PUSH = 0.03
"""Length along the softest direction from a split unit: 1e-7, as published, only takes longer."""


def plane_data() -> Dataset:
    """The target of two inputs on its grid."""
    side = np.linspace(-math.sqrt(3.0), math.sqrt(3.0), 101)
    x1, x2 = (axis.ravel() for axis in np.meshgrid(side, side))
    height = 3.0 * (x2 + 1.0 - x1**2) ** 2 + (1.0 - x1) ** 2 + 0.1
    return Dataset.from_observations(np.array([x1, x2]).T, (np.log10(height) - 0.6481) / 0.5113)


def plane() -> Iterator[Row]:
    """2-2-1 and 2-3-1 without bias: minima, and where flows from a unit split by shares γ go."""
    data = plane_data()
    single = Loss(Model.mlp(2, (1,), activation=BENT, bias=False), data).at()
    starts = np.random.default_rng(0).standard_normal((2, 3))
    for text, start in zip(("0.855020426", "0.939938778"), starts, strict=True):
        value = 2.0 * flow_to_limit(single, start).loss
        yield Row(PLANE, "2-1-1: mean square of a minimum", text, value)
    pair = Model.mlp(2, (2,), activation=BENT, bias=False)
    two = Loss(pair, data).at()
    units = [[-1.6080956990306932, 0.5386736781592703], [1.0146310891729875, -0.18154409075030478]]
    theta = pair.pack([np.array(units), np.array([[0.24129763028043133], [-0.276643480303245]])])
    for _ in range(3):
        theta = theta - np.linalg.solve(two.hessian(theta), two.gradient(theta))
    value = 2.0 * two.value(theta)
    yield Row(PLANE, "2-2-1: mean square of the minimum", "0.7433193841570083", value,
              0.7433193841570083)  # fmt: skip
    yield from split(data, *pair.unpack(theta)[0])


def split(data: Dataset, units: Array, outputs: Array) -> Iterator[Row]:
    """Its second unit split; the published run from γ = 0 stopped at |θ| = 1000, over its limit.

    At γ = 0 the second unit is silent and may move: the Hessian is singular in several directions,
    and where the flow goes hangs on the one taken, here that of its first input weight, both ways.
    """
    model = Model.mlp(2, (3,), activation=BENT, bias=False)
    at = Loss(model, data).at()
    for share in (0.5, -0.5, 1.5, 0.0):
        shared = np.vstack([outputs[:1], share * outputs[1:], (1.0 - share) * outputs[1:]])
        theta = model.pack([np.column_stack([units, units[:, 1]]), shared])
        values, vectors = np.linalg.eigh(at.hessian(theta))
        index = int((values < -FLAT).sum())
        yield Row(PLANE, f"2-3-1, γ = {share:g}: index of the split unit", "", float(index))
        if 0.0 < share < 1.0:
            rest = flow_to_limit(at, theta + PUSH * vectors[:, 0])
            quantity = f"2-3-1, γ = {share:g}: mean square where its flow ends, on the plateau"
            yield Row(PLANE, quantity, "0.7433193841570078", 2.0 * rest.loss,
                      0.7433193841570083, loose=True)  # fmt: skip
    soft = vectors[:, values < FLAT]
    along = soft @ soft[SILENT]
    for sign, aside in ((-1.0, " (published: 0.55605756079)"), (1.0, "")):
        end = flow_to_limit(at, theta + sign * PUSH * along / np.linalg.norm(along))
        quantity = f"γ = 0, pushed {'down' if sign < 0 else 'up'}: mean square of the {end.subkind}"
        yield Row(PLANE, f"{quantity} that is reached{aside}", "", 2.0 * end.loss)


def counts() -> Iterator[Row]:
    """Şimşek et al. 2021: critical subspaces that symmetry makes, against an enumeration."""
    source = "Şimşek et al. 2021"
    for r, m in ((1, 2), (2, 3), (2, 4), (3, 4)):
        maps = itertools.product(range(r), repeat=m)
        listed = sum(len(set(each)) == r for each in maps)
        yield Row(source, f"G({r}, {m})", "", float(count_subspaces(r, m)), float(listed))
        yield Row(source, f"T({r}, {m})", "", float(count_exact_subspaces(r, m)),
                  float(exact_subspaces(r, m)))  # fmt: skip


def exact_subspaces(r: int, m: int) -> int:
    """The same, listed: every unit copies one of r, all of them copied, or is in a free group."""
    listed = set()
    for each in itertools.product(range(r + m), repeat=m):
        if set(range(r)) <= set(each):
            groups = [frozenset(k for k in range(m) if each[k] == g) for g in range(r + m)]
            free = frozenset(group for group in groups[r:] if group)
            listed.add((*groups[:r], free))
    return len(listed)


NETWORKS: tuple[Callable[[], Iterator[Row]], ...] = (
    exponentials, one_unit, averages, channels, plane, counts,
)  # fmt: skip
"""Each computes the numbers of one source."""
