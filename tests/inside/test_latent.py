"""Walks and knobs of a latent space."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from core.inside import latent


class Linear(nn.Module):
    """A decoder whose four pixels are four of its six latent numbers, each with a weight of its own."""

    latent_size = 6
    weights = torch.tensor([0.01, 0.04, 0.02, 0.005])

    def decode(self, points):
        return (0.5 + points[:, :4] * self.weights).view(-1, 1, 2, 2)


@pytest.fixture
def linear(untrained):
    return dataclasses.replace(untrained("classification", "mlp", "digits"), model=Linear())


def test_the_knobs_of_a_linear_decoder_are_its_axes_in_order_of_their_weight(linear):
    found = latent.directions(linear, count=3, samples=20_000)
    for vector, axis in zip(found.vectors, (1, 2, 0), strict=True):
        assert vector.norm().item() == pytest.approx(1, rel=1e-5)
        assert abs(vector[axis].item()) > 0.99
    expected = Linear.weights.square() / Linear.weights.square().sum()
    np.testing.assert_allclose(found.shares, expected[[1, 2, 0]].numpy(), rtol=0.05)


def test_the_knobs_are_the_same_each_time(linear):
    first, again = (latent.directions(linear, count=2, samples=500) for _ in range(2))
    assert torch.equal(first.vectors, again.vectors)


def test_a_turned_knob_moves_the_point_along_it_alone(linear):
    knobs = latent.directions(linear, count=2, samples=500)
    point = latent.noise(linear, seed=3)
    assert torch.equal(latent.turned(point, knobs, [0.0, 0.0]), point)
    torch.testing.assert_close(latent.turned(point, knobs, [0.0, 2.0]), point + 2 * knobs.vectors[1:])
    along = latent.along_knob(point, knobs, [0.5, 0.0], which=1, furthest=3.0, count=7)
    torch.testing.assert_close(along[3:4], latent.turned(point, knobs, [0.5, 0.0]))
    torch.testing.assert_close(along[6:], latent.turned(point, knobs, [0.5, 3.0]))


def test_a_walk_starts_and_ends_at_its_points_and_keeps_to_the_shell():
    start, end = torch.randn(2, 1, 100, generator=torch.Generator().manual_seed(0)).unbind()
    way = latent.slerp(start, end, [0.0, 0.25, 0.5, 1.0])
    torch.testing.assert_close(way[0], start[0])
    torch.testing.assert_close(way[3], end[0])
    lengths = way.norm(dim=1)
    torch.testing.assert_close(lengths[2], (lengths[0] + lengths[3]) / 2)
    whole = torch.arccos(torch.cosine_similarity(start, end))
    part = torch.arccos(torch.cosine_similarity(start, way[1:2]))
    torch.testing.assert_close(part, whole / 4)  # even steps in angle


def test_a_walk_to_the_same_point_stays_there():
    point = torch.randn(1, 10)
    torch.testing.assert_close(latent.slerp(point, point, [0.5]), point)


def test_the_same_seed_gives_the_same_picture(untrained):
    gan = untrained("adversarial", "dcgan", "faces")
    pictures = latent.pictures(gan, latent.noise(gan, seed=4))
    assert pictures.shape == (1, 32, 32, 3)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    np.testing.assert_array_equal(pictures, latent.pictures(gan, latent.noise(gan, seed=4)))
    assert not np.array_equal(pictures, latent.pictures(gan, latent.noise(gan, seed=5)))


def test_arithmetic_is_of_the_means_of_each_group_s_noise(linear):
    of = {seed: latent.noise(linear, seed) for seed in range(5)}
    torch.testing.assert_close(latent.sum_of(linear, [0, 1], [2], [3, 4]), (of[0] + of[1]) / 2 - of[2] + (of[3] + of[4]) / 2)
    torch.testing.assert_close(latent.sum_of(linear, [], [], [3]), of[3])


def test_a_map_turns_one_knob_across_and_one_down(linear):
    knobs, point = latent.directions(linear, count=2, samples=500), latent.noise(linear, seed=3)
    places = latent.plane(point, knobs, across=1, down=0, furthest=3.0, count=5).view(5, 5, -1)
    torch.testing.assert_close(places[2, 2], point[0])
    torch.testing.assert_close(places[0, 4:], latent.turned(point, knobs, [-3.0, 3.0]))


def test_a_generator_held_to_a_class_draws_that_class(untrained):
    gan = untrained("adversarial", "conditional-gan", "sklearn-digits")
    seven = latent.of_class(gan, "7")
    noise = latent.noise(gan, seed=1, count=3)
    points = torch.cat([noise, torch.eye(10)[[7, 7, 7]]], 1)
    torch.testing.assert_close(latent.decode(seven, noise), gan.model.decode(points))
    assert latent.directions(seven, count=2, samples=100).vectors.shape == (2, 100)
    plain = untrained("adversarial", "dcgan", "faces")
    assert latent.of_class(plain, "7") is plain and latent.classes(plain) == ()
