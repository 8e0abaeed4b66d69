"""Minima and transition states of one loss by topsearch; run by `compare_topsearch.py`.

    PEER_PYTHON topsearch_peer.py SAMPLES.txt BOX STEPS SEED

SAMPLES.txt holds columns x and y. Prints one line of JSON: seconds, minima, transition states.
The loss is that of two tanh units with exact gradient and Hessian in NumPy; the settings are those
of topsearch's own example for functions of a few variables.
"""

import json
import random
import sys
import time

import numpy as np
from topsearch.data.coordinates import StandardCoordinates
from topsearch.data.kinetic_transition_network import KineticTransitionNetwork
from topsearch.global_optimisation.basin_hopping import BasinHopping
from topsearch.global_optimisation.perturbations import StandardPerturbation
from topsearch.potentials.potential import Potential
from topsearch.sampling.exploration import NetworkSampling
from topsearch.similarity.similarity import StandardSimilarity
from topsearch.transition_states.hybrid_eigenvector_following import HybridEigenvectorFollowing
from topsearch.transition_states.nudged_elastic_band import NudgedElasticBand


class TwoUnits(Potential):
    """½ mean (v₁ tanh w₁x + v₂ tanh w₂x − y)²."""

    def __init__(self, x, y):
        self.atomistic = False
        self.x, self.y = x, y

    def _parts(self, position):
        w, v = position[:2, None], position[2:, None]
        t = np.tanh(w * self.x)
        slope = v * self.x * (1.0 - t * t)
        return t, slope, (v * t).sum(axis=0) - self.y

    def function(self, position):
        residual = self._parts(position)[2]
        return 0.5 * float(residual @ residual) / self.x.size

    def gradient(self, position, displacement=0.0):
        t, slope, residual = self._parts(position)
        return np.concatenate([slope @ residual, t @ residual]) / self.x.size

    def function_gradient(self, position):
        t, slope, residual = self._parts(position)
        gradient = np.concatenate([slope @ residual, t @ residual]) / self.x.size
        return 0.5 * float(residual @ residual) / self.x.size, gradient

    def hessian(self, position, displacement=0.0):
        t, slope, residual = self._parts(position)
        rows = np.concatenate([slope, t])
        hessian = rows @ rows.T
        for k in range(2):
            hessian[k, k] += -2.0 * (self.x * t[k] * slope[k]) @ residual
            mixed = (self.x * (1.0 - t[k] ** 2)) @ residual
            hessian[k, 2 + k] += mixed
            hessian[2 + k, k] += mixed
        return hessian / self.x.size


def main():
    path, box, steps, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (topsearch draws from the global generator)
    x, y = np.loadtxt(path).T
    begin = time.perf_counter()
    potential = TwoUnits(x, y)
    coords = StandardCoordinates(ndim=4, bounds=[(-box, box)] * 4)
    similarity = StandardSimilarity(distance_criterion=0.05, energy_criterion=1e-6)
    network = KineticTransitionNetwork()
    hopping = BasinHopping(
        ktn=network,
        potential=potential,
        similarity=similarity,
        step_taking=StandardPerturbation(max_displacement=1.0, proportional_distance=True),
    )
    explorer = NetworkSampling(
        ktn=network,
        coords=coords,
        global_optimiser=hopping,
        single_ended_search=HybridEigenvectorFollowing(
            potential=potential,
            ts_conv_crit=1e-5,
            ts_steps=100,
            pushoff=1e-2,
            max_uphill_step_size=0.3,
            steepest_descent_conv_crit=1e-5,
        ),
        double_ended_search=NudgedElasticBand(
            potential=potential,
            force_constant=50.0,
            image_density=10.0,
            max_images=20,
            neb_conv_crit=1e-2,
        ),
        similarity=similarity,
    )
    explorer.get_minima(coords, steps, 1e-8, 100.0, test_valid=True)
    explorer.get_transition_states("ClosestEnumeration", 4, remove_bounds_minima=False)
    seconds = time.perf_counter() - begin
    minima = [network.get_minimum_coords(k).tolist() for k in range(network.n_minima)]
    saddles = [network.get_ts_coords(a, b).tolist() for a, b in network.G.edges()]
    print(json.dumps({"seconds": seconds, "minima": minima, "saddles": saddles}))


if __name__ == "__main__":
    main()
