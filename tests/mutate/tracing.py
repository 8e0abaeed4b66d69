"""Newton's method, steps, events, location, names and switching of the engine."""

from tests.mutate import table

ENGINE, TESTS = "continuation", "tests/continuation"

ORACLES = (
    " special_points.py::test_labels_do_not_depend_on_the_scale_of_the_residual"
    " special_points.py::test_kernel_of_dimension_two_is_located_by_newton"
    " invariants.py::test_branches_of_the_oracles"
    " special_points.py::test_special_points_do_not_depend_on_the_step"
)
"""Branches with closed forms, quick tests first: the first that fails ends a run."""


def of(name, tests, *rows):
    """Mutants of a module of the engine; tests by the rest of their names, "file::function"."""
    paths = [f"{TESTS}/test_{test}" for test in tests.split()]
    return table(f"{ENGINE}/{name}.py", paths, *rows)


NEWTON = [
    *of(
        "corrector", "corrector.py",
        ("if not math.isfinite(residual):", "if False:", "NaN is taken for a residual"),
        ("contraction > options[MAX_CONTRACTION]", "contraction > 1e8", "never slow"),
        ("report[REMAINING] = residual * left", "report[REMAINING] = 0.0 * left",
         "the error bound forgets the residual"),
        ("step * contraction <= options[STEP_TOLERANCE] * size and", "True and",
         "the tolerance of the step plays no part"),
        ("residual <= ROUNDINGS * MACHINE * scale", "residual <= scale",
         "everything is rounding"),
        ("previous = step\n", "previous = 1.0\n", "contraction is that of no two steps"),
    ),
    *of(
        "step_arrays", "bodies.py",
        ("out += (d * (b - 1.0)) * to", "out -= (d * (b - 1.0)) * to", "sign of a slope"),
        ("np.multiply(zo, 1.0 - c, out=out)", "np.multiply(zo, c, out=out)", "no Hermite cubic"),
        ("+ d * b * t[i]", "+ d * t[i]", "of the compiled body"),
        ("np.multiply(z - zo, 6.0 *", "np.multiply(z - zo, 3.0 *", "no derivative of the cubic"),
        ("(1.0 - b) * (1.0 - 3.0 * b), b *", "(1.0 - b) * (1.0 - 2.0 * b), b *",
         "of the compiled body"),
        ("R[n, 0] = (t * weight).dot(y - y0)", "R[n, 0] = (t * weight).dot(y0 - y)",
         "away from the plane"),
        ("np.multiply(t, weight, out=B[n])", "B[n] = t", "units of the plane's normal"),
        ("B[i, j] += gauge[i, j]", "B[i, j] += gauge[j, i]", "of the compiled body"),
        ("R[i, j] -= B[i, c] * f\n    for j in range(k):",
         "R[i, j] += B[i, c] * f\n    for j in range(k):",
         "of the compiled body"),
        ("            if abs(B[i, c]) > abs(B[p, c]):", "            if B[i, c] > B[p, c]:",
         "pivots without modulus"),
        ("        y[i] -= d\n", "        y[i] += d\n", "of the compiled body"),
        ("length = math.copysign(math.sqrt(v.dot(wv)), c)", "length = math.sqrt(v.dot(wv))",
         "tangents turn back"),
        ("s += weight[i] * (u[i] - base[i]) * normal[i]", "s += (u[i] - base[i]) * normal[i]",
         "of the compiled body"),
        ("+ math.sqrt(Fp.dot(Fp)) * abs(y[n])", "+ math.sqrt(Fp.dot(Fp)) * y[n]",
         "a negative parameter takes rounding away"),
    ),
    *of(
        "step_units", "bodies.py",
        ("R[:-1, 0] *= rows", "R[:-1, 0] /= rows", "units of the residual"),
        ("R[i, 1] *= unit", "R[i, 1] /= unit", "of the compiled body"),
        ("terms = np.abs(J).dot(x)", "terms = J.dot(x)", "rounding that cancels"),
    ),
    *of(
        "stepper", "step_control.py bad_input.py::test_corner_of_a_branch runs.py",
        ("good = cosine >= options[COS_MAX_ANGLE]", "good = cosine >= 0.0", "corners are passed"),
        ("f = max(f, missed**power)\n    f = max(f, report[ANGLE] / target_angle)\n",
         "f = max(f, missed**power)\n", "angles play no part"),
        ("power = 0.25 if hermite else 0.5", "power = 0.5 if hermite else 0.25", "orders swapped"),
        ("y[n] < options[LOWER] or y[n]", "y[n]", "no lower limit"),
        ("length = min(options[MAX_STEP], length * factor)", "length = length * factor",
         "no longest step"),
        ("report[FIRST_STEP] <= MAX_PREDICTOR_ERROR * length", "True",
         "any predictor is good enough"),
    ),
    *of(
        "stepper", "special_points.py::test_closed_loop_ends_where_it_began",
        ("before < 0.0 <= ahead and", "False and", "loops do not close"),
    ),
    *of(
        "arrival", "arrival.py",
        ("(1.0 - s) * d0 - s * d1", "(1.0 - s) * d0 + s * d1", "no Hermite cubic"),
        ("bound = options[LOWER] if y[n] < options[LOWER]",
         "bound = options[UPPER] if y[n] < options[LOWER]", "arrives at the other limit"),
        ("cubic(f0, f1, d0, d1, low) < 0.0", "cubic(f0, f1, d0, d1, high) < 0.0",
         "bisection goes to the wrong end"),
        ("not cosine >= COS_ALIKE", "cosine >= COS_ALIKE",
         "the tangent of a nearly singular matrix"),
    ),
]  # fmt: skip

