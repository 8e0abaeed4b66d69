"""One small change somewhere in a JSON value."""

import copy
import json
import math

SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e300, 5e-324)
WORDS = (
    "",
    "PROVED",
    "REFUTED",
    "UNDECIDED",
    "minimum",
    "0",
    "1/0",
    "1e999999999",
    "nan",
    "x" * 99,
)
OTHERS = (None, True, False, 0, -1, 1, 10**30, 1.5, [], {}, "0x0.0p+0", [[]])


def leaves(value, path=()):
    """Every place within a value, containers included; JSON within JSON is opened."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            yield from leaves(inner, (*path, k))


def opened(record):
    """With the model's text as a record."""
    record = copy.deepcopy(record)
    record["problem"]["model"] = json.loads(record["problem"]["model"])
    return record


def closed(record):
    model = record.get("problem", {}) if isinstance(record.get("problem"), dict) else {}
    if isinstance(model.get("model"), dict):
        model["model"] = json.dumps(model["model"], sort_keys=True, separators=(",", ":"))
    return record


def mutated(record, random):
    """A changed copy, and what was changed."""
    record = opened(record)
    places = [path for path in leaves(record) if path]
    path = places[random.integers(len(places))]
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    old, change = holder[path[-1]], random.integers(6)
    if change == 0:
        del holder[path[-1]]
    elif change == 1 and isinstance(holder, list):
        holder.insert(path[-1], copy.deepcopy(old))
    elif change == 2:
        other = places[random.integers(len(places))]
        value = record
        for step in other:
            value = value[step]
        holder[path[-1]] = copy.deepcopy(value)
    elif change == 3:
        holder[path[-1]] = copy.deepcopy(OTHERS[random.integers(len(OTHERS))])
    else:
        holder[path[-1]] = value_near(old, random)
    return closed(record), f"{'.'.join(map(str, path))}, change {change}"


def value_near(old, random):
    if isinstance(old, bool) or old is None:
        return not old
    if isinstance(old, int | float):
        return old + int(random.choice([-2, -1, 1, 2]))
    if isinstance(old, list):
        return [old[k] for k in random.permutation(len(old))]
    if isinstance(old, dict):
        return {f"{name}_": value for name, value in old.items()}
    try:
        number = float.fromhex(old) if "0x" in old else None
    except ValueError:
        number = None
    if number is None:
        return WORDS[random.integers(len(WORDS))] if random.random() < 0.7 else old + "1"
    if random.random() < 0.2:
        return float(SPECIAL[random.integers(len(SPECIAL))]).hex()
    factor = 1.0 + float(random.choice([-1.0, 1.0])) * 10.0 ** -float(random.integers(0, 17))
    return (math.nextafter(number, math.inf) if random.random() < 0.1 else number * factor).hex()
