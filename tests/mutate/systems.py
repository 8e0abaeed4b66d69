"""Defining systems, curves, totals, units, differences and linear algebra of the engine."""

from tests.mutate.tracing import of

SYSTEMS = [
    *of(
        "augmented",
        "augmented.py special_points.py::test_kernel_of_dimension_two_is_located_by_newton "
        "switching.py",
        ("-np.asarray(along_v.T @ w[:-1, 0])", "np.asarray(along_v.T @ w[:-1, 0])",
         "sign of a gradient"),
        ("1j * np.exp(1j * omega)\n", "np.exp(1j * omega)\n", "derivative along the circle"),
        ("by_z = -(parts[0].T @ w.conj() + 1j", "by_z = -(parts[0].T @ w.conj() - 1j",
         "sign of an imaginary part"),
        ("slopes = [-np.asarray(problem.turned", "slopes = [np.asarray(problem.turned",
         "sign of a rank defect's gradient"),
        ("FREE = 1e-6", "FREE = 1e+6", "every direction is held"),
    ),
    *of(
        "conservation", "conserved.py",
        ("np.asarray(j + self.weights @ self.combinations)",
         "np.asarray(j - self.weights @ self.combinations)", "sign of what holds the total"),
        ("-problem.flow_sign * _rate", "problem.flow_sign * _rate", "held unstably"),
        ("NOT_CONSERVED = 1e-7", "NOT_CONSERVED = 1e+7", "anything may be said"),
        ("POINTS = 3", "POINTS = 0", "a singular start taken for a conserved total"),
        ("(self.combinations @ x - self.totals)", "(self.combinations @ x)", "total zero"),
    ),
    *of(
        "defining_systems", "augmented.py curves.py",
        ("defect - self.value *", "defect + self.value *", "flips at a multiplier 3"),
        ("j @ w + kappa * image", "j @ w - kappa * image", "sign of the square"),
        ("image = mass @ (v + w if self.is_map", "image = mass @ (v if self.is_map",
         "pairs of maps as of flows"),
        ("cmath.exp(1j * omega) - 1.0 if", "cmath.exp(1j * omega) if", "multiplier and eigenvalue"),
        ("1.0 - kappa / 2", "1.0 - kappa", "frequency of a map"),
        ("kappa < -BEHIND", "kappa > BEHIND", "curves end at once"),
        ("self.rate * float(np.sqrt(max(kappa", "float(np.sqrt(max(kappa", "unit of time"),
        ("w - np.conj(self.eigenvalue(y)) / self.rate * v",
         "w - self.eigenvalue(y) / self.rate * v", "the other eigenvector"),
    ),
    *of(
        "codimension_two",
        "codimension_two.py::test_the_nearest_pair_has_the_sign_of_the_product_over_all_pairs "
        "codimension_two.py::test_coefficients_of_a_cusp_are_those_of_the_unknowns_as_they_are "
        "published.py::test_points_of_codimension_two_of_henon "
        "published.py::test_points_of_codimension_two_of_lorenz_1984 "
        "published.py::test_bogdanov_takens_point_of_the_stirred_tank curves.py",
        ("(1 + a) * (1 + b) - 1 if", "(1 + a) * (1 + b) if", "product of multipliers"),
        ("float((-1) ** negative * np.abs", "float(np.abs", "no change of sign"),
        ("(0.0, 2.0, 3.0, 4.0)", "(0.0, 3.0, 2.0, 4.0)", "third and fourth roots swapped"),
        ("np.sign(right @ self.vector) * left", "left", "a sign that jumps"),
        ("np.angle(1 + value)", "np.angle(value)", "angle of the eigenvalue"),
        ("units.columns[:-1] * at.vector, units.rows * at.left\n    return normal_forms.at_fold",
         "at.vector, units.rows * at.left\n    return normal_forms.at_fold",
         "a null vector in other units"),
        ("                sign = -sign", "                sign = sign",
         "pairs of real eigenvalues do not count"),
    ),
    *of(
        "curves", "curves.py mass.py::test_hopf_curve_with_a_constraint",
        ("2.0 - 2.0 * np.cos(omega)", "1.0 - np.cos(omega)", "start of a Neimark-Sacker curve"),
        ("(omega / rate) ** 2", "omega / rate", "start of a Hopf curve"),
        ("(plane_of_pair if simple else", "(plane_of_pair if not simple else",
         "a Jordan chain for a pair"),
        ("w / rate, [kappa", "w, [kappa", "unit of time"),
    ),
]  # fmt: skip

