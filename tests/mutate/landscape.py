"""Networks on data, searches, critical sets and ends at infinity of the landscape."""

from tests.mutate import table

ROOM, TESTS = "continuation/landscape", "tests/continuation/landscape"


def of(name, tests, *rows):
    """Mutants of a module of the landscape; tests as "room/name::function" without "test_"."""
    paths = [f"{TESTS}/{'/test_'.join(test.rsplit('/', 1))}" for test in tests.split()]
    return table(f"{ROOM}/{name}.py", paths, *rows)


NETWORK = [
    *of(
        "network/weights", "network/weights.py",
        ("return m * hidden + unit", "return unit * hidden + m", "units and weights swapped"),
        ("return inputs * hidden + unit", "return (inputs - 1) * hidden + unit",
         "output weights among the inputs"),
        ("return self.inputs * self.hidden", "return self.blocks * self.hidden",
         "where f is linear"),
        ("return None if beyond or units < 0 else units", "return units", "weights of no network"),
    ),
    *of(
        "network/ramp", "network/ramp.py",
        ("(t * (6 * t - 15) + 10)", "(t * (6 * t - 14) + 9)", "slopes that do not vanish at 1"),
        ("return 30 * t * t", "return 15 * t * t", "half a slope"),
        ("- weight * slope.sum() / total**2", "- weight * slope.sum() / total",
         "weights that do not stay normalised"),
        ("comes_in = (place >= low) & (place < high)", "comes_in = (place > low) & (place < high)",
         "one sample off"),
    ),
    *of(
        "network/responses", "search/reduced_loss.py network/responses.py infinity/charts.py",
        ("slope - 2.0 * r if k % 2", "slope + 2.0 * r if k % 2", "sign of the curvature"),
        ("(1.0 - 3.0 * q) * r + q * slope", "(1.0 - 2.0 * q) * r + q * slope", "third derivative"),
        ("if k % 2 == 0:", "if k % 2 == 1:", "parity of the derivatives"),
        ("power = power * self.x", "power = self.x", "powers of the inputs"),
        ("for _ in range(2):", "for _ in range(1):", "nearly parallel features"),
        ("residual = residual + along[j]", "residual = residual - along[j]", "sign of the fit"),
        ("rest = along[j] - sum(", "rest = along[j] + sum(", "back substitution"),
        ("x=-self.x", "x=self.x", "units of negative weight"),
    ),
    *of(
        "network/samples", "network/samples.py::test_inner_products_of_features_and_targets_agree",
        ("root = np.sqrt(weight[seen])", "root = weight[seen]", "weights twice"),
        ("GROWTH = 1.5", "GROWTH = 15.0", "bins too wide to interpolate"),
        ("RANK = 1e-14", "RANK = 1e-4", "directions thrown away"),
        ("np.linalg.eigh(whole - seen @ seen.T)",
         "np.linalg.eigh(0.0 * whole)", "targets lose what interpolants do not see"),
        ("signs * np.sin(angle)", "np.sin(angle)", "barycentric weights without sign"),
    ),
    *of(
        "network/symmetry", "network/symmetry.py",
        ("rest + 2.0 * self.centre", "rest + self.centre", "half the offset of a flip"),
        ("(2**self.hidden if self.flip else 1)", "1", "flips do not count"),
        ("& (flipped < cost)", "& (flipped > cost)", "the worse of two signs"),
        ("(2**count if fixed_by_flip else 1)", "(2 if fixed_by_flip else 1)",
         "one zero unit for all"),
        ("moved[place] = units[k]", "moved[k] = units[k]", "nothing is permuted"),
        ("inner, outer = (-1,) * layout.inputs, (1,)",
         "inner, outer = (-1,) * layout.inputs, (-1,)",
         "even activations are odd"),
        ("* (1 if sign > 0 else self.output_sign)", "* (1 if sign > 0 else -self.output_sign)",
         "fixed output weights"),
    ),
    *of(
        "network/units", "network/units.py",
        ("return self.y**2", "return self.y", "unit of a loss"),
        ("unit = [1.0 / self.x, 1.0]", "unit = [self.x, 1.0]", "w x is a number"),
        ("np.full(layout.rest, self.y)", "np.full(layout.rest, 1.0)", "unit of an offset"),
        ("if _decays({**given.arguments, **kwargs}):", "if False:",
         "decay compares weights in the user's units"),
    ),
]  # fmt: skip

COUNTS = (
    "search/euler.py::test_a_missing_point_breaks_the_count "
    "search/euler.py::test_a_unit_that_joins_adds_one_to_the_index_where_the_loss_rises "
    "search/euler.py::test_the_count_holds_for_targets_that_are_noise"
)
"""What any missing or wrongly counted point breaks."""

