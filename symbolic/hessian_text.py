"""Sums of gradient and Hessian over a block of samples, in two ways from the same derivatives.

With few parameters one loop holds every sum in a register; with many, rows of the Jacobian are
buffered and multiplied in tiles.
"""

import sympy as sp

from symbolic.printing import assignments
from symbolic.unit_text import BLOCK_ARGUMENTS, FAST, PLAIN, UnitText, function, over


def unrolled_block(kernel: UnitText) -> str:
    """All sums of loss, gradient, Hessian and its change with p in one loop over a block."""
    d = kernel.model.dimension
    gradient, hessian = _network_derivatives(kernel)
    sums = [f"n{a}" for a in range(d)] + [f"h{a}_{b}" for a in range(d) for b in range(a, d)]
    terms = [f"n{a} += eps*j{a}" for a in range(d)]
    for a in range(d):
        for b in range(a, d):
            curvature = f" + weighted*d{a}_{b}" if (a, b) in hessian else ""
            terms.append(f"h{a}_{b} += (omega*j{a})*j{b}{curvature}")
    deposits = [f"Fp[{a}] += scale[1]*g{a} + scale[2]*n{a}" for a in range(d)]
    deposits += [f"J[{a}, {b}] += scale[0]*h{a}_{b}" for a in range(d) for b in range(a, d)]
    curved = {f"d{a}_{b}": entry for (a, b), entry in hessian.items()}
    return _unrolled(
        kernel, "evaluate", gradient | curved, (sums, ["eps = omega*noise[i]", *terms], deposits)
    )


def unrolled_gradient(kernel: UnitText) -> str:
    """The same of loss and gradient alone."""
    return _unrolled(kernel, "gradient", _network_derivatives(kernel)[0], ([], [], []))


def _unrolled(
    kernel: UnitText,
    name: str,
    derivatives: dict[str, sp.Expr],
    further: tuple[list[str], list[str], list[str]],
) -> str:
    """One loop over a block; beside loss and gradient further sums, their terms and deposits."""
    d, size, units = kernel.model.dimension, kernel.sizes[name], range(kernel.unit.count)
    more, terms, deposits = further
    targets = ["f", *derivatives]
    expressions = [_network_value(kernel), *derivatives.values()]
    loop = ["x_i = x[i]", *_all_loads(kernel, name), *assignments(targets, expressions, {})]
    loop += ["r = f - target[i] - sigma*noise[i]", "omega = weights[i]"]
    loop += ["weighted = omega*r", "value += weighted*r"]
    loop += [*(f"g{a} += weighted*j{a}" for a in range(d)), *terms]
    head = [*_all_parameters(kernel), "value = 0.0"]
    head += [f"{one} = 0.0" for one in (*(f"g{a}" for a in range(d)), *more)]
    ends = [*(f"F[{a}] += scale[0]*g{a}" for a in range(d)), *deposits]
    body = [*head, *over("x.size", loop), *ends, "return 0.5*scale[0]*value"]
    common = "theta, sigma, x, target, noise, weights, scale, F, J, Fp"
    names = "".join(kernel.row_names(size, f"_{k}") for k in units)
    lines = []
    for k in units:
        lines += kernel.unit_lines(str(k)) + kernel.activate(name, str(k))
    rows = "".join(kernel.rows(size, str(k)) for k in units)
    lines += [f"return {name}_sums({common}{rows})"]
    return function(FAST, f"{name}_sums", common + names, body) + function(
        PLAIN, f"{name}_block", BLOCK_ARGUMENTS, lines
    )


def _all_parameters(kernel: UnitText) -> list[str]:
    unit, lines = kernel.unit, []
    for k in range(unit.count):
        many = range(len(unit.parameters))
        lines += [f"p{a}_{k} = theta[{a * unit.count + k}]" for a in many]
        lines += [f"k{a}_{k} = OUTPUT_WEIGHTS[{k}]" for a in range(len(unit.constants))]
    return [*lines, *(["offset = " + kernel.start] if kernel.model.offset else [])]


def _all_loads(kernel: UnitText, name: str) -> list[str]:
    unit = kernel.unit
    curved = unit.hessian.values() if name == "evaluate" else ()
    needed = [unit.value, *unit.gradient, *curved]
    return [line for k in range(unit.count) for line in kernel.loads(needed, f"_{k}")]


