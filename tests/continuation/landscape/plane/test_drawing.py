from continuation.landscape.plane.drawing import GREYS, legend_words


def test_counts_of_one_shade_have_one_entry():
    most = len(GREYS) - 1
    words = [legend_words(count) for count in range(most + 4)]
    assert words[:2] == ["0 overfitting attractors", "1 overfitting attractor"]
    assert set(words[most:]) == {f"{most} or more overfitting attractors"}
    assert len(set(words)) == most + 1
    assert legend_words(None) == "no graph computed"
