"""The plane of a classifier, its neurons, and what each feature said."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from core import catalog
from core.inside import boundary, classify, neurons
from core.tasks.base import standardised

WHERE = (-2.0, 2.0, -1.0, 1.0)


@pytest.fixture
def mlp(untrained):
    return untrained("classification", "mlp", "moons", model={"width": 6, "activation": "tanh"})


def linear(loaded, weight: list[list[float]], bias: list[float]):
    """The run with one layer of these weights in place of its model."""
    layer = nn.Linear(2, len(weight)).requires_grad_(False)
    layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
    loaded.task.model = layer
    return dataclasses.replace(loaded, model=layer)


def test_the_plane_s_chances_are_the_model_s_own_answers(mlp):
    field = boundary.field(mlp, WHERE)
    point = torch.tensor([[-2.0 + 4 * 30 / 99, -1.0 + 2 * 70 / 99]])
    expected = mlp.model(standardised(point, mlp.spec)).softmax(1)[0]
    np.testing.assert_allclose(field.chances[70, 30], expected, rtol=1e-4)
    np.testing.assert_allclose(field.chances.sum(2), 1, rtol=1e-5)


def test_the_border_of_a_linear_classifier_is_its_line(mlp):
    """Scores 3x + 1 and -2y: they are equal where y = -(3x + 1) / 2."""
    field = boundary.field(linear(mlp, [[3, 0], [0, -2]], [1, 0]), WHERE)
    (line,) = field.border
    np.testing.assert_allclose(line[:, 1], -(3 * line[:, 0] + 1) / 2, atol=0.01)
    assert np.ptp(line[:, 1]) > 1.9  # from the lower rim to the upper one


def test_three_classes_have_borders_that_meet(untrained):
    loaded = linear(untrained("classification", "mlp", "moons"), [[0, 2], [2, -1], [-2, -1]], [0, 0, 0])
    field = boundary.field(loaded, WHERE)
    nearest = [min(np.linalg.norm(line, axis=1)) for line in field.border]
    assert len(field.border) == 3 and max(nearest) < 0.1


def test_a_hidden_neuron_turns_where_its_weighted_sum_is_zero(mlp):
    first, _ = boundary.responses(mlp, WHERE, torch.randn(50, 2))
    weight, bias = (value.numpy() for value in (mlp.model.layers[1].weight, mlp.model.layers[1].bias))
    drawn = 0
    for neuron in range(6):
        for line in first.turns(neuron):
            np.testing.assert_allclose(line @ weight[neuron] + bias[neuron], 0, atol=0.01)
            drawn += 1
    assert drawn and sorted(first.strongest) == list(range(6))
    np.testing.assert_allclose(first.answers, np.tanh(first.sums), atol=1e-6)


def test_layers_are_found_with_their_activations_and_followed_to_the_scores(mlp):
    rows = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    first, second, last = neurons.layers(mlp, rows)
    assert [layer.activation for layer in (first, second, last)] == ["Tanh", "Tanh", ""]
    np.testing.assert_allclose(last.answers, mlp.task.model(standardised(rows, mlp.spec)), rtol=1e-5)
    np.testing.assert_allclose(second.say, mlp.model.layers[7].weight.norm(dim=0), rtol=1e-6)
    assert not any(module._forward_hooks for module in mlp.model.modules())


def test_dropout_and_activations_in_place_hide_no_sum(mlp):
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 3), nn.ReLU(inplace=True), nn.Linear(3, 2)).eval()
    first, second, _ = neurons.layers(dataclasses.replace(mlp, model=model), torch.randn(9, 2))
    assert (first.activation, second.activation) == ("", "ReLU")
    assert second.sums.min() < 0
    np.testing.assert_array_equal(second.answers, np.maximum(second.sums, 0))


def test_the_strongest_neuron_is_the_one_that_moves_the_next_layer_most(mlp):
    answers = np.array([[0, 0, 5], [1, 3, 5]], np.float32)
    layer = neurons.Layer("ReLU", "x", answers, answers, np.array([1, 0.1, 9], np.float32))
    assert neurons.strongest(layer, 3) == [0, 1, 2]


@pytest.mark.parametrize(("activation", "slope"), [
    ("tanh", lambda x: 1 - np.tanh(x) ** 2), ("sigmoid", lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    ("relu", lambda x: (x > 0).astype(float)),
])
def test_an_activation_s_slope_is_its_derivative(untrained, activation, slope):
    loaded = untrained("classification", "mlp", "moons", model={"activation": activation, "width": 4})
    places, _, slopes = neurons.curve(loaded, neurons.layers(loaded, torch.zeros(1, 2))[0].path, 4)
    np.testing.assert_allclose(slopes, slope(places), atol=1e-6)


def test_models_without_layers_of_neurons_have_none_to_show(untrained):
    assert boundary.responses(untrained("classification", "knn", "moons"), WHERE, torch.randn(50, 2)) == []


def test_what_the_features_said_is_together_the_rise_from_the_mean_row(untrained):
    loaded = untrained("classification", "mlp", "wine", model={"activation": "tanh"})
    row, mean = torch.randn(1, 13), torch.tensor([loaded.spec.mean])
    said = classify.evidence(loaded, row, target=1, steps=256)
    rise = (loaded.model(standardised(row, loaded.spec)) - loaded.model(standardised(mean, loaded.spec)))[0, 1]
    assert said.shape == (13,)
    assert said.sum() == pytest.approx(rise.item(), abs=1e-4)


def test_a_linear_model_s_features_say_weight_times_distance_from_the_mean(untrained):
    loaded = untrained("classification", "neuron", "iris")
    row = torch.tensor([[1.0, -2.0, 0.5, 3.0]])
    expected = loaded.model.sums.weight[2] * standardised(row, loaded.spec)[0]
    np.testing.assert_allclose(classify.evidence(loaded, row, target=2), expected, rtol=1e-4)


def test_only_rows_of_numbers_have_a_plane(untrained):
    assert boundary.fits(untrained("classification", "mlp", "moons"))
    assert not boundary.fits(untrained("classification", "mlp", "digits"))
    assert not classify.fits(untrained("classification", "mlp", "moons"))


def test_the_whole_plane_holds_every_split():
    cls = catalog.get("dataset", "spirals")
    data = cls(cls.Settings()).load()
    left, right, bottom, top = boundary.whole(data)
    for split in (data.train, data.validation, data.test):
        assert (split.inputs > torch.tensor([left, bottom])).all() and (split.inputs < torch.tensor([right, top])).all()
