"""Theorem 1b: the printed kernels evaluate the derived expressions.

*Proof.* The text of the loops over samples is parsed back into SymPy, statement by statement, and
what they add to each sum is expanded and compared with the derived expression.

*Check.* The whole text, buffers, tiles and calls included, is executed in exact arithmetic on
three random samples, where tanh(u) at a random u is a random number; loss, gradient, Hessian and
jets must be those of the loss's power series there.

Not covered, and said so in the assumptions: rounding, and the values that the kernel's own tanh
returns (the tests compare them with 40-digit arithmetic).
"""

import ast
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from symbolic.activations import U
from symbolic.checker.execution import ExecutionRefused, Program, Rows, zeros
from symbolic.checker.formulas import FormulaRefused
from symbolic.checker.networks import Samples, dimension, line, loss, network, points_for
from symbolic.checker.points import Points, apply, seed_of
from symbolic.codegen import kernel_source
from symbolic.derivatives import derive
from symbolic.functions import SYMPY_FUNCTIONS
from symbolic.model import Model
from symbolic.theorems.proof import conclude, undecided
from symbolic.unit_text import UnitText
from symbolic.units import unit_of
from symbolic.verdict import Verdict

NAME = "printed kernels"
STATEMENT = (
    "the kernels printed for this model evaluate loss, gradient, Hessian and jets as derived"
)
STATEMENTS = (STATEMENT,)
FIELDS = (frozenset({"model", "source", "sha256"}),)
ASSUMPTIONS = (
    "exact arithmetic: rounding is left out, printed numbers stand for the simplest rationals "
    "that round to them, and elementary functions for their exact values",
    "the sweep over blocks of samples and the settings of a loss are not part of the statement",
)
_SAMPLES = 3
_SCALE = (1, 2, 3)  # of loss and gradient; in Fp of the gradient, of minus its slope in sigma
_ORDER = 4  # of the jets that kernels return
_TILE = 16  # products that a tile writes into a row of scratch
_WIDEST = 64  # units whose whole kernel is executed in exact arithmetic in a few seconds


def applies(model: Model) -> bool:
    """To every model with a printed kernel that is executed in reasonable time."""
    return not model.is_network and model.hidden <= _WIDEST


def prove(model: Model, source: str | None = None) -> Verdict:
    """Compare a kernel file, `kernel_source(model)` unless another is given, with the derivation.

    Parameters
    ----------
    model
        The model.
    source
        Text of a kernel file.
    """
    source = kernel_source(model) if source is None else source
    content = {"model": model.to_json(), "source": source, "sha256": _digest(source)}
    defects = dict(_defects(model, source))
    return conclude(NAME, STATEMENT, ASSUMPTIONS, defects, content)


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


# -- proof: the loops, parsed back -------------------------------------------------------------


def _defects(model: Model, source: str) -> Iterator[tuple[str, sp.Expr]]:
    text = UnitText(unit_of(model), model)
    functions = {f.name: f for f in ast.parse(source).body if isinstance(f, ast.FunctionDef)}
    argument = {U: text.unit.argument} if text.unit.ring.symbols else {}
    for name, (symbols, expected) in _expected(text).items():
        found = _loop(functions[name], symbols)
        for target, value in expected.items():
            defect = found.get(target, undecided("no_such_sum")) - value
            yield f"{name}: {target}", defect.xreplace(argument)


Loop = tuple[dict[str, sp.Expr], dict[str, sp.Expr]]


def _expected(text: UnitText) -> dict[str, Loop]:
    """Function: the meaning of its names, and what its loop should assign or add."""
    unit, many = text.unit, range(len(text.unit.parameters))
    symbols = {str(new): old for old, new in text.names().items()}
    if unit.ring.symbols:
        symbols["u"] = unit.argument
    r = {f"r{m}[i]": sp.Symbol(f"r{m}", real=True) for m in range(4)}
    rows = {f"row{j}[i]": z for j, z in enumerate(unit.ring.symbols)}
    symbols = {**symbols, **r, **rows, "x[i]": unit.input, "weights[i]": sp.Integer(1)}
    symbols["root[i]"] = sp.Integer(1)
    jets = [unit.along(g, 3) for g in unit.gradient]
    r0, r1, r2, r3 = r.values()
    taylor = unit.along(unit.value, 3)
    table = {
        "add_value": {"r0[i]": unit.value},
        "add_taylor": {f"r{m}[i]": taylor[m] for m in range(4)},
        "unit_gradient": {f"g{a}": r0 * unit.gradient[a] for a in many},
        "unit_jet": {
            f"g{a}_{m}": entry
            for a in many
            for m, entry in enumerate(_leibniz(jets[a], (r0, r1, r2, r3)))
        },
    }
    if text.unrolled:
        del table["unit_gradient"]  # gradients are one loop over the samples, too
        names, sums = _whole(text)
        first = {k: v for k, v in sums.items() if k == "value" or k.startswith("g")}
        whole = {"evaluate_sums": (names, sums), "gradient_sums": (names, first)}
        return {k: (symbols, v) for k, v in table.items()} | whole
    table["unit_features"] = {f"out{a}[i]": unit.gradient[a] for a in many}
    table["unit_curvature"] = {f"s{m}": r0 * e for m, e in enumerate(unit.hessian.values())}
    return {k: (symbols, v) for k, v in table.items()}


