"""Certificates of all finite sets of ten data sets: how many, how wide, how fast.

Run with `python tests/benchmarks/bench_certificates.py`.
"""

import statistics
import time

from continuation.certify import certify_never_optimal, certify_sets, check
from continuation.certify.enclosures.balls import box, working_precision
from continuation.certify.enclosures.krawczyk import contraction, inertia
from continuation.certify.provers.points import point_certificate
from continuation.certify.provers.question import Question
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import fukumizu_amari, overparameterised

SAMPLES, NOISE, SEEDS, REPEATS = 50, 0.1, range(5), 7


def fastest(function):
    """Milliseconds of the fastest of a few calls: other work on the machine adds, never takes."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def point_times(loss, theta):
    """Existence and index alone, and the whole certificate with its largest box."""
    question = Question.of(loss, noise=NOISE)
    exact = question.loss

    def existence():
        with working_precision():
            here = exact.evaluate(box(theta, 0.0))
            contraction(exact, theta, here.gradient, here.hessian)
            inertia(here.hessian)

    return fastest(existence), fastest(lambda: point_certificate(question, theta))


def main():
    rows, proved, total, ends, ends_proved = [], 0, 0, 0, 0
    for make in (fukumizu_amari, overparameterised):
        for seed in SEEDS:
            model = make()
            loss = Loss(model, Dataset.sample(model, SAMPLES, seed))
            sets = find_critical_sets(loss, noise=NOISE)
            for found, certificate in zip(sets, certify_sets(loss, sets, noise=NOISE), strict=True):
                if found.theta is None:
                    ends += 1
                    ends_proved += certificate.proved and check(certificate).accepted
                    continue
                total += 1
                proved += certificate.proved and check(certificate).accepted
                if found.kind == "point":
                    rows.append((certificate, *point_times(loss, found.theta)))
            optimum = certify_never_optimal(loss, noise=NOISE)
            print(f"{make.__name__} {seed}: {optimum}")
    print(f"\nfinite sets proved and accepted by the checker: {proved} of {total}")
    print(
        f"sets at infinity proved and accepted: {ends_proved} of {ends} (steps and corners are not)"
    )
    radii = [c.uniqueness_radius for c, *_ in rows]
    print(f"radii of uniqueness: {min(radii):.1e} to {max(radii):.1e}")
    for column, name in ((1, "existence and index"), (2, "with the radius enlarged")):
        times = [row[column] for row in rows]
        print(
            f"{name}: {min(times):.2f} to {max(times):.2f} ms a point, "
            f"median {statistics.median(times):.2f}"
        )


if __name__ == "__main__":
    main()
