"""Weakened conditions of the checkers and provers of certificates."""

from tests.mutate import table

PLACE = "tests/continuation/certify"
SCHEMA = f"{PLACE}/test_schema.py"
GROUPS = {
    "problem": ("problem", "points", "unique"),
    "points": ("points", "ends"),
    "attractor": ("attractor",),
    "basin": ("basins",),
    "infinity": ("ends",),
    "limits": ("ends",),
    "optimum": ("optimum",),
    "any_optimum": ("any_optimum",),
    "complete": ("complete",),
    "complete_pairs": ("complete",),
    "complete_roots": ("complete",),
    "tube": ("branches",),
    "branch": ("branches",),
    "unique": ("unique",),
    "forms": ("unique",),
}
"""Module of the checker: the tests that notice its mutants, before those of the schemas."""


def tests_of(file):
    """Files of tests that notice the mutants of a file."""
    groups = GROUPS.get(file.rsplit("/", 1)[-1].removesuffix(".py"), ())
    return [*(f"{PLACE}/test_conditions_{group}.py" for group in groups), SCHEMA]


CHECKER = "continuation/certify/checker"


def of(file, *changes):
    path = f"{CHECKER}/{file}.py"
    return table(path, tests_of(path), *changes)


def dropped(file, *conditions):
    """Requirements that hold whatever comes."""
    return of(file, *((f"require({c}", "require(True") for c in conditions))


