"""Source text of the Numba kernels of a model's loss, printed from the derivatives of its unit.

A kernel file holds the sources of three modules written by hand (`HAND_WRITTEN`) and the functions
printed here, and imports nothing else of this package but their decorator. It depends on the
structure of the model only: teacher, data and parameters of the loss are arguments.
"""

import ast
from functools import cache
from importlib import resources

from symbolic.hessian_text import tiled_block, unrolled_block, unrolled_gradient
from symbolic.model import Model
from symbolic.printing import assignments
from symbolic.unit_text import BLOCK_ARGUMENTS, ENTRY, EXACT, FAST, PLAIN, UnitText, function, over
from symbolic.units import unit_of

HAND_WRITTEN = ("kernel_functions", "kernel_sums", "kernel_passes")
"""Modules whose sources begin a kernel file, each after those that it imports."""

_ENTRY = """
{name}_whole = {name}_of({name}_block)


def {name}(theta, p, constants, data, work, F, J, Fp):
    return {name}_whole(
        borrowed(theta), p, borrowed(constants), borrowed(data), borrowed(work),
        borrowed(F), borrowed(J), borrowed(Fp),
    )
"""
_ENTRY_POINTS = ("evaluate", "gradient", "jet")


def kernel_source(model: Model) -> str:
    """Complete text of a model's kernel file."""
    kernel = UnitText(unit_of(model), model)
    weights = tuple(float(v) for v in kernel.model.output_weights or ())
    head = f"\n\nWORK_SHAPE = {kernel.work_shape}\nOUTPUT_WEIGHTS = {weights}\n"
    parts = [activations(kernel), values(kernel), unit_jet(kernel)]
    if kernel.unrolled:
        parts += [unrolled_gradient(kernel), unrolled_block(kernel)]
    else:
        parts += [unit_gradient(kernel), gradient_block(kernel), tiled_block(kernel)]
    blocks = [jet_block(kernel), network(kernel)]
    entries = [_ENTRY.format(name=name) for name in _ENTRY_POINTS]
    return "".join([hand_written(), head, *parts, *blocks, *entries])


@cache
def hand_written() -> str:
    """Hand-written half of every kernel file, without the imports among its modules."""
    sources = resources.files(__package__)
    return "\n\n".join(_alone(sources.joinpath(f"{m}.py").read_text("utf-8")) for m in HAND_WRITTEN)


