"""What a run on rows of numbers shows of itself."""

import numpy as np
import pytest
import torch

from core.plots.style import PALETTE
from core.tasks import tables


def test_classes_wear_the_colours_of_the_figures():
    assert tuple("#{:02X}{:02X}{:02X}".format(*colour) for colour in tables.CLASS_COLOURS) == PALETTE


def test_the_plane_holds_every_point_and_its_grid_goes_from_corner_to_corner():
    points = torch.tensor([[0.0, 10.0], [8.0, 30.0]])
    where = tables.plane(points)
    assert where == (-1.0, 9.0, 7.5, 32.5)
    grid = tables.grid(where, 11)
    assert grid.shape == (121, 2)
    assert grid[0].tolist() == [-1, 7.5] and grid[10].tolist() == [9, 7.5] and grid[-1].tolist() == [9, 32.5]


def test_points_that_are_all_alike_have_a_plane_too():
    left, right, bottom, top = tables.plane(torch.zeros(3, 2))
    assert left < right and bottom < top


def test_where_the_model_guesses_the_plane_is_white_and_where_it_is_sure_it_wears_its_class_s_colour():
    even, sure = tables.tints(torch.tensor([[1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0]])).tolist()
    assert even == [255, 255, 255]
    expected = [255 - tables.DEEPEST * (255 - c) for c in tables.CLASS_COLOURS[1]]
    assert sure == pytest.approx(expected, abs=1)


def test_the_picture_has_x_to_the_right_and_y_upwards_and_a_dark_rim_on_mistakes():
    chances = torch.zeros(20, 20, 2)
    chances[:10, :, 0] = 1  # below: the first class
    chances[10:, :, 1] = 1
    points, targets = torch.tensor([[0.25, 0.9], [0.75, 0.1]]), torch.tensor([1, 1])
    picture = tables.boundary(chances, (0, 1, 0, 1), points, targets, torch.tensor([1, 0])).astype(int)
    side = tables.SIDE
    blue, orange = (np.array(colour) for colour in tables.CLASS_COLOURS[:2])
    above, below = picture[side // 10, side // 2], picture[-side // 10, side // 2]
    assert abs(above - orange).sum() < abs(above - blue).sum() and abs(below - blue).sum() < abs(below - orange).sum()
    right, wrong = picture[side // 10, side // 4], picture[-side // 10, 3 * side // 4]
    assert (right == orange).all() and (wrong == orange).all()
    assert picture[-side // 10 - 9 : -side // 10 + 9, 3 * side // 4].sum(1).min() < 200  # the rim of the mistake
    assert picture[side // 10 - 9 : side // 10 + 9, side // 4].sum(1).min() > 200


def test_the_worst_rows_come_first_and_right_answers_are_no_mistakes():
    logits = torch.tensor([[4.0, 0.0], [3.0, 0.0], [1.0, 0.0], [0.0, 5.0]])
    targets = torch.tensor([0, 1, 1, 1])
    inputs = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [0.0, 0.0, 0.1]])
    shown = tables.mistakes(("p", "q", "r"), ("no", "yes"), inputs, targets, logits)
    assert shown.data == {
        "index": [1, 2], "true": ["yes", "yes"], "guess": ["no", "no"], "chance": [0.9526, 0.7311],
        "features": ["p", "q", "r"], "rows": [[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
    }
    assert (shown.image == tables.WRONG).all(2).any()


def test_a_model_without_mistakes_shows_rows_all_the_same():
    shown = tables.mistakes(("p",), ("no", "yes"), torch.arange(30.0)[:, None], torch.zeros(30).long(),
                            torch.tensor([[5.0, 0.0]]).expand(30, 2))
    assert len(shown.data["rows"]) == tables.ROWS
    assert not (shown.image == tables.WRONG).all(2).any()
