"""The arithmetic of the checker: series, formulas, interpreted kernels, linear algebra."""

import math
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq, nmod

from symbolic.checker import Balls, FormulaRefused, Jet, Residues, apply, value_of
from symbolic.checker.execution import ExecutionRefused, Program, Rows, simplest
from symbolic.checker.linear import determinant, solve, with_vanishing_sums
from symbolic.checker.points import PRIME


def test_series_of_rational_functions_are_exact():
    s = Jet([fmpq(0), fmpq(1), fmpq(0), fmpq(0)])
    assert (1 / (1 - s)).c == (1, 1, 1, 1)
    assert ((1 + s) ** 3).c == (1, 3, 3, 1)
    assert ((1 + s) ** -2).c == (1, -2, 3, -4)
    assert (s * s / 2).derivative(2) == 1
    assert (2 - s).c == (2, -1, 0, 0)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("tanh", math.tanh),
        ("logistic", lambda u: 1 / (1 + math.exp(-u))),
        ("softplus", lambda u: math.log1p(math.exp(u))),
        ("sin", math.sin),
        ("erf", math.erf),
        ("exp", math.exp),
    ],
)
def test_balls_and_differential_equations_agree(name, exact):
    """Series in balls have the values of the functions and satisfy the equations of residues."""
    from symbolic.checker.points import _EQUATIONS, _solution

    functions, rule = _EQUATIONS[name]
    at = fmpq(3, 7)
    with ctx.workprec(200):
        points, u = Balls(0), arb(at)
        gauss = 2 * (-u * u).exp() / arb.pi().sqrt()
        start = [gauss if f == "gauss" else points.taylor(f, u, 0)[0] for f in functions]
        by_equation = _solution(start, rule, u, 4)[0]
        by_series = points.taylor(name, u, 4)
        assert float(by_series[0]) == pytest.approx(exact(3 / 7), rel=1e-14)
        for a, b in zip(by_equation, by_series, strict=True):
            assert (a - b).contains(0)
            assert (a - b).rad() < 1e-40


@pytest.mark.parametrize("name", ["tanh", "sin", "erf", "cos"])
def test_residues_keep_the_parity_of_functions(name):
    points = Residues(3)
    u = points.number()
    sign = 1 if name == "cos" else -1
    there, back = points.taylor(name, u, 3), points.taylor(name, -u, 3)
    assert back == [c * sign * (-1) ** m for m, c in enumerate(there)]


def test_an_unknown_function_has_only_the_parity_asked_for():
    odd, plain, zero = Residues(1, parity=-1), Residues(1), Residues(1, vanishing=True)
    u = odd.number()
    assert odd.taylor("phi", -u, 2) == [-odd.taylor("phi", u, 0)[0], *_signed(odd, u)]
    assert plain.taylor("phi", -u, 0) != [-plain.taylor("phi", u, 0)[0]]
    assert odd.taylor("phi", u * 0, 3)[::2] == [0, 0]
    assert zero.taylor("phi", u * 0, 1)[0] == 0 != zero.taylor("phi", u * 0, 1)[1]
    assert plain.taylor("phi", u, 3)[:2] == plain.taylor("phi", u, 1)


def _signed(points, u):
    _, first, second = points.taylor("phi", u, 2)
    return [first, -second]


def test_composition_is_the_chain_rule():
    points = Residues(5)
    w, x = points.number(), points.number()
    series = apply(points, "tanh", Jet([w, w * 0 + 1, w * 0]) * x)
    t = points.taylor("tanh", w * x, 0)[0]
    assert series.c[0] == t
    assert series.derivative(1) == x * (1 - t * t)
    assert series.derivative(2) == -2 * x * x * t * (1 - t * t)


def test_formulas_have_their_values():
    names = {"a": fmpq(2), "b": fmpq(3)}
    assert value_of("-a**2/(b - 1) + 7*a", names) == 12
    assert value_of("(1/3)*b", names) == 1
    with ctx.workprec(100):
        points = Balls(0)
        root = value_of("sqrt(a)*a**(1/2)", names, lambda name, u: apply(points, name, u))
        assert abs(float(root) - 2.0) < 1e-15


@pytest.mark.parametrize(
    "text",
    ["a.b", "a[0]", "__import__('os')", "lambda: 1", "a and b", "c", "1.5", "f(a)", "a**1000",
     "a**b", "1/0", "", "a b", "'text'", "True", "a if b else a", "(" * 500],
)  # fmt: skip
def test_other_syntax_is_refused(text):
    with pytest.raises(FormulaRefused):
        value_of(text, {"a": fmpq(1), "b": fmpq(2)})


def test_a_program_is_interpreted_exactly():
    source = '''
WORK_SHAPE = (2, 4)
OUTPUT_WEIGHTS = (0.5,)

def third(row, n):
    """Text."""
    total = 0.0
    for i in range(n):
        x, y = row[i], OUTPUT_WEIGHTS[0]
        total += x/3.0 if i == 0 else -x*y
    row[:n] = row[:n]
    row[0], row[1] = total, x**2
    return total
'''
    program = Program(source, {}, {})
    row = Rows([fmpq(1), fmpq(4)])
    assert program.call("third", row, 2) == fmpq(1, 3) - 2
    assert row == [fmpq(-5, 3), 16]
    assert program.work_rows == 2


@pytest.mark.parametrize(
    "body",
    ["import os", "while True: pass", "return open('f')", "x = [1]", "return x.dtype",
     "return unknown(1)", "del x", "return x < 1", "global y", "return math.nosuch(1)"],
)  # fmt: skip
def test_other_programs_are_refused(body):
    program = Program(f"def f(x):\n    {body}\n", {}, {})
    with pytest.raises(ExecutionRefused):
        program.call("f", fmpq(1))


@pytest.mark.parametrize("number", [1 / 3, 0.1, -2.5, 1e-9 / 3, math.pi])
def test_printed_numbers_are_read_as_what_rounds_to_them(number):
    exact = simplest(number)
    assert float(Fraction(int(exact.p), int(exact.q))) == number
    if number == 1 / 3:
        assert exact == fmpq(1, 3)


def test_linear_algebra_over_residues():
    a = [[nmod(n, PRIME) for n in row] for row in ((0, 2, 1), (1, 1, 0), (3, 0, 5))]
    assert determinant(a) == nmod(-13, PRIME)
    x = solve(a, [nmod(n, PRIME) for n in (5, 3, 13)])
    for row, b in zip(a, (5, 3, 13), strict=True):
        assert sum((p * q for p, q in zip(row, x, strict=True)), nmod(0, PRIME)) == b
    r = with_vanishing_sums(a[:2], [nmod(7, PRIME)] * 3)
    assert all(sum((p * q for p, q in zip(row, r, strict=True)), r[0] * 0) == 0 for row in a[:2])
    assert determinant([[fmpq(1), fmpq(2)], [fmpq(2), fmpq(4)]]) == 0
