"""What was learned, found in any classifier."""

import numpy as np
import pytest
import torch

from core.inside import weights


def test_lenet_shows_its_kernels_in_the_picture_s_colours_and_all_others_map_by_map(untrained):
    loaded = untrained("classification", "lenet", "digits")
    found = weights.weights(loaded)
    assert [(layer.name, layer.values.shape, layer.pictures) for layer in found] == [
        ("convolution 1", (12, 1, 5, 5), True), ("convolution 2", (32, 12, 5, 5), False),
        ("dense 1", (240, 800, 1, 1), False), ("dense 2", (168, 240, 1, 1), False), ("dense 3", (10, 168, 1, 1), False),
    ]
    np.testing.assert_array_equal(found[0].values, loaded.model.features[0].weight)


@pytest.mark.parametrize(("architecture", "name", "count", "parameter"), [
    ("mlp", "dense 1", 256, "layers.1.weight"), ("neuron", "dense 1", 10, "sums.weight"),
    ("perceptron", "dense 1", 10, "units.weight"), ("kmeans", "centroids", 200, "centroids"),
    ("pca-linear", "projection 1, directions", 40, "projection.directions"),
])
def test_whatever_looks_at_the_input_itself_is_drawn_in_its_shape(untrained, architecture, name, count, parameter):
    loaded = untrained("classification", architecture, "digits")
    held = loaded.model.get_parameter(parameter)
    torch.nn.init.normal_(held)
    first = weights.weights(loaded)[0]
    assert (first.name, first.pictures) == (name, True)
    np.testing.assert_array_equal(first.values, held.view(count, 1, 28, 28))


@pytest.mark.parametrize("architecture", ["knn", "svm"])
def test_what_keeps_examples_has_no_weights_to_show(untrained, architecture):
    assert not weights.fits(untrained("classification", architecture, "digits"))


@pytest.mark.parametrize("architecture", ["resnet-cifar", "xception", "vgg", "airbench"])
def test_every_kernel_and_every_dense_weight_is_there_once(untrained, architecture):
    loaded = untrained("classification", architecture, "digits")
    found = weights.weights(loaded)
    matrices = [parameter for parameter in loaded.model.parameters() if parameter.ndim > 1]
    assert len({layer.name for layer in found}) == len(found) == len(matrices)
    assert sum(layer.values.size for layer in found) == sum(parameter.numel() for parameter in matrices)
