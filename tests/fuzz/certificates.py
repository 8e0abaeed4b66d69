"""Certificates of every kind with one change: refused, or what they say then is so."""

import json

from continuation.certify import check
from tests.continuation.certify import stored_certificates as stored
from tests.fuzz import Outcome
from tests.fuzz.mutations import mutated
from tests.fuzz.truth import TRUTH

NAME = "certificates"


def case(random):
    names = stored.names()
    name = names[random.integers(len(names))]
    whole = stored.record(name)
    record, what = mutated(whole, random)
    text = json.dumps(record)
    what = f"{name}: {what}"
    if json.loads(text) == whole:
        return Outcome("same", what, text)
    result = check(text)
    if not result.accepted:
        return Outcome("refused", what, text)
    if {**record, "set": None} == {**whole, "set": None}:
        return Outcome("true", what, text)  # the place in a file's list is compared with the file
    good = TRUTH[record["kind"]](record, random)
    return Outcome("true" if good else "WRONG", what, text)
