"""
A cusp
======

Two folds of x' = μ + λ x − x³ meet in a cusp. Left: branches over μ for three λ. Right: the folds,
followed in both parameters; between them there are three equilibria.
"""

import matplotlib.pyplot as plt

from continuation import Problem, trace_branch, trace_fold_curve


def field(x, mu, lam):
    return mu + lam * x - x**3


figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
for lam in (-1.0, 0.3, 1.0):
    problem = Problem(field, states=["x"], parameters={"mu": 0.0, "lam": lam}, free="mu")
    branch = trace_branch(problem, [-1.6], -1.5, p_limits=(-1.5, 1.5))
    branch.plot(left)
left.get_legend().set_loc("upper left")

# %%
# The last of them has folds at μ = ±2/(3√3), here with the error that is printed; their curve
# passes the cusp at the origin.
fold = next(point for point in branch.special if point.kind == "fold")
print(abs(fold.p) - 2 / 27**0.5)
curve = trace_fold_curve(problem, fold, "lam", (-0.5, 1.5), direction=-1)
curve.plot(right)
print(*curve.special, sep="\n")
plt.show()