SEARCH = [
    *of(
        "search/cells",
        "search/nan_field.py search/euler.py::test_a_missing_point_breaks_the_count "
        "search/euler.py::test_slopes_of_the_forces_are_their_differences_off_critical_points "
        "search/euler.py::test_every_point_found_is_critical_in_its_limit_model",
        ("MARGIN = 0.5", "MARGIN = -0.4", "cells are missed"),
        ("scale *= (places[k] - places[j]) ** copies[j]", "scale *= places[k] - places[j]",
         "a pair counts as one unit"),
        ("jacobian[k, m] = coefficient * pairs[k, m] - dual * forces[m]",
         "jacobian[k, m] = coefficient * pairs[k, m] + dual * forces[m]", "sign of the dual"),
        ("if not abs(corner[c, k]) < np.inf:", "if abs(corner[c, k]) > 1e300:", "NaN is no number"),
    ),
    *of(
        "search/euler", COUNTS,
        ("sign = -1 if (point.index + further) % 2 else 1", "sign = 1", "no alternating sum"),
        ("-1 if (point.index + further) % 2", "-1 if point.index % 2",
         "silent units do not descend"),
        ("if copies > 1)", "if copies > 9)", "points that fall where a cluster parts"),
    ),
    *of(
        "search/limit_points", COUNTS,
        ("tuple(bool(b > 0.0 or exact) for b in bend)", "tuple(bool(b < 0.0) for b in bend)",
         "points that fall inwards"),
        ("(residual @ below) < 0.0", "(residual @ below) > 0.0", "outwards at the upper end"),
        ("free @ free.T + np.diag(bend)", "free @ free.T - np.diag(bend)", "sign of the curvature"),
    ),
    *of(
        "search/exhaustive",
        "sets/critical_sets.py::test_inputs_in_pairs_and_few_samples_are_reported_not_faked "
        "search/completeness.py::test_curves_of_exact_fits_count_by_their_ends "
        "search/euler.py::test_a_list_with_another_count_is_not_called_complete "
        "search/completeness.py::test_several_optima_of_one_unit_carry_a_line_each",
        ("if distinct <= units > 1:", "if distinct < units:", "data that the units fit"),
        ("continuum = any(point.free for point in listing.points)", "continuum = False",
         "continua of exact fits are not said"),
        ("complete=count == 1 and not degenerate and not continuum", "complete=True",
         "any list is complete"),
    ),
    *of(
        "search/silent_units",
        "sets/manifolds.py::test_at_a_saddle_of_a_cell_the_corners_of_its_centre_are_joined "
        "sets/manifolds.py::test_the_cell_of_a_unit_is_the_one_that_holds_it "
        "sets/manifolds.py::test_the_curves_of_a_known_zero_set "
        "sets/manifolds.py::test_silent_units_with_bias_form_curves_of_critical_points",
        ("return [(left, upper), (lower, right)]", "return [(left, lower), (upper, right)]",
         "saddles of a cell joined the wrong way"),
        ("self.sign * rows[0]", "-self.sign * rows[0]", "the grid closes up with a sign"),
        ("across, along = w * self.spread, c + w * self.centre",
         "across, along = w * self.spread, c - w * self.centre", "the wrong cell"),
    ),
    *of(
        "search/seekers",
        "search/repeated_starts.py::test_fixed_output_weights_have_points_and_no_lines",
        ("if not change < 0.1:", "if change >= 0.1:", "a NaN of a singular Hessian contracts",
         "a NaN is never small later either: the run ends without having converged"),
    ),
    *of(
        "search/lifting",
        "search/repeated_starts.py::test_without_units_the_best_constant_pays_its_decay",
        ("mean / (1.0 + decay)", "mean", "decay of the offset"),
    ),
    *of(
        "search/lifting", "search/repeated_starts.py sets/manifolds.py",
        ("extra = self.loss.model.hidden - base.units", "extra = self.loss.model.hidden - 1",
         "how many units are added"),
    ),
    *of(
        "sets/manifolds", "sets/manifolds.py",
        ("int((k > 0.0).sum()) * n + int((k < 0.0).sum()) * (m - n - 1)",
         "int((k < 0.0).sum()) * n + int((k > 0.0).sum()) * (m - n - 1)", "signs of shares"),
        ("base_index + embedding.idle + _across", "base_index + _across", "idle units descend"),
        ("math.prod(math.comb(m, n)", "math.prod(math.comb(m, n + 1)", "parts of a piece"),
    ),
    *of(
        "sets/manifolds",
        "sets/manifolds.py::test_the_shares_of_every_piece_are_whole_and_have_its_signs "
        "sets/manifolds.py::test_the_number_of_embeddings_is_known_without_listing_them",
        ("((1.0 + n) / (m - n),)", "(1.0 / (m - n),)", "shares that do not add up to one"),
        ("math.comb(roots + silent - 1, silent)", "math.comb(roots, silent)",
         "roots may repeat"),
    ),
    *of(
        "sets/embedding",
        "sets/manifolds.py::test_the_curvature_across_a_line_is_that_of_its_share "
        "sets/manifolds.py::test_the_curvature_of_copies_is_that_of_moving_them_apart "
        "sets/manifolds.py::test_opposite_copies_share_the_difference_of_their_outputs "
        "sets/manifolds.py::test_units_that_are_silent_idle_or_copied_do_not_work",
        ("inside, outside = 0.25 * curvatures, -2.0 * curvatures[::-1]",
         "inside, outside = 0.25 * curvatures, 2.0 * curvatures[::-1]",
         "outside the segment signs turn"),
        ("units[kept, -1] += sign * units[dropped, -1]", "units[kept, -1] += units[dropped, -1]",
         "flipped copies subtract"),
        ("directions[second, np.arange(layout.inputs)] = -np.sqrt(0.5)",
         "directions[second, np.arange(layout.inputs)] = np.sqrt(0.5)",
         "along the line, not across"),
        ("working = (np.abs(outputs) > tiny) & (", "working = (np.abs(outputs) >= 0.0) & (",
         "silent units work"),
    ),
]  # fmt: skip

