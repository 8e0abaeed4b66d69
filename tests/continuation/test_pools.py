from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from continuation import workers


def draw(seed: int) -> float:
    return float(np.random.default_rng(seed).normal())


def fail_at_three(seed: int) -> int:
    if seed == 3:
        raise ValueError("seed 3")
    return seed


def test_serial_equals_parallel():
    expected = [draw(seed) for seed in range(8)]
    with ThreadPoolExecutor(3) as threads:
        assert workers.run(draw, range(8), threads) == expected
    with workers.process_pool(2) as processes:
        assert workers.run(draw, range(8), processes) == expected


def test_results_are_reported_as_they_arrive_and_errors_go_on():
    seen: dict[int, int] = {}
    with ThreadPoolExecutor(1) as threads, pytest.raises(ValueError, match="seed 3"):
        workers.run(fail_at_three, range(6), threads, seen.__setitem__)
    assert seen.items() >= {0: 0, 1: 1, 2: 2}.items()


def test_environment_is_restored(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with workers.process_pool(1):
        assert workers.os.environ["OMP_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in workers.os.environ


def test_arguments_may_depend_on_results_and_few_are_under_way():
    """Never more than asked for, and a stream that waits goes on when a result arrives."""
    under_way, most_seen, squares = set(), [0], {}

    def numbers():
        for number in range(9):
            while number >= 3 and number - 3 not in squares:
                yield None  # waits for the result of three before
            under_way.add(number)
            most_seen[0] = max(most_seen[0], len(under_way))
            yield number

    def arrived(number, square):
        under_way.remove(number)
        squares[number] = square

    with ThreadPoolExecutor(4) as threads:
        workers.stream(_square, numbers(), threads, arrived, most=2)
    assert squares == {k: k * k for k in range(9)}
    assert most_seen[0] <= 2


def _square(number):
    return number * number
