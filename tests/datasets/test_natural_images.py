"""The photographs inside scikit-image."""

import numpy as np
import pytest
import torch
from skimage import data as skimage_data

from core.datasets import natural_images
from core.datasets.natural_images import NaturalImages


def load(**settings):
    return NaturalImages(NaturalImages.Settings(**settings)).load()


@pytest.mark.parametrize("settings", [{}, {"colour": "grey"}, {"side": 40}, {"side": 256, "colour": "grey"}])
def test_the_sizes_known_before_loading_are_the_real_ones(settings):
    data = load(**settings)
    for name, size in data.spec.sizes.items():
        assert getattr(data, name).inputs.shape == (size, *data.spec.shape)


def test_no_photograph_is_in_two_splits():
    names = [name for part in natural_images._PHOTOGRAPHS.values() for name, *_ in part]
    assert len(names) == len(set(names))
    stereo = [split for split, part in natural_images._PHOTOGRAPHS.items() for name, *_ in part if "motorcycle" in name]
    assert stereo == ["train", "train"]


def test_the_first_patch_is_the_astronaut_s_corner():
    assert np.array_equal(load().train.inputs[0].permute(1, 2, 0).numpy(), skimage_data.astronaut()[:64, :64])


def test_grey_is_one_channel():
    assert load(colour="grey").test.inputs.shape[1] == 1


def test_every_patch_is_something():
    assert (load().train.inputs.flatten(1).float().std(1) > 0).float().mean() > 0.99
    assert load().train.inputs.dtype == torch.uint8
