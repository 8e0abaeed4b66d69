"""A stored graph with one entry falsified and new checksums: noticed, or named as unchecked."""

import functools
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr
from typer.testing import CliRunner

from continuation import certify
from continuation.__main__ import app
from continuation.certify import check
from continuation.commands import check as command
from continuation.errors import MlpcontError
from continuation.storage.netcdf import read_dataset, write_dataset
from tests.fuzz import Outcome

NAME = "results"

OPTIONS = ("graph", "--preset", "fukumizu_amari", "--n", "12")

UNCHECKED = (
    "set_notes", "complete", "euler_count", "saturation", "axes", "versions", "data_kind", "seed",
    "direction_error", "passage_distance",
)  # fmt: skip
"""What `check` names as unchecked, or prints nowhere."""

NAMES = ("sign", "directed", "multigraph", "graph.key")
"""Names within the file that say nothing of the result."""


@functools.cache
def whole():
    """The content of a file of `graph`, computed once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nc"
        result = CliRunner().invoke(app, [*OPTIONS, "--output", str(path)])
        assert result.exit_code == 0, result.output
        return read_dataset(path).load()


@functools.cache
def said_of(text):
    """What the checker says of a certificate: most changes leave them alone."""
    return check(text)


def case(random):
    data = whole().copy(deep=True)
    what = falsify(data, random)
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = write_dataset(Path(folder) / "false.nc", data, data.attrs["kind"])
            word = word_of(path, what)
        except MlpcontError:
            word = "refused"
        except Exception as error:  # whatever it is, it is no clear error
            word, what = "WRONG", f"{what}: {error!r}"
    return Outcome(word, what, what)


def word_of(path, what):
    known, certify.check = certify.check, lambda c, **_progress: said_of(c.to_json())
    try:
        report = command._found(path, math.inf)
    finally:
        certify.check = known
    if report.faults or not all(result for c, result in report.checked if c.proved):
        return "refused"
    if any(what.startswith(name) or what.endswith(name) for name in NAMES):
        return "same"
    return "true" if any(name in what for name in UNCHECKED) else "WRONG"


def falsify(data: xr.Dataset, random):
    """Change one entry of one variable or attribute; its name."""
    names = [*map(str, data.variables), *map(str, data.attrs)]
    name = names[random.integers(len(names))]
    if name in data.attrs:
        data.attrs[name], inner = falsified(data.attrs[name], random)
        return f"{name}.{inner}" if inner else name
    values = data[name].to_numpy().astype(object)
    places = [k for k, v in np.ndenumerate(values) if not (isinstance(v, float) and math.isnan(v))]
    place = places[random.integers(len(places))]
    values[place], inner = falsified(values[place], random)
    kind = data[name].dtype
    data[name] = (data[name].dims, values if kind.kind in "UO" else values.astype(kind))
    return f"{name}.{inner}" if inner else name


def falsified(value, random):
    """Another value of the same kind, and the name of what was changed within a text of JSON."""
    if not isinstance(value, str):
        return other(value), ""
    try:
        record = json.loads(value)
    except ValueError:
        return other(value), ""
    if not isinstance(record, dict | list):
        return other(value), ""
    paths = [*leaves(record)]
    if not paths:
        return value + " ", "directed"  # nothing in it
    path = paths[random.integers(len(paths))]
    inner = functools.reduce(lambda part, step: part[step], path[:-1], record)
    inner[path[-1]] = other(inner[path[-1]])
    return json.dumps(record), ".".join(str(step) for step in path if isinstance(step, str))


def leaves(value, path=()):
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, step))
    else:
        yield path


def other(value):
    """Further away than any tolerance."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, np.int8):
        return np.int8(1 - value)
    if isinstance(value, int | np.integer):
        return value + 1
    if isinstance(value, float | np.floating):
        return 3.0 * value + 1.0
    return f"{value}, proved" if isinstance(value, str) else "proved"