INFINITY = [
    *of(
        "infinity/critical_models", "search/wide_ends.py::test_limit_models_have_exact_derivatives "
        "infinity/critical_models.py",
        ("c[0] * (r @ ddphi[0])", "-c[0] * (r @ ddphi[0])", "sign of the curvature"),
        ("np.prod((w[:, None] - own) ** orders, axis=1)", "np.prod(w[:, None] - own, axis=1)",
         "a double root stays simple"),
        ("alone = fixed_point(responses, *fixed).residual", "pass",
         "silent beside nothing"),
    ),
    *of(
        "infinity/critical_ends",
        "sets/critical_sets.py::test_ends_at_infinity_are_limits_of_the_loss_with_the_stated_slope "
        "infinity/critical_models.py",
        ("/ (4 * m * (m + 1))", "/ (2 * m * (m + 1))", "derivative across a confluence"),
        ("/ (4 * m * (m - 1))", "/ (2 * m * (m - 1))", "derivative across a confluence"),
        ("slope = powers[-1] * series[m]", "slope = -powers[-1] * series[m]",
         "sign across a linear end"),
        ("-s * (root * residual * np.sign(x))", "-s * (root * residual)",
         "steps on both sides of zero"),
        ("(responses.x + shift) ** (2 * m + 1)", "(responses.x + shift) ** (2 * m - 1)",
         "which is orthogonal to the fit"),
        ("falling = sum(slope < 0.0 for", "falling = sum(slope > 0.0 for", "the other sign falls"),
        ("and all(slope > 0.0 for slope in self.normals)", "", "no end repels"),
    ),
    *of(
        "infinity/limit_systems", "search/wide_ends.py::test_limit_models_have_exact_derivatives "
        "search/wide_ends.py::test_the_gradient_of_a_limit_model_is_affine_in_the_noise",
        ("hessian[i, j] += row @ residual", "hessian[i, j] -= row @ residual",
         "sign of the curvature"),
        ("return -(self.values(z)[1] @", "return (self.values(z)[1] @", "sign of the noise"),
        ("bends[i, i] += z[j] * unit[order + 2]", "bends[i, i] += z[j] * unit[order + 1]",
         "the derivative below"),
    ),
    *of(
        "infinity/ends", "infinity/charts.py",
        ("delta * (v[1] - v[0]) / 2.0", "delta * (v[1] - v[0])", "coefficient of the pair"),
        ("a / 2.0 - b / delta, a / 2.0 + b / delta", "a / 2.0 + b / delta, a / 2.0 - b / delta",
         "outputs swapped"),
        ("np.array([w[0] ** 2, w[0] * v[0]])", "np.array([w[0], w[0] * v[0]])",
         "not smooth across the end"),
        ("(outputs[1:] * outputs[:-1] < 0.0)", "(outputs[1:] * outputs[:-1] > 0.0)",
         "pairs that do not cancel"),
    ),
    *of(
        "infinity/escape_laws", "flow/escape_laws.py::test_the_flow_follows_the_law",
        ("(4.0 * b * b * slope) ** 0.25", "(2.0 * b * b * slope) ** 0.25", "prefactor"),
        ("(8.0 * c * c * slope) ** 0.25", "(4.0 * c * c * slope) ** 0.25", "prefactor"),
        ("b / (2.0 * np.sqrt(slope))", "b / np.sqrt(slope)", "prefactor"),
    ),
]  # fmt: skip

MUTANTS = [*NETWORK, *SEARCH, *INFINITY]
