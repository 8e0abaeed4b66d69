"""Special points of problems from the literature, to nine digits and more.

The references are solved anew with multiple precision; printed digits agree as far as they are
right. Sources: AUTO-07p demos ab, enz, lrz, cusp, apbp; MatCont and BifurcationKit tutorials (CO
oxidation, Morris-Lecar, Lorenz-84, Bazykin); Mittelmann 1986 (the double branch point); Kuznetsov
2023 (maps).
"""

from collections.abc import Callable

import numpy as np
import pytest

from continuation import (
    Branch,
    Curve,
    Problem,
    StepOptions,
    branch_directions,
    map_problem,
    newton,
    special_point,
    switch_branch,
    trace_branch,
    trace_flip_curve,
    trace_fold_curve,
    trace_hopf_curve,
    trace_neimark_sacker_curve,
)
from continuation.arrays import Array
from continuation.branch import SpecialPoint

DIGITS = 1e-9


def of_kind(branch: Branch | Curve, kind: str) -> list[SpecialPoint]:
    found = [q for q in branch.special if q.kind == kind]
    assert all(q.located and q.residual < 1e-9 for q in found)
    return found


def places(branch: Branch, kind: str) -> list[float]:
    return [q.p for q in of_kind(branch, kind)]


def near(value: object) -> object:
    return pytest.approx(value, rel=DIGITS, abs=DIGITS)


def in_both_ways(
    family: Callable[[float], Problem],
    point: SpecialPoint,
    q0: float,
    limits: tuple[float, float],
) -> list[SpecialPoint]:
    curves = [trace_fold_curve(family, point, q0, limits, direction=d) for d in (1, -1)]
    return [q for curve in curves for q in curve.special]


LONG = StepOptions(maximum=0.4)


def on_curve(
    trace: Callable[..., Curve],
    problem: Problem,
    point: SpecialPoint,
    second: str,
    limits: tuple[float, float],
) -> list[SpecialPoint]:
    """Special points of a curve, both ways."""
    curves = [trace(problem, point, second, limits, d, LONG) for d in (1, -1)]
    return [q for curve in curves for q in curve.special]


def pairs(points: list[SpecialPoint], kind: str) -> list[tuple[float, float]]:
    assert all(q.located and q.residual < 1e-9 for q in points if q.kind == kind)
    return sorted((q.p, q.coefficients["q"]) for q in points if q.kind == kind)


# -- the stirred tank --------------------------------------------------------------------------


def tank(p2: float, p3: float) -> Problem:
    def f(x: Array, p1: float) -> Array:
        r = p1 * (1 - x[0]) * np.exp(x[1])
        return np.array([-x[0] + r, -x[1] + p2 * r - p3 * x[1]])

    return Problem(f)


def test_stirred_tank() -> None:
    branch = trace_branch(tank(14, 2), [0, 0], 0, (0, 0.3))
    folds = of_kind(branch, "fold")
    assert [q.p for q in folds] == near([0.105738978271651, 0.0889318461857728])
    assert folds[0].x == near([0.311017763495386, 1.45141622964514])
    assert folds[1].x == near([0.688982236504614, 3.21525043702153])
    (hopf,) = of_kind(branch, "hopf")
    assert hopf.p == near(0.130900044820043)
    assert hopf.coefficients["frequency"] == near(4.00777466286449)


@pytest.mark.parametrize(
    ("p2", "hopf", "folds"),
    [
        (14, [0.165042045323561], []),
        (15, [0.146882475604236, 0.294510804217089], []),
        (17, [0.120865719509389, 0.217080509696289], [0.121901160810783, 0.117014750426704]),
        (18, [0.111153484189864, 0.183834607985987], [0.111565080074215, 0.0995741367357279]),
    ],
)
def test_stirred_tank_with_cooling(p2: float, hopf: list[float], folds: list[float]) -> None:
    branch = trace_branch(tank(p2, 3), [0, 0], 0, (0, 0.3))
    assert sorted(places(branch, "hopf")) == near(sorted(hopf))
    assert places(branch, "fold") == near(folds)


