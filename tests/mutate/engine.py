"""Signs and factors of the normal forms of the engine."""

from tests.mutate import table

FORMS, OSCILLATION = "continuation/normal_forms.py", "continuation/oscillation.py"
CLOSED_FORMS = ["tests/continuation/test_normal_forms.py"]


MUTANTS = [
    *table(
        FORMS, CLOSED_FORMS,
        ("    e = float(psi @ problem", "    e = -float(psi @ problem"),
        ('return {"quadratic": a, "cubic": d, "parameter": e}',
         'return {"quadratic": a / 2, "cubic": d, "parameter": e}'),
        ('return {"quadratic": a, "cubic": d, "parameter": e}',
         'return {"quadratic": a, "cubic": d / 6, "parameter": e}'),
        ('"mixed": b, "parameter": c, "cubic": d}', '"mixed": -b, "parameter": c, "cubic": d}'),
        ('"mixed": b, "parameter": c, "cubic": d}', '"mixed": b, "parameter": -c, "cubic": d}'),
        ("problem.second(z, e1, e2)", "problem.second(z, e1, e1)"),
        ("problem.second(z, e2, e2)", "problem.second(z, e1, e2)"),
        ("phi = phi / np.linalg.norm(phi)", "phi = phi * 1.0"),
        ("return phi, psi / product if", "return phi, psi / abs(product) if"),
        ('{"curvature": -a / e}', '{"curvature": a / e}'),
        ('{"curvature": -a / e}', '{"curvature": -a / (2 * e)}'),
        ('"curvature": -d / (3 * b)', '"curvature": d / (3 * b)'),
        ('"curvature": -d / (3 * b)', '"curvature": -d / (6 * b)'),
        ("float(d * problem.flow_sign < 0)", "float(d * problem.flow_sign > 0)"),
        ('{"slope": -2 * b / a}', '{"slope": 2 * b / a}'),
        ('{"slope": -2 * b / a}', '{"slope": -b / a}'),
        ("problem.third(z, e, e, e) + 3 * problem", "problem.third(z, e, e, e) - 3 * problem"),
        ("problem.third(z, e, e, e) + 3 * problem", "problem.third(z, e, e, e) + problem"),
        ("return np.append(off_kernel(problem, z, phi, psi, fp), 1.0)",
         "return np.append(off_kernel(problem, z, phi, psi, -fp), 1.0)"),
        ("rhs = np.concatenate([-right,", "rhs = np.concatenate([right,"),
    ),
    *table(
        OSCILLATION, CLOSED_FORMS,
        ("mean = solve(a, modulus)", "mean = -solve(a, modulus)"),
        ("double = -solve(shifted(a, 2j", "double = solve(shifted(a, 2j"),
        ("-2 * _second(problem, z, q, mean)", "-_second(problem, z, q, mean)"),
        ("(problem, p, terms) / (2 * omega)", "(problem, p, terms) / omega"),
        ("_real_part(problem, p, terms) / (2", "-_real_part(problem, p, terms) / (2"),
        ("mean = -solve(j, modulus)", "mean = solve(j, modulus)"),
        ("np.exp(2j * omega) - 1", "np.exp(2j * omega)"),
        ("        2 * _second(problem, z, q, mean)", "        _second(problem, z, q, mean)"),
        ("p * np.exp(1j * omega)", "p * np.exp(-1j * omega)"),
        ("turned, terms) / 2}", "turned, terms)}"),
        ("problem.third(z, e, e, e) / 6 +", "problem.third(z, e, e, e) / 3 +"),
        ("np.append(y, 0.0)) / 2", "np.append(y, 0.0))"),
        ("y = -solve(j, problem.second(z, e, e))", "y = solve(j, problem.second(z, e, e))"),
        ("q = q / np.linalg.norm(q)", "q = q * 1.0"),
        ("of_a - of_b + 2j * mixed", "of_a - of_b - 2j * mixed"),
        ("return of_a + of_b, of_a", "return of_a - of_b, of_a"),
    ),
]  # fmt: skip
