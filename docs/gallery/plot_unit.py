"""
One unit and its data
=====================

The phase plane of a perceptron with one tanh unit on twenty noisy samples: the gradient flow, the
curves on which one weight rests, and the critical points that are not at infinity.
"""

import matplotlib.pyplot as plt

from continuation.landscape import Dataset, Loss, connect, find_critical_sets, phase_plane
from continuation.storage import phase_to_arrays
from figures.phase_plane import draw_plane
from symbolic import single_unit

loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
sets = find_critical_sets(loss, noise=0.1)
print(sets, connect(loss, sets), sep="\n")

figure, axes = plt.subplots(figsize=(4.5, 3.5), layout="constrained")
draw_plane(axes, phase_to_arrays(phase_plane(loss, sets)))
plt.show()