def test_cusp_of_the_stirred_tank() -> None:
    fold = of_kind(trace_branch(tank(14, 2), [0, 0], 0, (0, 0.3)), "fold")[0]
    found = in_both_ways(lambda p3: tank(14, p3), fold, 2.0, (1.8, 2.6))
    (cusp,) = [q for q in found if q.kind == "cusp"]
    assert (cusp.p, cusp.coefficients["q"]) == near((np.exp(-2), 2.5))
    assert cusp.x == near([0.5, 2.0])


def test_bogdanov_takens_point_of_the_stirred_tank() -> None:
    """Cusp at p2 = 4 (1 + p3), trace = det = 0 at u = 1 / (1 + p3)."""
    b = 0.74
    fold = of_kind(trace_branch(tank(12, b), [0, 0], 0, (0, 0.3)), "fold")[0]
    curve = trace_fold_curve(lambda p2: tank(p2, b), fold, 12.0, (6.9, 12.1), direction=-1)
    (cusp,), (double,) = of_kind(curve, "cusp"), of_kind(curve, "bogdanov-takens")
    assert cusp.coefficients["q"] == near(4 * (1 + b))
    u, p2 = 1 / (1 + b), (1 + b) ** 3 / b
    assert double.coefficients["q"] == near(p2)
    assert double.p == near(u / (1 - u) * np.exp(-p2 * u / (1 + b)))


# -- two coupled enzyme cells ------------------------------------------------------------------


@pytest.mark.slow
def test_two_cell_enzyme() -> None:
    def f(x: Array, s0: float) -> Array:
        r = 100 * x / (1 + x + x**2)
        return np.array([s0 - x[0] + x[1] - x[0] - r[0], s0 - x[1] + x[0] - x[1] - r[1]])

    problem = Problem(f)
    branch = trace_branch(problem, newton(problem, [0.01, 0.01], 0.5).x, 0.5, (0, 60))
    assert places(branch, "fold") == near([34.3569249985262, 18.8870676579243])
    pitchforks = of_kind(branch, "pitchfork")
    assert [q.p for q in pitchforks] == near([34.2228865441902, 22.1816379261242])
    offshoot = switch_branch(problem, pitchforks[0], (0, 60))
    assert len(offshoot) == 2
    first, second = 25.372714838124, 26.6220717700449
    for loop in offshoot:
        assert loop.stop_reason == "closed loop"
        assert sorted(places(loop, "fold")) == near([first, first, second, second])


# -- Lorenz ------------------------------------------------------------------------------------


def test_lorenz() -> None:
    def f(x: Array, r: float) -> Array:
        return np.array(
            [10 * (x[1] - x[0]), r * x[0] - x[1] - x[0] * x[2], x[0] * x[1] - 8 / 3 * x[2]]
        )

    problem = Problem(f)
    (pitchfork,) = of_kind(trace_branch(problem, np.zeros(3), 0, (0, 26)), "pitchfork")
    assert pitchfork.p == near(1.0)
    for branch in switch_branch(problem, pitchfork, (0, 26)):
        (hopf,) = of_kind(branch, "hopf")
        assert hopf.p == near(470 / 19)
        assert abs(hopf.x[0]) == near(7.95601945787182)
        assert hopf.coefficients["frequency"] == near(9.62453006371576)


# -- CO oxidation ------------------------------------------------------------------------------


def carbon_monoxide(lam: float) -> Problem:
    def f(u: Array, k2: float) -> Array:
        x, y, s = u
        z = 1 - x - y - s
        return np.array(
            [
                5 * z * z - 2 * x * x - 10 * x * y,
                k2 * z - 0.1 * y - 10 * x * y,
                0.0675 * (z - lam * s),
            ]
        )

    return Problem(f)


def test_carbon_monoxide() -> None:
    start = newton(carbon_monoxide(1.0), [0.001, 0.85, 0.07], 1.6).x
    branch = trace_branch(carbon_monoxide(1.0), start, 1.6, (0.6, 1.8), -1)
    assert sorted(places(branch, "fold")) == near([1.20111478374689, 1.42849280305216])
    assert places(branch, "hopf") == []
    start = newton(carbon_monoxide(0.4), [0.001, 0.75, 0.17], 1.6).x
    branch = trace_branch(carbon_monoxide(0.4), start, 1.6, (0.6, 1.8), -1)
    assert sorted(places(branch, "hopf")) == near([1.04099156953262, 1.05155746245773])
    assert sorted(places(branch, "fold")) == near([1.04204850537853, 1.05220028786995])


