"""Compile the kernels that the tests of `symbolic` need, before their turn comes."""

from test_kernels import CASES, case

from symbolic import load_kernels

if __name__ == "__main__":
    for name in CASES:
        kernels = load_kernels(case(name)[0])
        for function in ("evaluate", "gradient", "jet", "network"):
            getattr(kernels, function)
