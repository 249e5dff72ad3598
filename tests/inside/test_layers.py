"""Feature maps, found in any model by its structure."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core import catalog
from core.inside import classify, latent, layers, restore
from core.tasks.base import standardised


@pytest.fixture
def lenet(untrained):
    return untrained("classification", "lenet", "digits", model={"width": 1.0, "pooling": "average", "activation": "tanh"})


@pytest.fixture
def picture():
    return torch.randint(0, 256, (1, 1, 28, 28), generator=torch.Generator().manual_seed(1)).to(torch.uint8)


def test_lenet_shows_the_layers_of_its_paper(lenet, picture):
    passed = classify.trace(lenet, picture)
    assert [(layer.name, layer.shape) for layer in passed] == [
        ("convolution 1", (6, 28, 28)), ("tanh 1", (6, 28, 28)), ("average pooling 1", (6, 14, 14)),
        ("convolution 2", (16, 10, 10)), ("tanh 2", (16, 10, 10)), ("average pooling 2", (16, 5, 5)),
    ]


def test_a_map_is_the_picture_convolved_with_its_kernel(lenet, picture):
    first, bent = classify.trace(lenet, picture)[:2]
    bias = lenet.model.get_submodule(first.path).bias
    expected = F.conv2d(standardised(picture, lenet.spec), torch.from_numpy(first.kernels), bias, padding=2)[0]
    np.testing.assert_allclose(first.maps, expected.numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(bent.maps, np.tanh(first.maps), rtol=1e-4, atol=1e-5)


def test_an_activation_in_place_leaves_the_map_before_it_as_it_was(lenet):
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True))
    looked = dataclasses.replace(lenet, model=model)
    image = torch.randn(1, 1, 8, 8)
    convolution, relu = layers.trace(looked, lambda: model(image))
    assert convolution.maps.min() < 0
    np.testing.assert_array_equal(relu.maps, np.maximum(convolution.maps, 0))


def test_large_maps_are_averaged_down_and_their_true_shape_is_told(lenet):
    model = nn.Sequential(nn.Conv2d(1, 2, 1))
    (layer,) = layers.trace(dataclasses.replace(lenet, model=model), lambda: model(torch.ones(1, 1, 256, 128)))
    assert layer.shape == (2, 256, 128)
    assert layer.maps.shape == (2, 64, 32)


def test_no_hook_stays_behind_even_after_an_error(lenet):
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        layers.trace(lenet, broken)
    assert not any(module._forward_hooks for module in lenet.model.modules())


@pytest.mark.parametrize(("path", "field"), [("features.0", 5), ("features.3", 14)])
def test_the_frame_is_the_receptive_field(lenet, picture, path, field):
    """5 pixels of the first 5×5 convolution; 5 + 2 * 4 + 1 = 14 of the second, behind 2×2 pooling."""
    found = classify.origin(lenet, picture, path, channel=0)
    maps = {layer.path: layer.maps for layer in classify.trace(lenet, picture)}
    assert found.value == pytest.approx(maps[path][0, found.row, found.column], rel=1e-4)
    assert abs(found.value) == pytest.approx(np.abs(maps[path][0]).max(), rel=1e-4)
    top, left, bottom, right = found.box
    padded = {"features.0": (2, 1), "features.3": (2, 2)}[path]  # padding, and pixels from one place to the next
    for start, end, place in ((top, bottom, found.row), (left, right, found.column)):
        low = place * padded[1] - padded[0]
        assert (start, end) == (max(0, low), min(28, low + field))


def test_a_silent_map_hangs_on_nothing(lenet, picture):
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    model[0].bias.data.fill_(-1000.0)
    model.requires_grad_(False)
    found = layers.origin(dataclasses.replace(lenet, model=model), picture.float(), "1", 0)
    assert (found.value, found.box) == (0.0, (0, 0, 0, 0))


def test_the_strongest_maps_come_first():
    maps = np.stack([np.full((2, 2), value, np.float32) for value in (1, -5, 0, 3)])
    assert layers.strongest(maps, 3) == [1, 3, 0]


def test_the_overview_of_a_deep_model_keeps_what_each_block_hands_on_and_the_picked_layer(untrained):
    gan = untrained("adversarial", "dcgan", "faces")
    passed = latent.trace(gan, latent.noise(gan, 0))
    assert [layer.name for layer in layers.overview(passed, "batch norm 1", most=5)] == [
        "batch norm 1", "relu 1", "relu 2", "relu 3", "tanh 1"]
    assert [layer.name for layer in layers.overview(passed, "relu 1", most=2)] == ["relu 1", "tanh 1"]
    assert layers.overview(passed, "relu 1", most=99) == passed


def test_every_architecture_with_convolutions_shows_its_maps(untrained):
    looked = 0
    for task in catalog.entries("task"):
        for name in catalog.entries("architecture"):
            dataset = next((data for data in catalog.entries("dataset") if catalog.misfit(task, name, data) is None), None)
            if dataset is None:
                continue
            loaded = untrained(task, name, dataset)
            if not layers.fits(loaded):
                continue
            channels, height, width = loaded.spec.shape
            if classify.fits(loaded):
                passed = classify.trace(loaded, torch.zeros(1, *loaded.spec.shape, dtype=torch.uint8))
            elif restore.fits(loaded):
                passed = restore.trace(loaded, np.zeros((height, width, channels), np.float32))
            elif latent.fits(loaded):
                passed = latent.trace(latent.of_class(loaded, ""), latent.noise(loaded, 0))
            else:
                continue
            assert any(layer.kernels is not None and len(layer.kernels) == layer.shape[0] for layer in passed), name
            assert layers.finest(passed) in passed
            looked += 1
    assert looked >= 3


def test_a_deep_model_s_layers_are_told_apart_by_their_blocks(untrained):
    deep = untrained("classification", "resnet-cifar", "digits", model={"depth": 110})
    found = classify.places(deep)
    assert len({place.name for place in found}) == len(found)
    assert list(dict.fromkeys(place.part for place in found)) == [
        "Enter", *(f"Block {number}" for number in range(1, 55)), "Classifier"]
    assert max(sum(place.part == part for place in found) for part in {place.part for place in found}) <= 8


def test_a_layer_has_one_name_in_every_view(untrained, picture):
    lenet = untrained("classification", "lenet", "digits")
    names = {place.path: (place.name, place.shape) for place in classify.places(lenet)}
    assert list(names.values())[-1] == ("dense 3", (10,))
    assert all(names[layer.path] == (layer.name, layer.shape) for layer in classify.trace(lenet, picture))
