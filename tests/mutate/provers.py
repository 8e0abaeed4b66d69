"""Provers and enclosures: outward rounding, balls, contraction, tubes, boxes."""

from tests.mutate import table

ROOM, TESTS = "continuation/certify", "tests/continuation/certify"


def of(name, tests, *rows):
    """Mutants of a module of the certificates; tests by the rest of their names."""
    return table(f"{ROOM}/{name}.py", [f"{TESTS}/test_{test}" for test in tests.split()], *rows)


MUTANTS = [
    *of(
        "enclosures/balls", "exact_loss.py::test_balls_become_floats_outward "
        "exact_loss.py::test_what_is_not_finite_has_infinite_ends "
        "points.py::test_inertia_is_that_of_the_eigenvalues",
        ("float(ball.upper()), math.inf)", "float(ball.upper()), -math.inf)", "rounded inward"),
        ("float(ball.upper())", "float(ball.mid())", "without its radius"),
        ("return -upper(-ball)", "return upper(ball)", "the other end"),
        ("return max(upper(ball), -lower(ball))", "return upper(ball)", "negative balls"),
        ("return math.inf\n", "return 0.0\n", "what is not finite is small"),
    ),
    *of(
        "enclosures/balls", "exact_loss.py::test_boxes_enclose_the_values_of_their_points",
        ("arb(float(m), float(r))", "arb(float(m), 0.0)", "boxes without radius"),
    ),
    *of(
        "enclosures/krawczyk", "krawczyk.py points.py::test_inertia_is_that_of_the_eigenvalues "
        "points.py::test_a_degenerate_point_is_undecided",
        ("self.rate < 1.0 and self", "self", "the rate may be anything"),
        ("upper(arb(self.shift) / (1 - arb(self.rate)))", "upper(arb(self.shift))",
         "the point lies farther than one step"),
        ("entry - row[0] * other / pivot", "entry + row[0] * other / pivot", "sign of a pivot"),
        ("sum(bool(pivot < 0) for pivot in pivots)", "sum(bool(pivot > 0) for pivot in pivots)",
         "signs counted the other way"),
        ("if not (pivot < 0 or pivot > 0):", "if False:", "a pivot that may vanish has a sign"),
        ("return max(upper(sum((abs(entry) for entry in row)",
         "return min(upper(sum((abs(entry) for entry in row)", "the least row"),
        ("upper(sum((abs(entry) for entry in row)", "upper(sum((entry for entry in row)",
         "entries that cancel"),
        ("inverse * loss.hessian(box(theta, radius)) - identity",
         "inverse * loss.hessian(box(theta, 0.0)) - identity",
         "the rate at the centre"),
    ),
    *of(
        "enclosures/divided_differences",
        "complete.py::test_the_curve_and_its_derivatives_agree_with_forty_digits "
        "complete.py::test_divided_differences_lie_within_their_bounds_also_where_arguments_meet",
        ("VALUE_ERROR = 2.0**-46", "VALUE_ERROR = 2.0**-60", "no error of the table"),
        ("DEGREE = 15", "DEGREE = 9", "a Taylor remainder that counts"),
        ("- (2 * k + 1) * h[k]", "- (2 * k + 2) * h[k]", "another differential equation"),
        ("upper * (2.0 * p + q) / 3.0", "upper * (p + 2.0 * q) / 3.0", "weights of a mean"),
        ("e12 = e * (a + b) * size", "e12 = 0.0 * size", "a quotient without error"),
        ("last = second if q2 >= q1 else first", "last = first if q2 >= q1 else second",
         "the larger value from below"),
    ),
    *of(
        "enclosures/exact_loss", "exact_loss.py::test_enclosures_agree_with_the_compiled_kernels "
        "exact_loss.py::test_the_gradient_is_affine_in_the_noise "
        "exact_loss.py::test_a_continuous_size_has_the_weights_of_the_loss "
        "exact_loss.py::test_the_loss_is_enclosed_at_thousands_of_points_to_40_digits",
        ("sum((t * t for t in theta), arb(0))) / 2", "sum((t * t for t in theta), arb(0)))",
         "twice the loss"),
        ("return -self._mean(jacobian * self._weighted(self.noise))",
         "return self._mean(jacobian * self._weighted(self.noise))", "sign of the noise"),
        ("curvature[i][j] = curvature[j][i] = next(sums)", "curvature[i][j] = next(sums)",
         "half a Hessian"),
        ("full = 1 / (whole + part)", "full = 1 / (whole + t)", "weights that do not add up"),
        ("            row[a] += self.decay", "            pass", "decay of the Hessian"),
        ("[f - y for f, y in", "[y - f for f, y in", "sign of the residual"),
    ),
    *of(
        "provers/basins", "trapping.py::test_the_loss_on_the_sphere_is_above_the_level "
        "trapping.py::test_saddles_lines_and_other_points_have_no_basin "
        "trapping.py::test_states_outside_the_ball_or_above_the_level_are_not_inside "
        "trapping.py::test_trajectories_from_inside_end_in_the_minimum "
        "trapping.py::test_every_certificate_of_the_graph_passes_the_checker",
        ("curvature * distance * distance / 2", "curvature * distance * distance * 50",
         "a level above the sphere"),
        ("if point.inertia[0] > 0:", "if False:", "saddles have basins"),
        ("bool(away < self.ball) and", "", "states outside of the ball",
         "the same is asked in doubles before, which differ by rounding"),
    ),
    *of(
        "provers/infinity",
        "infinity.py::test_the_linear_end_of_one_unit_has_the_sign_of_its_cubic_moment "
        "infinity.py::test_confluences_and_linear_ends_are_proved_with_their_index",
        ("falling = sum(sign < 0", "falling = sum(sign > 0", "the index across the end"),
    ),
    *of(
        "provers/limits",
        "infinity.py::test_the_linear_end_of_one_unit_has_the_sign_of_its_cubic_moment "
        "infinity.py::test_limits_and_what_decides_across_are_those_of_networks "
        "infinity.py::test_inputs_equally_near_to_a_jump_must_agree_where_rounding_parts_them "
        "infinity.py::test_a_unit_keeps_no_value_beyond_its_limits_at_a_jump "
        "infinity.py::test_all_ends_of_one_unit_with_bias_are_proved_with_their_index",
        ("yield ratio * last", "yield -ratio * last", "sign across the end"),
        ("< NEARLY * away[0]", "< 0 * away[0]", "rounding decides which input is nearer"),
        ("not bool(abs(half) < 1)", "False", "values beyond those of a unit"),
        ("0 <= j < len(places) and j not in held", "0 <= j < len(places)", "inputs that are free"),
    ),
    *of(
        "provers/optimum",
        "never_optimal.py::test_the_bound_is_attained_where_copies_share_an_output_weight "
        "never_optimal.py::test_a_box_is_empty_where_one_component_cannot_change_its_sign "
        "never_optimal.py::test_the_bound_is_the_gradient_where_the_optimum_is_one_orbit "
        "never_optimal.py::test_the_excluded_box_ends_before_the_nearest_critical_point "
        "never_optimal.py::test_the_gradient_obeys_the_bound_on_the_whole_manifold",
        ("arb(spare + 1).sqrt()", "arb(1)", "copies share an output weight"),
        ("slopes = [1 - q * q for q in t]", "slopes = [1 + q * q for q in t]", "slope of tanh"),
        ("* sum((abs(rate) for rate in row), arb(0))) < MARGIN * step",
         "* sum((abs(rate) for rate in row), arb(0))) > MARGIN * step", "boxes that are not empty"),
    ),
    *of(
        "provers/unique_minimum",
        "unique_minimum.py::test_a_coarse_scale_has_the_bound_of_neumanns_series "
        "unique_minimum.py::test_the_distance_is_nearly_sharp_where_the_noise_is_small "
        "unique_minimum.py::test_the_certified_minimum_is_there_and_alone",
        ("upper(2 * self.eta / (1 + root))", "upper(self.eta / (1 + root))", "half the distance"),
        ("smallest = 1 - norm(deviation.entries())", "smallest = 1 + norm(deviation.entries())",
         "β below what holds"),
        ("h = self.beta * K * self.eta", "h = K", "the condition of Kantorovich"),
    ),
    *of(
        "provers/complete_roots", "complete.py::test_zeros_of_a_cubic_are_isolated "
        "complete.py::test_a_loose_slope_makes_no_zeros_and_open_signs_leave_their_interval_open "
        "complete.py::test_a_sign_is_known_where_zero_is_outside "
        "conditions_complete.py",
        ("single = monotone & (at_a != at_b) & ~empty", "single = monotone & ~empty",
         "roots where nothing changes sign"),
        ("(value.rad + slope.magnitude * reach) * WIDER", "value.rad * WIDER",
         "roots are lost between midpoints"),
        ("np.abs(self.mid) > self.rad * WIDER", "np.abs(self.mid) >= 0.0", "signs that are open"),
    ),
    *of(
        "provers/tube", "branches.py::test_a_tube_holds_what_is_within_its_radii_of_its_axis "
        "branches.py::test_no_tube_holds_where_there_is_no_curve "
        "branches.py::test_samples_of_the_branch_lie_in_the_tubes "
        "branches.py::test_the_checker_accepts_the_proof_and_no_damaged_one",
        ("if (moved < SLACK * radii).all():", "if (moved < 1e9 * radii).all():",
         "nothing maps into itself"),
        ("abs(a - t * h) < arb(float(r))", "abs(a - t * h) < 1e6 * arb(float(r))",
         "tubes contain everything"),
        ("int(lower(ball) > 0.0) - int", "int(upper(ball) > 0.0) - int", "signs that are open"),
    ),
    *of(
        "provers/boxes", "boxes.py",
        ("radius += p * (br[j] + gamma * q) + ar[j] * (q + br[j])",
         "radius += p * br[j] + ar[j] * q", "rounding and the product of radii"),
        ("(rad[j] + v * br[j] + tr * abs(b[j]))", "(rad[j] + v * br[j])", "the factor's radius"),
        ("(abs(a) * br + ar * (abs(b) + br))", "(abs(a) * br + ar * abs(b))",
         "the product of radii"),
        ("out[0], out[1], out[2] = d / det * up, e12 / det * up, a / det * up",
         "out[0], out[1], out[2] = a / det * up, e12 / det * up, d / det * up",
         "an inverse with its diagonal swapped"),
        ("rad[j] = (u * ar[j] + v * br[j])", "rad[j] = max(u * ar[j], v * br[j])",
         "radii add up"),
        ("return a + b, (ar + br) *", "return a + b, abs(ar - br) *", "radii that cancel"),
        ("return c, (abs(a) * xr + abs(b) * yr)", "return c, (a * xr + b * yr)",
         "radii with signs"),
    ),
]  # fmt: skip