MUTANTS = [
    # one attractor
    *dropped("attractor", "indices[0] == 0", "0 not in indices[1:]", "problem.decay > 0", "apart"),
    *of(
        "attractor",
        ('STEEPEST = "0.448"', 'STEEPEST = "0.3"'),
        ("outputs = ((squares / decay).sqrt() / 2)", "outputs = ((squares / decay).sqrt() / 8)"),
        ("rows[k][d + k] += r * s[k]", "rows[k][d + k] += 0 * s[k]"),
        ("return least.union(most)", "return most"),
        ("if any(w[k] > 0 for k in dead)", "if dead"),
        ("_contracts(rates, box) and any(", "any("),
    ),
    # the problem
    *of(
        "problem",
        (
            '"weights": schema.optional(schema.rows(schema.real(0.0, 1.0), 2))',
            '"weights": schema.optional(schema.rows(schema.real(), 2))',
        ),
        ('"sigma": schema.real(0.0)', '"sigma": schema.real()'),
        ('"weight_decay": schema.real(0.0)', '"weight_decay": schema.real()'),
        ('"size": schema.optional(schema.real(2.0))', '"size": schema.optional(schema.real())'),
        ("total - 1) > n * WEIGHT_SUM_ROUNDING", "total - 1) > n * 1e-3"),
        (
            "Fraction(len(column), widths[name]) for name, column",
            "Fraction(fields['x'].__len__(), d) for name, column",
        ),
        ("whole >= 2 and p <= n * q", "whole >= 2"),
        ("loss += weight * r * r / 2", "loss += weight * r * r"),
        (
            "square[a][b] += weight * (jet.gradient[a] * jet.gradient[b])",
            "square[a][b] += weight * 0",
        ),
        ("curved[a][b] += weight * (r * jet.hessian[a][b])", "curved[a][b] += weight * 0 * r"),
        (
            "return [m + arb(0, radius) for m in centre]",
            "return [m + arb(0, radius) / 2 for m in centre]",
        ),
    ),
    *dropped("problem", 'size is None, "data with weights', "len(rows) > 1"),
    *dropped("problem", "model.to_json() == text"),
    *dropped(
        "any_optimum",
        "bound * bound <= total",
        "model.offset or not shared",
        "problem.taught",
        "bool(problem.decay == 0)",
        'problem.model.loss == "squared"',
        "silent",
    ),
    # points, lines, basins
    *dropped(
        "points",
        "rate < 1",
        "shift + rate * radius <= radius",
        "radius <= alone",
        "len(centre) == d",
        "tuple(claimed) ==",
        'claim["pieces"] == pieces',
        'claim["inertia"] == inside',
        'claim["unit"] < model.hidden - 1',
        "problem.decay == 0",
    ),
    *of(
        "points",
        ("require(rate < 1,", "require(rate < 1.001,"),
        (
            "require(shift + rate * radius <= radius",
            "require(shift + rate * radius <= radius * 1.001",
        ),
        ("around(centre, alone))\n", "around(centre, alone / 2))\n"),
        (
            "outside = (base[0] + across[1], 1, base[1] + across[0])",
            "outside = (base[0] + across[0], 1, base[1] + across[1])",
        ),
    ),
    *of(
        "points",
        (
            "if signs[0] == (-1, 1):",
            "if False:",
            "",
            "the two signs of the last coefficient give counts of other parity: refused as open",
        ),
        (
            "require(fits",
            "require(True",
            "",
            "a matrix of another shape fails where it is multiplied, which is refused too",
        ),
        (
            "require(base[output] > 0 or base[output] < 0",
            "require(True",
            "",
            "the transverse matrix is v* times another: its signs are open where that of v* is",
        ),
    ),
    *dropped(
        "basin",
        'ball <= claim["uniqueness_radius"]',
        'claim["inertia"] == (0, 0, d)',
        "away > 0",
        "level < lowest + curvature",
        "level > value",
        "distance < ball**2",
        "problem.derivatives(state)[0] < level",
        "len(state) == len(centre)",
    ),
    *of(
        "basin",
        ("curvature * away**2 / 2", "curvature * away**2"),
        ("lowest = value - radius * sum(", "lowest = value - 0 * sum("),
        ("away = ball - radius * arb(d).sqrt()", "away = ball"),
        ("return (1 - rate) / largest_row(inverse)", "return 1 / largest_row(inverse)"),
        ("distance < ball**2", "distance < 2 * ball"),
        ("around(centre, ball))", "around(centre, 0 * ball))"),
    ),
    # infinity
    *dropped("infinity", "slope < 0 or slope > 0", 'claim["inertia"] == stated'),
    *dropped("infinity", "abs(value) < 1", 'claim["subkind"] == subkind'),
    *of("infinity", ("normal.bends or bool(slope < 0)", "bool(slope > 0)")),
    *dropped(
        "limits",
        "model.is_tanh",
        "model.free_output and spent == model.hidden",
        "problem.decay == 0",
        "list(names) == shape.names",
        "len(walls) == len(shape.jumps)",
        "low <= wall <= high",
        "not shared",
    ),
    *of(
        "limits",
        ("ratio = _series(m) / _series(m - 1)", "ratio = -_series(m) / _series(m - 1)"),
        ("j not in held]", "True]"),
        ("== min(away.values())", "== max(away.values())"),
    ),
    # the optimum
    *dropped(
        "optimum",
        "constant > 0",
        "bound * bound <=",
        "constant * _stiffness",
        "spare == 0",
        "any(away)",
        "theta == stated",
        "silent,",
        "len(units) <= model.hidden",
        "all(w > 0 for w in widths)",
        "all(v != 0 for _, v in units)",
        "sp.expand(model.teacher_expr - total) == 0",
        "problem.taught and",
    ),
    *of(
        "optimum",
        ('"constant": schema.real(0.0, 1.0)', '"constant": schema.real(0.0)'),
        ("residual = problem.sigma * abs(e) + reach * gradient", "residual = arb(0)"),
        (
            "residual = problem.sigma * abs(e) + reach * gradient",
            "residual = problem.sigma * abs(e)",
        ),
        (
            "all(w > 0 for w in widths) and len(set(widths)) == len(units)",
            "all(w > 0 for w in widths)",
        ),
        ("shared / (spare + 1)", "shared"),
        ("abs(s).lower() > radius * sum(", "abs(s).lower() > radius / 2 * sum("),
    ),
    # complete lists
    *dropped(
        "complete_roots",
        "low <= a <= b <= high",
        "c >= place",
        "before * after < 0",
        "depth < 50",
        'len(claim["beside"]) ==',
    ),
    *of(
        "complete_roots",
        ("if not function(c, d)[1].contains(0):", "if True:"),
        ("    _require_none(name, function, place, high)\n", "    pass\n"),
        ("        _require_none(name, function, place, c)\n", "        pass\n"),
    ),
    *of(
        "complete_pairs",
        ("abs(entry) < 0.999", "abs(entry) < 999"),
        ("abs(entry) < 0.999", "abs(entry) < 1.01"),
        ("a > 0 and d > 0 and a * d - abs(b) * abs(c) > 0", "a > 0 and d > 0"),
        (
            "a > 0 and d > 0 and a * d - abs(b) * abs(c) > 0",
            "a * d - abs(b) * abs(c) > 0",
            "",
            "a and d hold 1: where one of them reaches zero, so does their product",
        ),
        ("slopes.append([inner(s, p) + inner(r, t)", "slopes.append([inner(s, p)"),
        ("slopes.append([inner(s, p) + inner(r, t)", "slopes.append([inner(r, t)"),
        ("value.append(inner(centred, p0))", "value.append(2 * inner(centred, p0))"),
    ),
    *dropped(
        "complete",
        "high > low",
        "apart",
        "a < b and c < d",
        "places[0] >= places[3]",
        "5 <= code < 5 + len(boxes)",
        "e[0] <= a and b <= e[1] and e[2] <= c and d <= e[3]",
        "next(nodes, None) is None",
        "code is not None",
        "b - a > 1",
        "d - c > 1",
        "depth < DEEPER",
        "inside",
        "ends[0] <= tiny[0]",
        "found is not None and found.has_zero()",
        "whole is not None and whole.injective()",
        "unpack.eof",
    ),
    *of("complete", ("places[0] >= places[3]", "places[0] >= places[2]")),
    *of(
        "complete",
        (
            "require(len(boxes) == len(pairs)",
            "require(True",
            "",
            "they are taken together strictly, and what that raises is refused too",
        ),
    ),
    # branches
    *of(
        "tube",
        ("OVERLAP = arb(1) / 32", "OVERLAP = arb(1) / 64"),
        ("require(abs(t) < 1,", "require(abs(t) < 2,"),
        ("require(abs(a - t * h) < r,", "require(abs(a - t * h) < 2 * r,"),
        ("require(shift[k] + pull < radii[k]", "require(pull < radii[k]"),
        ("require(abs(shift[k]) + pull < near[k]", "require(pull < near[k]"),
        ("0 < a < r", "0 < a"),
        ("0 < a < r", "a < r"),
        ("signs[0] != 0 and signs[1] != 0", "True"),
        ("return signs[0] != signs[1]", "return True"),
        (
            "bend = 60 * inside * (1 - inside) * (1 - 2 * inside)\n        second",
            "bend = 30 * inside * (1 - inside) * (1 - 2 * inside)\n        second",
        ),
        (
            "bend = 60 * inside * (1 - inside) * (1 - 2 * inside)\n    return",
            "bend = 30 * inside * (1 - inside) * (1 - 2 * inside)\n    return",
        ),
        ("return 30 * (inside * (1 - inside)) ** 2", "return 15 * (inside * (1 - inside)) ** 2"),
    ),
    *dropped(
        "tube",
        "shift[k] + pull < radii[k]",
        "abs(shift[k]) + pull < near[k]",
        "square > 0 and",
        "bent > 0 or bent < 0",
    ),
    *dropped("tube", "problem.size is None", 'parameter == "size" or', "problem.decay == 0"),
    *dropped(
        "branch",
        "lengths == {count}",
        "wide ==",
        "folds == sorted",
        "not folds or",
        "tube.turns() ==",
        'claim["inertias"][k] ==',
    ),
    *dropped("branch", "tuple(stated) =="),
    *of(
        "branch",
        ("            before.require_inside(points[k], near[k])\n", "            pass\n"),
        ("        tube.require_crossing(points[k], near[k])\n", ""),
    ),
    # the unique minimum
    *dropped(
        "unique",
        "h < 0.5",
        "distance <= near",
        "start.condition(near)[0] <= distance",
        "distance < radius",
        "off < 1",
        "any(bool(entry != 0)",
        "radius <= wide and radius <= other",
    ),
    *of(
        "unique",
        ("require(h < 0.5", "require(h < 5"),
        ("require(h < 0.5", "require(h < 0.5001"),
        ("return 2 * self.eta / (1 + root)", "return self.eta / (1 + root)"),
        ("radius <= wide and radius <= other", "radius <= wide"),
        ("radius <= wide and radius <= other", "radius <= other"),
        ("beta = 1 / (1 - off)", "beta = 1 - off"),
    ),
    *of(
        "unique",
        (
            "require(t <= wide",
            "require(True",
            "",
            "t ≤ distance < radius ≤ wide on the smaller ball, and t hardly grows with the ball",
        ),
    ),
    *of(
        "forms",
        ("yield powers, r * c", "yield powers, 0 * r * c"),
        ("a * b / 2", "a * b"),
        ("(int(m == 0) - square) / (m + 1)", "(int(m == 0) - square) / (m + 2)"),
        ("return min(arb(largest)", "return min(arb(0 * largest)"),
    ),
    # the format
    *dropped("check", 'type(record.get("version")) is int'),
    *dropped(
        "schema",
        "not unknown",
        "not missing",
        "len(fields) == len(pairs)",
        "low <= number <= high",
        "low <= value <= high",
    ),
    *dropped(
        "schema", "number.hex() == value", "least <= len(value) <= most", "type(value) is int"
    ),
    *of("check", ('"reason": schema.word("")', '"reason": schema.text(1000)')),
]
