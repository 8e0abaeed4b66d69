"""What may stand in a certificate, what is said of it, and hostile texts."""

import base64
import copy
import json
import time
import zlib
from dataclasses import fields

import pytest

import continuation.certify
from continuation.certify import Certificate, certificates_from_json, check
from continuation.certify.certificate import certificates_to_json, digest_of
from continuation.certify.checker import KINDS, OLD
from continuation.errors import InvalidInputError
from tests.continuation.certify import stored_certificates as stored

NAMES = stored.names()
SECONDS = 1.0
"""In which every hostile text is refused; measured here as the work of the process."""


def text_of(record):
    return json.dumps(record)


def reason(record):
    return check(text_of(record)).reason


def test_every_kind_has_a_stored_certificate_and_a_prover():
    kinds = {(r["kind"], r["verdict"]) for r in map(stored.record, NAMES)}
    assert kinds == set(KINDS)
    for kind in KINDS.values():
        assert callable(getattr(continuation.certify, kind.prover))


LONG = [pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name == "complete"]


@pytest.mark.parametrize("name", [*(name for name in NAMES if name != "complete"), *LONG])
def test_stored_certificates_are_accepted_and_say_what_the_checker_says(name):
    text = text_of(stored.record(name))
    certificate, result = Certificate.from_json(text), check(text)
    assert result.accepted, result.reason
    assert result.statement == certificate.statement
    assert result.assumptions == certificate.assumptions
    assert json.loads(certificate.to_json()) == json.loads(text)


