"""
Cycles from a Hopf point
========================

The Brusselator u' = 1 − (b + 1) u + u² v, v' = b u − u² v has a Hopf point at b = 2. The cycles
that are born there are followed by collocation; left their extremes over b, right three of them.
"""

import matplotlib.pyplot as plt
import numpy as np

from continuation import Problem, trace_branch
from continuation.orbits import trace_orbits


def brusselator(x, b):
    u, v = x
    return np.array([1 - (b + 1) * u + u**2 * v, b * u - u**2 * v])


problem = Problem(brusselator, states=["u", "v"], parameters={"b": 1.0})
rest = trace_branch(problem, [1.0, 1.0], 1.0, p_limits=(1, 3))
hopf = next(point for point in rest.special if point.kind == "hopf")
cycles = trace_orbits(problem, hopf, p_limits=(1, 3))
print(hopf, cycles, sep="\n")

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
rest.plot(left, x="b", y="u")
cycles.plot(left, y="u")
for orbit in cycles.orbits[:: len(cycles.orbits) // 3]:
    orbit.plot(right, "u", "v")
plt.show()