RUNS = [
    *of(
        "tracer", "corrector.py::test_errors_are_below_their_bound_and_near_it",
        ("np.asarray(total / smallest)", "np.asarray(total * smallest)", "no error bound"),
        ("noise = ROUNDINGS_OF_F * MACHINE", "noise = 0.0 * MACHINE",
         "the bound forgets rounding"),
    ),
    *of(
        "tracer", "leaving.py::test_a_branch_ends_at_a_bound_of_an_unknown",
        ("low[c] if known.x[i, c] < low[c] else", "low[c] if known.x[i, c] > low[c] else",
         "bounds swapped"),
    ),
    *of(
        "tracer", "special_points.py::test_closed_loop_ends_where_it_began",
        ("w.norm(y - first) > LOOP_TOLERANCE * length", "w.norm(y - first) >= 0.0",
         "loops do not close"),
    ),
    *of(
        "runaway", "infinity.py",
        ("self.p[i] + self.slope[i] / k", "self.p[i] - self.slope[i] / k", "the other side"),
        ("error + float(np.finfo(float).eps) * unit, 1.0 / k", "error, k", "power inverted"),
        ("k > SLOWEST and", "True and", "a logarithm taken for a pole"),
        ("far, still = growth >= BEGUN,", "far, still = True,", "nothing has grown yet"),
    ),
    *of(
        "screening", "screening.py",
        ("before * value > 0.0 and", "True and", "signs may change unseen"),
        ("2.0 * less > more", "2.0 * more > less", "dips unseen"),
        ("quiet = quiet and below + above == n", "pass", "zeros unseen"),
        ("tangents[i - 1, n] * tangents[i, n] > 0.0", "True", "folds unseen"),
        ("unit * max(abs(values[i, 0]), abs(values[i, n - 1]))",
         "unit * abs(values[i, n - 1])", "scale of a negative matrix"),
    ),
]  # fmt: skip

