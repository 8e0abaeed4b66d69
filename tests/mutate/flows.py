"""Flows, graphs, regions, zero noise and basins of the landscape."""

from tests.mutate.landscape import of

FLOW = [
    *of(
        "flow/decision",
        "flow/nan.py flow/decision.py "
        "flow/gradient_flow.py::test_three_units_end_on_lines_points_or_at_infinity",
        ("if not (math.isfinite(value) and cholesky(hessian)):", "if not cholesky(hessian):",
         "a limit where the loss is NaN"),
        ("same = greater(same, abs(a - b))", "same = max(same, abs(a - b))",
         "a NaN is at no distance"),
        ("add(drift, -motion / (2.0 * rate)", "add(drift, motion / (2.0 * rate)",
         "sign of what remains of the drift"),
    ),
    *of(
        "flow/steps",
        "flow/nan.py flow/gradient_flow.py::test_a_double_well_flows_by_its_closed_form",
        ("SLOPE_WEIGHTS[1, :1] = (-5.6688,)", "SLOPE_WEIGHTS[1, :1] = (5.6688,)",
         "a coefficient of the method"),
    ),
    *of(
        "flow/steps", "flow/nan.py::test_an_error_with_nan_is_accepted_nowhere",
        ("if not error < 1e300:", "if error >= 1e300:", "a NaN lets the step grow",
         "max(SMALLEST_FACTOR, NaN) is its first argument, in Python and in Numba"),
        ("greater(abs(theta[i]), abs(trial[i]))", "abs(theta[i])", "an error with NaN is small"),
    ),
    *of(
        "flow/steps", "flow/gradient_flow.py::test_a_double_well_flows_by_its_closed_form",
        ("combine(theta, EXPLICIT_RESULT, stages,", "combine(theta, FIFTH, stages,",
         "the weights of an error in place of the result's"),
    ),
    *of(
        "flow/profiles",
        "flow/gradient_flow.py::test_next_to_a_linear_end_that_hardly_matters_the_flow_is_decided",
        ("delta = math.copysign(LEAST_DELTA, own)", "delta = own", "a fall below rounding"),
    ),
    *of(
        "flow/compiled", "flow/nan.py::test_a_step_onto_a_loss_that_is_nan_is_refused",
        ("rises = not next_value <= value +", "rises = next_value > value +",
         "a loss that is NaN does not rise"),
    ),
    *of(
        "flow/profiles",
        "flow/gradient_flow.py::test_the_loss_at_infinity_is_that_of_the_limit_model",
        ("end = e + weight * (e - before)", "end = e - weight * (e - before)",
         "extrapolated the other way"),
    ),
]  # fmt: skip

GRAPH = [
    *of(
        "graph/manifold_points",
        "graph/connect.py::test_the_manifold_is_quadratically_approximated",
        ("bend = -0.5 * (components", "bend = 0.5 * (components", "bent the other way"),
        ("values - 2.0 * growth", "values - growth", "of a tangent, not of a manifold"),
    ),
    *of(
        "graph/departures",
        "graph/connect.py::test_departures_lie_below_their_set_on_the_unstable_side "
        "graph/connect.py::test_both_sides_of_an_index_one_point_are_left",
        ("-np.sign(c) * np.sqrt(1.0 / 3.0)", "np.sign(c) * np.sqrt(1.0 / 3.0)",
         "the side that rises"),
        ("np.asarray(-0.5 * vectors[:, regular]", "np.asarray(0.5 * vectors[:, regular]",
         "the centre manifold bent the other way"),
        ("outputs[j] *= 2.0 * (1.0 - share)", "outputs[j] *= 2.0 * share", "not on the line"),
    ),
    *of(
        "graph/departures",
        "graph/connect.py::test_the_saddle_of_a_double_well_is_left_to_either_side",
        ("sphere.starts(np.array([[1.0], [-1.0]]))", "sphere.starts(np.array([[1.0], [1.0]]))",
         "one side twice"),
    ),
    *of(
        "graph/unstable_spheres",
        "graph/connect.py::test_the_rays_of_a_mirror_are_two_unless_a_symmetry_turns_them_round "
        "graph/connect.py::test_only_symmetries_that_turn_the_unstable_space_count",
        ("rays += [fixed[:, 0], -fixed[:, 0]]", "rays += [fixed[:, 0]]", "one of two rays"),
        ("np.pi / len(mirrors)", "2.0 * np.pi / len(mirrors)", "twice the domain"),
        ("0.5 * np.arctan2(r[1, 0], r[0, 0])", "np.arctan2(r[1, 0], r[0, 0])",
         "mirrors at twice their angle"),
        ("if np.abs(image @ image.T - maps[0]).max() < SAME_MAP:", "if True:",
         "maps that are not orthogonal"),
    ),
    *of(
        "graph/edges", "graph/edges.py",
        ("both[name] = first[name] + other[name]", "both[name] = max(first[name], other[name])",
         "multiplicities that do not add up"),
        ("both[\"duration\"] = min(", "both[\"duration\"] = max(", "the slowest, not the fastest"),
        ("float(source.loss - result.loss)", "float(result.loss - source.loss)",
         "sign of the drop"),
    ),
]  # fmt: skip

