"""A real scheduler with workers as processes: same table, lost workers, a lost scheduler."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from continuation.ensemble import cluster, ensemble, grid, load_ensemble
from continuation.errors import InvalidInputError, WorkerLostError
from tests.continuation.ensemble.test_ensemble import coin, mean_noise

pytest.importorskip(
    "distributed", reason='the engine beyond one machine: pip install ".[parallel]"'
)

CELLS = grid("single_unit", n=(10, 20), noise=(0.1, 0.3))

pytestmark = pytest.mark.filterwarnings("ignore")  # the library's own, as its processes end


def deadly(case):
    """Ends its worker the first time that it meets this data set."""
    mark = Path(os.environ["MLPCONT_TEST_MARK"])
    if case.setting.n == 20 and not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return coin(case)


@pytest.mark.slow
def test_a_cluster_changes_nothing_and_a_lost_worker_neither(tmp_path, monkeypatch):
    """Two workers, one of them killed in mid-run: the table is that of one thread."""
    monkeypatch.setenv("MLPCONT_TEST_MARK", str(tmp_path / "mark"))
    with cluster(workers=2) as executor:
        table = ensemble(deadly, CELLS, data_sets=40, executor=executor)
    assert (tmp_path / "mark").exists()
    with ThreadPoolExecutor(1) as alone:
        expected = ensemble(deadly, CELLS, data_sets=40, executor=alone)
    xr.testing.assert_identical(table, expected)


@pytest.mark.slow
def test_a_scheduler_that_ends_is_one_clear_error_and_the_next_run_goes_on(tmp_path):
    """What was stored stays; another cluster finishes it."""
    from distributed import LocalCluster

    def stop(progress):
        if progress.done > 0:
            local.close()

    options = {"data_sets": 100, "store": tmp_path}
    one = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with (
        LocalCluster(**one) as local,
        pytest.raises(WorkerLostError),
        cluster(local.scheduler_address) as executor,
    ):
        ensemble(mean_noise, CELLS, executor=executor, progress=stop, **options)
    assert 0 < len(list(tmp_path.glob("*.shard"))) < 16
    with LocalCluster(**one) as local, cluster(local.scheduler_address) as executor:
        table = ensemble(mean_noise, CELLS, executor=executor, **options)
    xr.testing.assert_identical(table, load_ensemble(tmp_path))
    assert np.isfinite(table["mean"]).all()


def test_misuse_is_named(monkeypatch):
    """Before anything is begun."""
    with pytest.raises(InvalidInputError, match="either"), cluster("tcp://here:1", 2):
        pass
    with pytest.raises(InvalidInputError, match="no scheduler"), cluster("nowhere"):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInputError, match=r"mlpcont\[parallel\]"), cluster(workers=1):
        pass
