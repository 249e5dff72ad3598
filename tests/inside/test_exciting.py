"""What excites a unit most, found and made."""

import numpy as np
import pytest
import torch

from core.datasets.base import Split
from core.inside import classify, exciting
from core.tasks.base import standardised


@pytest.fixture
def split():
    return Split(torch.randint(0, 256, (150, 1, 28, 28), generator=torch.Generator().manual_seed(3)).to(torch.uint8))


def test_the_pictures_that_excite_a_map_most_are_those_with_its_strongest_answers(untrained, split):
    loaded = untrained("classification", "lenet", "digits")
    maps = loaded.model.features[:4](standardised(split.inputs, loaded.spec))[:, 5]  # (150, 10, 10)
    found = exciting.found(loaded, split, "features.3")
    assert found.maps and found.values.shape == (32, 9) and found.spots.shape == (32, 9, 2)
    expected = maps.flatten(1).amax(1).topk(9)
    assert found.index[5].tolist() == expected.indices.tolist()
    np.testing.assert_allclose(found.values[5], expected.values, rtol=1e-4, atol=1e-5)
    for index, value, (row, column) in zip(found.index[5], found.values[5], found.spots[5], strict=True):
        assert maps[index, row, column].item() == pytest.approx(value, rel=1e-4)


def test_the_frame_is_around_what_the_answer_hangs_on(untrained, split):
    loaded = untrained("classification", "lenet", "digits")
    found = exciting.found(loaded, split, "features.0")
    row, column = found.spots[2, 0].tolist()
    origin = classify.origin(loaded, split.inputs[found.index[2, 0]][None], "features.0", 2, (row, column))
    assert origin.value == pytest.approx(found.values[2, 0], rel=1e-4)
    assert origin.box == (max(0, row - 2), max(0, column - 2), min(28, row + 3), min(28, column + 3))


def test_the_answer_of_every_classifier_can_be_asked_for_even_by_votes(untrained, split):
    for architecture in ("knn", "mlp", "kmeans"):
        loaded = untrained("classification", architecture, "digits")
        place = exciting.places(loaded)[-1]
        found = exciting.found(loaded, split, place.path)
        assert (place.name, found.maps) == ("answer", False)
        logits = loaded.task.logits(split)
        np.testing.assert_allclose(found.values[4], logits[:, 4].topk(9).values, rtol=1e-4)


def test_what_is_made_for_a_linear_unit_is_bright_where_its_weights_are_positive(untrained):
    loaded = untrained("classification", "neuron", "digits")
    weight = torch.zeros(28, 28)
    weight[4:12, 4:24], weight[16:24, 4:24] = 1.0, -1.0
    loaded.model.sums.weight.data[3] = weight.flatten()
    made = exciting.made(loaded, "", 3)
    assert made.picture.shape == (28, 28, 1)
    assert made.picture[6:10, 6:22].min() > 0.9 and made.picture[18:22, 6:22].max() < 0.1
    assert made.after > made.before + 100


@pytest.mark.parametrize(("path", "unit"), [("features.1", 4), ("features.3", 7), ("classifier.3", 9), ("", 2)])
def test_what_is_made_excites_more_than_noise_does_and_is_the_same_again(untrained, split, path, unit):
    loaded = untrained("classification", "lenet", "digits")
    made = exciting.made(loaded, path, unit, steps=40, seed=5)
    output = classify.passed(loaded, split.inputs, path)[1][:, unit : unit + 1].flatten(1).mean(1)
    assert made.after > max(made.before, output.mean().item())
    np.testing.assert_array_equal(made.picture, exciting.made(loaded, path, unit, steps=40, seed=5).picture)
    assert not np.array_equal(made.picture, exciting.made(loaded, path, unit, steps=40, seed=6).picture)


def test_nothing_is_made_where_nothing_moves_the_answer(untrained):
    assert exciting.made(untrained("classification", "knn", "digits"), "", 1) is None
    silent = untrained("classification", "lenet", "digits")
    silent.model.features[0].bias.data.fill_(-1000.0)
    assert exciting.made(silent, "features.1", 0) is None
