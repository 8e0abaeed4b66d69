"""`python -m continuation check`: stored certificates are proved again, damaged ones refused."""

import json

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from continuation.__main__ import app
from continuation.certify import certificates_to_json, certify_sets
from continuation.storage.results import CERTIFICATES, load_result
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss

RUNNER = CliRunner()
LOSS = preset_loss("fukumizu_amari", 0, samples=12)
PROVED = certify_sets(LOSS, found(LOSS), noise=NOISE)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "graph.nc"
    options = ["--preset", "fukumizu_amari", "--n", "12", "--output", str(path)]
    result = RUNNER.invoke(app, ["graph", *options])
    assert result.exit_code == 0, result.output
    assert "proved:" in result.output
    return path


def run(path):
    return RUNNER.invoke(app, ["check", str(path)])


def test_a_stored_graph_is_checked(stored):
    result = run(stored)
    assert result.exit_code == 0, result.output
    assert "0 refused" in result.output
    loaded = load_result(stored)
    assert sum(c.proved for c in loaded.certificates) >= 3
    assert any(c.kind == "basin" for c in loaded.certificates)
    marked = {n for n, node in loaded.graph.nx.nodes(data=True) if node["certified"]}
    assert marked == {c.claim["set"] for c in loaded.certificates if c.proved}


def damaged(stored, tmp_path, change):
    data = xr.load_dataset(stored, engine="h5netcdf")
    change(data)
    path = tmp_path / "damaged.nc"
    data.to_netcdf(path, engine="h5netcdf")
    return path


def test_a_moved_point_in_a_result_is_refused(stored, tmp_path):
    def move(data):
        record = json.loads(str(data[CERTIFICATES].item()))
        point = next(c for c in record["certificates"] if c["kind"] == "point")
        point["claim"]["theta"][0] = (float.fromhex(point["claim"]["theta"][0]) + 1e-3).hex()
        data[CERTIFICATES] = ((), json.dumps(record))

    result = run(damaged(stored, tmp_path, move))
    assert result.exit_code == 1
    assert "REFUSED" in result.output
    assert "1 refused" in result.output


def test_other_data_in_a_result_are_refused(stored, tmp_path):
    def replace(data):
        data["data_x"] = data["data_x"] + np.float64(1e-9)

    result = run(damaged(stored, tmp_path, replace))
    assert result.exit_code == 1
    assert "other data" in result.output


def test_a_json_file_is_checked(tmp_path):
    path = tmp_path / "sets.json"
    path.write_text(certificates_to_json(PROVED))
    assert run(path).exit_code == 0
    proved = next(c for c in PROVED if c.proved)
    path.write_text(proved.to_json())
    assert "1 accepted" in run(path).output


@pytest.mark.parametrize("text", ["", "{}", "[1]"])
def test_other_files_end_in_a_clear_error(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    result = run(path)
    assert result.exit_code == 1
    assert "error:" in result.output
    assert "Traceback" not in result.output


def test_missing_files_and_results_without_certificates_end_in_a_clear_error(stored, tmp_path):
    assert "error:" in run(tmp_path / "missing.json").output
    assert "error:" in run(tmp_path / "missing.nc").output

    def forget(data):
        del data[CERTIFICATES]

    result = run(damaged(stored, tmp_path, forget))
    assert result.exit_code == 1
    assert "no certificates" in result.output


def test_results_can_do_without(tmp_path):
    path = tmp_path / "plain.nc"
    options = ["--preset", "fukumizu_amari", "--n", "12", "--no-certify", "--output", str(path)]
    assert RUNNER.invoke(app, ["points", *options]).exit_code == 0
    assert load_result(path).certificates == ()
