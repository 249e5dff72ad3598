"""An agent watched: the episode is the one that is tested, and the saliency is that of the paper's equations."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core import catalog
from core.experiment import Experiment
from core.inside import playing
from core.inside.load import Loaded
from core.tasks.playing import played
from core.training.setup import build_model, build_task


def loaded(task: str, architecture: str, dataset: str) -> Loaded:
    experiment = Experiment.make(task, architecture, dataset, model={"width": 16})
    spec = catalog.get("dataset", dataset)(experiment.data).spec()
    torch.manual_seed(0)
    model = build_model(experiment, spec).eval()
    run = SimpleNamespace(id="0" * 32, params={"task": task})
    return Loaded(run, experiment, spec, model, build_task(experiment, spec, model), 0, threading.RLock())


@pytest.mark.parametrize("names", [("q_learning", "q-network", "cart-pole"),
                                   ("policy_gradient", "actor-critic", "minatar-breakout")])
def test_what_is_watched_is_the_episode_that_is_tested(names):
    asked = loaded(*names)
    watched = playing.watch(asked, 3)
    (episode,) = played(asked.spec, [3], asked.task.policy)
    assert watched.episode.actions == episode.actions and watched.episode.back == episode.back
    assert watched.answers.shape == (len(episode.actions), len(asked.spec.actions))
    assert watched.values.shape == (len(episode.actions),)
    if names[0] == "policy_gradient":
        assert np.allclose(watched.answers.sum(1), 1, atol=1e-5)
    else:
        assert np.allclose(watched.answers.max(1), watched.values)
    assert watched.columns**2 >= len(episode.actions) and watched.sheet[:2] == b"\xff\xd8"


def test_saliency_is_the_change_under_a_blur_at_each_place():
    asked = loaded("policy_gradient", "actor-critic", "minatar-breakout")
    observation = torch.from_numpy(asked_screen()).float()
    policy, value = playing.saliency(asked, observation)
    blurred = playing.blur(observation, 1.0)
    with torch.no_grad():
        before = asked.model(observation[None])[0]
        for row, column in ((0, 0), (4, 7), (9, 2)):
            y, x = torch.meshgrid(torch.arange(10), torch.arange(10), indexing="ij")
            mask = torch.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * (5 * 10 / 80) ** 2))
            after = asked.model((observation * (1 - mask) + blurred * mask)[None])[0]
            assert policy[row, column].item() == pytest.approx(((after - before)[:-1] ** 2).sum().item() / 2, rel=1e-3)
            assert value[row, column].item() == pytest.approx((after - before)[-1].item() ** 2 / 2, rel=1e-3)
    assert playing.look(loaded("q_learning", "q-network", "cart-pole"), None, 0) is None


def asked_screen() -> np.ndarray:
    from core.datasets.games import Game

    game = Game("MinAtar/breakout")
    game.begin(1)
    for _ in range(3):
        seen, *_ = game.move(1)
    return seen


def test_a_blur_keeps_what_is_even_and_spreads_a_point_as_a_bell():
    point = torch.zeros(1, 21, 21)
    point[0, 10, 10] = 1
    found = playing.blur(point, 1.5)[0]
    y, x = torch.meshgrid(torch.arange(21) - 10, torch.arange(21) - 10, indexing="ij")
    bell = torch.exp(-(x**2 + y**2) / (2 * 1.5**2))
    inside = (x.abs() <= 4) & (y.abs() <= 4)
    assert torch.allclose(found[inside], (bell / bell.sum())[inside], atol=1e-4)
    assert torch.allclose(playing.blur(torch.ones(2, 9, 9), 2.0), torch.ones(2, 9, 9), atol=1e-5)
