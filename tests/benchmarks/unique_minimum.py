"""Theorem 9 over data sets: share with exactly one certified critical point near the optimum.

    python tests/benchmarks/unique_minimum.py [--seeds 100] [--output FILE]

prints a table for the presets whose theoretical optimum is isolated. It is a lower bound: where
the condition fails there may still be a single critical point.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from continuation.certify.provers.unique_minimum import unique_minimum_probability  # noqa: E402
from symbolic import fukumizu_amari, single_unit  # noqa: E402

INTRODUCTION = """Share of data sets of n samples for which the condition of Newton and Kantorovich
certifies exactly one critical point, a minimum, near θ*, with 95 % intervals; for the presets whose
optimum is isolated. A lower bound: where the condition fails there may still be a single critical
point. Written by `python tests/benchmarks/unique_minimum.py --seeds 60 --output FILE`."""
SIZES = (30, 100, 300, 1000)
NOISES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)


def table(preset, found):
    """Rows by size, columns by noise."""
    head = " | ".join(f"σ = {noise:g}" for noise in found.noises)
    lines = [f"`{preset.__name__}`, {found.seeds} data sets", "", f"| n | {head} |"]
    lines += ["| --: |" + " --- |" * len(found.noises)]
    for i, size in enumerate(found.sizes):
        rows = zip(found.fraction[i], found.lower[i], found.upper[i], strict=True)
        cells = [f"{p:.2f} [{low:.2f}, {high:.2f}]" for p, low, high in rows]
        lines.append(f"| {size} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    parts = ["# Exactly one critical point near the theoretical optimum", INTRODUCTION]
    for preset in (single_unit, fukumizu_amari):
        start = time.perf_counter()
        found = unique_minimum_probability(
            preset(), sizes=SIZES, noises=NOISES, seeds=options.seeds
        )
        parts.append(table(preset, found))
        print(parts[-1], f"\n({time.perf_counter() - start:.0f} s)\n", flush=True)
    if options.output:
        options.output.write_text("\n\n".join(p.strip() for p in parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
