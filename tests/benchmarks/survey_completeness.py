"""How complete the lists of critical sets are, over many data sets.

    python tests/benchmarks/survey_completeness.py [--PART] [--sets N]

Parts: --count: the Euler count of every result over both two-unit presets, n from 3 to 1000 and
several noises (320 data sets; at least 199 in 200 must pass, every miss is printed with its notes).
--methods: on 20 of them the isolated points of the exhaustive search beside those of four other
methods (`tests/continuation/landscape/four_methods.py`); what one has and another lacks is printed.
--three: the same count for three units (200 data sets, n 10 to 1000, noises 0.03 to 0.5), as the
table of `three_units.md`; --random: for three units, what repeated starts find and the list lacks.
--widths: for four units and with a hidden bias, where no count exists: seeds compared, and the
saturation of the search. --sets N: data sets of --methods and --random. Without an option: all.
"""

import argparse
import itertools
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets
from continuation.landscape.network.responses import Responses
from continuation.landscape.network.weight_grid import Grid
from symbolic import Model, fukumizu_amari, overparameterised

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.continuation.landscape import four_methods as methods

PRESETS = {"fukumizu_amari": fukumizu_amari, "overparameterised": overparameterised}
SIZES, NOISES, SEEDS = (3, 4, 10, 20, 50, 100, 300, 1000), (0.05, 0.1, 0.3, 0.5), range(5)
SIZES_OF_THREE, NOISES_OF_THREE = (10, 30, 100, 300, 1000), (0.03, 0.1, 0.3, 0.5)
REQUIRED = 199 / 200


def cases(sizes=SIZES, noises=NOISES):
    """(name, n, σ, seed) of the survey."""
    return [
        (name, n, noise, seed)
        for name in PRESETS
        for n in sizes
        for noise in noises
        for seed in SEEDS
    ]


def loss_of(name: str, n: int, seed: int, hidden: int = 2) -> Loss:
    """One data set of a preset."""
    model = PRESETS[name]()
    return Loss(model.with_hidden(hidden), Dataset.sample(model, n, seed))


def count() -> bool:
    """Euler counts; whether enough of them are 1."""
    start, passed, sizes = time.perf_counter(), 0, Counter()
    for name, n, noise, seed in cases():
        sets = find_critical_sets(loss_of(name, n, seed), noise=noise, regions=False)
        passed += sets.euler_count == 1
        sizes[sum(s.subkind == "isolated" for s in sets)] += 1
        if sets.euler_count != 1:
            print(f"  miss: {name}, n = {n}, noise {noise}, seed {seed}: {'; '.join(sets.notes)}")
    total = len(cases())
    print(
        f"Euler count 1 in {passed} of {total} data sets "
        f"({1e3 * (time.perf_counter() - start) / total:.0f} ms each)"
    )
    print(f"  isolated points a data set: {dict(sorted(sizes.items()))}")
    return passed >= REQUIRED * total