def test_points_of_codimension_two_of_carbon_monoxide() -> None:
    start = newton(carbon_monoxide(1.0), [0.001, 0.85, 0.07], 1.6).x
    branch = trace_branch(carbon_monoxide(1.0), start, 1.6, (0.6, 1.8), -1)
    fold = of_kind(branch, "fold")[0]
    found = in_both_ways(carbon_monoxide, fold, 1.0, (0.3, 1.05))
    assert pairs(found, "bogdanov-takens") == [
        near((1.16119870882174, 0.722339072522229)),
        near((1.41762763760065, 0.971397573485313)),
    ]
    assert pairs(found, "cusp") == [near((1.00640832967832, 0.355991273208677))]
    first = min((q for q in found if q.kind == "bogdanov-takens"), key=lambda q: q.p)
    form = abs(first.coefficients["quadratic"]), abs(first.coefficients["mixed"])
    assert form == pytest.approx((0.04822565, 1.937633), rel=1e-6)


@pytest.mark.slow
def test_hopf_curve_of_carbon_monoxide() -> None:
    def f(state: Array, k2: float, lam: float) -> Array:
        x, y, s = state
        z = 1 - x - y - s
        filled = 5 * z * z - 2 * x * x - 10 * x * y
        return np.array([filled, k2 * z - 0.1 * y - 10 * x * y, 0.0675 * (z - lam * s)])

    problem = Problem(f, states=["x", "y", "s"], parameters={"k2": 1.0, "lam": 0.4}, free="k2")
    hopf = special_point(problem, [0.01636, 0.524, 0.3283], 1.0516)
    found = on_curve(trace_hopf_curve, problem, hopf, "lam", (0.15, 1.05))
    assert pairs(found, "bogdanov-takens") == [
        near((1.16119870882174, 0.722339072522229)),
        near((1.41762763760065, 0.971397573485313)),
    ]
    six_digits = pytest.approx([0.891319, 0.232487, 0.924255, 0.305879], abs=1e-6)
    assert [v for at in pairs(found, "generalised hopf") for v in at] == six_digits


# -- neurons, weather ---------------------------------------------------------------------------


def test_morris_lecar() -> None:
    def f(x: Array, current: float) -> Array:
        v, w = x
        calcium = 4.4 * (1 + np.tanh((v + 1.2) / 18)) / 2 * (v - 120)
        charge = current - 2 * (v + 60) - calcium - 8 * w * (v + 84)
        rate = np.cosh((v - 2) / 60) / 25
        return np.array([charge / 20, rate * ((1 + np.tanh((v - 2) / 30)) / 2 - w)])

    problem = Problem(f)
    branch = trace_branch(problem, newton(problem, [-60, 0.02], 0).x, 0, (0, 250))
    assert places(branch, "hopf") == near([93.8576183737255, 212.018816100374])
    form = of_kind(branch, "hopf")[0].coefficients
    assert form["lyapunov"] * form["frequency"] == pytest.approx(5.220142e-4, rel=1e-6)
    assert places(branch, "fold") == []


def test_lorenz_1984_extended() -> None:
    def f(state: Array, forcing: float) -> Array:
        x, y, z, u = state
        return np.array(
            [
                -y * y - z * z - x / 4 + forcing / 4 - 0.987 * u * u,
                x * y - x * z - y + 0.25,
                x * y + x * z - z,
                -1.04 * u + 0.987 * u * x + 0.04,
            ]
        )

    problem = Problem(f)
    start = newton(problem, [3, -0.3, 0.3, -0.02], 3.0).x
    branch = trace_branch(problem, start, 3.0, (1.5, 3.05), -1)
    assert places(branch, "fold") == near([1.54664837259813])
    expected = [1.61965782094258, 2.46722212311275, 2.85987541274829]
    assert places(branch, "hopf") == near(expected)