def _alone(source: str) -> str:
    """A module's source without its imports from the other hand-written modules."""
    others = {f"{__package__}.{module}" for module in HAND_WRITTEN}
    left_out = {
        line
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module in others
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    kept = enumerate(source.splitlines(keepends=True), 1)
    return "".join(line for number, line in kept if number not in left_out)


def activations(kernel: UnitText) -> str:
    """Fill the rows of the ring, for every number of rows that is needed."""
    text = ""
    for size in sorted(set(kernel.sizes.values()) - {0}):
        expressions = kernel.unit.ring.values[:size]
        targets = [f"row{j}[i]" for j in range(size)]
        body = ["x_i = x[i]", *assignments(["u"], [kernel.unit.argument], kernel.names())]
        body += assignments(targets, expressions, kernel.names())
        arguments = f"{kernel.parameters}, x{kernel.row_names(size)}"
        text += function(EXACT, f"activate_{size}", arguments, over("x.size", body))
    return text


def values(kernel: UnitText) -> str:
    """Add a unit's output, and its derivatives along a direction, to the residuals."""
    text = ""
    taylor = kernel.unit.along(kernel.unit.value, 3)
    for name, order, directions in (("add_value", 0, ""), ("add_taylor", 3, kernel.directions)):
        expressions = taylor[: order + 1]
        size = kernel.ring_size(expressions)
        names = [f"r{m}" for m in range(order + 1)]
        body = ["x_i = x[i]", *kernel.loads(expressions)]
        body += assignments([f"d{m}" for m in range(order + 1)], expressions, kernel.names())
        body += [f"{r}[i] += d{m}" for m, r in enumerate(names)]
        extra = f"{directions}, " if directions else ""
        arguments = f"{kernel.parameters}, {extra}x{kernel.row_names(size)}, {', '.join(names)}"
        text += function(FAST, name, arguments, over("x.size", body))
    return text


def unit_gradient(kernel: UnitText) -> str:
    """Sum_i r_i do/dp for every parameter of a unit; r is weighted already."""
    many = range(len(kernel.unit.parameters))
    terms = [(f"g{a}", f"r0[i]*j{a}") for a in many]
    targets = [f"j{a}" for a in many]
    return kernel.sums("unit_gradient", "r0", kernel.unit.gradient, targets, terms)


def unit_jet(kernel: UnitText) -> str:
    """Derivatives of the unit's gradient of the loss along the direction, orders 0 to 3."""
    many = range(len(kernel.unit.parameters))
    expressions = [e for g in kernel.unit.gradient for e in kernel.unit.along(g, 3)]
    targets = [f"j{a}_{m}" for a in many for m in range(4)]
    leibniz = (
        "r0[i]*j{a}_0",
        "r1[i]*j{a}_0 + r0[i]*j{a}_1",
        "r2[i]*j{a}_0 + 2.0*r1[i]*j{a}_1 + r0[i]*j{a}_2",
        "r3[i]*j{a}_0 + 3.0*r2[i]*j{a}_1 + 3.0*r1[i]*j{a}_2 + r0[i]*j{a}_3",
    )
    terms = [(f"g{a}_{m}", leibniz[m].format(a=a)) for a in many for m in range(4)]
    extra = f"{kernel.directions}, r0, r1, r2, r3"
    return kernel.sums("unit_jet", extra, expressions, targets, terms)


def gradient_block(kernel: UnitText) -> str:
    """Gradient of the loss over a block, unit by unit."""
    unit, row, last = kernel.unit, f"work[{kernel.residual_row}]", kernel.model.dimension - 1
    many = range(len(unit.parameters))
    rows = kernel.rows(kernel.ring_size(unit.gradient))
    body = [f"sums = unit_gradient({kernel.parameters}, x{rows}, {row})"]
    body += [f"F[{a * unit.count} + k] += scale[0]*sums[{a}]" for a in many]
    lines = [*kernel.residuals("gradient"), f"square = weigh({row}, weights, x.size)"]
    lines += kernel.over_units(body)
    if kernel.model.offset:
        lines += [f"F[{last}] += scale[0]*total_of({row}, x.size)"]
    lines += ["return 0.5*scale[0]*square"]
    return function(PLAIN, "gradient_block", BLOCK_ARGUMENTS, lines)


def jet_block(kernel: UnitText) -> str:
    """Taylor derivatives of the loss over a block."""
    unit, first, last = kernel.unit, kernel.residual_row, kernel.model.dimension - 1
    many = range(len(unit.parameters))
    residuals = [f"work[{first + m}]" for m in range(4)]
    expressions = [e for g in unit.gradient for e in unit.along(g, 3)]
    lines = [f"start_residual({residuals[0]}, {kernel.start}, sigma, target, noise)"]
    step = f"J[0, {last}]" if kernel.model.offset else "0.0"
    starts = (step, "0.0", "0.0")
    lines += [f"fill({r}, x.size, {s})" for r, s in zip(residuals[1:], starts, strict=True)]
    fills = [*kernel.activate("jet"), kernel.add("add_taylor", 3)]
    lines += kernel.over_units(fills, directions=True)
    lines += [f"square = weigh({residuals[0]}, weights, x.size)"]
    lines += [f"weigh({r}, weights, x.size)" for r in residuals[1:]]
    rows = kernel.rows(kernel.ring_size(expressions))
    call = f"unit_jet({kernel.parameters}, x{rows}, {kernel.directions}, {', '.join(residuals)})"
    body = [f"sums = {call}"]
    for a in many:
        body += _jet_deposits(f"{a * unit.count} + k", f"e{a}", f"sums[{4 * a} + {{m}}]")
    lines += kernel.over_units(body, directions=True)
    if kernel.model.offset:
        lines += [f"sums = ({', '.join(f'total_of({r}, x.size)' for r in residuals)})"]
        lines += _jet_deposits(str(last), f"J[0, {last}]", "sums[{m}]")
    lines += ["return 0.5*scale[0]*square"]
    return function(PLAIN, "jet_block", BLOCK_ARGUMENTS, lines)


def _jet_deposits(index: str, direction: str, sums: str) -> list[str]:
    return [
        f"F[{index}] += scale[0]*{sums.format(m=0)}",
        f"Fp[2] += scale[0]*{direction}*{sums.format(m=1)}",
        f"J[1, {index}] += scale[0]*{sums.format(m=2)}",
        f"J[2, {index}] += scale[0]*{sums.format(m=3)}",
    ]


def network(kernel: UnitText) -> str:
    """The network function, without buffers."""
    unit, size = kernel.unit, kernel.ring_size([kernel.unit.value])
    body = ["x_i = x[i]"]
    if size:
        body += assignments(["u"], [unit.argument], kernel.names())
        body += assignments([f"z{j}" for j in range(size)], unit.ring.values[:size], kernel.names())
    body += assignments(["o"], [unit.value], kernel.names(), prefix="h")
    body += ["out[i] += o"]
    lines = over("x.size", body)
    text = function(EXACT, "unit_network", f"{kernel.parameters}, x, out", lines)
    call = f"unit_network({kernel.parameters}, x, out)"
    lines = [f"fill(out, x.size, {kernel.start})", *kernel.over_units([call])]
    return text + function(ENTRY, "network", "theta, x, out", lines)
