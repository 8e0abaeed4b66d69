"""The checker accepts what is true and refuses damaged certificates and false statements."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from flint import arb, arb_mat, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.certify import (
    REFUTED,
    Certificate,
    certificates_from_json,
    certificates_to_json,
    certify_line,
    certify_never_optimal,
    certify_point,
    certify_sets,
    check,
)
from continuation.certify.certificate import PROVED, claims_to_json, problem_of
from continuation.certify.checker.points import inertia
from continuation.certify.checker.problem import CHECK_PRECISION, Problem
from continuation.certify.checker.refusal import Refused
from continuation.certify.enclosures.balls import box, working_precision
from continuation.certify.enclosures.exact_loss import ExactLoss
from continuation.errors import InvalidInputError
from symbolic import Model
from tests.continuation.certify.certify_cases import (
    NOISE,
    expression_model,
    preset_loss,
    small,
    small_basin,
    tiny_loss,
)

CERTIFICATES = ("point", "line", "optimum", "orbit", "basin")


def part(kind, index=None):
    return next(s for s in small()[1] if s.kind == kind and index in (None, s.index))


@cache
def certificate_of(kind):
    loss, _ = small()
    match kind:
        case "point":
            return certify_point(loss, part("point", 1).theta, noise=NOISE)
        case "line":
            return certify_line(loss, part("line").base, noise=NOISE)
        case "optimum":
            return certify_never_optimal(loss, noise=NOISE)
        case "orbit":
            isolated = preset_loss("fukumizu_amari", 0, samples=12)
            return certify_never_optimal(isolated, noise=NOISE)
        case "basin":
            return small_basin()


def record(kind):
    return json.loads(certificate_of(kind).to_json())


def refused(changed):
    result = check(json.dumps(changed))
    assert result.reason
    return not result.accepted


def scaled(text, factor):
    return (float.fromhex(text) * factor).hex()


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_true_certificates_are_accepted_and_survive_their_text(kind):
    certificate = certificate_of(kind)
    assert certificate.verdict == PROVED
    assert check(certificate).accepted
    again = Certificate.from_json(certificate.to_json())
    assert again == certificate
    assert again.to_json() == certificate.to_json()


# -- damage --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["point", "line", "basin"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_moved_centre_is_refused(kind, place):
    changed = record(kind)
    theta = changed["claim"]["theta"]
    theta[place] = (float.fromhex(theta[place]) + 1e-6).hex()
    assert refused(changed)


@pytest.mark.parametrize("kind", ["point", "line", "basin"])
def test_a_larger_radius_of_uniqueness_is_refused(kind):
    changed = record(kind)
    changed["claim"]["uniqueness_radius"] = scaled(changed["claim"]["uniqueness_radius"], 30)
    assert refused(changed)


@pytest.mark.parametrize("kind", ["point", "line", "basin"])
def test_a_smaller_radius_of_existence_is_refused(kind):
    changed = record(kind)
    changed["claim"]["radius"] = (0.0).hex()
    assert refused(changed)


@pytest.mark.parametrize("kind", ["point", "line", "basin"])
def test_another_index_is_refused(kind):
    changed = record(kind)
    negative, zero, positive = changed["claim"]["inertia"]
    changed["claim"]["inertia"] = [negative + 1, zero, positive - 1]
    assert refused(changed)


@pytest.mark.parametrize("kind", CERTIFICATES)
@pytest.mark.parametrize("name", ["x", "noise"])
def test_other_data_are_refused(kind, name):
    changed = record(kind)
    changed["problem"][name] = [scaled(text, 0.5) for text in changed["problem"][name]]
    assert refused(changed)


@pytest.mark.parametrize("kind", ["point", "line", "basin"])
def test_another_noise_is_refused(kind):
    changed = record(kind)
    changed["problem"]["sigma"] = (0.2).hex()
    assert refused(changed)


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_another_teacher_is_refused(kind):
    changed = record(kind)
    model = json.loads(changed["problem"]["model"])
    model["teacher"] = "3*tanh(2*x)"
    changed["problem"]["model"] = json.dumps(model)
    assert refused(changed)


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_another_verdict_is_refused(kind):
    for verdict in (REFUTED, "UNDECIDED", "CERTAIN"):
        assert refused({**record(kind), "verdict": verdict})


def test_an_undecided_statement_made_to_look_proved_is_refused():
    open_ = certify_point(small()[0], part("line").theta, noise=NOISE)
    assert refused(json.loads(replace(open_, verdict=PROVED).to_json()))


def test_pieces_of_a_line_with_other_indices_are_refused():
    changed = record("line")
    pieces = changed["claim"]["pieces"]
    pieces[0]["inertia"], pieces[1]["inertia"] = pieces[1]["inertia"], pieces[0]["inertia"]
    assert refused(changed)
    changed = record("line")
    changed["claim"]["pieces"] = changed["claim"]["pieces"][:2]
    assert refused(changed)
    changed = record("line")
    changed["claim"]["pieces"][1]["upper"] = "2"
    assert refused(changed)


@pytest.mark.parametrize("name", ["gradient_bound", "constant"])
@pytest.mark.parametrize("kind", ["optimum", "orbit"])
def test_larger_bounds_on_the_optimum_are_refused(kind, name):
    changed = record(kind)
    changed["claim"][name] = scaled(changed["claim"][name], 1.5)
    assert refused(changed)


def test_other_units_and_a_larger_box_of_the_optimum_are_refused():
    changed = record("orbit")
    changed["claim"]["units"][0][1] = "3"
    assert refused(changed)
    changed = record("orbit")
    isolated = changed["claim"]["isolated"]
    isolated["radius"] = scaled(isolated["radius"], 3)
    assert refused(changed)
    changed = record("optimum")
    changed["claim"]["units"] = [["1", "1/2"], ["1", "1/2"]]
    assert refused(changed)
    changed = record("optimum")
    changed["verdict"] = REFUTED
    assert refused(changed)


@pytest.mark.parametrize("name", ["ball", "level"])
def test_larger_basins_are_refused(name):
    changed = record("basin")
    changed["claim"][name] = scaled(changed["claim"][name], 1 + 1e-3)
    assert refused(changed)


def test_a_basin_of_a_saddle_is_refused():
    changed = {**record("point"), "kind": "basin"}
    radius = changed["claim"]["uniqueness_radius"]
    changed["claim"] |= {"ball": radius, "level": (1.0).hex(), "entries": []}
    assert refused(changed)


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_missing_parts_are_refused(kind):
    whole = record(kind)
    for name in ("kind", "claim", "problem", "verdict"):
        assert refused({k: v for k, v in whole.items() if k != name})
    for name in whole["claim"]:
        claim = {k: v for k, v in whole["claim"].items() if k != name}
        assert refused({**whole, "claim": claim})
    for name in whole["problem"]:
        problem = {k: v for k, v in whole["problem"].items() if k != name}
        assert refused({**whole, "problem": problem})


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"format": "mlpcont-certificate"}'])
def test_what_is_no_certificate_is_refused(text):
    assert not check(text).accepted
    with pytest.raises(InvalidInputError):
        Certificate.from_json(text)


@settings(max_examples=60)
@given(st.data())
def test_no_damaged_number_is_accepted_where_it_matters(data):
    """One number of a point's claim is replaced: centre and radii hold, or it is refused."""
    changed = record("point")
    name = data.draw(st.sampled_from(["theta", "radius", "uniqueness_radius"]))
    value = data.draw(st.floats(allow_nan=True, allow_infinity=True)).hex()
    if name == "theta":
        changed["claim"]["theta"][data.draw(st.integers(0, 3))] = value
    else:
        changed["claim"][name] = value
    if check(json.dumps(changed)).accepted:
        kept = record("point")
        low, high = (
            float.fromhex(kept["claim"]["radius"]),
            1.2 * float.fromhex(kept["claim"]["uniqueness_radius"]),
        )
        assert name != "radius" or 0.0 <= float.fromhex(value) <= high
        assert name != "uniqueness_radius" or 0.5 * low <= float.fromhex(value) <= high


