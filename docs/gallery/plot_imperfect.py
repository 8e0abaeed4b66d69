"""
An imperfect pitchfork
======================

x' = p x − x³ + h is a pitchfork at h = 0 only. For h ≠ 0 one branch passes without a bifurcation
and the other begins in a fold, which no branch leads to: deflation finds it.
"""

import matplotlib.pyplot as plt

from continuation import Problem, bifurcation_diagram


def field(x, p, h):
    return p * x - x**3 + h


figure, panels = plt.subplots(1, 2, figsize=(7, 3), sharey=True, layout="constrained")
for axes, h in zip(panels, (0.0, 0.05), strict=True):
    problem = Problem(field, states=["x"], parameters={"p": -1.0, "h": h}, free="p")
    diagram = bifurcation_diagram(
        problem, [h], -1.0, p_limits=(-1, 1), search=[1.0], starts=[[-1.0]]
    )
    diagram.plot(axes)
    axes.set_title(f"h = {h:g}")
    axes.get_legend().set_loc("upper left" if h else "lower left")
    folds = [point for branch in diagram.branches for point in branch.special]
    print(h, {(point.kind, round(point.p, 6)) for point in folds if point.kind != "limit"})
plt.show()
