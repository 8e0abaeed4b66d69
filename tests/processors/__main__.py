"""`python -m tests.processors [--cores NAMES] [--threads NUMBERS] [PATHS]`: 1 if a test fails."""

import argparse
import os
import re
import subprocess
import sys
import time

CORES = ("Haswell", "Zen", "SkylakeX", "Sandybridge")
"""Of `OPENBLAS_CORETYPE`: FMA with 256 bits, the same for AMD, 512 bits, and AVX without FMA."""

THREADS = (1, 2)

PART = (
    "tests/continuation/landscape/search/test_completeness.py",
    "tests/continuation/landscape/search/test_euler.py",
    "tests/continuation/landscape/sets/test_critical_sets.py",
    "tests/continuation/landscape/sets/test_error_bounds.py",
    "tests/continuation/landscape/zero_noise",
    "tests/continuation/certify/test_points.py",
    "tests/continuation/certify/test_lines.py",
    "tests/continuation/certify/test_infinity.py",
    "tests/continuation/test_normal_forms.py",
    "tests/continuation/test_special_points.py",
    "tests/continuation/test_switching.py",
    "tests/continuation/test_units.py",
)
"""Searches, zero noise, certificates and the oracles of the engine."""

PROBE = """
import numpy, scipy.linalg
a = numpy.random.default_rng(0).standard_normal((64, 64))
numpy.linalg.eigh(a @ a.T), numpy.linalg.inv(a), scipy.linalg.lu_factor(a)
"""
"""A processor that lacks the instructions of some kernels ends here, by a signal."""


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.processors")
    parser.add_argument("paths", nargs="*", default=list(PART))
    parser.add_argument("--cores", nargs="+", default=list(CORES))
    parser.add_argument("--threads", nargs="+", type=int, default=list(THREADS))
    options = parser.parse_args()
    print(f"{'core type':<12} {'kernels':<12} {'threads':>7} {'seconds':>8}  outcome")
    failed = 0
    for core in options.cores:
        kernels = kernels_of(core)
        if kernels is None:
            print(f"{core:<12} {'-':<12} {'-':>7} {'-':>8}  not supported by this processor")
            continue
        for threads in options.threads:
            seconds, outcome, details = run(environment(core, threads), options.paths)
            failed += bool(details)
            print(f"{core:<12} {kernels:<12} {threads:>7} {seconds:>8.0f}  {outcome}", flush=True)
            print(details, end="", flush=True)
    sys.exit(int(failed > 0))


def environment(core, threads):
    """That of a process with these kernels."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    return {**os.environ, "OPENBLAS_CORETYPE": core, **dict.fromkeys(names, str(threads))}


def kernels_of(core):
    """Name of the kernels that OpenBLAS takes for a core type; None where they cannot run."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**environment(core, 1), "OPENBLAS_VERBOSE": "2"},
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    named = re.findall(r"^Core: (\w+)", probe.stdout, re.MULTILINE)
    if probe.returncode or f"Core not found: {core}" in probe.stdout:
        return None
    return named[-1] if named else "unknown"


def run(environment, paths):
    """Seconds and last line of the tests; what failed, "" if nothing did."""
    begin = time.monotonic()
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *paths],
        env=environment,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = tests.stdout.strip().splitlines() or [f"ended with {tests.returncode}"]
    failures = [f"    {line}\n" for line in lines if line.startswith(("FAILED", "ERROR"))]
    if tests.returncode and not failures:
        failures = [f"    ended with {tests.returncode}\n"]
    return time.monotonic() - begin, lines[-1], "".join(failures)


if __name__ == "__main__":
    main()
