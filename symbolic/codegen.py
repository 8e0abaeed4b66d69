"""Source text of the Numba kernels of a model's loss, printed from the derivatives of its unit.

A kernel file holds the source of `symbolic.kernel_runtime` and the functions printed here, and
imports nothing else of this package. It depends on the structure of the model only: teacher, data
and parameters of the loss are arguments.

The Hessian of a block of samples is summed in one of two ways, from the same expressions: with
few parameters by one loop that holds every sum in a register, with many by the Gram matrix of
buffered rows of the Jacobian. Everything else goes unit by unit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import sympy as sp

from .activations import U
from .model import Model
from .printing import assignments
from .units import Unit, unit_of

MOST_UNROLLED_PARAMETERS = 13  # 118 sums: still faster, and to compile, than tiles
_BLOCK = 1024  # samples: the buffers of a few units stay in the first-level cache
_SMALL_BLOCK = 256  # with the rows of many units
_JET_ROWS = 4  # residual and its three derivatives along the direction

_FAST = '@njit(error_model="numpy", fastmath=FAST)'
_EXACT = '@njit(error_model="numpy", fastmath=EXACT)'
_PLAIN = '@njit(error_model="numpy")'
_BLOCK_ARGUMENTS = "theta, sigma, x, target, noise, weights, work, scale, F, J, Fp"

_ENTRY = """
{name}_whole = {name}_of({name}_block)


@njit(error_model="numpy", cache=True)
def {name}(theta, p, constants, data, work, F, J, Fp):
    return {name}_whole(
        borrowed(theta), p, borrowed(constants), borrowed(data), borrowed(work),
        borrowed(F), borrowed(J), borrowed(Fp),
    )
"""
_ENTRY_POINTS = ("evaluate", "gradient", "jet")


def kernel_source(model: Model) -> str:
    """Complete text of a model's kernel file."""
    return _KernelText(unit_of(model), model).whole()


def _function(decorator: str, name: str, arguments: str, body: Iterable[str]) -> str:
    wide = [] if decorator == _PLAIN else ["use_wide_vectors()"]
    lines = "\n".join(f"    {line}" for line in [*wide, *body])
    return f"\n\n{decorator}\ndef {name}({arguments}):\n{lines}\n"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _over(length: str, body: Iterable[str]) -> list[str]:
    return [f"for i in range({length}):", *_indented(body)]


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)},)"