@pytest.mark.slow
def test_points_of_codimension_two_of_morris_lecar() -> None:
    def f(x: Array, current: float, v3: float) -> Array:
        v, w = x
        calcium = 4.4 * (1 + np.tanh((v + 1.2) / 18)) / 2 * (v - 120)
        charge = current - 2 * (v + 60) - calcium - 8 * w * (v + 84)
        rate = np.cosh((v - v3) / 60) / 25
        return np.array([charge / 20, rate * ((1 + np.tanh((v - v3) / 30)) / 2 - w)])

    names = {"current": 65.0, "v3": 12.0}
    problem = Problem(f, states=["V", "w"], parameters=names, free="current")
    fold = special_point(problem, [-20.7, 0.1], 66.4)
    found = on_curve(trace_fold_curve, problem, fold, "v3", (0, 71))
    assert pairs(found, "bogdanov-takens") == [
        near((-227.131888043569, 69.755737112162)),
        near((48.225938868986, 21.7341433499482)),
    ]
    assert pairs(found, "cusp") == [near((92.1052300826574, 6.41820802837907))]


@pytest.mark.slow
def test_points_of_codimension_two_of_lorenz_1984() -> None:
    def f(state: Array, forcing: float, heat: float) -> Array:
        x, y, z, u = state
        return np.array(
            [
                -y * y - z * z - x / 4 + forcing / 4 - 0.987 * u * u,
                x * y - x * z - y + 0.25,
                x * y + x * z - z,
                -1.04 * u + 0.987 * u * x + heat,
            ]
        )

    problem = Problem(f, parameters={"forcing": 1.6, "heat": 0.04}, free="forcing")
    hopf = special_point(problem, [1.219, -0.0357, 0.1987, -0.2454], 1.6197)
    found = on_curve(trace_hopf_curve, problem, hopf, "heat", (0.015, 0.06))
    assert pairs(found, "bogdanov-takens") == [near((1.44671670111536, 0.0209401696833226))]
    double = next(q for q in found if q.kind == "bogdanov-takens")
    form = abs(double.coefficients["quadratic"]), abs(double.coefficients["mixed"])
    assert form == pytest.approx((0.2144234, 0.6065146), rel=1e-6)
    (fold,) = [
        q for q in on_curve(trace_fold_curve, problem, double, "heat", (0.015, 0.04))
        if q.kind == "bogdanov-takens"
    ][:1]  # fmt: skip
    assert (fold.p, fold.coefficients["q"]) == near((1.44671670111536, 0.0209401696833226))


def test_bazykin() -> None:
    def f(state: Array, a: float, d: float) -> Array:
        x, y = state
        eaten = x * y / (1 + a * x)
        return np.array([x - eaten - 0.01 * x * x, -y + eaten - d * y * y])

    problem = Problem(f, states=["x", "y"], parameters={"a": 0.45, "d": 0.18}, free="a")
    fold = special_point(problem, [6.3, 3.6], 0.45)
    curve = trace_fold_curve(problem, fold, "d", (1e-3, 3.5), step=LONG)
    assert curve.branch.stop_reason == "closed loop"
    assert pairs(list(curve.special), "bogdanov-takens") == [
        near((0.453624327778129, 0.175127592950217)),
        near((0.860704459309851, 0.0060587943940129)),
    ]
    assert pairs(list(curve.special), "cusp") == [
        near((0.088767308061008, 2.80236121026836)),
        near((0.901232691938992, 0.00356841936127227)),
    ]


# -- constructed demos -------------------------------------------------------------------------


def test_cusp_demo() -> None:
    def family(lam: float) -> Problem:
        return Problem(lambda x, mu: np.array([mu + lam * x[0] - x[0] ** 3]))

    x0 = newton(family(1.0), [-1.3], -1.0).x
    branch = trace_branch(family(1.0), x0, -1.0, (-1, 1))
    assert sorted(places(branch, "fold")) == near([-2 / np.sqrt(27), 2 / np.sqrt(27)])
    fold = of_kind(branch, "fold")[0]
    found = in_both_ways(family, fold, 1.0, (-1, 2))
    (cusp,) = [q for q in found if q.kind == "cusp"]
    assert (cusp.p, cusp.coefficients["q"]) == near((0.0, 0.0))


