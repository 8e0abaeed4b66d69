"""Small certificates of every kind, kept as files so that tests of the checker need no search.

`python -m tests.continuation.certify.stored_certificates [names]` makes them again, after a change
of the format; that the provers still make such certificates is for their own tests.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import root

FOLDER = Path(__file__).parent / "stored"
NOISE = 0.1


def names():
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def record(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def data_of(model, n, seed=0):
    from continuation.landscape import Dataset, Loss

    return Loss(model, Dataset.sample(model, n, seed))


def critical(loss, start, noise=NOISE):
    run = root(
        lambda t: loss.gradient(t, noise=noise),
        start,
        jac=lambda t: loss.hessian(t, noise=noise),
        tol=1e-15,
    )
    assert np.abs(loss.gradient(run.x, noise=noise)).max() < 1e-12
    return run.x


def point():
    from continuation.certify import certify_point
    from symbolic import single_unit

    loss = data_of(single_unit(), 6)
    return certify_point(loss, critical(loss, [1.0, 1.0]), noise=NOISE)


def saddle():
    from continuation.certify import certify_point
    from symbolic import single_unit

    return certify_point(data_of(single_unit(), 6), [0.0, 0.0], noise=NOISE)


def basin():
    from continuation.certify import certify_basin
    from continuation.certify.provers.basins import with_entries
    from symbolic import single_unit

    loss = data_of(single_unit(), 6)
    theta = critical(loss, [1.0, 1.0])
    found = certify_basin(loss, theta, noise=NOISE)
    ball = float.fromhex(found.claim["ball"])
    return with_entries(found, [theta + 0.05 * ball * np.array([0.6, -0.8])])


def line():
    from continuation.certify import certify_line
    from symbolic import overparameterised, single_unit

    base = critical(data_of(single_unit(), 6), [1.0, 1.0])
    return certify_line(data_of(overparameterised(), 6), base, noise=NOISE)


def infinity():
    from continuation.certify.provers.infinity import infinity_certificate
    from continuation.certify.provers.question import Question
    from continuation.landscape.infinity import LimitModel
    from symbolic import single_unit

    loss = data_of(single_unit(), 6)
    x, y = loss.data.x, loss.data.target + NOISE * loss.data.noise
    limit = LimitModel(powers=(float(x @ y / (x @ x)),))
    return infinity_certificate(Question.of(loss, noise=NOISE), limit)


def jumps():
    from continuation.certify.provers.infinity import infinity_certificate
    from continuation.certify.provers.question import Question

    loss, limit = two_jumps()
    return infinity_certificate(Question.of(loss), limit)


def two_jumps():
    """Two units with bias that become steps, at the third input and above the fifth."""
    from continuation.landscape import Dataset, Loss
    from continuation.landscape.infinity import Jump, LimitModel
    from symbolic import Model

    x, y = np.arange(7.0) ** 2, np.array([0.1, 0.2, 0.8, 1.0, 0.9, 2.0, 2.2])
    sides = np.array([np.sign(x - 4.0), x == 4.0, np.sign(x - 20.0), np.ones(7)])
    s, value, other, offset = np.linalg.lstsq(sides.T, y, rcond=None)[0]
    limit = LimitModel(offset=offset, jumps=(Jump(4.0, s, value / s), Jump(20.0, other)))
    loss = Loss(Model.perceptron(hidden=2, bias=True, offset=True), Dataset.from_observations(x, y))
    return loss, limit


def orbit():
    from continuation.certify import certify_never_optimal
    from symbolic import fukumizu_amari

    return certify_never_optimal(data_of(fukumizu_amari(), 8), noise=NOISE)


def manifold():
    from continuation.certify import certify_never_optimal
    from symbolic import overparameterised

    return certify_never_optimal(data_of(overparameterised(), 6), noise=NOISE)


def silent():
    from continuation.certify import certify_never_optimal
    from symbolic import single_unit

    return certify_never_optimal(data_of(single_unit(), 4), noise=0.0)


def layered(bias, noise):
    from continuation.certify import certify_never_optimal
    from symbolic import Model

    teacher = ["x1*tanh(x2) + 1/2", "erf(x1 - x2)"]
    model = Model.mlp(2, (3, 2), 2, activation=("tanh", "relu"), bias=bias, teacher=teacher)
    return certify_never_optimal(data_of(model, 5), noise=noise)


def layers():
    return layered(bias=True, noise=NOISE)


def layers_without_biases():
    return layered(bias=False, noise=NOISE)


def layers_without_noise():
    return layered(bias=False, noise=0.0)


def branch():
    """One unit on six samples: its branch in the noise turns twice; a part with one fold."""
    from continuation.certify import certify_branch
    from continuation.landscape import find_critical_sets, follow
    from symbolic import single_unit

    loss = data_of(single_unit(), 6, seed=5)
    sets = find_critical_sets(loss, noise=1.5)
    found = next(s for s in sets if s.kind == "point" and s.subkind == "isolated")
    branch = follow(loss, found, "noise", (0.8, 2.5))
    fold = next(p for p in branch.special if p.kind == "fold")
    return certify_branch(loss, branch, limits=(fold.p - 0.02, fold.p + 0.02))


def complete():
    """A narrow range around the first isolated point of some data set."""
    from continuation.certify import certify_complete
    from continuation.landscape import find_critical_sets
    from symbolic import overparameterised

    for seed in range(20):
        loss = data_of(overparameterised(), 12, seed)
        sets = find_critical_sets(loss, noise=NOISE)
        for found in (s for s in sets if s.subkind == "isolated"):
            low, high = np.sort(np.abs(found.theta[:2]))
            certificate = certify_complete(loss, sets, noise=NOISE, box=(0.98 * low, 1.02 * high))
            print(seed, certificate, len(certificate.to_json()))
            if certificate.proved and len(certificate.to_json()) < 10_000:
                return certificate
    raise AssertionError("no data set has an isolated point")


def unique():
    from continuation.certify import certify_unique_minimum
    from symbolic import fukumizu_amari

    return certify_unique_minimum(data_of(fukumizu_amari(), 20), noise=1e-4).certificate


def unit():
    from continuation.certify import certify_unique_minimum
    from symbolic import single_unit

    return certify_unique_minimum(data_of(single_unit(), 10), noise=1e-3).certificate


def decaying(model, n, seed, weight_decay):
    from continuation.certify import certify_attractor
    from continuation.landscape import find_critical_sets

    loss = data_of(model, n, seed)
    return certify_attractor(loss, find_critical_sets(loss, noise=NOISE, weight_decay=weight_decay))


def attractor():
    """One unit on four samples: origin and a minimum, in some ten boxes."""
    from symbolic import single_unit

    return decaying(single_unit(), 4, 0, 0.1)


def two_minima():
    from symbolic import fukumizu_amari

    return decaying(fukumizu_amari(), 10, 0, 1e-3)


MAKERS = (
    point,
    saddle,
    basin,
    line,
    infinity,
    jumps,
    orbit,
    manifold,
    silent,
    layers,
    layers_without_biases,
    layers_without_noise,
    unique,
    unit,
    branch,
    complete,
    attractor,
    two_minima,
)


def main(chosen):
    for make in MAKERS:
        if not chosen or make.__name__ in chosen:
            certificate = make()
            text = certificate.to_json()
            print(make.__name__, certificate, len(text))
            (FOLDER / f"{make.__name__}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
