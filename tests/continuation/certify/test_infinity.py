"""Certified sets at infinity: the charts against networks close to infinity, and the checker."""

import itertools
import json

import mpmath
import numpy as np
import pytest
from flint import arb, ctx

from continuation.certify import UNDECIDED, agreements, certify_sets, check
from continuation.certify.certificate import problem_of
from continuation.certify.checker.jets import plain
from continuation.certify.checker.limits import limit_of
from continuation.certify.checker.problem import Problem
from continuation.certify.enclosures import ExactLoss
from continuation.certify.provers.infinity import infinity_certificate
from continuation.certify.provers.limits import exact_limit, names_of, walls_of
from continuation.certify.provers.question import Question
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.infinity import Jump, LimitLoss, LimitModel, end_of
from continuation.landscape.network import Responses
from symbolic import Model
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss
from tests.continuation.certify.stored_certificates import two_jumps


@pytest.fixture(scope="module")
def proved():
    return [
        (critical, certificate)
        for seed in (0, 1)
        for loss in [preset_loss("overparameterised", seed)]
        for sets in [found(loss)]
        for critical, certificate in zip(sets, certify_sets(loss, sets, noise=NOISE), strict=True)
        if critical.subkind in ("confluence", "linear")
    ]


def units_near(weights, outputs, biases=None, offset=0.0):
    """Outputs of tanh units at x."""
    biases = biases or [0.0] * len(weights)

    def network(x):
        terms = zip(weights, outputs, biases, strict=True)
        return offset + sum(v * mpmath.tanh(w * x + c) for w, v, c in terms)

    return network


def outputs_with_moments(distances, moments):
    """Output weights v with Σ v_k δ_k^j = j! moments_j."""
    rows = [[d**j for d in distances] for j in range(len(distances))]
    aims = [mpmath.factorial(j) * c for j, c in enumerate(moments)]
    return list(mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix(aims)))


def meeting(limit, eps):
    """Units near w at distances of the order of ε with the sum 0: Σ (w_k − w)² is small."""
    m = sum(letter in limit for letter in "abde")
    moments = [limit[letter] for letter in "abde"[:m]]
    steps = [k - mpmath.mpf(m - 1) / 2 for k in range(m)]
    distances = [eps * step for step in steps]
    outputs = outputs_with_moments(distances, moments)
    kappa = limit.get("kappa", 0)
    biases = [limit["bias"] + d * kappa for d in distances] if "bias" in limit else None
    weights = [limit["w"] + d for d in distances]
    size = 2 * sum(d * d for d in distances)
    return units_near(weights, outputs, biases, limit.get("offset", 0)), size


def vanishing(limit, eps):
    """Small units that leave c x + c₃ x³ + …, of x + κ with bias; Σ w² is small."""
    powers = [limit[name] for name in ("c", "c3", "c5") if name in limit]
    weights = [eps * (k + 1) for k in range(len(powers))]
    rows = mpmath.matrix([[w ** (2 * j + 1) for w in weights] for j in range(len(powers))])
    series = [mpmath.mpf(p) / q for p, q in ((1, 1), (-1, 3), (2, 15))]
    aims = mpmath.matrix([c / a for c, a in zip(powers, series, strict=False)])
    outputs = list(mpmath.lu_solve(rows, aims))
    kappa = limit.get("kappa", 0)
    return units_near(weights, outputs, [w * kappa for w in weights]), sum(w * w for w in weights)


def exponential(limit, eps):
    """A unit whose bias diverges; ε = e^{−2c}."""
    bias = -mpmath.log(eps) / 2
    output = -limit["tail"] / (2 * eps)
    return units_near([limit["rate"] / 2], [output], [bias], limit["offset"] - output), eps


SMOOTH_ENDS = [
    (meeting, {"w": 0.8, "a": -1.3, "b": 0.6}, {}),
    (meeting, {"w": 0.8, "a": -1.3, "b": 0.6, "d": 0.4}, {}),
    (meeting, {"w": 0.7, "a": 0.3, "b": -0.6, "d": 0.4, "e": 1.1}, {}),
    (meeting, {"w": 0.8, "a": -1.3, "b": 0.6, "bias": 0.3, "kappa": -0.7}, {"bias": True}),
    (vanishing, {"c": 0.7}, {}),
    (vanishing, {"c": 0.7, "c3": -0.4}, {}),
    (vanishing, {"c": 0.7, "c3": -0.4, "c5": 0.2}, {}),
    (vanishing, {"c": 0.7, "kappa": -0.4}, {"bias": True}),
    (exponential, {"tail": 0.7, "rate": -0.9, "offset": 0.2}, {"bias": True, "offset": True}),
]


