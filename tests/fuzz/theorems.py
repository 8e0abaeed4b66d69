"""Certificates of theorems with one change: refused, or the same statement."""

import json
from functools import cache

from symbolic import fukumizu_amari, single_unit, verify
from symbolic.verification import check
from tests.fuzz import Outcome
from tests.fuzz.mutations import leaves, value_near

NAME = "theorems"


@cache
def proved():
    verdicts = [v for make in (fukumizu_amari, single_unit) for v in verify(make())]
    return [json.loads(v.certificate) for v in verdicts if v.verdict == "PROVED"]


def case(random):
    whole = proved()[random.integers(len(proved()))]
    record = json.loads(json.dumps(whole))
    places = [path for path in leaves(record) if path]
    path = places[random.integers(len(places))]
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    if random.random() < 0.2:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value_near(holder[path[-1]], random)
    what = f"{whole['theorem']}: {'.'.join(map(str, path))}"
    text = json.dumps(record)
    if record == whole:
        return Outcome("same", what, text)
    if not check(text):
        return Outcome("refused", what, text)
    return Outcome("true" if unordered(record) == unordered(whole) else "WRONG", what, text)


def unordered(record):
    """The content, whatever the order of its summands and rows."""
    lists = {k: sorted(record[k]) for k in ("units", "orders") if k in record}
    return {**record, **lists}
