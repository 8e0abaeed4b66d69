from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from continuation import ensemble


def draw(seed: int) -> float:
    return float(np.random.default_rng(seed).normal())


def fail_at_three(seed: int) -> int:
    if seed == 3:
        raise ValueError("seed 3")
    return seed


def test_serial_equals_parallel():
    expected = [draw(seed) for seed in range(8)]
    with ThreadPoolExecutor(3) as threads:
        assert ensemble.run(draw, range(8), threads) == expected
    with ensemble.process_pool(2) as processes:
        assert ensemble.run(draw, range(8), processes) == expected


def test_results_are_reported_as_they_arrive_and_errors_go_on():
    seen: dict[int, int] = {}
    with ThreadPoolExecutor(1) as threads, pytest.raises(ValueError, match="seed 3"):
        ensemble.run(fail_at_three, range(6), threads, seen.__setitem__)
    assert seen.items() >= {0: 0, 1: 1, 2: 2}.items()


def test_environment_is_restored(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with ensemble.process_pool(1):
        assert ensemble.os.environ["OMP_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in ensemble.os.environ