def network_of(limit, **free):
    """The network of the width that a limit is one of, on two inputs."""
    model = Model.perceptron(hidden=limit.working_units, **free)
    return Loss(model, Dataset.from_observations([-1.7, 0.4], [0.0, 0.0]))


@pytest.mark.parametrize(("approach", "letters", "free"), SMOOTH_ENDS)
def test_limits_and_what_decides_across_are_those_of_networks(approach, letters, free):
    """Both the prover's and the checker's: f(ε) = f + ε ∂f + …, ε the size of what vanishes."""
    limit = LimitModel.from_dict(letters)
    loss = network_of(limit, **free)
    theta = [mpmath.mpf(letters[name]) for name in names_of(limit)]
    with mpmath.workdps(200), ctx.workprec(400):
        balls = [arb(letters[name]) for name in names_of(limit)]
        proved = exact_limit(ExactLoss.of(loss), limit)
        checked, subkind = limit_of(Problem.read(problem_of(loss)), names_of(limit), ())
        assert subkind == end_of(limit).name
        exact = {name: mpmath.mpf(letters[name]) for name in letters}
        network, size = approach(exact, mpmath.mpf(10) ** -20)
        outputs = proved.residual(balls)
        (across,) = proved.programs.across([*balls, proved.x])
        for k, (x, inputs) in enumerate(zip(loss.data.x, checked.inputs(), strict=True)):
            known = {**dict(zip(checked.symbols, balls, strict=True)), **inputs}
            ((formula, _),) = checked.normals[0].parts
            here = network(mpmath.mpf(float(x)))
            for value, slope in (
                (outputs[k], across[k]),
                (plain(checked.formula, known), plain(formula, known)),
            ):
                base = mpmath.mpf(value.str(60, radius=False))
                assert abs(here - base) < 1e-18
                wanted = mpmath.mpf(slope.str(40, radius=False))
                assert abs((here - base) / size - wanted) < 1e-15 * (1 + abs(wanted))
        assert len(theta) == proved.dimension


def steep(jumps, x, sharp):
    """What units of jumps (place, size, half or None) lack at x where w is large: e^{−2w d} …"""
    total = mpmath.mpf(0)
    for place, size, half in jumps:
        tilt = mpmath.atanh(half) if half is not None else 0
        total += size * mpmath.tanh(sharp * (x - place) + tilt)
    return total


@pytest.mark.parametrize(
    ("letters", "decides"),
    [
        ({"s": 0.8, "place": 0.5}, [{1: 2.0}, {2: -2.0}]),
        ({"s": 0.8, "place": 0.0, "half": 0.25}, [{0: 2 * 1.25 / 0.75, 2: -2 * 0.75 / 1.25}]),
        ({"s": -0.8, "place": 1.0, "half": 0.25}, [{1: 2 * 1.25 / 0.75}]),
        ({"s": 0.8, "place": -1.0, "half": 0.5}, [{1: -2 / 3.0}]),
    ],
)
def test_the_nearest_inputs_decide_of_a_jump(letters, decides):
    """In units of e^{−2w d}, d the distance: both neighbours in a gap, the nearer at an input."""
    x = [-1.0, 0.0, 1.0, 2.5]
    sharp, limit = mpmath.mpf(60), LimitModel.from_dict(letters)
    jump = limit.jumps[0]
    model = Model.perceptron(hidden=1, bias=True)
    problem = Problem.read(problem_of(Loss(model, Dataset.from_observations(x, x))))
    walls = walls_of(limit, x)
    checked, _ = limit_of(problem, names_of(limit), walls)
    assert len(checked.normals) == len(decides)
    known = dict(zip(checked.symbols, map(arb, limit.unknowns), strict=True))
    with mpmath.workdps(80):
        for normal, wanted in zip(checked.normals, decides, strict=True):
            counted = {k: formula for formula, samples in normal.parts for k in samples}
            assert set(counted) == set(wanted)
            for k, formula in counted.items():
                here = {**known, **checked.features[k]}
                lacks = steep([(jump.place, jump.size, jump.half)], x[k], sharp)
                lacks -= jump.size * (1 if x[k] > jump.place else -1)
                lacks /= mpmath.exp(-2 * sharp * abs(x[k] - jump.place))
                assert abs(lacks - (wanted[k] * jump.size)) < 1e-9
                slope = mpmath.mpf(plain(formula, here).str(30, radius=False))
                assert abs(2 * slope - lacks) < 1e-9


