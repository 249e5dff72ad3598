"""Figures of a whole split."""

import numpy as np
import torch

from core.plots import testset


def test_a_sheet_holds_each_picture_in_its_cell():
    images = torch.randint(0, 256, (5, 3, 4, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    sheet, size = testset.thumbnails(images, columns=2)
    assert (sheet.shape, size) == ((12, 12, 3), (6, 4))
    np.testing.assert_array_equal(sheet[4:8, 6:12], images[3].permute(1, 2, 0).numpy())
    assert sheet[8:, 6:].max() == 0


def test_grey_pictures_have_three_channels_and_large_ones_shrink():
    sheet, size = testset.thumbnails(torch.full((2, 1, 200, 100), 7, dtype=torch.uint8), columns=2)
    assert (sheet.shape, size) == ((48, 48, 3), (24, 48))
    assert (sheet == 7).all()


def test_every_example_is_a_point_of_its_class_and_mistakes_have_a_rim():
    points = np.arange(8.0).reshape(4, 2)
    figure = testset.plane(points, np.array([1, 0, 1, 1]), np.array([1, 0, 0, 1]), ["a", "b"], list("wxyz"), 2, False, True)
    *of_classes, ring = figure.data
    found = {(trace.name, one[0], one[1]): trace.marker.line.width for trace in of_classes for one in trace.customdata}
    assert found == {("b", 0, "w"): 0, ("a", 1, "x"): 0, ("b", 2, "y"): 1.5, ("b", 3, "z"): 0}
    assert (ring.x[0], ring.y[0]) == (4, 5)


def test_a_hundred_classes_are_told_apart_as_far_as_colours_and_shapes_go():
    n = 36
    figure = testset.plane(np.zeros((n, 2)), np.arange(n), np.arange(n), list(map(str, range(n))), [""] * n, -1, True, False)
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == n
    assert not figure.layout.showlegend


def test_bins_without_answers_are_not_drawn():
    figure = testset.reliability(np.array([0.0, 4.0, 12.0]), np.array([0, 0.5, 0.9]), np.array([0, 0.25, 1.0]), "#0072B2")
    right, _, share = figure.data
    np.testing.assert_allclose(right.y, [0.25, 1.0])
    np.testing.assert_allclose(share.y, [0.25, 0.75])
    np.testing.assert_allclose(right.x, [0.5, 5 / 6])
