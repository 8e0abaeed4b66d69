"""Survey of oracles in random coordinates: everything wrong in 2,000 draws, as a table.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.general_position [--draws 2000] [--scales]

writes general_position.md beside this file.
"""

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.continuation.general_position import CORES, judged

HERE = Path(__file__).parent


def draw(name: str, scales: bool, seed: int) -> list[str]:
    """Faults of one draw; every other one has first derivatives."""
    return judged(name, seed, scales=scales, exact=bool(seed % 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--scales", action="store_true", help="units from 1e-6 to 1e6")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    each = -(-options.draws // len(CORES))
    began = time.perf_counter()
    rows = []
    with ProcessPoolExecutor(options.workers) as executor:
        for name in CORES:
            results = list(executor.map(partial(draw, name, options.scales), range(each)))
            wrong = Counter(fault[:70] for faults in results for fault in faults)
            listed = "; ".join(f"{n} × {fault}" for fault, n in wrong.most_common()) or "none"
            rows.append(
                f"| {name.replace('_', ' ')} | {each} | {sum(map(bool, results))} | {listed} |"
            )
            print(rows[-1], flush=True)
    units = "units from 1e-6 to 1e6" if options.scales else "units of order 1"
    seconds = time.perf_counter() - began
    text = "\n".join(
        [
            f"# Oracles in random coordinates: {each * len(CORES)} draws, {units}",
            "",
            f"1 to 8 unknowns; made in {seconds:.0f} s by `tests/benchmarks/general_position.py`.",
            "",
            "| oracle | draws | with a fault | faults |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
    suffix = "_scales" if options.scales else ""
    (HERE / f"general_position{suffix}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
