"""Time per periodic orbit, here and in AUTO-07p, on the same mesh of 20 intervals of degree 4.

    python tests/benchmarks/orbit_peers.py [--output TABLE.md]

Three branches of cycles from their Hopf points: the reactor of AUTO's demo `ab`, FitzHugh-Nagumo,
Hodgkin-Huxley. Both programs have analytic Jacobians, adapt the mesh, compute multipliers and look
for special orbits, with relative tolerances of 1e-8 (AUTO: EPSL, EPSU). Here the right-hand side is
a compiled kernel, NumPy functions of all points at once, or plain Python point by point. Least
processor time of several runs, turn by turn, less that of a run of two orbits, by further orbit.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit

from continuation import CompiledProblem, NewtonOptions, Problem, StepOptions, trace_branch
from continuation.orbits import MeshOptions, OrbitBranch, trace_orbits

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.auto_peer import AUTO_BUILDS, ONE_THREAD, build_auto, children, header

RUNS = 3
FEW = 2
NEWTON = NewtonOptions(step_tolerance=1e-8, residual_tolerance=1e-8)
MESH = MeshOptions(intervals=20, degree=4, tolerance=np.inf)
CONSTANTS = """NDIM={n}, IPS={ips}, IRS={irs}, ILP={ilp}
ICP={icp}
NTST=20, NCOL=4, IAD=3, ISP=2, ISW=1, IPLT=0, NBC=0, NINT=0
NMX={steps}, NPR=1000000, MXBF=0, IID=0, ITMX=8, ITNW=7, NWTN=3, JAC=1
EPSL=1e-8, EPSU=1e-8, EPSS=1e-6
DS={ds}, DSMIN=1e-5, DSMAX={most}, IADS=1
RL0={low}, RL1={high}, A0=-1e6, A1=1e6
"""


def reactor(x, p):
    """The reactor of AUTO's demo ab."""
    e = np.exp(x[1])
    return np.array([-x[0] + p * (1 - x[0]) * e, -3 * x[1] + 14 * p * (1 - x[0]) * e])


def reactor_jacobian(x, p):
    e = np.exp(x[1])
    rate, slope = p * e, p * (1 - x[0]) * e
    return np.array([[-1 - rate, slope], [-14 * rate, -3 + 14 * slope]])


def cell(x, p):
    """FitzHugh-Nagumo."""
    return np.array([x[0] - x[0] ** 3 / 3 - x[1] + p, 0.08 * (x[0] + 0.7 - 0.8 * x[1])])


def cell_jacobian(x, p):
    one = np.ones_like(x[0])
    return np.array([[1 - x[0] ** 2, -one], [0.08 * one, -0.064 * one]])


def gates(v):
    """Rates of opening and closing of Hodgkin and Huxley, and their slopes."""
    x, y, z = np.exp((25 - v) / 10), np.exp((30 - v) / 10), np.exp((10 - v) / 10)
    a = (0.1 * (25 - v) / (x - 1), 0.07 * np.exp(-v / 20), 0.01 * (10 - v) / (z - 1))
    b = (4 * np.exp(-v / 18), 1 / (y + 1), 0.125 * np.exp(-v / 80))
    da = (
        -0.1 * ((x - 1) - (25 - v) * x / 10) / (x - 1) ** 2, -a[1] / 20,
        -0.01 * ((z - 1) - (10 - v) * z / 10) / (z - 1) ** 2,
    )  # fmt: skip
    db = (-b[0] / 18, y / (10 * (y + 1) ** 2), -b[2] / 80)
    return a, b, da, db


def axon(x, p):
    """Hodgkin-Huxley."""
    v, m, h, n = x
    a, b, _, _ = compiled_gates(v) if np.ndim(v) == 0 else gates(v)
    current = p - 120 * m**3 * h * (v - 115) - 36 * n**4 * (v + 12) - 0.3 * (v - 10.599)
    opening = [a[i] * (1 - x[i + 1]) - b[i] * x[i + 1] for i in range(3)]
    return np.array([current, *opening])


def axon_jacobian(x, p):
    v, m, h, n = x
    a, b, da, db = compiled_gates(v) if np.ndim(v) == 0 else gates(v)
    j = np.zeros((4, 4, *np.shape(v)))
    j[0, 0] = -120 * m**3 * h - 36 * n**4 - 0.3
    j[0, 1], j[0, 2] = -360 * m**2 * h * (v - 115), -120 * m**3 * (v - 115)
    j[0, 3] = -144 * n**3 * (v + 12)
    for i in range(3):
        j[i + 1, 0] = da[i] * (1 - x[i + 1]) - db[i] * x[i + 1]
        j[i + 1, i + 1] = -a[i] - b[i]
    return j


compiled_gates = njit(error_model="numpy")(gates)


