"""Proximal policy optimisation: advantages and objective against the papers' sums, and exact resume."""

import numpy as np
import pytest
import torch

from core import catalog
from core.datasets.base import Batch
from core.experiment import Experiment
from core.tasks.policy_gradient import advantages
from core.training.setup import build_model, build_task
from tests.tasks.test_q_learning import Recorder, run

NAMES = ("policy_gradient", "actor-critic", "cart-pole")


def test_advantages_are_the_papers_sum_within_each_episode():
    draw = np.random.default_rng(0)
    rewards, values = draw.normal(size=(9, 1)), draw.normal(size=(10, 1))
    made, ended = np.ones((9, 1), bool), np.zeros((9, 1), bool)
    ended[3] = True  # the game is over with move 3; row 4 holds its last situation
    made[4] = False
    made[7] = False  # the episode before was cut for its length with move 6, whose value goes on
    found = advantages(rewards, values, made, ended, 0.9, 0.8)[:, 0]

    def surprise(t: int) -> float:
        return rewards[t, 0] + 0.9 * values[t + 1, 0] * (not ended[t, 0]) - values[t, 0]

    for first, last in ((0, 3), (5, 6), (8, 8)):
        for t in range(first, last + 1):
            assert found[t] == pytest.approx(sum(0.72 ** (k - t) * surprise(k) for k in range(t, last + 1)))


def test_the_objective_is_clipped_as_in_the_paper():
    experiment = Experiment.make(*NAMES, objective={"passes": 1, "parts": 1, "entropy_weight": 0.02, "value_weight": 0.3})
    spec = catalog.get("dataset", NAMES[2])(experiment.data).spec()
    torch.manual_seed(0)
    task = build_task(experiment, spec, build_model(experiment, spec))
    task.start(10)
    inputs = torch.randn(5, 4)
    with torch.no_grad():
        outputs = task.model(task.model_input(Batch(inputs, None)))
    chances = outputs[:, :-1].softmax(1)
    ratio, weights = torch.tensor([0.5, 0.5, 1.5, 1.5, 1.1]), torch.tensor([1.0, -1.0, 1.0, -1.0, 2.0])
    worth, actions = torch.linspace(-1, 1, 5), torch.tensor([0, 1, 0, 1, 1])
    before = chances.gather(1, actions[:, None])[:, 0].log() - ratio.log()
    measures = task.step(Batch(inputs, torch.stack([actions.float(), worth, weights, before], 1)))
    gained = torch.tensor([0.5, -0.8, 1.2, -1.5, 2.2]).mean()
    critic = (outputs[:, -1] - worth).square().mean()
    entropy = -(chances * chances.log()).sum(1).mean()
    assert measures["loss"].item() == pytest.approx((-gained + 0.3 * critic - 0.02 * entropy).item(), abs=1e-5)
    assert measures["clipped"].item() == pytest.approx(0.8)


@pytest.mark.parametrize("data", ["cart-pole", "minatar-breakout"])
def test_a_resumed_run_ends_exactly_like_one_that_was_never_interrupted(data):
    names, settings = (*NAMES[:2], data), {"batch_size": 32}
    whole, network = run(names, objective={"environments": 2}, **settings)
    part, _ = run(names, objective={"environments": 2}, listener=Recorder(stop_at=5), **settings)
    assert part.outcome.stopped
    rest, other = run(names, objective={"environments": 2}, resume=part.state, **settings)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in network.state_dict().items())
    assert part.values + rest.values == whole.values
