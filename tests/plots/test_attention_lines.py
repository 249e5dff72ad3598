"""Attention as lines between words."""

import numpy as np

from core.plots.inside import attention_lines


def lines(figure) -> set[tuple[int, int]]:
    """From where to where a line is drawn."""
    found = set()
    for trace in figure.data:
        if trace.mode == "lines":
            found |= {(int(trace.y[i]), int(trace.y[i + 1])) for i in range(0, len(trace.y), 3)}
    return found


def test_each_weight_is_a_line_and_the_strongest_is_the_most_opaque():
    weights = np.array([[0.9, 0.1, 0.0], [0.3, 0.3, 0.4], [0.0, 0.0, 1.0]])
    figure = attention_lines(weights, ["a", "b", "c"], 1.0, "#000", None)
    assert lines(figure) == {(q, k) for q, k in np.argwhere(weights > 0)}
    opacity = {(int(t.y[0]), int(t.y[1])): t.opacity for t in figure.data if t.mode == "lines"}
    assert opacity[2, 2] == 1 > opacity[0, 1]


def test_one_word_can_be_followed_alone():
    figure = attention_lines(np.full((3, 3), 1 / 3), ["a", "b", "c"], 1.0, "#000", 1)
    assert lines(figure) == {(1, 0), (1, 1), (1, 2)}