@njit(error_model="numpy")  # compiled when it is first called
def reactor_kernel(x, p, _c, _d, _w, f, j, fp):
    e = np.exp(x[1])
    f[0], f[1] = -x[0] + p * (1 - x[0]) * e, -3 * x[1] + 14 * p * (1 - x[0]) * e
    j[0, 0], j[0, 1] = -1 - p * e, p * (1 - x[0]) * e
    j[1, 0], j[1, 1] = -14 * p * e, -3 + 14 * p * (1 - x[0]) * e
    fp[0], fp[1] = (1 - x[0]) * e, 14 * (1 - x[0]) * e
    return 0.0


@njit(error_model="numpy")  # compiled when it is first called
def cell_kernel(x, p, _c, _d, _w, f, j, fp):
    f[0], f[1] = x[0] - x[0] ** 3 / 3 - x[1] + p, 0.08 * (x[0] + 0.7 - 0.8 * x[1])
    j[0, 0], j[0, 1], j[1, 0], j[1, 1] = 1 - x[0] ** 2, -1.0, 0.08, -0.064
    fp[0], fp[1] = 1.0, 0.0
    return 0.0


@njit(error_model="numpy")  # compiled when it is first called
def axon_kernel(x, p, _c, _d, _w, f, j, fp):
    v, m, h, n = x[0], x[1], x[2], x[3]
    a, b, da, db = compiled_gates(v)
    f[0] = p - 120 * m**3 * h * (v - 115) - 36 * n**4 * (v + 12) - 0.3 * (v - 10.599)
    j[:] = 0.0
    j[0, 0] = -120 * m**3 * h - 36 * n**4 - 0.3
    j[0, 1], j[0, 2] = -360 * m**2 * h * (v - 115), -120 * m**3 * (v - 115)
    j[0, 3] = -144 * n**3 * (v + 12)
    for i in range(3):
        f[i + 1] = a[i] * (1 - x[i + 1]) - b[i] * x[i + 1]
        j[i + 1, 0] = da[i] * (1 - x[i + 1]) - db[i] * x[i + 1]
        j[i + 1, i + 1] = -a[i] - b[i]
    fp[:] = 0.0
    fp[0] = 1.0
    return 0.0


def by_parameter(function, unit):
    """DF/dp of a function that is linear in p, of many points at once."""
    return lambda x, p: (function(x, p + unit) - function(x, p - unit)) / (2 * unit)


@dataclass(frozen=True)
class Case:
    """A flow, where its branch of equilibria starts, limits of p, and AUTO's lengths of steps."""

    name: str
    number: int
    function: Callable
    jacobian: Callable
    kernel: Callable
    x: tuple[float, ...]
    p: float
    limits: tuple[float, float]
    orbits: int
    steps: tuple[float, float]

    def problems(self) -> dict[str, Problem | CompiledProblem]:
        """By how the right-hand side is given."""
        none = np.zeros((1, 1))
        compiled = CompiledProblem(
            self.kernel, np.zeros(1), none, none, len(self.x), symmetric=False, flow_sign=1.0,
            unit=None,
        )  # fmt: skip
        slope = by_parameter(self.function, 0.1)
        return {
            "compiled kernel": compiled,
            "NumPy, all points at once": Problem(self.function, self.jacobian, slope),
            "Python, point by point": Problem(
                single(self.function), single(self.jacobian), single(slope)
            ),
        }


def single(function):
    """The same for one point only."""

    def of_one(x, p):
        if x.ndim > 1:
            raise TypeError("one point at a time")
        return function(x, p)

    return of_one


CASES = (
    Case("reactor (n = 2)", 1, reactor, reactor_jacobian, reactor_kernel, (0.0, 0.0), 0.0,
         (0.0, 0.3), 40, (0.01, 0.1)),
    Case("FitzHugh-Nagumo (n = 2)", 2, cell, cell_jacobian, cell_kernel, (-1.2, -0.625), 0.0,
         (0.0, 1.5), 40, (0.02, 0.3)),
    Case("Hodgkin-Huxley (n = 4)", 3, axon, axon_jacobian, axon_kernel,
         (0.0, 0.053, 0.596, 0.318), 0.0, (0.0, 200.0), 40, (0.5, 5.0)),
)  # fmt: skip


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    output = parser.parse_args().output
    os.environ.update(ONE_THREAD)
    lines = [*header(), ""]
    for case in CASES:
        lines += table(case)
    text = "\n".join(lines) + "\n"
    print(text)
    if output:
        output.write_text(text, encoding="utf-8")


