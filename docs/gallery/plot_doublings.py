"""
Period doublings
================

The logistic map x ↦ r x (1 − x): a flip at r = 3 begins orbits of period two, whose flip begins
those of period four, and so on. One point of each orbit is drawn. The ratio of the distances of
the flips tends to Feigenbaum's 4.669….
"""

import matplotlib.pyplot as plt

from continuation import bifurcation_diagram, map_problem

logistic = map_problem(lambda x, r: r * x * (1 - x), states=["x"], parameters={"r": 2.0})
diagram = bifurcation_diagram(logistic, [0.5], 2.0, p_limits=(2, 3.57), max_period=8)

figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
diagram.plot(axes)

# %%
# The flips, and the ratio of their distances:
flips = sorted({round(node.p, 9) for node in diagram.nodes if node.kind == "flip"})
print(flips)
print([(b - a) / (c - b) for a, b, c in zip(flips, flips[1:], flips[2:], strict=False)])
plt.show()
