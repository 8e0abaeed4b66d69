"""`python -m tests.fuzz --minutes M [--seed S] [NAMES]`: seeds printed, failures saved."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from tests.fuzz.registry import FUZZERS


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*", choices=[[], *FUZZERS], default=[])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    options = parser.parse_args()
    wrong = 0
    for name in options.names or FUZZERS:
        seconds = 60.0 * options.minutes / len(options.names or FUZZERS)
        wrong += fuzz(name, FUZZERS[name], seconds, options.seed, options.failures)
    sys.exit(int(wrong > 0))


def fuzz(name, module, seconds, seed, folder):
    """Cases of one fuzzer until its time is over; the number of wrong outcomes."""
    start, counts, slowest, first = time.monotonic(), Counter(), (0.0, 0), seed
    while time.monotonic() - start < seconds:
        began = time.process_time()
        outcome = module.case(np.random.default_rng(seed))
        slowest = max(slowest, (time.process_time() - began, seed))
        counts[outcome.word] += 1
        if outcome.word == "WRONG":
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}-{seed}.json"
            path.write_text(outcome.text, encoding="utf-8")
            print(f"{name} seed {seed}: {outcome.what}; saved as {path}", flush=True)
        seed += 1
    words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    print(f"{name}: seeds {first} to {seed - 1}: {words}")
    print(f"{name}: the slowest took {slowest[0]:.2f} s, seed {slowest[1]}")
    return counts["WRONG"]


if __name__ == "__main__":
    main()