# -- the checker's own mathematics ------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        lambda: Model.perceptron(hidden=2, bias=True, offset=True, teacher="exp(-x**2)*erf(x)"),
        lambda: Model.perceptron(hidden=1, activation="softplus", teacher="log(2 + x**2)"),
        lambda: Model.perceptron(hidden=2, activation="logistic", teacher="sqrt(1 + x**2)"),
        lambda: Model.perceptron(hidden=2, output_weights=[0.1, -0.3], teacher="sin(x)/cosh(x)"),
        expression_model,
    ],
)
@pytest.mark.parametrize("size", [None, 4.5])
def test_jets_and_programs_enclose_the_same_loss(model, size):
    loss = tiny_loss(model())
    if size is not None:
        loss = type(loss)(loss.model, replace(loss.data, weights=None))
    parameters = {"noise": 0.3, "size": size, "weight_decay": 0.02}
    theta = np.random.default_rng(0).normal(size=loss.model.dimension)
    enclosed = ExactLoss.of(loss, **parameters)
    with working_precision():
        ours = enclosed.evaluate(box(theta, 0.0))
    with ctx.workprec(CHECK_PRECISION):
        problem = Problem.read(problem_of(loss, **parameters))
        value, slope, square, curved = problem.derivatives(box(theta, 0.0))
        assert ours.value.overlaps(value)
        assert ours.gradient.overlaps(slope)
        assert ours.hessian.overlaps(square + curved)
        assert max(float(e.rad()) for e in (square + curved).entries()) < 1e-25


@pytest.mark.parametrize("seed", range(5))
def test_descartes_counts_eigenvalues(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-5, 6, (4, 4))
    matrix = matrix + matrix.T + np.diag([11, -13, 17, -19])
    eigenvalues = np.linalg.eigvalsh(matrix)
    counted = inertia(arb_mat(matrix.tolist()))
    assert counted == ((eigenvalues < 0).sum(), (eigenvalues > 0).sum())


def test_open_signs_of_eigenvalues_are_refused():
    for matrix in ([[0, 0], [0, 1]], [[1, 1], [1, 1]]):
        with pytest.raises(Refused):
            inertia(arb_mat(matrix))
    with pytest.raises(Refused):
        inertia(arb_mat([[arb(0, 1), 0], [0, 1]]))
    assert inertia(arb_mat([[0, 1], [1, 0]])) == (1, 1)


# -- collections ------------------------------------------------------------------------------


def test_collections_hold_every_problem_once_and_come_back():
    proved = certify_sets(*small(), noise=NOISE)
    text = certificates_to_json(proved)
    assert text.count('"x":') == 1
    assert certificates_from_json(text) == proved
    assert [bool(check(c)) for c in certificates_from_json(text)] == [c.proved for c in proved]


def test_claims_need_the_data_they_speak_of():
    loss, sets = small()
    proved = certify_sets(loss, sets, noise=NOISE)
    claims = claims_to_json(proved)
    problem = problem_of(loss, noise=NOISE)
    assert '"x":' not in claims
    assert certificates_from_json(claims, [problem]) == proved
    other = problem_of(loss, noise=0.2)
    with pytest.raises(InvalidInputError, match="other data"):
        certificates_from_json(claims, [other])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "mlpcont-certificates"}'])
def test_what_is_no_collection_is_refused(text):
    with pytest.raises(InvalidInputError):
        certificates_from_json(text)
