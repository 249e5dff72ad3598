"""The map of words."""

import numpy as np

from core.plots.embeddings import LABELLED, word_map


def test_the_most_frequent_words_bear_their_names_where_there_is_room_and_the_picked_one_always():
    points = np.random.default_rng(0).normal(size=(500, 2))
    points[1] = points[0] + 1e-6  # the second hides behind the first, and is not named
    names = [f"word{i}" for i in range(500)]
    figure = word_map(points, names, ["word"] * 500, None, "", 400, [1], dark=False)
    frequent, near, picked = (trace.text for trace in figure.data if trace.mode == "text")
    assert near == ("word1",) and picked == ("word400",) and "word0" not in frequent
    assert 20 < len(frequent) <= LABELLED and list(frequent) == sorted(frequent, key=names.index)


def test_words_are_coloured_by_the_chance_of_a_class_or_by_their_kind():
    points = np.zeros((4, 2))
    by_kind = word_map(points, list("a1b?"), ["letter", "digit", "letter", "sign"], None, "", 0, [], dark=True)
    assert [trace.name for trace in by_kind.data if trace.showlegend] == ["letter", "digit", "sign"]
    chances = np.array([0.1, 0.9, 0.5, 0.4])
    by_chance = word_map(points, list("a1b?"), ["letter"] * 4, chances, "positive", 0, [], dark=True)
    told = by_chance.data[0]
    assert told.customdata[1][1] == "1<br>positive 90 %" and list(told.marker.color) == list(chances)