def one_unit_loss(offset, n=6):
    rng = np.random.default_rng(4)
    x = rng.normal(size=n)
    y = np.tanh(2.0 * x + 0.5) - 0.3 * x + 0.2 * rng.normal(size=n)
    model = Model.perceptron(hidden=1, bias=True, offset=offset)
    return Loss(model, Dataset.from_observations(x, y))


@pytest.mark.parametrize("offset", [False, True])
def test_all_ends_of_one_unit_with_bias_are_proved_with_their_index(offset):
    loss = one_unit_loss(offset)
    sets = find_critical_sets(loss, regions=False)
    for critical, certificate in zip(sets, certify_sets(loss, sets), strict=True):
        if critical.subkind == "silent curve":
            continue
        assert certificate.proved, (critical, certificate)
        assert certificate.inertia == critical.inertia
        assert check(certificate).accepted
    assert {"linear", "step"} <= {s.subkind for s in sets}


def test_steps_and_corners_of_two_units_are_proved_with_their_index():
    loss = preset_loss("fukumizu_amari", samples=10)
    sets = found(loss)
    proofs = certify_sets(loss, sets, noise=NOISE)
    ends = [(s, c) for s, c in zip(sets, proofs, strict=True) if s.at_infinity]
    assert {s.subkind for s, _ in ends} >= {"step", "corner"}
    for critical, certificate in ends:
        assert certificate.inertia == critical.inertia
        assert check(certificate).accepted
    named = {"noise": NOISE}
    pairs = [(certificate, check(certificate)) for certificate in proofs]
    assert not [row.faults for row in agreements(loss, sets, pairs, named) if row.faults]


def test_jumps_of_units_with_bias_are_proved_and_every_number_counts():
    loss, limit = two_jumps()
    certificate = infinity_certificate(Question.of(loss), limit)
    assert certificate.proved
    assert certificate.claim["walls"] == [2, 5]
    assert check(certificate).accepted
    assert "jumps at input 3, above input 5" in check(certificate).statement
    for name, values in (
        ("walls", ([2, 6], [3, 5], [1, 5], [5, 2], [2], [2, 5, 5], [2, 7], [-1, 5], [2.0, 5])),
        ("names", (["s", "half", "s2", "c"], ["s", "half", "offset", "s2"], ["s", "s2", "half2"])),
        ("subkind", ("step", "confluence", "exponential", "linear")),
    ):
        for value in values:
            record = json.loads(certificate.to_json())
            record["claim"][name] = value
            assert not check(json.dumps(record)).accepted, (name, value)
    for place in range(4):
        record = json.loads(certificate.to_json())
        theta = record["claim"]["theta"]
        theta[place] = (float.fromhex(theta[place]) + 1e-7).hex()
        assert not check(json.dumps(record)).accepted


def test_more_jumps_than_units_are_undecided():
    loss, _ = two_jumps()
    middle = [(a + b) / 2 for a, b in itertools.pairwise(loss.data.x[2:6])]
    many = LimitModel(offset=0.1, jumps=tuple(Jump(place, 0.5) for place in middle))
    assert "share" in infinity_certificate(Question.of(loss), many).reason


def test_a_unit_keeps_no_value_beyond_its_limits_at_a_jump():
    loss, limit = two_jumps()
    y = loss.data.target.copy()
    y[2] = 3.0
    other = Loss(loss.model, Dataset.from_observations(loss.data.x, y))
    jump, far = limit.jumps
    higher = Jump(jump.place, jump.size, jump.half + 2.2 / jump.size)
    beyond = LimitModel(offset=limit.offset, jumps=(higher, far))
    slope = LimitLoss(Responses.at(other.at()), beyond).point(beyond.unknowns)[1]
    assert np.abs(slope).max() < 1e-12
    assert "no unit" in infinity_certificate(Question.of(other), beyond).reason


