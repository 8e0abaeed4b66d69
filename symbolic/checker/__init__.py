"""The checker of certificates: exact arithmetic at random points, without SymPy.

Proofs are made by SymPy, by differentiating and expanding. What they claim is checked here by
other means: networks and losses are evaluated from their definition in truncated power series
whose coefficients are residues modulo the prime 2^61 - 1, and compared with the formulas of the
certificate at the same random point. A false polynomial identity of degree D passes with
probability at most D / 2^61 (Schwartz and Zippel), below 1e-15 for every identity of this package.

Nothing here imports the modules that make proofs, or the kernels.
"""

from symbolic.checker.formulas import FormulaRefused, value_of
from symbolic.checker.jets import Jet
from symbolic.checker.points import Balls, Points, Residues, apply, seed_of

__all__ = ["Balls", "FormulaRefused", "Jet", "Points", "Residues", "apply", "seed_of", "value_of"]