@dataclass(frozen=True)
class _KernelText:
    """The printed functions of one model.

    In the text p0, p1, ... are the parameters of a unit, k0 its fixed output weight, e0, e1, ...
    the direction of a jet; z0, z1, ... the symbols of the ring, read from row0, row1, ...
    """

    unit: Unit
    model: Model

    # -- names -------------------------------------------------------------------------------

    def names(self, suffix: str = "") -> dict[sp.Symbol, sp.Symbol]:
        """Symbols of the unit: symbols of the text."""
        unit = self.unit
        lists = {"p": unit.parameters, "k": unit.constants, "z": unit.ring.symbols}
        lists["e"] = unit.direction
        table = {
            symbol: sp.Symbol(f"{letter}{a}{suffix}", real=True)
            for letter, symbols in lists.items()
            for a, symbol in enumerate(symbols)
        }
        if unit.ring.symbols:
            table[U] = sp.Symbol(f"u{suffix}", real=True)
        table[unit.input] = sp.Symbol("x_i", real=True)
        return table

    @cached_property
    def parameters(self) -> str:
        """Arguments of a printed unit function: parameters and constants of the unit."""
        own = [f"p{a}" for a in range(len(self.unit.parameters))]
        return ", ".join(own + [f"k{a}" for a in range(len(self.unit.constants))])

    @cached_property
    def directions(self) -> str:
        return ", ".join(f"e{a}" for a in range(len(self.unit.parameters)))

    def ring_size(self, expressions: Iterable[sp.Expr]) -> int:
        """How many of the ring's functions the expressions need."""
        used = set().union(*(sp.sympify(e).free_symbols for e in expressions))
        needed = [j + 1 for j, z in enumerate(self.unit.ring.symbols) if z in used]
        return max(needed, default=0)

    def unit_lines(self, k: str, directions: bool = False) -> list[str]:
        """Read the parameters of unit k."""
        unit, count = self.unit, self.unit.count
        lines = [f"p{a} = theta[{a * count} + {k}]" for a in range(len(unit.parameters))]
        lines += [f"k{a} = OUTPUT_WEIGHTS[{k}]" for a in range(len(unit.constants))]
        if directions:
            lines += [f"e{a} = J[0, {a * count} + {k}]" for a in range(len(unit.parameters))]
        return lines

    def rows(self, size: int, k: str = "k") -> str:
        """Arguments: buffers of the ring of unit k."""
        width = len(self.unit.ring.symbols)
        return "".join(f", work[{width}*{k} + {j}]" for j in range(size))

    def row_names(self, size: int, suffix: str = "") -> str:
        return "".join(f", row{j}{suffix}" for j in range(size))

    def loads(self, expressions: Sequence[sp.Expr], suffix: str = "") -> list[str]:
        """Read what the expressions need of sample i."""
        size = self.ring_size(expressions)
        lines = [f"z{j}{suffix} = row{j}{suffix}[i]" for j in range(size)]
        if any(sp.sympify(e).has(U) for e in expressions) and self.unit.ring.symbols:
            lines += assignments([f"u{suffix}"], [self.unit.argument], self.names(suffix))
        return lines

    # -- layout of work ----------------------------------------------------------------------

    @property
    def unrolled(self) -> bool:
        single = self.model.kind == "expression"
        return single or self.model.dimension <= MOST_UNROLLED_PARAMETERS

    @property
    def residual_row(self) -> int:
        return self.unit.count * len(self.unit.ring.symbols)

    @property
    def feature_row(self) -> int:
        return self.residual_row + _JET_ROWS

    @property
    def work_shape(self) -> tuple[int, int]:
        shared = 2  # settings and uniform weights
        if self.unrolled:
            return self.feature_row + shared, _BLOCK
        features = self.model.dimension + 4  # residual, noise and tiles that overhang
        return self.feature_row + features + shared, _SMALL_BLOCK

    @property
    def start(self) -> str:
        """Value of the network without units."""
        return f"theta[{self.model.dimension - 1}]" if self.model.offset else "0.0"

    # -- the file ----------------------------------------------------------------------------

    def whole(self) -> str:
        """Complete text of the file."""
        runtime = resources.files(__package__).joinpath("kernel_runtime.py").read_text("utf-8")
        weights = tuple(float(v) for v in self.model.output_weights or ())
        head = f"\n\nWORK_SHAPE = {self.work_shape}\nOUTPUT_WEIGHTS = {weights}\n"
        parts = [self.activations(), self.values(), self.unit_gradient(), self.unit_jet()]
        evaluate = self.unrolled_block() if self.unrolled else self.tiled_block()
        blocks = [self.gradient_block(), self.jet_block(), evaluate, self.network()]
        entries = [_ENTRY.format(name=name) for name in _ENTRY_POINTS]
        return "".join([runtime, head, *parts, *blocks, *entries])

    # -- functions of one unit ---------------------------------------------------------------

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Functions of the ring that each kernel needs."""
        unit = self.unit
        first = [unit.value, *unit.gradient]
        jets = [e for g in first for e in unit.along(g, 3)]
        return {
            "gradient": self.ring_size(first),
            "evaluate": self.ring_size([*first, *unit.hessian.values()]),
            "jet": self.ring_size(jets),
        }

    def activations(self) -> str:
        """Fill the rows of the ring, for every number of rows that is needed."""
        text = ""
        for size in sorted(set(self.sizes.values()) - {0}):
            expressions = self.unit.ring.values[:size]
            targets = [f"row{j}[i]" for j in range(size)]
            body = ["x_i = x[i]", *assignments(["u"], [self.unit.argument], self.names())]
            body += assignments(targets, expressions, self.names())
            arguments = f"{self.parameters}, x{self.row_names(size)}"
            text += _function(_EXACT, f"activate_{size}", arguments, _over("x.size", body))
        return text

    def activate(self, kernel: str, k: str = "k") -> list[str]:
        size = self.sizes[kernel]
        return [f"activate_{size}({self.parameters}, x{self.rows(size, k)})"] if size else []

    def values(self) -> str:
        """Add a unit's output, and its derivatives along a direction, to the residuals."""
        text = ""
        taylor = self.unit.along(self.unit.value, 3)
        for name, order, directions in (("add_value", 0, ""), ("add_taylor", 3, self.directions)):
            expressions = taylor[: order + 1]
            size = self.ring_size(expressions)
            names = [f"r{m}" for m in range(order + 1)]
            body = ["x_i = x[i]", *self.loads(expressions)]
            body += assignments([f"d{m}" for m in range(order + 1)], expressions, self.names())
            body += [f"{r}[i] += d{m}" for m, r in enumerate(names)]
            extra = f"{directions}, " if directions else ""
            arguments = f"{self.parameters}, {extra}x{self.row_names(size)}, {', '.join(names)}"
            text += _function(_FAST, name, arguments, _over("x.size", body))
        return text

    def add(self, name: str, order: int) -> str:
        size = self.ring_size(self.unit.along(self.unit.value, order))
        extra = f"{self.directions}, " if order else ""
        residuals = ", ".join(f"work[{self.residual_row + m}]" for m in range(order + 1))
        return f"{name}({self.parameters}, {extra}x{self.rows(size)}, {residuals})"

    def sums(
        self,
        name: str,
        extra: str,
        expressions: Sequence[sp.Expr],
        targets: Sequence[str],
        terms: Sequence[tuple[str, str]],
    ) -> str:
        """A function that returns the sums of some terms over the samples of a block."""
        size = self.ring_size(expressions)
        body = ["x_i = x[i]", *self.loads(expressions)]
        body += assignments(targets, expressions, self.names())
        body += [f"{sum_} += {term}" for sum_, term in terms]
        names = [sum_ for sum_, _ in terms]
        lines = [*(f"{n} = 0.0" for n in names), *_over("x.size", body), f"return {_tuple(names)}"]
        arguments = f"{self.parameters}, x{self.row_names(size)}, {extra}"
        return _function(_FAST, name, arguments, lines)

    def unit_gradient(self) -> str:
        """Sum_i r_i do/dp for every parameter of a unit; r is weighted already."""
        many = range(len(self.unit.parameters))
        terms = [(f"g{a}", f"r0[i]*j{a}") for a in many]
        targets = [f"j{a}" for a in many]
        return self.sums("unit_gradient", "r0", self.unit.gradient, targets, terms)

    def unit_jet(self) -> str:
        """Derivatives of the unit's gradient of the loss along the direction, orders 0 to 3."""
        many = range(len(self.unit.parameters))
        expressions = [e for g in self.unit.gradient for e in self.unit.along(g, 3)]
        targets = [f"j{a}_{m}" for a in many for m in range(4)]
        leibniz = (
            "r0[i]*j{a}_0",
            "r1[i]*j{a}_0 + r0[i]*j{a}_1",
            "r2[i]*j{a}_0 + 2.0*r1[i]*j{a}_1 + r0[i]*j{a}_2",
            "r3[i]*j{a}_0 + 3.0*r2[i]*j{a}_1 + 3.0*r1[i]*j{a}_2 + r0[i]*j{a}_3",
        )
        terms = [(f"g{a}_{m}", leibniz[m].format(a=a)) for a in many for m in range(4)]
        extra = f"{self.directions}, r0, r1, r2, r3"
        return self.sums("unit_jet", extra, expressions, targets, terms)

    # -- blocks ------------------------------------------------------------------------------

    def over_units(self, body: Iterable[str], directions: bool = False) -> list[str]:
        head = f"for k in range({self.unit.count}):"
        return [head, *_indented([*self.unit_lines("k", directions), *body])]

    def residuals(self, kernel: str) -> list[str]:
        """Fill the rows of the rings and the row of residuals."""
        row = f"work[{self.residual_row}]"
        return [
            f"start_residual({row}, {self.start}, sigma, target, noise)",
            *self.over_units([*self.activate(kernel), self.add("add_value", 0)]),
        ]

    def gradient_block(self) -> str:
        unit, row, last = self.unit, f"work[{self.residual_row}]", self.model.dimension - 1
        many = range(len(unit.parameters))
        rows = self.rows(self.ring_size(unit.gradient))
        body = [f"sums = unit_gradient({self.parameters}, x{rows}, {row})"]
        body += [f"F[{a * unit.count} + k] += scale[0]*sums[{a}]" for a in many]
        lines = [*self.residuals("gradient"), f"square = weigh({row}, weights, x.size)"]
        lines += self.over_units(body)
        if self.model.offset:
            lines += [f"F[{last}] += scale[0]*total_of({row}, x.size)"]
        lines += ["return 0.5*scale[0]*square"]
        return _function(_PLAIN, "gradient_block", _BLOCK_ARGUMENTS, lines)

    def jet_block(self) -> str:
        unit, first, last = self.unit, self.residual_row, self.model.dimension - 1
        many = range(len(unit.parameters))
        residuals = [f"work[{first + m}]" for m in range(4)]
        expressions = [e for g in unit.gradient for e in unit.along(g, 3)]
        lines = [f"start_residual({residuals[0]}, {self.start}, sigma, target, noise)"]
        step = f"J[0, {last}]" if self.model.offset else "0.0"
        starts = (step, "0.0", "0.0")
        lines += [f"fill({r}, x.size, {s})" for r, s in zip(residuals[1:], starts, strict=True)]
        fills = [*self.activate("jet"), self.add("add_taylor", 3)]
        lines += self.over_units(fills, directions=True)
        lines += [f"square = weigh({residuals[0]}, weights, x.size)"]
        lines += [f"weigh({r}, weights, x.size)" for r in residuals[1:]]
        rows = self.rows(self.ring_size(expressions))
        call = f"unit_jet({self.parameters}, x{rows}, {self.directions}, {', '.join(residuals)})"
        body = [f"sums = {call}"]
        for a in many:
            body += self._jet_deposits(f"{a * unit.count} + k", f"e{a}", f"sums[{4 * a} + {{m}}]")
        lines += self.over_units(body, directions=True)
        if self.model.offset:
            lines += [f"sums = ({', '.join(f'total_of({r}, x.size)' for r in residuals)})"]
            lines += self._jet_deposits(str(last), f"J[0, {last}]", "sums[{m}]")
        lines += ["return 0.5*scale[0]*square"]
        return _function(_PLAIN, "jet_block", _BLOCK_ARGUMENTS, lines)

    @staticmethod
    def _jet_deposits(index: str, direction: str, sums: str) -> list[str]:
        return [
            f"F[{index}] += scale[0]*{sums.format(m=0)}",
            f"Fp[2] += scale[0]*{direction}*{sums.format(m=1)}",
            f"J[1, {index}] += scale[0]*{sums.format(m=2)}",
            f"J[2, {index}] += scale[0]*{sums.format(m=3)}",
        ]

    def network(self) -> str:
        """The network function, without buffers."""
        unit, size = self.unit, self.ring_size([self.unit.value])
        body = ["x_i = x[i]"]
        if size:
            body += assignments(["u"], [unit.argument], self.names())
            body += assignments(
                [f"z{j}" for j in range(size)], unit.ring.values[:size], self.names()
            )
        body += assignments(["o"], [unit.value], self.names(), prefix="h")
        body += ["out[i] += o"]
        lines = _over("x.size", body)
        text = _function(_EXACT, "unit_network", f"{self.parameters}, x, out", lines)
        call = f"unit_network({self.parameters}, x, out)"
        lines = [f"fill(out, x.size, {self.start})", *self.over_units([call])]
        decorator = '@njit(error_model="numpy", cache=True)'
        return text + _function(decorator, "network", "theta, x, out", lines)

    # -- Hessian of few parameters -----------------------------------------------------------

    def unrolled_block(self) -> str:
        """All sums of a block in one loop."""
        size, units = self.sizes["evaluate"], range(self.unit.count)
        lines = []
        for k in units:
            lines += self.unit_lines(str(k)) + self.activate("evaluate", str(k))
        rows = "".join(self.rows(size, str(k)) for k in units)
        call = f"theta, sigma, x, target, noise, weights, scale, F, J, Fp{rows}"
        lines += [f"return evaluate_sums({call})"]
        block = _function(_PLAIN, "evaluate_block", _BLOCK_ARGUMENTS, lines)
        names = "".join(self.row_names(size, f"_{k}") for k in units)
        arguments = f"theta, sigma, x, target, noise, weights, scale, F, J, Fp{names}"
        return _function(_FAST, "evaluate_sums", arguments, self._sums_body()) + block

    def _sums_body(self) -> list[str]:
        d = self.model.dimension
        gradient, hessian = self._network_derivatives()
        sums = ["value", *(f"g{a}" for a in range(d)), *(f"n{a}" for a in range(d))]
        sums += [f"h{a}_{b}" for a in range(d) for b in range(a, d)]
        terms = [f"g{a} += weighted*j{a}" for a in range(d)]
        terms += [f"n{a} += eps*j{a}" for a in range(d)]
        for a in range(d):
            for b in range(a, d):
                curvature = f" + weighted*d{a}_{b}" if (a, b) in hessian else ""
                terms.append(f"h{a}_{b} += (omega*j{a})*j{b}{curvature}")
        targets = ["f", *gradient, *(f"d{a}_{b}" for a, b in hessian)]
        expressions = [self._network_value(), *gradient.values(), *hessian.values()]
        loop = ["x_i = x[i]", *self._all_loads(), *assignments(targets, expressions, {})]
        loop += ["r = f - target[i] - sigma*noise[i]", "omega = weights[i]"]
        loop += ["weighted = omega*r", "eps = omega*noise[i]", "value += weighted*r", *terms]
        deposits = [f"F[{a}] += scale[0]*g{a}" for a in range(d)]
        deposits += [f"Fp[{a}] += scale[1]*g{a} + scale[2]*n{a}" for a in range(d)]
        deposits += [f"J[{a}, {b}] += scale[0]*h{a}_{b}" for a in range(d) for b in range(a, d)]
        head = [*self._all_parameters(), *(f"{name} = 0.0" for name in sums)]
        return [*head, *_over("x.size", loop), *deposits, "return 0.5*scale[0]*value"]

    def _all_parameters(self) -> list[str]:
        unit, lines = self.unit, []
        for k in range(unit.count):
            many = range(len(unit.parameters))
            lines += [f"p{a}_{k} = theta[{a * unit.count + k}]" for a in many]
            lines += [f"k{a}_{k} = OUTPUT_WEIGHTS[{k}]" for a in range(len(unit.constants))]
        return [*lines, *(["offset = " + self.start] if self.model.offset else [])]

    def _all_loads(self) -> list[str]:
        unit = self.unit
        needed = [unit.value, *unit.gradient, *unit.hessian.values()]
        return [line for k in range(unit.count) for line in self.loads(needed, f"_{k}")]

    def _network_value(self) -> sp.Expr:
        units = [self.unit.value.xreplace(self.names(f"_{k}")) for k in range(self.unit.count)]
        return sp.Add(*units, *([sp.Symbol("offset", real=True)] if self.model.offset else []))

    def _network_derivatives(self) -> tuple[dict[str, sp.Expr], dict[tuple[int, int], sp.Expr]]:
        unit, gradient, hessian = self.unit, {}, {}
        for k in range(unit.count):
            names = self.names(f"_{k}")
            for a, entry in enumerate(unit.gradient):
                gradient[f"j{a * unit.count + k}"] = entry.xreplace(names)
            for (a, b), entry in unit.hessian.items():
                hessian[a * unit.count + k, b * unit.count + k] = entry.xreplace(names)
        if self.model.offset:
            gradient[f"j{self.model.dimension - 1}"] = sp.Integer(1)
        return gradient, hessian

    # -- Hessian of many parameters ----------------------------------------------------------

    def tiled_block(self) -> str:
        """Rows of the Jacobian unit by unit, then their Gram matrix."""
        unit, d, first = self.unit, self.model.dimension, self.feature_row
        many, entries = range(len(unit.parameters)), list(unit.hessian.items())
        rows = self.rows(self.ring_size(unit.gradient))
        outputs = ", ".join(f"work[{first + a * unit.count} + k]" for a in many)
        residual, root, products = (f"work[{self.residual_row + m}]" for m in range(3))
        body = [f"unit_features({self.parameters}, x{rows}, {root}, {outputs})"]
        if entries:
            curved = self.rows(self.ring_size(unit.hessian.values()))
            body += [f"sums = unit_curvature({self.parameters}, x{curved}, {residual}, weights)"]
        for m, ((a, b), _) in enumerate(entries):
            body += [f"J[{a * unit.count} + k, {b * unit.count} + k] += scale[0]*sums[{m}]"]
        lines = [f"square_roots({root}, weights, x.size)", *self.residuals("evaluate")]
        lines += self.over_units(body)
        if self.model.offset:
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
        block = _function(_PLAIN, "evaluate_block", _BLOCK_ARGUMENTS, lines)
        return self._features() + self._curvature() + block

    def _features(self) -> str:
        unit = self.unit
        size, many = self.ring_size(unit.gradient), range(len(unit.parameters))
        body = ["x_i = x[i]", *self.loads(unit.gradient)]
        body += assignments([f"j{a}" for a in many], unit.gradient, self.names())
        body += [f"out{a}[i] = root[i]*j{a}" for a in many]
        outputs = ", ".join(f"out{a}" for a in many)
        arguments = f"{self.parameters}, x{self.row_names(size)}, root, {outputs}"
        return _function(_FAST, "unit_features", arguments, _over("x.size", body))

    def _curvature(self) -> str:
        entries = self.unit.hessian
        targets = [f"d{m}" for m in range(len(entries))]
        terms = [(f"s{m}", f"weights[i]*r0[i]*d{m}") for m in range(len(entries))]
        if not entries:
            return ""
        expressions = list(entries.values())
        return self.sums("unit_curvature", "r0, weights", expressions, targets, terms)
