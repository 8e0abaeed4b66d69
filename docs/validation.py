"""`python -m docs.validation [--write]`: what others have published, with the digits agreed.

Prints a table (`--write` stores it as `docs/validation_table.md`, which the site shows) and ends
with an error if a number agrees in fewer digits than were published. Takes a minute.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from continuation import (
    Curve,
    Problem,
    SpecialPoint,
    StepOptions,
    newton,
    special_point,
    switch_branch,
    trace_branch,
    trace_fold_curve,
    trace_hopf_curve,
    trace_neimark_sacker_curve,
)
from continuation.landscape import Dataset, Loss, find_critical_sets, locate
from symbolic import Model

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "validation_table.md"
MOST_DIGITS = 15
"""Doubles hold no more."""

FEW_RUNS = 120
"""Random runs where no start is given."""

ROUNDED = 1e-10
"""Squares of data of size 1 below which rounding leaves fewer digits than were published."""

LEAST_DIGITS = 9
"""Met of a reference; what is located is corrected to about ten digits."""


@dataclass(frozen=True)
class Row:
    """One published number and what is found here.

    Attributes
    ----------
    source, quantity : str
    published : str
        Written as in the source; empty where only the problem is taken from there.
    found : float
    reference : float, optional
        In closed form, or solved anew with multiple precision, to 15 digits.
    loose : bool
        The source's tolerance, or the rounding of doubles, is looser than the digits that it
        prints: the reference counts.
    """

    source: str
    quantity: str
    published: str
    found: float
    reference: float | None = None
    loose: bool = False

    @property
    def digits(self) -> int:
        """Decimal digits in which what is found agrees with the best number that is known."""
        best = float(self.published) if self.reference is None else self.reference
        error = abs(self.found - best) / abs(best)
        known = MOST_DIGITS if self.reference is not None else significant(self.published)
        return known if error == 0.0 else min(known, math.floor(-math.log10(2.0 * error)))

    @property
    def agrees(self) -> bool:
        """Whether all published digits are met, the last one within two units."""
        if self.reference is not None and (self.loose or not self.published):
            return self.digits >= LEAST_DIGITS
        unit = 10.0 ** -len(self.published.partition(".")[2].partition("e")[0])
        exponent = int(self.published.partition("e")[2] or 0)
        return abs(self.found - float(self.published)) <= 2.0 * unit * 10.0**exponent


def significant(number: str) -> int:
    """Digits of a number as it is written."""
    return len(number.partition("e")[0].replace(".", "").lstrip("-0"))


def of_kind(points: tuple[SpecialPoint, ...], kind: str) -> list[SpecialPoint]:
    """Special points of one kind, in their order."""
    return [point for point in points if point.kind == kind]


def second(curve: Curve, kind: str) -> list[tuple[float, float]]:
    """Both parameters of the points of a kind on a curve, sorted."""
    return sorted((q.p, q.coefficients["q"]) for q in of_kind(curve.special, kind))


def stirred_tank() -> Iterator[Row]:
    """AUTO-07p's demo ab: A to B in a tank that is stirred."""

    def field(x: np.ndarray, p1: float, p3: float) -> np.ndarray:
        r = p1 * (1 - x[0]) * np.exp(x[1])
        return np.array([-x[0] + r, -x[1] + 14 * r - p3 * x[1]])

    problem = Problem(field, states=["u", "v"], parameters={"p1": 0.0, "p3": 2.0}, free="p1")
    branch = trace_branch(problem, [0, 0], 0, (0, 0.3))
    first, last = of_kind(branch.special, "fold")
    (hopf,) = of_kind(branch.special, "hopf")
    source = "AUTO-07p, ab"
    yield Row(source, "fold p1", "0.105739", first.p, 0.105738978271651)
    yield Row(source, "fold p1", "0.0889319", last.p, 0.0889318461857728)
    yield Row(source, "Hopf p1", "0.130900", hopf.p, 0.130900044820043)
    curve = trace_fold_curve(problem, first, "p3", (1.8, 2.6))
    (cusp,) = of_kind(curve.special, "cusp")
    yield Row(source, "cusp p1 (exactly e⁻²)", "0.135335", cusp.p, math.exp(-2))


def enzyme() -> Iterator[Row]:
    """AUTO-07p's demo enz: two coupled cells."""

    def field(x: np.ndarray, s0: float) -> np.ndarray:
        r = 100 * x / (1 + x + x**2)
        return np.array([s0 - x[0] + x[1] - x[0] - r[0], s0 - x[1] + x[0] - x[1] - r[1]])

    problem = Problem(field)
    branch = trace_branch(problem, newton(problem, [0.01, 0.01], 0.5).x, 0.5, (0, 60))
    source = "AUTO-07p, enz"
    up, down = of_kind(branch.special, "fold")
    yield Row(source, "fold s0", "34.3569", up.p, 34.3569249985262)
    yield Row(source, "fold s0", "18.8871", down.p, 18.8870676579243)
    first, last = of_kind(branch.special, "pitchfork")
    yield Row(source, "branch point s0", "34.2229", first.p, 34.2228865441902)
    yield Row(source, "branch point s0", "22.1816", last.p, 22.1816379261242)


