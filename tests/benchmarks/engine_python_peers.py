"""Times one Python peer on the perceptron's branch; run by engine_peers.py in its interpreter.

    python engine_python_peers.py NAME FOLDER DS STEPS

FOLDER holds samples.txt and start.txt as AUTO reads them. Prints one line of JSON.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

name, folder, ds, steps = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
x, target, noise = np.loadtxt(folder / "samples.txt", skiprows=1).T
start = np.loadtxt(folder / "start.txt")
n = x.size


def parts(u, p):
    """Residuals of the fit, units, and their slopes."""
    t = np.tanh(np.multiply.outer(u[:2], x))
    slope = (1 - t * t) * x
    r = u[2:] @ t - target - p * noise
    return r, t, slope


def design(u, t, slope):
    """Derivative of the network by its weights, (4, n)."""
    return np.concatenate([u[2:, None] * slope, t])


def gradient(u, p):
    """∇L."""
    r, t, slope = parts(u, p)
    return design(u, t, slope) @ r / n


def hessian(u, p):
    """∇²L."""
    r, t, slope = parts(u, p)
    f = design(u, t, slope)
    h = f @ f.T
    for k in range(2):
        h[k, k] -= 2 * u[2 + k] * (r * t[k] * slope[k]) @ x
        h[k, 2 + k] += r @ slope[k]
        h[2 + k, k] = h[k, 2 + k]
    return h / n


def by_noise(u, p):
    """∂∇L/∂σ."""
    _, t, slope = parts(u, p)
    return -design(u, t, slope) @ noise / n


def with_numpy():
    """The sixty lines beside this file."""
    from engine_numpy import trace

    points, _, _ = trace(gradient, hessian, by_noise, start[:4], start[4], ds, steps)
    return len(points) - 1, "NumPy, 60 lines", version("numpy")


def with_pycont():
    """pycont-lite, which takes the residual alone."""
    import pycont

    result = pycont.arclengthContinuation(
        gradient, start[:4], start[4], 1e-9, ds, ds, steps,
        solver_parameters={"initial_directions": "increase_p", "tolerance": 1e-10}, verbosity="off",
    )  # fmt: skip
    return max(len(b.p_path) for b in result.branches) - 1, "pycont-lite", version("pycont-lite")


def with_bice():
    """bice, with the analytic Jacobian."""
    import bice

    class Loss(bice.Equation):
        def __init__(self):
            super().__init__(shape=(4,))
            self.u, self.p = start[:4].copy(), float(start[4])

        def rhs(self, u):
            return gradient(u, self.p)

        def jacobian(self, u):
            return hessian(u, self.p)

    problem = bice.Problem()
    problem.add_equation(equation := Loss())
    problem.continuation_parameter = (equation, "p")
    problem.settings.neigs = 4
    stepper = problem.continuation_stepper
    stepper.ds, stepper.adapt_stepsize = ds, False
    stepper.convergence_tolerance = 1e-10
    for _ in range(steps):
        problem.continuation_step()
    return steps, "bice", version("bice")


run = {"numpy": with_numpy, "pycont": with_pycont, "bice": with_bice}[name]
begin = time.process_time()
taken, label, release = run()
seconds = time.process_time() - begin
print(json.dumps({"name": label, "version": release, "steps": taken, "seconds": seconds}))