EVENTS = [
    *of(
        "events", "runs.py published.py::test_henon arrival.py" + ORACLES,
        ("determinant[j] - determinant[i] + flips[k]", "determinant[j] - determinant[i]",
         "folds do not count in the orientation"),
        ("and branching % 2 == interval.parity", "", "jumps are not noticed"),
        ("MERGE = 1e-6", "MERGE = 1e+6", "all events are one",
         "a step whose events do not explain it is halved until each has one of its own"),
        ("SAME_POINT = 1e-5", "SAME_POINT = 1e+5", "all points are one"),
        ("(values[:-1] != 0)", "True", "a target at a sample is met twice"),
        ("return sorted(points, key=lambda q: path", "return list(points) or (lambda q: path",
         "points in disorder"),
        ("(samples.eigenvalues.real < -zero)", "(samples.eigenvalues.real > zero)",
         "sign of the determinant of a map",
         "numbers that add up to that of the unknowns change together"),
        ("table[-1, 1] <= self.always_zero", "table[-1, 1] >= self.always_zero",
         "a singular point at a limit is missed"),
        ("local.rates[order - self.workspace.degrees]",
         "local.rates[order - self.workspace.degrees - 1]", "the eigenvalue beside it"),
        ("flips = slope[low] * slope[high] < 0", "flips = slope[low] * slope[high] <= -1",
         "folds unseen"),
    ),
    *of(
        "events", "sparse.py::test_a_pitchfork_where_few_eigenvalues_are_known",
        ("-size if local.negative > order else size", "-size if local.negative >= order else size",
         "one count off"),
    ),
    *of(
        "dips", "switching.py::test_touch_where_three_branches_cross" + ORACLES,
        ("TOUCHES = 1e-5", "TOUCHES = 1e+5", "everything touches",
         "Newton on the defining system says what touches: it is asked more often"),
        ("2 * np.minimum(before, after)", "2e9 * np.minimum(before, after)", "dips unseen"),
        ("if value < -max(CROSSES * around, rounding):", "if False:", "two crossings unseen"),
        ("value >= -TOUCHES * around", "value <= -TOUCHES * around", "touches are crossings"),
    ),
    *of(
        "locate",
        "special_points.py::test_a_target_is_met_before_and_behind_a_fold_within_one_step runs.py"
        + ORACLES,
        ("w.inner(z - self.z[i], chord) / w.inner(chord, chord)",
         "w.inner(z - self.z[i], chord)", "no coordinate"),
        ("(s - 1) * h)", "s * h)", "the cubic from its other end"),
        ("h * t0[-1]), float(h * t1[-1])", "h * t1[-1]), float(h * t0[-1])",
         "slopes swapped",
         "only the start of Newton at a target, or of the search for a root instead of it"),
    ),
    *of(
        "identify",
        "special_points.py::test_the_pair_relatively_nearest_to_the_axis_comes_first "
        "special_points.py::test_a_jump_of_a_function_is_no_zero_of_it "
        "published.py::test_henon maps.py published.py::test_lorenz_1984_extended" + ORACLES,
        ("PAIR = 1e-6", "PAIR = 1e+6", "everything is zero"),
        ("np.abs(np.abs(1 + local.eigenvalues) - 1)", "np.abs(1 + local.eigenvalues) - 1",
         "the most stable multiplier is critical"),
        ("abs(critical + 2) < PAIR", "abs(critical + 1) < PAIR", "no flips"),
        ("v.imag > 0 and", "", "real eigenvalues are pairs"),
        ("key=lambda v: abs(v.real) / abs(v))", "key=lambda v: -abs(v.real) / abs(v))",
         "the pair farthest from the axis"),
        ("max(left, *(abs(e.value)", "min(left, *(abs(e.value)", "the smaller residual"),
    ),
    *of(
        "rates", "maps.py" + ORACLES,
        ("np.abs(1.0 + eigenvalues) - 1.0", "np.abs(eigenvalues) - 1.0",
         "multipliers are eigenvalues of dF/dx plus one"),
        ("_row_sums(r > tolerance)", "_row_sums(r >= -tolerance)", "zeros are positive"),
    ),
    *of(
        "rates", "linalg.py::test_rates_of_few_eigenvalues_are_counted_from_pivots",
        ("n - below - zero])", "below])", "positive rates"),
        ("np.where(negative >= 0, negative, n - zero - above)", "n - zero - above",
         "unknown eigenvalues are negative"),
    ),
    *of(
        "eigenvalues", "linalg.py::test_compiled_eigenvalues",
        ("least = -greater(-least, -abs(value))", "least = -greater(-least, -value)",
         "smallest singular value without modulus"),
        ("size = greater(size, greater(abs(diagonal[i]), abs(subdiagonal[i])))",
         "size = abs(diagonal[0])", "scaled by no norm"),
    ),
]  # fmt: skip

SWITCHING = [
    *of(
        "switching", "switching.py",
        ("ways = (1.0, -1.0)", "ways = (1.0,)", "the old branch is taken for a new one"),
        ("SAME_BRANCH = 1e-2", "SAME_BRANCH = 1e+2", "all branches are one"),
        ("[2 * qb + 3 * cbb,", "[qb + 3 * cbb,", "Newton on the sphere"),
        ("self.quadratic / 2, self.cubic * length / 6",
         "0 * self.quadratic, self.cubic * length / 6", "no quadratic terms"),
        ("total = total + problem.second(z, basis[:, i], slaved[:, j, k])",
         "total = total - problem.second(z, basis[:, i], slaved[:, j, k])",
         "sign of what the other unknowns add to the cubic"),
        ("for i, j, k in ((a, b, c), (b, a, c), (c, a, b)):", "for i, j, k in ((a, b, c),):",
         "a third of it"),
        ("quadratic[:, a, b] = quadratic[:, b, a] = psi.T @ f2", "quadratic[:, a, b] = psi.T @ f2",
         "no symmetric form"),
        ("MAX_DEVIATION * length", "MAX_DEVIATION * length * 0", "no branch is confirmed"),
    ),
    *of(
        "deflation", "diagram.py::test_a_deflated_step_is_one_of_newton_on_the_product "
        "diagram.py::test_deflation_finds_all_three_solutions "
        "diagram.py::test_isola_is_found_by_deflation_and_closed",
        ("-POWER * (m / (m + SHIFT)) * d / r2", "POWER * (m / (m + SHIFT)) * d / r2",
         "towards known solutions"),
        ("1.0 / (1.0 - slope)", "1.0 / (1.0 + slope)", "sign of Sherman and Morrison"),
        ("m / (m + SHIFT)", "m / (m - SHIFT)", "pole of the logarithm"),
        ("ITERATIONS, LONGEST = 60, 1.0", "ITERATIONS, LONGEST = 60, 1e-9",
         "steps of no length"),
    ),
]  # fmt: skip

MUTANTS = [*NEWTON, *RUNS, *EVENTS, *SWITCHING]
