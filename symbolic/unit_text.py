"""Pieces of text that every printed kernel is made of.

In the text p0, p1, ... are the parameters of a unit, k0 its fixed output weight, e0, e1, ... the
direction of a jet; z0, z1, ... the symbols of the ring, read from the rows row0, row1, ... of the
scratch array `work`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from symbolic.activations import U
from symbolic.model import Model
from symbolic.printing import assignments
from symbolic.units import Unit

MOST_UNROLLED_PARAMETERS = 13  # 118 sums: still faster, and to compile, than tiles
_BLOCK = 1024  # samples: the buffers of a few units stay in the first-level cache
_SMALL_BLOCK = 256  # with the rows of many units
_JET_ROWS = 4  # residual and its three derivatives along the direction

FAST = '@inner_njit(error_model="numpy", fastmath=FAST)'
EXACT = '@inner_njit(error_model="numpy", fastmath=EXACT)'
PLAIN = '@inner_njit(error_model="numpy")'
ENTRY = "# compiled when it is asked for"
BLOCK_ARGUMENTS = "theta, sigma, x, target, noise, weights, work, scale, F, J, Fp"


def function(decorator: str, name: str, arguments: str, body: Iterable[str]) -> str:
    """Text of a compiled function."""
    wide = [] if decorator in (PLAIN, ENTRY) else ["use_wide_vectors()"]
    lines = "\n".join(f"    {line}" for line in [*wide, *body])
    return f"\n\n{decorator}\ndef {name}({arguments}):\n{lines}\n"


def indented(lines: Iterable[str]) -> list[str]:
    """Lines one level deeper."""
    return [f"    {line}" for line in lines]


def over(length: str, body: Iterable[str]) -> list[str]:
    """Loop over the samples."""
    return [f"for i in range({length}):", *indented(body)]


def tuple_of(names: Sequence[str]) -> str:
    """Text of a tuple, of one element too."""
    return f"({', '.join(names)},)"


@dataclass(frozen=True)
class UnitText:
    """Names, arguments and the layout of `work` for the kernels of one model."""

    unit: Unit
    model: Model

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
        """Arguments: the direction of a jet."""
        return ", ".join(f"e{a}" for a in range(len(self.unit.parameters)))

    def ring_size(self, expressions: Iterable[sp.Expr]) -> int:
        """How many of the ring's functions the expressions need."""
        used = set().union(*(e.free_symbols for e in expressions))
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
        """Parameters: buffers of the ring."""
        return "".join(f", row{j}{suffix}" for j in range(size))

    def loads(self, expressions: Sequence[sp.Expr], suffix: str = "") -> list[str]:
        """Read what the expressions need of sample i."""
        size = self.ring_size(expressions)
        lines = [f"z{j}{suffix} = row{j}{suffix}[i]" for j in range(size)]
        if any(e.has(U) for e in expressions) and self.unit.ring.symbols:
            lines += assignments([f"u{suffix}"], [self.unit.argument], self.names(suffix))
        return lines

    @property
    def unrolled(self) -> bool:
        """Whether all sums of the Hessian are held in registers."""
        single = not self.model.is_perceptron
        return single or self.model.dimension <= MOST_UNROLLED_PARAMETERS

    @property
    def residual_row(self) -> int:
        """First row after those of the rings."""
        return self.unit.count * len(self.unit.ring.symbols)

    @property
    def feature_row(self) -> int:
        """First row after those of the residuals."""
        return self.residual_row + _JET_ROWS

    @property
    def work_shape(self) -> tuple[int, int]:
        """Rows and samples of a block."""
        shared = 2  # settings and uniform weights
        if self.unrolled:
            return self.feature_row + shared, _BLOCK
        features = self.model.dimension + 4  # residual, noise and tiles that overhang
        return self.feature_row + features + shared, _SMALL_BLOCK

    @property
    def start(self) -> str:
        """Value of the network without units."""
        return f"theta[{self.model.dimension - 1}]" if self.model.offset else "0.0"

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

    def activate(self, kernel: str, k: str = "k") -> list[str]:
        """Fill the rows of the ring of unit k."""
        size = self.sizes[kernel]
        return [f"activate_{size}({self.parameters}, x{self.rows(size, k)})"] if size else []

    def add(self, name: str, order: int) -> str:
        """Call of `add_value` or `add_taylor`."""
        size = self.ring_size(self.unit.along(self.unit.value, order))
        extra = f"{self.directions}, " if order else ""
        residuals = ", ".join(f"work[{self.residual_row + m}]" for m in range(order + 1))
        return f"{name}({self.parameters}, {extra}x{self.rows(size)}, {residuals})"

    def over_units(self, body: Iterable[str], directions: bool = False) -> list[str]:
        """Loop over the units."""
        head = f"for k in range({self.unit.count}):"
        return [head, *indented([*self.unit_lines("k", directions), *body])]

    def residuals(self, kernel: str) -> list[str]:
        """Fill the rows of the rings and the row of residuals."""
        row = f"work[{self.residual_row}]"
        return [
            f"start_residual({row}, {self.start}, sigma, target, noise)",
            *self.over_units([*self.activate(kernel), self.add("add_value", 0)]),
        ]

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
        lines = [*(f"{n} = 0.0" for n in names), *over("x.size", body), f"return {tuple_of(names)}"]
        arguments = f"{self.parameters}, x{self.row_names(size)}, {extra}"
        return function(FAST, name, arguments, lines)
