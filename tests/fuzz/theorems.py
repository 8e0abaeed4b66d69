"""Certificates of theorems with one change: refused, or the same statement.

Models within them are opened. Also changed: lists and records that lose, double or rename an entry.
"""

import copy
import json
from functools import cache

from symbolic import Model, fukumizu_amari, single_unit, verify
from symbolic.symmetry import generators
from symbolic.verification import check
from tests.fuzz import Outcome
from tests.fuzz.mutations import OTHERS, leaves, value_near

NAME = "theorems"

MODELS = (
    fukumizu_amari,
    single_unit,
    lambda: Model.perceptron(3, "sin", output_weights=(1.0, -1.0, 2.0), bias=True),
    lambda: Model.mlp(2, (2, 3), 2),
    lambda: Model.from_expression("b1*(1 - exp(-b2*x))", parameters=("b1", "b2")),
)


@cache
def proved():
    verdicts = [v for make in MODELS for v in verify(make())]
    return [opened(json.loads(v.certificate)) for v in verdicts if v.verdict == "PROVED"]


def opened(record):
    return {**record, "model": json.loads(record["model"])} if "model" in record else record


def closed(record):
    if "model" not in record:
        return record
    text = json.dumps(record["model"], sort_keys=True, separators=(",", ":"))
    return {**record, "model": text}


def case(random):
    whole = proved()[random.integers(len(proved()))]
    record = copy.deepcopy(whole)
    places = [path for path in leaves(record) if path]
    path = places[random.integers(len(places))]
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    change = changed(holder, path[-1], random)
    what = f"{whole['theorem']}: {'.'.join(map(str, path))}, {change}"
    text = json.dumps(closed(record))
    if record == whole:
        return Outcome("same", what, text)
    if not check(text):
        return Outcome("refused", what, text)
    return Outcome("true" if same_meaning(record, whole) else "WRONG", what, text)


def changed(holder, name, random):
    """Change one entry of a list or record; the word for it."""
    change = random.choice(["removed", "doubled", "renamed", "other", "moved", "near", "near"])
    if change == "removed":
        del holder[name]
    elif change == "doubled" and isinstance(holder, list):
        holder.insert(name, copy.deepcopy(holder[name]))
    elif change == "renamed" and isinstance(holder, dict):
        holder[f"{name}_"] = holder.pop(name)
    elif change == "other":
        holder[name] = copy.deepcopy(OTHERS[random.integers(len(OTHERS))])
    elif change == "moved":
        names = list(holder) if isinstance(holder, dict) else range(len(holder))
        holder[name] = copy.deepcopy(holder[names[random.integers(len(names))]])
    else:
        holder[name] = value_near(holder[name], random)
    return change


def same_meaning(record, whole):
    """Whether only what the statement leaves free was changed."""
    free = {"units", "orders", "maps", "model"}
    if any(record.get(k) != whole.get(k) for k in {*record, *whole} - free):
        return False
    return FREE.get(record["theorem"], same_model)(record, whole)


def same_model(record, whole):
    """Up to the teacher and the scale of inputs, of which no other theorem speaks."""
    free = {"input_scale": 1.0, "teacher": None}
    return {**record["model"], **free} == {**whole["model"], **free}


def same_optimum(record, whole):
    """The order of the teacher's units is free, the width, and the minor that does not vanish."""
    free = {"input_scale": 1.0, "hidden": 2}
    model = {**record["model"], **free} == {**whole["model"], **free}
    wide = record["model"]["hidden"] >= len(record["units"])
    full = len(set(record["orders"])) == len(whole["orders"])
    return model and wide and full and sorted(record["units"]) == sorted(whole["units"])


def whole_group(record, _):
    """Whether the maps generate the group of the record's own model."""
    model = Model.from_json(closed(record)["model"])
    maps = [(tuple(g["indices"]), tuple(g["signs"])) for g in record["maps"]]
    return group(maps) == group([(g.indices, g.signs) for g in generators(model)])


def group(maps):
    """All products of signed permutations."""
    unit = tuple(range(len(maps[0][0]))), (1,) * len(maps[0][0])
    found, fresh = {unit}, [unit]
    while fresh:
        (i, s), fresh = fresh[-1], fresh[:-1]
        for j, t in maps:
            image = tuple(i[k] for k in j), tuple(t[n] * s[k] for n, k in enumerate(j))
            if image not in found:
                found.add(image)
                fresh.append(image)
    return found


FREE = {
    "noisy optimum": same_optimum,
    "symmetry": whole_group,
    "gradient structure": lambda record, whole: True,  # of every model
    "any optimum": lambda record, whole: True,  # likewise
}
"""By theorem, whether a changed certificate still says what is so."""
