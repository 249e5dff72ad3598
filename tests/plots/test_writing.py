"""Figures of a text that a language model reads and writes."""

import numpy as np
import pytest

from core.plots.style import ORANGE
from core.plots.writing import grounds, looks_back, next_characters, visible


def test_every_character_can_be_seen():
    assert visible("a \n\té") == ["a", "␣", "⏎", "⇥", "é"]


@pytest.mark.parametrize("dark", [False, True])
def test_the_ground_follows_the_surprise_and_the_ink_can_be_read_on_it(dark: bool):
    found = grounds(np.array([np.nan, 0.0, 4.0, 8.0, 99.0, np.inf]), dark)
    assert found[0] is None and found[3] == found[4] == found[5] and len({*found[1:4]}) == 3
    for ground, ink in found[1:]:
        red, green, blue = (int(part) for part in ground[4:-1].split(","))
        light = 0.299 * red + 0.587 * green + 0.114 * blue
        assert abs(light - (255 if ink == "#fff" else 24)) > 85


def test_the_likeliest_are_shown_with_the_one_that_stands_there():
    chances = np.arange(30, dtype=np.float32)
    bars = next_characters([chr(97 + i) for i in range(30)], chances / chances.sum(), 2, "blue").data[0]
    assert list(bars.y) == [chr(97 + i) for i in (*range(29, 18, -1), 2)]
    assert list(bars.marker.color) == ["blue"] * 11 + [ORANGE]


def test_a_row_is_a_head_and_the_same_character_may_come_twice():
    figure = looks_back(np.full((2, 3, 4), 0.25), "a a\n")
    heat = figure.data[0]
    assert list(heat.y) == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"] and heat.z.shape == (6, 4)
    assert list(figure.layout.xaxis.ticktext) == ["a", "␣", "a", "⏎"] and list(heat.x) == [0, 1, 2, 3]
