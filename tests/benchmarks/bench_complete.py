"""Complete lists and branches of both two-unit presets, seeds 0-4, n = 50: times and verdicts.

Run with `python tests/benchmarks/bench_complete.py [--check]`; `--check` proves every list again
with the independent checker, about a minute for each list on [0.3, 6].
"""

import sys
import time

from continuation.certify import certify_branch, certify_complete, check
from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from symbolic import fukumizu_amari, overparameterised

NOISE, SAMPLES, SEEDS = 0.1, 50, range(5)
PRESETS = {"fukumizu_amari": fukumizu_amari, "overparameterised": overparameterised}
RANGES = {"[0.3, 6]": (0.3, 6.0), "[0, 20/rms x]": None}


def lists(name, again):
    model = PRESETS[name]()
    for seed in SEEDS:
        loss = Loss(model, Dataset.sample(model, n=SAMPLES, seed=seed))
        sets = find_critical_sets(loss, noise=NOISE)
        for label, box in RANGES.items():
            begun = time.perf_counter()
            proof = certify_complete(loss, sets, noise=NOISE, box=box)
            spent = time.perf_counter() - begun
            row = (
                f"{name:18} {seed:4d}  {label:14} {spent:7.2f} {proof.claim.get('examined', 0):9d}"
            )
            row += f" {len(proof.to_json()) / 1024:8.1f}  {proof.verdict}"
            if again and box is not None:
                begun = time.perf_counter()
                result = check(proof)
                row += f"  checked in {time.perf_counter() - begun:.0f} s: {bool(result)}"
            print(row, proof.reason, flush=True)


def branches(name):
    model = PRESETS[name]()
    for seed in SEEDS:
        loss = Loss(model, Dataset.sample(model, n=SAMPLES, seed=seed))
        for found in find_critical_sets(loss, noise=NOISE):
            if found.kind != "point" or found.subkind not in ("isolated", "dead unit"):
                continue
            branch = follow(loss, found, "noise", (0.05, 0.2))
            begun = time.perf_counter()
            proof = certify_branch(loss, branch)
            spent = time.perf_counter() - begun
            tubes = len(proof.claim["radii"])
            print(
                f"{name:18} {seed:4d}  {found.label:14} {spent:7.2f} {tubes:9d}", proof, flush=True
            )


def main():
    model = overparameterised()
    tiny = Loss(model, Dataset.sample(model, n=6, seed=0))
    certify_complete(tiny, find_critical_sets(tiny, noise=NOISE), noise=NOISE, box=(1.0, 1.1))
    print(f"{'preset':18} seed  {'range of |w|':14} {'s':>7} {'boxes':>9} {'kB':>8}  verdict")
    for name in PRESETS:
        lists(name, "--check" in sys.argv)
    print(f"\n{'preset':18} seed  {'set':14} {'s':>7} {'tubes':>9}  noise from 0.05 to 0.2")
    for name in PRESETS:
        branches(name)


if __name__ == "__main__":
    main()