UNITS = [
    *of(
        "scaling", "derivatives.py",
        ("Units(self.columns * change.columns,", "Units(self.columns / change.columns,",
         "units divided by units"),
        ("np.asarray(self.units.rows * value)", "np.asarray(value)",
         "units of higher derivatives"),
        ("self.units.rows * slope * self.units.columns[-1]", "self.units.rows * slope",
         "unit of the parameter"),
        ("mass_like(jacobian), self.units.rows, self._columns)",
         "mass_like(jacobian), self.units.rows, 1.0 + 0.0 * self._columns)", "units of a mass"),
        ("self.problem.lengths_at(self.units.outside(z)) / self",
         "self.problem.lengths_at(self.units.outside(z)) * self", "lengths in other units"),
        ("rows[:, None] * np.asarray(matrix) * columns", "rows[:, None] * np.asarray(matrix)",
         "columns not scaled"),
        ("bool((units.rows == units.columns[:-1]).all())", "True", "symmetric in all units"),
    ),
    *of(
        "differences", "linalg.py::test_differences_reach_twelve_digits derivatives.py "
        "units.py::test_differences_at_the_edge_of_a_domain",
        ("near + difference / 3", "near - difference / 3", "sign of the extrapolation"),
        ("(4 * h)\n", "(2 * h)\n", "a wider difference over a narrow step"),
        ("[-25.0, 48.0, -36.0,", "[-25.0, 48.0, -34.0,", "no formula of fourth order"),
        ("(form(u + v) - form(u - v)) / 4", "(form(u + v) - form(u - v)) / 2",
         "twice a second derivative"),
        ("np.asarray(total / 24)", "np.asarray(total / 6)", "four times a third derivative"),
        ("-3 / 20, 1 / 90]", "-3 / 20, 1 / 60]", "no formula of sixth order"),
        ("1.0 if order == 2 else -1.0", "1.0", "even part of a third derivative"),
        ("np.array([0.5, 1.0, 1.0, 1.0]) if", "np.array([1.0, 1.0, 1.0, 1.0]) if",
         "the middle counts twice"),
        ("np.asarray(fine), gap if np.isfinite(gap + size) else np.inf",
         "np.asarray(fine), gap", "a NaN agrees with itself",
         "a gap that is NaN is no more finite than one that is inf"),
    ),
    *of(
        "congruence", "congruence.py",
        ("ZERO_EIGENVALUE = 1e-11", "ZERO_EIGENVALUE = 1e-1", "small eigenvalues are zero"),
        ("np.linalg.eigvalsh(hessian / scales)", "np.linalg.eigvalsh(hessian)",
         "scales of the weights"),
        ("(values < -zero).sum()", "(values < 0.0).sum()", "rounding has a sign"),
    ),
    *of(
        "linalg", "linalg.py mass.py sparse.py::test_a_fold_curve_of_a_sparse_problem",
        ("int((w > tolerance).sum())", "int((w > -tolerance).sum())", "zeros are positive"),
        ("ZERO_ROUNDINGS = 256", "ZERO_ROUNDINGS = 256e8", "small eigenvalues are zero"),
        ("return vh[-1].conj(), u[:, -1]", "return vh[-1], u[:, -1]", "the conjugate vector"),
        ("rank = min(m, n) - k", "rank = max(m, n) - k", "kernels of wide matrices"),
        ("np.asarray(matrix) - value * mass", "np.asarray(matrix) + value * mass",
         "sign of a shift"),
        ("solution + self._solve(right - matrix @ solution, trans)",
         "solution + self._solve(matrix @ solution - right, trans)", "refined away"),
        ("np.linalg.solve(full.T, left)", "np.linalg.solve(full, left)", "not the adjoint"),
    ),
    *of(
        "fitting", "units.py scales.py",
        ("max(1.0, extent / PLAIN_RANGE[1]) * min", "max(1.0, PLAIN_RANGE[1] / extent) * min",
         "small units for long ranges"),
        ("return 1.0 / power_of_two(rows)", "return power_of_two(rows)", "equations off scale"),
    ),
]  # fmt: skip

MUTANTS = [*SYSTEMS, *UNITS]