def table(case: Case) -> list[str]:
    """Milliseconds by further orbit of all programs, and how well their last orbits agree."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tasks: dict[str, Callable[[int], float]] = {}
        for label, flags in AUTO_BUILDS.items():
            program = build_auto(folder, flags, "orbits_auto.f90")
            if program is not None:
                tasks[label] = auto_task(case, program)
        for label, problem in case.problems().items():
            tasks[f"mlpcont, {label}"] = own_task(case, problem)
        times = {label: per_orbit(task, case.orbits) for label, task in tasks.items()}
        gap = agreement(case, folder) if any("AUTO" in label for label in tasks) else np.nan
    fastest = min((t for label, t in times.items() if "AUTO" in label), default=np.nan)
    rows = [f"| {label} | {1e3 * t:.3g} | {t / fastest:.1f} × |" for label, t in times.items()]
    return [
        f"| {case.name} | ms an orbit | beside the faster AUTO-07p |", "|---|--:|--:|", *rows, "",
        f"Periods at the same parameter differ by {gap:.1e} (relative) from those of an accurate "
        "run; AUTO's last orbit.", "",
    ]  # fmt: skip


def per_orbit(task: Callable[[int], float], orbits: int) -> float:
    """Least seconds of a run, less those of one of a few orbits, by further orbit."""
    task(orbits)  # compiles
    long, short = (min(task(n) for _ in range(RUNS)) for n in (orbits, FEW))
    return (long - short) / (orbits - FEW)


def hopf_of(case: Case, problem: Problem | CompiledProblem):
    """The first Hopf point, and the start of the branch of equilibria as solved."""
    step = StepOptions(maximum=0.5)
    branch = trace_branch(problem, case.x, case.p, case.limits, step=step)
    return next(q for q in branch.special if q.kind == "hopf"), branch


def own_run(case: Case, problem, hopf, orbits: int, mesh: MeshOptions = MESH) -> OrbitBranch:
    """A branch of so many orbits."""
    step = StepOptions(initial=0.01, maximum=0.1, minimum=1e-6, max_samples=orbits)
    return trace_orbits(problem, hopf, case.limits, step=step, newton=NEWTON, mesh=mesh)


def own_task(case: Case, problem) -> Callable[[int], float]:
    """Processor seconds of a run here."""
    hopf, _ = hopf_of(case, problem)

    def seconds(orbits: int) -> float:
        begin = time.process_time()
        branch = own_run(case, problem, hopf, orbits)
        passed = time.process_time() - begin
        if len(branch) != orbits:
            raise RuntimeError(f"{case.name}: {branch}")
        return passed

    return seconds


def auto_task(case: Case, program: Path) -> Callable[[int], float]:
    """Processor seconds of a process of AUTO, from the Hopf point that it found itself."""
    solutions, label = auto_equilibria(case, program)

    def seconds(orbits: int) -> float:
        (program.parent / "fort.3").write_bytes(solutions)
        before = children()
        auto(case, program, 2, label, orbits)
        return children() - before

    return seconds


def auto_equilibria(case: Case, program: Path) -> tuple[bytes, int]:
    """AUTO's file of labelled solutions, and the label of the first Hopf point."""
    start = np.array2string(np.array(case.x), precision=17)[1:-1]
    (program.parent / "start.txt").write_text(f"{case.number}\n{case.p}\n{start}\n")
    said = auto(case, program, 1, 0, 400)
    found = re.search(r"^\s*\d+\s+\d+\s+HB\s+(\d+)", said, flags=re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{case.name}: AUTO finds no Hopf point\n{said}")
    return (program.parent / "fort.8").read_bytes(), int(found.group(1))


def auto(case: Case, program: Path, ips: int, irs: int, steps: int) -> str:
    """Run AUTO and return what it prints."""
    constants = CONSTANTS.format(
        n=len(case.x), ips=ips, irs=irs, ilp=1, icp="[1]" if ips == 1 else "[1,11]", steps=steps,
        ds=case.steps[0], most=case.steps[1], low=case.limits[0] - 1e-3, high=case.limits[1],
    )  # fmt: skip
    (program.parent / "fort.2").write_text(constants)
    return subprocess.run(
        [str(program)], cwd=program.parent, check=True, capture_output=True, text=True
    ).stdout


def agreement(case: Case, folder: Path) -> float:
    """Relative difference of AUTO's last period from that of an accurate branch here."""
    program = build_auto(folder, next(iter(AUTO_BUILDS.values())), "orbits_auto.f90")
    assert program is not None
    solutions, label = auto_equilibria(case, program)
    (program.parent / "fort.3").write_bytes(solutions)
    said = auto(case, program, 2, label, case.orbits)
    row = re.findall(r"^\s*\d+\s+\d+\s+EP\s+\d+\s+(.*)$", said, flags=re.MULTILINE)[-1].split()
    p, period = float(row[0]), float(row[-1])
    problem = case.problems()["compiled kernel"]
    hopf, _ = hopf_of(case, problem)
    branch = own_run(case, problem, hopf, 300, MeshOptions(tolerance=1e-7))
    gaps = np.hypot((branch.p - p) / np.ptp(branch.p), (branch.period - period) / period)
    start = branch[int(np.argmin(gaps))]
    limits, direction = (min(p, start.p), max(p, start.p)), 1 if p > start.p else -1
    fine = MeshOptions(tolerance=1e-7)
    at = trace_orbits(problem, start, limits, direction=direction, mesh=fine)
    return abs(at.period[-1] / period - 1)


if __name__ == "__main__":
    main()