RATES = (
    "basins/passages.py::test_the_linear_flow_is_at_the_radius_at_the_exit_time "
    "basins/passages.py::test_a_bent_double_well_has_the_rate_of_its_valley_floor"
)
"""Exit times and rates in closed form."""

ELSEWHERE = [
    *of(
        "branches/regions", "branches/regions.py branches/follow.py::test_regions_of_the_presets",
        ("return slope, slope > STEEPEST_ROOT", "return slope, slope < STEEPEST_ROOT",
         "what does not tend to the teacher"),
        ("found.loss < evidence.optimum_loss", "found.loss > evidence.optimum_loss",
         "overfitting above the optimum"),
        ("if units < required:", "if units <= required:", "as many units are too few"),
    ),
    *of(
        "branches/balance", "branches/balance.py",
        ("F[i] *= scale[i]", "F[i] /= scale[i]", "equations in other units"),
        ("J[i, j] *= scale[i] * scale[j]", "J[i, j] *= scale[j]", "no symmetric Jacobian"),
    ),
    *of(
        "branches/straight", "branches/straight.py",
        ("0.5 * (there[0] - here[0])", "(there[0] - here[0])",
         "half of the slopes"),
        ("= x[i], -slope[i]", "= x[i], slope[i]",
         "sign of the slope"),
        ("if count == 0 or not same_inertia(", "if count == 0 or same_inertia(",
         "inertia that stays"),
    ),
    *of(
        "branches/regions",
        "branches/regions.py::test_the_loss_of_the_optimum_is_that_of_the_teacher",
        ("0.5 * found.conditions.noise**2", "found.conditions.noise**2",
         "twice the loss of the optimum"),
    ),
    *of(
        "zero_noise/optimum", "zero_noise/optimum.py",
        ("[noise * weights @ (data.noise", "[weights @ (data.noise", "gradient per noise"),
        ("[0] > 0:", "[0] < 0:", "saddles of the branch"),
        ("np.std(slopes, ddof=1)", "np.std(slopes, ddof=0)", "spread of few data sets"),
    ),
    *of(
        "zero_noise/sets",
        "zero_noise/sets.py::test_the_number_of_sets_at_small_noise_is_predicted "
        "zero_noise/sets.py::test_the_list_satisfies_its_euler_count",
        ("segment = v * m < 0.0", "segment = v * m > 0.0", "segment and rays swapped"),
        ("falling = int(kappa * normal < 0.0)", "falling = int(kappa * normal > 0.0)",
         "which confluence attracts"),
        ("int(_slope(blow_up, grid.highest) < 0.0)", "int(_slope(blow_up, grid.highest) > 0.0)",
         "an end that falls inwards"),
        ("int(normal_slopes(responses, end, point)[0] < 0.0)",
         "int(normal_slopes(responses, end, point)[0] > 0.0)", "which end attracts"),
    ),
    *of(
        "zero_noise/blow_up", "zero_noise/sets.py::test_derivatives_of_the_blow_up "
        "zero_noise/sets.py::test_the_blow_up_is_the_loss_divided_by_the_square_of_the_noise",
        ("slope += beta * change + out * turn", "slope += out * turn", "a dropped term"),
        ("noise * out * x * x * second", "out * x * x * second", "a power of the noise"),
        ("(step * there[1] - direct) / noise", "(step * there[1] + direct) / noise",
         "a difference beyond small arguments"),
        ("((weights * t) @ inside[2])", "(weights @ inside[2])", "an integral without its factor"),
    ),
    *of(
        "basins/passages", RATES,
        ("longest = float(alone.min())", "longest = float(alone.max())", "the slowest direction"),
        ("jet.taylor[4] - 3.0 * bend", "jet.taylor[4] - bend", "a factor"),
    ),
    *of(
        "basins/passages",
        "basins/passages.py::test_a_double_well_leaves_its_saddle_by_its_closed_form",
        ("rates = -values[:index]", "rates = values[:index]", "rates of growth"),
    ),
    *of(
        "basins/passages", RATES,
        ("goal = 2.0 * np.log(radius)", "goal = np.log(radius)", "a radius and its square"),
    ),
    *of(
        "basins/itineraries",
        "basins/estimate.py::test_repeated_stops_are_one_and_the_end_is_the_last "
        "basins/estimate.py::test_a_slow_moment_at_the_end_is_no_stop_of_its_own "
        "basins/estimate.py::test_a_place_belongs_to_a_set_that_is_near_in_function",
        ("if best > NEAR * self.scale:", "if best < NEAR * self.scale:", "far from every set"),
        ("(stops[-1].label, stops[-1].region) != (stop.label, stop.region)",
         "(stops[-1].label, stops[-1].region) == (stop.label, stop.region)", "stops repeat"),
        ("if stops and (stops[-1].label, stops[-1].region) == (label, region):", "if stops:",
         "the last stop is lost"),
    ),
]  # fmt: skip

MUTANTS = [*FLOW, *GRAPH, *ELSEWHERE]