def test_branch_point_demo() -> None:
    problem = Problem(lambda x, p: np.array([(x[0] - p) * (x[0] - 0.3)]))
    (point,) = of_kind(trace_branch(problem, [-1.0], -1.0, (-1, 1)), "transcritical")
    assert point.p == near(0.3)


def test_double_branch_point_of_mittelmann() -> None:
    """Δu - 10 (u - λ eᵘ) = 0 on the square, cells: constant solutions, λ = u e⁻ᵘ."""
    n = 4
    line = np.diag(np.full(n, -2.0)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    line[0, 0] = line[-1, -1] = -1.0
    laplacian = n * n * (np.kron(line, np.eye(n)) + np.kron(np.eye(n), line))
    problem = Problem(
        lambda u, lam: laplacian @ u - 10 * (u - lam * np.exp(u)),
        lambda u, lam: laplacian - 10 * np.diag(1 - lam * np.exp(u)),
        lambda u, lam: 10 * np.exp(u),
        symmetric=True,
    )
    u0 = 0.2
    branch = trace_branch(problem, np.full(n * n, u0), u0 * np.exp(-u0), (0.14, 0.4))
    assert places(branch, "fold") == near([np.exp(-1)])
    mu = (2 * n * np.sin(np.pi / (2 * n))) ** 2
    double = of_kind(branch, "branch point")
    at = [1 + mu / 10, 1 + 2 * mu / 10]
    assert double[0].p == near(at[0] * np.exp(-at[0]))
    assert double[0].kernel.shape[1] == 2
    assert len(branch_directions(problem, double[0])) == 8


# -- Henon's map -------------------------------------------------------------------------------


def test_henon() -> None:
    def along_beta(x: Array, beta: float) -> Array:
        return np.array([x[1], 2 - beta * x[0] - x[1] ** 2])

    x0 = (-1 + np.sqrt(1 + 8)) / 2
    problem = map_problem(along_beta)
    branch = trace_branch(problem, [x0, x0], 0.0, (-0.5, 1.5), step=StepOptions(maximum=0.05))
    assert places(branch, "flip") == near([np.sqrt(8 / 3) - 1])
    assert places(branch, "neimark-sacker") == near([1.0])

    def along_alpha(x: Array, alpha: float) -> Array:
        return np.array([x[1], alpha - x[1] ** 2])

    branch = trace_branch(map_problem(along_alpha), [0.6, 0.6], 0.96, (-1, 1), -1)
    assert places(branch, "fold") == near([-0.25])
    assert places(branch, "flip") == near([0.75])


@pytest.mark.slow
def test_points_of_codimension_two_of_henon() -> None:
    """Resonances on β = 1, where the map preserves area and no cubic coefficient is left."""

    def f(x: Array, alpha: float, beta: float) -> Array:
        return np.array([x[1] - x[0], alpha - beta * x[0] - x[1] ** 2 - x[1]])

    names = {"alpha": 2.0, "beta": 0.9}
    problem = Problem(f, parameters=names, free="beta", is_map=True)
    circle = special_point(problem, [0.732, 0.732], 1.0)
    found = on_curve(trace_neimark_sacker_curve, problem, circle, "alpha", (-2, 4))
    expected = {"1:1": -1.0, "1:2": 3.0, "1:3": 1.25, "1:4": 0.0}
    for name, alpha in expected.items():
        assert pairs(found, f"resonance {name}") == [near((1.0, alpha))]
    assert len(found) == len(expected)
    flip = special_point(problem, [0.816, 0.816], 0.633)
    found = on_curve(trace_flip_curve, problem, flip, "alpha", (-0.5, 4))
    assert pairs(found, "fold-flip") == [near((-1.0, 0.0))]
    assert pairs(found, "resonance 1:2") == [near((1.0, 3.0))]
    other = problem.at(beta=0.0).freeing("alpha")
    fold = special_point(other, [-0.5, -0.5], -0.25)
    found = on_curve(trace_fold_curve, other, fold, "beta", (-2, 2))
    assert pairs(found, "fold-flip") == [near((0.0, -1.0))]
    assert pairs(found, "resonance 1:1") == [near((-1.0, 1.0))]
