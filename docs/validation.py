"""`python -m docs.validation [--write]`: what others have published, with the digits agreed.

Prints two tables (`--write` stores them as `docs/validation_table.md` and `docs/networks_table.md`,
which the site shows) and ends with an error if a number agrees in fewer digits than were published.
Takes some minutes.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
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
from continuation.landscape import Dataset, Loss, find_critical_sets
from docs.rows import Row, markdown
from docs.small_networks import NETWORKS
from symbolic import Model

ROOT = Path(__file__).resolve().parents[1]
FEW_RUNS = 120
"""Random runs where no start is given."""

ROUNDED = 1e-10
"""Squares of data of size 1 below which rounding leaves fewer digits than were published."""


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


COMPARISONS: tuple[Callable[[], Iterator[Row]], ...] = (
    stirred_tank, enzyme, lorenz, bratu, carbon_monoxide, morris_lecar, bazykin, henon, nist,
    exponentials,
)  # fmt: skip
"""Each computes the numbers of one source."""

TABLES = {
    ROOT / "docs" / "validation_table.md": COMPARISONS,
    ROOT / "docs" / "networks_table.md": NETWORKS,
}
"""What is written where."""


def main(arguments: list[str]) -> int:
    """Compute, print, perhaps store; 1 if a published number is not met."""
    missed: list[str] = []
    for path, comparisons in TABLES.items():
        rows = [row for compare in comparisons for row in compare()]
        table = markdown(rows)
        print(table)
        if "--write" in arguments:
            path.write_text(table, encoding="utf-8")
        missed += [f"{r.source}, {r.quantity}: {r.found!r}" for r in rows if not r.agrees]
    print(*missed, sep="\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
