"""What a tracker does with a set that cannot be followed."""

from continuation.errors import ConvergenceError
from continuation.landscape import Dataset, Loss
from continuation.landscape.evolution import tracking
from continuation.landscape.network import LossAlong
from symbolic import single_unit


def test_a_set_whose_start_is_not_confirmed_is_noted_and_the_others_are_followed(monkeypatch):
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    tracker = tracking.Tracker(LossAlong(loss, "noise"), (0.1, 0.2), 0)
    follow, refused = tracking.follow_to_infinity, []

    def first_fails(along, start, course):
        if not refused:
            refused.append(start.label)
            raise ConvergenceError("no convergence within the iterations")
        return follow(along, start, course)

    monkeypatch.setattr(tracking, "follow_to_infinity", first_fails)
    assert tracker.cover(0.15) >= 1
    (note,) = [note for note in tracker.notes if "is not followed" in note]
    assert note == (
        f"noise = 0.15: {refused[0]} is not followed: no convergence within the iterations"
    )