def lorenz() -> Iterator[Row]:
    """AUTO-07p's demo lrz; the Hopf point is known in closed form."""

    def field(x: np.ndarray, r: float) -> np.ndarray:
        return np.array(
            [10 * (x[1] - x[0]), r * x[0] - x[1] - x[0] * x[2], x[0] * x[1] - 8 / 3 * x[2]]
        )

    problem = Problem(field)
    (fork,) = of_kind(trace_branch(problem, np.zeros(3), 0, (0, 26)).special, "pitchfork")
    branch = switch_branch(problem, fork, (0, 26))[0]
    (hopf,) = of_kind(branch.special, "hopf")
    yield Row("AUTO-07p, lrz", "Hopf r (exactly 470/19)", "24.7368", hopf.p, 470 / 19)
    frequency = hopf.coefficients["frequency"]
    yield Row("AUTO-07p, lrz", "its frequency", "9.62453", frequency, 9.62453006371576)


def bratu() -> Iterator[Row]:
    """AUTO-07p's demo exp: u'' + λ eᵘ = 0, here by finite differences with 49 interior points."""
    step = 1 / 50
    matrix = (np.diag(np.ones(48), 1) + np.diag(np.ones(48), -1) - 2 * np.eye(49)) / step**2

    def jacobian(u: np.ndarray, lam: float) -> np.ndarray:
        return matrix + np.diag(lam * np.exp(u))

    problem = Problem(lambda u, lam: matrix @ u + lam * np.exp(u), jacobian, symmetric=True)
    branch = trace_branch(problem, np.zeros(49), 0, (0, 4))
    (fold,) = of_kind(branch.special, "fold")
    yield Row("Bratu, differences, 49 points", "fold λ", "3.5130993909", fold.p)


def carbon_monoxide() -> Iterator[Row]:
    """Bykov, Yablonskii and Kim; a demo of MatCont and of BifurcationKit."""

    def field(state: np.ndarray, k2: float, lam: float) -> np.ndarray:
        x, y, s = state
        z = 1 - x - y - s
        filled = 5 * z * z - 2 * x * x - 10 * x * y
        return np.array([filled, k2 * z - 0.1 * y - 10 * x * y, 0.0675 * (z - lam * s)])

    problem = Problem(field, states=["x", "y", "s"], parameters={"k2": 1.6, "lam": 0.4}, free="k2")
    branch = trace_branch(problem, newton(problem, [0.001, 0.75, 0.17], 1.6).x, 1.6, (0.6, 1.8), -1)
    first, last = sorted(q.p for q in of_kind(branch.special, "hopf"))
    source = "BifurcationKit, CO oxidation"
    yield Row(source, "Hopf k2, λ = 0.4", "1.04099606", first, 1.04099156953262, loose=True)
    yield Row(source, "Hopf k2, λ = 0.4", "1.05158367", last, 1.05155746245773, loose=True)
    fold = of_kind(branch.special, "fold")[0]
    curve = trace_fold_curve(problem, fold, "lam", (0.3, 1.05), direction=-1)
    (cusp,) = second(curve, "cusp")
    (meeting,) = second(curve, "bogdanov-takens")
    source = "MatCont, CO oxidation"
    yield Row(source, "cusp k2", "", cusp[0], 1.00640832967832)
    yield Row(source, "cusp λ", "", cusp[1], 0.355991273208677)
    yield Row(source, "Bogdanov-Takens k2", "", meeting[0], 1.41762763760065)
    yield Row(source, "Bogdanov-Takens λ", "", meeting[1], 0.971397573485313)
    double = of_kind(curve.special, "bogdanov-takens")[0]
    hopfs = trace_hopf_curve(problem, double, "lam", (0.15, 1.05), direction=-1)
    for name, at in zip(("first", "second"), second(hopfs, "generalised hopf"), strict=False):
        value = {"first": "0.891319", "second": "0.924255"}[name]
        yield Row(source, f"{name} generalised Hopf k2", value, at[0])