def places(value, path=()):
    """Every record within a certificate."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for k, inner in enumerate(value[:3]):
            yield from places(inner, (*path, k))


def at(record, path):
    for step in path:
        record = record[step]
    return record


@pytest.mark.parametrize("name", NAMES)
def test_unknown_and_missing_fields_are_refused_everywhere(name):
    whole = stored.record(name)
    for path in places(whole):
        for added in ("statement", "label", "source", "examined", "left", "uniqueness_radius2"):
            record = copy.deepcopy(whole)
            at(record, path)[added] = "the global minimum, unique"
            assert "nothing uses" in reason(record)
        for missing in at(whole, path):
            record = copy.deepcopy(whole)
            del at(record, path)[missing]
            said = {"format": "not marked", "version": "version 0.1.0"}.get(missing, "lacks")
            assert said in reason(record)


def test_words_of_the_certificate_itself_are_refused():
    record = stored.record("point")
    assert "none of" in reason({**record, "reason": "the global minimum: PROVED, accepted"})
    assert reason({**record, "set": "minimum 1"})
    assert reason({**record, "set": -1})
    assert reason({**record, "set": True})


def test_fields_of_other_kinds_are_refused():
    for name in NAMES:
        for other in NAMES:
            record, given = stored.record(name), stored.record(other)["claim"]
            for field in set(given) - set(record["claim"]):
                changed = copy.deepcopy(record)
                changed["claim"][field] = given[field]
                assert "nothing uses" in reason(changed)


def test_a_field_that_stands_twice_is_refused():
    text = text_of(stored.record("point")).replace('"set": null', '"set": null, "set": null')
    assert "twice" in check(text).reason


def test_certificates_of_the_first_version_claim_nothing():
    record = stored.record("point")
    del record["version"]
    record |= {"statement": "the global minimum", "assumptions": [], "radius": None}
    assert check(text_of(record)).reason == OLD
    certificate = Certificate.from_json(text_of(record))
    assert (certificate.verdict, certificate.reason) == ("UNDECIDED", OLD)
    for version in (1, 3, True, "2", 2.0):
        assert check(text_of({**record, "version": version})).reason == OLD


def test_a_problem_under_another_digest_is_refused():
    certificate = Certificate.from_json(text_of(stored.record("point")))
    collection = json.loads(certificates_to_json([certificate]))
    (digest,) = collection["problems"]
    assert digest == digest_of(certificate.problem)
    other = copy.deepcopy(certificate.problem)
    other["sigma"] = (0.2).hex()
    collection["problems"][digest] = other
    with pytest.raises(InvalidInputError, match="digest"):
        certificates_from_json(json.dumps(collection))


def test_certificates_hold_only_what_is_stored_or_derived():
    names = {f.name for f in fields(Certificate)}
    assert names == {"kind", "verdict", "reason", "problem", "claim", "set", "open"}


# -- hostile texts ---------------------------------------------------------------------------


def replaced(name, path, value):
    record = stored.record(name)
    at(record, path[:-1])[path[-1]] = value
    return text_of(record)


def bomb(nodes):
    tree = base64.b64encode(zlib.compress(bytes([3]) * nodes, 9)).decode()
    return replaced("complete", ("claim", "tree"), tree)


def with_model(**changes):
    record = stored.record("point")
    model = json.loads(record["problem"]["model"]) | changes
    text = json.dumps(model, sort_keys=True, separators=(",", ":"))
    return replaced("point", ("problem", "model"), text)


def no_samples():
    record = stored.record("point")
    record["problem"] |= {"x": [], "noise": []}
    return text_of(record)


HOSTILE = {
    "a huge exponent of a fraction": lambda: replaced(
        "orbit", ("claim", "units", 0, 0), "1e999999999"
    ),
    "a long fraction": lambda: replaced("orbit", ("claim", "offset"), "1" * 10**6 + "/7"),
    "a fraction over zero": lambda: replaced("orbit", ("claim", "offset"), "1/0"),
    "a huge exponent of a double": lambda: replaced("point", ("claim", "radius"), "0x1p999999999"),
    "a long double": lambda: replaced("point", ("claim", "radius"), "0x1." + "0" * 10**6 + "p+0"),
    "a tree of 2e7 leaves": lambda: bomb(20_000_000),
    "a tree of a billion leaves": lambda: bomb(10**9 // 40),
    "a list of 2e7 leaves": lambda: "[" + "0," * 20_000_000 + "0]",
    "many leaves below the limit": lambda: "[" + "0," * 8_000_000 + "0]",
    "deep lists": lambda: "[" * 10**6 + "]" * 10**6,
    "deep records": lambda: '{"a":' * 10**5 + "0" + "}" * 10**5,
    "a deep claim": lambda: text_of(stored.record("point")).replace(
        '"radius": "', '"radius": ' + "[" * 900 + "]" * 900 + ', "radius2": "'
    ),
    "a deep model": lambda: replaced("point", ("problem", "model"), "[" * 4000 + "]" * 4000),
    "no samples": no_samples,
    "no weights": lambda: replaced("point", ("claim", "theta"), []),
    "an empty matrix": lambda: replaced("point", ("claim", "inverse"), []),
    "a matrix of empty rows": lambda: replaced("point", ("claim", "inverse"), [[], []]),
    "a singular matrix": lambda: replaced(
        "point", ("claim", "inverse"), [[(0.0).hex()] * 2, [(0.0).hex()] * 2]
    ),
    "a tube without length": lambda: replaced(
        "branch", ("claim", "points", 1), stored.record("branch")["claim"]["points"][0]
    ),
    "a division by zero": lambda: with_model(teacher="1/x"),
    "a huge power": lambda: with_model(teacher="x**999999999"),
    "a tower of powers": lambda: with_model(teacher="9**9**9**9*x"),
    "a long formula": lambda: with_model(teacher="tanh(x)+" * 1000 + "x"),
    "nested functions": lambda: with_model(teacher="exp(" * 30 + "x" + ")" * 30),
    "a billion units": lambda: with_model(hidden=10**9),
    "a width that is no number": lambda: with_model(hidden="2"),
    "a truth for a number": lambda: with_model(hidden=True),
    "a long integer": lambda: '{"version":' + "9" * 10**6 + "}",
    "levels beyond doubles": lambda: replaced("complete", ("claim", "levels"), 10**9),
    "no text": lambda: "",
    "not a number": lambda: '{"version": NaN}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_at_once(name):
    text = HOSTILE[name]()
    start = time.process_time()
    result = check(text)
    spent = time.process_time() - start
    assert not result.accepted
    assert result.reason
    assert len(result.reason) < 2000
    assert spent < SECONDS
