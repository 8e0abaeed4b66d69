"""Files written by earlier versions still load and draw: one small file of each kind."""

from pathlib import Path

import pytest

from continuation.certify import certificates_from_json
from continuation.certify.checker import OLD
from continuation.storage import RESULTS, load_result
from figures.result import DRAWN, draw_file

STORED = Path(__file__).parents[2] / "data" / "stored"

FILES = {path.stem: path for path in sorted(STORED.glob("*.nc"))}


def test_there_is_a_file_of_every_kind():
    assert set(FILES) == set(RESULTS)


@pytest.mark.parametrize("kind", RESULTS)
def test_kinds_of_results_have_all_parts(kind):
    assert RESULTS[kind].of.kind == kind
    assert RESULTS[kind].of in DRAWN


LONG = {"branch", "evolution", "basins"}
FILES_MARKED = [
    pytest.param(kind, marks=[pytest.mark.slow] if kind in LONG else []) for kind in FILES
]


@pytest.mark.parametrize("kind", FILES_MARKED)
def test_stored_results_load_and_draw(kind, tmp_path):
    result = load_result(FILES[kind])
    assert type(result) is RESULTS[kind].of
    assert result.kind == kind
    assert len(result.sets) > 0
    assert {path.suffix for path in draw_file(FILES[kind], tmp_path)} == {".pdf", ".png"}
    assert all(path.stat().st_size > 1000 for path in tmp_path.iterdir())


def test_stored_limit_models_are_those_of_their_sets():
    """Loss and risk were computed with the weights of the time; the limits must still give them."""
    result = load_result(FILES["points"])
    data, noise = result.loss.data, result.settings["noise"]
    ends = [found for found in result.sets if found.limit is not None]
    assert {found.subkind for found in ends} == {"confluence", "linear", "step", "corner"}
    for found in ends:
        residual = found.outputs(data.x) - data.target - noise * data.noise
        assert found.loss == pytest.approx(0.5 * (residual**2).mean(), rel=1e-9)


def test_certificates_of_version_0_1_0_load_and_claim_nothing():
    text = (STORED / "certificates.json").read_text(encoding="utf-8")
    certificates = certificates_from_json(text)
    assert {certificate.kind for certificate in certificates} >= {"point", "line", "infinity"}
    assert not any(certificate.proved for certificate in certificates)
    assert all(OLD in certificate.reason for certificate in certificates)
