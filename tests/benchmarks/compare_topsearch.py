"""Critical sets and their connections here, minima and transition states by topsearch.

    python tests/benchmarks/compare_topsearch.py --peer-python PATH [--seeds 2] [--output TABLE.md]

The same losses: two tanh units on 100 samples with noise 0.1, of both presets. topsearch 0.0.3
(PyPI; install it into an environment of its own) searches a box |θ| ≤ 10 by basin hopping and
connects minima by its nudged elastic band and hybrid eigenvector following, with exact gradients
and Hessians. Every point that it reports is compared with the list of this program, which the
Euler count confirms: right (an isolated minimum, an index-1 point), a copy of one already reported
(modulo the eight symmetries), on a split line (one point of a continuum), or on the box (the
flow runs on to infinity there). One BLAS thread.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from continuation.landscape import Dataset, Loss, connect, find_critical_sets
from continuation.landscape.graph.passing import nearest_share, weight_distance
from symbolic import PRESETS

HERE = Path(__file__).parent
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SAMPLES, NOISE = 100, 0.1
BOX, HOPS = 10.0, 60
#: Relative orbit distance within which a reported point is one of ours; its own criterion is a
#: gradient of 1e-5, and the Hessian has eigenvalues of 1e-6.
SAME = 1e-2


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    lines = [
        "| data | program | seconds | minima: right, copies, on a line, on the box, other | "
        "index 1: right, copies, on a line, on the box, other | lines | infinity | connections |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for preset in ("fukumizu_amari", "overparameterised"):
        for seed in range(options.seeds):
            lines += rows(preset, seed, options.peer_python)
    text = "\n".join(lines)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def rows(preset: str, seed: int, peer_python: str) -> list[str]:
    """One row for each program on one data set."""
    model = PRESETS[preset]()
    data = Dataset.sample(model, SAMPLES, seed)
    loss = Loss(model, data)
    connect(loss, find_critical_sets(loss, noise=NOISE), noise=NOISE)  # kernels compiled
    begin = time.perf_counter()
    sets = find_critical_sets(loss, noise=NOISE)
    graph = connect(loss, sets, noise=NOISE)
    seconds = time.perf_counter() - begin
    points = [found for found in sets if found.kind == "point"]
    minima, saddles = ([p for p in points if p.index == index] for index in (0, 1))
    lines, ends = (sum(s.kind == kind for s in sets) for kind in ("line", "infinity"))
    edges = graph.nx.number_of_edges()
    name = f"{preset} {seed}"
    confirmed = "complete" if sets.complete else "not confirmed"
    own = (
        f"| {name} | mlpcont ({confirmed}) | {seconds:.2f} | {len(minima)}, 0, 0, 0, 0 | "
        f"{len(saddles)}, 0, 0, 0, 0 | {lines} | {ends} | {edges} |"
    )
    found = topsearch(data, peer_python, seed)
    if found is None:
        return [own, f"| {name} | topsearch | not installed | | | | | |"]
    cells = [judged(found[kind], sets, wanted) for kind, wanted in (("minima", 0), ("saddles", 1))]
    its_edges = len(found["saddles"])
    return [
        own,
        f"| {name} | topsearch | {found['seconds']:.1f} | {cells[0]} | {cells[1]} | 0 | 0 | "
        f"{its_edges} |",
    ]


def topsearch(data: Dataset, python: str, seed: int) -> dict[str, object] | None:
    """What the peer reports, or None where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.txt"
        np.savetxt(path, np.column_stack([data.x, data.target + NOISE * data.noise]))
        command = [python, str(HERE / "topsearch_peer.py"), str(path), str(BOX), str(HOPS)]
        done = subprocess.run(
            [*command, str(seed)], cwd=folder, env=os.environ | ONE_THREAD, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        print(done.stderr[-400:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def judged(points: list[list[float]], sets: object, wanted: int) -> str:
    """Right, copies, on a line, on the box, other: numbers of reported points."""
    verdicts = Counter()
    seen = set()
    for point in points:
        verdict = judge(np.array(point), sets, wanted)
        if verdict.startswith("right"):
            verdict = "copy" if verdict in seen else verdict
            seen.add(verdict)
        verdicts[verdict.split(":")[0]] += 1
    order = ("right", "copy", "line", "box", "other")
    return ", ".join(str(verdicts[name]) for name in order)


def judge(theta: np.ndarray, sets: object, wanted: int) -> str:
    """What a reported point is."""
    if np.abs(theta).max() > BOX - 1e-6:
        return "box"
    scale = SAME * (1.0 + float(np.linalg.norm(theta)))
    for found in sets:
        if found.kind == "point" and weight_distance(found, theta) < scale:
            return f"right: {found.label}" if found.index == wanted else "other"
    lines = [found for found in sets if found.kind == "line"]
    near = any(nearest_share(line, theta)[1] < scale for line in lines)
    return "line" if near else "other"


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent.parent))
    main()