def three() -> bool:
    """Euler counts of three units as a table; whether enough of them are 1."""
    passed, total = 0, 0
    print("| data | n | Euler count 1 | sets | isolated | at infinity | s, median | s, largest |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, n in itertools.product(PRESETS, SIZES_OF_THREE):
        rows = [_counted(*case) for case in cases((n,), NOISES_OF_THREE) if case[0] == name]
        good, sets, isolated, ends, seconds = map(np.array, zip(*rows, strict=True))
        passed, total = passed + good.sum(), total + good.size
        print(
            f"| {name} | {n} | {good.sum()} of {good.size} | {np.median(sets):.0f} | "
            f"{isolated.mean():.1f} | {ends.mean():.1f} | {np.median(seconds):.2f} | "
            f"{seconds.max():.2f} |"
        )
    return passed >= REQUIRED * total


def _counted(name: str, n: int, noise: float, seed: int) -> tuple[bool, int, int, int, float]:
    """Whether the count is 1, numbers of sets, and processor time, of three units."""
    loss, start = loss_of(name, n, seed, 3), time.process_time()
    sets = find_critical_sets(loss, noise=noise, regions=False)
    if not sets.complete:
        print(f"  miss: {name}, n = {n}, noise {noise}, seed {seed}: {'; '.join(sets.notes)}")
    isolated, ends = (sum(getattr(s, of) for s in sets) for of in ("is_isolated", "at_infinity"))
    return sets.complete, len(sets), isolated, ends, time.process_time() - start


def from_random_starts(number: int) -> bool:
    """Whether repeated starts find a genuine point of three units that the list lacks."""
    everything = [c for c in cases(SIZES_OF_THREE, NOISES_OF_THREE) if c[1] <= 300]
    found, lacking = 0, 0
    for name, n, noise, seed in np.random.default_rng(1).permutation(everything)[:number]:
        loss, noise = loss_of(name, int(n), int(seed), 3), float(noise)
        listed = methods.exhaustive(loss, noise)
        met = methods.distinct(loss, noise, methods.multistart(loss, noise), (0.0, np.inf))
        without = methods.missing(loss, listed, met)
        found, lacking = found + len(met), lacking + len(without)
        print(
            f"{name}, n = {n}, noise {noise}, seed {seed}: {len(listed)} listed, {len(met)} met, "
            f"lacking {[np.round(theta, 4).tolist() for theta in without]}",
            flush=True,
        )
    print(f"three units, {number} data sets: {found} points met, {lacking} of them not in the list")
    return lacking == 0


def compare(number: int) -> bool:
    """Four methods beside the exhaustive search; whether it lacks nothing that they find."""
    chosen = np.random.default_rng(0).permutation([c for c in cases() if c[1] <= 300])[:number]
    complete, lacking, times = True, Counter(), Counter()
    for name, n, noise, seed in chosen:
        complete &= _compare_one(name, int(n), float(noise), int(seed), lacking, times)
    print(f"isolated points lacking in {number} data sets: {dict(lacking) or 'none'}")
    print("  seconds: " + ", ".join(f"{key} {value:.1f}" for key, value in times.items()))
    return complete


def _compare_one(
    name: str, n: int, noise: float, seed: int, lacking: Counter, times: Counter
) -> bool:
    loss = loss_of(name, n, seed)
    grid = Grid.of(Responses.at(loss.at(noise=noise)))
    reach = grid.lowest, grid.highest
    ways = {
        "exhaustive": lambda: methods.exhaustive(loss, noise),
        "multistart": lambda: methods.multistart(loss, noise),
        "reduced landscape": lambda: methods.reduced_landscape(loss, noise, reach),
        "deflation": lambda: methods.deflation(loss, noise),
        "other noise": lambda: methods.from_other_noise(loss, noise),
    }
    found = {}
    for key, way in ways.items():
        start = time.perf_counter()
        found[key] = methods.distinct(loss, noise, way(), reach)
        times[key] += time.perf_counter() - start
    everything = methods.distinct(loss, noise, [t for some in found.values() for t in some], reach)
    for key, some in found.items():
        without = methods.missing(loss, some, everything)
        lacking[key] += len(without)
        for theta in without:
            print(f"  {name}, n = {n}, noise {noise}, seed {seed}: {key} lacks {theta}")
    print(f"{name}, n = {n}, noise {noise}, seed {seed}: {len(everything)} isolated points")
    return not methods.missing(loss, found["exhaustive"], everything)


def widths() -> bool:
    """Wider and biased networks: do seeds agree?"""
    x = np.linspace(-2.0, 2.0, 60)
    y = np.tanh(3.0 * x + 1.0) - 0.5 * np.tanh(x - 1.0)
    y += 0.1 * np.random.default_rng(0).normal(size=60)
    biased = Model.perceptron(hidden=2, bias=True, offset=True)
    tasks = [("bias and offset, 60 samples", Loss(biased, Dataset.from_observations(x, y)), 0.0)]
    for name, preset in PRESETS.items():
        for hidden, n in ((4, 30), (4, 100)):
            model = preset().with_hidden(hidden)
            tasks.append(
                (
                    f"{name}, {hidden} units, n = {n}",
                    Loss(model, Dataset.sample(preset(), n, 0)),
                    0.1,
                )
            )
    agree = True
    for title, loss, noise in tasks:
        agree &= _seeds_agree(title, loss, noise)
    return agree


def _seeds_agree(title: str, loss: Loss, noise: float) -> bool:
    start = time.perf_counter()
    results = [
        find_critical_sets(loss, noise=noise, seed=s, regions=False, infinity=False)
        for s in range(3)
    ]
    symmetry = Symmetry.of(loss.model)
    finite = [[s.theta for s in sets if s.theta is not None] for sets in results]
    union: list[np.ndarray] = []
    for theta in (theta for some in finite for theta in some):
        if not any(symmetry.same(theta, other) for other in union):
            union.append(theta)
    print(
        f"{title}: {[len(some) for some in finite]} sets for three seeds, {len(union)} in all, "
        f"{(time.perf_counter() - start) / 3:.1f} s each"
    )
    for support in results[0].saturation:
        print(f"  {support}")
    return all(len(some) == len(union) for some in finite)


def main() -> None:
    """Run the chosen parts; exit with 1 where a demand is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for part in ("count", "methods", "three", "random", "widths"):
        parser.add_argument(f"--{part}", action="store_true")
    parser.add_argument("--sets", type=int, default=20, help="data sets of --methods, --random")
    chosen = parser.parse_args()
    asked = (chosen.count, chosen.methods, chosen.three, chosen.random, chosen.widths)
    everything = not any(asked)
    passed = True
    if everything or chosen.count:
        passed &= count()
    if everything or chosen.methods:
        passed &= compare(chosen.sets)
    if everything or chosen.three:
        passed &= three()
    if everything or chosen.random:
        passed &= from_random_starts(chosen.sets)
    if everything or chosen.widths:
        passed &= widths()
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
