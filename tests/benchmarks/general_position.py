"""Survey of oracles in random coordinates: everything wrong in 2,000 draws, as a table.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.general_position [--draws 2000] [--workers 1]

writes general_position.md beside this file, anew after each round over all oracles. Of the draws
half have no first derivatives, and of either half are in units from 1e-6 to 1e6.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.continuation.general_position import CORES, Verdict, drawn

TABLE = Path(__file__).with_suffix(".md")
COLUMNS = ("missed", "false", "mislabelled", "unlocated", "misplaced", "wrong tangent", "offshoot")
"""How faults begin; "offshoot" is missed, false or twice."""
ROUND = 4
"""Draws of each oracle between two tables."""


def draw(of: tuple[str, int]) -> Verdict:
    """Verdict on one draw."""
    return drawn(*of)


def row(name: str, verdicts: list[Verdict]) -> str:
    """One line of the table: draws, those with a fault, faults by kind, the largest error."""
    faults = [fault for v in verdicts for fault in v.faults]
    counts = [sum(fault.startswith(kind) for fault in faults) for kind in COLUMNS]
    others = len(faults) - sum(counts)
    bad = sum(bool(v.faults) for v in verdicts)
    error = max(v.error for v in verdicts)
    cells = (name.replace("_", " "), len(verdicts), bad, *counts, others, f"{error:.1e}")
    return "| " + " | ".join(map(str, cells)) + " |"


def listed(found: dict[str, list[Verdict]]) -> Iterable[str]:
    """Every draw with a fault: oracle, seed, what."""
    for name, verdicts in found.items():
        for seed, v in enumerate(verdicts):
            if v.faults:
                what = Counter(fault[:90] for fault in v.faults)
                yield f"- {name} {seed}: " + "; ".join(f"{n} × {f}" for f, n in what.items())


def table(found: dict[str, list[Verdict]], seconds: float) -> str:
    """The whole survey as Markdown."""
    total = sum(map(len, found.values()))
    everything = [v for verdicts in found.values() for v in verdicts]
    heads = ("oracle", "draws", "with a fault", *COLUMNS, "lost or raised", "largest error")
    return "\n".join(
        [
            f"# Oracles in random coordinates: {total} draws",
            "",
            "1 to 8 unknowns; half of the draws in units from 1e-6 to 1e6, half without first",
            f"derivatives; made in {seconds:.0f} s by `tests/benchmarks/general_position.py`.",
            "Errors are distances of located points from the closed form, in its units.",
            "",
            "| " + " | ".join(heads) + " |",
            "| --- " * len(heads) + "|",
            *(row(name, verdicts) for name, verdicts in found.items()),
            row("all", everything),
            "",
            *(listed(found) or ["No draw has a fault."]),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    each = -(-options.draws // len(CORES))
    began = time.perf_counter()
    found: dict[str, list[Verdict]] = {name: [] for name in CORES}
    with ProcessPoolExecutor(options.workers) as executor:
        for first in range(0, each, ROUND):
            draws = [(n, s) for n in CORES for s in range(first, min(first + ROUND, each))]
            for (name, _), v in zip(draws, executor.map(draw, draws), strict=True):
                found[name].append(v)
            TABLE.write_text(table(found, time.perf_counter() - began), encoding="utf-8")


if __name__ == "__main__":
    main()