def test_inputs_equally_near_to_a_jump_must_agree_where_rounding_parts_them():
    x = [-1.0, 0.0, 1.0 + 1e-12, 2.0]
    model = Model.perceptron(hidden=1, bias=True)
    certificates = []
    for pull in (0.3, -0.3):
        loss = Loss(model, Dataset.from_observations(x, [-1.0 - pull, 0.1, 0.9, 1.0 + pull]))
        sides = np.array([np.sign(x), np.array(x) == 0.0])
        s, value = np.linalg.lstsq(sides.T, loss.data.target, rcond=None)[0]
        limit = LimitModel(jumps=(Jump(0.0, s, value / s),))
        certificates.append(infinity_certificate(Question.of(loss), limit))
    assert {c.verdict for c in certificates} == {"UNDECIDED"}
    assert all("equally near" in c.reason for c in certificates)


def test_the_corner_of_two_linear_units_is_proved():
    model = Model.perceptron(hidden=2)
    data = Dataset.from_observations([0.5, 1.0, 1.5, 2.0], [0.3, 0.9, 1.1, 0.7])
    loss = Loss(model, data)
    sets = find_critical_sets(loss, regions=False)
    (corner,) = [s for s in sets if tuple(s.limit or ()) == ("c", "c3")]
    certificate = infinity_certificate(Question.of(loss), corner.limit)
    assert certificate.proved
    assert certificate.inertia == corner.inertia
    assert check(certificate).accepted
    assert not check(certificate.to_json().replace('"c3"', '"v"')).accepted


@pytest.mark.parametrize(("far", "index"), [(1.0, 1), (3.0, 0)])
def test_the_linear_end_of_one_unit_has_the_sign_of_its_cubic_moment(far, index):
    # x = 1, 2 and y = 1, y₂: c = (1 + 2 y₂)/5, and the loss goes on with −c Σ r x³ = 6 c (y₂ − 2)/5
    model = Model.perceptron(hidden=1)
    question = Question.of(Loss(model, Dataset.from_observations([1.0, 2.0], [1.0, far])))
    certificate = infinity_certificate(question, LimitModel(powers=((1.0 + 2.0 * far) / 5.0,)))
    assert certificate.proved
    assert certificate.inertia == (index, 0, 2 - index)
    assert check(certificate).accepted


def test_confluences_and_linear_ends_are_proved_with_their_index(proved):
    assert {critical.subkind for critical, _ in proved} == {"confluence", "linear"}
    for critical, certificate in proved:
        assert certificate.proved, certificate
        assert certificate.inertia == critical.inertia
        assert check(certificate).accepted


@pytest.mark.parametrize("place", [0, 2])
def test_damaged_ones_are_refused(place, proved):
    _, certificate = proved[0]
    record = json.loads(certificate.to_json())
    theta = record["claim"]["theta"]
    theta[place] = (float.fromhex(theta[place]) + 1e-7).hex()
    assert not check(json.dumps(record)).accepted
    record = json.loads(certificate.to_json())
    negative, zero, positive = record["claim"]["inertia"]
    record["claim"]["inertia"] = [negative + 1, zero, positive - 1]
    assert not check(json.dumps(record)).accepted
    record = json.loads(certificate.to_json())
    record["claim"]["subkind"] = "step"
    assert not check(json.dumps(record)).accepted


def test_other_ends_and_networks_are_undecided():
    loss = preset_loss("fukumizu_amari")
    question = Question.of(loss, noise=NOISE)
    for limit in (
        {"w": 1.0, "v": 1.0, "s": 0.1},
        {"c": 1.0},
        {"w": 1.0, "a": 1.0, "b": float("nan")},
        {"w": 0.3, "a": 1.0, "b": 1.0},
        {"w": 1.0, "a": 1.0, "b": 1.0, "d": 0.5},
        {"w": 1.0, "v": 1.0, "tail": 1.0, "rate": 1.0},
    ):
        certificate = infinity_certificate(question, LimitModel.from_dict(limit))
        assert certificate.verdict == UNDECIDED
    biased = Model.perceptron(hidden=2, bias=True, teacher="tanh(x)")
    other = Question.of(type(loss)(biased, loss.data), noise=NOISE)
    limit = LimitModel.from_dict({"w": 1.0, "a": 1.0, "b": 1.0})
    assert infinity_certificate(other, limit).verdict == UNDECIDED
