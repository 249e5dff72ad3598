"""Where a layer puts the examples of a split, in two dimensions."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.datasets.base import Split
from core.inside import representation
from core.inside.representation import INPUT, LOGITS
from core.tasks.base import standardised

PAPER = {"width": 1.0, "pooling": "average", "activation": "tanh"}
WORDS = ("<padding>", "<unknown>", "a", "moving", "story")


@pytest.fixture
def lenet(untrained):
    return untrained("classification", "lenet", "digits", model=PAPER)


@pytest.fixture(scope="module")
def split() -> Split:
    generator = torch.Generator().manual_seed(1)
    return Split(torch.randint(0, 256, (230, 1, 28, 28), generator=generator).to(torch.uint8), torch.arange(230) % 10)


def test_the_layers_go_from_the_pixels_to_the_logits_once_each(lenet, split):
    assert representation.layer_names(lenet, split) == [
        "input", "convolution 1", "tanh 1", "average pooling 1", "convolution 2", "tanh 2", "average pooling 2",
        "dense 1", "tanh 3", "dense 2", "tanh 4", "logits",
    ]


def test_a_layers_numbers_are_those_that_the_model_computes(lenet, split):
    x = standardised(split.inputs, lenet.spec)
    first, shape = representation.activations(lenet, split.inputs, "convolution 1")
    convolution = next(module for module in lenet.model.modules() if isinstance(module, nn.Conv2d))
    assert shape == (6, 28, 28)
    smaller = F.adaptive_avg_pool2d(convolution(x), 26)  # 6 × 26 × 26 is the most that fits into 4,096 numbers
    np.testing.assert_allclose(first, smaller.flatten(1).numpy(), rtol=1e-4, atol=1e-5)
    for layer, expected in ((INPUT, x.flatten(1)), (LOGITS, lenet.model(x))):
        np.testing.assert_allclose(representation.activations(lenet, split.inputs, layer)[0], expected.numpy(), rtol=1e-4,
                                   atol=1e-5)


def test_an_activation_in_place_leaves_the_layer_before_it_as_it_was(lenet, split):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 5), nn.ReLU(inplace=True), nn.Linear(5, 10)).requires_grad_(False)
    task = type(lenet.task)(lenet.task.settings, lenet.task.training, lenet.spec, model)
    loaded = dataclasses.replace(lenet, model=model, task=task)
    assert representation.layer_names(loaded, split) == [INPUT, "dense 1", "relu 1", LOGITS]
    assert representation.activations(loaded, split.inputs, "dense 1")[0].min() < 0
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_without_layers_has_input_and_logits(untrained, split):
    assert representation.layer_names(untrained("classification", "knn", "digits"), split) == [INPUT, LOGITS]


def test_a_sentence_is_the_mean_over_its_words_whatever_padding_follows(untrained):
    loaded = untrained("text_classification", "transformer-encoder", "film-reviews", vocabulary=WORDS)
    ids = torch.zeros(2, *loaded.spec.shape, dtype=torch.long)
    ids[0, :2], ids[1, :3] = torch.tensor([2, 3]), torch.tensor([3, 4, 2])
    names = representation.layer_names(loaded, Split(ids))
    assert names[0] == "embedding 1" and names[-1] == LOGITS and INPUT not in names
    values, _ = representation.activations(loaded, ids, "embedding 1")
    np.testing.assert_allclose(values[0], loaded.model.tokens.weight[[2, 3]].mean(0).numpy(), rtol=1e-5, atol=1e-6)


def test_principal_components_are_those_of_the_singular_vectors():
    values = np.random.default_rng(0).normal(size=(80, 6)) * [5, 3, 1, 1, 1, 1]
    points, share = representation.project(values, "PCA")
    centred = values - values.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(left[:, :2] * sizes[:2]), rtol=1e-4)
    assert share == pytest.approx((sizes[:2] ** 2).sum() / (sizes**2).sum())


@pytest.mark.parametrize("values", [np.zeros((4, 3)), np.arange(3.0)[:, None]])
def test_layers_that_say_nothing_or_one_thing_can_be_laid_out(values):
    assert np.isfinite(representation.project(values.astype(np.float32), "PCA")[0]).all()


def test_tsne_keeps_clusters_together_and_gives_the_same_points_again():
    generator = np.random.default_rng(0)
    targets = np.repeat([0, 1, 2], 40)
    values = (np.eye(50)[targets] * 20 + generator.normal(size=(120, 50))).astype(np.float32)
    points, share = representation.project(values, "t-SNE")
    assert share is None
    assert representation.alike(points, targets) == 1
    np.testing.assert_array_equal(points, representation.project(values, "t-SNE")[0])


def test_neighbours_of_the_same_class_are_counted_without_oneself():
    values, targets = np.array([[0.0], [1.0], [10.0], [11.5]]), np.array([0, 0, 1, 0])
    representation_of_one = representation.alike(values, targets)  # three neighbours each: all the others
    assert representation_of_one == pytest.approx((2 + 2 + 0 + 2) / 12)


def test_a_large_split_is_thinned_evenly(lenet):
    many = Split(torch.zeros(4000, 1, 28, 28, dtype=torch.uint8), torch.arange(4000) % 10)
    found = representation.layout(lenet, many, LOGITS, "PCA")
    assert len(found.index) == len(found.points) == representation.MOST
    assert (found.index[0], found.index[-1]) == (0, 3999) and np.ptp(np.diff(found.index)) <= 1
