"""Pictures that runs show of themselves."""

import numpy as np
import pytest
import torch

from core.tasks.pictures import ACCENT, INK, PAPER, WRONG, described, grid, labelled, lit, matrix, side_by_side


def test_a_grid_lays_images_row_by_row_with_white_between():
    images = torch.arange(3, dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 1, 2, 2) * 50
    sheet = grid(images, columns=2, gap=1)
    assert sheet.shape == (5, 5, 3) and sheet.dtype == np.uint8
    assert sheet[:, :, 0].tolist() == [
        [0, 0, 255, 50, 50], [0, 0, 255, 50, 50], [255] * 5, [100, 100, 255, 255, 255], [100, 100, 255, 255, 255],
    ]


def test_zoom_repeats_each_pixel_and_colour_stays():
    image = torch.randint(0, 256, (1, 3, 2, 3), dtype=torch.uint8)
    sheet = grid(image, 1, zoom=3)
    assert np.array_equal(sheet[1::3, 1::3], image[0].permute(1, 2, 0).numpy())
    assert sheet.shape == (6, 9, 3)


def test_float_images_are_clipped_to_0_to_1_and_scaled():
    image = torch.tensor([-1.0, 0.5, 1.0, 2.0]).view(1, 1, 1, 4)
    assert grid(image, 1)[0, :, 0].tolist() == [0, 128, 255, 255]


@pytest.mark.parametrize(("wrong", "colour"), [(None, INK), ([True], WRONG), ([False], INK)])
def test_a_label_is_written_in_its_colour(wrong, colour):
    sheet = labelled(torch.zeros(1, 1, 28, 28, dtype=torch.uint8), ["seven"], columns=1, wrong=wrong)
    darkest = sheet[56:].reshape(-1, 3)[sheet[56:].reshape(-1, 3).astype(int).sum(1).argmin()]
    assert np.abs(darkest.astype(int) - colour).max() < 40


def test_every_picture_needs_a_label():
    with pytest.raises(ValueError):
        labelled(torch.zeros(2, 1, 8, 8, dtype=torch.uint8), ["one"], columns=2)


def test_a_matrix_is_white_at_0_and_full_colour_at_its_greatest():
    sheet = matrix(np.array([[0.0, 2.0], [1.0, 0.0]]), ["a", "b"], ["c", "d"], cell=10)
    colours = {tuple(pixel) for pixel in sheet.reshape(-1, 3).tolist()}
    half = tuple(round((p + a) / 2) for p, a in zip(PAPER, ACCENT, strict=True))
    assert {PAPER, ACCENT, half} <= colours
    rows, columns = np.where((sheet == ACCENT).all(2))
    half_rows, half_columns = np.where((sheet == half).all(2))
    assert rows.max() < half_rows.min() and columns.min() > half_columns.max()  # row 0 right, row 1 left


def test_a_matrix_of_zeros_can_be_drawn():
    assert (matrix(np.zeros((2, 2)), ["a", "b"], ["a", "b"], numbers=True)[20:40, 40:60] == 255).all()


def test_side_by_side_keeps_each_picture_whole():
    first, second = np.full((4, 3, 3), 10, np.uint8), np.full((2, 5, 3), 20, np.uint8)
    sheet = side_by_side([first, second], gap=2)
    assert sheet.shape == (4, 10, 3)
    assert (sheet[:, :3] == 10).all() and (sheet[:2, 5:] == 20).all() and (sheet[2:, 5:] == 255).all()


def test_a_picture_is_bright_where_the_weights_are_large():
    sheet = lit(torch.full((3, 8, 8), 200, dtype=torch.uint8), torch.tensor([[0.0, 1.0], [0.0, 0.0]]), 32)
    assert sheet.shape == (3, 32, 32)
    assert sheet[0, 4, 27] == 200 and sheet[0, 27, 4] < 50


def test_described_pictures_stand_beside_their_texts():
    sheet = described(torch.full((2, 3, 4, 4), 9, dtype=torch.uint8), [["told"], ["word " * 60]], height=40, columns=20)
    assert (sheet[:40, :40] == 9).all()
    assert sheet.shape[0] > 2 * 40 and (sheet[:40, 50:] != 255).any()  # the second text is taller than its picture