def _network_value(kernel: UnitText) -> sp.Expr:
    units = [kernel.unit.value.xreplace(kernel.names(f"_{k}")) for k in range(kernel.unit.count)]
    return sp.Add(*units, *([sp.Symbol("offset", real=True)] if kernel.model.offset else []))


def _network_derivatives(
    kernel: UnitText,
) -> tuple[dict[str, sp.Expr], dict[tuple[int, int], sp.Expr]]:
    unit, gradient, hessian = kernel.unit, {}, {}
    for k in range(unit.count):
        names = kernel.names(f"_{k}")
        for a, entry in enumerate(unit.gradient):
            gradient[f"j{a * unit.count + k}"] = entry.xreplace(names)
        for (a, b), entry in unit.hessian.items():
            hessian[a * unit.count + k, b * unit.count + k] = entry.xreplace(names)
    if kernel.model.offset:
        gradient[f"j{kernel.model.dimension - 1}"] = sp.Integer(1)
    return gradient, hessian


def tiled_block(kernel: UnitText) -> str:
    """Rows of the Jacobian unit by unit, then their Gram matrix."""
    unit, d, first = kernel.unit, kernel.model.dimension, kernel.feature_row
    many, entries = range(len(unit.parameters)), list(unit.hessian.items())
    rows = kernel.rows(kernel.ring_size(unit.gradient))
    outputs = ", ".join(f"work[{first + a * unit.count} + k]" for a in many)
    residual, root, products = (f"work[{kernel.residual_row + m}]" for m in range(3))
    body = [f"unit_features({kernel.parameters}, x{rows}, {root}, {outputs})"]
    if entries:
        curved = kernel.rows(kernel.ring_size(unit.hessian.values()))
        body += [f"sums = unit_curvature({kernel.parameters}, x{curved}, {residual}, weights)"]
    for m, ((a, b), _) in enumerate(entries):
        body += [f"J[{a * unit.count} + k, {b * unit.count} + k] += scale[0]*sums[{m}]"]
    lines = [f"square_roots({root}, weights, x.size)", *kernel.residuals("evaluate")]
    lines += kernel.over_units(body)
    if kernel.model.offset:
        lines += [f"work[{first + d - 1}][:x.size] = {root}[:x.size]"]
    lines += [f"multiply(work[{first + d}], {residual}, {root}, x.size)"]
    lines += [f"multiply(work[{first + d + 1}], noise, {root}, x.size)"]
    lines += [f"rows = work[{first}:]", f"r, eps = rows[{d}], rows[{d + 1}]"]
    # what lies there by chance may be denormal, and slow
    lines += [f"fill(rows[{row}], x.size, 0.0)" for row in range(d + 2, d + 4)]
    lines += [f"add_gram(rows, {d}, x.size, {products}, scale[0], J)"]
    lines += [f"for a in range({d}):", "    g, n = two_products(rows[a], r, eps, x.size)"]
    lines += ["    F[a] += scale[0]*g", "    Fp[a] += scale[1]*g + scale[2]*n"]
    lines += ["return 0.5*scale[0]*two_products(r, r, eps, x.size)[0]"]
    block = function(PLAIN, "evaluate_block", BLOCK_ARGUMENTS, lines)
    return _features(kernel) + _curvature(kernel) + block


def _features(kernel: UnitText) -> str:
    unit = kernel.unit
    size, many = kernel.ring_size(unit.gradient), range(len(unit.parameters))
    body = ["x_i = x[i]", *kernel.loads(unit.gradient)]
    body += assignments([f"j{a}" for a in many], unit.gradient, kernel.names())
    body += [f"out{a}[i] = root[i]*j{a}" for a in many]
    outputs = ", ".join(f"out{a}" for a in many)
    arguments = f"{kernel.parameters}, x{kernel.row_names(size)}, root, {outputs}"
    return function(FAST, "unit_features", arguments, over("x.size", body))


def _curvature(kernel: UnitText) -> str:
    entries = kernel.unit.hessian
    targets = [f"d{m}" for m in range(len(entries))]
    terms = [(f"s{m}", f"weights[i]*r0[i]*d{m}") for m in range(len(entries))]
    if not entries:
        return ""
    expressions = list(entries.values())
    return kernel.sums("unit_curvature", "r0, weights", expressions, targets, terms)