def morris_lecar() -> Iterator[Row]:
    """A demo of MatCont."""

    def field(x: np.ndarray, current: float, v3: float) -> np.ndarray:
        v, w = x
        calcium = 4.4 * (1 + np.tanh((v + 1.2) / 18)) / 2 * (v - 120)
        charge = current - 2 * (v + 60) - calcium - 8 * w * (v + 84)
        rate = np.cosh((v - v3) / 60) / 25
        return np.array([charge / 20, rate * ((1 + np.tanh((v - v3) / 30)) / 2 - w)])

    names = {"current": 0.0, "v3": 2.0}
    problem = Problem(field, states=["V", "w"], parameters=names, free="current")
    branch = trace_branch(problem, newton(problem, [-60, 0.02], 0).x, 0, (0, 250))
    first, last = of_kind(branch.special, "hopf")
    source = "MatCont, Morris-Lecar"
    yield Row(source, "Hopf I", "", first.p, 93.8576183737255)
    form = first.coefficients["lyapunov"] * first.coefficients["frequency"]
    yield Row(source, "its first Lyapunov coefficient", "5.220142e-4", form)
    yield Row(source, "Hopf I", "", last.p, 212.018816100374)


def bazykin() -> Iterator[Row]:
    """Predator and prey; folds and what lies on their closed curve."""

    def field(state: np.ndarray, a: float, d: float) -> np.ndarray:
        x, y = state
        eaten = x * y / (1 + a * x)
        return np.array([x - eaten - 0.01 * x * x, -y + eaten - d * y * y])

    problem = Problem(field, states=["x", "y"], parameters={"a": 0.45, "d": 0.18}, free="a")
    fold = special_point(problem, [6.3, 3.6], 0.45)
    curve = trace_fold_curve(problem, fold, "d", (1e-3, 3.5), step=StepOptions(max_samples=10_000))
    known = ((0.453624327778129, 0.175127592950217), (0.860704459309851, 0.0060587943940129))
    for at, values in zip(second(curve, "bogdanov-takens"), known, strict=True):
        for name, found, value in zip("ad", at, values, strict=True):
            yield Row("MatCont, Bazykin", f"Bogdanov-Takens {name}", "", found, value)


def henon() -> Iterator[Row]:
    """Resonances of the map x ↦ y, y ↦ α − βx − y², in closed form."""

    def moved(state: np.ndarray, alpha: float, beta: float) -> np.ndarray:
        x, y = state
        return np.array([y - x, alpha - beta * x - y**2 - y])

    names = {"alpha": 2.0, "beta": 0.9}
    problem = Problem(moved, states=["x", "y"], parameters=names, free="beta", is_map=True)
    circle = special_point(problem, [0.73, 0.73], 1.0)
    curve = trace_neimark_sacker_curve(problem, circle, "alpha", (-2, 4), direction=-1)
    for kind, alpha in (("resonance 1:3", "1.25"), ("resonance 1:1", "-1.0")):
        (at,) = second(curve, kind)
        yield Row("MatContM, Hénon", f"{kind} α", alpha, at[1], float(alpha))


def nist() -> Iterator[Row]:
    """Statistical Reference Datasets, nonlinear regression, from the farther start."""
    problems = json.loads((ROOT / "tests" / "data" / "nist.json").read_text(encoding="utf-8"))
    for name in ("Misra1a", "BoxBOD", "Thurber"):
        problem = problems[name]
        model = Model.from_expression(problem["expression"], problem["parameters"], input="x")
        loss = Loss(model, Dataset.from_observations(problem["x"], problem["y"]))
        sets = find_critical_sets(loss, starts=problem["start1"])
        best = min(found.loss for found in sets)
        squares = 2 * len(problem["x"]) * best
        yield Row(f"NIST, {name}", "residual sum of squares", f"{problem['rss']:.10e}", squares)


def exponentials() -> Iterator[Row]:
    """Sums of exponentials, from the standard start and from none.

    Moré, Garbow and Hillstrom, *ACM TOMS* 7 (1981) 17; NIST for Lanczos' data, of which the first
    set leaves squares below the rounding of doubles: there a parameter is compared.
    """
    path = ROOT / "tests" / "data" / "exponentials.json"
    for name, problem in json.loads(path.read_text(encoding="utf-8")).items():
        model = Model.from_expression(problem["expression"], problem["parameters"], input="x")
        loss = Loss(model, Dataset.from_observations(problem["x"], problem["y"]))
        for way, given in ("standard start", problem["start"]), ("no start", None):
            found = find_critical_sets(loss, starts=given, most_runs=FEW_RUNS)
            best = min(found, key=lambda one: one.loss)
            squares = 2 * len(problem["x"]) * best.loss
            if problem["squares"]:
                known, quantity = problem["squares"], f"residual sum of squares, {way}"
                rounded = float(known) if squares < ROUNDED else None
                yield Row(name, quantity, known, squares, rounded, loose=rounded is not None)
            else:
                rate = max(best.weights)
                yield Row(name, f"largest parameter, {way}", problem["largest"], rate)
    yield from split_exponentials()


