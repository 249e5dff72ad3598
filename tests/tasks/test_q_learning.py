"""Q-learning: its target against the papers' equations, its parts, and runs that go on exactly after an interruption."""

import io
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core import catalog
from core.datasets.base import Batch
from core.datasets.games import Episodes
from core.experiment import Experiment
from core.tasks.replay import Drawn
from core.training.loop import fit
from core.training.setup import build_model, build_task, seed_everything


class Recorder:
    """Keeps what the loop says; stops it after so many steps."""

    def __init__(self, stop_at: float = math.inf):
        self.stop_at, self.step, self.values, self.state, self.shown = stop_at, 0, [], None, []

    def started(self, total_steps, step): ...

    def stepped(self, step):
        self.step = step

    def metrics(self, values, step):
        self.values += [(name, step, value) for name, value in values.items() if name != "train/samples_per_second"]

    def preview(self, preview, step):
        self.shown.append((step, preview))

    def weights(self, state, step): ...

    def checkpoint(self, state, step):
        stored = io.BytesIO()
        torch.save(state, stored)
        stored.seek(0)
        self.state = torch.load(stored, weights_only=True)

    def wants_stop(self):
        return self.step >= self.stop_at


def run(names, *, listener=None, resume=None, model=None, objective=None, moves=120, **training):
    experiment = Experiment.make(
        *names, model={"width": 16, **(model or {})}, objective=objective or {},
        training={"epochs": 2, "batch_size": 16, "previews": 1, "device": "cpu", **training},
    )
    data = catalog.get("dataset", names[2])(experiment.data).load()
    data = replace(data, train=Episodes(data.train.inputs, data.train.seeds, moves),
                   validation=Episodes(data.validation.inputs[:2], data.validation.seeds[:2]),
                   test=Episodes(data.test.inputs[:2], data.test.seeds[:2]))
    seed_everything(0, False)
    network = build_model(experiment, data.spec)
    listener = listener or Recorder()
    listener.outcome = fit(experiment, data, network, build_task(experiment, data.spec, network), listener, resume)
    return listener, network


RUNS = [
    (("q_learning", "q-network", "cart-pole"), {"warm_up": 100, "environments": 2}),
    (("q_learning", "q-network", "cart-pole"), {"warm_up": 100, "prioritised": True, "steps_ahead": 3, "double": False}),
    (("q_learning", "q-network", "minatar-breakout"), {"warm_up": 100, "environments": 2, "prioritised": True}),
]


@pytest.mark.parametrize(("names", "objective"), RUNS)
def test_a_resumed_run_ends_exactly_like_one_that_was_never_interrupted(names, objective):
    whole, network = run(names, objective=objective)
    part, _ = run(names, objective=objective, listener=Recorder(stop_at=37))
    assert part.outcome.stopped
    rest, other = run(names, objective=objective, resume=part.state)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in network.state_dict().items())
    assert part.values + rest.values == whole.values
    assert part.shown[0][0] == 0 < rest.shown[0][0]


def built(**objective):
    experiment = Experiment.make("q_learning", "q-network", "cart-pole", objective=objective)
    spec = catalog.get("dataset", "cart-pole")(experiment.data).spec()
    torch.manual_seed(0)
    task = build_task(experiment, spec, build_model(experiment, spec))
    task.start(100)
    torch.manual_seed(1)
    task.target = {name: torch.randn_like(weights) / 5 for name, weights in task.target.items()}
    return task


@pytest.mark.parametrize("double", [False, True])
def test_the_target_is_the_papers(double):
    task = built(double=double)
    draw = np.random.default_rng(0)
    seen, then = draw.normal(size=(2, 6, 4)).astype(np.float32)
    rewards, discount = draw.normal(size=6).astype(np.float32), np.array([0.9, 0.9, 0, 0.9, 0.9, 0], np.float32)
    drawn = Drawn(seen, draw.integers(0, 2, 6), rewards, then, discount, np.ones(6, np.float32), np.arange(6))
    batch = task.worth(drawn)
    std = torch.tensor((1.0, 1.0, 0.1, 1.0))
    with torch.no_grad():
        after = torch.from_numpy(then) / std
        judged = torch.func.functional_call(task.model, task.target, after)
        picked = task.model(after) if double else judged
    for i in range(6):
        expected = rewards[i] + discount[i] * judged[i, picked[i].argmax()].item()
        assert batch.targets[i, 1].item() == pytest.approx(expected, rel=1e-5)
    assert batch.targets[:, 0].tolist() == drawn.actions.tolist()


