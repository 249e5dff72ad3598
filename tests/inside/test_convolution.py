"""A convolution worked out by hand gives what the layer gives."""

import numpy as np
import pytest
from torch import nn

from core import catalog
from core.inside import classify, convolution


@pytest.mark.parametrize("layer", [
    nn.Conv2d(1, 4, 5, padding=2), nn.Conv2d(1, 4, (3, 2), stride=(2, 1), bias=False),
    nn.Conv2d(1, 4, 3, dilation=2, padding=(0, 3)), nn.Conv2d(1, 4, (3, 5), padding="same"),
    nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"),
], ids=["padded", "strided", "dilated", "same", "reflecting"])
def test_the_sum_of_all_products_and_the_bias_is_the_layer_s_answer_in_every_place(with_model, digit, layer):
    loaded = with_model(nn.Sequential(layer))
    _, output = classify.passed(loaded, digit, "0")
    for row in range(0, output.shape[2], 3):
        for column in range(output.shape[3]):
            step = convolution.worked_out(loaded, digit, "0", 2, row, column)
            assert step.products.sum() + step.bias == pytest.approx(output[0, 2, row, column].item(), abs=1e-5)
            assert step.value == output[0, 2, row, column].item()


def test_a_group_reads_its_own_maps_only(with_model, digit):
    loaded = with_model(nn.Sequential(nn.Conv2d(1, 4, 1), nn.Conv2d(4, 6, 3, groups=2)))
    step = convolution.worked_out(loaded, digit, "1", 4, 7, 7)
    given, output = classify.passed(loaded, digit, "1")
    assert step.inputs == range(2, 4)
    np.testing.assert_array_equal(step.maps, given[0, 2:4])
    assert step.products.sum() + step.bias == pytest.approx(output[0, 4, 7, 7].item(), abs=1e-5)


def test_the_frame_is_where_the_patch_lies(with_model, digit):
    loaded = with_model(nn.Sequential(nn.Conv2d(1, 1, 5, padding=2)))
    step = convolution.worked_out(loaded, digit, "0", 0, 10, 20)
    top, left, bottom, right = step.box
    assert step.box == (8, 18, 13, 23)
    np.testing.assert_array_equal(step.patches[0], step.maps[0, top:bottom, left:right])
    assert convolution.worked_out(loaded, digit, "0", 0, 0, 0).box == (-2, -2, 3, 3)  # over the edge


def test_the_strongest_place_of_a_map_is_found(with_model, digit):
    loaded = with_model(nn.Sequential(nn.Conv2d(1, 3, 3)))
    row, column = convolution.strongest(loaded, digit, "0", 1)
    answer = convolution.worked_out(loaded, digit, "0", 1, row, column).answer
    assert abs(answer[row, column]) == np.abs(answer).max()


@pytest.mark.parametrize("architecture", [
    name for name, cls in catalog.entries("architecture").items()
    if "classification" in cls.card.tasks and catalog.misfit("classification", name, "digits") is None
])
def test_the_last_convolution_of_every_classifier_can_be_worked_out(untrained, digit, architecture):
    loaded = untrained("classification", architecture, "digits")
    found = convolution.places(loaded)
    assert bool(found) == any(isinstance(module, nn.Conv2d) for module in loaded.model.modules())
    if found:
        place = found[-1]
        row, column = convolution.strongest(loaded, digit, place.path, place.shape[0] - 1)
        step = convolution.worked_out(loaded, digit, place.path, place.shape[0] - 1, row, column)
        assert step.products.sum() + step.bias == pytest.approx(step.value, rel=1e-3, abs=1e-4)