def _leibniz(jet: Sequence[sp.Expr], r: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Derivatives of a product of two jets."""
    return [
        sp.Add(*(sp.binomial(m, j) * r[m - j] * jet[j] for j in range(m + 1))) for m in range(4)
    ]


def _whole(text: UnitText) -> Loop:
    """The loop over samples of the network as a whole."""
    derivation, unit = derive(text.model), text.unit
    symbols: dict[str, sp.Expr] = {}
    for k in range(unit.count):
        names = derivation._names(k)
        for old, new in text.names(f"_{k}").items():
            symbols[str(new)] = names.get(old, old)
        argument = unit.argument.xreplace(names) if unit.ring.symbols else U
        symbols[f"u_{k}"] = argument
        for j, z in enumerate(unit.ring.symbols):
            symbols[f"row{j}_{k}[i]"] = names[z]
    if text.model.offset:
        symbols["offset"] = derivation.parameters[-1]
    omega, sigma = sp.Symbol("omega", real=True), derivation.sigma
    symbols |= {"x[i]": unit.input, "target[i]": derivation.target, "noise[i]": derivation.noise}
    symbols |= {"weights[i]": omega, "sigma": sigma}
    many = range(text.model.dimension)
    plain = {derivation.rho: sp.Integer(0)}
    gradient = [g.xreplace(plain) for g in derivation.gradient]
    expected = {"value": omega * derivation.residual**2}
    expected |= {f"g{a}": omega * gradient[a] for a in many}
    expected |= {f"n{a}": -omega * derivation.noise_derivative[a] for a in many}
    for a in many:
        for b in range(a, text.model.dimension):
            expected[f"h{a}_{b}"] = omega * derivation.hessian[a, b].xreplace(plain)
    return symbols, expected


def _loop(function: ast.FunctionDef, symbols: Mapping[str, sp.Expr]) -> dict[str, sp.Expr]:
    """What the loop over samples assigns or adds, from its text."""
    (loop,) = (node for node in function.body if isinstance(node, ast.For))
    values = dict(symbols)
    sums: dict[str, sp.Expr] = {}
    for node in loop.body:
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            sums[ast.unparse(node.target)] = _parsed(node.value, values)
        elif isinstance(node, ast.Assign):
            name = ast.unparse(node.targets[0])
            values[name] = _parsed(node.value, values)
        else:
            raise ExecutionRefused(f"not accepted: {ast.unparse(node)[:80]}")
    return {**{k: v for k, v in values.items() if k not in symbols}, **sums}


_OPERATORS: Mapping[type, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def _parsed(node: ast.expr, values: Mapping[str, sp.Expr]) -> sp.Expr:
    """SymPy expression of kernel text."""
    match node:
        case ast.Constant(value=float() | int() as number):
            return sp.Rational(number).limit_denominator(10**6)
        case ast.Name() | ast.Subscript() if ast.unparse(node) in values:
            return values[ast.unparse(node)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_parsed(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_parsed(left, values), _parsed(right, values))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[argument]):
            return SYMPY_FUNCTIONS[name](_parsed(argument, values))
    raise ExecutionRefused(f"not accepted: {ast.unparse(node)[:80]}")


# -- check: the whole text, executed -----------------------------------------------------------


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether the executed text agrees with power series of the loss; see the top of this file."""
    if content["sha256"] != _digest(content["source"]):
        return False
    try:
        return _executed_agrees(content["source"], model, points_for(model, seed_of(content)))
    except (ExecutionRefused, FormulaRefused):
        return False


def _executed_agrees(source: str, model: Mapping[str, Any], points: Points) -> bool:
    roots = [points.number() for _ in range(_SAMPLES)]
    random = Samples.random(points, _SAMPLES)
    samples = Samples(random.x, random.target, random.noise, [q * q for q in roots])
    theta, e = ([points.number() for _ in range(dimension(model))] for _ in range(2))
    sigma = points.number()
    root_of = {str(w): q for w, q in zip(samples.weight, roots, strict=True)}
    program = Program(source, _functions(points, root_of), _constants(points))
    curve = loss(points, model, line(theta, e, _ORDER), samples, sigma)
    noisy = loss(points, model, line(theta, e, _ORDER), samples, line([sigma], [1], _ORDER)[0])
    squares = sum(w * z * z for w, z in zip(samples.weight, samples.noise, strict=True))
    mixed = (noisy.derivative(2) - curve.derivative(2) - squares) / 2
    pairs = [*_evaluated(program, theta, sigma, samples, e, curve, mixed)]
    pairs += [*_jets(program, theta, sigma, samples, e, curve)]
    out = zeros([_SAMPLES])
    program.call("network", Rows(theta), Rows(samples.x), out)
    pairs += [(network(points, model, theta, x), f) for x, f in zip(samples.x, out, strict=True)]
    return all(points.same(a, b) for a, b in pairs)


def _evaluated(
    program: Program,
    theta: list[Any],
    sigma: Any,
    samples: Samples,
    e: list[Any],
    curve: Any,
    mixed: Any,
) -> Iterator[tuple[Any, Any]]:
    """Loss and its derivatives along e by `evaluate_block`; loss and slope by the gradient's."""
    many = range(len(theta))
    value, F, J, Fp = _run(program, "evaluate_block", theta, sigma, samples, e)
    yield curve.c[0], value
    expected = _SCALE[1] * curve.derivative(1) - _SCALE[2] * mixed
    yield expected, sum((e[a] * Fp[a] for a in many), start=0)
    yield curve.derivative(1), sum((e[a] * F[a] for a in many), start=0)
    upper = ((a, b) for a in many for b in range(a, len(theta)))
    terms = ((1 if a == b else 2) * e[a] * e[b] * J[a][b] for a, b in upper)
    yield curve.derivative(2), sum(terms, start=0)
    value, F, *_ = _run(program, "gradient_block", theta, sigma, samples, e)
    yield curve.c[0], value
    yield curve.derivative(1), sum((e[a] * F[a] for a in many), start=0)


def _jets(
    program: Program, theta: list[Any], sigma: Any, samples: Samples, e: list[Any], curve: Any
) -> Iterator[tuple[Any, Any]]:
    """Derivatives of orders 0 to 4 along e by `jet_block`."""
    many = range(len(theta))
    value, F, J, Fp = _run(program, "jet_block", theta, sigma, samples, e, direction=True)
    yield curve.c[0], value
    yield curve.derivative(1), sum((e[a] * F[a] for a in many), start=0)
    yield curve.derivative(2), Fp[2]
    for m in (1, 2):
        yield curve.derivative(m + 2), sum((e[a] * J[m][a] for a in many), start=0)


def _run(
    program: Program,
    name: str,
    theta: list[Any],
    sigma: Any,
    samples: Samples,
    e: list[Any],
    direction: bool = False,
) -> tuple[Any, Rows, Rows, Rows]:
    d = len(theta)
    F, J, Fp = zeros([d]), zeros([max(d, 3), d]), zeros([max(d, 5)])
    if direction:
        J[0] = Rows(e)
    work = zeros([program.work_rows, _TILE])
    columns = [Rows(c) for c in (samples.x, samples.target, samples.noise, samples.weight)]
    value = program.call(name, Rows(theta), sigma, *columns, work, _SCALE, F, J, Fp)
    return value, F, J, Fp


def _functions(points: Points, roots: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Elementary functions at random points, and the known roots of the weights."""

    def plain(name: str) -> Callable[[Any], Any]:
        return lambda argument: apply(points, name, argument)

    def sqrt(argument: Any) -> Any:
        return roots.get(str(argument), None) or apply(points, "sqrt", argument)

    return {**{name: plain(name) for name in SYMPY_FUNCTIONS}, "sqrt": sqrt}


def _constants(points: Points) -> dict[float, Any]:
    root = apply(points, "sqrt", points.pi)
    return {math.pi: points.pi, 2 / math.sqrt(math.pi): 2 / root, math.sqrt(math.pi): root}
