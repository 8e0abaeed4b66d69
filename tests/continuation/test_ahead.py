"""What is compiled beside the work travels to another process, and begins with the first need."""

from multiprocessing.reduction import ForkingPickler

from continuation import ahead
from continuation.ahead import FLOWS, SETS, compiled_beside
from symbolic.machine_code import cached_njit


def double(x):
    return 2.0 * x


def triple(x):
    return 3.0 * x


def test_tasks_travel():
    assert all(ForkingPickler.dumps(task) for task in FLOWS)
    assert set(SETS) < set(FLOWS)


def test_it_begins_with_the_first_need_and_ends_with_the_work(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    seen = []

    class Pool:
        def __init__(self, jobs):
            seen.append(jobs)

        def submit(self, task):
            seen.append(task)

        def terminate(self):
            seen.append("ended")

    monkeypatch.setattr(ahead, "ProcessPool", Pool)
    monkeypatch.setattr(ahead, "available_cores", lambda: 2)
    told = []
    with compiled_beside(["late"], told.append):
        assert seen == []
        for _ in range(2):
            cached_njit(purpose="doubling")(double)(1.0)
        cached_njit(purpose="tripling")(triple)(1.0)
        assert seen == [1, "late"]
    assert (seen, told) == ([1, "late", "ended"], ["doubling", "tripling"])
