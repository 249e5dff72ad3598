"""Weights as pictures."""

import re

import numpy as np
import pytest

from core.plots import weights


@pytest.fixture
def kernels() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 3, 2, 5)).astype(np.float32)


def test_prototypes_are_drawn_as_they_stand():
    levels = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 2, 2)
    np.testing.assert_array_equal(weights.seen(levels, 0, dark=True), (levels[0] * 255).round().transpose(1, 2, 0))


def test_kernels_in_colour_lie_around_middle_grey_and_the_strongest_is_at_an_end(kernels):
    picture = weights.seen(kernels, 1, dark=False)
    assert picture.shape == (2, 5, 3) and picture.dtype == np.uint8
    strongest = np.unravel_index(np.abs(kernels[1]).argmax(), (3, 2, 5))
    assert picture[strongest[1], strongest[2], strongest[0]] == (255 if kernels[1][strongest] > 0 else 0)
    assert weights.seen(np.array([[[[0.0]], [[1e-9]], [[-5.0]]]]), 0, dark=False).ravel().tolist() == [128, 128, 0]


def test_each_kernel_of_a_grid_stands_in_its_row_and_column(kernels):
    sheet = weights.grid(kernels, dark=False)
    zoom = sheet.shape[1] // (3 * 6)
    small = sheet[::zoom, ::zoom]
    assert small.shape == (4 * 3, 3 * 6, 4)
    blue = kernels[2, 1] > 0  # blue adds: more blue than red
    part = small[6:8, 6:11].astype(int)
    np.testing.assert_array_equal(part[..., 2] > part[..., 0], blue)
    assert (small[8, :, 3] == 0).all() and (part[..., 3] == 255).all()


def test_a_frame_is_drawn_around_the_box_and_nowhere_else():
    picture = weights.boxed(np.zeros((10, 10, 1), np.uint8), (2, 3, 6, 9), 100, "#FF0000")
    red = picture[:, :, 0] == 255
    rows, columns = (np.flatnonzero(red.any(axis)) for axis in (1, 0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (20, 59, 30, 89)
    assert not red[25:55, 35:85].any()
    assert not weights.boxed(np.zeros((10, 10, 3), np.uint8), None, 100, "#FF0000").any()


def test_products_are_written_out_as_numbers():
    patches, kernel = np.array([[[1.0, 2.0]]]), np.array([[[0.5, -0.001]]])
    text = re.sub("<[^>]+>", " ", weights.products(["4"], patches, kernel, dark=True))
    assert text.split() == ["map", "4", "1.00", "2.00", "×", "0.50", "0.00", "=", "0.50", "0.00", "sum", "0.50"]