def split_exponentials() -> Iterator[Row]:
    """The published local minimum of Biggs: two exponentials, one of which three units split."""
    path = ROOT / "tests" / "data" / "exponentials.json"
    problem = json.loads(path.read_text(encoding="utf-8"))["Biggs EXP6"]
    model = Model.from_expression("a*exp(b*x) + c*exp(d*x)", ["a", "b", "c", "d"])
    loss = Loss(model, Dataset.from_observations(problem["x"], problem["y"]))
    (found,) = find_critical_sets(loss, starts=[-5.0, -17.0, 2.0, -2.0])
    squares = 2 * len(problem["x"]) * found.loss
    quantity = "local minimum, of two exponentials"
    yield Row("Biggs EXP6", quantity, "5.65565e-03", squares, 0.0056556499254999)


def auer() -> Iterator[Row]:
    """After Auer, Herbster and Warmuth: a minimum for each sample of one logistic unit."""
    model = Model.perceptron(hidden=1, activation="logistic", output_weights=[1.0])
    loss = Loss(model, Dataset.from_observations([1.0, 10.0, 100.0], [0.75] * 3))
    values = (0.01824930996754417, 0.01851570614439759, 0.02083191355307627)
    for weight, value in zip((0.0130006, 0.127617, 1.0974), values, strict=True):
        found = locate(loss, [weight]).nearest.loss
        yield Row("after Auer et al. 1995", f"minimum L at w = {weight:g}", "", found, value)


def averaging_unit() -> Iterator[Row]:
    """Saad and Solla 1995, Şimşek et al. 2023: one erf unit against k orthonormal ones."""
    for k in (2, 3):
        names = [f"x{j}" for j in range(1, k + 1)]
        teacher = " + ".join(f"erf({name}/sqrt(2))" for name in names)
        model = Model.mlp(k, (1,), activation="erf(u/sqrt(2))", bias=False, teacher=teacher)
        loss = Loss(model, Dataset.population(model))
        theta = model.pack([np.full((k, 1), 1 / math.sqrt(k * (2 * k - 1))), [[float(k)]]])
        exact = k / 3 - 2 * k**2 / math.pi * math.asin(1 / (2 * k))
        quantity = f"k = {k}: k/3 − (2k²/π) asin 1/(2k)"
        yield Row(
            "Saad, Solla 1995; Şimşek et al. 2023", quantity, "", 2 * loss.value(theta), exact
        )


def channels() -> Iterator[Row]:
    """Martinelli et al. 2025: the three stable sets of two erf units on a teacher with biases.

    Two are channels to infinity; the published numbers were read off at their beginning.
    """
    teacher = "erf((5*x + 2.5)/sqrt(2)) + erf((5*x - 2.5)/sqrt(2))"
    model = Model.perceptron(hidden=2, activation="erf", teacher=teacher)
    sets = find_critical_sets(Loss(model, Dataset.population(model)), regions=False)
    line, first, second = sorted((s for s in sets if s.attracting), key=lambda s: -s.loss)
    for name, found, published, weight, square in (
        (
            "saddle line",
            line,
            ("1.39955414939", "0.04711602750"),
            1.39955414939072,
            0.0471160274963581,
        ),
        ("channel 1", first, ("0.866296", "0.042372155"), 0.866296122268891, 0.0423721519592178),
        ("channel 2", second, ("3.15044", "0.00077333"), 3.15043244223991, 0.000773332541577171),
    ):
        w = found.weights[0] if found.limit is None else found.limit["w"]
        for quantity, text, ours, exact in (
            ("w", published[0], abs(w) * math.sqrt(2), weight),
            ("mean square", published[1], 2.0 * found.loss, square),
        ):
            yield Row(
                "Martinelli et al. 2025", f"{name}: {quantity}", text, ours, exact, loose=True
            )


COMPARISONS: tuple[Callable[[], Iterator[Row]], ...] = (
    stirred_tank, enzyme, lorenz, bratu, carbon_monoxide, morris_lecar, bazykin, henon, nist,
    exponentials, auer, averaging_unit, channels,
)  # fmt: skip
"""Each computes the numbers of one source."""


def markdown(rows: list[Row]) -> str:
    """The table of the page."""
    head = "| source | quantity | published | found here | digits agreed |\n"
    head += "| --- | --- | --: | --: | --: |\n"
    return head + "".join(
        f"| {r.source} | {r.quantity} | {r.published or '—'} | {r.found:.12g} | {r.digits}"
        f"{'' if r.reference is None else ' of 15'} |\n"
        for r in rows
    )


def main(arguments: list[str]) -> int:
    """Compute, print, perhaps store; 1 if a published number is not met."""
    rows = [row for compare in COMPARISONS for row in compare()]
    table = markdown(rows)
    print(table)
    if "--write" in arguments:
        TABLE.write_text(table, encoding="utf-8")
    missed = [f"{row.source}, {row.quantity}: {row.found!r}" for row in rows if not row.agrees]
    print(*missed, sep="\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