def test_the_loss_is_hubers_weighed():
    task = built(loss="huber")
    inputs = torch.randn(4, 4)
    with torch.no_grad():
        told = task.model(inputs / torch.tensor((1.0, 1.0, 0.1, 1.0)))[:, 1]
    errors, weights = torch.tensor([0.5, -3.0, 0.1, 2.0]), torch.tensor([1.0, 0.5, 0.2, 0.1])
    targets = torch.stack([torch.ones(4), told - errors, weights, torch.zeros(4)], 1)
    loss = task.step(Batch(inputs, targets))["loss"].item()
    expected = (weights * torch.where(errors.abs() < 1, errors**2 / 2, errors.abs() - 0.5)).mean().item()
    assert loss == pytest.approx(expected, rel=1e-5)


def test_random_moves_become_fewer_in_a_straight_line():
    task = built(exploration=0.5, last_exploration=0.1)
    shares = []
    for done in (0, 25, 50, 75):
        task.done = done
        shares.append(task.randomness)
    assert shares == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_a_preview_shows_an_episode_with_what_was_made_of_it():
    listener, _ = run(*RUNS[0][:1], objective=RUNS[0][1])
    step, preview = listener.shown[0]
    assert (step, preview.name) == (0, "episode") and preview.data["moves"] == len(preview.data["values"])
    assert preview.data["return"] == preview.data["moves"]  # CartPole: a point a move
    names = [name for name, *_ in listener.values]
    assert {"validation/return", "validation/return_by_chance", "test/return", "train/return", "train/q"} <= set(names)


def test_the_duelling_head_tells_apart_the_value_and_the_moves():
    _, network = run(*RUNS[0][:1], objective=RUNS[0][1], model={"duelling": True})
    seen = torch.randn(5, 4)
    with torch.no_grad():
        values, eyes = network(seen), network.eyes(seen)
        assert torch.allclose(values.mean(1), network.value(eyes)[:, 0], atol=1e-5)  # Wang et al. 2016, equation 9


def test_atari_goes_on_exactly_after_an_interruption():
    """Frames, moves and weights, without the loop, whose evaluation would play whole games."""
    experiment = Experiment.make("q_learning", "q-network", "pong", model={"width": 16}, training={"batch_size": 4},
                                 objective={"warm_up": 100, "environments": 2, "steps_ahead": 2})
    source = catalog.get("dataset", "pong")(experiment.data)
    if not source.availability().ready:
        pytest.skip(source.availability().sentence)

    def fresh():
        torch.manual_seed(0)
        task = build_task(experiment, source.spec(), build_model(experiment, source.spec()))
        task.start(100)
        return task

    def go_on(task, steps):
        for _ in range(steps):
            task.step(task.play(2))
        return task

    seed_everything(0, False)
    task, held = go_on(fresh(), 8), io.BytesIO()
    torch.save({"model": task.model.state_dict(), "task": task.state_dict()}, held)
    random = torch.get_rng_state(), np.random.get_state()
    go_on(task, 8)
    held.seek(0)
    state, other = torch.load(held, weights_only=True), fresh()
    other.model.load_state_dict(state["model"])
    other.load_state_dict(state["task"])
    torch.set_rng_state(random[0])
    np.random.set_state(random[1])
    go_on(other, 8)
    assert all(torch.equal(value, other.model.state_dict()[name]) for name, value in task.model.state_dict().items())
    assert np.array_equal(task.table.observations, other.table.observations)
    assert task.table.observations.shape == (2, 4, 84, 84) and task.table.observations.std() > 0
